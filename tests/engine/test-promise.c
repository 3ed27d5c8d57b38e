/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "test-promise.h"

#include "test-notes.h"

/* Instead of a content: the note is not there, or is just being written. */
#define NOTHING ""

struct _ArcTestPromise
{
  char *tree;          /* (owned) */
  GHashTable *allowed; /* (owned): name -> the set of its contents */
};

/* The contents that NAME may have. It was not there if nobody has asked for it before. */
static GHashTable *
get_allowed (ArcTestPromise *promise, const char *name, gboolean was_absent)
{
  GHashTable *set = g_hash_table_lookup (promise->allowed, name);

  if (set != NULL)
    return set;

  set = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_insert (promise->allowed, g_strdup (name), set);
  if (was_absent)
    g_hash_table_add (set, g_strdup (NOTHING));

  return set;
}

ArcTestPromise *
arc_test_promise_new (const char *tree)
{
  ArcTestPromise *promise = g_new0 (ArcTestPromise, 1);
  g_autoptr (GHashTable) notes = arc_test_notes_read (tree);
  GHashTableIter iter;
  gpointer name, content;

  promise->tree = g_strdup (tree);
  promise->allowed =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_hash_table_unref);

  g_hash_table_iter_init (&iter, notes);
  while (g_hash_table_iter_next (&iter, &name, &content))
    g_hash_table_add (get_allowed (promise, name, FALSE), g_strdup (content));

  return promise;
}

void
arc_test_promise_free (ArcTestPromise *promise)
{
  g_free (promise->tree);
  g_hash_table_unref (promise->allowed);
  g_free (promise);
}

void
arc_test_promise_note_change (ArcTestPromise *promise)
{
  g_autoptr (GHashTable) notes = arc_test_notes_read (promise->tree);
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, notes);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      GHashTable *set = get_allowed (promise, name, TRUE);

      if (g_hash_table_add (set, g_strdup (value)))
        g_hash_table_add (set, g_strdup (NOTHING));
    }

  g_hash_table_iter_init (&iter, promise->allowed);
  while (g_hash_table_iter_next (&iter, &name, &value))
    if (!g_hash_table_contains (notes, name))
      g_hash_table_add (value, g_strdup (NOTHING));
}

gboolean
arc_test_promise_is_kept (ArcTestPromise *promise, const char *copy)
{
  g_autoptr (GHashTable) notes = arc_test_notes_read_copy (copy);
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, notes);
  while (g_hash_table_iter_next (&iter, &name, &value))
    if (!g_hash_table_contains (get_allowed (promise, name, TRUE), value))
      return FALSE;

  g_hash_table_iter_init (&iter, promise->allowed);
  while (g_hash_table_iter_next (&iter, &name, &value))
    if (!g_hash_table_contains (notes, name) && !g_hash_table_contains (value, NOTHING))
      return FALSE;

  return TRUE;
}
