/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "test-notes.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DEPTH 3

/* A root in which nothing at all is left is one that is unavailable: this stays in it. */
#define KEPT "kept.txt"

struct _ArcTestNotes
{
  char *tree;
  GRand *rand;
  guint serial; /* of the last content */
  char *last;   /* (owned) (nullable): what was written last */
};

/* Some of them are names of files and of directories. */
static const char *const note_names[] = {
  "a.org", "b.org", "c d.org", "note.tmp.org", "\xff.org", "new\nline.org", "both.org",
};
static const char *const other_names[] = {
  ".a.org", "#a.org#", ".#a.org", "a.org~", "a.sync-conflict-1.org", "a.org.bak", "plain.txt",
};
static const char *const directory_names[] = { "x", "y", "both.org", ".git", "z~" };

#define PICK(notes, names) ((names)[g_rand_int_range ((notes)->rand, 0, G_N_ELEMENTS (names))])

static gboolean
is_note (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (note_names); i++)
    if (strcmp (name, note_names[i]) == 0)
      return TRUE;

  return FALSE;
}

static gboolean
is_watched_directory (const char *name)
{
  /* Also one that took the place, and so the name, of a file. */
  return name[0] != '.' && name[0] != '#' && !g_str_has_suffix (name, "~") &&
         strstr (name, ".sync-conflict-") == NULL;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Files and directories below PATH, excluded ones as well, in an order that is always the same. */
static void
list (const char *path, guint depth, GPtrArray *files, GPtrArray *directories)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  g_ptr_array_add (directories, g_strdup (path));
  while ((name = g_dir_read_name (dir)) != NULL)
    if (strcmp (name, KEPT) != 0)
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);

  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *child = g_build_filename (path, names->pdata[i], NULL);
      GStatBuf info;

      g_assert_no_errno (g_lstat (child, &info));
      if (S_ISDIR (info.st_mode))
        list (child, depth + 1, files, directories);
      else
        g_ptr_array_add (files, g_steal_pointer (&child));
    }
}

static void
read_below (const char *path, const char *prefix, GHashTable *contents)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);
      g_autofree char *key = g_strconcat (prefix, name, NULL);
      g_autoptr (GError) error = NULL;
      GStatBuf info;
      char *data;

      g_assert_no_errno (g_lstat (child, &info));
      if (S_ISDIR (info.st_mode) && is_watched_directory (name))
        {
          g_autofree char *deeper = g_strconcat (key, "%", NULL);

          read_below (child, deeper, contents);
        }
      else if (S_ISREG (info.st_mode) && is_note (name))
        {
          g_file_get_contents (child, &data, NULL, &error);
          g_assert_no_error (error);
          g_hash_table_insert (contents, g_steal_pointer (&key), data);
        }
    }
}

GHashTable *
arc_test_notes_read (const char *tree)
{
  GHashTable *contents = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  read_below (tree, "", contents);

  return contents;
}

GHashTable *
arc_test_notes_read_copy (const char *copy)
{
  GHashTable *contents = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GDir) dir = g_dir_open (copy, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (copy, name, NULL);
      g_autoptr (GError) error = NULL;
      char *data;

      g_file_get_contents (path, &data, NULL, &error);
      g_assert_no_error (error);
      g_hash_table_insert (contents, g_strdup (name), data);
    }

  return contents;
}

static int
remove_one (const char *path, const struct stat *st, int type, struct FTW *ftw)
{
  return remove (path);
}

void
arc_test_remove_tree (const char *path)
{
  int result;

  /* A build that was killed may end after it has written another file there. */
  do
    result = nftw (path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  while (result != 0 && errno == ENOTEMPTY);
  g_assert_true (result == 0 || errno == ENOENT);
}

/* (transfer full): all of them begin with 16 digits, so that one can take the place of another. */
static char *
make_content (ArcTestNotes *notes)
{
  return g_strdup_printf ("%016u%.*s", ++notes->serial, g_rand_int_range (notes->rand, 0, 4),
                          "\n..");
}

/* Errors are none: there may be a directory of that name. */
static void
write_in_place (ArcTestNotes *notes, const char *path)
{
  g_autofree char *content = make_content (notes);
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0)
    return;

  g_assert_cmpint (write (fd, content, strlen (content)), ==, strlen (content));
  close (fd);
}

/* As a synchroniser does. */
static void
replace (ArcTestNotes *notes, const char *path)
{
  g_autofree char *temporary = g_strconcat (path, ".new", NULL);

  write_in_place (notes, temporary);
  if (g_rename (temporary, path) < 0)
    g_unlink (temporary);
}

/* Nothing of it shows but in the change time. */
static void
write_in_secret (ArcTestNotes *notes, const char *path)
{
  g_autofree char *digits = g_strdup_printf ("%016u", notes->serial + 1);
  int fd = open (path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  struct stat info;

  if (fd < 0)
    return;

  notes->serial++;
  g_assert_no_errno (fstat (fd, &info));
  g_assert_cmpint (pwrite (fd, digits, 16, 0), ==, 16);
  g_assert_no_errno (futimens (fd, (struct timespec[]){ info.st_atim, info.st_mtim }));
  close (fd);
}

static void
set_back_time (const char *path)
{
  const struct timespec past = { .tv_sec = 1000000000 };

  utimensat (AT_FDCWD, path, (struct timespec[]){ past, past }, AT_SYMLINK_NOFOLLOW);
}

/* A directory that is filled as soon as it is there. */
static void
make_directory (ArcTestNotes *notes, const char *path, guint depth)
{
  g_autofree char *note = g_build_filename (path, PICK (notes, note_names), NULL);
  g_autofree char *sub = g_build_filename (path, PICK (notes, directory_names), NULL);
  const gboolean deeper = depth < MAX_DEPTH && g_rand_boolean (notes->rand);

  if (g_mkdir (path, 0700) < 0)
    return;

  write_in_place (notes, note);
  if (deeper)
    make_directory (notes, sub, depth + 1);
}

/* The root itself must stay what it is. */
static void
remove_contents (ArcTestNotes *notes)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) directories = g_ptr_array_new_with_free_func (g_free);

  list (notes->tree, 0, files, directories);
  for (guint i = 0; i < files->len; i++)
    g_assert_no_errno (g_unlink (files->pdata[i]));
}

typedef enum
{
  WORK_WRITE,
  WORK_WRITE_OVER,
  WORK_REPLACE,
  WORK_SECRET,
  WORK_TIME,
  WORK_OTHER,
  WORK_REMOVE,
  WORK_MOVE,
  WORK_MOVE_AWAY,
  WORK_EXCHANGE,
  WORK_LINK,
  WORK_SYMLINK,
  WORK_MAKE_DIRECTORY,
  WORK_MOVE_DIRECTORY,
  WORK_REMOVE_DIRECTORY,
  WORK_REMOVE_ALL,
} Work;

static const struct
{
  Work work;
  const char *name;
  guint weight;
} works[] = {
  { WORK_WRITE, "write", 16 },
  { WORK_WRITE_OVER, "write over", 10 },
  { WORK_REPLACE, "replace", 10 },
  { WORK_SECRET, "write in secret", 10 },
  { WORK_TIME, "set back the time of", 4 },
  { WORK_OTHER, "write", 6 },
  { WORK_REMOVE, "remove", 14 },
  { WORK_MOVE, "move", 8 },
  { WORK_MOVE_AWAY, "move", 4 },
  { WORK_EXCHANGE, "exchange", 4 },
  { WORK_LINK, "link", 3 },
  { WORK_SYMLINK, "symlink", 2 },
  { WORK_MAKE_DIRECTORY, "make directory", 12 },
  { WORK_MOVE_DIRECTORY, "move directory", 8 },
  { WORK_REMOVE_DIRECTORY, "remove directory", 6 },
  { WORK_REMOVE_ALL, "remove all files of", 1 },
};

static guint
pick_work (ArcTestNotes *notes)
{
  guint sum = 0;
  guint at;
  guint i = 0;

  for (guint j = 0; j < G_N_ELEMENTS (works); j++)
    sum += works[j].weight;

  for (at = (guint) g_rand_int_range (notes->rand, 0, (gint32) sum); at >= works[i].weight; i++)
    at -= works[i].weight;

  return i;
}

static guint
get_depth (ArcTestNotes *notes, const char *path)
{
  guint depth = 0;

  for (const char *c = path + strlen (notes->tree); *c != '\0'; c++)
    depth += *c == '/';

  return depth;
}

void
arc_test_notes_work (ArcTestNotes *notes, GString *trace)
{
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) directories = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *new_note = NULL;
  g_autofree char *new_other = NULL;
  g_autofree char *new_directory = NULL;
  g_autofree char *shown = NULL;
  g_autofree char *last = g_steal_pointer (&notes->last);
  const guint index = pick_work (notes);
  const char *target;
  const char *path;
  const char *file;
  const char *directory;
  const char *other_directory;

  list (notes->tree, 0, files, directories);
  directory = directories->pdata[g_rand_int_range (notes->rand, 0, (gint32) directories->len)];
  new_note = g_build_filename (directory, PICK (notes, note_names), NULL);
  new_other = g_build_filename (directory, PICK (notes, other_names), NULL);
  new_directory = g_build_filename (directory, PICK (notes, directory_names), NULL);
  file = files->len > 0 ? files->pdata[g_rand_int_range (notes->rand, 0, (gint32) files->len)]
                        : new_note;
  other_directory =
      directories->pdata[g_rand_int_range (notes->rand, 0, (gint32) directories->len)];
  path = file;
  target = NULL;

  switch (works[index].work)
    {
    case WORK_WRITE:
      write_in_place (notes, path = new_note);
      break;
    case WORK_WRITE_OVER:
      write_in_place (notes, path);
      break;
    case WORK_REPLACE:
      replace (notes, path = new_note);
      break;
    case WORK_SECRET:
      write_in_secret (notes, path);
      break;
    case WORK_TIME:
      set_back_time (path);
      break;
    case WORK_OTHER:
      write_in_place (notes, path = new_other);
      break;
    case WORK_REMOVE:
      /* What has just come and goes again is what is lost first. */
      if (last != NULL && g_rand_boolean (notes->rand))
        path = last;
      g_unlink (path);
      break;
    case WORK_MOVE:
      g_rename (path, target = new_note);
      break;
    case WORK_MOVE_AWAY:
      g_rename (path, target = new_other);
      break;
    case WORK_EXCHANGE:
      renameat2 (AT_FDCWD, path, AT_FDCWD, target = new_note, RENAME_EXCHANGE);
      break;
    case WORK_LINK:
      (void) !link (path, target = new_note);
      break;
    case WORK_SYMLINK:
      (void) !symlink (path, target = new_note);
      break;
    case WORK_MAKE_DIRECTORY:
      make_directory (notes, path = new_directory, get_depth (notes, new_directory));
      break;
    case WORK_MOVE_DIRECTORY:
      /* Not below itself, nor the root. */
      g_rename (path = other_directory, target = new_directory);
      break;
    case WORK_REMOVE_DIRECTORY:
      path = other_directory;
      if (strcmp (path, notes->tree) != 0)
        arc_test_remove_tree (path);
      break;
    case WORK_REMOVE_ALL:
      remove_contents (notes);
      path = notes->tree;
      break;
    }

  notes->last = g_strdup (target != NULL ? target : path);
  shown = g_strescape (path + strlen (notes->tree), NULL);
  g_string_append_printf (trace, "  %s '%s'", works[index].name, shown);
  if (target != NULL)
    {
      g_autofree char *shown_target = g_strescape (target + strlen (notes->tree), NULL);

      g_string_append_printf (trace, " '%s'", shown_target);
    }
  g_string_append_printf (trace, " (content %u)\n", notes->serial);
}

ArcTestNotes *
arc_test_notes_new (const char *tree, GRand *rand)
{
  ArcTestNotes *notes = g_new0 (ArcTestNotes, 1);
  g_autofree char *kept = g_build_filename (tree, KEPT, NULL);

  notes->tree = g_strdup (tree);
  notes->rand = rand;
  g_assert_no_errno (g_mkdir (tree, 0700));
  write_in_place (notes, kept);

  return notes;
}

void
arc_test_notes_free (ArcTestNotes *notes)
{
  g_free (notes->tree);
  g_free (notes->last);
  g_free (notes);
}
