#!/usr/bin/env bash
# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# build-aux/deps, which is DEPS, asks Emacs for org-roam without a trace in the home directory, and
# shows how far apt is. TAP.

# shellcheck source=tests/emacs/lib.sh
. "$(dirname "$0")/lib.sh"

# Nothing is installed here: apt is played, with lines of the real one (APT::Status-Fd).
mkdir "$scratch/played"
cat >"$scratch/played/apt-get" <<'END'
#!/bin/sh
echo "$*" >>"$APT_CALLS"
echo 'Reading package lists...'
case $* in
  *" update") echo 'dlstatus:1:9.34579:Retrieving file 1 of 1' ;;
  *" install "*)
    echo 'dlstatus:1:42.5:Retrieving file 2 of 24 (1min 3s remaining)'
    echo 'dlstatus:2:49.9:Retrieving file 3 of 24'
    echo 'pmstatus:libc6:100.0000:Installed libc6 (amd64)'
    echo 'E: The last words'
    exit "$(cat "$APT_CALLS.status")"
    ;;
esac
END
cat >"$scratch/played/sudo" <<'END'
#!/bin/sh
exec "$@"
END
printf '#!/bin/sh\nexit 1\n' >"$scratch/pkg-config"
chmod +x "$scratch/played/"* "$scratch/pkg-config"
export APT_CALLS=$scratch/calls
: >"$APT_CALLS"
deps()
{
  status=0
  PATH=$scratch/played:$PATH "${DEPS:?}" "$@" >"$scratch/log" 2>&1 || status=$?
}

# refused_by_deps LINE: it failed, and its log has a line with that beginning.
# shellcheck disable=SC2317 # check calls it
refused_by_deps()
{
  ended 1 && says "^$1"
}

deps run
if [ -s "$APT_CALLS" ]; then
  echo "1..0 # SKIP what running needs is not all here"
  exit 0
fi
check "where all is here, nothing is said or installed" is "0 " "$status $(cat "$scratch/log")"
check "Emacs leaves nothing in the home directory" is '' "$(find "$HOME" ! -type d)"

# Without pkg-config's word, something is missing.
if grep -qsE '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release; then
  mv "$scratch/pkg-config" "$scratch/played"
  echo 0 >"$APT_CALLS.status"
  deps run
  check "apt works, and all is not here yet" refused_by_deps 'Missing; please install:'
  check "it names the packages first" says '^Installing with apt, .*: .*libglib2\.0-dev'
  check "the lists of packages come" said '  lists of packages: downloading, 0 %'
  check "the progress is shown in steps" is '  packages: downloading, 40 %
  packages: installing, 100 %' "$(grep '  packages: ' "$scratch/log")"
  check "apt's own lines are not" is 0 "$(grep -c 'Reading package lists' "$scratch/log")"
  echo 1 >"$APT_CALLS.status"
  deps run
  check "apt fails" refused_by_deps 'apt could not install what is missing'
  check "its last words are shown" said 'E: The last words'
fi

finish
