#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Single notes: what protects the build from a note changes no row of a harmless one, and a note that
# cannot be read in whole costs no other note anything.
#
# Dollars are what notes are full of; functions are called by check.
# shellcheck disable=SC2016,SC2317

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

tree=$scratch/org
db=$scratch/db
count=0
mkdir "$tree"

# note NAME ID TITLE [LINE...]
note()
{
  local name=$1 id=$2 title=$3
  shift 3
  printf ':PROPERTIES:\n:ID: %s\n:END:\n#+TITLE: %s\n' "$id" "$title" >"$tree/$name"
  [ $# = 0 ] || printf '%s\n' "$@" >>"$tree/$name"
}

# ---- each setting of arcology-batch--prepare-emacs and a note that could show its effect

# format-alist, after-insert-file-functions
printf 'Content-Type: text/enriched\nText-Width: 70\n\n' >"$tree/enriched.org"
printf ':PROPERTIES:\n:ID: enriched\n:END:\n#+title: Pasted\n\n<bold>[[id:note]]</bold>\n' \
  >>"$tree/enriched.org"
# enable-local-variables and its kin
note category.org category 'Category'
sed -i '1i # -*- org-category: "work" -*-' "$tree/category.org"
note variables.org variables 'Variables' '* H' ':PROPERTIES:' ':ID: variables-1' ':END:' \
  '# Local Variables:' '# org-category: "end"' '# fill-column: 60' '# End:'
note unsafe.org unsafe 'Unsafe beside safe' '# Local Variables:' '# org-category: "no"' \
  '# org-link-abbrev-alist: (("gh" . "https://gh.example/"))' '# End:'
note eval.org eval 'Eval beside safe' '# Local Variables:' '# org-category: "no"' \
  '# eval: (setq x 1)' '# End:'
mkdir "$tree/dir"
echo '((org-mode . ((org-category . "directory"))))' >"$tree/dir/.dir-locals.el"
note dir/local.org local 'Directory'
# coding systems: locale-coding-system, select-safe-coding-system-function
note latin.org latin $'caf\xe9'
sed -i '1i # -*- coding: latin-1 -*-' "$tree/latin.org"
printf '\xef\xbb\xbf:PROPERTIES:\n:ID: bom\n:END:\n#+title: BOM\n' >"$tree/bom.org"
printf ':PROPERTIES:\r\n:ID: dos\r\n:END:\r\n#+title: DOS\r\n[[id:note]]\r\n' >"$tree/dos.org"
# org-inhibit-startup, macros, org-resource-download-policy, tramp-mode, file name handlers
note startup.org startup 'Startup' '#+STARTUP: content indent' '#+MACRO: m x' '{{{m}}}' \
  '* {{{m}}} title' ':PROPERTIES:' ':ID: startup-1' ':END:' '[[file:/ssh:host:/x.org]]' '[[file:x.org.gz]]'
# change-major-mode hooks, vc: nothing of a note shows them.
note note.org note 'Note' '#+FILETAGS: :a:b:' '#+TODO: OPEN(o@) | SHUT(s!)' '* OPEN [#B] H :c:' \
  ':PROPERTIES:' ':ID: note-1' ':ROAM_ALIASES: "an alias" other' ':ROAM_REFS: https://e.org/x @key' \
  ':END:' 'SCHEDULED: <2024-01-02 Tue 10:00>' '[cite:@k1;@k2] [[id:enriched][x]] $s1 %s \n "q"'

# Outlines: levels that are left out, siblings, and links in entries with and without an ID.
note outline.org outline 'Outline'
for level in 3 1 2 4 2 2 1 5 3 1; do
  stars=$(head -c "$level" /dev/zero | tr '\0' '*')
  printf '%s Level %d [[id:note]]\n[[id:note-1]]\n%s* Below\n:PROPERTIES:\n:ID: outline-%d\n:END:\n[[id:x]]\n' \
    "$stars" "$level" "$stars" $((count += 1))
done >>"$tree/outline.org"

# Citations: where Org has them, and where it has none.
note citations.org citations 'Citations [cite:@title]' '#+caption: [cite:@caption]' '| [cite:@cell] |' \
  'A *bold [cite:@bold] word*, =[cite:@code]=, [[id:note][a link [cite:@link]]], [fn:: [cite:@foot]].' \
  '[cite/t:see @a p. 1; @b; and others] [CITE:@upper] [cite:none] [cite @none] [cite:@open' \
  '- item [cite:@tag] :: [cite:@item]' '' '[fn:1] A note [cite:@definition].' '#+begin_src org' \
  '[cite:@source]' '#+end_src' '#+begin_quote' '[cite:@quote1;@quote2]' '#+end_quote' \
  '# [cite:@comment]' '* TODO Heading [cite:@heading] :tag:' ':PROPERTIES:' ':ID: citations-1' \
  ':X: [cite:@property]' ':END:' ':LOGBOOK:' '[cite:@drawer]' ':END:' '** [cite:@start] Below' \
  '[cite:[cite:@nested]] <<target>> [cite:@a;' '@b] [cite:@é;@b.c]'
note many.org many 'Many citations'
printf '[cite:@k%d; @l] ' {1..120} >>"$tree/many.org"
# IDs: in other forms and places, and none where Org sees none.
{
  printf '# A comment\n\n:properties:\n:id: ids\n:end:\n#+title: IDs\n#+TITLE: twice\n#+title:\n'
  printf '* %s\n:PROPERTIES:\n%s\n:END:\n[[id:note]]\n' 'Lower case' ':id: ids-1' 'Appended' ':ID+: ids-2' \
    'Twice' $':ID: ids-3\n:ID: ids-4' 'Empty' ':ID:' 'Indented' '  :ID: ids-5' 'Excluded' \
    $':ID: ids-6\n:ROAM_EXCLUDE: t' 'Spaces' ':ID: ids 7'
  printf '* Late\nText.\n:PROPERTIES:\n:ID: ids-8\n:END:\n[[id:note]]\n'
  printf '* Planned\nDEADLINE: <2024-01-02 Tue>\n:PROPERTIES:\n:ID: ids-9\n:END:\n** Below\n[[id:note]]\n'
  printf '#+begin_example\n,* H\n:PROPERTIES:\n:ID: ids-10\n:END:\n#+title: Example\n#+end_example\n'
  printf '*bold* [[id:note]]\n*\n'
} >"$tree/ids.org"
# The link of a keyword is at the start of the buffer, which is a heading here.
printf '** H\n:PROPERTIES:\n:ID: heading\n:END:\n#+link: gh https://gh.example/%%s\n' >"$tree/heading.org"

reference "$scratch/roam" "$tree"
full full "$db" "$tree"
check "harmless notes are built" ended 0
check "every row is that of org-roam-db-sync" same_as_roam "$scratch/roam" "$db"
check "there is no problem" query "$db" 'SELECT count(*) FROM problems' 0
dump "$db" >"$scratch/fast"
ARCOLOGY_PLAIN=1 full full "$scratch/db.plain" "$tree"
check "without the overrides the build succeeds" ended 0
check "and gives the same rows" dump_is "$scratch/fast" "$scratch/db.plain"

# ---- local variables of a directory

for name in .dir-locals.el .dir-locals-2.el; do
  check "the local variables of a directory are an input: $name" said "arcology: input $tree/dir/$name"
done
check "those of the whole tree are one before they are there" said "arcology: input $tree/.dir-locals.el"
run incremental "$db" "$tree" "$(changes M "$tree/dir/local.org")"
check "a touched note below them costs no parsing" says '^Files: 1 listed, 1 of them unchanged, '
check "they are still an input" said "arcology: input $tree/dir/.dir-locals.el"

# ---- other versions of Org and org-roam

full full "$scratch/db.other" "$tree" --eval "(with-eval-after-load 'org-macro
  (defun org-macro-initialize-templates (&optional _a _b _c) nil))"
check "a function with other arguments is left alone" ended 0
check "and named" says '^The function .org-macro-initialize-templates. takes other arguments in this'
check "the rows are the same" dump_is "$scratch/fast" "$scratch/db.other"
full full "$scratch/db.other" "$tree" --eval "(with-eval-after-load 'org-roam-db
  (defun org-roam-db-insert-file (&rest _)
    (org-roam-db-query [:insert-or-replace :into files :values \$v1] '([1 2 3 4 5]))))"
check "an org-roam that stores in another form is an error" refused 70 'does not store notes as expected'
check "which changes nothing" dump_is "$scratch/fast" "$scratch/db.other"

# ---- set-up files

rm -r "${tree:?}"
mkdir "$tree"
printf '#+filetags: :one:\n#+setupfile: deeper.org\n' >"$tree/setup.org"
printf '#+todo: OPEN | SHUT\n' >"$tree/deeper.org"
note a.org a 'A' '#+setupfile: setup.org' '* OPEN H' ':PROPERTIES:' ':ID: a1' ':END:'
full full "$db" "$tree"
printf '#+filetags: :two:\n#+setupfile: deeper.org\n' >"$tree/setup.org"
run incremental "$db" "$tree" "$(changes M "$tree/setup.org")"
check "a changed set-up file brings its dependents along" query "$db" \
  "SELECT tag FROM tags WHERE node_id = '\"a\"'" '"two"'
printf '#+todo: NEW | DONE\n' >"$tree/deeper.org"
run incremental "$db" "$tree" "$(changes M "$tree/deeper.org")"
check "so does one that a set-up file names" query "$db" \
  "SELECT title FROM nodes WHERE id = '\"a1\"'" '"OPEN H"'
rm "$tree/deeper.org"
run incremental "$db" "$tree" "$(changes D "$tree/deeper.org")"
check "a missing one is a problem of the note" says \
  "^arcology: problem $tree/a\\.org: SETUPFILE $tree/deeper\\.org is not used: it does not exist"
printf '#+todo: OPEN | SHUT\n' >"$tree/deeper.org"
run incremental "$db" "$tree" "$(changes A "$tree/deeper.org")"
check "which is over when it is there" query "$db" 'SELECT count(*) FROM problems' 0
check "and the note is read with it" query "$db" \
  "SELECT todo FROM nodes WHERE id = '\"a1\"'" '"OPEN"'
reference "$scratch/roam" "$tree"
check "every row is that of org-roam-db-sync, again" same_as_roam "$scratch/roam" "$db"

mkfifo "$tree/pipe"
truncate -s 5M "$tree/large.org"
note pipe.org pipe 'Pipe' '#+setupfile: pipe'
note device.org device 'Device' '#+setupfile: /dev/zero'
note large-setup.org large-setup 'Large' '#+setupfile: large.org'
note web.org web 'Web' '#+setupfile: https://127.0.0.1:1/x.org'
run incremental "$db" "$tree" "$(changes A "$tree/pipe.org" A "$tree/device.org" \
  A "$tree/large-setup.org" A "$tree/web.org")"
check "set-up files that are none do not stop the build" ended 0
check "each is a problem" is 4 "$(grep -ac ' is not used: ' "$scratch/log")"
check "and the notes are built" query "$db" \
  "SELECT count(*) FROM nodes WHERE id IN ('\"pipe\"', '\"device\"', '\"large-setup\"', '\"web\"')" 4

# ---- notes at fault, of which org-roam stores nothing, or about which it asks

rm -r "${tree:?}"
mkdir "$tree"
note reference.org reference 'Reference' '* H' ':PROPERTIES:' ':ID: reference-1' \
  ':ROAM_REFS: https://good.example [[x]] @key' ':END:' '[[id:reference]]'
note prose.org prose 'Prose' '* H' ':PROPERTIES:' ':ID: prose-1' ':END:' \
  '- Local Variables:' 'They are at the end.' '- End:'
note circle.org circle 'Circle' '* H' ':PROPERTIES:' ':ID: circle-1' ':END:' '# Local Variables:' \
  '# org-category: #1=(a . #1#)' '# End:'
printf -- '-*- coding: utf-7 -*-\n#+title: No base64\n' >"$tree/decode.org"
# Without a newline that Emacs takes for hard, it asks whether to make some.
printf 'Content-Type: text/enriched\nText-Width: 70\n\n:PROPERTIES:\n:ID: soft\n:END:\n#+title: <bold>Soft' \
  >"$tree/soft.org"
full full "$db" "$tree"
check "notes at fault are no failure" ended 0
check "a reference without a type is a problem" says \
  "^arcology: problem $tree/reference\\.org:5: invalid reference in ROAM_REFS: "
check "the other references are stored" query "$db" \
  "SELECT ref FROM refs WHERE node_id = '\"reference-1\"' ORDER BY ref" $'"//good.example"\n"key"'
check "local variables that are none are a problem" says \
  "^arcology: problem $tree/prose\\.org:9: local variables are ignored: Local variables entry is missing"
check "so are those that cannot be read" says \
  "^arcology: problem $tree/circle\\.org:9: local variables are ignored: "
check "all nodes are stored" query "$db" 'SELECT group_concat(id) FROM (SELECT id FROM nodes ORDER BY id)' \
  '"circle","circle-1","prose","prose-1","reference","reference-1","soft"'
check "text that cannot be decoded is a problem" says \
  "^arcology: problem $tree/decode\\.org:1: cannot be read as Org: "
check "of a note that is there" query "$db" "SELECT count(*) FROM files WHERE file LIKE '%/decode.org\"'" 1
check "nothing else is a problem" is 4 "$(grep -ac '^arcology: problem' "$scratch/log")"
dump "$db" >"$scratch/fast"
run incremental "$db" "$tree" "$(changes M "$tree/reference.org" M "$tree/prose.org" M "$tree/decode.org" \
  M "$tree/soft.org")"
check "an incremental build gives the same rows" dump_is "$scratch/fast" "$db"

# ---- notes that are too much for Emacs

rm -r "${tree:?}"
mkdir "$tree"
long=$(head -c 400000 /dev/zero | tr '\0' q)
note long.org long 'Long' '* A' ':PROPERTIES:' ':ID: long-1' ":ROAM_ALIASES: \"$long\"" ':END:' '* B' \
  ':PROPERTIES:' ':ID: long-2' ':END:' '[[id:long]]'
note other.org other 'Other'
full full "$db" "$tree"
check "a line that is too long for the regexp matcher is no failure" ended 0
check "but a problem" says "^arcology: problem $tree/long\\.org:8: line of 400017 characters"
check "the rest of the note is there" query "$db" \
  "SELECT id FROM nodes WHERE file LIKE '%/long.org\"' ORDER BY pos" $'"long"\n"long-1"\n"long-2"'
check "at its place" query "$db" "SELECT pos FROM nodes WHERE id = '\"long-2\"'" \
  "$(($(grep -abo '^\* B' "$tree/long.org" | cut -d: -f1) + 1))"
check "with the hash of the file" query "$db" "SELECT hash FROM files WHERE file LIKE '%/long.org\"'" \
  "\"$(sha1sum "$tree/long.org" | cut -d' ' -f1)\""

for ((i = 0; i < 30000; i++)); do
  printf '[cite:@a; '
done >>"$tree/other.org"
note good.org good 'Good'
full full "$db" "$tree" --eval '(setq arcology-batch-note-timeout 2)'
check "a note that takes too long is no failure" ended 0
check "but a problem" says "^arcology: problem $tree/other\\.org: left out, since reading takes longer"
check "it is there without its nodes" query "$db" "SELECT
  (SELECT count(*) FROM files WHERE file LIKE '%/other.org\"'),
  (SELECT count(*) FROM nodes WHERE file LIKE '%/other.org\"')" '1|0'
check "the others are built" query "$db" "SELECT count(*) FROM nodes WHERE id IN ('\"good\"', '\"long\"')" 2

finish
