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
#define MISSING_MASK   (DIRECTORY_MASK | IN_CREATE | IN_MOVED_TO)

/* rename(2) over a link, or a file, gives an event for its link count first (IN_ATTRIB). */
#define LINK_MASK (IN_MOVE_SELF | IN_DELETE_SELF | IN_ATTRIB)
#define FILE_MASK (LINK_MASK | IN_MODIFY | IN_CLOSE_WRITE)

/* As many as the kernel follows (path_resolution(7)). */
#define MAX_LINKS 40

/* How often to begin anew when the disk changes meanwhile. */
#define MAX_ATTEMPTS 8

/* How often to read events before others in the main context get their turn. */
#define MAX_READS 16

/* An inotify(7) instance. A thread that waits for a disk may keep it after the monitor is freed. */
typedef struct
{
  int fd;
  int n_begun; /* atomic: the chains that were begun and not ended */
} Instance;

struct _ArcPathChain
{
  Instance *instance; /* (owned) (nullable): NULL if the kernel gives none */
  int number;         /* the errno(3) of that */
  gboolean is_begun;
  gboolean is_resolved;
  guint begun_at; /* the number of events then */
  char *path;
  GPtrArray *before;   /* (element-type int): the watches that the monitor had */
  GPtrArray *watches;  /* (element-type int) */
  int missing_watch;   /* of the directory that lacks the next component; -1: none is missing */
  char *missing_name;  /* (nullable): that component */
  char *problem;       /* (nullable): why not all of it is watched */
  gboolean is_partial; /* its last directory cannot be read, and so is not watched */
};

typedef struct
{
  guint number;
  ArcHint hint;
} Event;

struct _ArcPathMonitor
{
  ArcFileMonitorsFunc func;
  gpointer user_data;
  GMainContext *context;

  Instance *instance; /* (owned) (nullable): NULL until it is needed, or if there is none */
  GSource *source;    /* (nullable): NULL as long as that */

  GHashTable *chains;          /* (element-type filename ArcPathChain) the keys lie in the values */
  GHashTable *chains_by_watch; /* (element-type int GHashTable): the chains (element-type
                                  ArcPathChain) that have each watch */
  guint n_events;
  GHashTable *recorded; /* (element-type utf8 Event): the last event for each watch and name since a
                           chain was begun, which may have that watch */
  guint n_problems;
};

static void
instance_close (gpointer data)
{
  close (((Instance *) data)->fd);
}

static void
instance_release (Instance *instance)
{
  g_atomic_rc_box_release_full (instance, instance_close);
}

void
arc_path_chain_abandon (ArcPathChain *chain)
{
  if (chain->is_begun && chain->instance != NULL)
    g_atomic_int_add (&chain->instance->n_begun, -1);
  chain->is_begun = FALSE;
}

void
arc_path_chain_free (ArcPathChain *chain)
{
  arc_path_chain_abandon (chain);
  g_clear_pointer (&chain->instance, instance_release);
  g_ptr_array_unref (chain->before);
  g_ptr_array_unref (chain->watches);
  g_free (chain->missing_name);
  g_free (chain->problem);
  g_free (chain->path);
  g_free (chain);
}

static void
release_watch (ArcPathMonitor *self, ArcPathChain *chain, gpointer watch)
{
  GHashTable *chains = g_hash_table_lookup (self->chains_by_watch, watch);

  if (chains == NULL)
    return;

  g_hash_table_remove (chains, chain);
  if (g_hash_table_size (chains) > 0)
    return;

  g_hash_table_remove (self->chains_by_watch, watch);
  inotify_rm_watch (self->instance->fd, GPOINTER_TO_INT (watch));
}

static void
report_all (ArcPathMonitor *self)
{
  GHashTableIter iter;
  gpointer path;

  g_hash_table_iter_init (&iter, self->chains);
  while (g_hash_table_iter_next (&iter, &path, NULL))
    self->func (path, ARC_HINT_LOOK, self->user_data);
}

static gboolean
is_resolving (const ArcPathMonitor *self)
{
  return self->instance != NULL && g_atomic_int_get (&self->instance->n_begun) > 0;
}

static char *
get_event_key (int watch, const char *name)
{
  return g_strdup_printf ("%d/%s", watch, name);
}

static void
record_event (ArcPathMonitor *self, const struct inotify_event *event, ArcHint hint)
{
  char *key = get_event_key (event->wd, event->len > 0 ? event->name : "");
  const Event *known = g_hash_table_lookup (self->recorded, key);
  Event *now = g_new (Event, 1);

  now->number = ++self->n_events;
  now->hint = known != NULL ? MAX (hint, known->hint) : hint;
  g_hash_table_replace (self->recorded, key, now);
}

/* Whether EVENT is about CHAIN. */
static gboolean
concerns (const struct inotify_event *event, const ArcPathChain *chain)
{
  return event->len == 0 ||
         (chain->missing_watch == event->wd && strcmp (chain->missing_name, event->name) == 0);
}

static void
take_event (ArcPathMonitor *self, const struct inotify_event *event)
{
  GHashTable *chains = g_hash_table_lookup (self->chains_by_watch, GINT_TO_POINTER (event->wd));
  /* GIO may not have watched the directory meanwhile. */
  const ArcHint hint = event->mask & IN_MOVE_SELF ? ARC_HINT_MOVED : ARC_HINT_LOOK;
  GHashTableIter iter;
  gpointer chain;

  if (event->mask & IN_Q_OVERFLOW)
    report_all (self);
  if (is_resolving (self))
    record_event (self, event, hint);
  if (chains == NULL)
    return;

  g_hash_table_iter_init (&iter, chains);
  while (g_hash_table_iter_next (&iter, &chain, NULL))
    if (concerns (event, chain))
      self->func (((ArcPathChain *) chain)->path, hint, self->user_data);

  /* The kernel has removed the watch. It does not use its number again (Linux, idr_alloc_cyclic).
   */
  if (event->mask & IN_IGNORED)
    g_hash_table_remove (self->chains_by_watch, GINT_TO_POINTER (event->wd));
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

/* 0, or the errno(3) of what the kernel refuses. */
static int
ensure_instance (ArcPathMonitor *self)
{
  int fd;

  if (self->instance != NULL)
    return 0;

  fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0)
    return errno;

  self->instance = g_atomic_rc_box_new0 (Instance);
  self->instance->fd = fd;
  self->source = g_unix_fd_source_new (fd, G_IO_IN);
  g_source_set_static_name (self->source, "ArcPathMonitor");
  g_source_set_callback (self->source, G_SOURCE_FUNC (on_events), self, NULL);
  g_source_attach (self->source, self->context);

  return 0;
}

/* The resolution of a path, in any thread */

static void
set_problem (ArcPathChain *chain, const char *path, int number)
{
  g_autofree char *name = g_filename_display_name (path);
  const char *limit = NULL;
  guint value = 0;

  if (number == ENOSPC)
    value = arc_inotify_limit_read (ARC_INOTIFY_LIMIT_WATCHES, &limit);
  else if (number == EMFILE)
    value = arc_inotify_limit_read (ARC_INOTIFY_LIMIT_INSTANCES, &limit);

  g_free (chain->problem);
  chain->problem = limit != NULL ? g_strdup_printf ("the limit %s = %u is reached", limit, value)
                                 : g_strdup_printf ("%s: %s", name, g_strerror (number));
}

/* Adds MASK for PATH to the watches of CHAIN. -1 and errno if that cannot be. */
static int
add_watch (ArcPathChain *chain, const char *path, guint32 mask)
{
  int watch;

  if (chain->instance == NULL)
    {
      errno = chain->number;
      return -1;
    }

  watch = inotify_add_watch (chain->instance->fd, path, mask | IN_DONT_FOLLOW | IN_MASK_ADD);
  if (watch >= 0 && !g_ptr_array_find (chain->watches, GINT_TO_POINTER (watch), NULL))
    g_ptr_array_add (chain->watches, GINT_TO_POINTER (watch));

  return watch;
}

/* How far a path was resolved. */
typedef struct
{
  ArcPathChain *chain;
  char *at;   /* a directory */
  char *rest; /* what comes below it */
  guint n_links;
} Walk;

typedef enum
{
  STEP_ON,    /* more components follow */
  STEP_END,   /* no more follow */
  STEP_AGAIN, /* the disk has changed meanwhile */
} Step;

static void
go_to (Walk *walk, char *directory /* (transfer full) */)
{
  g_free (walk->at);
  walk->at = directory;
}

static gboolean
is_last (const Walk *walk)
{
  return walk->rest[strspn (walk->rest, "/")] == '\0';
}

/* What a watch that failed with NUMBER for PATH means for CHAIN. */
static Step
fail_watch (ArcPathChain *chain, const char *path, int number)
{
  if (arc_directory_reader_is_gone (number))
    return STEP_AGAIN;

  set_problem (chain, path, number);

  return STEP_ON;
}

/* The directory lacks NAME, which would be PATH. */
static Step
watch_missing (Walk *walk, const char *name, const char *path)
{
  ArcPathChain *chain = walk->chain;
  const int watch = add_watch (chain, walk->at, MISSING_MASK);
  struct stat info;

  if (watch < 0 && fail_watch (chain, walk->at, errno) == STEP_AGAIN)
    return STEP_AGAIN;

  chain->missing_watch = watch;
  chain->missing_name = g_strdup (name);

  /* What came before there was a watch gives no event. */
  return lstat (path, &info) == 0 ? STEP_AGAIN : STEP_END;
}

/* PATH is a directory. Also the one at the end is watched: its monitor comes later, or goes when it
 * is scanned anew. */
static Step
enter_directory (Walk *walk, char *path /* (transfer full) */)
{
  g_autofree char *above = g_steal_pointer (&walk->at);

  walk->at = path;
  if (add_watch (walk->chain, path, DIRECTORY_MASK) >= 0)
    return STEP_ON;

  if (errno != EACCES)
    return fail_watch (walk->chain, path, errno);

  /* inotify_add_watch(2) needs the permission to read. The scan of a directory at the end reports
   * that it cannot be read. */
  walk->chain->is_partial = is_last (walk);

  /* A user without write permission for the directory above cannot rename this one: /home is mode
   * 0711 on some hosts. */
  if (is_last (walk) || faccessat (AT_FDCWD, above, W_OK, AT_EACCESS) != 0)
    return STEP_ON;

  return fail_watch (walk->chain, path, EACCES);
}

/* PATH is a link. Puts where it leads to before the rest. */
static Step
enter_link (Walk *walk, const char *path)
{
  char target[PATH_MAX];
  ssize_t length;
  char *joined;

  if (add_watch (walk->chain, path, LINK_MASK) < 0 &&
      fail_watch (walk->chain, path, errno) == STEP_AGAIN)
    return STEP_AGAIN;

  length = readlink (path, target, sizeof target - 1);
  if (length < 0)
    return STEP_AGAIN;

  target[length] = '\0';
  joined = g_strconcat (target, "/", walk->rest, NULL);
  g_free (walk->rest);
  walk->rest = joined;
  if (target[0] == '/')
    go_to (walk, g_strdup ("/"));

  return ++walk->n_links > MAX_LINKS ? STEP_END : STEP_ON;
}

/* PATH is neither. */
static Step
enter_file (Walk *walk, const char *path)
{
  if (add_watch (walk->chain, path, is_last (walk) ? FILE_MASK : LINK_MASK) < 0 &&
      fail_watch (walk->chain, path, errno) == STEP_AGAIN)
    return STEP_AGAIN;

  return STEP_END;
}

/* Takes the first component of the rest; NULL if there is none. (transfer full) */
static char *
take_component (Walk *walk)
{
  const char *start = walk->rest + strspn (walk->rest, "/");
  gsize length = strcspn (start, "/");
  char *name = length > 0 ? g_strndup (start, length) : NULL;
  char *left = g_strdup (start + length);

  g_free (walk->rest);
  walk->rest = left;

  return name;
}

/* Goes on to the component NAME. */
static Step
walk_component (Walk *walk, const char *name)
{
  g_autofree char *path = NULL;
  struct stat info;

  if (strcmp (name, ".") == 0)
    return STEP_ON;
  if (strcmp (name, "..") == 0)
    {
      go_to (walk, g_path_get_dirname (walk->at));
      return STEP_ON;
    }

  path = arc_path_join (walk->at, name);
  if (lstat (path, &info) != 0)
    /* Who looks at the path itself finds out what is wrong. */
    return arc_directory_reader_is_gone (errno) ? watch_missing (walk, name, path) : STEP_END;
  if (S_ISLNK (info.st_mode))
    return enter_link (walk, path);
  if (S_ISDIR (info.st_mode))
    return enter_directory (walk, g_steal_pointer (&path));

  return enter_file (walk, path);
}

/* FALSE if the disk has changed meanwhile. */
static gboolean
walk_path (ArcPathChain *chain)
{
  Walk walk = { .chain = chain, .at = g_strdup ("/"), .rest = g_strdup (chain->path) };
  Step step = STEP_ON;

  chain->missing_watch = -1;
  chain->is_partial = FALSE;
  g_clear_pointer (&chain->missing_name, g_free);
  g_clear_pointer (&chain->problem, g_free);

  while (step == STEP_ON)
    {
      g_autofree char *name = take_component (&walk);

      step = name != NULL ? walk_component (&walk, name) : STEP_END;
    }
  g_free (walk.at);
  g_free (walk.rest);

  return step == STEP_END;
}

gboolean
arc_path_chain_resolve (ArcPathChain *chain)
{
  gboolean changed;

  chain->is_resolved = TRUE;
  for (guint i = 0; !walk_path (chain) && i < MAX_ATTEMPTS; i++)
    ;

  changed = chain->before->len != chain->watches->len;
  for (guint i = 0; i < chain->before->len && !changed; i++)
    changed = !g_ptr_array_find (chain->watches, chain->before->pdata[i], NULL);

  return changed;
}

/* The monitor */

ArcPathMonitor *
arc_path_monitor_new (ArcFileMonitorsFunc func, gpointer user_data)
{
  ArcPathMonitor *self = g_new0 (ArcPathMonitor, 1);

  self->func = func;
  self->user_data = user_data;
  self->context = g_main_context_ref_thread_default ();
  self->chains =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) arc_path_chain_free);
  self->recorded = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->chains_by_watch =
      g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) g_hash_table_unref);

  return self;
}

void
arc_path_monitor_free (ArcPathMonitor *self)
{
  arc_path_monitor_clear (self);
  g_hash_table_unref (self->chains);
  g_hash_table_unref (self->chains_by_watch);
  g_hash_table_unref (self->recorded);
  g_main_context_unref (self->context);
  g_free (self);
}

void
arc_path_monitor_clear (ArcPathMonitor *self)
{
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
  g_clear_pointer (&self->instance, instance_release);

  g_hash_table_remove_all (self->recorded);
  g_hash_table_remove_all (self->chains_by_watch);
  g_hash_table_remove_all (self->chains);
  self->n_problems = 0;
}

ArcPathChain *
arc_path_monitor_begin (ArcPathMonitor *self, const char *path)
{
  const ArcPathChain *known = g_hash_table_lookup (self->chains, path);
  ArcPathChain *chain = g_new0 (ArcPathChain, 1);

  chain->path = g_strdup (path);
  chain->begun_at = self->n_events;
  chain->watches = g_ptr_array_new ();
  chain->before = known != NULL ? g_ptr_array_copy (known->watches, NULL, NULL)
                                : g_ptr_array_ref (chain->watches);
  chain->number = ensure_instance (self);
  if (self->instance == NULL)
    return chain;

  chain->instance = g_atomic_rc_box_acquire (self->instance);
  g_atomic_int_inc (&chain->instance->n_begun);
  chain->is_begun = TRUE;

  return chain;
}

static void
share_watch (ArcPathMonitor *self, ArcPathChain *chain, gpointer watch)
{
  GHashTable *chains = g_hash_table_lookup (self->chains_by_watch, watch);

  if (chains == NULL)
    {
      chains = g_hash_table_new (NULL, NULL);
      g_hash_table_insert (self->chains_by_watch, watch, chains);
    }
  g_hash_table_add (chains, chain);
}

static void
release_watches (ArcPathMonitor *self, ArcPathChain *chain)
{
  for (guint i = 0; i < chain->watches->len; i++)
    release_watch (self, chain, chain->watches->pdata[i]);
  self->n_problems -= chain->problem != NULL;
}

/* Reports CHAIN if there was an event for WATCH and NAME since it was begun. */
static void
report_recorded (ArcPathMonitor *self, const ArcPathChain *chain, int watch, const char *name)
{
  g_autofree char *key = get_event_key (watch, name);
  const Event *event = g_hash_table_lookup (self->recorded, key);

  if (event != NULL && event->number > chain->begun_at)
    self->func (chain->path, event->hint, self->user_data);
}

/* CHAIN replaces what was known of its path. */
static void
adopt (ArcPathMonitor *self, ArcPathChain *chain)
{
  ArcPathChain *known = g_hash_table_lookup (self->chains, chain->path);

  for (guint i = 0; i < chain->watches->len; i++)
    share_watch (self, chain, chain->watches->pdata[i]);
  if (known != NULL)
    release_watches (self, known);
  self->n_problems += chain->problem != NULL;
  g_hash_table_replace (self->chains, chain->path, chain);

  for (guint i = 0; i < chain->watches->len; i++)
    report_recorded (self, chain, GPOINTER_TO_INT (chain->watches->pdata[i]), "");
  if (chain->missing_name != NULL)
    report_recorded (self, chain, chain->missing_watch, chain->missing_name);
  /* Events were dropped (IN_Q_OVERFLOW, inotify(7)). */
  report_recorded (self, chain, -1, "");
}

void
arc_path_monitor_end (ArcPathMonitor *self, ArcPathChain *chain)
{
  arc_path_chain_abandon (chain);
  if (chain->is_resolved && chain->instance == self->instance)
    adopt (self, chain);
  else
    arc_path_chain_free (chain);

  if (!is_resolving (self))
    g_hash_table_remove_all (self->recorded);
}

void
arc_path_monitor_add (ArcPathMonitor *self, const char *path)
{
  ArcPathChain *chain = arc_path_monitor_begin (self, path);

  arc_path_chain_resolve (chain);
  arc_path_monitor_end (self, chain);
}

gboolean
arc_path_monitor_is_watched (const ArcPathMonitor *self, const char *path)
{
  const ArcPathChain *chain = g_hash_table_lookup (self->chains, path);

  return chain != NULL && chain->problem == NULL && !chain->is_partial;
}

void
arc_path_monitor_prune (ArcPathMonitor *self, ArcPathMonitorKeepFunc keep, gpointer user_data)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->chains);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      ArcPathChain *chain = value;

      if (keep (chain->path, user_data))
        continue;

      release_watches (self, chain);
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
  g_autofree char *others = NULL;
  const ArcPathChain *first = NULL;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->chains);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const ArcPathChain *chain = value;

      if (chain->problem != NULL && (first == NULL || strcmp (chain->path, first->path) < 0))
        first = chain;
    }

  g_return_val_if_fail (first != NULL, NULL);

  name = g_filename_display_name (first->path);
  if (self->n_problems > 1)
    others = g_strdup_printf (" (and %u more)", self->n_problems - 1);

  return g_strconcat ("what ", name, " leads to cannot be watched: ", first->problem, others, NULL);
}
