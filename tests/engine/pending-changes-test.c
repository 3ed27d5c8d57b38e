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
  return arc_change_set_lookup (arc_pending_changes_get_pending (pending_changes), path, NULL);
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
  g_assert_null (arc_pending_changes_get_taken (pending_changes));
  arc_pending_changes_take (pending_changes);
  g_assert_cmpuint (arc_change_set_get_size (arc_pending_changes_get_taken (pending_changes)), ==,
                    2);
  g_assert_cmpuint (arc_change_set_get_size (arc_pending_changes_get_pending (pending_changes)), ==,
                    0);
  g_assert_cmpuint (arc_pending_changes_get_taken_serial (pending_changes), ==,
                    arc_pending_changes_get_change_serial (pending_changes));
  g_assert_false (arc_pending_changes_is_true (pending_changes));

  see (pending_changes, "/org/c.org");
  g_assert_cmpuint (arc_pending_changes_get_taken_serial (pending_changes), <,
                    arc_pending_changes_get_change_serial (pending_changes));

  return pending_changes;
}

static void
test_commit (void)
{
  g_autoptr (ArcPendingChanges) pending_changes = new_building ();
  const guint64 serial = arc_pending_changes_get_change_serial (pending_changes);

  arc_pending_changes_commit (pending_changes);
  g_assert_null (arc_pending_changes_get_taken (pending_changes));
  g_assert_cmpuint (arc_change_set_get_size (arc_pending_changes_get_pending (pending_changes)), ==,
                    1);
  g_assert_cmpuint (arc_pending_changes_get_built_serial (pending_changes), ==, serial - 1);
  g_assert_false (arc_pending_changes_is_true (pending_changes));

  arc_pending_changes_take (pending_changes);
  arc_pending_changes_commit (pending_changes);
  g_assert_cmpuint (arc_pending_changes_get_built_serial (pending_changes), ==, serial);
  g_assert_true (arc_pending_changes_is_true (pending_changes));

  arc_pending_changes_add_unknown (pending_changes);
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
  g_assert_cmpuint (arc_change_set_get_size (arc_pending_changes_get_pending (pending_changes)), ==,
                    3);
  g_assert_null (arc_pending_changes_get_taken (pending_changes));
  g_assert_false (arc_pending_changes_is_true (pending_changes));

  /* A build that took nothing leaves nothing. */
  g_assert_false (arc_pending_changes_restore (pending_changes, build, snapshot));
  g_assert_cmpuint (arc_change_set_get_size (arc_pending_changes_get_pending (pending_changes)), ==,
                    3);
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
  g_assert_cmpuint (arc_change_set_get_size (arc_pending_changes_get_pending (pending_changes)), ==,
                    2);
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
  g_assert_cmpuint (arc_pending_changes_get_taken_serial (pending_changes), ==,
                    arc_pending_changes_get_change_serial (pending_changes));
  see (pending_changes, "/org/a.org");
  g_assert_cmpuint (arc_pending_changes_get_taken_serial (pending_changes), <,
                    arc_pending_changes_get_change_serial (pending_changes));
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
  g_assert_cmpuint (arc_pending_changes_get_taken_serial (pending_changes), ==,
                    arc_pending_changes_get_change_serial (pending_changes));
  g_assert_false (arc_pending_changes_is_true (pending_changes));
}

/* What turns out to be out of sight is for no build. */
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
  g_assert_cmpuint (arc_change_set_get_size (arc_pending_changes_get_pending (pending_changes)), ==,
                    1);
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

  return g_test_run ();
}
