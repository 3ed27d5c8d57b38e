/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "session/journal-socket.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* In the place of journald. */
static int
listen_at (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  const int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_no_errno (bind (fd, (const struct sockaddr *) &address, sizeof address));

  return fd;
}

/* Whether an entry was there, and has FIELD with TEXT. */
static gboolean
receive (int fd, const char *field, const char *text)
{
  char buffer[4096];
  const gssize size = recv (fd, buffer, sizeof buffer, 0);
  const guint64 length = GUINT64_TO_LE ((guint64) strlen (text));
  g_autoptr (GByteArray) expected = g_byte_array_new ();

  if (size < 0)
    return FALSE;

  g_byte_array_append (expected, (const guint8 *) field, (guint) strlen (field));
  g_byte_array_append (expected, (const guint8 *) "\n", 1);
  g_byte_array_append (expected, (const guint8 *) &length, sizeof length);
  g_byte_array_append (expected, (const guint8 *) text, (guint) strlen (text));
  g_byte_array_append (expected, (const guint8 *) "\n", 1);
  g_assert_nonnull (memmem (buffer, (gsize) size, expected->data, expected->len));

  return TRUE;
}

static gboolean
send_text (ArcJournalSocket *journal, const char *text)
{
  const GLogField fields[] = { { "PRIORITY", "6", -1 },
                               { "MESSAGE", text, -1 },
                               { "BYTES", "a\nb", 3 } };

  return arc_journal_socket_send (journal, fields, G_N_ELEMENTS (fields));
}

static void
test_journal (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *directory = g_dir_make_tmp ("arc-journal-XXXXXX", &error);
  g_autofree char *path = g_build_filename (directory, "socket", NULL);
  g_autoptr (ArcJournalSocket) journal = arc_journal_socket_new (path);
  guint n_sent = 0;
  int fd;

  /* There is none yet, and then it is started. */
  g_assert_false (send_text (journal, "lost"));
  fd = listen_at (path);
  g_assert_true (send_text (journal, "one\ntwo"));
  g_assert_true (receive (fd, "MESSAGE", "1 log messages were lost"));
  g_assert_true (receive (fd, "MESSAGE", "one\ntwo"));
  g_assert_false (receive (fd, "MESSAGE", ""));

  /* It does not read: the call returns all the same. */
  while (send_text (journal, "more"))
    n_sent++;
  g_assert_cmpuint (n_sent, >, 0);
  for (guint i = 1; i < 1000; i++)
    g_assert_false (send_text (journal, "too much"));
  for (guint i = 0; i < n_sent; i++)
    g_assert_true (receive (fd, "BYTES", "a\nb"));
  g_assert_true (send_text (journal, "again"));
  g_assert_true (receive (fd, "MESSAGE", "1000 log messages were lost"));
  g_assert_true (receive (fd, "MESSAGE", "again"));

  /* It is started anew, with another socket of the same name. */
  close (fd);
  g_assert_no_errno (g_unlink (path));
  g_assert_false (send_text (journal, "lost"));
  fd = listen_at (path);
  g_assert_true (send_text (journal, "back"));
  g_assert_true (receive (fd, "MESSAGE", "1 log messages were lost"));
  g_assert_true (receive (fd, "MESSAGE", "back"));

  close (fd);
  g_assert_no_errno (g_unlink (path));
  g_assert_no_errno (g_rmdir (directory));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/journal", test_journal);

  return g_test_run ();
}
