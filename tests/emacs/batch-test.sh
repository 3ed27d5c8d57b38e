#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# arcology-batch.el on small trees that have everything that can go wrong.
#
# Dollars and quotes are what the notes are full of; functions are called by check.
# shellcheck disable=SC2016,SC1078,SC1079,SC2317

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

tree=$scratch/org
db=$scratch/db

# note FILE ID TITLE [LINE...]
note()
{
  local file=$1 id=$2 title=$3
  shift 3
  printf ':PROPERTIES:\n:ID: %s\n:END:\n#+TITLE: %s\n' "$id" "$title" >"$file"
  [ $# = 0 ] || printf '%s\n' "$@" >>"$file"
}

# A fresh tree of three notes and its database.
start_afresh()
{
  rm -rf "$tree" "$db" "$db"-* "$scratch"/db.*
  mkdir "$tree"
  note "$tree/a.org" id-a 'Note A' '[[id:id-b][B]]' '* Under A' ':PROPERTIES:' ':ID: id-a1' ':END:'
  note "$tree/b.org" id-b 'Note B' '#+filetags: :t1:t2:' '[[id:id-a][A]]'
  note "$tree/c.org" id-c 'Note C' '#+ARCOLOGY_KEY: c/key'
  full full "$db" "$tree"
}

# ---- what it makes of strange notes and names

mkdir "$tree" "$tree/sub dir"
note "$tree/plain.org" id-plain 'Plain' '[[id:id-utf8][x]]'
note "$tree/sub dir/col: on.org" id-colon 'Colon'
note "$tree/quo\"te's.org" id-quote "A \"quoted\" one's title"
note "$tree/per%cent \$s1 \\back.org" id-percent '100 %s $s1 \n'
note "$tree/caf"$'\xc3\xa9'.org id-utf8 $'Caf\xc3\xa9'
note "$tree/caf"$'\xe9'.org id-latin1 $'Latin-1 caf\xe9'
note "$tree/new"$'\n'"line.org" id-newline 'New line'
note "$tree/tab"$'\t'"and"$'\x01'"5.org" id-tab 'Tab'
printf '#+TITLE: No ID\n* Heading without\n' >"$tree/no-id.org"
: >"$tree/empty.org"
printf 'no title\n' >"$tree/untitled.org"
printf '\xff\xfe\x00binary\n' >"$tree/binary.org"
printf ':PROPERTIES:\r\n:ID: id-dos\r\n:END:\r\n#+TITLE: DOS\r\n' >"$tree/dos.org"
note "$tree/full.org" id-full 'Everything' '#+filetags: :one:two:' \
  '* TODO [#A] A [[https://example.org][link]] in a title :tag:' \
  'SCHEDULED: <2024-01-02 Tue> DEADLINE: <2024-02-03 Sat>' ':PROPERTIES:' ':ID: id-full-1' \
  ':ROAM_ALIASES: "first alias" second' ':ROAM_REFS: https://example.org/x @key' ':END:' \
  'Cites [cite:@someone2024] and [[id:id-plain][plain]], <https://example.com>.' \
  '** Excluded' ':PROPERTIES:' ':ID: id-excluded' ':ROAM_EXCLUDE: t' ':END:' '[[file:a.org::*x][f]]'
before=$(state_of "$tree")

reference "$scratch/roam" "$tree"
full full "$db" "$tree"
check "strange notes and names: all are built" ended 0
check "every row is that of org-roam-db-sync" same_as_roam "$scratch/roam" "$db"
check "there are as many files as in the tree" query "$db" 'SELECT count(*) FROM files' \
  "$(find "$tree" -name '*.org' -printf x | wc -c)"
check "a Latin-1 title is stored as UTF-8" query "$db" \
  "SELECT title FROM nodes WHERE id = '\"id-latin1\"'" $'"Latin-1 caf\xc3\xa9"'
check "a file without ID is known, and has no node" query "$db" \
  "SELECT count(*), (SELECT count(*) FROM nodes WHERE file LIKE '%/no-id.org\"') FROM files
   WHERE file LIKE '%/no-id.org\"'" '1|0'
dump "$db" >"$scratch/strange"
LC_ALL=C.UTF-8 full clean "$scratch/db.utf8" "$tree"
check "the locale does not matter" dump_is "$scratch/strange" "$scratch/db.utf8"
full full "$db" "$tree" --eval "(add-hook 'kill-emacs-hook (lambda ()
  (let ((kept (get 'context-menu-functions 'hook--depth-alist)))
    ;; A symbol since Emacs 29.
    (message \"Kept: %d.\" (length (if (symbolp kept) (and kept (default-value kept)) kept))))))"
check "a full build again succeeds" ended 0
check "it changes nothing" dump_is "$scratch/strange" "$db"
check "Emacs keeps nothing of each file" says '^Kept: [0-3]\.$'
full full "$db" "$tree"
list "$tree" >/dev/null
cat "$scratch/list" "$scratch/list" >"$scratch/changes"
run full "$scratch/db.twice" "$tree" "$scratch/changes"
check "files that are listed twice are built" ended 0
check "their rows are there once" dump_is "$scratch/strange" "$scratch/db.twice"
check "the tree is as it was" diff <(echo "$before") <(state_of "$tree")

mapfile -d '' strange < <(find "$tree" -name '*.org' -print0)
mapfile -d '' records < <(printf 'D\0%s\0' "${strange[@]}")
run incremental "$db" "$tree" "$(changes "${records[@]}")"
check "deletions are done" ended 0
check "every strange name is found again to be deleted" query "$db" \
  'SELECT (SELECT count(*) FROM files) + (SELECT count(*) FROM nodes) + (SELECT count(*) FROM links)' 0
mapfile -d '' records < <(printf 'A\0%s\0' "${strange[@]}")
run incremental "$db" "$tree" "$(changes "${records[@]}")"
check "additions one by one give the same as all at once" dump_is "$scratch/strange" "$db"

# ---- keywords

start_afresh
note "$tree/k.org" id-k 'Keywords' '#+ARCOLOGY_KEY: garden/100% $s1 $v1 '\''q'\'' "d"' \
  '#+arcology_feed:   a b  ' '#+Arcology_Allow_Crawl:' '#+OTHER: x' '#+ARCOLOGY_KEY: second' \
  '#+begin_example' '#+ARCOLOGY_KEY: not this' '#+end_example' $'#+ARCOLOGY_TOOT_VISIBILITY: \xc3\xa9'
run incremental "$db" "$tree" "$(changes A "$tree/k.org")"
check "keywords are plain text, in capitals, from keyword lines only" query "$db" \
  "SELECT keyword, '<' || value || '>', typeof (value) FROM keywords
   WHERE file = '\"$tree/k.org\"' ORDER BY rowid" \
  "ARCOLOGY_KEY|<garden/100% \$s1 \$v1 'q' \"d\">|text
ARCOLOGY_FEED|<a b>|text
ARCOLOGY_ALLOW_CRAWL|<>|text
ARCOLOGY_KEY|<second>|text
ARCOLOGY_TOOT_VISIBILITY|<"$'\xc3\xa9'">|text"
printf '\0\n#+ARCOLOGY_KEY: a\xffb\n' >"$tree/raw.org"
run incremental "$db" "$tree" "$(changes A "$tree/raw.org")"
check "a byte that means nothing becomes a replacement character" query "$db" \
  "SELECT value FROM keywords WHERE file LIKE '%/raw.org\"'" $'a\xef\xbf\xbdb'
check "keywords join with nodes" query "$db" \
  "SELECT n.title FROM keywords k JOIN nodes n USING (file) WHERE k.value = 'c/key'" '"Note C"'
ARCOLOGY_KEYWORDS='other:else nothing' run incremental "$db" "$tree" "$(changes M "$tree/k.org")"
check "other keywords need a full build" refused 65 'other options: a full build is needed'
ARCOLOGY_KEYWORDS='other:else nothing' full full "$db" "$tree"
check "the environment names other keywords" query "$db" \
  "SELECT keyword, value FROM keywords WHERE file LIKE '%/k.org\"'" 'OTHER|x'
full full "$db" "$tree" --eval '(setq arcology-batch-keywords (list "Other" "Arcology_Feed"))'
check "so does a setting" query "$db" \
  "SELECT keyword FROM keywords WHERE file LIKE '%/k.org\"' ORDER BY 1" $'ARCOLOGY_FEED\nOTHER'
rm "$tree/k.org"
full full "$db" "$tree"
run incremental "$db" "$tree" "$(changes D "$tree/k.org")"
check "they go with their file" query "$db" \
  "SELECT count(*) FROM keywords WHERE file LIKE '%/k.org\"'" 0

# ---- incremental builds

start_afresh
note "$tree/unlisted.org" id-unlisted 'Unlisted'
echo 'Changed.' >>"$tree/b.org"
run incremental "$db" "$tree" "$(changes M "$tree/a.org")"
check "only what is listed is touched" query "$db" \
  "SELECT count(*) FROM files WHERE file LIKE '%/unlisted.org\"'" 0
rm "$tree/c.org"
run incremental "$db" "$tree" "$(changes M "$tree/c.org" M "$tree/b.org" A "$tree/unlisted.org" \
  D "$tree/never-was.org" A "$tree/b.org/below-a-file.org")"
check "a listed file that vanished counts as deleted" ended 0
check "it is reported, for it may be back" said "arcology: gone $tree/c.org"
check "so is each" is 2 "$(grep -ac '^arcology: gone ' "$scratch/log")"
full full "$scratch/db.fresh" "$tree"
check "its rows are gone" same "$scratch/db.fresh" "$db"

# A checkout there and back, a sync client that rewrites: the times change, the text does not.
start_afresh
touch -d '2 hours ago' "$tree"/*.org
run incremental "$db" "$tree" "$(changes M "$tree/a.org" M "$tree/b.org" M "$tree/c.org")"
check "files with the same content are not read again" says '^Files: 3 listed, 3 of them unchanged, '
full full "$scratch/db.fresh" "$tree"
check "their rows have the new times" same "$scratch/db.fresh" "$db"
note "$tree/b.org" id-b 'Note B' '#+filetags: :t3:'
touch -r "$tree/a.org" "$tree/b.org"
run incremental "$db" "$tree" "$(changes M "$tree/a.org" M "$tree/b.org")"
check "one with other content is, whatever its times are" says '^Files: 2 listed, 1 of them unchanged, '
full full "$scratch/db.fresh" "$tree"
check "and all rows are right" same "$scratch/db.fresh" "$db"

# Refiled: a heading goes from z.org to the earlier a.org, another the other way.
start_afresh
note "$tree/z.org" id-z 'Z' '* Wanderer' ':PROPERTIES:' ':ID: id-w' ':END:' '[[id:id-a][a]]'
run incremental "$db" "$tree" "$(changes A "$tree/z.org")"
note "$tree/a.org" id-a 'Note A' '* Wanderer' ':PROPERTIES:' ':ID: id-w' ':END:' '[[id:id-b][b]]'
note "$tree/z.org" id-z 'Z' '* Under A' ':PROPERTIES:' ':ID: id-a1' ':END:'
run incremental "$db" "$tree" "$(changes M "$tree/a.org" M "$tree/z.org")"
check "notes may change places between files in one build" ended 0
full clean "$scratch/db.fresh" "$tree"
check "each is where it went" same "$scratch/db.fresh" "$db"
rm "$tree/b.org" "$tree/z.org"
full full "$db" "$tree"
full clean "$scratch/db.fresh" "$tree"
check "a full build forgets what is not listed" same "$scratch/db.fresh" "$db"

# Several directories, also one with a colon in its name and names that org-roam leaves out.
start_afresh
mkdir -p "$scratch/db.second/data"
note "$scratch/db.second/data/s.org" id-s 'Second'
echo untitled >"$scratch/db.second/u.org"
more_directories=:$scratch/db.second
run full "$db" "$tree" "$(list "$tree" "$scratch/db.second")"
check "files of all directories are built" query "$db" 'SELECT count(*) FROM files' 5
more_directories=
reference "$scratch/db.roam" "$scratch/db.second"
check "a file without title is named from its own directory, as by org-roam" query "$db" \
  "SELECT title FROM files WHERE file LIKE '%/u.org\"'" \
  "$(sqlite3 "$scratch/db.roam" "SELECT title FROM files WHERE file LIKE '%/u.org\"'")"
mkdir "$scratch/db.co:lon"
note "$scratch/db.co:lon/x.org" id-x 'X'
full full "$scratch/db.colon" "$scratch/db.co:lon"
check "the first directory may have a colon in its name" ended 0

# ---- problems and failures

start_afresh
dump "$db" >"$scratch/good"
note "$tree/b.org" id-b 'Note B changed'
note "$tree/c.org" id-c 'Note C broken' '#+ARCOLOGY_KEY: c/new' '* H' ':PROPERTIES:' ':ID: id-c1' \
  ':ROAM_ALIASES: "unbalanced' ':END:' '* TODO' ':PROPERTIES:' ':ID: id-c2' ':END:' '[[id:id-a]]'
note "$tree/d.org" id-a 'Claims the ID of A' '#+filetags: :stray:' '* Own' ':PROPERTIES:' ':ID: id-d1' \
  ':END:'
note "$tree/e.org" id-e 'Twice' '* Again' ':PROPERTIES:' ':ID: id-e' ':END:' '[[id:id-a]]'
run incremental "$db" "$tree" "$(changes M "$tree/b.org" M "$tree/c.org" A "$tree/d.org" A "$tree/e.org")"
check "notes with problems: exit status 0" ended 0
check "none failed" is 0 "$(grep -ac '^arcology: failed ' "$scratch/log")"
check "each problem is reported" is 4 "$(grep -ac '^arcology: problem ' "$scratch/log")"
check "an unbalanced quote, with its line" \
  said "arcology: problem $tree/c.org:6: unbalanced quote in ROAM_ALIASES: add the missing \""
check "a heading with an ID and no title" \
  says "^arcology: problem $tree/c\\.org:11: heading with an ID, but without a title"
check "an ID that is taken, with both places" said "arcology: problem $tree/d.org:1:$tree/a.org: \
duplicate ID id-a, also in $tree/a.org; give one of the two another ID"
check "an ID that is there twice, with both places" said "arcology: problem $tree/e.org:5:$tree/e.org: \
duplicate ID id-e, also in line 1; give one of the two another ID"
check "progress goes on to the end" said "arcology: progress 4 4"
check "the others are built" query "$db" "SELECT title FROM nodes WHERE id = '\"id-b\"'" \
  '"Note B changed"'
check "what is right in a note with a problem is built" query "$db" "SELECT n.title, k.value
   FROM nodes n JOIN keywords k USING (file) WHERE n.file = '\"$tree/c.org\"' ORDER BY n.pos" \
  $'"Note C broken"|c/new\n"H"|c/new'
check "also beside a node that is left out" query "$db" \
  "SELECT id FROM nodes WHERE file = '\"$tree/d.org\"'" '"id-d1"'
check "nothing of a node that is left out strays into others" query "$db" "SELECT
   (SELECT count(*) FROM tags WHERE tag = '\"stray\"' AND node_id = '\"id-a\"') + (SELECT count(*) FROM links WHERE dest = '\"id-a\"'
    AND source IN ('\"id-e\"', '\"id-c1\"', '\"id-c\"'))" 0
check "problems are a table" query "$db" "SELECT count(*), sum(other IS NOT NULL) FROM problems" '4|2'
check "the database is sound" sound "$db"
dump "$db" >"$scratch/problems"
full full "$db" "$tree"
check "a full build reports the same problems" is 4 "$(grep -ac '^arcology: problem ' "$scratch/log")"
check "and gives the same" dump_is "$scratch/problems" "$db"
full clean "$db" "$tree"
check "so does a clean build" dump_is "$scratch/problems" "$db"
run incremental "$db" "$tree" "$(changes M "$tree/b.org")"
check "a build of another note reports them again" is 4 "$(grep -ac '^arcology: problem ' "$scratch/log")"
note "$tree/a.org" id-a2 'Note A has another ID'
run incremental "$db" "$tree" "$(changes M "$tree/a.org")"
check "who lost an ID gets it when the owner gives it up" query "$db" \
  "SELECT file FROM nodes WHERE id = '\"id-a\"'" "\"$tree/d.org\""
full clean "$scratch/db.fresh" "$tree"
check "as a fresh build gives it" same "$scratch/db.fresh" "$db"

start_afresh
dump "$db" >"$scratch/good"
mkfifo "$tree/fifo.org"
note "$tree/b.org" id-b 'Note B changed'
run incremental "$db" "$tree" "$(changes M "$tree/b.org" A "$tree/fifo.org")"
check "a file that would block fails: exit status 1" ended 1
check "with a reason" says "^arcology: failed $tree/fifo\\.org: It is not a regular file"
check "the other is built" query "$db" "SELECT title FROM nodes WHERE id = '\"id-b\"'" '"Note B changed"'
odd_path=$tree/$'\xc3\xa9'caf$'\xe9'
mkfifo "$odd_path"$' new: a\nline.org'
run incremental "$db" "$tree" "$(changes A "$odd_path"$' new: a\nline.org')"
check "a failed path is printed as its bytes, on one line" \
  says "^arcology: failed $odd_path new\\\\072 a\\\\012line\\.org: It"
rm "$odd_path"$' new: a\nline.org' "$tree/fifo.org" "$tree/c.org"
run full "$db" "$tree" "$(changes A "$tree/a.org" A "$odd_path"$' new: a\nline.org' A "$tree/c.org")"
check "a full build keeps what it had of a file that is gone, but is listed" query "$db" \
  'SELECT file FROM files ORDER BY file' "\"$tree/a.org\""$'\n'"\"$tree/c.org\""
check "so is one that is gone" says "^arcology: gone $odd_path new\\\\072 a\\\\012line\\.org\$"
mkfifo "$tree/c.org"
run clean "$db" "$tree" "$(changes A "$tree/a.org" A "$tree/c.org")"
check "a clean build keeps nothing, also not of a failed file" query "$db" \
  'SELECT file FROM files' "\"$tree/a.org\""
rm "$tree/c.org"
mkdir "$scratch/db.$(printf '\303\251')"
full full "$scratch/db.$(printf '\303\251')/db" "$tree"
check "the database may have a name that is not ASCII" test -s "$scratch/db.$(printf '\303\251')/db"

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
  start_afresh
  chmod 711 "$scratch"
  mkdir "$scratch/db.nobody" "$scratch/db.tmp" "$tree/locked"
  note "$tree/locked/l.org" id-l 'L'
  run incremental "$db" "$tree" "$(changes A "$tree/locked/l.org")"
  cp "$db" "$scratch/db.nobody/db"
  cp "$(dirname "$SCRIPT")"/*.el "$scratch/db.nobody/"
  chown -R 65534 "$scratch/db.nobody"
  chmod 700 "$tree/locked"
  chmod 600 "$tree/a.org"
  changes M "$tree/a.org" M "$tree/locked/l.org" >/dev/null
  chmod 644 "$scratch/changes"
  (
    umask 077
    printf '#!/bin/sh\nexec setpriv --reuid=65534 --clear-groups %q "$@"\n' "$EMACS" >"$scratch/as"
    chmod 700 "$scratch/as"
  )
  HOME=/nonexistent TMPDIR=$scratch/db.tmp EMACS=$scratch/as SCRIPT=$scratch/db.nobody/arcology-batch.el LAUNCHER='' \
    run incremental "$scratch/db.nobody/db" "$tree" "$scratch/changes"
  check "a file that may not be read fails" says "^arcology: failed $tree/a\\.org: Permission denied: make it readable"
  check "so does one in a directory that may not be searched" \
    says "^arcology: failed $tree/locked/l\\.org: .*ermission denied"
  check "neither is forgotten" query "$scratch/db.nobody/db" 'SELECT count(*) FROM files' 4
  chmod 555 "$scratch/db.nobody"
  HOME=/nonexistent TMPDIR=$scratch/db.tmp EMACS=$scratch/as SCRIPT=$scratch/db.nobody/arcology-batch.el LAUNCHER='' \
    run incremental "$scratch/db.nobody/db" "$tree" "$scratch/changes"
  check "a database directory that cannot be written" refused 73 "The directory $scratch/db\\.nobody cannot be written"
fi

# ---- notes are data

start_afresh
bait=$scratch/db.bait
note "$tree/evil.org" id-evil 'Evil' "#+LINK: run %(shell-command-to-string)" \
  "#+MACRO: m (eval (write-region \"\" nil \"$bait\"))" '{{{m}}}' "[[run:touch $bait][x]]" \
  "#+SETUPFILE: https://127.0.0.1:1/setup.org" \
  '#+begin_src emacs-lisp :results silent' "(write-region \"\" nil \"$bait\")" '#+end_src' \
  "SCHEDULED: <%%(write-region \"\" nil \"$bait\")>" \
  '# Local Variables:' "# eval: (write-region \"\" nil \"$bait\")" \
  "# org-roam-directory: \"/\"" '# End:'
sed -i "1i # -*- eval: (write-region \"\" nil \"$bait\"); mode: org -*-" "$tree/evil.org"
sed -i 1d "$tree/evil.org"
echo "((org-mode . ((eval . (write-region \"\" nil \"$bait\")))))" >"$tree/.dir-locals.el"
note "$tree/cookie.org" id-cookie Cookie
sed -i "1i # -*- eval: (write-region \"\" nil \"$bait\") -*-" "$tree/cookie.org"
before=$(state_of "$tree")
run incremental "$db" "$tree" "$(changes A "$tree/evil.org" A "$tree/cookie.org")"
check "notes that hold code are built" ended 0
check "and none of it runs" test ! -e "$bait"
check "nothing is fetched" query "$db" "SELECT title FROM nodes WHERE id = '\"id-evil\"'" '"Evil"'
printf 'not encrypted' >"$tree/secret.org.gpg"
printf 'age-encryption.org/v1\n' >"$tree/secret.org.age"
GNUPGHOME=$scratch/db.gnupg run incremental "$db" "$tree" \
  "$(changes A "$tree/secret.org.gpg" A "$tree/secret.org.age")"
check "what cannot be decrypted fails" is 2 "$(grep -ac '^arcology: failed ' "$scratch/log")"
check "with what to do" says \
  "^arcology: failed $tree/secret\\.org\\.gpg: it cannot be decrypted: .* \\(.*[^ ,]\\)\$"
rm "$tree"/secret.org.*
if command -v gpg >/dev/null; then
  export GNUPGHOME=$scratch/db.gnupg
  mkdir -m 700 "$GNUPGHOME"
  note "$scratch/db.secret" id-secret 'Secret'
  gpg --batch --quiet --passphrase '' --quick-gen-key test@example.org default default never \
    2>/dev/null
  gpg --batch --quiet --encrypt -r test@example.org -o "$tree/secret.org.gpg" "$scratch/db.secret"
  run incremental "$db" "$tree" "$(changes A "$tree/secret.org.gpg")"
  check "what the agent can decrypt is built" query "$db" \
    "SELECT title FROM nodes WHERE file = '\"$tree/secret.org.gpg\"'" '"Secret"'
  printf '#!/bin/sh\ntouch %q\n' "$bait" >"$scratch/pinentry"
  chmod +x "$scratch/pinentry"
  echo "pinentry-program $scratch/pinentry" >"$GNUPGHOME/gpg-agent.conf"
  gpgconf --kill all
  rm "$tree/secret.org.gpg"
  gpg --batch --quiet --pinentry-mode loopback --passphrase x --symmetric --no-symkey-cache \
    -o "$tree/secret.org.gpg" "$scratch/db.secret"
  run incremental "$db" "$tree" "$(changes M "$tree/secret.org.gpg")"
  check "for what it cannot, nobody is asked" test ! -e "$bait"
  check "and it keeps what it had" query "$db" \
    "SELECT title FROM nodes WHERE file = '\"$tree/secret.org.gpg\"'" '"Secret"'
  gpgconf --kill all
  rm "$tree/secret.org.gpg"
  unset GNUPGHOME
fi
check "the tree is as it was" diff <(echo "$before" | grep -v '^ d') <(state_of "$tree" | grep -v '^ d')

# ---- killed in the middle

for kind in incremental full clean; do
  start_afresh
  # An incremental build goes on with the options of the last.
  full full "$db" "$tree" -l "$TESTS/halt.el"
  dump "$db" >"$scratch/old"
  for name in a b c; do
    echo "* More in $name [[id:x][x]]" >>"$tree/$name.org"
  done
  note "$tree/aa.org" id-aa 'New'
  halt $kind "$db" "$tree" "$(list "$tree")" "$tree/b.org"
  check "$kind: readers see the old content in the middle of a build" dump_is "$scratch/old" "$db"
  end KILL
  check "$kind: killed, it leaves the old content" dump_is "$scratch/old" "$db"
  full full "$db" "$tree"
  check "$kind: the next build goes well" ended 0
done
full clean "$scratch/db.fresh" "$tree"
check "and holds everything" same "$scratch/db.fresh" "$db"
dump "$db" >"$scratch/old"
echo 'More.' >>"$tree/a.org"
halt full "$db" "$tree" "$(list "$tree")" "$tree/b.org"
end TERM
check "ended by SIGTERM, it leaves the old content" dump_is "$scratch/old" "$db"
halt full "$db" "$tree" "$(list "$tree")" "$tree/b.org"
program=$(pgrep -P "$(cat "$scratch/mark")")
if [ -n "$program" ]; then
  # Without Emacs's own SQLite.
  kill -KILL "$program"
  until_true gone "$program"
  rm "$scratch/mark"
  wait "$pid"
  status=$?
  check "without its SQLite program a build ends" refused 70 .
  check "and leaves the old content" dump_is "$scratch/old" "$db"
else
  end KILL
fi
rm "$db"
halt full "$db" "$tree" "$(list "$tree")" "$tree/b.org"
end KILL
check "killed at the very first build, it leaves an empty database" query "$db" \
  'SELECT count(*) FROM sqlite_master' 0
full full "$db" "$tree"
full clean "$scratch/db.fresh" "$tree"
check "which the next full build fills" same "$scratch/db.fresh" "$db"

# More than SQLite's page cache holds, so that it would write before the end.
start_afresh
dump "$db" >"$scratch/old"
line=$(head -c 60000 /dev/zero | tr '\0' x)
for i in $(seq 70); do
  note "$tree/a$i.org" "id-a$i" "$line"
done
halt full "$db" "$tree" "$(list "$tree")" "$tree/b.org"
check "a large build does not keep readers out" dump_is "$scratch/old" "$db"
end KILL

# ---- what keeps it from building

start_afresh
here=$(changes M "$tree/a.org")
run incremental "$scratch/db.none" "$tree" "$here"
check "incremental without a database" refused 65 'a full build is needed'
check "makes none" test ! -e "$scratch/db.none"
: >"$scratch/db.none"
run incremental "$scratch/db.none" "$tree" "$here"
check "nor does an empty one do" refused 65 'a full build is needed'
reference "$scratch/db.roam" "$tree"
run incremental "$scratch/db.roam" "$tree" "$here"
check "nor one that org-roam made" refused 65 'a full build is needed'
full full "$scratch/db.roam" "$tree"
check "which a full build takes over" same "$db" "$scratch/db.roam"
reference "$scratch/db.owner" "$tree"
note "$tree/0.org" id-b 'A copy with a shorter name'
full full "$scratch/db.owner" "$tree"
check "and in which each ID stays where org-roam had it" query "$scratch/db.owner" \
  "SELECT file FROM nodes WHERE id = '\"id-b\"'" "\"$tree/b.org\""
rm "$tree/0.org"
dump "$db" >"$scratch/old"

cp "$db" "$scratch/db.less"
sqlite3 "$scratch/db.less" 'DELETE FROM links WHERE rowid = (SELECT min (rowid) FROM links)'
run incremental "$scratch/db.less" "$tree" "$here"
check "nor does one of which another program deleted a row" refused 65 'Another program has changed rows'
full full "$scratch/db.less" "$tree"
check "which a full build brings back" same "$db" "$scratch/db.less"
cp -p "$tree/b.org" "$scratch/b.org"
echo '[[id:id-a]]' >>"$tree/b.org"
reference "$scratch/db.less" "$tree"
run incremental "$scratch/db.less" "$tree" "$here"
check "nor one in which org-roam stored a note" refused 65 'Another program has changed rows'
mv "$scratch/b.org" "$tree/b.org"

cp "$db" "$scratch/db.newer"
sqlite3 "$scratch/db.newer" 'PRAGMA user_version = 99'
dump "$scratch/db.newer" >"$scratch/newer"
full full "$scratch/db.newer" "$tree"
check "a newer org-roam's database" refused 78 'newer org-roam \(version 99;.*update org-roam, or .* --clean'
check "is left alone" dump_is "$scratch/newer" "$scratch/db.newer"
full clean "$scratch/db.newer" "$tree"
check "unless the build is a clean one" dump_is "$scratch/old" "$scratch/db.newer"
sqlite3 "$scratch/db.newer" 'PRAGMA user_version = 3'
run incremental "$scratch/db.newer" "$tree" "$here"
check "an older org-roam's database" refused 65 'a full build is needed'
full full "$scratch/db.newer" "$tree"
check "is made anew by a full build" dump_is "$scratch/old" "$scratch/db.newer"

sqlite3 "$scratch/db.other" 'CREATE TABLE precious (x); INSERT INTO precious VALUES (1)'
full clean "$scratch/db.other" "$tree"
check "a database of something else" refused 78 'not a database of org-roam'
check "is left alone" query "$scratch/db.other" 'SELECT * FROM precious' 1
head -c 20000 /dev/urandom >"$scratch/db.damaged"
full clean "$scratch/db.damaged" "$tree"
check "a file that is no database" refused 78 'damaged or is no SQLite database: move it away'
cp "$db" "$scratch/db.torn"
head -c 30000 /dev/urandom | dd of="$scratch/db.torn" bs=1 seek=4096 conv=notrunc status=none
full full "$scratch/db.torn" "$tree"
check "a damaged database" refused 78 'damaged'
full full "$tree/a.org/db" "$tree"
check "a directory that cannot be made" refused 73 'cannot be made'
full full "$tree" "$tree"
check "a directory in place of the database" refused 73 'is not a file'

coproc LOCK { sqlite3 "$db" 2>&1; }
printf 'BEGIN IMMEDIATE; SELECT 1;\n' >&"${LOCK[1]}"
read -r -u "${LOCK[0]}" _
full full "$db" "$tree" --eval '(setq arcology-batch-lock-timeout 0)'
check "a database that another program writes" refused 75 'in use by another program'
printf '.quit\n' >&"${LOCK[1]}"
wait
check "is left alone" dump_is "$scratch/old" "$db"

run full "$db" "$scratch/db.gone" "$here"
check "a directory that is missing" refused 66 'is missing: bring it back'
run full "$db" "$tree" "$scratch/db.gone"
check "a list that is missing" refused 66 'Cannot read ARCOLOGY_CHANGES'
printf 'M\0%s' "$tree/a.org" >"$scratch/changes"
run full "$db" "$tree" "$scratch/changes"
check "a list cut short" refused 64 'is damaged after 0 records'
run full "$db" "$tree" "$(changes M "$tree/a.org" X "$tree/b.org")"
check "a list with another letter" refused 64 'is damaged after 1 records'
run full "$db" "$tree" "$(changes M a.org)"
check "a list with a relative path" refused 64 'is damaged'
run partial "$db" "$tree" "$here"
check "an unknown kind" refused 64 'not incremental, full or clean: partial'
emacs_build </dev/null >"$scratch/log" 2>&1
status=$?
check "no environment" refused 64 'ARCOLOGY_BUILD_KIND is not set'
here=$(changes M "$tree/a.org")
run full "$db" "$tree" "$here" --eval '(setq package-user-dir "/nonexistent" package-directory-list nil
  load-path (delq nil (mapcar (lambda (directory)
    (unless (string-match-p "site-lisp" directory) directory)) load-path)))'
check "Emacs without org-roam" refused 69 'org-roam is not installed.*apt install elpa-org-roam'
run full "$db" "$tree" "$here" -Q
check "emacs -Q" refused 69 'org-roam is not installed'
run full "$db" "$tree" "$here" --eval '(setq load-path (delq nil (mapcar (lambda (directory)
  (unless (string-match-p "emacsql-sqlite" directory) directory)) load-path)))'
check "org-roam without EmacSQL's SQLite" refused 69 'apt install elpa-org-roam elpa-emacsql-sqlite'
if "$EMACS" -q --batch --eval '(kill-emacs (if (fboundp (quote sqlite-open)) 1 0))' 2>/dev/null; then
  run full "$db" "$tree" "$here" --eval '(setq emacsql-sqlite-executable "/nonexistent/emacsql")'
  check "EmacSQL without its program" refused 69 'program /nonexistent/emacsql'
fi
check "after all this the database is as it was" dump_is "$scratch/old" "$db"

# ---- as a library

"$EMACS" -q --batch -L "$(dirname "$SCRIPT")" --eval '(require (quote arcology-batch))' \
  --eval '(message "loaded")' </dev/null >"$scratch/log" 2>&1
check "as a library it does nothing by itself" said "loaded"
ARCOLOGY_BUILD_KIND=full ARCOLOGY_DATABASE=$db ARCOLOGY_DIRECTORY=$tree \
  ARCOLOGY_CHANGES=$(list "$tree") "$EMACS" -q --batch -L "$(dirname "$SCRIPT")" \
  --eval '(require (quote arcology-batch))' -f arcology-batch-run </dev/null >"$scratch/log" 2>&1
status=$?
check "and builds when it is called" said "arcology: progress 3 3"

finish
