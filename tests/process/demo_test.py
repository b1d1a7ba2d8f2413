"""`ringview demo`: it ends well, proves what it moved, and leaves nothing behind, also when it is interrupted."""

import hashlib
import os
import re
import signal
import subprocess
import time
import unittest

import support_path  # noqa: F401  (finds the helpers)
from ringview_programs import RINGVIEW, SHM, ProgramTest

DEMO_LIMIT_S = 200  # of a sanitizer build on a busy machine
PROMISED_S = 10  # of any other, on one that is not so busy every time


def demo_segments(socket_line):
    """The segments in /dev/shm of the demo's daemon, whose instance is made from its socket's path."""
    socket = re.search(r"listens at (\S+)", socket_line).group(1)
    hash_value = 0xCBF29CE484222325
    for byte in socket.encode():
        hash_value = (hash_value ^ byte) * 0x100000001B3 % 2**64
    return sorted(path.name for path in SHM.glob(f"ringview.s{hash_value:016x}.*"))


class DemoTest(ProgramTest):
    def run_demo(self, *words):
        begin = time.monotonic()
        result = subprocess.run([RINGVIEW, "demo", *words], env=self.environment, stdin=subprocess.DEVNULL,
                                capture_output=True, timeout=DEMO_LIMIT_S)
        self.duration_s = time.monotonic() - begin
        print(f"demo {' '.join(words)}: {self.duration_s:.1f} s")
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return result.stdout.decode()

    def expect_nothing_left(self, first_line):
        left = demo_segments(first_line)
        for name in left:
            (SHM / name).unlink()
        self.assertEqual(left, [])
        self.assertEqual(os.listdir(self.directory), [])
        self.assertEqual(processes_with(self.environment["TMPDIR"]), [])

    def expect_report(self, text):
        digests = re.findall(r"SHA-256 ([0-9a-f]{64})", text)
        self.assertEqual(len(digests), 3, "the producer's and both consumers'")
        self.assertEqual(len(set(digests)), 1)
        self.assertEqual(text.count(f"{digests[0]}  equal"), 2)
        for part in ("producer  reader", "producer  proc-stat", "consumer  left", "consumer  right", "/s, at most",
                     "load per processor"):
            self.assertIn(part, text)
        return digests[0]


class Demo(DemoTest):
    def test_moves_a_gibibyte_by_default_and_leaves_nothing(self):
        text = self.run_demo()
        self.expect_report(text)
        self.assertIn("1.0 GiB in", text)
        self.expect_nothing_left(text)

    def test_of_a_file_shows_its_sha256(self):
        for length in (1, 1000, 1 << 20, (3 << 20) + 17):
            with self.subTest(length):
                data = os.urandom(length)
                source = self.directory / "source"
                source.write_bytes(data)
                text = self.run_demo(str(source))
                source.unlink()
                self.assertEqual(self.expect_report(text), hashlib.sha256(data).hexdigest())
                self.expect_nothing_left(text)

    def test_of_an_empty_file_says_so(self):
        (self.directory / "empty").touch()
        result = self.run_program("demo", str(self.directory / "empty"))
        self.assertEqual(result.returncode, 1)
        self.assertIn("empty", result.stderr.decode())
        (self.directory / "empty").unlink()
        self.assertEqual(os.listdir(self.directory), [])

    def test_interrupted_at_any_moment_leaves_nothing(self):
        for part, number in (("listens", signal.SIGINT), ("attached", signal.SIGINT), ("attached", signal.SIGHUP),
                             ("quarter", signal.SIGTERM)):
            with self.subTest(part):
                process = self.start("demo", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                     start_new_session=True)
                first_line = line = process.stdout.readline().decode()
                while part not in line:
                    line = process.stdout.readline().decode()
                os.killpg(process.pid, number)  # as a terminal does: to all of its processes
                self.assertEqual(process.wait(30), 1)
                self.expect_nothing_left(first_line)

    def test_whose_reader_goes_leaves_nothing(self):
        process = self.start("demo", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        first_line = process.stdout.readline().decode()
        process.stdout.close()
        self.assertEqual(process.wait(30), 1)
        self.assertEqual(process.stderr.read(), b"ringview: cannot write the output: Broken pipe\n")
        self.expect_nothing_left(first_line)

    def test_whose_process_dies_ends_with_an_error_and_leaves_nothing(self):
        process = self.start("demo", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        first_line = line = process.stdout.readline().decode()
        while "attached" not in line:
            line = process.stdout.readline().decode()
        os.kill(processes_with("consumer", parent=process.pid)[0], signal.SIGKILL)
        self.assertEqual(process.wait(30), 1)
        self.assertIn("a process of the demo ended with status 137", process.stderr.read().decode())
        self.expect_nothing_left(first_line)


@unittest.skipIf(os.environ.get("RINGVIEW_SANITIZER"), "a sanitizer takes its own time")
class DemoTime(DemoTest):
    """To be run with nothing beside it."""

    def test_is_less_than_ten_seconds(self):
        for _ in range(3):
            self.run_demo()
            if self.duration_s < PROMISED_S:
                return
        self.fail(f"the last of three took {self.duration_s:.1f} s")


def processes_with(argument, parent=None):
    """Pids of processes that have `argument` as, or in, one of their arguments."""
    found = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            with open(f"/proc/{entry.name}/cmdline", "rb") as file:
                words = file.read().decode(errors="replace").split("\0")
            with open(f"/proc/{entry.name}/stat", encoding="utf-8") as file:
                its_parent = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if any(argument in word for word in words[1:]) and parent in (None, its_parent):
            found.append(int(entry.name))
    return found


if __name__ == "__main__":
    unittest.main()
