/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What the kernel refuses or drops, and what it takes away. */

#include "common/file-frame.h"
#include "common/inotify-limit.h"
#include "state/snapshot-file.h"
#include "test-util.h"
#include "watch/file-monitors.h"
#include "watch/monitor-audit.h"
#include "watcher-fixture.h"

#include <fcntl.h>
#include <gio/gunixmounts.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void
write_text (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, text, strlen (text)), ==, strlen (text));
  close (fd);
}

/* To be called before there is a thread. FALSE if this system does not allow it. */
static gboolean
enter_namespaces (void)
{
  g_autofree char *users = g_strdup_printf ("0 %u 1\n", geteuid ());
  g_autofree char *groups = g_strdup_printf ("0 %u 1\n", getegid ());

  if (unshare (CLONE_NEWUSER | CLONE_NEWNS) != 0)
    return FALSE;

  write_text ("/proc/self/setgroups", "deny");
  write_text ("/proc/self/uid_map", users);
  write_text ("/proc/self/gid_map", groups);

  return mount (NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

static void
limit_child (void)
{
  g_autoptr (ArcFixture) fixture = NULL;
  g_auto (GStrv) depth = NULL;
  g_autofree char *limit = NULL;
  gulong n_unwatched;
  char *rest;

  write_text ("/proc/sys/user/max_inotify_watches", "300");
  fixture = arc_fixture_new ();
  arc_fixture_sh (fixture, "cd tree && seq -f %%.0f/n 400 | xargs mkdir -p");
  arc_fixture_start (fixture, NULL, FALSE);
  /* The path of the root takes a watch for each directory, also for the root. */
  depth = g_strsplit (fixture->base + 1, "/", -1);
  limit = g_strdup_printf ("%u", 800 + g_strv_length (depth));

  g_assert_true (arc_fixture_is_degraded (fixture, NULL));
  g_test_message ("%s", arc_watcher_get_health_message (fixture->watcher));
  g_assert_nonnull (strstr (arc_watcher_get_health_message (fixture->watcher),
                            "sudo sysctl -w user.max_inotify_watches="));
  g_assert_nonnull (
      strstr (arc_watcher_get_health_message (fixture->watcher), "of 801 directories"));

  /* A comparison covers what no monitor does. */
  arc_fixture_sh (fixture, "for i in $(seq 400); do touch tree/$i/n/n.org; done");
  arc_fixture_wait_settled (fixture);
  arc_fixture_reconcile (fixture);
  arc_fixture_wait_true (fixture);
  g_assert_cmpuint (arc_change_set_get_size (fixture->missed), >, 100);
  g_assert_true (arc_fixture_is_degraded (fixture, NULL));

  /* The advice is followed. */
  write_text ("/proc/sys/user/max_inotify_watches", "2000");
  arc_fixture_reconcile (fixture);
  g_assert_true (arc_fixture_is_ok (fixture, NULL));

  /* Just beyond the limit, which only the last of them meet. */
  arc_watcher_stop (fixture->watcher);
  write_text ("/proc/sys/user/max_inotify_watches", limit);
  arc_fixture_restart (fixture, NULL);
  arc_fixture_wait_settled (fixture);
  g_assert_true (arc_fixture_is_degraded (fixture, NULL));

  /* The monitor of mounts takes up to two watches: /etc for fstab and, in GLib 2.84 with libmount,
   * /run/mount for utab. */
  n_unwatched = strtoul (arc_watcher_get_health_message (fixture->watcher), &rest, 10);
  g_assert_cmpuint (n_unwatched, >=, 2);
  g_assert_cmpuint (n_unwatched, <=, 4);
  g_assert_true (g_str_has_prefix (rest, " of 801 "));
}

static void
assert_message_has (ArcFixture *fixture, const char *part)
{
  const char *message = arc_watcher_get_health_message (fixture->watcher);

  if (strstr (message, part) == NULL)
    g_error ("\"%s\" is not in \"%s\"", part, message);
}

/* More links than the kernel has watches for. */
static void
links_child (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  write_text ("/proc/sys/user/max_inotify_watches", "50");
  arc_fixture_sh (fixture, "for i in $(seq 100); do echo $i >aside/$i.org; "
                           "ln -s ../aside/$i.org tree; done");
  arc_fixture_start (fixture, NULL, TRUE);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 100);
  g_assert_true (arc_fixture_is_degraded (fixture, NULL));
  assert_message_has (fixture, "leads to cannot be watched: the limit "
                               "user.max_inotify_watches = 50 is reached (and ");

  /* A comparison covers them. */
  arc_fixture_sh (fixture, "for i in $(seq 100); do echo x >>aside/$i.org; done");
  arc_fixture_reconcile (fixture);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 100);

  write_text ("/proc/sys/user/max_inotify_watches", "2000");
  arc_fixture_reconcile (fixture);
  g_assert_true (arc_fixture_is_ok (fixture, NULL));
  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "for i in $(seq 100); do echo x >>aside/$i.org; done");
  arc_fixture_wait_emitted (fixture, "tree/77.org", ARC_CHANGE_MODIFIED);

  /* Links that are gone give their watches back. */
  arc_fixture_sh (fixture, "rm tree/*");
  arc_fixture_wait_emitted (fixture, "tree/77.org", ARC_CHANGE_DELETED);
  arc_fixture_reconcile (fixture);
  write_text ("/proc/sys/user/max_inotify_watches", "20");
  arc_fixture_sh (fixture, "ln -s ../aside/1.org tree");
  arc_fixture_wait_emitted (fixture, "tree/1.org", ARC_CHANGE_MODIFIED);
  arc_fixture_reconcile (fixture);
  g_assert_true (arc_fixture_is_ok (fixture, NULL));
}

static void
unmount_child (void)
{
  g_autoptr (ArcFixture) fixture = NULL;
  static const char *const sentinels[] = { "tree", "tree/a", NULL };

  fixture = arc_fixture_new ();
  arc_fixture_sh (
      fixture, "mkdir disk && mount -t tmpfs tmpfs disk && mkdir -p disk/a/b && touch disk/1.org "
               "disk/a/2.org disk/a/b/3.org && mount --bind disk tree");
  arc_fixture_start (fixture, NULL, FALSE);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 3);

  arc_fixture_unmount (fixture, "tree", "disk", NULL);
  arc_fixture_sh (fixture, "mount -t tmpfs tmpfs disk");
  arc_fixture_wait (fixture, arc_fixture_is_unavailable, "unavailable");
  g_assert_cmpuint (fixture->n_changed, ==, 0);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 3);

  arc_fixture_sh (fixture,
                  "mkdir -p disk/a/b && touch disk/1.org disk/a/b/4.org && mount --bind disk tree");
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
  arc_fixture_wait_true (fixture);
  arc_fixture_wait_emitted (fixture, "tree/a/2.org", ARC_CHANGE_DELETED);
  arc_fixture_wait_emitted (fixture, "tree/a/b/4.org", ARC_CHANGE_ADDED);
  arc_fixture_wait_sentinels (fixture, sentinels);

  /* One directory at two places is watched at one of them, and not at its old place only. */
  arc_fixture_sh (fixture, "mkdir disk/c && mount --bind disk/a disk/c && touch disk/a/5.org");
  arc_fixture_reconcile (fixture);
  g_assert_true (arc_fixture_is_emitted (fixture, "tree/a/5.org"));
  arc_fixture_unmount (fixture, "disk/c", "tree", "disk", NULL);
  arc_fixture_wait (fixture, arc_fixture_is_unavailable, "unavailable");
}

/* A disk in the middle of the tree. */
static void
mount_below_child (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const char *const sentinels[] = { "tree", "tree/disk", "tree/disk/a", NULL };

  arc_fixture_sh (fixture, "mkdir disk other tree/disk tree/plain && touch tree/1.org && "
                           "mount -t tmpfs tmpfs disk && mount -t tmpfs tmpfs other && "
                           "mkdir disk/a && touch disk/2.org disk/a/3.org && "
                           "mount --bind disk tree/disk");
  arc_fixture_start (fixture, NULL, FALSE);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 3);

  /* It goes: nothing is deleted, and the rest of the tree goes on. */
  arc_fixture_unmount (fixture, "tree/disk", "disk", NULL);
  arc_fixture_wait (fixture, arc_fixture_is_degraded, "degraded");
  g_assert_nonnull (
      strstr (arc_watcher_get_health_message (fixture->watcher), "tree/disk cannot be read"));
  arc_fixture_reconcile (fixture);
  g_assert_true (arc_fixture_is_degraded (fixture, NULL));
  g_assert_cmpuint (fixture->n_changed, ==, 0);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 3);
  arc_fixture_sh (fixture, "touch tree/4.org");
  arc_fixture_wait_emitted (fixture, "tree/4.org", ARC_CHANGE_ADDED);

  /* And back, with what happened meanwhile. */
  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "mount -t tmpfs tmpfs disk && mkdir disk/a && "
                           "touch disk/a/3.org disk/5.org && mount --bind disk tree/disk");
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
  arc_fixture_wait_true (fixture);
  arc_fixture_wait_emitted (fixture, "tree/disk/2.org", ARC_CHANGE_DELETED);
  arc_fixture_wait_emitted (fixture, "tree/disk/a/3.org", ARC_CHANGE_MODIFIED);
  arc_fixture_wait_emitted (fixture, "tree/disk/5.org", ARC_CHANGE_ADDED);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 3);
  arc_fixture_wait_sentinels (fixture, sentinels);

  /* A directory is covered, which the kernel tells nobody who watches it. */
  arc_fixture_sh (fixture, "touch tree/plain/6.org other/7.org");
  arc_fixture_wait_emitted (fixture, "tree/plain/6.org", ARC_CHANGE_ADDED);
  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "mount --bind other tree/plain");
  arc_fixture_wait_emitted (fixture, "tree/plain/6.org", ARC_CHANGE_DELETED);
  arc_fixture_wait_emitted (fixture, "tree/plain/7.org", ARC_CHANGE_ADDED);
  arc_fixture_forget (fixture);
  arc_fixture_unmount (fixture, "tree/plain", NULL);
  arc_fixture_wait_emitted (fixture, "tree/plain/7.org", ARC_CHANGE_DELETED);
  arc_fixture_wait_emitted (fixture, "tree/plain/6.org", ARC_CHANGE_ADDED);

  /* Gone for good, says the user. */
  arc_fixture_unmount (fixture, "tree/disk", NULL);
  arc_fixture_wait (fixture, arc_fixture_is_degraded, "degraded");
  arc_fixture_sh (fixture, "touch tree/disk/gone");
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
  arc_fixture_wait_emitted (fixture, "tree/disk/a/3.org", ARC_CHANGE_DELETED);
  arc_fixture_wait_true (fixture);

  /* Emptied by hand before it goes, it is empty. */
  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "mount --bind disk tree/disk");
  arc_fixture_wait_emitted (fixture, "tree/disk/a/3.org", ARC_CHANGE_ADDED);
  arc_fixture_forget (fixture);
  arc_fixture_sh (fixture, "rm -r tree/disk/*");
  arc_fixture_wait_emitted (fixture, "tree/disk/a/3.org", ARC_CHANGE_DELETED);
  arc_fixture_unmount (fixture, "tree/disk", NULL);
  arc_fixture_sh (fixture, "rm -r tree/disk");
  arc_fixture_wait_true (fixture);
  g_assert_true (arc_fixture_is_ok (fixture, NULL));
  arc_fixture_assert_none_missed (fixture);

  arc_fixture_unmount (fixture, "disk", "other", NULL);
}

/* What the watcher knows, as another run gets it. (transfer full) */
static ArcSnapshot *
remember (ArcFixture *fixture)
{
  g_autoptr (GBytes) bytes = arc_file_frame_end (
      arc_snapshot_frame (arc_watcher_get_snapshot (fixture->watcher), NULL, NULL));
  g_autoptr (GError) error = NULL;
  ArcSnapshot *snapshot = arc_snapshot_parse (bytes, NULL, &error);

  g_assert_no_error (error);

  return snapshot;
}

/* Another run, which first settles with the health that FUNC tests. */
static void
restart_as (ArcFixture *fixture, ArcSnapshot *snapshot, ArcFixtureFunc func)
{
  arc_watcher_stop (fixture->watcher);
  arc_fixture_forget (fixture);
  arc_fixture_restart (fixture, snapshot);
  arc_fixture_wait_settled (fixture);
  if (!func (fixture, NULL))
    g_error ("The health is another one: %s", arc_watcher_get_health_message (fixture->watcher));
}

static gboolean
is_known_as_mounted (ArcFixture *fixture, const char *name)
{
  g_autofree char *path = g_build_filename (fixture->base, name, NULL);

  return arc_snapshot_is_mounted (arc_watcher_get_snapshot (fixture->watcher), path);
}

/* A disk in the middle of the tree that is not there when the watcher starts. */
static void
mount_before_child (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  arc_fixture_sh (fixture, "mkdir -p disk inner tree/sub/disk && touch tree/sub/1.org && "
                           "mount -t tmpfs tmpfs disk && mount -t tmpfs tmpfs inner && "
                           "mkdir disk/a disk/inner && touch disk/2.org disk/a/3.org "
                           "inner/4.org && mount --bind disk tree/sub/disk && "
                           "mount --bind inner tree/sub/disk/inner");
  arc_fixture_start (fixture, NULL, FALSE);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 4);

  /* Nothing counts as deleted. */
  arc_fixture_unmount (fixture, "tree/sub/disk/inner", "tree/sub/disk", NULL);
  restart_as (fixture, remember (fixture), arc_fixture_is_degraded);
  g_assert_cmpuint (fixture->n_changed, ==, 0);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 4);
  g_test_message ("%s", arc_watcher_get_health_message (fixture->watcher));
  g_assert_nonnull (
      strstr (arc_watcher_get_health_message (fixture->watcher), "tree/sub/disk cannot be read"));

  /* Nor after another run that did not see it, either. The rest goes on meanwhile. */
  arc_fixture_sh (fixture, "touch tree/sub/5.org");
  arc_fixture_wait_emitted (fixture, "tree/sub/5.org", ARC_CHANGE_ADDED);
  restart_as (fixture, remember (fixture), arc_fixture_is_degraded);
  g_assert_cmpuint (fixture->n_changed, ==, 0);

  /* It is back but for what is mounted in it; what changed meanwhile is emitted. */
  arc_fixture_sh (fixture, "rm disk/2.org && mount --bind disk tree/sub/disk");
  arc_fixture_wait_emitted (fixture, "tree/sub/disk/2.org", ARC_CHANGE_DELETED);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 1);
  arc_fixture_wait (fixture, arc_fixture_is_degraded, NULL);
  g_assert_nonnull (strstr (arc_watcher_get_health_message (fixture->watcher),
                            "tree/sub/disk/inner cannot be read"));
  arc_fixture_sh (fixture, "mount --bind inner tree/sub/disk/inner");
  arc_fixture_wait (fixture, arc_fixture_is_ok, NULL);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 1);
  arc_fixture_wait_true (fixture);
  arc_fixture_assert_none_missed (fixture);

  /* All is mounted at the start: nothing happened. */
  restart_as (fixture, remember (fixture), arc_fixture_is_ok);
  g_assert_cmpuint (fixture->n_changed, ==, 0);

  /* What is mounted is empty: that is no disk that is missing. */
  arc_watcher_stop (fixture->watcher);
  arc_fixture_sh (fixture, "rm inner/4.org");
  restart_as (fixture, remember (fixture), arc_fixture_is_ok);
  g_assert_true (arc_fixture_is_emitted (fixture, "tree/sub/disk/inner/4.org"));
  arc_fixture_unmount (fixture, "tree/sub/disk/inner", NULL);

  /* Gone for good, says the user. */
  arc_fixture_unmount (fixture, "tree/sub/disk", NULL);
  restart_as (fixture, remember (fixture), arc_fixture_is_degraded);
  arc_fixture_sh (fixture, "touch tree/sub/disk/gone");
  arc_fixture_wait (fixture, arc_fixture_is_ok, NULL);
  arc_fixture_wait_emitted (fixture, "tree/sub/disk/a/3.org", ARC_CHANGE_DELETED);
  arc_fixture_wait_true (fixture);

  /* Then it is a directory like any other, which may be emptied while nobody watches. */
  arc_fixture_sh (fixture, "touch tree/sub/disk/6.org");
  arc_fixture_wait_emitted (fixture, "tree/sub/disk/6.org", ARC_CHANGE_ADDED);
  arc_watcher_stop (fixture->watcher);
  arc_fixture_sh (fixture, "rm tree/sub/disk/*");
  restart_as (fixture, remember (fixture), arc_fixture_is_ok);
  g_assert_true (arc_fixture_is_emitted (fixture, "tree/sub/disk/6.org"));
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 1);

  /* Nor is one remembered whose place is gone, now or when the next run starts. */
  for (guint late = 0; late < 2; late++)
    {
      arc_fixture_sh (fixture, "mkdir -p tree/sub/disk && mount --bind disk tree/sub/disk");
      arc_fixture_wait_emitted (fixture, "tree/sub/disk/a/3.org", ARC_CHANGE_ADDED);
      arc_fixture_wait_settled (fixture);
      g_assert_true (is_known_as_mounted (fixture, "tree/sub/disk"));
      arc_fixture_forget (fixture);
      if (late)
        arc_watcher_stop (fixture->watcher);
      arc_fixture_unmount (fixture, "tree/sub/disk", NULL);
      arc_fixture_sh (fixture, "rmdir tree/sub/disk");
      if (late)
        restart_as (fixture, remember (fixture), arc_fixture_is_ok);
      arc_fixture_wait_emitted (fixture, "tree/sub/disk/a/3.org", ARC_CHANGE_DELETED);
      arc_fixture_wait_settled (fixture);
      g_assert_false (is_known_as_mounted (fixture, "tree/sub/disk"));
      arc_fixture_forget (fixture);
    }

  arc_fixture_unmount (fixture, "disk", "inner", NULL);
}

/* The place where it is mounted may be far from the link that is followed to it, on another disk
 * than the tree. */
static void
mount_behind_link_child (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  arc_fixture_sh (fixture,
                  "mkdir disk && mount -t tmpfs tmpfs tree && mount -t tmpfs tmpfs disk && "
                  "touch tree/1.org disk/2.org && ln -s ../disk tree/link && "
                  "touch aside/3.org && ln -s ../aside tree/plain");
  arc_fixture_start (fixture, NULL, TRUE);
  g_assert_cmpuint (arc_watcher_get_n_files (fixture->watcher), ==, 3);

  arc_watcher_stop (fixture->watcher);
  arc_fixture_unmount (fixture, "disk", NULL);
  restart_as (fixture, remember (fixture), arc_fixture_is_degraded);
  g_assert_cmpuint (fixture->n_changed, ==, 0);

  /* Another one, which has never had anything in it. */
  arc_watcher_stop (fixture->watcher);
  arc_fixture_sh (fixture, "mount -t tmpfs tmpfs disk");
  restart_as (fixture, remember (fixture), arc_fixture_is_ok);
  g_assert_true (arc_fixture_is_emitted (fixture, "tree/link/2.org"));

  /* A directory that is on another disk than the tree, with all else there, and emptied. */
  arc_watcher_stop (fixture->watcher);
  arc_fixture_sh (fixture, "rm aside/3.org");
  restart_as (fixture, remember (fixture), arc_fixture_is_ok);
  g_assert_true (arc_fixture_is_emitted (fixture, "tree/plain/3.org"));

  arc_watcher_stop (fixture->watcher);
  arc_fixture_unmount (fixture, "disk", "tree", NULL);
}

static gboolean
may_enter_namespaces (void)
{
  pid_t child = fork ();
  int status;

  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    _exit (enter_namespaces () ? 0 : 1);

  g_assert_cmpint (waitpid (child, &status, 0), ==, child);

  return status == 0;
}

static void
run_in_subprocess (void (*func) (void))
{
  if (g_test_subprocess ())
    {
      func ();
      return;
    }

  g_test_trap_subprocess (NULL, 120 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
}

static void
run_in_namespaces (void (*func) (void))
{
  if (g_test_subprocess ())
    g_assert_true (enter_namespaces ());
  else if (!may_enter_namespaces ())
    {
      g_test_skip ("user namespaces are not allowed here");
      return;
    }

  run_in_subprocess (func);
}

static void
test_limit (void)
{
  run_in_namespaces (limit_child);
}

static void
test_links (void)
{
  run_in_namespaces (links_child);
}

static void
test_unmount (void)
{
  run_in_namespaces (unmount_child);
}

static void
test_mount_below (void)
{
  run_in_namespaces (mount_below_child);
}

static void
test_mount_before (void)
{
  run_in_namespaces (mount_before_child);
}

static void
test_mount_behind_link (void)
{
  run_in_namespaces (mount_behind_link_child);
}

static void
on_audited (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **to = user_data;

  *to = g_object_ref (result);
}

static gboolean
is_set (ArcFixture *fixture, gconstpointer data)
{
  return *(const gconstpointer *) data != NULL;
}

/* Whether TARGETS, two, are watched. ERROR gets why it cannot be known. */
static void
audit (ArcFixture *fixture, ArcMonitorAuditTarget *targets, GError **error)
{
  g_autoptr (GArray) array = g_array_new (FALSE, FALSE, sizeof (ArcMonitorAuditTarget));
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GArray) answers = NULL;

  g_array_append_vals (array, targets, 2);
  for (guint i = 0; i < 2; i++)
    {
      ArcMonitorAuditTarget *target = &g_array_index (array, ArcMonitorAuditTarget, i);

      target->path = g_strdup (target->path);
    }

  arc_monitor_audit_run_async (g_steal_pointer (&array), NULL, on_audited, &result);
  arc_fixture_wait (fixture, is_set, &result);
  answers = arc_monitor_audit_run_finish (result, error);
  for (guint i = 0; answers != NULL && i < 2; i++)
    targets[i].watched = g_array_index (answers, ArcMonitorAuditTarget, i).watched;
}

/* The audit tells the truth. */
static void
test_audit (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *watched = g_build_filename (fixture->root, "a", NULL);
  ArcMonitorAuditTarget targets[2] = { { .path = watched }, { .path = fixture->aside } };

  arc_fixture_sh (fixture, "mkdir tree/a");
  arc_fixture_start (fixture, NULL, FALSE);

  for (guint exact = 0; exact < 2; exact++)
    {
      g_autoptr (GError) error = NULL;

      for (guint i = 0; i < 2; i++)
        {
          struct stat info;

          g_assert_no_errno (lstat (targets[i].path, &info));
          targets[i].id = arc_file_id_from_stat (&info);
          /* As btrfs and overlayfs do. */
          targets[i].id.device += exact;
        }
      audit (fixture, targets, &error);
      g_assert_no_error (error);
      g_assert_true (targets[0].watched);
      g_assert_false (targets[1].watched);
    }
}

/* An audit that was given up may still be asking, with watches of its own. */
static void
test_two_audits (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autoptr (GError) error = NULL;
  ArcMonitorAuditTarget targets[2] = { { .path = fixture->root }, { .path = fixture->aside } };
  const int other = inotify_init1 (IN_CLOEXEC);

  for (guint i = 0; i < 2; i++)
    {
      struct stat info;

      g_assert_no_errno (lstat (targets[i].path, &info));
      targets[i].id = arc_file_id_from_stat (&info);
    }
  g_assert_cmpint (inotify_add_watch (other, fixture->root, ARC_MONITOR_AUDIT_OWN_MASK), >=, 0);
  g_assert_cmpint (inotify_add_watch (other, fixture->aside, IN_CREATE | IN_DELETE), >=, 0);

  audit (fixture, targets, &error);
  g_assert_no_error (error);
  g_assert_false (targets[0].watched);
  g_assert_true (targets[1].watched);
  close (other);
}

static void
instances_child (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  write_text ("/proc/sys/user/max_inotify_instances", "0");
  arc_fixture_sh (fixture, "mkdir tree/a && touch tree/1.org tree/a/2.org");
  arc_fixture_start (fixture, NULL, FALSE);

  g_assert_true (arc_fixture_is_degraded (fixture, NULL));
  assert_message_has (fixture, "2 of 2 directories are not watched");
  assert_message_has (fixture, "the limit user.max_inotify_instances = 0 is reached");
  assert_message_has (fixture, "sudo sysctl -w user.max_inotify_instances=512");
  assert_message_has (fixture, "start the service again");

  /* Comparisons do what monitors cannot. */
  arc_fixture_sh (fixture, "rm tree/1.org && mkdir tree/b && touch tree/b/3.org");
  arc_fixture_reconcile (fixture);
  arc_fixture_wait_true (fixture);
  g_assert_true (arc_fixture_is_degraded (fixture, NULL));
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 2);

  /* GIO does not try again: it would be wrong to say that all is well. */
  write_text ("/proc/sys/user/max_inotify_instances", "100");
  arc_fixture_reconcile (fixture);
  g_assert_true (arc_fixture_is_degraded (fixture, NULL));
  assert_message_has (fixture, "start the service again");
}

/* The monitors have it, not the one that asks whether there is room for more of them, and not the
 * one that watches the path of the root. */
static void
last_instance_child (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const char *const sentinels[] = { "tree", "tree/a", NULL };

  write_text ("/proc/sys/user/max_inotify_instances", "1");
  arc_fixture_sh (fixture, "mkdir tree/a");
  arc_fixture_start (fixture, NULL, FALSE);
  g_assert_true (arc_fixture_is_degraded (fixture, NULL));
  assert_message_has (fixture, "tree leads to cannot be watched: the limit "
                               "user.max_inotify_instances = 1 is reached");
  arc_fixture_wait_sentinels (fixture, sentinels);
  arc_fixture_reconcile (fixture);
  arc_fixture_assert_none_missed (fixture);

  write_text ("/proc/sys/user/max_inotify_instances", "100");
  arc_fixture_reconcile (fixture);
  g_assert_true (arc_fixture_is_ok (fixture, NULL));
}

static void
test_instances (void)
{
  run_in_namespaces (instances_child);
}

static void
test_last_instance (void)
{
  run_in_namespaces (last_instance_child);
}

static void
test_files (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autofree char *outside = g_build_filename (fixture->aside, "c", NULL);
  g_autofree char *inside = g_build_filename (fixture->root, "c", NULL);
  static const char *const sentinels[] = { "tree", "tree/a", "tree/c", NULL };

  arc_fixture_sh (fixture, "mkdir tree/a aside/c && touch tree/1.org tree/a/2.org aside/c/3.org");
  arc_fixture_start (fixture, NULL, FALSE);

  /* A directory cannot be read. */
  arc_test_limit_files (0);
  g_assert_no_errno (g_rename (outside, inside));
  arc_fixture_wait (fixture, arc_fixture_is_degraded, "degraded");
  assert_message_has (fixture, "tree/c cannot be read: Too many open files");
  arc_test_limit_files (G_MAXUINT);
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
  arc_fixture_wait_emitted (fixture, "tree/c/3.org", ARC_CHANGE_ADDED);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 1);
  arc_fixture_wait_sentinels (fixture, sentinels);

  /* None can. */
  arc_fixture_forget (fixture);
  arc_test_limit_files (0);
  arc_fixture_reconcile (fixture);
  g_assert_true (arc_fixture_is_unavailable (fixture, NULL));
  assert_message_has (fixture, "tree: Too many open files");
  arc_test_limit_files (G_MAXUINT);
  arc_fixture_wait (fixture, arc_fixture_is_ok, "ok");
  g_assert_cmpuint (fixture->n_changed, ==, 0);
  arc_fixture_wait_true (fixture);
  arc_fixture_wait_sentinels (fixture, sentinels);
  arc_fixture_assert_none_missed (fixture);
}

typedef struct
{
  int pipes[8][2];
  guint n_read;
} Pipes;

static gboolean
read_pipe (int fd, GIOCondition condition, gpointer user_data)
{
  Pipes *pipes = user_data;

  pipes->n_read++;

  return G_SOURCE_REMOVE;
}

/* Has the context in which monitors are polled poll the pipes, too. */
static void
poll_pipes (const char *path, ArcHint hint, gpointer user_data)
{
  Pipes *pipes = user_data;

  if (pipes->pipes[0][0] != 0)
    return;

  for (guint i = 0; i < G_N_ELEMENTS (pipes->pipes); i++)
    {
      g_autoptr (GSource) source = NULL;

      g_assert_no_errno (pipe (pipes->pipes[i]));
      source = g_unix_fd_source_new (pipes->pipes[i][0], G_IO_IN);
      g_source_set_callback (source, G_SOURCE_FUNC (read_pipe), pipes, NULL);
      g_source_attach (source, g_source_get_context (g_main_current_source ()));
    }
}

static gboolean
has_read_pipe (ArcFixture *fixture, gconstpointer data)
{
  return ((const Pipes *) data)->n_read > 0;
}

static gboolean
has_pipes (ArcFixture *fixture, gconstpointer data)
{
  return ((const Pipes *) data)->pipes[0][0] != 0;
}

/* However many descriptors monitors have polled, each of them counts. */
static void
test_descriptors (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  Pipes pipes = { 0 };
  g_autoptr (ArcFileMonitors) monitors = arc_file_monitors_new (poll_pipes, NULL, &pipes);
  g_autoptr (ArcDirectoryTree) tree = arc_directory_tree_new ((GDestroyNotify) arc_monitor_cancel);
  ArcNode *node = arc_directory_tree_add (tree, NULL, fixture->aside);

  arc_file_monitors_arm (monitors, node);
  g_assert_nonnull (node->monitor);
  arc_fixture_sh (fixture, "touch aside/1.org");
  arc_fixture_wait (fixture, has_pipes, &pipes);

  for (guint i = G_N_ELEMENTS (pipes.pipes); i-- > 0;)
    {
      pipes.n_read = 0;
      g_assert_cmpint (write (pipes.pipes[i][1], "x", 1), ==, 1);
      arc_fixture_wait (fixture, has_read_pipe, &pipes);
      close (pipes.pipes[i][0]);
      close (pipes.pipes[i][1]);
    }
}

static void
ignore_hint (const char *path, ArcHint hint, gpointer user_data)
{
}

/* A monitor that takes a descriptor, and there is none. */
static void
test_files_for_monitors (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  g_autoptr (ArcFileMonitors) monitors = arc_file_monitors_new (ignore_hint, NULL, NULL);
  g_autoptr (ArcDirectoryTree) tree = arc_directory_tree_new ((GDestroyNotify) arc_monitor_cancel);
  ArcNode *node = arc_directory_tree_add (tree, NULL, fixture->aside);

  arc_test_limit_files (0);
  arc_file_monitors_arm (monitors, node);
  arc_test_limit_files (G_MAXUINT);
  g_assert_null (node->monitor);

  arc_file_monitors_arm (monitors, node);
  g_assert_nonnull (node->monitor);
}

/* Who cannot read a directory, cannot find out which ones are watched either. */
static void
test_files_for_audit (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  ArcMonitorAuditTarget targets[2] = { { .path = fixture->root }, { .path = fixture->aside } };
  static const char *const sentinels[] = { "tree", NULL };

  arc_fixture_start (fixture, NULL, FALSE);

  for (guint n = 0; n < 3; n++)
    {
      g_autoptr (GError) error = NULL;

      arc_test_limit_files (n);
      audit (fixture, targets, &error);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
      arc_test_limit_files (G_MAXUINT);
    }
  arc_fixture_wait_sentinels (fixture, sentinels);
}

/* How many events the kernel keeps for us; 0 if it takes too long to make more. */
static guint
get_queue_length (void)
{
  guint n = arc_inotify_limit_read (ARC_INOTIFY_LIMIT_EVENTS, NULL);

  if (n <= 65536)
    return n;

  g_test_skip ("fs.inotify.max_queued_events is too high here");

  return 0;
}

static gboolean
has_settled_twice (ArcFixture *fixture, gconstpointer data)
{
  return fixture->n_settled == 2;
}

/* A process that is kept from running for so long compares, too: MAX_DELAY of watch/watcher.c. */
#define LONG_PAUSE (500 * G_TIME_SPAN_MILLISECOND)

typedef struct
{
  gint64 last; /* turn of the main loop */
  gint64 longest;
} Pauses;

static gboolean
note_pause (gpointer data)
{
  Pauses *pauses = data;
  const gint64 now = g_get_monotonic_time ();

  pauses->longest = MAX (pauses->longest, now - pauses->last);
  pauses->last = now;

  return G_SOURCE_CONTINUE;
}

/* FALSE if the main loop paused, which leaves it open why the watcher compares. */
static gboolean
try_burst (guint n)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  Pauses pauses = { 0 };
  guint tick;

  arc_fixture_sh (fixture, "mkdir tree/a tree/b");
  arc_fixture_start (fixture, NULL, FALSE);

  /* A file takes five signals at most. */
  arc_fixture_sh (fixture, "seq -f tree/a/%%.0f.org %u | xargs touch", n / 4 / 5);
  pauses.last = g_get_monotonic_time ();
  tick = g_timeout_add (10, note_pause, &pauses);
  arc_fixture_wait_true (fixture);
  arc_test_iterate_for (2500);
  g_source_remove (tick);
  if (pauses.longest >= LONG_PAUSE)
    return FALSE;
  g_assert_cmpuint (fixture->n_settled, ==, 1);

  /* And one signal at least. */
  arc_fixture_sh (fixture, "seq -f tree/b/%%.0f.org %u | xargs touch", n / 4 + 1);
  pauses.last = g_get_monotonic_time ();
  tick = g_timeout_add (10, note_pause, &pauses);
  arc_fixture_wait (fixture, has_settled_twice, "another comparison");
  arc_fixture_wait_true (fixture);
  arc_test_iterate_for (2500);
  g_source_remove (tick);
  if (pauses.longest >= LONG_PAUSE)
    return FALSE;
  g_assert_cmpuint (fixture->n_settled, ==, 2);

  return TRUE;
}

/* Only many signals in a row are followed by a comparison. */
static void
test_burst (void)
{
  const guint n = get_queue_length ();

  if (n == 0)
    return;

  for (guint i = 0; i < 20; i++)
    if (try_burst (n))
      return;

  g_test_message ("The main loop paused in each of 20 tries");
}

/* More events than the kernel keeps, while we do not run. */
static void
test_overflow (void)
{
  g_autoptr (ArcFixture) fixture = NULL;
  guint n = get_queue_length ();

  if (n == 0)
    return;

  fixture = arc_fixture_new ();
  arc_fixture_sh (fixture, "mkdir tree/a tree/b && touch tree/b/before.org");
  arc_fixture_start (fixture, NULL, FALSE);

  /* To make a file takes two events at least. */
  arc_fixture_sh (fixture,
                  "kill -STOP $PPID; trap 'kill -CONT $PPID' EXIT; cd tree; "
                  "seq -f a/%%.0f.org %u | xargs touch; "
                  "echo >b/after.org; rm b/before.org; mkdir c; touch c/new.org",
                  n / 2 + 1);
  arc_fixture_wait_true (fixture);

  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, n / 2 + 1 + 3);
  arc_fixture_reconcile (fixture);
  arc_fixture_wait_true (fixture);
}

/* The same by a writer whose events GIO makes a few of. Only that time has passed tells. */
static void
test_overflow_in_silence (void)
{
  g_autoptr (ArcFixture) fixture = NULL;
  guint n = get_queue_length ();

  if (n == 0)
    return;

  fixture = arc_fixture_new ();
  arc_fixture_sh (fixture, "mkdir tree/a tree/b");
  arc_fixture_start (fixture, NULL, FALSE);
  arc_fixture_sh (fixture, "touch tree/b/before.org");
  arc_fixture_wait_emitted (fixture, "tree/b/before.org", ARC_CHANGE_ADDED);

  arc_fixture_sh (fixture,
                  "kill -STOP $PPID; trap 'kill -CONT $PPID' EXIT; cd tree; "
                  "exec 3>a/1 4>a/2; begin=$(date +%%s); i=0; "
                  "until [ $i -ge %u ] && [ $(date +%%s) -gt $((begin + 2)) ]; do "
                  "  for j in 1 2 3 4 5 6 7 8 9 10; do echo >&3; echo >&4; done; "
                  "  i=$((i + 10)); "
                  "done; echo >b/after.org",
                  n / 2);
  arc_fixture_wait_true (fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  /* These have a namespace of their own, which must be entered while there is one thread. */
  g_test_add_func ("/watcher-limits/watches", test_limit);
  g_test_add_func ("/watcher-limits/links", test_links);
  g_test_add_func ("/watcher-limits/unmount", test_unmount);
  g_test_add_func ("/watcher-limits/mount-below", test_mount_below);
  g_test_add_func ("/watcher-limits/mount-before", test_mount_before);
  g_test_add_func ("/watcher-limits/mount-behind-link", test_mount_behind_link);
  g_test_add_func ("/watcher-limits/instances", test_instances);
  g_test_add_func ("/watcher-limits/last-instance", test_last_instance);

  g_test_add_func ("/watcher-limits/audit", test_audit);
  g_test_add_func ("/watcher-limits/files", test_files);
  g_test_add_func ("/watcher-limits/audit/two", test_two_audits);
  g_test_add_func ("/watcher-limits/files-for-monitors", test_files_for_monitors);
  g_test_add_func ("/watcher-limits/files-for-audit", test_files_for_audit);
  g_test_add_func ("/watcher-limits/descriptors", test_descriptors);
  g_test_add_func ("/watcher-limits/burst", test_burst);
  g_test_add_func ("/watcher-limits/overflow", test_overflow);
  g_test_add_func ("/watcher-limits/overflow-in-silence", test_overflow_in_silence);

  return g_test_run ();
}
