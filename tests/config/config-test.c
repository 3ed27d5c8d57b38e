/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/duration.h"
#include "common/error.h"
#include "common/path-filter.h"
#include "config/config-check.h"
#include "config/config-file.h"
#include "config/config-value.h"
#include "test-random.h"

#include <string.h>

#define SECOND ((gint64) G_USEC_PER_SEC)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

static gboolean
merge (ArcConfig *config, const char *text, GError **error)
{
  return arc_config_merge_data (config, text, strlen (text), "/etc/b.conf", error);
}

/* The value of KEY in the file that CONFIG is written to. */
static char *
get_value (const ArcConfig *config, const char *group, const char *key)
{
  g_autofree char *data = arc_config_to_data (config);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) error = NULL;
  char *value;

  g_key_file_load_from_data (file, data, -1, G_KEY_FILE_NONE, &error);
  g_assert_no_error (error);
  value = g_key_file_get_value (file, group, key, &error);
  g_assert_no_error (error);

  return value;
}

static void
assert_equal (const ArcConfig *a, const ArcConfig *b)
{
  g_autofree char *a_data = arc_config_to_data (a);
  g_autofree char *b_data = arc_config_to_data (b);

  g_assert_cmpstr (a_data, ==, b_data);
}

/* TEXT, of which no setting counts, is refused with MESSAGE, word for word. */
static void
assert_refused (const char *text, gssize length, const char *message)
{
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (ArcConfig) before = NULL;
  g_autoptr (GError) error = NULL;

  config->timing.cooldown = 42;
  before = arc_config_copy (config);

  g_assert_false (arc_config_merge_data (config, text, length < 0 ? strlen (text) : (gsize) length,
                                         "/etc/b.conf", &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
  g_assert_cmpstr (error->message, ==, message);
  assert_equal (config, before);

  g_assert_false (arc_config_merge_data (config, text, length < 0 ? strlen (text) : (gsize) length,
                                         "/etc/b.conf", NULL));
}

static void
test_defaults (void)
{
  g_autoptr (ArcConfig) config = arc_config_new ();

  g_assert_cmpstrv (config->directories, ((const char *[]){ "~/org", NULL }));
  g_assert_cmpstrv (config->include, ((const char *[]){ "*.org", NULL }));
  g_assert_true (g_strv_contains ((const char *const *) config->exclude, "*.sync-conflict-*"));
  g_assert_false (config->follow_symlinks);
  g_assert_cmpint (config->rescan_interval, ==, 15 * MINUTE);
  g_assert_null (config->command);
  g_assert_null (config->database);
  g_assert_cmpint (config->timeout, ==, 30 * MINUTE);
  g_assert_cmpint (config->stop_grace, ==, 10 * SECOND);
  g_assert_null (config->after_build);
  g_assert_cmpint (config->after_build_timeout, ==, 10 * MINUTE);
  g_assert_cmpint (config->on_start, ==, ARC_ON_START_CHANGED);
  g_assert_cmpint (config->timing.debounce, ==, 5 * SECOND);
  g_assert_cmpint (config->timing.debounce_limit, ==, 60 * SECOND);
  g_assert_cmpint (config->timing.cooldown, ==, 3 * MINUTE);
  g_assert_cmpuint (config->timing.max_load, ==, 300);
  g_assert_false (config->timing.cooldown_from_change);
  g_assert_cmpint (config->timing.retry_delay, ==, MINUTE);
  g_assert_cmpuint (config->timing.retry_limit, ==, 3);
  g_assert_cmpint (config->notify, ==, ARC_NOTIFY_FAILURES);
  g_assert_cmpint (config->power_saver, ==, ARC_POWER_SAVER_HOLD);
}

static void
test_every_setting (void)
{
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (ArcConfig) copy = NULL;
  g_autoptr (GError) error = NULL;

  merge (config,
         "[Tree]\n"
         "Directories=/a;~/b\n"
         "Include=*.org;*.org.gpg\n"
         "Exclude=drafts/\n"
         "FollowSymlinks=true\n"
         "RescanInterval=1h\n"
         "[Build]\n"
         "Command=make -C '/my notes' db\n"
         "Database=~/x.db\n"
         "Timeout=2min\n"
         "StopGrace=1s\n"
         "AfterBuild=git -C '/my notes' commit\n"
         "AfterBuildTimeout=3min\n"
         "OnStart=changed\n"
         "[Timing]\n"
         "Debounce=1s\n"
         "DebounceLimit=2s\n"
         "Cooldown=3s\n"
         "MaxLoad=0.25%\n"
         "CooldownFrom=change\n"
         "RetryDelay=4s\n"
         "RetryLimit=5\n"
         "[Desktop]\n"
         "Notify=never\n"
         "PowerSaver=ignore\n",
         &error);
  g_assert_no_error (error);

  /* A copy is whole, and stands by itself. */
  copy = arc_config_copy (config);
  assert_equal (copy, config);
  g_clear_pointer (&config, arc_config_free);

  g_assert_cmpstrv (copy->directories, ((const char *[]){ "/a", "~/b", NULL }));
  g_assert_cmpstrv (copy->include, ((const char *[]){ "*.org", "*.org.gpg", NULL }));
  g_assert_cmpstrv (copy->exclude, ((const char *[]){ "drafts/", NULL }));
  g_assert_true (copy->follow_symlinks);
  g_assert_cmpint (copy->rescan_interval, ==, HOUR);
  g_assert_cmpstrv (copy->command, ((const char *[]){ "make", "-C", "/my notes", "db", NULL }));
  g_assert_cmpstr (copy->database, ==, "~/x.db");
  g_assert_cmpint (copy->timeout, ==, 2 * MINUTE);
  g_assert_cmpint (copy->stop_grace, ==, SECOND);
  g_assert_cmpstrv (copy->after_build,
                    ((const char *[]){ "git", "-C", "/my notes", "commit", NULL }));
  g_assert_cmpint (copy->after_build_timeout, ==, 3 * MINUTE);
  g_assert_cmpint (copy->on_start, ==, ARC_ON_START_CHANGED);
  g_assert_cmpint (copy->timing.debounce, ==, SECOND);
  g_assert_cmpint (copy->timing.debounce_limit, ==, 2 * SECOND);
  g_assert_cmpint (copy->timing.cooldown, ==, 3 * SECOND);
  g_assert_cmpuint (copy->timing.max_load, ==, 25);
  g_assert_true (copy->timing.cooldown_from_change);
  g_assert_cmpint (copy->timing.retry_delay, ==, 4 * SECOND);
  g_assert_cmpuint (copy->timing.retry_limit, ==, 5);
  g_assert_cmpint (copy->notify, ==, ARC_NOTIFY_NEVER);
  g_assert_cmpint (copy->power_saver, ==, ARC_POWER_SAVER_IGNORE);

  /* Nothing after the = takes back what an earlier file said. */
  merge (copy, "[Build]\nCommand=\nDatabase=\n[Tree]\nExclude=\n", &error);
  g_assert_no_error (error);
  g_assert_null (copy->command);
  g_assert_null (copy->database);
  g_assert_cmpuint (g_strv_length (copy->exclude), ==, 0);
  g_assert_cmpint (copy->timeout, ==, 2 * MINUTE);
}

/* Each word of the table is read as its place there and written as itself. */
static void
test_words (void)
{
  guint n_settings;
  const ArcSetting *settings = arc_config_get_settings (&n_settings);

  for (guint i = 0; i < n_settings; i++)
    for (int j = 0; settings[i].words != NULL && settings[i].words[j] != NULL; j++)
      {
        g_autoptr (ArcConfig) config = arc_config_new ();
        g_autoptr (GError) error = NULL;
        g_autofree char *value = NULL;
        g_autofree char *text = g_strdup_printf ("[%s]\n%s=%s\n", settings[i].group,
                                                 settings[i].key, settings[i].words[j]);

        merge (config, text, &error);
        g_assert_no_error (error);
        g_assert_cmpint (G_STRUCT_MEMBER (int, config, settings[i].offset), ==, j);
        value = get_value (config, settings[i].group, settings[i].key);
        g_assert_cmpstr (value, ==, settings[i].words[j]);
      }
}

static gboolean
try_number (const ArcSetting *setting, gint64 number)
{
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (GError) error = NULL;
  gboolean is_duration = setting->type == ARC_SETTING_DURATION;
  g_autofree char *load = arc_config_format_load (number);
  g_autofree char *plain =
      g_strdup_printf ("%" G_GINT64_FORMAT "%s", number, is_duration ? "us" : "");
  g_autofree char *text = g_strdup_printf ("[%s]\n%s=%s\n", setting->group, setting->key,
                                           setting->type == ARC_SETTING_LOAD ? load : plain);

  if (!merge (config, text, &error))
    {
      g_autofree char *prefix =
          g_strdup_printf ("/etc/b.conf:2: [%s] %s: ", setting->group, setting->key);

      g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
      g_assert_true (g_str_has_prefix (error->message, prefix));
      return FALSE;
    }

  if (is_duration)
    g_assert_cmpint (G_STRUCT_MEMBER (gint64, config, setting->offset), ==, number);
  else
    g_assert_cmpuint (G_STRUCT_MEMBER (guint, config, setting->offset), ==, number);

  return TRUE;
}

static void
test_ranges (void)
{
  guint n_settings, n_seen = 0;
  const ArcSetting *settings = arc_config_get_settings (&n_settings);

  for (guint i = 0; i < n_settings; i++)
    if (settings[i].type == ARC_SETTING_DURATION || settings[i].type == ARC_SETTING_COUNT ||
        settings[i].type == ARC_SETTING_LOAD)
      {
        g_test_message ("[%s] %s", settings[i].group, settings[i].key);
        g_assert_true (try_number (&settings[i], settings[i].minimum));
        g_assert_true (try_number (&settings[i], settings[i].maximum));
        g_assert_true (try_number (&settings[i], settings[i].initial));
        g_assert_false (try_number (&settings[i], settings[i].minimum - 1));
        g_assert_false (try_number (&settings[i], settings[i].maximum + 1));
        g_assert_cmpint (try_number (&settings[i], 0), ==,
                         settings[i].off || settings[i].minimum == 0);
        n_seen++;
      }

  g_assert_cmpuint (n_seen, ==, 10);
}

static void
test_loads (void)
{
  static const struct
  {
    const char *text;
    int load; /* -1: refused */
    const char *written;
  } cases[] = {
    { "3%", 300, "3%" },        { "3.0%", 300, "3%" },
    { "3 %", 300, "3%" },       { "0.5%", 50, "0.5%" },
    { "0.25%", 25, "0.25%" },   { "12.05%", 1205, "12.05%" },
    { "0.1%", 10, "0.1%" },     { "100%", 10000, "100%" },
    { "003%", 300, "3%" },      { "0", 0, "0" },
    { "0%", 0, "0" },           { "0.00%", 0, "0" },
    { "0.09%", -1, NULL },      { "100.01%", -1, NULL },
    { "999999999%", -1, NULL }, { "9999999999%", -1, NULL },
    { "3", -1, NULL },          { "0.03", -1, NULL },
    { "-3%", -1, NULL },        { "+3%", -1, NULL },
    { "3%%", -1, NULL },        { "%", -1, NULL },
    { ".5%", -1, NULL },        { "3.%", -1, NULL },
    { "3.001%", -1, NULL },     { "3,5%", -1, NULL },
    { "", -1, NULL },           { "3% # c", -1, NULL },
    { "3s", -1, NULL },         { "1e1%", -1, NULL },
    { "infinity", -1, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (ArcConfig) config = arc_config_new ();
      g_autofree char *text = g_strdup_printf ("[Timing]\nMaxLoad=%s\n", cases[i].text);
      g_autofree char *written = NULL;
      const gboolean merged = merge (config, text, NULL);

      g_test_message ("%s", cases[i].text);
      g_assert_cmpint (merged, ==, cases[i].load >= 0);
      g_assert_cmpint (config->timing.max_load, ==, merged ? cases[i].load : 300);
      written = arc_config_format_load (config->timing.max_load);
      g_assert_cmpstr (written, ==, merged ? cases[i].written : "3%");
    }
}

static void
test_infinity (void)
{
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (GError) error = NULL;

  merge (config, "[Build]\nTimeout=infinity\n[Tree]\nRescanInterval=infinity\n", &error);
  g_assert_no_error (error);
  g_assert_cmpint (config->timeout, ==, 0);
  g_assert_cmpint (config->rescan_interval, ==, 0);

  g_assert_false (merge (config, "[Timing]\nCooldown=infinity\n", NULL));
}

static void
test_errors (void)
{
  static const struct
  {
    const char *text;
    const char *message;
  } cases[] = {
    { "[Timing]\n\n# c\nDebounce=5 parsecs\n",
      "/etc/b.conf:4: [Timing] Debounce: \"5 parsecs\" is not a duration: give numbers with units "
      "(us, ms, s, min, h, d, w), such as 5s or 1h 30min" },
    { "[Timing]\nDebounce=5s # five\n",
      "/etc/b.conf:2: [Timing] Debounce: \"5s # five\" is not a duration: give numbers with units "
      "(us, ms, s, min, h, d, w), such as 5s or 1h 30min; a comment needs a line of its own" },
    { "[Timing]\nDebounce=\n",
      "/etc/b.conf:2: [Timing] Debounce: \"\" is not a duration: give numbers with units "
      "(us, ms, s, min, h, d, w), such as 5s or 1h 30min" },
    { "[Timing]\nDebounce=2h\n", "/etc/b.conf:2: [Timing] Debounce: \"2h\" is out of range: give a "
                                 "duration from 0 to 1h" },
    { "[Build]\nTimeout=5w\n", "/etc/b.conf:2: [Build] Timeout: \"5w\" is out of range: give 0 for "
                               "none, or a duration from 100ms to 1w" },
    { "[Timing]\nRetryLimit=-1\n", "/etc/b.conf:2: [Timing] RetryLimit: \"-1\" is not right: give "
                                   "a whole number from 0 to 100" },
    { "[Timing]\n\nMaxLoad=3\n",
      "/etc/b.conf:3: [Timing] MaxLoad: \"3\" is not a load: give a percentage of one processor "
      "with at most two decimals, such as 3% or 0.5%, or 0 for no limit but Cooldown" },
    { "[Timing]\nMaxLoad=3% # c\n",
      "/etc/b.conf:2: [Timing] MaxLoad: \"3% # c\" is not a load: give a percentage of one "
      "processor with at most two decimals, such as 3% or 0.5%, or 0 for no limit but Cooldown; a "
      "comment needs a line of its own" },
    { "[Timing]\nMaxLoad=101%\n", "/etc/b.conf:2: [Timing] MaxLoad: \"101%\" is out of range: "
                                  "give 0, or from 0.1% to 100%" },
    { "[Timing]\nCooldownFrom=Build\n",
      "/etc/b.conf:2: [Timing] CooldownFrom: \"Build\" is not one of: build, change" },
    { "[Tree]\nFollowSymlinks=yes\n",
      "/etc/b.conf:2: [Tree] FollowSymlinks: \"yes\" is not one of: false, true" },
    { "[Tree]\nDirectories=/a;org\n",
      "/etc/b.conf:2: [Tree] Directories: \"org\" is not a whole path: write it from / or from ~/; "
      "variables and ~NAME are not known here" },
    { "[Tree]\nDirectories=$HOME/org\n",
      "/etc/b.conf:2: [Tree] Directories: \"$HOME/org\" is not a whole path: write it from / or "
      "from ~/; variables and ~NAME are not known here" },
    { "[Tree]\nDirectories=~me/org\n",
      "/etc/b.conf:2: [Tree] Directories: \"~me/org\" is not a whole path: write it from / or "
      "from ~/; variables and ~NAME are not known here" },
    { "[Tree]\nDirectories=\n", "/etc/b.conf:2: [Tree] Directories: the list is empty, so there "
                                "is nothing to watch: name a directory" },
    { "[Tree]\nInclude= \n", "/etc/b.conf:2: [Tree] Include: the list is empty, so no file would "
                             "matter: name a pattern such as *.org" },
    { "[Tree]\nInclude=*.org;;*.txt\n",
      "/etc/b.conf:2: [Tree] Include: entry 2 of the list is empty: take out the extra ;" },
    { "[Tree]\nInclude=*.{org,org.gpg}\n",
      "/etc/b.conf:2: [Tree] Include: the pattern \"*.{org,org.gpg}\" has { and }, which are not "
      "known here: write a pattern for each of the names" },
    { "[Tree]\n\nExclude=.*;./x\n",
      "/etc/b.conf:3: [Tree] Exclude: the pattern \"./x\" has the name . or .., which no file "
      "below "
      "a directory of the tree has: write the path from that directory, with a / first for the "
      "top" },
    { "[Tree]\nInclude=*.org;!draft.org\n",
      "/etc/b.conf:2: [Tree] Include: the pattern \"!draft.org\" begins with !, which takes "
      "nothing "
      "back here: take out the pattern that it is meant for, or write \\\\! for a name that begins "
      "so" },
    { "[Tree]\nInclude=x//y\n", "/etc/b.conf:2: [Tree] Include: the pattern \"x//y\" has nothing "
                                "between two /: write one /" },
    { "[Tree]\nInclude=notes/\n",
      "/etc/b.conf:2: [Tree] Include: the pattern \"notes/\" ends in /, which is for directories, "
      "and files are to be included: write ** after it for all that is below" },
    { "[Tree]\nInclude=a\\d\n",
      "/etc/b.conf:2: [Tree] Include: \"a\\d\" has a \\ where none can be: write \\\\ for one, \\s "
      "for a blank, \\; for a ;" },
    { "[Tree]\nInclude=a\\ ;b\n", "/etc/b.conf:2: [Tree] Include: \"a\\ ;b\" has a \\ where none "
                                  "can be: write \\\\ for one, \\s "
                                  "for a blank, \\; for a ;" },
    { "[Build]\nCommand=emacs \\\n",
      "/etc/b.conf:2: [Build] Command: \"emacs \\\" has a \\ where none can be: write \\\\ for "
      "one, "
      "\\s for a blank; a line cannot be continued on the next" },
    { "[Build]\nCommand=bin/build\n",
      "/etc/b.conf:2: [Build] Command: \"bin/build\" does not begin with a program: write its "
      "name, to be looked up in PATH, or its path from / or ~/" },
    { "[Build]\nCommand=''\n",
      "/etc/b.conf:2: [Build] Command: \"''\" does not begin with a program: write its name, to be "
      "looked up in PATH, or its path from / or ~/" },
    { "[Build]\nDatabase=db\n",
      "/etc/b.conf:2: [Build] Database: \"db\" is not a whole path: write it from / or from ~/; "
      "variables and ~NAME are not known here" },
    { "[Build]\nDatabase=~/db/\n",
      "/etc/b.conf:2: [Build] Database: \"~/db/\" is a directory: add the name of a file" },
    { "[Build]\nDatabase=~\n",
      "/etc/b.conf:2: [Build] Database: \"~\" is a directory: add the name of a file" },
    { "[Timing]\nDebunce=5s\n",
      "/etc/b.conf:2: [Timing] Debunce: there is no such key: the keys of this group are Debounce, "
      "DebounceLimit, Cooldown, MaxLoad, CooldownFrom, RetryDelay, RetryLimit" },
    { "[Timing]\nDebounce[de]=5s\n",
      "/etc/b.conf:2: [Timing] Debounce[de]: there is no such key: the keys of this group are "
      "Debounce, DebounceLimit, Cooldown, MaxLoad, CooldownFrom, RetryDelay, RetryLimit" },
    { "[Build]\nDebounce=5s\n", "/etc/b.conf:2: [Build] Debounce: this key belongs in [Timing]" },
    { "[Timing]\nDebounce=5s\n\n[Tree]\n[Timing]\nDebounce=5s\n",
      "/etc/b.conf:6: [Timing] Debounce: this key is in line 2 already: take one of the two out" },
    { "[timing]\nDebounce=5s\n", "/etc/b.conf:1: there is no group \"[timing]\": the groups are "
                                 "[Tree], [Build], [Timing], [Desktop]" },
    { "[]\n", "/etc/b.conf:1: there is no group \"[]\": the groups are [Tree], [Build], [Timing], "
              "[Desktop]" },
    { "[\n", "/etc/b.conf:1: \"[\" does not end with ]: write a group alone on its line: [Tree], "
             "[Build], [Timing], [Desktop]" },
    { "[Timing] # c\n",
      "/etc/b.conf:1: \"[Timing] # c\" does not end with ]: write a group alone on its line: "
      "[Tree], [Build], [Timing], [Desktop]" },
    { "\nDebounce=5s\n", "/etc/b.conf:2: \"Debounce=5s\" stands before the first group: write the "
                         "line of a group above it: [Tree], [Build], [Timing], [Desktop]" },
    { "[Timing]\nDebounce 5s\n", "/etc/b.conf:2: \"Debounce 5s\" is not a setting: write "
                                 "Key=Value, or # before a comment" },
    { "[Timing]\n=5s", "/etc/b.conf:2: \"=5s\" is not a setting: write Key=Value, or # before a "
                       "comment" },
    { "[Timing]\n; c\n", "/etc/b.conf:2: \"; c\": a comment begins with #" },
    { "[Timing]\r\nDebounce=x\033[31m\r\n",
      "/etc/b.conf:2: [Timing] Debounce: \"x\\x{1B}[31m\" is not a duration: give numbers with "
      "units (us, ms, s, min, h, d, w), such as 5s or 1h 30min" },
    { "[Tree]\nDirectories=/caf\xE9\n",
      "/etc/b.conf:2: byte 0xE9 is not UTF-8: save the file as UTF-8; a directory whose name is "
      "not UTF-8 can only be given with --directory or ARCOLOGY_DIRECTORY" },
    { "[Build]\nCommand=emacs 'x\x1b\n",
      "/etc/b.conf:2: [Build] Command: \"emacs 'x\\x{1B}\" cannot be split into words as a shell "
      "would: a quote is not closed, or a backslash is last" },
    { "[Build]\nCommand=\"emacs -q\n",
      "/etc/b.conf:2: [Build] Command: '\"emacs -q' cannot be split into words as a shell "
      "would: a quote is not closed, or a backslash is last" },
    { "[Build]\nCommand=emacs \\\\\n",
      "/etc/b.conf:2: [Build] Command: \"emacs \\\\\" cannot be split into words as a shell "
      "would: a quote is not closed, or a backslash is last" },
    { "[Build]\nCommand=# x\n", "/etc/b.conf:2: [Build] Command: \"# x\" cannot be split into "
                                "words as a shell would: there is none" },
    { "\xFF\xFE[", "/etc/b.conf:1: byte 0xFF is not UTF-8: save the file as UTF-8; a directory "
                   "whose name is not UTF-8 can only be given with --directory or "
                   "ARCOLOGY_DIRECTORY" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_refused (cases[i].text, -1, cases[i].message);

  assert_refused ("[Tree]\n\nX\0Y\n", 12,
                  "/etc/b.conf:3: there is a NUL byte in this line: save the file as plain UTF-8 "
                  "text");
}

/* What is right counts, and what is wrong keeps what it had. */
static void
test_right_settings_of_wrong_file (void)
{
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (merge (config, "[Timing]\nCooldown=7s\n", NULL));
  g_assert_false (merge (config,
                         "[Tree]\nInclude=y\n[Build]\nDatabase=/z\n"
                         "[Timing]\nDebounce=1s\nCooldown=later\nRetryLimit=4\n",
                         &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
  g_assert_cmpstrv (config->include, ((const char *[]){ "y", NULL }));
  g_assert_cmpstr (config->database, ==, "/z");
  g_assert_cmpint (config->timing.debounce, ==, SECOND);
  g_assert_cmpint (config->timing.cooldown, ==, 7 * SECOND);
  g_assert_cmpuint (config->timing.retry_limit, ==, 4);
}

/* One of each kind, all in one file. */
static void
test_all_mistakes_at_once (void)
{
  static const char text[] = "Debounce=1s\n"
                             "RetryLimit=1\n"
                             "[Timing]\n"
                             "Debounce=soon\n"
                             "; c\n"
                             "Cooldwn=1s\n"
                             "Cooldown=1s\n"
                             "Cooldown=2s\n"
                             "[Bulid]\n"
                             "Timeout=x\n"
                             "caf\xE9\n"
                             "[Build\n"
                             "OnStart=x\n"
                             "nonsense\n"
                             "[Build]\n"
                             "Notify=never\n"
                             "OnStart=sometimes\n"
                             "[Tree]\n"
                             "Directories=org\n"
                             "Include=y\n";
  static const char *const starts[] = {
    "1: \"Debounce=1s\" stands before the first group: ",
    "4: [Timing] Debounce: \"soon\" is not a duration: ",
    "5: \"; c\": a comment begins with #",
    "6: [Timing] Cooldwn: there is no such key: ",
    "8: [Timing] Cooldown: this key is in line 7 already: ",
    "9: there is no group \"[Bulid]\": ",
    "11: byte 0xE9 is not UTF-8: ",
    "12: \"[Build\" does not end with ]: ",
    "14: \"nonsense\" is not a setting: ",
    "16: [Build] Notify: this key belongs in [Desktop]",
    "17: [Build] OnStart: \"sometimes\" is not one of: ",
    "19: [Tree] Directories: \"org\" is not a whole path: ",
  };
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_false (merge (config, text, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
  lines = g_strsplit (error->message, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, G_N_ELEMENTS (starts));
  for (guint i = 0; i < G_N_ELEMENTS (starts); i++)
    {
      g_autofree char *start = g_strconcat ("/etc/b.conf:", starts[i], NULL);

      if (!g_str_has_prefix (lines[i], start))
        g_error ("\"%s\" does not start with \"%s\"", lines[i], start);
    }
  g_assert_cmpstrv (config->include, ((const char *[]){ "y", NULL }));
}

static void
test_many_mistakes (void)
{
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new ("[Timing]\n");
  g_auto (GStrv) lines = NULL;

  for (guint i = 0; i < 53; i++)
    g_string_append (text, "x\n");

  g_assert_false (merge (config, text->str, &error));
  lines = g_strsplit (error->message, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 51);
  g_assert_true (g_str_has_prefix (lines[49], "/etc/b.conf:51: "));
  g_assert_cmpstr (lines[50], ==, "/etc/b.conf: 3 more mistakes");
}

/* What is not known contradicts nothing: its correction may put it right. */
static void
test_check_of_wrong_file (void)
{
  static const struct
  {
    const char *text;
    const char *message; /* NULL: nothing is wrong */
  } cases[] = {
    { "[Timing]\nDebounce=2min\nDebounceLimit=5\n3min\n",
      "/etc/b.conf:3: [Timing] DebounceLimit: 5s is shorter than [Timing] Debounce, 2min: make it "
      "at least as long" },
    { "[Timing]\nDebounce=2min\nDebounceLimit=x\n", NULL },
    { "[Timing]\nDebounce=x\nDebounceLimit=1s\n", NULL },
    { "[Timing]\nDebounce=2min\n[Tree]\nDebounceLimit=5min\n", NULL },
    { "[Timing]\nDebounce=2min\n[Timeing]\nDebounceLimit=5min\n", NULL },
    { "[Tree]\nDirectories=/a;/a\nDirectories=/b\n", NULL },
    { "[Tree]\nDirectories=/a\nInclude=*\nExclude=x//y\n[Build]\nDatabase=/a/x.db\n", NULL },
    { "[Tree]\nDirectories=/a;/a\nInclude=x//y\n[Build]\nDatabase=/a/x.org\n",
      "/etc/b.conf:2: [Tree] Directories: \"/a\" is in the list twice: take one out" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (ArcConfig) config = arc_config_new ();
      g_autoptr (ArcConfig) copy = NULL;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", cases[i].text);
      g_assert_false (merge (config, cases[i].text, NULL));
      arc_config_expand (config, "/home/me");
      copy = arc_config_copy (config);
      g_assert_cmpint (arc_config_check (copy, &error), ==, cases[i].message == NULL);
      g_assert_cmpstr (error != NULL ? error->message : NULL, ==, cases[i].message);
    }
}

/* A later file that is right puts an earlier one right, and is the place of a contradiction. */
static void
test_place (void)
{
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (GError) error = NULL;

  merge (config, "[Timing]\nDebounceLimit=x\nDebounce=20s\n", NULL);
  arc_config_merge_data (config, "[Timing]\n\nDebounceLimit=1s", 26, "/u.conf", &error);
  g_assert_no_error (error);
  g_assert_false (arc_config_check (config, &error));
  g_assert_cmpstr (error->message, ==,
                   "/u.conf:3: [Timing] DebounceLimit: 1s is shorter than [Timing] Debounce, 20s: "
                   "make it at least as long");
}

static void
test_long_value_is_cut (void)
{
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *value = g_strnfill (100000, 'x');
  g_autofree char *text = g_strdup_printf ("[Timing]\nDebounce=%s\n%s=1\n", value, value);

  g_assert_false (merge (config, text, &error));
  g_assert_nonnull (strstr (error->message, "xxx...\" is not a duration"));
  g_assert_nonnull (strstr (error->message, "xxx...: there is no such key"));
  g_assert_cmpuint (strlen (error->message), <, 800);
}

static void
test_file_name_is_printable (void)
{
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (arc_config_merge_data (config, "x", 1, "/a\n/caf\xE9", &error));
  g_assert_true (g_str_has_prefix (error->message, "/a\\x{A}/caf\xEF\xBF\xBD:1: \"x\" is not"));
}

static void
test_syntax (void)
{
  static const char *const texts[] = {
    "[Timing]\nDebounce=7s\n",
    "[Timing]\nDebounce=7s",
    "[Timing]\r\nDebounce=7s\r\n",
    "\xEF\xBB\xBF[Timing]\nDebounce=7s\n",
    "\xEF\xBB\xBF# c\r\n\r\n[Timing]\r\nDebounce=7s\r\n",
    "  [Timing]  \n\t Debounce \t= 7s\t \n",
    "[Timing]\n# Debounce=8s\n   # c\n#\nDebounce=7s\n\n\n",
    "[Desktop]\n[Timing]\n[Timing]\n[Tree]\n[Timing]\nDebounce=7s\n[Build]\n",
    "[Timing]\nDebounce = 7s\nRetryLimit = 3\nCooldownFrom = build\n[Build]\nCommand = \n",
    "[Timing]\nCooldown=3min\n[Timing]\nDebounce=7s\n",
  };
  g_autoptr (ArcConfig) empty = arc_config_new ();
  g_autoptr (ArcConfig) defaults = arc_config_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (ArcConfig) config = arc_config_new ();

      g_test_message ("%u", i);
      merge (config, texts[i], &error);
      g_assert_no_error (error);
      g_assert_cmpint (config->timing.debounce, ==, 7 * SECOND);

      config->timing.debounce = defaults->timing.debounce;
      assert_equal (config, defaults);
    }

  arc_config_merge_data (empty, NULL, 0, "f", &error);
  g_assert_no_error (error);
  merge (empty, "\xEF\xBB\xBF", &error);
  g_assert_no_error (error);
  merge (empty, "\n# nothing\n", &error);
  g_assert_no_error (error);
  assert_equal (empty, defaults);

  /* LENGTH counts, not a NUL. */
  arc_config_merge_data (empty, "[Timing]\nDebounce=7s0000", 20, "f", &error);
  g_assert_no_error (error);
  g_assert_cmpint (empty->timing.debounce, ==, 7 * SECOND);
}

static void
test_lists (void)
{
  static const struct
  {
    const char *raw;
    const char *list[4];
  } cases[] = {
    { "/a", { "/a" } },
    { "/a;", { "/a" } },
    { "/a;/b", { "/a", "/b" } },
    { " /a ; /b ;\t/c ;  ", { "/a", "/b", "/c" } },
    { "/my notes;/x", { "/my notes", "/x" } },
    { "/a\\;b;/c", { "/a;b", "/c" } },
    { "/a\\\\;/c", { "/a\\", "/c" } },
    { "/a\\s ;/b\\t;/c\\n", { "/a ", "/b\t", "/c\n" } },
    { "/a\\s\\s;/c", { "/a  ", "/c" } },
    { "/caf\xC3\xA9;~;~/", { "/caf\xC3\xA9", "~", "~/" } },
    { "/a=b", { "/a=b" } },
    { "/a#b", { "/a#b" } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (ArcConfig) config = arc_config_new ();
      g_autoptr (GError) error = NULL;
      g_autofree char *text = g_strdup_printf ("[Tree]\nDirectories=%s\n", cases[i].raw);

      g_test_message ("%s", cases[i].raw);
      merge (config, text, &error);
      g_assert_no_error (error);
      g_assert_cmpstrv (config->directories, cases[i].list);
    }
}

static const ArcVariable *
find_variable (const char *name)
{
  const ArcVariable *variable = arc_config_variables;

  while (!g_str_equal (variable->name, name))
    variable++;

  return variable;
}

static void
test_variables (void)
{
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (ArcConfig) before = NULL;
  g_autoptr (GError) error = NULL;
  static const struct
  {
    const char *name;
    const char *value;
    const char *message;
  } bad[] = {
    { "ARCOLOGY_DIRECTORY", "org",
      "ARCOLOGY_DIRECTORY: \"org\" is not a whole path: write it from / or from ~/; variables and "
      "~NAME are not known here" },
    { "DB_GENERATION_DEBOUNCE", "5s",
      "DB_GENERATION_DEBOUNCE: \"5s\" is not a number of seconds: give one such as 5 or 2.5, "
      "without a unit" },
    { "DB_GENERATION_DEBOUNCE", "-1",
      "DB_GENERATION_DEBOUNCE: \"-1\" is not a number of seconds: give one such as 5 or 2.5, "
      "without a unit" },
    { "DB_GENERATION_DEBOUNCE", "3601",
      "DB_GENERATION_DEBOUNCE: \"3601\" is out of range: give a duration from 0 to 1h" },
    { "DB_GENERATION_COOLDOWN", "1 2",
      "DB_GENERATION_COOLDOWN: \"1 2\" is not a number of seconds: give one such as 5 or 2.5, "
      "without a unit" },
    { "DB_GENERATION_COOLDOWN", "9999999999999999999999",
      "DB_GENERATION_COOLDOWN: \"9999999999999999999999\" is not a duration: give numbers with "
      "units (us, ms, s, min, h, d, w), such as 5s or 1h 30min" },
    { "DB_GENERATION_COOLDOWN", "1.2.3",
      "DB_GENERATION_COOLDOWN: \"1.2.3\" is not a duration: give numbers with units (us, ms, s, "
      "min, h, d, w), such as 5s or 1h 30min" },
  };

  /* A path is one path and any bytes: no list, no escapes. */
  arc_config_merge_variable (config, find_variable ("ARCOLOGY_DIRECTORY"), "/a;b\\s\xE9 ", &error);
  g_assert_no_error (error);
  g_assert_cmpstrv (config->directories, ((const char *[]){ "/a;b\\s\xE9 ", NULL }));

  arc_config_merge_variable (config, find_variable ("DB_GENERATION_DEBOUNCE"), "2.5", &error);
  g_assert_no_error (error);
  g_assert_cmpint (config->timing.debounce, ==, 2500000);
  g_assert_cmpint (config->timing.debounce_limit, ==, 60 * SECOND);
  g_assert_cmpint (config->timing.cooldown, ==, 3 * MINUTE);

  arc_config_merge_variable (config, find_variable ("DB_GENERATION_COOLDOWN"), " 90\n", &error);
  g_assert_no_error (error);
  g_assert_cmpint (config->timing.cooldown, ==, 90 * SECOND);

  /* The script, whose variable it is, knew no limit. */
  arc_config_merge_variable (config, find_variable ("DB_GENERATION_DEBOUNCE"), "300", &error);
  g_assert_no_error (error);
  g_assert_cmpint (config->timing.debounce, ==, 300 * SECOND);
  g_assert_cmpint (config->timing.debounce_limit, ==, 300 * SECOND);
  g_assert_cmpint (config->timing.cooldown, ==, 90 * SECOND);

  before = arc_config_copy (config);
  for (guint i = 0; arc_config_variables[i].name != NULL; i++)
    {
      arc_config_merge_variable (config, &arc_config_variables[i], NULL, &error);
      g_assert_no_error (error);
      arc_config_merge_variable (config, &arc_config_variables[i], "", &error);
      g_assert_no_error (error);
      assert_equal (config, before);
    }

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_false (
          arc_config_merge_variable (config, find_variable (bad[i].name), bad[i].value, &error));
      g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
      g_assert_cmpstr (error->message, ==, bad[i].message);
      g_clear_error (&error);
      assert_equal (config, before);
    }
}

static void
test_expand (void)
{
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (ArcConfig) before = NULL;
  g_autoptr (GError) error = NULL;

  merge (config,
         "[Tree]\nDirectories=~;~/;~/org/;/a//b/../c/.;//x;/~/y;/\n"
         "[Build]\nCommand=~/bin/b ~/z\nDatabase=~/./d//x.db\n",
         &error);
  g_assert_no_error (error);
  arc_config_expand (config, "/home/me/");
  g_assert_cmpstrv (config->directories, ((const char *[]){ "/home/me", "/home/me", "/home/me/org",
                                                            "/a/c", "/x", "/~/y", "/", NULL }));
  g_assert_cmpstr (config->database, ==, "/home/me/d/x.db");
  g_assert_cmpstrv (config->command, ((const char *[]){ "/home/me/bin/b", "~/z", NULL }));

  /* Once is as good as twice. */
  before = arc_config_copy (config);
  arc_config_expand (config, "/other");
  assert_equal (config, before);

  /* The program may be looked up in PATH; there may be none, and no database. */
  merge (config, "[Build]\nCommand=make db\nDatabase=\n", &error);
  g_assert_no_error (error);
  arc_config_expand (config, "/home/me");
  g_assert_cmpstrv (config->command, ((const char *[]){ "make", "db", NULL }));
  g_assert_null (config->database);
}

/* SQLite writes next to the database; what it writes there must not matter either. */
static void
test_check_journals (void)
{
  static const char *const endings[] = { "journal", "wal", "shm" };

  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      g_autoptr (ArcConfig) config = arc_config_new ();
      g_autoptr (GError) error = NULL;
      g_autofree char *text =
          g_strdup_printf ("[Tree]\nDirectories=/a\nInclude=*-%s\n[Build]\nDatabase=/a/x.db\n",
                           endings[i]);

      merge (config, text, &error);
      g_assert_no_error (error);
      g_assert_false (arc_config_check (config, &error));
      g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
      g_assert_true (
          g_str_has_prefix (error->message, "/etc/b.conf:5: [Build] Database: \"/a/x.db\" is in "));
    }
}

static void
test_check (void)
{
  static const struct
  {
    const char *text;
    const char *message; /* NULL: nothing is wrong */
  } cases[] = {
    { "", NULL },
    { "[Tree]\nExclude=\n", NULL },
    { "[Tree]\nDirectories=/a;/b;/a/\n",
      "/etc/b.conf:2: [Tree] Directories: \"/a\" is in the list twice: take one out" },
    { "[Tree]\nDirectories=/a/b;/c;/a\n", "/etc/b.conf:2: [Tree] Directories: \"/a/b\" is inside "
                                          "\"/a\", which is watched with all that is below it: "
                                          "take one out" },
    { "[Tree]\nDirectories=/;/a\n", "/etc/b.conf:2: [Tree] Directories: \"/a\" is inside \"/\", "
                                    "which is watched with all that is below it: "
                                    "take one out" },
    { "[Tree]\nDirectories=/a;/ab;/b\n", NULL },
    { "[Tree]\nDirectories=/\n[Build]\nDatabase=/x.db\n", NULL },
    { "[Timing]\nDebounce=1min 1us\n",
      "[Timing] DebounceLimit: 1min is shorter than [Timing] Debounce, 1min 1us: make it at least "
      "as long" },
    { "[Timing]\nDebounce=1min\n", NULL },
    { "[Timing]\nDebounce=0\nDebounceLimit=0\nCooldown=0\n", NULL },
    { "[Tree]\nDirectories=/a\n[Build]\nDatabase=/a/x.db\n", NULL },
    { "[Tree]\nDirectories=/b;/a\n[Build]\nDatabase=/a/sub/x.org\n",
      "/etc/b.conf:4: [Build] Database: \"/a/sub/x.org\" is in a directory of [Tree] Directories, "
      "and \"*.org\" "
      "of "
      "[Tree] Include matches it or its journal, so each build would ask for the next: move it or "
      "add it to [Tree] Exclude" },
    { "[Tree]\nDirectories=/a\n[Build]\nDatabase=/a/.hidden/x.org\n", NULL },
    { "[Tree]\nDirectories=/a\nInclude=*\nExclude=*.db\n[Build]\nDatabase=/a/x.db\n",
      "/etc/b.conf:6: [Build] Database: \"/a/x.db\" is in a directory of [Tree] Directories, and "
      "\"*\" of [Tree] "
      "Include matches it or its journal, so each build would ask for the next: move it or add it "
      "to [Tree] Exclude" },
    { "[Tree]\nDirectories=/a\nInclude=*\nExclude=*.db*\n[Build]\nDatabase=/a/x.db\n", NULL },
    { "[Tree]\nDirectories=/a\nInclude=*\n[Build]\nDatabase=/ab/x.db\n", NULL },
    { "[Tree]\nDirectories=/a/b\n[Build]\nDatabase=/a/b\n",
      "/etc/b.conf:4: [Build] Database: \"/a/b\" is a directory of [Tree] Directories, or above "
      "one: choose a "
      "file" },
    { "[Tree]\nDirectories=/a/b\n[Build]\nDatabase=/a\n",
      "/etc/b.conf:4: [Build] Database: \"/a\" is a directory of [Tree] Directories, or above one: "
      "choose a "
      "file" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (ArcConfig) config = arc_config_new ();
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", cases[i].text);
      merge (config, cases[i].text, &error);
      g_assert_no_error (error);
      arc_config_expand (config, "/home/me");

      g_assert_cmpint (arc_config_check (config, &error), ==, cases[i].message == NULL);
      if (cases[i].message == NULL)
        g_assert_no_error (error);
      else
        g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
      if (error != NULL)
        g_assert_cmpstr (error->message, ==, cases[i].message);
    }
}

static char *
random_text (const char *start)
{
  static const char *const pieces[] = { "a",  "B",  "/",  " ",        "  ", ";", "\\",
                                        "\t", "\n", "\r", "\"",       "'",  "#", "[x]",
                                        "=",  "$",  "~",  "\xC3\xA9", "\\s" };
  GString *text = g_string_new (start);

  for (int i = g_test_rand_int_range (1, 8); i > 0; i--)
    g_string_append (text, pieces[g_test_rand_int_range (0, G_N_ELEMENTS (pieces))]);

  return g_string_free (text, FALSE);
}

static GStrv
random_list (const char *start, int least)
{
  int length = g_test_rand_int_range (least, 5);
  GStrv list = g_new0 (char *, length + 1);

  for (int i = 0; i < length; i++)
    list[i] = random_text (start);

  return list;
}

static ArcConfig *
random_config (void)
{
  guint n_settings;
  const ArcSetting *settings = arc_config_get_settings (&n_settings);
  ArcConfig *config = arc_config_new ();

  for (guint i = 0; i < n_settings; i++)
    {
      const ArcSetting *setting = &settings[i];
      gpointer member = G_STRUCT_MEMBER_P (config, setting->offset);
      gint64 span = setting->maximum - setting->minimum + 1;

      switch (setting->type)
        {
        case ARC_SETTING_PATHS:
        case ARC_SETTING_PATTERNS:
          g_strfreev (*(GStrv *) member);
          *(GStrv *) member =
              random_list (setting->type == ARC_SETTING_PATHS ? "/" : "", setting->empty != NULL);
          for (GStrv text = *(GStrv *) member;
               setting->type == ARC_SETTING_PATTERNS && *text != NULL; text++)
            while (arc_path_filter_check (*text, TRUE) != NULL)
              {
                g_free (*text);
                *text = random_text ("");
              }
          break;
        case ARC_SETTING_COMMAND:
          if (g_test_rand_bit ())
            {
              *(GStrv *) member = random_list ("", 1);
              g_free ((*(GStrv *) member)[0]);
              (*(GStrv *) member)[0] = random_text ("/bin/");
            }
          break;
        case ARC_SETTING_PATH:
          if (g_test_rand_bit ())
            {
              g_autofree char *text = random_text ("~/");

              *(char **) member = g_strconcat (text, g_test_rand_bit () ? " " : "\t", NULL);
            }
          break;
        case ARC_SETTING_DURATION:
          *(gint64 *) member =
              setting->minimum + arc_test_random_usec (setting->maximum - setting->minimum);
          break;
        case ARC_SETTING_COUNT:
        case ARC_SETTING_LOAD:
          *(guint *) member = setting->minimum + g_test_rand_int_range (0, span);
          break;
        case ARC_SETTING_WORD:
          *(int *) member = g_test_rand_int_range (0, g_strv_length ((GStrv) setting->words));
          break;
        }
    }

  return config;
}

static void
assert_same_values (const ArcConfig *a, const ArcConfig *b)
{
  g_assert_cmpstrv (a->directories, b->directories);
  g_assert_cmpstrv (a->include, b->include);
  g_assert_cmpstrv (a->exclude, b->exclude);
  g_assert_cmpint (a->command == NULL, ==, b->command == NULL);
  if (a->command != NULL)
    g_assert_cmpstrv (a->command, b->command);
  g_assert_cmpstr (a->database, ==, b->database);
  assert_equal (a, b);
}

static void
test_round_trip (void)
{
  for (guint i = 0; i < 400; i++)
    {
      g_autoptr (ArcConfig) config = random_config ();
      g_autoptr (ArcConfig) back = arc_config_new ();
      g_autoptr (GError) error = NULL;
      g_autofree char *data = arc_config_to_data (config);

      merge (back, data, &error);
      g_assert_no_error (error);
      assert_same_values (back, config);
    }
}

static char *
read_source (const char *directory, const char *name)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", directory, name, NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);

  return text;
}

/* The example with the # in front of each setting taken away. */
static char *
read_uncommented_example (void)
{
  g_autofree char *text = read_source ("data", "builder.conf");
  g_autoptr (GRegex) regex = g_regex_new ("^#([A-Z][A-Za-z]*=)", G_REGEX_MULTILINE, 0, NULL);

  return g_regex_replace (regex, text, -1, 0, "\\1", 0, NULL);
}

static void
test_example (void)
{
  g_autofree char *text = read_source ("data", "builder.conf");
  g_autofree char *uncommented = read_uncommented_example ();
  g_autoptr (ArcConfig) defaults = arc_config_new ();
  g_autoptr (ArcConfig) config = arc_config_new ();
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) error = NULL;
  guint n_settings, n_keys = 0;
  const ArcSetting *settings = arc_config_get_settings (&n_settings);
  g_auto (GStrv) groups = NULL;

  merge (config, text, &error);
  g_assert_no_error (error);
  assert_same_values (config, defaults);

  /* Every key is there, and nothing but the default is said of any. */
  g_key_file_load_from_data (file, uncommented, -1, G_KEY_FILE_NONE, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < n_settings; i++)
    g_assert_true (g_key_file_has_key (file, settings[i].group, settings[i].key, NULL));
  groups = g_key_file_get_groups (file, NULL);
  for (guint i = 0; groups[i] != NULL; i++)
    {
      g_auto (GStrv) keys = g_key_file_get_keys (file, groups[i], NULL, NULL);

      n_keys += g_strv_length (keys);
    }
  g_assert_cmpuint (n_keys, ==, n_settings);

  g_clear_pointer (&config, arc_config_free);
  config = random_config ();
  merge (config, uncommented, &error);
  g_assert_no_error (error);
  assert_same_values (config, defaults);
}

/* The part of the manual page about KEY: from its heading to the next. */
static char *
find_manual_entry (const char *page, const ArcSetting *setting)
{
  g_autofree char *heading = g_strdup_printf (".It Ic %s Ns = Ns ", setting->key);
  const char *start = strstr (page, heading);
  const char *end;

  if (start == NULL)
    g_error ("The manual page says nothing of [%s] %s", setting->group, setting->key);
  end = strstr (start + 1, "\n.It ");
  if (strstr (start, "\n.El") != NULL && (end == NULL || strstr (start, "\n.El") < end))
    end = strstr (start, "\n.El");
  g_assert_nonnull (end);

  return g_strndup (start, end - start);
}

/* The source of the manual page as the characters that a reader sees. */
static char *
read_manual_page (void)
{
  g_autofree char *source = read_source ("data", "arcology-builder.conf.5");
  GString *page = g_string_new (source);

  g_string_replace (page, "\\(ti", "~", 0);
  g_string_replace (page, "\\-", "-", 0);

  return g_string_free (page, FALSE);
}

static void
test_manual_page (void)
{
  g_autofree char *page = read_manual_page ();
  g_autoptr (ArcConfig) defaults = arc_config_new ();
  guint n_settings;
  const ArcSetting *settings = arc_config_get_settings (&n_settings);

  for (guint i = 0; i < n_settings; i++)
    {
      const ArcSetting *setting = &settings[i];
      g_autofree char *entry = find_manual_entry (page, setting);
      g_autofree char *value = get_value (defaults, setting->group, setting->key);
      g_autofree char *minimum = arc_duration_format (setting->minimum);
      g_autofree char *maximum = arc_duration_format (setting->maximum);
      g_autofree char *initial = NULL;
      g_autofree char *range = NULL;

      g_test_message ("[%s] %s", setting->group, setting->key);

      if (*value != '\0')
        {
          initial = g_strdup_printf ("\nDefault:\n.Ql %s .\n", value);
          g_assert_nonnull (strstr (entry, initial));
        }
      else
        {
          g_assert_nonnull (strstr (entry, "\nDefault:\n"));
        }

      if (setting->type == ARC_SETTING_DURATION)
        range = g_strdup_printf ("\nFrom %s to %s%s.\n", minimum, maximum,
                                 setting->off ? ", or 0 for none" : "");
      else if (setting->type == ARC_SETTING_COUNT)
        range =
            g_strdup_printf ("\nFrom %d to %d.\n", (int) setting->minimum, (int) setting->maximum);
      else if (setting->type == ARC_SETTING_LOAD)
        range = g_strdup ("\nFrom 0.1% to 100%, or 0 for no limit.\n");
      if (range != NULL)
        g_assert_nonnull (strstr (entry, range));

      for (guint j = 0; setting->words != NULL && setting->words[j] != NULL; j++)
        g_assert_nonnull (strstr (entry, setting->words[j]));
    }

  for (guint i = 0; arc_config_variables[i].name != NULL; i++)
    {
      g_autofree char *heading = g_strdup_printf ("\n.It Ev %s\n", arc_config_variables[i].name);

      g_assert_nonnull (strstr (page, heading));
    }
}

/* Whatever a file holds, it is right or refused with lines that it has. */
static void
test_garbage (void)
{
  g_autofree char *example = read_uncommented_example ();
  gsize length = strlen (example);
  guint n_refused = 0;

  for (guint i = 0; i < 400; i++)
    {
      g_autofree char *text = g_memdup2 (example, length + 1);
      g_autoptr (ArcConfig) config = arc_config_new ();
      g_autoptr (GError) error = NULL;
      g_auto (GStrv) mistakes = NULL;
      gsize cut = g_test_rand_int_range (0, length + 1);
      gint64 last = 0, n_lines = 1;

      for (int j = g_test_rand_int_range (0, 4); j > 0; j--)
        text[g_test_rand_int_range (0, length)] =
            g_test_rand_bit () ? "\n[]=;\\ #\"'"[g_test_rand_int_range (0, 10)]
                               : g_test_rand_int_range (0, 256);

      if (arc_config_merge_data (config, text, cut, "f", &error))
        continue;

      n_refused++;
      g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      for (gsize j = 0; j < cut; j++)
        n_lines += text[j] == '\n';
      mistakes = g_strsplit (error->message, "\n", -1);
      for (guint j = 0; mistakes[j] != NULL; j++)
        {
          gint64 line;

          g_assert_true (g_str_has_prefix (mistakes[j], "f:"));
          line = g_ascii_strtoll (mistakes[j] + 2, NULL, 10);
          g_assert_cmpint (line, >, last);
          g_assert_cmpint (line, <=, n_lines);
          last = line;
        }
    }

  g_assert_cmpuint (n_refused, >, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/config/defaults", test_defaults);
  g_test_add_func ("/config/every-setting", test_every_setting);
  g_test_add_func ("/config/words", test_words);
  g_test_add_func ("/config/ranges", test_ranges);
  g_test_add_func ("/config/loads", test_loads);
  g_test_add_func ("/config/infinity", test_infinity);
  g_test_add_func ("/config/errors", test_errors);
  g_test_add_func ("/config/right-settings-of-wrong-file", test_right_settings_of_wrong_file);
  g_test_add_func ("/config/all-mistakes-at-once", test_all_mistakes_at_once);
  g_test_add_func ("/config/many-mistakes", test_many_mistakes);
  g_test_add_func ("/config/check-of-wrong-file", test_check_of_wrong_file);
  g_test_add_func ("/config/place", test_place);
  g_test_add_func ("/config/long-value-is-cut", test_long_value_is_cut);
  g_test_add_func ("/config/file-name-is-printable", test_file_name_is_printable);
  g_test_add_func ("/config/syntax", test_syntax);
  g_test_add_func ("/config/lists", test_lists);
  g_test_add_func ("/config/variables", test_variables);
  g_test_add_func ("/config/expand", test_expand);
  g_test_add_func ("/config/check", test_check);
  g_test_add_func ("/config/check-journals", test_check_journals);
  g_test_add_func ("/config/round-trip", test_round_trip);
  g_test_add_func ("/config/example", test_example);
  g_test_add_func ("/config/manual-page", test_manual_page);
  g_test_add_func ("/config/garbage", test_garbage);

  return g_test_run ();
}
