/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/duration.h"
#include "ctl/commands.h"
#include "ctl/table.h"

#include <glib/gi18n.h>
#include <locale.h>
#include <string.h>

/* Of a verb and its operands in the help. */
#define USAGE_WIDTH 20

/* A word with more typing errors than these resembles no verb. */
#define MAX_TYPING_ERRORS 2

#define DEFAULT_LINES 20

/* What a verb takes and needs. */
enum
{
  FULL = 1 << 0,
  CLEAN = 1 << 1,
  WAIT = 1 << 2,
  LINES = 1 << 3,
  SINCE = 1 << 4,
  FOLLOW = 1 << 5,
  FOLLOW_LOG = 1 << 6,
  FORMAT = 1 << 7,
  PHASES = 1 << 8,
  WHO = 1 << 9,
  WHY = 1 << 10,
  JSON = 1 << 11,
  JSON_LINES = 1 << 12,
  QUIET = 1 << 13,
  QUIET_STATUS = 1 << 14,
  TIMEOUT = 1 << 15,
  REPLY_TIMEOUT = 1 << 16,
  SERVICE = 1 << 17, /* it needs the service */
  START = 1 << 18,   /* and starts it */
};

/* The table functions read NO_COLOR (no-color.org). */
static gboolean
on_no_color (const char *option, const char *value, gpointer data, GError **error)
{
  g_setenv ("NO_COLOR", "1", TRUE);
  return TRUE;
}

#define AT(member) G_STRUCT_OFFSET (ArcCall, member)

/* In the order of the help. */
static const struct
{
  guint verbs;
  const char *name;
  char letter;
  GOptionArg type;
  gsize member;
  const char *text;
  const char *value; /* (nullable) */
} options[] = {
  { FULL, "full", 0, G_OPTION_ARG_NONE, AT (full), N_ ("Build all files, not only changed ones"),
    NULL },
  { CLEAN, "clean", 0, G_OPTION_ARG_NONE, AT (clean), N_ ("Build all files into an empty database"),
    NULL },
  { WAIT, "wait", 'w', G_OPTION_ARG_NONE, AT (wait), N_ ("Wait until the build ends"), NULL },
  { LINES, "lines", 'n', G_OPTION_ARG_INT, AT (lines), N_ ("Number of builds (0: all)"),
    N_ ("NUMBER") },
  { SINCE, "since", 0, G_OPTION_ARG_STRING, AT (since),
    N_ ("Only what builds after the one with this number updated"), N_ ("BUILD") },
  { FOLLOW, "follow", 'f', G_OPTION_ARG_NONE, AT (follow),
    N_ ("Go on with what each build updates, until interrupted"), NULL },
  { FOLLOW_LOG, "follow", 'f', G_OPTION_ARG_NONE, AT (follow),
    N_ ("Follow a running build to its end, and exit as it does: 0 if it succeeded, else 1"),
    NULL },
  { FORMAT, "format", 0, G_OPTION_ARG_STRING, AT (format),
    N_ ("How to draw it: text (the default), dot, svg or png"), N_ ("FORMAT") },
  { PHASES, "phases", 0, G_OPTION_ARG_NONE, AT (phases),
    N_ ("Draw the phases of a build instead of the states of the service"), NULL },
  { WHO, "who", 0, G_OPTION_ARG_STRING, AT (who), N_ ("Name to show"), N_ ("NAME") },
  { WHY, "why", 0, G_OPTION_ARG_STRING, AT (why), N_ ("Reason to show (default: the command)"),
    N_ ("REASON") },
  { JSON, "json", 0, G_OPTION_ARG_NONE, AT (json), N_ ("Print JSON"), NULL },
  { JSON_LINES, "json", 0, G_OPTION_ARG_NONE, AT (json), N_ ("Print JSON, an object a line"),
    NULL },
  { QUIET, "quiet", 'q', G_OPTION_ARG_NONE, AT (quiet),
    N_ ("Print errors only; see the exit status"), NULL },
  { QUIET_STATUS, "quiet", 'q', G_OPTION_ARG_NONE, AT (quiet),
    N_ ("Print nothing; see the exit status"), NULL },
  { TIMEOUT, "timeout", 0, G_OPTION_ARG_STRING, AT (timeout_text), N_ ("Maximum time to wait"),
    N_ ("TIME") },
  { REPLY_TIMEOUT, "timeout", 0, G_OPTION_ARG_STRING, AT (timeout_text),
    N_ ("Time to wait for a reply"), N_ ("TIME") },
};

/* The type of the generated functions for methods without arguments. */
typedef gboolean Method (ArcDBusBuilder *service, GCancellable *cancellable, GError **error);

typedef struct
{
  const char *name;
  const char *summary;     /* for the list of verbs */
  const char *description; /* (nullable): for the help of the verb; NULL for help itself */
  guint options;
  ArcCommand *run;      /* (nullable) */
  Method *method;       /* (nullable): to call, if there is no `run` */
  const char *operands; /* (nullable): one, or with "…" the rest of the line */
  const char *usage;    /* (nullable): the same in the help of the verb */
  const char *missing;  /* (nullable): the error without an operand, if there has to be one */
} Verb;

static const Verb verbs[] = {
  { "status", N_ ("Show service status"),
    N_ ("Shows the state of the service, when the next build starts and "
        "why, and whether the database is up to date."),
    SERVICE | JSON | QUIET_STATUS | REPLY_TIMEOUT, .run = arc_cmd_status },
  { "monitor", N_ ("Print events as they occur"),
    N_ ("Prints events as they occur, until interrupted. Keeps waiting if the service stops."),
    SERVICE | JSON_LINES, .run = arc_cmd_monitor },
  { "sync", N_ ("Update the database and wait for it"),
    N_ ("Rescans the tree, builds all changes, and exits when the database"
        " is up to date. Starts the service if it is not running."),
    SERVICE | START | JSON | QUIET | TIMEOUT, .run = arc_cmd_sync },
  { "rebuild", N_ ("Start a build now"),
    N_ ("Starts a build now, or after the running one. Starts the service "
        "if it is not running."),
    SERVICE | START | FULL | CLEAN | WAIT | JSON | QUIET | TIMEOUT, .run = arc_cmd_rebuild },
  { "cancel", N_ ("Stop the running build"),
    N_ ("Stops the running build. Its changes stay pending."), SERVICE | REPLY_TIMEOUT,
    .method = arc_dbus_builder_call_cancel_sync },
  { "pause", N_ ("Suspend automatic builds"),
    N_ ("Suspends automatic builds until “arcologyctl resume”. Changes are"
        " still recorded, and a running build continues."),
    SERVICE | REPLY_TIMEOUT, .method = arc_dbus_builder_call_pause_sync },
  { "resume", N_ ("Resume automatic builds"),
    N_ ("Resumes automatic builds. A build that is due starts at once."), SERVICE | REPLY_TIMEOUT,
    .method = arc_dbus_builder_call_resume_sync },
  { "inhibit", N_ ("Suspend automatic builds while COMMAND runs"),
    N_ ("Suspends automatic builds while COMMAND runs, and exits with its status."),
    SERVICE | WHO | WHY, .run = arc_cmd_inhibit, .operands = N_ ("COMMAND…"),
    .usage = N_ ("[--] COMMAND [ARGUMENT…]"),
    .missing = N_ ("missing argument: COMMAND; see --help") },
  { "rescan", N_ ("Rescan the tree for missed changes"),
    N_ ("Rescans the whole tree, and prints how many changes the service had missed."),
    SERVICE | REPLY_TIMEOUT, .run = arc_cmd_rescan },
  { "reload", N_ ("Reload the settings"),
    N_ ("Reloads the settings of the service. If they are wrong, the old ones stay in force."),
    SERVICE | REPLY_TIMEOUT, .method = arc_dbus_builder_call_reload_sync },
  { "edit", N_ ("Edit the settings"),
    N_ ("Opens the settings file in an editor, checks it, saves it if it "
        "has no mistakes, and reloads the service if it is running."),
    0, .run = arc_cmd_edit },
  { "pending", N_ ("List changes that are not built yet"),
    N_ ("Lists the changes that are not built yet."), SERVICE | JSON, .run = arc_cmd_pending },
  { "changes", N_ ("List notes that builds updated"),
    N_ ("Lists the notes that builds updated in the database."),
    SERVICE | SINCE | FOLLOW | JSON_LINES, .run = arc_cmd_changes },
  { "problems", N_ ("List problems in notes"),
    N_ ("Lists the problems that the last build found in notes, as "
        "FILE:LINE: WHAT. The exit status is 1 if there are any."),
    SERVICE | JSON, .run = arc_cmd_problems },
  { "history", N_ ("List finished builds"), N_ ("Lists finished builds, newest first."),
    SERVICE | LINES | JSON, .run = arc_cmd_history },
  { "log", N_ ("Show the output of a build"),
    N_ ("Shows the output of a build: the one with the number BUILD, the "
        "running one, or the last one."),
    SERVICE | FOLLOW_LOG, .run = arc_cmd_log, .operands = N_ ("[BUILD]") },
  { "explain", N_ ("Explain why a file is watched or not"),
    N_ ("Explains whether a change of the file PATH starts a build, and why."), SERVICE | JSON,
    .run = arc_cmd_explain, .operands = N_ ("PATH"),
    .missing = N_ ("missing argument: PATH; see --help") },
  { "verify", N_ ("Compare the database with a clean build"),
    N_ ("Makes a clean build in a temporary directory, as the service "
        "would make it, and compares it with the database row by row. "
        "Nothing is changed, and the service need not run."),
    JSON, .run = arc_cmd_verify },
  { "graph", N_ ("Draw the state machine"),
    N_ ("Draws the states of the service and the transitions between them."
        " The current state is marked."),
    FORMAT | PHASES, .run = arc_cmd_graph },
  { "doctor", N_ ("Check the installation for problems"),
    N_ ("Checks everything that a build depends on, and suggests remedies."
        " The report names no notes and can be attached to a bug report."),
    JSON, .run = arc_cmd_doctor },
  { "help", N_ ("Show help"), .operands = N_ ("[VERB]") },
};

static void
print_help (void)
{
  g_print (_ ("Usage:\n  arcologyctl [VERB] [OPTION…]\n\nVerbs:\n"));
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      const char *operands = verbs[i].operands != NULL ? _ (verbs[i].operands) : NULL;
      g_autofree char *usage = g_strjoin (" ", verbs[i].name, operands, NULL);
      g_autofree char *padded = arc_table_pad (usage, USAGE_WIDTH, FALSE);

      g_print ("  %s  ", padded);
      arc_table_print (USAGE_WIDTH + 4, "%s", _ (verbs[i].summary));
    }

  g_print ("\n");
  arc_table_print (0, "%s",
                   _ ("Without a verb: status. See “arcologyctl help VERB” for its options."));
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

/* How many letters have to be added, removed or replaced to make B of A (Levenshtein), up to one
 * more than MAX; two that were typed in the wrong order count once. */
static guint
measure_distance (const char *a, const char *b, guint max)
{
  guint least;

  for (; *a != '\0' && *a == *b; a++, b++)
    ;
  if (max == 0 || (*a == '\0' && *b == '\0'))
    return *a != *b;

  least = max;
  if (*a != '\0')
    least = MIN (least, measure_distance (a + 1, b, max - 1));
  if (*b != '\0')
    least = MIN (least, measure_distance (a, b + 1, max - 1));
  if (*a != '\0' && *b != '\0')
    least = MIN (least, measure_distance (a + 1, b + 1, max - 1));
  if (*a != '\0' && *b != '\0' && a[0] == b[1] && a[1] == b[0])
    least = MIN (least, measure_distance (a + 2, b + 2, max - 1));

  return least + 1;
}

/* (nullable): the verb that WORD starts, or is most like. */
static const char *
guess_verb (const char *word)
{
  const char *guess = NULL;
  guint distance = MAX_TYPING_ERRORS + 1;

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      const guint each = g_str_has_prefix (verbs[i].name, word)
                             ? 0
                             : measure_distance (word, verbs[i].name, MAX_TYPING_ERRORS);

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
    return arc_ctl_print_error (ARC_CTL_USAGE, _ ("unknown verb “%s”; did you mean “%s”?"), word,
                                guess);

  return arc_ctl_print_error (ARC_CTL_USAGE, _ ("unknown verb “%s”; see “arcologyctl help”"), word);
}

/* Whether OPTION takes the next word as its value; one with `=` has it already. */
static gboolean
takes_value (const char *option)
{
  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    {
      const gboolean is_it = g_str_has_prefix (option, "--")
                                 ? g_str_equal (option + 2, options[i].name)
                                 : option[1] == options[i].letter && option[2] == '\0';

      if (is_it && options[i].value != NULL)
        return TRUE;
    }

  return FALSE;
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

static void
call_clear (ArcCall *call)
{
  g_clear_object (&call->service);
  g_free (call->format);
  g_free (call->since);
  g_free (call->timeout_text);
  g_free (call->who);
  g_free (call->why);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ArcCall, call_clear)

static gboolean
takes_rest (const Verb *verb)
{
  return verb->operands != NULL && g_str_has_suffix (verb->operands, "…");
}

/* Removes the options of VERB from ARGV. `--help` prints the help and ends the program. */
static gboolean
parse_options (const Verb *verb, int *argc, char ***argv, ArcCall *call, GError **error)
{
  g_autoptr (GOptionContext) context = NULL;
  g_autofree char *name = g_strdup_printf ("arcologyctl %s", verb->name);
  g_autofree char *summary = arc_table_wrap (_ (verb->description), 0, arc_table_get_width ());
  const char *usage = verb->usage != NULL ? verb->usage : verb->operands;
  GOptionEntry entries[G_N_ELEMENTS (options) + 2] = { 0 };
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    if ((options[i].verbs & verb->options) != 0)
      entries[n++] = (GOptionEntry){
        options[i].name,
        options[i].letter,
        G_OPTION_FLAG_NONE,
        options[i].type,
        G_STRUCT_MEMBER_P (call, options[i].member),
        options[i].text,
        options[i].value,
      };
  entries[n] = (GOptionEntry){
    .long_name = "no-color",
    .flags = G_OPTION_FLAG_NO_ARG,
    .arg = G_OPTION_ARG_CALLBACK,
    .arg_data = on_no_color,
    .description = N_ ("Print without colors"),
  };

  /* The help starts with it. */
  g_set_prgname (name);
  context = g_option_context_new (usage != NULL ? _ (usage) : NULL);
  g_option_context_set_summary (context, summary);
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  /* The first operand starts a command line that keeps its options. */
  g_option_context_set_strict_posix (context, takes_rest (verb));

  return g_option_context_parse (context, argc, argv, error);
}

static gboolean
check_operands (const Verb *verb, char **operands, GError **error)
{
  const guint max = verb->operands == NULL ? 0 : takes_rest (verb) ? G_MAXUINT : 1;

  if (verb->missing != NULL && (*operands == NULL || **operands == '\0'))
    g_set_error_literal (error, ARC_CTL_ERROR, ARC_CTL_USAGE, _ (verb->missing));
  else if (g_strv_length (operands) > max)
    g_set_error (error, ARC_CTL_ERROR, ARC_CTL_USAGE, _ ("unexpected argument “%s”; see --help"),
                 operands[max]);
  else
    return TRUE;

  return FALSE;
}

static gboolean
parse_build (const char *text, guint64 min, guint64 *build, GError **error)
{
  if (text == NULL || g_ascii_string_to_unsigned (text, 10, min, G_MAXUINT64, build, NULL))
    return TRUE;

  g_set_error (error, ARC_CTL_ERROR, ARC_CTL_USAGE,
               _ ("“%s” is not the number of a build; “arcologyctl history” lists them"), text);
  return FALSE;
}

static gboolean
parse_timeout (const char *text, int *timeout, GError **error)
{
  gint64 usec;

  if (text == NULL)
    return TRUE;

  if (!arc_duration_parse (text, &usec) || usec < 1000 || usec / 1000 > G_MAXINT)
    {
      g_set_error (error, ARC_CTL_ERROR, ARC_CTL_USAGE,
                   _ ("--timeout: “%s” is not a time such as 30s or 5min"), text);
      return FALSE;
    }

  *timeout = (int) (usec / 1000);
  return TRUE;
}

static gboolean
parse (const Verb *verb, int argc, char **argv, ArcCall *call, GError **error)
{
  if (!parse_options (verb, &argc, &argv, call, error))
    return FALSE;

  call->operands = argv + 1;
  if (argc > 1 && g_str_equal (argv[1], "--"))
    call->operands++;
  if (call->lines < 0)
    {
      g_set_error (error, ARC_CTL_ERROR, ARC_CTL_USAGE, _ ("--lines: %d must not be negative"),
                   call->lines);
      return FALSE;
    }

  return check_operands (verb, call->operands, error) &&
         parse_build (call->since, 0, &call->build, error) &&
         (verb->run != arc_cmd_log || parse_build (call->operands[0], 1, &call->build, error)) &&
         parse_timeout (call->timeout_text, &call->timeout, error);
}

/* Prints ERROR, without the prefix that GDBus added to its message. */
static ArcCtlExit
report (GError *error)
{
  ArcCtlExit exit = ARC_CTL_FAILED;

  /* GDBus has one error for its own timeout and one for that of a bus. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
      g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_TIMEOUT))
    return arc_ctl_print_error (ARC_CTL_TIMEOUT, _ ("the service did not answer in time"));

  if (error->domain == ARC_CTL_ERROR)
    exit = (ArcCtlExit) error->code;
  else if (error->domain == G_OPTION_ERROR)
    exit = ARC_CTL_USAGE;
  else if (g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) ||
           g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) ||
           g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
           g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED) ||
           g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED))
    exit = ARC_CTL_NO_SERVICE;

  g_dbus_error_strip_remote_error (error);
  return arc_ctl_print_error (exit, "%s", error->message);
}

/* Runs VERB with the words of ARGV, without its name. */
static ArcCtlExit
run_verb (const Verb *verb, int argc, char **argv)
{
  g_auto (ArcCall) call = { .timeout = ARC_CTL_DEFAULT_TIMEOUT, .lines = DEFAULT_LINES };
  g_autoptr (GError) error = NULL;
  ArcCtlExit exit = ARC_CTL_SUCCESS;

  if (parse (verb, argc, argv, &call, &error) && (verb->options & SERVICE) != 0)
    call.service = arc_ctl_open ((verb->options & START) != 0, call.timeout, &error);
  if (error == NULL && verb->run != NULL)
    exit = verb->run (&call, &error);
  else if (error == NULL)
    verb->method (call.service, NULL, &error);

  return error != NULL ? report (error) : exit;
}

/* `help VERB` is `VERB --help`. */
static ArcCtlExit
run_help (int argc, char **argv)
{
  const int position = find_word (argc, argv);
  char *words[] = { NULL, (char *) "--help", NULL };
  const Verb *verb = position < argc ? find_verb (argv[position]) : NULL;

  if (verb == NULL && position < argc)
    return report_unknown_verb (argv[position]);
  if (verb != NULL && verb->description != NULL)
    return run_verb (verb, 2, words);

  print_help ();
  return ARC_CTL_SUCCESS;
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

  verb = find_verb (position < argc ? argv[position] : "status");
  if (verb == NULL)
    return report_unknown_verb (argv[position]);
  if (verb->description == NULL)
    return run_help (argc - position, argv + position);

  /* What stands before its name are options of the verb as well. */
  if (position < argc)
    {
      memmove (&argv[position], &argv[position + 1], (gsize) (argc - position) * sizeof *argv);
      argc--;
    }

  return run_verb (verb, argc, argv);
}
