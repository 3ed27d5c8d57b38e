# SPDX-License-Identifier: GPL-3.0-or-later
#
# Completion of arcologyctl for fish.

# The numbers of the builds that are remembered; the service is not started for it.
function __arcologyctl_builds
    arcologyctl history --lines=0 2>/dev/null | awk '$1 ~ /^[0-9]+$/ { print $1 }'
end

complete -c arcologyctl -f

complete -c arcologyctl -n __fish_use_subcommand -a cancel -d 'End the running build'
complete -c arcologyctl -n __fish_use_subcommand -a doctor -d 'Look for what is wrong'
complete -c arcologyctl -n __fish_use_subcommand -a explain -d 'Tell whether a file is watched, and why'
complete -c arcologyctl -n __fish_use_subcommand -a graph -d 'Draw the states of the service'
complete -c arcologyctl -n __fish_use_subcommand -a history -d 'List the builds that ended'
complete -c arcologyctl -n __fish_use_subcommand -a inhibit -d 'Hold builds back while a command runs'
complete -c arcologyctl -n __fish_use_subcommand -a log -d 'Show what a build printed'
complete -c arcologyctl -n __fish_use_subcommand -a monitor -d 'Show what happens as it happens'
complete -c arcologyctl -n __fish_use_subcommand -a pause -d 'Let no build start by itself'
complete -c arcologyctl -n __fish_use_subcommand -a pending -d 'List the changes that are not built yet'
complete -c arcologyctl -n __fish_use_subcommand -a problems -d 'List what is wrong with notes'
complete -c arcologyctl -n __fish_use_subcommand -a rebuild -d 'Start a build now'
complete -c arcologyctl -n __fish_use_subcommand -a reload -d 'Read the settings again'
complete -c arcologyctl -n __fish_use_subcommand -a rescan -d 'Compare the tree with what is known of it'
complete -c arcologyctl -n __fish_use_subcommand -a resume -d 'End a pause'
complete -c arcologyctl -n __fish_use_subcommand -a status -d 'Show how things are'
complete -c arcologyctl -n __fish_use_subcommand -a sync -d 'Bring the database up to date and wait for it'
complete -c arcologyctl -n __fish_use_subcommand -a verify -d 'Compare the database with a clean build'

complete -c arcologyctl -s h -l help -d 'Show help'
complete -c arcologyctl -n __fish_use_subcommand -l version -d 'Show the version'
complete -c arcologyctl -n 'not __fish_use_subcommand' -l no-color -d 'Print without colors'
complete -c arcologyctl -n '__fish_seen_subcommand_from doctor explain history monitor pending problems rebuild status sync verify' -l json -d 'Print JSON'
complete -c arcologyctl -n '__fish_seen_subcommand_from rebuild status sync' -s q -l quiet -d 'Print nothing; the exit status tells'
complete -c arcologyctl -n '__fish_seen_subcommand_from cancel pause rebuild reload rescan resume status sync' -l timeout -x -d 'How long to wait'
complete -c arcologyctl -n '__fish_seen_subcommand_from graph' -l format -x -a 'dot svg png text' -d 'The format of the picture'
complete -c arcologyctl -n '__fish_seen_subcommand_from history' -s n -l lines -x -d 'How many builds'
complete -c arcologyctl -n '__fish_seen_subcommand_from inhibit' -l who -x -d 'Who asks for it'
complete -c arcologyctl -n '__fish_seen_subcommand_from inhibit' -l why -x -d 'What for'
complete -c arcologyctl -n '__fish_seen_subcommand_from inhibit' -xa '(__fish_complete_subcommand --fcs-skip=2)'
complete -c arcologyctl -n '__fish_seen_subcommand_from log' -s f -l follow -d 'Follow a running build to its end'
complete -c arcologyctl -n '__fish_seen_subcommand_from log' -a '(__arcologyctl_builds)' -d 'Build'
complete -c arcologyctl -n '__fish_seen_subcommand_from rebuild' -l full -d 'Build every file'
complete -c arcologyctl -n '__fish_seen_subcommand_from rebuild' -l clean -d 'Build every file, into an empty database'
complete -c arcologyctl -n '__fish_seen_subcommand_from rebuild' -s w -l wait -d 'Wait until it has ended, and show it'
complete -c arcologyctl -n '__fish_seen_subcommand_from explain' -F
