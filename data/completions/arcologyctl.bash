# shellcheck shell=bash
# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Completion of arcologyctl for bash. It needs nothing but bash 4.4.

# The numbers of the builds that are remembered; the service is not started for it.
_arcologyctl_builds() {
  arcologyctl history --lines=0 2>/dev/null | awk '$1 ~ /^[0-9]+$/ { print $1 }'
}

_arcologyctl() {
  local cur=${COMP_WORDS[COMP_CWORD]} verb='' option='' command=0 i
  local -A options=(
    [cancel]='--timeout='
    [changes]='--json --since= --follow'
    [doctor]='--json'
    [edit]=''
    [explain]='--json'
    [graph]='--format= --phases'
    [help]=''
    [history]='--json --lines='
    [inhibit]='--who= --why='
    [log]='--follow'
    [monitor]='--json'
    [pause]='--timeout='
    [pending]='--json'
    [problems]='--json'
    [rebuild]='--full --clean --wait --json --quiet --timeout='
    [reload]='--timeout='
    [rescan]='--timeout='
    [resume]='--timeout='
    [status]='--json --quiet --timeout='
    [sync]='--json --quiet --timeout='
    [verify]='--json'
  )

  COMPREPLY=()

  # The verb, and where the command of "inhibit" is. bash splits "--who=me" at the "=", as
  # COMP_WORDBREAKS says.
  for ((i = 1; i < COMP_CWORD && command == 0; i++)); do
    case ${COMP_WORDS[i]} in
      --) command=$((i + 1)) ;;
      --format | --lines | -n | --since | --timeout | --who | --why)
        [[ ${COMP_WORDS[i + 1]-} == = ]] || ((++i))
        ;;
      -*) ;;
      =) ((++i)) ;;
      *)
        if [[ -z $verb ]]; then
          verb=${COMP_WORDS[i]}
        elif [[ $verb == inhibit ]]; then
          command=$i
        fi
        ;;
    esac
  done

  if [[ $cur == = ]]; then
    option=${COMP_WORDS[COMP_CWORD - 1]}
    cur=''
  elif ((COMP_CWORD >= 2)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  elif ((COMP_CWORD >= 2)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} =~ ^(--format|--lines|-n|--since|--timeout|--who|--why)$ ]]; then
    option=${COMP_WORDS[COMP_CWORD - 1]}
  fi

  if [[ $verb == inhibit ]] && ((command == 0)) && [[ -z $option && $cur != -* ]]; then
    command=$COMP_CWORD
  fi

  if [[ $verb == inhibit ]] && ((command > 0)); then
    if declare -F _command_offset >/dev/null; then
      _command_offset "$command" # of bash-completion, which knows what the command takes
    elif ((command == COMP_CWORD)); then
      mapfile -t COMPREPLY < <(compgen -c -- "$cur")
    else
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    fi
  elif [[ -n $option ]]; then
    if [[ $verb == graph && $option == --format ]]; then
      mapfile -t COMPREPLY < <(compgen -W 'dot svg png text' -- "$cur")
    elif [[ $verb == changes && $option == --since ]]; then
      mapfile -t COMPREPLY < <(compgen -W "$(_arcologyctl_builds)" -- "$cur")
    fi
  elif [[ -z $verb ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${!options[*]} --help --version --no-color --json --quiet --timeout=" -- "$cur")
  elif [[ $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${options[$verb]-} --help --no-color" -- "$cur")
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
      compopt -o nospace 2>/dev/null
    fi
  elif [[ $verb == help ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${!options[*]}" -- "$cur")
  elif [[ $verb == log ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(_arcologyctl_builds)" -- "$cur")
  elif [[ $verb == explain ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  fi
}

complete -F _arcologyctl arcologyctl
