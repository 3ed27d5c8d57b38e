/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/duration.h"
#include "common/progress-bar.h"
#include "ctl/commands.h"
#include "ctl/json.h"
#include "ctl/messages.h"
#include "ctl/table.h"

#include <glib/gi18n.h>

#define BAR_WIDTH 8

enum
{
  COLUMN_BUILD,
  COLUMN_STARTED,
  COLUMN_STARTED_SHORT,
  COLUMN_TOOK,
  COLUMN_BAR,
  COLUMN_FILES,
  COLUMN_RESULT,
  COLUMN_RESULT_SHORT,
  N_COLUMNS,
};

typedef struct
{
  guint gap; /* between two columns */
  guint n_columns;
  guint columns[N_COLUMNS];
} Layout;

/* The first that a terminal has room for is taken, or else the last. */
static const Layout layouts[] = {
  { 2, 6, { COLUMN_BUILD, COLUMN_STARTED, COLUMN_TOOK, COLUMN_BAR, COLUMN_FILES, COLUMN_RESULT } },
  { 2, 5, { COLUMN_BUILD, COLUMN_STARTED, COLUMN_TOOK, COLUMN_FILES, COLUMN_RESULT } },
  { 1, 4, { COLUMN_BUILD, COLUMN_STARTED, COLUMN_TOOK, COLUMN_RESULT } },
  { 1, 4, { COLUMN_BUILD, COLUMN_STARTED, COLUMN_TOOK, COLUMN_RESULT_SHORT } },
  { 1, 4, { COLUMN_BUILD, COLUMN_STARTED_SHORT, COLUMN_TOOK, COLUMN_RESULT_SHORT } },
  { 1, 3, { COLUMN_BUILD, COLUMN_STARTED_SHORT, COLUMN_RESULT_SHORT } },
};

/* A build that took no time to speak of has a bar, too. */
static char *
draw_bar (gint64 duration, gint64 longest)
{
  const gboolean utf8 = g_get_charset (NULL);
  char *bar = arc_progress_bar_draw_bar ((guint64) duration, (guint64) longest, BAR_WIDTH, utf8);

  if (*bar != '\0')
    return bar;

  g_free (bar);
  return g_strdup (utf8 ? "▏" : "#");
}

static GStrv
make_header (void)
{
  const char *const cells[N_COLUMNS + 1] = {
    [COLUMN_BUILD] = _ ("BUILD"),
    [COLUMN_STARTED] = _ ("STARTED"),
    [COLUMN_STARTED_SHORT] = _ ("STARTED"),
    [COLUMN_TOOK] = _ ("TOOK"),
    [COLUMN_BAR] = "",
    [COLUMN_FILES] = _ ("FILES"),
    [COLUMN_RESULT] = _ ("RESULT"),
    [COLUMN_RESULT_SHORT] = _ ("RESULT"),
  };

  return g_strdupv ((GStrv) cells);
}

static const char *
name_result (GVariant *build)
{
  const char *result = "";

  g_variant_lookup (build, "result", "&s", &result);
  return arc_messages_name_result (result);
}

static char *
describe_result (GVariant *build)
{
  g_autoptr (GVariant) failed = g_variant_lookup_value (build, "failed-files", NULL);
  const gsize n_failed = failed != NULL ? g_variant_n_children (failed) : 0;

  if (n_failed == 0)
    return g_strdup (name_result (build));

  /* Translators: the result of a build, and how many files of it failed. */
  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%s (%u file)", "%s (%u files)", n_failed),
                          name_result (build), (guint) n_failed);
}

static GStrv
make_row (GVariant *build, gint64 longest)
{
  GStrv cells = g_new0 (char *, N_COLUMNS + 1);
  guint64 id = 0;
  guint64 started = 0;
  guint32 changed = 0;

  g_variant_lookup (build, "id", "t", &id);
  g_variant_lookup (build, "started", "t", &started);
  g_variant_lookup (build, "changed", "u", &changed);
  cells[COLUMN_BUILD] = g_strdup_printf ("%" G_GUINT64_FORMAT, id);
  cells[COLUMN_STARTED] = arc_table_format_time (started, "%F %T");
  cells[COLUMN_STARTED_SHORT] = arc_table_format_time (started, "%m-%d %R");
  cells[COLUMN_TOOK] = arc_duration_tell (arc_messages_get_duration (build));
  cells[COLUMN_BAR] = draw_bar (arc_messages_get_duration (build), longest);
  cells[COLUMN_FILES] = g_strdup_printf ("%u", changed);
  cells[COLUMN_RESULT] = describe_result (build);
  cells[COLUMN_RESULT_SHORT] = g_strdup (name_result (build));

  return cells;
}

/* (element-type GStrv) */
static const Layout *
choose_layout (GPtrArray *rows, guint widths[N_COLUMNS])
{
  const guint room = arc_table_get_width ();

  for (guint i = 0; i < rows->len; i++)
    for (guint column = 0; column < N_COLUMNS; column++)
      widths[column] = MAX (widths[column], arc_table_measure (((GStrv) rows->pdata[i])[column]));

  for (guint i = 0; i < G_N_ELEMENTS (layouts); i++)
    {
      guint width = (layouts[i].n_columns - 1) * layouts[i].gap;

      for (guint j = 0; j < layouts[i].n_columns; j++)
        width += widths[layouts[i].columns[j]];
      if (width <= room)
        return &layouts[i];
    }

  return &layouts[G_N_ELEMENTS (layouts) - 1];
}

/* (element-type GStrv) */
static void
print_table (GPtrArray *rows)
{
  guint widths[N_COLUMNS] = { 0 };
  const Layout *layout = choose_layout (rows, widths);

  for (guint i = 0; i < rows->len; i++)
    {
      const GStrv cells = rows->pdata[i];
      g_autoptr (GString) line = g_string_new (NULL);

      for (guint j = 0; j < layout->n_columns; j++)
        {
          const guint column = layout->columns[j];
          const gboolean is_number =
              column == COLUMN_BUILD || column == COLUMN_TOOK || column == COLUMN_FILES;
          g_autofree char *cell = arc_table_pad (cells[column], widths[column], is_number);

          g_string_append_printf (line, "%*s%s", j > 0 ? (int) layout->gap : 0, "", cell);
        }
      g_print ("%s\n", g_strchomp (line->str));
    }
}

static void
print_history (GVariant *builds)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  const gsize n_builds = g_variant_n_children (builds);
  gint64 longest = 0;

  for (gsize i = 0; i < n_builds; i++)
    {
      g_autoptr (GVariant) build = g_variant_get_child_value (builds, i);

      longest = MAX (longest, arc_messages_get_duration (build));
    }

  g_ptr_array_add (rows, make_header ());
  for (gsize i = 0; i < n_builds; i++)
    {
      g_autoptr (GVariant) build = g_variant_get_child_value (builds, i);

      g_ptr_array_add (rows, make_row (build, longest));
    }
  print_table (rows);
}

ArcCtlExit
arc_cmd_history (const ArcCall *call, GError **error)
{
  g_autoptr (GVariant) builds = NULL;

  if (!arc_dbus_builder_call_get_history_sync (call->service, (guint) call->lines, &builds, NULL,
                                               error))
    return ARC_CTL_FAILED;

  if (call->json)
    arc_json_print (builds, TRUE);
  else if (g_variant_n_children (builds) == 0)
    g_printerr (_ ("No finished builds\n"));
  else
    print_history (builds);

  return ARC_CTL_SUCCESS;
}
