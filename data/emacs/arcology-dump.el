;;; arcology-dump.el --- An Emacs with org-roam in it, for builds  -*- lexical-binding: t; -*-

;; SPDX-FileCopyrightText: 2026 Arcology Builder contributors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Most of the time of a small build goes into loading Org and org-roam.  `arcology-batch' (the
;; shell script beside this file) therefore has Emacs write itself into a file, with all of it
;; loaded, and starts the builds from there: see "Building Emacs" in the Elisp manual,
;; `dump-emacs-portable'.
;;
;; This file makes that dump and wakes what sleeps in it.  The script decides when it is made anew.

;;; Code:

(require 'cl-lib)
(require 'package)                      ; for the directories in which packages appear
(require 'arcology-batch)

(declare-function dump-emacs-portable "pdumper.c" (filename &optional track-referrers))
(declare-function native-comp-unit-file "data.c" (comp-unit))
(declare-function native-comp-unit-set-file "data.c" (comp-unit new-file))
(declare-function org-element-parse-buffer "org-element" (&optional granularity visible-only))
(declare-function org-mode "org" ())
(declare-function org-load-modules-maybe "org" (&optional force))
(declare-function subr-native-comp-unit "data.c" (subr))

(defvar byte-compile-warnings)

(defvar arcology-dump--load-path nil
  "The value of `load-path' when the dump was made.")

(defvar arcology-dump--unset nil
  "The variables that were unset for the dump, with the files that set them.
It is an alist; see `arcology-dump--unset-queries'.")

;;; What is in the dump

(defun arcology-dump--load ()
  "Load all that a build of an ordinary file needs."
  (arcology-batch--prepare-emacs)
  (arcology-batch-hash-option-files)
  (arcology-batch--load)
  (arcology-database-preload)
  (arcology-compat-install)
  (arcology-note-install)
  (arcology-batch-hash-libraries)
  (require 'epa-hook)
  ;; They define types of links, and `org-mode' would load them.
  (org-load-modules-maybe)
  (arcology-dump--try))

(defun arcology-dump--try ()
  "Read a note, to see whether this works; it also fills the caches of Org."
  (with-temp-buffer
    (insert ":PROPERTIES:\n:ID: id\n:END:\n#+title: Note\n* TODO [#A] Heading :tag:\n[[id:id]]\n")
    (delay-mode-hooks (org-mode))
    (unless (eq (car (org-element-parse-buffer)) 'org-data)
      (error "Org does not parse"))))

(defun arcology-dump--sources (native-files)
  "Return the paths of what is in the dump and of what may add to it.
NATIVE-FILES are those of the native code."
  (delete-dups
   (delq nil
         (append (list (expand-file-name invocation-name invocation-directory)
                       (arcology-dump--own-dump))
                 (mapcar (lambda (entry)
                           (and (stringp (car entry)) (file-name-absolute-p (car entry))
                                (file-truename (car entry))))
                         load-history)
                 native-files
                 ;; A package that is added may be in front of what was found before.
                 (list (expand-file-name package-user-dir))
                 (mapcar #'expand-file-name package-directory-list)
                 ;; Not that of this program, all files of which are loaded: a file that appears in
                 ;; it, such as that of an editor, is no reason for a new dump.
                 (cl-remove arcology-batch--directory (mapcar #'expand-file-name load-path)
                            :key #'file-name-as-directory :test #'equal)))))

(defun arcology-dump--own-dump ()
  "Return the path of the dump that this Emacs itself was started from, or nil."
  (and (fboundp 'pdumper-stats)
       (alist-get 'dump-file-name (pdumper-stats))))

;;; Compilation

(defun arcology-dump--compile ()
  "Compile the functions of this program, which were loaded as source.
Byte code of the dump is for the Emacs in it, unlike a file of byte code."
  (let ((byte-compile-warnings nil))
    (mapatoms
     (lambda (symbol)
       (when (and (string-prefix-p "arcology-" (symbol-name symbol))
                  (fboundp symbol)
                  (not (byte-code-function-p (symbol-function symbol)))
                  (not (macrop symbol)))
         (byte-compile symbol))))))

;;; Native code

(defun arcology-dump--native-units ()
  "Return the units of native code that are loaded, in an Emacs that has any."
  (let ((units (make-hash-table :test #'eq))
        ;; Renamed in Emacs 30; native functions are not subrs there any more.
        (native-p (if (fboundp 'native-comp-function-p)
                      'native-comp-function-p
                    'subr-native-elisp-p)))
    (mapatoms
     (lambda (symbol)
       (let ((function (symbol-function symbol)))
         (when (eq (car-safe function) 'macro)
           (setq function (cdr function)))
         (when (funcall native-p function)
           (puthash (subr-native-comp-unit function) t units)))))
    ;; Those of which only nameless functions are left.
    (when (hash-table-p (bound-and-true-p comp-loaded-comp-units-h))
      (maphash (lambda (_ unit) (puthash unit t units))
               (symbol-value 'comp-loaded-comp-units-h)))
    (cl-loop for unit being the hash-keys of units collect unit)))

(defun arcology-dump--localize-native-code ()
  "Let the native code be found from the dump; return the paths of its files.
Emacs takes only a pair of names there, relative to the directory of its
executable: of those, it looks whether the first is right.  Whether the
links of that path are followed depends on the version of Emacs.  A dump
does not start if one of the files is missing (pdumper.c, Emacs 28 to 30)."
  (when (fboundp 'native-comp-unit-set-file)
    (let ((executable (expand-file-name invocation-name invocation-directory))
          (files nil))
      (dolist (unit (arcology-dump--native-units))
        (let ((file (native-comp-unit-file unit)))
          (when (stringp file)
            (setq file (file-truename file))
            (push file files)
            (native-comp-unit-set-file
             unit
             (cons (file-relative-name file (file-name-directory (file-truename executable)))
                   (file-relative-name file (file-name-directory executable)))))))
      files)))

;;; Queries of tree-sitter

(defun arcology-dump--query-in-p (value)
  "Whether VALUE is, or is a list or vector with, a query of tree-sitter."
  (let ((seen (make-hash-table :test #'eq))
        (rest (list value))
        (found nil))
    (while (and rest (not found))
      (let ((item (pop rest)))
        (cond
         ((eq (type-of item) 'treesit-compiled-query)
          (setq found t))
         ((gethash item seen))
         ((consp item)
          (puthash item t seen)
          (push (cdr item) rest)
          (push (car item) rest))
         ((vectorp item)
          (puthash item t seen)
          (cl-loop for element across item do (push element rest))))))
    found))

(defun arcology-dump--unset-queries ()
  "Unset the variables that hold compiled queries of tree-sitter.
Emacs cannot dump those (pdumper.c, Emacs 29 to 31), and Org loads a
library that has some, `sh-script'.  A build has no use for them."
  (when (fboundp 'treesit-query-compile)
    (mapatoms
     (lambda (symbol)
       (when (and (boundp symbol)
                  (not (keywordp symbol))
                  ;; Long, and of names and files only.
                  (not (memq symbol '(load-history features)))
                  (arcology-dump--query-in-p (symbol-value symbol)))
         (push (cons symbol (symbol-file symbol 'defvar)) arcology-dump--unset)
         (makunbound symbol))))
    (when (and arcology-dump--unset (fboundp 'treesit-ready-p))
      (advice-add 'treesit-ready-p :before #'arcology-dump--set-queries))))

(defun arcology-dump--set-queries (&rest _)
  "Set the variables that were unset for the dump, by loading their files again.
Each mode that makes use of tree-sitter asks `treesit-ready-p' first."
  (advice-remove 'treesit-ready-p #'arcology-dump--set-queries)
  (pcase-dolist (`(,variable . ,file) arcology-dump--unset)
    (unless (or (boundp variable) (null file))
      (load file t t))))

;;; To make the dump

(defun arcology-dump--write (name &rest strings)
  "Write STRINGS to the file NAME in the directory ARCOLOGY_DUMP."
  (let ((coding-system-for-write 'utf-8-unix))
    (write-region (apply #'concat strings) nil
                  (expand-file-name name (file-name-as-directory (getenv "ARCOLOGY_DUMP")))
                  nil 'quiet)))

(defun arcology-dump--write-sources (native-files)
  "Write the list of what the dump is made of; see `arcology-dump--sources'.
NATIVE-FILES are the paths of native code."
  (apply #'arcology-dump--write "files"
         (mapcar (lambda (path) (concat path "\0")) (arcology-dump--sources native-files))))

(defun arcology-dump ()
  "Write the dump and the list of what it was made of.
They are the files \"dump\" and \"files\" in the directory of the
environment variable ARCOLOGY_DUMP.  The names in the list end with NUL.
The file \"seconds\" has the time that a build takes longer without the
dump.  If there can be no dump, the file \"reason\" has one line that says
why, and the exit status is 70; it is 69 if no build can succeed now."
  (condition-case error
      (progn
        (arcology-dump--load)
        (arcology-dump--write
         "seconds" (format "%.1f\n" (float-time (time-subtract nil before-init-time))))
        (arcology-dump--compile)
        (arcology-dump--unset-queries)
        ;; A library that uses D-Bus may be loaded.  The builds do not use it, and without questions
        ;; (`inhibit-interaction') this function fails to connect (dbus.el, Emacs 30).
        (remove-hook 'after-pdump-load-hook 'dbus--init)
        (arcology-dump--write-sources (arcology-dump--localize-native-code))
        (setq arcology-dump--load-path load-path)
        ;; Or Emacs would take its command line for one that was dealt with.
        (setq command-line-processed nil)
        (dump-emacs-portable
         (expand-file-name "dump" (file-name-as-directory (getenv "ARCOLOGY_DUMP")))))
    (arcology-batch-error
     (message "%s" (arcology-batch--explain error))
     (kill-emacs 69))
    (error
     ;; What failed to load is in the list, too, and a change of it is a reason to try again.
     (arcology-dump--write-sources nil)
     (arcology-dump--write "reason" (arcology-batch--explain error) "\n")
     (kill-emacs 70))))

;;; In an Emacs started from it

(defun arcology-dump--wake ()
  "Make an Emacs started from the dump what one started without would be."
  (setq load-path arcology-dump--load-path)
  ;; From the environment of then.
  (custom-reevaluate-setting 'temporary-file-directory))

(defun arcology-dump-wake ()
  "Make this Emacs, started from the dump, ready to build.
Delete the file that the environment variable ARCOLOGY_DUMP_MARK names,
by which the script knows that the dump is good."
  (condition-case error
      (let ((mark (getenv "ARCOLOGY_DUMP_MARK")))
        (arcology-dump--wake)
        (setenv "ARCOLOGY_DUMP_MARK" nil)
        (when mark
          (delete-file mark)))
    (error
     (message "%s" (arcology-batch--explain error))
     (kill-emacs 70))))

(defun arcology-dump-check ()
  "End Emacs; it fails if this one, started from the dump, is of no use."
  (condition-case error
      (progn
        (arcology-dump--wake)
        (unless (featurep 'org-roam)
          (error "Org-roam is not in the dump"))
        (arcology-dump--try))
    (error
     (message "%s" (arcology-batch--explain error))
     (kill-emacs 70))))

(provide 'arcology-dump)

;;; arcology-dump.el ends here
