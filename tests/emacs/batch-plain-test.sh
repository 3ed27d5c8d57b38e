#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# arcology-batch.el in an Emacs without a dump: that it starts, builds, and can be killed. All that
# it makes of notes is tested by way of the dump, in batch-test.sh.
#
# Functions are called by check.
# shellcheck disable=SC2317

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

tree=$scratch/org
db=$scratch/db

mkdir "$tree"
for name in a b c; do
  printf ':PROPERTIES:\n:ID: id-%s\n:END:\n#+TITLE: Note %s\n[[id:id-a][a]]\n' "$name" "$name" \
    >"$tree/$name.org"
done

emacs_build </dev/null >"$scratch/log" 2>&1
status=$?
check "without a task it says what is missing" refused 64 'ARCOLOGY_BUILD_KIND is not set'

reference "$scratch/roam" "$tree"
full full "$db" "$tree"
check "a full build succeeds" ended 0
check "every row is that of org-roam-db-sync" same_as_roam "$scratch/roam" "$db"
dump "$db" >"$scratch/old"

echo '[[id:id-c][c]]' | tee -a "$tree/a.org" >>"$tree/b.org"
halt full "$db" "$tree" "$(list "$tree")" "$tree/b.org"
check "readers see the old content in the middle of a build" dump_is "$scratch/old" "$db"
end KILL
check "killed, it leaves the old content" dump_is "$scratch/old" "$db"
run incremental "$db" "$tree" "$(changes M "$tree/a.org" M "$tree/b.org")"
check "an incremental build goes well after that" ended 0
reference "$scratch/roam.new" "$tree"
check "and leaves the rows of org-roam-db-sync" same_as_roam "$scratch/roam.new" "$db"

finish
