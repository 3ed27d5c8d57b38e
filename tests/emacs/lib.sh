# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# What the tests of arcology-batch.el share: a scratch directory, TAP, builds and comparisons.
# To be sourced; SCRIPT is the build script, TESTS the directory of this file.  With LAUNCHER, which is
# the program arcology-batch, builds go by way of its dump.

set -u
# Every byte is a character: paths are bytes.
export LC_ALL=C

SCRIPT=$(realpath "${SCRIPT:?}")
TESTS=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
EMACS=${EMACS:-emacs}
LAUNCHER=${LAUNCHER-}

for tool in "$EMACS" sqlite3; do
  if ! command -v "$tool" >/dev/null; then
    echo "1..0 # SKIP $tool is not installed"
    exit 0
  fi
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Some programs keep their caches only where a directory for them is there already.
mkdir -p "$scratch/home/.emacs.d" "$scratch/home/.cache" "$scratch/home/.config" "$scratch/tmp"
export HOME=$scratch/home TMPDIR=$scratch/tmp
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME ARCOLOGY_KEYWORDS
export XDG_CACHE_HOME=$scratch/cache
if [ -n "$LAUNCHER" ]; then
  if ! "$EMACS" -Q --batch --eval '(kill-emacs (if (fboundp (quote dump-emacs-portable)) 0 1))'; then
    echo "1..0 # SKIP this Emacs was built without the portable dumper"
    exit 0
  fi
  # It takes the Emacs that it finds. Each start is a line of $scratch/starts; a test may have the
  # file $scratch/fault, which is sourced before Emacs.
  EMACS=$(command -v "$EMACS")
  mkdir "$scratch/bin"
  cat >"$scratch/bin/emacs" <<END
#!/bin/sh
case \$* in
  *' -f arcology-dump') echo making ;;
  *' -f arcology-dump-check') echo checking ;;
  *' -f arcology-batch-run') echo dumped ;;
  *'/arcology-batch.el') echo plain ;;
esac >>"$scratch/starts"
[ ! -f "$scratch/fault" ] || . "$scratch/fault"
exec "$EMACS" "\$@"
END
  chmod +x "$scratch/bin/emacs"
  PATH=$scratch/bin:$PATH
fi

# What Emacs compiles by itself goes to ~/.emacs.d, and the tests look whether a build writes there.
no_native_code='(setq native-comp-jit-compilation nil native-comp-deferred-compilation nil
  native-comp-enable-subr-trampolines nil)'
if ! "$EMACS" -q --batch --eval "$no_native_code" --eval '(require (quote org-roam))' \
  >/dev/null 2>&1; then
  echo "1..0 # SKIP org-roam is not installed"
  exit 0
fi

tests=0
failures=0

# check NAME COMMAND...: one line of TAP; what the command prints is shown if it fails.
check()
{
  local name=$1 output
  shift
  tests=$((tests + 1))
  if output=$("$@" 2>&1); then
    echo "ok $tests - $name"
  else
    failures=$((failures + 1))
    echo "not ok $tests - $name"
    printf '%s\n' "$output" | head -n 40 | cat -v | sed 's/^/# /'
    # shellcheck disable=SC2154
    [ ! -f "$scratch/log" ] || tail -n 20 "$scratch/log" | cat -v | sed 's/^/# log: /'
  fi
}

# The builds of the program arcology-batch that went without a dump, although one could be made.
plain=0

# note_way: counts the last build if it was one of them. None can be made without org-roam.
note_way()
{
  if [ "$status" != 69 ] && [ "$(tail -n 1 "$scratch/starts")" = plain ]; then
    plain=$((plain + 1))
    grep -a ', so .* takes\? ' "$scratch/log" >>"$scratch/plain"
  fi
}

finish()
{
  if [ -n "$LAUNCHER" ] && [ -n "$plain" ]; then
    check "builds come from a dump" grep -q '^dumped$' "$scratch/starts"
    check "all of them" all_from_dump
  fi
  check "nothing is written in the home directory" no_files_in "$HOME"
  check "nothing is left in the temporary directory" no_files_in "$TMPDIR"
  echo "1..$tests"
  exit $((failures > 0))
}

all_from_dump()
{
  is 0 "$plain" || {
    cat "$scratch/plain"
    return 1
  }
}

no_files_in()
{
  [ -z "$(find "$1" ! -type d | tee /dev/stderr)" ]
}

# run KIND DATABASE TREE LIST [EMACS-OPTION...]: a build; its output is in $scratch/log, its exit
# status in $status.  More directories come from $more_directories.
more_directories=
run()
{
  local kind=$1 database=$2 tree=$3 list=$4
  shift 4
  ARCOLOGY_BUILD_KIND=$kind ARCOLOGY_DATABASE=$database ARCOLOGY_DIRECTORY=$tree \
    ARCOLOGY_DIRECTORIES=$tree$more_directories ARCOLOGY_BUILD_ID=1 ARCOLOGY_CHANGES=$list \
    emacs_build "$@" </dev/null >"$scratch/log" 2>&1
  status=$?
  [ -z "$LAUNCHER" ] || [ -z "$plain" ] || note_way
}

# emacs_build [EMACS-OPTION]...: the build that the environment describes.
emacs_build()
{
  if [ -n "$LAUNCHER" ]; then
    "$LAUNCHER" "$@"
  else
    "$EMACS" -q --batch "$@" -l "$SCRIPT"
  fi
}

# list TREE...: the change list of a full build of the trees, in the order of the bytes.
list()
{
  find "$@" -type f -name '*.org' -print0 | sort -z | xargs -0 -r printf 'A\0%s\0' >"$scratch/list"
  echo "$scratch/list"
}

# changes LETTER PATH...: the change list of an incremental build.
changes()
{
  printf '%s\0' "$@" >"$scratch/changes"
  echo "$scratch/changes"
}

full()
{
  local kind=$1 database=$2 tree=$3
  shift 3
  run "$kind" "$database" "$tree" "$(list "$tree")" "$@"
}

reference()
{
  ARCOLOGY_DATABASE=$1 ARCOLOGY_DIRECTORY=$2 \
    "$EMACS" -q --batch --eval "$no_native_code" -l "$TESTS/reference-sync.el" \
    </dev/null >"$scratch/reference.log" 2>&1
}

# Every row of org-roam's tables in an order of its own.  Without files.atime, the time of the last
# reading, which reading changes.
dump_roam()
{
  local query
  for query in 'file, title, hash, mtime FROM files' '* FROM nodes' '* FROM aliases' \
    '* FROM citations' '* FROM refs' '* FROM tags' '* FROM links'; do
    echo "-- $query"
    sqlite3 -cmd '.mode quote' "$1" "SELECT $query" | sort
  done
  sqlite3 "$1" 'PRAGMA user_version'
}

dump()
{
  dump_roam "$1"
  echo '-- keywords'
  sqlite3 -cmd '.mode quote' "$1" 'SELECT * FROM keywords' | sort
}

same()
{
  diff <(dump "$1") <(dump "$2")
}

same_as_roam()
{
  diff <(dump_roam "$1") <(dump_roam "$2")
}

# dump_is FILE DATABASE: the database is still what was written to FILE by dump, and sound.
dump_is()
{
  diff "$1" <(dump "$2") && sound "$2"
}

sound()
{
  is ok "$(sqlite3 "$1" 'PRAGMA integrity_check')" &&
    is '' "$(sqlite3 "$1" 'PRAGMA foreign_key_check')"
}

# query DATABASE SQL EXPECTED
query()
{
  is "$3" "$(sqlite3 "$1" "$2")"
}

is()
{
  [ "$1" = "$2" ] || {
    printf 'expected: %s\n     got: %s\n' "$1" "$2"
    return 1
  }
}

# ended STATUS: how the last run ended.
ended()
{
  is "$1" "$status"
}

# said LINE: the log has exactly this line; says REGEXP: a line that matches.
said()
{
  grep -aqxF -- "$1" "$scratch/log" || { cat "$scratch/log"; return 1; }
}

says()
{
  grep -aqE -- "$1" "$scratch/log" || { cat "$scratch/log"; return 1; }
}

# Exactly one line that starts with "arcology: error: ", and it matches REGEXP; exit status STATUS.
refused()
{
  ended "$1" && says "^arcology: error: .*$2" &&
    is 1 "$(grep -ac '^arcology: error: ' "$scratch/log")"
}

# All that can be seen of a tree without reading it.
state_of()
{
  find "$1" -printf '%P %y %i %s %T@ %C@ %m\n' | sort
}

# until_true COMMAND...: waits for it, 120 s at most; if it does not come true, the test fails.
until_true()
{
  local deadline=$((SECONDS + 120))
  until "$@"; do
    if [ $SECONDS -ge $deadline ]; then
      echo "# not true after 120 s: $*"
      failures=$((failures + 1))
      return 1
    fi
    sleep 0.02
  done
}

# ---- a build that stops in the middle

# halt KIND DATABASE TREE LIST NOTE: starts a build that stops before it reads NOTE, and goes on when
# $scratch/mark is gone. Its process is in $pid, and this and all that it started in $processes.
halt()
{
  rm -f "$scratch/mark"
  (
    export ARCOLOGY_BUILD_KIND=$1 ARCOLOGY_DATABASE=$2 ARCOLOGY_DIRECTORY=$3 ARCOLOGY_CHANGES=$4 \
      HALT_AT=$5 HALT_MARK=$scratch/mark
    unset ARCOLOGY_DIRECTORIES ARCOLOGY_BUILD_ID
    exec </dev/null >"$scratch/log" 2>&1
    [ -z "$LAUNCHER" ] || exec "$LAUNCHER" -l "$TESTS/halt.el"
    exec "$EMACS" -q --batch -l "$TESTS/halt.el" -l "$SCRIPT"
  ) &
  pid=$!
  processes=("$pid")
  check "$1: the build comes to ${5##*/}" halted
  mapfile -t processes < <(descendants "$pid")
}

halted_or_gone()
{
  [ -s "$scratch/mark" ] || gone "$pid"
}

halted()
{
  until_true halted_or_gone
  [ -s "$scratch/mark" ]
}

# descendants PROCESS: it and what it started.
descendants()
{
  local child
  echo "$1"
  for child in $(pgrep -P "$1"); do
    descendants "$child"
  done
}

gone()
{
  local process
  for process in "$@"; do
    ! kill -0 "$process" 2>/dev/null || return 1
  done
}

# end SIGNAL: ends the build that stopped.
end()
{
  kill -s "$1" "$pid"
  wait "$pid" 2>/dev/null
  status=$?
  check "$1: no process is left" until_true gone "${processes[@]}"
}
