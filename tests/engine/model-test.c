/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Whatever happens, in whatever order: when it is over, the database holds the tree.
 *
 * Each run is a random schedule of work in the tree, of builds that end in every way, of services
 * that stop or are killed, of monitors that turn deaf, of state files that are damaged and of
 * requests, with the real watcher, runner and store. The database is a copy of the tree that knows
 * only what its list has (copy-build.c).
 *
 * A run depends on the seed alone, but for how fast things happen. To do one again:
 *   arc-model-test --seed=SEED -p /model/NUMBER
 * ARC_MODEL_RUNS is how many there are. --verbose shows what they do.
 *
 * ARC_MODEL_DAY=1 runs a day of the service instead, in some minutes: /model/day. */

#include "engine/builder.h"

#include "common/error.h"
#include "common/path-filter.h"
#include "state/history-file.h"
#include "test-clock.h"
#include "test-notes.h"
#include "test-promise.h"
#include "test-util.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECOND ((gint64) G_USEC_PER_SEC)

#define DEFAULT_RUNS 25
#define STEPS        40

/* The day: MaxLoad, in parts of ARC_LOAD_SCALE, is so low that each build has to rest. */
#define HOURS        24
#define DAY_MAX_LOAD 1

/* What may be in use at its end and was not after the first hours: the list of changes that
 * GetChanges returns grows. */
#define MAX_BYTES_MORE       (384 * 1024)
#define MAX_DESCRIPTORS_MORE 4

/* How often the system may try to come to rest. */
#define MAX_TRIES 30

/* The files that a build and its end write, in the order of the end's writes. */
static const char *const state_names[] = { "history", "problems", "snapshot" };

static const char costly_script[] =
    "i=0; while [ $i -lt 10000 ]; do i=$((i+1)); done; exec \"$0\" \"$@\"";

#define N_STATE_NAMES G_N_ELEMENTS (state_names)

typedef struct
{
  char *data; /* NULL: there is no such file */
  gsize length;
} StateFile;

typedef struct
{
  GRand *rand;
  GString *trace; /* what was done; not owned */
  char *scratch;
  char *tree;
  char *copy;
  char *database;
  char *out;
  char *state;
  char *fifo;
  ArcTestNotes *notes;
  ArcConfig *config;
  ArcTestClock *clock;

  ArcProcessRunner *runner;
  ArcStateStore *store;
  ArcBuilder *builder;
  gboolean ready;
  gboolean stopped;
  guint64 compared; /* the number of the last comparison */
  guint n_finished;
  gboolean keeps_end;              /* read the state files at the end of a build */
  StateFile at_end[N_STATE_NAMES]; /* what it wrote */
  GPtrArray *syncs;                /* (element-type Sync): the open ones */
  gboolean is_costly;              /* its builds take some milliseconds of CPU time */
  guint64 cost;                    /* CPU time of the builds of this hour, in microseconds */
  guint64 max_cost;                /* of one build */
} Model;

typedef struct
{
  Model *model;
  ArcTestPromise *promise; /* (owned) */
  gboolean lost;           /* the database was taken away since, or the service is gone */
  gboolean done;
  gboolean succeeded;
} Sync;

/* As TAP comments; and forgets it. */
static void
show_trace (GString *trace)
{
  g_auto (GStrv) lines = g_strsplit (trace->str, "\n", -1);

  for (guint i = 0; lines[i] != NULL && (lines[i][0] != '\0' || lines[i + 1] != NULL); i++)
    g_printerr ("# %s\n", lines[i]);
  g_string_truncate (trace, 0);
}

static void add_trace (Model *model, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
add_trace (Model *model, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_string_append_vprintf (model->trace, format, arguments);
  va_end (arguments);
  if (g_test_verbose ())
    show_trace (model->trace);
}

static gboolean
happens (Model *model, int percent)
{
  return g_rand_int_range (model->rand, 0, 100) < percent;
}

static ArcStatus
get_status (Model *model)
{
  ArcStatus status;

  arc_builder_get_status (model->builder, &status);
  return status;
}

static char *
get_state_path (Model *model, const char *name)
{
  return g_build_filename (model->state, name, NULL);
}

static void
write_text (const char *path, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
describe (const char *title, GHashTable *contents)
{
  GHashTableIter iter;
  gpointer name, content;

  g_printerr ("# %s:\n", title);
  g_hash_table_iter_init (&iter, contents);
  while (g_hash_table_iter_next (&iter, &name, &content))
    {
      g_autofree char *shown = g_strescape (name, NULL);

      g_printerr ("#   %s: %.16s\n", shown, (const char *) content);
    }
}

static void G_GNUC_NORETURN
fail (Model *model, const char *what)
{
  g_autoptr (GHashTable) tree = arc_test_notes_read (model->tree);
  g_autoptr (GHashTable) copy = arc_test_notes_read_copy (model->copy);

  describe ("The tree", tree);
  describe ("The copy", copy);
  g_error ("%s", what);
}

/* The states that the store's files are in. */
static void
clear_state_files (StateFile *files)
{
  for (guint i = 0; i < N_STATE_NAMES; i++)
    g_clear_pointer (&files[i].data, g_free);
}

static void
read_state_files (Model *model, StateFile *files)
{
  clear_state_files (files);
  for (guint i = 0; i < N_STATE_NAMES; i++)
    {
      g_autofree char *path = get_state_path (model, state_names[i]);

      g_file_get_contents (path, &files[i].data, &files[i].length, NULL);
    }
}

static void
write_state_file (Model *model, guint index, const StateFile *file)
{
  g_autofree char *path = get_state_path (model, state_names[index]);

  if (file->data == NULL)
    g_unlink (path);
  else
    g_assert_true (g_file_set_contents (path, file->data, (gssize) file->length, NULL));
}

static void
clear_hanging (Model *model)
{
  g_autofree char *hanging = g_build_filename (model->out, "hanging", NULL);

  g_unlink (hanging);
}

static void
on_finished (ArcBuilder *builder, const ArcBuild *build, Model *model)
{
  model->n_finished++;
  model->cost += build->cpu_usec;
  model->max_cost = MAX (model->max_cost, build->cpu_usec);
  clear_hanging (model);
  if (model->keeps_end)
    {
      arc_state_store_unlock (model->store);
      read_state_files (model, model->at_end);
    }
  add_trace (model, "    [build %u %s: %s]\n", (guint) build->id,
             arc_build_kind_to_string (build->kind), arc_result_to_string (build->result));
}

static void
on_rescanned (ArcBuilder *builder, guint64 comparison, guint64 changes, guint64 *compared)
{
  *compared = comparison;
}

static void
make_service (Model *model)
{
  g_autoptr (ArcPathFilter) filter =
      arc_path_filter_new ((const char *const *) model->config->include,
                           (const char *const *) model->config->exclude);
  g_autoptr (ArcWatcher) watcher =
      arc_watcher_new ((const char *const *) model->config->directories, filter, FALSE);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  model->runner = arc_process_runner_new ();
  model->store = arc_state_store_new (model->state);
  arc_state_store_open_async (model->store, model->config->database, 0, NULL, arc_test_take_result,
                              &result);
  arc_test_wait_until (result != NULL);
  arc_state_store_open_finish (model->store, result, &error);
  g_assert_no_error (error);
  model->builder = arc_builder_new (ARC_CLOCK (model->clock), watcher, model->runner, model->store,
                                    model->config);
  model->ready = FALSE;
  model->stopped = FALSE;
  model->compared = 0;
  g_signal_connect (model->builder, "build-finished", G_CALLBACK (on_finished), model);
  g_signal_connect_swapped (model->builder, "ready", G_CALLBACK (arc_test_set_true), &model->ready);
  g_signal_connect (model->builder, "rescanned", G_CALLBACK (on_rescanned), &model->compared);
  g_signal_connect_swapped (model->builder, "stopped", G_CALLBACK (arc_test_set_true),
                            &model->stopped);
}

static void
drop_service (Model *model)
{
  gpointer builder = model->builder;

  g_signal_handlers_disconnect_by_data (model->builder, model);
  g_signal_handlers_disconnect_by_data (model->builder, &model->ready);
  g_signal_handlers_disconnect_by_data (model->builder, &model->compared);
  g_signal_handlers_disconnect_by_data (model->builder, &model->stopped);
  arc_watcher_stop (arc_builder_get_watcher (model->builder));
  g_clear_object (&model->runner);
  arc_state_store_unlock (model->store);
  g_clear_object (&model->store);
  g_object_add_weak_pointer (G_OBJECT (model->builder), &builder);
  g_clear_object (&model->builder);
  arc_test_wait_until (builder == NULL);
}

static void
stop_service (Model *model)
{
  arc_builder_stop (model->builder);
  arc_test_wait_until (model->stopped);
  drop_service (model);
}

static void
lose_syncs (Model *model)
{
  for (guint i = 0; i < model->syncs->len; i++)
    ((Sync *) model->syncs->pdata[i])->lost = TRUE;
}

/* As kill -9 does: the build goes with the service, and nothing is written any more. What the
 * objects write all the same goes where nobody looks for it. */
static void
kill_service (Model *model)
{
  g_autofree char *kept = g_strconcat (model->state, ".kept", NULL);

  lose_syncs (model);
  g_signal_handlers_disconnect_by_data (model->builder, model);
  g_object_run_dispose (G_OBJECT (model->runner));
  g_assert_no_errno (g_rename (model->state, kept));
  arc_builder_stop (model->builder);
  drop_service (model);
  clear_hanging (model);
  arc_test_remove_tree (model->state);
  g_assert_no_errno (g_rename (kept, model->state));
}

static void
start_service (Model *model, gboolean wait)
{
  make_service (model);
  arc_builder_start (model->builder);
  if (wait)
    arc_test_wait_until (model->ready);
}

static void
set_plan (Model *model, int permille, const char *word, int value)
{
  g_autofree char *path = g_build_filename (model->out, "plan", NULL);
  g_autofree char *plan = g_strdup_printf ("%d %s %d\n", permille, word, value);

  add_trace (model, "  plan %s", plan);
  write_text (path, plan);
}

/* The command of the settings. */
static void
set_command (Model *model, const char *program, gint64 timeout)
{
  g_strfreev (model->config->command);
  model->config->command = model->is_costly ? arc_test_make_strv ("/bin/sh", "-c", costly_script,
                                                                  program, model->out, NULL)
                                            : arc_test_make_strv (program, model->out, NULL);
  model->config->timeout = timeout;
  if (model->builder != NULL)
    arc_builder_set_config (model->builder, model->config);
}

static void
set_good_plan (Model *model)
{
  set_plan (model, 1000, "exit", 0);
  set_command (model, ARC_COPY_BUILD, 60 * SECOND);
}

/* A build that waits for it goes on. */
static void
let_go (Model *model)
{
  /* Nobody reads: ENXIO (fifo(7)). */
  const int fd = open (model->fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

  if (fd >= 0)
    close (fd);
}

static gboolean
is_hanging (Model *model)
{
  g_autofree char *hanging = g_build_filename (model->out, "hanging", NULL);

  return arc_process_runner_is_running (model->runner) && g_file_test (hanging, G_FILE_TEST_EXISTS);
}

/* Lets the build that runs, if any, come to its end. */
static gboolean
help_to_end (Model *model)
{
  let_go (model);
  if (is_hanging (model))
    arc_builder_cancel (model->builder, NULL);

  return TRUE;
}

static void
end_build (Model *model)
{
  const guint64 id = get_status (model).current_build;

  if (id != 0)
    arc_test_wait_until (help_to_end (model) && get_status (model).current_build != id);
}

static void
sync_free (Sync *sync)
{
  arc_test_promise_free (sync->promise);
  g_free (sync);
}

static void
on_synced (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Sync *sync = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcBuild) build = g_task_propagate_pointer (G_TASK (result), &error);

  sync->done = TRUE;
  if (build != NULL)
    {
      sync->succeeded = build->result == ARC_RESULT_SUCCESS;
      add_trace (sync->model, "    [sync: build %u %s]\n", (guint) build->id,
                 arc_result_to_string (build->result));
      if (sync->succeeded && !sync->lost &&
          !arc_test_promise_is_kept (sync->promise, sync->model->copy))
        fail (sync->model, "Sync succeeded, but the copy is older than the call");
    }
  else
    {
      add_trace (sync->model, "    [sync: %s]\n", error->message);
    }
}

static Sync *
begin_sync (Model *model)
{
  Sync *sync = g_new0 (Sync, 1);

  sync->model = model;
  sync->promise = arc_test_promise_new (model->tree);
  g_ptr_array_add (model->syncs, sync);
  arc_builder_sync_async (model->builder, on_synced, sync);

  return sync;
}

/* Something was changed in the tree. */
static void
note_work (Model *model)
{
  for (guint i = 0; i < model->syncs->len;)
    {
      Sync *sync = model->syncs->pdata[i];

      if (sync->done)
        {
          g_ptr_array_remove_index_fast (model->syncs, i);
          continue;
        }
      arc_test_promise_note_change (sync->promise);
      i++;
    }
}

/* Whether the build has ended: it holds a lock. */
static gboolean
has_ended (Model *model)
{
  g_autofree char *lock = g_build_filename (model->out, "lock", NULL);
  const int fd = open (lock, O_WRONLY | O_CLOEXEC);
  const gboolean ended = flock (fd, LOCK_EX | LOCK_NB) == 0;

  close (fd);
  return ended;
}

static void
work (Model *model)
{
  arc_test_notes_work (model->notes, model->trace);
  add_trace (model, "%s", "");
  note_work (model);
}

static void
deafen (Model *model)
{
  const guint every = g_rand_boolean (model->rand) ? 1 : 3;

  add_trace (model, "  deafen one of %u\n", every);
  arc_test_deafen (every);
}

/* What becomes of the next builds. */
static void
plan (Model *model)
{
  static const int signals[] = { SIGKILL, SIGTERM, SIGSEGV };
  const int permille = g_rand_int_range (model->rand, 0, 3) * 500;
  const guint value = g_rand_int (model->rand);
  const char *program = ARC_COPY_BUILD;
  gint64 timeout = 60 * SECOND;

  switch (g_rand_int_range (model->rand, 0, 12))
    {
    case 0:
      set_plan (model, permille, "exit", 1);
      break;
    case 1:
      set_plan (model, permille, "exit", value % 2 == 0 ? 3 : 65);
      break;
    case 2:
      set_plan (model, permille, "raise", signals[value % G_N_ELEMENTS (signals)]);
      break;
    case 3:
      set_plan (model, permille, "hang", value % 2);
      timeout = value % 3 == 0 ? SECOND / 50 : timeout;
      break;
    case 4:
    case 5:
      set_plan (model, permille, "pause", 0);
      break;
    case 6:
    case 7:
      set_plan (model, 1000, "failed", 1 + value % 3);
      break;
    case 8:
      add_trace (model, "  no program\n");
      program = "/nonexistent/program";
      break;
    default:
      set_plan (model, 1000, "exit", 0);
    }

  set_command (model, program, timeout);
}

/* A problem cannot be reported once the file that has it is gone. */
static void
damage (Model *model)
{
  static const char *const names[] = { "history", "snapshot", "snapshot", "problems" };
  const char *name = names[g_rand_int_range (model->rand, 0, G_N_ELEMENTS (names))];
  g_autofree char *path = get_state_path (model, name);
  const guint32 where = g_rand_int (model->rand);
  const gboolean is_needed = strcmp (name, "problems") == 0;
  const int how = g_rand_int_range (model->rand, 0, is_needed ? 3 : 4);
  g_autofree char *data = NULL;
  gsize length;

  add_trace (model, "  damage %s %d\n", name, how);
  if (!g_file_get_contents (path, &data, &length, NULL) || length == 0)
    return;

  switch (how)
    {
    case 0:
      g_assert_true (g_file_set_contents (path, data, (gssize) (where % length), NULL));
      break;
    case 1:
      data[where % length] ^= (char) (1 << where % 8);
      g_assert_true (g_file_set_contents (path, data, (gssize) length, NULL));
      break;
    case 2:
      write_text (path, "something else\n");
      break;
    default:
      g_assert_no_errno (g_unlink (path));
    }
}

/* Not while a build works in it: nobody could tell then what is left of it. */
static void
remove_database (Model *model)
{
  add_trace (model, "  remove the database\n");
  if (model->runner != NULL && arc_process_runner_is_running (model->runner))
    return;

  lose_syncs (model);
  g_unlink (model->database);
  arc_test_remove_tree (model->copy);
  g_assert_no_errno (g_mkdir (model->copy, 0700));
}

static void
advance (Model *model)
{
  static const int seconds[] = { 1, 5, 6, 61, 181, 700, 4000 };
  const int amount = seconds[g_rand_int_range (model->rand, 0, G_N_ELEMENTS (seconds))];

  add_trace (model, "  advance %d s\n", amount);
  arc_test_clock_advance (model->clock, amount * SECOND);
}

/* The problems are those of the copy, as its builds report them. */
static void
check_problems (Model *model)
{
  g_autoptr (GHashTable) copy = arc_test_notes_read_copy (model->copy);
  const ArcProblemList *problems =
      arc_state_store_get_note_problems (arc_builder_get_store (model->builder));
  GHashTableIter iter;
  gpointer content;
  guint n_odd = 0;

  g_hash_table_iter_init (&iter, copy);
  while (g_hash_table_iter_next (&iter, NULL, &content))
    n_odd += strlen (content) % 2;
  if (problems->count != n_odd)
    fail (model, "The number of problems is wrong");

  for (guint i = 0; i < n_odd; i++)
    {
      const ArcProblem *problem = problems->kept->pdata[i];
      const char *text = g_hash_table_lookup (copy, problem->path + 1);

      if (text == NULL || problem->line % 2 == 0 || strlen (text) != problem->line)
        fail (model, "A problem is not one of the copy");
    }
}

/* A service that has just started and says that the database is fresh has its problems. */
static void
check_remembered (Model *model)
{
  const ArcStatus status = get_status (model);

  if (status.fresh && status.current_build == 0 &&
      g_file_test (model->database, G_FILE_TEST_EXISTS))
    check_problems (model);
}

/* The time without a service, and the next one. */
static void
start_again (Model *model)
{
  static const ArcOnStart on_start[] = { ARC_ON_START_CHANGED, ARC_ON_START_CHANGED,
                                         ARC_ON_START_ALWAYS, ARC_ON_START_NEVER };
  const int n_works = MAX (0, g_rand_int_range (model->rand, -3, 6));
  gboolean wait;

  for (int i = 0; i < n_works; i++)
    work (model);
  if (happens (model, 25))
    damage (model);
  if (happens (model, 5))
    remove_database (model);

  model->config->on_start = on_start[g_rand_int_range (model->rand, 0, G_N_ELEMENTS (on_start))];
  wait = happens (model, 80);
  add_trace (model, "  start, OnStart=%d%s\n", model->config->on_start,
             wait ? "" : ", and go on at once");
  start_service (model, wait);
  check_remembered (model);
}

static void
ask (Model *model, ArcBuildKind kind)
{
  guint64 build;

  add_trace (model, "  rebuild %s\n", arc_build_kind_to_string (kind));
  arc_builder_rebuild (model->builder, kind, &build, NULL);
}

/* Killed between two of the writes with which it keeps the end of a build. */
static void
kill_at_end (Model *model)
{
  const guint n_written = (guint) g_rand_int_range (model->rand, 0, N_STATE_NAMES + 1);
  StateFile before[N_STATE_NAMES] = { { 0 } };
  guint n_finished;
  guint64 id;

  work (model);
  if (g_rand_boolean (model->rand))
    end_build (model);
  if (get_status (model).current_build == 0)
    ask (model, ARC_BUILD_INCREMENTAL);
  id = get_status (model).current_build;
  n_finished = model->n_finished;

  add_trace (model, "  kill at the end of a build, after %u writes\n", n_written);
  if (id != 0)
    arc_test_wait_until (arc_process_runner_is_running (model->runner) ||
                         get_status (model).current_build != id);
  if (!arc_process_runner_is_running (model->runner))
    {
      kill_service (model);
      return;
    }

  read_state_files (model, before);
  model->keeps_end = TRUE;
  arc_test_wait_until (help_to_end (model) && model->n_finished > n_finished);
  model->keeps_end = FALSE;
  kill_service (model);
  for (guint i = 0; i < N_STATE_NAMES; i++)
    write_state_file (model, i, i < n_written ? &model->at_end[i] : &before[i]);
  clear_state_files (before);
}

static void
rescan (Model *model)
{
  const guint64 comparison = arc_builder_compare (model->builder);

  arc_test_wait_until (help_to_end (model) && model->compared >= comparison);
}

static void
check_equal (Model *model, const char *what)
{
  g_autoptr (GHashTable) tree = arc_test_notes_read (model->tree);
  g_autoptr (GHashTable) copy = arc_test_notes_read_copy (model->copy);
  GHashTableIter iter;
  gpointer name, content;

  if (g_hash_table_size (tree) != g_hash_table_size (copy))
    fail (model, what);

  g_hash_table_iter_init (&iter, tree);
  while (g_hash_table_iter_next (&iter, &name, &content))
    if (g_strcmp0 (g_hash_table_lookup (copy, name), content) != 0)
      fail (model, what);
}

/* Who says that the database is fresh must know, if he has just looked at the tree. */
static void
check_fresh (Model *model)
{
  rescan (model);
  if (get_status (model).fresh && g_file_test (model->database, G_FILE_TEST_EXISTS))
    {
      check_equal (model, "Fresh, but the copy is not the tree");
      check_problems (model);
    }
}

static void
check (Model *model)
{
  g_autofree char *overlap = g_build_filename (model->out, "overlap", NULL);
  const ArcStatus status = get_status (model);

  if (g_file_test (overlap, G_FILE_TEST_EXISTS))
    fail (model, "Two builds ran at a time");
  if (status.state == ARC_STATE_IDLE && status.n_pending > 0 && model->ready)
    fail (model, "Idle, but something is pending");
}

/* Whether a build waits until GO is opened, or none is expected to. */
static gboolean
try_to_open (Model *model, int *go)
{
  *go = open (model->fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

  return *go >= 0 || is_hanging (model) || get_status (model).current_build == 0;
}

/* A build reads its files while the directory NAME of the tree is elsewhere. When the service can
 * look again, it is back, as it was. */
static void
hide_from_build (Model *model, const char *name, ArcBuildKind kind)
{
  const gint64 deadline = g_get_monotonic_time () + ARC_TEST_DEADLINE_SECONDS * SECOND;
  g_autofree char *path = g_build_filename (model->tree, name, NULL);
  g_autofree char *away = g_build_filename (model->scratch, "away", NULL);
  gboolean hidden;
  int go;

  set_plan (model, 0, "pause", 0);
  set_command (model, ARC_COPY_BUILD, 60 * SECOND);
  ask (model, kind);
  arc_test_wait_until (try_to_open (model, &go));
  if (go < 0)
    return;

  hidden = g_rename (path, away) == 0;
  if (hidden)
    {
      add_trace (model, "  hide %s\n", name);
      note_work (model);
    }
  close (go);
  while (hidden && !has_ended (model))
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline);
      g_usleep (1000);
    }
  if (hidden)
    {
      g_assert_no_errno (g_rename (away, path));
      note_work (model);
    }
}

static void
step (Model *model)
{
  const int dice = g_rand_int_range (model->rand, 0, 100);
  const gboolean flag = g_rand_boolean (model->rand);

  if (dice < 40)
    work (model);
  else if (dice < 52)
    advance (model);
  else if (dice < 60)
    plan (model);
  else if (dice < 63)
    hide_from_build (model, dice == 60 ? "x" : "y", flag ? ARC_BUILD_INCREMENTAL : ARC_BUILD_FULL);
  else if (dice < 66)
    {
      add_trace (model, "  let the build end\n");
      end_build (model);
    }
  else if (dice < 70)
    {
      add_trace (model, "  sync\n");
      begin_sync (model);
    }
  else if (dice < 74)
    {
      add_trace (model, "  compare\n");
      check_fresh (model);
    }
  else if (dice < 78)
    ask (model, flag ? ARC_BUILD_INCREMENTAL : ARC_BUILD_FULL);
  else if (dice < 80)
    {
      add_trace (model, "  cancel\n");
      arc_builder_cancel (model->builder, NULL);
    }
  else if (dice < 83)
    {
      add_trace (model, "  pause %d\n", flag);
      arc_builder_set_paused_async (model->builder, flag, NULL, NULL);
    }
  else if (dice < 85)
    {
      add_trace (model, "  inhibit %d\n", flag);
      arc_builder_set_held (model->builder, ARC_HOLD_INHIBITED, flag);
    }
  else if (dice < 88)
    deafen (model);
  else if (dice < 89)
    remove_database (model);
  else if (dice < 93)
    {
      add_trace (model, "  kill\n");
      kill_service (model);
      start_again (model);
    }
  else if (dice < 96)
    {
      kill_at_end (model);
      start_again (model);
    }
  else if (dice < 97)
    {
      add_trace (model, "  stop\n");
      stop_service (model);
      start_again (model);
    }
  else
    {
      add_trace (model, "  wait for the first quiet\n");
      arc_test_iterate_for (10);
    }

  if (flag)
    arc_test_dispatch_ready ();
  check (model);
}

/* One that nothing holds and every build of which succeeds. */
static void
make_good (Model *model)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  set_good_plan (model);
  arc_test_wait_until (model->ready);
  end_build (model);
  arc_builder_set_paused_async (model->builder, FALSE, arc_test_take_result, &result);
  arc_test_wait_until (result != NULL);
  arc_builder_set_paused_finish (model->builder, result, &error);
  g_assert_no_error (error);
  arc_builder_set_held (model->builder, ARC_HOLD_INHIBITED, FALSE);

  /* Nothing was remembered, and there were files and no note: it waits for one. */
  while (strstr (get_status (model).health_message, "[Tree] Include") != NULL)
    {
      work (model);
      rescan (model);
    }
}

static gboolean
is_at_rest (Model *model)
{
  const ArcStatus status = get_status (model);

  return status.state == ARC_STATE_IDLE && status.fresh;
}

static void
go_on (Model *model)
{
  const ArcStatus status = get_status (model);

  /* It has given up, or OnStart=never: it waits for a touch. */
  if (status.next_build == 0 &&
      (status.state == ARC_STATE_IDLE || status.reason == ARC_REASON_RETRY))
    ask (model, ARC_BUILD_INCREMENTAL);

  add_trace (model, "  advance\n");
  arc_test_clock_advance (model->clock, 4000 * SECOND);
  end_build (model);
}

/* By asking. */
static void
sync_to_rest (Model *model)
{
  for (guint i = 0; i < MAX_TRIES; i++)
    {
      Sync *sync = begin_sync (model);

      add_trace (model, "  last sync\n");
      arc_test_wait_until (help_to_end (model) && sync->done);
      if (sync->succeeded)
        break;
      /* All notes of the root are gone: it waits whether that is meant. */
      arc_test_clock_advance (model->clock, 60 * SECOND);
      rescan (model);
    }
}

/* By itself, since it has compared the tree. */
static void
wait_for_rest (Model *model)
{
  rescan (model);
  for (guint i = 0; i < MAX_TRIES && !is_at_rest (model); i++)
    {
      go_on (model);
      rescan (model);
    }
}

static void
come_to_rest (Model *model)
{
  const gboolean by_itself = g_rand_boolean (model->rand);

  add_trace (model, "rest\n");
  make_good (model);
  if (by_itself && g_file_test (model->database, G_FILE_TEST_EXISTS))
    wait_for_rest (model);
  else
    sync_to_rest (model);

  check_equal (model, "At rest, but the copy is not the tree");

  /* A monitor may report something late. */
  for (guint i = 0; i < MAX_TRIES && !is_at_rest (model); i++)
    go_on (model);
  if (!is_at_rest (model))
    fail (model, "It does not come to rest");
  check_equal (model, "Idle, but the copy is not the tree");
  check_problems (model);
  add_trace (model, "  start again\n");
  kill_service (model);
  start_service (model, TRUE);
  check_remembered (model);
}

static Model *
model_new (guint number, GString *trace)
{
  Model *model = g_new0 (Model, 1);
  g_autoptr (GError) error = NULL;

  model->rand = g_rand_new_with_seed_array ((guint32[]){ (guint32) g_test_rand_int (), number }, 2);
  model->trace = trace;
  model->scratch = g_dir_make_tmp ("arc-model-XXXXXX", &error);
  g_assert_no_error (error);
  model->tree = g_build_filename (model->scratch, "tree", NULL);
  model->out = g_build_filename (model->scratch, "out", NULL);
  model->copy = g_build_filename (model->out, "copy", NULL);
  model->fifo = g_build_filename (model->out, "go", NULL);
  model->state = g_build_filename (model->scratch, "state", NULL);
  model->database = g_build_filename (model->scratch, "notes.db", NULL);
  g_assert_no_errno (g_mkdir_with_parents (model->copy, 0700));
  g_assert_no_errno (mkfifo (model->fifo, 0600));
  model->syncs = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_free);
  model->notes = arc_test_notes_new (model->tree, model->rand);

  model->clock = arc_test_clock_new ();
  model->config = arc_config_new ();
  g_strfreev (model->config->directories);
  model->config->directories = arc_test_make_strv (model->tree, NULL);
  g_free (model->config->database);
  model->config->database = g_strdup (model->database);
  model->config->on_start = ARC_ON_START_CHANGED;
  model->config->rescan_interval = happens (model, 50) ? 900 * SECOND : 0;
  model->config->stop_grace = SECOND / 50;
  model->config->timing = (ArcTiming){
    .debounce = 5 * SECOND,
    .debounce_limit = 60 * SECOND,
    .cooldown = 180 * SECOND,
    .max_load = happens (model, 50) ? 3 * ARC_LOAD_SCALE / 100 : 0,
    .cooldown_from_change = happens (model, 50),
    .retry_delay = 60 * SECOND,
    .retry_limit = 3,
  };
  set_good_plan (model);

  return model;
}

static void
model_free (Model *model)
{
  stop_service (model);
  g_ptr_array_unref (model->syncs);
  clear_state_files (model->at_end);
  g_object_unref (model->clock);
  arc_config_free (model->config);
  arc_test_notes_free (model->notes);
  g_rand_free (model->rand);
  arc_test_remove_tree (model->scratch);
  g_free (model->scratch);
  g_free (model->tree);
  g_free (model->copy);
  g_free (model->out);
  g_free (model->state);
  g_free (model->fifo);
  g_free (model->database);
  g_free (model);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Model, model_free)

typedef struct
{
  guint number;
  GString *trace;
} Run;

static void
test_run (gconstpointer data)
{
  const Run *run = data;
  g_autoptr (Model) model = NULL;
  int n_works;

  g_string_truncate (run->trace, 0);
  model = model_new (run->number, run->trace);
  n_works = g_rand_int_range (model->rand, 0, 12);
  for (int i = 0; i < n_works; i++)
    work (model);
  start_service (model, TRUE);

  for (guint i = 0; i < STEPS; i++)
    step (model);

  come_to_rest (model);
}

static guint
count_descriptors (void)
{
  g_autoptr (GDir) directory = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  g_assert_nonnull (directory);
  while (g_dir_read_name (directory) != NULL)
    n++;

  return n;
}

static gsize
count_bytes (void)
{
  const struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
}

/* Gives the watcher time to see what was done, most of the time, and lets the build that is due
 * run. */
static void
follow (Model *model)
{
  arc_test_iterate_for (5);
  end_build (model);
}

/* The machine sleeps; no event comes for what others do to the tree meanwhile. */
static void
sleep_and_resume (Model *model)
{
  arc_test_deafen (1);
  work (model);
  arc_test_clock_advance (model->clock, g_rand_int_range (model->rand, 600, 2400) * SECOND);
  arc_builder_compare (model->builder);
}

/* Moves the time on, at least until no build has just ended: what is changed within a second of
 * that counts as changed by the build (engine/loop-guard.h). */
static void
pass_time (Model *model)
{
  gint64 amount = g_rand_int_range (model->rand, 2, 60);
  guint n_finished;

  do
    {
      n_finished = model->n_finished;
      arc_test_clock_advance (model->clock, amount * SECOND);
      follow (model);
      amount = 2;
    }
  while (model->n_finished != n_finished);
}

/* The note that its user works on. */
static void
save (Model *model)
{
  g_autofree char *path = g_build_filename (model->tree, "a.org", NULL);
  g_autofree char *text = g_strnfill ((gsize) g_rand_int_range (model->rand, 1, 1000), 'x');

  /* It may be a directory by now. */
  g_file_set_contents (path, text, -1, NULL);
  note_work (model);
}

/* Half a minute, more or less. */
static void
live_on (Model *model)
{
  const int dice = g_rand_int_range (model->rand, 0, 1000);
  const int n_works = MAX (0, g_rand_int_range (model->rand, -4, 4));

  pass_time (model);
  save (model);
  for (int i = 0; i < n_works; i++)
    work (model);

  if (dice < 10)
    {
      set_command (model, dice < 3 ? "/nonexistent/program" : ARC_COPY_BUILD, 60 * SECOND);
      /* What has failed files has built all others. */
      set_plan (model, 1000, dice < 6 ? "exit" : "failed", 1);
    }
  else if (dice < 200)
    set_good_plan (model);
  else if (dice < 210)
    arc_test_deafen (3);
  else if (dice < 300)
    arc_builder_set_held (model->builder, ARC_HOLD_INHIBITED, dice < 215);
  else if (dice < 303)
    sleep_and_resume (model);

  arc_test_iterate_for (5);
  check (model);
}

/* The builds of an hour take their share, and one build that began with the share taken. */
static void
check_load (Model *model)
{
  const guint64 share = 3600 * SECOND * DAY_MAX_LOAD / ARC_LOAD_SCALE;

  if (model->cost > share + model->max_cost)
    {
      g_printerr ("# %" G_GUINT64_FORMAT " us of %" G_GUINT64_FORMAT "\n", model->cost, share);
      fail (model, "The builds of an hour took more than MaxLoad");
    }
}

/* Everything that a service lives through in a day: at its end it holds no more than after the
 * first hours, when the history was full. */
static void
test_day (gconstpointer data)
{
  GString *trace = (GString *) data;
  g_autoptr (Model) model = model_new (0, trace);
  const gint64 start = arc_clock_get_time (ARC_CLOCK (model->clock));
  guint n_descriptors = 0;
  guint n_builds = 0;
  gsize n_bytes = 0;

  model->config->rescan_interval = 900 * SECOND;
  model->config->timing.cooldown = 300 * SECOND;
  model->is_costly = TRUE;
  set_good_plan (model);
  model->config->timing.max_load = DAY_MAX_LOAD;
  model->config->timing.cooldown_from_change = FALSE;
  start_service (model, TRUE);

  for (guint hour = 1; hour <= HOURS; hour++)
    {
      while (arc_clock_get_time (ARC_CLOCK (model->clock)) < start + hour * 3600 * SECOND)
        live_on (model);

      check_load (model);
      check_fresh (model);
      g_string_truncate (trace, 0);
      if (n_bytes == 0 && model->n_finished > ARC_HISTORY_MAX)
        {
          n_bytes = count_bytes ();
          n_descriptors = count_descriptors ();
        }
      g_printerr ("# hour %u: %u builds, %.3f s of CPU, %" G_GSIZE_FORMAT " kB, %u descriptors\n",
                  hour, model->n_finished - n_builds, (double) model->cost / SECOND,
                  count_bytes () / 1024, count_descriptors ());
      g_assert_cmpuint (model->n_finished, >, n_builds);
      n_builds = model->n_finished;
      model->cost = 0;
    }

  g_assert_cmpuint (n_bytes, >, 0);
  g_assert_cmpuint (count_bytes (), <, n_bytes + MAX_BYTES_MORE);
  g_assert_cmpuint (count_descriptors (), <=, n_descriptors + MAX_DESCRIPTORS_MORE);
  come_to_rest (model);
}

/* Failed builds and damaged files are logged, and are here on purpose. */
static void
on_log (const char *domain, GLogLevelFlags level, const char *message, gpointer trace)
{
  if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0)
    show_trace (trace);
  else if (!g_test_verbose ())
    return;

  g_log_default_handler (domain, level, message, NULL);
}

/* What a build says goes this way. */
static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer unused)
{
  return level >= G_LOG_LEVEL_WARNING && !g_test_verbose ()
             ? G_LOG_WRITER_HANDLED
             : g_log_writer_default (level, fields, n_fields, NULL);
}

int
main (int argc, char *argv[])
{
  g_autoptr (GString) trace = g_string_new (NULL);
  const char *n_runs_text = g_getenv ("ARC_MODEL_RUNS");
  const guint n_runs = n_runs_text != NULL ? (guint) atoi (n_runs_text) : DEFAULT_RUNS;
  g_autofree Run *runs = g_new0 (Run, n_runs);

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_log_set_default_handler (on_log, trace);
  g_log_set_writer_func (write_log, NULL, NULL);

  if (g_getenv ("ARC_MODEL_DAY") != NULL)
    {
      /* What the caches of threads hold counts as in use (mallinfo2(3)). */
      mallopt (M_ARENA_MAX, 1);
      g_test_add_data_func ("/model/day", trace, test_day);
      return g_test_run ();
    }

  for (guint i = 0; i < n_runs; i++)
    {
      g_autofree char *path = g_strdup_printf ("/model/%u", i + 1);

      runs[i] = (Run){ .number = i + 1, .trace = trace };
      g_test_add_data_func (path, &runs[i], test_run);
    }

  return g_test_run ();
}
