/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "arc-dbus.h"
#include "engine/builder.h"

#include <gio/gio.h>

/**
 * ArcBusProperties:
 *
 * The properties of the object on the bus, which follow those of the engine. Each state of the
 * machine is emitted, in order. What changes with every file is emitted at most ten times a second.
 */
typedef struct _ArcBusProperties ArcBusProperties;

/**
 * arc_bus_properties_new:
 * @builder: the engine
 * @skeleton: the object on the bus
 *
 * Returns: (transfer full): the properties, with the values that do not depend on the state of the
 * engine
 */
ArcBusProperties *arc_bus_properties_new (ArcBuilder *builder, ArcDBusBuilder *skeleton);

/**
 * arc_bus_properties_free:
 * @properties: (transfer full): the properties
 *
 * Frees the properties. The object on the bus keeps its values.
 */
void arc_bus_properties_free (ArcBusProperties *properties);
/**
 * arc_bus_properties_update:
 * @properties: the properties
 *
 * Takes over the values of the engine. Emits them at once if one of them is urgent, else within 100
 * ms.
 */
void arc_bus_properties_update (ArcBusProperties *properties);

/**
 * arc_bus_properties_emit:
 * @properties: the properties
 *
 * Emits at once what was set and is not emitted yet.
 */
void arc_bus_properties_emit (ArcBusProperties *properties);

/**
 * arc_bus_properties_describe_build:
 * @builder: the engine
 * @build: a build that has ended
 *
 * Makes the value of the property `LastBuild`.
 *
 * Returns: (transfer floating): an `a{sv}`
 */
GVariant *arc_bus_properties_describe_build (ArcBuilder *builder, const ArcBuild *build);
