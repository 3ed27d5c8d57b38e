/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/arc-print.h"
#include "ctl/arc-verbs.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <string.h>

/* Of a verb and its arguments in the help. */
#define USAGE_WIDTH 20

typedef struct
{
  const char *name;
  const char *arguments; /* (nullable) */
  const char *summary;
  ArcVerbFunc run;
} Verb;

static const Verb verbs[] = {
  { "status", NULL, N_ ("Show how things are"), arc_verb_status },
  { "monitor", NULL, N_ ("Show what happens as it happens"), arc_verb_monitor },
  { "sync", NULL, N_ ("Bring the database up to date and wait for it"), arc_verb_sync },
  { "rebuild", NULL, N_ ("Start a build now"), arc_verb_rebuild },
  { "cancel", NULL, N_ ("End the running build"), arc_verb_cancel },
  { "pause", NULL, N_ ("Let no build start by itself"), arc_verb_pause },
  { "resume", NULL, N_ ("End a pause"), arc_verb_resume },
  { "inhibit", N_ ("COMMAND…"), N_ ("Hold builds back while a command runs"), arc_verb_inhibit },
  { "rescan", NULL, N_ ("Compare the tree with what is known of it"), arc_verb_rescan },
  { "reload", NULL, N_ ("Read the settings again"), arc_verb_reload },
  { "pending", NULL, N_ ("List the changes that are not built yet"), arc_verb_pending },
  { "problems", NULL, N_ ("List what is wrong with notes"), arc_verb_problems },
  { "history", NULL, N_ ("List the builds that ended"), arc_verb_history },
  { "log", N_ ("[BUILD]"), N_ ("Show what a build printed"), arc_verb_log },
  { "explain", N_ ("PATH"), N_ ("Tell whether a file is watched, and why"), arc_verb_explain },
  { "verify", NULL, N_ ("Compare the database with a clean build"), arc_verb_verify },
  { "graph", NULL, N_ ("Draw the states of the service"), arc_verb_graph },
  { "doctor", NULL, N_ ("Look for what is wrong"), arc_verb_doctor },
};

static void
print_help (void)
{
  g_print (_ ("Usage:\n  arcologyctl VERB [OPTION…]\n\nVerbs:\n"));
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      const char *arguments = verbs[i].arguments != NULL ? _ (verbs[i].arguments) : NULL;
      g_autofree char *usage = g_strjoin (" ", verbs[i].name, arguments, NULL);
      g_autofree char *padded = arc_print_pad (usage, USAGE_WIDTH, FALSE);

      g_print ("  %s  %s\n", padded, _ (verbs[i].summary));
    }
  g_print (_ ("\n“arcologyctl VERB --help” tells more.\n"));
}

int
main (int argc, char **argv)
{
  const char *locale_dir = g_getenv ("ARCOLOGY_LOCALE_DIR"); /* of a build tree */

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, locale_dir != NULL ? locale_dir : ARC_LOCALE_DIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  if (argc < 2)
    {
      g_printerr (_ ("Say what to do; see arcologyctl --help\n"));
      return ARC_CTL_USAGE;
    }
  if (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h"))
    {
      print_help ();
      return ARC_CTL_SUCCESS;
    }
  if (g_str_equal (argv[1], "--version"))
    {
      g_print ("arcologyctl %s\n", ARC_VERSION);
      return ARC_CTL_SUCCESS;
    }

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (g_str_equal (argv[1], verbs[i].name))
      return verbs[i].run (argc - 1, argv + 1);

  g_printerr (_ ("Unknown verb “%s”; see arcologyctl --help\n"), argv[1]);
  return ARC_CTL_USAGE;
}
