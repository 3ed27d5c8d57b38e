/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/file-id.h"

#include <fcntl.h>

ArcFileId
arc_file_id_from_stat (const struct stat *info)
{
  return (ArcFileId){ .device = info->st_dev, .inode = info->st_ino };
}

guint
arc_file_id_hash (gconstpointer id)
{
  const ArcFileId *self = id;
  guint64 mixed = (self->inode ^ (self->device << 32)) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  return (guint) (mixed >> 32);
}

gboolean
arc_file_id_equal (gconstpointer a, gconstpointer b)
{
  const ArcFileId *one = a;
  const ArcFileId *other = b;

  return one->device == other->device && one->inode == other->inode;
}

gboolean
arc_file_id_is_at (const ArcFileId *id, const char *path, gboolean follow)
{
  struct stat info;
  ArcFileId found;

  if (fstatat (AT_FDCWD, path, &info, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0)
    return FALSE;

  found = arc_file_id_from_stat (&info);

  return arc_file_id_equal (&found, id);
}
