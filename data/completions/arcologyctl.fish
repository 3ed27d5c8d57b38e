# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Completion of arcologyctl for fish.

# The numbers of the builds that are remembered; the service is not started for it.
function __arcologyctl_builds
    arcologyctl history --lines=0 2>/dev/null | awk '$1 ~ /^[0-9]+$/ { print $1 }'
end

complete -c arcologyctl -f

complete -c arcologyctl -n __fish_use_subcommand -a cancel -d 'Stop the running build'
complete -c arcologyctl -n __fish_use_subcommand -a changes -d 'List notes that builds updated'
complete -c arcologyctl -n __fish_use_subcommand -a doctor -d 'Check the installation for problems'
complete -c arcologyctl -n __fish_use_subcommand -a edit -d 'Edit the settings'
complete -c arcologyctl -n __fish_use_subcommand -a explain -d 'Explain why a file is watched or not'
complete -c arcologyctl -n __fish_use_subcommand -a graph -d 'Draw the state machine'
complete -c arcologyctl -n __fish_use_subcommand -a help -d 'Show help'
complete -c arcologyctl -n __fish_use_subcommand -a history -d 'List finished builds'
complete -c arcologyctl -n __fish_use_subcommand -a inhibit -d 'Suspend automatic builds while COMMAND runs'
complete -c arcologyctl -n __fish_use_subcommand -a log -d 'Show the output of a build'
complete -c arcologyctl -n __fish_use_subcommand -a monitor -d 'Print events as they occur'
complete -c arcologyctl -n __fish_use_subcommand -a pause -d 'Suspend automatic builds'
complete -c arcologyctl -n __fish_use_subcommand -a pending -d 'List changes that are not built yet'
complete -c arcologyctl -n __fish_use_subcommand -a problems -d 'List problems in notes'
complete -c arcologyctl -n __fish_use_subcommand -a rebuild -d 'Start a build now'
complete -c arcologyctl -n __fish_use_subcommand -a reload -d 'Reload the settings'
complete -c arcologyctl -n __fish_use_subcommand -a rescan -d 'Rescan the tree for missed changes'
complete -c arcologyctl -n __fish_use_subcommand -a resume -d 'Resume automatic builds'
complete -c arcologyctl -n __fish_use_subcommand -a status -d 'Show service status'
complete -c arcologyctl -n __fish_use_subcommand -a sync -d 'Update the database and wait for it'
complete -c arcologyctl -n __fish_use_subcommand -a verify -d 'Compare the database with a clean build'

complete -c arcologyctl -s h -l help -d 'Show help'
complete -c arcologyctl -n __fish_use_subcommand -l version -d 'Show the version'
complete -c arcologyctl -n 'not __fish_seen_subcommand_from help' -l no-color -d 'Print without colors'
complete -c arcologyctl -n '__fish_use_subcommand; or __fish_seen_subcommand_from changes doctor explain history monitor pending problems rebuild status sync verify' -l json -d 'Print JSON'
complete -c arcologyctl -n '__fish_use_subcommand; or __fish_seen_subcommand_from rebuild status sync' -s q -l quiet -d 'Print nothing; see the exit status'
complete -c arcologyctl -n '__fish_use_subcommand; or __fish_seen_subcommand_from cancel pause rebuild reload rescan resume status sync' -l timeout -x -d 'How long to wait'
complete -c arcologyctl -n '__fish_seen_subcommand_from changes' -l since -x -a '(__arcologyctl_builds)' -d 'The number of a build'
complete -c arcologyctl -n '__fish_seen_subcommand_from changes' -s f -l follow -d 'Go on with each build'
complete -c arcologyctl -n '__fish_seen_subcommand_from graph' -l format -x -a 'dot svg png text' -d 'The format of the picture'
complete -c arcologyctl -n '__fish_seen_subcommand_from graph' -l phases -d 'Draw the phases of a build'
complete -c arcologyctl -n '__fish_seen_subcommand_from history' -s n -l lines -x -d 'How many builds'
complete -c arcologyctl -n '__fish_seen_subcommand_from help' -a 'cancel changes doctor edit explain graph history inhibit log monitor pause pending problems rebuild reload rescan resume status sync verify' -d 'Verb'
complete -c arcologyctl -n '__fish_seen_subcommand_from inhibit' -l who -x -d 'The name to show'
complete -c arcologyctl -n '__fish_seen_subcommand_from inhibit' -l why -x -d 'The reason to show'
complete -c arcologyctl -n '__fish_seen_subcommand_from inhibit' -xa '(__fish_complete_subcommand --fcs-skip=2)'
complete -c arcologyctl -n '__fish_seen_subcommand_from log' -s f -l follow -d 'Follow a running build to its end'
complete -c arcologyctl -n '__fish_seen_subcommand_from log' -a '(__arcologyctl_builds)' -d 'Build'
complete -c arcologyctl -n '__fish_seen_subcommand_from rebuild' -l full -d 'Build every file'
complete -c arcologyctl -n '__fish_seen_subcommand_from rebuild' -l clean -d 'Build every file, into an empty database'
complete -c arcologyctl -n '__fish_seen_subcommand_from rebuild' -s w -l wait -d 'Wait until the build ends'
complete -c arcologyctl -n '__fish_seen_subcommand_from explain' -F
