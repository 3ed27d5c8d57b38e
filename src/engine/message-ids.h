/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

/* What the journal knows the events of the service by (systemd.journal-fields(7), MESSAGE_ID), and
 * explains in data/arcology-builder.catalog. Programs look for them, so they never change. */

#define ARC_MESSAGE_BUILD_STARTED    "80f76b262bb8496c871fb236b8a4cb8a"
#define ARC_MESSAGE_BUILD_SUCCEEDED  "c335da33cba047e39c58832aaefe23c8"
#define ARC_MESSAGE_BUILD_FAILED     "9d43d62206a04d24a0fd55dce754c06e"
#define ARC_MESSAGE_HEALTH_CHANGED   "19b547798c9c46f2911c8d4624855883"
#define ARC_MESSAGE_PROBLEMS_CHANGED "e6f7a1e2a915411995e29161b051a0ba"
