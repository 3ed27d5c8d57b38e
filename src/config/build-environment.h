/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "common/build.h"
#include "config/config.h"

/**
 * arc_build_environment_for_build:
 * @environment: (transfer full): the environment of the service
 * @config: the settings, with a database
 * @kind: the kind of the build
 * @id: the number of the build
 * @last: the number of the last build that the database holds, or 0 if none is known
 * @changes_file: the path of the list of changes
 *
 * Adds to @environment the variables that a build can rely on, and removes those that are for the
 * service alone.
 *
 * Returns: (transfer full): the environment of the build
 */
GStrv arc_build_environment_for_build (GStrv environment,
                                       const ArcConfig *config,
                                       ArcBuildKind kind,
                                       guint64 id,
                                       guint64 last,
                                       const char *changes_file);
