;;; reference-sync.el --- What org-roam itself makes of a tree  -*- lexical-binding: t; -*-
;; SPDX-FileCopyrightText: 2026 Arcology Builder contributors
;; SPDX-License-Identifier: GPL-3.0-or-later
;;; Commentary:
;; With the environment of a build: make ARCOLOGY_DATABASE of ARCOLOGY_DIRECTORY by org-roam alone.
;;; Code:

(setq locale-coding-system 'utf-8-unix
      file-name-coding-system 'utf-8-unix)
(require 'org-roam)
(setq org-id-track-globally nil
      ;; The default runs find(1) and splits its output into lines.
      org-roam-list-files-commands nil
      org-roam-directory (getenv "ARCOLOGY_DIRECTORY")
      org-roam-db-location (getenv "ARCOLOGY_DATABASE"))
(let ((start (float-time)))
  (org-roam-db-sync)
  (message "org-roam-db-sync: %.2f s" (- (float-time) start)))

;;; reference-sync.el ends here
