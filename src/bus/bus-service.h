/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "engine/builder.h"

#include <gio/gio.h>

#define ARC_SERVICE_NAME "org.arcology.Builder"
#define ARC_SERVICE_PATH "/org/arcology/Builder"

/**
 * ArcReloadFunc:
 * @user_data: the data that arc_bus_service_new() was given
 * @callback: called when the settings are in force, or are refused
 * @callback_data: for @callback
 *
 * Reloads the settings. The result that @callback gets is a #GTask of a boolean: %FALSE, with an
 * error, if the settings are wrong.
 */
typedef void (*ArcReloadFunc) (gpointer user_data,
                               GAsyncReadyCallback callback,
                               gpointer callback_data);

/**
 * ArcBusService:
 *
 * The builder on D-Bus, as org.arcology.Builder.xml specifies it: calls become calls of the
 * builder, its signals become properties and signals.
 *
 * Signals:
 *   `name-acquired`
 *   `name-lost`: another process has the name, or the connection is closed.
 */
#define ARC_TYPE_BUS_SERVICE (arc_bus_service_get_type ())
G_DECLARE_FINAL_TYPE (ArcBusService, arc_bus_service, ARC, BUS_SERVICE, GObject)

/**
 * arc_bus_service_new:
 * @builder: the engine
 * @reload: answers the method `Reload`
 * @user_data: for @reload; must outlive the service
 *
 * Returns: (transfer full): the object, which is not on a bus yet
 */
ArcBusService *arc_bus_service_new (ArcBuilder *builder, ArcReloadFunc reload, gpointer user_data);

/**
 * arc_bus_service_set_settings_changed:
 * @service: the service
 * @changed: the value of the property `SettingsChanged`
 *
 * Sets and emits the property `SettingsChanged`.
 */
void arc_bus_service_set_settings_changed (ArcBusService *service, gboolean changed);

/**
 * arc_bus_service_export:
 * @service: the service
 * @connection: the connection to the bus
 * @replace: whether to take the name from an owner that allows it
 * @error: the D-Bus error, if the object cannot be exported
 *
 * Exports the object on @connection, with the values of all properties, and then asks for the name.
 * One of the two signals follows.
 *
 * Returns: whether the object is exported
 */
gboolean arc_bus_service_export (ArcBusService *service,
                                 GDBusConnection *connection,
                                 gboolean replace,
                                 GError **error);

/**
 * arc_bus_service_close:
 * @service: the service
 *
 * Answers the calls that wait, removes the object from the bus and releases the name.
 */
void arc_bus_service_close (ArcBusService *service);
