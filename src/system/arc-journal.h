/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcJournal:
 *
 * A socket of journald. g_log_writer_journald() waits when the queue of the socket is full
 * (net.unix.max_dgram_qlen messages, unix(7)), which lasts for as long as journald is stopped:
 * here, what does not fit is dropped and counted.
 */
typedef struct _ArcJournal ArcJournal;

/**
 * arc_journal_new:
 * @path: (type filename) (nullable): the socket, or %NULL for that of the system
 *
 * Makes an object that sends to a socket. The socket may be missing, now or later.
 *
 * Returns: (transfer full): the object
 */
ArcJournal *arc_journal_new (const char *path);

void arc_journal_free (ArcJournal *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcJournal, arc_journal_free)

/**
 * arc_journal_send:
 * @journal: the journal
 * @fields: (array length=n_fields): an entry
 * @n_fields: how many fields it has
 *
 * Sends an entry without waiting, and before it, if entries were lost, one with their number. It
 * may be called from any thread.
 *
 * Returns: whether journald has it
 */
gboolean arc_journal_send (ArcJournal *journal, const GLogField *fields, gsize n_fields);

G_END_DECLS
