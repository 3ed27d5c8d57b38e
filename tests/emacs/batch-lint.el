;;; batch-lint.el --- Compile and check the Emacs Lisp of the project  -*- lexical-binding: t; -*-
;; SPDX-FileCopyrightText: 2026 Arcology Builder contributors
;; SPDX-License-Identifier: GPL-3.0-or-later
;;; Commentary:
;; For each file after "--": byte-compile it, where each warning is an error, and run checkdoc.
;;; Code:

(require 'bytecomp)
(require 'checkdoc)

(defvar batch-lint-complaints 0)

(let ((byte-compile-error-on-warn t)
      (files (cdr (member "--" command-line-args)))
      ;; arcology-batch.el would run if it were named there.
      (command-line-args (list (car command-line-args)))
      (compiled (make-temp-file "lint" nil ".elc")))
  (unwind-protect
      (dolist (file files)
        (let ((byte-compile-dest-file-function (lambda (_) compiled)))
          (unless (byte-compile-file file)
            (setq batch-lint-complaints (1+ batch-lint-complaints))))
        (advice-add 'checkdoc-error :before
                    (lambda (&rest _) (setq batch-lint-complaints (1+ batch-lint-complaints))))
        (checkdoc-file file)
        (with-temp-buffer
          (insert-file-contents file)
          (while (re-search-forward "^.\\{101,\\}$" nil t)
            (setq batch-lint-complaints (1+ batch-lint-complaints))
            (message "%s:%d: longer than 100 columns" file (line-number-at-pos)))))
    (delete-file compiled))
  (kill-emacs (if (and files (zerop batch-lint-complaints)) 0 1)))

;;; batch-lint.el ends here
