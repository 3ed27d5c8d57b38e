;;; arcology-note.el --- Read a note for the database  -*- lexical-binding: t; -*-

;; SPDX-FileCopyrightText: 2026 Arcology Builder contributors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; `arcology-note-read' reads one Org file with the functions of org-roam and returns the rows that
;; these would store, without a database.
;;
;; org-roam hands each row to `emacsql'.  A build replaces that function: an INSERT into one of
;; org-roam's tables is kept in the note that is being read; any other statement goes to
;; `arcology-note-sql-function'.
;;
;; A fault of one node is a problem of that node: the node and the rows that refer to it are left
;; out, the rest of the file is kept.  org-roam gives up the whole file instead.
;;
;; Notes are data.  Nothing in them is evaluated or fetched, and of the files that they name only
;; regular ones of moderate size are read.

;;; Code:

(require 'cl-lib)
(require 'subr-x)
(require 'arcology-compat)

(defcustom arcology-note-max-setup-file-size (* 4 1024 1024)
  "Bytes that a file named by `#+SETUPFILE' may have."
  :group 'arcology-batch
  :type 'natnum)

(defcustom arcology-batch-note-timeout 60
  "Seconds that reading one note may take.
A note that takes longer is put aside as a problem."
  :group 'arcology-batch
  :type 'natnum)

(defvar emacsql-type-map)
(defvar enable-dir-local-variables)
(defvar org-inhibit-startup)
(defvar org-link-abbrev-alist-local)
(defvar enriched-verbose)
(defvar org-roam-db--table-schemata)
(defvar org-roam-directory)

(declare-function emacsql-format "emacsql-compiler" (expansion &rest args))
(declare-function emacsql-prepare "emacsql-compiler" (sql))
(declare-function org-element-at-point "org-element" (&optional epom cached-only))
(declare-function org-element-type "org-element" (element &optional anonymous))
(declare-function org-entry-get "org" (epom property &optional inherit literal-nil))
(declare-function org-mode "org" ())
(declare-function org-roam-db--file-hash "org-roam-db" (&optional file-path))
(declare-function org-roam-db-update-file "org-roam-db" (&optional file-path no-require))
(declare-function org-url-p "org" (s))

;;; A note

(cl-defstruct (arcology-note-node (:constructor arcology-note--node-create) (:copier nil))
  "One node of a note."
  id                                    ; a string
  line                                  ; of its heading, from 1
  row                                   ; of the table `nodes', a list of Lisp values
  rows)                                 ; those that refer to it: alist of tables and lists of rows

(cl-defstruct (arcology-note (:constructor arcology-note--create) (:copier nil))
  "What is in one file."
  path
  file                                  ; the row of the table `files', a list of Lisp values
  nodes                                 ; `arcology-note-node's in the order of the text
  keywords                              ; lists (KEYWORD VALUE)
  setup-files                           ; absolute paths of other files that the rows depend on
  problems)                             ; lists (LINE WHAT OTHER), OTHER a path or nil

(defvar arcology-note--current nil
  "The note that is being read, its lists in reverse order.")

(defvar arcology-note--hash nil
  "The hash of the current note.
It is that of the bytes before they were read, not after: if the file
changes meanwhile, the rows are never older than their hash says.")

(defvar arcology-note--shortened nil
  "Whether the long lines of the current buffer were deleted.")

(defvar arcology-note--deleted nil
  "What was deleted from the current buffer, as (POSITION . LENGTH).")

(defun arcology-note--line (position)
  "Return the line number of POSITION in the current buffer."
  (line-number-at-pos position t))

(defun arcology-note--add-problem (line format &rest args)
  "Add to the current note a problem on LINE with the message of FORMAT and ARGS."
  (let ((problem (list line (apply #'format format args) nil)))
    (unless (member problem (arcology-note-problems arcology-note--current))
      (push problem (arcology-note-problems arcology-note--current)))))

;; The end of a build, since it would leave all notes without rows.
(define-error 'arcology-note-unsupported
  "This version of org-roam does not store notes as expected")

;;; Statements of org-roam

(defvar arcology-note-sql-function #'ignore
  "A function of an SQL statement that returns its rows.
It runs the statements of org-roam that are no part of storing a note.")

(defun arcology-note--compile (sql args)
  "Return the SQL statement for SQL and ARGS, as `emacsql' takes them."
  ;; The types of EmacSQL's connections to SQLite, the same from version 3.0 to 4.4.
  (let ((emacsql-type-map '((integer "INTEGER") (float "REAL") (object "TEXT") (nil nil))))
    (apply #'emacsql-format (emacsql-prepare sql) args)))

(defun arcology-note--insert-p (sql args)
  "Whether SQL with ARGS is an INSERT in the form that org-roam has for it."
  (and (vectorp sql)
       (equal (append sql nil) `(:insert :into ,(and (< 2 (length sql)) (aref sql 2)) :values $v1))
       (assq (aref sql 2) org-roam-db--table-schemata)
       (null (cdr args))))

(defun arcology-note--emacsql (_connection sql &rest args)
  "Run SQL with ARGS, in place of `emacsql'."
  (cond
   ((null arcology-note--current)
    (funcall arcology-note-sql-function (arcology-note--compile sql args)))
   ((arcology-note--insert-p sql args)
    (let ((rows (car args)))
      ;; One row, several, or the list that `org-roam-db-query!' makes of its arguments.
      (dolist (row (if (vectorp rows) (list rows) rows))
        (arcology-note--add-row (aref sql 2) (append row nil))))
    nil)
   ;; With the hash, org-roam would leave out a file that it has with the same one; but that may be
   ;; of a later content than the rows, if the file changed while it was read.
   ((member sql '([:select hash :from files :where (= file $s1)]
                  [:delete :from files :where (= file $s1)]))
    nil)
   (t
    (funcall arcology-note-sql-function (arcology-note--compile sql args)))))

(defun arcology-note--add-row (table row)
  "Keep ROW, which is for the table TABLE of org-roam."
  (pcase table
    ('files
     (setf (arcology-note-file arcology-note--current) row))
    ('nodes
     (push (arcology-note--node-create :id (nth 0 row) :row row
                                       :line (arcology-note--line (nth 3 row)))
           (arcology-note-nodes arcology-note--current)))
    (_
     (let ((node (if (memq table '(links citations))
                     (arcology-note--node-around (nth (if (eq table 'links) 1 0) row))
                   (arcology-note--node-at (point)))))
       (cond
        ;; A row without a node belongs to one that was left out.
        ((null node))
        ((arcology-note--complete-p table row)
         (push row (alist-get table (arcology-note-node-rows node))))
        (t
         (arcology-note--add-problem (arcology-note--line (point))
                                     (if (eq table 'refs)
                                         "invalid reference in ROAM_REFS: %s"
                                       "a value is missing beside %s")
                                     (nth 1 row))))))))

(defun arcology-note--complete-p (table row)
  "Whether ROW has each value that a row of TABLE must have.
org-roam 2.3 has no type for a reference such as [[x]].  With EmacSQL up
to 4.4.1 and Emacs's SQLite it does not notice that the row is refused."
  (cl-loop for column across (caadr (assq table org-roam-db--table-schemata))
           for value in row
           never (and (null value) (memq :not-null (cdr-safe column)))))

(defun arcology-note--node-at (position)
  "Return the node of the heading at POSITION, or nil."
  ;; It was added just now.
  (let ((node (car (arcology-note-nodes arcology-note--current))))
    (and node (eql position (nth 3 (arcology-note-node-row node))) node)))

(defvar arcology-note--index nil
  "A hash table of the nodes of the current note by ID.
It is made when the first link comes.  A value is a list of nodes.")

(defun arcology-note--node-around (id)
  "Return the node with ID that the text at point belongs to, or nil."
  (unless arcology-note--index
    (setq arcology-note--index (make-hash-table :test #'equal))
    (dolist (node (arcology-note-nodes arcology-note--current))
      (push node (gethash (arcology-note-node-id node) arcology-note--index))))
  ;; Of several, that with the last heading before point. The position of a node is behind the stars
  ;; of its heading, and a link of a keyword is at the start of the buffer, says org-roam.
  (car (last (cl-remove-if (lambda (node)
                             (< (line-end-position) (nth 3 (arcology-note-node-row node))))
                           (gethash id arcology-note--index)))))

;;; Faults

(defun arcology-note--name (function)
  "Return words for the part of a note that is the work of FUNCTION."
  (pcase function
    ('org-roam-db-insert-aliases "ROAM_ALIASES")
    ('org-roam-db-insert-refs "ROAM_REFS")
    ('org-roam-db-insert-tags "the tags")
    ('org-roam-db-insert-link "a link")
    ('org-roam-db-insert-citation "a citation")
    ('org-roam-db-map-links "the links")
    ('org-roam-db-map-citations "the citations")
    (_ "this node")))

(defconst arcology-note--long-line 20000
  "Characters from which on a line is left out if Emacs's regexp matcher fails.
It has a stack of fixed size (`emacs_re_max_failures' in regex-emacs.c).")

(defun arcology-note--check-overflow (error)
  "Start over without long lines if ERROR is an overflow of the regexp stack."
  (when (and (equal (cadr error) "Stack overflow in regexp matcher")
             (null arcology-note--shortened))
    (throw 'arcology-note--overflow t)))

(defun arcology-note--shorten-long-lines (path)
  "Delete the long lines of the current buffer, and add problems.
The buffer has the text of PATH.  The name of a property or a keyword
stays."
  (setq arcology-note--shortened t)
  (unless (arcology-note--of-bytes-p path)
    (setq arcology-note--hash (secure-hash 'sha1 (current-buffer))))
  (goto-char (point-min))
  (while (not (eobp))
    (let* ((end (line-end-position))
           (length (- end (point))))
      (when (< arcology-note--long-line length)
        (arcology-note--add-problem (arcology-note--line (point))
                                    "line of %d characters left out: break it" length)
        (skip-chars-forward " \t" end)
        (when (and (memq (char-after) '(?: ?#))
                   (< 0 (skip-chars-forward ":#+" end))
                   (< 0 (skip-chars-forward "^ \t:" end)))
          (skip-chars-forward ":" end))
        (push (cons (point) (- end (point))) arcology-note--deleted)
        (delete-region (point) end))
      (forward-line 1))))

(defun arcology-note--restore-positions (note)
  "Give the rows of NOTE the positions that they have in the file."
  (cl-flet ((restore (row column)
              (let ((position (nth column row)))
                (setf (nth column row)
                      (+ position (cl-loop for (place . length) in arcology-note--deleted
                                           when (< place position) sum length))))))
    (dolist (node (arcology-note-nodes note))
      (restore (arcology-note-node-row node) 3)
      (dolist (row (alist-get 'links (arcology-note-node-rows node)))
        (restore row 0))
      (dolist (row (alist-get 'citations (arcology-note-node-rows node)))
        (restore row 2)))))

(defun arcology-note--fault (function position error)
  "Add ERROR in FUNCTION, which worked at POSITION, to the problems."
  (arcology-note--check-overflow error)
  (let ((line (arcology-note--line position))
        (name (arcology-note--name function)))
    (if (and (memq function '(org-roam-db-insert-aliases org-roam-db-insert-refs))
             (eq (car error) 'end-of-file))
        (arcology-note--add-problem line "unbalanced quote in %s: add the missing \"" name)
      (arcology-note--add-problem line "%s cannot be read: %s" name (error-message-string error)))))

(defun arcology-note--guard (symbol function &rest args)
  "Call FUNCTION, the definition of SYMBOL, with ARGS.
An error is a problem of the current note."
  (let ((position (point)))
    (condition-case error
        (apply function args)
      (error
       (if arcology-note--current
           (arcology-note--fault symbol
                                 (if (memq symbol '(org-roam-db-map-links
                                                    org-roam-db-map-citations))
                                     (point)
                                   position)
                                 error)
         (signal (car error) (cdr error)))
       nil))))

(defun arcology-note--insert-node-data (function &rest args)
  "Call FUNCTION with ARGS; without a new node, add a problem.
FUNCTION is `org-roam-db-insert-node-data'."
  (prog1 (apply function args)
    (when (and arcology-note--current (null (arcology-note--node-at (point))))
      (arcology-note--add-problem
       (arcology-note--line (point))
       "heading with an ID, but without a title: give it a title, or remove the ID"))))

(defun arcology-note--display-warning (function type message &rest args)
  "Add a problem for MESSAGE if TYPE is org-roam.
Otherwise call FUNCTION with TYPE, MESSAGE and ARGS."
  (cond
   ((not (and arcology-note--current (eq 'org-roam (or (car-safe type) type))))
    (apply function type message args))
   ;; `arcology-note--insert-node-data' says it.
   ((string-match-p "has no title, skipping" message))
   ((string-match "\tInvalid \\(ref\\|cite\\) \\(.*\\), skipping" message)
    (arcology-note--add-problem (arcology-note--line (point)) "invalid reference in ROAM_REFS: %s"
                                (match-string 2 message)))
   (t
    (arcology-note--add-problem (arcology-note--line (point)) "%s" message))))

;;; What a note names

(defun arcology-note--regular-p (path)
  "Whether PATH, or what it links to, is a regular file.
`file-regular-p' fails on names that are not UTF-8 in Emacs 28."
  (let ((attributes (file-attributes path)))
    (when (stringp (file-attribute-type attributes))
      (setq attributes (file-attributes (file-truename path))))
    (and attributes
         (string-prefix-p "-" (file-attribute-modes attributes)))))

(defun arcology-note--file-contents (function file &rest args)
  "Return the contents of FILE, which a note names; nil if it may not be read.
FUNCTION is `org-file-contents', ARGS are its other arguments."
  (let ((why (cond
              ((org-url-p file) "it is not fetched")
              ((progn
                 (setq file (expand-file-name file))
                 (cl-pushnew file (arcology-note-setup-files arcology-note--current)
                             :test #'equal)
                 (not (file-exists-p file)))
               "it does not exist")
              ((not (arcology-note--regular-p file)) "it is not a regular file")
              ((< arcology-note-max-setup-file-size
                  (file-attribute-size (file-attributes (file-truename file))))
               (format "it is larger than %s"
                       (file-size-human-readable arcology-note-max-setup-file-size)))
              ((not (file-readable-p file)) "it may not be read"))))
    (if (null why)
        (apply function file args)
      (arcology-note--add-problem 0 "SETUPFILE %s is not used: %s" file why)
      nil)))

(defconst arcology-note-directory-files '(".dir-locals.el" ".dir-locals-2.el")
  "The names of files that have the local variables of a directory.")

(defvar arcology-note--directory-files (make-hash-table :test #'equal)
  "What `arcology-note--find-directory-files' returned, by directory.")

(defun arcology-note--find-directory-files (directory)
  "Return the files that have the local variables of DIRECTORY.
They are in it, or in the nearest directory above that has one of them."
  (let ((known (gethash directory arcology-note--directory-files 'unknown)))
    (if (not (eq known 'unknown))
        known
      (let ((place (locate-dominating-file
                    directory (lambda (place)
                                (cl-some (lambda (name)
                                           (file-exists-p (expand-file-name name place)))
                                         arcology-note-directory-files)))))
        (puthash directory
                 (and place
                      (mapcar (lambda (name) (expand-file-name name place))
                              arcology-note-directory-files))
                 arcology-note--directory-files)))))

(defun arcology-note--set-local-variable (function variable value)
  "Set VARIABLE to VALUE by FUNCTION, unless this would evaluate code."
  (unless (memq variable '(eval mode))
    (funcall function variable value)))

(defun arcology-note--disarm-links ()
  "Remove the link abbreviations of the current buffer that call functions.
`#+LINK: name %(function)' is run by the parser in Org before 9.7.5."
  (setq org-link-abbrev-alist-local
        (cl-remove-if (lambda (entry)
                        (or (not (stringp (cdr entry))) (string-match-p "%(" (cdr entry))))
                      org-link-abbrev-alist-local)))

;;; Advice

(defun arcology-note-install ()
  "Let the functions of org-roam fill notes instead of a database."
  (advice-add 'org-roam-db :override #'always)
  (advice-add 'emacsql :override #'arcology-note--emacsql)
  (dolist (function '(org-roam-db-node-p org-roam-db-insert-file-node org-roam-db-insert-aliases
                      org-roam-db-insert-refs org-roam-db-insert-tags org-roam-db-insert-link
                      org-roam-db-insert-citation org-roam-db-map-links org-roam-db-map-citations))
    (unless (advice-member-p 'arcology-note function)
      (advice-add function :around (apply-partially #'arcology-note--guard function)
                  '((name . arcology-note)))))
  (unless (advice-member-p 'arcology-note 'org-roam-db-insert-node-data)
    (advice-add 'org-roam-db-insert-node-data :around #'arcology-note--insert-node-data)
    (advice-add 'org-roam-db-insert-node-data :around
                (apply-partially #'arcology-note--guard 'org-roam-db-insert-node-data)
                '((name . arcology-note))))
  (unless (advice-member-p #'arcology-note--file-hash 'org-roam-db--file-hash)
    (setq arcology-note--text-hashed (equal (func-arity 'org-roam-db--file-hash) '(0 . 1))))
  (advice-add 'org-roam-db--file-hash :around #'arcology-note--file-hash)
  (advice-add 'display-warning :around #'arcology-note--display-warning)
  (advice-add 'org-file-contents :around #'arcology-note--file-contents)
  (advice-add 'hack-one-local-variable :around #'arcology-note--set-local-variable)
  ;; In batch it refuses anyway; nothing that a note says is confirmed.
  (advice-add 'hack-local-variables-confirm :override #'ignore)
  (advice-add 'hack-one-local-variable-eval-safep :override #'ignore))

;;; The deadline

;; A timer does not run while Emacs is busy in a regexp.  SIGUSR2 makes it quit there, too, since
;; `debug-on-event' is for a hanging Emacs (Emacs 24 to 30, handle_user_signal in keyboard.c).

(defconst arcology-note--watched-size 16384
  "Bytes from which on the reading of a note is watched.
A smaller one cannot take long, even if that grows with the square.")

(defun arcology-note--start-watchdog ()
  "Start a process that ends a hang after `arcology-batch-note-timeout'.
It ends with this Emacs, whose end of the pipe is closed then.  Return
the process."
  (let ((default-directory "/"))
    (make-process
     :name "arcology-watchdog" :noquery t :connection-type 'pipe :sentinel #'ignore
     :command (list "sh" "-c" "timeout --foreground \"$0\" cat >/dev/null
test $? -ne 124 || kill -USR2 \"$1\"" (format "%d" arcology-batch-note-timeout)
(format "%d" (emacs-pid))))))

(defun arcology-note--call-with-deadline (size function)
  "Call FUNCTION, for a text of SIZE characters; return whether it was in time."
  (let ((watchdog (and (< arcology-note--watched-size size) (arcology-note--start-watchdog)))
        ;; SIGUSR2 also asks for the debugger.
        (debug-on-event 'sigusr2)
        (debugger #'ignore))
    (unwind-protect
        (condition-case nil
            (progn
              (funcall function)
              t)
          (quit nil))
      (when watchdog
        (delete-process watchdog))
      (setq quit-flag nil
            debug-on-quit nil))))

;;; The hash

(defun arcology-note-hash (path)
  "Return the hash of the bytes of the file PATH."
  (with-temp-buffer
    (set-buffer-multibyte nil)
    (insert-file-contents-literally path)
    (secure-hash 'sha1 (current-buffer))))

(defvar arcology-note--text-hashed nil
  "Whether org-roam hashes the text of a note, unless it is encrypted.
That is so in org-roam 2.2, where the function needs no path.")

(defun arcology-note--of-bytes-p (path)
  "Whether the hash of PATH is that of its bytes, not that of its text."
  (or (not arcology-note--text-hashed)
      (equal (file-name-extension path) "gpg")))

(defun arcology-note--file-hash (function &optional path)
  "Return the hash of the current note, as org-roam has it.
Outside of one, call FUNCTION, `org-roam-db--file-hash', with PATH."
  (cond
   ((null arcology-note--current)
    (apply function (and path (list path))))
   ((or path arcology-note--shortened
        (arcology-note--of-bytes-p (arcology-note-path arcology-note--current)))
    arcology-note--hash)
   (t
    (funcall function))))

;;; Reading

(defun arcology-note--read-keywords (keywords)
  "Return what the lines `#+KEYWORD: value' of the current buffer hold.
KEYWORDS are the keywords to look for, in capitals."
  (let ((case-fold-search t)
        (found nil))
    (when keywords
      (save-excursion
        (goto-char (point-min))
        (let ((regexp (concat "^[ \t]*#\\+" (regexp-opt keywords t) ":[ \t]*\\(.*?\\)[ \t]*$")))
          (while (re-search-forward regexp nil t)
            (let ((keyword (upcase (match-string-no-properties 1)))
                  (value (match-string-no-properties 2)))
              ;; Not in an example or a source block.
              (when (save-excursion
                      (beginning-of-line)
                      (save-match-data
                        (eq (org-element-type (org-element-at-point)) 'keyword)))
                (push (list keyword value) found)))))))
    (nreverse found)))

(defun arcology-note--visit (path)
  "Make the current buffer, which is empty, visit the file PATH in Org mode.
org-roam takes a buffer that visits the file already.  Its own way would
be `find-file', which runs hooks, and `save-buffer', which writes."
  (let ((enriched-verbose nil))
    ;; Whether newlines of text/enriched are hard changes no row.
    (cl-letf (((symbol-function 'y-or-n-p) #'ignore))
      (insert-file-contents path t)))
  (setq default-directory (file-name-directory path)))

(defun arcology-note--hack-local-variables ()
  "Set the local variables of the current buffer; an error is a problem.
A note that only mentions \"Local Variables:\" has lines that are none."
  (dolist (file (arcology-note--find-directory-files default-directory))
    (push file (arcology-note-setup-files arcology-note--current)))
  (condition-case error
      (hack-local-variables)
    (error
     (arcology-note--check-overflow error)
     (save-excursion
       (goto-char (point-max))
       (let ((case-fold-search t))
         (search-backward "Local Variables:" nil t))
       (arcology-note--add-problem (arcology-note--line (point)) "local variables are ignored: %s"
                                   (error-message-string error))))))

(defun arcology-note--parse (path keywords)
  "Fill the current note from the current buffer, which has the text of PATH.
KEYWORDS are the keywords to look for, in capitals."
  (arcology-compat-with-memory
    (let ((org-inhibit-startup t))
      (delay-mode-hooks (org-mode))
      (arcology-note--hack-local-variables))
    (arcology-note--disarm-links)
    ;; The end of `org-roam-with-file' saves the buffer.
    (cl-letf (((symbol-function 'save-buffer) #'ignore))
      (org-roam-db-update-file path 'no-require))
    (unless (arcology-note-file arcology-note--current)
      (signal 'arcology-note-unsupported nil))
    (when (arcology-compat-has-keyword-p keywords)
      (setf (arcology-note-keywords arcology-note--current)
            (arcology-note--read-keywords keywords)))))

(defun arcology-note--unreadable (error)
  "Add ERROR, which ended the reading of the current buffer, to the problems."
  (arcology-note--add-problem (arcology-note--line (point)) "cannot be read as Org: %s"
                              (error-message-string error)))

(defun arcology-note--try-visit (path)
  "Do `arcology-note--visit' with PATH; return whether its text could be decoded.
If not, that is a problem."
  (condition-case error
      (progn
        (arcology-note--visit path)
        t)
    (error
     ;; An encrypted file needs GnuPG, too (epg-config.el).
     (when (or (memq 'file-error (get (car error) 'error-conditions))
               (string-suffix-p ".gpg" path))
       (signal (car error) (cdr error)))
     (arcology-note--unreadable error)
     nil)))

(defun arcology-note--try-parse (path keywords)
  "Do `arcology-note--parse' with PATH and KEYWORDS; an error in it is a problem."
  (condition-case error
      (arcology-note--parse path keywords)
    ((file-error arcology-note-unsupported)
     (signal (car error) (cdr error)))
    (error
     (arcology-note--check-overflow error)
     (arcology-note--unreadable error)))
  nil)

(defun arcology-note--finish ()
  "Put the lists of the current note in order."
  (let ((note arcology-note--current))
    (cl-callf nreverse (arcology-note-nodes note))
    (cl-callf nreverse (arcology-note-problems note))
    (dolist (node (arcology-note-nodes note))
      (dolist (rows (arcology-note-node-rows node))
        (setcdr rows (nreverse (cdr rows)))))
    (when arcology-note--deleted
      (arcology-note--restore-positions note))
    note))

(defun arcology-note-read (path root keywords)
  "Return the `arcology-note' of the file PATH below the directory ROOT.
KEYWORDS are the keywords to look for, in capitals.  Signal an error if
the file cannot be read; any fault of its text is among the problems of
the note."
  (let ((buffer (generate-new-buffer " *arcology-note*"))
        (arcology-note--current (arcology-note--create :path path))
        (arcology-note--index nil)
        (arcology-note--hash (arcology-note-hash path))
        (arcology-note--shortened nil)
        (arcology-note--deleted nil)
        (org-roam-directory root))
    ;; Emacs 28 adds to this list for each buffer with Text mode, and searches it in `add-hook'.
    (put 'context-menu-functions 'hook--depth-alist nil)
    (unwind-protect
        (with-current-buffer buffer
          (when (arcology-note--try-visit path)
            (unless (arcology-note--call-with-deadline
                     (buffer-size)
                     (lambda ()
                       (when (catch 'arcology-note--overflow
                               (arcology-note--try-parse path keywords))
                         (setq arcology-note--current (arcology-note--create :path path)
                               arcology-note--index nil)
                         (arcology-note--shorten-long-lines path)
                         (arcology-note--try-parse path keywords))))
              (arcology-note--put-aside path)))
          (unless (arcology-note-file arcology-note--current)
            (arcology-note--add-file path))
          (arcology-note--finish))
      (with-current-buffer buffer
        (set-buffer-modified-p nil)
        (let ((kill-buffer-hook nil)
              (kill-buffer-query-functions nil))
          (kill-buffer buffer))))))

(defun arcology-note--put-aside (path)
  "Leave all out of the current note but that reading PATH takes too long.
What was read until then would depend on the speed of the machine."
  (setf (arcology-note-nodes arcology-note--current) nil
        (arcology-note-keywords arcology-note--current) nil
        (arcology-note-file arcology-note--current) nil
        (arcology-note-problems arcology-note--current) nil)
  (arcology-note--add-file path)
  (arcology-note--add-problem
   0 "left out, since reading takes longer than %d s: split the note, or raise \
`arcology-batch-note-timeout'" arcology-batch-note-timeout))

(defun arcology-note--add-file (path)
  "Add to the current note the row of PATH, which org-roam did not come to."
  (let ((attributes (file-attributes path)))
    (setf (arcology-note-file arcology-note--current)
          (list path (file-name-base path)
                arcology-note--hash
                (file-attribute-access-time attributes)
                (file-attribute-modification-time attributes)))))

(provide 'arcology-note)

;;; arcology-note.el ends here
