#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# arcology-batch.el on a real tree: what it makes is what org-roam makes, in every way to get there.

if [ ! -d "${CORPUS:-}" ]; then
  echo "1..0 # SKIP the corpus is not there"
  exit 0
fi

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

tree=$scratch/org
cp -r --preserve=timestamps "$CORPUS" "$tree"
chmod -R u+w "$tree"
before=$(state_of "$tree")
db=$scratch/db

reference "$scratch/roam" "$tree"
full full "$db" "$tree"
check "a full build succeeds" ended 0
check "it counts from nothing to everything" said "arcology: progress 0 529"
check "to the end" said "arcology: progress 529 529"
check "in few lines" test "$(grep -ac '^arcology: progress ' "$scratch/log")" -le 30
check "529 files" query "$db" 'SELECT count(*) FROM files' 529
check "574 nodes" query "$db" 'SELECT count(*) FROM nodes' 574
check "1,201 links" query "$db" 'SELECT count(*) FROM links' 1201
check "every row is that of org-roam-db-sync" same_as_roam "$scratch/roam" "$db"
check "the database is sound" sound "$db"
echo "# $(tail -n 1 "$scratch/reference.log")"
echo "# $(tail -n 1 "$scratch/log")"
dump "$db" >"$scratch/full"

full clean "$db" "$tree"
check "a clean build gives the same" dump_is "$scratch/full" "$db"

check "the tree is as it was" diff <(echo "$before") <(state_of "$tree")

# A day's work: nodes edited, added, moved from note to note, files added, deleted and renamed.
mapfile -d '' notes < <(find "$tree/reference" -name '*.org' -print0 | sort -z)
edited=${notes[10]} deleted=${notes[20]} renamed=${notes[30]} keyed=${notes[40]} new=$tree/reference/sub/new.org
printf '\n* A new heading\n:PROPERTIES:\n:ID: b7e6a2a0-0000-4000-8000-000000000001\n:END:\n[[id:x][y]]\n' \
  >>"$edited"
rm "$deleted"
mv "$renamed" "$tree/reference/zz renamed.org"
sed -i '1,/^:END:/!b;/^:END:/a #+arcology_key: garden/forty' "$keyed"
mkdir "$tree/reference/sub"
printf ':PROPERTIES:\n:ID: b7e6a2a0-0000-4000-8000-000000000002\n:END:\n#+TITLE: New\n' >"$new"
run incremental "$db" "$tree" "$(changes M "$edited" D "$deleted" D "$renamed" \
  A "$tree/reference/zz renamed.org" M "$keyed" A "$new")"
check "an incremental build succeeds" ended 0
check "it reads four files" said "arcology: progress 4 4"
echo "# $(tail -n 1 "$scratch/log")"
full clean "$scratch/fresh" "$tree"
check "it leaves what a fresh build makes" same "$scratch/fresh" "$db"
check "the keyword is there" query "$db" 'SELECT keyword, value FROM keywords' \
  'ARCOLOGY_KEY|garden/forty'
reference "$scratch/roam" "$tree"
check "and what org-roam-db-sync makes of it" same_as_roam "$scratch/roam" "$db"

# More files than one statement asks for, one of them with another content.
find "$tree" -name '*.org' -exec touch -d '2 hours ago' {} +
echo '[[id:b7e6a2a0-0000-4000-8000-000000000002][new]]' >>"$edited"
run incremental "$db" "$tree" "$(list "$tree")"
count=$(find "$tree" -name '*.org' | wc -l)
check "all notes are touched" ended 0
check "all but one are left as they are" \
  says "^Files: $count listed, $((count - 1)) of them unchanged, "
full clean "$scratch/fresh" "$tree"
check "which leaves what a fresh build makes" same "$scratch/fresh" "$db"

finish
