/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "arc-memory.h"

#include "core/arc-history.h"

struct _ArcMemory
{
  ArcStore *store; /* (owned) */
  ArcMemoryFunc func;
  gpointer user_data;
  GPtrArray *history;         /* (owned) (element-type ArcBuild): the newest last */
  ArcProblems *note_problems; /* (owned) */
  char *commit_problem;       /* (owned) (nullable) */
  char *history_problem;      /* (owned) (nullable) */
  char *told;                 /* (owned) (nullable): the problem as it was told last */
};

const char *
arc_memory_get_problem (const ArcMemory *memory)
{
  const char *store_problem = arc_store_get_problem (memory->store);

  if (store_problem != NULL)
    return store_problem;

  return memory->commit_problem != NULL ? memory->commit_problem : memory->history_problem;
}

/* Most of what cannot be written has one reason, which one message is enough for. */
static void
log_problem (ArcMemory *memory)
{
  const char *problem = arc_memory_get_problem (memory);

  if (problem != NULL && memory->told == NULL)
    g_warning ("%s", problem);
  g_free (memory->told);
  memory->told = g_strdup (problem);
}

/* The same, and those who have asked learn of it. */
static void
tell_problem (ArcMemory *memory)
{
  const gboolean is_new = g_strcmp0 (arc_memory_get_problem (memory), memory->told) != 0;

  log_problem (memory);
  if (is_new)
    memory->func (memory->user_data);
}

/* Keeps in PROBLEM what ERROR says of WHAT. */
static void
note_result (char **problem, const GError *error /* (nullable) */, const char *what)
{
  g_free (*problem);
  *problem = error != NULL ? g_strdup_printf ("%s: %s", what, error->message) : NULL;
}

static void
end_commit (ArcMemory *memory)
{
  g_autoptr (GError) error = NULL;

  arc_store_end_commit (memory->store, &error);
  note_result (&memory->commit_problem, error,
               "What is built now may be built again after a restart");
}

static void
end_history (ArcMemory *memory)
{
  g_autoptr (GError) error = NULL;

  arc_store_end_history (memory->store, &error);
  note_result (&memory->history_problem, error, "The history of builds is not kept");
}

static void
on_committed (ArcMemory *memory)
{
  end_commit (memory);
  tell_problem (memory);
}

static void
on_history_written (ArcMemory *memory)
{
  end_history (memory);
  tell_problem (memory);
}

ArcMemory *
arc_memory_new (ArcStore *store, ArcMemoryFunc func, gpointer user_data)
{
  ArcMemory *memory = g_new0 (ArcMemory, 1);

  memory->store = g_object_ref (store);
  memory->func = func;
  memory->user_data = user_data;
  memory->history = g_ptr_array_new_with_free_func ((GDestroyNotify) arc_build_free);
  memory->note_problems = arc_problems_new ();
  g_signal_connect_swapped (store, "committed", G_CALLBACK (on_committed), memory);
  g_signal_connect_swapped (store, "history-written", G_CALLBACK (on_history_written), memory);
  /* That may have found out that the state directory cannot be written, too. */
  g_signal_connect_swapped (store, "changes-written", G_CALLBACK (tell_problem), memory);

  return memory;
}

void
arc_memory_free (ArcMemory *memory)
{
  g_signal_handlers_disconnect_by_data (memory->store, memory);
  end_commit (memory);
  end_history (memory);
  log_problem (memory);

  g_object_unref (memory->store);
  g_ptr_array_unref (memory->history);
  arc_problems_unref (memory->note_problems);
  g_free (memory->commit_problem);
  g_free (memory->history_problem);
  g_free (memory->told);
  g_free (memory);
}

static void
save_history (ArcMemory *memory)
{
  arc_store_begin_history (memory->store, memory->history);
}

ArcProblems *
arc_memory_get_note_problems (const ArcMemory *memory)
{
  return memory->note_problems;
}

void
arc_memory_set_note_problems (ArcMemory *memory, ArcProblems *problems)
{
  arc_problems_ref (problems);
  arc_problems_unref (memory->note_problems);
  memory->note_problems = problems;
  arc_store_set_problems (memory->store, problems);
}

/* FALSE if it is not known which problems there are. */
static gboolean
recall_problems (ArcMemory *memory)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcProblems) problems = arc_store_load_problems (memory->store, &error);

  if (error != NULL)
    g_warning ("Everything is built anew: %s", error->message);
  arc_memory_set_note_problems (memory, problems);

  return error == NULL;
}

ArcSnapshot *
arc_memory_recall (ArcMemory *memory, const char *database, ArcStoreInputs *inputs)
{
  g_autoptr (GError) history_error = NULL;
  g_autoptr (GError) snapshot_error = NULL;
  g_autoptr (ArcSnapshot) snapshot = NULL;
  gboolean has_problems;

  log_problem (memory);

  g_ptr_array_unref (memory->history);
  memory->history = arc_store_load_history (memory->store, &history_error);
  if (history_error != NULL)
    g_warning ("The history of builds begins anew: %s", history_error->message);

  snapshot = arc_store_load_snapshot (memory->store, database, inputs, &snapshot_error);
  if (snapshot_error != NULL)
    g_warning ("Everything is built anew: %s", snapshot_error->message);
  has_problems = recall_problems (memory);

  /* Without its database it says nothing. */
  if (!has_problems || !g_file_test (database, G_FILE_TEST_EXISTS))
    return NULL;

  return g_steal_pointer (&snapshot);
}

void
arc_memory_commit (ArcMemory *memory,
                   const ArcSnapshot *snapshot,
                   const ArcChanges *pending,
                   const char *database,
                   const ArcStoreInputs *inputs)
{
  arc_store_begin_commit (memory->store, snapshot, pending, database, inputs);
}

void
arc_memory_add_build (ArcMemory *memory, ArcBuild *build)
{
  /* The last one is asked for each of its files when what it did not do is restored. */
  if (memory->history->len > 0)
    arc_build_trim (memory->history->pdata[memory->history->len - 1]);
  g_ptr_array_add (memory->history, build);
  if (memory->history->len > ARC_HISTORY_MAX)
    g_ptr_array_remove_index (memory->history, 0);

  save_history (memory);
}

const GPtrArray *
arc_memory_get_history (const ArcMemory *memory)
{
  return memory->history;
}

const ArcBuild *
arc_memory_get_last_build (const ArcMemory *memory)
{
  return memory->history->len > 0 ? g_ptr_array_index (memory->history, memory->history->len - 1)
                                  : NULL;
}

guint64
arc_memory_get_last_id (const ArcMemory *memory)
{
  const ArcBuild *last = arc_memory_get_last_build (memory);

  return last != NULL ? last->id : 0;
}

guint64
arc_memory_get_built_id (const ArcMemory *memory)
{
  for (guint i = memory->history->len; i > 0; i--)
    {
      const ArcBuild *build = g_ptr_array_index (memory->history, i - 1);

      if (build->result == ARC_RESULT_SUCCESS)
        return build->id;
    }

  return 0;
}

gboolean
arc_memory_retry (ArcMemory *memory)
{
  if (arc_memory_get_problem (memory) != NULL)
    save_history (memory);

  return memory->commit_problem != NULL;
}
