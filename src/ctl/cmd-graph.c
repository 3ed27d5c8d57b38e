/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/commands.h"
#include "machine/build-phases.h"
#include "machine/graph.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define GRAPHVIZ "dot"

static ArcCtlExit
write_bytes (const void *data, gsize length)
{
  if (fwrite (data, 1, length, stdout) != length || fflush (stdout) != 0)
    return arc_ctl_print_error (ARC_CTL_FAILED, _ ("cannot write the picture"));

  return ARC_CTL_SUCCESS;
}

static ArcCtlExit
render (const char *dot, const char *format)
{
  g_autofree char *option = g_strdup_printf ("-T%s", format);
  const char *const argv[] = { GRAPHVIZ, option, NULL };
  g_autofree char *program = g_find_program_in_path (GRAPHVIZ);
  g_autoptr (GSubprocess) subprocess = NULL;
  g_autoptr (GBytes) input = g_bytes_new (dot, strlen (dot));
  g_autoptr (GBytes) output = NULL;
  g_autoptr (GError) error = NULL;

  if (program == NULL)
    return arc_ctl_print_error (
        ARC_CTL_FAILED,
        _ ("Graphviz, which makes pictures of the format “%s”, is not installed: "
           "install the package graphviz, or use --format=dot or --format=text"),
        format);

  subprocess =
      g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                         &error);
  if (subprocess == NULL ||
      !g_subprocess_communicate (subprocess, input, NULL, &output, NULL, &error) ||
      !g_subprocess_wait_check (subprocess, NULL, &error))
    return arc_ctl_print_error (ARC_CTL_FAILED, "%s: %s", GRAPHVIZ, error->message);

  return write_bytes (g_bytes_get_data (output, NULL), g_bytes_get_size (output));
}

/* (transfer full): the rows of the states of the service, or of the phases of a build. */
static ArcGraphRow *
list_rows (gboolean phases, guint *n_rows)
{
  const ArcPhaseTransition *of_phases = arc_phase_get_transitions (n_rows);
  const ArcTransition *of_states = phases ? NULL : arc_state_machine_get_transitions (n_rows);
  ArcGraphRow *rows = g_new (ArcGraphRow, *n_rows);

  for (guint i = 0; i < *n_rows; i++)
    rows[i] = phases ? arc_phase_describe (&of_phases[i]) : arc_transition_describe (&of_states[i]);

  return rows;
}

/* A newer service may have a state that is not in the picture. */
static char *
draw (gboolean phases, gboolean text)
{
  g_autoptr (ArcDBusBuilder) service =
      phases ? NULL : arc_ctl_open (FALSE, ARC_CTL_DEFAULT_TIMEOUT, NULL);
  const char *current = service != NULL ? arc_dbus_builder_get_state (service) : NULL;
  guint n_rows;
  g_autofree ArcGraphRow *rows = list_rows (phases, &n_rows);

  return text ? arc_graph_to_text (rows, n_rows, current)
              : arc_graph_to_dot (rows, n_rows, current);
}

ArcCtlExit
arc_cmd_graph (const ArcCall *call, GError **error)
{
  const char *format = call->format != NULL ? call->format : "text";
  const gboolean text = g_str_equal (format, "text");
  g_autofree char *picture = NULL;

  if (!text && !g_str_equal (format, "dot") && !g_str_equal (format, "svg") &&
      !g_str_equal (format, "png"))
    return arc_ctl_print_error (ARC_CTL_USAGE, _ ("unknown format “%s”; use text, dot, svg or png"),
                                format);
  if (g_str_equal (format, "png") && isatty (STDOUT_FILENO))
    return arc_ctl_print_error (
        ARC_CTL_USAGE, _ ("refusing to write PNG to a terminal; redirect it to a file with >"));

  picture = draw (call->phases, text);
  if (text || g_str_equal (format, "dot"))
    return write_bytes (picture, strlen (picture));

  return render (picture, format);
}
