;;; random-notes.el --- Write random notes  -*- lexical-binding: t; -*-
;; SPDX-FileCopyrightText: 2026 Arcology Builder contributors
;; SPDX-License-Identifier: GPL-3.0-or-later
;;; Commentary:
;; emacs -q --batch -l random-notes.el DIRECTORY COUNT SEED: writes COUNT notes to DIRECTORY.  They are
;; put together from the syntax of Org and org-roam, and from what breaks it.  The same SEED gives the
;; same notes.
;;; Code:

(require 'cl-lib)

(defvar random-notes-state nil "The random state.")
(defvar random-notes-id 0 "The number of the last new ID.")
(defvar random-notes-prefix nil "What new IDs begin with.")

(defun random-notes-random (n)
  "Return a random number below N."
  (cl-random n random-notes-state))

(defun random-notes-pick (list)
  "Return a random element of LIST."
  (nth (random-notes-random (length list)) list))

(defun random-notes-one-in (n)
  "Return non-nil once in N times."
  (zerop (random-notes-random n)))

(defun random-notes-new-id ()
  "Return an ID that no other note has."
  (format "%s-%d" random-notes-prefix (cl-incf random-notes-id)))

(defun random-notes-some-id ()
  "Return an ID that may exist."
  (if (random-notes-one-in 6)
      (random-notes-pick '("nothing" "a b" "é" "x::y" "id%20"))
    (format "%s-%d" random-notes-prefix (1+ (random-notes-random (1+ random-notes-id))))))

(defconst random-notes-words
  '("word" "Zwei" "日本語" "é" "a_b" "x^2" "/slanted/" "*bold*" "=code=" "~verb~" "+gone+" "_under_"
    "$1" "%s" "\"q\"" "'q'" "\\n" "\\alpha" "{{{m}}}" "<<target>>" "<<<radio>>>" "[fn:1]" "[1/2]" "[50%]"
    "<2024-01-02 Tue>" "[2024-01-02 Tue 10:00]" "<2024-01-02 Tue 10:00-11:00>--<2024-01-03 Wed>"
    "call_f(x=1)" "src_sh{ls}" "@@html:<b>@@" "https://plain.example/a_(b)" "mailto:a@b.example"
    "<https://angle.example>" "::" ":tag:" "#+x:" "COMMENT" "TODO" "-" "\u00a0" "\t" "[" "]" "[[" "]]"))

(defun random-notes-words (n)
  "Return up to N words of text."
  (mapconcat (lambda (_) (random-notes-object)) (make-list (random-notes-random (1+ n)) nil) " "))

(defun random-notes-link ()
  "Return a link, or what looks like one."
  (let ((target (random-notes-pick
                 (list (concat "id:" (random-notes-some-id)) (concat "ID:" (random-notes-some-id))
                       (concat "id:" (random-notes-some-id) "::*Heading")
                       "https://e.example/x?a=b&c=[d]" "http://e.example" "file:other.org" "./a b.org::12"
                       "/tmp/x.png" "~/x" "roam:Some title" "cite:key1,key2" "cite:&key1;&key2" "*Heading"
                       "#custom" "(coderef)" "attachment:x.png" "gh:org/repo" "mailto:a@b.example"
                       "doi:10.1000/1" "elisp:(error)" "shell:true" "help:car" "info:org#Links" "news:x"
                       "message-id" "" " " "x\\]y" "x\\[y" "日本" "%20" "id:"))))
    (pcase (random-notes-random 8)
      (0 (format "[[%s][%s]]" target (random-notes-pick random-notes-words)))
      (1 (format "[[%s][a [[%s]] b]]" target target))
      (2 (format "<%s>" target))
      (3 target)
      (4 (format "[[%s]" target))
      (_ (format "[[%s]]" target)))))

(defun random-notes-citation ()
  "Return a citation, or what looks like one."
  (random-notes-pick
   '("[cite:@k1]" "[cite/t:@k1;@k2]" "[cite:see @k3 p. 3; also @k4; x]" "[cite:@k1" "[CITE:@k1]" "[cite:]"
     "[cite/style/variant:@a:b.c/d]" "[cite:[[id:x]] @k1]" "[cite:@k1\n@k2]" "[cite:@k1;\n  @k2]" "@k5"
     "[cite:@k1;;@k2]" "[cite:-@k1]" "[cite: @k1 ]" "[cite:a [b] @k1]")))

(defun random-notes-object ()
  "Return an object in a line."
  (pcase (random-notes-random 12)
    ((or 0 1) (random-notes-link))
    (2 (random-notes-citation))
    (_ (random-notes-pick random-notes-words))))

(defun random-notes-ref ()
  "Return one item of ROAM_REFS."
  (format (random-notes-pick
           '("https://r%d.example/x" "@ref%d" "cite:ref%d" "[[https://r%d.example][d]]" "[cite:@ref%d]"
             "[cite:@ref%d;@other%d]" "http://r%d.example" "\"https://r%d.example/a b\"" "doi:10.1000/%d"
             "[[https://r%d.example]]" "ref%d"))
          (cl-incf random-notes-id) random-notes-id))

(defun random-notes-property ()
  "Return a line of a property drawer."
  (pcase (random-notes-random 14)
    ((or 0 1 2 3) (format ":ID: %s" (random-notes-new-id)))
    (4 (format ":ROAM_ALIASES: %s" (random-notes-pick '("one" "\"two words\" three" "\"x\"y" "" "é \"a\\\"b\""))))
    (5 (format ":ROAM_REFS: %s%s" (random-notes-ref)
               (if (random-notes-one-in 3) (concat " " (random-notes-ref)) "")))
    (6 (format ":ROAM_EXCLUDE: %s" (random-notes-pick '("t" "nil" ""))))
    (7 (format ":CATEGORY: %s" (random-notes-words 2)))
    (8 (format ":%s: %s" (random-notes-pick '("X" "x+" "X+" "x-y" "Effort" "LAST_REPEAT" "日本"))
               (random-notes-words 3)))
    (9 (random-notes-pick (list ":ROAM_ALIASES+: more" ":ROAM_REFS+: https://more.example" ":ORDERED: t"
                                ":header-args: :exports none" ":ROAM_TAGS: old" ":ARCHIVE: x::"
                                (format ":ID+: %s" (random-notes-new-id)))))
    (10 (random-notes-pick '("not a property" ":broken" ":X:y" ": :" "")))
    (11 (format ":id: %s" (random-notes-new-id)))
    (_ (format ":CREATED: [2024-01-%02d]" (1+ (random-notes-random 28))))))

(defun random-notes-drawer ()
  "Return a property drawer, mostly a valid one."
  (let ((lines (cl-loop repeat (random-notes-random 5) collect (random-notes-property)))
        (indent (random-notes-pick '("" "" "" "  " "\t"))))
    (unless (random-notes-one-in 4)
      (push (format ":ID: %s" (random-notes-new-id)) lines))
    (mapconcat (lambda (line) (concat indent line "\n"))
               (append (list (random-notes-pick '(":PROPERTIES:" ":PROPERTIES:" ":PROPERTIES:" ":properties:")))
                       lines
                       (unless (random-notes-one-in 15)
                         (list (random-notes-pick '(":END:" ":END:" ":end:" ":END: ")))))
               "")))

(defun random-notes-heading ()
  "Return a heading, perhaps with planning and properties."
  (concat (make-string (1+ (random-notes-random (if (random-notes-one-in 8) 16 4))) ?*)
          (random-notes-pick '(" " " " " " " " "  " "\t"))
          (random-notes-pick '("" "" "" "TODO " "DONE " "OPEN " "SHUT " "todo " "WAIT "))
          (random-notes-pick '("" "" "" "[#A] " "[#C]" "[#1] " "[#] "))
          (if (random-notes-one-in 15) "COMMENT " "")
          (if (random-notes-one-in 25) "" (random-notes-words 4))
          (random-notes-pick '("" "" "" "" " :a:" " :a:b_c:@d:" " ::" "\t:日本:" " :a: x" " :ARCHIVE:" "   "))
          "\n"
          (if (random-notes-one-in 4)
              (random-notes-pick '("SCHEDULED: <2024-01-02 Tue>\n" "DEADLINE: <2024-02-03 Sat 10:00 +1w>\n"
                                   "CLOSED: [2024-01-02 Tue 10:00] SCHEDULED: <2024-01-01 Mon>\n"
                                   "SCHEDULED: <%%(diary-float t 4 2)>\n" "  SCHEDULED: [2024-01-02]\n"
                                   "SCHEDULED: <2024-13-45>\n" "\n" "Text between.\n"))
            "")
          (if (random-notes-one-in 3) "" (random-notes-drawer))
          (if (random-notes-one-in 6)
              ":LOGBOOK:\nCLOCK: [2024-01-02 Tue 10:00]--[2024-01-02 Tue 11:00] =>  1:00\n- Note [[id:x]]\n:END:\n"
            "")))

(defun random-notes-keyword ()
  "Return an in-buffer setting."
  (random-notes-pick
   (list (format "#+title: %s\n" (random-notes-words 3)) "#+TITLE:\n" "#+filetags: :f:g:\n" "#+filetags: f g\n"
         "#+FILETAGS: :日本:\n" "#+category: cat\n" "#+todo: OPEN(o) WAIT | SHUT(s!)\n" "#+seq_todo: NEXT | DONE\n"
         "#+tags: a(a) b(b) { c d }\n" "#+property: ID global\n" "#+property: header-args :x y\n"
         "#+link: gh https://gh.example/%s\n" "#+link: fn https://f.example/%(upcase)\n" "#+startup: overview indent\n"
         "#+options: tags:nil ^:{}\n" "#+setupfile: 000.org\n" "#+setupfile: missing.org\n" "#+macro: m expanded $1\n" "#+archive: %s_x::\n"
         "#+priorities: A E C\n" "#+bibliography: x.bib\n" "#+caption: A [cite:@k1] [[id:x]]\n" "#+name: n\n"
         "#+attr_html: :width 1\n" "#+roam_key: https://old.example\n" "#+roam_alias: \"old\"\n" "#+constants: c=1\n"
         "#+columns: %ITEM\n" "#+drawers: X\n" "# comment [[id:x]] [cite:@c]\n" "#\n" "#+\n" "#+include: \"x.org\"\n"
         "# Local Variables:\n# org-category: \"v\"\n# End:\n" "#+language: de\n" "#+ARCOLOGY_KEY: k/v\n")))

(defun random-notes-block ()
  "Return a block, perhaps without its end."
  (let ((name (random-notes-pick '("src org" "src sh" "example" "quote" "verse" "comment" "export html"
                                   "center" "custom" ""))))
    (concat "#+begin_" name "\n"
            (random-notes-pick (list (concat (random-notes-words 5) "\n")
                                     (concat "," (random-notes-heading)) (random-notes-heading)
                                     (random-notes-drawer) (random-notes-keyword) ""))
            (if (random-notes-one-in 10) "" (format "#+end_%s\n" (car (split-string (concat name " "))))))))

(defun random-notes-text ()
  "Return text."
  (pcase (random-notes-random 12)
    (0 (format "- %s :: %s\n  - [ ] %s\n" (random-notes-words 2) (random-notes-words 3) (random-notes-words 3)))
    (1 (format "| %s | %s |\n|--+--|\n| [[id:x]] | [cite:@cell] |\n#+tblfm: $1=1\n" (random-notes-words 2)
               (random-notes-words 2)))
    (2 (format "[fn:1] %s\n" (random-notes-words 4)))
    (3 (format ": fixed %s\n" (random-notes-words 3)))
    (4 (format "\\begin{x}\n%s\n\\end{x}\n" (random-notes-words 3)))
    (5 (format ":DRAWER:\n%s\n:END:\n" (random-notes-words 3)))
    (6 "-----\n")
    (7 (format "%%%%(diary) %s\n" (random-notes-words 2)))
    (8 (format "*%s\n" (random-notes-words 3)))
    (9 "\n\n")
    (_ (concat (random-notes-words 9) "\n"))))

(defun random-notes-note ()
  "Return the text of a note."
  (let ((text (concat
               (if (random-notes-one-in 8) (random-notes-pick '("\n" "# c\n" "text\n" "# -*- org-category: \"m\" -*-\n" "\n\n# c\n\n")) "")
               (if (random-notes-one-in 5) "" (random-notes-drawer))
               (if (random-notes-one-in 5) "" (format "#+title: %s\n" (random-notes-words 3)))
               (apply #'concat
                      (cl-loop repeat (random-notes-random 14)
                               collect (pcase (random-notes-random 9)
                                         ((or 0 1 2 3) (random-notes-heading))
                                         ((or 4 5) (random-notes-keyword))
                                         (6 (random-notes-block))
                                         (_ (random-notes-text))))))))
    (when (random-notes-one-in 20)
      (setq text (replace-regexp-in-string "\n" "\r\n" text t t)))
    (when (random-notes-one-in 8)
      (setq text (string-trim-right text "\n")))
    text))

(defun random-notes-main ()
  "Write the notes that the command line asks for."
  (pcase-let ((`(,directory ,count ,seed) command-line-args-left)
              (coding-system-for-write 'utf-8-unix))
    (setq command-line-args-left nil
          random-notes-state (cl-make-random-state (string-to-number seed)))
    (dotimes (i (string-to-number count))
      ;; Of each note alone, so that one can be made again without the others.
      (setq random-notes-prefix (format "%s-%d" seed i)
            random-notes-id 0)
      (write-region (random-notes-note) nil (expand-file-name (format "%03d.org" i) directory) nil 'quiet))))

(random-notes-main)

;;; random-notes.el ends here
