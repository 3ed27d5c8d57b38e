;;; arcology-dump.el --- An Emacs with org-roam in it, for builds  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; Most of the time of a small build goes into loading Org and org-roam.  `arcology-batch' (the
;; shell script beside this file) therefore has Emacs write itself into a file, with all of it
;; loaded, and starts the builds from there: see "Building Emacs" in the Elisp manual,
;; `dump-emacs-portable'.
;;
;; This file makes that dump and wakes what sleeps in it.  The script decides when it is made anew.

;;; Code:

(require 'package)                      ; for the directories in which packages appear
(require 'arcology-batch)

(declare-function dump-emacs-portable "pdumper.c" (filename &optional track-referrers))
(declare-function org-roam-db--conn-fn "org-roam-db" ())
(declare-function native-comp-unit-file "data.c" (comp-unit))
(declare-function native-comp-unit-set-file "data.c" (comp-unit new-file))
(declare-function org-element-parse-buffer "org-element" (&optional granularity visible-only))
(declare-function org-mode "org" ())
(declare-function org-load-modules-maybe "org" (&optional force))
(declare-function subr-native-comp-unit "data.c" (subr))
(declare-function subr-native-elisp-p "data.c" (object))

(defvar arcology-dump--load-path nil
  "The value of `load-path' when the dump was made.")

(defun arcology-dump--load ()
  "Load all that a build of an ordinary file needs."
  (arcology-batch--prepare-emacs)
  (arcology-batch--load)
  (org-roam-db--conn-fn)
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

(defun arcology-dump--sources ()
  "Return the paths of what is in the dump and of what may add to it."
  (delete-dups
   (delq nil
         (append (list (expand-file-name invocation-name invocation-directory)
                       (arcology-dump--own-dump))
                 (mapcar (lambda (entry)
                           (and (stringp (car entry)) (file-name-absolute-p (car entry))
                                (file-truename (car entry))))
                         load-history)
                 ;; A package that is added may be in front of what was found before.
                 (list (expand-file-name package-user-dir))
                 (mapcar #'expand-file-name package-directory-list)
                 (mapcar #'expand-file-name load-path)))))

(defun arcology-dump--own-dump ()
  "Return the path of the dump that this Emacs itself was started from, or nil."
  (and (fboundp 'pdumper-stats)
       (alist-get 'dump-file-name (pdumper-stats))))

(defun arcology-dump--localize-native-code ()
  "Let the native code be found from the dump, in an Emacs that has any.
Emacs takes only a pair of names there, relative to the directory of its
executable: of those, it looks whether the first is right.  Whether the
links of that path are followed depends on the version of Emacs."
  (when (fboundp 'native-comp-unit-set-file)
    (let ((executable (expand-file-name invocation-name invocation-directory))
          (units (make-hash-table :test #'eq)))
      (mapatoms
       (lambda (symbol)
         (let ((function (symbol-function symbol)))
           (when (eq (car-safe function) 'macro)
             (setq function (cdr function)))
           (when (subr-native-elisp-p function)
             (puthash (subr-native-comp-unit function) t units)))))
      (maphash
       (lambda (unit _)
         (let ((file (native-comp-unit-file unit)))
           (when (stringp file)
             (setq file (file-truename file))
             (native-comp-unit-set-file
              unit
              (cons (file-relative-name file (file-name-directory (file-truename executable)))
                    (file-relative-name file (file-name-directory executable)))))))
       units))))

(defun arcology-dump ()
  "Write the dump and the list of what it was made of.
They are the files \"dump\" and \"files\" in the directory of the
environment variable ARCOLOGY_DUMP.  The list, whose names end with NUL,
is written first: without it, there was nothing to dump."
  (let ((directory (file-name-as-directory (getenv "ARCOLOGY_DUMP"))))
    (arcology-dump--load)
    (let ((coding-system-for-write 'utf-8-unix))
      (write-region (mapconcat (lambda (path) (concat path "\0")) (arcology-dump--sources) "")
                    nil (expand-file-name "files" directory) nil 'quiet))
    (setq arcology-dump--load-path load-path)
    (arcology-dump--localize-native-code)
    ;; Or Emacs would take its command line for one that was dealt with.
    (setq command-line-processed nil)
    (dump-emacs-portable (expand-file-name "dump" directory))))

(defun arcology-dump-wake ()
  "Make an Emacs started from the dump what one started without would be."
  (setq load-path arcology-dump--load-path)
  ;; From the environment of then.
  (custom-reevaluate-setting 'temporary-file-directory))

(defun arcology-dump-check ()
  "Fail if this Emacs, started from the dump, is of no use."
  (arcology-dump-wake)
  (unless (featurep 'org-roam)
    (error "Org-roam is not in the dump"))
  (arcology-dump--try))

(provide 'arcology-dump)

;;; arcology-dump.el ends here
