#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a build made, in an interactive Emacs with org-roam: it takes the database as its own, and
# reads no file again.
#
# Functions are called by check.
# shellcheck disable=SC2317

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

if ! command -v script >/dev/null; then
  echo "1..0 # SKIP script(1) is not installed"
  exit 0
fi

tree=$scratch/org
db=$scratch/db
mkdir "$tree"
[ ! -d "${CORPUS:-}" ] || cp -r --preserve=timestamps "$CORPUS" "$tree/corpus"
chmod -R u+w "$tree"

# note NAME ID TITLE [LINE...]
note()
{
  local name=$1 id=$2 title=$3
  shift 3
  printf ':PROPERTIES:\n:ID: %s\n:END:\n#+TITLE: %s\n' "$id" "$title" >"$tree/$name"
  [ $# = 0 ] || printf '%s\n' "$@" >>"$tree/$name"
}

note target.org target 'Target' '#+ARCOLOGY_KEY: garden/target'
note 'a b.org' spaces 'A link' '[[id:target][x]]' '* Another' ':PROPERTIES:' ':ID: another' \
  ':ROAM_ALIASES: "an alias"' ':END:' '[[id:target][y]]'
note keyed.org keyed 'Keyed' '#+ARCOLOGY_KEY: garden/keyed'
# Notes that are not stored in whole.
note duplicate-of-target.org target 'Target, too'
note untitled.org untitled 'Untitled' '* ' ':PROPERTIES:' ':ID: untitled-1' ':END:'
note line.org line 'A long line' "* A" ':PROPERTIES:' ':ID: line-1' \
  ":ROAM_ALIASES: \"$(head -c 400000 /dev/zero | tr '\0' q)\"" ':END:'
# Bytes and text differ.
note latin.org latin $'caf\xe9'
sed -i '1i # -*- coding: latin-1 -*-' "$tree/latin.org"
printf '\xef\xbb\xbf:PROPERTIES:\n:ID: bom\n:END:\n#+title: BOM\n' >"$tree/bom.org"
printf ':PROPERTIES:\r\n:ID: dos\r\n:END:\r\n#+title: DOS\r\n' >"$tree/dos.org"
printf '* A stray byte \xff\n' >"$tree/stray.org"
: >"$tree/empty.org"

full full "$db" "$tree"
check "a full build succeeds" ended 0
dump "$db" >"$scratch/full"
problems()
{
  sqlite3 -cmd '.mode quote' "$db" 'SELECT * FROM problems ORDER BY file, line, what, other'
}
problems >"$scratch/problems"
check "with problems" test -s "$scratch/problems"
inode=$(stat -c '%i' "$db")

# interactive: what an interactive Emacs finds, in $scratch/result.
interactive()
{
  local command
  command=$(printf '%q ' "$EMACS" -nw -q --eval "$no_native_code" -l "$TESTS/interactive.el")
  rm -f "$scratch/result"
  # A home of its own, since Emacs keeps things there.
  mkdir -p "$scratch/interactive"
  # script(1) runs the command by $SHELL, and what bash quoted is for bash to read.
  SHELL=$BASH HOME=$scratch/interactive TMPDIR=$scratch/interactive TERM=vt100 RESULT=$scratch/result \
    ARCOLOGY_DATABASE=$db ARCOLOGY_DIRECTORY=$tree \
    timeout 120 script --quiet --return --command "$command" "$scratch/log" </dev/null >/dev/null
}

# found NAME VALUE: a line of the result.
found()
{
  grep -qxF -- "$1 $2" "$scratch/result" || { cat "$scratch/result"; return 1; }
}

check "an interactive Emacs takes the database" interactive
check "it is not in batch" found batch nil
check "it reads no file again, and forgets none" found calls nil
check "the schema is that of its org-roam" found schema 0
check "it has all nodes, and those with an alias twice" found nodes \
  "$(sqlite3 "$db" 'SELECT (SELECT count(*) FROM nodes) + (SELECT count(*) FROM aliases)')"
check "and the backlinks" found backlinks '("A link" "Another")'
check "the database is the same file" is "$inode" "$(stat -c '%i' "$db")"
check "with the same rows" dump_is "$scratch/full" "$db"
check "and the same problems" diff "$scratch/problems" <(problems)

run incremental "$db" "$tree" "$(changes M "$tree/keyed.org")"
check "an incremental build follows" ended 0
check "and finds nothing to do" says 'Files: 1 listed, 1 of them unchanged'

# ---- a note that Emacs itself puts into the database, as it does with org-roam-db-autosync-mode

EDIT=$tree/keyed.org check "an interactive Emacs saves a note" interactive
check "and updates it" found calls "(org-roam-db-update-file org-roam-db-clear-file)"
run incremental "$db" "$tree" "$(changes M "$tree/keyed.org")"
check "the build for the saved note needs all notes" refused 65 "Another program has changed rows"
full full "$db" "$tree"
full clean "$scratch/db.fresh" "$tree"
check "the rows are those of a fresh build" same "$scratch/db.fresh" "$db"

finish
