;;; arcology-database.el --- SQLite for builds  -*- lexical-binding: t; -*-

;; SPDX-FileCopyrightText: 2026 Arcology Builder contributors
;; SPDX-License-Identifier: GPL-3.0-or-later

;;; Commentary:

;; A connection to a SQLite database on which no failure of a statement goes unnoticed.
;;
;; There are two back ends: the SQLite of Emacs (since Emacs 29, if Emacs was built with it), and
;; the program emacsql-sqlite of EmacSQL 3, a process that reads statements and prints rows.
;;
;; EmacSQL's own connections are not used.  Up to EmacSQL 4.4.1 they send each statement through
;; `sqlite-select', which ignores the result of sqlite3_step (Emacs 29 to 30, sqlite.c): a
;; constraint, a lock, a full disk or a damaged page then looks like a statement without
;; rows.  `sqlite-execute' and `sqlite-next' check that result.
;;
;; Values are strings, numbers and nil, and are stored as they are.  `arcology-database-print' gives
;; the form in which org-roam stores a Lisp value.  `arcology-database-select' returns columns as
;; org-roam reads them, that is, text is read as Lisp; `arcology-database-text' is an SQL expression
;; for a column that holds plain text.

;;; Code:

(require 'cl-lib)

(declare-function sqlite-available-p "sqlite.c" ())
(declare-function sqlite-close "sqlite.c" (db))
(declare-function sqlite-execute "sqlite.c" (db query &optional values))
(declare-function sqlite-finalize "sqlite.c" (set))
(declare-function sqlite-next "sqlite.c" (set))
(declare-function sqlite-open "sqlite.c" (&optional file))
(declare-function sqlite-select "sqlite.c" (db query &optional values return-type))

(defvar emacsql-sqlite-executable)

;;; Errors

(define-error 'arcology-database-error "Database error")
(define-error 'arcology-database-constraint "Constraint violated" 'arcology-database-error)
(define-error 'arcology-database-locked "Database locked" 'arcology-database-error)
(define-error 'arcology-database-full "Disk full" 'arcology-database-error)
(define-error 'arcology-database-unwritable "Database not writable" 'arcology-database-error)
(define-error 'arcology-database-damaged "Database damaged" 'arcology-database-error)

(defconst arcology-database--conditions
  '((arcology-database-constraint (19) "constraint failed")
    (arcology-database-locked (5 6 15) "locked\\|locking protocol")
    (arcology-database-full (13) "is full")
    (arcology-database-unwritable (3 8 10 14 23) "permission\\|readonly\\|I/O error\
\\|unable to open\\|not authorized\\|authorization denied")
    (arcology-database-damaged (11 16 24 26) "malformed\\|not a database"))
  "For a condition the SQLite result codes, and a regexp on the message.
See <https://sqlite.org/rescode.html>.  The message decides where Emacs
gives no code.")

(defun arcology-database--signal (message code)
  "Signal the condition for MESSAGE and the SQLite result CODE, which may be nil."
  (signal (or (cl-loop for (condition codes regexp) in arcology-database--conditions
                       ;; The low byte of an extended code is the primary code.
                       when (if (integerp code)
                                (memql (logand code 255) codes)
                              (string-match-p regexp message))
                       return condition)
              'arcology-database-error)
          (list message code)))

;;; Values

(defun arcology-database-print (value)
  "Return VALUE in the stored form of org-roam.
Numbers and nil stay as they are; anything else is a string that Lisp
reads back.  EmacSQL does the same (`emacsql-escape-scalar')."
  (if (or (null value) (numberp value))
      value
    (let ((print-escape-newlines t)
          (print-escape-control-characters t)
          (print-level nil)
          (print-length nil))
      (prin1-to-string value))))

(defun arcology-database-unicode (text)
  "Return TEXT with U+FFFD for each byte that was not understood when it was read.
Such text is valid UTF-8 for programs that know nothing of Emacs."
  ;; A regexp would make Emacs look at each character of the range, which takes milliseconds.
  (concat (mapcar (lambda (char) (if (< #x10FFFF char) #xFFFD char)) text)))

(defun arcology-database-text (column)
  "Return an SQL expression for the plain text in COLUMN.
`arcology-database-decode' decodes what it yields."
  (format "'\"' || hex (%s) || '\"'" column))

(defun arcology-database-decode (digits)
  "Return the text whose UTF-8 is DIGITS, a string of hexadecimal digits."
  (decode-coding-string
   (apply #'unibyte-string
          (cl-loop for i from 0 below (length digits) by 2
                   collect (string-to-number (substring digits i (+ i 2)) 16)))
   'utf-8-unix))

(defun arcology-database--literal (value)
  "Return VALUE as an SQL literal."
  (cond
   ((null value) "NULL")
   ((numberp value) (prin1-to-string value))
   ;; SQLite's parser stops at NUL.
   ((string-match-p "\0" value)
    (format "CAST (X'%s' AS TEXT)"
            (mapconcat (lambda (byte) (format "%02x" byte))
                       (encode-coding-string value 'utf-8-unix) "")))
   (t
    (concat "'" (string-replace "'" "''" value) "'"))))

(defun arcology-database--fill (sql values)
  "Return SQL with a literal of VALUES for each question mark, if there are VALUES.
SQL that has values must have no question mark in a string."
  (if (null values)
      sql
    (let ((parts (split-string sql "\\?")))
      (concat (car parts)
              (mapconcat (lambda (part) (concat (arcology-database--literal (pop values)) part))
                         (cdr parts) "")))))

;;; The SQLite of Emacs

(defun arcology-database-builtin-p ()
  "Whether this Emacs has SQLite built in."
  (and (fboundp 'sqlite-available-p) (sqlite-available-p)))

(defmacro arcology-database--with-sqlite (&rest body)
  "Evaluate BODY; turn an error of Emacs's SQLite into one of ours.
No garbage is collected meanwhile: `sqlite-select' and `sqlite-execute'
give SQLite the address of a string (sqlite3_bind_text with SQLITE_STATIC,
bind_values in sqlite.c, seen in Emacs 30.1), and a collection moves the
bytes of short strings.  The rows after it would be those of another value."
  (declare (indent 0))
  `(condition-case error
       (let ((gc-cons-threshold most-positive-fixnum))
         ,@body)
     ((sqlite-error sqlite-locked-error)
      ;; Data is (MESSAGE) or ((STRING MESSAGE CODE EXTENDED-CODE)), see sqlite.c in Emacs 29 and
      ;; 30.
      (let ((data (flatten-tree (cdr error))))
        (arcology-database--signal (format "%s" (or (nth 1 data) (nth 0 data)))
                                   (or (nth 2 data)
                                       (and (eq (car error) 'sqlite-locked-error) 5)))))))

(defun arcology-database--builtin-select (handle sql values)
  "Return the rows of SQL with VALUES in the database HANDLE."
  (arcology-database--with-sqlite
    (let ((set (sqlite-select handle sql values 'set))
          (rows nil)
          row)
      (unwind-protect
          ;; It signals an error where a list of rows would be cut short.
          (while (setq row (sqlite-next set))
            (push (mapcar (lambda (column)
                            (if (and (stringp column) (not (equal column "")))
                                (car (read-from-string column))
                              column))
                          row)
                  rows))
        (sqlite-finalize set))
      (nreverse rows))))

;;; The program of EmacSQL

;; It reads "LENGTH STATEMENT" and prints the rows as a list, then "success", or "error CODE
;; MESSAGE", then a line "#" as its prompt.

(defun arcology-database-program ()
  "Return the path of EmacSQL's program, or nil."
  (require 'emacsql-sqlite nil t)
  (let ((program (or (bound-and-true-p emacsql-sqlite-executable)
                     (executable-find "emacsql-sqlite"))))
    (and program (file-executable-p program) program)))

(defun arcology-database-preload ()
  "Load what `arcology-database-open' needs, for a dump of Emacs."
  (unless (arcology-database-builtin-p)
    (arcology-database-program)))

(defun arcology-database--program-open (program file)
  "Start PROGRAM on FILE; return the process."
  (let* ((buffer (generate-new-buffer " *arcology-database*"))
         (process (make-process :name "arcology-database" :buffer buffer :noquery t
                                :command (list program file) :connection-type 'pipe
                                :coding 'utf-8-unix :sentinel #'ignore)))
    (condition-case nil
        (arcology-database--program-wait process)
      (arcology-database-error
       (arcology-database--signal "unable to open database file" 14)))
    process))

(defun arcology-database--program-wait (process)
  "Wait for the prompt of PROCESS."
  (with-current-buffer (process-buffer process)
    (while (not (and (<= 2 (buffer-size))
                     (equal (buffer-substring (- (point-max) 2) (point-max)) "#\n")))
      (unless (or (accept-process-output process) (process-live-p process))
        (signal 'arcology-database-error
                (list (format "%s ended by itself" (car (process-command process)))))))))

(defun arcology-database--program-send (process sql values)
  "Run SQL with VALUES in PROCESS and return the rows."
  (let ((statement (encode-coding-string (concat (arcology-database--fill sql values) ";")
                                         'utf-8-unix)))
    (with-current-buffer (process-buffer process)
      (erase-buffer)
      (unless (process-live-p process)
        (signal 'arcology-database-error
                (list (format "%s ended by itself" (car (process-command process))))))
      (process-send-string process (format "%d " (length statement)))
      (process-send-string process statement)
      (process-send-string process "\n")
      (arcology-database--program-wait process)
      (goto-char (point-min))
      (let ((rows (read (current-buffer))))
        ;; An error may also follow the rows that were found before it.
        (when (or (eq rows 'error) (eq (read (current-buffer)) 'error))
          (let* ((code (read (current-buffer)))
                 (message (read (current-buffer))))
            (arcology-database--signal (format "%s" message) code)))
        rows))))

;;; Connections

(cl-defstruct (arcology-database (:constructor arcology-database--create) (:copier nil))
  "A connection to a database."
  file                                  ; absolute path
  handle)                               ; of Emacs's SQLite, or a process

(defun arcology-database-open (file timeout)
  "Open the database FILE, which is made if it is missing; return the connection.
TIMEOUT is how many seconds a statement waits for another program's lock.
Foreign keys are enforced."
  (let* ((program (and (not (arcology-database-builtin-p)) (arcology-database-program)))
         (handle (if program
                     (arcology-database--program-open program file)
                   (arcology-database--with-sqlite (sqlite-open file))))
         (database (arcology-database--create :file file :handle handle)))
    (unless handle
      (arcology-database--signal "unable to open database file" 14))
    (arcology-database-select database (format "PRAGMA busy_timeout = %d" (round (* 1000 timeout))))
    (arcology-database-execute database "PRAGMA foreign_keys = ON")
    (unless (equal (arcology-database-select database "PRAGMA foreign_keys") '((1)))
      (signal 'arcology-database-error '("This SQLite was built without foreign keys")))
    database))

(defun arcology-database-close (database)
  "Close DATABASE, whose open transaction is rolled back.
Does nothing if it is closed."
  (let ((handle (arcology-database-handle database)))
    (setf (arcology-database-handle database) nil)
    (cond
     ((null handle))
     ((processp handle)
      (when (process-live-p handle)
        (process-send-eof handle)
        ;; The lock is gone with the process.
        (while (process-live-p handle)
          (accept-process-output handle 0.1)))
      (kill-buffer (process-buffer handle)))
     (t
      (sqlite-close handle)))))

(defun arcology-database-execute (database sql &optional values)
  "Run the statement SQL, which yields no rows, in DATABASE.
VALUES is a list, one value for each question mark in SQL.  Signal an
`arcology-database-error' if it fails."
  (let ((handle (arcology-database-handle database)))
    (if (processp handle)
        (arcology-database--program-send handle sql values)
      (arcology-database--with-sqlite (sqlite-execute handle sql values)))
    nil))

(defun arcology-database-select (database sql &optional values)
  "Return the rows that SQL with VALUES yields in DATABASE, as lists.
Text is read as Lisp.  Signal an `arcology-database-error' if it fails,
also after some rows."
  (let ((handle (arcology-database-handle database)))
    (if (processp handle)
        (arcology-database--program-send handle sql values)
      (arcology-database--builtin-select handle sql values))))

(defun arcology-database-number (database sql &optional values)
  "Return the one number that SQL with VALUES yields in DATABASE."
  (caar (arcology-database-select database sql values)))

(defconst arcology-database--rows-at-once 100
  "How many rows one statement inserts.
SQLite takes 32,766 values in a statement since version 3.32, and 500
terms of a compound VALUES in any.")

(defun arcology-database-insert (database table rows)
  "Insert ROWS, lists of values, into TABLE of DATABASE."
  (while rows
    (let* ((some (seq-take rows arcology-database--rows-at-once))
           (row (concat "(" (mapconcat (lambda (_) "?") (car some) ", ") ")")))
      (setq rows (nthcdr (length some) rows))
      (arcology-database-execute
       database
       (concat "INSERT INTO " table " VALUES " (mapconcat (lambda (_) row) some ", "))
       (apply #'append some)))))

(provide 'arcology-database)

;;; arcology-database.el ends here
