/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include "core/arc-snapshot.h"
#include "system/arc-extent.h"
#include "system/arc-findings.h"
#include "system/arc-health.h"
#include "system/arc-monitors.h"
#include "system/arc-watches.h"

#include <glib.h>

G_BEGIN_DECLS

/**
 * ArcCrawler:
 *
 * The part of ArcWatcher that looks at the disk: it scans directories, looks at paths that were
 * hinted at, keeps the snapshot and the monitors, and puts what differs into ArcFindings. It works
 * only when it is told to, and knows nothing of main loops and signals.
 */
typedef struct _ArcCrawler ArcCrawler;

/* FINDINGS must outlive it. FUNC is called for what monitors tell: see arc_crawler_hint(); AUDITED
 * when the kernel has told what it watches, and arc_crawler_conclude() can go on. */
ArcCrawler *arc_crawler_new (ArcFindings *findings,
                             ArcMonitorsFunc func,
                             ArcWatchesFunc audited,
                             gpointer user_data);
void arc_crawler_free (ArcCrawler *crawler);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcCrawler, arc_crawler_free)

/* Must be set before anything else is done; followed by arc_crawler_plant() if it is running. */
void arc_crawler_set_extent (ArcCrawler *crawler, ArcExtent *extent /* (transfer full) */);
const ArcExtent *arc_crawler_get_extent (const ArcCrawler *crawler);

/* See arc_watcher_start(). To be followed by arc_crawler_plant(). */
void arc_crawler_start (ArcCrawler *crawler,
                        ArcSnapshot *snapshot /* (transfer full) (nullable) */);

/* Makes the roots that were set the ones that are watched. To be followed by
 * arc_crawler_reconcile(). */
void arc_crawler_plant (ArcCrawler *crawler);

/* Queues the whole tree, from its roots. */
void arc_crawler_reconcile (ArcCrawler *crawler);

/* What the scan that follows finds, no monitor could have told. */
void arc_crawler_expect (ArcCrawler *crawler);

/* See arc_watcher_find_hidden() and arc_watcher_mark_dirty(). */
ArcChanges *arc_crawler_find_hidden (ArcCrawler *crawler, const ArcChanges *changes);
void arc_crawler_mark_dirty (ArcCrawler *crawler, const ArcChanges *files);

/* Cancels the monitors and forgets what was queued; the snapshot stays. */
void arc_crawler_stop (ArcCrawler *crawler);

/* Something happened to PATH. */
void arc_crawler_hint (ArcCrawler *crawler, const char *path, ArcHint hint);

/* Times are those of g_get_monotonic_time(). */
void arc_crawler_work (ArcCrawler *crawler, gint64 deadline);
void arc_crawler_look_for_lost (ArcCrawler *crawler, gint64 now); /* directories out of sight */

/* When there is something to work on: 0 for at once, -1 for never. */
gint64 arc_crawler_get_due (const ArcCrawler *crawler);

/* Whether a scan is under way, or something that it left over. */
gboolean arc_crawler_is_busy (const ArcCrawler *crawler);

/* Whether a scan has begun, or a directory is gone, since arc_crawler_rest(). */
gboolean arc_crawler_is_active (const ArcCrawler *crawler);

/* Does what remains to be done when it is not busy any more. FALSE if that made it busy again. */
gboolean arc_crawler_conclude (ArcCrawler *crawler);

/* A scan is over: what is found from now on is a change. */
void arc_crawler_rest (ArcCrawler *crawler);

/* Whether what arc_crawler_assess() tells may be different from the last time. */
gboolean arc_crawler_has_new_health (const ArcCrawler *crawler);

/* See arc_health_assess(). */
ArcHealth arc_crawler_assess (ArcCrawler *crawler, char **message);

guint arc_crawler_get_n_directories (const ArcCrawler *crawler);
const ArcSnapshot *arc_crawler_get_snapshot (const ArcCrawler *crawler);

G_END_DECLS
