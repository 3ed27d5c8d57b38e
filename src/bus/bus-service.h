/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "engine/builder.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define ARC_SERVICE_NAME "org.arcology.Builder"
#define ARC_SERVICE_PATH "/org/arcology/Builder"

/* Reads the settings again and puts them in force. The result that CALLBACK gets is a #GTask, whose
 * boolean is FALSE, with an error, if they are wrong. */
typedef void (*ArcReloadFunc) (gpointer user_data,
                               GAsyncReadyCallback callback,
                               gpointer callback_data);

/**
 * ArcBusService:
 *
 * The builder on D-Bus, as org.arcology.Builder.xml has it: calls become calls of the builder, its
 * signals become properties and signals.
 *
 * Signals:
 *   `name-acquired`
 *   `name-lost`: another process has the name, or the bus is gone.
 */
#define ARC_TYPE_BUS_SERVICE (arc_bus_service_get_type ())
G_DECLARE_FINAL_TYPE (ArcBusService, arc_bus_service, ARC, BUS_SERVICE, GObject)

/* RELOAD answers the `Reload` method; USER_DATA must live as long as the service. */
ArcBusService *arc_bus_service_new (ArcBuilder *builder, ArcReloadFunc reload, gpointer user_data);

/* Puts the object on CONNECTION, with true values, and then asks for the name; REPLACE takes it
 * from an owner who allows that. One of the two signals follows. FALSE and a D-Bus error if the
 * object cannot be exported. */
gboolean arc_bus_service_export (ArcBusService *service,
                                 GDBusConnection *connection,
                                 gboolean replace,
                                 GError **error);

/* Answers the calls that are still open, takes the object from the bus and releases the name. */
void arc_bus_service_close (ArcBusService *service);

G_END_DECLS
