/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/file-frame.h"

#include "common/error.h"

#include <string.h>

typedef struct
{
  char magic[ARC_FILE_FRAME_MAGIC_SIZE];
  guint32 version; /* little-endian */
  guint64 size;    /* little-endian */
} __attribute__ ((packed)) Header;

#define CHECKSUM_SIZE 16

static void
compute_checksum (const guint8 *data, gsize size, guint8 *digest /* CHECKSUM_SIZE */)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_MD5);
  gsize digest_size = CHECKSUM_SIZE;

  /* g_checksum_update() takes a gssize, but a negative one would be strlen(). */
  g_checksum_update (checksum, data, (gssize) size);
  g_checksum_get_digest (checksum, digest, &digest_size);
}

GByteArray *
arc_file_frame_begin (const char *magic, guint32 version)
{
  Header header = { .version = GUINT32_TO_LE (version) };
  GByteArray *frame = g_byte_array_new ();

  memcpy (header.magic, magic, sizeof header.magic);
  g_byte_array_append (frame, (const guint8 *) &header, sizeof header);

  return frame;
}

GBytes *
arc_file_frame_end (GByteArray *frame)
{
  guint8 digest[CHECKSUM_SIZE];

  ((Header *) frame->data)->size = GUINT64_TO_LE (frame->len - sizeof (Header));
  compute_checksum (frame->data, frame->len, digest);
  g_byte_array_append (frame, digest, sizeof digest);

  return g_byte_array_free_to_bytes (frame);
}

guint32
arc_file_frame_get_version (GBytes *bytes)
{
  Header header = { 0 };
  gsize size;
  const guint8 *data = g_bytes_get_data (bytes, &size);

  if (size >= sizeof header)
    memcpy (&header, data, sizeof header);

  return GUINT32_FROM_LE (header.version);
}

/* (transfer full) (nullable): what is wrong with a file; NULL if nothing is. */
static char *
find_fault (const guint8 *data, gsize total, const char *magic, guint32 version)
{
  guint8 digest[CHECKSUM_SIZE];
  Header header;
  gsize rest;

  /* memcmp(3) may not be called with NULL, which is the data of no bytes. */
  if (total > 0 && memcmp (data, magic, MIN (total, sizeof header.magic)) != 0)
    return g_strdup ("This is another kind of file");
  if (total < sizeof header + CHECKSUM_SIZE)
    return g_strdup_printf ("The file is truncated after %" G_GSIZE_FORMAT " bytes", total);

  memcpy (&header, data, sizeof header);
  header.version = GUINT32_FROM_LE (header.version);
  header.size = GUINT64_FROM_LE (header.size);
  rest = total - sizeof header - CHECKSUM_SIZE;

  if (header.version != version)
    return g_strdup_printf ("The file has format %" G_GUINT32_FORMAT
                            " of %s version; this version reads format %" G_GUINT32_FORMAT,
                            header.version, header.version > version ? "a newer" : "an older",
                            version);
  if (header.size > rest)
    return g_strdup_printf ("The file is truncated after %" G_GSIZE_FORMAT " bytes", total);
  if (header.size < rest)
    return g_strdup_printf ("The file goes on for %" G_GSIZE_FORMAT " bytes after its end",
                            rest - (gsize) header.size);

  compute_checksum (data, total - CHECKSUM_SIZE, digest);
  if (memcmp (digest, data + total - CHECKSUM_SIZE, CHECKSUM_SIZE) != 0)
    return g_strdup ("The file is damaged: wrong checksum");

  return NULL;
}

GBytes *
arc_file_frame_open (GBytes *bytes, const char *magic, guint32 version, GError **error)
{
  gsize total;
  const guint8 *data = g_bytes_get_data (bytes, &total);
  g_autofree char *fault = find_fault (data, total, magic, version);

  if (fault == NULL)
    return g_bytes_new_from_bytes (bytes, sizeof (Header), total - sizeof (Header) - CHECKSUM_SIZE);

  g_set_error_literal (error, ARC_ERROR, ARC_ERROR_DATA, fault);

  return NULL;
}
