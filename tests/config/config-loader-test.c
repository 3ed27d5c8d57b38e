/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "config/config-loader.h"

#include "common/error.h"
#include "config/config-file.h"
#include "config/config-value.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Three values of each setting, none of them the default. */
typedef struct
{
  const char *group;
  const char *key;
  const char *values[3];
} Sample;

static const Sample samples[] = {
  { "Tree", "Directories", { "/a", "/b", "/c" } },
  { "Tree", "Include", { "a", "b", "c" } },
  { "Tree", "Exclude", { "a", "b", "c" } },
  { "Tree", "FollowSymlinks", { "true", "false", "true" } },
  { "Tree", "RescanInterval", { "1s", "2s", "3s" } },
  { "Build", "Command", { "a", "b", "c" } },
  { "Build", "Database", { "/d/a", "/d/b", "/d/c" } },
  { "Build", "Timeout", { "1s", "2s", "3s" } },
  { "Build", "StopGrace", { "1s", "2s", "3s" } },
  { "Build", "AfterBuild", { "a", "b", "c" } },
  { "Build", "AfterBuildTimeout", { "1s", "2s", "3s" } },
  { "Build", "OnStart", { "changed", "never", "changed" } },
  { "Timing", "Debounce", { "1s", "2s", "3s" } },
  { "Timing", "DebounceLimit", { "11s", "12s", "13s" } },
  { "Timing", "Cooldown", { "1s", "2s", "3s" } },
  { "Timing", "MaxLoad", { "1%", "2%", "0" } },
  { "Timing", "CooldownFrom", { "change", "build", "change" } },
  { "Timing", "RetryDelay", { "1s", "2s", "3s" } },
  { "Timing", "RetryLimit", { "1", "2", "4" } },
  { "Desktop", "Notify", { "always", "never", "always" } },
  { "Desktop", "PowerSaver", { "ignore", "hold", "ignore" } },
};

/* The places of the file, the least important first. */
typedef enum
{
  LAYER_SYSTEM_SECOND,
  LAYER_SYSTEM_FIRST,
  LAYER_USER,
} Layer;

static char *
get_file (Layer layer)
{
  const char *directory = layer == LAYER_SYSTEM_SECOND  ? g_get_system_config_dirs ()[1]
                          : layer == LAYER_SYSTEM_FIRST ? g_get_system_config_dirs ()[0]
                                                        : g_get_user_config_dir ();

  return g_build_filename (directory, "arcology-builder", "builder.conf", NULL);
}

static void
write_file (const char *file, const char *text)
{
  g_autofree char *directory = g_path_get_dirname (file);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  g_file_set_contents (file, text, -1, &error);
  g_assert_no_error (error);
}

static void
write_layer (Layer layer, const char *text)
{
  g_autofree char *file = get_file (layer);

  write_file (file, text);
}

static void
remove_layer (Layer layer)
{
  g_autofree char *file = get_file (layer);

  g_assert_cmpint (g_unlink (file), ==, 0);
}

static ArcConfig *
load (const ArcConfigLoaderOptions *options)
{
  g_autoptr (GError) error = NULL;
  ArcConfig *config = arc_config_loader_load (options, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (config);

  return config;
}

/* Loading fails and says MESSAGE, word for word. */
static void
assert_refused (const ArcConfigLoaderOptions *options, const char *message)
{
  g_auto (GStrv) sources = (GStrv) 1;
  g_autoptr (GError) error = NULL;

  g_assert_null (arc_config_loader_load (options, &sources, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
  g_assert_cmpstr (error->message, ==, message);
  g_assert_null (sources);
}

static void
assert_value (const ArcConfig *config, const char *group, const char *key, const char *expected)
{
  g_autofree char *data = arc_config_to_data (config);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *value = NULL;

  g_key_file_load_from_data (file, data, -1, G_KEY_FILE_NONE, &error);
  g_assert_no_error (error);
  value = g_key_file_get_value (file, group, key, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (value, ==, expected);
}

static char *
get_loaded_data (void)
{
  g_autoptr (ArcConfig) config = load (NULL);

  return arc_config_to_data (config);
}

static void
test_no_files (void)
{
  g_autoptr (ArcConfig) config = NULL;
  g_auto (GStrv) sources = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *org = g_build_filename (g_get_home_dir (), "org", NULL);
  g_autofree char *database =
      g_build_filename (g_get_user_data_dir (), "arcology-builder", "arcology.db", NULL);

  config = arc_config_loader_load (NULL, &sources, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (sources), ==, 0);
  g_assert_cmpstrv (config->directories, ((const char *[]){ org, NULL }));
  g_assert_cmpstr (config->database, ==, database);
  g_assert_cmpuint (g_strv_length (config->command), ==, 1);
  g_assert_true (g_path_is_absolute (config->command[0]));
  g_assert_true (g_str_has_suffix (config->command[0], "/emacs/arcology-batch"));

  /* Nothing is made that was not there. */
  g_assert_false (g_file_test (org, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (database, G_FILE_TEST_EXISTS));
}

static void
test_samples_are_complete (void)
{
  guint n_settings;
  const ArcSetting *settings = arc_config_get_settings (&n_settings);

  g_assert_cmpuint (n_settings, ==, G_N_ELEMENTS (samples));
  for (guint i = 0; i < n_settings; i++)
    {
      g_assert_cmpstr (settings[i].group, ==, samples[i].group);
      g_assert_cmpstr (settings[i].key, ==, samples[i].key);
    }
}

/* Each file wins over the one before, for each key, and leaves the others alone. */
static void
test_files_in_order (void)
{
  g_autofree char *defaults = get_loaded_data ();
  g_autofree char *after = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      const Sample *sample = &samples[i];

      g_test_message ("[%s] %s", sample->group, sample->key);

      for (Layer layer = LAYER_SYSTEM_SECOND; layer <= LAYER_USER; layer++)
        {
          g_autofree char *text =
              g_strdup_printf ("[%s]\n%s=%s\n", sample->group, sample->key, sample->values[layer]);
          g_autofree char *changed = NULL;
          g_autoptr (ArcConfig) config = NULL;
          g_autoptr (GKeyFile) expected = g_key_file_new ();
          g_autofree char *expected_data = NULL;

          write_layer (layer, text);
          config = load (NULL);
          assert_value (config, sample->group, sample->key, sample->values[layer]);

          g_key_file_load_from_data (expected, defaults, -1, G_KEY_FILE_NONE, NULL);
          g_key_file_set_value (expected, sample->group, sample->key, sample->values[layer]);
          expected_data = g_key_file_to_data (expected, NULL, NULL);
          changed = arc_config_to_data (config);
          g_assert_cmpstr (changed, ==, expected_data);
        }

      for (Layer layer = LAYER_SYSTEM_SECOND; layer <= LAYER_USER; layer++)
        remove_layer (layer);
    }

  after = get_loaded_data ();
  g_assert_cmpstr (after, ==, defaults);
}

/* Keys of different files add up. */
static void
test_files_add_up (void)
{
  g_autoptr (ArcConfig) config = NULL;
  g_auto (GStrv) sources = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *first = get_file (LAYER_SYSTEM_FIRST);
  g_autofree char *second = get_file (LAYER_SYSTEM_SECOND);
  g_autofree char *user = get_file (LAYER_USER);

  write_file (second, "[Timing]\nDebounce=1s\nCooldown=1s\nRetryDelay=1s\n");
  write_file (first, "[Timing]\nCooldown=2s\nRetryDelay=2s\n");
  write_file (user, "[Timing]\nRetryDelay=3s\n");

  config = arc_config_loader_load (NULL, &sources, &error);
  g_assert_no_error (error);
  g_assert_cmpint (config->timing.debounce, ==, 1 * G_USEC_PER_SEC);
  g_assert_cmpint (config->timing.cooldown, ==, 2 * G_USEC_PER_SEC);
  g_assert_cmpint (config->timing.retry_delay, ==, 3 * G_USEC_PER_SEC);
  g_assert_cmpstrv (sources, ((const char *[]){ second, first, user, NULL }));

  g_assert_cmpint (g_unlink (first), ==, 0);
  g_clear_pointer (&config, arc_config_free);
  g_clear_pointer (&sources, g_strfreev);
  config = arc_config_loader_load (NULL, &sources, &error);
  g_assert_no_error (error);
  g_assert_cmpstrv (sources, ((const char *[]){ second, user, NULL }));
}

static void
test_environment_over_files (void)
{
  static const struct
  {
    const char *name;
    const char *value;
    const char *group;
    const char *key;
    const char *expected;
  } cases[] = {
    { "ARCOLOGY_DIRECTORY", "/env", "Tree", "Directories", "/env" },
    { "DB_GENERATION_DEBOUNCE", "8.5", "Timing", "Debounce", "8s 500ms" },
    { "DB_GENERATION_COOLDOWN", "9", "Timing", "Cooldown", "9s" },
  };

  write_layer (LAYER_USER, "[Tree]\nDirectories=/file\n[Timing]\nDebounce=1s\nCooldown=1s\n");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *before = get_loaded_data ();
      g_autofree char *unset = NULL;
      g_autofree char *message = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (ArcConfig) config = NULL;

      g_setenv (cases[i].name, cases[i].value, TRUE);
      config = load (NULL);
      assert_value (config, cases[i].group, cases[i].key, cases[i].expected);

      g_setenv (cases[i].name, "wrong", TRUE);
      g_assert_null (arc_config_loader_load (NULL, NULL, &error));
      g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
      message = g_strconcat (cases[i].name, ": \"wrong\" is not a ", NULL);
      g_assert_true (g_str_has_prefix (error->message, message));

      g_setenv (cases[i].name, "", TRUE);
      unset = get_loaded_data ();
      g_assert_cmpstr (unset, ==, before);
      g_unsetenv (cases[i].name);
    }
}

static void
test_command_line_over_environment (void)
{
  g_autoptr (ArcConfig) config = NULL;
  g_autoptr (ArcConfig) empty = NULL;
  g_autofree char *current = g_get_current_dir ();
  g_autofree char *relative = g_build_filename (current, "sub", NULL);
  g_autofree char *in_home = g_build_filename (g_get_home_dir (), "x", NULL);
  ArcConfigLoaderOptions options = { .directories = (const char *[]){ "/cli//a/.", "./sub", "~/x",
                                                                      "/caf\xE9;b", NULL } };

  write_layer (LAYER_USER, "[Tree]\nDirectories=/file\n");
  g_setenv ("ARCOLOGY_DIRECTORY", "/env", TRUE);
  config = load (&options);
  g_assert_cmpstrv (config->directories,
                    ((const char *[]){ "/cli/a", relative, in_home, "/caf\xE9;b", NULL }));

  options.directories = (const char *[]){ NULL };
  empty = load (&options);
  g_assert_cmpstrv (empty->directories, ((const char *[]){ "/env", NULL }));
  g_unsetenv ("ARCOLOGY_DIRECTORY");

  options.directories = (const char *[]){ "/a", "", NULL };
  assert_refused (&options, "--directory: the name is empty");
}

static void
test_config_file_replaces_files (void)
{
  g_autoptr (ArcConfig) config = NULL;
  g_auto (GStrv) sources = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *file = g_build_filename (g_get_home_dir (), "own.conf", NULL);
  ArcConfigLoaderOptions options = { .config_file = file };

  /* The other files are not even looked at. */
  write_layer (LAYER_SYSTEM_FIRST, "nonsense");
  write_layer (LAYER_USER, "nonsense");
  write_file (file, "[Timing]\nDebounce=7s\n");
  config = arc_config_loader_load (&options, &sources, &error);
  g_assert_no_error (error);
  g_assert_cmpint (config->timing.debounce, ==, 7 * G_USEC_PER_SEC);
  g_assert_cmpstrv (sources, ((const char *[]){ file, NULL }));

  /* The environment still counts. */
  g_setenv ("DB_GENERATION_DEBOUNCE", "8", TRUE);
  g_clear_pointer (&config, arc_config_free);
  config = load (&options);
  g_assert_cmpint (config->timing.debounce, ==, 8 * G_USEC_PER_SEC);
  g_unsetenv ("DB_GENERATION_DEBOUNCE");

  g_assert_cmpint (g_unlink (file), ==, 0);
  g_assert_null (arc_config_loader_load (&options, NULL, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, file));
}

/* A file that is there is read, or an error names it. */
static void
test_unreadable_file (void)
{
  g_autofree char *file = get_file (LAYER_USER);
  g_autofree char *directory = g_path_get_dirname (file);
  g_autofree char *target = g_build_filename (g_get_home_dir (), "dotfiles.conf", NULL);
  g_autoptr (ArcConfig) config = NULL;
  g_autoptr (ArcConfig) absent = NULL;
  g_autoptr (GError) error = NULL;

  /* A directory in its place, since root may read files of any mode. */
  g_assert_cmpint (g_mkdir_with_parents (file, 0700), ==, 0);
  g_assert_null (arc_config_loader_load (NULL, NULL, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
  g_assert_true (g_str_has_prefix (error->message, "The settings cannot be read: "));
  g_assert_nonnull (strstr (error->message, file));
  g_clear_error (&error);
  g_assert_cmpint (g_rmdir (file), ==, 0);

  /* A FIFO that nobody writes into, and what is no settings file. */
  g_assert_cmpint (mkfifo (file, 0600), ==, 0);
  g_assert_null (arc_config_loader_load (NULL, NULL, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
  g_clear_error (&error);
  g_assert_cmpint (g_unlink (file), ==, 0);
  g_assert_cmpint (symlink ("/dev/zero", file), ==, 0);
  g_assert_null (arc_config_loader_load (NULL, NULL, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
  g_clear_error (&error);
  g_assert_cmpint (g_unlink (file), ==, 0);

  /* A link to nowhere. */
  g_assert_cmpint (symlink (target, file), ==, 0);
  g_assert_null (arc_config_loader_load (NULL, NULL, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, file));
  g_clear_error (&error);

  /* The link is good as soon as it leads somewhere. */
  write_file (target, "[Timing]\nDebounce=7s\n");
  config = load (NULL);
  g_assert_cmpint (config->timing.debounce, ==, 7 * G_USEC_PER_SEC);
  g_assert_cmpint (g_unlink (file), ==, 0);

  /* A loop of links. */
  g_assert_cmpint (symlink (file, file), ==, 0);
  g_assert_null (arc_config_loader_load (NULL, NULL, &error));
  g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
  g_assert_cmpint (g_unlink (file), ==, 0);

  /* A file where its directory would be: it is not there. */
  g_assert_cmpint (g_rmdir (directory), ==, 0);
  write_file (directory, "");
  absent = load (NULL);
  g_assert_cmpint (absent->timing.debounce, ==, 5 * G_USEC_PER_SEC);

  if (geteuid () != 0)
    {
      g_assert_cmpint (g_unlink (directory), ==, 0);
      write_file (file, "");
      g_assert_cmpint (g_chmod (file, 0), ==, 0);
      g_clear_error (&error);
      g_assert_null (arc_config_loader_load (NULL, NULL, &error));
      g_assert_error (error, ARC_ERROR, ARC_ERROR_CONFIG);
    }
}

static void
test_wrong_file (void)
{
  static const Layer layers[] = { LAYER_SYSTEM_SECOND, LAYER_SYSTEM_FIRST, LAYER_USER };

  for (guint i = 0; i < G_N_ELEMENTS (layers); i++)
    {
      g_autofree char *file = get_file (layers[i]);
      g_autofree char *message = g_strdup_printf (
          "%s:3: [Timing] RetryLimit: \"x\" is not right: give a whole number from 0 to 100", file);

      write_file (file, "\n[Timing]\nRetryLimit=x\n");
      assert_refused (NULL, message);
      remove_layer (layers[i]);
    }
}

/* Settings of different files that are right one by one. */
static void
test_contradiction (void)
{
  g_autofree char *file = get_file (LAYER_SYSTEM_FIRST);
  g_autofree char *message = g_strdup_printf (
      "%s:2: [Timing] DebounceLimit: 10s is shorter than [Timing] Debounce, 20s: make it at least "
      "as long",
      file);

  write_layer (LAYER_SYSTEM_FIRST, "[Timing]\nDebounceLimit=10s\n");
  write_layer (LAYER_USER, "[Timing]\nDebounce=20s\n");
  assert_refused (NULL, message);
}

/* Of all files, variables and options, and between them. */
static void
test_all_mistakes_at_once (void)
{
  g_autofree char *system = get_file (LAYER_SYSTEM_FIRST);
  g_autofree char *user = get_file (LAYER_USER);
  g_autofree char *message = g_strdup_printf (
      "%s:2: [Timing] RetryLimit: \"x\" is not right: give a whole number from 0 to 100\n"
      "%s:1: there is no group \"[Time]\": the groups are [Tree], [Build], [Timing], [Desktop]\n"
      "%s:4: [Timing] RetryLimit: \"y\" is not right: give a whole number from 0 to 100\n"
      "DB_GENERATION_COOLDOWN: \"3h\" is not a number of seconds: give one such as 5 or 2.5, "
      "without a unit\n"
      "--directory: the name is empty\n"
      "ARCOLOGY_BATCH_FILE: \"b.el\" is not a whole path: write it from /\n"
      "%s:5: [Timing] DebounceLimit: 10s is shorter than [Timing] Debounce, 20s: make it at least "
      "as long",
      system, user, user, user);
  ArcConfigLoaderOptions options = { .directories = (const char *[]){ "/a", "", NULL } };

  write_file (system, "[Timing]\nRetryLimit=x\nDebounce=20s\n");
  write_file (user, "[Time]\nRetryLimit=z\n[Timing]\nRetryLimit=y\nDebounceLimit=10s\n");
  g_setenv ("DB_GENERATION_COOLDOWN", "3h", TRUE);
  g_setenv ("ARCOLOGY_BATCH_FILE", "b.el", TRUE);
  assert_refused (&options, message);
  g_unsetenv ("DB_GENERATION_COOLDOWN");
  g_unsetenv ("ARCOLOGY_BATCH_FILE");
}

static void
test_home_in_paths (void)
{
  g_autoptr (ArcConfig) config = NULL;
  g_autofree char *org = g_build_filename (g_get_home_dir (), "notes", NULL);
  g_autofree char *database = g_build_filename (g_get_home_dir (), "x.db", NULL);
  g_autofree char *program = g_build_filename (g_get_home_dir (), "bin", "b", NULL);

  write_layer (LAYER_USER,
               "[Tree]\nDirectories=~/notes/\n[Build]\nDatabase=~/x.db\nCommand=~/bin/b\n");
  config = load (NULL);
  g_assert_cmpstrv (config->directories, ((const char *[]){ org, NULL }));
  g_assert_cmpstr (config->database, ==, database);
  g_assert_cmpstrv (config->command, ((const char *[]){ program, NULL }));
}

static void
test_batch_file (void)
{
  g_autoptr (ArcConfig) config = NULL;
  g_autoptr (ArcConfig) installed = NULL;
  g_autoptr (ArcConfig) own = NULL;

  g_setenv ("ARCOLOGY_BATCH_FILE", "/build tree/b.el", TRUE);
  config = load (NULL);
  g_assert_cmpstrv (config->command,
                    ((const char *[]){ "emacs", "-q", "--batch", "-l", "/build tree/b.el", NULL }));

  g_setenv ("ARCOLOGY_BATCH_FILE", "b.el", TRUE);
  assert_refused (NULL, "ARCOLOGY_BATCH_FILE: \"b.el\" is not a whole path: write it from /");

  /* Nobody asks for it where the command is given. */
  write_layer (LAYER_USER, "[Build]\nCommand=make\n");
  own = load (NULL);
  g_assert_cmpstrv (own->command, ((const char *[]){ "make", NULL }));
  write_layer (LAYER_USER, "");

  g_setenv ("ARCOLOGY_BATCH_FILE", "", TRUE);
  installed = load (NULL);
  g_assert_true (g_str_has_suffix (installed->command[0], "/emacs/arcology-batch"));
  g_assert_null (installed->command[1]);
  g_unsetenv ("ARCOLOGY_BATCH_FILE");
}

static void
test_state_directory (void)
{
  static const struct
  {
    const char *variable;
    const char *directory; /* NULL: the one of XDG */
  } cases[] = {
    { NULL, NULL },
    { "", NULL },
    { "relative", NULL },
    { ":/x", NULL },
    { "/var/one", "/var/one" },
    { "/var/one:/var/two:/var/three", "/var/one" },
  };
  g_autofree char *xdg = g_build_filename (g_get_user_state_dir (), "arcology-builder", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *directory = NULL;

      if (cases[i].variable != NULL)
        g_setenv ("STATE_DIRECTORY", cases[i].variable, TRUE);
      else
        g_unsetenv ("STATE_DIRECTORY");
      directory = arc_config_loader_get_state_directory ();
      g_assert_cmpstr (directory, ==, cases[i].directory != NULL ? cases[i].directory : xdg);
    }
  g_unsetenv ("STATE_DIRECTORY");
}

/* What this program prints when it runs as a child with an environment of its own: GLib reads HOME
 * and the XDG variables once in the life of a process. */
static int
print_settings (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ArcConfig) config = arc_config_loader_load (NULL, NULL, &error);
  g_autofree char *state = arc_config_loader_get_state_directory ();

  if (config == NULL)
    {
      g_print ("%s\n", error->message);
      return 1;
    }
  g_print ("%s %s %d %s\n", config->directories[0], config->database,
           (int) (config->timing.debounce / G_USEC_PER_SEC), state);

  return 0;
}

/* What the child prints with ENVIRONMENT; it runs in the home directory. */
static char *
run_child (const char *const *environment, gboolean succeeds)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  const char *const argv[] = { program, "--print-settings", NULL };
  g_autoptr (GError) error = NULL;
  char *output = NULL;
  int wait_status;

  g_spawn_sync (g_get_home_dir (), (GStrv) argv, (GStrv) environment, G_SPAWN_DEFAULT, NULL, NULL,
                &output, NULL, &wait_status, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_spawn_check_wait_status (wait_status, NULL), ==, succeeds);

  g_strchomp (output);

  return output;
}

static void
test_real_environment (void)
{
  const char *home = g_get_home_dir ();
  g_autofree char *home_variable = g_strconcat ("HOME=", home, NULL);
  g_autofree char *config_variable = g_strdup_printf ("XDG_CONFIG_HOME=%s/c", home);
  g_autofree char *file = g_build_filename (home, "c", "arcology-builder", "builder.conf", NULL);
  g_autofree char *ignored = g_build_filename (home, "r", "arcology-builder", "builder.conf", NULL);
  g_autofree char *in_home =
      g_build_filename (home, ".config", "arcology-builder", "builder.conf", NULL);
  const char *const defaults[] = { home_variable, "XDG_CONFIG_DIRS=/nonexistent", NULL };
  const char *const moved[] = { home_variable,
                                config_variable,
                                "XDG_DATA_HOME=/d",
                                "XDG_STATE_HOME=/s",
                                "XDG_CONFIG_DIRS=/nonexistent",
                                NULL };
  const char *const relative[] = { home_variable,      "XDG_CONFIG_HOME=r", "XDG_DATA_HOME=r",
                                   "XDG_STATE_HOME=r", "XDG_CONFIG_DIRS=r", NULL };
  const char *const no_home[] = { "HOME=here", "XDG_CONFIG_DIRS=/nonexistent", NULL };
  g_autofree char *expected = NULL;
  g_autofree char *output = NULL;

  write_file (in_home, "[Timing]\nDebounce=6s\n");
  write_file (file, "[Timing]\nDebounce=7s\n");
  write_file (ignored, "nonsense");

  expected = g_strdup_printf ("%s/org %s/.local/share/arcology-builder/arcology.db 6 "
                              "%s/.local/state/arcology-builder",
                              home, home, home);
  output = run_child (defaults, TRUE);
  g_assert_cmpstr (output, ==, expected);

  g_free (output);
  output = run_child (relative, TRUE);
  g_assert_cmpstr (output, ==, expected);

  g_free (output);
  g_free (expected);
  expected = g_strdup_printf ("%s/org /d/arcology-builder/arcology.db 7 /s/arcology-builder", home);
  output = run_child (moved, TRUE);
  g_assert_cmpstr (output, ==, expected);

  g_free (output);
  output = run_child (no_home, FALSE);
  g_assert_cmpstr (output, ==,
                   "HOME: \"here\" is not a whole path: set it to the path of your home directory");
}

int
main (int argc, char *argv[])
{
  if (argc == 2 && strcmp (argv[1], "--print-settings") == 0)
    return print_settings ();

  /* What the user who runs the tests has set is no business of theirs. */
  for (guint i = 0; arc_config_variables[i].name != NULL; i++)
    g_unsetenv (arc_config_variables[i].name);
  g_unsetenv ("ARCOLOGY_BATCH_FILE");
  g_unsetenv ("STATE_DIRECTORY");

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/settings/no-files", test_no_files);
  g_test_add_func ("/settings/samples-are-complete", test_samples_are_complete);
  g_test_add_func ("/settings/files-in-order", test_files_in_order);
  g_test_add_func ("/settings/files-add-up", test_files_add_up);
  g_test_add_func ("/settings/environment-over-files", test_environment_over_files);
  g_test_add_func ("/settings/command-line-over-environment", test_command_line_over_environment);
  g_test_add_func ("/settings/config-file-replaces-files", test_config_file_replaces_files);
  g_test_add_func ("/settings/unreadable-file", test_unreadable_file);
  g_test_add_func ("/settings/wrong-file", test_wrong_file);
  g_test_add_func ("/settings/contradiction", test_contradiction);
  g_test_add_func ("/settings/all-mistakes-at-once", test_all_mistakes_at_once);
  g_test_add_func ("/settings/home-in-paths", test_home_in_paths);
  g_test_add_func ("/settings/batch-file", test_batch_file);
  g_test_add_func ("/settings/state-directory", test_state_directory);
  g_test_add_func ("/settings/real-environment", test_real_environment);

  return g_test_run ();
}
