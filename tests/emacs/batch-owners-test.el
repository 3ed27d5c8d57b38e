;;; batch-owners-test.el --- Random saves of notes that share IDs  -*- lexical-binding: t; -*-
;; SPDX-FileCopyrightText: 2026 Arcology Builder contributors
;; SPDX-License-Identifier: GPL-3.0-or-later
;;; Commentary:
;; Random trees of notes that copy, move, lose and share IDs, saved in random groups and built in
;; random kinds of builds.  After each build the database has, for each ID, the one owner that the rule
;; names (see the commentary of arcology-batch.el), a problem for each other claim, and the rows of a
;; clean build that is given the same owners.
;;
;; ARCOLOGY_RUNS (100) is the number of runs; ARCOLOGY_SEED repeats the run of that seed alone.
;;; Code:

(require 'cl-lib)
(require 'arcology-batch)

(defconst owners-names '("a.org" "b.org" "cc.org" "z.org" "sub/d.org" "z (copy).org"))
(defconst owners-ids '("p" "q" "r" "s" "t"))

(defvar owners-random nil "The random state of the run.")
(defvar owners-directory nil "The tree.")
(defvar owners-database nil "The database.")
(defvar owners-saved nil "Alist of paths and the nodes of their text, as (ID . TITLE), now on disk.")
(defvar owners-built nil "The same as it was in the last build of each path.")
(defvar owners-owners nil "Alist of IDs and the paths that own them.")
(defvar owners-trace nil "What was done, the last first.")

(defun owners-random (n)
  "Return a random number below N."
  (cl-random n owners-random))

(defun owners-pick (list)
  "Return a random element of LIST."
  (nth (owners-random (length list)) list))

(defun owners-shuffle (list)
  "Return the elements of LIST in a random order."
  (mapcar #'cdr (sort (mapcar (lambda (element) (cons (owners-random 1000000) element)) list)
                      (lambda (a b) (< (car a) (car b))))))

(defun owners-write (path nodes)
  "Write NODES, a list of (ID . TITLE), to PATH; the first is the node of the file."
  (make-directory (file-name-directory path) t)
  (let ((coding-system-for-write 'utf-8-unix))
    (write-region
     (mapconcat (pcase-lambda (`(,id . ,title))
                  (format "* %s\n:PROPERTIES:\n:ID: %s\n:ROAM_ALIASES: \"of %s\"\n:END:\n[[id:%s]]\n"
                          title id title (owners-pick owners-ids)))
                nodes "")
     nil path nil 'quiet))
  (setf (alist-get path owners-saved nil nil #'equal) nodes)
  (push (format "write %s %S" (file-relative-name path owners-directory) nodes) owners-trace))

(defun owners-remove (path)
  "Delete PATH."
  (delete-file path)
  (setf (alist-get path owners-saved nil 'remove #'equal) nil)
  (push (format "delete %s" (file-relative-name path owners-directory)) owners-trace))

(defun owners-change ()
  "Change something in the tree; return the paths."
  (let* ((path (expand-file-name (owners-pick owners-names) owners-directory))
         (present (assoc path owners-saved))
         (other (and owners-saved (owners-pick owners-saved))))
    (pcase (owners-random 6)
      ((and 0 (guard present))
       (owners-remove path)
       (list path))
      ;; A sync client copies a note whole.
      ((and 1 (guard other))
       (owners-write path (cdr other))
       (list path))
      ;; A heading is refiled.
      ((and 2 (guard (and other (cdr other) (not (equal (car other) path)))))
       (let ((node (owners-pick (cdr other)))
             (source (car other)))
         (owners-write source (remove node (cdr other)))
         (owners-write path (append (cdr present) (list node)))
         (list path source)))
      (_
       (owners-write path (cl-loop repeat (owners-random 4)
                                   collect (cons (owners-pick owners-ids)
                                                 ;; An empty title is a problem of its own.
                                                 (owners-pick '("One" "Two" "Three" "")))))
       (list path)))))

(defun owners-titled (nodes)
  "Return those of NODES, without a title none is stored, and of each ID the first alone."
  (cl-remove-duplicates (cl-remove "" nodes :key #'cdr :test #'equal)
                        :key #'car :test #'equal :from-end t))

(defun owners-with-losers (changed)
  "Return CHANGED and the paths that lost an ID to one of these, and so on."
  (let ((more (cl-loop for (path . nodes) in owners-built
                       unless (member path changed)
                       when (cl-some (lambda (node)
                                       (let ((owner (cdr (assoc (car node) owners-owners))))
                                         (and (not (equal owner path)) (member owner changed))))
                                     (owners-titled nodes))
                       collect path)))
    (if more
        (owners-with-losers (append changed more))
      changed)))

(defun owners-expect (changed)
  "Bring the model to what a build of CHANGED makes."
  (dolist (path (owners-with-losers changed))
    (let ((saved (assoc path owners-saved)))
      (setf (alist-get path owners-built nil 'remove #'equal) nil)
      (when saved
        (push (cons path (cdr saved)) owners-built))))
  (setq owners-owners
        (cl-loop for id in owners-ids
                 for claims = (cl-loop for (path . nodes) in owners-built
                                       when (assoc id (owners-titled nodes)) collect path)
                 for owner = (alist-get id owners-owners nil nil #'equal)
                 when claims
                 collect (cons id (if (member owner claims)
                                      owner
                                    (car (sort claims
                                               (lambda (a b)
                                                 (or (< (length a) (length b))
                                                     (and (= (length a) (length b))
                                                          (string< a b)))))))))))

(defun owners-problems ()
  "Return how many problems the model has."
  (cl-loop for (path . nodes) in owners-built
           sum (cl-count "" nodes :key #'cdr :test #'equal)
           ;; Twice in one note.
           sum (- (length (cl-remove "" nodes :key #'cdr :test #'equal))
                  (length (owners-titled nodes)))
           sum (cl-loop for (id . _) in (owners-titled nodes)
                        count (not (equal path (alist-get id owners-owners nil nil #'equal))))))

(defun owners-build (kind changed database)
  "Run a build of KIND into DATABASE for the CHANGED paths."
  (let ((inhibit-message t)
        (message-log-max nil)
        (present (cl-remove-if-not #'file-exists-p changed)))
    (arcology-batch--build
     (arcology-batch--job-create
      :kind kind :id "1" :mark (format "%s" (cl-random 1000000)) :database database
      :directories (list owners-directory) :keywords nil :fingerprint "same"
      :present present :deleted (cl-set-difference changed present :test #'equal)))))

(defun owners-rows (database sql)
  "Return the rows of SQL in DATABASE."
  (let ((connection (arcology-database-open database 1)))
    (unwind-protect
        (arcology-database-select connection sql)
      (arcology-database-close connection))))

(defun owners-dump (database)
  "Return all rows of DATABASE but the mark of the build."
  (mapcar (lambda (query)
            (sort (mapcar (lambda (row) (format "%S" row)) (owners-rows database query)) #'string<))
          '("SELECT file, title, hash, mtime FROM files" "SELECT * FROM nodes" "SELECT * FROM aliases"
            "SELECT * FROM citations" "SELECT * FROM refs" "SELECT * FROM tags" "SELECT * FROM links"
            "SELECT file, line, hex (what), other FROM problems")))

(defun owners-check (compare)
  "Return what is wrong with the database, or nil.
With COMPARE, the text on the disk is what was built, and a clean build
has to give the same rows."
  (let ((owners (sort (mapcar (pcase-lambda (`(,id ,file)) (cons id file))
                              (owners-rows owners-database "SELECT id, file FROM nodes"))
                      (lambda (a b) (string< (car a) (car b)))))
        (problems (caar (owners-rows owners-database "SELECT count(*) FROM problems")))
        (clean (concat owners-database ".clean")))
    (cond
     ((not (equal owners owners-owners))
      (format "owners %S, expected %S" owners owners-owners))
     ((not (eql problems (owners-problems)))
      (format "%S problems, expected %S" problems (owners-problems)))
     ((not compare)
      nil)
     ((progn
        (copy-file owners-database clean t)
        (owners-build 'clean (mapcar #'car owners-built) clean)
        (not (equal (owners-dump clean) (owners-dump owners-database))))
      (format "a clean build differs:\n%S\n%S" (owners-dump owners-database) (owners-dump clean))))))

(defun owners-run (seed)
  "Do the run of SEED; return what went wrong, or nil."
  (let* ((owners-random (cl-make-random-state seed))
         (scratch (make-temp-file "owners" t))
         (owners-directory (expand-file-name "org" scratch))
         (owners-database (expand-file-name "db" scratch))
         (owners-saved nil)
         (owners-built nil)
         (owners-owners nil)
         (owners-trace nil)
         (pending nil)
         (wrong nil))
    (make-directory owners-directory)
    (unwind-protect
        (progn
          (owners-build 'full nil owners-database)
          (cl-loop repeat 12 until wrong do
                   (dotimes (_ (1+ (owners-random 4)))
                     (setq pending (cl-union (owners-change) pending :test #'equal)))
                   (let* ((kind (owners-pick '(incremental incremental incremental full)))
                          (shuffled (owners-shuffle pending))
                          (changed (if (eq kind 'full)
                                       pending
                                     (seq-take shuffled (1+ (owners-random (length shuffled)))))))
                     (push (format "%s %S" kind
                                   (mapcar (lambda (path) (file-relative-name path owners-directory))
                                           changed))
                           owners-trace)
                     (owners-build kind
                                   (if (eq kind 'full)
                                       (owners-shuffle (mapcar #'car owners-saved))
                                     changed)
                                   owners-database)
                     (owners-expect changed)
                     (setq pending (cl-set-difference pending changed :test #'equal)
                           wrong (owners-check (and (null pending) (zerop (owners-random 4)))))))
          (and wrong (concat wrong "\n" (mapconcat #'identity (reverse owners-trace) "\n"))))
      (delete-directory scratch t))))

(defun owners-main ()
  "Do all runs and print the result as TAP."
  (arcology-batch--prepare-emacs)
  (arcology-batch--load)
  (arcology-compat-install)
  (arcology-note-install)
  (let* ((given (let ((seed (getenv "ARCOLOGY_SEED"))) (and (not (member seed (list nil ""))) seed)))
         (first (if given (string-to-number given) (logand (truncate (float-time)) #xffffff)))
         (runs (if given 1 (string-to-number (or (getenv "ARCOLOGY_RUNS") "100"))))
         (wrong nil)
         (seed (1- first)))
    (cl-loop repeat runs until wrong do
             (setq seed (1+ seed)
                   wrong (owners-run seed)))
    (princ (format "%s 1 - %d runs from seed %d\n1..1\n" (if wrong "not ok" "ok") runs first))
    (when wrong
      (princ (replace-regexp-in-string "^" "# " (format "ARCOLOGY_SEED=%d: %s" seed wrong)))
      (terpri))
    (kill-emacs (if wrong 1 0))))

;;; batch-owners-test.el ends here
