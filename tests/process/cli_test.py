"""The commands of `ringview`: what they print, how they end, what they say when something is wrong."""

import json
import signal
import unittest

import support_path  # noqa: F401  (finds the helpers)
from ringview_programs import ProgramTest

COMMANDS = ["ls", "stat", "create", "rm", "pub", "sub", "tail", "subscribe", "unsubscribe", "evict", "demo"]
DONE, FAILED, WRONG_USAGE, NO_DAEMON = 0, 1, 2, 3


class Help(ProgramTest):
    def test_of_every_command_shows_an_example(self):
        for command in COMMANDS:
            with self.subTest(command):
                text = self.succeed(command, "--help").decode()
                self.assertIn("Example", text)
                self.assertIn(f"ringview {command}", text)

    def test_documents_the_exit_codes(self):
        text = self.succeed("--help").decode()
        for words in ("0 done", "1 failed", "2 wrong usage", "3 no daemon answers"):
            self.assertIn(words, text)
        commands = text.partition("Subcommands:")[2].partition("\n\n")[0]
        self.assertCountEqual([line.split()[0] for line in commands.strip().splitlines()], COMMANDS)

    def test_tells_the_version(self):
        self.assertRegex(self.succeed("--version").decode(), r"^\d+\.\d+\.\d+\n$")


class ExitCodes(ProgramTest):
    def expect(self, code, part, *words):
        result = self.run_program(*words)
        self.assertEqual(result.returncode, code, (words, result.stderr))
        self.assertIn(part, result.stderr.decode())
        self.assertEqual(result.stdout, b"")

    def test_are_two_for_wrong_usage(self):
        self.expect(WRONG_USAGE, "subcommand is required")
        self.expect(WRONG_USAGE, "dance", "dance")
        self.expect(WRONG_USAGE, "--no-such", "ls", "--no-such")
        self.expect(WRONG_USAGE, "ring is required", "pub")
        self.expect(WRONG_USAGE, "ring is required", "rm")
        self.expect(WRONG_USAGE, "--slots", "create", "a", "--slots", "many")
        self.expect(WRONG_USAGE, "--policy", "sub", "a", "--policy", "lazy")
        self.expect(WRONG_USAGE, "--start", "sub", "a", "--start", "middle")
        self.expect(WRONG_USAGE, "/no/such/file", "demo", "/no/such/file")

    def test_are_two_for_what_is_no_number_and_what_was_expected_is_said(self):
        for command, option, least, most in (("create", "--slots", 0, 2**64 - 1), ("create", "--slot-bytes", 0, 2**64 - 1),
                                             ("create", "--history", 0, 2**64 - 1), ("create", "--producers", 0, 2**32 - 1),
                                             ("create", "--alignment", 0, 2**64 - 1), ("create", "--stall-timeout", 0, 2**32 - 1),
                                             ("create", "--numa-node", 0, 2**32 - 1), ("pub", "--message-bytes", 1, 2**64 - 1),
                                             ("sub", "--count", 1, 2**64 - 1), ("tail", "--count", 1, 2**64 - 1)):
            # One option says for all of them what is no number; each has its own limits.
            no_numbers = ("many", "8x", "1.5", "1e3", "0x10", " 8") if option == "--slots" else ()
            for typed in (str(least - 1), str(most + 1), *no_numbers):
                self.expect(WRONG_USAGE, f"{option}: a whole number from {least} to {most} was expected, not '{typed}'",
                            command, "a", f"{option}={typed}")
        self.expect(WRONG_USAGE, "was expected, not '-1'", "create", "a", "--slots", "-1")
        for typed in ("-2", "3.5", "x"):
            self.expect(WRONG_USAGE, f"--shape: a whole number from -1 to {2**63 - 1} was expected, not '{typed}'",
                        "create", "a", f"--shape=480,{typed},3")

    def test_are_three_where_no_daemon_answers_with_a_hint_how_to_start_one(self):
        for words in (["ls"], ["stat"], ["create", "a"], ["rm", "a"], ["pub", "a"], ["sub", "a"]):
            with self.subTest(words):
                self.expect(NO_DAEMON, "hint: start one: ringviewd", *words)
                self.expect(NO_DAEMON, self.socket, *words)

    def test_are_one_for_what_the_daemon_refuses_with_a_hint(self):
        self.start_daemon()
        self.expect(FAILED, "there is no ring missing", "stat", "missing")
        self.expect(FAILED, "hint: `ringview ls`", "rm", "missing")
        self.expect(FAILED, "there is no ring missing", "pub", "missing")
        self.expect(FAILED, "there is no ring missing", "sub", "missing")
        self.expect(FAILED, "[a-z0-9._/-]", "create", "BAD")
        self.expect(FAILED, "the format is not UTF-8: byte 1 of it is 0xff", "create", "a", "--format", b"B\xff")
        self.expect(FAILED, "the name is not UTF-8: byte 0 of it is 0xe9", "create", b"\xe9")
        self.expect(FAILED, "the consume is not UTF-8: byte 5 of it is 0x80", "create", "a", "--consume", b"any,user:\x80")
        self.expect(FAILED, "hint: give slot_bytes (--slot-bytes N)", "create", "a", "--shape=-1")
        self.succeed("create", "a")
        self.expect(FAILED, "slots is 64, 8 was asked for", "create", "a", "--slots", "8")
        self.expect(FAILED, "cannot open /no/such", "pub", "a", "/no/such")
        self.expect(FAILED, "cannot read the input: Is a directory", "pub", "a", "/")
        self.expect(FAILED, "cannot open /no/such/copy", "sub", "a", "--output", "/no/such/copy")

    def test_are_one_where_the_output_cannot_be_written(self):
        self.start_daemon()
        for words in (["ls"], ["ls", "--json"], ["stat"], ["create", "a"], ["--help"], ["--version"]):
            with self.subTest(words), open("/dev/full", "wb") as full:
                process = self.start(*words, stdout=full, stderr=-1)
                self.assertEqual(process.wait(10), FAILED)
                self.assertEqual(process.stderr.read(), b"ringview: cannot write the output: No space left on device\n")

    def test_option_socket_goes_before_the_environment_and_after_the_command_too(self):
        self.expect(NO_DAEMON, "/nowhere/one.sock", "--socket", "/nowhere/one.sock", "ls")
        self.expect(NO_DAEMON, "/nowhere/two.sock", "ls", "--socket", "/nowhere/two.sock")


class Rings(ProgramTest):
    def setUp(self):
        super().setUp()
        self.start_daemon()

    def test_are_created_listed_shown_and_removed(self):
        self.assertEqual(self.succeed("create", "camera/front", "--shape", "48,64,3", "--slots", "4"),
                         b"camera/front created\n")
        self.assertEqual(self.succeed("create", "camera/front", "--shape", "48,64,3", "--slots", "4"),
                         b"camera/front exists already, with this spec\n")
        listed = self.succeed("ls").decode()
        self.assertRegex(listed, r"(?m)^name +format +shape +slots +slot +memory +published$")
        self.assertRegex(listed, r"(?m)^camera/front +B +48,64,3 +4 +9\.0 KiB +")
        shown = self.succeed("stat", "camera/front").decode()
        self.assertIn("nobody is attached", shown)
        self.succeed("create", "other")
        self.assertEqual(self.succeed("rm", "camera/front", "other"), b"")
        self.assertIn(b"There are no rings", self.succeed("ls"))

    def test_are_removed_as_far_as_they_are_there(self):
        self.succeed("create", "a")
        self.succeed("create", "b")
        result = self.run_program("rm", "nosuch", "a", "neither", "b")
        self.assertEqual(result.returncode, FAILED)
        self.assertIn(b"nosuch", result.stderr)
        self.assertIn(b"neither", result.stderr)
        self.assertEqual(json.loads(self.succeed("ls", "--json"))["rings"], [])

    def test_have_the_numbers_that_were_typed(self):
        self.succeed("create", "r", "--slots", "016", "--shape=-1,010", "--slot-bytes", "0100")
        ring = self.stat("r")
        self.assertEqual((ring["slots"], ring["shape"], ring["slot_bytes"]), (16, [-1, 10], 100))

    def test_as_json_have_the_documented_members(self):
        self.assertEqual(json.loads(self.succeed("create", "r", "--format", "<d", "--shape", "2,3", "--json")), {"created": True})
        self.assertEqual(json.loads(self.succeed("create", "r", "--format", "<d", "--shape", "2,3", "--json")), {"created": False})
        ring = json.loads(self.succeed("ls", "--json"))["rings"][0]
        fixed = {"name": "r", "format": "<d", "shape": [2, 3], "slots": 64, "slot_bytes": 48, "head": 0, "used": 0, "published": 0}
        self.assertEqual({key: ring[key] for key in fixed}, fixed)
        self.assertGreater(ring["bytes"], 64 * 48)

        consumer = self.start("sub", "r", "--name", "reader", stdout=-3)
        self.wait_for_consumers("r", 1)
        producer = self.start("pub", "r", "--name", "writer", stdin=-1)
        producer.stdin.write(bytes(48))
        producer.stdin.flush()
        while self.stat("r")["published"] == 0 or self.stat("r")["consumers"][0]["lag"] != 0:
            pass
        ring = self.stat("r")
        self.assertLessEqual({"name", "format", "shape", "slots", "slot_bytes", "bytes", "head", "used",
                                     "published", "producers", "consumers"}, set(ring))
        entry = ring["producers"][0]
        self.assertLessEqual({"id", "pid", "uid", "name", "alive", "published", "full"}, set(entry))
        self.assertEqual((entry["pid"], entry["name"], entry["alive"], entry["published"]), (producer.pid, "writer", True, 1))
        entry = ring["consumers"][0]
        self.assertLessEqual({"name", "pid", "uid", "policy", "durable", "alive", "pos", "lag", "lost", "held", "waiting"},
                             set(entry))
        self.assertEqual((entry["pid"], entry["name"], entry["policy"], entry["durable"], entry["alive"], entry["pos"]),
                         (consumer.pid, "reader", "lossless", False, True, 1))
        shown = self.succeed("stat").decode()
        self.assertRegex(shown, rf"producer +writer +{producer.pid} ")
        self.assertRegex(shown, rf"consumer +reader +{consumer.pid} ")

    def test_of_another_memory_tell_what_was_got(self):
        self.succeed("create", "r", "--slots", "4", "--shape", "10000", "--backend", "memfd", "--huge-pages", "try",
                     "--prefault", "--numa-node", "0")
        self.assertEqual([name for name in self.segments() if ".r." in name], [])
        ring = self.stat("r")
        memory = ring["memory"]
        self.assertEqual(memory["backend"], "memfd")
        self.assertGreaterEqual(memory["prefaulted_bytes"], ring["bytes"])
        self.assertTrue(memory["huge_bytes"] > 0 or memory["note"])
        self.assertRegex(self.succeed("stat", "r").decode(), r"(?m)^  memory memfd  pages of .* prefaulted ")
        self.succeed("create", "plain")
        self.assertRegex(self.succeed("stat", "plain").decode(), r"(?m)^  memory posix  pages of ")

    def test_of_memory_that_is_none_are_refused(self):
        for words in (["--backend", "file"], ["--huge-pages", "on"], ["--numa-node", "x"]):
            self.assertEqual(self.run_program("create", "r", *words).returncode, WRONG_USAGE, words)
        result = self.run_program("create", "r", "--numa-node", "4000")
        self.assertEqual(result.returncode, FAILED)
        self.assertIn(b"there is no NUMA node 4000", result.stderr)
        self.assertIn(b"this machine has: ", result.stderr)

    def test_with_timestamps_show_lag_in_time(self):
        self.succeed("create", "timed", "--timestamps", "--shape", "8")
        self.succeed("create", "plain", "--shape", "8")
        for ring in ("timed", "plain"):
            self.succeed("subscribe", ring, "--name", "away")
            self.assertEqual(self.stat(ring)["consumers"][0]["lag_ns"], 0 if ring == "timed" else None)
            self.succeed("pub", ring, stdin=bytes(8))
        self.assertRegex(self.succeed("stat", "timed").decode(), r"away .* 1 \([0-9.]+ (ns|us|ms|s)\) ")
        self.assertNotRegex(self.succeed("stat", "plain").decode(), r"\([0-9.]+ (ns|us|ms|s)\)")
        once, later = (self.stat("timed")["consumers"][0]["lag_ns"] for _ in range(2))
        self.assertLess(0, once)
        self.assertLess(once, later)
        self.assertIsNone(self.stat("plain")["consumers"][0]["lag_ns"])

    def test_are_an_empty_list_where_there_are_none(self):
        self.assertEqual(json.loads(self.succeed("ls", "--json")), {"rings": []})
        self.assertEqual(json.loads(self.succeed("stat", "--json")), {"rings": []})

    def test_name_the_holder_to_a_second_producer(self):
        self.succeed("create", "r")
        first = self.start("pub", "r", stdin=-1)
        while not self.stat("r")["producers"]:
            pass
        result = self.run_program("pub", "r")
        self.assertEqual(result.returncode, FAILED)
        self.assertIn(f"pid {first.pid}", result.stderr.decode())

    def test_end_their_followers_when_they_are_removed(self):
        self.succeed("create", "r")
        follower = self.start("sub", "r", "--follow")
        self.wait_for_consumers("r", 1)
        self.succeed("rm", "r")
        self.assertEqual(follower.wait(10), DONE)

    def test_tell_who_has_claimed_a_place_and_published_nothing(self):
        self.succeed("create", "ring", "--shape", "-1", "--slot-bytes", "64", "--producers", "2")
        producer = self.start_helper("reserve_and_wait", self.environment["RINGVIEW_SOCKET"], "ring", stdout=-1)
        self.assertEqual(producer.stdout.readline(), b"reserved\n")
        self.assertIn(b"published 0, full 0 times, claimed 1 and not published", self.succeed("stat", "ring"))
        producer.kill()
        producer.wait()

    def test_let_a_waiting_publisher_be_interrupted(self):
        self.succeed("create", "r")
        publisher = self.start("pub", "r", "--wait", stdin=-3)
        while not self.stat("r")["producers"]:
            pass
        publisher.send_signal(signal.SIGINT)
        self.assertEqual(publisher.wait(10), DONE)


if __name__ == "__main__":
    unittest.main()
