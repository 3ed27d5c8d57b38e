# shellcheck shell=bash
# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the tests of the real program share: PROGRAM, their first argument, is run on buses and in
# directories of its own, with a build command that is quick or hangs as each case has it. TAP.

# The cases are called by their names, clean_up by a trap, and not each test has a use for all.
# shellcheck disable=SC2034,SC2119,SC2120,SC2317

set -euo pipefail

program=$1
name=org.arcology.Builder
object=/org/arcology/Builder
deadline=120 # seconds; only what hangs comes near it

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
number=0 failed=0

# --- the stage: what each case finds

# start_bus [XML]: a bus that knows no service files but those that XML, more of its settings, names:
# nothing that is installed can be activated. Tells where it is in $address, and its process in $bus.
start_bus() {
  cat >"$here/bus.conf" <<END
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=$here</listen>
  <auth>EXTERNAL</auth>
  ${1-}
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
END
  local from
  exec {from}< <(exec dbus-daemon --config-file="$here/bus.conf" --nofork --print-address)
  bus=$!
  started+=("$bus")
  read -r -t "$deadline" address <&"$from" || fail "there is no bus"
}

# Each signal and each build writes a line to one FIFO. gdbus subscribes to the signals of
# the owner of a name when it has said who that is: what a service says in its first moments may be
# missed, so the end of a first build is asked for, not heard.
watch_bus() {
  start_bus
  export DBUS_SESSION_BUS_ADDRESS=$address
  gdbus monitor --session --dest org.freedesktop.DBus >"$RECORD/news" &
  started+=($!)
  hear "The name org.freedesktop.DBus is owned by*"
  gdbus monitor --session --dest "$name" --object-path "$object" >"$RECORD/news" &
  started+=($!)
  hear "The name $name does not have an owner"
}

set_stage() {
  here=$scratch/$number
  tree=$here/org
  export RECORD=$here/record HOME=$here/home
  export XDG_CONFIG_HOME=$here/config XDG_STATE_HOME=$here/state XDG_DATA_HOME=$here/data
  export XDG_CACHE_HOME=$here/cache XDG_RUNTIME_DIR=$here/run XDG_CONFIG_DIRS=$here/none
  export DBUS_SYSTEM_BUS_ADDRESS=disabled:
  unset ARCOLOGY_DIRECTORY DB_GENERATION_DEBOUNCE DB_GENERATION_COOLDOWN STATE_DIRECTORY
  settings=$XDG_CONFIG_HOME/arcology-builder/builder.conf
  lock=$XDG_STATE_HOME/arcology-builder
  mkdir -p "$tree/sub" "$RECORD" "$HOME" "${settings%/*}"
  mkdir -m 0700 "$XDG_RUNTIME_DIR"
  echo '* One' >"$tree/one.org"
  echo '* Two' >"$tree/sub/two.org"
  started=()
  mkfifo "$RECORD/news"
  exec {news}<>"$RECORD/news"
  trap clean_up EXIT

  # The build: keeps its environment and list; ends with the status in the file status, when a line
  # comes through the FIFO gate, or never, if there is a file hang. Before its end it runs what is in the file last.
  cat >"$here/build" <<'END'
#!/usr/bin/env bash
# What it starts holds the lock, too, so that it ends with all of them, also if they are killed.
exec {busy}>"$RECORD/busy"
flock --nonblock "$busy" || echo overlap >>"$RECORD/overlaps"
cp "$ARCOLOGY_CHANGES" "$RECORD/changes"
: >"$ARCOLOGY_DATABASE"
hangs=
if [ -e "$RECORD/hang" ]; then
  hangs=yes
  sleep 600 &
  echo "$$ $!" >>"$RECORD/pids"
fi
echo "build $ARCOLOGY_BUILD_ID $ARCOLOGY_BUILD_KIND $ARCOLOGY_DIRECTORIES" | tee -a "$RECORD/builds" >"$RECORD/news"
# Where the sleeper dies of a signal before this shell does, the build must not go on.
[ -z "$hangs" ] || { wait; kill -KILL $$; }
[ ! -e "$RECORD/gate" ] || read -r _ <"$RECORD/gate"
[ ! -e "$RECORD/last" ] || . "$RECORD/last"
[ ! -e "$RECORD/status" ] || exit "$(cat "$RECORD/status")"
END
  chmod +x "$here/build"
  configure
}

clean_up() {
  local pid
  for pid in "${started[@]}"; do
    kill -KILL "$pid" 2>/dev/null || true
  done
}

# configure [LINE]...: the settings, with more lines in their last group, [Timing].
configure() {
  # The service may read them at any moment: it must not find half of them.
  {
    cat <<END
[Tree]
Directories=$tree
[Build]
Command=$here/build
StopGrace=2s
[Timing]
Debounce=50ms
END
    printf '%s\n' "${@:-Cooldown=50ms}"
  } >"$settings.new"
  mv "$settings.new" "$settings"
}

# test_case WORDS: runs the function of that name (with _ for all that is no letter) in a subshell.
test_case() {
  local status=0
  number=$((number + 1))
  # Not as a condition: there, set -e would not hold inside.
  set +e
  (
    set -e
    set_stage
    "$(tr -c 'a-z0-9\n' '_' <<<"${1,,}")"
  ) >"$scratch/case.log" 2>&1
  status=$?
  set -e
  if ((status == 0)); then
    echo "ok $number - $1"
  elif ((status == 77)); then
    echo "ok $number - $1 # SKIP $(tail -n 1 "$scratch/case.log")"
  else
    echo "not ok $number - $1"
    sed 's/^/# /' "$scratch/case.log"
    tail -n 20 "$scratch/$number/"*.log 2>/dev/null | sed 's/^/# /' || true
    tail -n 20 "$scratch/$number/heard" 2>/dev/null | sed 's/^/# heard: /' || true
    failed=$((failed + 1))
  fi
}

# --- telling and waiting

fail() {
  echo "line ${BASH_LINENO[*]}: $*"
  exit 1
}

# skip WHY: the case cannot be tried here.
skip() {
  echo "$*"
  exit 77
}

# equal WHAT EXPECTED FOUND
equal() {
  [ "$2" = "$3" ] || fail "$1: expected '$2', found '$3'"
}

next_news() {
  read -r -t "$deadline" line <&"$news" || fail "nothing happens any more; wanted: $*"
  echo "$line" >>"$here/heard"
}

# hear PATTERN: until a line of the news matches.
hear() {
  line=
  # shellcheck disable=SC2053 # it is a pattern
  until [[ $line == $1 ]]; do
    next_news "$1"
  done
}

# hear_until COMMAND [ARGUMENT]...: until COMMAND succeeds; it is tried with each piece of news.
hear_until() {
  # To ask is itself news on the bus, so silence is not enough of a deadline.
  local end=$((SECONDS + deadline))
  until "$@"; do
    ((SECONDS < end)) || fail "gave up waiting for: $*"
    next_news "$@"
  done
}

# log_says TEXT: until the log of the program has TEXT.
log_says() {
  local log reader
  # The shell that becomes the program opens it, perhaps later.
  : >>"$here/program.log"
  exec {log}< <(exec timeout "$deadline" tail -n +1 -f "$here/program.log")
  reader=$!
  started+=("$reader")
  grep -q -m 1 -- "$1" <&"$log" || fail "'$1' is not in the log"
  kill "$reader"
}

# Builds wait for a line from the gate. Open both ways, it keeps nobody from opening it.
make_gate() {
  mkfifo "$RECORD/gate"
  exec {gate}<>"$RECORD/gate"
}

# Without this, an answer has 25 s. A later --timeout counts.
busctl() {
  command busctl --timeout="$deadline" "$@"
}

# get PROPERTY: its value, without the type.
get() {
  busctl --user get-property "$name" "$object" "$name" "$1" | cut -d ' ' -f 2-
}

is() {
  [ "$(get "$1")" = "$2" ]
}

# The changes on the list of the last build, a line for each.
changes() {
  tr '\0' '\n' <"$RECORD/changes" | paste -d ' ' - -
}

rebuild() {
  busctl --user call "$name" "$object" "$name" Rebuild 'a{sv}' 0
}

pause() {
  busctl --user call "$name" "$object" "$name" Pause
}

# run STATUS [ARGUMENT]...: the program ends with STATUS; what it says is in $said.
run() {
  local expected=$1 status=0
  shift
  said=$(timeout "$deadline" "$program" "$@" 2>&1) || status=$?
  echo "$said"
  equal "exit status of $*" "$expected" "$status"
}

# says PATTERN: the program said it.
says() {
  # shellcheck disable=SC2053 # it is a pattern
  [[ $said == $1 ]] || fail "it should say '$1'"
}

says_not() {
  # shellcheck disable=SC2053 # it is a pattern
  [[ $said != $1 ]] || fail "it should not say '$1'"
}

# ctl STATUS [ARGUMENT]...: arcologyctl, as the test has named it in $ctl, ends with STATUS; what it
# says is in $said.
ctl() {
  local expected=$1 status=0
  shift
  # shellcheck disable=SC2154 # the test has it
  said=$(timeout "$deadline" "$ctl" "$@" 2>&1) || status=$?
  echo "$said"
  equal "exit status of $*" "$expected" "$status"
}

# json EXPRESSION EXPECTED: of the JSON in $said as d.
json() {
  equal "$1" "$2" "$(python3 -c "import json, sys; d = json.load(sys.stdin); print($1)" <<<"$said")"
}

# start [ARGUMENT]...: the program, in the background, as $service.
start() {
  "$program" "$@" >>"$here/program.log" 2>&1 &
  service=$!
  started+=("$service")
}

start_service() {
  start "$@"
  hear "The name $name is owned by*"
  hear_until is Fresh true 2>/dev/null
}

# poll COMMAND: until COMMAND succeeds; for what gives no event.
poll() {
  local end=$((SECONDS + deadline))
  until "$@"; do
    ((SECONDS < end)) || fail "gave up waiting for: $*"
    read -r -t 0.02 <> <(:) || true
  done
}

# What the last build did is on the disk: a kill does not undo it any more.
is_committed() {
  local database
  database=$(stat -c '%i %s %.9Y' "$XDG_DATA_HOME/arcology-builder/arcology.db") &&
    grep -aqF "$database" "$XDG_STATE_HOME/arcology-builder/snapshot"
}

# ends PID STATUS
ends() {
  local status=0
  timeout "$deadline" tail --pid="$1" -s 0.02 -f /dev/null || fail "it does not end"
  wait "$1" || status=$?
  equal "exit status" "$2" "$status"
}

is_gone() {
  # A zombie that the init process has not collected yet runs no more. It may be collected at any
  # moment, so there is but one look.
  ! grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status"
}

builds_are_gone() {
  local pid
  [ -s "$RECORD/pids" ] || fail "no build wrote its processes"
  for pid in $(<"$RECORD/pids"); do
    is_gone "$pid" || fail "process $pid is left"
  done
}

lock_is_free() {
  flock -n "$lock" true || fail "the lock is taken"
}

# A lock that could not be looked at would have another status.
lock_is_taken() {
  local status=0
  flock -n -E 9 "$lock" true || status=$?
  equal "exit status of flock" 9 "$status"
}

# After the last case.
finish() {
  echo "1..$number"
  exit $((failed > 0))
}
