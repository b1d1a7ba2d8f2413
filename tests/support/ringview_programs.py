"""A ringviewd of its own for the tests of the programs, and the programs run against it. Standard library only."""

import contextlib
import json
import os
import pty
import random
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

RINGVIEW = os.environ.get("RINGVIEW_PROGRAM", "")
RINGVIEWD = os.environ.get("RINGVIEWD_PROGRAM", "")
TEST_HELPER = os.environ.get("RINGVIEW_TEST_HELPER", "")
PATIENCE_S = 30
SHM = Path("/dev/shm")


def unique_name(prefix):
    return f"{prefix}-{random.SystemRandom().randrange(10**8)}-{os.getpid()}"


def wait_until(what, is_true, patience_s=PATIENCE_S):
    end = time.monotonic() + patience_s
    while not is_true():
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain: {what}")
        time.sleep(0.005)


class ProgramTest(unittest.TestCase):
    """Starts a daemon on a private socket; afterwards nothing of it may be left."""

    settings = None

    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="ringview-test-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.socket = str(self.directory / "ringview.sock")
        self.environment = {**os.environ, "RINGVIEW_SOCKET": self.socket, "TMPDIR": str(self.directory)}
        self.processes = []
        self.addCleanup(self.end_processes)

    def start_daemon(self):
        self.instance = unique_name("p")
        self.launch_daemon()
        self.addCleanup(self.end_daemon)

    def launch_daemon(self):
        """Again, where the one before was killed: then its clients must have gone."""
        words = [RINGVIEWD, "--socket", self.socket, "--instance", self.instance, "--log-level", "warn"]
        self.daemon = subprocess.Popen(words, env=self.environment)
        wait_until("a daemon that answers", lambda: self.run_program("ls").returncode == 0)

    def segments(self):
        return sorted(path.name for path in SHM.glob(f"ringview.{self.instance}.*"))

    def end_daemon(self):
        self.end_processes()
        with contextlib.suppress(ProcessLookupError):
            self.daemon.send_signal(signal.SIGTERM)
        try:
            code = self.daemon.wait(PATIENCE_S)
        finally:
            self.daemon.kill()
        left = self.segments()
        for name in left:
            (SHM / name).unlink()
        self.assertEqual((code, left), (0, []))

    def end_processes(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream:
                    stream.close()
        self.processes = []

    def run_program(self, *words, stdin=b"", **more):
        return subprocess.run([RINGVIEW, *words], input=stdin, capture_output=True, timeout=PATIENCE_S * 2,
                              env=self.environment, **more)

    def succeed(self, *words, **more):
        result = self.run_program(*words, **more)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return result.stdout

    def start(self, *words, **more):
        return self.start_process([RINGVIEW, *words], **more)

    def start_helper(self, role, *words, **more):
        """What support/helper.cpp does in that role."""
        return self.start_process([TEST_HELPER, role, *words], **more)

    def start_process(self, command, **more):
        process = subprocess.Popen(command, env=self.environment, **more)
        self.processes.append(process)
        return process

    def stat(self, ring):
        return json.loads(self.succeed("stat", ring, "--json"))["rings"][0]

    def wait_for_consumers(self, ring, count):
        wait_until(f"{count} consumers", lambda: len(self.stat(ring)["consumers"]) == count)


def run_on_terminal(words, environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL):
    """Runs a program whose standard error is a terminal. Returns its exit code and what the terminal showed."""
    master, slave = pty.openpty()
    try:
        process = subprocess.Popen(words, env=environment, stdin=stdin, stdout=slave if stdout == "terminal" else stdout,
                                   stderr=slave)
        os.close(slave)
        shown = b""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if not select.select([master], [], [], 0.1)[0]:
                continue
            try:
                piece = os.read(master, 65536)
            except OSError:  # EIO: the last holder of the terminal has closed it
                break
            if not piece:
                break
            shown += piece
        return process.wait(PATIENCE_S), shown.decode()
    finally:
        os.close(master)
