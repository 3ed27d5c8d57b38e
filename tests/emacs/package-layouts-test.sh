#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The default build finds org-roam where each package manager of Emacs puts it, with the settings that
# the manual page MANUAL, arcology-builder.conf(5), gives. The packages are those that this Emacs has,
# in directories of other names. M-x arcology-builder-setup writes such settings. TAP.
#
# Functions are called by check.
# shellcheck disable=SC2317

# shellcheck source=tests/emacs/lib.sh
. "$(dirname "$0")/lib.sh"

# The directories of the packages that org-roam loads, one a line.
packages=$("$EMACS" -q --batch --eval "$no_native_code" --eval '
(progn
  (require (quote org-roam))
  (dolist (directory (delete-dups (mapcar (lambda (entry) (file-name-directory (or (car entry) "/")))
                                          load-history)))
    (when (directory-files directory nil "-pkg\\.el")
      (princ (concat (directory-file-name directory) "\n")))))' 2>/dev/null)
case $packages in
  */org-roam*) ;;
  *)
    echo "1..0 # SKIP org-roam is not a package of its own here"
    exit 0
    ;;
esac

# As if no package was installed but those in the home directory.
cat >"$scratch/hide.el" <<'END'
(setq package-directory-list nil
      load-path (delq nil (mapcar (lambda (directory)
                                    (unless (string-match-p "site-lisp\\|/elpa" directory) directory))
                                  load-path)))
END

# place DIRECTORY versioned|plain|linked: puts the packages there, in directories that are named
# with the version, without it, or without it and with links to the files.
place()
{
  local package name
  mkdir -p "$1"
  while IFS= read -r package; do
    name=${package##*/}
    if [ "$2" != versioned ]; then
      name=${name%-[0-9]*}
    fi
    if [ "$2" = linked ]; then
      mkdir -p "$1/../repos"
      cp -RL "$package" "$1/../repos/$name"
      mkdir "$1/$name"
      ln -s "$1/../repos/$name"/* "$1/$name"
    else
      cp -RL "$package" "$1/$name"
    fi
  done <<<"$packages"
}

# The text of the manual page, without the escapes of roff.
page=$(sed -e 's/\\(ti/~/g' -e 's/\\(dq/"/g' -e 's/\\-/-/g' "${MANUAL:?}")

# shown_at NAME: the path below that item.
shown_at()
{
  grep -A 1 -x -F ".It $1" <<<"$page" | sed -n 's/^\.Pa //p'
}

# form REGEXP: the form of the page whose first line matches.
form()
{
  sed -n "/$1/,/^\\.Ed/p" <<<"$page" | sed '/^\./d'
}

tree=$scratch/tree
mkdir "$tree"
printf ':PROPERTIES:\n:ID: one\n:END:\n#+title: One\n' >"$tree/one.org"
everything=$(list "$tree")

# builds NAME [OPTION]...: a build with the home directory $home and OPTIONs succeeds and writes nothing
# there.
builds()
{
  local name=$1 before
  shift
  before=$(find "$home" | sort)
  rm -f "$scratch/db"
  HOME=$home run full "$scratch/db" "$tree" "$everything" -l "$scratch/hide.el" "$@"
  check "$name: the build succeeds" ended 0
  check "$name: the note is in the database" query "$scratch/db" 'SELECT title FROM nodes' '"One"'
  check "$name: the home directory is as it was" is "$before" "$(find "$home" | sort)"
}

# use NAME: makes the home directory $home, with the settings for NAME in it.
settings=.config/arcology-builder/settings.el
use()
{
  home=$scratch/homes/$1
  mkdir -p "$home/.config/arcology-builder"
}

launcher=$LAUNCHER
LAUNCHER=

# An Emacs that a package manager has set up, and whose user says yes, or no.
cat >"$scratch/setup.el" <<'END'
(setq package-user-dir (expand-file-name "none" temporary-file-directory))
(push (getenv "CLIENT") load-path)
(dolist (directory (file-expand-wildcards (getenv "PACKAGES") t))
  (push directory load-path))
(require 'arcology-builder)
(require 'org-roam)
(setq org-todo-keywords '((sequence "LATER" "|" "DONE"))
      org-roam-db-node-include-function
      (eval '(lambda () (not (member "private" (org-get-tags)))) t))
(fset 'y-or-n-p (lambda (&rest _)
                  (write-region (with-current-buffer "*Arcology Setup*" (buffer-string))
                                nil (getenv "SHOWN"))
                  (equal (getenv "CONSENT") "yes")))
(arcology-builder-setup)
END

# setup PATTERN [CONSENT]: M-x arcology-builder-setup there.
setup()
{
  HOME=$home CONSENT=${2-yes} SHOWN=$scratch/shown PACKAGES=$home/${1#\~/} CLIENT=${SCRIPT%/*} \
    PATH=${BUILDER%/*}:$PATH "$EMACS" -q --batch --eval "$no_native_code" -l "$scratch/hide.el" \
    -l "$scratch/setup.el" </dev/null
}

# The files are as they were shown, and have all that the Emacs has.
sets()
{
  grep -qF "$(cat "$home/$settings")" "$scratch/shown" &&
    grep -qx "Command=.*arcology-batch -l .*/settings.el'\\?" "$home/$conf" &&
    grep -qF "$(grep '^Command=' "$home/$conf")" "$scratch/shown" &&
    HOME=$home "$BUILDER" --check-config
}

# A build with the written files finds the packages and makes the rows that the Emacs would.
setup_builds()
{
  rm -f "$scratch/db"
  HOME=$home run full "$scratch/db" "$setup_tree" "$(list "$setup_tree")" -l "$scratch/hide.el" \
    -l "$home/$settings"
  list "$tree" >/dev/null
  ended 0 && query "$scratch/db" 'SELECT id, todo FROM nodes ORDER BY id' \
    $'"later"|"LATER"\n"notes"|'
}

conf=.config/arcology-builder/builder.conf
setup_tree=$scratch/setup-tree
mkdir "$setup_tree"
printf '%s\n' ':PROPERTIES:' ':ID: notes' ':END:' '#+title: Notes' '* LATER A task' ':PROPERTIES:' \
  ':ID: later' ':END:' '* Diary :private:' ':PROPERTIES:' ':ID: diary' ':END:' \
  >"$setup_tree/notes.org"

# set_up NAME PATTERN: the checks of M-x arcology-builder-setup for what $home has.
set_up()
{
  local name=$1 pattern=$2 before
  rm -f "$home/$settings"
  check "$name: without consent, nothing is set up" not setup "$pattern" no
  check "$name: and nothing is written" not test -e "$home/$settings"
  printf ';; My own line\n(setq my-own t)\n' >"$home/$settings"
  printf '[Tree]\nDirectories=%s\n\n[Build]\n# Mine\nTimeout=1h\n' "$setup_tree" >"$home/$conf"
  check "$name: setup" setup "$pattern"
  check "$name: it writes what it shows" sets
  check "$name: lines of the user stay" grep -qx '(setq my-own t)' "$home/$settings"
  check "$name: settings of the user stay" grep -qx 'Timeout=1h' "$home/$conf"
  check "$name: a build with it" setup_builds
  before=$(cat "$home/$settings" "$home/$conf")
  check "$name: setup again" setup "$pattern"
  check "$name: it changes nothing" is "$before" "$(cat "$home/$settings" "$home/$conf")"
  rm "$home/$conf" "$home/$settings"
}

not()
{
  ! "$@"
}

use nothing
HOME=$home run full "$scratch/db" "$tree" "$everything" -l "$scratch/hide.el"
check "without any, org-roam is not found" refused 69 'org-roam is not installed'

for directory in .emacs.d/elpa .config/emacs/elpa; do
  use "package.el in $directory"
  place "$home/$directory" versioned
  builds "package.el in $directory"
done

use "another package-user-dir"
form '^(setq package-user-dir' >"$home/$settings"
elsewhere=$(sed -n 's/.*"~\/\(.*\)").*/\1/p' "$home/$settings")
check "the manual sets package-user-dir" test -n "$elsewhere"
place "$home/$elsewhere" versioned
builds "another package-user-dir" -l "$home/$settings"

while IFS=: read -r name kind; do
  use "$name"
  pattern=$(shown_at "$name")
  check "the manual shows where $name has packages" test "${pattern: -2}" = '/*'
  directory=${pattern%/\*}
  place "$home/${directory#\~/}" "$kind"
  form '^(dolist (directory' | sed "s|DIRECTORIES|$pattern|" >"$home/$settings"
  builds "$name" -l "$home/$settings"
  [ -z "${BUILDER-}" ] || set_up "$name" "$pattern"
done <<'END'
straight.el:linked
elpaca:linked
Doom Emacs:linked
Nix:versioned
Guix:versioned
END

# A dump is made of such packages, too, and what it was made of is known.
if [ -n "$launcher" ]; then
  LAUNCHER=$launcher
  use "straight.el"
  form '^(dolist (directory' | sed "s|DIRECTORIES|$(shown_at straight.el)|" >"$home/$settings"
  builds "straight.el, first with a dump" -l "$home/$settings"
  builds "straight.el, from the dump" -l "$home/$settings"
fi

finish
