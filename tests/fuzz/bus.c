/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Calls at random, made from the description of the interface, against the real program on a bus of
 * its own: arguments of the right and of wrong types, empty and huge ones, descriptors that nobody
 * asked for, calls without a wish for a reply, callers that vanish. Whatever comes, the program
 * answers the next caller, and ends with status 0 when it is stopped.
 *
 * Usage: fuzz-bus PROGRAM INTERFACE.xml SECONDS [--seed SEED]; ARC_FUZZ_SECONDS overrides SECONDS.
 */

#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define NAME "org.arcology.Builder"
#define PATH "/org/arcology/Builder"

#define N_CLIENTS 4

/* How many calls are made between two of the caller that waits for its answer. */
#define BATCH 48

/* How long that may take: there are sanitizers, and busy machines. */
#define ANSWER_MSEC (60 * 1000)

/* What a message may weigh, about. */
#define BUDGET (256 * 1024)

/* How many calls are shown of those before a fault. */
#define N_SHOWN 64

#define MAX_DEPTH 5

/* How many replies a caller does not read. Sanitizers make each ten times as slow. */
#ifdef ARC_SANITIZED
#define N_UNREAD 400
#else
#define N_UNREAD 4000
#endif

typedef struct
{
  const char *program;
  char *scratch;
  char *tree;
  char *log;
  char *address;
  GSubprocess *bus;
  GSubprocess *service;
  gboolean ended;
  GDBusConnection *judge;
  GDBusConnection *clients[N_CLIENTS];
  GDBusNodeInfo *node;
  GPtrArray *shown; /* (element-type utf8): the last calls */
  guint64 n_sent;
  guint64 n_refused;
  gint64 slowest; /* answer to the judge, microseconds */
} Fuzz;

static gboolean
chance (gint32 percent)
{
  return g_test_rand_int_range (0, 100) < percent;
}

static gint32
below (gint32 end)
{
  return g_test_rand_int_range (0, end);
}

/* Mostly small, sometimes nothing, now and then all that is left. */
static gsize
random_length (gsize budget)
{
  const gint32 limit = (gint32) MAX (budget, 1);

  if (chance (20))
    return 0;
  if (chance (3))
    return (gsize) below (limit);

  return (gsize) below (MIN (limit, 40));
}

static const char *const words[] = {
  "",
  "full",
  "clean",
  "State",
  "LastBuild",
  NAME,
  "org.freedesktop.DBus.Properties",
  "no.such.Interface",
  "\xc3\xa4\xf0\x9f\x8c\xb1",
  "%s%n%d",
  "a\nb\x1b[31m",
};

static char *
random_string (gsize *budget)
{
  gsize length;
  char *text;

  if (chance (50))
    return g_strdup (words[below (G_N_ELEMENTS (words))]);

  length = random_length (*budget);
  *budget -= MIN (length, *budget);
  text = g_strnfill (length, 'x');
  for (gsize i = 0; i < length; i++)
    text[i] = (char) below (127) + 1;

  return text;
}

static char *
random_object_path (void)
{
  static const char *const paths[] = { "/", PATH, "/org", "/org/arcology/Builder/more", "/_0" };

  return g_strdup (paths[below (G_N_ELEMENTS (paths))]);
}

static char *
random_signature (guint depth)
{
  static const char basic[] = "ybnqiuxtdsogh";
  g_autofree char *inner = NULL;
  g_autofree char *other = NULL;

  if (depth >= MAX_DEPTH || chance (50))
    return g_strdup_printf ("%c", basic[below (G_N_ELEMENTS (basic) - 1)]);

  inner = random_signature (depth + 1);
  switch (below (4))
    {
    case 0:
      return g_strconcat ("a", inner, NULL);
    case 1:
      return g_strdup_printf ("a{%c%s}", basic[below (G_N_ELEMENTS (basic) - 1)], inner);
    case 2:
      other = random_signature (depth + 1);
      return g_strconcat ("(", inner, other, ")", NULL);
    default:
      return g_strdup ("v");
    }
}

static GVariant *
random_bytes (gsize *budget)
{
  g_autoptr (GString) bytes = g_string_new (NULL);
  const gsize length = random_length (*budget);

  *budget -= MIN (length, *budget);
  switch (below (4))
    {
    case 0:
      break;
    case 1:
      g_string_append (bytes, "/");
      break;
    case 2:
      g_string_append (bytes, "/tmp/");
      break;
    default:
      for (gsize i = 0; i < length; i++)
        g_string_append (bytes, "/a");
      break;
    }
  if (chance (70))
    for (gsize i = 0; i < length; i++)
      g_string_append_c (bytes, (char) below (256));
  if (chance (50))
    g_string_append_c (bytes, '\0');

  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes->str, bytes->len, 1);
}

static guint64
random_number (void)
{
  static const guint64 numbers[] = { 0,           1,          2,
                                     G_MAXINT16,  G_MAXINT32, (guint64) G_MAXINT32 + 1,
                                     G_MAXUINT32, G_MAXINT64, (guint64) G_MAXINT64 + 1,
                                     G_MAXUINT64 };

  return chance (70) ? numbers[below (G_N_ELEMENTS (numbers))] : (guint64) below (G_MAXINT32);
}

static GVariant *random_value (const GVariantType *type, guint depth, gsize *budget);

static GVariant *
random_container (const GVariantType *type, guint depth, gsize *budget)
{
  g_autoptr (GVariantBuilder) builder = g_variant_builder_new (type);

  if (g_variant_type_is_array (type))
    {
      const gsize n = random_length (MIN (*budget, 4096));

      for (gsize i = 0; i<n && * budget> 0; i++)
        g_variant_builder_add_value (builder, random_value (g_variant_type_element (type),
                                                            depth + 1, budget));
    }
  else
    {
      for (const GVariantType *item = g_variant_type_first (type); item != NULL;
           item = g_variant_type_next (item))
        g_variant_builder_add_value (builder, random_value (item, depth + 1, budget));
    }

  return g_variant_builder_end (builder);
}

static GVariant *
random_value (const GVariantType *type, guint depth, gsize *budget)
{
  g_autofree char *text = NULL;
  double number;

  *budget -= MIN (*budget, 8);
  switch (g_variant_type_peek_string (type)[0])
    {
    case 'y':
      return g_variant_new_byte ((guint8) random_number ());
    case 'b':
      return g_variant_new_boolean (chance (50));
    case 'n':
      return g_variant_new_int16 ((gint16) random_number ());
    case 'q':
      return g_variant_new_uint16 ((guint16) random_number ());
    case 'i':
      return g_variant_new_int32 ((gint32) random_number ());
    case 'u':
      return g_variant_new_uint32 ((guint32) random_number ());
    case 'x':
      return g_variant_new_int64 ((gint64) random_number ());
    case 't':
      return g_variant_new_uint64 (random_number ());
    case 'd':
      number = (double) random_number ();
      return g_variant_new_double (chance (10) ? 0.0 / number : number);
    case 'h':
      return g_variant_new_handle (below (4) - 1);
    case 's':
      text = random_string (budget);
      return g_variant_new_string (text);
    case 'o':
      text = random_object_path ();
      return g_variant_new_object_path (text);
    case 'g':
      text = random_signature (0);
      return g_variant_new_signature (text);
    case 'v':
      text = depth < MAX_DEPTH ? random_signature (depth + 1) : g_strdup ("b");
      return g_variant_new_variant (random_value ((const GVariantType *) text, depth + 1, budget));
    default:
      break;
    }

  if (g_variant_type_equal (type, G_VARIANT_TYPE_BYTESTRING))
    return random_bytes (budget);

  return random_container (type, depth, budget);
}

/* What METHOD takes or, now and then, something else. */
static GVariant *
random_body (const GDBusMethodInfo *method)
{
  GVariantBuilder body = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_TUPLE);
  gsize budget = chance (2) ? 16 * BUDGET : BUDGET;

  if (method == NULL || chance (20))
    {
      for (gint32 n = below (4); n > 0; n--)
        {
          g_autofree char *signature = random_signature (0);

          g_variant_builder_add_value (&body,
                                       random_value ((const GVariantType *) signature, 0, &budget));
        }
      return g_variant_builder_end (&body);
    }

  for (guint i = 0; method->in_args != NULL && method->in_args[i] != NULL; i++)
    g_variant_builder_add_value (&body,
                                 random_value ((const GVariantType *) method->in_args[i]->signature,
                                               0, &budget));

  return g_variant_builder_end (&body);
}

/* (transfer full): a message to the service, of any kind. */
static GDBusMessage *
random_message (Fuzz *fuzz)
{
  static const char *const other_interfaces[] = {
    NULL,
    NAME,
    "org.freedesktop.DBus.Properties",
    "org.freedesktop.DBus.Introspectable",
    "org.freedesktop.DBus.Peer",
    "no.such.Interface",
  };
  static const char *const other_methods[] = { "Get",  "GetAll",       "Set",  "Introspect",
                                               "Ping", "GetMachineId", "None", "Explain" };
  GDBusInterfaceInfo *info = g_dbus_node_info_lookup_interface (fuzz->node, NAME);
  const gint32 kind = below (100);
  GDBusMessage *message;
  GDBusMethodInfo *method = NULL;
  guint n_methods = 0;

  while (info->methods[n_methods] != NULL)
    n_methods++;

  if (kind < 80)
    {
      method = info->methods[below ((gint32) n_methods)];
      message = g_dbus_message_new_method_call (NAME, PATH, NAME, method->name);
    }
  else if (kind < 94)
    {
      g_autofree char *path = random_object_path ();

      message =
          g_dbus_message_new_method_call (NAME, path,
                                          other_interfaces[below (G_N_ELEMENTS (other_interfaces))],
                                          other_methods[below (G_N_ELEMENTS (other_methods))]);
    }
  else if (kind < 97)
    {
      message = g_dbus_message_new_signal (PATH, "org.freedesktop.DBus",
                                           chance (50) ? "NameLost" : "NameOwnerChanged");
      g_dbus_message_set_destination (message, NAME);
    }
  else
    {
      /* An answer to what the service never asked, or asked another peer. */
      message = g_dbus_message_new ();
      g_dbus_message_set_message_type (message, chance (50) ? G_DBUS_MESSAGE_TYPE_METHOD_RETURN
                                                            : G_DBUS_MESSAGE_TYPE_ERROR);
      g_dbus_message_set_reply_serial (message, (guint32) below (1000) + 1);
      g_dbus_message_set_error_name (message, "no.such.Error");
      g_dbus_message_set_destination (message, NAME);
    }

  if (g_dbus_message_get_message_type (message) == G_DBUS_MESSAGE_TYPE_METHOD_CALL && chance (20))
    g_dbus_message_set_flags (message, G_DBUS_MESSAGE_FLAGS_NO_REPLY_EXPECTED);
  g_dbus_message_set_body (message, random_body (method));

  if (chance (5))
    {
      g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();

      for (gint32 n = below (6) + 1; n > 0; n--)
        g_unix_fd_list_append (fds, chance (50) ? STDERR_FILENO : 0, NULL);
      g_dbus_message_set_unix_fd_list (message, fds);
    }

  return message;
}

static void
show (Fuzz *fuzz, guint client, GDBusMessage *message)
{
  GVariant *body = g_dbus_message_get_body (message);
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  const char *member = g_dbus_message_get_member (message);

  if (body != NULL && g_variant_get_size (body) < 512)
    text = g_variant_print (body, TRUE);
  line = g_strdup_printf ("%" G_GUINT64_FORMAT ": client %u: %s %s", fuzz->n_sent, client,
                          member != NULL ? member : "(an answer)", text != NULL ? text : "(much)");
  if (fuzz->shown->len >= N_SHOWN)
    g_ptr_array_remove_index (fuzz->shown, 0);
  g_ptr_array_add (fuzz->shown, g_steal_pointer (&line));
}

G_NORETURN static void
give_up (Fuzz *fuzz, const char *why)
{
  g_autofree char *log = NULL;

  for (guint i = 0; i < fuzz->shown->len; i++)
    g_printerr ("%s\n", (const char *) fuzz->shown->pdata[i]);
  if (g_file_get_contents (fuzz->log, &log, NULL, NULL))
    g_printerr ("The log of the program:\n%s\n", log);
  if (!fuzz->ended)
    g_subprocess_force_exit (fuzz->service);
  g_subprocess_force_exit (fuzz->bus);
  g_error ("After %" G_GUINT64_FORMAT " calls: %s", fuzz->n_sent, why);
}

static void
on_ended (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fuzz *fuzz = user_data;

  g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  fuzz->ended = TRUE;
}

static GDBusConnection *
connect_to (Fuzz *fuzz)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection =
      g_dbus_connection_new_for_address_sync (fuzz->address,
                                              G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                                  G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                              NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

typedef struct
{
  gboolean done;
  GVariant *reply; /* (owned) (nullable) */
  GError *error;   /* (owned) (nullable) */
} Answer;

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Answer *answer = user_data;

  answer->reply =
      g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &answer->error);
  answer->done = TRUE;
}

/* (transfer full): the properties of the service, which must answer, and soon. */
static GVariant *
judge (Fuzz *fuzz)
{
  const gint64 began = g_get_monotonic_time ();
  const gint64 deadline = began + ANSWER_MSEC * G_TIME_SPAN_MILLISECOND;
  Answer answer = { 0 };

  /* The service may be on its way back to the bus. */
  do
    {
      g_clear_error (&answer.error);
      answer.done = FALSE;
      g_dbus_connection_call (fuzz->judge, NAME, PATH, "org.freedesktop.DBus.Properties", "GetAll",
                              g_variant_new ("(s)", NAME), G_VARIANT_TYPE ("(a{sv})"),
                              G_DBUS_CALL_FLAGS_NO_AUTO_START, ANSWER_MSEC, NULL, on_answer,
                              &answer);
      while (!answer.done)
        g_main_context_iteration (NULL, TRUE);
      if (fuzz->ended)
        give_up (fuzz, "the service has ended");
    }
  while ((g_error_matches (answer.error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
          g_error_matches (answer.error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
          g_error_matches (answer.error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY)) &&
         g_get_monotonic_time () < deadline);

  if (answer.error != NULL)
    give_up (fuzz, answer.error->message);
  fuzz->slowest = MAX (fuzz->slowest, g_get_monotonic_time () - began);

  return answer.reply;
}

static void
attack (Fuzz *fuzz)
{
  for (guint i = 0; i < BATCH; i++)
    {
      const guint client = (guint) below (N_CLIENTS);
      g_autoptr (GDBusMessage) message = random_message (fuzz);

      /* What libdbus would not take, such as a handle that is none, it refuses to send. */
      show (fuzz, client, message);
      if (g_dbus_connection_send_message (fuzz->clients[client], message,
                                          G_DBUS_SEND_MESSAGE_FLAGS_NONE, NULL, NULL))
        fuzz->n_sent++;
      else
        fuzz->n_refused++;

      /* It vanishes, with what it asked for on its way. The bus may have closed the connection
       * itself, which does so to a peer that breaks its rules. */
      if (chance (2) || g_dbus_connection_is_closed (fuzz->clients[client]))
        {
          g_dbus_connection_flush_sync (fuzz->clients[client], NULL, NULL);
          g_dbus_connection_close_sync (fuzz->clients[client], NULL, NULL);
          g_object_unref (fuzz->clients[client]);
          fuzz->clients[client] = connect_to (fuzz);
        }
    }
}

/* So that there are builds to ask for. */
static void
save_something (Fuzz *fuzz)
{
  g_autofree char *name = g_strdup_printf ("%d.org", below (20));
  g_autofree char *path = g_build_filename (fuzz->tree, name, NULL);

  if (chance (20))
    g_unlink (path);
  else
    g_assert_true (g_file_set_contents (path, name, -1, NULL));
}

static void
write_settings (Fuzz *fuzz, const char *path)
{
  g_autofree char *text =
      g_strdup_printf ("[Tree]\nDirectories=%s\n"
                       "[Build]\nCommand=/bin/sh -c ':>\"$ARCOLOGY_DATABASE\"'\n"
                       "Database=%s/arcology.db\n"
                       "[Timing]\nDebounce=20ms\nCooldown=50ms\n",
                       fuzz->tree, fuzz->scratch);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
start (Fuzz *fuzz)
{
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autofree char *settings = g_build_filename (fuzz->scratch, "builder.conf", NULL);
  g_autoptr (GError) error = NULL;
  static const char *const own[] = { "HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
                                     "XDG_CACHE_HOME" };

  write_settings (fuzz, settings);
  for (guint i = 0; i < G_N_ELEMENTS (own); i++)
    g_subprocess_launcher_setenv (launcher, own[i], fuzz->scratch, TRUE);
  g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS", fuzz->address, TRUE);
  g_subprocess_launcher_setenv (launcher, "DBUS_SYSTEM_BUS_ADDRESS", "disabled:", TRUE);
  g_subprocess_launcher_set_stderr_file_path (launcher, fuzz->log);
  fuzz->service =
      g_subprocess_launcher_spawn (launcher, &error, fuzz->program, "--config", settings, NULL);
  g_assert_no_error (error);
  g_subprocess_wait_async (fuzz->service, NULL, on_ended, fuzz);
}

static guint
count_files (Fuzz *fuzz)
{
  g_autofree char *path =
      g_strdup_printf ("/proc/%s/fd", g_subprocess_get_identifier (fuzz->service));
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

/* Descriptors that a message carried, and inhibitors of callers that are gone, are closed. */
static void
check_files (Fuzz *fuzz, guint before)
{
  const gint64 deadline = g_get_monotonic_time () + ANSWER_MSEC * G_TIME_SPAN_MILLISECOND;

  /* A build has some, and its end may have a save to build. */
  while (count_files (fuzz) > before + 8)
    {
      g_variant_unref (judge (fuzz));
      if (g_get_monotonic_time () > deadline)
        give_up (fuzz, "descriptors are left open");
    }
}

static void
stop (Fuzz *fuzz)
{
  const gint64 deadline = g_get_monotonic_time () + ANSWER_MSEC * G_TIME_SPAN_MILLISECOND;

  g_subprocess_send_signal (fuzz->service, SIGTERM);
  while (!fuzz->ended && g_get_monotonic_time () < deadline)
    g_main_context_iteration (NULL, FALSE);
  if (!fuzz->ended)
    give_up (fuzz, "SIGTERM does not end the service");
  if (!g_subprocess_get_if_exited (fuzz->service) ||
      g_subprocess_get_exit_status (fuzz->service) != 0)
    give_up (fuzz, "the service did not end with status 0");
}

/* Not GTestDBus, which has the limits of a system bus: 128 calls without an answer. */
static void
start_bus (Fuzz *fuzz)
{
  g_autofree char *address = g_strdup_printf ("--address=unix:path=%s/bus", fuzz->scratch);
  g_autoptr (GDataInputStream) output = NULL;
  g_autoptr (GError) error = NULL;

  fuzz->bus =
      g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE, &error,
                        "dbus-daemon", "--session", "--nofork", "--print-address", address, NULL);
  g_assert_no_error (error);
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (fuzz->bus));
  fuzz->address = g_data_input_stream_read_line (output, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (fuzz->address);
}

/* ARGUMENTS are those of main(). The service has started. */
static void
set_up (Fuzz *fuzz, const char *const *arguments)
{
  g_autofree char *xml = NULL;
  g_autoptr (GError) error = NULL;

  *fuzz = (Fuzz){ .program = arguments[1] };
  fuzz->scratch = g_dir_make_tmp ("arc-fuzz-XXXXXX", &error);
  g_assert_no_error (error);
  fuzz->tree = g_build_filename (fuzz->scratch, "tree", NULL);
  fuzz->log = g_build_filename (fuzz->scratch, "log", NULL);
  g_assert_no_errno (g_mkdir (fuzz->tree, 0700));
  g_assert_true (g_file_get_contents (arguments[2], &xml, NULL, NULL));
  fuzz->node = g_dbus_node_info_new_for_xml (xml, &error);
  g_assert_no_error (error);
  fuzz->shown = g_ptr_array_new_with_free_func (g_free);
  save_something (fuzz);
  save_something (fuzz);

  start_bus (fuzz);
  fuzz->judge = connect_to (fuzz);
  start (fuzz);
  g_variant_unref (judge (fuzz));
}

static void
tear_down (Fuzz *fuzz)
{
  g_autofree char *command = NULL;

  stop (fuzz);
  g_dbus_connection_close_sync (fuzz->judge, NULL, NULL);
  g_clear_object (&fuzz->judge);
  g_clear_object (&fuzz->service);
  g_subprocess_force_exit (fuzz->bus);
  g_assert_true (g_subprocess_wait (fuzz->bus, NULL, NULL));
  g_clear_object (&fuzz->bus);
  g_free (fuzz->address);
  g_dbus_node_info_unref (fuzz->node);
  g_ptr_array_unref (fuzz->shown);
  command = g_strdup_printf ("rm -rf -- '%s'", fuzz->scratch);
  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL));
  g_free (fuzz->scratch);
  g_free (fuzz->tree);
  g_free (fuzz->log);
}

/* DATA are the arguments. */
static void
test_bus (gconstpointer data)
{
  const char *const *arguments = data;
  const char *text = g_getenv ("ARC_FUZZ_SECONDS");
  const gint64 seconds = g_ascii_strtoll (text != NULL ? text : arguments[3], NULL, 10);
  Fuzz fuzz;
  gint64 end;
  guint n_files;

  g_assert_cmpint (seconds, >, 0);
  set_up (&fuzz, arguments);
  for (guint i = 0; i < N_CLIENTS; i++)
    fuzz.clients[i] = connect_to (&fuzz);
  n_files = count_files (&fuzz);

  end = g_get_monotonic_time () + seconds * G_USEC_PER_SEC;
  while (g_get_monotonic_time () < end)
    {
      attack (&fuzz);
      save_something (&fuzz);
      g_variant_unref (judge (&fuzz));
    }
  for (guint i = 0; i < N_CLIENTS; i++)
    {
      g_dbus_connection_close_sync (fuzz.clients[i], NULL, NULL);
      g_clear_object (&fuzz.clients[i]);
    }
  check_files (&fuzz, n_files);
  g_test_message ("%" G_GUINT64_FORMAT " calls, %" G_GUINT64_FORMAT
                  " not sent, slowest answer %" G_GINT64_FORMAT " ms",
                  fuzz.n_sent, fuzz.n_refused, fuzz.slowest / G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (fuzz.n_sent, >, 100);
  tear_down (&fuzz);
}

/* Of the memory of the service, in KiB: "VmRSS:", what it has, or "VmHWM:", the most it ever had.
 */
static guint64
get_memory (Fuzz *fuzz, const char *field)
{
  g_autofree char *path =
      g_strdup_printf ("/proc/%s/status", g_subprocess_get_identifier (fuzz->service));
  g_autofree char *text = NULL;
  const char *found;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  found = strstr (text, field);
  g_assert_nonnull (found);

  return g_ascii_strtoull (found + strlen (field), NULL, 10);
}

static GVariant *
call (Fuzz *fuzz, const char *method, GVariant *parameters)
{
  g_autoptr (GError) error = NULL;
  GVariant *reply =
      g_dbus_connection_call_sync (fuzz->judge, NAME, PATH, NAME, method, parameters, NULL,
                                   G_DBUS_CALL_FLAGS_NONE, ANSWER_MSEC, NULL, &error);

  g_assert_no_error (error);
  return reply;
}

/* Changes of more bytes than a reply may have. */
static void
make_much_pending (Fuzz *fuzz)
{
  g_autoptr (GString) directory = g_string_new (fuzz->tree);
  g_autofree char *long_name = g_strnfill (250, 'd');

  g_variant_unref (call (fuzz, "Pause", NULL));
  for (guint i = 0; i < 4; i++)
    g_string_append_printf (directory, "/%s", long_name);
  g_assert_no_errno (g_mkdir_with_parents (directory->str, 0700));
  for (guint i = 0; i < 9000; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%u.org", directory->str, i);

      g_assert_true (g_file_set_contents_full (path, "", 0, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    }
  g_variant_unref (call (fuzz, "Rescan", NULL));
}

/* (transfer full): a connection that never reads after the authentication. */
static GIOStream *
connect_deaf (Fuzz *fuzz)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) uid = g_string_new (NULL);
  g_autofree char *decimal = g_strdup_printf ("%u", (guint) geteuid ());
  g_autofree char *line = NULL;
  g_autoptr (GDataInputStream) input = NULL;
  GIOStream *stream = g_dbus_address_get_stream_sync (fuzz->address, NULL, NULL, &error);
  GOutputStream *output;

  g_assert_no_error (error);
  output = g_io_stream_get_output_stream (stream);
  for (const char *digit = decimal; *digit != '\0'; digit++)
    g_string_append_printf (uid, "%02x", *digit);
  g_assert_true (g_output_stream_write_all (output, "", 1, NULL, NULL, NULL));
  g_assert_true (
      g_output_stream_printf (output, NULL, NULL, NULL, "AUTH EXTERNAL %s\r\n", uid->str));
  input = g_data_input_stream_new (g_io_stream_get_input_stream (stream));
  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (input), FALSE);
  line = g_data_input_stream_read_line (input, NULL, NULL, NULL);
  g_assert_true (g_str_has_prefix (line, "OK "));
  g_assert_true (g_output_stream_printf (output, NULL, NULL, NULL, "BEGIN\r\n"));

  return stream;
}

/* Adds a call to what will be sent. */
static void
add_call (GByteArray *calls, guint32 serial, GDBusMessage *message /* (transfer full) */)
{
  g_autofree guchar *blob = NULL;
  gsize size;

  g_dbus_message_set_serial (message, serial);
  blob = g_dbus_message_to_blob (message, &size, G_DBUS_CAPABILITY_FLAGS_NONE, NULL);
  g_assert_nonnull (blob);
  g_byte_array_append (calls, blob, (guint) size);
  g_object_unref (message);
}

static gpointer
send_all (gpointer data)
{
  gpointer *context = data;
  const GByteArray *calls = context[1];

  /* The bus may end the connection, or not take it all. */
  g_output_stream_write_all (g_io_stream_get_output_stream (context[0]), calls->data, calls->len,
                             NULL, context[2], NULL);

  return NULL;
}

/* The large replies are bounded, and so is what waits to be sent, whatever a caller asks for and
 * does not read. The others have their answers. */
static void
test_deaf_caller (gconstpointer data)
{
  static const char *const methods[] = { "GetPending", "GetHistory" };
  g_autoptr (GByteArray) calls = g_byte_array_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GIOStream) deaf = NULL;
  g_autoptr (GVariant) pending = NULL;
  guint32 serial = 1;
  gboolean truncated;
  guint64 before;
  guint64 after;
  GThread *thread;
  Fuzz fuzz;

  set_up (&fuzz, data);
  make_much_pending (&fuzz);
  pending = call (&fuzz, "GetPending", g_variant_new ("(u)", 0));
  g_assert_cmpuint (g_variant_get_size (pending), <=, 8 * 1024 * 1024);
  g_assert_cmpuint (g_variant_get_size (pending), >, 7 * 1024 * 1024);
  g_variant_get (pending, "(@a(say)b)", NULL, &truncated);
  g_assert_true (truncated);

  before = get_memory (&fuzz, "VmRSS:");
  deaf = connect_deaf (&fuzz);
  add_call (calls, serial++,
            g_dbus_message_new_method_call ("org.freedesktop.DBus", "/org/freedesktop/DBus",
                                            "org.freedesktop.DBus", "Hello"));
  for (guint i = 0; i < N_UNREAD; i++)
    {
      const gboolean is_all = i % 4 != 0;
      GDBusMessage *message =
          g_dbus_message_new_method_call (NAME, PATH,
                                          is_all ? "org.freedesktop.DBus.Properties" : NAME,
                                          is_all ? "GetAll"
                                                 : methods[i / 4 % G_N_ELEMENTS (methods)]);

      g_dbus_message_set_body (message,
                               is_all ? g_variant_new ("(s)", NAME) : g_variant_new ("(u)", 0));
      add_call (calls, serial++, message);
    }
  thread = g_thread_new ("deaf", send_all, (gpointer[]){ deaf, calls, cancellable });
  for (guint i = 0; i < N_UNREAD / 20; i++)
    g_variant_unref (judge (&fuzz));
  g_cancellable_cancel (cancellable);
  g_thread_join (thread);

  after = get_memory (&fuzz, "VmHWM:");
  g_test_message ("slowest answer %" G_GINT64_FORMAT " ms; memory: %" G_GUINT64_FORMAT
                  " KiB, at most %" G_GUINT64_FORMAT " KiB",
                  fuzz.slowest / G_TIME_SPAN_MILLISECOND, before, after);
#ifndef ARC_SANITIZED
  g_assert_cmpuint (after, <, before + 64 * 1024);
#endif
  g_io_stream_close (deaf, NULL, NULL);
  tear_down (&fuzz);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (argc != 4)
    g_error ("Usage: %s PROGRAM INTERFACE.xml SECONDS", argv[0]);
  g_test_add_data_func ("/bus/random", argv, test_bus);
  g_test_add_data_func ("/bus/deaf-caller", argv, test_deaf_caller);

  return g_test_run ();
}
