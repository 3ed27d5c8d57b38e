;;; arcology-builder-tests.el --- Test the client inside Emacs  -*- lexical-binding: t; -*-
;; SPDX-FileCopyrightText: 2026 Arcology Builder contributors
;; SPDX-License-Identifier: GPL-3.0-or-later
;;; Commentary:
;; Against the real service, on the bus that this is run on, which must be a private one.  BUILDER is
;; the program, ARCOLOGY_BATCH_FILE the default build.
;;; Code:

(require 'cl-lib)
(require 'ert)

(defconst tests-source
  (expand-file-name "../../data/emacs/" (file-name-directory load-file-name)))

;; The tests redefine `message', for which Emacs compiles a trampoline: not into ~/.emacs.d.
(when (boundp 'native-comp-eln-load-path)
  (let ((directory (make-temp-file "arcology-eln" t)))
    (push directory native-comp-eln-load-path)
    (add-hook 'kill-emacs-hook (lambda () (delete-directory directory t)))))

(load (expand-file-name "arcology-builder" tests-source) nil t)

;; What of the client the tests look at.
(defvar auto-save--timer)
(defvar org-roam-directory)
(defvar org-roam-buffer)
(declare-function org-roam-db--close-all "ext:org-roam-db")
(declare-function org-roam-db-autosync-mode "ext:org-roam-db")
(declare-function org-roam-db-query "ext:org-roam-db")
(declare-function org-roam-node-list "ext:org-roam-node")
(declare-function org-roam-node-title "ext:org-roam-node")
(declare-function org-roam-db-sync "ext:org-roam-db")

(defvar tests-directory nil "The scratch directory of the running test.")
(defvar tests-service nil "The process of the service, or nil.")
(defvar tests-words nil "The words that the mode line had, the last first.")
(defvar tests-messages nil "What was said, the last first.")
(defvar tests-finished nil "The builds that ended, the last first.")

(defun tests-file (name)
  "Return the path of NAME in the scratch directory."
  (expand-file-name name tests-directory))

(defun tests-write (name text)
  "Write TEXT to the file NAME in the scratch directory."
  (make-directory (file-name-directory (tests-file name)) t)
  (write-region text nil (tests-file name) nil 'quiet))

(defmacro tests-until (condition)
  "Handle events until CONDITION holds; fail if it does not in time."
  `(tests-until-true (lambda () ,condition) ',condition))

(defun tests-until-true (function form)
  "Handle events until FUNCTION returns non-nil; name FORM if it does not in time."
  (let ((deadline (+ (float-time) 120))
        result)
    (while (not (setq result (funcall function)))
      (when (< deadline (float-time))
        (ert-fail (list 'never form :word (arcology-builder--word) :words tests-words
                        :said tests-messages
                        :service (with-current-buffer "*service*" (buffer-string)))))
      (read-event nil nil 0.02))
    result))

(defun tests-word ()
  "Return the word in the mode line."
  (substring-no-properties
   (string-remove-prefix arcology-builder-mode-line-prefix arcology-builder--mode-line)))

(defun tests-start (&optional settings)
  "Start the service with the lines SETTINGS of its group Build and Timing.
To get the first build, turn on `arcology-builder-mode' before."
  (tests-write "config/arcology-builder/builder.conf"
               (format "[Tree]\nDirectories=%s\n[Build]\nDatabase=%s\n%s\n"
                       (tests-file "org") (tests-file "db") (or settings "")))
  (setq tests-service
        (make-process :name "service" :buffer (get-buffer-create "*service*")
                      :command (list (getenv "BUILDER")) :noquery t)))

(defun tests-stop ()
  "End the service."
  (when tests-service
    (let ((service tests-service))
      (setq tests-service nil)
      (when (process-live-p service)
        (signal-process service 'CONT)
        (signal-process service 'TERM))
      (tests-until (not (process-live-p service)))
      (should (= 0 (process-exit-status service))))))

(defun tests-call (method &rest args)
  "Call METHOD of the service with ARGS as another client would."
  (apply #'arcology-builder--ask method #'ignore args))

;; A build that waits in the middle while the file "hold" is there, and fails with "fail".
(defconst tests-command "#!/bin/sh
echo \"kind $ARCOLOGY_BUILD_KIND\"
: >>\"$ARCOLOGY_DATABASE\" # or every build would be a full one
echo 'arcology: progress 2 5'
while [ -e '%1$s/hold' ]; do sleep 0.02; done
[ ! -e '%1$s/say' ] || cat '%1$s/say'
if [ -e '%1$s/fail' ]; then
  echo \"arcology: failed $ARCOLOGY_DIRECTORY/caf\\303\\251.org: It is broken\"
  exit 1
fi
")

(defun tests-settings (&optional timing)
  "Return settings with the build command of the tests and TIMING."
  (tests-write "build" (format tests-command tests-directory))
  (set-file-modes (tests-file "build") #o700)
  (format "Command=/bin/sh %s\n[Timing]\nCooldown=0\n%s"
          (tests-file "build") (or timing "Debounce=0")))

(defun tests-save (name)
  "Save a note NAME."
  (tests-write (concat "org/" name ".org")
               (format ":PROPERTIES:\n:ID: %s\n:END:\n#+TITLE: %s\n%s\n" name name (random))))

(defmacro tests-with-tree (&rest body)
  "Run BODY with a scratch directory, and leave nothing of it."
  (declare (indent 0) (debug t))
  `(let* ((tests-directory (file-truename (make-temp-file "arcology" t)))
          ;; Below the home directory Emacs starts in "~/...", which HOME gives a meaning.
          (default-directory (file-name-as-directory tests-directory))
          (process-environment
           (append (list (concat "HOME=" tests-directory)
                         (concat "XDG_CONFIG_HOME=" (tests-file "config"))
                         (concat "XDG_CONFIG_DIRS=" (tests-file "none"))
                         (concat "XDG_DATA_HOME=" (tests-file "data"))
                         (concat "XDG_STATE_HOME=" (tests-file "state"))
                         (concat "XDG_CACHE_HOME=" (tests-file "cache"))
                         "NOTIFY_SOCKET" "ARCOLOGY_DIRECTORY" "STATE_DIRECTORY"
                         "DB_GENERATION_DEBOUNCE" "DB_GENERATION_COOLDOWN")
                   process-environment))
          (arcology-builder-log-directory (tests-file "state/arcology-builder/logs/"))
          (arcology-builder-after-build-functions
           (list (lambda (&rest build) (push build tests-finished))))
          (tests-words nil)
          (tests-messages nil)
          (tests-finished nil))
     (tests-save "first")
     (with-current-buffer (get-buffer-create "*service*")
       (erase-buffer))
     (unwind-protect
         (cl-letf* ((say (symbol-function 'message))
                    ((symbol-function 'message)
                     (lambda (format &rest args)
                       (when format
                         (push (apply #'format-message format args) tests-messages))
                       (apply say format args))))
           (advice-add 'arcology-builder--update :after #'tests-note-word)
           ,@body)
       (advice-remove 'arcology-builder--update #'tests-note-word)
       (delete-file (tests-file "hold"))
       (tests-stop)
       (when (bound-and-true-p arcology-builder-database-mode)
         ;; Which may bring back the mode that reads all notes.
         (let ((org-roam-directory tests-directory))
           (arcology-builder-database-mode -1)))
       (arcology-builder-mode -1)
       (dolist (name '("*Arcology Builder*" "*Arcology Problems*"))
         (when (get-buffer name)
           (kill-buffer name)))
       (delete-directory tests-directory t))))

(defun tests-note-word ()
  "Remember the word in the mode line."
  (unless (equal (tests-word) (car tests-words))
    (push (tests-word) tests-words)))

(defun tests-said-p (regexp)
  "Whether a message that matches REGEXP was said."
  (seq-some (lambda (text) (string-match-p regexp text)) tests-messages))

;; Only the bus itself, which always answers, is ever waited for.
(advice-add 'dbus-call-method :before
            (lambda (_bus service &rest _)
              (unless (equal service dbus-service-dbus)
                (error "A call of %s that waits" service))))

(ert-deftest arcology-builder-absent-and-back ()
  (tests-with-tree
    (arcology-builder-mode)
    (tests-until (equal (tests-word) "not running"))
    (should (memq 'arcology-builder--mode-line global-mode-string))
    (tests-until (string-match-p "no such name\\|no owner" (arcology-builder--why)))
    (dotimes (_ 2)
      (tests-start (tests-settings))
      (tests-until (equal (tests-word) "up to date"))
      (should (equal (arcology-builder--get "Directories") (list (tests-file "org"))))
      (should (equal (arcology-builder--get "Database") (tests-file "db")))
      (tests-stop)
      (tests-until (equal (tests-word) "not running"))
      (should (equal (arcology-builder--why) "The service is not running.")))
    (arcology-builder-mode -1)
    (should-not (memq 'arcology-builder--mode-line global-mode-string))
    (tests-start (tests-settings))
    (setq tests-words nil)
    (arcology-builder-mode)
    (tests-until (equal (tests-word) "up to date"))))

(ert-deftest arcology-builder-commands-without-service ()
  (tests-with-tree
    (dolist (command '(arcology-builder-rebuild arcology-builder-sync))
      (setq tests-messages nil)
      (call-interactively command)
      (tests-until (tests-said-p "the service is not installed")))
    (should-error (arcology-builder-log) :type 'user-error)
    (arcology-builder-status)
    (with-current-buffer "*Arcology Builder*"
      (should (string-match-p "\\`not running\n" (buffer-string))))
    ;; Nothing of all that is left to be waited for.
    (tests-until (null arcology-builder--calls))))

(ert-deftest arcology-builder-waiting-building-fresh ()
  (tests-with-tree
    (arcology-builder-mode)
    (tests-start (tests-settings "Debounce=3s"))
    (tests-until (equal (tests-word) "up to date"))
    (should-not arcology-builder--timer)
    (tests-until tests-finished)
    (setq tests-words nil tests-finished nil)
    (tests-write "hold" "")
    (tests-save "second")
    (tests-until (string-match-p "\\`waiting [123] s\\'" (tests-word)))
    (should (equal (get-text-property (length arcology-builder-mode-line-prefix) 'face
                                      arcology-builder--mode-line)
                   'arcology-builder-stale))
    (should (string-match-p "\\`1 note changed; .* a build starts in [123] s" (arcology-builder--help)))
    (tests-until (equal (tests-word) "building 40%"))
    (should-not arcology-builder--timer)
    (should (string-match-p "Build [0-9]+ runs: 2 of 5 files" (arcology-builder--help)))
    (delete-file (tests-file "hold"))
    (tests-until (equal (tests-word) "up to date"))
    ;; It counted down. A busy machine may leave one out.
    (let ((words (seq-filter (lambda (word) (string-match-p "waiting [123] s" word)) tests-words)))
      (should (< 1 (length words)))
      (should (equal words (delete-dups (sort (copy-sequence words) #'string<)))))
    (tests-until tests-finished)
    (pcase-let ((`(,build ,result ,details) (car tests-finished)))
      (should (= build (arcology-builder--last 'id)))
      (should (equal result "success"))
      (should (equal (alist-get 'kind details) "incremental"))
      (should (= (alist-get 'changed details) 1)))
    (should (= 1 (length tests-finished)))))

(ert-deftest arcology-builder-unseen ()
  (tests-with-tree
    (tests-start (tests-settings "Debounce=1h\nDebounceLimit=2h"))
    (arcology-builder-mode)
    (tests-until (equal (tests-word) "up to date"))
    (cl-letf (((symbol-function 'arcology-builder--visible-p) #'ignore))
      (tests-save "second")
      (tests-until (equal (tests-word) "waiting 60 min"))
      (should-not arcology-builder--timer))
    (arcology-builder--update)
    (should arcology-builder--timer)
    ;; Not before the word changes.
    (should (< 1 (float-time (time-subtract (timer--time arcology-builder--timer) nil)) 61))
    (arcology-builder-mode -1)
    (should-not arcology-builder--timer)))

(ert-deftest arcology-builder-count-down-words ()
  (let ((arcology-builder-mode nil))
    (pcase-dolist (`(,seconds ,word ,next) '((4.3 "5 s" 0.3) (90.0 "90 s" 1.0) (90.5 "2 min" 0.5)
                                             (180.0 "3 min" 60.0) (185.0 "4 min" 5.0)
                                             (100.0 "2 min" 10.0)))
      (should (equal (arcology-builder--duration seconds) word))
      (cl-letf (((symbol-function 'arcology-builder--remaining) (lambda () seconds)))
        (should (< (abs (- (arcology-builder--until-next-word) next)) 1e-6))))))

(ert-deftest arcology-builder-failed ()
  (tests-with-tree
    (tests-write "fail" "")
    (tests-start (tests-settings "Debounce=0\nRetryLimit=0"))
    (arcology-builder-mode)
    (tests-until (equal (tests-word) "failed"))
    (should (string-match-p "Build [0-9]+: failed" (arcology-builder--help)))
    (should (equal (get-text-property (length arcology-builder-mode-line-prefix) 'face
                                      arcology-builder--mode-line)
                   'arcology-builder-failed))
    (tests-until tests-finished)
    (pcase-let ((`(,_ ,result ,details) (car tests-finished)))
      (should (equal result "failed"))
      (should (equal (alist-get 'failed-files details) (list (tests-file "org/café.org")))))
    (arcology-builder-status)
    (with-current-buffer "*Arcology Builder*"
      (should (string-match-p "\\`failed\n" (buffer-string)))
      (should (string-match-p "café\\.org" (buffer-string))))
    (arcology-builder-sync)
    (tests-until (tests-said-p "build [0-9]+: failed: 1 file failed: .*: It is broken;"))
    (delete-file (tests-file "fail"))
    (arcology-builder-rebuild)
    (tests-until (tests-said-p "build [0-9]+ started"))
    (tests-until (equal (tests-word) "up to date"))
    (with-current-buffer "*Arcology Builder*"
      (should (string-match-p "\\`up to date\nThe database is up to date" (buffer-string))))))

(ert-deftest arcology-builder-paused ()
  (tests-with-tree
    (tests-start (tests-settings))
    (arcology-builder-mode)
    (tests-until (equal (tests-word) "up to date"))
    (tests-call "Pause")
    (tests-until (arcology-builder--get "Paused"))
    (tests-save "second")
    (tests-until (equal (tests-word) "paused"))
    (should (string-match-p "1 note changed; automatic builds are suspended" (arcology-builder--help)))
    (arcology-builder-sync)
    (tests-until (tests-said-p "the database is up to date"))
    (should (equal (tests-word) "up to date"))))

(ert-deftest arcology-builder-full-and-log ()
  (tests-with-tree
    (arcology-builder-mode)
    (tests-start (tests-settings))
    (tests-until (and tests-finished (equal (tests-word) "up to date")))
    (setq tests-finished nil)
    (arcology-builder-rebuild '(4))
    (tests-until tests-finished)
    (should (equal (alist-get 'kind (nth 2 (car tests-finished))) "full"))
    (let ((id (caar tests-finished)))
      (save-window-excursion
        (arcology-builder-log)
        (should (equal (buffer-name) (format "%d.log" id)))
        (should (string-match-p "^kind full$" (buffer-string)))
        (should buffer-read-only)
        (kill-buffer)
        (arcology-builder-log (1- id))
        (should (equal (buffer-name) (format "%d.log" (1- id))))
        (kill-buffer)
        (should-error (arcology-builder-log (1+ id)) :type 'user-error)))))

(defun tests-problems ()
  "Return the text of the list of problems."
  (with-current-buffer "*Arcology Problems*"
    (buffer-substring-no-properties (point-min) (point-max))))

(defun tests-visit (line)
  "Press RET on LINE of the list of problems; return the name of the file and the line in it."
  (save-window-excursion
    (pop-to-buffer "*Arcology Problems*")
    (goto-char (point-min))
    (forward-line (1- line))
    (let ((last-input-event nil))
      (call-interactively (key-binding (kbd "RET"))))
    (set-buffer (window-buffer))
    (prog1 (list buffer-file-name (line-number-at-pos))
      (kill-buffer))))

(ert-deftest arcology-builder-problems ()
  (tests-with-tree
    (let* ((first (tests-file "org/first.org"))
           (odd (tests-file "org/a: 7: b.org"))
           (escaped (string-replace ":" "\\072" odd)))
      (tests-write "org/a: 7: b.org" "one\ntwo\nthree\n")
      (tests-write "say" (concat
                          "arcology: problem " first ":3:" escaped ": duplicate ID x\n"
                          "arcology: problem " escaped
                          ":2:" first ": duplicate ID x, also in first.org\n"
                          "arcology: problem " first ": no title\n"))
      (tests-start (tests-settings))
      (arcology-builder-mode)
      (tests-until (equal (tests-word) "up to date"))
      (should (= 3 (arcology-builder--get "ProblemCount")))
      (should (= 3 (arcology-builder--last 'problems)))
      (arcology-builder-status)
      (with-current-buffer "*Arcology Builder*"
        (should (string-match-p "^Problems: +3, list with p$" (buffer-string))))
      (arcology-builder-problems)
      (with-current-buffer "*Arcology Problems*"
        (should (derived-mode-p 'compilation-mode))
        (should buffer-read-only))
      (tests-until (not (string-empty-p (tests-problems))))
      (should (equal (tests-problems)
                     (concat odd ":2: duplicate ID x, also in first.org\n"
                             first ": no title\n"
                             first ":3: duplicate ID x (see " odd ")\n")))
      (should (equal (tests-visit 1) (list odd 2)))
      (should (equal (tests-visit 2) (list first 1)))
      (should (equal (tests-visit 3) (list first 3)))
      ;; `next-error' goes through them, as through the errors of a compiler.
      (save-window-excursion
        (with-current-buffer "*Arcology Problems*"
          (setq compilation-current-error nil)
          (goto-char (point-min))
          (next-error 2)
          (should (equal (buffer-file-name (window-buffer)) first))))

      (delete-file (tests-file "say"))
      (setq tests-finished nil)
      (arcology-builder-rebuild)
      (tests-until (and tests-finished (= 0 (arcology-builder--get "ProblemCount"))))
      (with-current-buffer "*Arcology Problems*"
        (call-interactively (key-binding "g")))
      (tests-until (equal (tests-problems) "No problems\n")))))

;; A service that cannot write its state directory takes another, and reports it.
(ert-deftest arcology-builder-log-of-running-build ()
  (tests-with-tree
    (arcology-builder-mode)
    (tests-start (tests-settings))
    (tests-until (and tests-finished (equal (tests-word) "up to date")))
    (setq tests-finished nil)
    (tests-write "hold" "")
    (arcology-builder-rebuild)
    (tests-until (equal (tests-word) "building 40%"))
    (save-window-excursion
      (arcology-builder-log)
      (should (equal (buffer-name)
                     (format "%d.log" (arcology-builder--get "CurrentBuild"))))
      (kill-buffer))))

(ert-deftest arcology-builder-service-that-hangs ()
  (tests-with-tree
    (tests-start (tests-settings))
    (arcology-builder-mode)
    (tests-until (equal (tests-word) "up to date"))
    (signal-process tests-service 'STOP)
    (arcology-builder-mode -1)
    (arcology-builder-mode)
    (arcology-builder-rebuild)
    (arcology-builder-sync)
    (arcology-builder-status)
    (should (equal (tests-word) "not running"))
    (signal-process tests-service 'CONT)
    (tests-until (equal (tests-word) "up to date"))
    (tests-until (tests-said-p "build [0-9]+ started"))))

(ert-deftest arcology-builder-without-bus ()
  (tests-with-tree
    (let ((arcology-builder--bus "unix:path=/nonexistent"))
      (arcology-builder-mode)
      (should (equal (tests-word) "not running"))
      (should (string-match-p "There is no session bus" (arcology-builder--why)))
      (arcology-builder-rebuild)
      (should (tests-said-p "There is no session bus"))
      (arcology-builder-mode -1))))

(defmacro tests-with-roam (settings &rest body)
  "Run BODY with a scratch directory for org-roam and a service with SETTINGS for it.
The default build makes the database.  `arcology-builder-database-mode' is on."
  (declare (indent 1) (debug t))
  `(tests-with-tree
     (let ((org-roam-directory (tests-file "org"))
           (org-roam-db-location (tests-file "own.db"))
           (org-id-locations-file (tests-file "ids"))
           (arcology-builder--credit nil)
           ;; Not what the tests are about: they have a deadline of their own.
           (arcology-builder-wait 120))
       (tests-start ,settings)
       (arcology-builder-database-mode)
       (tests-until (equal org-roam-db-location (tests-file "db")))
       (tests-until (equal (tests-word) "up to date"))
       ,@body)))

;; No automatic builds; those of saved notes may take what they need.
(defconst tests-quiet "[Timing]\nDebounce=1h\nDebounceLimit=2h\nMaxLoad=100%")

(defun tests-titles ()
  "Return the titles of the nodes that org-roam lists."
  (sort (mapcar #'org-roam-node-title (org-roam-node-list)) #'string<))

(defmacro tests-with-note (name &rest body)
  "Visit the note NAME, run BODY in its buffer, and kill that."
  (declare (indent 1) (debug t))
  `(with-current-buffer (find-file-noselect (tests-file (concat "org/" ,name ".org")))
     (unwind-protect
         (progn ,@body)
       (set-buffer-modified-p nil)
       (kill-buffer))))

(defun tests-edit (name &optional text)
  "Save the note NAME, a new one if it does not exist, with TEXT at its end, as a user does."
  (tests-with-note name
    (when (zerop (buffer-size))
      (insert (format ":PROPERTIES:\n:ID: %s\n:END:\n#+TITLE: %s\n" name name)))
    (goto-char (point-max))
    (insert (or text "A line.") "\n")
    (save-buffer)))

(ert-deftest arcology-builder-database ()
  (skip-unless (require 'org-roam nil t))
  (tests-with-tree
    (let ((org-roam-directory (tests-file "org"))
          (org-roam-db-location (tests-file "own.db"))
          (org-roam-db-update-on-save t)
          (org-id-locations-file (tests-file "ids")))
      (org-roam-db-autosync-mode)
      (should (file-exists-p (tests-file "own.db")))
      ;; Before the service, before its database.
      (arcology-builder-database-mode)
      (should arcology-builder-mode)
      (should (equal org-roam-db-location (tests-file "own.db")))
      (should org-roam-db-autosync-mode)
      (tests-start "[Timing]\nDebounce=0\nCooldown=0")
      (tests-until (equal org-roam-db-location (tests-file "db")))
      (should org-roam-db-autosync-mode)
      (tests-until (equal (tests-word) "up to date"))
      (should (equal (org-roam-db-query [:select title :from nodes]) '(("first"))))
      ;; The connection that is open sees what the service writes.
      (tests-save "second")
      (tests-call "Rescan")
      (tests-until (equal (org-roam-db-query [:select title :from nodes :order-by title])
                          '(("first") ("second"))))
      (setq tests-messages nil)
      (org-roam-db-sync)
      (tests-until (tests-said-p "the database is up to date"))
      (org-roam-db-sync 'force)
      (should (file-exists-p (tests-file "db")))
      ;; The end of the build before may be reported only now.
      (tests-until (equal (alist-get 'kind (nth 2 (car tests-finished))) "full"))
      ;; Also while the service is not running, nothing else writes its database.
      (tests-stop)
      (tests-until (equal (tests-word) "not running"))
      (setq tests-messages nil)
      (org-roam-db-sync 'force)
      (tests-until (tests-said-p "not installed"))
      (should (file-exists-p (tests-file "db")))
      (cl-letf (((symbol-function 'org-roam-db-insert-file)
                 (lambda (&rest _) (error "Emacs writes the database"))))
        (tests-edit "first"))
      (arcology-builder-database-mode -1)
      (should (equal org-roam-db-location (tests-file "own.db")))
      (should org-roam-db-autosync-mode)
      ;; Its own is up to date again.
      (should (equal (org-roam-db-query [:select title :from nodes :order-by title])
                     '(("first") ("second"))))
      (org-roam-db-autosync-mode -1))))

(ert-deftest arcology-builder-database-on-its-own ()
  "Without a line for `org-roam-db-autosync-mode', and no notes read when it starts."
  (skip-unless (require 'org-roam nil t))
  (cl-letf (((symbol-function 'org-roam-list-files)
             (lambda (&rest _) (error "Emacs reads all notes"))))
    (tests-with-roam "[Timing]\nDebounce=0"
      (should org-roam-db-autosync-mode)
      ;; A line for it, later.
      (org-roam-db-autosync-mode)
      (should org-roam-db-autosync-mode)
      (org-roam-db-autosync-mode -1)
      (arcology-builder--update)
      (should org-roam-db-autosync-mode)
      (should-not (file-exists-p (tests-file "own.db")))
      (arcology-builder-database-mode -1)
      (should-not org-roam-db-autosync-mode)
      (should (equal org-roam-db-location (tests-file "own.db"))))))

(ert-deftest arcology-builder-buffers-of-notes ()
  "What org-roam sets up in a note is there, and only the service writes the database."
  (skip-unless (require 'org-roam nil t))
  (let* ((visited nil)
         (org-roam-find-file-hook
          (append org-roam-find-file-hook (list (lambda () (push (buffer-name) visited))))))
    (tests-with-roam tests-quiet
      (cl-letf (((symbol-function 'org-roam-db-insert-file)
                 (lambda (&rest _) (error "Emacs writes the database"))))
        (tests-edit "second")
        (should (equal visited '("second.org")))
        (should (equal (tests-titles) '("first" "second")))
        (tests-with-note "first"
          (should (memq #'org-roam-complete-link-at-point completion-at-point-functions))
          (should (memq #'org-roam-buffer--redisplay-h post-command-hook))
          (goto-char (point-max))
          (insert "[[roam:second]]\n")
          (save-buffer)
          (should (string-suffix-p "[[id:second][second]]\n" (buffer-string))))
        ;; What org-roam does with its database when a note is renamed or deleted.
        (rename-file (tests-file "org/second.org") (tests-file "org/other.org"))
        (tests-until (equal (progn (org-roam-node-list)
                                   (org-roam-db-query [:select file :from nodes
                                                       :where (= id "second")]))
                            (list (list (tests-file "org/other.org")))))
        (delete-file (tests-file "org/other.org"))
        (tests-until (equal (tests-titles) '("first")))))))

(ert-deftest arcology-builder-recipe-without-package ()
  "The lines in the README that do without arcology-builder.el."
  (skip-unless (require 'org-roam nil t))
  (tests-with-tree
    (tests-start "[Timing]\nDebounce=0\nCooldown=0")
    (arcology-builder-mode)
    (tests-until (equal (tests-word) "up to date"))
    (let* ((org-roam-directory nil)
           (org-roam-db-location nil)
           (org-roam-db-update-on-save t)
           (find-file-hook find-file-hook)
           (visited nil)
           (org-roam-find-file-hook
            (append org-roam-find-file-hook (list (lambda () (push (buffer-name) visited)))))
           (lines (with-temp-buffer
                    (insert-file-contents (expand-file-name "../../README.md" tests-source))
                    (search-forward "```elisp\n(setq org-roam-directory")
                    (let ((start (match-beginning 0)))
                      (search-forward "\n```\n")
                      (buffer-substring (+ start (length "```elisp\n")) (match-beginning 0))))))
      (eval (read (format "(progn %s)" lines)) t)
      (should (equal org-roam-db-location "~/.local/share/arcology-builder/arcology.db"))
      (should (equal org-roam-directory "~/org"))
      (setq org-roam-directory (tests-file "org")
            org-roam-db-location (tests-file "db"))
      (cl-letf (((symbol-function 'org-roam-db-insert-file)
                 (lambda (&rest _) (error "Emacs writes the database")))
                ((symbol-function 'org-roam-list-files)
                 (lambda (&rest _) (error "Emacs reads all notes"))))
        (tests-edit "second")
        (should (equal visited '("second.org"))))
      (tests-until (equal (tests-titles) '("first" "second")))
      (org-roam-db--close-all))))

(ert-deftest arcology-builder-await-note ()
  (skip-unless (require 'org-roam nil t))
  (tests-with-roam tests-quiet
    ;; Several in a row: more than the credit allows, had it not been saved up.
    (dolist (name '("a" "b" "c"))
      (tests-edit name)
      (should (member name (tests-titles))))
    (should (equal (tests-word) "up to date"))
    ;; A list of nodes costs nothing while the database is up to date.
    (let ((asked arcology-builder--asked))
      (tests-titles)
      (should (= asked arcology-builder--asked)))
    ;; Without any command that lists nodes, a saved note is built all the same.
    (tests-edit "d")
    (tests-until (org-roam-db-query [:select id :from nodes :where (= id "d")]))
    ;; Beyond the credit, a saved note waits for the service; a list of nodes does not.
    (setq arcology-builder--credit (cons (float-time) -1e6))
    (tests-until (and (zerop arcology-builder--syncs) (equal (tests-word) "up to date")))
    (tests-edit "e")
    (tests-until (not (arcology-builder--get "Fresh")))
    (should arcology-builder--saved)
    (should (zerop arcology-builder--syncs))
    (should (member "e" (tests-titles)))
    ;; A pause means no builds that nobody typed.
    (setq arcology-builder--credit nil)
    (arcology-builder-toggle-pause)
    (tests-until (arcology-builder--get "Paused"))
    (tests-edit "f")
    (tests-until (equal (tests-word) "paused"))
    (should-not (member "f" (tests-titles)))
    (should (zerop arcology-builder--syncs))
    (arcology-builder-toggle-pause)
    (tests-until (member "f" (tests-titles)))))

(ert-deftest arcology-builder-await-ends ()
  (skip-unless (require 'org-roam nil t))
  (tests-with-roam (tests-settings "Debounce=1h\nDebounceLimit=2h")
    (tests-write "hold" "")
    (tests-edit "second")
    (let ((arcology-builder-wait 0.05)
          (unread-command-events '(?a)))
      ;; The build that runs does not end.
      (arcology-builder--await)
      (should (equal unread-command-events '(?a)))
      (should-not (arcology-builder--current-p))
      (setq arcology-builder-wait 0)
      (arcology-builder--await))
    (tests-until (equal (tests-word) "building 40%"))
    ;; Keys are for the command that waits, and quit is for the user.
    (let* ((unread-command-events nil)
           (arcology-builder-wait 120)
           (keys '(?x ?\C-g)))
      (cl-letf* ((original (symbol-function 'read-event))
                 ((symbol-function 'read-event)
                  (lambda (&rest args) (or (pop keys) (apply original args)))))
        (should (equal (condition-case nil (arcology-builder--await) (quit 'quit)) 'quit)))
      (should (equal unread-command-events '((t . ?x)))))
    (delete-file (tests-file "hold"))
    (arcology-builder--await)
    (should (arcology-builder--current-p))
    ;; A note that cannot be built holds nothing up.
    (tests-write "fail" "")
    (tests-edit "third")
    (arcology-builder--await)
    (tests-until (arcology-builder--failed-p))
    (should (arcology-builder--current-p))))

(ert-deftest arcology-builder-saves-and-max-load ()
  "An hour of saves, as by `auto-save-visited-mode', stays below MaxLoad."
  (pcase-dolist (`(,load ,cost ,interval) '((0.03 0.1 5) (0.03 1.0 5) (0.03 0.1 0.5) (0 0.1 5)))
    (let ((arcology-builder--properties `(("MaxLoad" . ,load) ("Reason" . "debounce")))
          (arcology-builder--credit nil)
          (arcology-builder--saved nil)
          (now 0.0)
          (used 0.0)
          (at-once nil))
      (cl-letf (((symbol-function 'float-time) (lambda (&rest _) now))
                ((symbol-function 'arcology-builder--ask-for-build)
                 (lambda ()
                   (setq arcology-builder--saved nil
                         used (+ used cost))
                   (push now at-once)
                   (arcology-builder--spend `((cpu-usec . ,(round (* cost 1e6))))))))
        (while (< now 3600)
          (setq arcology-builder--saved t)
          (arcology-builder--build-saved)
          (setq now (+ now interval))))
      ;; And one minute's worth, and one build.
      (should (<= used (+ (* load 3660) (if (zerop load) 0 cost))))
      (unless (zerop load)
        ;; Nothing of it is wasted: what is asked for is built.
        (should (<= (min (* load 3600) (* cost (/ 3600 interval))) (+ used cost)))))))

(ert-deftest arcology-builder-auto-save-visited ()
  "What `auto-save-visited-mode' saves is built at once, until MaxLoad is reached."
  (skip-unless (require 'org-roam nil t))
  (let ((load 0.01)
        (start (float-time)))
    (tests-with-roam "[Timing]\nDebounce=1h\nDebounceLimit=2h\nMaxLoad=1%"
      (setq tests-finished nil)
      (unwind-protect
          (tests-with-note "first"
            (auto-save-visited-mode)
            (let ((saves 0)
                  (builds 0))
              (while (not arcology-builder--saved)
                (should (< (setq saves (1+ saves)) 50))
                (setq builds (length tests-finished))
                (goto-char (point-max))
                (insert "A line.\n")
                ;; As when Emacs is idle.
                (apply (timer--function auto-save--timer) (timer--args auto-save--timer))
                (should-not (buffer-modified-p))
                (tests-until (or (and (< builds (length tests-finished))
                                      (arcology-builder--current-p))
                                 (and arcology-builder--saved
                                      (not (arcology-builder--get "Fresh"))
                                      (<= (arcology-builder--available-credit) 0)))))
              (should (< 1 saves))))
        (auto-save-visited-mode -1))
      (should-not (arcology-builder--get "Fresh"))
      (let ((costs (mapcar (lambda (build) (/ (alist-get 'cpu-usec (nth 2 build)) 1e6))
                           tests-finished)))
        (should costs)
        (should (<= (apply #'+ costs)
                    (+ (* load (+ 60 (- (float-time) start))) (apply #'max costs))))))))

(ert-deftest arcology-builder-refreshes-backlinks ()
  (skip-unless (require 'org-roam nil t))
  (tests-with-roam tests-quiet
    (let* ((sent 0)
           (shown (lambda () (with-current-buffer org-roam-buffer (buffer-string)))))
      (defvar org-roam-ui-mode)
      (defvar org-roam-ui-ws-socket)
      (let ((org-roam-ui-mode t)
            (org-roam-ui-ws-socket t))
        (cl-letf (((symbol-function 'org-roam-ui--send-graphdata)
                   (lambda () (setq sent (1+ sent)))))
          (unwind-protect
              (tests-with-note "first"
                (save-window-excursion
                  (switch-to-buffer (current-buffer))
                  (org-roam-buffer-toggle)
                  (should (get-buffer-window org-roam-buffer))
                  (should-not (string-match-p "second" (funcall shown)))
                  (tests-edit "second" "See [[id:first][it]], at once.")
                  (tests-until (string-match-p "at once" (funcall shown)))
                  (tests-until (< 0 sent))
                  ;; A change of the text around the link.
                  (with-current-buffer org-roam-buffer
                    (goto-char (point-max))
                    (forward-line -1))
                  (tests-edit "second" "See [[id:first][it]] again.")
                  (tests-until (string-match-p "again" (funcall shown)))
                  ;; A build of another note leaves it alone.
                  (tests-until (and (zerop arcology-builder--syncs)
                                    (equal (tests-word) "up to date")))
                  (with-current-buffer org-roam-buffer
                    (let ((tick (buffer-modified-tick))
                          (before sent))
                      (tests-edit "third")
                      (tests-until (< before sent))
                      (should (= tick (buffer-modified-tick)))))))
            (kill-buffer org-roam-buffer)))))))

(ert-deftest arcology-builder-status-while-suspended ()
  (tests-with-tree
    (tests-start (tests-settings "Debounce=0"))
    (arcology-builder-mode)
    (tests-until (equal (tests-word) "up to date"))
    (arcology-builder-toggle-pause)
    (tests-until (tests-said-p "automatic builds suspended"))
    (save-window-excursion
      (arcology-builder-status)
      (with-current-buffer "*Arcology Builder*"
        (tests-until (string-match-p "^Builds: +suspended, resume with P$" (buffer-string)))
        (should (string-match-p "^Tree: +[0-9]+ files? in 1 directory: " (buffer-string)))
        (should-not (buffer-modified-p))
        (arcology-builder-toggle-pause)
        (tests-until (not (string-match-p "^Builds:" (buffer-string))))))))

(ert-deftest arcology-builder-status-keys ()
  (tests-with-tree
    (tests-write "fail" "")
    (tests-save "café")
    (tests-start (tests-settings "Debounce=0\nRetryLimit=0"))
    (arcology-builder-mode)
    (tests-until (equal (tests-word) "failed"))
    (save-window-excursion
      (arcology-builder-status)
      (with-current-buffer "*Arcology Builder*"
        (should (string-match-p "? help .*r rebuild .* P pause" header-line-format))
        (should (<= (string-width header-line-format) 80))
        (pcase-dolist (`(,key . ,command) '(("r" . arcology-builder-rebuild)
                                            ("s" . arcology-builder-sync)
                                            ("l" . arcology-builder-log)
                                            ("p" . arcology-builder-problems)
                                            ("c" . arcology-builder-cancel)
                                            ("P" . arcology-builder-toggle-pause)
                                            ("g" . revert-buffer)
                                            ("q" . quit-window)
                                            ("?" . describe-mode)))
          (should (eq (key-binding key) command)))
        ;; The notes that failed are links.
        (goto-char (point-min))
        (forward-button 1)
        (push-button))
      (should (equal (buffer-file-name (window-buffer)) (tests-file "org/café.org")))
      (kill-buffer (window-buffer)))
    (arcology-builder-cancel)
    (tests-until (tests-said-p "No build is running"))
    (tests-write "hold" "")
    (arcology-builder-rebuild)
    (tests-until (equal (tests-word) "building 40%"))
    (arcology-builder-cancel)
    (tests-until (tests-said-p "build canceled"))
    (tests-until (equal (arcology-builder--last 'result) "canceled"))))

(ert-deftest arcology-builder-log-links ()
  (tests-with-tree
    (let* ((odd (tests-file "org/a: 7: b.org"))
           (escaped (string-replace ":" "\\072" odd)))
      (tests-write "org/a: 7: b.org" "one\ntwo\n")
      (arcology-builder-mode)
      (tests-start (tests-settings))
      (tests-until (and tests-finished (equal (tests-word) "up to date")))
      (save-window-excursion
        (let ((file (arcology-builder--log-file nil)))
          (write-region (concat "A line\n" escaped ":2: a warning\n"
                                escaped ": it is locked\n")
                        nil file nil 'quiet)
          (arcology-builder-log)
          (should (derived-mode-p 'arcology-builder-log-mode))
          (should buffer-read-only)
          (let ((log (current-buffer))
                (compilation-current-error nil))
            (goto-char (point-min))
            (next-error 1 t)
            (should (equal (buffer-file-name (window-buffer)) odd))
            (with-current-buffer (window-buffer)
              (should (= 2 (line-number-at-pos))))
            (with-current-buffer log
              (write-region "Another line\n" nil file nil 'quiet)
              (should (eq (key-binding "g") #'revert-buffer))
              (call-interactively #'revert-buffer)
              (should (equal (buffer-string) "Another line\n"))
              (should buffer-read-only))
            (kill-buffer log)
            (kill-buffer (get-file-buffer odd))))))))

(ert-deftest arcology-builder-setup-emacs ()
  "An Emacs that the service would not find is in the PATH of the command."
  (tests-with-tree
    (let ((this (directory-file-name invocation-directory)))
      (cl-letf (((symbol-function 'arcology-builder--manager-path) (lambda () '("/none"))))
        (pcase-let ((`(,env ,path) (arcology-builder--setup-emacs)))
          (should (equal env "env"))
          (should (string-suffix-p ":/none" path))
          (should (member "emacs" (directory-files (substring path 5 (string-search ":" path)))))
          (should (equal (arcology-builder--quote path) path))))
      (cl-letf (((symbol-function 'arcology-builder--manager-path) (lambda () (list this))))
        (should-not (arcology-builder--setup-emacs))))
    (should (equal (arcology-builder--quote "it's a \\") "'it'\\\\''s a \\\\'"))
    (pcase-dolist (`(,old . ,new) '(("" . "[Build]\nCommand=c\n")
                                    ("[Build]\n" . "[Build]\nCommand=c\n")
                                    ("[Build]" . "[Build]\nCommand=c\n")
                                    ("[Tree]\nInclude=*.org" .
                                     "[Tree]\nInclude=*.org\n\n[Build]\nCommand=c\n")
                                    ("[Build]\n#Command=x\nCommand = x\nTimeout=1h\n" .
                                     "[Build]\n#Command=x\nCommand=c\nTimeout=1h\n")))
      (should (equal (arcology-builder--setup-configure old "c") new)))))

;;; arcology-builder-tests.el ends here
