#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The default build finds org-roam where each package manager of Emacs puts it, with the settings that
# the manual page MANUAL, arcology-builder.conf(5), gives. The packages are those that this Emacs has,
# in directories of other names. TAP.

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
  builds "straight.el, first with a dump" -l "$home/$settings"
  builds "straight.el, from the dump" -l "$home/$settings"
fi

finish
