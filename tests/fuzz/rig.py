# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real service on a bus and in directories of its own, notes to edit, and whether the database
has them: what `kills`, `faults`, `power-cut` and `damaged-starts` share."""

import hashlib
import os
import random
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

SOURCE_ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.path.insert(0, os.path.join(SOURCE_ROOT, "tests", "bench"))

# pylint: disable-next=wrong-import-position
from bench_service import Session  # noqa: E402

NAME = "org.arcology.Builder"
OBJECT = "/org/arcology/Builder"
DEADLINE = 120

# What a restored database may be.
KNOWN = "a database like that of the snapshot"

# The default build. It keeps a lock, and notes its kind, as BUILD does.
EMACS_BUILD = """#!/bin/sh
exec 9>{here}/busy
flock --nonblock 9 || echo "$ARCOLOGY_BUILD_ID" >>{here}/overlaps
echo "$ARCOLOGY_BUILD_KIND" >>{here}/builds
exec {program} "$@"
"""

# A build of one table. It keeps a lock as long as it runs: who does not get it overlaps.
BUILD = r"""
import fcntl, os, random, sqlite3, sys, time
here = sys.argv[1]
busy = open(here + "/busy", "w")
try:
    fcntl.flock(busy, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError:
    open(here + "/overlaps", "a").write(os.environ["ARCOLOGY_BUILD_ID"] + "\n")
kind = os.environ["ARCOLOGY_BUILD_KIND"]
open(here + "/builds", "a").write(kind + "\n")
fields = open(os.environ["ARCOLOGY_CHANGES"], "rb").read().split(b"\0")[:-1]
changes = list(zip(fields[::2], fields[1::2]))
time.sleep(random.random() ** 2 * float(sys.argv[2]))
db = sqlite3.connect(os.environ["ARCOLOGY_DATABASE"], timeout=60, isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
if kind == "incremental" and not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'notes'").fetchall():
    sys.exit(65)
db.execute("BEGIN IMMEDIATE")
db.execute("CREATE TABLE IF NOT EXISTS notes (file PRIMARY KEY, content)")
if kind != "incremental":
    listed = {path for _, path in changes}
    for (path,) in db.execute("SELECT file FROM notes").fetchall():
        if path not in listed:
            db.execute("DELETE FROM notes WHERE file = ?", (path,))
for change, path in changes:
    db.execute("DELETE FROM notes WHERE file = ?", (path,))
    if change == b"D":
        continue
    try:
        db.execute("INSERT INTO notes VALUES (?, ?)", (path, open(path, "rb").read()))
        sys.stdout.buffer.write(b"arcology: problem " + path + b": It is a note\n")
    except FileNotFoundError:
        sys.stdout.buffer.write(b"arcology: gone " + path + b"\n")
db.execute("COMMIT")
db.execute("PRAGMA wal_checkpoint (TRUNCATE)")
"""


class Fault(Exception):
    """What must not be."""


UNFINISHED = re.compile(r"^(\d+) +(.*) <unfinished \.\.\.>$")
RESUMED = re.compile(r"^(\d+) +<\.\.\. \w+ resumed>(.*)$")


def traced_calls(path):
    """The lines that strace(1) -f wrote to PATH, each with a whole call, in the order in which the
    calls ended."""
    begun = {}
    with open(path, encoding="ascii", errors="replace") as record:
        for line in record:
            line = line.rstrip("\n")
            if match := UNFINISHED.match(line):
                begun[match[1]] = match[2]
                continue
            if match := RESUMED.match(line):
                line = f"{match[1]} {begun.pop(match[1], '')}{match[2]}"
            yield line


def read_files(roots):
    """What is in the directories ROOTS: path -> bytes, or None: a directory."""
    found = dict.fromkeys(roots)
    for root in roots:
        for directory, directories, files in os.walk(root):
            found |= dict.fromkeys(f"{directory}/{name}" for name in directories)
            for name in files:
                with open(f"{directory}/{name}", "rb") as file:
                    found[f"{directory}/{name}"] = file.read()
    return found


class Rig(Session):
    """One tree with notes, one database, and the service. A build waits for up to PAUSE seconds
    before it writes."""

    def __init__(self, here, build_root, seed, n_notes=20, emacs=False, pause=0):
        super().__init__(here, SOURCE_ROOT, build_root)
        self.build_root = build_root
        self.emacs = emacs
        self.pause = pause
        self.rng = random.Random(seed)
        self.tree = f"{here}/org"
        self.database = f"{here}/data/notes.db"
        self.state = f"{here}/state/arcology-builder"
        self.log_from = 0
        self.n_edits = 0
        self.n_taken = 0
        os.makedirs(f"{self.tree}/sub")
        self.notes = []
        for _ in range(n_notes):
            self.add()
        with open(f"{here}/build.py", "w", encoding="utf-8") as file:
            file.write(BUILD)
        if emacs:
            self.wrap_default_build()
        self.configure()

    def wrap_default_build(self):
        program = self.environment["ARCOLOGY_BATCH_FILE"]
        wrapper = self.environment["ARCOLOGY_BATCH_FILE"] = f"{self.here}/arcology-batch"
        with open(wrapper, "w", encoding="utf-8") as file:
            file.write(EMACS_BUILD.format(here=shlex.quote(self.here), program=shlex.quote(program)))
        os.chmod(wrapper, 0o755)

    def configure(self):
        # The death of the service ends its child (PR_SET_PDEATHSIG of prctl(2)), which is a shell here:
        # what writes goes on.
        script = shlex.join([sys.executable, f"{self.here}/build.py", self.here, str(self.pause)]) + " & wait $!"
        command = "" if self.emacs else f"Command={shlex.join(['/bin/sh', '-c', script])}\n"
        self.write_settings(
            f"[Tree]\nDirectories={self.tree}\n[Build]\nDatabase={self.database}\nStopGrace=2s\n{command}"
            "[Timing]\nDebounce=10ms\nCooldown=10ms\nRetryDelay=100ms\nRetryLimit=20\n"
        )

    # --- the notes

    def write(self, path):
        self.n_edits += 1
        name = os.path.basename(path)
        new = f"{os.path.dirname(path)}/.new"
        with open(new, "w", encoding="utf-8") as note:
            note.write(f":PROPERTIES:\n:ID: {name}\n:END:\n#+title: Edit {self.n_edits}\n")
        os.rename(new, path)

    def add(self):
        directory = self.tree if self.n_edits % 2 else f"{self.tree}/sub"
        path = f"{directory}/note-{self.n_edits:06}.org"
        self.notes.append(path)
        self.write(path)

    def edit(self):
        """One change of any kind."""
        what = self.rng.random()
        if what < 0.6:
            self.write(self.rng.choice(self.notes))
        elif what < 0.8 or len(self.notes) < 5:
            self.add()
        else:
            os.unlink(self.notes.pop(self.rng.randrange(len(self.notes))))

    def expected(self):
        notes = {}
        for path, content in read_files([self.tree]).items():
            if path.endswith(".org"):
                text = content.decode()
                notes[path] = text.split("title: ")[1].strip() if self.emacs else text
        return notes

    def rows(self):
        """What the database has of each note. Raises a Fault if it is damaged."""
        database = sqlite3.connect(self.database, timeout=60)
        try:
            sound = database.execute("PRAGMA integrity_check").fetchall()
            if sound != [("ok",)]:
                raise Fault(f"integrity_check: {sound}")
            if self.emacs:
                rows = database.execute("SELECT file, title FROM nodes").fetchall()
                return {file.strip('"'): title.strip('"') for file, title in rows}
            rows = database.execute("SELECT file, content FROM notes").fetchall()
            return {file.decode(): content.decode() for file, content in rows}
        except sqlite3.Error as error:
            raise Fault(f"the database cannot be read: {error}") from None
        finally:
            database.close()

    def check_rows(self, when):
        expected, found = self.expected(), self.rows()
        if expected != found:
            odd = sorted(path for path in expected.keys() | found.keys() if expected.get(path) != found.get(path))
            raise Fault(f"{when}: the rows of {len(odd)} notes are wrong, such as {odd[0]}")

    # --- what outlives the service

    def roots(self):
        return [os.path.dirname(self.state), os.path.dirname(self.database)]

    def restore(self, kept):
        """Makes the files of the state, of the runtime directory and of the database what KEPT has,
        as of read_files(). The database stays the file it is. Returns in words what database that is."""
        data = os.path.dirname(self.database)
        shutil.rmtree(self.state, ignore_errors=True)
        shutil.rmtree(f"{self.here}/run", ignore_errors=True)
        os.mkdir(f"{self.here}/run", 0o700)
        for name in os.listdir(data):
            if f"{data}/{name}" != self.database:
                os.unlink(f"{data}/{name}")
        for path, content in sorted(kept.items()):
            if content is None:
                os.makedirs(path, 0o700, exist_ok=True)
        for path, content in kept.items():
            # The shared memory of SQLite is not of the disk: it is made anew.
            if content is None or path.endswith("-shm") or not os.path.isdir(os.path.dirname(path)):
                continue
            with open(path, "r+b" if path == self.database and os.path.exists(path) else "wb") as file:
                file.truncate(0)
                file.write(content)
        if self.database not in kept:
            os.unlink(self.database)
            return "no database"
        return KNOWN if self.make_known() else "another database"

    def make_known(self):
        """Makes the snapshot name the database as it is now, if it names one of that file and size.
        Returns whether it does."""
        now = os.stat(self.database)
        try:
            with open(f"{self.state}/snapshot", "rb") as file:
                content = file.read()
        except FileNotFoundError:
            return False
        frame, checksum = content[:-16], content[-16:]
        # The checksum of src/common/file-frame.c. A damaged snapshot stays so.
        if hashlib.md5(frame).digest() != checksum:
            return False
        old = re.compile(rb"\b%d %d \d+\.\d{9} \d+\.\d{9}" % (now.st_ino, now.st_size))
        times = [f"{when // 10**9}.{when % 10**9:09}" for when in (now.st_mtime_ns, now.st_ctime_ns)]
        frame, count = old.subn(f"{now.st_ino} {now.st_size} {' '.join(times)}".encode(), frame)
        with open(f"{self.state}/snapshot", "wb") as file:
            file.write(frame + hashlib.md5(frame).digest())
        return count > 0

    # --- the service

    def start(self, prefix=()):
        self.log_from = self.spawn(prefix)

    def is_running(self):
        """Whether the service runs. A build of the one that was killed has a copy of the lock between
        its fork and its exec: the next service ends with 75, and is started again, as by systemd."""
        status = self.process.poll()
        if status == 75:
            self.n_taken += 1
            self.start()
        return status in (None, 75)

    def log(self):
        """What was logged since the last start."""
        with open(f"{self.here}/log", "rb") as log:
            log.seek(self.log_from)
            return log.read().decode("utf-8", "replace")

    def busctl(self, *arguments, timeout=DEADLINE):
        """What busctl(1) prints, or None if it fails."""
        done = subprocess.run(
            ["busctl", "--user", f"--timeout={timeout}", "--auto-start=no", *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        return done.stdout.decode() if done.returncode == 0 else None

    def get(self, name):
        reply = self.busctl("get-property", NAME, OBJECT, NAME, name, timeout=10)
        return reply.split(" ", 1)[1].strip() if reply else None

    def sync(self, timeout=DEADLINE):
        """Whether Sync succeeds."""
        reply = self.busctl("call", NAME, OBJECT, NAME, "Sync", "a{sv}", "0", timeout=timeout)
        return reply is not None and "success" in reply

    def wait_for(self, condition, what, timeout=DEADLINE):
        end = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > end:
                raise Fault(f"gave up waiting until {what}")
            if not self.is_running():
                raise Fault(f"the service ended with {self.process.returncode} before {what}:\n{self.log()[-2000:]}")
            time.sleep(0.01)

    def wait_fresh(self):
        self.wait_for(lambda: self.get("Fresh") == "true", "it is fresh")

    def builds(self):
        """The children of the service: the build, without what it started itself."""
        pids = []
        for pid in os.listdir("/proc"):
            if pid.isdigit():
                try:
                    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                        fields = file.read().rpartition(")")[2].split()
                except OSError:
                    continue
                if int(fields[1]) == self.process.pid and fields[0] != "Z":
                    pids.append(int(pid))
        return pids

    def stop(self):
        self.process.terminate()
        try:
            status = self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            raise Fault("the service does not end") from None
        if status != 0:
            raise Fault(f"the service ended with {status}:\n{self.log()[-2000:]}")
        self.check_log()

    def signal_traced(self, number=signal.SIGTERM):
        """To the service below strace(1), which does not pass signals on."""
        for pid in self.builds():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def kinds(self):
        """The kinds of the builds that began."""
        try:
            with open(f"{self.here}/builds", encoding="ascii") as builds:
                return builds.read().split()
        except FileNotFoundError:
            return []

    def check_overlaps(self):
        if os.path.exists(f"{self.here}/overlaps"):
            raise Fault("two builds ran at a time")

    def check_log(self):
        odd = re.search(r".*(CRITICAL|ERROR \*\*|Sanitizer).*", self.log())
        if odd:
            raise Fault(f"it complains: {odd.group()}")
