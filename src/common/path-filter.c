/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/path-filter.h"

#include <fnmatch.h>
#include <locale.h>
#include <string.h>

/* Nearly every pattern has one of the first four shapes. A reconciliation of a large tree
 * compares a hundred thousand names, so these avoid fnmatch(). */
typedef enum
{
  SHAPE_LITERAL, /* "README.org" */
  SHAPE_SUFFIX,  /* "*.org" */
  SHAPE_PREFIX,  /* ".*" */
  SHAPE_INFIX,   /* "*.sync-conflict-*" */
  SHAPE_GLOB,    /* any other */
  SHAPE_DEEP,    /* with a name "**" */
} Shape;

typedef struct
{
  char *source; /* as it was given */
  char *text;   /* what is compared: without the outer slashes and the "*" of a simple shape */
  gsize length; /* of text */
  Shape shape;
  GStrv names;      /* (nullable): of SHAPE_DEEP: those of the path */
  gboolean on_path; /* compared with the path below the root, not with the name */
  gboolean directory_only;
} Pattern;

struct _ArcPathFilter
{
  GArray *include; /* (element-type Pattern) */
  GArray *exclude; /* (element-type Pattern) */
  locale_t bytes;  /* the "C" locale */
};

const char *const arc_path_filter_default_include[] = { "*.org", NULL };

/* Hidden files and directories (.git, .stversions, the locks ".#note.org" of Emacs), the autosaves
 * "#note.org#", the backups "note.org~" and the copies that Syncthing makes of a file that was
 * changed on both sides; the same of Nextcloud and ownCloud ("(conflicted copy 2026-01-31
 * 101500)"), and of Dropbox for names that differ in case only; and what org-attach keeps
 * (org-attach-id-dir, which is the default of org-roam-file-exclude-regexp). */
const char *const arc_path_filter_default_exclude[] = {
  ".*", "#*", "*~", "*.sync-conflict-*", "* (conflicted copy *", "*(Case Conflict*", "data/", NULL,
};

static void
pattern_clear (gpointer data)
{
  Pattern *pattern = data;

  g_free (pattern->source);
  g_free (pattern->text);
  g_strfreev (pattern->names);
}

static gboolean
is_plain (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (strchr ("*?[\\", text[i]) != NULL)
      return FALSE;

  return TRUE;
}

/* Whether one of the names in PATH is "**". */
static gboolean
has_deep_name (const char *path)
{
  g_auto (GStrv) names = g_strsplit (path, "/", -1);

  return g_strv_contains ((const char *const *) names, "**");
}

/* Whether TEXT has alternatives of a shell, "{a,b}". */
static gboolean
has_braces (const char *text)
{
  gboolean is_open = FALSE;
  gboolean has_comma = FALSE;

  for (const char *p = text; *p != '\0'; p++)
    {
      const char *bracket = *p == '[' && p[1] != '\0' ? strchr (p + 2, ']') : NULL;

      if (*p == '\\' && p[1] != '\0')
        p++;
      else if (bracket != NULL)
        p = bracket;
      else if (*p == '{')
        is_open = TRUE;
      else if (*p == ',' && is_open)
        has_comma = TRUE;
      else if (*p == '}' && has_comma)
        return TRUE;
    }

  return FALSE;
}

/* (nullable): what is wrong with one name in the path of a pattern. */
static const char *
check_name (const char *name)
{
  if (*name == '\0')
    return "has nothing between two /: write one /";
  if (strcmp (name, ".") == 0 || strcmp (name, "..") == 0)
    return "has the name . or .., which no file below a directory of the tree has: write the path "
           "from that directory, with a / first for the top";
  if (strstr (name, "**") != NULL && strcmp (name, "**") != 0)
    return "has ** as a part of a name: write * there, or **/ before a name for any depth";

  return NULL;
}

/* (nullable): what is wrong with the path of a pattern, which has no slashes at its ends. */
static const char *
check_path (const char *path)
{
  g_auto (GStrv) names = g_strsplit (path, "/", -1);
  const char *fault = *path == '\0' ? "names nothing" : NULL;

  for (guint i = 0; names[i] != NULL && fault == NULL; i++)
    fault = check_name (names[i]);

  return fault;
}

/* Whether TEXT ends in a backslash that stands before nothing. */
static gboolean
ends_in_escape (const char *text)
{
  const gsize length = strlen (text);
  gsize n_backslashes = 0;

  while (n_backslashes < length && text[length - 1 - n_backslashes] == '\\')
    n_backslashes++;

  return n_backslashes % 2 != 0;
}

const char *
arc_path_filter_check (const char *pattern, gboolean included)
{
  g_autofree char *path = g_strdup (pattern[0] == '/' ? pattern + 1 : pattern);

  if (pattern[0] == '!')
    return "begins with !, which takes nothing back here: take out the pattern that it is meant "
           "for, or write \\\\! for a name that begins so";
  if (has_braces (pattern))
    return "has { and }, which are not known here: write a pattern for each of the names";
  if (pattern[0] == '~' && pattern[1] == '/')
    return "begins with ~/: patterns are matched below the directories of the tree";
  if (ends_in_escape (path))
    return "ends in a \\ that stands before nothing";

  if (g_str_has_suffix (path, "/"))
    {
      if (included)
        return "ends in /, which is for directories, and files are to be included: write ** after "
               "it for all that is below";
      path[strlen (path) - 1] = '\0';
    }

  return check_path (path);
}

/* Finds the shape of TEXT, without slashes at its ends, and what of it has to be compared. */
static void
pattern_set_shape (Pattern *pattern, const char *text)
{
  gsize length = strlen (text);
  const gboolean on_name = !pattern->on_path;
  const gboolean open_start = length > 0 && text[0] == '*';
  const gboolean open_end = length > 0 && text[length - 1] == '*';

  pattern->shape = SHAPE_GLOB;
  if (pattern->on_path && has_deep_name (text))
    {
      pattern->shape = SHAPE_DEEP;
      pattern->names = g_strsplit (text, "/", -1);
    }
  else if (is_plain (text, length))
    {
      pattern->shape = SHAPE_LITERAL;
    }
  else if (on_name && open_start && is_plain (text + 1, length - 1))
    {
      pattern->shape = SHAPE_SUFFIX;
      text++;
      length--;
    }
  else if (on_name && open_end && is_plain (text, length - 1))
    {
      pattern->shape = SHAPE_PREFIX;
      length--;
    }
  else if (on_name && open_start && open_end && length >= 2 && is_plain (text + 1, length - 2))
    {
      pattern->shape = SHAPE_INFIX;
      text++;
      length -= 2;
    }

  pattern->text = g_strndup (text, length);
  pattern->length = length;
}

static void
pattern_init (Pattern *pattern, const char *source)
{
  g_autofree char *copy = g_strdup (source);
  char *text = copy;

  *pattern = (Pattern){ .source = g_strdup (source) };

  if (g_str_has_suffix (text, "/"))
    {
      pattern->directory_only = TRUE;
      text[strlen (text) - 1] = '\0';
    }

  /* At any depth is what a pattern without a slash means. */
  if (g_str_has_prefix (text, "**/") && text[3] != '\0' && strchr (text + 3, '/') == NULL &&
      !g_str_has_prefix (text + 3, "**"))
    text += 3;

  pattern->on_path = strchr (text, '/') != NULL;
  pattern_set_shape (pattern, text[0] == '/' ? text + 1 : text);
}

/* Whether the names of PATTERN match those of PATH. As with "*" in a name, it is enough to go
 * back to the last "**": the names that earlier ones matched can stay. */
static gboolean
names_match (char *const *pattern, const char *path)
{
  char *const *retry_pattern = NULL;
  const char *retry_path = NULL;

  while (*path != '\0')
    {
      const gsize length = strcspn (path, "/");
      const char *rest = path[length] == '/' ? path + length + 1 : path + length;
      g_autofree char *name = g_strndup (path, length);

      if (*pattern != NULL && strcmp (*pattern, "**") == 0)
        {
          if (pattern[1] == NULL)
            return TRUE;
          retry_pattern = ++pattern;
          retry_path = path;
        }
      else if (*pattern != NULL && fnmatch (*pattern, name, 0) == 0)
        {
          pattern++;
          path = rest;
        }
      else if (retry_pattern != NULL)
        {
          /* One more directory for the last "**". */
          pattern = retry_pattern;
          retry_path += strcspn (retry_path, "/");
          retry_path += *retry_path == '/';
          path = retry_path;
        }
      else
        {
          return FALSE;
        }
    }

  return *pattern == NULL;
}

/* memmem() first makes a table of the pattern (glibc 2.36 and 2.41), which costs more than all
 * other patterns together. Few names have the first byte of the text where it can begin. */
static gboolean
contains (const char *subject, gsize length, const Pattern *pattern)
{
  const char *start = subject;

  if (length < pattern->length)
    return FALSE;
  if (pattern->length > 0)
    start = memchr (subject, pattern->text[0], length - pattern->length + 1);

  return start != NULL &&
         memmem (start, length - (gsize) (start - subject), pattern->text, pattern->length) != NULL;
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
      return contains (subject, length, pattern);

    case SHAPE_GLOB:
    case SHAPE_DEEP:
      {
        /* fnmatch() obeys the locale: "?" and ranges would depend on whether LANG is set, and
         * the match of invalid UTF-8 differs between C libraries. uselocale(3) changes this
         * thread only. */
        locale_t before = uselocale (bytes);
        gboolean matches =
            pattern->shape == SHAPE_DEEP
                ? names_match (pattern->names, subject)
                : fnmatch (pattern->text, subject, pattern->on_path ? FNM_PATHNAME : 0) == 0;

        uselocale (before);
        return matches;
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

ArcPathFilter *
arc_path_filter_new (const char *const *include, const char *const *exclude)
{
  ArcPathFilter *filter;

  g_return_val_if_fail (include != NULL, NULL);
  g_return_val_if_fail (exclude != NULL, NULL);

  filter = g_atomic_rc_box_new0 (ArcPathFilter);
  filter->include = patterns_new (include);
  filter->exclude = patterns_new (exclude);
  /* "C" is built into every C library; this reads no file. */
  filter->bytes = newlocale (LC_ALL_MASK, "C", (locale_t) 0);

  return filter;
}

ArcPathFilter *
arc_path_filter_ref (ArcPathFilter *filter)
{
  return g_atomic_rc_box_acquire (filter);
}

static void
filter_clear (gpointer data)
{
  ArcPathFilter *filter = data;

  g_array_unref (filter->include);
  g_array_unref (filter->exclude);
  freelocale (filter->bytes);
}

void
arc_path_filter_unref (ArcPathFilter *filter)
{
  g_atomic_rc_box_release_full (filter, filter_clear);
}

gboolean
arc_path_filter_match_file (const ArcPathFilter *filter, const char *path, const char **rule)
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
arc_path_filter_match_directory (const ArcPathFilter *filter, const char *path, const char **rule)
{
  const char *excluded = patterns_find (filter->exclude, path, TRUE, filter->bytes);

  if (rule != NULL)
    *rule = excluded;

  return excluded == NULL;
}

gboolean
arc_path_filter_explain (const ArcPathFilter *filter, const char *path, const char **rule)
{
  for (const char *slash = strchr (path, '/'); slash != NULL; slash = strchr (slash + 1, '/'))
    {
      g_autofree char *directory = g_strndup (path, (gsize) (slash - path));

      if (!arc_path_filter_match_directory (filter, directory, rule))
        return FALSE;
    }

  return arc_path_filter_match_file (filter, path, rule);
}
