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

(require 'cl-lib)

(declare-function org-back-to-heading "org" (&optional invisible-ok))
(declare-function org-element-at-point "org-element" (&optional epom cached-only))
(declare-function org-element-citation-reference-parser "org-element" ())
(declare-function org-element-context "org-element" (&optional element))
(declare-function org-element-property "org-element" (property node &optional dflt force-undefer))
(declare-function org-element-type "org-element" (element &optional anonymous))

(defconst arcology-compat-overrides
  '((org-macro-initialize-templates
     arcology-compat--no-macros :arities ((0 . 0) (0 . 1)) :versions "Org 9.3 to 9.7"
     :why "no row depends on macros"
     :saves "0.04 s of a full build with Org 9.5, 0.03 s with Org 9.7")
    (org-element-parse-buffer
     arcology-compat--parse-buffer :arities ((0 . 2) (0 . 3)) :versions "Org 9.3 to 9.7"
     :why "org-roam looks for citations alone in what it returns"
     :saves "0.55 s of a full build with Org 9.5, 0.75 s with Org 9.7; 0.2 and 0.3 s of a big note")
    (org-collect-keywords
     arcology-compat--collect-keywords :arities ((1 . 3)) :versions "Org 9.5 to 9.7"
     :why "a keyword that is not in the buffer has no value; the same question has the same answer"
     :saves "0.03 s of a full build with Org 9.5, 0.02 s with Org 9.7")
    (org-id-get
     arcology-compat--id-get :arities ((0 . 3) (0 . 4)) :versions "Org 9.5 to 9.7"
     :why "the entries with an ID are found in one pass, and asked for it once"
     :saves "0.3 s of a note of 8,000 headings with Org 9.5, 0.15 s with Org 9.7; 0.03 and 0.06 s \
of a big note; below the noise of a full build")
    (org-up-heading-safe
     arcology-compat--up-heading :arities ((0 . 0)) :versions "Org 9.5 to 9.7"
     :why "the parents of all headings are found in one pass"
     :saves "6.5 of 9 s of a note of 8,000 headings below another with Org 9.5, as it grows with \
the square of them; below the noise with Org 9.7"))
  "What a build replaces: lists (FUNCTION ADVICE . PROPERTIES).
ADVICE is called with the function and its arguments.  Of PROPERTIES,
`:arities' are the arities (see `func-arity') of FUNCTION that ADVICE
knows, `:versions' where it was seen, `:why' why the rows stay the same,
and `:saves' the processor time that builds take longer if it alone is
missing.  A full build of 529 notes takes 1.0 s with Org 9.5 (Debian 12)
and 0.9 s with Org 9.7 (Debian 13), a big note of 1 MB with 370 headings
0.5 s (November 2026).")

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

(defvar arcology-compat--ids nil
  "What `arcology-compat--find-ids' returned in `arcology-compat--buffer'.")

(defvar arcology-compat--keywords nil
  "What `arcology-compat--find-keywords' returned in `arcology-compat--buffer'.")

(defvar arcology-compat--collected nil
  "A hash table of what `org-collect-keywords' returned, by its arguments.")

(defmacro arcology-compat-with-memory (&rest body)
  "Evaluate BODY, which does not change the text of the current buffer."
  (declare (indent 0) (debug t))
  `(let ((arcology-compat--buffer (current-buffer))
         (arcology-compat--parents nil)
         (arcology-compat--ids nil)
         (arcology-compat--keywords nil)
         (arcology-compat--collected nil))
     ,@body))

(defmacro arcology-compat--with-whole-buffer (&rest body)
  "Evaluate BODY at the start of the widened buffer, and put all back."
  (declare (indent 0) (debug t))
  `(save-excursion
     (save-restriction
       (save-match-data
         (widen)
         (goto-char (point-min))
         ,@body))))

;;; The overrides

(defun arcology-compat--no-macros (&rest _)
  "Do nothing, in place of `org-macro-initialize-templates'."
  nil)

(defun arcology-compat--references (citation)
  "Return the references of CITATION, an object of `org-element'."
  (let ((references nil)
        reference)
    (save-restriction
      (narrow-to-region (org-element-property :contents-begin citation)
                        (org-element-property :contents-end citation))
      (goto-char (point-min))
      (while (and (not (eobp))
                  (setq reference (org-element-citation-reference-parser)))
        (push reference references)
        (goto-char (org-element-property :end reference))))
    (nreverse references)))

(defconst arcology-compat--most-citations 100
  "From how many citations on it is quicker to parse the whole buffer.
To parse around one takes as long as its paragraph.")

(defun arcology-compat--find-citations ()
  "Return the positions of what may be citations in the buffer."
  (let ((case-fold-search t)
        (positions nil))
    (arcology-compat--with-whole-buffer
      (while (search-forward "[cite" nil t)
        (push (match-beginning 0) positions)))
    (nreverse positions)))

(defun arcology-compat--parse-buffer (parse &rest args)
  "Return the references of all citations, as if the buffer had nothing else.
Call PARSE with ARGS, which is `org-element-parse-buffer', if that is
quicker, or the buffer may change."
  (let ((positions (arcology-compat--find-citations))
        (references nil))
    (cond
     ((null positions)
      (list 'org-data nil))
     ((or (not (eq (current-buffer) arcology-compat--buffer))
          (nthcdr arcology-compat--most-citations positions))
      (apply parse args))
     (t
      (arcology-compat--with-whole-buffer
        (dolist (position positions)
          (goto-char position)
          (let* ((element (org-element-at-point))
                 (start (org-element-property :post-affiliated element))
                 (object (org-element-context element)))
            (when (and (eq (org-element-type object) 'citation)
                       (eql position (org-element-property :begin object))
                       ;; `org-element-map' leaves out captions.
                       (not (and start (< position start))))
              (setq references (nconc references (arcology-compat--references object)))))))
      (cons 'org-data (cons nil references))))))

(defun arcology-compat--find-keywords ()
  "Return a hash table of the names, in capitals, of the keywords of the buffer.
It may have more than Org would take for a keyword."
  (let ((names (make-hash-table :test #'equal)))
    (arcology-compat--with-whole-buffer
      (while (re-search-forward "^[ \t]*#\\+\\([^ \t\n:]+\\):" nil t)
        (puthash (upcase (match-string-no-properties 1)) t names)))
    names))

(defun arcology-compat-has-keyword-p (names)
  "Whether the buffer may have a keyword of NAMES, strings in capitals."
  (unless arcology-compat--keywords
    (setq arcology-compat--keywords (arcology-compat--find-keywords)))
  (cl-some (lambda (name) (gethash name arcology-compat--keywords)) names))

(defun arcology-compat--collect-keywords (collect keywords &rest args)
  "Do what COLLECT, `org-collect-keywords', does with KEYWORDS and ARGS."
  (cond
   ((not (eq (current-buffer) arcology-compat--buffer))
    (apply collect keywords args))
   ((not (arcology-compat-has-keyword-p (cons "SETUPFILE" (mapcar #'upcase keywords))))
    nil)
   (t
    (unless arcology-compat--collected
      (setq arcology-compat--collected (make-hash-table :test #'equal)))
    (let* ((key (cons keywords args))
           (known (gethash key arcology-compat--collected 'unknown)))
      (copy-tree (if (eq known 'unknown)
                     (puthash key (apply collect key) arcology-compat--collected)
                   known))))))

(defun arcology-compat--find-ids ()
  "Return a hash table of the entries of the buffer that may have an ID.
A key is the start of the heading, or 0 for what is before the first."
  (let ((ids (make-hash-table :test #'eql))
        (case-fold-search t)
        (entry 0))
    (arcology-compat--with-whole-buffer
      (while (re-search-forward "^\\(?:\\(\\*+ \\)\\|[ \t]*:id\\+?:\\)" nil t)
        (if (match-beginning 1)
            (setq entry (match-beginning 1))
          (puthash entry 'unknown ids))))
    ids))

(defun arcology-compat--entry ()
  "Return the start of the heading at or before point, or 0 if there is none."
  (save-excursion
    (save-restriction
      (save-match-data
        (widen)
        (beginning-of-line)
        (if (or (looking-at "\\*+ ") (re-search-backward "^\\*+ " nil t))
            (point)
          0)))))

(defun arcology-compat--id-get (get &rest args)
  "Do what GET, `org-id-get', does with ARGS."
  (if (or args
          (not (eq (current-buffer) arcology-compat--buffer))
          ;; Its headings are no entries.
          (featurep 'org-inlinetask))
      (apply get args)
    (unless arcology-compat--ids
      (setq arcology-compat--ids (arcology-compat--find-ids)))
    (let* ((entry (arcology-compat--entry))
           (id (gethash entry arcology-compat--ids)))
      (if (eq id 'unknown)
          (puthash entry (funcall get) arcology-compat--ids)
        id))))

(defun arcology-compat--find-parents ()
  "Return a hash table of the headings of the buffer and their parents.
A key is the start of a heading, a value the start and level of the
nearest heading before it with a lower level."
  (let ((parents (make-hash-table :test #'eql))
        ;; Those that a next heading may have as parent, the lowest first.
        (open nil))
    (arcology-compat--with-whole-buffer
      (while (re-search-forward "^\\*+ " nil t)
        (let ((start (match-beginning 0))
              (level (- (match-end 0) (match-beginning 0) 1)))
          (while (and open (<= level (cdar open)))
            (pop open))
          (when open
            (puthash start (car open) parents))
          (push (cons start level) open))))
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
