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


def measure(command, environment, log):
    """Runs COMMAND; returns wall time, and CPU time with that of all descendants, in seconds.

    Emacs does not wait for the database program that it starts, so what it leaves is waited for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    status = subprocess.call(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    wall = time.monotonic() - began
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass
    if status != 0:
        raise RuntimeError(f"{command[0]} ended with {status}; see {log.name}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


class Notes:
    """A copy of the corpus, a database that builds keep, and one that org-roam keeps."""

    def __init__(self, here):
        self.here = here
        self.tree = bench_tree.copy_corpus(SOURCE_ROOT, os.path.join(here, "org"))
        self.notes = bench_tree.list_notes(self.tree)
        self.database = os.path.join(here, "notes.db")
        self.roam = os.path.join(here, "roam.db")
        self.numbers = itertools.count(1)
        os.mkdir(os.path.join(here, "home"))
        self.environment = {
            "HOME": os.path.join(here, "home"),
            "LC_ALL": "C.UTF-8",
            "PATH": os.environ["PATH"],
            "XDG_CACHE_HOME": os.path.join(here, "cache"),
            "ARCOLOGY_DIRECTORY": self.tree,
        }
        # The first build makes the dump of Emacs.
        self.build("full", self.notes)
        self.sync()

    def build(self, kind, paths):
        changes = os.path.join(self.here, "changes")
        with open(changes, "w", encoding="utf-8") as file:
            file.writelines(f"M\0{path}\0" for path in paths)
        environment = self.environment | {
            "ARCOLOGY_BUILD_KIND": kind,
            "ARCOLOGY_BUILD_ID": str(next(self.numbers)),
            "ARCOLOGY_CHANGES": changes,
            "ARCOLOGY_DATABASE": self.database,
        }
        with open(os.path.join(self.here, "build.log"), "wb+") as log:
            measured = measure([os.path.join(SOURCE_ROOT, "data", "emacs", "arcology-batch")], environment, log)
            log.seek(0)
            said = log.read().decode()
        expected = f"Files: {len(paths)} listed, 0 of them unchanged, 0 deleted, 0 failed,"
        if expected not in said:
            raise RuntimeError(f"the build does not say {expected!r}: {said}")
        return measured

    def sync(self):
        script = os.path.join(SOURCE_ROOT, "tests", "emacs", "reference-sync.el")
        environment = self.environment | {"ARCOLOGY_DATABASE": self.roam}
        with open(os.path.join(self.here, "roam.log"), "wb") as log:
            return measure(["emacs", "-q", "--batch", "--eval", NO_NATIVE_CODE, "-l", script], environment, log)

    def save(self):
        """One note is edited."""
        note = self.notes[next(self.numbers) * 37 % len(self.notes)]
        with open(note, "a", encoding="utf-8") as file:
            file.write(f"\nAnd so on, {time.time()}.\n")
        return self.build("incremental", [note]), self.sync()

    def full(self):
        """A database from nothing."""
        remove_database(self.database)
        remove_database(self.roam)
        return self.build("full", self.notes), self.sync()

    def check(self):
        """Whether both databases have the same rows."""
        dumps = glob.glob(os.path.join(self.here, "cache", "arcology-builder", "emacs-*", "dump"))
        if not dumps or not all(map(os.path.getsize, dumps)):
            raise RuntimeError(f"builds go without a dump of Emacs; see {self.here}/build.log")
        return rows_of(self.database) == rows_of(self.roam)


def main():
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    shm = os.statvfs("/dev/shm") if os.path.isdir("/dev/shm") else None
    place = "/dev/shm" if shm and shm.f_bavail * shm.f_frsize > 1 << 30 else None
    with tempfile.TemporaryDirectory(prefix="arcology-bench-", dir=place) as here:
        notes = Notes(here)
        for command in sys.stdin:
            print(json.dumps(getattr(notes, command.strip())()), flush=True)


if __name__ == "__main__":
    main()
