/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/**
 * ArcJournalSocket:
 *
 * A socket of journald. g_log_writer_journald() waits while the queue of the socket is full
 * (net.unix.max_dgram_qlen messages, unix(7)), which lasts for as long as journald is stopped.
 * This socket drops and counts the entries that do not fit.
 */
typedef struct _ArcJournalSocket ArcJournalSocket;

/**
 * arc_journal_socket_new:
 * @path: (type filename) (nullable): the socket, or %NULL for that of the system
 *
 * Makes an object that sends to a socket. The socket may be missing, now or later.
 *
 * Returns: (transfer full): the object
 */
ArcJournalSocket *arc_journal_socket_new (const char *path);

/**
 * arc_journal_socket_free:
 * @journal: (transfer full): the journal
 *
 * Closes the socket. Entries that were dropped since the last one sent stay uncounted.
 */
void arc_journal_socket_free (ArcJournalSocket *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcJournalSocket, arc_journal_socket_free)

/**
 * arc_journal_socket_send:
 * @journal: the journal
 * @fields: (array length=n_fields): an entry
 * @n_fields: how many fields it has
 *
 * Sends an entry without waiting, and before it, if entries were lost, one with their number. It
 * may be called from any thread.
 *
 * Returns: %TRUE if journald received the entry, %FALSE if it was dropped and counted
 */
gboolean
arc_journal_socket_send (ArcJournalSocket *journal, const GLogField *fields, gsize n_fields);
