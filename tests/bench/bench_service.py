# SPDX-FileCopyrightText: 2026 Arcology Builder contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real service on a bus and in directories of its own, and a client that steers it."""

import ctypes
import os
import select
import shlex
import signal
import socket
import subprocess
import time

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir={directory}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <!-- As in session.conf: a client may have many calls under way. -->
  <limit name="max_replies_per_connection">50000</limit>
</busconfig>
"""

TICK = os.sysconf("SC_CLK_TCK")
PR_SET_PDEATHSIG = 1


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def cpu_seconds(pid):
    """User and system time of the process PID, without its children (proc(5))."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


class Client:
    """bench-client: remembers the value of each property that it heard of."""

    def __init__(self, program, environment):
        self.process = subprocess.Popen(
            [program], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=die_with_parent
        )
        self.rest = b""
        self.values = {}

    def next(self, deadline):
        """The next thing that it tells: time in seconds, what, value."""
        while b"\n" not in self.rest:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise TimeoutError("the service says nothing any more")
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                raise RuntimeError("bench-client is gone")
            self.rest += data
        line, self.rest = self.rest.split(b"\n", 1)
        when, what, value = line.decode("utf-8", "replace").split(" ", 2)
        self.values[what] = value
        return int(when) / 1e6, what, value

    def wait(self, what, value=None, timeout=600):
        """Until it tells WHAT (to be VALUE); returns when that was, in seconds, and the value."""
        deadline = time.monotonic() + timeout
        while True:
            when, heard, heard_value = self.next(deadline)
            if heard == "failed":
                raise RuntimeError(heard_value)
            if heard == what and value in (None, heard_value):
                return when, heard_value

    def drain(self):
        """Takes in what has come already."""
        while b"\n" in self.rest or select.select([self.process.stdout], [], [], 0)[0]:
            self.next(time.monotonic() + 1)

    def send(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def get(self, name):
        self.send(f"get {name}")
        return self.wait("got", timeout=60)[1]

    def call(self, method, arguments="()", timeout=600):
        self.send(f"call {method} {arguments}")
        return self.wait("returned", timeout=timeout)[1]

    def wait_fresh(self, timeout=1800):
        """Until the database holds all that was seen."""
        if self.get("Fresh") != "true":
            self.wait("Fresh", "true", timeout)

    def close(self):
        self.process.kill()
        self.process.wait()


class Session:
    """A bus and directories of its own for a service, which is started as often as one likes."""

    def __init__(self, here, source_root, build_root):
        self.here = here
        self.program = os.path.join(os.path.realpath(build_root), "src", "arcology-builder")
        self.process = None
        for name in ("home", "run", "data", "config/arcology-builder"):
            os.makedirs(f"{here}/{name}", 0o700)
        with open(f"{here}/bus.conf", "w", encoding="utf-8") as file:
            file.write(BUS_CONFIG.format(directory=here))
        # pylint: disable-next=consider-using-with
        self.bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={here}/bus.conf", "--nofork", "--print-address"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it cannot raise its limits, and says so
            preexec_fn=die_with_parent,
        )
        unwanted = ("ARCOLOGY_DIRECTORY", "DB_GENERATION_DEBOUNCE", "DB_GENERATION_COOLDOWN", "NOTIFY_SOCKET")
        self.environment = {name: value for name, value in os.environ.items() if name not in unwanted} | {
            "ARCOLOGY_BATCH_FILE": os.path.join(source_root, "data", "emacs", "arcology-batch"),
            "DBUS_SESSION_BUS_ADDRESS": self.bus.stdout.readline().decode().strip(),
            "DBUS_SYSTEM_BUS_ADDRESS": "disabled:",
            "HOME": f"{here}/home",
            "LC_ALL": "C.UTF-8",
            "XDG_CACHE_HOME": f"{here}/cache",
            "XDG_CONFIG_DIRS": f"{here}/none",
            "XDG_CONFIG_HOME": f"{here}/config",
            "XDG_DATA_HOME": f"{here}/data",
            "XDG_RUNTIME_DIR": f"{here}/run",
            "XDG_STATE_HOME": f"{here}/state",
        }

    def write_settings(self, text):
        with open(f"{self.here}/config/arcology-builder/builder.conf", "w", encoding="utf-8") as file:
            file.write(text)

    def spawn(self, prefix=(), **variables):
        """Starts the service; returns where its log begins."""
        with open(f"{self.here}/log", "ab") as log:
            start = log.tell()
            # pylint: disable-next=consider-using-with
            self.process = subprocess.Popen(
                [*prefix, self.program],
                env=self.environment | variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        return start

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        self.bus.kill()
        self.bus.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Service(Session):
    """The service that is measured, and its client."""

    def __init__(self, here, source_root, build_root, trees, **settings):
        super().__init__(here, source_root, build_root)
        self.source_root = source_root
        self.client_program = os.path.join(build_root, "tests", "bench", "bench-client")
        self.database = os.path.join(here, "notes.db")
        self.state = os.path.join(here, "state")
        self.client = None
        self.configure(trees, **settings)

    def configure(self, trees, command=None, on_start="changed", **timing):
        timing = {"Debounce": "0", "Cooldown": "0", "MaxLoad": "0"} | timing
        self.write_settings(
            f"[Tree]\nDirectories={';'.join(trees)}\n[Build]\nDatabase={self.database}\nOnStart={on_start}\n"
            + (f"Command={shlex.join(command)}\n" if command else "")
            + "[Timing]\n"
            + "".join(f"{key}={value}\n" for key, value in timing.items())
        )

    def start(self, timeout=300):
        """Starts it; returns how long that took until it said READY, in seconds."""
        path = f"{self.here}/notify"
        if os.path.exists(path):
            os.unlink(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(path)
            notify.settimeout(1)
            began = time.monotonic()
            self.spawn(NOTIFY_SOCKET=path)
            while True:
                try:
                    if b"READY=1" in notify.recv(4096):
                        return time.monotonic() - began
                except TimeoutError:
                    if self.process.poll() is not None or time.monotonic() > began + timeout:
                        raise RuntimeError(f"the service does not start; see {self.here}/log") from None

    def connect(self):
        """A client, of which the service is known to have heard."""
        if self.client:
            self.client.close()
        self.client = Client(self.client_program, self.environment)
        self.client.wait("owner", timeout=60)
        return self.client

    def expect_health(self):
        """Without its monitors it is another thing that is measured."""
        if self.client.get("Health") != "'ok'":
            raise RuntimeError(self.client.get("HealthMessage"))

    def once(self):
        """One build of everything in the foreground; returns wall and CPU time in seconds and the
        largest resident set of any process in kB."""
        with open(f"{self.here}/log", "ab") as log:
            return run([self.program, "--once"], env=self.environment, stdout=log, stderr=log)

    def cpu(self):
        return cpu_seconds(self.process.pid)

    def stop(self):
        self.process.terminate()
        status = self.process.wait(60)
        if status != 0:
            raise RuntimeError(f"the service ended with {status}; see {self.here}/log")

    def close(self):
        if self.client:
            self.client.close()
        super().close()


def run(command, timeout=1800, check=True, **options):
    """Runs COMMAND; returns wall and CPU time (of all that it waited for) in seconds, and the
    largest resident set of any of these processes in kB."""
    began = time.monotonic()
    # pylint: disable-next=consider-using-with
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent, **options)
    signal.signal(signal.SIGALRM, lambda *_: process.kill())
    signal.alarm(timeout)
    _, status, usage = os.wait4(process.pid, 0)
    signal.alarm(0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if check and process.returncode != 0:
        raise RuntimeError(f"{shlex.join(command)} ended with {process.returncode}")
    return time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss
