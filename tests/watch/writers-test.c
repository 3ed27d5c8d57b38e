/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Programs that people save notes with. Emitted once too often is fine, emitted not at all is a
 * failure.
 */

#include "watcher-fixture.h"

#include <string.h>

/* FALSE, and the test is skipped, if PROGRAM is not here. */
static gboolean
require (const char *program)
{
  g_autofree char *path = g_find_program_in_path (program);
  g_autofree char *message = g_strdup_printf ("%s is not installed", program);

  if (path == NULL)
    g_test_skip (message);

  return path != NULL;
}

static void
on_exited (GObject *process, GAsyncResult *result, gpointer user_data)
{
  gboolean *exited = user_data;
  g_autoptr (GError) error = NULL;

  g_subprocess_wait_check_finish (G_SUBPROCESS (process), result, &error);
  g_assert_no_error (error);
  *exited = TRUE;
}

static gboolean
is_set (ArcFixture *fixture, gconstpointer data)
{
  return *(const gboolean *) data;
}

/* Unlike arc_fixture_sh(), the watcher runs while the program does. */
static void
run (ArcFixture *fixture, const char *line)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  const char *argv[] = { "/bin/sh", "-euc", line, NULL };
  gboolean exited = FALSE;

  g_subprocess_launcher_set_cwd (launcher, fixture->base);
  g_subprocess_launcher_setenv (launcher, "TERM", "dumb", TRUE);
  process = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_assert_no_error (error);
  g_subprocess_wait_check_async (process, NULL, on_exited, &exited);
  arc_fixture_wait (fixture, is_set, &exited);
}

/* Everything the writer did was emitted by the monitors, and led to what is on the disk. */
static void
finish (ArcFixture *fixture)
{
  arc_fixture_wait_true (fixture);
  arc_fixture_reconcile (fixture);
  arc_fixture_wait_true (fixture);
  arc_fixture_assert_none_missed (fixture);
}

/* Saves once and waits until it is emitted. */
static void
save (ArcFixture *fixture, const char *line, const char *path)
{
  arc_fixture_forget (fixture);
  run (fixture, line);
  arc_fixture_wait_emitted (fixture, path, ARC_CHANGE_MODIFIED);
  arc_fixture_wait_true (fixture);
}

/* By default Emacs makes no backups below /tmp. */
#define EMACS                                                                                      \
  "emacs -Q --batch --eval '(setq make-backup-files t backup-enable-predicate (lambda (f) t))' "

static void
test_emacs (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  if (!require ("emacs"))
    return;

  arc_fixture_sh (fixture, "echo '* A note' >tree/n.org");
  arc_fixture_start (fixture, NULL, FALSE);

  /* The first save of a session makes the backup, by renaming, and the next ones do not. */
  save (fixture,
        EMACS
        "tree/n.org --eval '(progn (insert \"1\") (save-buffer) (insert \"2\") (save-buffer))'",
        "tree/n.org");
  arc_fixture_sh (fixture, "test -e tree/n.org~ && grep -q 12 tree/n.org");
  save (fixture,
        EMACS "--eval '(setq backup-by-copying t)' tree/n.org --eval '(progn (insert \"3\") "
              "(save-buffer))'",
        "tree/n.org");
  save (fixture,
        EMACS "--eval '(setq file-precious-flag t)' tree/n.org "
              "--eval '(progn (insert \"4\") (save-buffer) (insert \"5\") (save-buffer))'",
        "tree/n.org");
  arc_fixture_sh (fixture, "grep -q 45312 tree/n.org || { cat tree/n.org >&2; false; }");

  arc_fixture_forget (fixture);
  run (fixture, EMACS "tree/new.org --eval '(progn (insert \"1\") (save-buffer))'");
  arc_fixture_wait_emitted (fixture, "tree/new.org", ARC_CHANGE_ADDED);
  finish (fixture);
}

/* What Emacs leaves beside a file that is edited and not saved. */
static void
test_emacs_unsaved (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const char *const sentinels[] = { "tree", NULL };

  if (!require ("emacs"))
    return;

  arc_fixture_sh (fixture, "echo '* A note' >tree/n.org");
  arc_fixture_start (fixture, NULL, FALSE);

  run (fixture,
       "emacs -Q --batch --eval '(setq create-lockfiles t auto-save-default t)' tree/n.org --eval "
       "'(progn (auto-save-mode 1) (insert \"1\") (do-auto-save t)"
       " (unless (file-exists-p \"#n.org#\") (error \"no autosave\"))"
       " (unless (file-symlink-p \".#n.org\") (error \"no lock\")) (set-buffer-modified-p "
       "t))'");
  arc_fixture_wait_sentinels (fixture, sentinels);
  arc_fixture_wait_true (fixture);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 1);
  g_assert_true (arc_fixture_is_emitted (fixture, "tree/sentinel.org"));
  finish (fixture);
}

static void
test_vim (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const char *const options[] = { "backup backupcopy=yes", "backup backupcopy=no",
                                         "nobackup nowritebackup",
                                         "nobackup writebackup backupcopy=auto" };

  if (!require ("vim"))
    return;

  arc_fixture_sh (fixture, "echo '* A note' >tree/n.org");
  arc_fixture_start (fixture, NULL, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    {
      g_autofree char *line =
          g_strdup_printf ("vim -Nu NONE -es -c 'set %s' -c 'normal Goline %u' -c wq tree/n.org",
                           options[i], i);
      g_autofree char *check = g_strdup_printf ("grep -q 'line %u' tree/n.org", i);

      save (fixture, line, "tree/n.org");
      arc_fixture_sh (fixture, "%s", check);
    }
  finish (fixture);
}

static void
test_sed (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  arc_fixture_sh (fixture, "mkdir tree/a && echo one >tree/n.org && echo one >tree/a/m.org");
  arc_fixture_start (fixture, NULL, FALSE);

  save (fixture, "sed -i s/one/two/ tree/n.org tree/a/m.org", "tree/n.org");
  g_assert_true (arc_fixture_is_emitted (fixture, "tree/a/m.org"));
  save (fixture, "sed -i.bak s/two/six/ tree/n.org", "tree/n.org");
  finish (fixture);
}

static void
test_rsync (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  if (!require ("rsync"))
    return;

  arc_fixture_sh (fixture, "mkdir -p aside/a/b && echo 1 >aside/n.org && echo 1 >aside/a/b/m.org");
  arc_fixture_start (fixture, NULL, FALSE);

  run (fixture, "rsync -a aside/ tree/");
  arc_fixture_wait_emitted (fixture, "tree/n.org", ARC_CHANGE_ADDED);
  arc_fixture_wait_emitted (fixture, "tree/a/b/m.org", ARC_CHANGE_ADDED);

  save (fixture, "echo 2 >aside/n.org && rsync -a -I aside/ tree/", "tree/n.org");
  save (fixture, "echo 3 >aside/n.org && rsync -a -I --inplace aside/ tree/", "tree/n.org");
  save (fixture, "echo 4 >aside/n.org && rsync -a -I --delay-updates aside/ tree/", "tree/n.org");

  /* An older one comes, with its old time. */
  save (fixture, "touch -d 2001-01-01 aside/n.org && rsync -a aside/ tree/", "tree/n.org");

  run (fixture, "rm -r aside/a && rsync -a --delete aside/ tree/");
  arc_fixture_wait_emitted (fixture, "tree/a/b/m.org", ARC_CHANGE_DELETED);
  finish (fixture);
}

/* It writes a hidden temporary file, gives it the time of the other side's file, and renames it. A
 * file that it replaces may be kept under .stversions. */
static void
test_syncthing (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();
  static const char *const sentinels[] = { "tree/a", NULL };

  arc_fixture_sh (fixture, "mkdir tree/a && echo 1 >tree/a/n.org");
  arc_fixture_start (fixture, NULL, FALSE);

  run (fixture, "echo 2 >tree/a/.syncthing.n.org.tmp");
  arc_fixture_wait_sentinels (fixture, sentinels);
  g_assert_false (arc_fixture_is_emitted (fixture, "tree/a/n.org"));

  save (fixture,
        "touch -d 2001-01-01 tree/a/.syncthing.n.org.tmp && mv tree/a/.syncthing.n.org.tmp "
        "tree/a/n.org",
        "tree/a/n.org");
  save (fixture,
        "mkdir -p tree/.stversions/a && echo 3 >tree/a/.syncthing.n.org.tmp && "
        "mv tree/a/n.org tree/.stversions/a/n~20240101-000000.org && "
        "mv tree/a/.syncthing.n.org.tmp tree/a/n.org",
        "tree/a/n.org");
  finish (fixture);
}

#define GIT "git -c user.name=t -c user.email=t@localhost -c init.defaultBranch=one "

static void
test_git (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  if (!require ("git"))
    return;

  arc_fixture_sh (
      fixture, "cd tree && " GIT "init -q && mkdir -p old/deep both && "
               "for i in $(seq 40); do echo 1 >old/deep/$i.org; echo 1 >both/$i.org; done && "
               "echo 1 >n.org && " GIT "add . && " GIT "commit -qm 1 && " GIT
               "checkout -qb two && git rm -rq old && mkdir -p new/deep/er && "
               "for i in $(seq 40); do echo 2 >new/deep/er/$i.org; echo 22 >both/$i.org; done && "
               "echo 2 >n.org && " GIT "add . && " GIT "commit -qm 2 && " GIT "checkout -q one");
  arc_fixture_start (fixture, NULL, FALSE);

  for (guint i = 0; i < 3; i++)
    {
      arc_fixture_forget (fixture);
      run (fixture, "cd tree && git checkout -q two");
      arc_fixture_wait_emitted (fixture, "tree/n.org", ARC_CHANGE_MODIFIED);
      arc_fixture_wait_emitted (fixture, "tree/both/17.org", ARC_CHANGE_MODIFIED);
      arc_fixture_wait_true (fixture);
      g_assert_true (arc_fixture_is_emitted (fixture, "tree/new/deep/er/40.org"));
      g_assert_true (arc_fixture_is_emitted (fixture, "tree/old/deep/40.org"));
      g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 40 + 40 + 40 + 1);

      arc_fixture_forget (fixture);
      run (fixture, "cd tree && git checkout -q one");
      arc_fixture_wait_true (fixture);
      g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 40 + 40 + 40 + 1);
    }
  finish (fixture);
}

static void
test_mkdir (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  arc_fixture_start (fixture, NULL, FALSE);
  run (fixture, "cd tree && i=0 && while [ $i -lt 1000 ]; do"
                " mkdir -p $i/a/b/c && echo >$i/a/b/c/n.org; i=$((i + 1)); done");
  arc_fixture_wait_true (fixture);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 1000);
  finish (fixture);
}

static void
test_copy_and_unpack (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  arc_fixture_sh (fixture,
                  "cd aside && for i in $(seq 100); do mkdir -p t/$i/a/b; echo >t/$i/1.org;"
                  " echo >t/$i/a/b/2.org; done && tar cf t.tar t");
  arc_fixture_start (fixture, NULL, FALSE);

  run (fixture, "cp -r aside/t tree/copy");
  arc_fixture_wait_true (fixture);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 200);

  arc_fixture_forget (fixture);
  run (fixture, "cd tree && tar xf ../aside/t.tar");
  arc_fixture_wait_true (fixture);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 200);
  finish (fixture);
}

static void
test_move (void)
{
  g_autoptr (ArcFixture) fixture = arc_fixture_new ();

  arc_fixture_sh (fixture,
                  "mkdir tree/sub && cd aside && for i in $(seq 100); do mkdir -p t/$i/a/b;"
                  " echo >t/$i/1.org; echo >t/$i/a/b/2.org; done");
  arc_fixture_start (fixture, NULL, FALSE);

  run (fixture, "mv aside/t tree/");
  arc_fixture_wait_true (fixture);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 200);

  arc_fixture_forget (fixture);
  run (fixture, "mv tree/t tree/sub/u");
  arc_fixture_wait_true (fixture);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 400);
  arc_fixture_forget (fixture);
  run (fixture, "for i in tree/sub/u/*; do echo x >>$i/a/b/2.org; done");
  arc_fixture_wait_true (fixture);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 100);

  arc_fixture_forget (fixture);
  run (fixture, "mv tree/sub/u aside/");
  arc_fixture_wait_true (fixture);
  g_assert_cmpuint (arc_change_set_get_size (fixture->emitted), ==, 200);
  g_assert_cmpuint (arc_watcher_get_n_directories (fixture->watcher), ==, 2);
  finish (fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/writers/emacs", test_emacs);
  g_test_add_func ("/writers/emacs-unsaved", test_emacs_unsaved);
  g_test_add_func ("/writers/vim", test_vim);
  g_test_add_func ("/writers/sed", test_sed);
  g_test_add_func ("/writers/rsync", test_rsync);
  g_test_add_func ("/writers/syncthing", test_syncthing);
  g_test_add_func ("/writers/git", test_git);
  g_test_add_func ("/writers/mkdir", test_mkdir);
  g_test_add_func ("/writers/copy-and-unpack", test_copy_and_unpack);
  g_test_add_func ("/writers/move", test_move);

  return g_test_run ();
}
