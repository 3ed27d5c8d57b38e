;;; arcology-builder.el --- See and steer Arcology Builder  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1"))
;; Keywords: outlines, hypermedia, processes

;;; Commentary:

;; Arcology Builder is a service that keeps an org-roam database true to a tree of Org files.  With
;; this library Emacs shows what it does, and asks it for builds:
;;
;;     (require 'arcology-builder)
;;     (arcology-builder-mode)
;;
;; The mode line then has a word, such as "fresh", "waiting 4 s", "building 40 %" or "failed"; the
;; mouse over it tells why.  "absent" means that the service does not run: that is no error, and the
;; word changes by itself when it starts.
;;
;; M-x arcology-builder-rebuild   builds what changed now; with C-u, everything
;; M-x arcology-builder-sync      the same if anything is stale, and says when it is done
;; M-x arcology-builder-status    tells all that is known in a buffer
;; M-x arcology-builder-problems  lists what is wrong with notes; RET visits the place
;; M-x arcology-builder-log       shows what the last build, or the one that runs, printed
;;
;; Functions on `arcology-builder-after-build-functions' run after each build:
;;
;;     (add-hook 'arcology-builder-after-build-functions
;;               (lambda (build result details)
;;                 (unless (equal result "success")
;;                   (message "Build %d: %s" build (alist-get 'message details)))))
;;
;; To let org-roam read the database of the service, instead of keeping one of its own:
;;
;;     (arcology-builder-database-mode)
;;
;; Emacs never waits for the service: all calls are asynchronous.

;;; Code:

(require 'compile)
(require 'dbus)
(require 'seq)
(require 'subr-x)

(defvar arcology-builder-mode)
(defvar auto-revert-verbose)
(defvar org-roam-db-autosync-mode)
(defvar org-roam-db-location)
(defvar org-roam-db-update-on-save)

(declare-function org-roam-db--close-all "ext:org-roam-db" ())
(declare-function org-roam-db-autosync-mode "ext:org-roam-db" (&optional arg))

(defgroup arcology-builder nil
  "See and steer Arcology Builder."
  :group 'org)

(defcustom arcology-builder-mode-line-prefix " Notes:"
  "What the word in the mode line begins with."
  :type 'string)

(defcustom arcology-builder-log-directory
  (expand-file-name "arcology-builder/logs/" (or (getenv "XDG_STATE_HOME") "~/.local/state"))
  "Where the service keeps what the builds printed, if it does not tell."
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
  "For the word in the mode line while the database lacks a change.")

(defface arcology-builder-failed '((t :inherit error))
  "For the word in the mode line after a build that failed.")

(defconst arcology-builder--service "org.arcology.Builder")
(defconst arcology-builder--path "/org/arcology/Builder")
(defconst arcology-builder--interface "org.arcology.Builder")

(defvar arcology-builder--bus :session
  "The bus on which the service is looked for.")

(defvar arcology-builder--properties nil
  "An alist of the names and values of the service's properties.
It is nil if the service is absent.")

(defvar arcology-builder--absence "Not asked yet"
  "Why there are no properties, as a sentence without its stop.")

(defvar arcology-builder--registrations nil
  "What to give back to D-Bus.")

(defvar arcology-builder--calls nil
  "An alist of the keys of calls under way and what to do when they fail.")

(defvar arcology-builder--timer nil
  "The timer that counts down, or nil.")

(defvar arcology-builder--mode-line "")
(put 'arcology-builder--mode-line 'risky-local-variable t)

;;; Values

(defun arcology-builder--path-name (bytes)
  "Return the path in BYTES, a list of numbers that ends with 0."
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
        (push (cons key failure) arcology-builder--calls))
    (dbus-error
     (funcall failure "" (arcology-builder--bus-problem error)))))

(defun arcology-builder--handle-error (event error)
  "Pass EVENT, which answers a call with ERROR, on to the one who made it."
  (let* ((key (list :serial (dbus-event-bus-name event) (dbus-event-serial-number event)))
         (failure (alist-get key arcology-builder--calls nil nil #'equal)))
    (when failure
      (setf (alist-get key arcology-builder--calls nil 'remove #'equal) nil)
      (funcall failure (or (cadr error) "") (or (car (last error)) "")))))

(add-hook 'dbus-event-error-functions #'arcology-builder--handle-error)

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
                        "the service is not installed for this session"
                      text)))
         handler args))

;;; Following the service

(defun arcology-builder--refresh ()
  "Ask the service for all its properties, unless it is absent."
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
  "Forget the service, which is absent because of WHY."
  (setq arcology-builder--properties nil
        arcology-builder--absence (string-remove-suffix "." why))
  (arcology-builder--update))

(defun arcology-builder--owner-changed (_name _old new)
  "Follow the service to its NEW owner; an empty string means that there is none."
  (if (equal new "")
      (arcology-builder--leave "The service does not run")
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
  "Tell everybody that BUILD ended with RESULT and DETAILS."
  (run-hook-with-args 'arcology-builder-after-build-functions
                      build result (arcology-builder--details details)))

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
    (`(,done ,total) (unless (zerop total) (/ (* 100 done) total)))))

(defun arcology-builder--failed-p ()
  "Whether the last build failed."
  (< 0 (arcology-builder--number "ConsecutiveFailures")))

(defun arcology-builder--word ()
  "Return a word for the state of the service."
  (let ((reason (arcology-builder--get "Reason"))
        (remaining (arcology-builder--remaining)))
    (cond
     ((null arcology-builder--properties) "absent")
     ((equal (arcology-builder--get "State") "running")
      (if-let ((percentage (arcology-builder--percentage)))
          (format "building %d %%" percentage)
        "building"))
     ((equal reason "unavailable") "unavailable")
     ((and (arcology-builder--failed-p) (member reason '("retry" "nothing-pending"))) "failed")
     ((arcology-builder--get "Fresh") "fresh")
     ((equal reason "paused") "paused")
     ((member reason '("inhibited" "power-saver")) "held")
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
         (`(,done ,total) (format "Build %d runs: %d of %d files are done."
                                  (arcology-builder--number "CurrentBuild") done total))
         (_ "A build runs.")))
      ((guard (arcology-builder--get "Fresh")) "The database holds every change.")
      ("debounce" (format "%s; the writer may not be done%s." (arcology-builder--pending)
                          (if remaining
                              (format ", a build starts in %s"
                                      (arcology-builder--duration remaining))
                            "")))
      ("cooldown" (format "%s; the service rests after a build%s." (arcology-builder--pending)
                          (if remaining
                              (format " for another %s" (arcology-builder--duration remaining))
                            "")))
      ("retry" (if remaining
                   (format "The last build failed; it is tried again in %s."
                           (arcology-builder--duration remaining))
                 "The last build failed; a change or M-x arcology-builder-rebuild tries it again."))
      ("paused" (format "%s; the service is paused." (arcology-builder--pending)))
      ("inhibited" (format "%s; a program holds builds back." (arcology-builder--pending)))
      ("power-saver" (format "%s; builds wait while power is saved." (arcology-builder--pending)))
      ("unavailable" (arcology-builder--text-or "HealthMessage"
                                                       "A directory of notes is not there."))
      ("nothing-pending" "The last build did not bring in everything.")
      (reason (format "%s: %s." (arcology-builder--pending) reason)))))

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
   ((not (member word '("fresh" "absent"))) 'arcology-builder-stale)))

(defun arcology-builder--visible-p ()
  "Whether there may be somebody who sees the mode line."
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
                    (propertize (string-replace "%" "%%" word)
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
    (arcology-builder--use-database)))

;;;###autoload
(define-minor-mode arcology-builder-mode
  "Show in the mode line what Arcology Builder does.
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
    ;; A count-down stands still while nobody sees it.
    (add-function :after after-focus-change-function #'arcology-builder--update)
    (arcology-builder--follow)))

;;; Commands

;;;###autoload
(defun arcology-builder-rebuild (&optional full)
  "Ask the service to build what changed, now.
With FULL, interactively with a prefix argument, build every note anew."
  (interactive "P")
  (arcology-builder--ask
   "Rebuild"
   (lambda (build) (message "Arcology Builder: build %d will hold all that is saved" build))
   (if full
       '(:array (:dict-entry "full" (:variant :boolean t)))
     '(:array :signature "{sv}"))))

;;;###autoload
(defun arcology-builder-sync ()
  "Ask the service to bring the database up to date, and say when that is done."
  (interactive)
  (message "Arcology Builder: bringing the database up to date...")
  (arcology-builder--ask
   "Sync"
   (lambda (build result)
     (if (member result '("success" ""))
         (message "Arcology Builder: the database holds all that was saved (build %d)" build)
       (message "Arcology Builder: build %d ended: %s%s; see M-x arcology-builder-log"
                build result
                ;; The properties come before the answer.
                (if (equal build (arcology-builder--last 'id))
                    (concat ": " (arcology-builder--last 'message))
                  ""))))
   ;; It answers after the build, which may last as long as it likes.
   :timeout #x7fffffff
   '(:array :signature "{sv}")))

(defun arcology-builder--log-directory ()
  "Return the directory of the logs: where that of the last build is, if known."
  (let ((log (or (arcology-builder--last 'log) "")))
    (if (equal log "")
        arcology-builder-log-directory
      (file-name-directory log))))

(defun arcology-builder--log-file (build)
  "Return the file with what BUILD printed, nil if there is none.
Without BUILD, of the one that runs, or the last."
  (let* ((directory (arcology-builder--log-directory))
         (numbers (and (file-directory-p directory)
                       (mapcar #'string-to-number
                               (directory-files directory nil "\\`[0-9]+\\.log\\'" t))))
         (number (or build (and numbers (apply #'max numbers)))))
    (and (memq number numbers)
         (expand-file-name (format "%d.log" number) directory))))

;;;###autoload
(defun arcology-builder-log (&optional build)
  "Show what the running build has printed, or else the last one.
With BUILD, interactively a numeric prefix argument, show that of this
number.  The lines of a build that runs appear as they come."
  (interactive "P")
  (let ((file (arcology-builder--log-file (if (consp build) nil build))))
    (unless file
      (user-error "There is no such log in %s" (arcology-builder--log-directory)))
    (let ((buffer (find-file-noselect file t)))
      (with-current-buffer buffer
        (unless (bound-and-true-p auto-revert-tail-mode)
          (revert-buffer t t t)
          (setq-local auto-revert-verbose nil)
          (auto-revert-tail-mode))
        (view-mode)
        (goto-char (point-max)))
      (pop-to-buffer buffer))))

(define-derived-mode arcology-builder-status-mode special-mode "Arcology-Status"
  "What Arcology Builder does and knows."
  (setq-local revert-buffer-function #'arcology-builder--revert-status))

(defun arcology-builder--revert-status (&rest _)
  "Ask the service anew."
  (if arcology-builder-mode
      (arcology-builder--refresh)
    (arcology-builder--print-status)))

(defun arcology-builder--time (name)
  "Return the property NAME, a time, in words."
  (let ((time (arcology-builder--number name)))
    (if (zerop time)
        "never"
      (format-time-string "%F %T" (/ time 1000000)))))

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
                       ("Tree" . ,(format "%d files in %d directories below %s"
                                          (arcology-builder--number "WatchedFiles")
                                          (arcology-builder--number "WatchedDirectories")
                                          (string-join (arcology-builder--get "Directories")
                                                       ", ")))
                       ("Database" . ,(arcology-builder--get "Database"))
                       ("Health" . ,(string-trim-right
                                     (concat (arcology-builder--get "Health") ": "
                                             (arcology-builder--get "HealthMessage"))
                                     "[: ]+"))
                       ("Problems" . ,(pcase (arcology-builder--number "ProblemCount")
                                        (0 "none")
                                        (count (format "%d, see M-x arcology-builder-problems"
                                                       count))))
                       ("Version" . ,(arcology-builder--get "Version"))))
        (insert (format "%-13s %s\n" (concat label ":") text)))
      (when-let ((failure (arcology-builder--failure)))
        (insert "\n" (propertize failure 'face 'arcology-builder-failed) "\n")
        (dolist (file (alist-get 'failed-files last))
          (insert "  " (abbreviate-file-name file) "\n"))))
    (goto-char (min point (point-max)))))

;;;###autoload
(defun arcology-builder-status ()
  "Show the state of the service in a buffer, and follow it there."
  (interactive)
  (unless arcology-builder-mode
    (arcology-builder-mode))
  (with-current-buffer (get-buffer-create "*Arcology Builder*")
    (arcology-builder-status-mode)
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
  "What is wrong with notes, as the last build found it.
RET visits the place of a problem, and g asks the service anew."
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
    (goto-char (point-min))
    (forward-line (1- line))))

(defun arcology-builder--revert-problems (&rest _)
  "Ask the service for the problems, and write them into the current buffer."
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
  "List what is wrong with notes, as the last build found it.
Such notes are in the database as far as they go."
  (interactive)
  (with-current-buffer (get-buffer-create "*Arcology Problems*")
    (unless (derived-mode-p 'arcology-builder-problems-mode)
      (arcology-builder-problems-mode))
    (arcology-builder--revert-problems)
    (pop-to-buffer (current-buffer))))

;;; org-roam

(defvar arcology-builder--roam-settings nil
  "What `arcology-builder-database-mode' changed: an alist of variables and values.")

(defvar arcology-builder--roam-database nil
  "The database of the service that org-roam reads, or nil.")

(defun arcology-builder--use-database ()
  "Let org-roam, if it is loaded, read the database of the service, if it is known."
  (when-let (((featurep 'org-roam-db))
             (database (arcology-builder--get "Database"))
             ;; Until there is one, org-roam would make it, and another than the service makes.
             ((file-exists-p database)))
    (unless arcology-builder--roam-settings
      (setq arcology-builder--roam-settings
            (list (cons 'org-roam-db-location org-roam-db-location)
                  (cons 'org-roam-db-update-on-save org-roam-db-update-on-save)
                  (cons 'org-roam-db-autosync-mode org-roam-db-autosync-mode))))
    (arcology-builder--stop-autosync)
    (setq org-roam-db-update-on-save nil)
    (unless (equal org-roam-db-location database)
      (org-roam-db--close-all)
      (setq org-roam-db-location database
            arcology-builder--roam-database database))))

(defun arcology-builder--stop-autosync ()
  "Keep org-roam from writing after each save."
  (when (bound-and-true-p org-roam-db-autosync-mode)
    (org-roam-db-autosync-mode -1)))

(defun arcology-builder--sync-instead (sync &optional force)
  "Let the service do what SYNC, which is `org-roam-db-sync', would.
With FORCE, that function would delete the database."
  (cond
   ((not (equal org-roam-db-location arcology-builder--roam-database))
    (funcall sync force))
   (force (arcology-builder-rebuild 'full))
   (t (arcology-builder-sync))))

(defun arcology-builder--database-finished (&rest _)
  "Take the database when the first build has made it."
  (arcology-builder--use-database))

;;;###autoload
(define-minor-mode arcology-builder-database-mode
  "Let org-roam read the database that Arcology Builder keeps true.
While the service is there, `org-roam-db-location' is its database,
org-roam writes nothing after a save, `org-roam-db-autosync-mode' is off,
and `org-roam-db-sync' asks the service to bring it up to date.  What is
left that org-roam may write, as when a note is renamed in Emacs, are rows
that the service would write, too, one transaction at a time.

To turn the mode off brings back what was before.

This mode turns on `arcology-builder-mode'."
  :global t
  (cond
   (arcology-builder-database-mode
    (unless arcology-builder-mode
      (arcology-builder-mode))
    (add-hook 'org-roam-db-autosync-mode-hook #'arcology-builder--stop-autosync)
    (add-hook 'arcology-builder-after-build-functions #'arcology-builder--database-finished -90)
    (advice-add 'org-roam-db-sync :around #'arcology-builder--sync-instead)
    (with-eval-after-load 'org-roam-db
      (when arcology-builder-database-mode
        (arcology-builder--use-database))))
   (t
    (remove-hook 'org-roam-db-autosync-mode-hook #'arcology-builder--stop-autosync)
    (remove-hook 'arcology-builder-after-build-functions #'arcology-builder--database-finished)
    (advice-remove 'org-roam-db-sync #'arcology-builder--sync-instead)
    (when arcology-builder--roam-settings
      (org-roam-db--close-all)
      (let-alist arcology-builder--roam-settings
        (setq org-roam-db-location .org-roam-db-location
              org-roam-db-update-on-save .org-roam-db-update-on-save
              arcology-builder--roam-database nil
              arcology-builder--roam-settings nil)
        (when .org-roam-db-autosync-mode
          (org-roam-db-autosync-mode)))))))

(provide 'arcology-builder)

;;; arcology-builder.el ends here
