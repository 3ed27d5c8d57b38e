/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "core/arc-filter.h"

#include <fnmatch.h>
#include <locale.h>
#include <string.h>

/* Nearly every pattern is one of the first four, and a reconciliation of a large tree asks about a
 * hundred thousand names: these cost no fnmatch(). */
typedef enum
{
  SHAPE_LITERAL, /* "README.org" */
  SHAPE_SUFFIX,  /* "*.org" */
  SHAPE_PREFIX,  /* ".*" */
  SHAPE_INFIX,   /* "*.sync-conflict-*" */
  SHAPE_GLOB,    /* any other */
} Shape;

typedef struct
{
  char *source; /* as it was given */
  char *text;   /* what is compared: without the outer slashes and the "*" of a simple shape */
  gsize length; /* of text */
  Shape shape;
  gboolean on_path; /* compared with the path below the root, not with the name */
  gboolean directory_only;
} Pattern;

struct _ArcFilter
{
  GArray *include; /* (element-type Pattern) */
  GArray *exclude; /* (element-type Pattern) */
  locale_t bytes;  /* the "C" locale */
};

const char *const arc_filter_default_include[] = { "*.org", NULL };

/* Hidden files and directories (.git, .stversions, the locks ".#note.org" of Emacs), the autosaves
 * "#note.org#", the backups "note.org~" and the copies that Syncthing makes of a file that was
 * changed on both sides. */
const char *const arc_filter_default_exclude[] = { ".*", "#*", "*~", "*.sync-conflict-*", NULL };

static void
pattern_clear (gpointer data)
{
  Pattern *pattern = data;

  g_free (pattern->source);
  g_free (pattern->text);
}

static gboolean
is_plain (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (strchr ("*?[\\", text[i]) != NULL)
      return FALSE;

  return TRUE;
}

static void
pattern_init (Pattern *pattern, const char *source)
{
  const char *text = source;
  gsize length = strlen (source);

  *pattern = (Pattern){ .source = g_strdup (source), .shape = SHAPE_GLOB };

  if (length > 0 && text[length - 1] == '/')
    {
      pattern->directory_only = TRUE;
      length--;
    }

  pattern->on_path = memchr (text, '/', length) != NULL;
  if (length > 0 && text[0] == '/')
    {
      text++;
      length--;
    }

  if (is_plain (text, length))
    {
      pattern->shape = SHAPE_LITERAL;
    }
  else if (!pattern->on_path && text[0] == '*' && is_plain (text + 1, length - 1))
    {
      pattern->shape = SHAPE_SUFFIX;
      text++;
      length--;
    }
  else if (!pattern->on_path && text[length - 1] == '*' && is_plain (text, length - 1))
    {
      pattern->shape = SHAPE_PREFIX;
      length--;
    }
  else if (!pattern->on_path && length >= 2 && text[0] == '*' && text[length - 1] == '*' &&
           is_plain (text + 1, length - 2))
    {
      pattern->shape = SHAPE_INFIX;
      text++;
      length -= 2;
    }

  pattern->text = g_strndup (text, length);
  pattern->length = length;
}

static gboolean
pattern_match (const Pattern *pattern, const char *subject, gsize length, locale_t bytes)
{
  switch (pattern->shape)
    {
    case SHAPE_LITERAL:
      return length == pattern->length && memcmp (subject, pattern->text, length) == 0;

    case SHAPE_SUFFIX:
      return length >= pattern->length &&
             memcmp (subject + length - pattern->length, pattern->text, pattern->length) == 0;

    case SHAPE_PREFIX:
      return length >= pattern->length && memcmp (subject, pattern->text, pattern->length) == 0;

    case SHAPE_INFIX:
      return memmem (subject, length, pattern->text, pattern->length) != NULL;

    case SHAPE_GLOB:
      {
        /* fnmatch() obeys the locale: "?" and ranges would mean one thing in a terminal and another
         * in a service that was started without LANG, and what it does with invalid UTF-8 differs
         * between C libraries. uselocale(3) is for this thread only. */
        locale_t before = uselocale (bytes);
        int result = fnmatch (pattern->text, subject, pattern->on_path ? FNM_PATHNAME : 0);

        uselocale (before);
        return result == 0;
      }
    }

  g_assert_not_reached ();
}

static GArray *
patterns_new (const char *const *sources)
{
  g_autoptr (GArray) patterns = g_array_new (FALSE, FALSE, sizeof (Pattern));

  g_array_set_clear_func (patterns, pattern_clear);
  for (gsize i = 0; sources[i] != NULL; i++)
    {
      Pattern pattern;

      pattern_init (&pattern, sources[i]);
      g_array_append_val (patterns, pattern);
    }

  return g_steal_pointer (&patterns);
}

static gboolean
patterns_equal (const GArray *a, const GArray *b)
{
  if (a->len != b->len)
    return FALSE;

  for (guint i = 0; i < a->len; i++)
    if (strcmp (g_array_index (a, Pattern, i).source, g_array_index (b, Pattern, i).source) != 0)
      return FALSE;

  return TRUE;
}

/* (nullable): the first of PATTERNS that matches PATH. */
static const char *
patterns_find (const GArray *patterns, const char *path, gboolean is_directory, locale_t bytes)
{
  const char *slash = strrchr (path, '/');
  const char *name = slash != NULL ? slash + 1 : path;
  gsize name_length = strlen (name);
  gsize path_length = (gsize) (name - path) + name_length;

  for (guint i = 0; i < patterns->len; i++)
    {
      const Pattern *pattern = &g_array_index (patterns, Pattern, i);

      if (pattern->directory_only && !is_directory)
        continue;

      if (pattern->on_path ? pattern_match (pattern, path, path_length, bytes)
                           : pattern_match (pattern, name, name_length, bytes))
        return pattern->source;
    }

  return NULL;
}

ArcFilter *
arc_filter_new (const char *const *include, const char *const *exclude)
{
  ArcFilter *filter;

  g_return_val_if_fail (include != NULL, NULL);
  g_return_val_if_fail (exclude != NULL, NULL);

  filter = g_atomic_rc_box_new0 (ArcFilter);
  filter->include = patterns_new (include);
  filter->exclude = patterns_new (exclude);
  /* "C" is built into every C library; this reads no file. */
  filter->bytes = newlocale (LC_ALL_MASK, "C", (locale_t) 0);

  return filter;
}

ArcFilter *
arc_filter_ref (ArcFilter *filter)
{
  return g_atomic_rc_box_acquire (filter);
}

static void
filter_clear (gpointer data)
{
  ArcFilter *filter = data;

  g_array_unref (filter->include);
  g_array_unref (filter->exclude);
  freelocale (filter->bytes);
}

void
arc_filter_unref (ArcFilter *filter)
{
  g_atomic_rc_box_release_full (filter, filter_clear);
}

gboolean
arc_filter_equal (const ArcFilter *a, const ArcFilter *b)
{
  return a == b ||
         (patterns_equal (a->include, b->include) && patterns_equal (a->exclude, b->exclude));
}

gboolean
arc_filter_match_file (const ArcFilter *filter, const char *path, const char **rule)
{
  const char *included = patterns_find (filter->include, path, FALSE, filter->bytes);
  const char *excluded = NULL;

  if (included != NULL)
    excluded = patterns_find (filter->exclude, path, FALSE, filter->bytes);

  if (rule != NULL)
    *rule = excluded != NULL ? excluded : included;

  return included != NULL && excluded == NULL;
}

gboolean
arc_filter_match_directory (const ArcFilter *filter, const char *path, const char **rule)
{
  const char *excluded = patterns_find (filter->exclude, path, TRUE, filter->bytes);

  if (rule != NULL)
    *rule = excluded;

  return excluded == NULL;
}

gboolean
arc_filter_explain (const ArcFilter *filter, const char *path, const char **rule)
{
  for (const char *slash = strchr (path, '/'); slash != NULL; slash = strchr (slash + 1, '/'))
    {
      g_autofree char *directory = g_strndup (path, (gsize) (slash - path));

      if (!arc_filter_match_directory (filter, directory, rule))
        return FALSE;
    }

  return arc_filter_match_file (filter, path, rule);
}
