/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>
#include <sys/stat.h>

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

/**
 * arc_file_id_from_stat:
 * @info: what stat(2) returned
 *
 * Returns: the identity
 */
ArcFileId arc_file_id_from_stat (const struct stat *info);

/**
 * arc_file_id_hash:
 * @id: an #ArcFileId
 *
 * A #GHashFunc.
 *
 * Returns: the hash
 */
guint arc_file_id_hash (gconstpointer id);

/**
 * arc_file_id_equal:
 * @a: an #ArcFileId
 * @b: another one
 *
 * A #GEqualFunc.
 *
 * Returns: %TRUE if both are equal
 */
gboolean arc_file_id_equal (gconstpointer a, gconstpointer b);

/**
 * arc_file_id_is_at:
 * @id: the identity of a file
 * @path: an absolute path
 * @follow: whether a symbolic link at @path counts as what it leads to
 *
 * Asks the file system, which may take its time.
 *
 * Returns: %TRUE if that file is at @path
 */
gboolean arc_file_id_is_at (const ArcFileId *id, const char *path, gboolean follow);
