"""`ringview pub` and `ringview sub` move real files, whatever their length, the order of their starts and their pipes."""

import fcntl
import itertools
import os
import random
import re
import signal
import struct
import subprocess
import termios
import threading
import time
import unittest
from pathlib import Path

import support_path  # noqa: F401  (finds the helpers)
from ringview_programs import RINGVIEW, ProgramTest, run_on_terminal, wait_until

SLOT = 65536


def bytes_in(pipe):
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]


class Data(ProgramTest):
    def setUp(self):
        super().setUp()
        self.start_daemon()
        self.succeed("create", "files", "--shape=-1", "--slot-bytes", str(SLOT), "--slots", "8")

    def subscriber(self, name, *words, output=None):
        """Starts `sub files > copy`. The process and the copy's path."""
        path = output or self.directory / f"copy-{name}"
        with open(path, "wb") as copy:
            return self.start("sub", "files", "--name", name, *words, stdout=copy), path

    def test_of_every_length_reaches_every_subscriber(self):
        for length in (0, 1, SLOT - 1, SLOT, SLOT + 1, 5 * 1024 * 1024 + 12345):
            with self.subTest(length):
                data = random.Random(length).randbytes(length)
                source = self.directory / "source"
                source.write_bytes(data)
                self.succeed("rm", "files")
                self.succeed("create", "files", "--shape=-1", "--slot-bytes", str(SLOT), "--slots", "8")
                subscribers = [self.subscriber(name) for name in ("a", "b", "c")]
                self.wait_for_consumers("files", 3)
                with open(source, "rb") as stdin:
                    publisher = self.start("pub", "files", stdin=stdin)
                self.assertEqual(publisher.wait(60), 0)
                for process, copy in subscribers:
                    self.assertEqual(process.wait(60), 0)
                    self.assertEqual(copy.read_bytes(), data)

    def test_is_read_from_a_named_file_and_written_to_a_named_file(self):
        source, copy = self.directory / "source", self.directory / "copy"
        source.write_bytes(os.urandom(3 * SLOT))
        process = self.start("sub", "files", "--output", str(copy))
        self.wait_for_consumers("files", 1)
        self.succeed("pub", "files", str(source))
        self.assertEqual(process.wait(30), 0)
        self.assertEqual(copy.read_bytes(), source.read_bytes())

    def test_a_ring_that_is_not_there_costs_nobody_the_output_file(self):
        kept = self.directory / "kept"
        kept.write_bytes(b"precious")
        result = self.run_program("sub", "flies", "--output", str(kept))
        self.assertEqual(result.returncode, 1)
        self.assertEqual(kept.read_bytes(), b"precious")

    def test_a_negative_number_is_wrong_usage_and_no_huge_one(self):
        for words in (("sub", "files", "--count", "-1"), ("pub", "files", "--message-bytes", "-1")):
            self.assertEqual(self.run_program(*words).returncode, 2, words)

    def test_waits_for_a_subscriber_that_comes_later(self):
        data = os.urandom(20 * SLOT)
        (self.directory / "source").write_bytes(data)
        publisher = self.start("pub", "files", str(self.directory / "source"), "--wait")
        wait_until("the publisher", lambda: self.stat("files")["producers"])
        self.assertEqual(self.stat("files")["published"], 0)
        process, copy = self.subscriber("late")
        self.assertEqual(publisher.wait(30), 0)
        self.assertEqual(process.wait(30), 0)
        self.assertEqual(copy.read_bytes(), data)

    def test_of_the_history_is_found_after_the_publisher_has_left(self):
        self.succeed("pub", "files", stdin=b"abc" * 1000)
        self.assertEqual(self.succeed("sub", "files"), b"abc" * 1000)
        self.assertEqual(self.succeed("sub", "files"), b"abc" * 1000)

    def test_waits_for_a_durable_subscriber_that_has_gone(self):
        self.assertIn(b"archive subscribed", self.succeed("subscribe", "files", "--name", "archive"))
        self.assertIn(b"subscribed already", self.succeed("subscribe", "files", "--name", "archive"))
        self.succeed("pub", "files", "--message-bytes", "1", stdin=b"0123")
        durable = ("sub", "files", "--name", "archive", "--durable")
        self.assertEqual(self.succeed(*durable, "--count", "1"), b"0")
        consumer = self.stat("files")["consumers"][0]
        self.assertEqual((consumer["durable"], consumer["alive"], consumer["lag"]), (True, False, 3))
        self.assertRegex(self.succeed("stat", "files").decode(), r"durable consumer +archive +- .* away")
        process = self.start("pub", "files", "--message-bytes", "1", stdin=subprocess.PIPE)
        process.stdin.write(b"456789")
        process.stdin.close()
        wait_until("a publisher that waits for the subscription",
                   lambda: [p["waits_for"] for p in self.stat("files")["producers"]] == ["archive"])
        self.assertEqual(self.succeed(*durable), b"123456789")
        self.assertEqual(process.wait(30), 0)
        other = self.run_program(*durable, "--policy", "lossy")
        self.assertEqual(other.returncode, 1)
        self.assertIn("lossy was asked for", other.stderr.decode())
        self.succeed("unsubscribe", "files", "archive")
        self.assertEqual(self.stat("files")["consumers"], [])
        self.assertEqual(self.run_program("unsubscribe", "files", "archive").returncode, 1)
        self.assertEqual(self.run_program("sub", "files", "--durable").returncode, 2)

    def test_is_shared_by_the_members_of_a_group(self):
        data = bytes(random.Random(7).randbytes(40 * SLOT))
        source = self.directory / "source"
        source.write_bytes(data)
        members = []
        for name in ("a", "b"):
            members.append(self.subscriber(name, "--group", "workers"))
            self.wait_for_consumers("files", len(members))
        info = self.stat("files")
        self.assertEqual([(g["name"], g["durable"], g["members"], g["lag"]) for g in info["groups"]],
                         [("workers", False, 2, 0)])
        self.assertEqual({(c["name"], c["group"], c["delivered"], c["redelivered"]) for c in info["consumers"]},
                         {("a", info["groups"][0]["id"], 0, 0), ("b", info["groups"][0]["id"], 0, 0)})
        shown = self.succeed("stat", "files").decode()
        self.assertRegex(shown, r"group +workers .* 2 members\n.*member +a .* took 0\n.*member +b .* took 0\n")
        self.succeed("pub", "files", str(source))
        for process, _ in members:
            self.assertEqual(process.wait(30), 0)
        taken = [copy.read_bytes() for _, copy in members]
        pieces = [taken_by[i:i + SLOT] for taken_by in taken for i in range(0, len(taken_by), SLOT)]
        self.assertEqual(sorted(pieces), sorted(data[i:i + SLOT] for i in range(0, len(data), SLOT)))
        self.assertEqual(self.stat("files")["groups"], [])

    def test_that_others_took_ends_a_member_of_a_group_all_the_same(self):
        stopped, copy = self.subscriber("stopped", "--group", "workers")
        self.wait_for_consumers("files", 1)
        wait_until("its sleep", lambda: state(stopped.pid) == "S")
        stopped.send_signal(signal.SIGSTOP)
        wait_until("its stop", lambda: state(stopped.pid) == "T")
        publisher = self.start("pub", "files", stdin=subprocess.PIPE)
        publisher.stdin.write(b"x" * 3 * SLOT)
        publisher.stdin.close()
        self.assertEqual(len(self.succeed("sub", "files", "--group", "workers", "--count", "3")), 3 * SLOT)
        self.assertEqual(publisher.wait(30), 0)
        stopped.send_signal(signal.SIGCONT)
        self.assertEqual(stopped.wait(30), 0)
        self.assertEqual(copy.read_bytes(), b"")

    def test_goes_past_a_member_of_a_group_that_is_blocked_and_again_to_another_when_that_is_killed(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        blocked = self.start("sub", "files", "--name", "blocked", "--group", "workers", stdout=writer)
        os.close(writer)
        self.wait_for_consumers("files", 1)
        data = [bytes([number]) * SLOT for number in range(8)]
        self.succeed("pub", "files", stdin=data[0] + data[1])
        # Nobody reads its pipe, which is full with one message or two: it sleeps with one in its hands.
        def hand():
            consumer = self.stat("files")["consumers"][0]
            return consumer["pos"] if consumer["held"] == 1 else None
        wait_until("a member that is blocked", lambda: hand() is not None and
                   (hand(), state(blocked.pid)) == (hand(), "S"))
        held = hand()
        free, copy = self.subscriber("free", "--group", "workers", "--follow")
        self.wait_for_consumers("files", 2)
        self.succeed("pub", "files", stdin=b"".join(data[2:5]))
        rest = b"".join(data[held + 1:5])
        wait_until("the rest", lambda: copy.read_bytes() == rest)
        blocked.kill()
        wait_until("what was held", lambda: copy.read_bytes() == rest + data[held])
        consumer = self.stat("files")["consumers"][0]
        self.assertEqual((consumer["name"], consumer["redelivered"]), ("free", 1))
        self.assertRegex(self.succeed("stat", "files").decode(), r"member +free .* took \d+ \(1 again\)")

    def test_waits_for_a_durable_group_that_has_no_member(self):
        self.assertIn(b"workers subscribed", self.succeed("subscribe", "files", "--group", "workers"))
        self.assertIn(b"workers is subscribed already", self.succeed("subscribe", "files", "--group", "workers"))
        self.succeed("pub", "files", "--message-bytes", "1", stdin=b"0123")
        member = ("sub", "files", "--group", "workers", "--durable")
        self.assertEqual(self.succeed(*member, "--count", "1"), b"0")
        group = self.stat("files")["groups"][0]
        self.assertEqual((group["durable"], group["members"], group["pos"], group["lag"]), (True, 0, 1, 3))
        self.assertRegex(self.succeed("stat", "files").decode(), r"durable group +workers .* 0 members")
        publisher = self.start("pub", "files", "--message-bytes", "1", stdin=subprocess.PIPE)
        publisher.stdin.write(b"456789")
        publisher.stdin.close()
        wait_until("a publisher that waits for the group",
                   lambda: [p["waits_for"] for p in self.stat("files")["producers"]] == ["workers"])
        self.assertEqual(self.succeed(*member), b"123456789")
        self.assertEqual(publisher.wait(30), 0)
        self.succeed("unsubscribe", "files", "workers")
        self.assertEqual(self.stat("files")["groups"], [])
        self.assertEqual(self.run_program("unsubscribe", "files", "workers").returncode, 1)

    def test_that_a_member_left_in_a_group_without_others_is_shown(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        blocked = self.start("sub", "files", "--group", "workers", "--durable", stdout=writer)
        os.close(writer)
        self.wait_for_consumers("files", 1)
        self.succeed("pub", "files", stdin=b"x" * 4 * SLOT)
        wait_until("a member that is blocked", lambda: self.stat("files")["consumers"][0]["held"] == 1 and
                   state(blocked.pid) == "S")
        blocked.kill()
        left = lambda: [(g["members"], g["gone"], g["left_behind"]) for g in self.stat("files")["groups"]]
        wait_until("what it left", lambda: left() == [(0, 1, 1)])
        self.assertRegex(self.succeed("stat", "files").decode(), r"durable group +workers .* 0 members, 1 gone left 1\n")
        self.succeed("sub", "files", "--group", "workers", "--durable")
        self.assertEqual(left(), [(0, 0, 0)])

    def test_for_a_group_is_refused_where_it_cannot_be(self):
        process, _ = self.subscriber("a", "--group", "workers")
        self.wait_for_consumers("files", 1)
        self.succeed("create", "strict", "--stall-timeout", "200")
        refusals = {
            ("sub", "files", "--group", "workers", "--policy", "lossy"): "a group is lossless",
            ("sub", "strict", "--group", "workers"): "has a stall_timeout",
            ("sub", "files", "--group", "workers", "--durable"): "is there and not durable",
            ("sub", "files", "--group", "a"): "has a subscription a, which is no group",
            ("sub", "files", "--name", "workers"): "has a group workers",
            ("sub", "files", "--group", "workers", "--name", "a"): f"pid {process.pid} (a)",
            ("subscribe", "files", "--group", "workers"): "is there and not durable",
            ("unsubscribe", "files", "workers"): f"one of them pid {process.pid} (a)",
            ("evict", "files", "workers", "--force"): "group",
            ("evict", "files", "a", "--force"): "group",
        }
        for words, text in refusals.items():
            with self.subTest(words):
                result = self.run_program(*words)
                self.assertEqual(result.returncode, 1)
                self.assertIn(text, result.stderr.decode())
                self.assertIn("hint", result.stderr.decode())
        for words in (("subscribe", "files"), ("subscribe", "files", "--name", "x", "--group", "y"),
                      ("sub", "files", "--durable")):
            self.assertEqual(self.run_program(*words).returncode, 2, words)

    def test_goes_on_past_a_subscriber_that_is_evicted(self):
        self.succeed("create", "strict", "--shape=-1", "--slot-bytes", "100", "--slots", "4", "--stall-timeout", "200")
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        blocked = self.start("sub", "strict", "--name", "blocked", stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        self.wait_for_consumers("strict", 1)
        # Nobody reads the pipe of the subscriber, so it stands still once that is full.
        self.succeed("pub", "strict", "--message-bytes", "100", stdin=bytes(200_000))
        self.assertRegex(self.succeed("stat", "strict").decode(), r"consumer +blocked .* evicted")
        self.assertTrue(self.stat("strict")["consumers"][0]["evicted"])
        while len(os.read(reader, 65536)) == 65536:
            pass
        self.assertEqual(blocked.wait(30), 1)
        self.assertIn(b"evicted", blocked.stderr.read())

    def test_of_whoever_may_not_be_overwritten_takes_force_to_evict(self):
        process, _ = self.subscriber("kept")
        self.wait_for_consumers("files", 1)
        refused = self.run_program("evict", "files", "kept")
        self.assertEqual(refused.returncode, 1)
        self.assertIn(f"pid {process.pid} (kept)", refused.stderr.decode())
        self.succeed("evict", "files", "kept", "--force")
        self.assertEqual(process.wait(30), 1)

    def test_is_read_from_a_position_on(self):
        self.succeed("pub", "files", "--message-bytes", "1", stdin=b"0123")
        self.assertEqual(self.succeed("sub", "files", "--start", "2"), b"23")
        self.succeed("pub", "files", "--message-bytes", "1", stdin=b"x" * 100)
        late = self.run_program("sub", "files", "--start", "3")
        self.assertEqual(late.returncode, 0)
        kept = len(late.stdout)
        self.assertIn(f"lost {104 - 3 - kept} positions".encode(), late.stderr)
        beyond = self.run_program("sub", "files", "--start", "105")
        self.assertEqual(beyond.returncode, 1)
        self.assertIn("above the head of ring files, which is 104", beyond.stderr.decode())
        self.assertEqual(self.run_program("sub", "files", "--start", "latest").returncode, 2)

    def test_that_is_old_does_not_end_a_subscriber_to_what_comes_next(self):
        self.succeed("pub", "files", stdin=b"old")
        process, copy = self.subscriber("next", "--start", "next")
        self.wait_for_consumers("files", 1)
        time.sleep(0.4)  # several of its looks at a ring without a producer
        self.assertIsNone(process.poll())
        self.succeed("pub", "files", stdin=b"new")
        self.assertEqual(process.wait(30), 0)
        self.assertEqual(copy.read_bytes(), b"new")

    def test_is_cut_into_messages_as_asked(self):
        process, copy = self.subscriber("counting", "--count", "3")
        self.wait_for_consumers("files", 1)
        self.succeed("pub", "files", "--message-bytes", "10", stdin=bytes(range(95)))
        self.assertEqual(self.stat("files")["published"], 10)
        self.assertEqual(process.wait(30), 0)
        self.assertEqual(copy.read_bytes(), bytes(range(30)))

    def test_of_messages_that_do_not_fit_is_refused(self):
        result = self.run_program("pub", "files", "--message-bytes", str(SLOT + 1), stdin=b"x")
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"its slots hold {SLOT}", result.stderr.decode())
        self.succeed("create", "fixed", "--shape", "4")
        result = self.run_program("pub", "fixed", stdin=b"123456")
        self.assertEqual(result.returncode, 1)
        self.assertIn("a message of 2 bytes does not fit ring fixed: its messages all have 4", result.stderr.decode())
        self.assertEqual(self.stat("fixed")["published"], 1)

    def test_that_does_not_come_keeps_no_other_publishers_messages(self):
        self.succeed("create", "shared", "--shape=-1", "--slot-bytes", "64", "--slots", "8", "--producers", "2")
        subscriber = self.start("sub", "shared", "--count", "100", stdout=subprocess.PIPE)
        idle = self.start("pub", "shared", stdin=subprocess.PIPE)
        idle.stdin.write(b"half a line")
        idle.stdin.flush()
        wait_until("the idle publisher", lambda: self.stat("shared")["producers"])
        self.succeed("pub", "shared", "--message-bytes", "1", stdin=b"x" * 100)
        self.assertEqual(subscriber.wait(30), 0)
        self.assertEqual(subscriber.stdout.read(), b"x" * 100)
        idle.stdin.close()
        self.assertEqual(idle.wait(10), 0)
        self.assertEqual(self.stat("shared")["published"], 101)
        self.assertEqual(self.stat("shared")["tombstones"], 0)

    def test_of_half_a_message_is_no_failure_of_who_is_interrupted(self):
        self.succeed("create", "fixed", "--shape", "8")
        publisher = self.start("pub", "fixed", stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        publisher.stdin.write(b"12345678abc")
        publisher.stdin.flush()
        wait_until("the whole message", lambda: self.stat("fixed")["published"])
        publisher.send_signal(signal.SIGINT)
        self.assertEqual(publisher.wait(10), 0)
        self.assertEqual(publisher.stderr.read(), b"")
        self.assertEqual(self.stat("fixed")["published"], 1)

    def test_that_a_durable_subscriber_has_released_is_written_when_it_is_killed_or_stopped(self):
        numbers = [b"%07d\n" % i for i in range(20_000)]
        for option, number in itertools.product(("--name", "--group"), (signal.SIGKILL, signal.SIGINT)):
            words = (option, "kept", "--durable")
            with self.subTest(words, signal=number):
                self.succeed("rm", "files")
                self.succeed("create", "files", "--shape=-1", "--slot-bytes", str(SLOT), "--slots", "8")
                stuck = self.start("sub", "files", *words, stdout=subprocess.PIPE)
                self.wait_for_consumers("files", 1)
                publisher = self.start("pub", "files", "--message-bytes", "8", stdin=subprocess.PIPE)
                writer = threading.Thread(target=lambda: publisher.communicate(b"".join(numbers)))
                writer.start()
                wait_until("a pipe with no room", lambda: bytes_in(stuck.stdout) > 60_000)
                wait_until("a full ring", lambda: self.stat("files")["used"] == 8)
                stuck.send_signal(number)
                self.assertEqual(stuck.wait(10), -signal.SIGKILL if number == signal.SIGKILL else 0)
                written = stuck.stdout.read()
                written += self.succeed("sub", "files", *words)
                writer.join()
                lost = set(numbers) - {written[i:i + 8] for i in range(0, len(written), 8)}
                self.assertEqual(lost, set())

    def test_that_found_no_room_on_the_disk_comes_again(self):
        for words in (("--name", "kept"), ("--group", "workers")):
            with self.subTest(words):
                self.succeed("subscribe", "files", *words)
                self.succeed("pub", "files", "--message-bytes", "4", stdin=b"one.two.")
                full_disk = self.run_program("sub", "files", *words, "--output", "/dev/full")
                self.assertEqual((full_disk.returncode, full_disk.stderr.splitlines()[-1]),
                                 (1, b"ringview: cannot write the output: No space left on device"))
                self.assertEqual(self.succeed("sub", "files", *words), b"one.two.")
                self.succeed("unsubscribe", "files", words[1])

    def test_from_a_file_leaves_no_gap_behind_it(self):
        self.succeed("create", "shared", "--shape=-1", "--slot-bytes", "100", "--slots", "64", "--producers", "2")
        for size in (0, 1, 99, 100, 101, 300):
            path = self.directory / f"of {size} bytes"
            path.write_bytes(os.urandom(size))
            self.succeed("pub", "shared", str(path))
            with path.open("rb") as file:
                self.assertEqual(self.start("pub", "shared", stdin=file).wait(30), 0)
            self.assertEqual(self.succeed("sub", "shared", "--name", "reader", "--durable"), 2 * path.read_bytes())
        self.assertEqual(self.stat("shared")["tombstones"], 0)

    def test_that_trickles_through_a_pipe_arrives_whole(self):
        process, copy = self.subscriber("patient")
        self.wait_for_consumers("files", 1)
        publisher = self.start("pub", "files", "--message-bytes", "100", stdin=subprocess.PIPE)
        pieces = [bytes([i]) * 37 for i in range(30)]
        for piece in pieces:
            publisher.stdin.write(piece)
            publisher.stdin.flush()
            time.sleep(0.005)
        publisher.stdin.close()
        self.assertEqual(publisher.wait(30), 0)
        self.assertEqual(process.wait(30), 0)
        self.assertEqual(copy.read_bytes(), b"".join(pieces))

    def test_is_handed_on_at_once_and_not_when_a_buffer_is_full(self):
        follower = self.start("sub", "files", "--follow", stdout=subprocess.PIPE)
        self.wait_for_consumers("files", 1)
        self.succeed("pub", "files", stdin=b"first")
        self.assertEqual(follower.stdout.read1(100), b"first")
        self.succeed("pub", "files", stdin=b"second")
        self.assertEqual(follower.stdout.read1(100), b"second")

    def test_is_followed_across_publishers_until_sigint(self):
        follower, copy = self.subscriber("follower", "--follow")
        self.wait_for_consumers("files", 1)
        for part in (b"one", b"two", b"three"):
            self.succeed("pub", "files", stdin=part)
        wait_until("all parts", lambda: copy.read_bytes() == b"onetwothree")
        self.assertIsNone(follower.poll())
        follower.send_signal(signal.SIGINT)
        self.assertEqual(follower.wait(10), 0)
        self.wait_for_consumers("files", 0)

    def test_goes_on_without_the_daemon_until_the_publisher_has_ended(self):
        for is_killed in (False, True):
            with self.subTest(is_killed):
                self.succeed("create", "files", "--shape=-1", "--slot-bytes", str(SLOT), "--slots", "8")
                follower, followed = self.subscriber("follower", "--follow")
                until_the_end, copy = self.subscriber("until_the_end")
                self.wait_for_consumers("files", 2)
                publisher = self.start("pub", "files", stdin=subprocess.PIPE)
                publisher.stdin.write(bytes(SLOT))
                publisher.stdin.flush()
                wait_until("the first message", lambda: followed.stat().st_size == SLOT)
                self.daemon.kill()
                self.daemon.wait()
                time.sleep(0.4)  # several looks at a ring that is empty and has no daemon
                self.assertIsNone(until_the_end.poll())
                publisher.stdin.write(bytes(SLOT))
                publisher.stdin.flush()
                wait_until("the last message", lambda: followed.stat().st_size == 2 * SLOT)
                if is_killed:
                    publisher.kill()
                publisher.stdin.close()
                self.assertEqual(publisher.wait(10), -signal.SIGKILL if is_killed else 0)
                self.assertEqual(until_the_end.wait(10), 0)
                self.assertEqual(copy.stat().st_size, 2 * SLOT)
                self.assertIsNone(follower.poll())
                follower.send_signal(signal.SIGINT)
                self.assertEqual(follower.wait(10), 0)
                self.launch_daemon()

    def test_is_not_awaited_where_the_daemon_died_before_a_publisher_came(self):
        waiting = self.start("sub", "files", stderr=subprocess.PIPE)
        self.wait_for_consumers("files", 1)
        self.daemon.kill()
        self.daemon.wait()
        self.assertEqual(waiting.wait(10), 3)
        # One that dies while it is asked hangs up.
        self.assertRegex(waiting.stderr.read(), b"no daemon answers|has hung up")
        self.launch_daemon()

    def test_is_watched_by_tail_without_holding_its_publisher_up(self):
        self.succeed("pub", "files", "--message-bytes", "10", stdin=b"0123456789" * 3)
        watcher = self.start("tail", "files", "--name", "watcher", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(watcher.stdout.read1(100), b"0123456789")
        self.assertEqual(self.stat("files")["consumers"][0]["policy"], "lossy")
        watcher.send_signal(signal.SIGSTOP)
        self.succeed("pub", "files", "--message-bytes", "10", stdin=b"abcdefghij" * 1000)
        watcher.send_signal(signal.SIGCONT)
        wait_until("the end", lambda: self.stat("files")["consumers"][0]["lag"] == 0)
        watcher.send_signal(signal.SIGINT)
        output, errors = watcher.communicate(timeout=30)
        self.assertEqual(watcher.returncode, 0)
        self.assertEqual(set(output[i:i + 10] for i in range(0, len(output), 10)), {b"abcdefghij"})
        lost = int(errors.decode().split("lost ")[1].split()[0])
        self.assertEqual(len(output) // 10 + lost, 1000)

    def test_from_an_idle_pipe_can_be_interrupted(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            publisher = self.start("pub", "files", stdin=subprocess.PIPE)
            wait_until("the publisher", lambda: self.stat("files")["producers"])
            wait_until("its read", lambda: state(publisher.pid) == "S")
            publisher.send_signal(number)
            self.assertEqual(publisher.wait(10), 0)
            wait_until("its place", lambda: not self.stat("files")["producers"])

    def test_into_a_blocked_pipe_can_be_interrupted(self):
        # Of these lengths some end where the pipe does, some in the midst of a write, some in a buffer.
        for length, words in itertools.product((SLOT, 50_000, 5000, 10), ((), ("--name", "stuck"))):
            with self.subTest(length, words=words):
                read_end, write_end = os.pipe()
                try:
                    process = self.start("sub", "files", *words, stdout=write_end)
                    self.wait_for_consumers("files", 1)
                    with open("/dev/zero", "rb") as endless:
                        publisher = self.start("pub", "files", "--message-bytes", str(length), stdin=endless)
                    wait_until("a full ring", lambda: self.stat("files")["used"] == 8)
                    wait_until("its write", lambda: state(process.pid) == "S")
                    process.send_signal(signal.SIGINT)
                    self.assertEqual(process.wait(10), 0)
                    publisher.send_signal(signal.SIGINT)
                    self.assertEqual(publisher.wait(10), 0)
                finally:
                    os.close(read_end)
                    os.close(write_end)
                    self.succeed("rm", "files")
                    self.succeed("create", "files", "--shape=-1", "--slot-bytes", str(SLOT), "--slots", "8")

    def test_into_a_closed_pipe_ends_the_subscriber_and_nobody_else(self):
        for restore_signals in (True, False):  # SIGPIPE at its default, and ignored
            read_end, write_end = os.pipe()
            process = self.start("sub", "files", stdout=write_end, stderr=subprocess.PIPE, restore_signals=restore_signals)
            self.wait_for_consumers("files", 1)
            os.close(write_end)
            os.close(read_end)
            self.succeed("pub", "files", stdin=b"x" * 3 * SLOT)
            code, errors = process.wait(10), process.stderr.read().decode()
            if restore_signals:
                self.assertEqual((code, errors), (-signal.SIGPIPE, ""))
            else:
                self.assertEqual((code, errors), (1, "ringview: cannot write the output: Broken pipe\n"))
            self.wait_for_consumers("files", 0)

    def test_has_nowhere_to_come_from_or_go_to_where_standard_input_or_output_is_closed(self):
        publisher = self.start("pub", "files", preexec_fn=lambda: os.close(0), stderr=subprocess.PIPE)
        self.assertEqual(publisher.wait(10), 1)
        self.assertEqual(publisher.stderr.read(), b"ringview: cannot read the input: Bad file descriptor\n")
        self.succeed("pub", "files", stdin=b"data")
        subscriber = self.start("sub", "files", preexec_fn=lambda: os.close(1), stderr=subprocess.PIPE)
        self.assertEqual(subscriber.wait(10), 1)
        self.assertEqual(subscriber.stderr.read(), b"ringview: cannot write the output: Bad file descriptor\n")

    def test_shows_progress_on_a_terminal_and_nowhere_else(self):
        source = self.directory / "source"
        source.write_bytes(os.urandom(3 * 1024 * 1024))
        progress = re.compile(r"3\.0 MiB in 48 messages, [0-9.]+ [KMG]iB/s")
        with open(source, "rb") as stdin:
            code, shown = run_on_terminal([RINGVIEW, "pub", "files"], self.environment, stdin=stdin)
        self.assertEqual(code, 0)
        self.assertRegex(shown, progress)
        code, shown = run_on_terminal([RINGVIEW, "sub", "files"], self.environment)
        self.assertEqual(code, 0)
        self.assertRegex(shown, r"[KM]iB in \d+ messages, [0-9.]+ [KMG]iB/s")
        with open(source, "rb") as stdin:
            result = subprocess.run([RINGVIEW, "pub", "files"], env=self.environment, stdin=stdin, capture_output=True)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"", b""))

    def test_that_a_terminal_shows_is_not_mixed_with_progress(self):
        self.succeed("pub", "files", stdin=b"text\n")
        code, shown = run_on_terminal([RINGVIEW, "sub", "files"], self.environment, stdout="terminal")
        self.assertEqual((code, shown), (0, "text\r\n"))


def state(pid):
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


if __name__ == "__main__":
    unittest.main()
