/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "state/state-contents.h"

#include "common/file-frame.h"
#include "config/read-file.h"
#include "state/build-log-dir.h"
#include "state/history-file.h"
#include "state/snapshot-file.h"
#include "state/state-dir.h"

#include <glib/gstdio.h>
#include <string.h>

/* The largest files that can be meant: lists of a few million paths, 100 builds, and what is kept
 * of the problems with their numbers. */
#define LIST_MAX_SIZE     (1024 * 1024 * 1024)
#define HISTORY_MAX_SIZE  (64 * 1024 * 1024)
#define PROBLEMS_MAX_SIZE (2 * ARC_PROBLEM_LIST_MAX_SIZE)

void
arc_state_store_inputs_clear (ArcStateStoreInputs *inputs)
{
  g_clear_pointer (&inputs->settings, g_free);
  g_clear_pointer (&inputs->database, g_free);
  g_clear_pointer (&inputs->tree, g_free);
}

/* DATABASE ("": none) and what INPUTS has, each with its NUL. */
GBytes *
arc_state_contents_make_identity (const char *database, const ArcStateStoreInputs *inputs)
{
  GByteArray *identity = g_byte_array_new ();
  const char *texts[] = { database, inputs->settings, inputs->database, inputs->tree };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      const char *text = texts[i] != NULL ? texts[i] : "";

      g_byte_array_append (identity, (const guint8 *) text, (guint) strlen (text) + 1);
    }

  return g_byte_array_free_to_bytes (identity);
}

/* Whether IDENTITY is that of DATABASE. INPUTS is set, too, if it is that of none. */
static gboolean
read_identity (GBytes *identity, const char *database, ArcStateStoreInputs *inputs)
{
  gsize size;
  const char *data = g_bytes_get_data (identity, &size);
  g_autofree char *text = g_strndup (data, size);
  char **const members[] = { &inputs->settings, &inputs->database, &inputs->tree };
  gsize at = strlen (text) + 1;

  if (text[0] != '\0' && strcmp (text, database) != 0)
    return FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (members) && at < size; i++)
    {
      *members[i] = g_strndup (data + at, size - at);
      at += strlen (*members[i]) + 1;
    }

  return text[0] != '\0';
}

/* (transfer full) (nullable): the content of a file; NULL without an error if it is not there. */
static GBytes *
read_file (const char *path, gsize max_size, GError **error)
{
  g_autoptr (GError) read_error = NULL;
  gsize length;
  char *data = arc_read_file (path, ARC_READ_DEFAULT, max_size, &length, &read_error);

  if (data != NULL)
    return g_bytes_new_take (data, length);

  if (!g_error_matches (read_error, G_FILE_ERROR, G_FILE_ERROR_NOENT) &&
      !g_error_matches (read_error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
    g_propagate_error (error, g_steal_pointer (&read_error));

  return NULL;
}

/* Renames a file that is damaged, and says so in ERROR. */
static void
put_aside (const char *path, GError **error)
{
  g_autofree char *aside = g_strconcat (path, ".damaged", NULL);
  g_autofree char *shown = g_filename_display_name (path);

  if (g_rename (path, aside) == 0)
    g_prefix_error (error, "%s, now put aside with .damaged at its end: ", shown);
  else
    g_prefix_error (error, "%s: ", shown);
}

/* (transfer full) (nullable): the files as DATABASE has them. NULL and an error if the file was
 * damaged, which is then put aside. */
static ArcSnapshot *
load_snapshot (const ArcStateDir *directory,
               const char *database,
               ArcStateStoreInputs *inputs,
               GError **error)
{
  g_autoptr (ArcSnapshot) snapshot = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) identity = NULL;
  g_autofree char *path = g_build_filename (directory->path, ARC_STATE_SNAPSHOT_NAME, NULL);
  g_autoptr (GError) read_error = NULL;

  bytes = read_file (path, LIST_MAX_SIZE, &read_error);
  if (bytes != NULL)
    snapshot = arc_snapshot_parse (bytes, &identity, &read_error);

  if (read_error != NULL)
    {
      put_aside (path, &read_error);
      g_propagate_error (error, g_steal_pointer (&read_error));
      return NULL;
    }

  if (snapshot != NULL && !read_identity (identity, database, inputs))
    g_clear_pointer (&snapshot, arc_snapshot_free);

  return g_steal_pointer (&snapshot);
}

/* (transfer full) (element-type ArcBuild) */
static GPtrArray *
load_history (const ArcStateDir *directory, GError **error)
{
  g_autofree char *path = g_build_filename (directory->path, ARC_STATE_HISTORY_NAME, NULL);
  g_autoptr (GError) read_error = NULL;
  g_autoptr (GBytes) bytes = read_file (path, HISTORY_MAX_SIZE, &read_error);
  GPtrArray *builds = bytes != NULL ? arc_history_parse (bytes, &read_error) : NULL;

  if (read_error != NULL)
    {
      put_aside (path, &read_error);
      g_propagate_error (error, g_steal_pointer (&read_error));
    }

  return builds != NULL ? builds : g_ptr_array_new_with_free_func ((GDestroyNotify) arc_build_free);
}

/* A service that is killed before its next build must not leave a snapshot without its problems. */
static void
forget_database (const ArcStateDir *directory, const ArcStateStoreInputs *inputs)
{
  const ArcStateStoreInputs tree = { .tree = inputs->tree };
  g_autofree char *path = g_build_filename (directory->path, ARC_STATE_SNAPSHOT_NAME, NULL);
  g_autoptr (ArcSnapshot) nothing = arc_snapshot_new ();
  g_autoptr (GBytes) identity = arc_state_contents_make_identity ("", &tree);
  g_autoptr (GBytes) bytes = arc_file_frame_end (arc_snapshot_frame (nothing, NULL, identity));

  /* Without fsync(2), which may take seconds: a snapshot that is cut off is
   * damaged, and the next start builds everything, too. */
  g_unlink (path);
  g_file_set_contents_full (path, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes),
                            G_FILE_SET_CONTENTS_NONE, ARC_STATE_FILE_MODE, NULL);
}

/* (transfer full) */
static ArcProblemList *
load_problems (const ArcStateDir *directory, const ArcStateStoreInputs *inputs, GError **error)
{
  g_autofree char *path = g_build_filename (directory->path, ARC_STATE_PROBLEMS_NAME, NULL);
  g_autoptr (GError) read_error = NULL;
  g_autoptr (GBytes) bytes = read_file (path, PROBLEMS_MAX_SIZE, &read_error);
  ArcProblemList *problems = bytes != NULL ? arc_problem_list_parse (bytes, &read_error) : NULL;

  if (read_error != NULL)
    {
      forget_database (directory, inputs);
      put_aside (path, &read_error);
      g_propagate_error (error, g_steal_pointer (&read_error));
    }

  return problems != NULL ? problems : arc_problem_list_new ();
}

ArcStateContents *
arc_state_contents_read (const ArcStateDir *directory, const char *database)
{
  ArcStateContents *contents = g_new0 (ArcStateContents, 1);
  g_autofree char *paused = g_build_filename (directory->path, ARC_STATE_PAUSED_NAME, NULL);

  contents->database = g_strdup (database);
  contents->history = load_history (directory, &contents->history_error);
  contents->snapshot =
      load_snapshot (directory, database, &contents->inputs, &contents->snapshot_error);
  contents->problems = load_problems (directory, &contents->inputs, &contents->problems_error);
  contents->is_paused = g_file_test (paused, G_FILE_TEST_EXISTS);
  contents->logs = arc_build_log_dir_list (directory->path);

  /* Without its problems the snapshot is of no use, nor without its database. */
  if (contents->problems_error != NULL || !g_file_test (database, G_FILE_TEST_EXISTS))
    g_clear_pointer (&contents->snapshot, arc_snapshot_free);

  return contents;
}

void
arc_state_contents_free (ArcStateContents *contents)
{
  g_clear_pointer (&contents->snapshot, arc_snapshot_free);
  g_clear_pointer (&contents->history, g_ptr_array_unref);
  g_clear_pointer (&contents->problems, arc_problem_list_unref);
  g_clear_pointer (&contents->logs, g_array_unref);
  arc_state_store_inputs_clear (&contents->inputs);
  g_clear_error (&contents->history_error);
  g_clear_error (&contents->snapshot_error);
  g_clear_error (&contents->problems_error);
  g_free (contents->database);
  g_free (contents);
}
