;;; package-lint-test.el --- Check a package as MELPA does  -*- lexical-binding: t; -*-
;; SPDX-FileCopyrightText: 2026 Arcology Builder contributors
;; SPDX-License-Identifier: GPL-3.0-or-later
;;; Commentary:
;; Run package-lint on each file after "--".
;;; Code:

(defvar package-lint-test-complaints 0)

(declare-function package-lint-buffer "ext:package-lint")

(unless (require 'package-lint nil t)
  (message "SKIP: package-lint is not installed")
  (kill-emacs 77))

(dolist (file (cdr (member "--" command-line-args)))
  (with-temp-buffer
    (insert-file-contents file t)
    (emacs-lisp-mode)
    (pcase-dolist (`(,line ,column ,type ,message) (package-lint-buffer))
      ;; To package-lint 0.16 of Debian 12, Emacs 28 is not released.
      (unless (string-search "uninstallable in all released Emacs versions" message)
        (setq package-lint-test-complaints (1+ package-lint-test-complaints))
        (message "%s:%d:%d: %s: %s" file line column type message)))
    (set-buffer-modified-p nil)))
(kill-emacs (if (zerop package-lint-test-complaints) 0 1))

;;; package-lint-test.el ends here
