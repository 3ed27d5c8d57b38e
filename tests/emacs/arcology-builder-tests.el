;;; arcology-builder-tests.el --- Test the client inside Emacs  -*- lexical-binding: t; -*-
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
(defvar org-roam-directory)
(declare-function org-roam-db-query "ext:org-roam-db")
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
  (string-replace "%%" "%" (substring-no-properties
                            (string-remove-prefix arcology-builder-mode-line-prefix
                                                  arcology-builder--mode-line))))

(defun tests-start (&optional settings)
  "Start the service with the lines SETTINGS of its group Build and Timing."
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
    (tests-until (equal (tests-word) "absent"))
    (should (memq 'arcology-builder--mode-line global-mode-string))
    (tests-until (string-match-p "no such name\\|no owner" (arcology-builder--why)))
    (dotimes (_ 2)
      (tests-start (tests-settings))
      (tests-until (equal (tests-word) "fresh"))
      (should (equal (arcology-builder--get "Directories") (list (tests-file "org"))))
      (should (equal (arcology-builder--get "Database") (tests-file "db")))
      (tests-stop)
      (tests-until (equal (tests-word) "absent"))
      (should (equal (arcology-builder--why) "The service does not run.")))
    (arcology-builder-mode -1)
    (should-not (memq 'arcology-builder--mode-line global-mode-string))
    (tests-start (tests-settings))
    (setq tests-words nil)
    (arcology-builder-mode)
    (tests-until (equal (tests-word) "fresh"))))

(ert-deftest arcology-builder-commands-without-service ()
  (tests-with-tree
    (dolist (command '(arcology-builder-rebuild arcology-builder-sync))
      (setq tests-messages nil)
      (call-interactively command)
      (tests-until (tests-said-p "the service is not installed")))
    (should-error (arcology-builder-log) :type 'user-error)
    (arcology-builder-status)
    (with-current-buffer "*Arcology Builder*"
      (should (string-match-p "\\`absent\n" (buffer-string))))
    ;; Nothing of all that is left to be waited for.
    (tests-until (null arcology-builder--calls))))

(ert-deftest arcology-builder-waiting-building-fresh ()
  (tests-with-tree
    (tests-start (tests-settings "Debounce=3s"))
    (arcology-builder-mode)
    (tests-until (equal (tests-word) "fresh"))
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
    (tests-until (equal (tests-word) "building 40 %"))
    (should-not arcology-builder--timer)
    (should (string-match-p "Build [0-9]+ runs: 2 of 5 files" (arcology-builder--help)))
    (delete-file (tests-file "hold"))
    (tests-until (equal (tests-word) "fresh"))
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
    (tests-until (equal (tests-word) "fresh"))
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
    (tests-until (tests-said-p "build [0-9]+ ended: failed: 1 file failed: .*: It is broken;"))
    (delete-file (tests-file "fail"))
    (arcology-builder-rebuild)
    (tests-until (tests-said-p "build [0-9]+ will hold all that is saved"))
    (tests-until (equal (tests-word) "fresh"))
    (with-current-buffer "*Arcology Builder*"
      (should (string-match-p "\\`fresh\nThe database holds every change" (buffer-string))))))

(ert-deftest arcology-builder-paused ()
  (tests-with-tree
    (tests-start (tests-settings))
    (arcology-builder-mode)
    (tests-until (equal (tests-word) "fresh"))
    (tests-call "Pause")
    (tests-until (arcology-builder--get "Paused"))
    (tests-save "second")
    (tests-until (equal (tests-word) "paused"))
    (should (string-match-p "1 note changed; the service is paused" (arcology-builder--help)))
    (arcology-builder-sync)
    (tests-until (tests-said-p "the database holds all that was saved"))
    (should (equal (tests-word) "fresh"))))

(ert-deftest arcology-builder-full-and-log ()
  (tests-with-tree
    (tests-start (tests-settings))
    (arcology-builder-mode)
    (tests-until (and tests-finished (equal (tests-word) "fresh")))
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
      (tests-until (equal (tests-word) "fresh"))
      (should (= 3 (arcology-builder--get "ProblemCount")))
      (should (= 3 (arcology-builder--last 'problems)))
      (arcology-builder-status)
      (with-current-buffer "*Arcology Builder*"
        (should (string-match-p "^Problems: +3, see" (buffer-string))))
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

;; A service that cannot write its state directory takes another, and tells of it.
(ert-deftest arcology-builder-log-elsewhere ()
  (tests-with-tree
    (tests-write "state" "not a directory")
    (make-directory (tests-file "run"))
    (set-file-modes (tests-file "run") #o700)
    (let ((process-environment (cons (concat "XDG_RUNTIME_DIR=" (tests-file "run"))
                                     process-environment)))
      (tests-start (tests-settings)))
    (arcology-builder-mode)
    (tests-until (and tests-finished (equal (tests-word) "fresh")))
    (save-window-excursion
      (arcology-builder-log)
      (should (string-prefix-p (tests-file "run/") buffer-file-name))
      (should (string-match-p "^kind full$" (buffer-string)))
      (kill-buffer))
    ;; The log of a build that runs is in the same place.
    (setq tests-finished nil)
    (tests-write "hold" "")
    (arcology-builder-rebuild)
    (tests-until (equal (tests-word) "building 40 %"))
    (save-window-excursion
      (arcology-builder-log)
      (should (equal (buffer-name)
                     (format "%d.log" (arcology-builder--get "CurrentBuild"))))
      (kill-buffer))))

(ert-deftest arcology-builder-service-that-hangs ()
  (tests-with-tree
    (tests-start (tests-settings))
    (arcology-builder-mode)
    (tests-until (equal (tests-word) "fresh"))
    (signal-process tests-service 'STOP)
    (arcology-builder-mode -1)
    (arcology-builder-mode)
    (arcology-builder-rebuild)
    (arcology-builder-sync)
    (arcology-builder-status)
    (should (equal (tests-word) "absent"))
    (signal-process tests-service 'CONT)
    (tests-until (equal (tests-word) "fresh"))
    (tests-until (tests-said-p "build [0-9]+ will hold"))))

(ert-deftest arcology-builder-without-bus ()
  (tests-with-tree
    (let ((arcology-builder--bus "unix:path=/nonexistent"))
      (arcology-builder-mode)
      (should (equal (tests-word) "absent"))
      (should (string-match-p "There is no session bus" (arcology-builder--why)))
      (arcology-builder-rebuild)
      (should (tests-said-p "There is no session bus"))
      (arcology-builder-mode -1))))

(ert-deftest arcology-builder-database ()
  (skip-unless (require 'org-roam nil t))
  (tests-with-tree
    (let ((org-roam-directory (tests-file "org"))
          (org-roam-db-location (tests-file "own.db"))
          (org-roam-db-update-on-save t))
      (org-roam-db-autosync-mode)
      (should (file-exists-p (tests-file "own.db")))
      ;; Before the service, before its database.
      (arcology-builder-database-mode)
      (should arcology-builder-mode)
      (should (equal org-roam-db-location (tests-file "own.db")))
      (should org-roam-db-autosync-mode)
      (tests-start "[Timing]\nDebounce=0\nCooldown=0")
      (tests-until (equal org-roam-db-location (tests-file "db")))
      (should-not org-roam-db-autosync-mode)
      (should-not org-roam-db-update-on-save)
      (tests-until (equal (tests-word) "fresh"))
      (should (equal (org-roam-db-query [:select title :from nodes]) '(("first"))))
      ;; The connection that is open sees what the service writes.
      (tests-save "second")
      (tests-call "Rescan")
      (tests-until (equal (org-roam-db-query [:select title :from nodes :order-by title])
                          '(("first") ("second"))))
      (setq tests-messages nil)
      (org-roam-db-sync)
      (tests-until (tests-said-p "the database holds all that was saved"))
      (org-roam-db-sync 'force)
      (should (file-exists-p (tests-file "db")))
      ;; The end of the build before may be told only now.
      (tests-until (equal (alist-get 'kind (nth 2 (car tests-finished))) "full"))
      (org-roam-db-autosync-mode)
      (should-not org-roam-db-autosync-mode)
      ;; Also while it is absent, nobody else writes into its database.
      (tests-stop)
      (tests-until (equal (tests-word) "absent"))
      (setq tests-messages nil)
      (org-roam-db-sync 'force)
      (tests-until (tests-said-p "not installed"))
      (should (file-exists-p (tests-file "db")))
      (arcology-builder-database-mode -1)
      (should (equal org-roam-db-location (tests-file "own.db")))
      (should org-roam-db-update-on-save)
      (should org-roam-db-autosync-mode)
      (org-roam-db-autosync-mode -1))))

;;; arcology-builder-tests.el ends here
