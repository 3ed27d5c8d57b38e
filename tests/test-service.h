/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "bus/bus-service.h"
#include "test-host.h"

G_BEGIN_DECLS

/**
 * ArcTestClient:
 * @states: (element-type utf8): every value of State, in the order of arrival
 * @signals: (element-type utf8): "BuildStarted 1", "BuildFinished 1 success"
 * @known: the newest value of every property
 * @n_notified: how often a property changed
 *
 * A client of the service: a connection of its own, and what came there.
 */
typedef struct
{
  GDBusConnection *connection;
  guint subscriptions[2];
  GPtrArray *states;
  GPtrArray *signals;
  GVariantDict *known;
  guint n_notified;
} ArcTestClient;

ArcTestClient *arc_test_client_new (GTestDBus *bus);
void arc_test_client_free (ArcTestClient *client);

/**
 * ArcTestCall:
 * @done: whether it was answered
 * @reply: (owned) (nullable)
 * @fds: (owned) (nullable): the descriptors that came with the reply
 * @error: (owned) (nullable)
 */
typedef struct
{
  gboolean done;
  GVariant *reply;
  GUnixFDList *fds;
  GError *error;
} ArcTestCall;

void arc_test_client_start_call (ArcTestClient *client,
                                 const char *name,
                                 const char *interface,
                                 const char *method,
                                 GVariant *parameters,
                                 ArcTestCall *call);

/* The service is in this process: so a call must let the main loop turn until its reply is there.
 */
GVariant *arc_test_client_try_call (ArcTestClient *client,
                                    const char *method,
                                    GVariant *parameters,
                                    GError **error);
GVariant *arc_test_client_call (ArcTestClient *client, const char *method, GVariant *parameters);
void arc_test_client_assert_fails (ArcTestClient *client,
                                   const char *method,
                                   GVariant *parameters,
                                   const char *name);

/* A call whose reply is one file descriptor, which the caller owns. */
int arc_test_client_call_for_fd (ArcTestClient *client, const char *method, GVariant *parameters);

/* (transfer full): all properties. */
GVariant *arc_test_client_get_all (ArcTestClient *client);

/* Everything that was sent to CLIENT before this has arrived after it: the bus keeps the order. */
void arc_test_client_sync (ArcTestClient *client);

/* What came since the last time. */
void arc_test_client_assert_states (ArcTestClient *client, const char *expected);
void arc_test_client_assert_signals (ArcTestClient *client, const char *expected);

/**
 * ArcTestService:
 *
 * The service on a bus of its own, and two clients.
 */
typedef struct
{
  GTestDBus *bus;
  ArcTestHost *host;
  GDBusConnection *connection; /* of the service */
  ArcBusService *service;
  ArcTestClient *one;
  ArcTestClient *two;
  gboolean acquired;
  gboolean lost;
  gboolean reload_fails;
  guint n_reloads;
} ArcTestService;

void arc_test_service_set_up (ArcTestService *fixture, gconstpointer data);

/* As the daemon does it: the object appears when the builder is ready, and every note is built. */
void arc_test_service_set_up_idle (ArcTestService *fixture, gconstpointer data);
void arc_test_service_tear_down (ArcTestService *fixture, gconstpointer data);

void arc_test_service_export (ArcTestService *fixture);

/* The `Reload` of the service; USER_DATA is the fixture. */
void
arc_test_service_reload (gpointer user_data, GAsyncReadyCallback callback, gpointer callback_data);

G_END_DECLS
