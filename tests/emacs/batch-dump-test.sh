#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The program arcology-batch: when it makes a dump of Emacs, when it uses it, and that the build is
# the same without one.
#
# Functions are called by check.
# shellcheck disable=SC2317,SC2030,SC2031,SC2016

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# This test counts for itself.
# shellcheck disable=SC2034 # of lib.sh
plain=

tree=$scratch/org
db=$scratch/db
settings=$scratch/settings.el

note()
{
  printf ':PROPERTIES:\n:ID: %s\n:END:\n#+TITLE: %s\n%s\n' "$2" "$3" "${4-}" >"$1"
}

# Every build here is made with settings of the user, which say where its Emacs came from.
write_settings()
{
  cat >"$settings" <<'END'
(when (getenv "ARCOLOGY_BUILD_ID")
  (message "from %s in %s" (alist-get 'dump-file-name (pdumper-stats)) temporary-file-directory)
  (message "reader: %s" (and (fboundp 'arcology-note-read)
                             (byte-code-function-p (symbol-function 'arcology-note-read)))))
END
  printf '%s\n' "$@" >>"$settings"
}

# build [KIND [DATABASE]]: its starts of Emacs alone are in $scratch/starts.
build()
{
  : >"$scratch/starts"
  full "${1:-full}" "${2:-$db}" "$tree" -l "$settings"
}

why_no_dump()
{
  "$LAUNCHER" --why-no-dump -l "$settings"
}

starts()
{
  is "$1" "$(paste -sd ' ' "$scratch/starts")"
}

# The build came from a dump that it made; that was there already.
from_new_dump()
{
  ended 0 && starts 'making checking dumped' && from_dump
}
from_old_dump()
{
  ended 0 && starts 'dumped' && from_dump
}
from_dump()
{
  says "^from $scratch/cache/.*/dump in $TMPDIR/?$" && dump_is "$scratch/good" "$db" &&
    says_nothing && is '' "$(why_no_dump)"
}

# The build went the plain way, and well, once.
plainly()
{
  ended 0 && is 1 "$(grep -c '^plain$' "$scratch/starts")" && says '^from .*emacs.*\.pdmp in' &&
    is 1 "$(grep -c '^from ' "$scratch/log")" && dump_is "$scratch/good" "$db"
}

# One line of the log is about builds that take longer, and has the reason.
says_why()
{
  says "so builds take (about [0-9]+\.[0-9] s )?longer: .*$1" &&
    is 1 "$(grep -c 'so builds take' "$scratch/log")" && no_backtrace
}
says_nothing()
{
  is 0 "$(grep -c 'so builds take' "$scratch/log")" && no_backtrace
}
no_backtrace()
{
  ! grep -E '^ +(normal-top-level|command-line)\(|Debugger entered' "$scratch/log"
}

# The log has nothing that matches the regular expression $1.
silent_on()
{
  ! grep -aiE "$1" "$scratch/log"
}

# What doctor asks for.
explains()
{
  why_no_dump >"$scratch/why" 2>&1
  grep -xE "([0-9]+\.[0-9]|\?) .*$1.*" "$scratch/why" || { cat "$scratch/why"; return 1; }
}

only_dump()
{
  is 1 "$(find "$XDG_CACHE_HOME" -name dump | wc -l)" &&
    is '' "$(find "$XDG_CACHE_HOME" -name 'new.*' -o -name 'asleep.*')"
}

# age TIME: makes the dump so old.
age()
{
  find "$XDG_CACHE_HOME" -name stamp -exec touch -d "${1:-2 hours ago}" {} +
}

# fault TEXT: what Emacs does before it starts, in sh.
fault()
{
  printf '%s\n' "$1" >"$scratch/fault"
}

number_of_dump()
{
  find "$XDG_CACHE_HOME" -name dump -printf '%i %C@\n'
}

mkdir "$tree"
note "$tree/a.org" id-a 'Note A' '[[id:id-b][b]] [cite:@key] {{{macro}}}'
note "$tree/b.org" id-b 'Note B' '#+ARCOLOGY_KEY: b/key'
write_settings
LAUNCHER='' full full "$db" "$tree"
check "a build without a dump succeeds" ended 0
dump "$db" >"$scratch/good"

build
check "the first build makes a dump, and uses it" from_new_dump
check "it says what takes so long" said 'arcology: phase preparing Emacs'
check "it leaves nothing else" only_dump
check "what is loaded as source is compiled in it" said 'reader: t'
first=$(number_of_dump)
(
  TMPDIR=$scratch/db.tmp
  mkdir "$TMPDIR"
  build
  from_old_dump
)
check "the second build uses it, with a temporary directory of its own" is 0 $?
check "and leaves it as it is" is "$first" "$(number_of_dump)"
check "and nothing else" only_dump
note "$tree/b.org" id-b 'Note B again' '#+ARCOLOGY_KEY: b/key'
run incremental "$db" "$tree" "$(changes M "$tree/b.org")" -l "$settings"
check "so does an incremental build" says '^from .*/dump in'
LAUNCHER='' full clean "$scratch/db.plain" "$tree"
dump "$scratch/db.plain" >"$scratch/good"
check "which leaves what a plain one leaves" dump_is "$scratch/good" "$db"
ARCOLOGY_PLAIN=1 build
check "with ARCOLOGY_PLAIN a build goes the plain way" plainly

# ---- when it is made anew

echo ';' >>"$settings"
build
check "after a change of what is in it, at first none is made" plainly
check "and the old one is not used" is "$first" "$(number_of_dump)"
check "which is no failure" says_nothing
check "but in the log, with the file" says "^The dump of Emacs is out of date, .* longer: $settings\$"
age
build
check "later, one is" from_new_dump
second=$(number_of_dump)
check "in place of the old one" test "$first" != "$second"
mkdir -p "$HOME/.emacs.d/elpa/package"
age
build
check "after a package came, too" from_new_dump
rmdir "$HOME/.emacs.d/elpa/package" "$HOME/.emacs.d/elpa"

mkdir "$XDG_CACHE_HOME/arcology-builder/new.old" "$XDG_CACHE_HOME/arcology-builder/emacs-1"
touch -d '8 days ago' "$XDG_CACHE_HOME/arcology-builder"/{new.old,emacs-1}
echo ';' >>"$settings"
age
build
check "what is old is cleared away then" only_dump
check "all of it" is 1 "$(find "$XDG_CACHE_HOME" -name 'emacs-*' | wc -l)"

# ---- native code, and tree-sitter

if "$EMACS" -Q --batch --eval '(kill-emacs (if (and (fboundp (quote native-comp-available-p))
  (native-comp-available-p)) 0 1))'; then
  "$EMACS" -q --batch --eval '(progn
    (setq native-comp-enable-subr-trampolines nil comp-enable-subr-trampolines nil)
    (require (quote org-roam))
    (native-compile (locate-library "org-roam-log.el")))' </dev/null >"$scratch/log" 2>&1
  native=$(find "$HOME/.emacs.d/eln-cache" -name 'org-roam-log-*.eln')
  check "a library is compiled to native code" test -s "$native"
  rm -r "$XDG_CACHE_HOME"
  build
  check "native code can be in a dump" from_new_dump
  check "it is one of its inputs" grep -qzxF "$native" "$XDG_CACHE_HOME"/arcology-builder/*/files
  rm -r "$HOME/.emacs.d/eln-cache"
  build
  check "without the file a build is made the plain way" plainly
  age
  build
  check "and later with a new dump" from_new_dump
  rm -rf "$HOME/.emacs.d/eln-cache"
fi

if "$EMACS" -Q --batch --eval '(kill-emacs (if (fboundp (quote treesit-query-compile)) 0 1))'; then
  write_settings '(setq own-query (treesit-query-compile (quote bash) (quote ((comment) @comment))))' \
    '(message "own query: %s" (type-of own-query))' \
    '(message "unset: %s" (boundp (quote sh-mode--treesit-settings)))' \
    '(when (featurep (quote org-roam))' \
    '  (treesit-ready-p (quote bash) t)' \
    '  (message "settings: %s" (type-of (caar sh-mode--treesit-settings))))'
  age
  build
  check "an Emacs with queries of tree-sitter is dumped" from_new_dump
  check "those of the user are there in a build" said 'own query: treesit-compiled-query'
  check "those of a library are not" said 'unset: nil'
  check "until a mode asks for tree-sitter" said 'settings: treesit-compiled-query'
  write_settings
fi

# ---- D-Bus

# Since Emacs 30 dbus.el connects to the bus when Emacs starts from a dump. That fails where Emacs may
# ask no questions, and the log would say so (`inhibited-interaction').
if command -v dbus-run-session >/dev/null; then
  coproc bus { exec dbus-run-session -- sh -c 'echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat'; }
  # shellcheck disable=SC2154 # coproc sets it
  read -r address <&"${bus[0]}"
  check "there is a bus" test -n "$address"
  export DBUS_SESSION_BUS_ADDRESS=$address
  write_settings "(require 'dbus)" '(message "D-Bus is here")'
  age
  build
  check "D-Bus can be in a dump" from_new_dump
  build
  check "which is used" from_old_dump
  check "with D-Bus in it" said 'D-Bus is here'
  check "but does not connect to the bus" silent_on 'dbus--init|inhibited-interaction'
  unset DBUS_SESSION_BUS_ADDRESS
  # shellcheck disable=SC1083,SC2093 # it closes a descriptor
  exec {bus[1]}>&-
  # shellcheck disable=SC2154 # coproc sets it
  wait "$bus_PID"
fi

# ---- when it is of no use

rm -r "$XDG_CACHE_HOME"
build
file=$(find "$XDG_CACHE_HOME" -name dump)
truncate -s 100000 "$file"
build
check "a dump that was damaged is not used" plainly
age
build
check "but replaced" from_new_dump
: >"$file"
build
check "nor is an empty one" plainly
rm -r "$XDG_CACHE_HOME"
: >"$XDG_CACHE_HOME"
build
check "without a cache directory it goes the plain way" plainly
check "the reason can be asked for" explains 'cannot be written'
rm "$XDG_CACHE_HOME"

# Whatever keeps Emacs from being dumped. The settings have what no Emacs can dump, or remove a
# function, as another version may; or Emacs crashes, at once or when it starts from the dump.
for case in mutex function arity crash start; do
  case $case in
    mutex)
      write_settings '(setq lock (make-mutex))'
      reason='unsupported object type in dump'
      ;;
    function)
      write_settings '(fmakunbound (quote dump-emacs-portable))'
      reason='definition is void: dump-emacs-portable'
      ;;
    arity)
      write_settings '(when (getenv "ARCOLOGY_DUMP")
  (with-eval-after-load (quote org-roam)
    (fset (quote org-load-modules-maybe) (lambda (_)))))'
      reason='[Ww]rong number of arguments: .*0'
      ;;
    crash)
      write_settings
      fault 'case $* in *"-f arcology-dump") kill -SEGV $$ ;; esac'
      reason='signal 11'
      ;;
    start)
      write_settings
      fault 'case $* in *--dump-file*) kill -SEGV $$ ;; esac'
      reason='signal 11'
      ;;
  esac
  build
  check "$case: the build is made the plain way" plainly
  check "$case: the reason is in the log" says_why "$reason"
  check "$case: it can be asked for" explains "$reason"
  build
  check "$case: the next build goes the plain way, too" plainly
  check "$case: it does not try" starts 'plain'
  check "$case: nor does it say so again" says_nothing
  age
  build
  check "$case: it does not try an hour later" starts 'plain'
  rm -f "$scratch/fault"
  if [ $case = mutex ] || [ $case = start ]; then
    [ $case = start ] || write_settings "; $case"
    age '2 days ago'
    build
    check "$case: when the reason is gone, there is a dump" from_new_dump
  fi
  rm -r "$XDG_CACHE_HOME"
done
fault 'case $* in *"-f arcology-dump") exit 70 ;; esac'
build
check "an Emacs that fails without a word" says_why 'Emacs does not say why'
age '2 days ago'
build
check "it is tried again after a day" starts 'making plain'
rm "$scratch/fault"
rm -r "$XDG_CACHE_HOME"

# What it loads changes when it has just loaded it.
fault 'case $* in *"-f arcology-dump") '"\"$EMACS\""' "$@"; echo ";" >>"'"$settings"'"; exit ;; esac'
build
check "what changed while the dump was made: it is not used" plainly
check "which is logged" says_why 'has just changed'
check "nor kept" test ! -e "$(find "$XDG_CACHE_HOME" -name stamp -print -quit)"
rm "$scratch/fault"
build
check "the next build makes one" from_new_dump

# ---- a dump that was good, from which Emacs does not start

for case in 'kill -SEGV $$' 'exit 1'; do
  build
  check "$case: the dump is good" from_dump
  good=$(number_of_dump)
  fault "case \$* in *' -f arcology-dump-wake '*) $case ;; esac"
  build
  check "$case: this build is made the plain way, once" plainly
  check "$case: after it tried" starts 'dumped plain'
  check "$case: the reason is in the log" says_why 'ended with status'
  check "$case: it can be asked for" explains 'ended with status'
  build
  check "$case: the next build does not try that dump" starts 'plain'
  check "$case: and is made" plainly
  rm "$scratch/fault"
  age
  build
  check "$case: later there is a new one" from_new_dump
  check "$case: another" test "$good" != "$(number_of_dump)"
  check "$case: nothing else is left" only_dump
done

# Lisp that fails in an Emacs started from its dump.
rm -r "$XDG_CACHE_HOME"
write_settings "(fset 'custom-reevaluate-setting
  (lambda (symbol)
    (when (and (eq symbol 'temporary-file-directory) (file-exists-p \"$scratch/fault\"))
      (error \"It does not wake\"))))"
build
fault :
build
check "an error while it wakes: the build is made the plain way, once" plainly
check "the error is in the log" says '^It does not wake$'
check "and what it means" says_why 'ended with status 70'
rm "$scratch/fault"
write_settings
rm -r "$XDG_CACHE_HOME"

# ---- signals

# halted_start: Emacs is about to start from its dump.
halted_start()
{
  [ -s "$scratch/mark" ]
}
start_build()
{
  set -m # a process group of its own
  build &
  pid=$!
  set +m
}
build
fault 'case $* in *" -f arcology-dump-wake "*) echo $$ >'"$scratch/mark"'; exec sleep 1000 ;; esac'
start_build
until_true halted_start
kill -TERM "$(cat "$scratch/mark")"
wait "$pid"
check "Emacs that is ended before it comes to life: no build follows" starts 'dumped'
rm "$scratch/mark"
start_build
until_true halted_start
kill -TERM -- "-$pid"
wait "$pid"
check "nor if the program is ended" starts 'dumped'
check "Emacs is gone" until_true gone "$(cat "$scratch/mark")"
rm "$scratch/fault"
build
check "the dump is good as before" from_old_dump
check "and nothing is left of the others" only_dump
write_settings "(when (file-exists-p \"$scratch/crash\") (signal-process (emacs-pid) 'SEGV))"
age
build
check "another dump" from_new_dump
touch "$scratch/crash"
build
check "Emacs that crashes when the build has begun: so does the program" ended 139
check "and there is no second build" starts 'dumped'
rm "$scratch/crash"
build
check "that is no fault of the dump" from_old_dump
write_settings

# ---- a file of settings that does not exist

for option in -l --load; do
  full full "$db" "$tree" "$option" "$scratch/absent.el"
  check "$option: no Emacs shows a Lisp error" refused 66 "$scratch/absent.el does not exist: create it"
done
full full "$db" "$tree" "--load=~/absent.el"
check "nor with --load=" refused 66 "$HOME/absent.el does not exist: create it"
full full "$db" "$tree" -l subr-x -l "${settings%.el}"
check "Emacs finds the others" ended 0

list "$tree" >/dev/null
cp "$scratch/list" "$scratch/changes"
for signal in HUP TERM KILL; do
  halt full "$db" "$tree" "$scratch/changes" "$tree/b.org"
  check "$signal: the build came from a dump" is dumped "$(tail -n 1 "$scratch/starts")"
  end "$signal"
  check "$signal: the program ends by it" is "$((128 + $(kill -l "$signal")))" "$status"
  check "$signal: the database is as it was" dump_is "$scratch/good" "$db"
done

# ---- several at once, and killed

rm -r "$XDG_CACHE_HOME"
for i in 1 2; do
  (
    scratch=$scratch/db.$i
    mkdir "$scratch"
    build full "$scratch/db"
    exit "$status"
  ) &
  builds[i]=$!
done
for i in 1 2; do
  wait "${builds[i]}"
  check "several at once: build $i succeeds" is 0 $?
done
check "there is one dump" only_dump
build
check "which is good" from_old_dump

rm -r "$XDG_CACHE_HOME"
begun()
{
  [ -n "$(find "$XDG_CACHE_HOME" -name start 2>/dev/null)" ]
}
start_build
until_true begun
kill -TERM -- "-$pid"
wait "$pid"
nothing_left()
{
  [ -z "$(find "$XDG_CACHE_HOME" -type f)" ]
}
check "ended while it makes a dump, it leaves nothing" until_true nothing_left

PATH=/nonexistent /bin/sh "$LAUNCHER" >"$scratch/log" 2>&1 </dev/null
status=$?
check "without Emacs it says so" refused 69 'Emacs is not installed'

finish
