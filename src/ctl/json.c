/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "ctl/json.h"

#include "ctl/table.h"

#include <json-glib/json-glib.h>
#include <stdio.h>

static JsonNode *to_node (GVariant *value);

static JsonNode *
dictionary_to_node (GVariant *value)
{
  g_autoptr (JsonObject) object = json_object_new ();
  GVariantIter iter;
  const char *key;
  GVariant *child;

  g_variant_iter_init (&iter, value);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &child))
    json_object_set_member (object, key, to_node (child));

  return json_node_init_object (json_node_alloc (), object);
}

static JsonNode *
array_to_node (GVariant *value)
{
  g_autoptr (JsonArray) array = json_array_new ();

  for (gsize i = 0; i < g_variant_n_children (value); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (value, i);

      json_array_add_element (array, to_node (child));
    }

  return json_node_init_array (json_node_alloc (), array);
}

/* json_gvariant_serialize() would print a byte string as an array of numbers. */
static JsonNode *
to_node (GVariant *value)
{
  g_autofree char *path = NULL;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
    return dictionary_to_node (value);
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_BYTESTRING))
    return g_variant_is_container (value) ? array_to_node (value) : json_gvariant_serialize (value);

  path = arc_table_escape (g_variant_get_bytestring (value));
  return json_node_init_string (json_node_alloc (), path);
}

void
arc_json_print (GVariant *value, gboolean indented)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (value);
  g_autoptr (JsonNode) root = to_node (owned);
  g_autofree char *text = json_to_string (root, indented);

  /* JSON is UTF-8 whatever the locale is: g_print() would convert it. */
  puts (text);
  fflush (stdout);
}
