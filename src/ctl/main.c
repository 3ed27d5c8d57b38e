/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/commands.h"
#include "ctl/table.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <string.h>

/* Of a verb and its arguments in the help. */
#define USAGE_WIDTH 20

/* A word with more typing errors than these resembles no verb. */
#define MAX_TYPING_ERRORS 2

typedef struct
{
  const char *name;
  const char *arguments; /* (nullable) */
  const char *summary;
  ArcCommand *run; /* (nullable): of help */
} Verb;

static const Verb verbs[] = {
  { "status", NULL, N_ ("Show service status"), arc_cmd_status },
  { "monitor", NULL, N_ ("Print events as they occur"), arc_cmd_monitor },
  { "sync", NULL, N_ ("Update the database and wait for it"), arc_cmd_sync },
  { "rebuild", NULL, N_ ("Start a build now"), arc_cmd_rebuild },
  { "cancel", NULL, N_ ("Stop the running build"), arc_cmd_cancel },
  { "pause", NULL, N_ ("Suspend automatic builds"), arc_cmd_pause },
  { "resume", NULL, N_ ("Resume automatic builds"), arc_cmd_resume },
  { "inhibit", N_ ("COMMAND…"), N_ ("Suspend automatic builds while COMMAND runs"),
    arc_cmd_inhibit },
  { "rescan", NULL, N_ ("Rescan the tree for missed changes"), arc_cmd_rescan },
  { "reload", NULL, N_ ("Reload the settings"), arc_cmd_reload },
  { "edit", NULL, N_ ("Edit the settings"), arc_cmd_edit },
  { "pending", NULL, N_ ("List changes that are not built yet"), arc_cmd_pending },
  { "changes", NULL, N_ ("List notes that builds updated"), arc_cmd_changes },
  { "problems", NULL, N_ ("List problems in notes"), arc_cmd_problems },
  { "history", NULL, N_ ("List finished builds"), arc_cmd_history },
  { "log", N_ ("[BUILD]"), N_ ("Show the output of a build"), arc_cmd_log },
  { "explain", N_ ("PATH"), N_ ("Explain why a file is watched or not"), arc_cmd_explain },
  { "verify", NULL, N_ ("Compare the database with a clean build"), arc_cmd_verify },
  { "graph", NULL, N_ ("Draw the state machine"), arc_cmd_graph },
  { "doctor", NULL, N_ ("Check the installation for problems"), arc_cmd_doctor },
  { "help", N_ ("[VERB]"), N_ ("Show help"), NULL },
};

static void
print_help (void)
{
  const guint width = arc_table_get_width ();
  g_autofree char *end = NULL;

  g_print (_ ("Usage:\n  arcologyctl [VERB] [OPTION…]\n\nVerbs:\n"));
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      const char *arguments = verbs[i].arguments != NULL ? _ (verbs[i].arguments) : NULL;
      g_autofree char *usage = g_strjoin (" ", verbs[i].name, arguments, NULL);
      g_autofree char *padded = arc_table_pad (usage, USAGE_WIDTH, FALSE);
      g_autofree char *summary = arc_table_wrap (_ (verbs[i].summary), USAGE_WIDTH + 4, width);

      g_print ("  %s  %s\n", padded, summary);
    }

  end = arc_table_wrap (_ ("Without a verb: status. See “arcologyctl help VERB” for its options."),
                        0, width);
  g_print ("\n%s\n", end);
}

/* (nullable) */
static const Verb *
find_verb (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (g_str_equal (name, verbs[i].name))
      return &verbs[i];

  return NULL;
}

/* How many letters have to be added, removed or replaced to make B of A (Levenshtein); two that
 * were typed in the wrong order count once. */
static guint
measure_distance (const char *a, const char *b)
{
  const gsize width = strlen (b) + 1;
  g_autofree guint *table = g_new0 (guint, (strlen (a) + 1) * width);

  for (gsize i = 0; i <= strlen (a); i++)
    for (gsize j = 0; j < width; j++)
      {
        guint *cell = &table[i * width + j];

        if (i == 0 || j == 0)
          {
            *cell = (guint) (i + j);
            continue;
          }
        *cell = MIN (cell[-1], *(cell - width)) + 1;
        *cell = MIN (*cell, *(cell - width - 1) + (a[i - 1] != b[j - 1]));
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
          *cell = MIN (*cell, *(cell - 2 * width - 2) + 1);
      }

  return table[strlen (a) * width + width - 1];
}

/* (nullable): the verb that WORD starts, or is most like. */
static const char *
guess_verb (const char *word)
{
  const char *guess = NULL;
  guint distance = MAX_TYPING_ERRORS + 1;

  /* The work grows with the length of the word, and no verb is as long as that. */
  if (strlen (word) > USAGE_WIDTH)
    return NULL;

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      const guint each =
          g_str_has_prefix (verbs[i].name, word) ? 0 : measure_distance (word, verbs[i].name);

      /* All letters of a short word can be replaced by others. */
      if (each < distance && each < strlen (word))
        {
          guess = verbs[i].name;
          distance = each;
        }
    }

  return guess;
}

static ArcCtlExit
report_unknown_verb (const char *word)
{
  const char *guess = guess_verb (word);

  if (guess != NULL)
    arc_ctl_print_error (_ ("unknown verb “%s”; did you mean “%s”?"), word, guess);
  else
    arc_ctl_print_error (_ ("unknown verb “%s”; see “arcologyctl help”"), word);

  return ARC_CTL_USAGE;
}

/* Whether OPTION takes the next word as its value; one with `=` has it already. */
static gboolean
takes_value (const char *option)
{
  static const char *const options[] = { "--format",  "--lines", "-n",    "--since",
                                         "--timeout", "--who",   "--why", NULL };

  return g_strv_contains (options, option);
}

/* The first word that is no option, nor the value of one; ARGC if there is none. */
static int
find_word (int argc, char **argv)
{
  int i = 1;

  while (i < argc && argv[i][0] == '-' && argv[i][1] != '\0')
    i += takes_value (argv[i]) ? 2 : 1;

  return MIN (i, argc);
}

static gboolean
has_option (int argc, char **argv, const char *name, const char *short_name)
{
  for (int i = 1; i < argc; i++)
    if (g_str_equal (argv[i], name) || g_strcmp0 (argv[i], short_name) == 0)
      return TRUE;

  return FALSE;
}

/* Runs VERB with the words of ARGV, of which the one at POSITION is its name, if there is one: what
 * stands before it are options of the verb as well. */
static ArcCtlExit
run_verb (const Verb *verb, int argc, char **argv, int position)
{
  g_autofree char **words = g_new0 (char *, (gsize) argc + 2);
  int n = 0;

  words[n++] = (char *) verb->name;
  for (int i = 1; i < argc; i++)
    if (i != position)
      words[n++] = argv[i];

  return verb->run (n, words);
}

/* `help VERB` is `VERB --help`. */
static ArcCtlExit
run_help (int argc, char **argv)
{
  const int position = find_word (argc, argv);
  char *words[] = { NULL, (char *) "--help", NULL };
  const Verb *verb;

  if (position == argc)
    {
      print_help ();
      return ARC_CTL_SUCCESS;
    }

  verb = find_verb (argv[position]);
  if (verb == NULL)
    return report_unknown_verb (argv[position]);
  if (verb->run == NULL)
    {
      print_help ();
      return ARC_CTL_SUCCESS;
    }

  words[0] = (char *) verb->name;
  return verb->run (2, words);
}

int
main (int argc, char **argv)
{
  const char *locale_dir = g_getenv ("ARCOLOGY_LOCALE_DIR"); /* of a build tree */
  const Verb *verb;
  int position;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, locale_dir != NULL ? locale_dir : ARC_LOCALE_DIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);

  position = find_word (argc, argv);
  if (has_option (position, argv, "--version", NULL))
    {
      g_print ("arcologyctl %s\n", ARC_VERSION);
      return ARC_CTL_SUCCESS;
    }
  if (position == argc && has_option (position, argv, "--help", "-h"))
    {
      print_help ();
      return ARC_CTL_SUCCESS;
    }

  if (position == argc)
    return run_verb (find_verb ("status"), argc, argv, position);

  verb = find_verb (argv[position]);
  if (verb == NULL)
    return report_unknown_verb (argv[position]);
  if (verb->run == NULL)
    return run_help (argc - position, argv + position);

  return run_verb (verb, argc, argv, position);
}
