;;; arcology-compat.el --- What builds replace in Org and org-roam  -*- lexical-binding: t; -*-

;; SPDX-FileCopyrightText: 2026 Arcology Builder contributors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Functions of Org and org-roam that a build replaces because it knows more than they do: it reads
;; one buffer that does not change.  They save time and change no row.  Each is a row of
;; `arcology-compat-overrides'.
;;
;; The environment variable ARCOLOGY_PLAIN=1 turns all of them off.

;;; Code:

(declare-function org-back-to-heading "org" (&optional invisible-ok))

(defconst arcology-compat-overrides
  '((org-macro-initialize-templates
     arcology-compat--no-macros :arities ((0 . 0) (0 . 1)) :versions "Org 9.3 to 9.7"
     :why "no row depends on macros" :saves "1 to 7 % of a full build")
    (org-element-parse-buffer
     arcology-compat--parse-buffer :arities ((0 . 2) (0 . 3)) :versions "Org 9.3 to 9.7"
     :why "org-roam looks for citations alone in what it returns"
     :saves "25 to 33 % of a full build")
    (org-up-heading-safe
     arcology-compat--up-heading :arities ((0 . 0)) :versions "Org 9.5 to 9.7"
     :why "the parents of all headings are found in one pass"
     :saves "the square of the number of siblings"))
  "What a build replaces: lists (FUNCTION ADVICE . PROPERTIES).
ADVICE is called with the function and its arguments.  Of PROPERTIES,
`:arities' are the arities (see `func-arity') of FUNCTION that ADVICE
knows, `:versions' where it was seen, `:why' why the rows stay the same,
and `:saves' what it is good for; percentages are the share of the time
that 529 notes take without it (Debian 12 and 13, medians of 9 builds).")

(defun arcology-compat-install ()
  "Install the overrides, or remove them if ARCOLOGY_PLAIN is 1.
A function that is missing, or that takes other arguments than it did,
is left alone and named in the log."
  (let ((plain (equal (getenv "ARCOLOGY_PLAIN") "1")))
    (pcase-dolist (`(,function ,advice . ,properties) arcology-compat-overrides)
      (cond
       (plain
        (advice-remove function advice))
       ((advice-member-p advice function))
       ((not (fboundp function))
        (message "This version has no function `%s': builds are slower (%s)"
                 function (plist-get properties :saves)))
       ((not (member (func-arity function) (plist-get properties :arities)))
        (message "The function `%s' takes other arguments in this version: builds are slower (%s)"
                 function (plist-get properties :saves)))
       (t
        (advice-add function :around advice))))))

;;; Memory of the buffer that is being read

(defvar arcology-compat--buffer nil
  "The buffer whose text does not change now.")

(defvar arcology-compat--parents nil
  "What `arcology-compat--find-parents' returned in `arcology-compat--buffer'.")

(defmacro arcology-compat-with-memory (&rest body)
  "Evaluate BODY, which does not change the text of the current buffer."
  (declare (indent 0) (debug t))
  `(let ((arcology-compat--buffer (current-buffer))
         (arcology-compat--parents nil))
     ,@body))

;;; The overrides

(defun arcology-compat--no-macros (&rest _)
  "Do nothing, in place of `org-macro-initialize-templates'."
  nil)

(defun arcology-compat--parse-buffer (parse &rest args)
  "Call PARSE with ARGS, which is `org-element-parse-buffer', if it is of use."
  (if (save-excursion
        (save-restriction
          (widen)
          (goto-char (point-min))
          (let ((case-fold-search t))
            (search-forward "[cite" nil t))))
      (apply parse args)
    (list 'org-data nil)))

(defun arcology-compat--find-parents ()
  "Return a hash table of the headings of the buffer and their parents.
A key is the start of a heading, a value the start and level of the
nearest heading before it with a lower level."
  (let ((parents (make-hash-table :test #'eql))
        ;; Those that a next heading may have as parent, the lowest first.
        (open nil))
    (save-excursion
      (save-restriction
        (save-match-data
          (widen)
          (goto-char (point-min))
          (while (re-search-forward "^\\*+ " nil t)
            (let ((start (match-beginning 0))
                  (level (- (match-end 0) (match-beginning 0) 1)))
              (while (and open (<= level (cdar open)))
                (pop open))
              (when open
                (puthash start (car open) parents))
              (push (cons start level) open))))))
    parents))

(defun arcology-compat--up-heading (function)
  "Do what FUNCTION, `org-up-heading-safe', does."
  (if (not (eq (current-buffer) arcology-compat--buffer))
      (funcall function)
    (when (ignore-errors (org-back-to-heading t))
      (unless arcology-compat--parents
        (setq arcology-compat--parents (arcology-compat--find-parents)))
      (let ((parent (gethash (point) arcology-compat--parents)))
        (when (and parent (<= (point-min) (car parent)))
          (goto-char (car parent))
          (cdr parent))))))

(provide 'arcology-compat)

;;; arcology-compat.el ends here
