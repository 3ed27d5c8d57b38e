#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Random notes: each row is the one that org-roam stores, in a full build, in one without overrides,
# and in an incremental build after other random notes have taken the place of some. Notes that
# org-roam complains of are left out: it loses more of them than we do, which other tests show.
#
# ARCOLOGY_SEED=N takes other notes, ARCOLOGY_NOTES=N another number of them.
#
# Functions are called by check.
# shellcheck disable=SC2317

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

seed=${ARCOLOGY_SEED:-2}
count=${ARCOLOGY_NOTES:-120}
tree=$scratch/org
db=$scratch/db
echo "# ARCOLOGY_SEED=$seed ARCOLOGY_NOTES=$count"

# write_notes DIRECTORY SEED
write_notes()
{
  mkdir -p "$1"
  "$EMACS" -Q --batch -l "$TESTS/random-notes.el" "$1" "$count" "$2" || {
    echo "Bail out! no notes"
    exit 1
  }
}

# What org-roam makes of the notes that it does not complain of. It does not read a note again when
# the set-up file of the note has changed, so each time it begins anew.
sound_reference()
{
  rm -f "$scratch/roam"
  reference "$scratch/roam" "$tree"
  grep -ao "$tree/[0-9]*\.org" "$scratch/reference.log" | sort -u | xargs -r rm -f
  rm -f "$scratch/roam"
  reference "$scratch/roam" "$tree"
}

# Enough is left for the comparison to mean something.
most_are_left()
{
  local query
  [ "$(find "$tree" -name '*.org' | wc -l)" -ge $((count * 3 / 4)) ]
  for query in nodes links citations tags refs aliases; do
    [ "$(sqlite3 "$db" "SELECT count(*) FROM $query")" -ge $((count / 8)) ] || {
      echo "few $query"
      return 1
    }
  done
}

write_notes "$tree" "$seed"
sound_reference
full full "$db" "$tree"
check "random notes are built" ended 0
check "every row is that of org-roam-db-sync" same_as_roam "$scratch/roam" "$db"
check "which are many" most_are_left
ARCOLOGY_PLAIN=1 full full "$scratch/db.plain" "$tree"
check "without the overrides they are built" ended 0
check "and give the same rows" same "$scratch/db.plain" "$db"

# One in three is another note now. What has no note in the second set stays as it is.
write_notes "$scratch/other" $((seed + 1))
find "$tree" -name '*.org' | sort >"$scratch/before"
for note in "$scratch"/other/*[0369].org; do
  cp "$note" "$tree"
done
sound_reference
find "$tree" -name '*.org' | sort >"$scratch/after"
{
  comm -23 "$scratch/before" "$scratch/after" | sed 's/^/D\n/'
  comm -13 "$scratch/before" "$scratch/after" | sed 's/^/A\n/'
  comm -12 "$scratch/before" "$scratch/after" | grep '[0369]\.org$' | sed 's/^/M\n/'
} | tr '\n' '\0' >"$scratch/changes"
run incremental "$db" "$tree" "$scratch/changes"
check "other notes take the place of some" ended 0
check "every row is that of org-roam-db-sync, again" same_as_roam "$scratch/roam" "$db"
check "the database is sound" sound "$db"

finish
