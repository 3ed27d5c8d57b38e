/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "engine/database-inputs.h"

#include <string.h>

struct _ArcDatabaseInputs
{
  ArcBuildInputs *inputs;
  ArcStateStoreInputs built; /* what the database was made with, as far as that is known */
  ArcStateStoreInputs seen;  /* what was seen last: a difference to that asks for a full build */
  char *database;            /* (owned) (nullable): what the last build wrote that took changes */
};

ArcDatabaseInputs *
arc_database_inputs_new (ArcBuildInputs *inputs)
{
  ArcDatabaseInputs *self = g_new0 (ArcDatabaseInputs, 1);

  self->inputs = inputs;

  return self;
}

void
arc_database_inputs_free (ArcDatabaseInputs *self)
{
  arc_state_store_inputs_clear (&self->built);
  arc_state_store_inputs_clear (&self->seen);
  g_free (self->database);
  g_free (self);
}

static void
replace (char **member, const char *value /* (nullable) */)
{
  g_free (*member);
  *member = g_strdup (value);
}

ArcSnapshot *
arc_database_inputs_load (ArcDatabaseInputs *self, ArcStateStore *store, const char *database)
{
  ArcSnapshot *snapshot = arc_state_store_load (store, database, &self->built);

  if (snapshot != NULL)
    {
      arc_build_inputs_restore (self->inputs, self->built.settings);
      replace (&self->seen.settings, self->built.settings);
      replace (&self->seen.database, self->built.database);
    }

  return snapshot;
}

/* What is seen first is not another one. */
static gboolean
has_other (char **seen, char *now /* (transfer full) */)
{
  const gboolean differs = *seen != NULL && g_strcmp0 (*seen, now) != 0;

  g_free (*seen);
  *seen = now;

  return differs;
}

const char *
arc_database_inputs_check (ArcDatabaseInputs *self, gboolean writing)
{
  const char *reason = NULL;

  if (has_other (&self->seen.settings, arc_build_inputs_read (self->inputs)))
    reason = "the settings, or files that Command names, have changed";
  if (!writing &&
      has_other (&self->seen.database, g_strdup (arc_build_inputs_get_database (self->inputs))))
    reason = "the database is another one than the last build left";

  return reason;
}

void
arc_database_inputs_forget_seen_database (ArcDatabaseInputs *self)
{
  g_clear_pointer (&self->seen.database, g_free);
}

void
arc_database_inputs_begin_build (ArcDatabaseInputs *self, ArcBuildRun *run)
{
  const gboolean incremental = run->build->kind == ARC_BUILD_INCREMENTAL;

  run->inputs = g_strdup (incremental ? self->built.settings : self->seen.settings);
  arc_build_inputs_begin_build (self->inputs);
}

/* Files that the build has named count from now on: they are no change since it began. */
static void
adopt_named_files (ArcDatabaseInputs *self, ArcBuildRun *run)
{
  const gboolean done =
      run->build->result == ARC_RESULT_SUCCESS || arc_build_is_partial (run->build);
  g_autofree char *begun = arc_build_inputs_read_begun (self->inputs);

  if (!arc_build_inputs_end_build (self->inputs, done))
    return;

  g_free (self->seen.settings);
  self->seen.settings = arc_build_inputs_read_begun (self->inputs);
  if (g_strcmp0 (run->inputs, begun) == 0)
    replace (&run->inputs, self->seen.settings);
}

void
arc_database_inputs_end_build (ArcDatabaseInputs *self,
                               ArcBuildRun *run,
                               gboolean spawned,
                               const char *database)
{
  if (run->database != NULL)
    replace (&self->database, run->database);
  if (!spawned)
    return;

  adopt_named_files (self, run);
  g_clear_pointer (&self->built.database, g_free);
  if (strcmp (run->database, database) != 0)
    return;

  self->built.database = g_strdup (arc_build_inputs_get_database (self->inputs));
  replace (&self->seen.database, self->built.database);
}

void
arc_database_inputs_commit (ArcDatabaseInputs *self,
                            ArcBuildRun *ended /* (nullable) */,
                            ArcStateStore *store,
                            const ArcSnapshot *snapshot,
                            const ArcChangeSet *dirty)
{
  replace (&self->built.tree, arc_build_inputs_get_tree (self->inputs));
  if (ended != NULL && ended->inputs != NULL)
    {
      g_free (self->built.settings);
      self->built.settings = g_steal_pointer (&ended->inputs);
    }

  arc_state_store_commit (store, snapshot, dirty, self->database, &self->built);
}

const ArcStateStoreInputs *
arc_database_inputs_get_built (const ArcDatabaseInputs *self)
{
  return &self->built;
}

gboolean
arc_database_inputs_is_built (const ArcDatabaseInputs *self, const char *database)
{
  return g_strcmp0 (self->database, database) == 0;
}

gboolean
arc_database_inputs_has_other_tree (const ArcDatabaseInputs *self)
{
  return g_strcmp0 (self->built.tree, arc_build_inputs_get_tree (self->inputs)) != 0;
}
