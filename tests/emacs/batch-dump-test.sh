#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The program arcology-batch: when it makes a dump of Emacs, when it uses it, and that the build is
# the same without one.
#
# Functions are called by check.
# shellcheck disable=SC2317,SC2030,SC2031

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

tree=$scratch/org
db=$scratch/db
settings=$scratch/settings.el

note()
{
  printf ':PROPERTIES:\n:ID: %s\n:END:\n#+TITLE: %s\n%s\n' "$2" "$3" "${4-}" >"$1"
}

# Every build here is made with settings of the user, which say where its Emacs came from.
cat >"$settings" <<'END'
(when (getenv "ARCOLOGY_BUILD_ID")
  (message "from %s in %s" (alist-get 'dump-file-name (pdumper-stats)) temporary-file-directory))
END
build()
{
  full "${1:-full}" "${2:-$db}" "$tree" -l "$settings"
}

from_dump()
{
  ended 0 && says "^from $scratch/cache/.*/dump in $TMPDIR/?$" && dump_is "$scratch/good" "$db"
}

# The build went the plain way, and well.
plainly()
{
  ended 0 && says '^from .*emacs.*\.pdmp in' && dump_is "$scratch/good" "$db"
}

only_dump()
{
  is 1 "$(find "$XDG_CACHE_HOME" -name dump | wc -l)" && is '' "$(find "$XDG_CACHE_HOME" -name 'new.*')"
}

age()
{
  find "$XDG_CACHE_HOME" -name stamp -exec touch -d '2 hours ago' {} +
}

number_of_dump()
{
  find "$XDG_CACHE_HOME" -name dump -printf '%i %C@\n'
}

mkdir "$tree"
note "$tree/a.org" id-a 'Note A' '[[id:id-b][b]] [cite:@key] {{{macro}}}'
note "$tree/b.org" id-b 'Note B' '#+ARCOLOGY_KEY: b/key'
LAUNCHER='' full full "$db" "$tree"
check "a build without a dump succeeds" ended 0
dump "$db" >"$scratch/good"

build
check "the first build makes a dump, and uses it" from_dump
check "it leaves nothing else" only_dump
first=$(number_of_dump)
(
  TMPDIR=$scratch/db.tmp
  mkdir "$TMPDIR"
  build
  from_dump
)
check "the second build uses it, with a temporary directory of its own" is 0 $?
check "and makes none" is "$first" "$(number_of_dump)"
note "$tree/b.org" id-b 'Note B again' '#+ARCOLOGY_KEY: b/key'
run incremental "$db" "$tree" "$(changes M "$tree/b.org")" -l "$settings"
check "so does an incremental build" says '^from .*/dump in'
LAUNCHER='' full clean "$scratch/db.plain" "$tree"
dump "$scratch/db.plain" >"$scratch/good"
check "which leaves what a plain one leaves" dump_is "$scratch/good" "$db"

# ---- when it is made anew

echo ';' >>"$settings"
build
check "after a change of what is in it, at first none is made" plainly
check "and the old one is not used" is "$first" "$(number_of_dump)"
age
build
check "later, one is" from_dump
second=$(number_of_dump)
check "in place of the old one" test "$first" != "$second"
mkdir -p "$HOME/.emacs.d/elpa/package"
age
build
check "after a package came, too" from_dump
check "a new one" test "$second" != "$(number_of_dump)"
rmdir "$HOME/.emacs.d/elpa/package" "$HOME/.emacs.d/elpa"

mkdir "$XDG_CACHE_HOME/arcology-builder/new.old" "$XDG_CACHE_HOME/arcology-builder/emacs-1"
touch -d '8 days ago' "$XDG_CACHE_HOME/arcology-builder"/{new.old,emacs-1}
echo ';' >>"$settings"
age
build
check "what is old is cleared away then" only_dump
check "all of it" is 1 "$(find "$XDG_CACHE_HOME" -name 'emacs-*' | wc -l)"

# ---- when it is of no use

file=$(find "$XDG_CACHE_HOME" -name dump)
truncate -s 100000 "$file"
build
check "a dump that was damaged is not used" plainly
age
build
check "but replaced" from_dump
: >"$file"
build
check "nor is an empty one" plainly
rm -r "$XDG_CACHE_HOME"
: >"$XDG_CACHE_HOME"
build
check "without a cache directory it goes the plain way" plainly
rm "$XDG_CACHE_HOME"

# An Emacs that cannot start from a dump, and one that cannot make any.
for option in --dump-file -f.arcology-dump; do
  printf '#!/bin/sh\ncase $* in *%s*) kill -SEGV $$ ;; esac\nexec %q "$@"\n' \
    "${option/./?}" "$EMACS" >"$scratch/bin/broken"
  chmod +x "$scratch/bin/broken"
  mv "$scratch/bin/emacs" "$scratch/bin/good"
  mv "$scratch/bin/broken" "$scratch/bin/emacs"
  build
  check "$option breaks Emacs: the build is made the plain way" plainly
  check "which is told" says 'so (this build starts|builds start) more slowly'
  mv "$scratch/bin/good" "$scratch/bin/emacs"
  age
  build
  check "$option works again: there is a dump" from_dump
  rm -r "$XDG_CACHE_HOME"
done

# What it loads changes when it has just loaded it.
rm "$scratch/bin/emacs"
printf '#!/bin/sh\ncase $* in *"-f arcology-dump") %q "$@"; echo ";" >>%q; exit ;; esac\nexec %q "$@"\n' \
  "$EMACS" "$settings" "$EMACS" >"$scratch/bin/emacs"
chmod +x "$scratch/bin/emacs"
build
check "what changed while the dump was made: it is not used" plainly
check "nor kept" test ! -e "$(find "$XDG_CACHE_HOME" -name stamp -print -quit)"
ln -sf "$EMACS" "$scratch/bin/emacs"
build
check "the next build makes one" from_dump
rm -r "$XDG_CACHE_HOME"

# ---- several at once, and killed

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
check "which is good" from_dump

rm -r "$XDG_CACHE_HOME"
begun()
{
  [ -n "$(find "$XDG_CACHE_HOME" -name start 2>/dev/null)" ]
}
set -m # a process group of its own
build &
pid=$!
set +m
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
