;;; halt.el --- Stop a build in the middle  -*- lexical-binding: t; -*-
;; SPDX-FileCopyrightText: 2026 Arcology Builder contributors
;; SPDX-License-Identifier: GPL-3.0-or-later
;;; Commentary:
;; To be loaded before arcology-batch.el: the build stops before it reads the file HALT_AT, and makes
;; the file HALT_MARK to say so.  It goes on when that is removed.
;;; Code:

(defun halt-at-file (path &rest _)
  "Stop if PATH is the file HALT_AT."
  (when (equal path (getenv "HALT_AT"))
    (write-region (number-to-string (emacs-pid)) nil (getenv "HALT_MARK") nil 'quiet)
    (while (file-exists-p (getenv "HALT_MARK"))
      (sleep-for 0.05))))

;; Named, since it is loaded twice when a dump is made and used, and added once.
(advice-add 'arcology-batch--process-file :before #'halt-at-file)

;;; halt.el ends here
