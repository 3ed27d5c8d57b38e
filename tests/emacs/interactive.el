;;; interactive.el --- An Emacs of a user takes a database  -*- lexical-binding: t; -*-
;; SPDX-FileCopyrightText: 2026 Arcology Builder contributors
;; SPDX-License-Identifier: GPL-3.0-or-later
;;; Commentary:
;; With the environment of a build: use ARCOLOGY_DATABASE as the documentation of arcology-batch.el
;; says, and write to the file RESULT what is there.  With EDIT, add a line to that note, as a user
;; does who has `org-roam-db-autosync-mode' on.
;;; Code:

(require 'org-roam)
(require 'org-roam-mode)

(defvar interactive-calls nil
  "The functions that were called, the last first.")

(defun interactive-count (function)
  "Keep the calls of FUNCTION."
  (advice-add function :before
              (lambda (&rest _) (push function interactive-calls))))

(defun interactive-use (say)
  "Use the database, and call SAY with a name and a value for each thing to know."
  (setq org-id-locations-file (expand-file-name "org-id-locations" temporary-file-directory)
        org-roam-directory (getenv "ARCOLOGY_DIRECTORY")
        org-roam-db-location (getenv "ARCOLOGY_DATABASE"))
  (mapc #'interactive-count '(org-roam-db-update-file org-roam-db-clear-file org-roam-db--init))
  (if-let ((note (getenv "EDIT")))
      (progn
        (org-roam-db-autosync-mode)
        (find-file note)
        (goto-char (point-max))
        (insert "\nA line.\n")
        (save-buffer))
    (org-roam-db-sync))
  (funcall say 'batch noninteractive)
  (funcall say 'calls (reverse interactive-calls))
  (funcall say 'schema (- (caar (org-roam-db-query "PRAGMA user_version")) org-roam-db-version))
  (funcall say 'nodes (length (org-roam-node-list)))
  (funcall say 'backlinks
           (sort (mapcar (lambda (backlink)
                           (org-roam-node-title (org-roam-backlink-source-node backlink)))
                         (org-roam-backlinks-get (org-roam-node-from-id "target")))
                 #'string<)))

(defun interactive-main ()
  "Use the database, and end Emacs."
  (with-temp-file (getenv "RESULT")
    (let ((result (current-buffer)))
      (condition-case error
          (interactive-use (lambda (name value)
                             (princ (format "%s %S\n" name value) result)))
        (error
         (princ (format "error %S\n" error) result)))))
  (kill-emacs))

(add-hook 'emacs-startup-hook #'interactive-main 90)

;;; interactive.el ends here
