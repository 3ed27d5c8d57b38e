# shellcheck shell=bash
# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the lint tests share. Each is called as: TEST SOURCE-ROOT [ARGUMENT]..., looks at every file
# of the project, prints what is wrong as FILE:LINE: WHY, and exits 0, 1 or, with its tool absent, 77.

set -euo pipefail

test=$(realpath "$0") library=$(realpath "${BASH_SOURCE[0]}")
cd "$1"

# Not ours to run where the tool is not here; build-aux/check does not let that pass.
need() {
  command -v "$1" >/dev/null || {
    echo "SKIP: $1 is not installed" >&2
    exit 77
  }
}

# Prints the files of the project that match the patterns (of git-ls-files(1)), new ones too. A
# release has no .git: there, every file outside of a build directory is one.
project_files() {
  if [ -e .git ]; then
    git -c safe.directory="$PWD" ls-files --cached --others --exclude-standard -- "$@"
  else
    local pattern
    for pattern; do
      find . -path './_build*' -prune -o -type f -path "./$pattern" -printf '%P\n'
    done
  fi | sort -u | while IFS= read -r file; do
    if [ -f "$file" ]; then # one that was deleted is still in the index
      printf '%s\n' "$file"
    fi
  done
}

# Prints the scripts that begin with a shell's name.
shell_scripts() {
  {
    project_files 'tests/*/*.sh'
    project_files '*' | LC_ALL=C xargs -r -d '\n' awk '
      FNR == 1 { if (/^#!.*[\/ ](ba|da)?sh( |$)/) print FILENAME; nextfile }'
  } | sort -u
}

# Where git does not work, each list would be empty, and nothing would be wrong.
if [ -z "$(project_files '*')" ]; then
  echo "no file of the project is found in $PWD" >&2
  exit 1
fi

# stop_if_passed TOOL... -- FILE...: ends the test here if it passed before with these tools on these
# files. Meson says where the record of it is; without, the test always goes on.
stamp='' inputs=''
stop_if_passed() {
  [ -n "${ARC_LINT_STAMPS-}" ] || return 0
  stamp=$ARC_LINT_STAMPS/$(basename "$0").passed
  inputs=$(
    pwd
    while [ "$1" != -- ]; do
      # The file itself: not every tool has a version to ask for.
      stat -L -c '%n %s %y' "$(command -v "$1")" 2>/dev/null || echo "no $1"
      shift
    done
    shift
    sha256sum -- "$test" "$library" "$@"
  )
  if [ "$(cat "$stamp" 2>/dev/null)" = "$inputs" ]; then
    echo "The same as when this passed: $stamp"
    exit 0
  fi
}

faults=0
fault() {
  printf '%s\n' "$*" >&2
  faults=$((faults + 1))
}

# The last line of each test.
finish() {
  if ((faults == 0)) && [ -n "$stamp" ]; then
    mkdir -p "${stamp%/*}"
    printf '%s\n' "$inputs" >"$stamp"
  fi
  exit $((faults > 0))
}
