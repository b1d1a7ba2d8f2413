#!/usr/bin/env python3
"""tidy.py BUILD_DIR: clang-tidy over every tracked file that BUILD_DIR/compile_commands.json names.

A file that passed is not looked at again until it, a header of this tree that it includes, its compile command, .clang-tidy
or clang-tidy itself changes.
"""

import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from source_tree import SourceTree

ROOT = Path(__file__).resolve().parent.parent


def output_of(*command):
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def tracked_commands(build_dir):
    """File -> its compile command, for the tracked files."""
    tracked = {ROOT / name for name in output_of("git", "ls-files", "-z", "*.cpp", "*.c").split("\0") if name}
    entries = json.loads((build_dir / "compile_commands.json").read_text())
    return {Path(entry["file"]): entry["command"] for entry in entries if Path(entry["file"]) in tracked}


def key_of(tree, file, command, common):
    digest = hashlib.sha256((common + command).encode())
    for part in sorted(tree.closure(file)):
        digest.update(part.read_bytes())
    return digest.hexdigest()


def tidy(build_dir, file):
    return subprocess.run(
        ["clang-tidy", "-p", str(build_dir), "--quiet", str(file)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )


def main():
    build_dir = Path(sys.argv[1]).resolve()
    passed_file = build_dir / "tidy-passed.json"
    passed = json.loads(passed_file.read_text()) if passed_file.exists() else {}
    tree = SourceTree(ROOT)
    common = output_of("clang-tidy", "--version") + (ROOT / ".clang-tidy").read_text()
    keys = {file: key_of(tree, file, command, common) for file, command in tracked_commands(build_dir).items()}
    passed = {str(file): key for file, key in keys.items() if passed.get(str(file)) == key}
    todo = [file for file in keys if str(file) not in passed]
    print(f"{len(keys)} files, {len(todo)} to look at", flush=True)

    failed = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {pool.submit(tidy, build_dir, file): file for file in todo}
        for done, future in enumerate(as_completed(running), start=1):
            file, result = running[future], future.result()
            if result.returncode == 0:
                passed[str(file)] = keys[file]
                passed_file.write_text(json.dumps(passed))
            else:
                failed.append(file)
                print(result.stdout)
            print(f"[{done}/{len(todo)}] {file.relative_to(ROOT)}", flush=True)
    for file in failed:
        print(f"clang-tidy complains about {file.relative_to(ROOT)} (above)")
    if not keys:
        print(f"{build_dir}/compile_commands.json names no tracked file")
    return 1 if failed or not keys else 0


if __name__ == "__main__":
    sys.exit(main())
