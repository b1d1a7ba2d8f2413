#!/usr/bin/env python3
"""Checks one model exhaustively: spin makes a checker of it, the C compiler builds that, and it visits every state.

run_model.py [--breaks] [--large] [--memory-mib N] [--timeout-s N] [--steps N] FILE.pml [-DNAME[=VALUE]…]

A model holds when the whole state space was visited, nothing was found, and every step of it was taken by some run (a step
that no run reaches proves nothing). With --breaks it must fail, by an assertion or by processes that wait for ever."""
import argparse
import dataclasses
import pathlib
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
LARGEST_STATE_BYTES = 2048

FOUND = re.compile(r"^pan:1: (assertion violated .*|invalid end state) \(at depth", re.MULTILINE)
CUT_SHORT = re.compile(r"max search depth too small|reached -DMEMLIM bound|out of memory|VECTORSZ|Search not completed|interrupted")
UNREACHED = re.compile(r"^unreached in (?:proctype|init) ?(\S*)\n((?:\t.*\n)*)", re.MULTILINE)
STEP = re.compile(r"^\t(\S+?):(\d+), state \d+, \"(.*)\"$", re.MULTILINE)
STATES = re.compile(r"^\s*([\d.e+]+) states, stored", re.MULTILINE)
MEMORY = re.compile(r"^\s*([\d.]+)\s+total actual memory usage", re.MULTILINE)


@dataclasses.dataclass
class Search:
    """What the checker printed."""

    text: str
    is_finished: bool

    @property
    def mistake(self):
        found = FOUND.search(self.text)
        return found.group(1) if found else None

    @property
    def why_incomplete(self):
        if not self.is_finished:
            return "the time ran out"
        cut = CUT_SHORT.search(self.text)
        if cut:
            return cut.group(0)
        return None if "errors: 0" in self.text else "the checker failed"

    @property
    def unreached(self):
        steps = set()
        for _, lines in UNREACHED.findall(self.text):
            steps.update((file, int(line), what) for file, line, what in STEP.findall(lines) if what != "-end-")
        return sorted(steps)

    @property
    def size(self):
        states, memory = STATES.search(self.text), MEMORY.search(self.text)
        return f"{float(states.group(1)):,.0f} states, {float(memory.group(1)):.0f} MiB" if states and memory else "no count"


@dataclasses.dataclass(frozen=True)
class Effort:
    """How the checker is built and started."""

    compiler_options: tuple
    hash_table_bits: int  # to begin with: it grows, but slowly; the kernel gives only the pages that are used


# A mistake is found at once, mostly, and building the checker is what takes time. States as they are take twice the memory of
# collapsed ones and half the time; a large search has more of them than memory.
LITTLE = Effort(("-O0",), 24)
USUAL = Effort(("-Og",), 24)
LARGE = Effort(("-O2", "-DCOLLAPSE"), 26)


def build_checker(folder, model, defines, memory_mib, effort):
    for command in (
        ["spin", "-a", *defines, str(model)],
        ["gcc", *effort.compiler_options, "-w", "-DSAFETY", f"-DMEMLIM={memory_mib}", f"-DVECTORSZ={LARGEST_STATE_BYTES}",
         "-o", "pan", "pan.c"],
    ):
        result = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if result.returncode != 0:
            sys.exit(f"{command[0]} refuses {model.name}:\n{result.stdout}")


def search(folder, timeout_s, longest_run_steps, effort):
    command = ["./pan", f"-m{longest_run_steps}", f"-w{effort.hash_table_bits}"]
    pan = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        return Search(pan.communicate(timeout=timeout_s)[0], True)
    except subprocess.TimeoutExpired:
        pan.kill()
        return Search(pan.communicate()[0], False)
    finally:
        pan.kill()
        pan.wait()


def judge(found, must_break):
    """None, or what is wrong."""
    if must_break:
        return None if found.mistake else f"the mistake is not found ({found.why_incomplete or 'every state is fine'})"
    if found.mistake:
        return f"{found.mistake}\n{found.text}"
    if found.why_incomplete:
        return f"the search is not complete: {found.why_incomplete}\n{found.text}"
    if found.unreached:
        return "no run takes these steps:\n" + "\n".join(f"  {file}:{line}: {what}" for file, line, what in found.unreached)
    return None


def available_memory_mib():
    text = pathlib.Path("/proc/meminfo").read_text()
    return int(re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE).group(1)) // 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--breaks", action="store_true")
    parser.add_argument("--large", action="store_true", help="a search of minutes: build the checker for speed")
    parser.add_argument("--memory-mib", type=int, default=2000)
    parser.add_argument("--timeout-s", type=float, default=600)
    parser.add_argument("--steps", type=int, default=1_000_000, help="a run of more steps makes the search incomplete")
    parser.add_argument("model", type=lambda name: pathlib.Path(name).resolve(strict=True))
    arguments, defines = parser.parse_known_args()
    if any(not define.startswith("-D") for define in defines):
        parser.error(f"what is {' '.join(defines)}?")
    if available_memory_mib() < arguments.memory_mib:
        print(f"skipped: the search may need {arguments.memory_mib} MiB, and {available_memory_mib()} MiB are free")
        return SKIPPED
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    with tempfile.TemporaryDirectory(prefix="ringview-model-") as directory:
        folder = pathlib.Path(directory)
        effort = LARGE if arguments.large else LITTLE if arguments.breaks else USUAL
        build_checker(folder, arguments.model, defines, arguments.memory_mib, effort)
        start = time.monotonic()
        found = search(folder, arguments.timeout_s, arguments.steps, effort)
        seconds = time.monotonic() - start
    wrong = judge(found, arguments.breaks)
    outcome = "FAILED" if wrong else f"breaks: {found.mistake}" if arguments.breaks else "holds"
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{arguments.model.name} {' '.join(defines)}: {outcome}; {found.size}, {seconds:.1f} s, "
          f"with building it {used.ru_utime + used.ru_stime:.1f} s of a processor")
    if wrong:
        print(wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
