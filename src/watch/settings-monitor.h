/* SPDX-FileCopyrightText: 2026 Arcology Builder contributors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

#pragma once

#include <glib.h>

/**
 * ArcSettingsMonitor:
 *
 * Notices when the settings files on the disk differ from those that are in force. A file that is
 * written back to what was loaded differs no more. A thread of its own watches the files and reads
 * them.
 */
typedef struct _ArcSettingsMonitor ArcSettingsMonitor;

/**
 * ArcSettingsMonitorFunc:
 * @differ: whether the files on the disk differ from those that are in force
 * @user_data: the data that arc_settings_monitor_new() was given
 *
 * Called when @differ has another value than before; it is %FALSE at first.
 */
typedef void (*ArcSettingsMonitorFunc) (gboolean differ, gpointer user_data);

/**
 * arc_settings_monitor_new:
 * @files: (array zero-terminated=1): the paths of the files, which need not exist
 * @digest: what arc_settings_monitor_read() returned before the files were loaded
 * @func: called from the main context that is the thread default now
 * @user_data: for @func
 *
 * Starts to watch @files, the symbolic links to them and their directories, and compares the disk
 * with what is in force.
 *
 * Returns: (transfer full): the monitor
 */
ArcSettingsMonitor *arc_settings_monitor_new (const char *const *files,
                                              const char *digest,
                                              ArcSettingsMonitorFunc func,
                                              gpointer user_data);

/**
 * arc_settings_monitor_free:
 * @monitor: (transfer full): the monitor
 *
 * Stops watching, and frees the monitor. The thread is left behind if a disk does not answer it.
 */
void arc_settings_monitor_free (ArcSettingsMonitor *monitor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ArcSettingsMonitor, arc_settings_monitor_free)

/**
 * arc_settings_monitor_read:
 * @files: the files of a monitor
 *
 * Reads the files. To be called before they are loaded: a change between the two is then noticed.
 * Can be called in any thread.
 *
 * Returns: (transfer full): a digest of the files
 */
char *arc_settings_monitor_read (const char *const *files);

/**
 * arc_settings_monitor_set_loaded:
 * @monitor: the monitor
 * @digest: what arc_settings_monitor_read() returned before the files were loaded
 *
 * Says which files are in force, and compares the disk with them.
 */
void arc_settings_monitor_set_loaded (ArcSettingsMonitor *monitor, const char *digest);
