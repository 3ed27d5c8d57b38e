/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "common/quote.h"

#include <string.h>

char *
arc_quote_printable (const char *text, glong limit, const char *kept)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autoptr (GString) printable = g_string_new (NULL);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (limit-- == 0)
        {
          g_string_append (printable, "...");
          break;
        }
      if (g_unichar_isprint (c) || strchr (kept, *p) != NULL)
        g_string_append_unichar (printable, c);
      else
        g_string_append_printf (printable, "\\x{%X}", c);
    }

  return g_string_free (g_steal_pointer (&printable), FALSE);
}

char *
arc_quote (const char *text)
{
  g_autofree char *printable = arc_quote_printable (text, ARC_QUOTE_LENGTH, "");

  return g_strdup_printf (strchr (printable, '"') != NULL ? "'%s'" : "\"%s\"", printable);
}
