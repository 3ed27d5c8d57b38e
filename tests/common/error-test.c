/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/error.h"

static void
test_domain (void)
{
  g_autoptr (GError) error = g_error_new (ARC_ERROR, ARC_ERROR_LOCKED, "locked");

  g_assert_error (error, ARC_ERROR, ARC_ERROR_LOCKED);
  g_assert_cmpstr (g_quark_to_string (ARC_ERROR), ==, "arc-error-quark");
}

static void
assert_name (ArcError error, const char *expected)
{
  g_autofree char *name = g_strconcat ("org.arcology.Builder.Error.", expected, NULL);

  g_assert_cmpstr (arc_error_get_dbus_name (error), ==, name);
}

/* They are part of the interface on D-Bus: a change here breaks clients. */
static void
test_names (void)
{
  assert_name (ARC_ERROR_CONFIG, "Config");
  assert_name (ARC_ERROR_DATA, "Data");
  assert_name (ARC_ERROR_LOCKED, "Locked");
  assert_name (ARC_ERROR_STATE_DIRECTORY, "StateDirectory");
  assert_name (ARC_ERROR_COMMAND, "Command");
  assert_name (ARC_ERROR_TREE_UNAVAILABLE, "TreeUnavailable");
  assert_name (ARC_ERROR_NOT_BUILDING, "NotBuilding");
  assert_name (ARC_ERROR_NOT_ABSOLUTE, "NotAbsolute");
  assert_name (ARC_ERROR_SHUTTING_DOWN, "ShuttingDown");
}

/* The enumerators may get more: each must have a name of its own that D-Bus takes. */
static void
test_all_named (void)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint error = 0; error < ARC_N_ERRORS; error++)
    {
      const char *name = arc_error_get_dbus_name ((ArcError) error);

      g_assert_nonnull (name);
      g_assert_true (
          g_regex_match_simple ("^org\\.arcology\\.Builder\\.Error\\.([A-Z][a-z]+)+$", name, 0, 0));
      g_assert_true (g_hash_table_add (names, (gpointer) name));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/error/domain", test_domain);
  g_test_add_func ("/error/names", test_names);
  g_test_add_func ("/error/all-named", test_all_named);

  return g_test_run ();
}
