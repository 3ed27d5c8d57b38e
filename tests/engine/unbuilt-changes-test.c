/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/unbuilt-changes.h"

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

/* What BUILD leaves; "none" if NULL. It took an added, a modified and a deleted file; beside those,
 * the tree holds /org/kept.org, and /org/gone.org was deleted while it ran. */
static char *
get_remainder (const ArcBuild *build)
{
  g_autoptr (ArcChangeSet) taken = arc_change_set_new ();
  g_autoptr (ArcChangeSet) pending = arc_change_set_new ();
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  g_autoptr (ArcChangeSet) remainder = NULL;
  const ArcFingerprint fingerprint = { .inode = 1 };
  GString *text = g_string_new (NULL);

  arc_change_set_add (taken, "/org/new.org", ARC_CHANGE_ADDED);
  arc_change_set_add (taken, "/org/old.org", ARC_CHANGE_MODIFIED);
  arc_change_set_add (taken, "/org/deleted.org", ARC_CHANGE_DELETED);
  arc_change_set_add (pending, "/org/gone.org", ARC_CHANGE_DELETED);
  arc_snapshot_set_file (snapshot, "/org", "new.org", &fingerprint, NULL);
  arc_snapshot_set_file (snapshot, "/org", "old.org", &fingerprint, NULL);
  arc_snapshot_set_file (snapshot, "/org", "kept.org", &fingerprint, NULL);

  remainder = arc_unbuilt_changes_new (build, taken, snapshot, pending);
  if (remainder != NULL)
    arc_change_set_foreach (remainder, append, text);
  else
    g_string_assign (text, "none");

  return g_string_free (text, FALSE);
}

static void
test_remainder (void)
{
  const struct
  {
    ArcBuildKind kind;
    int status;
    const char *failed;
    const char *expected;
  } cases[] = {
    { ARC_BUILD_INCREMENTAL, 1, "/org/new.org", "A/org/new.org " },
    { ARC_BUILD_INCREMENTAL, 1, "/org/old.org /org/new.org", "A/org/new.org M/org/old.org " },
    { ARC_BUILD_INCREMENTAL, 1, "/org/deleted.org", "D/org/deleted.org " },
    { ARC_BUILD_INCREMENTAL, 1, "/org/new.org /org/new.org", "A/org/new.org " },

    /* Whatever it means, it is not that the rest is done. */
    { ARC_BUILD_INCREMENTAL, 1, "", "none" },
    { ARC_BUILD_INCREMENTAL, 2, "/org/new.org", "none" },
    { ARC_BUILD_INCREMENTAL, 0, "/org/new.org", "none" },

    /* A file that it was not told of. */
    { ARC_BUILD_INCREMENTAL, 1, "/org/new.org /org/kept.org", "none" },
    { ARC_BUILD_FULL, 1, "/org/new.org /org/other.org", "none" },

    /* A full build is told of every file, also of one that is gone by its end. */
    { ARC_BUILD_FULL, 1, "/org/kept.org /org/new.org", "M/org/kept.org A/org/new.org " },
    { ARC_BUILD_CLEAN, 1, "/org/gone.org", "M/org/gone.org " },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (ArcBuild) build = new_build (cases[i].kind, cases[i].status, cases[i].failed);
      g_autofree char *found = get_remainder (build);

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
      found = get_remainder (build);
      g_assert_cmpstr (found, ==, result == ARC_RESULT_FAILED ? "A/org/new.org " : "none");
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
  enough = get_remainder (build);
  g_assert_cmpstr (enough, ==, "A/org/new.org ");

  arc_build_add_failed_file (build, "/org/new.org", NULL);
  too_many = get_remainder (build);
  g_assert_cmpstr (too_many, ==, "none");
}

static void
test_has_gone (void)
{
  const struct
  {
    ArcBuildKind kind;
    const char *path;
    char expected; /* the letter; 0: nothing is to be done again */
  } cases[] = {
    { ARC_BUILD_INCREMENTAL, "/org/new.org", 'A' },
    { ARC_BUILD_INCREMENTAL, "/org/old.org", 'M' },
    { ARC_BUILD_FULL, "/org/old.org", 'M' },
    { ARC_BUILD_CLEAN, "/org/kept.org", 'M' },

    /* What it was not told is there, it cannot miss. */
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
  g_autoptr (ArcChangeSet) taken = arc_change_set_new ();
  g_autoptr (ArcChangeSet) pending = arc_change_set_new ();
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();

  arc_change_set_add (taken, "/org/new.org", ARC_CHANGE_ADDED);
  arc_change_set_add (taken, "/org/old.org", ARC_CHANGE_MODIFIED);
  arc_change_set_add (taken, "/org/away.org", ARC_CHANGE_MODIFIED);
  arc_change_set_add (taken, "/org/deleted.org", ARC_CHANGE_DELETED);
  arc_change_set_add (taken, "/org/back.org", ARC_CHANGE_DELETED);
  arc_change_set_add (pending, "/org/gone.org", ARC_CHANGE_DELETED);
  arc_change_set_add (pending, "/org/touched.org", ARC_CHANGE_MODIFIED);
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
          arc_unbuilt_changes_has_gone (build, taken, snapshot, pending, cases[i].path, &change);

      g_test_message ("%s", cases[i].path);
      g_assert_cmpint (has ? (char) change : 0, ==, cases[i].expected);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/remainder/files", test_remainder);
  g_test_add_func ("/remainder/other-ends", test_other_ends);
  g_test_add_func ("/remainder/too-many", test_too_many);
  g_test_add_func ("/remainder/gone", test_has_gone);

  return g_test_run ();
}
