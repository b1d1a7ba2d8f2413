"""The benchmark runs through and writes each of its figures with all members. Says nothing about their values."""
import json
import os
import subprocess
import sys
import tempfile

MEMBERS = {"bench", "case", "value", "unit", "baseline", "baseline_value", "ratio"}
CASES = {"rtt/64B/spin", "rtt/64B/spin/16slots", "rtt/64B/bare_slots", "rtt/48B/spin", "rtt/4KiB/spin", "rtt/1MiB/spin", "rtt/64B/sleep/1cpu", "rtt/64B/sleep/2cpus",
         "rtt/64B/sleep/2cpus/thoughtful",
         "throughput/64B/1p1c", "throughput/64B/1p1c/deep", "throughput/64B/1p1c/batch32", "throughput/64B/1p1c/lossy", "throughput/48B/bare_slots", "throughput/64B/bare_slots/deep", "attach/1ring",
         "attach/100rings", "idle/sleeping_consumer", "memory/daemon/100rings", "scaling/1producer", "scaling/2producers",
         "scaling/3producers", "scaling/4producers", "instructions/publish/1sub",
         "instructions/publish/4subs", "instructions/publish/16subs", "instructions/publish/64subs", "instructions/next", "instructions/next/lossy"}
BASELINES = {"cacheline_pingpong", "bare_slots", "writable_bare_slots", "spsc_queue", "futex_pingpong", "bare_sleep", "copied_buffer", "lossless", "limit", "scaling/1producer", "publish/1sub",
             "boost_message_queue", "pipe", "posix_mq", "unix_socket"}

with tempfile.TemporaryDirectory() as directory:
    path = os.path.join(directory, "bench.json")
    subprocess.run([sys.argv[1], "--quick", "--json", path], check=True)
    with open(path) as file:
        figures = json.load(file)

for figure in figures:
    assert MEMBERS <= figure.keys(), figure
    assert figure["dropped_pairs"] == 4 or figure["value"] > 0 and figure["baseline_value"] > 0 and figure["ratio"] > 0, figure
assert {figure["case"] for figure in figures} == CASES
assert BASELINES <= {figure["baseline"] for figure in figures}

unknown = subprocess.run([sys.argv[1], "--only", "nosuch"], capture_output=True, text=True)
assert unknown.returncode == 1 and "nosuch" in unknown.stderr, unknown
print(len(figures), "figures")
