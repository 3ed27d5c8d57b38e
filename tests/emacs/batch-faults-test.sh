#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The build and a database that other programs read, lock, fill up or damage: whatever happens, an
# exit status of 0 means that this build is in. ARC_READER_BUILDS is how many there are under readers.
#
# Functions are called by check.
# shellcheck disable=SC2317

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

tree=$scratch/org
db=$scratch/db
# The same for all builds: after a change of the options a full build is due.
no_wait=(--eval '(setq arcology-batch-lock-timeout 0)')
patient=(--eval '(setq arcology-batch-lock-timeout 120)')
rollback=("${no_wait[@]}" --eval '(setq arcology-batch-network-file-systems "")')

# note FILE ID TITLE [LINE...]
note()
{
  local file=$1 id=$2 title=$3
  shift 3
  printf ':PROPERTIES:\n:ID: %s\n:END:\n#+TITLE: %s\n' "$id" "$title" >"$file"
  [ $# = 0 ] || printf '%s\n' "$@" >>"$file"
}

# A fresh tree of two notes and its database, made with the Emacs options given.
start_afresh()
{
  rm -rf "$tree" "$db" "$db"-*
  mkdir "$tree"
  note "$tree/a.org" id-a 'Note A' '[[id:id-b][B]]'
  note "$tree/b.org" id-b 'Note B'
  full full "$db" "$tree" "${no_wait[@]}" "$@"
  dump "$db" >"$scratch/old"
  note "$tree/a.org" id-a 'Note A changed'
}

# hold NAME SQL: a program does SQL in the database, and stays.
hold()
{
  local name=$1
  begin_to_hold "$2"
  check "$name" is held "$line"
}

begin_to_hold()
{
  coproc HOLDER { sqlite3 "$db" 2>&1; }
  printf '%s\n.print held\n' "$1" >&"${HOLDER[1]}"
  line=
  until [ "$line" = held ]; do
    read -r -t 120 -u "${HOLDER[0]}" line || return
  done
}

release()
{
  printf '.quit\n' >&"${HOLDER[1]}"
  # shellcheck disable=SC2153
  wait "$HOLDER_PID"
}

no_wal()
{
  [ ! -s "$db-wal" ]
}

# ---- readers

start_afresh
check "a build uses a write-ahead log" query "$db" 'PRAGMA journal_mode' wal
check "and leaves nothing in it" no_wal
hold "a reader begins" 'BEGIN; SELECT count(*) FROM nodes;'
run incremental "$db" "$tree" "$(changes M "$tree/a.org")" "${no_wait[@]}"
check "a long reader does not keep a build from its end" ended 0
check "others see the new content" query "$db" "SELECT title FROM nodes WHERE id = '\"id-a\"'" \
  '"Note A changed"'
release
note "$tree/b.org" id-b 'Note B changed'
run incremental "$db" "$tree" "$(changes M "$tree/b.org")" "${no_wait[@]}"
check "after the next build nothing is in the log" no_wal
cp "$db" "$scratch/db.copy"
check "so a copy of the one file is whole" query "$scratch/db.copy" \
  "SELECT title FROM nodes ORDER BY id" $'"Note A changed"\n"Note B changed"'

rm -f "$db"
start_afresh "${rollback[@]:2}"
check "on a network file system there is no write-ahead log" query "$db" 'PRAGMA journal_mode' delete
hold "a reader begins there" 'BEGIN; SELECT count(*) FROM nodes;'
run full "$db" "$tree" "$(list "$tree")" "${rollback[@]}"
check "its lock at the end of the build is an error" refused 75 'in use by another program'
release
check "and nothing is changed" dump_is "$scratch/old" "$db"

# A directory in place of the shared memory: the file system refuses it.
rm -f "$db"
mkdir "$db-shm"
full full "$db" "$tree" "${no_wait[@]}"
check "without shared memory a build succeeds" ended 0
check "and uses a rollback journal" query "$db" 'PRAGMA journal_mode' delete
note "$tree/a.org" id-a 'Note A without shared memory'
run incremental "$db" "$tree" "$(changes M "$tree/a.org")" "${no_wait[@]}"
check "the next one as well" ended 0
check "the note is in" query "$db" "SELECT title FROM nodes WHERE id = '\"id-a\"'" \
  '"Note A without shared memory"'
rmdir "$db-shm"

# Readers during builds see whole states: both notes are always of the same build.
start_afresh
numbered()
{
  note "$tree/a.org" id-a "Number $1"
  note "$tree/b.org" id-b "Number $1"
}
# These readers come and go: the last to close a database with a log locks it for a moment, to clear
# the log (sqlite.org/wal.html), and both sides wait for that.
numbered 0
full full "$db" "$tree" "${patient[@]}"
(
  while [ ! -e "$scratch/stop" ]; do
    sqlite3 -cmd '.timeout 120000' "$db" 'SELECT count(DISTINCT title) FROM nodes' || echo failed
  done >"$scratch/seen" 2>&1
) &
reader=$!
for ((i = 1; i <= ${ARC_READER_BUILDS:-8}; i++)); do
  numbered $i
  run incremental "$db" "$tree" "$(changes M "$tree/a.org" M "$tree/b.org")" "${patient[@]}"
  [ "$status" = 0 ] || break
done
: >"$scratch/stop"
wait "$reader"
rm "$scratch/stop"
check "$((i - 1)) builds under readers succeed" ended 0
check "the readers saw each state whole, $(wc -l <"$scratch/seen") times" is 1 "$(sort -u "$scratch/seen")"

# ---- locks

start_afresh
hold "another program holds the lock" 'BEGIN IMMEDIATE;'
run incremental "$db" "$tree" "$(changes M "$tree/a.org")" "${no_wait[@]}"
check "which is an error" refused 75 'in use by another program'
release
check "nothing is changed" dump_is "$scratch/old" "$db"

# ---- a full disk

in_namespace=(unshare --mount)
[ "$(id -u)" = 0 ] || in_namespace=(unshare --user --map-root-user --mount)
if "${in_namespace[@]}" true 2>/dev/null; then
  start_afresh
  mkdir "$scratch/full"
  for ((i = 0; i < 500; i++)); do
    printf '* %s\n:PROPERTIES:\n:ID: %d\n:END:\n' "$(head -c 5000 /dev/zero | tr '\0' x)" $i
  done >>"$tree/a.org"
  # shellcheck disable=SC2016
  on_full_disk()
  {
    "${in_namespace[@]}" bash -c '
      mount -t tmpfs -o size=2m tmpfs "$1" && cp "$2" "$1/db" || exit 200
      shift 2
      status=0
      "$@" || status=$?
      cp "$ARCOLOGY_DATABASE" "$SAVED"
      exit "$status"' - "$scratch/full" "$db" "$EMACS" -q --batch "${no_wait[@]}" -l "$SCRIPT"
  }
  for kind in incremental full clean; do
    SAVED=$scratch/db.saved ARCOLOGY_BUILD_KIND=$kind ARCOLOGY_DATABASE=$scratch/full/db \
      ARCOLOGY_DIRECTORY=$tree ARCOLOGY_DIRECTORIES=$tree ARCOLOGY_BUILD_ID=1 \
      ARCOLOGY_CHANGES=$(list "$tree") on_full_disk </dev/null >"$scratch/log" 2>&1
    status=$?
    check "$kind: a full disk is an error" refused 73 'free space'
    check "$kind: the old content is left" dump_is "$scratch/old" "$scratch/db.saved"
  done
else
  check "a full disk # SKIP no user namespaces" true
fi

# ---- damage

start_afresh
pages=$(sqlite3 "$db" 'PRAGMA page_count')
for ((page = 2; page <= pages; page++)); do
  head -c 4096 /dev/zero | tr '\0' '\377' |
    dd of="$db" bs=4096 seek=$((page - 1)) conv=notrunc status=none
done
for kind in incremental full; do
  run $kind "$db" "$tree" "$(list "$tree")" "${no_wait[@]}"
  check "$kind: a damaged database is an error" refused 78 'is damaged'
done

# ---- what a library might hide

# The whole of a build, but its end.
no_end=(-L "$(dirname "$SCRIPT")" --eval "(progn (require 'arcology-database)
  (when (getenv \"NO_END\")
    (advice-add 'arcology-database-execute :before-while
                (lambda (_database sql &rest _) (not (equal sql \"COMMIT\"))))))")
for kind in incremental full clean; do
  start_afresh "${no_end[@]}"
  NO_END=1 run $kind "$db" "$tree" "$(list "$tree")" "${no_wait[@]}" "${no_end[@]}"
  check "$kind: a build that never came to its end says so" refused 73 \
    'does not hold this build after its end'
  check "$kind: and the old content is left" dump_is "$scratch/old" "$db"
done

# ---- killed at the end

for when in before after; do
  start_afresh
  run full "$db" "$tree" "$(list "$tree")" -L "$(dirname "$SCRIPT")" \
    --eval "(progn (require 'arcology-database)
    (advice-add 'arcology-database-execute :$when
                (lambda (_database sql &rest _)
                  (when (equal sql \"COMMIT\") (signal-process (emacs-pid) 'KILL)))))"
  check "killed $when COMMIT" ended 137
  # A program that works for Emacs ends a moment after it.
  check "the database is sound" until_true sound "$db"
  title='"Note A"'
  [ $when = before ] || title='"Note A changed"'
  check "it has the content of $when" query "$db" "SELECT title FROM nodes WHERE id = '\"id-a\"'" "$title"
done

# ---- refiled headings, in both orders

for order in 'a z' 'z a'; do
  start_afresh
  note "$tree/z.org" id-z 'Z' '* Wanderer' ':PROPERTIES:' ':ID: id-w' ':END:' '[[id:id-a][a]]'
  full full "$db" "$tree" "${no_wait[@]}"
  note "$tree/a.org" id-a 'Note A' '* Wanderer' ':PROPERTIES:' ':ID: id-w' ':END:' '[[id:id-b][b]]'
  note "$tree/z.org" id-z 'Z'
  records=()
  for name in $order; do
    records+=(M "$tree/$name.org")
  done
  run incremental "$db" "$tree" "$(changes "${records[@]}")" "${no_wait[@]}"
  check "$order: a heading is refiled" ended 0
  full clean "$scratch/db.fresh" "$tree"
  check "$order: each node is where it went" same "$scratch/db.fresh" "$db"
done

# ---- a garbage collection in the middle of a statement

# Prints how many rows a statement with a string among its values yields, when Emacs collects
# garbage as often as it can.
collected_rows()
{
  "$EMACS" -q --batch -L "$(dirname "$SCRIPT")" --eval "$no_native_code" -l arcology-database --eval '
    (let ((database (arcology-database-open (expand-file-name "gc.db" (getenv "TMPDIR")) 10))
          (n 0))
      (arcology-database-execute database "CREATE TABLE t (a TEXT, b INTEGER)")
      (arcology-database-execute database "BEGIN")
      (dotimes (i 3000)
        (arcology-database-execute database "INSERT INTO t VALUES (?, ?)"
                                   (list (make-string 20 ?k) i)))
      (arcology-database-execute database "COMMIT")
      (let ((gc-cons-threshold 1)
            (gc-cons-percentage 0.0))
        (setq n (length (arcology-database-select database "SELECT b FROM t WHERE a = ?"
                                                  (list (make-string 20 ?k))))))
      (arcology-database-close database)
      (princ (format "%d\n" n)))' 2>/dev/null
  rm -f "$TMPDIR"/gc.db*
}
check "a garbage collection changes no value of a statement" is 3000 "$(collected_rows)"

finish
