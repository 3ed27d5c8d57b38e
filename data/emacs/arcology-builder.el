;;; arcology-builder.el --- Client of Arcology Builder for org-roam  -*- lexical-binding: t; -*-

;; SPDX-FileCopyrightText: 2026 Arcology Builder contributors
;; SPDX-License-Identifier: GPL-3.0-or-later

;; Author: The maintainers of Arcology Builder
;; URL: https://arcology.org/builder
;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1"))
;; Keywords: outlines, hypermedia, processes

;; This program is free software; you can redistribute it and/or modify
;; it under the terms of the GNU General Public License as published by
;; the Free Software Foundation, either version 3 of the License, or
;; (at your option) any later version.

;; This program is distributed in the hope that it will be useful,
;; but WITHOUT ANY WARRANTY; without even the implied warranty of
;; MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
;; GNU General Public License for more details.

;; You should have received a copy of the GNU General Public License
;; along with this program.  If not, see <https://www.gnu.org/licenses/>.

;;; Commentary:

;; Arcology Builder is a session service that keeps an org-roam database in sync with directories
;; of Org files.  This library controls and inspects it, and lets org-roam read its database.  One
;; line of an init file sets it up:
;;
;;     (arcology-builder-database-mode)
;;
;; org-roam then reads the database of the service and does not write it; everything else that
;; `org-roam-db-autosync-mode' does in buffers still works, with or without a line for it.  A saved
;; note is built at once, within the setting MaxLoad of the service.  A command that lists nodes,
;; such as `org-roam-node-find', waits for a note that was just saved, `arcology-builder-wait'
;; seconds at most.  The backlinks buffer and org-roam-ui are refreshed after a build.
;;
;; The mode line shows the state of the service, such as "up to date", "waiting 4 s",
;; "building 40%" or "failed"; its help text has the reason.  `arcology-builder-mode' alone does
;; only that.
;;
;; M-x arcology-builder-status    the status, with keys for the other commands
;; M-x arcology-builder-rebuild   build changed files now; with C-u, all files
;; M-x arcology-builder-sync      update the database, with a message at the end
;; M-x arcology-builder-problems  list problems in notes; RET visits the place
;; M-x arcology-builder-log       the output of the running or last build
;; M-x arcology-builder-setup     make builds use the org-roam of this Emacs, and its settings
;;
;; Functions on `arcology-builder-after-build-functions' run after each build:
;;
;;     (add-hook 'arcology-builder-after-build-functions
;;               (lambda (build result details)
;;                 (unless (equal result "success")
;;                   (message "Build %d: %s" build (alist-get 'message details)))))
;;
;; Calls of the service are asynchronous, except for the wait of `arcology-builder-wait' seconds.

;;; Code:

(require 'compile)
(require 'dbus)
(require 'seq)
(require 'subr-x)

(defvar arcology-builder-database-mode)
(defvar arcology-builder-mode)
(defvar auto-revert-verbose)
(defvar org-roam-buffer-current-node)
(defvar org-roam-db-autosync-mode)
(defvar org-roam-db-location)
(defvar org-roam-ui-ws-socket)

(declare-function org-roam-buffer-render-contents "ext:org-roam-mode" ())
(declare-function org-roam-db--close-all "ext:org-roam-db" ())
(declare-function org-roam-db-autosync-mode "ext:org-roam-db" (&optional arg))
(declare-function org-roam-db-query "ext:org-roam-db" (sql &rest args))
(declare-function org-roam-db-sync "ext:org-roam-db" (&optional force))
(declare-function org-roam-node-create "ext:org-roam-node" (&rest slots))
(declare-function org-roam-node-file "ext:org-roam-node" (node))
(declare-function org-roam-node-id "ext:org-roam-node" (node))
(declare-function org-roam-populate "ext:org-roam-node" (node))
(declare-function org-roam-ui--send-graphdata "ext:org-roam-ui" ())

(defgroup arcology-builder nil
  "Control and inspect Arcology Builder."
  :group 'org)

(defcustom arcology-builder-mode-line-prefix " Notes: "
  "Text before the state in the mode line."
  :type 'string)

(defcustom arcology-builder-wait 0.5
  "Seconds that a list of nodes waits for a note that was just saved.
Zero means not to wait.  `arcology-builder-database-mode' uses it."
  :type 'number)

(defcustom arcology-builder-log-directory
  (expand-file-name "arcology-builder/logs/" (or (getenv "XDG_STATE_HOME") "~/.local/state"))
  "Directory of the logs of builds, unless the service has another one."
  :type 'directory)

(defcustom arcology-builder-after-build-functions nil
  "Functions that are called after each build of the service.
They are called with the number of the build, its result and details.
The result is a string: \"success\", \"failed\", \"signal\", \"timeout\",
\"canceled\", \"spawn-failed\" or \"interrupted\".  The details are an
alist with the symbols `kind', `cause', `message', `changed',
`failed-files' and others as keys; the property LastBuild in the
description of the interface, org.arcology.Builder.xml, explains them."
  :type 'hook)

(defface arcology-builder-stale '((t :inherit warning))
  "Face of the state in the mode line while changes are pending.")

(defface arcology-builder-failed '((t :inherit error))
  "Face of the state in the mode line after a failed build.")

(defconst arcology-builder--service "org.arcology.Builder")
(defconst arcology-builder--path "/org/arcology/Builder")
(defconst arcology-builder--interface "org.arcology.Builder")

(defvar arcology-builder--bus :session
  "The bus of the service.")

(defvar arcology-builder--properties nil
  "An alist of the names and values of the service's properties.
It is nil if the service is not running.")

(defvar arcology-builder--absence "Not asked yet"
  "Why there are no properties, as a sentence without its stop.")

(defvar arcology-builder--registrations nil
  "The D-Bus registrations to release.")

(defvar arcology-builder--calls nil
  "An alist of the keys of calls under way and what to do when they fail.")

(defvar arcology-builder--timer nil
  "The timer that counts down, or nil.")

(defvar arcology-builder--mode-line "")
(put 'arcology-builder--mode-line 'risky-local-variable t)

;;; Values

(defun arcology-builder--path-name (bytes)
  "Return the path in BYTES, a list of numbers with 0 as its last."
  (decode-coding-string (apply #'unibyte-string (remq 0 bytes))
                        (or file-name-coding-system default-file-name-coding-system 'utf-8-unix)))

(defun arcology-builder--details (entries)
  "Return ENTRIES, a dictionary that describes a build, as an alist with symbols."
  (mapcar (pcase-lambda (`(,key (,value)))
            (cons (intern key)
                  (pcase key
                    ("failed-files" (mapcar #'arcology-builder--path-name value))
                    ("log" (arcology-builder--path-name value))
                    (_ value))))
          entries))

(defun arcology-builder--take (entries)
  "Remember the properties in ENTRIES."
  (pcase-dolist (`(,name (,value)) entries)
    (setf (alist-get name arcology-builder--properties nil nil #'equal)
          (pcase name
            ("Database" (arcology-builder--path-name value))
            ("Directories" (mapcar #'arcology-builder--path-name value))
            ("LastBuild" (arcology-builder--details value))
            (_ value)))))

(defun arcology-builder--get (name)
  "Return the property NAME, nil if it is not known."
  (alist-get name arcology-builder--properties nil nil #'equal))

(defun arcology-builder--last (key)
  "Return what is known by KEY about the last build."
  (alist-get key (arcology-builder--get "LastBuild")))

(defun arcology-builder--number (name)
  "Return the property NAME, 0 if it is not known."
  (or (arcology-builder--get name) 0))

;;; Calls

(defun arcology-builder--call (service path interface method failure handler &rest args)
  "Call METHOD of INTERFACE at PATH of SERVICE with ARGS, without waiting.
Call HANDLER with what it returns, or FAILURE with the name and the text
of an error."
  (condition-case error
      (let (key)
        (setq key (apply #'dbus-call-method-asynchronously
                         arcology-builder--bus service path interface method
                         (lambda (&rest values)
                           (setf (alist-get key arcology-builder--calls nil 'remove #'equal) nil)
                           (apply handler values))
                         args))
        (push (cons key failure) arcology-builder--calls)
        (add-hook 'dbus-event-error-functions #'arcology-builder--handle-error))
    (dbus-error
     (funcall failure "" (arcology-builder--bus-problem error)))))

(defun arcology-builder--handle-error (event error)
  "Pass EVENT, which answers a call with ERROR, on to the caller."
  (let* ((key (list :serial (dbus-event-bus-name event) (dbus-event-serial-number event)))
         (failure (alist-get key arcology-builder--calls nil nil #'equal)))
    (when failure
      (setf (alist-get key arcology-builder--calls nil 'remove #'equal) nil)
      (funcall failure (or (cadr error) "") (or (car (last error)) "")))))

(defun arcology-builder--bus-problem (error)
  "Return a sentence about ERROR, of D-Bus itself."
  (format "There is no session bus: %s" (mapconcat (lambda (item) (format "%s" item))
                                                   (cdr error) " ")))

(defun arcology-builder--ask (method handler &rest args)
  "Call METHOD of the service with ARGS, and HANDLER with the answer.
An error is a message for the user."
  (apply #'arcology-builder--call
         arcology-builder--service arcology-builder--path arcology-builder--interface method
         (lambda (name text)
           (message "Arcology Builder: %s"
                    (if (equal name "org.freedesktop.DBus.Error.ServiceUnknown")
                        "the service is not installed"
                      text)))
         handler args))

;;; Following the service

(defun arcology-builder--refresh ()
  "Ask the service for all its properties, unless it is not running."
  ;; A call of the service itself would start it.
  (arcology-builder--call
   dbus-service-dbus dbus-path-dbus dbus-interface-dbus "GetNameOwner"
   (lambda (_name text) (arcology-builder--leave text))
   (lambda (_owner) (arcology-builder--fetch))
   arcology-builder--service))

(defun arcology-builder--fetch ()
  "Ask the service, which is there, for all its properties."
  (arcology-builder--call
   arcology-builder--service arcology-builder--path dbus-interface-properties "GetAll"
   (lambda (_name text) (arcology-builder--leave text))
   (lambda (entries)
     (when arcology-builder-mode
       (setq arcology-builder--properties nil)
       (arcology-builder--take entries)
       (arcology-builder--update)))
   arcology-builder--interface))

(defun arcology-builder--leave (why)
  "Forget the service, which is not running because of WHY."
  (setq arcology-builder--properties nil
        arcology-builder--absence (string-remove-suffix "." why))
  (arcology-builder--update))

(defun arcology-builder--owner-changed (_name _old new)
  "Follow the service to its NEW owner; an empty string means that there is none."
  (if (equal new "")
      (arcology-builder--leave "The service is not running")
    (arcology-builder--fetch)))

(defun arcology-builder--properties-changed (_interface changed invalidated)
  "Take the properties that CHANGED; if others are INVALIDATED, ask for all."
  (cond
   (invalidated
    (arcology-builder--fetch))
   ;; What comes before the first answer is in it.
   (arcology-builder--properties
    (arcology-builder--take changed)
    (arcology-builder--update))))

(defun arcology-builder--build-finished (build result details)
  "Run the hook for BUILD, which ended with RESULT and DETAILS."
  (let ((details (arcology-builder--details details)))
    (when arcology-builder-database-mode
      (arcology-builder--roam-after-build result details))
    (run-hook-with-args 'arcology-builder-after-build-functions build result details)))

(defun arcology-builder--follow ()
  "Listen to the service, and ask for its state."
  (condition-case error
      (setq arcology-builder--registrations
            (list
             (dbus-register-signal
              arcology-builder--bus dbus-service-dbus dbus-path-dbus dbus-interface-dbus
              "NameOwnerChanged" #'arcology-builder--owner-changed
              :arg0 arcology-builder--service)
             ;; Not of a sender: dbus.el would take the present owner for that.
             (dbus-register-signal
              arcology-builder--bus nil arcology-builder--path dbus-interface-properties
              "PropertiesChanged" #'arcology-builder--properties-changed
              :arg0 arcology-builder--interface)
             (dbus-register-signal
              arcology-builder--bus nil arcology-builder--path arcology-builder--interface
              "BuildFinished" #'arcology-builder--build-finished)))
    (dbus-error
     (arcology-builder--leave (arcology-builder--bus-problem error))))
  (when arcology-builder--registrations
    (arcology-builder--refresh)))

;;; Words

(defun arcology-builder--remaining ()
  "Return the seconds until the next automatic build, nil if there is none."
  (let ((next (arcology-builder--number "NextBuild")))
    (unless (zerop next)
      (max 0.0 (- (/ next 1e6) (float-time))))))

(defun arcology-builder--duration (seconds)
  "Return SECONDS in words."
  (if (<= seconds 90)
      (format "%d s" (ceiling seconds))
    (format "%d min" (ceiling seconds 60))))

(defun arcology-builder--until-next-word ()
  "Return the seconds until a count-down has another word, nil if never."
  (when-let ((remaining (arcology-builder--remaining)))
    (cond
     ((<= remaining 0) nil)
     ((<= remaining 90) (- remaining (1- (ceiling remaining))))
     (t (min (- remaining (* 60 (1- (ceiling remaining 60)))) (- remaining 90))))))

(defun arcology-builder--percentage ()
  "Return how much of the running build is done, nil if unknown."
  (pcase (arcology-builder--get "Progress")
    (`(,done ,total . ,_) (unless (zerop total) (/ (* 100 done) total)))))

(defun arcology-builder--failed-p ()
  "Whether the last build failed."
  (< 0 (arcology-builder--number "ConsecutiveFailures")))

(defun arcology-builder--word ()
  "Return a word for the state of the service."
  (let ((reason (arcology-builder--get "Reason"))
        (remaining (arcology-builder--remaining)))
    (cond
     ((null arcology-builder--properties) "not running")
     ((equal (arcology-builder--get "State") "running")
      (if-let ((percentage (arcology-builder--percentage)))
          (format "building %d%%" percentage)
        "building"))
     ((equal reason "unavailable") "unavailable")
     ((and (arcology-builder--failed-p) (member reason '("retry" "nothing-pending"))) "failed")
     ((arcology-builder--get "Fresh") "up to date")
     ((equal reason "paused") "paused")
     ((equal reason "inhibited") "inhibited")
     ((equal reason "power-saver") "power saver")
     ((and remaining (< 0 remaining)) (concat "waiting " (arcology-builder--duration remaining)))
     (t "waiting"))))

(defun arcology-builder--pending ()
  "Return the number of pending notes in words."
  (pcase (arcology-builder--number "PendingCount")
    (1 "1 note changed")
    (count (format "%d notes changed" count))))

(defun arcology-builder--why ()
  "Return a sentence: why does no build start now?"
  (let ((remaining (arcology-builder--remaining)))
    (pcase (arcology-builder--get "Reason")
      ('nil (format "%s." arcology-builder--absence))
      ("building"
       (pcase (arcology-builder--get "Progress")
         (`(0 0 ,(and phase (guard (not (equal phase "")))))
          (format "Build %d runs: %s." (arcology-builder--number "CurrentBuild") phase))
         (`(,done ,total . ,_)
          (format "Build %d runs: %d of %d files are done."
                  (arcology-builder--number "CurrentBuild") done total))
         (_ "A build runs.")))
      ((guard (arcology-builder--get "Fresh")) "The database is up to date.")
      ("debounce" (format "%s; waiting for edits to settle%s." (arcology-builder--pending)
                          (if remaining
                              (format ", a build starts in %s"
                                      (arcology-builder--duration remaining))
                            "")))
      ("cooldown" (format "%s; cooling down after a build%s." (arcology-builder--pending)
                          (if remaining
                              (format " for another %s" (arcology-builder--duration remaining))
                            "")))
      ("retry" (if remaining
                   (format "The last build failed; retrying in %s."
                           (arcology-builder--duration remaining))
                 "The last build failed; change a note, or use M-x arcology-builder-rebuild."))
      ("paused" (format "%s; automatic builds are suspended." (arcology-builder--pending)))
      ("inhibited" (format "%s; builds are inhibited%s." (arcology-builder--pending)
                           (arcology-builder--inhibitors)))
      ("power-saver" (format "%s; builds are suspended while the power saver is on."
                             (arcology-builder--pending)))
      ("unavailable" (arcology-builder--text-or "HealthMessage"
                                                "A watched directory is unavailable."))
      ("nothing-pending" "The last build did not build every note.")
      (reason (format "%s: %s." (arcology-builder--pending) reason)))))

(defun arcology-builder--inhibitors ()
  "Return the first inhibitor, as the end of a sentence."
  (pcase (arcology-builder--get "Inhibitors")
    (`((,who ,why) . ,_) (format " by %s (%s)" who why))
    (_ " by another program")))

(defun arcology-builder--text-or (name text)
  "Return the property NAME, or TEXT if that is empty or not known."
  (let ((value (arcology-builder--get name)))
    (if (or (null value) (equal value "")) text value)))

(defun arcology-builder--failure ()
  "Return a sentence about the last build if it failed, else nil."
  (when (arcology-builder--failed-p)
    (format "Build %s: %s%s."
            (or (arcology-builder--last 'id) "?")
            (or (arcology-builder--last 'result) "failed")
            (let ((text (or (arcology-builder--last 'message) "")))
              (if (equal text "") "" (concat ", " (string-remove-suffix "." text)))))))

(defun arcology-builder--help (&rest _)
  "Return the text for the mouse over the word."
  (string-join (delq nil (list (arcology-builder--why)
                               (arcology-builder--failure)
                               "mouse-1: status; mouse-3: log"))
               "\n"))

;;; The mode line

(defvar arcology-builder--map
  (let ((map (make-sparse-keymap)))
    (define-key map [mode-line mouse-1] #'arcology-builder-status)
    (define-key map [mode-line mouse-3] #'arcology-builder-log)
    map)
  "What the mouse does on the word in the mode line.")

(defun arcology-builder--face (word)
  "Return the face of WORD, or nil."
  (cond
   ((member word '("failed" "unavailable")) 'arcology-builder-failed)
   ((not (member word '("up to date" "not running"))) 'arcology-builder-stale)))

(defun arcology-builder--visible-p ()
  "Whether there is a visible frame."
  (seq-some (lambda (frame) (eq (frame-visible-p frame) t)) (frame-list)))

(defun arcology-builder--update ()
  "Show the state of the service, and wake up when it has to change by itself."
  (when arcology-builder--timer
    (cancel-timer arcology-builder--timer)
    (setq arcology-builder--timer nil))
  (when arcology-builder-mode
    (let ((word (arcology-builder--word)))
      (setq arcology-builder--mode-line
            (concat arcology-builder-mode-line-prefix
                    ;; A percent sign is itself in the value of a symbol (Elisp manual, node
                    ;; "Mode Line Data"), and `global-mode-string' has the symbol.
                    (propertize word
                                'face (arcology-builder--face word)
                                'help-echo #'arcology-builder--help
                                'mouse-face 'mode-line-highlight
                                'local-map arcology-builder--map)))
      (when-let (((string-prefix-p "waiting " word))
                 ((arcology-builder--visible-p))
                 (seconds (arcology-builder--until-next-word)))
        (setq arcology-builder--timer
              ;; A little later, or the old word might be right still.
              (run-at-time (+ seconds 0.01) nil #'arcology-builder--update))))
    (force-mode-line-update t))
  (when-let ((buffer (get-buffer "*Arcology Builder*")))
    (with-current-buffer buffer
      (when (derived-mode-p 'arcology-builder-status-mode)
        (arcology-builder--print-status))))
  (when (bound-and-true-p arcology-builder-database-mode)
    (arcology-builder--use-database)
    (arcology-builder--build-saved)))

;;;###autoload
(define-minor-mode arcology-builder-mode
  "Show the state of Arcology Builder in the mode line.
After each build, run `arcology-builder-after-build-functions'."
  :global t
  (mapc #'dbus-unregister-object arcology-builder--registrations)
  (setq arcology-builder--registrations nil
        arcology-builder--properties nil
        arcology-builder--absence "Not asked yet"
        global-mode-string (delq 'arcology-builder--mode-line
                                 (or global-mode-string (list ""))))
  (remove-function after-focus-change-function #'arcology-builder--update)
  (arcology-builder--update)
  (when arcology-builder-mode
    (setq global-mode-string (append global-mode-string '(arcology-builder--mode-line)))
    ;; A count-down stops while no frame is visible.
    (add-function :after after-focus-change-function #'arcology-builder--update)
    (arcology-builder--follow)))

;;; Commands

;;;###autoload
(defun arcology-builder-rebuild (&optional full)
  "Build changed files now.
With FULL, interactively with a prefix argument, build all files."
  (interactive "P")
  (arcology-builder--ask
   "Rebuild"
   (lambda (build) (message "Arcology Builder: build %d started (or queued)" build))
   (if full
       '(:array (:dict-entry "full" (:variant :boolean t)))
     '(:array :signature "{sv}"))))

;;;###autoload
(defun arcology-builder-sync ()
  "Update the database, and show a message when it is up to date."
  (interactive)
  (message "Arcology Builder: updating the database...")
  (arcology-builder--ask
   "Sync"
   (lambda (build result)
     (if (member result '("success" ""))
         (message "Arcology Builder: the database is up to date (build %d)" build)
       (message "Arcology Builder: build %d: %s%s; see M-x arcology-builder-log"
                build result
                ;; The properties come before the answer.
                (if (equal build (arcology-builder--last 'id))
                    (concat ": " (arcology-builder--last 'message))
                  ""))))
   ;; The answer comes after the build, which has no limit known here.
   :timeout #x7fffffff
   '(:array :signature "{sv}")))

(defun arcology-builder--log-directory ()
  "Return the directory of the logs: where that of the last build is, if known."
  (let ((log (or (arcology-builder--last 'log) "")))
    (if (equal log "")
        arcology-builder-log-directory
      (file-name-directory log))))

(defun arcology-builder--log-file (build)
  "Return the file with the output of BUILD, nil if there is none.
Without BUILD, of the running or the last build."
  (let* ((directory (arcology-builder--log-directory))
         (numbers (and (file-directory-p directory)
                       (mapcar #'string-to-number
                               (directory-files directory nil "\\`[0-9]+\\.log\\'" t))))
         (number (or build (and numbers (apply #'max numbers)))))
    (and (memq number numbers)
         (expand-file-name (format "%d.log" number) directory))))

(defun arcology-builder--log-note ()
  "Return the note that the line just matched names, as its path was escaped."
  ;; The service escapes what would end the path early, as a backslash and three octal digits.
  (replace-regexp-in-string "\\\\[0-7]\\{3\\}"
                            (lambda (escape) (string (string-to-number (substring escape 1) 8)))
                            (match-string 1) t t))

(defvar arcology-builder-log-mode-map
  (let ((map (make-sparse-keymap)))
    (set-keymap-parent map compilation-mode-map)
    (define-key map "g" #'revert-buffer)
    map)
  "The keys in the log of a build.")

(define-derived-mode arcology-builder-log-mode compilation-mode "Arcology-Log"
  "The output of a build.
RET on a line about a note visits that note, and g reads the log again."
  (setq-local compilation-error-regexp-alist
              '(("^\\(/[^:\n]*\\)\\(?::\\([0-9]+\\)\\)?: "
                 arcology-builder--log-note 2 nil nil 1))
              compilation-transform-file-match-alist nil
              revert-buffer-function #'arcology-builder--revert-log))

(defun arcology-builder--revert-log (&rest _)
  "Read the log in the current buffer again."
  (let (revert-buffer-function)
    (revert-buffer t t t))
  ;; The file is writable, and so the buffer is then.
  (setq buffer-read-only t))

;;;###autoload
(defun arcology-builder-log (&optional build)
  "Show the output of the running or the last build.
With BUILD, interactively a numeric prefix argument, show that of this
number.  New lines of a running build are appended."
  (interactive "P")
  (let ((file (arcology-builder--log-file (if (consp build) nil build))))
    (unless file
      (user-error "No such log in %s" (arcology-builder--log-directory)))
    (let ((buffer (find-file-noselect file t)))
      (with-current-buffer buffer
        (unless (derived-mode-p 'arcology-builder-log-mode)
          (arcology-builder-log-mode))
        (unless (bound-and-true-p auto-revert-tail-mode)
          (arcology-builder--revert-log)
          (setq-local auto-revert-verbose nil)
          (auto-revert-tail-mode))
        (goto-char (point-max)))
      (pop-to-buffer buffer))))

;;;###autoload
(defun arcology-builder-cancel ()
  "Cancel the running build.  Its files stay pending."
  (interactive)
  (arcology-builder--ask
   "Cancel" (lambda () (message "Arcology Builder: build canceled"))))

;;;###autoload
(defun arcology-builder-toggle-pause ()
  "Suspend or resume automatic builds."
  (interactive)
  (if (arcology-builder--get "Paused")
      (arcology-builder--ask
       "Resume" (lambda () (message "Arcology Builder: automatic builds resumed")))
    (arcology-builder--ask
     "Pause" (lambda () (message "Arcology Builder: automatic builds suspended")))))

(defvar arcology-builder-status-mode-map
  (let ((map (make-sparse-keymap)))
    (set-keymap-parent map special-mode-map)
    (define-key map "r" #'arcology-builder-rebuild)
    (define-key map "s" #'arcology-builder-sync)
    (define-key map "l" #'arcology-builder-log)
    (define-key map "p" #'arcology-builder-problems)
    (define-key map "c" #'arcology-builder-cancel)
    (define-key map "P" #'arcology-builder-toggle-pause)
    (define-key map "?" #'describe-mode)
    map)
  "The keys in the status buffer.")

(define-derived-mode arcology-builder-status-mode special-mode "Arcology-Status"
  "The state of Arcology Builder.

\\{arcology-builder-status-mode-map}"
  (setq-local revert-buffer-function #'arcology-builder--revert-status
              header-line-format
              (substitute-command-keys
               (concat "\\<arcology-builder-status-mode-map>"
                       ;; It is cut off at the width of the window.
                       " \\[describe-mode] help  \\[arcology-builder-rebuild] rebuild"
                       "  \\[arcology-builder-sync] sync  \\[arcology-builder-log] log"
                       "  \\[arcology-builder-problems] problems"
                       "  \\[arcology-builder-cancel] cancel"
                       "  \\[arcology-builder-toggle-pause] pause  \\[quit-window] quit"))))

(defun arcology-builder--revert-status (&rest _)
  "Fetch the status again."
  (if arcology-builder-mode
      (arcology-builder--refresh)
    (arcology-builder--print-status)))

(defun arcology-builder--time (name)
  "Return the property NAME, a time, in words."
  (let ((time (arcology-builder--number name)))
    (if (zerop time)
        "none yet"
      (format-time-string "%F %T" (/ time 1000000)))))

(defun arcology-builder--count (number noun plural)
  "Return NUMBER with NOUN, or with PLURAL unless it is 1."
  (format "%d %s" number (if (eql number 1) noun plural)))

(defun arcology-builder--suspended ()
  "Return the reason why automatic builds are suspended, nil without one."
  (cond
   ((arcology-builder--get "Paused") "suspended, resume with P")
   ((arcology-builder--get "Inhibitors")
    (concat "inhibited" (arcology-builder--inhibitors)))))

(defun arcology-builder--print-status ()
  "Write the status into the current buffer."
  (let ((inhibit-read-only t)
        (point (point))
        (last (arcology-builder--get "LastBuild")))
    (erase-buffer)
    (insert (propertize (arcology-builder--word) 'face 'bold) "\n" (arcology-builder--why) "\n")
    (when arcology-builder--properties
      (insert "\n")
      (pcase-dolist (`(,label . ,text)
                     `(("Last change" . ,(arcology-builder--time "LastTouch"))
                       ("Last build" . ,(if last
                                            (format "%d, %s, %s: %s"
                                                    (alist-get 'id last)
                                                    (alist-get 'kind last)
                                                    (arcology-builder--time "LastRun")
                                                    (alist-get 'result last))
                                          "none"))
                       ("Builds" . ,(arcology-builder--suspended))
                       ("Tree" . ,(format "%s in %s: %s"
                                          (arcology-builder--count
                                           (arcology-builder--number "WatchedFiles")
                                           "file" "files")
                                          (arcology-builder--count
                                           (arcology-builder--number "WatchedDirectories")
                                           "directory" "directories")
                                          (mapconcat #'abbreviate-file-name
                                                     (arcology-builder--get "Directories") ", ")))
                       ("Database" . ,(abbreviate-file-name (arcology-builder--get "Database")))
                       ("Health" . ,(string-trim-right
                                     (concat (arcology-builder--get "Health") ": "
                                             (arcology-builder--get "HealthMessage"))
                                     "[: ]+"))
                       ("Problems" . ,(pcase (arcology-builder--number "ProblemCount")
                                        (0 "none")
                                        (count (format "%d, list with p" count))))
                       ("Version" . ,(arcology-builder--get "Version"))))
        (when text
          (insert (format "%-13s %s\n" (concat label ":") text))))
      (when-let ((failure (arcology-builder--failure)))
        (insert "\n" (propertize failure 'face 'arcology-builder-failed) "\n")
        (dolist (file (alist-get 'failed-files last))
          (insert "  ")
          (insert-text-button (abbreviate-file-name file)
                              'action (lambda (_) (find-file-other-window file)))
          (insert "\n"))))
    (set-buffer-modified-p nil)
    (goto-char (min point (point-max)))))

;;;###autoload
(defun arcology-builder-status ()
  "Show the status of the service in a buffer, and keep it up to date."
  (interactive)
  (unless arcology-builder-mode
    (arcology-builder-mode))
  (with-current-buffer (get-buffer-create "*Arcology Builder*")
    (unless (derived-mode-p 'arcology-builder-status-mode)
      (arcology-builder-status-mode))
    (arcology-builder--print-status)
    (pop-to-buffer (current-buffer))))

;;; Problems

(defun arcology-builder--problem ()
  "Return the problem on the line that was just matched.
It is a list of the file, the line in it, the text and the other file."
  (get-text-property (match-beginning 0) 'arcology-builder-problem))

(defun arcology-builder--problem-file ()
  "Return the file of the problem on the line that was just matched."
  (car (arcology-builder--problem)))

(defun arcology-builder--problem-line ()
  "Return the line in that file."
  (max 1 (nth 1 (arcology-builder--problem))))

(defvar arcology-builder-problems-mode-map
  (let ((map (make-sparse-keymap)))
    (set-keymap-parent map compilation-mode-map)
    (define-key map "g" #'revert-buffer)
    map)
  "The keys in the list of problems.")

(define-derived-mode arcology-builder-problems-mode compilation-mode "Arcology-Problems"
  "The problems that the last build found in notes.
RET visits the place of a problem, and g refreshes the list."
  ;; The name of a file may look like anything, so the place is taken from the problem itself.
  (setq-local compilation-error-regexp-alist
              '(("^/.*: .*$" arcology-builder--problem-file arcology-builder--problem-line))
              compilation-transform-file-match-alist nil
              revert-buffer-function #'arcology-builder--revert-problems))

(defun arcology-builder--insert-problem (problem)
  "Insert a line about PROBLEM: file, line, text, other file."
  (pcase-let* ((`(,file ,line ,what ,other) problem)
               (start (point)))
    (insert file (if (zerop line) ": " (format ":%d: " line)) what)
    (unless (or (equal other "")
                (string-search (file-name-nondirectory other) what))
      (insert " (see " other ")"))
    ;; One line, whatever is in it.
    (subst-char-in-region start (point) ?\n ?\s)
    (add-text-properties start (point) (list 'arcology-builder-problem problem))
    (insert "\n")))

(defun arcology-builder--print-problems (problems truncated)
  "Write PROBLEMS into the current buffer, of which some are left out if TRUNCATED."
  (let ((inhibit-read-only t)
        (line (line-number-at-pos)))
    (erase-buffer)
    (dolist (problem problems)
      (pcase-let ((`(,file ,line ,what ,other) problem))
        (arcology-builder--insert-problem
         (list (arcology-builder--path-name file) line what
               (arcology-builder--path-name other)))))
    (cond
     ((null problems) (insert "No problems\n"))
     (truncated (insert "... and more\n")))
    (set-buffer-modified-p nil)
    (goto-char (point-min))
    (forward-line (1- line))))

(defun arcology-builder--revert-problems (&rest _)
  "Get the problems from the service, and write them into the current buffer."
  (let ((buffer (current-buffer)))
    (arcology-builder--ask
     "GetProblems"
     (lambda (problems truncated)
       (when (buffer-live-p buffer)
         (with-current-buffer buffer
           (arcology-builder--print-problems problems truncated))))
     :uint32 0)))

;;;###autoload
(defun arcology-builder-problems ()
  "List the problems that the last build found in notes.
The rest of such a note is in the database."
  (interactive)
  (with-current-buffer (get-buffer-create "*Arcology Problems*")
    (unless (derived-mode-p 'arcology-builder-problems-mode)
      (arcology-builder-problems-mode))
    (arcology-builder--revert-problems)
    (pop-to-buffer (current-buffer))))

;;; Builds of saved notes

;; A build takes a tenth of a second, and the quiet period before an automatic build is 5 s by
;; default.  So Emacs calls `Sync' when it has saved a note, which ends that period.

(defconst arcology-builder--ask-interval 0.3
  "Minimum number of seconds between two automatic calls of `Sync'.")

(defconst arcology-builder--credit-time 60
  "For how many seconds the processor time allowed by MaxLoad can be saved up.")

(defvar arcology-builder--saved nil
  "Whether a note was saved that no call of `Sync' covers yet.")

(defvar arcology-builder--syncs 0
  "How many of these calls are not answered yet.")

(defvar arcology-builder--asked 0.0
  "When the last of them was made.")

(defvar arcology-builder--ask-timer nil
  "The timer of the next of them, or nil.")

(defvar arcology-builder--credit nil
  "A time, and the processor seconds that builds of saved notes could take then.
It is nil before anything was built.")

(defun arcology-builder--available-credit ()
  "Return the processor seconds that builds of saved notes may take now."
  (let* ((load (or (arcology-builder--get "MaxLoad") 0))
         (limit (* load arcology-builder--credit-time)))
    (pcase arcology-builder--credit
      (`(,time . ,seconds) (min limit (+ seconds (* load (- (float-time) time)))))
      (_ limit))))

(defun arcology-builder--spend (details)
  "Take the processor time of the build with DETAILS from the credit."
  (setq arcology-builder--credit
        (cons (float-time)
              (- (arcology-builder--available-credit)
                 (/ (or (alist-get 'cpu-usec details) 0) 1e6)))))

(defun arcology-builder--held-p ()
  "Whether automatic builds are held back, or the service is not running."
  (or (null arcology-builder--properties)
      (arcology-builder--get "Paused")
      (arcology-builder--get "Inhibitors")
      (member (arcology-builder--get "Reason") '("inhibited" "unavailable" "power-saver"))))

(defun arcology-builder--current-p ()
  "Whether the database has every saved note, or no call of `Sync' can help."
  (or (arcology-builder--held-p)
      (and (zerop arcology-builder--syncs)
           (not arcology-builder--saved)
           (or (arcology-builder--get "Fresh")
               ;; The service tries again by itself.
               (arcology-builder--failed-p)))))

(defun arcology-builder--ask-for-build ()
  "Call `Sync', now or when the interval since the last call has passed."
  (let ((wait (- (+ arcology-builder--asked arcology-builder--ask-interval) (float-time))))
    (cond
     (arcology-builder--ask-timer nil)
     ((< wait 0) (arcology-builder--start-sync))
     (t (setq arcology-builder--ask-timer
              (run-at-time wait nil #'arcology-builder--start-sync))))))

(defun arcology-builder--start-sync ()
  "Call `Sync'."
  (when arcology-builder--ask-timer
    (cancel-timer arcology-builder--ask-timer))
  (setq arcology-builder--ask-timer nil
        arcology-builder--saved nil
        arcology-builder--asked (float-time)
        arcology-builder--syncs (1+ arcology-builder--syncs))
  (let ((answered (lambda (&rest _)
                    (setq arcology-builder--syncs (max 0 (1- arcology-builder--syncs))))))
    (arcology-builder--call
     arcology-builder--service arcology-builder--path arcology-builder--interface "Sync"
     answered answered
     ;; It answers after the build.
     :timeout #x7fffffff
     '(:array :signature "{sv}"))))

(defun arcology-builder--build-saved ()
  "Ask for a build of a saved note, if the service has seen it, within MaxLoad."
  ;; The power saver is visible only as a Reason, and only while something is pending.
  (when (and arcology-builder--saved
             (not (arcology-builder--held-p))
             (not (arcology-builder--get "Fresh"))
             (< 0 (arcology-builder--available-credit)))
    (arcology-builder--ask-for-build)))

(defun arcology-builder--watched-p (file)
  "Whether FILE is below a directory of the service."
  (let ((file (file-truename file)))
    (seq-some (lambda (directory)
                (string-prefix-p (file-name-as-directory (file-truename directory)) file))
              (arcology-builder--get "Directories"))))

(defun arcology-builder--note-changed (file)
  "Have FILE built soon, because this Emacs changed it."
  (when (and file arcology-builder--properties (arcology-builder--watched-p file))
    (setq arcology-builder--saved t)
    (arcology-builder--build-saved)))

(defun arcology-builder--after-save ()
  "Have the note in the current buffer built soon."
  (when (derived-mode-p 'org-mode)
    (arcology-builder--note-changed (buffer-file-name (buffer-base-buffer)))))

(defun arcology-builder--await (&rest _)
  "Wait for builds of saved notes, `arcology-builder-wait' seconds at most.
\\[keyboard-quit] quits; other keys are read later."
  (unless (or (<= arcology-builder-wait 0) (arcology-builder--current-p))
    ;; The interval is for saves, which may be many.
    (when (or arcology-builder--saved (zerop arcology-builder--syncs))
      (arcology-builder--start-sync))
    (let ((deadline (+ (float-time) arcology-builder-wait))
          events)
      (unwind-protect
          ;; Not until it is up to date: there may be newer changes than the saved note.
          (while (and (or arcology-builder--saved (< 0 arcology-builder--syncs))
                      (not (arcology-builder--held-p))
                      (< (float-time) deadline))
            ;; D-Bus messages are events, which `read-event' handles.  As in `dbus-call-method',
            ;; it must not take those of the user.
            (let ((event (let (unread-command-events executing-kbd-macro)
                           (read-event nil nil 0.01))))
              (when event
                (if (eq event ?\C-g)
                    (signal 'quit nil)
                  (push (cons t event) events)))))
        (setq unread-command-events (nconc (nreverse events) unread-command-events))))))

;;; org-roam

(defvar arcology-builder--roam-location nil
  "The value of `org-roam-db-location' before the service's, or nil.")

(defvar arcology-builder--roam-database nil
  "The database of the service that org-roam reads, or nil.")

(defvar arcology-builder--roam-autosync nil
  "Whether only `arcology-builder-database-mode' wants `org-roam-db-autosync-mode'.")

(defconst arcology-builder--roam-advice
  '((org-roam-db-autosync-mode :around arcology-builder-without-sync)
    (org-roam-db-sync :around arcology-builder--sync-instead)
    (org-roam-db-update-file :around arcology-builder--update-instead)
    (org-roam-db-clear-file :around arcology-builder--update-instead)
    (org-roam-node-list :before arcology-builder--await)
    (org-roam-ref-read--completions :before arcology-builder--await)
    (org-roam-link-follow-link :before arcology-builder--await)
    (org-roam-buffer-toggle :before arcology-builder--await)
    (org-roam-buffer-refresh :before arcology-builder--await))
  "What `arcology-builder-database-mode' changes of org-roam.")

(defun arcology-builder--database ()
  "Return the database of the service, nil if there is none yet."
  (let ((database (or (arcology-builder--get "Database")
                      ;; Its default, while the service is not running or has not answered.
                      (expand-file-name "arcology-builder/arcology.db"
                                        (or (getenv "XDG_DATA_HOME") "~/.local/share")))))
    ;; org-roam would make a file that is missing, and another one than the service makes.
    (and (file-exists-p database) database)))

(defun arcology-builder--use-database ()
  "Let org-roam, if it is loaded, read the database of the service, if any."
  (when (featurep 'org-roam)
    (unless org-roam-db-autosync-mode
      (org-roam-db-autosync-mode)
      (setq arcology-builder--roam-autosync t))
    (when-let ((database (arcology-builder--database)))
      (unless (equal org-roam-db-location database)
        (org-roam-db--close-all)
        (unless (equal org-roam-db-location arcology-builder--roam-database)
          (setq arcology-builder--roam-location org-roam-db-location))
        (setq org-roam-db-location database))
      (setq arcology-builder--roam-database database))))

(defun arcology-builder--builds-p ()
  "Whether the database of org-roam is the service's to write."
  (or arcology-builder--properties
      (and arcology-builder--roam-database
           (equal org-roam-db-location arcology-builder--roam-database))))

(defun arcology-builder--sync-instead (sync &optional force)
  "Let the service do what SYNC, which is `org-roam-db-sync', would.
With FORCE, that function would delete the database."
  (cond
   ((not (arcology-builder--builds-p)) (funcall sync force))
   (force (arcology-builder-rebuild 'full))
   (t (arcology-builder-sync))))

(defun arcology-builder--update-instead (update &optional file &rest args)
  "Let the service do what UPDATE, of org-roam, would with FILE and ARGS."
  (if (arcology-builder--builds-p)
      (arcology-builder--note-changed (or file (buffer-file-name (buffer-base-buffer))))
    (apply update file args)))

;; Copied to the autoloads as a whole: there it is called for a line for
;; `org-roam-db-autosync-mode' that is before the one for `arcology-builder-database-mode'.
;;;###autoload
(progn
  (defun arcology-builder-without-sync (start &rest args)
    "Call START, which is `org-roam-db-autosync-mode', with ARGS.
While `arcology-builder-database-mode' is on, do that without the
synchronization of all notes, which is for the service to do.  In an
init file, put that off to the end: the mode may be turned on later."
    (let ((later (not (or (bound-and-true-p arcology-builder-database-mode) after-init-time)))
          (skip (lambda (&rest _))))
      (if (not (or later (bound-and-true-p arcology-builder-database-mode)))
          (apply start args)
        (advice-add 'org-roam-db-sync :override skip '((depth . -100)))
        (unwind-protect
            (apply start args)
          (advice-remove 'org-roam-db-sync skip))
        (setq arcology-builder--roam-autosync nil)
        (when (and later (bound-and-true-p org-roam-db-autosync-mode))
          (add-hook 'after-init-hook #'arcology-builder-sync-unless-on 90)))))

  (defun arcology-builder-sync-unless-on ()
    "Call `org-roam-db-sync', unless `arcology-builder-database-mode' is on."
    (unless (bound-and-true-p arcology-builder-database-mode)
      (org-roam-db-sync))))

;; Only there, so that to load this file changes nothing.
;;;###autoload (advice-add 'org-roam-db-autosync-mode :around #'arcology-builder-without-sync)

;;; What org-roam shows

(defvar-local arcology-builder--roam-rows nil
  "The rows of the database in this backlinks buffer.")

(defun arcology-builder--query-rows (id)
  "Return the rows of the database for the backlinks buffer of the node ID."
  (list (org-roam-db-query [:select [nodes:title files:hash] :from nodes
                            :inner-join files :on (= nodes:file files:file)
                            :where (= nodes:id $s1)]
                           id)
        (org-roam-db-query [:select [links:source links:dest links:pos links:properties
                                     nodes:title files:hash]
                            :from links
                            :inner-join nodes :on (= links:source nodes:id)
                            :inner-join files :on (= nodes:file files:file)
                            :where (or (= links:dest $s1)
                                       (in links:dest [:select ref :from refs
                                                       :where (= node-id $s1)]))
                            :order-by [links:source links:pos links:dest]]
                           id)
        (org-roam-db-query [:select [citations:node-id citations:cite-key citations:pos
                                     nodes:title files:hash]
                            :from citations
                            :inner-join nodes :on (= citations:node-id nodes:id)
                            :inner-join files :on (= nodes:file files:file)
                            :where (in citations:cite-key [:select ref :from refs
                                                           :where (= node-id $s1)])
                            :order-by [citations:node-id citations:pos]]
                           id)))

(defun arcology-builder--remember-rows ()
  "Remember the rows of the database in the current backlinks buffer."
  (when org-roam-buffer-current-node
    (setq arcology-builder--roam-rows
          (arcology-builder--query-rows (org-roam-node-id org-roam-buffer-current-node)))))

(defun arcology-builder--render-again (node)
  "Render the current backlinks buffer for NODE; scroll none of its windows."
  (let ((windows (mapcar (lambda (window)
                           (list window
                                 (line-number-at-pos (window-point window))
                                 (line-number-at-pos (window-start window))))
                         (get-buffer-window-list nil nil t))))
    (if (local-variable-p 'org-roam-buffer-current-node)
        (setq org-roam-buffer-current-node node)
      (setq-default org-roam-buffer-current-node node))
    (org-roam-buffer-render-contents)
    (pcase-dolist (`(,window ,line ,start) windows)
      (save-excursion
        (goto-char (point-min))
        (forward-line (1- start))
        (set-window-start window (point) t)
        (goto-char (point-min))
        (forward-line (1- line))
        (set-window-point window (point))))))

(defun arcology-builder--refresh-backlinks ()
  "Render each backlinks buffer again that the last build made stale."
  (dolist (buffer (buffer-list))
    (with-current-buffer buffer
      (when-let (((derived-mode-p 'org-roam-mode))
                 (shown org-roam-buffer-current-node)
                 (id (org-roam-node-id shown)))
        (unless (equal (arcology-builder--query-rows id) arcology-builder--roam-rows)
          (let ((node (org-roam-populate (org-roam-node-create :id id))))
            ;; A note that was deleted has no file any more.
            (when (org-roam-node-file node)
              (arcology-builder--render-again node))))))))

(defun arcology-builder--roam-after-build (result details)
  "Refresh buffers of org-roam after a build with RESULT and DETAILS."
  (arcology-builder--spend details)
  ;; The first build makes the database.
  (arcology-builder--use-database)
  (when (and (member result '("success" "failed"))
             (not (eql 0 (alist-get 'changed details)))
             arcology-builder--roam-database
             (equal org-roam-db-location arcology-builder--roam-database))
    (with-demoted-errors "Arcology Builder: %S"
      (arcology-builder--refresh-backlinks)
      (when (and (bound-and-true-p org-roam-ui-mode)
                 (bound-and-true-p org-roam-ui-ws-socket))
        (org-roam-ui--send-graphdata)))))

;;; The mode

(defun arcology-builder--load-roam ()
  "Load org-roam, if it is installed, and let it read the database of the service."
  (when arcology-builder-database-mode
    (require 'org-roam nil t)
    (arcology-builder--use-database)))

(defun arcology-builder--after-load (_file)
  "Let org-roam read the database of the service when it is loaded."
  (when (featurep 'org-roam)
    (remove-hook 'after-load-functions #'arcology-builder--after-load)
    (arcology-builder--use-database)))

;;;###autoload
(define-minor-mode arcology-builder-database-mode
  "Let org-roam read the database that Arcology Builder keeps in sync.
While the service is running or has a database, `org-roam-db-location'
is that database, and org-roam does not write it: `org-roam-db-sync' asks
the service to bring it up to date, and a note that is saved, renamed or
deleted is built by the service, at once if its setting MaxLoad allows it.
Everything else of `org-roam-db-autosync-mode', which this mode turns on,
is as without it, except that it does not read all notes when it starts.

Commands that list nodes wait for notes that were just saved, for
`arcology-builder-wait' seconds at most.  The backlinks buffer and
org-roam-ui are refreshed after each build that changed what they show.

When the mode is turned off, org-roam has its own database again.

This mode turns on `arcology-builder-mode'."
  :global t
  (pcase-dolist (`(,function ,how ,advice) arcology-builder--roam-advice)
    (if arcology-builder-database-mode
        (advice-add function how advice)
      (advice-remove function advice)))
  (cond
   (arcology-builder-database-mode
    (unless arcology-builder-mode
      (arcology-builder-mode))
    (add-hook 'after-save-hook #'arcology-builder--after-save)
    (add-hook 'org-roam-buffer-postrender-functions #'arcology-builder--remember-rows)
    (cond
     ;; Later lines of the init file may be about how to load org-roam.
     ((not after-init-time)
      (add-hook 'after-init-hook #'arcology-builder--load-roam))
     (t (arcology-builder--load-roam)))
    (unless (featurep 'org-roam)
      (add-hook 'after-load-functions #'arcology-builder--after-load)))
   (t
    (remove-hook 'after-save-hook #'arcology-builder--after-save)
    (remove-hook 'org-roam-buffer-postrender-functions #'arcology-builder--remember-rows)
    (remove-hook 'after-init-hook #'arcology-builder--load-roam)
    (remove-hook 'after-load-functions #'arcology-builder--after-load)
    (when arcology-builder--ask-timer
      (cancel-timer arcology-builder--ask-timer))
    (setq arcology-builder--ask-timer nil
          arcology-builder--saved nil)
    (when (featurep 'org-roam)
      (org-roam-db--close-all)
      (when arcology-builder--roam-location
        (setq org-roam-db-location arcology-builder--roam-location))
      (when org-roam-db-autosync-mode
        (if arcology-builder--roam-autosync
            (org-roam-db-autosync-mode -1)
          (org-roam-db-sync))))
    (setq arcology-builder--roam-location nil
          arcology-builder--roam-database nil
          arcology-builder--roam-autosync nil))))

;;; Setup

(defconst arcology-builder--row-settings
  '(org-todo-keywords org-use-tag-inheritance org-tags-exclude-from-inheritance
    org-priority-highest org-priority-lowest org-priority-default org-link-abbrev-alist
    org-odd-levels-only org-roam-db-node-include-function org-roam-db-extra-links-elements
    org-roam-db-extra-links-exclude-keys)
  "Variables on which the rows of a note depend.")

(defconst arcology-builder--tree-settings
  '((org-roam-file-exclude-regexp . "Exclude") (org-roam-file-extensions . "Include"))
  "Variables of org-roam about files, and the settings of the service.")

(defconst arcology-builder--setup-begin ";; Written by M-x arcology-builder-setup, from here"
  "The line before what `arcology-builder-setup' writes in settings.el.")
(defconst arcology-builder--setup-end ";; to here"
  "The line after that.")

(defun arcology-builder--setup-directories ()
  "Return the directories of org-roam and what it needs in `load-path'."
  (let ((queue (cons 'org-roam (seq-filter (lambda (feature)
                                             (string-prefix-p "emacsql" (symbol-name feature)))
                                           features)))
        (own (file-name-directory (locate-library "simple")))
        seen directories)
    (while queue
      (let ((feature (pop queue)))
        (unless (memq feature seen)
          (push feature seen)
          (when-let ((entry (seq-find (lambda (entry) (member (cons 'provide feature) entry))
                                      load-history))
                     (file (car entry)))
            (dolist (item (cdr entry))
              (when (eq (car-safe item) 'require)
                (push (cdr item) queue)))
            (unless (string-prefix-p own file)
              (push (directory-file-name (file-name-directory file)) directories))))))
    (seq-filter (lambda (directory)
                  (and (stringp directory)
                       (member (directory-file-name (expand-file-name directory)) directories)))
                load-path)))

(defun arcology-builder--function-source (function)
  "Return a lambda expression for FUNCTION, nil if there is none."
  (pcase function
    (`(lambda . ,_) function)
    (`(closure (t) ,arguments . ,body) `(lambda ,arguments ,@body))
    ;; `interpreted-function' of Emacs 30: arguments, body, variables.
    ((and (guard (eq (type-of function) 'interpreted-function))
          (guard (member (aref function 2) '(nil (t)))))
     `(lambda ,(aref function 0) ,@(aref function 1)))))

(defun arcology-builder--setup-form (variable)
  "Return the text of a form with the value of VARIABLE, nil for the default."
  (when (boundp variable)
    (let* ((value (default-value variable))
           (standard (condition-case nil
                         (eval (car (get variable 'standard-value)) t)
                       (error nil)))
           (source (and (functionp value)
                        (arcology-builder--function-source
                         (if (symbolp value) (symbol-function value) value)))))
      (cond
       ((equal value standard) nil)
       (source (format "(setq %s\n      %S)\n" variable source))
       ((and (functionp value) (symbolp value)
             (string-match-p "\\`org-" (symbol-name value)))
        (format "(setq %s #'%s)\n" variable value))
       ((or (functionp value)
            (not (equal value (ignore-errors (read (prin1-to-string value))))))
        (format ";; %s cannot be copied: define it below.\n" variable))
       ((or (consp value) (and value (symbolp value) (not (eq value t))))
        (format "(setq %s '%S)\n" variable value))
       (t (format "(setq %s %S)\n" variable value))))))

(defun arcology-builder--setup-settings ()
  "Return the text for settings.el that describes this Emacs."
  (let ((print-length nil)
        (print-level nil)
        (print-quoted t))
    (concat
     arcology-builder--setup-begin "\n"
     (when-let ((directories (arcology-builder--setup-directories)))
       (format "(setq load-path\n      (append '(%s)\n              load-path))\n"
               (mapconcat #'prin1-to-string directories "\n                ")))
     (mapconcat #'arcology-builder--setup-form arcology-builder--row-settings "")
     (mapconcat (pcase-lambda (`(,variable . ,key))
                  (if (arcology-builder--setup-form variable)
                      (format ";; %s is not the default here: see %s in builder.conf.\n"
                              variable key)
                    ""))
                arcology-builder--tree-settings "")
     arcology-builder--setup-end "\n")))

(defun arcology-builder--setup-merge (old new)
  "Return OLD, the text of settings.el, with NEW instead of an earlier part."
  (with-temp-buffer
    (insert old)
    (goto-char (point-min))
    (when (search-forward (concat arcology-builder--setup-begin "\n") nil t)
      (let ((start (match-beginning 0)))
        (when (search-forward (concat arcology-builder--setup-end "\n") nil t)
          (delete-region start (point)))
        (goto-char start)))
    (insert new)
    (buffer-string)))

(defun arcology-builder--manager-path ()
  "Return the PATH of the service as a list."
  (split-string
   (or (seq-some (lambda (line) (and (string-prefix-p "PATH=" line) (substring line 5)))
                 (or (arcology-builder--get "Environment")
                     (ignore-errors (process-lines "systemctl" "--user" "show-environment"))))
       "/usr/local/bin:/usr/bin:/bin")
   ":" t))

(defun arcology-builder--setup-emacs ()
  "Return the words before the build program for this Emacs, nil for none."
  (let* ((path (arcology-builder--manager-path))
         (this (expand-file-name invocation-name invocation-directory))
         (found (locate-file "emacs" path nil #'file-executable-p))
         (mine (executable-find "emacs")))
    (cond
     ((or (and found (file-equal-p found this)) (and found mine (file-equal-p found mine))) nil)
     ;; A wrapper, such as those of Nix and Guix, comes before the program that it runs.
     (t (list "env" (concat "PATH="
                            (string-join
                             (cons (directory-file-name (file-name-directory (or mine this))) path)
                             ":")))))))

(defun arcology-builder--quote (word)
  "Return WORD as a word of the setting Command."
  (if (string-match-p "\\`[[:alnum:]_./~+:@%=,-]+\\'" word)
      word
    ;; Quoted for a shell, and then for a keyfile.
    (string-replace "\\" "\\\\" (concat "'" (string-replace "'" "'\\''" word) "'"))))

(defun arcology-builder--setup-command (settings)
  "Return the value of Command with the file SETTINGS, nil if it has that."
  (let* ((program (or (executable-find "arcology-builder")
                      (user-error "The program arcology-builder is not in `exec-path'")))
         (command (or (seq-some (lambda (line)
                                  (and (string-prefix-p "Command=" line) (substring line 8)))
                                (process-lines program "--print-config"))
                      (user-error "%s does not print its settings" program)))
         (words (split-string-shell-command (string-replace "\\\\" "\\" command))))
    (unless (string-match-p "\\(?:\\`\\|[/']\\)arcology-batch\\(?:['\" ]\\|\\'\\)" command)
      (user-error "The setting Command is not the default program: %s" command))
    (unless (seq-some (lambda (word) (equal (expand-file-name word) settings)) words)
      (string-join
       (append (unless (equal (car words) "env")
                 (mapcar #'arcology-builder--quote (arcology-builder--setup-emacs)))
               (list command "-l" (arcology-builder--quote settings)))
       " "))))

(defun arcology-builder--setup-configure (old command)
  "Return OLD, the text of builder.conf, with the setting COMMAND."
  (with-temp-buffer
    (insert old)
    (goto-char (point-min))
    (let ((line (concat "Command=" command "\n")))
      (cond
       ((re-search-forward "^[ \t]*Command[ \t]*=.*\n?" nil t)
        (replace-match line t t))
       ((re-search-forward "^\\[Build\\][ \t]*\\(\n\\|\\'\\)" nil t)
        (unless (bolp) (insert "\n"))
        (insert line))
       (t
        (goto-char (point-max))
        (unless (bolp) (insert "\n"))
        (unless (bobp) (insert "\n"))
        (insert "[Build]\n" line))))
    (buffer-string)))

(defun arcology-builder--setup-check (settings)
  "Fail unless a batch Emacs can load org-roam with the text SETTINGS."
  (let ((file (make-temp-file "arcology-settings" nil ".el" settings))
        (this (expand-file-name invocation-name invocation-directory)))
    (unwind-protect
        (with-temp-buffer
          (unless (eql 0 (call-process
                          (or (executable-find "emacs") this) nil t nil "-q" "--batch" "--eval"
                          ;; What it compiles by itself is not for the init directory of the user.
                          (concat "(setq native-comp-jit-compilation nil"
                                  " native-comp-deferred-compilation nil"
                                  " native-comp-enable-subr-trampolines nil)")
                          "-l" file "--eval" "(require 'org-roam)"))
            (goto-char (point-max))
            (user-error "A batch Emacs cannot load org-roam with these settings: %s"
                        (string-trim (buffer-substring (max (point-min) (- (point) 300))
                                                       (point))))))
      (delete-file file))))

(defun arcology-builder--file-text (file)
  "Return the text of FILE, an empty one if it does not exist."
  (if (file-exists-p file)
      (with-temp-buffer
        (insert-file-contents file)
        (buffer-string))
    ""))

;;;###autoload
(defun arcology-builder-setup ()
  "Make builds use the org-roam of this Emacs, and its settings that affect rows.
This shows, and writes with your consent, a part of the file settings.el
in ~/.config/arcology-builder: the directories of org-roam and of what it
needs, and the values of variables such as `org-todo-keywords' where they
are not the default.  The setting Command in builder.conf has the builds
load it."
  (interactive)
  (unless (require 'org-roam nil t)
    (user-error "This Emacs does not have org-roam"))
  ;; org-roam 2.2 loads it when it first opens a database.
  (require 'emacsql-sqlite nil t)
  (let* ((directory (expand-file-name "arcology-builder/"
                                      (or (getenv "XDG_CONFIG_HOME") "~/.config")))
         (settings (expand-file-name "settings.el" directory))
         (configuration (expand-file-name "builder.conf" directory))
         (new-settings (arcology-builder--setup-merge (arcology-builder--file-text settings)
                                                      (arcology-builder--setup-settings)))
         (command (arcology-builder--setup-command settings))
         (files (append (list (cons settings new-settings))
                        (and command
                             (list (cons configuration
                                         (arcology-builder--setup-configure
                                          (arcology-builder--file-text configuration)
                                          command)))))))
    (arcology-builder--setup-check new-settings)
    (with-current-buffer (get-buffer-create "*Arcology Setup*")
      (let ((inhibit-read-only t))
        (erase-buffer)
        (pcase-dolist (`(,file . ,text) files)
          (insert (propertize (abbreviate-file-name file) 'face 'bold) "\n\n" text "\n")))
      (special-mode)
      (goto-char (point-min))
      (save-window-excursion
        (pop-to-buffer (current-buffer))
        (unless (y-or-n-p "Write these files? ")
          (user-error "Nothing was written"))))
    (make-directory directory t)
    (pcase-dolist (`(,file . ,text) files)
      (let ((coding-system-for-write 'utf-8-unix))
        (write-region text nil file)))
    (if (null arcology-builder--properties)
        (message "Arcology Builder: settings written; the service is not running")
      (arcology-builder--ask
       "Reload" (lambda () (message "Arcology Builder: settings written and reloaded"))))))

(provide 'arcology-builder)

;;; arcology-builder.el ends here
