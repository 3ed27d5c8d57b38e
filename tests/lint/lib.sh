# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the lint tests share. Each is called as: TEST SOURCE-ROOT [ARGUMENT]..., looks at every file
# of the project, prints what is wrong as FILE:LINE: WHY, and exits 0, 1 or, with its tool absent, 77.

set -euo pipefail

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
  project_files '*' | while IFS= read -r file; do
    if [[ $file == tests/*/*.sh ]] || head -c 64 "$file" | head -n 1 |
      LC_ALL=C grep -aqE '^#!.*[/ ](ba|da)?sh( |$)'; then
      printf '%s\n' "$file"
    fi
  done
}

faults=0
fault() {
  printf '%s\n' "$*" >&2
  faults=$((faults + 1))
}

# The last line of each test.
finish() {
  exit $((faults > 0))
}
