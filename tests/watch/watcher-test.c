/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "test-disk.h"
#include "test-util.h"
#include "watch/directory-reader.h"
#include "watch/path-monitor.h"
#include "watcher-fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_start (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  arc_fixture_sh (fixture,
                  "cd tree && mkdir -p a/b .git && touch 1.org a/2.org a/b/3.org .git/4.org x");
  arc_fixture_start (fixture, NULL, FALSE);

  g_assert_cmpuint (fixture->n_changed, ==, 0);
  g_assert_cmpuint (fixture->n_settled, ==, 1);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 3);
  g_assert_cmpuint (arc_watcher_get_n_directories (fixture->watcher), ==, 3);
  g_assert_cmpint (arc_watcher_get_health (fixture->watcher), ==, ARC_HEALTH_OK);
  g_assert_cmpstr (arc_watcher_get_health_message (fixture->watcher), ==, "");
  arc_fixture_wait_true (fixture);
}

/* What happened while nobody watched. */
static void
test_start_with_snapshot (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autoptr (ArcSnapshot) snapshot = arc_snapshot_new ();
  static const char *const names[] = { "same.org", "modified.org", "deleted.org", NULL };

  arc_fixture_sh (fixture,
                  "cd tree && mkdir gone && touch same.org modified.org deleted.org gone/1.org");
  arc_fixture_start (fixture, NULL, FALSE);

  for (guint i = 0; names[i] != NULL; i++)
    arc_snapshot_set_file (snapshot, fixture->root, names[i],
                           arc_snapshot_lookup (arc_watcher_get_snapshot (fixture->watcher),
                                                fixture->root, names[i]),
                           NULL);
  {
    g_autofree char *gone = g_build_filename (fixture->root, "gone", NULL);

    arc_snapshot_set_file (snapshot, gone, "1.org",
                           arc_snapshot_lookup (arc_watcher_get_snapshot (fixture->watcher), gone,
                                                "1.org"),
                           NULL);
  }

  arc_watcher_stop (fixture->watcher);
  arc_fixture_sh (
      fixture,
      "cd tree && echo >>modified.org && rm -r deleted.org gone && mkdir new && touch new/2.org");
  arc_fixture_restart (fixture, g_steal_pointer (&snapshot));
  arc_fixture_wait_settled (fixture);

  arc_fixture_wait_true (fixture);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 4);
  arc_fixture_wait_emitted (fixture, "tree/modified.org", ARC_CHANGE_MODIFIED);
  arc_fixture_wait_emitted (fixture, "tree/deleted.org", ARC_CHANGE_DELETED);
  arc_fixture_wait_emitted (fixture, "tree/gone/1.org", ARC_CHANGE_DELETED);
  arc_fixture_wait_emitted (fixture, "tree/new/2.org", ARC_CHANGE_ADDED);
  arc_fixture_assert_none_missed (fixture);
}

static void
test_file (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  arc_fixture_start (fixture, NULL, FALSE);

  arc_fixture_sh (fixture, "echo 1 >tree/n.org");
  arc_fixture_wait_emitted (fixture, "tree/n.org", ARC_CHANGE_ADDED);

  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "echo 2 >>tree/n.org");
  arc_fixture_wait_emitted (fixture, "tree/n.org", ARC_CHANGE_MODIFIED);

  /* Neither size nor time tells. */
  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "cd tree && cp -p n.org ../aside/was && printf '3\\n4\\n' 1<>n.org && "
                           "touch -r ../aside/was n.org");
  arc_fixture_wait_emitted (fixture, "tree/n.org", ARC_CHANGE_MODIFIED);

  /* An older file comes back. */
  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "touch -d 2001-01-01 aside/was && mv aside/was tree/n.org");
  arc_fixture_wait_emitted (fixture, "tree/n.org", ARC_CHANGE_MODIFIED);

  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "rm tree/n.org");
  arc_fixture_wait_emitted (fixture, "tree/n.org", ARC_CHANGE_DELETED);

  arc_fixture_wait_true (fixture);
  arc_fixture_reconcile (fixture);
  arc_fixture_assert_none_missed (fixture);
}

/* The old script lost a file that was replaced by rename, as Syncthing does. */
static void
test_replaced_by_rename (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  arc_fixture_sh (fixture, "echo 1 >tree/n.org");
  arc_fixture_start (fixture, NULL, FALSE);

  arc_fixture_sh (fixture,
                  "cd tree && echo 2 >.syncthing.n.org.tmp && mv .syncthing.n.org.tmp n.org");
  arc_fixture_wait_emitted (fixture, "tree/n.org", ARC_CHANGE_MODIFIED);
  arc_fixture_wait_true (fixture);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 1);
}

/* The old script accepted the first three and refused the last. */
static void
test_names (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const char *const sentinels[] = { "tree", NULL };

  arc_fixture_start (fixture, NULL, FALSE);

  arc_fixture_sh (
      fixture,
      "cd tree && touch note.org.~1~ .note.org.swp note.org.bak '#note.org#' '#note.org' note.org~ "
      "'note.sync-conflict-20240101-000000-ABCDEFG.org' && ln -s me@host.1:2 '.#note.org' && "
      "mkdir .git .hidden && touch .git/a.org .hidden/b.org && touch note.tmp.org");
  arc_fixture_wait_sentinels (fixture, sentinels);
  arc_fixture_wait_true (fixture);
  g_assert_true (arc_fixture_is_emitted (fixture, "tree/note.tmp.org"));
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 2);
}

/* The old script never watched a new directory. */
static void
test_new_directories (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const char *const sentinels[] = { "tree/d1/a", "tree/d1/a/b/c", NULL };

  arc_fixture_start (fixture, NULL, FALSE);

  for (guint i = 0; i < 50; i++)
    {
      arc_fixture_sh (fixture, "mkdir -p tree/d%u/a/b/c && echo >tree/d%u/a/b/c/n.org", i, i);
      for (guint n = i % 7; n > 0; n--)
        g_main_context_iteration (NULL, FALSE);
    }
  arc_fixture_wait_true (fixture);
  arc_fixture_wait_sentinels (fixture, sentinels);
  arc_fixture_assert_none_missed (fixture);
}

static void
test_directory_moves (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const char *const first[] = { "tree/z/x", "tree/z/x/y", NULL };
  static const char *const second[] = { "tree/a", "tree/a/q/r", "tree/b/p", NULL };

  arc_fixture_sh (
      fixture, "mkdir -p tree/a/x/y tree/z aside/in/q/r && touch tree/a/x/1.org tree/a/x/y/2.org "
               "aside/in/3.org aside/in/q/4.org aside/in/q/r/5.org");
  arc_fixture_start (fixture, NULL, FALSE);

  /* Within, at a depth. */
  arc_fixture_sh (fixture, "mv tree/a/x tree/z/x");
  arc_fixture_wait_true (fixture);
  arc_fixture_wait_emitted (fixture, "tree/a/x/y/2.org", ARC_CHANGE_DELETED);
  arc_fixture_wait_emitted (fixture, "tree/z/x/y/2.org", ARC_CHANGE_ADDED);
  arc_fixture_wait_sentinels (fixture, first);

  /* In. */
  arc_fixture_sh (fixture, "mv aside/in/q tree/a/");
  arc_fixture_wait_emitted (fixture, "tree/a/q/r/5.org", ARC_CHANGE_ADDED);

  /* Out; what happens there then is not ours. */
  arc_fixture_sh (fixture, "mv tree/z/x aside/");
  arc_fixture_wait_emitted (fixture, "tree/z/x/y/2.org", ARC_CHANGE_DELETED);
  arc_fixture_sh (fixture, "touch aside/x/no.org aside/x/y/no.org");

  /* Twice before anybody looks, and another one in its place. */
  arc_fixture_sh (
      fixture,
      "mkdir -p tree/b/p && touch tree/b/p/6.org && mv tree/a tree/c && mv tree/b tree/a && "
      "mv tree/c tree/b && mv tree/b/q tree/a/q && mkdir tree/b/p");
  arc_fixture_wait_true (fixture);
  arc_fixture_wait_sentinels (fixture, second);
  arc_fixture_wait_true (fixture);
  arc_fixture_assert_none_missed (fixture);
}

/* Two directories change places: each node has the other's monitor. */
static void
test_exchange (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *a = NULL;
  g_autofree char *b = NULL;
  static const char *const sentinels[] = { "tree/a",   "tree/b",   "tree/a/a",
                                           "tree/a/b", "tree/b/a", NULL };

  arc_fixture_sh (fixture,
                  "mkdir -p tree/a/a tree/b/a tree/b/b && touch tree/a/a/1.org tree/b/b/2.org");
  arc_fixture_start (fixture, NULL, FALSE);
  a = g_build_filename (fixture->root, "a", NULL);
  b = g_build_filename (fixture->root, "b", NULL);

  g_assert_no_errno (renameat2 (AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE));
  arc_fixture_wait_true (fixture);
  arc_fixture_wait_sentinels (fixture, sentinels);
  arc_fixture_wait_true (fixture);
  arc_fixture_assert_none_missed (fixture);
}

static void
test_remove_recursively (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const char *const sentinels[] = { "tree/a", "tree/a/b", NULL };

  arc_fixture_sh (fixture,
                  "mkdir -p tree/a/b/c && touch tree/a/1.org tree/a/b/2.org tree/a/b/c/3.org");
  arc_fixture_start (fixture, NULL, FALSE);

  arc_fixture_sh (fixture, "rm -r tree/a");
  arc_fixture_wait_true (fixture);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 3);
  arc_fixture_wait_emitted (fixture, "tree/a/b/c/3.org", ARC_CHANGE_DELETED);

  /* Gone and made again, before anybody looks: the inodes may be the same ones. */
  arc_fixture_sh (fixture, "mkdir -p tree/a/b && rm -r tree/a && mkdir -p tree/a/b");
  arc_fixture_wait_true (fixture);
  arc_fixture_sh (fixture, "rm -r tree/a && mkdir -p tree/a/b");
  arc_fixture_wait_true (fixture);
  arc_fixture_wait_sentinels (fixture, sentinels);
  arc_fixture_assert_none_missed (fixture);
}

/* A path that is a directory, then a file, then a link, then a directory. */
static void
test_change_of_type (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const char *const sentinels[] = { "tree/n.org", NULL };

  arc_fixture_sh (fixture, "mkdir tree/n.org && touch tree/n.org/1.org");
  arc_fixture_start (fixture, NULL, FALSE);

  arc_fixture_sh (fixture, "rm -r tree/n.org && touch tree/n.org");
  arc_fixture_wait_true (fixture);
  arc_fixture_wait_emitted (fixture, "tree/n.org", ARC_CHANGE_ADDED);
  arc_fixture_wait_emitted (fixture, "tree/n.org/1.org", ARC_CHANGE_DELETED);

  arc_fixture_sh (fixture, "ln -sf ../aside tree/n.org");
  arc_fixture_wait_emitted (fixture, "tree/n.org", ARC_CHANGE_DELETED);
  arc_fixture_wait_true (fixture);

  arc_fixture_sh (fixture, "rm tree/n.org && mkdir tree/n.org && touch tree/n.org/1.org");
  arc_fixture_wait_emitted (fixture, "tree/n.org/1.org", ARC_CHANGE_MODIFIED);
  arc_fixture_wait_true (fixture);
  arc_fixture_wait_sentinels (fixture, sentinels);
}

static void
test_links (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const char *const sentinels[] = { "tree", NULL };

  arc_fixture_sh (
      fixture,
      "mkdir aside/d && touch aside/1.org aside/d/2.org && ln -s ../aside/1.org tree/l.org && "
      "ln -s ../aside/d tree/d && ln -s . tree/loop");
  arc_fixture_start (fixture, NULL, FALSE);

  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 0);
  g_assert_cmpuint (arc_watcher_get_n_directories (fixture->watcher), ==, 1);
  arc_fixture_sh (fixture, "ln -s ../aside/1.org tree/m.org && ln -s ../aside/d tree/e");
  arc_fixture_wait_sentinels (fixture, sentinels);
  arc_fixture_wait_true (fixture);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 1);
}

static void
test_follow_links (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  arc_fixture_sh (
      fixture,
      "mkdir -p aside/d tree/a && touch aside/1.org aside/d/2.org && "
      "ln -s ../aside/1.org tree/l.org && ln -s ../aside/d tree/d && ln -s .. tree/a/loop && "
      "ln -s nowhere tree/dangling.org && ln -s self tree/self");
  arc_fixture_start (fixture, NULL, TRUE);

  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 2);
  g_assert_cmpuint (arc_watcher_get_n_directories (fixture->watcher), ==, 3);

  arc_fixture_sh (fixture, "echo >>aside/d/2.org");
  arc_fixture_wait_emitted (fixture, "tree/d/2.org", ARC_CHANGE_MODIFIED);
  arc_fixture_sh (fixture, "ln -s ../aside/d tree/e && rm tree/d");
  arc_fixture_wait_emitted (fixture, "tree/e/2.org", ARC_CHANGE_ADDED);
  arc_fixture_wait_emitted (fixture, "tree/d/2.org", ARC_CHANGE_DELETED);
  arc_fixture_sh (fixture, "touch tree/a/loop/3.org");
  arc_fixture_wait_emitted (fixture, "tree/3.org", ARC_CHANGE_ADDED);
  arc_fixture_reconcile (fixture);
  g_assert_cmpuint (arc_watcher_get_n_directories (fixture->watcher), ==, 3);
  arc_fixture_assert_none_missed (fixture);
}

/* What a link leads to changes without an event in the directory that the link is in. */
static void
test_behind_links (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const struct
  {
    const char *line;
    const char *path;
    ArcChange change;
  } steps[] = {
    { "echo 2 >s1/a.org", "tree/a.org", ARC_CHANGE_MODIFIED },
    { "echo 3 >s1/t && mv s1/t s1/a.org", "tree/a.org", ARC_CHANGE_MODIFIED },
    { "ln -sfn s2 gen", "tree/a.org", ARC_CHANGE_MODIFIED },
    { "ln -s s1 gen2 && mv -T gen2 gen", "tree/a.org", ARC_CHANGE_MODIFIED },
    { "echo 4 >>s1/a.org", "tree/a.org", ARC_CHANGE_MODIFIED },
    { "touch -d 2001-01-01 s1/a.org", "tree/a.org", ARC_CHANGE_MODIFIED },
    { "mkdir dir2 && echo e >dir2/e.org && ln -sfn ../aside/dir2 ../tree/dir", "tree/dir/e.org",
      ARC_CHANGE_ADDED },
    { "echo e2 >>dir2/e.org", "tree/dir/e.org", ARC_CHANGE_MODIFIED },
    { "mv dir2 dir3", "tree/dir/e.org", ARC_CHANGE_DELETED },
    { "mv dir3 dir2", "tree/dir/e.org", ARC_CHANGE_ADDED },
    { "rm s1/a.org", "tree/a.org", ARC_CHANGE_DELETED },
    { "echo back >s1/a.org", "tree/a.org", ARC_CHANGE_ADDED },
    { "mv s1 s3", "tree/a.org", ARC_CHANGE_DELETED },
    { "mv s3 s1", "tree/a.org", ARC_CHANGE_ADDED },
    { "rm gen", "tree/a.org", ARC_CHANGE_DELETED },
    { "ln -s s2 gen", "tree/a.org", ARC_CHANGE_ADDED },
    { "mv ../aside ../out", "tree/dir/e.org", ARC_CHANGE_DELETED },
    { "mv ../out ../aside", "tree/dir/e.org", ARC_CHANGE_ADDED },
    { "rm -r dir2", "tree/dir/e.org", ARC_CHANGE_DELETED },
    { "mkdir -p dir2 && echo f >dir2/e.org", "tree/dir/e.org", ARC_CHANGE_ADDED },
    { "ln -sfn ../aside/s2/a.org ../tree/n.org", "tree/n.org", ARC_CHANGE_ADDED },
    { "echo 5 >>s2/a.org", "tree/n.org", ARC_CHANGE_MODIFIED },
    { "ln -sfn ../aside/not-yet/x.org ../tree/n.org", "tree/n.org", ARC_CHANGE_DELETED },
    { "mkdir -p not-yet && echo 6 >not-yet/x.org", "tree/n.org", ARC_CHANGE_ADDED },
    /* By rename(2): a look at an empty n.org would leave what is written then to the comparison. */
    { "echo 7 >new && mv -T new ../tree/n.org", "tree/n.org", ARC_CHANGE_MODIFIED },
  };

  arc_fixture_sh (fixture, "cd aside && mkdir s1 s2 dir && echo a >s1/a.org && echo b >s2/a.org && "
                           "echo d >dir/d.org && ln -s s1 gen && "
                           "ln -s ../aside/gen/a.org ../tree/a.org && ln -s ../aside/dir ../tree");
  arc_fixture_start (fixture, NULL, TRUE);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 2);

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_test_message ("%s", steps[i].line);
      arc_fixture_forget (fixture);
      arc_fixture_sh (fixture, "{ cd aside 2>/dev/null || cd out; } && %s", steps[i].line);
      arc_fixture_wait_emitted (fixture, steps[i].path, steps[i].change);
      arc_fixture_wait_settled (fixture);
    }

  g_assert_true (arc_fixture_is_ok (fixture, NULL));
  arc_fixture_reconcile (fixture);
  arc_fixture_assert_none_missed (fixture);
}

/* A directory that the filter excludes has no GFileMonitor. A file takes its place. */
static void
test_behind_link_to_excluded (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const char *const include[] = { "*.org", NULL };
  static const char *const exclude[] = { "n.org/", NULL };

  arc_path_filter_unref (fixture->filter);
  fixture->filter = arc_path_filter_new (include, exclude);
  arc_fixture_sh (fixture, "mkdir aside/d && ln -s ../aside/d tree/n.org");
  arc_fixture_start (fixture, NULL, TRUE);
  g_assert_cmpuint (arc_watcher_get_n_directories (fixture->watcher), ==, 1);

  arc_fixture_sh (fixture, "mv aside/d aside/e && echo 1 >aside/d");
  arc_fixture_wait_emitted (fixture, "tree/n.org", ARC_CHANGE_ADDED);
  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "rm aside/d && mkdir aside/d");
  arc_fixture_wait_emitted (fixture, "tree/n.org", ARC_CHANGE_DELETED);
  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "rmdir aside/d && echo 2 >aside/d");
  arc_fixture_wait_emitted (fixture, "tree/n.org", ARC_CHANGE_ADDED);

  arc_fixture_reconcile (fixture);
  arc_fixture_assert_none_missed (fixture);
}

/* What a link leads to is renamed at each moment of a new scan, for which its monitor is replaced.
 */
static void
test_target_moves (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *here = g_build_filename (fixture->aside, "here", NULL);
  g_autofree char *away = g_build_filename (fixture->aside, "away", NULL);

  arc_fixture_sh (fixture, "mkdir aside/here && echo >aside/here/1.org");
  arc_fixture_start (fixture, NULL, TRUE);

  for (guint i = 0; i < 200; i++)
    {
      guint tick;

      arc_fixture_sh (fixture, "ln -sfn ../aside/here tree/l");
      tick = g_timeout_add (1, arc_test_tick, NULL);
      for (guint n = i % 20; n > 0; n--)
        g_main_context_iteration (NULL, TRUE);
      g_source_remove (tick);
      g_assert_no_errno (g_rename (here, away));
      arc_test_wait_until (arc_watcher_get_n_files (fixture->watcher) == 0);
      g_assert_no_errno (g_rename (away, here));
      arc_test_wait_until (arc_watcher_get_n_files (fixture->watcher) == 1);
    }

  arc_fixture_reconcile (fixture);
  arc_fixture_assert_none_missed (fixture);
}

static void
count_hint (const char *path, ArcHint hint, gpointer user_data)
{
  guint *n_hints = user_data;

  n_hints[strstr (path, "2.org") != NULL]++;
}

static void
begin_chain (ArcPathMonitor *monitor, ArcPathChain **chain, const char *path)
{
  *chain = arc_path_monitor_begin (monitor, path);
  arc_path_chain_resolve (*chain);
}

/* Chains that are resolved while events come: each chain reports the events since it was begun, and
 * no others, also if there is always another one that was begun. */
static void
test_overlapping_chains (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  guint n_hints[2] = { 0 };
  g_autoptr (ArcPathMonitor) monitor = arc_path_monitor_new (count_hint, n_hints);
  g_autofree char *one = g_build_filename (fixture->aside, "1.org", NULL);
  g_autofree char *two = g_build_filename (fixture->aside, "2.org", NULL);
  ArcPathChain *first;
  ArcPathChain *second;

  /* Of watches that no chain has yet. */
  arc_fixture_sh (fixture, "touch aside/1.org aside/2.org");
  begin_chain (monitor, &first, one);
  begin_chain (monitor, &second, two);
  arc_fixture_sh (fixture, "echo >>aside/1.org && echo >>aside/2.org");
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (n_hints[0] + n_hints[1], ==, 0);
  arc_path_monitor_end (monitor, first);
  g_assert_cmpuint (n_hints[0], ==, 1);
  begin_chain (monitor, &first, one);
  arc_path_monitor_end (monitor, second);
  g_assert_cmpuint (n_hints[1], ==, 1);
  begin_chain (monitor, &second, two);
  arc_path_monitor_end (monitor, first);
  begin_chain (monitor, &first, one);
  arc_path_monitor_end (monitor, second);
  g_assert_cmpuint (n_hints[0] + n_hints[1], ==, 2);

  /* What is made where the chain ends, before the monitor has that chain. */
  arc_path_monitor_end (monitor, first);
  arc_fixture_sh (fixture, "rm aside/1.org");
  arc_test_wait_until (n_hints[0] > 1);
  begin_chain (monitor, &first, one);
  n_hints[0] = 0;
  arc_fixture_sh (fixture, "touch aside/3.org aside/1.org");
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (n_hints[0], ==, 0);
  arc_path_monitor_end (monitor, first);
  g_assert_cmpuint (n_hints[0], ==, 1);

  /* One that is never ended keeps nothing from the others. */
  begin_chain (monitor, &first, one);
  begin_chain (monitor, &second, two);
  arc_path_chain_abandon (first);
  arc_path_monitor_clear (monitor);
  arc_path_chain_free (first);
  arc_path_monitor_end (monitor, second);
}

/* A root that is a link, behind a link, in a directory that is renamed. */
static void
test_ancestors_of_root (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const char *const sentinels[] = { "tree", "tree/s", NULL };

  arc_fixture_sh (fixture, "rmdir tree && mkdir -p aside/A/s aside/B/s && touch aside/A/a.org "
                           "aside/A/s/s.org aside/B/b.org aside/B/s/t.org && ln -s A aside/now && "
                           "ln -s aside/now tree");
  arc_fixture_start (fixture, NULL, FALSE);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 2);

  arc_fixture_sh (fixture, "ln -sfn aside/B tree");
  arc_fixture_wait_emitted (fixture, "tree/s/t.org", ARC_CHANGE_ADDED);
  arc_fixture_wait_emitted (fixture, "tree/a.org", ARC_CHANGE_DELETED);
  arc_fixture_wait_true (fixture);
  arc_fixture_wait_sentinels (fixture, sentinels);

  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "ln -s aside/now l && mv -T l tree");
  arc_fixture_wait_emitted (fixture, "tree/s/s.org", ARC_CHANGE_ADDED);
  arc_fixture_wait_true (fixture);
  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "ln -sfn B aside/now");
  arc_fixture_wait_emitted (fixture, "tree/s/t.org", ARC_CHANGE_ADDED);
  arc_fixture_wait_true (fixture);
  arc_fixture_wait_sentinels (fixture, sentinels);

  /* A directory above it goes and comes back: nothing is deleted. */
  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "mv aside elsewhere");
  arc_fixture_wait (fixture, arc_fixture_is_unavailable, "unavailable");
  arc_fixture_sh (fixture, "mv elsewhere aside");
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 0);
  arc_fixture_wait_sentinels (fixture, sentinels);

  /* Another is put in its place at once. */
  arc_fixture_sh (fixture, "mkdir -p other/B && touch other/B/o.org && mv aside elsewhere && "
                           "ln -s B other/now && mv other aside");
  arc_fixture_wait_emitted (fixture, "tree/o.org", ARC_CHANGE_ADDED);
  arc_fixture_wait_true (fixture);
  g_assert_true (arc_fixture_is_ok (fixture, NULL));
  arc_fixture_assert_none_missed (fixture);
}

/* No component is a link. */
static void
test_renamed_parent (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *root = g_build_filename (fixture->base, "p", "q", "tree", NULL);
  const char *roots[] = { root, NULL };

  arc_fixture_sh (fixture, "mkdir -p p/q/tree/s r/q/tree/s && touch p/q/tree/1.org r/q/tree/2.org "
                           "p/q/tree/s/3.org r/q/tree/s/4.org");
  arc_fixture_start (fixture, NULL, FALSE);
  arc_watcher_set_tree (fixture->watcher, roots, fixture->filter, FALSE);
  arc_fixture_wait_settled (fixture);

  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "mv p away");
  arc_fixture_wait (fixture, arc_fixture_is_unavailable, "unavailable");
  arc_fixture_sh (fixture, "mv r p");
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
  arc_fixture_wait_emitted (fixture, "p/q/tree/1.org", ARC_CHANGE_DELETED);
  arc_fixture_wait_emitted (fixture, "p/q/tree/s/4.org", ARC_CHANGE_ADDED);
  arc_fixture_sh (fixture, "echo >>p/q/tree/s/4.org");
  arc_fixture_wait_emitted (fixture, "p/q/tree/s/4.org", ARC_CHANGE_ADDED);

  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "mv p/q p/x && mkdir p/q && mv away/q/tree p/q/tree");
  arc_fixture_wait_emitted (fixture, "p/q/tree/1.org", ARC_CHANGE_ADDED);
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
  arc_fixture_assert_none_missed (fixture);
}

/* The directory that two paths lead to leaves one of them. */
static void
test_left_out_comes_back (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  arc_fixture_sh (
      fixture,
      "mkdir aside/d && touch aside/d/1.org && ln -s ../aside/d tree/a && ln -s ../aside/d tree/b");
  arc_fixture_start (fixture, NULL, TRUE);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 1);

  arc_fixture_sh (fixture, "rm tree/a tree/b && ln -s ../aside/d tree/c");
  arc_fixture_wait_emitted (fixture, "tree/c/1.org", ARC_CHANGE_ADDED);
  arc_fixture_sh (fixture, "ln -s ../aside/d tree/e && touch tree/then.org");
  arc_fixture_wait_emitted (fixture, "tree/then.org", ARC_CHANGE_ADDED);
  arc_fixture_reconcile (fixture);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 2);

  arc_fixture_sh (fixture, "rm tree/c");
  arc_fixture_wait_emitted (fixture, "tree/e/1.org", ARC_CHANGE_ADDED);
  arc_fixture_wait_emitted (fixture, "tree/c/1.org", ARC_CHANGE_DELETED);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 2);
}

static void
test_linked_root (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const char *const sentinels[] = { "tree/sub", "tree", NULL };

  arc_fixture_sh (fixture,
                  "rmdir tree && mkdir -p real/sub && touch real/1.org && ln -s real tree");
  arc_fixture_start (fixture, NULL, FALSE);

  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 1);
  arc_fixture_sh (fixture, "echo >real/sub/2.org");
  arc_fixture_wait_emitted (fixture, "tree/sub/2.org", ARC_CHANGE_ADDED);
  arc_fixture_wait_sentinels (fixture, sentinels);
  arc_fixture_wait_true (fixture);
  arc_fixture_assert_none_missed (fixture);
}

/* A write through a mapping gives no event; only a comparison finds it. */
static void
test_reconcile (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *path = g_build_filename (fixture->root, "a", "n.org", NULL);
  char *mapped;
  int fd;

  arc_fixture_sh (fixture, "mkdir tree/a && echo x >tree/a/n.org && touch tree/o.org");
  arc_fixture_start (fixture, NULL, FALSE);
  fd = g_open (path, O_RDWR | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  mapped = mmap (NULL, 2, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  g_assert_true (mapped != MAP_FAILED);
  mapped[0] = 'y';
  g_assert_no_errno (msync (mapped, 2, MS_SYNC));
  g_assert_no_errno (munmap (mapped, 2));

  arc_fixture_reconcile (fixture);
  arc_fixture_wait_emitted (fixture, "tree/a/n.org", ARC_CHANGE_MODIFIED);
  g_assert_cmpuint (arc_change_set_get_size (fixture->missed), ==, 1);
  arc_fixture_wait_true (fixture);
  close (fd);
}

/* A comparison right after a save finds it, and the event that comes then does not make it be
 * emitted once more. */
static void
test_reconcile_after_save (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  arc_fixture_sh (fixture, "mkdir tree/a && touch tree/a/n.org");
  arc_fixture_start (fixture, NULL, FALSE);

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *directory = g_strdup_printf ("tree/b%u/c", i);
      const char *sentinels[] = { "tree/a", directory, NULL };

      arc_fixture_forget (fixture);
      arc_fixture_sh (fixture, "echo >>tree/a/n.org && mkdir -p %s && touch %s/n.org", directory,
                      directory);
      arc_fixture_reconcile (fixture);
      g_assert_true (arc_fixture_is_emitted (fixture, "tree/a/n.org"));
      arc_fixture_wait_sentinels (fixture, sentinels);
      g_assert_cmpuint (fixture->n_emitted, ==, 2);
    }
}

static void
reconcile_once (ArcWatcher *watcher, gpointer user_data)
{
  guint *n = user_data;

  if ((*n)++ == 0)
    {
      arc_watcher_reconcile (watcher);
      g_assert_false (arc_test_get_boolean (watcher, "settled"));
    }
}

static void
stop_at_once (ArcWatcher *watcher, ArcChangeSet *changes, gpointer user_data)
{
  arc_watcher_stop (watcher);
}

static gboolean
has_settled_twice (ArcFixture *fixture, gconstpointer data)
{
  return fixture->n_settled >= 2;
}

static gboolean
has_changed (ArcFixture *fixture, gconstpointer data)
{
  return fixture->n_changed > 0;
}

/* Handlers may call whatever they like. */
static void
test_reentrancy (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  guint n = 0;
  gulong handler;

  arc_fixture_sh (fixture, "mkdir -p tree/a/b && touch tree/a/b/1.org");
  arc_fixture_start (fixture, NULL, FALSE);
  handler = g_signal_connect (fixture->watcher, "settled", G_CALLBACK (reconcile_once), &n);
  fixture->n_settled = 0;
  arc_watcher_reconcile (fixture->watcher);
  arc_watcher_reconcile (fixture->watcher);
  arc_fixture_wait (fixture, has_settled_twice, "settled twice");
  g_assert_cmpuint (n, ==, 2);
  g_signal_handler_disconnect (fixture->watcher, handler);

  g_signal_connect (fixture->watcher, "changed", G_CALLBACK (stop_at_once), NULL);
  arc_fixture_sh (fixture, "mkdir tree/c && touch tree/c/2.org tree/a/b/3.org");
  arc_watcher_reconcile (fixture->watcher);
  arc_fixture_wait (fixture, has_changed, "changed");
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (fixture->n_changed, ==, 1);
  g_assert_cmpuint (arc_watcher_get_n_directories (fixture->watcher), ==, 0);
}

/* A writer that keeps the file open: GIO holds the second event back, until a time that no event
 * marks. */
static void
test_open_file (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *path = g_build_filename (fixture->root, "n.org", NULL);
  int fd;

  fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_assert_cmpint (fd, >=, 0);
  arc_fixture_start (fixture, NULL, FALSE);

  for (guint i = 0; i < 3; i++)
    {
      arc_fixture_forget (fixture);
      g_assert_cmpint (write (fd, "x", 1), ==, 1);
      arc_fixture_wait_emitted (fixture, "tree/n.org", ARC_CHANGE_MODIFIED);
    }
  close (fd);
  arc_fixture_wait_true (fixture);
  arc_fixture_assert_none_missed (fixture);
}

/* Written all the time, it is emitted all the same, and the last write is not lost. */
static void
test_steady_writer (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *path = g_build_filename (fixture->root, "log.org", NULL);
  gint64 end;
  int fd;

  fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_assert_cmpint (fd, >=, 0);
  arc_fixture_start (fixture, NULL, FALSE);
  arc_fixture_forget (fixture);

  end = g_get_monotonic_time () + ARC_TEST_DEADLINE_SECONDS * G_TIME_SPAN_SECOND;
  while (fixture->n_changed < 2)
    {
      g_assert_cmpint (pwrite (fd, "x", 1, 0), ==, 1);
      g_main_context_iteration (NULL, FALSE);
      g_assert_cmpint (g_get_monotonic_time (), <, end);
    }
  close (fd);

  arc_fixture_forget (fixture);
  arc_fixture_wait_true (fixture);
}

/* Whether a change after NOW may leave PRINT as it is. */
static gboolean
is_recent (const ArcFingerprint *print, gint64 now)
{
  gint64 due;

  return arc_fingerprint_get_freshness (print, now, g_get_monotonic_time (), &due) !=
         ARC_FRESHNESS_OLD;
}

static gboolean
is_recent_file (const char *path)
{
  ArcFingerprint print;
  struct stat info;

  g_assert_cmpint (stat (path, &info), ==, 0);
  print = arc_fingerprint_from_stat (&info);

  return is_recent (&print, arc_get_stamp_time ());
}

/* A save is emitted before it is as old as the clock of the file system can tell, and only once. */
static void
test_emitted_at_once (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *path = g_build_filename (fixture->root, "n.org", NULL);
  const gint64 end = g_get_monotonic_time () + ARC_TEST_DEADLINE_SECONDS * G_TIME_SPAN_SECOND;
  gboolean at_once = FALSE;

  arc_fixture_start (fixture, NULL, FALSE);

  /* Another process may have the processor at that moment. */
  for (guint i = 0; !at_once; i++)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      arc_fixture_forget (fixture);
      arc_fixture_sh (fixture, "echo >>tree/n.org");
      arc_fixture_wait_emitted (fixture, "tree/n.org",
                                i == 0 ? ARC_CHANGE_ADDED : ARC_CHANGE_MODIFIED);
      at_once = is_recent_file (path);
      arc_fixture_reconcile (fixture);
    }

  g_assert_cmpuint (fixture->n_changed, ==, 1);
  arc_fixture_wait_true (fixture);
  arc_fixture_assert_none_missed (fixture);
}

static gboolean
has_emitted_more_than (ArcFixture *fixture, gconstpointer n)
{
  return fixture->n_changed > *(const guint *) n;
}

/* However many saves follow each other, each is emitted once. */
static void
test_many_saves (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *path = g_build_filename (fixture->root, "n.org", NULL);

  arc_fixture_start (fixture, NULL, FALSE);

  for (guint n_saves = 5; n_saves <= 20; n_saves++)
    {
      arc_fixture_forget (fixture);
      for (guint n = 0; n < n_saves; n++)
        {
          /* Closed each time: GIO reports that at once, and a write only every 800 ms. */
          int fd = g_open (path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

          g_assert_cmpint (fd, >=, 0);
          g_assert_cmpint (write (fd, "x", 1), ==, 1);
          close (fd);
          arc_fixture_wait (fixture, has_emitted_more_than, &n);
          g_assert_cmpuint (fixture->n_changed, ==, n + 1);
        }
      arc_fixture_reconcile (fixture);
      g_assert_cmpuint (fixture->n_changed, ==, n_saves);
    }
}

/* `settled` is emitted even while a file is written all the time. */
static void
test_reconcile_while_writing (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *path = g_build_filename (fixture->root, "log.org", NULL);
  gint64 end;
  int fd;

  fd = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_assert_cmpint (fd, >=, 0);
  arc_fixture_start (fixture, NULL, FALSE);
  arc_watcher_reconcile (fixture->watcher);

  end = g_get_monotonic_time () + ARC_TEST_DEADLINE_SECONDS * G_TIME_SPAN_SECOND;
  while (!arc_test_get_boolean (fixture->watcher, "settled"))
    {
      g_assert_cmpint (pwrite (fd, "x", 1, 0), ==, 1);
      g_main_context_iteration (NULL, FALSE);
      g_assert_cmpint (g_get_monotonic_time (), <, end);
    }
  close (fd);
}

/* A file from tomorrow: each write must be emitted, and nothing else, however often it is looked
 * at.
 */
static void
test_future (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  ArcFingerprint print = { .ctime_ns = 5 };

  g_assert_true (is_recent (&print, 5));
  g_assert_true (is_recent (&print, 5 + 19 * 1000 * 1000));
  g_assert_false (is_recent (&print, 5 + 20 * 1000 * 1000));

  /* Whole seconds: a clock that has no finer ones. */
  print.ctime_ns = 7000000000;
  g_assert_true (is_recent (&print, 8900000000));
  g_assert_false (is_recent (&print, 9000000000));

  arc_fixture_sh (fixture, "touch -d 2200-01-01 tree/n.org");
  arc_fixture_start (fixture, NULL, FALSE);
  arc_fixture_forget (fixture);
  arc_fixture_reconcile (fixture);
  g_assert_cmpuint (fixture->n_changed, ==, 0);
  arc_fixture_sh (fixture, "echo >>tree/n.org && touch -d 2200-01-01 tree/n.org");
  arc_fixture_wait_emitted (fixture, "tree/n.org", ARC_CHANGE_MODIFIED);
}

static void
test_batch (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  arc_fixture_start (fixture, NULL, FALSE);
  arc_fixture_sh (fixture, "cd tree && for i in $(seq 300); do echo >$i.org; done");
  arc_fixture_wait_true (fixture);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 300);
  g_assert_cmpuint (fixture->n_changed, <, 60);
}

/* One save in a directory of many files. */
static void
test_large_directory (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  gint64 begin;

  arc_fixture_sh (fixture, "cd tree && seq -f %%.0f.org 10000 | xargs touch");
  arc_fixture_start (fixture, NULL, FALSE);
  arc_fixture_wait_true (fixture);

  begin = g_get_monotonic_time ();
  arc_fixture_sh (fixture, "echo >tree/77.org");
  arc_fixture_wait_emitted (fixture, "tree/77.org", ARC_CHANGE_MODIFIED);
  g_test_message ("emitted after %" G_GINT64_FORMAT " us", g_get_monotonic_time () - begin);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 1);

  /* Where all is slow, a comparison may be ahead of the monitors with so many. */
  arc_fixture_sh (fixture, "mv tree/77.org tree/new.org && rm tree/5*.org");
  arc_fixture_wait_true (fixture);
}

static void
test_missing_root (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const char *const sentinels[] = { "tree", "tree/a", NULL };

  arc_fixture_sh (fixture, "rmdir tree");
  arc_fixture_start (fixture, NULL, FALSE);
  g_assert_true (arc_fixture_is_unavailable (fixture, NULL));
  g_assert_nonnull (strstr (arc_watcher_get_health_message (fixture->watcher), fixture->root));

  /* It comes. */
  arc_fixture_sh (fixture, "mkdir -p new/a && touch new/1.org new/a/2.org && mv new tree");
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
  arc_fixture_wait_true (fixture);

  /* It goes: nothing is deleted. */
  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "mv tree away");
  arc_fixture_wait (fixture, arc_fixture_is_unavailable, "unavailable");
  arc_fixture_reconcile (fixture);
  g_assert_true (arc_fixture_is_unavailable (fixture, NULL));
  g_assert_cmpuint (fixture->n_changed, ==, 0);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 2);

  /* An empty directory in its place is where it is mounted. */
  arc_fixture_sh (fixture, "mkdir tree");
  arc_fixture_reconcile (fixture);
  g_assert_true (arc_fixture_is_unavailable (fixture, NULL));
  g_assert_cmpuint (fixture->n_changed, ==, 0);

  /* And back, with what happened meanwhile. */
  arc_fixture_sh (fixture, "rmdir tree && rm away/1.org && touch away/a/3.org && mv away tree");
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
  arc_fixture_wait_true (fixture);
  arc_fixture_wait_emitted (fixture, "tree/1.org", ARC_CHANGE_DELETED);
  arc_fixture_wait_emitted (fixture, "tree/a/3.org", ARC_CHANGE_ADDED);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 2);
  arc_fixture_wait_sentinels (fixture, sentinels);

  /* Emptied by hand, it is empty. */
  arc_fixture_sh (fixture, "rm -r tree/*");
  arc_fixture_wait_true (fixture);
  arc_fixture_reconcile (fixture);
  g_assert_true (arc_fixture_is_ok (fixture, NULL));
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 0);
  arc_fixture_assert_none_missed (fixture);
}

/* A comparison that begins when the root is back finds it, whatever events are on their way. */
static void
test_root_comes_back (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *away = g_build_filename (fixture->aside, "tree", NULL);

  arc_fixture_sh (fixture, "touch tree/1.org");
  arc_fixture_start (fixture, NULL, FALSE);

  for (guint i = 0; i < 30; i++)
    {
      g_assert_no_errno (g_rename (fixture->root, away));
      arc_fixture_wait (fixture, arc_fixture_is_unavailable, "unavailable");
      if (i % 2 == 1)
        arc_fixture_reconcile (fixture);
      g_assert_no_errno (g_rename (away, fixture->root));
      for (guint n = i % 5; n > 0; n--)
        g_main_context_iteration (NULL, FALSE);
      arc_fixture_reconcile (fixture);
      g_assert_true (arc_fixture_is_ok (fixture, NULL));
    }

  g_assert_cmpuint (fixture->n_changed, ==, 0);
  arc_fixture_assert_none_missed (fixture);
}

/* The disk of the snapshot is not there when the service starts. */
static void
test_empty_at_start (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  ArcSnapshot *snapshot = arc_snapshot_new ();
  ArcFingerprint print = { 1, 2, 3, 4 };

  arc_snapshot_set_file (snapshot, fixture->root, "n.org", &print, NULL);
  arc_fixture_start (fixture, snapshot, FALSE);
  g_assert_true (arc_fixture_is_unavailable (fixture, NULL));
  g_assert_cmpuint (fixture->n_changed, ==, 0);

  arc_fixture_sh (fixture, "touch tree/sure");
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
  arc_fixture_wait_emitted (fixture, "tree/n.org", ARC_CHANGE_DELETED);
}

static gboolean
mentions_more (ArcFixture *fixture, gconstpointer data)
{
  return strstr (arc_watcher_get_health_message (fixture->watcher), "(and 1 more)") != NULL;
}

/* Root may read everything. */
static void
become_other (ArcFixture *fixture)
{
  arc_fixture_sh (fixture, "chown -R 65534 .");
  g_assert_no_errno (seteuid (65534));
}

static void
test_unreadable (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const char *const sentinels[] = { "tree/a", "tree/a/b", NULL };
  gboolean is_root = geteuid () == 0;

  arc_fixture_sh (fixture, "mkdir -p tree/a/b && touch tree/a/1.org tree/a/b/2.org");
  if (is_root)
    become_other (fixture);
  arc_fixture_start (fixture, NULL, FALSE);

  arc_fixture_sh (fixture, "chmod 0 tree/a");
  arc_fixture_wait (fixture, arc_fixture_is_degraded, "degraded");
  arc_fixture_reconcile (fixture);
  g_assert_true (arc_fixture_is_degraded (fixture, NULL));
  g_assert_nonnull (
      strstr (arc_watcher_get_health_message (fixture->watcher), "tree/a cannot be read"));
  g_assert_cmpuint (fixture->n_changed, ==, 0);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 2);

  arc_fixture_sh (fixture, "mkdir -m 0 tree/z");
  arc_fixture_wait (fixture, mentions_more, "two of them");
  arc_fixture_sh (fixture, "chmod 700 tree/a && rmdir tree/z");
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
  arc_fixture_wait_sentinels (fixture, sentinels);
  arc_fixture_wait_true (fixture);

  if (is_root)
    g_assert_no_errno (seteuid (0));
}

/* A directory that may be listed and not searched tells the names of what it cannot show. */
static void
test_not_searchable (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const char *const sentinels[] = { "tree", "tree/a", "tree/a/b", NULL };
  gboolean is_root = geteuid () == 0;

  arc_fixture_sh (fixture, "mkdir -p tree/a/b && touch tree/0.org tree/a/1.org tree/a/b/2.org");
  if (is_root)
    become_other (fixture);
  arc_fixture_start (fixture, NULL, FALSE);

  arc_fixture_sh (fixture, "chmod 0444 tree/a");
  arc_fixture_wait (fixture, arc_fixture_is_degraded, "degraded");
  arc_fixture_reconcile (fixture);
  g_assert_true (arc_fixture_is_degraded (fixture, NULL));
  g_assert_nonnull (strstr (arc_watcher_get_health_message (fixture->watcher),
                            "tree/a/1.org cannot be read: Permission denied (and 1 more)"));
  g_assert_cmpuint (fixture->n_changed, ==, 0);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 3);
  g_assert_cmpuint (arc_watcher_get_n_directories (fixture->watcher), ==, 3);

  /* Others go on as ever. */
  arc_fixture_sh (fixture, "echo >>tree/0.org");
  arc_fixture_wait_emitted (fixture, "tree/0.org", ARC_CHANGE_MODIFIED);

  arc_fixture_sh (fixture, "chmod 700 tree/a");
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
  arc_fixture_wait_true (fixture);
  arc_fixture_wait_sentinels (fixture, sentinels);

  /* The same of a root, with what happened meanwhile. */
  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "chmod 0444 tree");
  arc_fixture_wait (fixture, arc_fixture_is_degraded, "degraded");
  arc_fixture_reconcile (fixture);
  g_assert_cmpuint (fixture->n_changed, ==, 0);
  arc_fixture_sh (fixture, "chmod 700 tree && rm tree/0.org && rm -r tree/a/b");
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
  arc_fixture_wait_true (fixture);

  if (is_root)
    g_assert_no_errno (seteuid (0));
}

/* A directory that cannot be searched when the service starts. */
static void
test_not_searchable_at_start (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *a = g_build_filename (fixture->root, "a", NULL);
  g_autofree char *b = g_build_filename (a, "b", NULL);
  ArcSnapshot *snapshot = arc_snapshot_new ();
  ArcFingerprint print = { 1, 2, 3, 4 };
  gboolean is_root = geteuid () == 0;

  arc_snapshot_set_file (snapshot, a, "1.org", &print, NULL);
  arc_snapshot_set_file (snapshot, b, "2.org", &print, NULL);
  arc_fixture_sh (fixture, "mkdir -p tree/a/b && touch tree/a/1.org && chmod 0444 tree/a");
  if (is_root)
    become_other (fixture);
  arc_fixture_start (fixture, snapshot, FALSE);
  g_assert_true (arc_fixture_is_degraded (fixture, NULL));
  g_assert_cmpuint (fixture->n_changed, ==, 0);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 2);

  arc_fixture_sh (fixture, "chmod 700 tree/a");
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
  arc_fixture_wait_emitted (fixture, "tree/a/1.org", ARC_CHANGE_MODIFIED);
  arc_fixture_wait_emitted (fixture, "tree/a/b/2.org", ARC_CHANGE_DELETED);

  if (is_root)
    g_assert_no_errno (seteuid (0));
}

/* What a link leads to cannot be read, and so not be watched, at first. It is renamed at each
 * moment of the first scan after that. */
static void
test_target_becomes_readable (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *here = g_build_filename (fixture->aside, "here", NULL);
  g_autofree char *away = g_build_filename (fixture->aside, "away", NULL);
  gboolean is_root = geteuid () == 0;

  arc_fixture_sh (fixture, "mkdir aside/here && echo >aside/here/1.org");
  if (is_root)
    become_other (fixture);
  arc_fixture_start (fixture, NULL, TRUE);

  for (guint i = 0; i < 60; i++)
    {
      guint tick;

      g_assert_no_errno (g_chmod (here, 0));
      arc_fixture_sh (fixture, "ln -s ../aside/here tree/l");
      arc_fixture_wait (fixture, arc_fixture_is_degraded, "degraded");
      g_assert_no_errno (g_chmod (here, 0700));
      if (i % 5 > 0)
        arc_watcher_reconcile (fixture->watcher);
      else
        arc_test_wait_until (!arc_test_get_boolean (fixture->watcher, "settled"));
      tick = g_timeout_add (1, arc_test_tick, NULL);
      for (guint n = i % 4; n > 0; n--)
        g_main_context_iteration (NULL, TRUE);
      g_source_remove (tick);
      g_assert_no_errno (g_rename (here, away));
      arc_test_wait_until (arc_watcher_get_n_directories (fixture->watcher) == 1);
      g_assert_no_errno (g_rename (away, here));
      arc_test_wait_until (arc_watcher_get_n_files (fixture->watcher) == 1);
      arc_fixture_sh (fixture, "rm tree/l");
      arc_test_wait_until (arc_watcher_get_n_directories (fixture->watcher) == 1);
    }

  if (is_root)
    g_assert_no_errno (seteuid (0));
}

static void
test_failing_disk (void)
{
  static const int numbers[] = { EIO, ESTALE, ENOMEM, EACCES };
  static const char *const sentinels[] = { "tree", NULL };
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  arc_fixture_sh (fixture, "touch tree/1.org tree/2.org aside/3.org && "
                           "mkdir aside/d && touch aside/d/4.org && "
                           "ln -s ../aside/3.org tree/l.org && ln -s ../aside/d tree/d");
  arc_fixture_start (fixture, NULL, TRUE);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 4);

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    for (guint j = 0; j < 3; j++)
      {
        static const char *const names[] = { "1.org", "l.org", "d" };
        g_autofree char *sentence =
            g_strdup_printf ("tree/%s cannot be read: %s", names[j], g_strerror (numbers[i]));

        arc_fixture_forget (fixture);
        arc_test_disk_fail (names[j], numbers[i]);
        arc_fixture_reconcile (fixture);
        g_assert_true (arc_fixture_is_degraded (fixture, NULL));
        g_assert_nonnull (strstr (arc_watcher_get_health_message (fixture->watcher), sentence));
        arc_fixture_sh (fixture, "echo >>tree/2.org");
        arc_fixture_wait_emitted (fixture, "tree/2.org", ARC_CHANGE_MODIFIED);
        g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 1);
        g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 4);

        /* No event says that it can be looked at again. */
        arc_test_disk_fail (names[j], 0);
        arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
        g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 1);
      }

  /* One that was deleted meanwhile. */
  arc_test_disk_fail ("1.org", EIO);
  arc_fixture_reconcile (fixture);
  arc_fixture_sh (fixture, "rm tree/1.org");
  arc_fixture_wait_emitted (fixture, "tree/1.org", ARC_CHANGE_DELETED);
  arc_test_disk_fail ("1.org", 0);
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
  arc_fixture_wait_sentinels (fixture, sentinels);
}

static void
test_set_tree (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *a = g_build_filename (fixture->root, "a", NULL);
  static const char *const include[] = { "*.org", "*.txt", NULL };
  static const char *const exclude[] = { "b/", ".*", NULL };
  g_autoptr (ArcPathFilter) filter = arc_path_filter_new (include, exclude);
  const char *roots[] = { fixture->root, NULL };
  const char *others[] = { fixture->aside, a, NULL };

  arc_fixture_sh (
      fixture, "cd tree && mkdir -p a b/c && touch 1.org a/2.org b/c/3.org a/4.txt ../aside/5.org");
  arc_fixture_start (fixture, NULL, FALSE);

  arc_watcher_set_tree (fixture->watcher, roots, filter, FALSE);
  g_assert_false (arc_test_get_boolean (fixture->watcher, "settled"));
  arc_fixture_wait_settled (fixture);
  arc_fixture_wait_emitted (fixture, "tree/a/4.txt", ARC_CHANGE_ADDED);
  arc_fixture_wait_emitted (fixture, "tree/b/c/3.org", ARC_CHANGE_DELETED);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 2);

  arc_fixture_forget (fixture);
  arc_watcher_set_tree (fixture->watcher, others, filter, FALSE);
  arc_fixture_wait_settled (fixture);
  arc_fixture_wait_emitted (fixture, "tree/1.org", ARC_CHANGE_DELETED);
  arc_fixture_wait_emitted (fixture, "aside/5.org", ARC_CHANGE_ADDED);
  g_assert_cmpuint (arc_watcher_get_n_directories (fixture->watcher), ==, 2);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 3);
  arc_fixture_sh (fixture, "touch tree/6.org tree/a/7.org aside/8.org");
  arc_fixture_wait_emitted (fixture, "tree/a/7.org", ARC_CHANGE_ADDED);
  arc_fixture_wait_emitted (fixture, "aside/8.org", ARC_CHANGE_ADDED);
  g_assert_false (arc_fixture_is_emitted (fixture, "tree/6.org"));
  arc_fixture_assert_none_missed (fixture);
}

static gboolean
explains (ArcFixture *fixture, const char *path)
{
  g_autofree char *absolute = g_build_filename (fixture->base, path, NULL);
  const char *rule;

  return arc_watcher_explain (fixture->watcher, absolute, &rule);
}

static void
assert_explained (ArcFixture *fixture, const char *path, gboolean matters, const char *rule)
{
  g_autofree char *absolute = g_build_filename (fixture->base, path, NULL);
  const char *got;

  g_assert_cmpint (arc_watcher_explain (fixture->watcher, absolute, &got), ==, matters);
  g_assert_cmpstr (got, ==, rule);
}

static void
test_explain (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  arc_fixture_sh (fixture, "mkdir tree/a && ln -s ../aside tree/link");
  arc_fixture_start (fixture, NULL, FALSE);

  assert_explained (fixture, "tree/a/n.org", TRUE, "*.org");
  assert_explained (fixture, "tree/a/../n.org", TRUE, "*.org");
  assert_explained (fixture, "tree/.git/n.org", FALSE, ".*");
  assert_explained (fixture, "tree/n.txt", FALSE, "no include pattern matches");
  assert_explained (fixture, "treen.org", FALSE, "outside the watched directories");
  assert_explained (fixture, "aside/n.org", FALSE, "outside the watched directories");
  assert_explained (fixture, "tree", FALSE, "a watched directory itself");
  assert_explained (fixture, "tree/link", FALSE, "no include pattern matches");
  assert_explained (fixture, "tree/link/n.org", FALSE, "symbolic links are not followed");
  assert_explained (fixture, "tree/link/deep/n.org", FALSE, "symbolic links are not followed");
  assert_explained (fixture, "tree/absent/n.org", TRUE, "*.org");

  /* Without a comparison. */
  arc_fixture_sh (fixture, "rm tree/link && ln -s ../../aside/n.org tree/a/linked.org");
  arc_test_wait_until (!explains (fixture, "tree/a/linked.org") &&
                       explains (fixture, "tree/link/n.org"));
  assert_explained (fixture, "tree/a/linked.org", FALSE, "symbolic links are not followed");
  arc_fixture_sh (fixture, "rm tree/a/linked.org && touch tree/a/linked.org");
  arc_fixture_wait_emitted (fixture, "tree/a/linked.org", ARC_CHANGE_ADDED);
  assert_explained (fixture, "tree/a/linked.org", TRUE, "*.org");
}

/* A file system that does not answer is not asked. */
static void
test_explain_on_hanging_disk (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  arc_fixture_sh (fixture, "ln -s ../aside tree/link");
  arc_fixture_start (fixture, NULL, FALSE);
  arc_test_disk_hang (fixture->root);
  assert_explained (fixture, "tree/a/n.org", TRUE, "*.org");
  assert_explained (fixture, "tree/link/n.org", FALSE, "symbolic links are not followed");
  g_assert_cmpuint (arc_test_disk_get_n_hanging (), ==, 0);
  arc_test_disk_hang (NULL);
}

/* Names that no text has. */
static void
test_bytes (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  arc_fixture_start (fixture, NULL, FALSE);
  arc_fixture_sh (
      fixture,
      "d=tree/$(printf 'd\\377\\n x'); mkdir \"$d\" && touch \"$d/$(printf '\\300\"\\\\.org')\" "
      "tree/-n.org 'tree/ .org'");
  arc_fixture_wait_true (fixture);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 3);
  arc_fixture_assert_none_missed (fixture);
}

/* Random operations */

static char *
pick (GRand *rand, GPtrArray *list)
{
  return list->pdata[g_rand_int_range (rand, 0, (int) list->len)];
}

/* One operation, by C calls, so that many fit between two looks of the watcher. */
static void
operate (ArcFixture *fixture, GRand *rand)
{
  g_autoptr (GPtrArray) directories = arc_fixture_list_directories (fixture);
  g_autofree char *name = g_strdup_printf ("%d", g_rand_int_range (rand, 0, 6));
  g_autofree char *file_name = g_strdup_printf ("%s.org", name);
  g_autofree char *from = g_build_filename (fixture->base, pick (rand, directories), NULL);
  g_autofree char *to = g_build_filename (fixture->base, pick (rand, directories), name, NULL);
  g_autofree char *file = g_build_filename (from, file_name, NULL);
  g_autofree char *outside = g_build_filename (fixture->aside, name, NULL);
  g_autofree char *deep = g_build_filename (from, name, "x", NULL);
  g_autofree char *deep_file = g_build_filename (deep, file_name, NULL);
  gboolean is_root = strcmp (from, fixture->root) == 0;

  switch (g_rand_int_range (rand, 0, 12))
    {
    case 0:
    case 1:
      g_file_set_contents_full (file, name, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL);
      break;
    case 2:
      /* In a temporary file that is renamed over the old. */
      g_file_set_contents (file, name, -1, NULL);
      break;
    case 3:
      {
        int fd = g_open (file, O_WRONLY | O_CLOEXEC);

        if (fd >= 0)
          {
            g_assert_cmpint (pwrite (fd, "y", 1, 0), ==, 1);
            close (fd);
          }
      }
      break;
    case 4:
      g_unlink (file);
      break;
    case 5:
    case 6:
      g_mkdir_with_parents (deep, 0700);
      g_file_set_contents (deep_file, "new", -1, NULL);
      break;
    case 7:
    case 8:
      if (!is_root)
        g_rename (from, to);
      break;
    case 9:
      if (!is_root)
        g_rename (from, outside);
      break;
    case 10:
      g_rename (outside, to);
      break;
    case 11:
      if (!is_root && g_rand_int_range (rand, 0, 3) == 0)
        {
          g_autofree char *quoted = g_shell_quote (from);

          arc_fixture_sh (fixture, "rm -rf %s", quoted);
        }
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
test_random (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  guint32 seed = (guint32) g_test_rand_int ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  guint n_rounds = g_test_slow () ? 400 : 60;

  g_test_message ("seed %u", seed);
  arc_fixture_start (fixture, NULL, FALSE);

  for (guint round = 0; round < n_rounds; round++)
    {
      g_autoptr (GPtrArray) directories = NULL;

      for (int i = g_rand_int_range (rand, 1, 25); i > 0; i--)
        {
          operate (fixture, rand);
          for (int n = g_rand_int_range (rand, 0, 4); n > 0; n--)
            g_main_context_iteration (NULL, FALSE);
        }
      arc_fixture_wait_true (fixture);

      /* Every directory is really watched, whatever happened to it. */
      directories = arc_fixture_list_directories (fixture);
      g_ptr_array_add (directories, NULL);
      arc_fixture_wait_sentinels (fixture, (const char *const *) directories->pdata);
      arc_fixture_assert_none_missed (fixture);
      g_assert_cmpint (arc_watcher_get_health (fixture->watcher), ==, ARC_HEALTH_OK);
    }

  arc_fixture_reconcile (fixture);
  arc_fixture_assert_none_missed (fixture);
}

static void
wait_lost (ArcFixture *fixture)
{
  arc_test_wait_until (arc_watcher_get_health (fixture->watcher) == ARC_HEALTH_UNAVAILABLE);
  g_assert_nonnull (
      strstr (arc_watcher_get_health_message (fixture->watcher), "tree: its file system does not"));
  arc_fixture_wait_settled (fixture);
}

/* The file system stops to answer in the middle of a comparison: neither the main loop nor another
 * comparison waits for it, and nothing counts as gone. */
static void
test_hanging_comparison (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *hanging = g_build_filename (fixture->root, "b", "c", NULL);

  arc_fixture_sh (fixture, "cd tree && mkdir -p a b/c d && touch 1.org a/2.org b/3.org b/c/4.org "
                           "b/c/5.org d/6.org");
  arc_fixture_start (fixture, NULL, FALSE);

  for (guint round = 0; round < 2; round++)
    {
      arc_fixture_forget (fixture);
      arc_test_disk_hang (hanging);
      arc_watcher_reconcile (fixture->watcher);
      arc_test_wait_until (arc_test_disk_get_n_hanging () == 1);
      arc_fixture_sh (fixture, "echo >>tree/b/c/4.org && echo >>tree/1.org");
      wait_lost (fixture);

      for (guint i = 0; i < 3; i++)
        arc_fixture_reconcile (fixture);
      g_assert_cmpuint (arc_test_disk_get_n_hanging (), ==, 1);
      g_assert_cmpint (arc_watcher_get_health (fixture->watcher), ==, ARC_HEALTH_UNAVAILABLE);
      g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 6);
      g_assert_false (arc_fixture_is_emitted (fixture, "tree/b/c/4.org"));

      arc_test_disk_hang (NULL);
      arc_test_wait_until (arc_watcher_get_health (fixture->watcher) == ARC_HEALTH_OK);
      arc_fixture_wait_emitted (fixture, "tree/b/c/4.org", ARC_CHANGE_MODIFIED);
      arc_fixture_wait_emitted (fixture, "tree/1.org", ARC_CHANGE_MODIFIED);
      arc_fixture_wait_true (fixture);
      arc_fixture_assert_none_missed (fixture);
    }
}

/* The same when one file is looked at. */
static void
test_hanging_look (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *hanging = g_build_filename (fixture->root, "a", "1.org", NULL);

  arc_fixture_sh (fixture, "cd tree && mkdir a && touch a/1.org 2.org");
  arc_fixture_start (fixture, NULL, FALSE);

  arc_test_disk_hang (hanging);
  arc_fixture_sh (fixture, "echo >>tree/a/1.org");
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 1);
  wait_lost (fixture);
  arc_fixture_sh (fixture, "rm tree/2.org && echo >>tree/a/1.org");

  arc_test_disk_hang (NULL);
  arc_test_wait_until (arc_watcher_get_health (fixture->watcher) == ARC_HEALTH_OK);
  arc_fixture_wait_emitted (fixture, "tree/a/1.org", ARC_CHANGE_MODIFIED);
  arc_fixture_wait_emitted (fixture, "tree/2.org", ARC_CHANGE_DELETED);
  arc_fixture_wait_true (fixture);
  arc_fixture_assert_none_missed (fixture);
}

/* A link in the tree leads to a file system that does not answer. */
static void
test_hanging_link (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *hanging = g_build_filename (fixture->aside, "d", NULL);
  static const char *const sentinels[] = { "tree", "tree/l", NULL };

  arc_fixture_sh (fixture, "mkdir aside/d && touch aside/d/1.org tree/2.org");
  arc_fixture_start (fixture, NULL, TRUE);

  arc_test_disk_hang (hanging);
  arc_fixture_sh (fixture, "ln -s ../aside/d tree/l");
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 1);
  wait_lost (fixture);
  arc_fixture_reconcile (fixture);
  g_assert_cmpuint (arc_test_disk_get_n_hanging (), ==, 1);
  g_assert_cmpuint (fixture->n_changed, ==, 0);

  arc_test_disk_hang (NULL);
  arc_test_wait_until (arc_watcher_get_health (fixture->watcher) == ARC_HEALTH_OK);
  arc_fixture_wait_emitted (fixture, "tree/l/1.org", ARC_CHANGE_ADDED);
  arc_fixture_wait_sentinels (fixture, sentinels);

  /* What the thread watched before it was left behind does not count: this is watched anew. */
  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "mv aside/d aside/e");
  arc_fixture_wait_emitted (fixture, "tree/l/1.org", ARC_CHANGE_DELETED);
  arc_fixture_sh (fixture, "mv aside/e aside/d");
  arc_fixture_wait_emitted (fixture, "tree/l/1.org", ARC_CHANGE_MODIFIED);
  arc_fixture_wait_settled (fixture);
  arc_fixture_assert_none_missed (fixture);
}

/* The root is a link to such a one. */
static void
test_hanging_linked_root (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *hanging = g_build_filename (fixture->aside, "real", NULL);
  static const char *const sentinels[] = { "tree", "tree/a", NULL };

  arc_fixture_sh (fixture, "rmdir tree && mkdir -p aside/real/a && touch aside/real/1.org && "
                           "ln -s aside/real tree");
  arc_fixture_start (fixture, NULL, FALSE);

  for (guint round = 0; round < 2; round++)
    {
      arc_test_disk_hang (hanging);
      arc_watcher_reconcile (fixture->watcher);
      arc_test_wait_until (arc_test_disk_get_n_hanging () == 1);
      if (round == 0)
        wait_lost (fixture);
      arc_test_disk_hang (NULL);
      arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
    }

  g_assert_cmpuint (fixture->n_changed, ==, 0);
  arc_fixture_wait_sentinels (fixture, sentinels);
  arc_fixture_assert_none_missed (fixture);
}

/* Whether FILE, below BASE, is in a directory that is lost. */
static gboolean
is_hidden (ArcFixture *fixture, gconstpointer file)
{
  g_autofree char *path = g_build_filename (fixture->base, file, NULL);
  g_autoptr (ArcChangeSet) files = arc_change_set_new ();
  g_autoptr (ArcChangeSet) hidden = NULL;

  arc_change_set_add (files, path, ARC_CHANGE_ADDED);
  hidden = arc_watcher_find_hidden (fixture->watcher, files);

  return arc_change_set_get_size (hidden) > 0;
}

/* With both roots, each of which has a file, settled. */
static void
start_two_roots (ArcFixture *fixture)
{
  const char *roots[] = { fixture->root, fixture->aside, NULL };

  arc_fixture_sh (fixture, "touch tree/1.org aside/2.org");
  arc_fixture_start (fixture, NULL, FALSE);
  arc_watcher_set_tree (fixture->watcher, roots, fixture->filter, FALSE);
  arc_fixture_wait_settled (fixture);
  arc_fixture_forget (fixture);
}

/* Two roots of one server that is gone. */
static void
test_hanging_roots (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const char *const sentinels[] = { "tree", "aside", NULL };

  start_two_roots (fixture);

  arc_test_disk_hang (fixture->base);
  arc_watcher_reconcile (fixture->watcher);
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 2);
  arc_fixture_wait (fixture, arc_fixture_is_unavailable, "unavailable");
  g_assert_true (is_hidden (fixture, "tree/1.org"));
  g_assert_true (is_hidden (fixture, "aside/2.org"));

  arc_test_disk_hang (NULL);
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
  g_assert_cmpuint (fixture->n_changed, ==, 0);
  arc_fixture_wait_sentinels (fixture, sentinels);
}

/* The other root hangs while the first one does, and still when that one is back. */
static void
test_hanging_roots_in_turn (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  start_two_roots (fixture);

  arc_test_disk_hang (fixture->root);
  arc_watcher_reconcile (fixture->watcher);
  wait_lost (fixture);
  g_assert_false (is_hidden (fixture, "aside/2.org"));

  /* Both begin with this. */
  arc_test_disk_hang (fixture->base);
  arc_fixture_sh (fixture, "echo >>tree/1.org && echo >>aside/2.org");
  arc_fixture_wait (fixture, is_hidden, "aside/2.org");
  g_assert_true (is_hidden (fixture, "tree/1.org"));
  g_assert_cmpuint (arc_test_disk_get_n_hanging (), ==, 2);
  g_assert_cmpuint (fixture->n_changed, ==, 0);

  arc_test_disk_hang (fixture->aside);
  arc_fixture_wait_emitted (fixture, "tree/1.org", ARC_CHANGE_MODIFIED);
  g_assert_cmpint (arc_watcher_get_health (fixture->watcher), ==, ARC_HEALTH_UNAVAILABLE);
  g_assert_true (is_hidden (fixture, "aside/2.org"));
  g_assert_false (is_hidden (fixture, "tree/1.org"));

  arc_test_disk_hang (NULL);
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
  arc_fixture_wait_emitted (fixture, "aside/2.org", ARC_CHANGE_MODIFIED);
}

/* The first root is lost; the other one goes on, also with new directories. */
static void
test_hanging_other_root (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  start_two_roots (fixture);

  arc_test_disk_hang (fixture->root);
  arc_watcher_reconcile (fixture->watcher);
  wait_lost (fixture);
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *path = g_strdup_printf ("aside/%u/3.org", i);

      arc_fixture_sh (fixture, "mkdir aside/%u && touch %s", i, path);
      arc_fixture_wait_emitted (fixture, path, ARC_CHANGE_ADDED);
      arc_fixture_wait_settled (fixture);
    }
  g_assert_true (arc_fixture_is_unavailable (fixture, NULL));

  arc_test_disk_hang (NULL);
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
}

/* Whether the other path of a directory still leads to it can only be seen on such a disk. */
static void
test_hanging_other_path (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *hanging = g_build_filename (fixture->root, "l", NULL);

  arc_fixture_sh (fixture, "mkdir aside/d && touch aside/d/1.org && ln -s ../aside/d tree/l");
  arc_fixture_start (fixture, NULL, TRUE);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 1);

  arc_test_disk_hang (hanging);
  arc_fixture_sh (fixture, "ln -s ../aside/d tree/m");
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 1);
  arc_test_disk_hang (NULL);
  arc_fixture_reconcile (fixture);
  g_assert_true (arc_fixture_is_ok (fixture, NULL));
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 1);
  g_assert_cmpuint (arc_watcher_get_n_directories (fixture->watcher), ==, 2);

  arc_fixture_sh (fixture, "rm tree/l");
  arc_fixture_wait_emitted (fixture, "tree/m/1.org", ARC_CHANGE_ADDED);
}

/* The watcher is stopped, and freed, while a thread waits for the disk. */
static void
test_hanging_end (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *hanging = g_build_filename (fixture->root, "a", NULL);

  arc_fixture_sh (fixture, "mkdir tree/a && touch tree/a/1.org");
  arc_fixture_start (fixture, NULL, FALSE);

  arc_test_disk_hang (hanging);
  arc_watcher_reconcile (fixture->watcher);
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 1);
  arc_watcher_stop (fixture->watcher);
  g_clear_pointer (&fixture, arc_fixture_free);

  g_assert_cmpuint (arc_test_disk_get_n_hanging (), ==, 1);
  arc_test_disk_hang (NULL);
  arc_test_wait_until (arc_test_disk_get_n_hanging () == 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/watcher/start", test_start);
  g_test_add_func ("/watcher/start-with-snapshot", test_start_with_snapshot);
  g_test_add_func ("/watcher/file", test_file);
  g_test_add_func ("/watcher/replaced-by-rename", test_replaced_by_rename);
  g_test_add_func ("/watcher/names", test_names);
  g_test_add_func ("/watcher/new-directories", test_new_directories);
  g_test_add_func ("/watcher/directory-moves", test_directory_moves);
  g_test_add_func ("/watcher/exchange", test_exchange);
  g_test_add_func ("/watcher/remove-recursively", test_remove_recursively);
  g_test_add_func ("/watcher/change-of-type", test_change_of_type);
  g_test_add_func ("/watcher/links", test_links);
  g_test_add_func ("/watcher/follow-links", test_follow_links);
  g_test_add_func ("/watcher/behind-links", test_behind_links);
  g_test_add_func ("/watcher/behind-link-to-excluded", test_behind_link_to_excluded);
  g_test_add_func ("/watcher/target-moves", test_target_moves);
  g_test_add_func ("/watcher/target-becomes-readable", test_target_becomes_readable);
  g_test_add_func ("/watcher/overlapping-chains", test_overlapping_chains);
  g_test_add_func ("/watcher/ancestors-of-root", test_ancestors_of_root);
  g_test_add_func ("/watcher/renamed-parent", test_renamed_parent);
  g_test_add_func ("/watcher/left-out-comes-back", test_left_out_comes_back);
  g_test_add_func ("/watcher/linked-root", test_linked_root);
  g_test_add_func ("/watcher/reconcile", test_reconcile);
  g_test_add_func ("/watcher/reconcile-after-save", test_reconcile_after_save);
  g_test_add_func ("/watcher/reconcile-while-writing", test_reconcile_while_writing);
  g_test_add_func ("/watcher/reentrancy", test_reentrancy);
  g_test_add_func ("/watcher/open-file", test_open_file);
  g_test_add_func ("/watcher/steady-writer", test_steady_writer);
  g_test_add_func ("/watcher/many-saves", test_many_saves);
  g_test_add_func ("/watcher/emitted-at-once", test_emitted_at_once);
  g_test_add_func ("/watcher/future", test_future);
  g_test_add_func ("/watcher/batch", test_batch);
  g_test_add_func ("/watcher/large-directory", test_large_directory);
  g_test_add_func ("/watcher/missing-root", test_missing_root);
  g_test_add_func ("/watcher/root-comes-back", test_root_comes_back);
  g_test_add_func ("/watcher/empty-at-start", test_empty_at_start);
  g_test_add_func ("/watcher/unreadable", test_unreadable);
  g_test_add_func ("/watcher/not-searchable", test_not_searchable);
  g_test_add_func ("/watcher/not-searchable/at-start", test_not_searchable_at_start);
  g_test_add_func ("/watcher/failing-disk", test_failing_disk);
  g_test_add_func ("/watcher/hanging/comparison", test_hanging_comparison);
  g_test_add_func ("/watcher/hanging/look", test_hanging_look);
  g_test_add_func ("/watcher/hanging/link", test_hanging_link);
  g_test_add_func ("/watcher/hanging/linked-root", test_hanging_linked_root);
  g_test_add_func ("/watcher/hanging/roots", test_hanging_roots);
  g_test_add_func ("/watcher/hanging/roots-in-turn", test_hanging_roots_in_turn);
  g_test_add_func ("/watcher/hanging/other-root", test_hanging_other_root);
  g_test_add_func ("/watcher/hanging/other-path", test_hanging_other_path);
  g_test_add_func ("/watcher/hanging/end", test_hanging_end);
  g_test_add_func ("/watcher/set-tree", test_set_tree);
  g_test_add_func ("/watcher/explain", test_explain);
  g_test_add_func ("/watcher/hanging/explain", test_explain_on_hanging_disk);
  g_test_add_func ("/watcher/bytes", test_bytes);
  g_test_add_func ("/watcher/random", test_random);

  return g_test_run ();
}
