"""`./run` itself, in a copy of the tree's scripts and with stand-ins for the programs that it calls: what it announces, what it
says of a failed step, what it installs, and that what is done is not done again."""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(sys.argv.pop(1))
PACKAGES = {line.split()[1] for line in (SOURCE / "config/packages.txt").read_text().splitlines()
            if line.startswith(("build ", "test ", "lint "))}


class Run(unittest.TestCase):
    def setUp(self):
        self.tree = Path(tempfile.mkdtemp(prefix="ringview-run-"))
        self.addCleanup(shutil.rmtree, self.tree)
        for name in ("run", "CMakePresets.json", "config/packages.txt"):
            (self.tree / name).parent.mkdir(exist_ok=True)
            shutil.copy(SOURCE / name, self.tree / name)
        shutil.copytree(SOURCE / "scripts", self.tree / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(SOURCE / ".ci", self.tree / ".ci")
        self.installed = set(PACKAGES)
        # Each stand-in notes how it was called.
        self.stand_in("apt-get", "")
        self.stand_in("sudo", '[ "$1" = -n ] || exec "$@"')
        self.stand_in("cmake", 'case "$1" in --preset) mkdir -p build/$2; touch build/$2/build.ninja build/$2/CTestTestfile.cmake;; esac')
        self.end_of_ctest = "100% tests passed, 0 tests failed out of 1\n\nTotal Test time (real) =   0.00 sec\n"
        self.let_ctest_end(0, self.end_of_ctest)
        self.stand_in("setarch", 'shift 2; exec "$@"')

    def stand_in(self, name, script):
        path = self.tree / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\nprintf '%s\\n' \"{name} $*\" >>'{self.tree}/calls'\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def let_ctest_end(self, code, summary):
        """`ctest --test-dir DIR … --output-log LOG …`"""
        self.stand_in("ctest", f"""
            mkdir -p "$2/Testing/Temporary"; printf '1/1 Test: a\\n' >"$2/Testing/Temporary/LastTest.log"
            while [ "$1" != --output-log ]; do shift; done
            printf '%s' 'a test has said this
{summary}' | tee "$2"
            [ {code} = 0 ] || echo "[ERROR_MESSAGE] " >>"$2"
            exit {code}""")

    def run_it(self, *words, program="run"):
        """The exit code, what was said, and which programs were called with what."""
        self.stand_in("dpkg-query", f"printf 'installed %s\\n' {' '.join(sorted(self.installed))}")
        (self.tree / "calls").write_text("")
        environment = {**os.environ, "PATH": f"{self.tree}/bin:{os.environ['PATH']}", "CI": "1"}
        environment.pop("RINGVIEW_SKIP_DEPS", None)
        result = subprocess.run([self.tree / program, *words], env=environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        calls = (self.tree / "calls").read_text().splitlines()
        return result.returncode, result.stdout, [call for call in calls if not call.startswith("dpkg-query")]

    def test_installs_what_is_missing_and_nothing_else(self):
        self.installed -= {"cmake", "libspdlog-dev"}
        code, said, calls = self.run_it("deps")
        self.assertEqual(code, 0, said)
        installs = [call for call in calls if call.startswith("apt-get install")]
        self.assertEqual(len(installs), 1, calls)
        self.assertLessEqual({"cmake", "libspdlog-dev", "--no-remove"}, set(installs[0].split()))
        self.assertEqual(set(installs[0].split()) & PACKAGES, {"cmake", "libspdlog-dev"})
        self.assertIn("apt-get update", calls)

    def test_installs_nothing_where_nothing_is_missing(self):
        code, said, calls = self.run_it("deps")
        self.assertEqual((code, calls), (0, []), said)
        self.assertIn("nothing is missing", said)

    def test_installs_for_the_demo_what_building_takes_only(self):
        self.installed = set()
        _, said, calls = self.run_it("demo")
        install = next(call for call in calls if call.startswith("apt-get install"))
        self.assertIn("cmake", install.split())
        self.assertNotIn("clang-tidy", install.split())

    def test_announces_each_step_with_its_duration(self):
        _, said, _ = self.run_it("build")
        for line in ("==> configure release (about 10 seconds)", "==> build release (5 to 10 minutes"):
            self.assertIn(line, said)

    def test_says_which_step_has_failed_and_why(self):
        self.stand_in("cmake", 'echo "no such compiler"; exit 7')
        code, said, _ = self.run_it("build")
        self.assertEqual(code, 7)
        for part in ("FAILED: configure release (exit code 7", "no such compiler", "What to do: "):
            self.assertIn(part, said)

    def test_says_nothing_of_its_own_workings_in_a_step_that_ends_at_once(self):
        steps = f". '{self.tree}/scripts/steps.sh'; for i in 1 2 3 4 5 6 7 8 9; do step name soon advice true; done"
        result = subprocess.run(["bash", "-c", f"set -euo pipefail; log_dir='{self.tree}/logs'; {steps}"],
                                capture_output=True, text=True, timeout=60)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(re.sub("[0-9]+ s", "0 s", result.stdout), "==> name (soon)\n    done in 0 s\n" * 9)

    def test_does_not_configure_again(self):
        self.run_it("build")
        _, said, calls = self.run_it("build")
        self.assertEqual([call.split()[1] for call in calls], ["--build"], said)

    def test_builds_and_runs_every_suite_and_fails_with_the_tests(self):
        code, said, calls = self.run_it("test")
        self.assertEqual(code, 0, said)
        self.assertEqual(sorted(call.split()[2] for call in calls if "--preset" in call), ["asan", "release", "tsan"])
        covered = (self.tree / "build/test/CTestTestfile.cmake").read_text()
        for suite in ("asan", "release", "tsan"):
            self.assertIn(f'subdirs("{self.tree}/build/{suite}")', covered)
        self.let_ctest_end(8, "50% tests passed, 1 tests failed out of 2\n")
        self.assertEqual(self.run_it("test")[0], 8)

    def test_ends_with_the_summary_of_ctest(self):
        code, said, _ = self.run_it("test")
        self.assertTrue(said.endswith("\n" + self.end_of_ctest), said)
        self.assertIn("==> 1 tests in 1 runs", said)
        summary = "50% tests passed, 1 tests failed out of 2\n\nThe following tests FAILED:\n\t  1 - a (Failed)\n"
        self.let_ctest_end(8, summary)
        self.assertTrue(self.run_it("test")[1].endswith("\n" + summary))

    def test_makes_a_failed_test_of_a_suite_that_cannot_be_built(self):
        self.stand_in("cmake", 'case "$*" in *asan*) exit 3;; esac; [ "$1" != --preset ] || { mkdir -p build/$2; touch build/$2/CTestTestfile.cmake; }')
        self.run_it("test")
        covered = (self.tree / "build/test/CTestTestfile.cmake").read_text()
        self.assertIn("add_test(build.asan ", covered)
        self.assertIn(f'subdirs("{self.tree}/build/release")', covered)

    def test_is_what_continuous_integration_calls(self):
        _, said, calls = self.run_it(program=".ci/run")
        self.assertTrue(any(call.startswith("ctest ") for call in calls), said)


if __name__ == "__main__":
    unittest.main()
