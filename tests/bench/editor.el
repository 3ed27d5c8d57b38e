;;; editor.el --- Saves of notes in a running Emacs  -*- lexical-binding: t; -*-
;; SPDX-FileCopyrightText: 2026 Arcology Builder contributors
;; SPDX-License-Identifier: GPL-3.0-or-later
;;; Commentary:
;; In a batch Emacs with the environment of a build.  WAY is "roam", which updates ARCOLOGY_DATABASE
;; as `org-roam-db-autosync-mode' does, or "vulpea", which is found in VULPEA, directories with
;; colons between.  First all notes below ARCOLOGY_DIRECTORY are stored, and "ready" is printed.
;; Then each line of the standard input is the path of a note, to which a line is added.  The answer
;; is a line with the time until the note is saved and stored, during which Emacs does nothing else,
;; and the processor time of Emacs and its processes; both in seconds.
;;; Code:

(require 'cl-lib)
(require 'seq)

(defvar org-id-track-globally)
(defvar org-roam-db-location)
(defvar org-roam-directory)
(defvar org-roam-list-files-commands)
(defvar vulpea-db-location)
(defvar vulpea-db-sync-directories)

(declare-function org-roam-db-autosync-mode "ext:org-roam-db")
(declare-function org-roam-db-query "ext:org-roam-db")
(declare-function vulpea-db-query-by-file-path "ext:vulpea-db-query")
(declare-function vulpea-db-update-file "ext:vulpea-db-extract")

(defun editor-cpu-time ()
  "Return the processor time of this Emacs and its processes, in seconds."
  (cl-loop for pid in (cons (emacs-pid) (delq nil (mapcar #'process-id (process-list))))
           sum (with-temp-buffer
                 (insert-file-contents-literally (format "/proc/%d/stat" pid))
                 (goto-char (point-max))
                 (search-backward ")")
                 (let ((fields (split-string (buffer-substring (point) (point-max)))))
                   ;; utime and stime of proc(5), in ticks of 10 ms.
                   (/ (+ (string-to-number (nth 12 fields)) (string-to-number (nth 13 fields)))
                      100.0)))))

(defun editor-notes ()
  "Return the paths of all notes."
  (seq-remove (lambda (path) (string-match-p "/\\." path))
              (directory-files-recursively (getenv "ARCOLOGY_DIRECTORY") "\\`[^.].*\\.org\\'")))

(defun editor-hash (path)
  "Return the hash of the file PATH."
  (with-temp-buffer
    (set-buffer-multibyte nil)
    (insert-file-contents-literally path)
    (secure-hash 'sha1 (current-buffer))))

(defun editor-start-roam ()
  "Start org-roam."
  (require 'org-roam)
  (setq org-id-track-globally nil
        org-roam-list-files-commands nil
        org-roam-directory (getenv "ARCOLOGY_DIRECTORY")
        org-roam-db-location (getenv "ARCOLOGY_DATABASE"))
  (org-roam-db-autosync-mode))

(defun editor-start-vulpea ()
  "Start vulpea, without the timers of its mode."
  (setq load-path (append (parse-colon-path (getenv "VULPEA")) load-path))
  (require 'vulpea)
  (require 'vulpea-db-extract)
  (setq org-id-track-globally nil
        vulpea-db-location (getenv "ARCOLOGY_DATABASE")
        vulpea-db-sync-directories (list (getenv "ARCOLOGY_DIRECTORY")))
  (mapc #'vulpea-db-update-file (editor-notes)))

(defun editor-save (path)
  "Add a line to the note PATH, save it, and print how long that took."
  (let ((way (getenv "WAY"))
        (text (format "\nAnd so on, %s.\n" (float-time)))
        start cpu wall)
    (with-current-buffer (find-file-noselect path)
      (goto-char (point-max))
      (insert text)
      (setq cpu (editor-cpu-time)
            start (float-time))
      (save-buffer)
      (when (equal way "vulpea")
        ;; Its mode does that 0.5 s later, from a timer.
        (vulpea-db-update-file path))
      (setq wall (- (float-time) start)
            cpu (- (editor-cpu-time) cpu))
      (kill-buffer))
    (unless (if (equal way "vulpea")
                (vulpea-db-query-by-file-path path)
              (equal (org-roam-db-query [:select hash :from files :where (= file $s1)] path)
                     (list (list (editor-hash path)))))
      (error "The note was saved, but not stored: %s" path))
    (princ (format "%.6f %.2f\n" wall cpu))))

(setq locale-coding-system 'utf-8-unix
      file-name-coding-system 'utf-8-unix
      make-backup-files nil)
(if (equal (getenv "WAY") "vulpea")
    (editor-start-vulpea)
  (editor-start-roam))
(princ "ready\n")
(while (condition-case nil
           (progn
             (editor-save (read-from-minibuffer ""))
             t)
         (end-of-file nil)))

;;; editor.el ends here
