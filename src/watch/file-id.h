/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>
#include <sys/stat.h>

G_BEGIN_DECLS

/**
 * ArcFileId:
 *
 * What makes two paths the same file: device and inode (inode(7)). Inode numbers are used again
 * soon after a file is gone.
 */
typedef struct
{
  guint64 device;
  guint64 inode;
} ArcFileId;

ArcFileId arc_file_id_from_stat (const struct stat *info);

/* For hash tables whose keys are ArcFileId. */
guint arc_file_id_hash (gconstpointer id);
gboolean arc_file_id_equal (gconstpointer a, gconstpointer b);

G_END_DECLS
