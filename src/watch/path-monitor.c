/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "watch/path-monitor.h"

#include "common/inotify-limit.h"
#include "common/path.h"
#include "watch/directory-reader.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* None of these has IN_DELETE: by that an audit recognises the watches of GIO
 * (watch/monitor-audit.c).
 */
#define DIRECTORY_MASK (IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR)
#define GAP_MASK       (DIRECTORY_MASK | IN_CREATE | IN_MOVED_TO)

/* rename(2) over a link, or a file, gives an event for its link count first (IN_ATTRIB). */
#define LINK_MASK (IN_MOVE_SELF | IN_DELETE_SELF | IN_ATTRIB)
#define FILE_MASK (LINK_MASK | IN_MODIFY | IN_CLOSE_WRITE)

/* As many as the kernel follows (path_resolution(7)). */
#define MAX_LINKS 40

/* How often to begin anew when the disk changes meanwhile. */
#define MAX_ATTEMPTS 8

/* How often to read events before others in the main context get their turn. */
#define MAX_READS 16

typedef struct
{
  char *path;
  GArray *watches; /* (element-type int) */
  int gap;       /* the watch of the directory that has not what comes next; -1: none is missing */
  char *missing; /* (nullable): what that directory has not */
  char *problem; /* (nullable): why not all of it is watched */
} Way;

struct _ArcPathMonitor
{
  ArcFileMonitorsFunc func;
  gpointer user_data;
  GMainContext *context;

  int fd;          /* -1 until it is needed, and if the kernel gives none */
  GSource *source; /* (nullable): NULL as long as that */

  GHashTable *ways;  /* (element-type filename Way) the keys lie in the values */
  GHashTable *spots; /* (element-type int GHashTable): the ways (element-type Way) that have each
                        watch */
  guint n_problems;
};

static void
way_free (gpointer data)
{
  Way *way = data;

  g_array_unref (way->watches);
  g_free (way->missing);
  g_free (way->problem);
  g_free (way->path);
  g_free (way);
}

static gboolean
has_watch (const GArray *watches, int watch)
{
  for (guint i = 0; i < watches->len; i++)
    if (g_array_index (watches, int, i) == watch)
      return TRUE;

  return FALSE;
}

static void
leave_spot (ArcPathMonitor *self, Way *way, int watch)
{
  GHashTable *spot = g_hash_table_lookup (self->spots, GINT_TO_POINTER (watch));

  if (spot == NULL)
    return;

  g_hash_table_remove (spot, way);
  if (g_hash_table_size (spot) > 0)
    return;

  g_hash_table_remove (self->spots, GINT_TO_POINTER (watch));
  inotify_rm_watch (self->fd, watch);
}

/* The kernel has removed WATCH. */
static void
drop_spot (ArcPathMonitor *self, int watch)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, g_hash_table_lookup (self->spots, GINT_TO_POINTER (watch)));
  while (g_hash_table_iter_next (&iter, &value, NULL))
    {
      Way *way = value;

      for (guint j = 0; j < way->watches->len; j++)
        if (g_array_index (way->watches, int, j) == watch)
          {
            g_array_remove_index_fast (way->watches, j);
            break;
          }
    }

  g_hash_table_remove (self->spots, GINT_TO_POINTER (watch));
}

static void
report_all (ArcPathMonitor *self)
{
  GHashTableIter iter;
  gpointer path;

  g_hash_table_iter_init (&iter, self->ways);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    self->func (path, ARC_HINT_LOOK, self->user_data);
}

static void
take_event (ArcPathMonitor *self, const struct inotify_event *event)
{
  GHashTable *spot = g_hash_table_lookup (self->spots, GINT_TO_POINTER (event->wd));
  /* GIO may not have watched the directory meanwhile. */
  const ArcHint hint = event->mask & IN_MOVE_SELF ? ARC_HINT_MOVED : ARC_HINT_LOOK;
  GHashTableIter iter;
  gpointer value;

  if (event->mask & IN_Q_OVERFLOW)
    report_all (self);
  if (spot == NULL)
    return;

  g_hash_table_iter_init (&iter, spot);
  while (g_hash_table_iter_next (&iter, &value, NULL))
    {
      const Way *way = value;

      if (event->len == 0 || (way->gap == event->wd && strcmp (way->missing, event->name) == 0))
        self->func (way->path, hint, self->user_data);
    }

  if (event->mask & IN_IGNORED)
    drop_spot (self, event->wd);
}

static gboolean
on_events (int fd, GIOCondition condition G_GNUC_UNUSED, gpointer user_data)
{
  ArcPathMonitor *self = user_data;
  _Alignas(struct inotify_event) char buffer[4096];
  ssize_t n_bytes = 1;

  for (guint i = 0; i < MAX_READS && n_bytes > 0; i++)
    {
      n_bytes = read (fd, buffer, sizeof buffer);

      for (ssize_t at = 0; at < n_bytes;)
        {
          const struct inotify_event *event =
              (const struct inotify_event *) (gconstpointer) (buffer + at);

          take_event (self, event);
          at += (ssize_t) (sizeof *event + event->len);
        }
    }

  return G_SOURCE_CONTINUE;
}

static gboolean
ensure_fd (ArcPathMonitor *self)
{
  if (self->fd >= 0)
    return TRUE;

  self->fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
  if (self->fd < 0)
    return FALSE;

  self->source = g_unix_fd_source_new (self->fd, G_IO_IN);
  g_source_set_static_name (self->source, "ArcPathMonitor");
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_events), self, NULL);
  g_source_attach (self->source, self->context);

  return TRUE;
}

static void
set_problem (Way *way, const char *path, int number)
{
  g_autofree char *name = g_filename_display_name (path);
  const char *limit = NULL;
  guint value = 0;

  if (number == ENOSPC)
    value = arc_inotify_limit_read (ARC_INOTIFY_LIMIT_WATCHES, &limit);
  else if (number == EMFILE)
    value = arc_inotify_limit_read (ARC_INOTIFY_LIMIT_INSTANCES, &limit);

  g_free (way->problem);
  way->problem = limit != NULL ? g_strdup_printf ("the limit %s = %u is reached", limit, value)
                               : g_strdup_printf ("%s: %s", name, g_strerror (number));
}

/* Adds MASK for PATH to the watches of WAY. -1 and errno if that cannot be. */
static int
add_watch (ArcPathMonitor *self, Way *way, const char *path, guint32 mask)
{
  GHashTable *spot;
  int watch;

  if (!ensure_fd (self))
    return -1;

  watch = inotify_add_watch (self->fd, path, mask | IN_DONT_FOLLOW | IN_MASK_ADD);
  if (watch < 0 || has_watch (way->watches, watch))
    return watch;

  g_array_append_val (way->watches, watch);
  spot = g_hash_table_lookup (self->spots, GINT_TO_POINTER (watch));
  if (spot == NULL)
    {
      spot = g_hash_table_new (NULL, NULL);
      g_hash_table_insert (self->spots, GINT_TO_POINTER (watch), spot);
    }
  g_hash_table_add (spot, way);

  return watch;
}

typedef enum
{
  STEP_ON,    /* there is more of the way */
  STEP_END,   /* there is not */
  STEP_AGAIN, /* the disk has changed meanwhile */
} Step;

/* What a watch that failed with NUMBER for PATH means for WAY. */
static Step
fail_watch (Way *way, const char *path, int number)
{
  if (arc_directory_reader_is_gone (number))
    return STEP_AGAIN;

  set_problem (way, path, number);

  return STEP_ON;
}

/* DIRECTORY has no NAME. */
static Step
wait_for (ArcPathMonitor *self, Way *way, const char *directory, const char *name)
{
  g_autofree char *path = arc_path_join (directory, name);
  const int watch = add_watch (self, way, directory, GAP_MASK);
  struct stat info;

  if (watch < 0 && fail_watch (way, directory, errno) == STEP_AGAIN)
    return STEP_AGAIN;

  way->gap = watch;
  way->missing = g_strdup (name);

  /* What came before there was a watch gives no event. */
  return lstat (path, &info) == 0 ? STEP_AGAIN : STEP_END;
}

/* PATH is a directory in DIRECTORY. */
static Step
enter (ArcPathMonitor *self, Way *way, const char *directory, const char *path, gboolean is_last)
{
  if (add_watch (self, way, path, DIRECTORY_MASK) >= 0)
    return STEP_ON;

  /* inotify_add_watch(2) needs the permission to read. The scan of a directory at the end reports
   * that it cannot be read. Who may not write to the directory above cannot rename one on the way:
   * /home is mode 0711 on some hosts. */
  if (errno == EACCES && (is_last || faccessat (AT_FDCWD, directory, W_OK, AT_EACCESS) != 0))
    return STEP_ON;

  return fail_watch (way, path, errno);
}

/* PATH is a link. Puts where it leads to before REST. */
static Step
enter_link (ArcPathMonitor *self, Way *way, const char *path, char **rest)
{
  char target[PATH_MAX];
  ssize_t length;
  char *joined;

  if (add_watch (self, way, path, LINK_MASK) < 0 && fail_watch (way, path, errno) == STEP_AGAIN)
    return STEP_AGAIN;

  length = readlink (path, target, sizeof target - 1);
  if (length < 0)
    return STEP_AGAIN;

  target[length] = '\0';
  joined = g_strconcat (target, "/", *rest, NULL);
  g_free (*rest);
  *rest = joined;

  return STEP_ON;
}

/* Takes the first name of REST; NULL if there is none. (transfer full) */
static char *
take_name (char **rest)
{
  const char *start = *rest + strspn (*rest, "/");
  gsize length = strcspn (start, "/");
  char *name = length > 0 ? g_strndup (start, length) : NULL;
  char *left = g_strdup (start + length);

  g_free (*rest);
  *rest = left;

  return name;
}

/* Goes on from the directory AT, which gets where it leads to, by NAME. */
static Step
go (ArcPathMonitor *self, Way *way, char **at, const char *name, char **rest, guint *n_links)
{
  g_autofree char *path = NULL;
  const gboolean is_last = (*rest)[strspn (*rest, "/")] == '\0';
  struct stat info;

  if (strcmp (name, ".") == 0)
    return STEP_ON;
  if (strcmp (name, "..") == 0)
    {
      char *above = g_path_get_dirname (*at);

      g_free (*at);
      *at = above;
      return STEP_ON;
    }

  path = arc_path_join (*at, name);
  if (lstat (path, &info) != 0)
    /* Who looks at the path itself finds out what is wrong. */
    return arc_directory_reader_is_gone (errno) ? wait_for (self, way, *at, name) : STEP_END;

  if (S_ISLNK (info.st_mode))
    {
      Step step = enter_link (self, way, path, rest);

      if (step == STEP_ON && (*rest)[0] == '/')
        {
          g_free (*at);
          *at = g_strdup ("/");
        }

      return step == STEP_ON && ++*n_links > MAX_LINKS ? STEP_END : step;
    }

  if (S_ISDIR (info.st_mode))
    {
      /* Also the one at the end: its monitor comes later, or goes when it is scanned anew. */
      Step step = enter (self, way, *at, path, is_last);

      g_free (*at);
      *at = g_steal_pointer (&path);

      return step;
    }

  if (add_watch (self, way, path, is_last ? FILE_MASK : LINK_MASK) < 0 &&
      fail_watch (way, path, errno) == STEP_AGAIN)
    return STEP_AGAIN;

  return STEP_END;
}

/* FALSE if the disk has changed meanwhile. */
static gboolean
trace (ArcPathMonitor *self, Way *way)
{
  g_autofree char *at = g_strdup ("/");
  g_autofree char *rest = g_strdup (way->path);
  guint n_links = 0;

  way->gap = -1;
  g_clear_pointer (&way->missing, g_free);
  g_clear_pointer (&way->problem, g_free);

  for (;;)
    {
      g_autofree char *name = take_name (&rest);

      if (name == NULL)
        return TRUE;

      switch (go (self, way, &at, name, &rest, &n_links))
        {
        case STEP_ON:
          break;
        case STEP_END:
          return TRUE;
        case STEP_AGAIN:
          return FALSE;
        }
    }
}

ArcPathMonitor *
arc_path_monitor_new (ArcFileMonitorsFunc func, gpointer user_data)
{
  ArcPathMonitor *self = g_new0 (ArcPathMonitor, 1);

  self->func = func;
  self->user_data = user_data;
  self->context = g_main_context_ref_thread_default ();
  self->fd = -1;
  self->ways = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, way_free);
  self->spots = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_hash_table_unref);

  return self;
}

void
arc_path_monitor_free (ArcPathMonitor *self)
{
  arc_path_monitor_clear (self);
  g_hash_table_unref (self->ways);
  g_hash_table_unref (self->spots);
  g_main_context_unref (self->context);
  g_free (self);
}

void
arc_path_monitor_clear (ArcPathMonitor *self)
{
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;

  g_hash_table_remove_all (self->spots);
  g_hash_table_remove_all (self->ways);
  self->n_problems = 0;
}

gboolean
arc_path_monitor_follow (ArcPathMonitor *self, const char *path)
{
  Way *way = g_hash_table_lookup (self->ways, path);
  g_autoptr (GArray) before = NULL;
  gboolean changed;

  if (way == NULL)
    {
      way = g_new0 (Way, 1);
      way->path = g_strdup (path);
      way->watches = g_array_new (FALSE, FALSE, sizeof (int));
      g_hash_table_insert (self->ways, way->path, way);
    }

  before = g_steal_pointer (&way->watches);
  way->watches = g_array_new (FALSE, FALSE, sizeof (int));
  self->n_problems -= way->problem != NULL;

  for (guint i = 0; !trace (self, way) && i < MAX_ATTEMPTS; i++)
    ;

  self->n_problems += way->problem != NULL;
  changed = before->len != way->watches->len;
  for (guint i = 0; i < before->len; i++)
    if (!has_watch (way->watches, g_array_index (before, int, i)))
      {
        leave_spot (self, way, g_array_index (before, int, i));
        changed = TRUE;
      }

  return changed;
}

gboolean
arc_path_monitor_is_followed (const ArcPathMonitor *self, const char *path)
{
  const Way *way = g_hash_table_lookup (self->ways, path);

  return way != NULL && way->problem == NULL;
}

static void
leave_all (ArcPathMonitor *self, Way *way)
{
  for (guint i = 0; i < way->watches->len; i++)
    leave_spot (self, way, g_array_index (way->watches, int, i));
  self->n_problems -= way->problem != NULL;
}

void
arc_path_monitor_forget (ArcPathMonitor *self, const char *path)
{
  Way *way = g_hash_table_lookup (self->ways, path);

  if (way == NULL)
    return;

  leave_all (self, way);
  g_hash_table_remove (self->ways, path);
}

void
arc_path_monitor_prune (ArcPathMonitor *self, ArcPathMonitorKeepFunc keep, gpointer user_data)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->ways);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Way *way = value;

      if (keep (way->path, user_data))
        continue;

      leave_all (self, way);
      g_hash_table_iter_remove (&iter);
    }
}

guint
arc_path_monitor_get_n_problems (const ArcPathMonitor *self)
{
  return self->n_problems;
}

char *
arc_path_monitor_describe (const ArcPathMonitor *self)
{
  g_autofree char *name = NULL;
  const Way *first = NULL;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->ways);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Way *way = value;

      if (way->problem != NULL && (first == NULL || strcmp (way->path, first->path) < 0))
        first = way;
    }

  g_return_val_if_fail (first != NULL, NULL);

  name = g_filename_display_name (first->path);
  if (self->n_problems == 1)
    return g_strdup_printf ("what %s leads to cannot be watched: %s", name, first->problem);

  return g_strdup_printf ("what %s leads to cannot be watched: %s (and %u more)", name,
                          first->problem, self->n_problems - 1);
}
