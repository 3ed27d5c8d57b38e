# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Completion of arcologyctl for bash. It needs nothing but bash 4.4.

# The numbers of the builds that are remembered; the service is not started for it.
_arcologyctl_builds() {
  arcologyctl history 2>/dev/null | awk '$1 ~ /^[0-9]+$/ { print $1 }'
}

_arcologyctl() {
  local cur=${COMP_WORDS[COMP_CWORD]} verb='' option='' i
  local -A options=(
    [doctor]='--json'
    [explain]='--json'
    [graph]='--format='
    [history]='--json --lines='
    [inhibit]='--who= --why= --'
    [log]='--follow'
    [monitor]='--json'
    [pending]='--json'
    [rebuild]='--full --clean --wait'
    [status]='--json'
  )
  local verbs='cancel doctor explain graph history inhibit log monitor pause pending rebuild reload
    rescan resume status sync'

  COMPREPLY=()

  # What comes after "inhibit --" is another command.
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ $verb == inhibit && ${COMP_WORDS[i]} == -- ]]; then
      if ((i == COMP_CWORD - 1)); then
        mapfile -t COMPREPLY < <(compgen -c -- "$cur")
      else
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      fi
      return
    fi
    if [[ -z $verb && ${COMP_WORDS[i]} != -* ]]; then
      verb=${COMP_WORDS[i]}
    fi
  done

  # bash splits "--format=dot" at the "=", as COMP_WORDBREAKS says.
  if [[ $cur == = ]]; then
    option=${COMP_WORDS[COMP_CWORD - 1]}
    cur=''
  elif ((COMP_CWORD >= 2)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  elif ((COMP_CWORD >= 2)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} == --format ]]; then
    option=--format
  fi

  if [[ -n $option ]]; then
    if [[ $verb == graph && $option == --format ]]; then
      mapfile -t COMPREPLY < <(compgen -W 'dot svg png text' -- "$cur")
    fi
  elif [[ -z $verb ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$verbs --help --version" -- "$cur")
  elif [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${options[$verb]-} --help" -- "$cur")
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
      compopt -o nospace 2>/dev/null
    fi
  elif [[ $verb == log ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_arcologyctl_builds)" -- "$cur")
  elif [[ $verb == explain ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  fi
}

complete -F _arcologyctl arcologyctl
