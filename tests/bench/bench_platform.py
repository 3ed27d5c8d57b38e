#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds and org-roam-db-sync on a release of Debian, which may be another one than this machine's.

As a program: reads commands, one a line, and answers each with a line of JSON, until its standard
input ends.
"""

import ctypes
import glob
import itertools
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time

import bench_tree

SOURCE_ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
PR_SET_CHILD_SUBREAPER = 36

# Emacs would compile libraries in the background while it is measured.
NO_NATIVE_CODE = """(setq native-comp-jit-compilation nil native-comp-deferred-compilation nil
  native-comp-enable-subr-trampolines nil)"""


class Platform:
    """Another process, that measures on the release NAME ("debian13")."""

    def __init__(self, name):
        command = [sys.executable if name == this_platform() else "/usr/bin/python3", os.path.realpath(__file__)]
        if name != this_platform():
            command = [os.path.join(SOURCE_ROOT, "tests", "platform", "enter"), name, *command]
        # It ends when its standard input does.
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(
            command, cwd=SOURCE_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, command):
        try:
            self.process.stdin.write(f"{command}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        answer = self.process.stdout.readline()
        if not answer:
            raise EndOfPlatform(self.process.wait())
        return json.loads(answer)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class EndOfPlatform(Exception):
    """The process ended with STATUS, as its last words on standard error explain."""

    def __init__(self, status):
        super().__init__(f"it ended with status {status}")
        self.status = status


def this_platform():
    """The name of this machine's release, as tests/platform/enter has it."""
    with open("/etc/os-release", encoding="utf-8") as file:
        fields = dict(line.strip().split("=", 1) for line in file if "=" in line)
    return "".join(fields.get(key, "").strip('"') for key in ("ID", "VERSION_ID"))


def rows_of(path):
    """All that org-roam's tables hold, but for the time of the last reading."""
    with sqlite3.connect(path) as database:
        return {
            table: sorted(database.execute(f"SELECT {columns} FROM {table}").fetchall(), key=repr)
            for table, columns in {
                "files": "file, title, hash, mtime",
                "nodes": "*",
                "aliases": "*",
                "citations": "*",
                "refs": "*",
                "tags": "*",
                "links": "*",
            }.items()
        }


def remove_database(path):
    for suffix in ("", "-journal", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.unlink(path + suffix)


def children():
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="utf-8") as file:
        return set(map(int, file.read().split()))


def measure(command, environment, log):
    """Runs COMMAND; returns wall time, and CPU time with that of all descendants, in seconds.

    Emacs does not wait for the database program that it starts, so what it leaves is waited for."""
    editors = children()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    status = subprocess.call(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    wall = time.monotonic() - began
    for orphan in children() - editors:
        os.waitpid(orphan, 0)
    if status != 0:
        raise RuntimeError(f"{command[0]} ended with {status}; see {log.name}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


class Editor:
    """A running Emacs that stores what it saves: editor.el."""

    def __init__(self, way, environment, log):
        command = ["emacs", "-q", "--batch", "--eval", NO_NATIVE_CODE]
        command += ["-l", os.path.join(SOURCE_ROOT, "tests", "bench", "editor.el")]
        # It ends when its standard input does.
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen(
            command,
            env=environment | {"WAY": way},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        self.log = log.name
        self.answer("ready")

    def answer(self, expected=None):
        answer = self.process.stdout.readline().strip()
        if not answer or expected not in (None, answer):
            raise RuntimeError(f"the Emacs that saves notes has ended; see {self.log}")
        return answer

    def save(self, note):
        """Adds a line to NOTE; returns wall and CPU time in seconds."""
        self.process.stdin.write(f"{note}\n")
        self.process.stdin.flush()
        wall, cpu = map(float, self.answer().split())
        return wall, cpu

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Notes:
    """A copy of the corpus, a database that builds keep, and one that org-roam keeps."""

    def __init__(self, here):
        self.here = here
        self.tree = bench_tree.copy_corpus(SOURCE_ROOT, os.path.join(here, "org"))
        self.notes = bench_tree.list_notes(self.tree)
        self.database = os.path.join(here, "notes.db")
        self.roam = os.path.join(here, "roam.db")
        self.numbers = itertools.count(1)
        self.editors = {}
        os.mkdir(os.path.join(here, "home"))
        self.environment = {
            "HOME": os.path.join(here, "home"),
            "LC_ALL": "C.UTF-8",
            "PATH": os.environ["PATH"],
            "XDG_CACHE_HOME": os.path.join(here, "cache"),
        }
        # The first build makes the dump of Emacs.
        self.build("full", self.notes)

    def build(self, kind, paths, unchanged=0):
        return self.build_in(self.tree, self.database, kind, paths, unchanged)

    def build_in(self, tree, database, kind, paths, unchanged=0):
        changes = os.path.join(self.here, "changes")
        with open(changes, "w", encoding="utf-8") as file:
            file.writelines(f"M\0{path}\0" for path in paths)
        environment = self.environment | {
            "ARCOLOGY_BUILD_KIND": kind,
            "ARCOLOGY_BUILD_ID": str(next(self.numbers)),
            "ARCOLOGY_CHANGES": changes,
            "ARCOLOGY_DATABASE": database,
            "ARCOLOGY_DIRECTORY": tree,
        }
        with open(os.path.join(self.here, "build.log"), "wb+") as log:
            measured = measure([os.path.join(SOURCE_ROOT, "data", "emacs", "arcology-batch")], environment, log)
            log.seek(0)
            said = log.read().decode()
        expected = f"Files: {len(paths)} listed, {unchanged} of them unchanged, 0 deleted, 0 failed,"
        if expected not in said:
            raise RuntimeError(f"the build does not say {expected!r}: {said}")
        return measured

    def sync(self):
        return self.sync_in(self.tree, self.roam)

    def sync_in(self, tree, database):
        script = os.path.join(SOURCE_ROOT, "tests", "emacs", "reference-sync.el")
        environment = self.environment | {"ARCOLOGY_DATABASE": database, "ARCOLOGY_DIRECTORY": tree}
        with open(os.path.join(self.here, "roam.log"), "wb") as log:
            return measure(["emacs", "-q", "--batch", "--eval", NO_NATIVE_CODE, "-l", script], environment, log)

    def save_in_editors(self, tree, note):
        """Saves NOTE of TREE in an Emacs with org-roam, and in one with vulpea, if it is here."""
        saves = {}
        ways = ["roam", "vulpea"] if "VULPEA" in os.environ else ["roam"]
        for way in ways:
            if (way, tree) not in self.editors:
                environment = self.environment | {
                    "ARCOLOGY_DIRECTORY": tree,
                    "ARCOLOGY_DATABASE": f"{tree}-{way}.db",
                    "VULPEA": os.environ.get("VULPEA", ""),
                }
                with open(f"{tree}-{way}.log", "wb") as log:
                    self.editors[way, tree] = Editor(way, environment, log)
            saves[way] = self.editors[way, tree].save(note)
        return saves

    def save(self):
        """One note is edited."""
        if not os.path.exists(self.roam):
            self.sync()
        note = self.notes[next(self.numbers) * 37 % len(self.notes)]
        saves = self.save_in_editors(self.tree, note)
        return self.build("incremental", [note]), self.sync(), saves

    def full(self):
        """A database from nothing."""
        remove_database(self.database)
        remove_database(self.roam)
        return self.build("full", self.notes), self.sync()

    def rewritten(self):
        """A build of all notes, whose content is what it was, and a full build of the same."""
        fresh = os.path.join(self.here, "fresh.db")
        remove_database(fresh)
        full = self.build_in(self.tree, fresh, "full", self.notes)
        built = self.build("incremental", self.notes, unchanged=len(self.notes))
        if rows_of(self.database) != rows_of(fresh):
            raise RuntimeError("the rows differ from those of a full build")
        return built, full

    def touch(self):
        """All notes have another time."""
        for note in self.notes:
            os.utime(note)
        return self.rewritten()

    def git(self, *arguments):
        command = ["git", "-C", self.tree, "-c", "user.name=Bench", "-c", "user.email=bench@localhost", *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def checkout(self):
        """All notes are other files with other times: of a branch that has changed all, and back."""
        if not os.path.isdir(os.path.join(self.tree, ".git")):
            self.git("init", "--initial-branch=a")
            self.git("add", ".")
            self.git("commit", "--message=a")
            self.git("checkout", "-b", "b")
            for note in self.notes:
                with open(note, "a", encoding="utf-8") as file:
                    file.write("\nOn the branch.\n")
            self.git("commit", "--all", "--message=b")
        else:
            self.git("checkout", "b")
        self.git("checkout", "a")
        return self.rewritten()

    def alone(self, name, make, *arguments):
        """A full build of a tree with one note, which is made by MAKE at first."""
        note = os.path.join(self.here, name, "note.org")
        if not os.path.exists(note):
            make(note, *arguments)
        database = os.path.join(self.here, f"{name}.db")
        remove_database(database)
        return self.build_in(os.path.dirname(note), database, "full", [note])

    def bignote(self):
        """One note of 1 MB."""
        self.alone("bignote", bench_tree.make_big_note)
        tree = os.path.join(self.here, "bignote")
        saves = self.save_in_editors(tree, os.path.join(tree, "note.org"))
        ours = self.alone("bignote", bench_tree.make_big_note)
        roam = os.path.join(self.here, "bignote-sync.db")
        remove_database(roam)
        theirs = self.sync_in(tree, roam)
        if rows_of(f"{tree}.db") != rows_of(roam):
            raise RuntimeError("the rows of the big note differ from those of org-roam")
        return ours, theirs, saves

    def siblings(self):
        """One note of many headings, and one of an eighth of them."""
        return tuple(self.alone(f"siblings-{n}", bench_tree.make_siblings, n) for n in (8000, 1000))

    def close(self):
        for editor in self.editors.values():
            editor.close()

    def check(self):
        """Whether builds came from a dump, and both databases, if there are two, have the same rows."""
        dumps = glob.glob(os.path.join(self.here, "cache", "arcology-builder", "emacs-*", "dump"))
        if not dumps or not all(map(os.path.getsize, dumps)):
            raise RuntimeError(f"builds go without a dump of Emacs; see {self.here}/build.log")
        return not os.path.exists(self.roam) or rows_of(self.database) == rows_of(self.roam)


def main():
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    shm = os.statvfs("/dev/shm") if os.path.isdir("/dev/shm") else None
    place = "/dev/shm" if shm and shm.f_bavail * shm.f_frsize > 1 << 30 else None
    with tempfile.TemporaryDirectory(prefix="arcology-bench-", dir=place) as here:
        notes = Notes(here)
        try:
            for command in sys.stdin:
                print(json.dumps(getattr(notes, command.strip())()), flush=True)
        finally:
            notes.close()


if __name__ == "__main__":
    main()
