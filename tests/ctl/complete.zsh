# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# zsh -f complete.zsh DIRECTORY SCRATCH LINE: prints what zsh, with the completions in DIRECTORY,
# offers at the end of LINE. The completion system works only in an interactive shell on a terminal:
# such a one runs here on a pseudo-terminal, and writes what is added to its list to a file.

setopt err_exit
zmodload zsh/zpty

completions=$1 scratch=$2
mkdir -p $scratch
rm -f $scratch/words $scratch/end
mkfifo $scratch/end
: >$scratch/words
print -r -- $3 >$scratch/line

cat >$scratch/inside.zsh <<END
fpath=(${(q)completions} \$fpath)
autoload -Uz compinit
compinit -u -C -d ${(q)scratch}/dump
END
cat >>$scratch/inside.zsh <<'END'
# Those that only ask what would match (-O, -A, -D) add nothing to the list.
compadd() {
  local -a words
  if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
    builtin compadd -A words "$@"
    (($#words == 0)) || print -rl -- $words >>$scratch/words
  fi
  builtin compadd "$@"
}
zle -C offer complete-word _main_complete
zle-line-init() {
  BUFFER=$(<$scratch/line)
  CURSOR=$#BUFFER
  zle offer
  print >$scratch/end
  exit
}
zle -N zle-line-init
END

zpty shell zsh -f -i
zpty -w shell " scratch=${(q)scratch}; . ${(q)scratch}/inside.zsh"
read -r _ <$scratch/end
zpty -d shell
cat $scratch/words
