;;; arcology-batch.el --- Update an org-roam database, in batch  -*- lexical-binding: t; -*-

;; SPDX-FileCopyrightText: 2026 Arcology Builder contributors
;; SPDX-License-Identifier: GPL-3.0-or-later

;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1") (org-roam "2.2.0"))
;; Keywords: outlines, hypermedia, data

;;; Commentary:

;; The default build of Arcology Builder.  The service runs
;;
;;     `emacs -q --batch -l /path/to/arcology-batch.el'
;;
;; or rather the program `arcology-batch' beside this file, which does the same faster, whenever
;; notes changed.  The environment describes the build.  The functions of org-roam read the
;; notes, so the database is the one that org-roam itself would make.
;;
;; The parts
;;
;;     arcology-batch.el     one build: environment, transaction, who owns an ID, exit status
;;     arcology-note.el      reads one note with org-roam's functions; returns rows and problems
;;     arcology-database.el  statements and their failures, with Emacs's SQLite or EmacSQL's program
;;     arcology-compat.el    what is replaced in Org and org-roam to save time
;;     arcology-dump.el      an Emacs with all of this loaded, for a quick start
;;
;; The tables
;;
;; `files', `nodes', `aliases', `citations', `refs', `tags' and `links' are org-roam's.  org-roam
;; stores every value in the form in which Lisp prints it, so a string has quotes about it:
;;
;;     SELECT title FROM nodes WHERE file = '"/home/me/org/a note.org"';
;;
;; These are added; `file', `other' and `setup_file' are printed as in the other tables, so that
;; they join, and all else is plain text:
;;
;;     keywords (file, keyword, value)
;;         a row for each line `#+KEYWORD: value' whose keyword is one of
;;         `arcology-batch-keywords'; the keyword is in capitals
;;     problems (file, line, what, other)
;;         what is wrong in a note; line 0 is the whole note, other is the other file, or NULL
;;     setup_files (file, setup_file)
;;         what else the rows of a note depend on: what it reads by `#+SETUPFILE', and the files
;;         with the local variables of its directory, such as .dir-locals.el
;;     built_files (file)
;;         the files whose rows are all those of a build; when org-roam in another Emacs stores a
;;         file, its row here goes with the old rows
;;     arcology (build, finished, fingerprint)
;;         one row: the last build (its number, a mark of its own, and how many rows each table
;;         has), and the hash of all that decides what the rows of a note are
;;         but its text
;;
;;     SELECT n.title FROM keywords k JOIN nodes n USING (file)
;;     WHERE k.keyword = 'ARCOLOGY_KEY' AND k.value = 'garden/index';
;;
;; Rows go away with their file.  A few indices are added also, since org-roam has none to find the
;; nodes of a file or the links of a node.
;;
;; How the database changes
;;
;; A build is one transaction on the database in place: readers see the old content until the end,
;; and the new at once, even through a connection that stays open.  If the build is killed, SQLite
;; goes back to the old content.  A `clean' build drops the tables and makes them anew in the same
;; transaction.  (A new file renamed over the old one would leave open readers with the old content
;; for ever, and a journal left by a killed program would be applied to the wrong file.)  After its
;; end the build looks for its row of `arcology' through a new connection; without it, the exit
;; status is not 0.
;;
;; Problems and failures
;;
;; A fault in the text of a note is a problem: the node and the rows that refer to it are left out,
;; the rest of the note is stored, the exit status is 0.  A note with an ID that another file has is
;; one of these.  The file that has an ID in the database keeps it as long as its text has it;
;; between newcomers, the shorter path wins, then the lower bytes.  When the owner changes or goes,
;; the notes that lost an ID to it are read again.
;;
;; A file that cannot be read now (a locked key, an I/O error) fails: it keeps the rows that it had,
;; and the exit status is 1.
;;
;; To use the database in Emacs
;;
;;     (setq org-roam-directory "~/org"
;;           org-roam-db-location "~/.local/share/arcology-builder/arcology.db"
;;           org-roam-db-update-on-save nil)
;;
;; (or where your settings put it) and do without `org-roam-db-autosync-mode', so that
;; one program writes and all others read.
;;
;; Your own settings
;;
;; `-q' keeps your init file out, and notes are data: no hook, source block or `eval' of theirs
;; runs.  Local variables count as far as Emacs takes them without a question.  Settings that change
;; the rows, such as `org-todo-keywords' or `org-roam-db-node-include-function', go in a file that
;; is loaded first:
;;
;;     Command=/path/to/arcology-batch -l ~/.config/arcology-builder/settings.el
;;
;; It is loaded once more when the program makes its dump of Emacs.  After a change of the options
;; or of a file that they load, an incremental build asks for a full one.
;;
;; Packages installed with package.el are found by themselves; for any others add `-L DIRECTORY',
;; one for org-roam and one for each package that it needs.
;;
;; Another build script
;;
;; Any program can take the place of this one.  It finds in the environment
;;
;;     ARCOLOGY_DIRECTORY    the first watched directory
;;     ARCOLOGY_DIRECTORIES  all of them, with colons between
;;     ARCOLOGY_DATABASE     the database to bring up to date
;;     ARCOLOGY_BUILD_ID     a number for the log
;;     ARCOLOGY_BUILD_KIND   `incremental', `full' or `clean'
;;     ARCOLOGY_LAST_BUILD   the number of the last build that the database holds; 0: not known
;;     ARCOLOGY_CHANGES      a file of records: the letter A, M or D (added, modified, deleted), a
;;                           NUL, the absolute path, a NUL
;;
;; and must not search the directories: for `incremental' the list holds what changed, for the
;; other kinds every file that there is.  It prints lines
;;
;;     arcology: progress DONE TOTAL
;;     arcology: phase TEXT
;;     arcology: problem PATH[:LINE[:OTHER]]: WHY
;;     arcology: failed PATH: WHY
;;     arcology: gone PATH
;;     arcology: input PATH
;;     arcology: error: WHY
;;
;; In PATH and OTHER, a backslash, a colon and a newline are written as \134, \072 and \012.  The
;; lines `problem' of a successful build are all problems that there are now; LINE is 0 where it is
;; not known, OTHER is the other file that is involved.  A file is gone if the list has it as added
;; or modified and it is not there: it stays pending, for it may be back.  A `full' build leaves in
;; the database what that has of the file, which may be on a disk that is not mounted.
;;
;; The lines `input' name the files that the rows depend on besides the notes and the files that the
;; command line names: the libraries, Emacs, what the options load, set-up files that are no notes,
;; and .dir-locals.el.  One that is created further down than in a watched directory is noticed with
;; the next full build only.
;;
;; Anything else goes to the log.  The exit status is 0 if the database holds all files of the list,
;; 1 if it holds all but those that were reported as failed, 65 if a full build is needed,
;; otherwise something else; then it gets the same changes again.
;;
;; Exit status
;;
;;     0   all is in the database
;;     1   the files reported as failed are not in, everything else is
;;     64  the environment is not as above
;;     65  the database lacks what an incremental build needs: make a full build
;;     66  a watched directory or the list of changes is missing
;;     69  org-roam or a way to SQLite is not installed
;;     70  the build failed in a way not foreseen; nothing is in
;;     73  the database cannot be written, or the disk is full
;;     75  another program holds the database
;;     78  the database is damaged, or of something else, or of a newer org-roam

;;; Code:

;; The other parts are beside this file.
(eval-and-compile
  (let ((load-path (if load-file-name
                       (cons (file-name-directory load-file-name) load-path)
                     load-path)))
    (require 'cl-lib)
    (require 'arcology-database)
    (require 'arcology-note)))

(defgroup arcology-batch nil
  "Update an org-roam database, in batch."
  :group 'org)

(defcustom arcology-batch-keywords
  '("ARCOLOGY_KEY" "ARCOLOGY_FEED" "ARCOLOGY_ALLOW_CRAWL" "ARCOLOGY_TOOT_VISIBILITY")
  "The file keywords that go to the table `keywords'; case does not matter.
The environment variable ARCOLOGY_KEYWORDS, names with colons or spaces
between, is used instead if it is set and not empty."
  :type '(repeat string))

(defcustom arcology-batch-lock-timeout 15
  "Seconds to wait for another program that writes to the database."
  :type 'natnum)

(defcustom arcology-batch-gc-threshold (* 32 1024 1024)
  "Bytes allocated between two garbage collections during a build.
With Emacs's own value it spends a good part of its time collecting; a
larger one takes memory, and the time to get that from the system."
  :type 'natnum)

;; org-roam and Org are loaded when a build starts, so that one clear line can be printed if they
;; are missing.
(defvar emacsql--transaction-level)
(defvar epa-file-name-regexp)
(defvar epg-pinentry-mode)
(defvar org-agenda-files)
(defvar org-element-cache-persistent)
(defvar org-id-track-globally)
(defvar org-persist--disable-when-emacs-Q)
(defvar org-persist--refresh-gc-lock-timer)
(defvar org-persist-directory)
(defvar org-resource-download-policy)
(defvar org-roam-db--table-schemata)
(defvar org-roam-db-location)
(defvar org-roam-db-version)
(defvar org-roam-directory)

(declare-function org-roam-db--init "org-roam-db" (db))
(declare-function org-version "org" (&optional here full message))
(declare-function package-activate-all "package" ())

;;; Errors

(define-error 'arcology-batch-error "The build failed")

(defconst arcology-batch--statuses
  '((usage . 64) (incomplete . 65) (no-input . 66) (unavailable . 69) (cannot-write . 73)
    (locked . 75) (unusable . 78))
  "The exit status for each reason not to build; see sysexits(3).")

(defun arcology-batch--fail (reason format &rest args)
  "End the build because of REASON with the message of FORMAT and ARGS.
REASON is a key of `arcology-batch--statuses'."
  (signal 'arcology-batch-error
          (list (apply #'format format args) (alist-get reason arcology-batch--statuses))))

(defun arcology-batch--one-line (text)
  "Return TEXT with every control character shown as an escape."
  (replace-regexp-in-string "[\000-\037\177]"
                            (lambda (char)
                              (pcase char
                                ("\n" "\\n")
                                ("\t" "\\t")
                                (_ (format "\\%03o" (aref char 0)))))
                            text t t))

(defun arcology-batch--escape-path (path)
  "Return PATH so that it ends at the first colon of a line.
A backslash, a colon and control characters are written as a backslash
and three octal digits, which the service reads back."
  (replace-regexp-in-string "[\000-\037\177\\\\:]"
                            (lambda (char) (format "\\%03o" (aref char 0)))
                            path t t))

(defun arcology-batch--explain (error)
  "Return the message of ERROR, as caught by `condition-case', on one line."
  (arcology-batch--one-line
   (if (memq 'arcology-batch-error (get (car error) 'error-conditions))
       (cadr error)
     (error-message-string error))))

;;; What to do

;; Paths are bytes.  Emacs's UTF-8 decoder keeps each byte that is not UTF-8 as a character of its
;; own, which is encoded to the same byte again.

(defun arcology-batch--decode (bytes)
  "Return the path that consists of BYTES, a unibyte string, as Emacs wants it."
  (decode-coding-string bytes 'utf-8-unix))

(defun arcology-batch--encode (path)
  "Return the bytes of PATH as a unibyte string."
  (encode-coding-string path 'utf-8-unix))

(cl-defstruct (arcology-batch--job (:constructor arcology-batch--job-create) (:copier nil))
  "What a build has to do."
  kind                                  ; `incremental', `full' or `clean'
  id                                    ; a string for the log
  database                              ; absolute path
  directories                           ; absolute paths without a slash at the end
  keywords                              ; in capitals
  mark                                  ; a string that no other build has
  fingerprint                           ; see `arcology-batch--fingerprint'
  (unchanged 0)                         ; how many files had the content of their rows
  present                               ; paths to read
  deleted)                              ; paths to forget

(defun arcology-batch--variable (name)
  "Return the environment variable NAME; fail if it is not there."
  (let ((value (getenv name)))
    (if (or (null value) (equal value ""))
        (arcology-batch--fail
         'usage "%s is not set: this script is run by arcology-builder; its commentary says how \
to run it by hand" name)
      value)))

(defun arcology-batch--absolute (name)
  "Return the environment variable NAME, which must be an absolute path."
  (let ((value (arcology-batch--variable name)))
    (unless (string-prefix-p "/" value)
      (arcology-batch--fail 'usage "%s is not an absolute path: %s" name value))
    value))

(defun arcology-batch--kind ()
  "Return the kind of the build as a symbol."
  (let ((kind (arcology-batch--variable "ARCOLOGY_BUILD_KIND")))
    (unless (member kind '("incremental" "full" "clean"))
      (arcology-batch--fail
       'usage "ARCOLOGY_BUILD_KIND is not incremental, full or clean: %s" kind))
    (intern kind)))

(defun arcology-batch--directories ()
  "Return the watched directories."
  (let* ((first (arcology-batch--absolute "ARCOLOGY_DIRECTORY"))
         (all (or (getenv "ARCOLOGY_DIRECTORIES") first))
         ;; The first may have a colon in its name: then it is not split.
         (others (if (string-prefix-p (concat first ":") (concat all ":"))
                     (substring (concat all ":") (1+ (length first)))
                   all))
         (directories (delete-dups
                       (mapcar #'directory-file-name
                               (cons first (split-string others ":" t))))))
    (dolist (directory directories directories)
      (unless (string-prefix-p "/" directory)
        (arcology-batch--fail 'usage "ARCOLOGY_DIRECTORIES has a relative path: %s" all))
      ;; A disk that went away must not look like a tree that was emptied.
      (unless (file-directory-p directory)
        (arcology-batch--fail 'no-input "The directory %s is missing: bring it back, or correct \
the setting `Directories'" directory)))))

(defun arcology-batch--read-changes (file)
  "Return the records of the change list FILE as a list of (LETTER . PATH)."
  (let ((fields (with-temp-buffer
                  (set-buffer-multibyte nil)
                  (condition-case error
                      (insert-file-contents-literally file)
                    (file-error
                     (arcology-batch--fail 'no-input "Cannot read ARCOLOGY_CHANGES: %s"
                                           (error-message-string error))))
                  (split-string (buffer-string) "\0")))
        (records nil))
    (while (cdr fields)
      (let ((letter (pop fields))
            (path (pop fields)))
        (unless (and (member letter '("A" "M" "D"))
                     fields             ; else the last NUL is missing
                     (string-prefix-p "/" path))
          (arcology-batch--fail 'usage "ARCOLOGY_CHANGES is damaged after %d records: %s"
                                (length records) file))
        (push (cons letter (arcology-batch--decode path)) records)))
    (unless (equal fields '(""))
      (arcology-batch--fail 'usage "ARCOLOGY_CHANGES does not end with NUL: %s" file))
    (nreverse records)))

(defun arcology-batch--keywords ()
  "Return the keywords to store, in capitals."
  (let ((names (getenv "ARCOLOGY_KEYWORDS")))
    (mapcar #'upcase
            (or (and names (split-string names "[: \t\n]+" t))
                arcology-batch-keywords))))

(defun arcology-batch--job-from-environment ()
  "Return the job that the environment describes."
  (let* ((kind (arcology-batch--kind))
         (database (arcology-batch--absolute "ARCOLOGY_DATABASE"))
         (directories (arcology-batch--directories))
         (changes (arcology-batch--read-changes (arcology-batch--absolute "ARCOLOGY_CHANGES"))))
    (arcology-batch--job-create
     :kind kind
     :id (or (getenv "ARCOLOGY_BUILD_ID") "-")
     :mark (format "%s-%d-%s" (or (getenv "ARCOLOGY_BUILD_ID") "-") (emacs-pid)
                   (format-time-string "%s.%N"))
     :database database
     :directories directories
     :keywords (arcology-batch--keywords)
     :present (cl-loop for (letter . path) in changes unless (equal letter "D") collect path)
     :deleted (cl-loop for (letter . path) in changes when (equal letter "D") collect path))))

;;; Emacs as a quiet reader

(defun arcology-batch--prepare-emacs ()
  "Prevent this Emacs from asking questions, running programs and writing files."
  ;; No compiled code in ~/.emacs.d.  The names changed in Emacs 29.
  (dolist (variable '(native-comp-jit-compilation native-comp-deferred-compilation
                      comp-deferred-compilation native-comp-enable-subr-trampolines
                      comp-enable-subr-trampolines))
    (when (boundp variable)
      (set variable nil)))
  (setq debug-on-error nil
        ;; Paths and messages are UTF-8, or bytes that survive it, in every locale.
        locale-coding-system 'utf-8-unix
        file-name-coding-system 'utf-8-unix
        system-messages-locale "C")
  (setq create-lockfiles nil
        make-backup-files nil
        auto-save-default nil
        auto-save-list-file-prefix nil
        find-file-hook nil
        ;; Global minor modes, such as that of Eldoc, would keep a list of all buffers that ever
        ;; were, and look through it for each new one.
        change-major-mode-hook nil
        after-change-major-mode-hook nil
        vc-handled-backends nil
        after-insert-file-functions nil
        ;; A note may be text/enriched; the other formats are for `format-find-file'.
        format-alist (cl-remove-if-not (lambda (format) (eq (car format) 'text/enriched))
                                       format-alist)
        tramp-mode nil
        ;; It would ask when a text does not fit its coding system.
        select-safe-coding-system-function nil
        org-agenda-files nil
        org-element-cache-persistent nil
        org-id-track-globally nil       ; or ~/.emacs.d/.org-id-locations is written at exit
        org-resource-download-policy nil ; a note must not make us fetch anything
        epg-pinentry-mode 'cancel)      ; a key that the agent holds works; no question is asked
  ;; Nothing is kept between builds.  Without an init file, org-persist (Org 9.6 and newer) makes a
  ;; temporary directory when it is loaded; where it cannot write, it does nothing.
  (setq org-persist--disable-when-emacs-Q nil
        org-persist-directory "/nonexistent/"
        org-persist--refresh-gc-lock-timer t)
  ;; Standard input should be /dev/null, but can be a terminal if the program is run by hand.
  (set 'inhibit-interaction t)
  (setq gc-cons-threshold (max gc-cons-threshold arcology-batch-gc-threshold)))

(defun arcology-batch--restrict-files ()
  "Let special file names mean nothing, except that encrypted files are decrypted.
This is for after everything is loaded, since libraries may be compressed."
  (require 'epa-hook)
  (setq file-name-handler-alist (list (cons epa-file-name-regexp 'epa-file-handler)))
  ;; Org before 9.6 fetches `#+SETUPFILE: https://...' without a question.
  (advice-add 'url-retrieve-synchronously :override #'arcology-batch--refuse-url))

(defun arcology-batch--refuse-url (url &rest _)
  "Fail to fetch URL."
  (error "Not fetched, since a note may not cause that: %s" url))

(defun arcology-batch--load ()
  "Load org-roam and its way to SQLite; fail with advice if something is missing."
  (condition-case error
      (unless (require 'org-roam nil t)
        ;; `-q' also keeps package.el from activating what the user installed.
        (ignore-errors (package-activate-all))
        (unless (require 'org-roam nil t)
          (arcology-batch--fail
           'unavailable "org-roam is not installed for this Emacs: install it (Debian and Ubuntu: \
apt install elpa-org-roam; elsewhere from MELPA: M-x package-install RET org-roam), or add \
\"-L DIRECTORY\" of it to the setting `Command'; note that \"emacs -Q\" hides it")))
    (file-missing
     (arcology-batch--fail
      'unavailable "org-roam cannot be loaded: %s: install what it needs (Debian and Ubuntu: apt \
install elpa-org-roam elpa-emacsql-sqlite)" (error-message-string error))))
  (unless (or (arcology-database-builtin-p) (arcology-database-program))
    (arcology-batch--fail
     'unavailable "Emacs has no SQLite, and EmacSQL's program %s is missing: install it (Debian \
and Ubuntu: apt install elpa-emacsql-sqlite; elsewhere, with EmacSQL 3: M-x \
emacsql-sqlite-compile), or use Emacs 29 or newer"
     (or (bound-and-true-p emacsql-sqlite-executable) "emacsql-sqlite")))
  ;; What `org-roam-db-sync' loads before it starts.
  (require 'org-ref nil t)
  (require 'oc nil t))

;;; The database

(defvar arcology-batch--database nil
  "The connection of the running build.")

(defun arcology-batch--execute (sql &rest values)
  "Run SQL, which yields no rows, with VALUES in the database of this build."
  (arcology-database-execute arcology-batch--database sql values))

(defun arcology-batch--select (sql &rest values)
  "Return the rows of SQL with VALUES in the database of this build."
  (arcology-database-select arcology-batch--database sql values))

(defun arcology-batch--select-of (sql paths)
  "Return the rows of SQL, in which %s stands for PATHS.
A statement for each path would take most of the time of a build in which
nothing has changed."
  (let ((rows nil))
    (while paths
      (let ((some (seq-take paths 100)))
        (setq paths (nthcdr 100 paths)
              rows (nconc (apply #'arcology-batch--select
                                 (format sql (mapconcat (lambda (_) "?") some ", "))
                                 (mapcar #'arcology-database-print some))
                          rows))))
    rows))

(defun arcology-batch--number (sql &rest values)
  "Return the one number that SQL with VALUES yields."
  (arcology-database-number arcology-batch--database sql values))

(defun arcology-batch--run-statement (sql)
  "Run SQL, which org-roam or a function of the user sends; return its rows."
  (if (string-match-p "\\`[ \t\n]*\\(SELECT\\|WITH\\|PRAGMA\\|VALUES\\)\\_>" sql)
      (arcology-batch--select sql)
    (arcology-batch--execute sql)))

(defconst arcology-batch--database-errors
  '((arcology-database-locked
     locked "The database %s is in use by another program: wait for it or end it; if that is an \
Emacs, turn off `org-roam-db-autosync-mode' in it")
    (arcology-database-damaged
     unusable "The database %s is damaged or is no SQLite database: move it away, together with \
the files of the same name with -journal or -wal at the end, and make a full build")
    (arcology-database-full
     cannot-write "The disk of the database %s is full: free space on it")
    (arcology-database-unwritable
     cannot-write "The database %s cannot be read or written: look at its owner and mode, those \
of its directory, and the free space"))
  "For a condition of the database the reason and the message that end the build.")

(defun arcology-batch--database-fault-p (error)
  "Whether ERROR has an entry in `arcology-batch--database-errors'."
  (assq (car error) arcology-batch--database-errors))

(defun arcology-batch--fatal-p (error)
  "Whether the database is at fault, not a note, according to ERROR."
  (let ((conditions (get (car error) 'error-conditions)))
    (or (memq 'arcology-batch-error conditions)
        (memq 'arcology-note-unsupported conditions)
        (and (memq 'arcology-database-error conditions)
             (not (memq 'arcology-database-constraint conditions))))))

(defun arcology-batch--check-writable (database)
  "Fail unless DATABASE and its directory can be written; make the directory."
  (let ((directory (directory-file-name (file-name-directory database))))
    (condition-case error
        (make-directory directory t)
      (file-error
       (arcology-batch--fail
        'cannot-write "The directory of the database cannot be made: %s: correct the setting \
`Database'" (error-message-string error))))
    ;; SQLite makes its journal beside the database.
    (unless (and (file-writable-p directory) (file-accessible-directory-p directory))
      (arcology-batch--fail
       'cannot-write "The directory %s cannot be written: look at its owner and mode, or correct \
the setting `Database'" directory))
    (when (file-exists-p database)
      (unless (arcology-note--regular-p database)
        (arcology-batch--fail
         'cannot-write "%s is not a file: correct the setting `Database'" database))
      (unless (file-writable-p database)
        (arcology-batch--fail
         'cannot-write "The database %s cannot be written: look at its owner and mode" database)))))

(defun arcology-batch--open (file)
  "Open the database FILE."
  (arcology-database-open file arcology-batch-lock-timeout))

(defun arcology-batch--connect (job)
  "Open the database of JOB."
  (setq arcology-batch--database (arcology-batch--open (arcology-batch--job-database job))
        arcology-note-sql-function #'arcology-batch--run-statement
        org-roam-db-location (arcology-batch--job-database job)
        org-roam-directory (car (arcology-batch--job-directories job)))
  (arcology-batch--choose-journal (arcology-batch--job-database job))
  ;; Without this a large transaction that outgrows the page cache writes to the database before its
  ;; end, and readers are locked out for the rest of it.
  (arcology-batch--execute "PRAGMA cache_spill = OFF"))

(defcustom arcology-batch-network-file-systems
  "\\`\\(nfs[0-9]*\\|cifs\\|smb[0-9a-z]*\\|afs\\|ceph\\|glusterfs\\|9p\\|ocfs2\\|gfs2\\|lustre\
\\|ncpfs\\|coda\\|fuse\\.\\(sshfs\\|rclone\\|glusterfs\\|s3fs\\|gvfsd-fuse\\|davfs\\).*\\)\\'"
  "A regexp for the types of file systems that several hosts may write at once.
A database on one of these has no write-ahead log."
  :type 'regexp)

(defun arcology-batch--file-system (file)
  "Return the type of the file system of FILE, or nil if it is not known."
  (ignore-errors
    (with-temp-buffer
      (insert-file-contents "/proc/self/mountinfo")
      (let ((path (file-truename file))
            (best -1)
            (type nil))
        ;; See proc(5).  Of several mounts on one place, the last counts.
        (while (re-search-forward "^\\(?:[^ ]+ \\)\\{4\\}\\([^ ]+\\) .* - \\([^ ]+\\) " nil t)
          (let ((place (replace-regexp-in-string
                        "\\\\\\([0-7]\\{3\\}\\)"
                        (lambda (match) (string (string-to-number (substring match 1) 8)))
                        (match-string 1) t t)))
            (when (and (string-prefix-p (file-name-as-directory place) path)
                       (<= best (length place)))
              (setq best (length place)
                    type (match-string 2)))))
        type))))

(defun arcology-batch--leave-wal (database)
  "Give DATABASE, whose file system has no shared memory, a rollback journal.
Only a connection that excludes all others can open it until then."
  (arcology-database-close arcology-batch--database)
  (setq arcology-batch--database (arcology-batch--open database))
  (arcology-batch--select "PRAGMA locking_mode = EXCLUSIVE")
  (arcology-batch--select "PRAGMA journal_mode = DELETE")
  (arcology-batch--select "PRAGMA locking_mode = NORMAL")
  (arcology-batch--select "SELECT count(*) FROM sqlite_master"))

(defun arcology-batch--choose-journal (database)
  "Choose the journal of DATABASE, which decides who waits for whom.
With a write-ahead log neither readers nor a build wait.  It needs memory
that all programs share, so it is for programs of one host alone, see
<https://sqlite.org/wal.html>."
  (let* ((type (arcology-batch--file-system database))
         (mode (if (and type (string-match-p arcology-batch-network-file-systems type))
                   "DELETE"
                 "WAL")))
    ;; A program that reads in the old mode keeps it from changing now.
    (arcology-batch--select "PRAGMA busy_timeout = 1000")
    (condition-case nil
        (progn
          (arcology-batch--select (concat "PRAGMA journal_mode = " mode))
          ;; Without shared memory, the first write fails.
          (arcology-batch--execute "BEGIN IMMEDIATE")
          (arcology-batch--execute "ROLLBACK"))
      (arcology-database-locked nil)
      ((arcology-database-full arcology-database-unwritable)
       (arcology-batch--leave-wal database)))
    (arcology-batch--select
     (format "PRAGMA busy_timeout = %d" (round (* 1000 arcology-batch-lock-timeout))))))

(defun arcology-batch--checkpoint ()
  "Empty the write-ahead log, unless a reader still needs it.
A copy of the one file is whole then."
  (arcology-batch--select "PRAGMA busy_timeout = 100")
  (condition-case nil
      (arcology-batch--select "PRAGMA wal_checkpoint (TRUNCATE)")
    (arcology-database-locked nil)))

(defconst arcology-batch--tables
  '("keywords" "problems" "setup_files" "built_files" "arcology")
  "The tables that are made in addition to those of org-roam.")

(defconst arcology-batch--schema
  '("CREATE TABLE keywords (file NOT NULL, keyword NOT NULL, value NOT NULL, \
FOREIGN KEY (file) REFERENCES files (file) ON DELETE CASCADE)"
    "CREATE INDEX arcology_keywords_file ON keywords (file)"
    "CREATE INDEX arcology_keywords_keyword ON keywords (keyword, value)"
    "CREATE TABLE problems (file NOT NULL, line NOT NULL, what NOT NULL, other, \
FOREIGN KEY (file) REFERENCES files (file) ON DELETE CASCADE)"
    "CREATE INDEX arcology_problems_file ON problems (file)"
    "CREATE INDEX arcology_problems_other ON problems (other)"
    "CREATE TABLE setup_files (file NOT NULL, setup_file NOT NULL, \
FOREIGN KEY (file) REFERENCES files (file) ON DELETE CASCADE)"
    "CREATE INDEX arcology_setup_files_file ON setup_files (file)"
    "CREATE INDEX arcology_setup_files_setup_file ON setup_files (setup_file)"
    "CREATE TABLE built_files (file NOT NULL PRIMARY KEY, \
FOREIGN KEY (file) REFERENCES files (file) ON DELETE CASCADE) WITHOUT ROWID"
    "CREATE TABLE arcology (build NOT NULL, finished NOT NULL, fingerprint NOT NULL)"
    ;; org-roam removes a file by the cascade from files over nodes to links and citations.  A step
    ;; without an index reads the whole table, so that a build costs the square of the tree.
    "CREATE INDEX IF NOT EXISTS arcology_nodes_file ON nodes (file)"
    "CREATE INDEX IF NOT EXISTS arcology_links_source ON links (source)"
    "CREATE INDEX IF NOT EXISTS arcology_citations_node ON citations (node_id)")
  "What is made in addition to the tables of org-roam.")

(defun arcology-batch--table-p (table)
  "Whether the database has a table of the name TABLE."
  (< 0 (arcology-batch--number
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?" table)))

(defun arcology-batch--prepare-tables (job)
  "Make the tables for JOB where they are missing; fail if they cannot be used."
  (let* ((kind (arcology-batch--job-kind job))
         (database (arcology-batch--job-database job))
         (version (arcology-batch--number "PRAGMA user_version"))
         (roam (arcology-batch--table-p "files"))
         (complete (and roam
                        (eql version org-roam-db-version)
                        (cl-every #'arcology-batch--table-p arcology-batch--tables)))
         (fresh (eql 0 (arcology-batch--number "SELECT count(*) FROM sqlite_master"))))
    (unless (or fresh (and roam (< 0 version)))
      (arcology-batch--fail
       'unusable "%s is not a database of org-roam: correct the setting `Database', or move it away"
       database))
    (when (and (not (eq kind 'clean)) (> version org-roam-db-version))
      (arcology-batch--fail
       'unusable "The database %s was made by a newer org-roam (version %d; this one knows %d): \
update org-roam, or replace the database with \"arcologyctl rebuild --clean\""
       database version org-roam-db-version))
    (when (eq kind 'incremental)
      (unless complete
        (arcology-batch--incomplete database))
      (unless (equal (arcology-batch--read-mark "fingerprint")
                     (arcology-batch--job-fingerprint job))
        (arcology-batch--fail
         'incomplete "The database %s was made with another Emacs, Org, org-roam or other \
options: a full build is needed" database))
      (unless (<= (string-to-number (or (getenv "ARCOLOGY_LAST_BUILD") "0"))
                  (string-to-number (arcology-batch--read-mark "build")))
        (arcology-batch--fail
         'incomplete "The database %s is older than the last build, as from a backup: a full \
build is needed" database))
      (unless (string-suffix-p (concat "-" (arcology-batch--count-rows))
                               (arcology-batch--read-mark "build"))
        (arcology-batch--fail
         'incomplete "Another program has changed rows of the database %s: a full build is needed"
         database)))
    (unless (eq kind 'incremental)
      (when roam
        (arcology-batch--load-owners))
      (when (or (eq kind 'clean) (not complete))
        ;; Those that refer to others first, or each drop would first empty them row by row.
        (dolist (table (append arcology-batch--tables
                               (reverse (mapcar (lambda (schema) (symbol-name (car schema)))
                                                org-roam-db--table-schemata))))
          (arcology-batch--execute (format "DROP TABLE IF EXISTS %s" table)))
        (org-roam-db--init t)
        (mapc #'arcology-batch--execute arcology-batch--schema)))))

(defun arcology-batch--incomplete (database)
  "Fail because DATABASE cannot be brought up to date by parts."
  (arcology-batch--fail
   'incomplete "The database %s is missing, or not made by this version: a full build is needed"
   database))

;;; The mark of a build

(defun arcology-batch--read-mark (column)
  "Return the text in COLUMN of the table `arcology', or nil."
  (let ((digits (caar (arcology-batch--select
                       (format "SELECT %s FROM arcology" (arcology-database-text column))))))
    (and digits (arcology-database-decode digits))))

(defun arcology-batch--count-rows ()
  "Return a text with the number of rows of each table but `arcology'.
It differs after another program has added or deleted rows, or org-roam in
another Emacs has stored a file, which loses its row in `built_files'."
  (mapconcat (lambda (table)
               (format "%d" (arcology-batch--number (format "SELECT count(*) FROM %s" table))))
             (append (mapcar #'car org-roam-db--table-schemata)
                     (remove "arcology" arcology-batch--tables))
             "."))

(defun arcology-batch--write-mark (job)
  "Write the mark of JOB, the last thing before its end."
  (cl-callf concat (arcology-batch--job-mark job) "-" (arcology-batch--count-rows))
  (arcology-batch--execute "DELETE FROM arcology")
  (arcology-batch--execute "INSERT INTO arcology VALUES (?, ?, ?)"
                           (arcology-batch--job-mark job)
                           (format-time-string "%FT%T.%3NZ" nil t)
                           (arcology-batch--job-fingerprint job)))

(defun arcology-batch--check-mark (job)
  "Fail unless the mark of JOB is visible through a new connection.
Then this build is in, even if a failure went unnoticed."
  (setq arcology-batch--database (arcology-batch--open (arcology-batch--job-database job)))
  (unless (equal (arcology-batch--read-mark "build") (arcology-batch--job-mark job))
    (arcology-batch--fail 'cannot-write "The database %s does not hold this build after its end: \
look at the free space, and whether another program writes to it"
                          (arcology-batch--job-database job))))

(defconst arcology-batch--libraries '(org-roam org-roam-db org-roam-node org-roam-id org-roam-utils
                                               org org-element ol oc emacsql)
  "The libraries whose code decides what the rows are.")

(defvar arcology-batch--library-files nil
  "The files of `arcology-batch--libraries', which a dump of Emacs keeps.")

(defvar arcology-batch--libraries-hash nil
  "The hash of `arcology-batch--libraries', which a dump of Emacs keeps.")

(defun arcology-batch--file-hash (file)
  "Return the hash of the content of FILE, or nil if it cannot be read."
  (ignore-errors
    (with-temp-buffer
      (set-buffer-multibyte nil)
      (insert-file-contents-literally file)
      (secure-hash 'sha1 (current-buffer)))))

(defconst arcology-batch--directory
  (and load-file-name (file-name-directory load-file-name))
  "The directory of this program.")

(defun arcology-batch--own-files ()
  "Return the files of this program that decide what the rows are."
  (and arcology-batch--directory
       (mapcar (lambda (name) (expand-file-name name arcology-batch--directory))
               '("arcology-batch.el" "arcology-note.el" "arcology-compat.el"))))

(defconst arcology-batch--own-hash
  (mapcar #'arcology-batch--file-hash (arcology-batch--own-files))
  "The hashes of the files of this program that decide what the rows are.")

(defun arcology-batch-hash-libraries ()
  "Return the hash of `arcology-batch--libraries', which are loaded."
  (or arcology-batch--libraries-hash
      (let ((files (mapcar (lambda (library) (locate-library (symbol-name library)))
                           arcology-batch--libraries)))
        (setq arcology-batch--library-files (delq nil (copy-sequence files))
              arcology-batch--libraries-hash
              (secure-hash 'sha1
                           (mapconcat (lambda (file)
                                        (or (and file (arcology-batch--file-hash file)) "-"))
                                      files ""))))))

(defun arcology-batch--options ()
  "Return the options of the user on the command line of this Emacs.
They are the same whether it was started from a dump or not, by the
program `arcology-batch' or without it."
  (let ((arguments (cdr command-line-args))
        (options nil))
    (while arguments
      (let ((argument (pop arguments)))
        (cond
         ((member argument '("-q" "-Q" "-batch" "--batch")))
         ((string-prefix-p "--dump-file" argument))
         ((and (equal argument "-f")
               (member (car arguments) '("arcology-dump-wake" "arcology-batch-run")))
          (pop arguments))
         ((and (member argument '("-l" "--load" "-load"))
               (string-suffix-p "arcology-batch.el" (car arguments)))
          (pop arguments))
         ((and (equal argument "-L")
               (equal (file-name-as-directory (car arguments)) arcology-batch--directory))
          (pop arguments))
         (t
          (push argument options)))))
    (nreverse options)))

(defvar arcology-batch--option-files nil
  "The files that the options of the user loaded, which a dump of Emacs keeps.")

(defvar arcology-batch--option-hash nil
  "The hash of `arcology-batch--option-files', which a dump of Emacs keeps.")

(defun arcology-batch--list-option-files ()
  "Return the files that are loaded, but not those of Emacs and this program."
  (let ((others (delq nil (list arcology-batch--directory
                                (file-name-directory (locate-library "simple"))
                                ;; What packages of Debian load at the start of each Emacs.
                                "/etc/emacs/"))))
    (cl-loop for (file . _) in load-history
             when (and (stringp file) (file-name-absolute-p file)
                       (cl-notany (lambda (directory) (string-prefix-p directory file)) others))
             collect file into files
             finally return (sort (delete-dups files) #'string<))))

(defun arcology-batch-hash-option-files ()
  "Return the hash of the files that the options of the user load.
Call this before anything else is loaded."
  (or arcology-batch--option-hash
      (setq arcology-batch--option-files (arcology-batch--list-option-files)
            arcology-batch--option-hash
            (secure-hash 'sha1 (mapconcat (lambda (file)
                                            (concat file " " (arcology-batch--file-hash file)))
                                          arcology-batch--option-files "\n")))))

(defun arcology-batch--fingerprint (directories keywords)
  "Return the hash of all that decides what the rows of a note are but its text.
DIRECTORIES are the watched ones, KEYWORDS those that are stored."
  (let ((print-level nil)
        (print-length nil))
    (secure-hash
     'sha1
     (prin1-to-string
      (list emacs-version (org-version) org-roam-db-version (arcology-batch-hash-libraries)
            arcology-batch--own-hash arcology-batch--schema (arcology-batch--options)
            (arcology-batch-hash-option-files)
            directories keywords
            ;; Times of the day are stored with the offset of the zone.
            (getenv "TZ") (file-symlink-p "/etc/localtime"))))))

;;; Who owns an ID

;; The file that has an ID in the database keeps it as long as its text has it.  Between newcomers,
;; the shorter path wins, then the lower bytes.

(defvar arcology-batch--owners nil
  "A hash table of the files that had an ID before this build, by ID.
It has the IDs of each file of this build.")

(defvar arcology-batch--pending nil
  "A hash table of the paths, as bytes, that are still to be read.")

(defvar arcology-batch--stored nil
  "A hash table of the lines of the nodes that this build stored, by ID.")

(defvar arcology-batch--held nil
  "Nodes of this build, as (PATH . NODE), whose ID is still that of a pending file.")

(defvar arcology-batch--losers nil
  "What this build read and did not store: lists (PATH LINE ID).")

(defun arcology-batch--load-owners ()
  "Remember which file has which ID, for a build of every file.
The database may be of another version of org-roam."
  (pcase-dolist (`(,id ,file) (condition-case error
                                  (arcology-batch--select "SELECT id, file FROM nodes")
                                (arcology-database-error
                                 ;; No such table or column.
                                 (when (arcology-batch--database-fault-p error)
                                   (signal (car error) (cdr error))))))
    (puthash id file arcology-batch--owners)))

(defun arcology-batch--load-owners-of (paths)
  "Remember which IDs the files PATHS have."
  (pcase-dolist (`(,id ,file) (arcology-batch--select-of
                               "SELECT id, file FROM nodes WHERE file IN (%s)" paths))
    (puthash id file arcology-batch--owners)))

(defun arcology-batch--same-path-p (a b)
  "Whether the paths A and B are the same bytes."
  (and a b (equal (arcology-batch--encode a) (arcology-batch--encode b))))

(defun arcology-batch--before-p (a b id)
  "Whether the file A has a better claim to ID than the file B.
Both have it in their text as it is now."
  (let ((owner (gethash id arcology-batch--owners))
        (bytes-a (arcology-batch--encode a))
        (bytes-b (arcology-batch--encode b)))
    (cond
     ((arcology-batch--same-path-p a owner) t)
     ((arcology-batch--same-path-p b owner) nil)
     ((/= (length bytes-a) (length bytes-b)) (< (length bytes-a) (length bytes-b)))
     (t (string< bytes-a bytes-b)))))

(defun arcology-batch--holder (id)
  "Return the file that has ID in the database, or nil."
  (caar (arcology-batch--select "SELECT file FROM nodes WHERE id = ?"
                                (arcology-database-print id))))

;;; Storing a note

(defun arcology-batch--insert (table rows)
  "Add ROWS, lists of Lisp values, to TABLE."
  (arcology-database-insert arcology-batch--database (format "%s" table)
                            (mapcar (lambda (row) (mapcar #'arcology-database-print row)) rows)))

(defun arcology-batch--insert-rows (nodes)
  "Add the rows that refer to NODES."
  (pcase-dolist (`(,table . ,_) org-roam-db--table-schemata)
    (let ((rows (cl-loop for node in nodes
                         append (alist-get table (arcology-note-node-rows node)))))
      (when rows
        (arcology-batch--insert table rows)))))

(defun arcology-batch--insert-problem (path line what &optional other)
  "Add the problem WHAT on LINE of PATH, in which the file OTHER is involved."
  (arcology-batch--execute "INSERT INTO problems VALUES (?, ?, ?, ?)"
                           (arcology-database-print path) line
                           (arcology-database-unicode (arcology-batch--one-line what))
                           (and other (arcology-database-print other))))

(defun arcology-batch--unique-nodes (note)
  "Return the nodes of NOTE that have an ID of their own; the others are problems."
  (let ((lines (make-hash-table :test #'equal))
        (path (arcology-note-path note)))
    (cl-remove-if-not
     (lambda (node)
       (let* ((id (arcology-note-node-id node))
              (line (arcology-note-node-line node))
              (first (gethash id lines)))
         (if (null first)
             (puthash id line lines)
           (arcology-batch--insert-problem
            path line
            (format "duplicate ID %s, also in line %d; give one of the two another ID" id first)
            path)
           nil)))
     (arcology-note-nodes note))))

(defun arcology-batch--store-node (path node)
  "Store NODE of the file PATH, if its ID is free or PATH has the better claim."
  (let* ((id (arcology-note-node-id node))
         (holder (arcology-batch--holder id)))
    (cond
     ((and holder (gethash (arcology-batch--encode holder) arcology-batch--pending))
      (push (cons path node) arcology-batch--held))
     ((and holder
           (or (not (gethash id arcology-batch--stored))
               (arcology-batch--before-p holder path id)))
      (push (list path (arcology-note-node-line node) id) arcology-batch--losers))
     (t
      (when holder
        (push (list holder (gethash id arcology-batch--stored) id) arcology-batch--losers)
        (arcology-batch--execute "DELETE FROM nodes WHERE id = ?" (arcology-database-print id)))
      (arcology-batch--insert 'nodes (list (arcology-note-node-row node)))
      (arcology-batch--insert-rows (list node))
      (puthash id (arcology-note-node-line node) arcology-batch--stored)))))

(defun arcology-batch--store-nodes (path nodes)
  "Store NODES of the file PATH."
  (condition-case nil
      ;; None is in if one is refused.
      (when nodes
        (arcology-database-insert arcology-batch--database "nodes"
                                  (mapcar (lambda (node)
                                            (mapcar #'arcology-database-print
                                                    (arcology-note-node-row node)))
                                          nodes)))
    (arcology-database-constraint
     (arcology-batch--execute "DELETE FROM nodes WHERE file = ?" (arcology-database-print path))
     (dolist (node nodes)
       (arcology-batch--store-node path node)))
    (:success
     (arcology-batch--insert-rows nodes)
     (dolist (node nodes)
       (puthash (arcology-note-node-id node) (arcology-note-node-line node)
                arcology-batch--stored)))))

(defun arcology-batch--store (note)
  "Put NOTE into the database, in place of what that has of its file."
  (let* ((path (arcology-note-path note))
         (file (arcology-database-print path)))
    (arcology-batch--clear path)
    (arcology-batch--insert 'files (list (arcology-note-file note)))
    (arcology-batch--insert 'built_files (list (list path)))
    (arcology-batch--store-nodes path (arcology-batch--unique-nodes note))
    (pcase-dolist (`(,line ,what ,other) (arcology-note-problems note))
      (arcology-batch--insert-problem path line what other))
    (pcase-dolist (`(,keyword ,value) (arcology-note-keywords note))
      (arcology-batch--execute "INSERT INTO keywords VALUES (?, ?, ?)" file
                               (arcology-database-unicode keyword)
                               (arcology-database-unicode value)))
    (dolist (setup-file (arcology-note-setup-files note))
      (arcology-batch--execute "INSERT INTO setup_files VALUES (?, ?)" file
                               (arcology-database-print setup-file)))))

(defvar arcology-batch--known nil
  "A hash table of the paths, as bytes, that may have rows; nil if any may.")

(defun arcology-batch--clear (path)
  "Remove the rows of PATH, if it may have any."
  (let ((bytes (arcology-batch--encode path)))
    ;; SQLite takes longer to find out that there is nothing to remove than to store a small note.
    (if (and arcology-batch--known (not (gethash bytes arcology-batch--known)))
        (puthash bytes t arcology-batch--known)
      (arcology-batch--execute "DELETE FROM files WHERE file = ?"
                               (arcology-database-print path)))))

(defun arcology-batch--settle-held ()
  "Store the nodes that waited for a file that was pending, the best claims first."
  (dolist (entry (sort (prog1 arcology-batch--held
                         (setq arcology-batch--held nil))
                       (lambda (a b)
                         (arcology-batch--before-p (car a) (car b)
                                                   (arcology-note-node-id (cdr a))))))
    (arcology-batch--store-node (car entry) (cdr entry))))

(defun arcology-batch--write-losers ()
  "Add a problem for each node that was left out because another file has its ID."
  (pcase-dolist (`(,path ,line ,id) arcology-batch--losers)
    (let ((other (arcology-batch--holder id)))
      (arcology-batch--insert-problem
       path line (format "duplicate ID %s, also in %s; give one of the two another ID" id other)
       other))))

(defun arcology-batch--report-problems ()
  "Print each problem that the database has."
  (pcase-dolist (`(,file ,line ,what ,other)
                 (arcology-batch--select
                  (format "SELECT file, line, %s, other FROM problems ORDER BY file, line, what"
                          (arcology-database-text "what"))))
    (message "arcology: problem %s%s%s: %s" (arcology-batch--escape-path file)
             (if (or other (< 0 line)) (format ":%d" line) "")
             (if other (concat ":" (arcology-batch--escape-path other)) "")
             (arcology-database-decode what))))

(defun arcology-batch--report-inputs (directories)
  "Print each file that the rows depend on, except notes and those of the options.
DIRECTORIES are the watched ones."
  (dolist (file (append (list (expand-file-name invocation-name invocation-directory)
                              ;; See `arcology-batch--fingerprint'.
                              "/etc/localtime")
                        (arcology-batch--own-files)
                        arcology-batch--option-files
                        arcology-batch--library-files
                        (mapcar (lambda (directory)
                                  (expand-file-name (car arcology-note-directory-files) directory))
                                directories)))
    (message "arcology: input %s" (arcology-batch--escape-path (expand-file-name file))))
  (pcase-dolist (`(,file) (arcology-batch--select
                           "SELECT DISTINCT setup_file FROM setup_files
WHERE setup_file NOT IN (SELECT file FROM files) ORDER BY setup_file"))
    (message "arcology: input %s" (arcology-batch--escape-path file))))

;;; One file

(defun arcology-batch--root (job path)
  "Return the watched directory of JOB that has PATH, or the first."
  (let ((best nil))
    (dolist (directory (arcology-batch--job-directories job))
      (when (and (string-prefix-p (file-name-as-directory directory) path)
                 (> (length directory) (length best)))
        (setq best directory)))
    (or best (car (arcology-batch--job-directories job)))))

(defun arcology-batch--gone-p (path)
  "Whether PATH is no file any more, as far as can be known.
A file that is there but may not be looked at is not gone."
  (let ((ancestor (directory-file-name (file-name-directory path))))
    (and (not (file-exists-p path))
         (not (file-symlink-p path))
         (progn
           (while (not (or (file-exists-p ancestor) (equal ancestor "/")))
             (setq ancestor (directory-file-name (file-name-directory ancestor))))
           (or (not (file-directory-p ancestor))
               (file-accessible-directory-p ancestor))))))

(defun arcology-batch--miss-file (path keep)
  "Say that PATH, which the list has, is gone.
It may be back before the next comparison.  Remove its rows unless KEEP."
  (unless keep
    (arcology-batch--clear path))
  (message "arcology: gone %s" (arcology-batch--escape-path path)))

(defun arcology-batch--check-file (path)
  "Fail if PATH is something that would block, or mean nothing, when read."
  (when (and (file-exists-p path) (not (arcology-note--regular-p path)))
    (error "It is not a regular file"))
  (when (string-suffix-p ".age" path)
    (error "Files encrypted with age cannot be read by this build")))

(defvar arcology-batch--hashes nil
  "A hash table of the hashes that files had, by path, as bytes.
It has the files of this build whose rows depend on nothing but their own
content, not on an ID of another file or on a set-up file.  When the local
variables of a directory change, no incremental build follows.")

(defun arcology-batch--load-hashes-of (paths)
  "Remember the hashes of the files PATHS."
  (pcase-dolist (`(,file ,hash)
                 (arcology-batch--select-of
                  "SELECT file, hash FROM files f JOIN built_files USING (file) WHERE file IN (%s)
AND NOT EXISTS (SELECT 1 FROM problems p WHERE p.file = f.file AND p.other IS NOT NULL)
AND NOT EXISTS (SELECT 1 FROM setup_files s WHERE s.file = f.file
                AND s.setup_file NOT LIKE '%%/.dir-locals.el\"'
                AND s.setup_file NOT LIKE '%%/.dir-locals-2.el\"')" paths))
    (puthash (arcology-batch--encode file) hash arcology-batch--hashes)))

(defun arcology-batch--unchanged-p (path)
  "Whether the database has the rows of PATH as its bytes are now."
  (let ((hash (gethash (arcology-batch--encode path) arcology-batch--hashes)))
    (and hash
         (equal hash (ignore-errors
                       (and (arcology-note--regular-p path) (arcology-note-hash path)))))))

(defun arcology-batch--update-times (path job)
  "Store the times of the file PATH of JOB, all else of which is unchanged."
  (cl-incf (arcology-batch--job-unchanged job))
  (let ((attributes (file-attributes path)))
    (arcology-batch--execute
     "UPDATE files SET atime = ?, mtime = ? WHERE file = ?"
     (arcology-database-print (file-attribute-access-time attributes))
     (arcology-database-print (file-attribute-modification-time attributes))
     (arcology-database-print path)))
  nil)

(defun arcology-batch--explain-failure (path error)
  "Return why the file PATH could not be read, according to ERROR."
  (let ((why (arcology-batch--explain
              (if (memq 'file-error (get (car error) 'error-conditions))
                  ;; The line has the path; GnuPG leaves one part empty (epa-file.el).
                  (cons (car error)
                        (cl-remove-if (lambda (part)
                                        (member part (list "Opening input file" "" path)))
                                      (cdr error)))
                error))))
    (cond
     ((not (file-readable-p path))
      (format "%s: make it readable with chmod u+r, or name it in the setting Exclude" why))
     ((not (string-suffix-p ".gpg" path))
      why)
     ((string-match-p "no usable configuration" why) ; of epg-config.el
      (format "it cannot be decrypted: install GnuPG (%s)" why))
     (t
      (format "it cannot be decrypted: unlock its key, for instance by \"gpg --decrypt\", then run \
\"arcologyctl rebuild\" (%s)" why)))))

(defun arcology-batch--process-file (path job)
  "Bring the rows of PATH up to date for JOB; return why that failed, or nil."
  (let ((failure nil)
        (held arcology-batch--held)
        (losers arcology-batch--losers)
        ;; The list also has files of a disk that is not mounted.
        (keep (eq (arcology-batch--job-kind job) 'full)))
    (arcology-batch--execute "SAVEPOINT arcology_file")
    (condition-case error
        (if (arcology-batch--gone-p path)
            (arcology-batch--miss-file path keep)
          (arcology-batch--check-file path)
          (arcology-batch--store
           (arcology-note-read path (arcology-batch--root job path)
                               (arcology-batch--job-keywords job))))
      (error
       (when (arcology-batch--fatal-p error)
         (signal (car error) (cdr error)))
       (arcology-batch--execute "ROLLBACK TO arcology_file")
       (setq arcology-batch--held held
             arcology-batch--losers losers)
       (if (arcology-batch--gone-p path)
           (arcology-batch--miss-file path keep)
         (setq failure (arcology-batch--explain-failure path error)))))
    (arcology-batch--execute "RELEASE arcology_file")
    failure))

;;; The build

(defun arcology-batch--progress (done total)
  "Report that DONE files of TOTAL are done."
  (message "arcology: progress %d %d" done total))

(defun arcology-batch--forget-others (job)
  "Remove the files that are not in the list of JOB; return a table of those left."
  (let ((listed (make-hash-table :test #'equal))
        (known (make-hash-table :test #'equal)))
    (dolist (path (arcology-batch--job-present job))
      (puthash (arcology-batch--encode path) t listed))
    (pcase-dolist (`(,file) (arcology-batch--select "SELECT file FROM files"))
      (let ((bytes (arcology-batch--encode file)))
        (if (gethash bytes listed)
            (puthash bytes t known)
          (arcology-batch--clear (arcology-batch--decode bytes)))))
    known))

(defun arcology-batch--dependents (paths)
  "Return the files that depend on PATHS, other than these.
They are those that lost an ID to one of them, or have it as set-up file."
  (let ((seen (make-hash-table :test #'equal))
        (found nil))
    (dolist (path paths)
      (puthash (arcology-batch--encode path) t seen))
    (while paths
      (let ((other (arcology-database-print (pop paths))))
        (pcase-dolist (`(,file) (arcology-batch--select
                                 "SELECT file FROM problems WHERE other = ? \
UNION SELECT file FROM setup_files WHERE setup_file = ?" other other))
          (let ((bytes (arcology-batch--encode file)))
            (unless (gethash bytes seen)
              (puthash bytes t seen)
              (push (arcology-batch--decode bytes) found)
              (push (car found) paths))))))
    (nreverse found)))

(defun arcology-batch--process (job)
  "Do JOB inside the transaction; return how many files failed."
  (let* ((incremental (eq (arcology-batch--job-kind job) 'incremental))
         (present (arcology-batch--job-present job))
         (deleted (arcology-batch--job-deleted job))
         (present (if incremental
                      (append present (arcology-batch--dependents (append present deleted)))
                    present))
         (total (length present))
         (step (max 20 (/ total 200)))
         (done 0)
         (failed 0)
         (arcology-batch--pending (make-hash-table :test #'equal :size (1+ total)))
         (arcology-batch--stored (make-hash-table :test #'equal))
         (arcology-batch--hashes (make-hash-table :test #'equal))
         (arcology-batch--held nil)
         (arcology-batch--losers nil)
         (arcology-batch--known nil))
    (arcology-batch--progress 0 total)
    (if incremental
        (progn
          (arcology-batch--load-owners-of present)
          (arcology-batch--load-hashes-of present))
      (setq arcology-batch--known (arcology-batch--forget-others job)))
    (mapc #'arcology-batch--clear deleted)
    (dolist (path present)
      (puthash (arcology-batch--encode path) t arcology-batch--pending))
    (dolist (path present)
      (remhash (arcology-batch--encode path) arcology-batch--pending)
      (let ((failure (if (and incremental (arcology-batch--unchanged-p path))
                         (arcology-batch--update-times path job)
                       (arcology-batch--process-file path job))))
        (when failure
          (setq failed (1+ failed))
          (message "arcology: failed %s: %s" (arcology-batch--escape-path path) failure)))
      (setq done (1+ done))
      (when (and (zerop (mod done step)) (< done total))
        (arcology-batch--progress done total)))
    (unless (zerop total)
      (arcology-batch--progress total total))
    (arcology-batch--settle-held)
    (arcology-batch--write-losers)
    (arcology-batch--report-problems)
    (arcology-batch--report-inputs (arcology-batch--job-directories job))
    failed))

(defun arcology-batch--build (job)
  "Do JOB; return how many files failed."
  (let ((database (arcology-batch--job-database job))
        (arcology-batch--owners (make-hash-table :test #'equal))
        ;; EmacSQL then takes the transactions of org-roam for nested ones, and does nothing.
        (emacsql--transaction-level 1))
    (condition-case error
        (unwind-protect
            (let (failed)
              (arcology-batch--connect job)
              (arcology-batch--restrict-files)
              (arcology-batch--execute "BEGIN IMMEDIATE")
              (arcology-batch--prepare-tables job)
              (setq failed (arcology-batch--process job))
              (arcology-batch--write-mark job)
              (arcology-batch--execute "COMMIT")
              (arcology-batch--checkpoint)
              (arcology-database-close arcology-batch--database)
              (arcology-batch--check-mark job)
              failed)
          ;; SQLite rolls back what is not committed when a connection is closed.
          (when arcology-batch--database
            (arcology-database-close arcology-batch--database)))
      (arcology-database-error
       (pcase (alist-get (car error) arcology-batch--database-errors)
         (`(,reason ,format)
          (arcology-batch--fail reason (concat format " (%s)") database (cadr error)))
         (_
          (signal (car error) (cdr error))))))))

(defun arcology-batch-main ()
  "Do the build that the environment describes; return the exit status."
  (condition-case error
      (let ((start (float-time))
            job failed)
        (arcology-batch--prepare-emacs)
        (arcology-batch-hash-option-files)
        (setq job (arcology-batch--job-from-environment))
        (arcology-batch--check-writable (arcology-batch--job-database job))
        (when (and (eq (arcology-batch--job-kind job) 'incremental)
                   (not (file-exists-p (arcology-batch--job-database job))))
          ;; Before SQLite makes an empty one.
          (arcology-batch--incomplete (arcology-batch--job-database job)))
        (arcology-batch--load)
        (arcology-compat-install)
        (arcology-note-install)
        (setf (arcology-batch--job-fingerprint job)
              (arcology-batch--fingerprint (arcology-batch--job-directories job)
                                           (arcology-batch--job-keywords job)))
        (message "Build %s, %s, %s: Emacs %s, Org %s, database version %d"
                 (arcology-batch--job-id job) (arcology-batch--job-kind job)
                 (arcology-batch--one-line (arcology-batch--job-database job))
                 emacs-version (org-version) org-roam-db-version)
        (setq failed (arcology-batch--build job))
        (message "Files: %d listed, %d of them unchanged, %d deleted, %d failed, in %.2f s"
                 (length (arcology-batch--job-present job))
                 (arcology-batch--job-unchanged job)
                 (length (arcology-batch--job-deleted job))
                 failed (- (float-time) start))
        (if (zerop failed) 0 1))
    (arcology-batch-error
     (message "arcology: error: %s" (arcology-batch--explain error))
     (nth 2 error))
    (quit
     (message "arcology: error: The build was interrupted")
     70)
    (error
     (message "arcology: error: %s" (arcology-batch--explain error))
     70)))

;;;###autoload
(defun arcology-batch-run ()
  "Do the build that the environment describes and end Emacs.
The commentary of the library describes the variables."
  (kill-emacs (arcology-batch-main)))

(provide 'arcology-batch)

;; Run if this file is what the command line says to load, as in the setting `Command'; do nothing
;; if a program requires it as a library.
(when (and noninteractive
           load-file-name
           (cl-some (lambda (argument)
                      (equal (file-name-sans-extension
                              (expand-file-name argument command-line-default-directory))
                             (file-name-sans-extension load-file-name)))
                    (cdr command-line-args)))
  (arcology-batch-run))

;;; arcology-batch.el ends here
