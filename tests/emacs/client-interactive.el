;;; client-interactive.el --- The client in an Emacs of a user  -*- lexical-binding: t; -*-
;; SPDX-FileCopyrightText: 2026 Arcology Builder contributors
;; SPDX-License-Identifier: GPL-3.0-or-later
;;; Commentary:
;; Loaded in an interactive Emacs after its init file; the early init file has counted in
;; `client-syncs' how often org-roam read all notes.  Write what is there to the file RESULT.  With
;; CAPTURES, capture that many notes, and look for each in the list of nodes.
;;; Code:

(require 'cl-lib)

(defvar client-syncs)
(defvar org-roam-capture-templates)
(defvar org-roam-db-location)

(declare-function org-roam-capture- "ext:org-roam-capture")
(declare-function org-roam-node-create "ext:org-roam-node")
(declare-function org-roam-node-read--completions "ext:org-roam-node")
(declare-function org-roam-node-title "ext:org-roam-node")

(defun client-until (function)
  "Handle events until FUNCTION returns non-nil; fail after 120 s."
  (let ((deadline (+ (float-time) 120)))
    (while (not (funcall function))
      (when (< deadline (float-time))
        (error "Never: %S" function))
      (read-event nil nil 0.02))))

(defun client-title (number)
  "Return the title of the captured note NUMBER."
  (format "Captured %d" number))

(defun client-capture (number)
  "Capture the note NUMBER; return how long it took until a list of nodes had it.
That is a list of two times in seconds, since the end of the capture and
since its start; nil if the list does not have it."
  (let ((title (client-title number))
        (start (float-time))
        end)
    (org-roam-capture-
     :node (org-roam-node-create :title title)
     :templates `(("d" "default" plain "Text" :immediate-finish t
                   :target (file+head ,(format "captured-%d.org" number) "#+title: ${title}\n"))))
    (setq end (float-time))
    (when (member title (mapcar (lambda (candidate) (org-roam-node-title (cdr candidate)))
                                (org-roam-node-read--completions)))
      (list (- (float-time) end) (- (float-time) start)))))

(defun client-look (say)
  "Call SAY with a name and a value for each thing to know."
  (when (bound-and-true-p arcology-builder-database-mode)
    (client-until (lambda () (bound-and-true-p arcology-builder--properties)))
    (client-until (lambda () (equal (arcology-builder--word) "up to date"))))
  (funcall say 'batch noninteractive)
  (funcall say 'syncs client-syncs)
  (funcall say 'autosync org-roam-db-autosync-mode)
  (funcall say 'hook (and (memq 'org-roam-db-autosync--setup-file-h find-file-hook) t))
  (funcall say 'database (file-name-nondirectory org-roam-db-location))
  (when (bound-and-true-p arcology-builder-database-mode)
    (setf (alist-get "State" arcology-builder--properties nil nil #'equal) "running"
          (alist-get "Progress" arcology-builder--properties nil nil #'equal) '(2 5 ""))
    (arcology-builder--update)
    (funcall say 'mode-line
             (substring-no-properties (format-mode-line '("" global-mode-string))))
    (arcology-builder--fetch)
    (client-until (lambda () (equal (arcology-builder--word) "up to date"))))
  (when-let ((captures (getenv "CAPTURES")))
    (let ((arcology-builder-wait 120)
          times)
      (dotimes (number (string-to-number captures))
        (push (client-capture number) times)
        ;; As a user who reads the list.
        (sit-for 0.5))
      (funcall say 'found (not (memq nil times)))
      (cl-loop for name in '(seconds whole)
               for column from 0
               do (funcall say name (mapcar (lambda (pair)
                                              (and pair (string-to-number
                                                         (format "%.3f" (nth column pair)))))
                                            (reverse times)))))))

(defun client-main ()
  "Look, and end Emacs."
  (with-temp-file (getenv "RESULT")
    (let ((result (current-buffer)))
      (condition-case error
          (with-temp-buffer
            (client-look (lambda (name value)
                           (with-current-buffer result
                             (insert (format "%s %S\n" name value))))))
        (error
         (with-current-buffer result
           (insert (format "error %S\n" error)))))))
  (kill-emacs))

(add-hook 'emacs-startup-hook #'client-main 90)

;;; client-interactive.el ends here
