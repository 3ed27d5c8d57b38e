;;; arcology-batch.el --- Keep an org-roam database true, in batch  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: GPL-3.0-or-later

;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1") (org-roam "2.2.0"))
;; Keywords: outlines, hypermedia, data

;;; Commentary:

;; The default build of Arcology Builder.  The service runs
;;
;;     `emacs -q --batch -l /path/to/arcology-batch.el'
;;
;; or rather the program `arcology-batch' beside this file, which does the same faster, whenever
;; notes changed, and tells it in the environment what to do.  It uses the same functions
;; of org-roam that work inside Emacs, so the database is the one that org-roam itself would make.
;;
;; The tables
;;
;; `files', `nodes', `aliases', `citations', `refs', `tags' and `links' are org-roam's.  org-roam
;; stores every value in the form in which Lisp prints it, so a string has quotes about it:
;;
;;     SELECT title FROM nodes WHERE file = '"/home/me/org/a note.org"';
;;
;; One table is added:
;;
;;     keywords (file, keyword, value)
;;
;; with a row for each line `#+KEYWORD: value' of a file whose keyword is one of
;; `arcology-batch-keywords'.  `file' is printed as in the other tables, so that they join.
;; `keyword' (in capitals) and `value' are plain text without quotes, because programs that know
;; nothing of Lisp ask for them:
;;
;;     SELECT n.title FROM keywords k JOIN nodes n USING (file)
;;     WHERE k.keyword = 'ARCOLOGY_KEY' AND k.value = 'garden/index';
;;
;; A keyword without a value has the empty string.  Rows go away with their file.  A few indices
;; are added also, since org-roam has none to find the nodes of a file or the links of a node.
;;
;; How the database changes
;;
;; A build is one transaction on the database in place: who reads meanwhile sees the old content
;; until the end, and the new at once, even through a connection that stays open.  If the build is
;; killed, SQLite goes back to the old content.  A `clean' build drops the tables and makes them
;; anew in the same transaction.  (A new file renamed over the old one would leave open readers
;; with the old content for ever, and a journal left by a killed program would be applied to the
;; wrong file.)
;;
;; A file that cannot be read or does not fit, for instance because its ID is already that of a
;; note in another file, keeps the rows that it had.
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
;; `-q' keeps your init file out, and notes are data: no hook, local variable or source block of
;; theirs runs.  Settings that change the rows, such as `org-todo-keywords' or
;; `org-roam-db-node-include-function', go in a file that is loaded first:
;;
;;     Command=/path/to/arcology-batch -l ~/.config/arcology-builder/settings.el
;;
;; It is loaded once more when the program makes its dump of Emacs.
;;
;; Packages installed with package.el are found by themselves; for any others add `-L DIRECTORY'.
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
;;     ARCOLOGY_CHANGES      a file of records: the letter A, M or D (added, modified, deleted), a
;;                           NUL, the absolute path, a NUL
;;
;; and must not search the directories: for `incremental' the list holds what changed, for the
;; other kinds every file that there is.  It prints lines
;;
;;     arcology: progress DONE TOTAL
;;     arcology: failed PATH: WHY
;;     arcology: gone PATH
;;
;; (in PATH, a backslash, a colon and a newline are written as \134, \072 and \012; a file is gone
;; if the list has it as added or modified and it is not there: it stays pending, for it may be
;; back.  A `full' build leaves in the database what that has of the file, which may be on a disk
;; that is not mounted)
;;
;; and whatever else should go to the log, and ends with 0 if the database holds all files of the
;; list, with 1 if it holds all but those that were reported as failed, otherwise with something
;; else; then it gets the same changes again.
;;
;; Exit status
;;
;;     0   all is in the database
;;     1   the files reported as failed are not in, everything else is
;;     64  the environment is not as above
;;     65  the database lacks what an incremental build needs: make a full build
;;     66  a watched directory or the list of changes is missing
;;     69  org-roam or its access to SQLite is not installed
;;     70  the build failed in a way not foreseen; nothing is in
;;     73  the database cannot be written
;;     75  another program holds the database
;;     78  the database is damaged, or of something else, or of a newer org-roam

;;; Code:

(require 'cl-lib)

(defgroup arcology-batch nil
  "Keep an org-roam database true, in batch."
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

;; org-roam, Org and EmacSQL are loaded when a build starts, so that one clear line can be said if
;; they are missing.
(defvar emacsql--transaction-level)
(defvar emacsql-global-timeout)
(defvar emacsql-sqlite-executable)
(defvar epa-file-name-regexp)
(defvar epg-pinentry-mode)
(defvar org-agenda-files)
(defvar org-element-cache-persistent)
(defvar org-id-track-globally)
(defvar org-inhibit-startup)
(defvar org-link-abbrev-alist-local)
(defvar org-resource-download-policy)
(defvar org-roam-database-connector)
(defvar org-roam-db--connection)
(defvar org-roam-db--table-schemata)
(defvar org-roam-db-location)
(defvar org-roam-db-version)
(defvar org-roam-directory)

(declare-function emacsql "emacsql" (connection sql &rest args))
(declare-function emacsql-close "emacsql" (connection))
(declare-function emacsql-live-p "emacsql" (connection))
(declare-function emacsql-process "emacsql" (connection))
(declare-function emacsql-sqlite-open "emacsql-sqlite" (file &optional debug setup use-module))
(declare-function org-back-to-heading-or-point-min "org" (&optional invisible-ok))
(declare-function org-element-at-point "org-element" (&optional epom cached-only))
(declare-function org-element-type "org-element" (element &optional anonymous))
(declare-function org-mode "org" ())
(declare-function org-roam-db--conn-fn "org-roam-db" ())
(declare-function org-roam-db--init "org-roam-db" (db))
(declare-function org-roam-db-clear-file "org-roam-db" (&optional file))
(declare-function org-roam-db-query "org-roam-db" (sql &rest args))
(declare-function org-roam-db-update-file "org-roam-db" (&optional file-path no-require))
(declare-function org-version "org" (&optional here full message))
(declare-function package-activate-all "package" ())
(declare-function sqlite-available-p "sqlite.c" ())

;;; Errors

(define-error 'arcology-batch-error "The build failed")
(define-error 'arcology-batch-duplicate "Duplicate ID")

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
   (if (memq (car error) '(arcology-batch-error arcology-batch-duplicate))
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

(defun arcology-batch--regular-p (path)
  "Whether PATH, or what it links to, is a regular file.
`file-regular-p' fails on names that are not UTF-8 in Emacs 28."
  (let ((attributes (file-attributes path)))
    (when (stringp (file-attribute-type attributes))
      (setq attributes (file-attributes (file-truename path))))
    (and attributes
         (string-prefix-p "-" (file-attribute-modes attributes)))))

(cl-defstruct (arcology-batch--job (:constructor arcology-batch--job-create) (:copier nil))
  "What a build has to do."
  kind                                  ; `incremental', `full' or `clean'
  id                                    ; a string for the log
  database                              ; absolute path
  directories                           ; absolute paths without a slash at the end
  keywords                              ; in capitals
  present                               ; paths to read
  deleted)                              ; paths to forget

(defun arcology-batch--variable (name)
  "Return the environment variable NAME; fail if it is not there."
  (let ((value (getenv name)))
    (if (or (null value) (equal value ""))
        (arcology-batch--fail
         'usage "%s is not set: this script is run by arcology-builder; its commentary tells how \
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
       'usage "ARCOLOGY_BUILD_KIND is none of incremental, full, clean: %s" kind))
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
        (arcology-batch--fail 'usage "ARCOLOGY_DIRECTORIES is not made of absolute paths: %s" all))
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
     :database database
     :directories directories
     :keywords (arcology-batch--keywords)
     :present (cl-loop for (letter . path) in changes unless (equal letter "D") collect path)
     :deleted (cl-loop for (letter . path) in changes when (equal letter "D") collect path))))

;;; Emacs as a quiet reader

(defun arcology-batch--prepare-emacs ()
  "Make this Emacs a quiet reader: it must not ask, run or write anything."
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
  (setq enable-local-variables nil
        enable-local-eval nil
        enable-dir-local-variables nil
        create-lockfiles nil
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
        format-alist nil
        tramp-mode nil
        ;; It would ask when a text does not fit its coding system.
        select-safe-coding-system-function nil
        org-agenda-files nil
        org-element-cache-persistent nil
        org-id-track-globally nil       ; or ~/.emacs.d/.org-id-locations is written at exit
        org-resource-download-policy nil ; a note must not make us fetch anything
        epg-pinentry-mode 'cancel)      ; a key that the agent holds works; no question is asked
  ;; Standard input should be /dev/null, but somebody may run this on a terminal.
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
  ;; Emacs's own SQLite, since Emacs 29, needs neither a second process nor a compiler.
  (when (and (eq (bound-and-true-p org-roam-database-connector) 'sqlite)
             (fboundp 'sqlite-available-p)
             (sqlite-available-p)
             (locate-library "emacsql-sqlite-builtin"))
    (setq org-roam-database-connector 'sqlite-builtin))
  (when (and (eq (bound-and-true-p org-roam-database-connector) 'sqlite)
             ;; Else EmacSQL would try to compile it into the directory of the package.
             (not (and (boundp 'emacsql-sqlite-executable)
                       (file-executable-p emacsql-sqlite-executable))))
    (arcology-batch--fail
     'unavailable "EmacSQL's program %s is missing: install it (Debian and Ubuntu: apt install \
elpa-emacsql-sqlite; elsewhere M-x emacsql-sqlite-compile), or use Emacs 29 or newer"
     (or (bound-and-true-p emacsql-sqlite-executable) "emacsql-sqlite")))
  ;; What `org-roam-db-sync' loads before it starts.
  (require 'org-ref nil t)
  (require 'oc nil t))

;;; The database

(defvar arcology-batch--connection nil
  "The EmacSQL connection of the running build.")

(defun arcology-batch--sql (sql &rest args)
  "Run SQL with ARGS in the database of this build and return the rows."
  (apply #'emacsql arcology-batch--connection sql args))

(defun arcology-batch--number (sql)
  "Return the one number that SQL yields."
  (caar (arcology-batch--sql sql)))

(defconst arcology-batch--sqlite-errors
  '((emacsql-locked
     locked "The database %s is in use by another program: wait for it or end it; if that is an \
Emacs, turn off `org-roam-db-autosync-mode' in it")
    (emacsql-corruption
     unusable "The database %s is damaged or is no SQLite database: move it away, together with \
the files of the same name with -journal or -wal at the end, and make a full build")
    (emacsql-access
     cannot-write "The database %s cannot be read or written: look at its owner and mode, those \
of its directory, and the free space"))
  "For an EmacSQL condition the reason and the message that end the build.")

(defun arcology-batch--fatal-p (error)
  "Whether the database is at fault, not a note, according to ERROR."
  (or (memq (car error) '(arcology-batch-error emacsql-locked emacsql-corruption emacsql-access
                          emacsql-memory emacsql-timeout emacsql-internal emacsql-fatal))
      (not (emacsql-live-p arcology-batch--connection))))

(defun arcology-batch--check-writable (database)
  "Fail unless DATABASE and its directory can be written; make the directory."
  (let ((directory (file-name-directory database)))
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
      (unless (arcology-batch--regular-p database)
        (arcology-batch--fail
         'cannot-write "%s is not a file: correct the setting `Database'" database))
      (unless (file-writable-p database)
        (arcology-batch--fail
         'cannot-write "The database %s cannot be written: look at its owner and mode" database)))))

(defun arcology-batch--connect (job)
  "Open the database of JOB and make org-roam use this connection."
  (let* ((database (arcology-batch--job-database job))
         (connection (if (fboundp 'org-roam-db--conn-fn)
                         (funcall (org-roam-db--conn-fn) database)
                       (emacsql-sqlite-open database)))
         ;; EmacSQL 4 renamed the slot, and its connection need not be a process.
         (process (ignore-errors (emacsql-process connection))))
    (when (processp process)
      (set-process-query-on-exit-flag process nil))
    (setq arcology-batch--connection connection
          org-roam-db-location database
          org-roam-directory (car (arcology-batch--job-directories job)))
    ;; org-roam finds its connection by directory; without this it would open one of its own and
    ;; might decide to delete the database for an upgrade.
    (dolist (directory (arcology-batch--job-directories job))
      (puthash (expand-file-name (file-name-as-directory directory)) connection
               org-roam-db--connection))
    ;; A statement may wait for the lock, and the end of a large build writes a lot.
    (setq emacsql-global-timeout (+ 600 arcology-batch-lock-timeout))
    (arcology-batch--sql (format "PRAGMA busy_timeout = %d" (* 1000 arcology-batch-lock-timeout)))
    (arcology-batch--sql "PRAGMA foreign_keys = ON")
    ;; Without this a large transaction that outgrows the page cache writes to the database before
    ;; its end, and readers are locked out for the rest of it.
    (arcology-batch--sql "PRAGMA cache_spill = OFF")
    (unless (eql 1 (arcology-batch--number "PRAGMA foreign_keys"))
      (arcology-batch--fail 'unavailable "This SQLite was built without foreign keys, which \
org-roam needs"))))

(defconst arcology-batch--keywords-schema
  '("CREATE TABLE keywords (file NOT NULL, keyword NOT NULL, value NOT NULL, \
FOREIGN KEY (file) REFERENCES files (file) ON DELETE CASCADE)"
    "CREATE INDEX arcology_keywords_file ON keywords (file)"
    "CREATE INDEX arcology_keywords_keyword ON keywords (keyword, value)"
    ;; org-roam removes a file by the cascade from files over nodes to links and citations.  A step
    ;; without an index reads the whole table, so that a build costs the square of the tree.
    "CREATE INDEX IF NOT EXISTS arcology_nodes_file ON nodes (file)"
    "CREATE INDEX IF NOT EXISTS arcology_links_source ON links (source)"
    "CREATE INDEX IF NOT EXISTS arcology_citations_node ON citations (node_id)")
  "What is made in addition to the tables of org-roam.")

(defun arcology-batch--table-p (table)
  "Whether the database has a table of the name TABLE."
  (< 0 (arcology-batch--number
        (format "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '%s'" table))))

(defun arcology-batch--prepare-tables (job)
  "Make the tables for JOB where they are missing; fail if they cannot be used."
  (let* ((kind (arcology-batch--job-kind job))
         (database (arcology-batch--job-database job))
         (version (arcology-batch--number "PRAGMA user_version"))
         (roam (arcology-batch--table-p "files"))
         (keywords (arcology-batch--table-p "keywords"))
         (fresh (eql 0 (arcology-batch--number "SELECT count(*) FROM sqlite_master"))))
    (unless (or fresh (and roam (< 0 version)))
      (arcology-batch--fail
       'unusable "%s is not a database of org-roam: correct the setting `Database', or move it away"
       database))
    (unless (eq kind 'clean)
      (when (> version org-roam-db-version)
        (arcology-batch--fail
         'unusable "The database %s was made by a newer org-roam (version %d; this one knows %d): \
update org-roam, or replace the database by a clean build"
         database version org-roam-db-version)))
    (when (eq kind 'incremental)
      (unless (and roam keywords (= version org-roam-db-version))
        (arcology-batch--incomplete database)))
    (unless (and roam keywords (= version org-roam-db-version) (not (eq kind 'clean)))
      ;; Those that refer to others first, or each drop would first empty them row by row.
      (dolist (table (cons 'keywords (reverse (mapcar #'car org-roam-db--table-schemata))))
        (arcology-batch--sql (format "DROP TABLE IF EXISTS %s" table)))
      (org-roam-db--init arcology-batch--connection)
      (mapc #'arcology-batch--sql arcology-batch--keywords-schema))))

(defun arcology-batch--incomplete (database)
  "Fail because DATABASE cannot be brought up to date by parts."
  (arcology-batch--fail
   'incomplete "The database %s is missing, or not made by this version: a full build is needed"
   database))

;;; One file

(defvar arcology-batch--file nil
  "The path of the file that is being read.")

(defvar arcology-batch--pending nil
  "A hash table of the paths, as bytes, that this build has yet to read.")

(defvar arcology-batch--known nil
  "A hash table of the paths, as bytes, that may have rows; nil if any may.")

(defvar arcology-batch--present-keywords nil
  "The keywords to store, in capitals.")

(defvar arcology-batch--rows nil
  "The rows that the file that is being read adds: an alist of tables and rows.
The last row of a table comes first.")

(defvar arcology-batch--stored nil
  "Whether the file that is being read was added to the database.")

(defun arcology-batch--insert-p (sql args)
  "Whether SQL with ARGS is an INSERT in org-roam's one form of it."
  (and (vectorp sql)
       (equal (append sql nil) `(:insert :into ,(and (< 2 (length sql)) (aref sql 2)) :values $v1))
       (assq (aref sql 2) org-roam-db--table-schemata)
       (null (cdr args))))

(defun arcology-batch--query (sql &rest args)
  "Run SQL with ARGS, in place of `org-roam-db-query'.
Rows are kept for `arcology-batch--insert-rows': a file has many, and
each statement waits for its answer."
  (cond
   ((arcology-batch--insert-p sql args)
    (when (eq (aref sql 2) 'files)
      (setq arcology-batch--stored t))
    (let ((rows (car args)))
      ;; One row, several, or the list that `org-roam-db-query!' makes of its arguments.
      (dolist (row (if (vectorp rows) (list rows) rows))
        (push row (alist-get (aref sql 2) arcology-batch--rows))))
    nil)
   ;; It would leave out a file that has the same hash, but the hash may be of a later content than
   ;; the rows, if the file changed while it was read.
   ((equal sql [:select hash :from files :where (= file $s1)])
    nil)
   ;; SQLite takes longer to find out that there is nothing to remove than to store a small note.
   ((and (equal sql [:delete :from files :where (= file $s1)])
         (arcology-batch--new-p (car args)))
    nil)
   (t
    (arcology-batch--insert-rows)
    (apply #'arcology-batch--sql sql args))))

(defun arcology-batch--new-p (path)
  "Whether the database has no rows of PATH; take it that it has from now on."
  (when arcology-batch--known
    (let ((bytes (arcology-batch--encode path)))
      (unless (gethash bytes arcology-batch--known)
        (puthash bytes t arcology-batch--known)))))

(defun arcology-batch--query! (_handler sql &rest args)
  "Run SQL with ARGS, in place of `org-roam-db-query!'.
With that function a warning would do when the ID is taken, and the tags
and links of this node would go to another one."
  (arcology-batch--query sql args))

(defun arcology-batch--insert-rows ()
  "Add the rows of `arcology-batch--rows' to the database."
  (let ((tables arcology-batch--rows))
    (setq arcology-batch--rows nil)
    ;; What others refer to first.
    (pcase-dolist (`(,table . ,_) org-roam-db--table-schemata)
      (let ((rows (reverse (alist-get table tables))))
        (when rows
          (if (not (eq table 'nodes))
              (arcology-batch--insert table rows)
            (condition-case nil
                (arcology-batch--insert table rows)
              ;; None is in then.
              (emacsql-constraint
               (mapc #'arcology-batch--insert-node rows)))))))))

(defun arcology-batch--insert (table rows)
  "Add ROWS to TABLE."
  (arcology-batch--sql [:insert :into $i1 :values $v2] table rows))

(defun arcology-batch--insert-node (row)
  "Add ROW to the nodes, also if its ID moved here; fail if it is another's."
  (condition-case error
      (arcology-batch--insert 'nodes (list row))
    (emacsql-constraint
     (let* ((id (aref row 0))
            (owner (caar (arcology-batch--sql [:select file :from nodes :where (= id $s1)] id))))
       (cond
        ((null owner)
         (signal (car error) (cdr error)))
        ;; The note moved here from a file whose turn comes later; that will not have it any more,
        ;; or fail then.
        ((gethash (arcology-batch--encode owner) arcology-batch--pending)
         (arcology-batch--sql [:delete :from nodes :where (= id $s1)] id)
         (arcology-batch--insert 'nodes (list row)))
        ((equal (arcology-batch--encode owner) (arcology-batch--encode arcology-batch--file))
         (signal 'arcology-batch-duplicate
                 (list (format "The ID %s is there twice: give one of the notes another" id))))
        (t
         (signal 'arcology-batch-duplicate
                 (list (format "The ID %s is also that of a note in %s: give one of the notes \
another" id owner)))))))))

(defun arcology-batch--parse-buffer (parse &rest args)
  "Call PARSE with ARGS, which is `org-element-parse-buffer', if it is of use.
org-roam looks only for citations in what it returns, and most files
have none."
  (if (save-excursion
        (save-restriction
          (widen)
          (goto-char (point-min))
          (let ((case-fold-search t))
            (search-forward "[cite" nil t))))
      (apply parse args)
    (list 'org-data nil)))

(defun arcology-batch--remember (function place)
  "Return FUNCTION with a memory: one call of it for each value of PLACE.
Both take no arguments.  It is of use while the buffer does not change."
  (let ((values (make-hash-table :test #'eql)))
    (lambda ()
      (let ((key (funcall place)))
        (when (eq (gethash key values values) values)
          (puthash key (funcall function) values))
        (gethash key values)))))

(defun arcology-batch--entry ()
  "Return the start of the entry at point."
  (save-excursion
    (save-restriction
      (widen)
      (org-back-to-heading-or-point-min t)
      (point))))

(defun arcology-batch--insert-keywords ()
  "Store the keywords of the current buffer."
  (when arcology-batch--present-keywords
    (save-excursion
      (goto-char (point-min))
      (let ((case-fold-search t)
            (regexp (concat "^[ \t]*#\\+" (regexp-opt arcology-batch--present-keywords t)
                            ":[ \t]*\\(.*?\\)[ \t]*$")))
        (while (re-search-forward regexp nil t)
          (let ((keyword (upcase (match-string-no-properties 1)))
                (value (match-string-no-properties 2)))
            ;; Not in an example or a source block.
            (when (save-excursion
                    (beginning-of-line)
                    (save-match-data
                      (eq (org-element-type (org-element-at-point)) 'keyword)))
              ;; In hexadecimal, since EmacSQL has no way to hand on a plain string: it would take
              ;; a % or a $s1 in it for its own.
              (arcology-batch--sql
               (format "INSERT INTO keywords VALUES ($s1, CAST (X'%s' AS TEXT), \
CAST (X'%s' AS TEXT))" (arcology-batch--hex keyword) (arcology-batch--hex value))
               arcology-batch--file))))))))

(defun arcology-batch--hex (text)
  "Return TEXT as the hexadecimal digits of its UTF-8.
Bytes that were not understood when the file was read become U+FFFD."
  ;; A regexp for them would take Emacs milliseconds: it looks at each character of the range.
  (let ((unicode (mapcar (lambda (char) (if (< #x10FFFF char) #xFFFD char)) text)))
    (mapconcat (lambda (byte) (format "%02x" byte))
               (encode-coding-string (concat unicode) 'utf-8-unix)
               "")))

(defun arcology-batch--disarm-links ()
  "Remove the link abbreviations of the current buffer that call functions.
`#+LINK: name %(function)' is run by the parser in Org before 9.7.5."
  (setq org-link-abbrev-alist-local
        (cl-remove-if (lambda (entry)
                        (or (not (stringp (cdr entry))) (string-match-p "%(" (cdr entry))))
                      org-link-abbrev-alist-local)))

(defun arcology-batch--root (path)
  "Return the watched directory of PATH, or the first."
  (let ((best nil))
    (maphash (lambda (directory _)
               (when (and (string-prefix-p directory path)
                          (> (length directory) (length best)))
                 (setq best directory)))
             org-roam-db--connection)
    (if best (directory-file-name best) org-roam-directory)))

(defun arcology-batch--update-file (path)
  "Put the content of the file PATH into the database."
  (let ((buffer (generate-new-buffer " *arcology-batch*"))
        (arcology-batch--file path)
        (org-roam-directory (arcology-batch--root path)))
    ;; Emacs 28 adds to this list for each buffer with Text mode, and searches it in `add-hook'.
    (put 'context-menu-functions 'hook--depth-alist nil)
    (unwind-protect
        (with-current-buffer buffer
          ;; org-roam takes a buffer that visits the file already.  Its own way would be
          ;; `find-file', which runs hooks, and `save-buffer', which writes.
          (insert-file-contents path t)
          (setq default-directory (file-name-directory path))
          (let ((org-inhibit-startup t))
            ;; No row depends on macros.
            (cl-letf (((symbol-function 'org-macro-initialize-templates) #'ignore))
              (delay-mode-hooks (org-mode))))
          (arcology-batch--disarm-links)
          (cl-letf* ((arcology-batch--rows nil)
                     (arcology-batch--stored nil)
                     (parse (symbol-function 'org-element-parse-buffer))
                     ((symbol-function 'org-element-parse-buffer)
                      (apply-partially #'arcology-batch--parse-buffer parse))
                     ;; org-roam asks for the title twice, and for the ID once for each link.
                     ((symbol-function 'org-roam-db--file-title)
                      (arcology-batch--remember (symbol-function 'org-roam-db--file-title)
                                                #'ignore))
                     ((symbol-function 'org-roam-id-at-point)
                      (arcology-batch--remember (symbol-function 'org-roam-id-at-point)
                                                #'arcology-batch--entry))
                     ((symbol-function 'org-roam-db-query) #'arcology-batch--query)
                     ((symbol-function 'org-roam-db-query!) #'arcology-batch--query!))
            (org-roam-db-update-file path 'no-require)
            (arcology-batch--insert-rows)
            (unless arcology-batch--stored
              (error "This version of org-roam did not store it")))
          (arcology-batch--insert-keywords))
      (with-current-buffer buffer
        (set-buffer-modified-p nil)
        (let ((kill-buffer-hook nil)
              (kill-buffer-query-functions nil))
          (kill-buffer buffer))))))

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
It may be back before anybody but us has noticed.  Remove its rows
unless KEEP."
  (unless keep
    (org-roam-db-clear-file path))
  (message "arcology: gone %s" (arcology-batch--escape-path path)))

(defun arcology-batch--check-file (path)
  "Fail if PATH is something that would block, or mean nothing, when read."
  (when (and (file-exists-p path) (not (arcology-batch--regular-p path)))
    (error "It is not a regular file"))
  (when (string-suffix-p ".age" path)
    (error "Files encrypted with age cannot be read by this build")))

(defun arcology-batch--process-file (path keep)
  "Bring the rows of PATH up to date, or leave them; return why it failed, or nil.
With KEEP, leave them if it is gone."
  (let ((problem nil))
    (arcology-batch--sql "SAVEPOINT arcology_file")
    (condition-case error
        (if (arcology-batch--gone-p path)
            (arcology-batch--miss-file path keep)
          (arcology-batch--check-file path)
          (arcology-batch--update-file path))
      (error
       (when (arcology-batch--fatal-p error)
         (signal (car error) (cdr error)))
       (arcology-batch--sql "ROLLBACK TO arcology_file")
       (if (arcology-batch--gone-p path)
           (arcology-batch--miss-file path keep)
         (setq problem (arcology-batch--explain error)))))
    (arcology-batch--sql "RELEASE arcology_file")
    problem))

;;; The build

(defun arcology-batch--progress (done total)
  "Tell that DONE files of TOTAL are done."
  (message "arcology: progress %d %d" done total))

(defun arcology-batch--forget-others (job)
  "Remove the files that are not in the list of JOB; return a table of those left."
  (let ((listed (make-hash-table :test #'equal))
        (known (make-hash-table :test #'equal)))
    (dolist (path (arcology-batch--job-present job))
      (puthash (arcology-batch--encode path) t listed))
    (pcase-dolist (`(,file) (arcology-batch--sql "SELECT file FROM files"))
      (let ((bytes (arcology-batch--encode file)))
        (if (gethash bytes listed)
            (puthash bytes t known)
          (org-roam-db-clear-file (arcology-batch--decode bytes)))))
    known))

(defun arcology-batch--process (job)
  "Do JOB inside the transaction; return how many files failed."
  (let* ((total (length (arcology-batch--job-present job)))
         (step (max 20 (/ total 200)))
         (done 0)
         (failed 0)
         ;; The list has also what is out of sight, such as on a disk that is not mounted.
         (keep (eq (arcology-batch--job-kind job) 'full))
         (arcology-batch--present-keywords (arcology-batch--job-keywords job))
         (arcology-batch--pending (make-hash-table :test #'equal :size (1+ total)))
         (arcology-batch--known nil))
    (arcology-batch--progress 0 total)
    (unless (eq (arcology-batch--job-kind job) 'incremental)
      (setq arcology-batch--known (arcology-batch--forget-others job)))
    (mapc #'org-roam-db-clear-file (arcology-batch--job-deleted job))
    (dolist (path (arcology-batch--job-present job))
      (puthash (arcology-batch--encode path) t arcology-batch--pending))
    (dolist (path (arcology-batch--job-present job))
      (remhash (arcology-batch--encode path) arcology-batch--pending)
      (let ((problem (arcology-batch--process-file path keep)))
        (when problem
          (setq failed (1+ failed))
          (message "arcology: failed %s: %s" (arcology-batch--escape-path path) problem)))
      (setq done (1+ done))
      (when (and (zerop (mod done step)) (< done total))
        (arcology-batch--progress done total)))
    (unless (zerop total)
      (arcology-batch--progress total total))
    failed))

(defun arcology-batch--build (job)
  "Do JOB; return how many files failed."
  (let ((database (arcology-batch--job-database job))
        ;; EmacSQL then takes the transactions of org-roam for nested ones, and does nothing.
        (emacsql--transaction-level 1))
    (condition-case error
        (unwind-protect
            (let (failed)
              (arcology-batch--connect job)
              (arcology-batch--restrict-files)
              (arcology-batch--sql "BEGIN IMMEDIATE")
              (arcology-batch--prepare-tables job)
              (setq failed (arcology-batch--process job))
              (arcology-batch--sql "COMMIT")
              failed)
          ;; SQLite rolls back what is not committed when a connection is closed.
          (when arcology-batch--connection
            (ignore-errors (emacsql-close arcology-batch--connection))))
      ((emacsql-locked emacsql-corruption emacsql-access)
       (pcase-let ((`(,reason ,format)
                    (alist-get (car error) arcology-batch--sqlite-errors)))
         (arcology-batch--fail reason (concat format " (%s)") database
                               (arcology-batch--explain error)))))))

(defun arcology-batch-main ()
  "Do the build that the environment describes; return the exit status."
  (condition-case error
      (let ((start (float-time))
            job failed)
        (arcology-batch--prepare-emacs)
        (setq job (arcology-batch--job-from-environment))
        (arcology-batch--check-writable (arcology-batch--job-database job))
        (when (and (eq (arcology-batch--job-kind job) 'incremental)
                   (not (file-exists-p (arcology-batch--job-database job))))
          ;; Before SQLite makes an empty one.
          (arcology-batch--incomplete (arcology-batch--job-database job)))
        (arcology-batch--load)
        (message "Build %s, %s, %s: Emacs %s, Org %s, database version %d"
                 (arcology-batch--job-id job) (arcology-batch--job-kind job)
                 (arcology-batch--one-line (arcology-batch--job-database job))
                 emacs-version (org-version) org-roam-db-version)
        (setq failed (arcology-batch--build job))
        (message "%d files read, %d deleted, %d failed, in %.2f s"
                 (length (arcology-batch--job-present job))
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
The commentary of the library tells what is expected there."
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
