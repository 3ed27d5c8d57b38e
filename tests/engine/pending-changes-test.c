/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/pending-changes.h"

static void
see (ArcPendingChanges *ledger, const char *path)
{
  g_autoptr (ArcChangeSet) changes = arc_change_set_new ();

  arc_change_set_add (changes, path, ARC_CHANGE_MODIFIED);
  arc_pending_changes_add (ledger, changes);
}

static gboolean
is_pending (ArcPendingChanges *ledger, const char *path)
{
  return arc_change_set_lookup (arc_pending_changes_get_pending (ledger), path, NULL);
}

/* A ledger whose build has taken /org/a.org and /org/b.org, since when /org/c.org was seen. */
static ArcPendingChanges *
new_building (void)
{
  ArcPendingChanges *ledger = arc_pending_changes_new ();

  g_assert_false (arc_pending_changes_is_true (ledger));
  arc_pending_changes_set_true (ledger);
  g_assert_true (arc_pending_changes_is_true (ledger));

  see (ledger, "/org/a.org");
  see (ledger, "/org/b.org");
  g_assert_null (arc_pending_changes_get_taken (ledger));
  arc_pending_changes_take (ledger);
  g_assert_cmpuint (arc_change_set_get_size (arc_pending_changes_get_taken (ledger)), ==, 2);
  g_assert_cmpuint (arc_change_set_get_size (arc_pending_changes_get_pending (ledger)), ==, 0);
  g_assert_cmpuint (arc_pending_changes_get_taken_serial (ledger), ==,
                    arc_pending_changes_get_change_serial (ledger));
  g_assert_false (arc_pending_changes_is_true (ledger));

  see (ledger, "/org/c.org");
  g_assert_cmpuint (arc_pending_changes_get_taken_serial (ledger), <,
                    arc_pending_changes_get_change_serial (ledger));

  return ledger;
}

static void
test_commit (void)
{
  g_autoptr (ArcPendingChanges) ledger = new_building ();
  const guint64 serial = arc_pending_changes_get_change_serial (ledger);

  arc_pending_changes_commit (ledger);
  g_assert_null (arc_pending_changes_get_taken (ledger));
  g_assert_cmpuint (arc_change_set_get_size (arc_pending_changes_get_pending (ledger)), ==, 1);
  g_assert_cmpuint (arc_pending_changes_get_built_serial (ledger), ==, serial - 1);
  g_assert_false (arc_pending_changes_is_true (ledger));

  arc_pending_changes_take (ledger);
  arc_pending_changes_commit (ledger);
  g_assert_cmpuint (arc_pending_changes_get_built_serial (ledger), ==, serial);
  g_assert_true (arc_pending_changes_is_true (ledger));

  arc_pending_changes_add_unknown (ledger);
  g_assert_false (arc_pending_changes_is_true (ledger));
}

static void
test_restore (void)
{
  g_autoptr (ArcPendingChanges) ledger = new_building ();
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcBuild) build = arc_build_new (1, ARC_BUILD_INCREMENTAL, ARC_CAUSE_CHANGE, 1);

  build->result = ARC_RESULT_TIMEOUT;
  g_assert_false (arc_pending_changes_restore (ledger, build, snapshot));
  g_assert_cmpuint (arc_change_set_get_size (arc_pending_changes_get_pending (ledger)), ==, 3);
  g_assert_null (arc_pending_changes_get_taken (ledger));
  g_assert_false (arc_pending_changes_is_true (ledger));

  /* A build that took nothing leaves nothing. */
  g_assert_false (arc_pending_changes_restore (ledger, build, snapshot));
  g_assert_cmpuint (arc_change_set_get_size (arc_pending_changes_get_pending (ledger)), ==, 3);
}

static void
test_restore_some (void)
{
  g_autoptr (ArcPendingChanges) ledger = new_building ();
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcBuild) build = arc_build_new (1, ARC_BUILD_INCREMENTAL, ARC_CAUSE_CHANGE, 1);

  build->result = ARC_RESULT_FAILED;
  build->exit_status = ARC_BUILD_PARTIAL_STATUS;
  arc_build_add_failed_file (build, "/org/b.org", NULL);
  g_assert_true (arc_pending_changes_restore (ledger, build, snapshot));
  g_assert_cmpuint (arc_change_set_get_size (arc_pending_changes_get_pending (ledger)), ==, 2);
  g_assert_true (is_pending (ledger, "/org/b.org"));
  g_assert_true (is_pending (ledger, "/org/c.org"));
  g_assert_false (arc_pending_changes_is_true (ledger));
}

/* The database was true, and a full build that nobody had to make found out that it is not. */
static void
test_restore_of_full_build (void)
{
  g_autoptr (ArcPendingChanges) ledger = arc_pending_changes_new ();
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcBuild) build = arc_build_new (1, ARC_BUILD_FULL, ARC_CAUSE_REQUEST, 1);
  const ArcFingerprint fingerprint = { .inode = 1 };

  arc_snapshot_set_file (snapshot, "/org", "a.org", &fingerprint, NULL);
  arc_pending_changes_set_true (ledger);
  arc_pending_changes_take (ledger);
  build->result = ARC_RESULT_FAILED;
  build->exit_status = ARC_BUILD_PARTIAL_STATUS;
  arc_build_add_failed_file (build, "/org/a.org", NULL);
  g_assert_true (arc_pending_changes_restore (ledger, build, snapshot));
  g_assert_true (is_pending (ledger, "/org/a.org"));
  g_assert_false (arc_pending_changes_is_true (ledger));

  arc_pending_changes_take (ledger);
  arc_pending_changes_commit (ledger);
  g_assert_true (arc_pending_changes_is_true (ledger));
}

/* A build that missed a file leaves the database untrue. */
static void
test_gone (void)
{
  g_autoptr (ArcPendingChanges) ledger = arc_pending_changes_new ();
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcBuild) build = arc_build_new (1, ARC_BUILD_INCREMENTAL, ARC_CAUSE_CHANGE, 1);
  g_autoptr (ArcChangeSet) none = NULL;
  g_autoptr (ArcChangeSet) gone = NULL;
  g_autoptr (ArcChangeSet) again = NULL;
  const ArcFingerprint fingerprint = { .inode = 1 };

  arc_snapshot_set_file (snapshot, "/org", "a.org", &fingerprint, NULL);
  see (ledger, "/org/a.org");
  arc_pending_changes_take (ledger);
  none = arc_pending_changes_find_gone (ledger, build, snapshot, "/org/b.org");
  g_assert_cmpuint (arc_change_set_get_size (none), ==, 0);

  gone = arc_pending_changes_find_gone (ledger, build, snapshot, "/org/a.org");
  g_assert_true (arc_change_set_lookup (gone, "/org/a.org", NULL));
  g_assert_cmpuint (arc_pending_changes_get_taken_serial (ledger), ==,
                    arc_pending_changes_get_change_serial (ledger));
  arc_pending_changes_add (ledger, gone);
  g_assert_cmpuint (arc_pending_changes_get_taken_serial (ledger), <,
                    arc_pending_changes_get_change_serial (ledger));
  again = arc_pending_changes_find_gone (ledger, build, snapshot, "/org/a.org");
  g_assert_cmpuint (arc_change_set_get_size (again), ==, 0);
  arc_pending_changes_commit (ledger);
  g_assert_true (is_pending (ledger, "/org/a.org"));
  g_assert_false (arc_pending_changes_is_true (ledger));
}

/* What turns out to be out of sight is for no build. */
static void
test_forget (void)
{
  g_autoptr (ArcPendingChanges) ledger = arc_pending_changes_new ();
  g_autoptr (ArcChangeSet) hidden = arc_change_set_new ();

  see (ledger, "/org/a.org");
  see (ledger, "/org/b.org");
  arc_change_set_add (hidden, "/org/b.org", ARC_CHANGE_MODIFIED);
  arc_change_set_add (hidden, "/org/c.org", ARC_CHANGE_MODIFIED);
  arc_pending_changes_forget (ledger, hidden);
  g_assert_true (is_pending (ledger, "/org/a.org"));
  g_assert_cmpuint (arc_change_set_get_size (arc_pending_changes_get_pending (ledger)), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/ledger/commit", test_commit);
  g_test_add_func ("/ledger/restore", test_restore);
  g_test_add_func ("/ledger/restore/some", test_restore_some);
  g_test_add_func ("/ledger/restore/full", test_restore_of_full_build);
  g_test_add_func ("/ledger/gone", test_gone);
  g_test_add_func ("/ledger/forget", test_forget);

  return g_test_run ();
}
