/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/pending-changes.h"

static void
see (ArcPendingChanges *pending_changes, const char *path)
{
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();

  arc_change_set_add (changes, path, ARC_CHANGE_MODIFIED);
  arc_pending_changes_add (pending_changes, changes);
}

static gboolean
is_pending (ArcPendingChanges *pending_changes, const char *path)
{
  return arc_change_set_lookup (pending_changes->pending, path, NULL);
}

/* Pending changes whose build has taken /org/a.org and /org/b.org, since when /org/c.org was
 * seen. */
static ArcPendingChanges *
new_building (void)
{
  ArcPendingChanges *pending_changes = arc_pending_changes_new ();

  g_assert_false (arc_pending_changes_is_true (pending_changes));
  arc_pending_changes_set_true (pending_changes);
  g_assert_true (arc_pending_changes_is_true (pending_changes));

  see (pending_changes, "/org/a.org");
  see (pending_changes, "/org/b.org");
  g_assert_null (pending_changes->taken);
  arc_pending_changes_take (pending_changes);
  g_assert_cmpuint (arc_change_set_get_size (pending_changes->taken), ==, 2);
  g_assert_cmpuint (arc_change_set_get_size (pending_changes->pending), ==, 0);
  g_assert_cmpuint (pending_changes->taken_serial, ==, pending_changes->change_serial);
  g_assert_false (arc_pending_changes_is_true (pending_changes));

  see (pending_changes, "/org/c.org");
  g_assert_cmpuint (pending_changes->taken_serial, <, pending_changes->change_serial);

  return pending_changes;
}

static void
test_commit (void)
{
  g_autoptr (ArcPendingChanges) pending_changes = new_building ();
  const guint64 serial = pending_changes->change_serial;

  arc_pending_changes_commit (pending_changes);
  g_assert_null (pending_changes->taken);
  g_assert_cmpuint (arc_change_set_get_size (pending_changes->pending), ==, 1);
  g_assert_cmpuint (pending_changes->built_serial, ==, serial - 1);
  g_assert_false (arc_pending_changes_is_true (pending_changes));

  arc_pending_changes_take (pending_changes);
  arc_pending_changes_commit (pending_changes);
  g_assert_cmpuint (pending_changes->built_serial, ==, serial);
  g_assert_true (arc_pending_changes_is_true (pending_changes));

  arc_pending_changes_add (pending_changes, NULL);
  g_assert_false (arc_pending_changes_is_true (pending_changes));
}

static void
test_restore (void)
{
  g_autoptr (ArcPendingChanges) pending_changes = new_building ();
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcBuild) build = arc_build_new (1, ARC_BUILD_INCREMENTAL, ARC_CAUSE_CHANGE, 1);

  build->result = ARC_RESULT_TIMEOUT;
  g_assert_false (arc_pending_changes_restore (pending_changes, build, snapshot));
  g_assert_cmpuint (arc_change_set_get_size (pending_changes->pending), ==, 3);
  g_assert_null (pending_changes->taken);
  g_assert_false (arc_pending_changes_is_true (pending_changes));

  /* A build that took nothing leaves nothing. */
  g_assert_false (arc_pending_changes_restore (pending_changes, build, snapshot));
  g_assert_cmpuint (arc_change_set_get_size (pending_changes->pending), ==, 3);
}

static void
test_restore_some (void)
{
  g_autoptr (ArcPendingChanges) pending_changes = new_building ();
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcBuild) build = arc_build_new (1, ARC_BUILD_INCREMENTAL, ARC_CAUSE_CHANGE, 1);

  build->result = ARC_RESULT_FAILED;
  build->exit_status = ARC_BUILD_PARTIAL_STATUS;
  arc_build_add_failed_file (build, "/org/b.org", NULL);
  g_assert_true (arc_pending_changes_restore (pending_changes, build, snapshot));
  g_assert_cmpuint (arc_change_set_get_size (pending_changes->pending), ==, 2);
  g_assert_true (is_pending (pending_changes, "/org/b.org"));
  g_assert_true (is_pending (pending_changes, "/org/c.org"));
  g_assert_false (arc_pending_changes_is_true (pending_changes));
}

/* The database was true, and a full build that nobody had to make found out that it is not. */
static void
test_restore_of_full_build (void)
{
  g_autoptr (ArcPendingChanges) pending_changes = arc_pending_changes_new ();
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcBuild) build = arc_build_new (1, ARC_BUILD_FULL, ARC_CAUSE_REQUEST, 1);
  const ArcFingerprint fingerprint = { .inode = 1 };

  arc_snapshot_set_file (snapshot, "/org", "a.org", &fingerprint, NULL);
  arc_pending_changes_set_true (pending_changes);
  arc_pending_changes_take (pending_changes);
  build->result = ARC_RESULT_FAILED;
  build->exit_status = ARC_BUILD_PARTIAL_STATUS;
  arc_build_add_failed_file (build, "/org/a.org", NULL);
  g_assert_true (arc_pending_changes_restore (pending_changes, build, snapshot));
  g_assert_true (is_pending (pending_changes, "/org/a.org"));
  g_assert_false (arc_pending_changes_is_true (pending_changes));

  arc_pending_changes_take (pending_changes);
  arc_pending_changes_commit (pending_changes);
  g_assert_true (arc_pending_changes_is_true (pending_changes));
}

/* A file that a build did not find is pending again: its success leaves the database untrue. */
static void
test_gone (void)
{
  g_autoptr (ArcPendingChanges) pending_changes = arc_pending_changes_new ();

  see (pending_changes, "/org/a.org");
  arc_pending_changes_take (pending_changes);
  g_assert_cmpuint (pending_changes->taken_serial, ==, pending_changes->change_serial);
  see (pending_changes, "/org/a.org");
  g_assert_cmpuint (pending_changes->taken_serial, <, pending_changes->change_serial);
  arc_pending_changes_commit (pending_changes);
  g_assert_true (is_pending (pending_changes, "/org/a.org"));
  g_assert_false (arc_pending_changes_is_true (pending_changes));
}

/* A build that was stopped before it took its changes answers for all that there were. */
static void
test_not_taken (void)
{
  g_autoptr (ArcPendingChanges) pending_changes = arc_pending_changes_new ();
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcBuild) build = arc_build_new (1, ARC_BUILD_INCREMENTAL, ARC_CAUSE_CHANGE, 1);

  build->result = ARC_RESULT_CANCELED;
  see (pending_changes, "/org/a.org");
  g_assert_false (arc_pending_changes_restore (pending_changes, build, snapshot));
  g_assert_true (is_pending (pending_changes, "/org/a.org"));
  g_assert_cmpuint (pending_changes->taken_serial, ==, pending_changes->change_serial);
  g_assert_false (arc_pending_changes_is_true (pending_changes));
}

/* What turns out to be hidden is for no build. */
static void
test_forget (void)
{
  g_autoptr (ArcPendingChanges) pending_changes = arc_pending_changes_new ();
  g_autoptr (ArcChangeSet) hidden = arc_change_set_new ();

  see (pending_changes, "/org/a.org");
  see (pending_changes, "/org/b.org");
  arc_change_set_add (hidden, "/org/b.org", ARC_CHANGE_MODIFIED);
  arc_change_set_add (hidden, "/org/c.org", ARC_CHANGE_MODIFIED);
  arc_pending_changes_forget (pending_changes, hidden);
  g_assert_true (is_pending (pending_changes, "/org/a.org"));
  g_assert_cmpuint (arc_change_set_get_size (pending_changes->pending), ==, 1);
}

/* A file that has had all its tries is not tried again by itself until it changes. */
static void
test_give_up (void)
{
  g_autoptr (ArcPendingChanges) pending_changes = arc_pending_changes_new ();
  g_autoptr (ArcBuild) build = arc_build_new (1, ARC_BUILD_INCREMENTAL, ARC_CAUSE_CHANGE, 1);
  g_autoptr (ArcBuild) killed = arc_build_new (2, ARC_BUILD_INCREMENTAL, ARC_CAUSE_RETRY, 1);

  build->result = ARC_RESULT_FAILED;
  build->exit_status = 1;
  arc_build_add_failed_file (build, "/org/a.org", "why");
  killed->result = ARC_RESULT_SIGNAL;
  g_assert_true (arc_build_is_partial (build));

  g_assert_false (arc_pending_changes_give_up (pending_changes, build, FALSE));
  g_assert_true (arc_pending_changes_give_up (pending_changes, build, TRUE));
  g_assert_false (arc_pending_changes_give_up (pending_changes, killed, TRUE));
  g_assert_true (arc_pending_changes_give_up (pending_changes, build, FALSE));

  /* One that changed while the build ran has all its tries again. */
  see (pending_changes, "/org/a.org");
  g_assert_false (arc_pending_changes_give_up (pending_changes, build, TRUE));
  arc_pending_changes_take (pending_changes);
  g_assert_false (arc_pending_changes_give_up (pending_changes, build, FALSE));
}

/* A build that ended with STATUS after it reported FAILED, paths with spaces between. */
static ArcBuild *
new_build (ArcBuildKind kind, int status, const char *failed)
{
  ArcBuild *build = arc_build_new (1, kind, ARC_CAUSE_CHANGE, 1);
  g_auto (GStrv) paths = g_strsplit (failed, " ", -1);

  build->result = status == 0 ? ARC_RESULT_SUCCESS : ARC_RESULT_FAILED;
  build->exit_status = status;
  for (guint i = 0; paths[i] != NULL; i++)
    arc_build_add_failed_file (build, paths[i], NULL);

  return build;
}

static void
append (const char *path, ArcChange change, gpointer user_data)
{
  g_string_append_printf (user_data, "%c%s ", change, path);
}

/* What is pending after BUILD; "all" if all that it took has to be built again. It took an added, a
 * modified and a deleted file; beside those, the tree holds /org/kept.org, and /org/gone.org was
 * deleted while it ran. */
static char *
get_pending (const ArcBuild *build)
{
  g_autoptr (ArcPendingChanges) pending_changes = arc_pending_changes_new ();
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  const ArcFingerprint fingerprint = { .inode = 1 };
  GString *text = g_string_new (NULL);

  arc_change_set_add (pending_changes->pending, "/org/new.org", ARC_CHANGE_ADDED);
  arc_change_set_add (pending_changes->pending, "/org/old.org", ARC_CHANGE_MODIFIED);
  arc_change_set_add (pending_changes->pending, "/org/deleted.org", ARC_CHANGE_DELETED);
  arc_pending_changes_take (pending_changes);
  arc_change_set_add (pending_changes->pending, "/org/gone.org", ARC_CHANGE_DELETED);
  arc_snapshot_set_file (snapshot, "/org", "new.org", &fingerprint, NULL);
  arc_snapshot_set_file (snapshot, "/org", "old.org", &fingerprint, NULL);
  arc_snapshot_set_file (snapshot, "/org", "kept.org", &fingerprint, NULL);

  if (arc_pending_changes_restore (pending_changes, build, snapshot))
    arc_change_set_foreach (pending_changes->pending, append, text);
  else
    g_string_assign (text, arc_change_set_get_size (pending_changes->pending) == 4 ? "all" : "?");

  return g_string_free (text, FALSE);
}

static void
test_unbuilt (void)
{
  const struct
  {
    ArcBuildKind kind;
    int status;
    const char *failed;
    const char *expected;
  } cases[] = {
    { ARC_BUILD_INCREMENTAL, 1, "/org/new.org", "D/org/gone.org A/org/new.org " },
    { ARC_BUILD_INCREMENTAL, 1, "/org/old.org /org/new.org",
      "D/org/gone.org A/org/new.org M/org/old.org " },
    { ARC_BUILD_INCREMENTAL, 1, "/org/deleted.org", "D/org/deleted.org D/org/gone.org " },
    { ARC_BUILD_INCREMENTAL, 1, "/org/new.org /org/new.org", "D/org/gone.org A/org/new.org " },

    /* Whatever it means, it is not that the rest is done. */
    { ARC_BUILD_INCREMENTAL, 1, "", "all" },
    { ARC_BUILD_INCREMENTAL, 2, "/org/new.org", "all" },
    { ARC_BUILD_INCREMENTAL, 0, "/org/new.org", "all" },

    /* A file that is not on its list. */
    { ARC_BUILD_INCREMENTAL, 1, "/org/new.org /org/kept.org", "all" },
    { ARC_BUILD_FULL, 1, "/org/new.org /org/other.org", "all" },

    /* A full build lists every file, also one that is gone by its end. */
    { ARC_BUILD_FULL, 1, "/org/kept.org /org/new.org",
      "D/org/gone.org M/org/kept.org A/org/new.org " },
    { ARC_BUILD_CLEAN, 1, "/org/gone.org", "D/org/gone.org " },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (ArcBuild) build = new_build (cases[i].kind, cases[i].status, cases[i].failed);
      g_autofree char *found = get_pending (build);

      g_assert_cmpstr (found, ==, cases[i].expected);
    }
}

static void
test_other_ends (void)
{
  for (ArcResult result = 0; result < ARC_N_RESULTS; result++)
    {
      g_autoptr (ArcBuild) build = new_build (ARC_BUILD_INCREMENTAL, 1, "/org/new.org");
      g_autofree char *found = NULL;

      build->result = result;
      found = get_pending (build);
      g_assert_cmpstr (found, ==,
                       result == ARC_RESULT_FAILED ? "D/org/gone.org A/org/new.org " : "all");
    }
}

/* Of too many failed files some are not remembered. */
static void
test_too_many (void)
{
  g_autoptr (ArcBuild) build = new_build (ARC_BUILD_INCREMENTAL, 1, "/org/new.org");
  g_autofree char *enough = NULL;
  g_autofree char *too_many = NULL;

  for (guint i = 1; i < ARC_BUILD_MAX_FAILED_FILES; i++)
    arc_build_add_failed_file (build, "/org/new.org", NULL);
  enough = get_pending (build);
  g_assert_cmpstr (enough, ==, "D/org/gone.org A/org/new.org ");

  arc_build_add_failed_file (build, "/org/new.org", NULL);
  too_many = get_pending (build);
  g_assert_cmpstr (too_many, ==, "all");
}

static void
test_has_gone (void)
{
  const struct
  {
    ArcBuildKind kind;
    const char *path;
    char expected; /* the letter; 0: nothing is pending again */
  } cases[] = {
    { ARC_BUILD_INCREMENTAL, "/org/new.org", 'A' },
    { ARC_BUILD_INCREMENTAL, "/org/old.org", 'M' },
    { ARC_BUILD_FULL, "/org/old.org", 'M' },
    { ARC_BUILD_CLEAN, "/org/kept.org", 'M' },

    /* It cannot miss what was not on its list as present. */
    { ARC_BUILD_INCREMENTAL, "/org/kept.org", 0 },
    { ARC_BUILD_INCREMENTAL, "/org/deleted.org", 0 },
    { ARC_BUILD_INCREMENTAL, "/org/back.org", 0 },
    { ARC_BUILD_FULL, "/org/other.org", 0 },

    /* Its deletion was seen, or will be. */
    { ARC_BUILD_INCREMENTAL, "/org/away.org", 0 },
    { ARC_BUILD_FULL, "/org/away.org", 0 },
    { ARC_BUILD_FULL, "/org/gone.org", 0 },
    { ARC_BUILD_FULL, "/org/touched.org", 0 },
  };
  const ArcFingerprint fingerprint = { .inode = 1 };
  g_autoptr (ArcPendingChanges) pending_changes = arc_pending_changes_new ();
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();

  arc_change_set_add (pending_changes->pending, "/org/new.org", ARC_CHANGE_ADDED);
  arc_change_set_add (pending_changes->pending, "/org/old.org", ARC_CHANGE_MODIFIED);
  arc_change_set_add (pending_changes->pending, "/org/away.org", ARC_CHANGE_MODIFIED);
  arc_change_set_add (pending_changes->pending, "/org/deleted.org", ARC_CHANGE_DELETED);
  arc_change_set_add (pending_changes->pending, "/org/back.org", ARC_CHANGE_DELETED);
  arc_pending_changes_take (pending_changes);
  arc_change_set_add (pending_changes->pending, "/org/gone.org", ARC_CHANGE_DELETED);
  arc_change_set_add (pending_changes->pending, "/org/touched.org", ARC_CHANGE_MODIFIED);
  arc_snapshot_set_file (snapshot, "/org", "new.org", &fingerprint, NULL);
  arc_snapshot_set_file (snapshot, "/org", "old.org", &fingerprint, NULL);
  arc_snapshot_set_file (snapshot, "/org", "kept.org", &fingerprint, NULL);
  arc_snapshot_set_file (snapshot, "/org", "back.org", &fingerprint, NULL);
  arc_snapshot_set_file (snapshot, "/org", "touched.org", &fingerprint, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (ArcBuild) build = arc_build_new (1, cases[i].kind, ARC_CAUSE_CHANGE, 1);
      ArcChange change;
      gboolean has =
          arc_pending_changes_has_gone (pending_changes, build, snapshot, cases[i].path, &change);

      g_test_message ("%s", cases[i].path);
      g_assert_cmpint (has ? (char) change : 0, ==, cases[i].expected);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/pending-changes/commit", test_commit);
  g_test_add_func ("/pending-changes/restore", test_restore);
  g_test_add_func ("/pending-changes/restore/some", test_restore_some);
  g_test_add_func ("/pending-changes/restore/full", test_restore_of_full_build);
  g_test_add_func ("/pending-changes/gone", test_gone);
  g_test_add_func ("/pending-changes/not-taken", test_not_taken);
  g_test_add_func ("/pending-changes/forget", test_forget);
  g_test_add_func ("/pending-changes/give-up", test_give_up);
  g_test_add_func ("/pending-changes/unbuilt/files", test_unbuilt);
  g_test_add_func ("/pending-changes/unbuilt/other-ends", test_other_ends);
  g_test_add_func ("/pending-changes/unbuilt/too-many", test_too_many);
  g_test_add_func ("/pending-changes/has-gone", test_has_gone);

  return g_test_run ();
}
