/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "session/journal-socket.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SYSTEM_PATH "/run/systemd/journal/socket"

/* The queue counts messages, and the socket of the sender bytes: enough for a long line. */
#define SEND_BUFFER (1024 * 1024)

struct _ArcJournalSocket
{
  int fd; /* -1 if socket(2) failed */
  struct sockaddr_un address;
  int n_lost; /* atomic */
};

ArcJournalSocket *
arc_journal_socket_new (const char *path)
{
  ArcJournalSocket *journal = g_new0 (ArcJournalSocket, 1);
  const int size = SEND_BUFFER;

  journal->address.sun_family = AF_UNIX;
  g_strlcpy (journal->address.sun_path, path != NULL ? path : SYSTEM_PATH,
             sizeof journal->address.sun_path);
  journal->fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (journal->fd >= 0)
    setsockopt (journal->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);

  return journal;
}

void
arc_journal_socket_free (ArcJournalSocket *journal)
{
  if (journal->fd >= 0)
    close (journal->fd);
  g_free (journal);
}

/* The native protocol of journald (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/): what may have a
 * newline in it goes with its length. */
static void
append_field (GByteArray *entry, const GLogField *field)
{
  const gsize length = field->length < 0 ? strlen (field->value) : (gsize) field->length;
  const guint64 size = GUINT64_TO_LE ((guint64) length);

  g_byte_array_append (entry, (const guint8 *) field->key, (guint) strlen (field->key));
  g_byte_array_append (entry, (const guint8 *) "\n", 1);
  g_byte_array_append (entry, (const guint8 *) &size, sizeof size);
  g_byte_array_append (entry, field->value, (guint) length);
  g_byte_array_append (entry, (const guint8 *) "\n", 1);
}

/* Each message is sent to the address: a restarted journald has a new socket. */
static gboolean
send_entry (ArcJournalSocket *journal, const GLogField *fields, gsize n_fields)
{
  const GLogField identifier = { "SYSLOG_IDENTIFIER", "arcology-builder", -1 };
  g_autoptr (GByteArray) entry = g_byte_array_new ();

  /* Else journalctl(1) shows the name of the process, of which the kernel keeps 15 bytes. */
  append_field (entry, &identifier);
  for (gsize i = 0; i < n_fields; i++)
    append_field (entry, &fields[i]);

  return sendto (journal->fd, entry->data, entry->len, MSG_DONTWAIT | MSG_NOSIGNAL,
                 (const struct sockaddr *) &journal->address, sizeof journal->address) >= 0;
}

static gboolean
send_n_lost (ArcJournalSocket *journal, int n_lost)
{
  g_autofree char *text = g_strdup_printf ("%d log messages were lost", n_lost);
  const GLogField fields[] = { { "MESSAGE", text, -1 }, { "PRIORITY", "4", -1 } };

  return send_entry (journal, fields, G_N_ELEMENTS (fields));
}

gboolean
arc_journal_socket_send (ArcJournalSocket *journal, const GLogField *fields, gsize n_fields)
{
  const int n_lost = g_atomic_int_get (&journal->n_lost);

  if (n_lost > 0 && send_n_lost (journal, n_lost))
    g_atomic_int_add (&journal->n_lost, -n_lost);

  if (send_entry (journal, fields, n_fields))
    return TRUE;

  g_atomic_int_inc (&journal->n_lost);

  return FALSE;
}
