#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# arcology-builder.el as a package in an interactive Emacs, with init files whose lines are in
# different orders, and with the real service; on a bus of its own. TAP.
#
# Functions are called by check.
# shellcheck disable=SC2317

SCRIPT=$(dirname "${ARCOLOGY_BATCH_FILE:?}")/arcology-batch.el
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

if ! command -v script >/dev/null; then
  echo "1..0 # SKIP script(1) is not installed"
  exit 0
fi

# A home directory with notes, settings, the package, and a running service.
home=$scratch/user
mkdir -p "$home/org" "$home/.config/arcology-builder" "$home/.config/emacs" "$home/.local/share" \
  "$home/.local/state" "$home/.cache"
[ ! -d "${CORPUS:-}" ] || cp -r --preserve=timestamps "$CORPUS" "$home/org/corpus"
chmod -R u+w "$home/org"
printf ':PROPERTIES:\n:ID: one\n:END:\n#+title: One\n' >"$home/org/one.org"
export HOME=$home TMPDIR=$scratch/tmp
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME STATE_DIRECTORY NOTIFY_SOCKET
unset ARCOLOGY_DIRECTORY DB_GENERATION_DEBOUNCE DB_GENERATION_COOLDOWN

cat >"$home/.config/emacs/early-init.el" <<END
$no_native_code
(defvar client-syncs 0)
(advice-add 'org-roam-list-files :before (lambda (&rest _) (setq client-syncs (1+ client-syncs))))
END

install_package()
{
  "$EMACS" -q --batch --eval "$no_native_code" \
    --eval '(setq user-emacs-directory "~/.config/emacs/"
                  package-user-dir "~/.config/emacs/elpa")' \
    --eval '(progn (require (quote package)) (package-initialize))' \
    --eval "(package-install-file \"${SCRIPT%/*}/arcology-builder.el\")" </dev/null
}

"${BUILDER:?}" </dev/null >"$scratch/log" 2>&1 &
builder=$!
trap 'kill "$builder"; wait "$builder"; rm -rf "$scratch"' EXIT

captures=${CAPTURES:-3}
unset CAPTURES

# interactive INIT-LINE...: what an interactive Emacs with this init file finds, in $scratch/result.
interactive()
{
  local command
  printf '%s\n' "$@" >"$home/.config/emacs/init.el"
  command=$(printf '%q ' "$EMACS" -nw -l "$TESTS/client-interactive.el")
  rm -f "$scratch/result"
  # script(1) runs the command by $SHELL, and what bash quoted is for bash to read.
  SHELL=$BASH TERM=vt100 RESULT=$scratch/result \
    timeout 300 script --quiet --return --command "$command" "$scratch/typescript" \
    </dev/null >/dev/null
}

# found NAME VALUE: a line of the result.
found()
{
  grep -qxF -- "$1 $2" "$scratch/result" || { cat "$scratch/result"; return 1; }
}

check "the package can be installed" install_package
check "the service is there" gdbus wait --session --timeout 120 org.arcology.Builder
check "the first build" "${CTL:?}" sync

roam='(setq org-roam-directory "~/org/")'
sync='(org-roam-db-autosync-mode)'
mode='(arcology-builder-database-mode)'
while IFS=: read -r name lines; do
  mapfile -t init < <(sed "s|ROAM|$roam|; s|SYNC|$sync|; s|MODE|$mode|; s/;/\n/g" <<<"$lines")
  check "$name: Emacs starts" interactive "${init[@]}"
  check "$name: it is interactive" found batch nil
  check "$name: it does not read all notes" found syncs 0
  check "$name: autosync mode is on" found autosync t
  check "$name: and its hook is there" found hook t
  check "$name: the database is the service's" found database '"arcology.db"'
  check "$name: there is one percent sign" found mode-line '" Notes: building 40%"'
done <<'END'
org-roam first:ROAM;SYNC;MODE
org-roam last:MODE;ROAM;SYNC
org-roam around it:SYNC;MODE;ROAM
one line:ROAM;MODE
another database later:MODE;(require 'org-roam);ROAM;SYNC;(setq org-roam-db-location "~/own.db")
END

check "without the mode, Emacs starts" interactive "$roam" "$sync"
check "and reads all notes, as org-roam does" found syncs 1
check "with autosync mode" found autosync t
check "with its own database" found database '"org-roam.db"'

CAPTURES=$captures check "Emacs captures notes" interactive "$roam" "$mode"
check "the list of nodes has each at once" found found t
sed -n 's/^seconds /# seconds from the end of a capture to the list: /p' "$scratch/result"

plain=
echo "1..$tests"
exit $((failures > 0))
