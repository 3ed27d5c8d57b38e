;;; halt.el --- Stop a build in the middle  -*- lexical-binding: t; -*-
;; SPDX-License-Identifier: GPL-3.0-or-later
;;; Commentary:
;; To be loaded before arcology-batch.el: the build stops before it reads the file HALT_AT, and makes
;; the file HALT_MARK to say so.  It goes on when that is removed.
;;; Code:

(advice-add 'arcology-batch--process-file :before
            (lambda (path)
              (when (equal path (getenv "HALT_AT"))
                (write-region (number-to-string (emacs-pid)) nil (getenv "HALT_MARK") nil 'quiet)
                (while (file-exists-p (getenv "HALT_MARK"))
                  (sleep-for 0.05)))))

;;; halt.el ends here
