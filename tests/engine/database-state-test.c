/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/database-state.h"

#include "engine-fixture.h"
#include "test-disk.h"
#include "test-util.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#define ALL "A one.org\nA two.org\n"

/* Ends BUILD with RESULT, as after a process. Returns: what arc_database_state_end_build() returns.
 */
static gboolean
end_build (ArcEngineFixture *fixture,
           ArcBuild *build,
           ArcResult result,
           int exit_status,
           gboolean last_try)
{
  build->result = result;
  build->exit_status = exit_status;
  arc_engine_fixture_look (fixture);

  return arc_database_state_end_build (fixture->database, build, TRUE, last_try);
}

/* A build of KIND with the number ID writes the database, and succeeds. */
static void
build (ArcEngineFixture *fixture, guint64 id, ArcBuildKind kind)
{
  g_autoptr (ArcBuild) record = arc_engine_fixture_take (fixture, id, kind);
  g_autofree char *text = g_uuid_string_random ();

  arc_engine_fixture_write_database (fixture, text);
  g_assert_false (end_build (fixture, record, ARC_RESULT_SUCCESS, 0, FALSE));
  arc_database_state_commit (fixture->database);
}

/* A service that has started and built everything. */
static void
set_up_built (ArcEngineFixture *fixture, gconstpointer data)
{
  arc_engine_fixture_set_up (fixture, data);
  arc_engine_fixture_start (fixture);
  g_assert_false (arc_database_state_check (fixture->database, FALSE));
  build (fixture, 1, arc_database_state_take_wanted (fixture->database));
  g_assert_true (arc_pending_changes_is_true (fixture->database->pending));
}

static void
write_before_build (const char *path, const char *text)
{
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  arc_test_wait_until_old (path);
}

static void
set_database (ArcEngineFixture *fixture, const char *name)
{
  g_free (fixture->config->database);
  fixture->config->database = g_build_filename (fixture->scratch, "data", name, NULL);
}

/* (transfer full): a build that has taken what is pending, and in which the note NAME failed. */
static ArcBuild *
take_failing (ArcEngineFixture *fixture, guint64 id, ArcBuildKind kind, const char *name)
{
  g_autofree char *path = arc_engine_fixture_get_path (fixture, name);
  ArcBuild *record = arc_engine_fixture_take (fixture, id, kind);

  arc_build_add_failed_file (record, path, "it is locked");

  return record;
}

static void
test_new (ArcEngineFixture *fixture, gconstpointer data)
{
  ArcDatabaseState *database = fixture->database;

  g_assert_cmpstr (database->database, ==, fixture->config->database);
  g_assert_false (arc_pending_changes_is_true (database->pending));
  g_assert_cmpuint (database->pending->built_serial, ==, 0);
  g_assert_null (database->built.settings);
  g_assert_null (database->built.database);
  g_assert_null (arc_build_inputs_get_database (database->inputs));
  g_assert_cmpuint (fixture->n_inputs, ==, 0);
}

/* The function is called after a look. */
static void
test_inputs (ArcEngineFixture *fixture, gconstpointer data)
{
  arc_engine_fixture_look (fixture);
  g_assert_false (arc_build_inputs_has_database (fixture->database->inputs));
  g_assert_cmpuint (fixture->n_inputs, ==, 0);

  g_assert_true (g_file_set_contents (fixture->config->database, "rows", -1, NULL));
  arc_test_wait_until (fixture->n_inputs > 0);
  g_assert_true (arc_build_inputs_has_database (fixture->database->inputs));
}

static void
test_load_nothing (ArcEngineFixture *fixture, gconstpointer data)
{
  g_assert_false (arc_engine_fixture_start (fixture));
  g_assert_false (arc_pending_changes_is_true (fixture->database->pending));
  g_assert_false (arc_database_state_check (fixture->database, FALSE));
}

/* What the last run left is current, and a difference to it is one. */
static void
test_load (ArcEngineFixture *fixture, gconstpointer data)
{
  g_autofree char *settings = g_strdup (fixture->database->built.settings);

  g_assert_nonnull (settings);
  arc_engine_fixture_restart (fixture);
  g_assert_true (arc_engine_fixture_start (fixture));
  g_assert_true (arc_pending_changes_is_true (fixture->database->pending));
  g_assert_cmpuint (fixture->database->pending->built_serial, >, 0);
  g_assert_cmpstr (fixture->database->built.settings, ==, settings);
  g_assert_cmpstr (fixture->database->built.tree, ==,
                   arc_build_inputs_get_tree (fixture->database->inputs));
  g_assert_false (arc_database_state_check (fixture->database, FALSE));

  arc_engine_fixture_restart (fixture);
  g_assert_true (g_file_set_contents (fixture->config->database, "other rows", -1, NULL));
  g_assert_true (arc_engine_fixture_start (fixture));
  g_assert_true (arc_database_state_check (fixture->database, FALSE));

  g_strfreev (fixture->config->command);
  fixture->config->command = arc_test_make_strv ("false", NULL);
  arc_engine_fixture_restart (fixture);
  g_assert_true (arc_engine_fixture_start (fixture));
  g_assert_true (arc_database_state_check (fixture->database, TRUE));

  set_database (fixture, "other.db");
  arc_engine_fixture_restart (fixture);
  g_assert_false (arc_engine_fixture_start (fixture));
}

/* The files that the last build named count in the next run, too. */
static void
test_load_named (ArcEngineFixture *fixture, gconstpointer data)
{
  g_autofree char *input = g_build_filename (fixture->scratch, "input.el", NULL);
  g_autoptr (ArcBuild) record = NULL;

  write_before_build (input, "1");
  record = arc_engine_fixture_take (fixture, 2, ARC_BUILD_FULL);
  arc_build_inputs_add_named (fixture->database->inputs, input);
  end_build (fixture, record, ARC_RESULT_SUCCESS, 0, FALSE);
  arc_database_state_commit (fixture->database);

  arc_engine_fixture_restart (fixture);
  g_assert_true (arc_engine_fixture_start (fixture));
  g_assert_false (arc_database_state_check (fixture->database, FALSE));
  g_assert_true (g_file_set_contents (input, "2", -1, NULL));
  arc_engine_fixture_look (fixture);
  g_assert_true (arc_database_state_check (fixture->database, FALSE));
}

static void
test_set_config (ArcEngineFixture *fixture, gconstpointer data)
{
  ArcDatabaseState *database = fixture->database;
  const guint64 serial = database->pending->change_serial;

  fixture->config->timing.debounce++;
  g_assert_false (arc_database_state_set_config (database, fixture->config));
  /* It looks at what the settings name. */
  arc_test_wait_until (fixture->n_inputs > 0);
  g_assert_true (arc_pending_changes_is_true (database->pending));
  g_assert_false (arc_database_state_check (database, FALSE));

  set_database (fixture, "other.db");
  g_assert_true (arc_database_state_set_config (database, fixture->config));
  g_assert_cmpstr (database->database, ==, fixture->config->database);
  g_assert_cmpuint (database->pending->change_serial, ==, serial + 1);
  g_assert_false (arc_pending_changes_is_true (database->pending));
  arc_engine_fixture_write_database (fixture, "rows of another program");
  g_assert_cmpint (arc_database_state_take_wanted (database), ==, ARC_BUILD_FULL);
  /* What is seen first of the other database is not a difference. */
  g_assert_false (arc_database_state_check (database, FALSE));
}

static guint
count_gone (ArcEngineFixture *fixture, const ArcBuild *record, const char *name)
{
  g_autofree char *path = arc_engine_fixture_get_path (fixture, name);
  g_autoptr (ArcChangeSet) gone = arc_database_state_find_gone (fixture->database, record, path);
  const guint n = arc_change_set_get_size (gone);

  g_assert_true (n == 0 || arc_change_set_lookup (gone, path, NULL));

  return n;
}

static void
test_find_gone (ArcEngineFixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) record = NULL;

  arc_engine_fixture_touch (fixture, "one.org");
  record = arc_engine_fixture_take (fixture, 2, ARC_BUILD_INCREMENTAL);
  g_assert_cmpuint (count_gone (fixture, record, "one.org"), ==, 1);
  /* It was not in the list. */
  g_assert_cmpuint (count_gone (fixture, record, "two.org"), ==, 0);

  /* While it cannot be seen, it is no change; as soon as it can, it is one. */
  arc_engine_fixture_set_away (fixture, TRUE);
  g_assert_cmpuint (count_gone (fixture, record, "one.org"), ==, 0);
  g_assert_false (arc_engine_fixture_is_pending (fixture, "one.org"));
  arc_engine_fixture_set_away (fixture, FALSE);
  arc_test_wait_until (arc_engine_fixture_is_pending (fixture, "one.org"));
  /* It is pending anyway. */
  g_assert_cmpuint (count_gone (fixture, record, "one.org"), ==, 0);
}

static void
test_check (ArcEngineFixture *fixture, gconstpointer data)
{
  ArcDatabaseState *database = fixture->database;
  const guint64 serial = database->pending->change_serial;

  g_assert_false (arc_database_state_check (database, FALSE));
  arc_engine_fixture_write_database (fixture, "rows of another program");
  /* A build may have written it. */
  g_assert_false (arc_database_state_check (database, TRUE));
  g_assert_cmpuint (database->pending->change_serial, ==, serial);
  g_assert_true (arc_database_state_check (database, FALSE));
  g_assert_cmpuint (database->pending->change_serial, ==, serial + 1);
  /* Each difference is found once. */
  g_assert_false (arc_database_state_check (database, FALSE));
  g_assert_cmpuint (database->pending->change_serial, ==, serial + 1);

  g_strfreev (fixture->config->command);
  fixture->config->command = arc_test_make_strv ("false", NULL);
  arc_database_state_set_config (database, fixture->config);
  g_assert_true (arc_database_state_check (database, TRUE));
  g_assert_false (arc_database_state_check (database, TRUE));
  g_assert_cmpuint (database->pending->change_serial, ==, serial + 2);
}

/* A program writes the database in several steps: the message about the next build comes once. */
static void
test_check_message (ArcEngineFixture *fixture, gconstpointer data)
{
  ArcDatabaseState *database = fixture->database;

  arc_engine_fixture_write_database (fixture, "rows of another program");
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "*database is another one*");
  g_assert_true (arc_database_state_check (database, FALSE));
  g_test_assert_expected_messages ();

  arc_database_state_want (database, ARC_BUILD_FULL);
  arc_engine_fixture_write_database (fixture, "more rows of another program");
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "nothing else");
  g_assert_true (arc_database_state_check (database, FALSE));
  g_message ("nothing else");
  g_test_assert_expected_messages ();
}

static gboolean
needs_build (ArcEngineFixture *fixture, ArcOnStart on_start, gboolean unavailable)
{
  return arc_database_state_needs_build (fixture->database, on_start, unavailable);
}

/* Nothing is known. */
static void
test_needs_first_build (ArcEngineFixture *fixture, gconstpointer data)
{
  arc_engine_fixture_write_database (fixture, "rows of another program");
  g_assert_true (needs_build (fixture, ARC_ON_START_CHANGED, FALSE));
  g_assert_cmpint (arc_database_state_take_wanted (fixture->database), ==, ARC_BUILD_FULL);
  g_assert_false (needs_build (fixture, ARC_ON_START_NEVER, FALSE));
  g_assert_cmpint (arc_database_state_take_wanted (fixture->database), ==, ARC_BUILD_FULL);
  g_assert_true (needs_build (fixture, ARC_ON_START_ALWAYS, FALSE));
  g_assert_cmpint (arc_database_state_take_wanted (fixture->database), ==, ARC_BUILD_FULL);
}

static void
test_needs_build (ArcEngineFixture *fixture, gconstpointer data)
{
  g_assert_false (needs_build (fixture, ARC_ON_START_CHANGED, FALSE));
  g_assert_false (needs_build (fixture, ARC_ON_START_NEVER, FALSE));
  g_assert_true (needs_build (fixture, ARC_ON_START_CHANGED, TRUE));
  g_assert_false (needs_build (fixture, ARC_ON_START_NEVER, TRUE));
  g_assert_cmpint (arc_database_state_take_wanted (fixture->database), ==, ARC_BUILD_INCREMENTAL);
  g_assert_true (needs_build (fixture, ARC_ON_START_ALWAYS, FALSE));
  g_assert_cmpint (arc_database_state_take_wanted (fixture->database), ==, ARC_BUILD_FULL);

  arc_engine_fixture_touch (fixture, "one.org");
  g_assert_true (needs_build (fixture, ARC_ON_START_CHANGED, FALSE));
  g_assert_false (needs_build (fixture, ARC_ON_START_NEVER, FALSE));
  g_assert_cmpint (arc_database_state_take_wanted (fixture->database), ==, ARC_BUILD_INCREMENTAL);
}

static void
test_wanted (ArcEngineFixture *fixture, gconstpointer data)
{
  ArcDatabaseState *database = fixture->database;

  arc_database_state_want (database, ARC_BUILD_CLEAN);
  arc_database_state_want (database, ARC_BUILD_FULL);
  arc_database_state_want (database, ARC_BUILD_INCREMENTAL);
  g_assert_cmpint (arc_database_state_take_wanted (database), ==, ARC_BUILD_CLEAN);
  g_assert_cmpint (arc_database_state_take_wanted (database), ==, ARC_BUILD_INCREMENTAL);

  /* Without a database, at least everything is built. */
  g_assert_no_errno (g_unlink (database->database));
  arc_engine_fixture_look (fixture);
  g_assert_cmpint (arc_database_state_take_wanted (database), ==, ARC_BUILD_FULL);
  arc_database_state_want (database, ARC_BUILD_CLEAN);
  g_assert_cmpint (arc_database_state_take_wanted (database), ==, ARC_BUILD_CLEAN);
}

static void
test_take (ArcEngineFixture *fixture, gconstpointer data)
{
  ArcPendingChanges *pending = fixture->database->pending;
  g_autoptr (ArcBuild) incremental = NULL;
  g_autoptr (ArcBuild) full = NULL;
  guint64 serial;

  arc_engine_fixture_touch (fixture, "one.org");
  serial = pending->change_serial;
  incremental = arc_engine_fixture_take (fixture, 2, ARC_BUILD_INCREMENTAL);
  g_assert_cmpstr (fixture->out, ==, "M one.org\n");
  g_assert_cmpuint (incremental->n_changed, ==, 1);
  g_assert_cmpuint (arc_change_set_get_size (pending->pending), ==, 0);
  g_assert_cmpuint (pending->taken_serial, ==, serial);
  g_assert_cmpuint (pending->change_serial, ==, serial);
  end_build (fixture, incremental, ARC_RESULT_SUCCESS, 0, FALSE);
  arc_database_state_commit (fixture->database);

  /* Until it has succeeded, the rows are unknown. */
  full = arc_engine_fixture_take (fixture, 3, ARC_BUILD_FULL);
  g_assert_cmpstr (fixture->out, ==, ALL);
  g_assert_cmpuint (full->n_changed, ==, 2);
  g_assert_cmpuint (pending->change_serial, ==, serial + 1);
  g_assert_false (arc_pending_changes_is_true (pending));
}

/* A new database has no rows, whatever the build is for. */
static void
test_take_without_database (ArcEngineFixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) record = NULL;

  g_assert_no_errno (g_unlink (fixture->database->database));
  arc_engine_fixture_look (fixture);
  record = arc_engine_fixture_take (fixture, 2, ARC_BUILD_INCREMENTAL);
  g_assert_false (arc_pending_changes_is_true (fixture->database->pending));
}

/* The next service knows what a build that was killed may have done. */
static void
test_take_and_die (ArcEngineFixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) incremental = NULL;
  g_autoptr (ArcBuild) full = NULL;

  arc_engine_fixture_touch (fixture, "one.org");
  incremental = arc_engine_fixture_take (fixture, 2, ARC_BUILD_INCREMENTAL);
  arc_engine_fixture_restart (fixture);
  g_assert_true (arc_engine_fixture_start (fixture));
  g_assert_true (arc_engine_fixture_is_pending (fixture, "one.org"));
  g_assert_false (arc_engine_fixture_is_pending (fixture, "two.org"));

  full = arc_engine_fixture_take (fixture, 3, ARC_BUILD_FULL);
  arc_engine_fixture_restart (fixture);
  g_assert_false (arc_engine_fixture_start (fixture));
}

/* What cannot be seen is no change; the list of a full build has it, so that its rows stay. */
static void
test_take_hidden (ArcEngineFixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) incremental = NULL;
  g_autoptr (ArcBuild) full = NULL;

  arc_engine_fixture_touch (fixture, "one.org");
  arc_engine_fixture_set_away (fixture, TRUE);
  incremental = arc_engine_fixture_take (fixture, 2, ARC_BUILD_INCREMENTAL);
  g_assert_cmpstr (fixture->out, ==, "");
  g_assert_cmpuint (incremental->n_changed, ==, 0);
  end_build (fixture, incremental, ARC_RESULT_SUCCESS, 0, FALSE);
  arc_database_state_commit (fixture->database);
  arc_engine_fixture_set_away (fixture, FALSE);
  arc_test_wait_until (arc_engine_fixture_is_pending (fixture, "one.org"));
  g_assert_false (arc_engine_fixture_is_pending (fixture, "two.org"));

  arc_engine_fixture_set_away (fixture, TRUE);
  full = arc_engine_fixture_take (fixture, 3, ARC_BUILD_FULL);
  g_assert_cmpstr (fixture->out, ==, ALL);
  arc_engine_fixture_set_away (fixture, FALSE);
  arc_test_wait_until (arc_engine_fixture_is_pending (fixture, "two.org"));
}

static void
test_was_removed (ArcEngineFixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) record = arc_engine_fixture_take (fixture, 2, ARC_BUILD_FULL);
  g_autofree char *old = g_strdup (fixture->config->database);

  g_assert_false (arc_database_state_was_removed (fixture->database));
  g_assert_no_errno (g_unlink (fixture->database->database));
  arc_engine_fixture_look (fixture);
  g_assert_true (arc_database_state_was_removed (fixture->database));

  /* Other settings name one that is not there yet: that is not the one that the build writes. */
  set_database (fixture, "other.db");
  arc_database_state_set_config (fixture->database, fixture->config);
  arc_engine_fixture_look (fixture);
  g_assert_false (arc_database_state_was_removed (fixture->database));
  g_free (fixture->config->database);
  fixture->config->database = g_steal_pointer (&old);
  arc_database_state_set_config (fixture->database, fixture->config);
  arc_engine_fixture_look (fixture);
  g_assert_true (arc_database_state_was_removed (fixture->database));

  /* A command that makes none. */
  end_build (fixture, record, ARC_RESULT_FAILED, 2, FALSE);
  arc_database_state_restore (fixture->database, record);
  arc_build_free (g_steal_pointer (&record));
  record = arc_engine_fixture_take (fixture, 3, ARC_BUILD_FULL);
  g_assert_false (arc_database_state_was_removed (fixture->database));
}

/* The database that a build has left is the one that the next build finds. */
static void
test_end_build (ArcEngineFixture *fixture, gconstpointer data)
{
  ArcDatabaseState *database = fixture->database;
  g_autoptr (ArcBuild) record = arc_engine_fixture_take (fixture, 2, ARC_BUILD_INCREMENTAL);

  arc_engine_fixture_write_database (fixture, "rows of the build");
  g_assert_false (end_build (fixture, record, ARC_RESULT_SUCCESS, 0, FALSE));
  g_assert_cmpstr (database->built.database, ==, arc_build_inputs_get_database (database->inputs));
  arc_database_state_commit (database);
  g_assert_false (arc_database_state_check (database, FALSE));

  /* A build without a process has written nothing. */
  arc_build_free (g_steal_pointer (&record));
  record = arc_engine_fixture_take (fixture, 3, ARC_BUILD_INCREMENTAL);
  arc_engine_fixture_write_database (fixture, "rows of another program");
  record->result = ARC_RESULT_SPAWN_FAILED;
  g_assert_false (arc_database_state_end_build (database, record, FALSE, FALSE));
  arc_database_state_restore (database, record);
  g_assert_true (arc_database_state_check (database, FALSE));
}

/* The settings name another database by now: what is there was not built. */
static void
test_end_build_of_other_database (ArcEngineFixture *fixture, gconstpointer data)
{
  ArcDatabaseState *database = fixture->database;
  g_autoptr (ArcBuild) record = arc_engine_fixture_take (fixture, 2, ARC_BUILD_INCREMENTAL);
  g_autofree char *old = g_strdup (fixture->config->database);

  set_database (fixture, "other.db");
  arc_database_state_set_config (database, fixture->config);
  g_assert_false (end_build (fixture, record, ARC_RESULT_SUCCESS, 0, FALSE));
  g_assert_null (database->built.database);
  arc_database_state_commit (database);
  g_assert_false (arc_pending_changes_is_true (database->pending));

  /* The next service takes the files for those of the database that was built. */
  arc_engine_fixture_restart (fixture);
  g_assert_false (arc_engine_fixture_start (fixture));
  g_free (fixture->config->database);
  fixture->config->database = g_steal_pointer (&old);
  arc_engine_fixture_restart (fixture);
  g_assert_true (arc_engine_fixture_start (fixture));
}

/* The database lacks what an incremental build needs. */
static void
test_end_build_without_data (ArcEngineFixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) first = arc_engine_fixture_take (fixture, 2, ARC_BUILD_INCREMENTAL);
  g_autoptr (ArcBuild) second = NULL;

  end_build (fixture, first, ARC_RESULT_FAILED, EX_DATAERR - 1, FALSE);
  arc_database_state_restore (fixture->database, first);
  g_assert_cmpint (arc_database_state_take_wanted (fixture->database), ==, ARC_BUILD_INCREMENTAL);

  second = arc_engine_fixture_take (fixture, 3, ARC_BUILD_INCREMENTAL);
  end_build (fixture, second, ARC_RESULT_FAILED, EX_DATAERR, FALSE);
  arc_database_state_restore (fixture->database, second);
  g_assert_cmpint (arc_database_state_take_wanted (fixture->database), ==, ARC_BUILD_FULL);
}

static void
test_end_last_try (ArcEngineFixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) first = NULL;
  g_autoptr (ArcBuild) second = NULL;

  arc_engine_fixture_touch (fixture, "one.org");
  first = take_failing (fixture, 2, ARC_BUILD_INCREMENTAL, "one.org");
  g_assert_false (end_build (fixture, first, ARC_RESULT_FAILED, ARC_BUILD_PARTIAL_STATUS, FALSE));
  arc_database_state_restore (fixture->database, first);

  second = take_failing (fixture, 3, ARC_BUILD_INCREMENTAL, "one.org");
  g_assert_true (end_build (fixture, second, ARC_RESULT_FAILED, ARC_BUILD_PARTIAL_STATUS, TRUE));
}

/* A file that a build names counts from then on. That it is named is no difference. */
static void
test_named (ArcEngineFixture *fixture, gconstpointer data)
{
  ArcDatabaseState *database = fixture->database;
  g_autofree char *input = g_build_filename (fixture->scratch, "input.el", NULL);
  g_autoptr (ArcBuild) failed = arc_engine_fixture_take (fixture, 2, ARC_BUILD_FULL);
  g_autoptr (ArcBuild) record = NULL;

  g_assert_true (g_file_set_contents (input, "1", -1, NULL));
  arc_build_inputs_add_named (database->inputs, input);
  end_build (fixture, failed, ARC_RESULT_FAILED, 2, FALSE);
  arc_database_state_restore (database, failed);
  write_before_build (input, "2");
  arc_engine_fixture_look (fixture);
  g_assert_false (arc_database_state_check (database, FALSE));

  record = arc_engine_fixture_take (fixture, 3, ARC_BUILD_FULL);
  arc_build_inputs_add_named (database->inputs, input);
  end_build (fixture, record, ARC_RESULT_SUCCESS, 0, FALSE);
  arc_database_state_commit (database);
  g_assert_false (arc_database_state_check (database, FALSE));
  g_assert_true (g_file_set_contents (input, "3", -1, NULL));
  arc_engine_fixture_look (fixture);
  g_assert_true (arc_database_state_check (database, FALSE));
}

/* What is written while a build runs, the build may have read before or after. */
static void
test_input_changes (ArcEngineFixture *fixture, gconstpointer data)
{
  ArcDatabaseState *database = fixture->database;
  g_autofree char *input = g_build_filename (fixture->scratch, "input.el", NULL);
  g_autofree char *other = g_build_filename (fixture->scratch, "other.el", NULL);
  g_autoptr (ArcBuild) first = NULL;
  g_autoptr (ArcBuild) second = NULL;

  write_before_build (other, "1");
  write_before_build (input, "1");
  first = arc_engine_fixture_take (fixture, 2, ARC_BUILD_FULL);
  arc_build_inputs_add_named (database->inputs, input);
  end_build (fixture, first, ARC_RESULT_SUCCESS, 0, FALSE);
  arc_database_state_commit (database);
  g_assert_false (arc_database_state_check (database, FALSE));

  second = arc_engine_fixture_take (fixture, 3, ARC_BUILD_FULL);
  g_assert_true (g_file_set_contents (input, "2", -1, NULL));
  arc_build_inputs_add_named (database->inputs, input);
  arc_build_inputs_add_named (database->inputs, other);
  end_build (fixture, second, ARC_RESULT_SUCCESS, 0, FALSE);
  arc_database_state_commit (database);
  g_assert_true (arc_database_state_check (database, FALSE));
}

/* A full build with the number ID names PATH, which FUNC (nullable) changes meanwhile. Returns:
 * whether another one is needed. */
static gboolean
build_naming (ArcEngineFixture *fixture, guint64 id, const char *path, int (*func) (const char *))
{
  g_autoptr (ArcBuild) record = arc_engine_fixture_take (fixture, id, ARC_BUILD_FULL);

  if (func != NULL)
    g_assert_no_errno (func (path));
  arc_build_inputs_add_named (fixture->database->inputs, path);
  end_build (fixture, record, ARC_RESULT_SUCCESS, 0, FALSE);
  arc_database_state_commit (fixture->database);

  return arc_database_state_check (fixture->database, FALSE);
}

static int
remove_directory (const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);

  return g_remove (path) == 0 ? g_rmdir (directory) : -1;
}

static int
replace_by_directory (const char *path)
{
  return g_remove (path) == 0 ? g_mkdir (path, 0700) : -1;
}

static int
create (const char *path)
{
  return g_file_set_contents (path, "1", -1, NULL) ? 0 : -1;
}

/* A file that is removed while the first build runs that names it, the build may have read. */
static void
test_input_goes (ArcEngineFixture *fixture, gconstpointer data)
{
  static int (*const funcs[]) (const char *) = { g_remove, remove_directory, replace_by_directory };

  for (guint i = 0; i < G_N_ELEMENTS (funcs); i++)
    {
      g_autofree char *name = g_strdup_printf ("directory%u", i);
      g_autofree char *directory = g_build_filename (fixture->scratch, name, NULL);
      g_autofree char *input = g_build_filename (directory, "input.el", NULL);

      g_assert_no_errno (g_mkdir (directory, 0700));
      write_before_build (input, "1");
      g_assert_true (build_naming (fixture, 2 * i + 2, input, funcs[i]));
      g_assert_false (build_naming (fixture, 2 * i + 3, input, NULL));
    }
}

static int
put_new_link (const char *path)
{
  g_autofree char *profile = g_path_get_dirname (path);
  g_autofree char *scratch = g_path_get_dirname (profile);
  g_autofree char *link = g_build_filename (scratch, "generation", NULL);

  return g_remove (link) == 0 ? symlink ("2", link) : -1;
}

/* A file behind links, one of which leads to another directory with older files then: Guix and Nix
 * update a profile so. */
static void
test_input_link (ArcEngineFixture *fixture, gconstpointer data)
{
  g_autofree char *profile = g_build_filename (fixture->scratch, "profile", NULL);
  g_autofree char *link = g_build_filename (fixture->scratch, "generation", NULL);
  g_autofree char *input = g_build_filename (profile, "input.el", NULL);

  for (guint i = 1; i <= 2; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);
      g_autofree char *directory = g_build_filename (fixture->scratch, name, NULL);
      g_autofree char *file = g_build_filename (directory, "input.el", NULL);

      g_assert_no_errno (g_mkdir (directory, 0700));
      g_assert_true (g_file_set_contents (file, "1", -1, NULL));
    }
  g_assert_no_errno (symlink ("1", link));
  g_assert_no_errno (symlink ("generation", profile));
  arc_test_wait_until_old (input);
  g_assert_true (build_naming (fixture, 2, input, put_new_link));
  g_assert_false (build_naming (fixture, 3, input, NULL));
}

/* One that was never there has not changed, and counts from then on. */
static void
test_input_missing (ArcEngineFixture *fixture, gconstpointer data)
{
  g_autofree char *directory = g_build_filename (fixture->scratch, "directory", NULL);
  g_autofree char *input = g_build_filename (directory, "input.el", NULL);

  g_assert_no_errno (g_mkdir (directory, 0700));
  arc_test_wait_until_old (input);
  g_assert_false (build_naming (fixture, 2, input, NULL));

  g_assert_true (g_file_set_contents (input, "1", -1, NULL));
  arc_engine_fixture_look (fixture);
  g_assert_true (arc_database_state_check (fixture->database, FALSE));
}

/* Builds that each make and name another file cause the next one three times, not for ever. */
static void
test_input_temporary (ArcEngineFixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 6; i++)
    {
      g_autofree char *name = g_strdup_printf ("input%u.el", i);
      g_autofree char *input = g_build_filename (fixture->scratch, name, NULL);

      g_assert_cmpint (build_naming (fixture, i + 2, input, create), ==, i < 3);
    }
}

/* What came while the build ran is pending, here and in the next service. */
static void
test_commit (ArcEngineFixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) record = NULL;

  arc_engine_fixture_touch (fixture, "one.org");
  record = arc_engine_fixture_take (fixture, 2, ARC_BUILD_INCREMENTAL);
  arc_engine_fixture_touch (fixture, "two.org");
  end_build (fixture, record, ARC_RESULT_SUCCESS, 0, FALSE);
  arc_database_state_commit (fixture->database);
  g_assert_false (arc_pending_changes_is_true (fixture->database->pending));
  g_assert_false (arc_engine_fixture_is_pending (fixture, "one.org"));
  g_assert_true (arc_engine_fixture_is_pending (fixture, "two.org"));

  arc_engine_fixture_restart (fixture);
  g_assert_true (arc_engine_fixture_start (fixture));
  g_assert_false (arc_engine_fixture_is_pending (fixture, "one.org"));
  g_assert_true (arc_engine_fixture_is_pending (fixture, "two.org"));
}

/* The database has the settings that a full build began with. An incremental build leaves rows of
 * the settings before. */
static void
test_commit_settings (ArcEngineFixture *fixture, gconstpointer data)
{
  ArcDatabaseState *database = fixture->database;
  g_autofree char *before = g_strdup (database->built.settings);

  g_strfreev (fixture->config->command);
  fixture->config->command = arc_test_make_strv ("false", NULL);
  arc_database_state_set_config (database, fixture->config);
  arc_engine_fixture_look (fixture);
  g_assert_true (arc_database_state_check (database, FALSE));
  build (fixture, 2, ARC_BUILD_INCREMENTAL);
  g_assert_cmpstr (database->built.settings, ==, before);
  build (fixture, 3, ARC_BUILD_FULL);
  g_assert_cmpstr (database->built.settings, !=, before);

  arc_engine_fixture_restart (fixture);
  g_assert_true (arc_engine_fixture_start (fixture));
  g_assert_false (arc_database_state_check (fixture->database, FALSE));
}

/* All of it has to be done again, and as much as the build was to do. */
static void
test_restore (ArcEngineFixture *fixture, gconstpointer data)
{
  ArcDatabaseState *database = fixture->database;
  g_autoptr (ArcBuild) incremental = NULL;
  g_autoptr (ArcBuild) full = NULL;

  arc_engine_fixture_touch (fixture, "one.org");
  incremental = arc_engine_fixture_take (fixture, 2, ARC_BUILD_INCREMENTAL);
  end_build (fixture, incremental, ARC_RESULT_FAILED, 2, FALSE);
  arc_database_state_restore (database, incremental);
  g_assert_true (arc_engine_fixture_is_pending (fixture, "one.org"));
  g_assert_cmpint (arc_database_state_take_wanted (database), ==, ARC_BUILD_INCREMENTAL);

  full = arc_engine_fixture_take (fixture, 3, ARC_BUILD_FULL);
  end_build (fixture, full, ARC_RESULT_FAILED, 2, FALSE);
  arc_database_state_restore (database, full);
  g_assert_true (arc_engine_fixture_is_pending (fixture, "one.org"));
  g_assert_cmpint (arc_database_state_take_wanted (database), ==, ARC_BUILD_FULL);
  g_assert_false (arc_pending_changes_is_true (database->pending));
  /* The next service does not know what the database has. */
  arc_engine_fixture_restart (fixture);
  g_assert_false (arc_engine_fixture_start (fixture));
}

/* The database has all but the files that failed, here and in the next service. */
static void
test_restore_failed_files (ArcEngineFixture *fixture, gconstpointer data)
{
  ArcDatabaseState *database = fixture->database;
  g_autoptr (ArcBuild) record = take_failing (fixture, 2, ARC_BUILD_FULL, "two.org");

  end_build (fixture, record, ARC_RESULT_FAILED, ARC_BUILD_PARTIAL_STATUS, FALSE);
  arc_database_state_restore (database, record);
  g_assert_false (arc_engine_fixture_is_pending (fixture, "one.org"));
  g_assert_true (arc_engine_fixture_is_pending (fixture, "two.org"));
  g_assert_cmpint (arc_database_state_take_wanted (database), ==, ARC_BUILD_INCREMENTAL);

  arc_engine_fixture_restart (fixture);
  g_assert_true (arc_engine_fixture_start (fixture));
  g_assert_false (arc_engine_fixture_is_pending (fixture, "one.org"));
  g_assert_true (arc_engine_fixture_is_pending (fixture, "two.org"));
}

/* A build whose end could not be written. */
static void
fail_to_write (ArcEngineFixture *fixture)
{
  g_autoptr (ArcBuild) record = NULL;

  arc_engine_fixture_touch (fixture, "one.org");
  record = arc_engine_fixture_take (fixture, 2, ARC_BUILD_INCREMENTAL);
  end_build (fixture, record, ARC_RESULT_SUCCESS, 0, FALSE);
  arc_state_store_unlock (fixture->store);
  arc_test_disk_fail_rename ("snapshot");
  arc_database_state_commit (fixture->database);
  arc_test_wait_until (arc_state_store_get_problem (fixture->store) != NULL);
  arc_state_store_unlock (fixture->store);
  arc_test_disk_fail_rename (NULL);
}

static void
test_retry_write (ArcEngineFixture *fixture, gconstpointer data)
{
  fail_to_write (fixture);
  arc_database_state_retry_write (fixture->database);
  arc_test_wait_until (arc_state_store_get_problem (fixture->store) == NULL);

  arc_engine_fixture_restart (fixture);
  g_assert_true (arc_engine_fixture_start (fixture));
  g_assert_true (arc_pending_changes_is_true (fixture->database->pending));
}

/* A build that took nothing was abandoned meanwhile. */
static void
test_retry_after_abandoned (ArcEngineFixture *fixture, gconstpointer data)
{
  g_autoptr (ArcBuild) record = arc_build_new (3, ARC_BUILD_INCREMENTAL, ARC_CAUSE_CHANGE, 0);

  fail_to_write (fixture);
  record->result = ARC_RESULT_CANCELED;
  arc_database_state_end_build (fixture->database, record, FALSE, FALSE);
  arc_database_state_restore (fixture->database, record);
  arc_database_state_retry_write (fixture->database);
  arc_test_wait_until (arc_state_store_get_problem (fixture->store) == NULL);

  arc_engine_fixture_restart (fixture);
  g_assert_true (arc_engine_fixture_start (fixture));
  g_assert_false (arc_engine_fixture_is_pending (fixture, "one.org"));
}

/* The rows are not those of the snapshot: the next build will write it, and the next service has
 * what the build began with. */
static void
test_retry_no_write (ArcEngineFixture *fixture, gconstpointer data)
{
  fail_to_write (fixture);
  arc_database_state_want (fixture->database, ARC_BUILD_FULL);
  arc_database_state_retry_write (fixture->database);
  arc_engine_fixture_restart (fixture);
  arc_engine_fixture_start (fixture);
  g_assert_true (arc_engine_fixture_is_pending (fixture, "one.org"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

#define ADD(path, set_up, function)                                                                \
  g_test_add ("/database-state/" path, ArcEngineFixture, NULL, set_up, function,                   \
              arc_engine_fixture_tear_down)
#define ADD_NEW(path, function)   ADD (path, arc_engine_fixture_set_up, function)
#define ADD_BUILT(path, function) ADD (path, set_up_built, function)
  ADD_NEW ("new", test_new);
  ADD_NEW ("inputs", test_inputs);
  ADD_NEW ("load/nothing", test_load_nothing);
  ADD_BUILT ("load", test_load);
  ADD_BUILT ("load/named", test_load_named);
  ADD_BUILT ("set-config", test_set_config);
  ADD_BUILT ("find-gone", test_find_gone);
  ADD_BUILT ("check", test_check);
  ADD_BUILT ("check-message", test_check_message);
  ADD_NEW ("needs-build/first", test_needs_first_build);
  ADD_BUILT ("needs-build", test_needs_build);
  ADD_BUILT ("wanted", test_wanted);
  ADD_BUILT ("take", test_take);
  ADD_BUILT ("take/without-database", test_take_without_database);
  ADD_BUILT ("take/die", test_take_and_die);
  ADD_BUILT ("take/hidden", test_take_hidden);
  ADD_BUILT ("was-removed", test_was_removed);
  ADD_BUILT ("end-build", test_end_build);
  ADD_BUILT ("end-build/other-database", test_end_build_of_other_database);
  ADD_BUILT ("end-build/without-data", test_end_build_without_data);
  ADD_BUILT ("end-build/last-try", test_end_last_try);
  ADD_BUILT ("end-build/named", test_named);
  ADD_BUILT ("end-build/input-changes", test_input_changes);
  ADD_BUILT ("end-build/input-goes", test_input_goes);
  ADD_BUILT ("end-build/input-link", test_input_link);
  ADD_BUILT ("end-build/input-missing", test_input_missing);
  ADD_BUILT ("end-build/input-temporary", test_input_temporary);
  ADD_BUILT ("commit", test_commit);
  ADD_BUILT ("commit/settings", test_commit_settings);
  ADD_BUILT ("restore", test_restore);
  ADD_BUILT ("restore/failed-files", test_restore_failed_files);
  ADD_BUILT ("retry-write", test_retry_write);
  ADD_BUILT ("retry-write/abandoned", test_retry_after_abandoned);
  ADD_BUILT ("retry-write/not", test_retry_no_write);
#undef ADD_BUILT
#undef ADD_NEW
#undef ADD

  return g_test_run ();
}
