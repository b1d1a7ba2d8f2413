#!/usr/bin/env python3
"""check_layers.py [ROOT]: refuses an include that goes against the layers, and a system call outside common/platform.

The link lines in CMake say the same; this says it where the line stands, also for a header that happens to be reachable.
"""

import re
import sys
from pathlib import Path

from source_tree import SourceTree, line_of, without_comments

COMMON = {"common/platform", "common/view", "common/layout", "common/ring", "common/control"}

# What each room may include, beside itself. A new room needs a line here.
MAY_INCLUDE = {
    "common/platform": set(),
    "common/view": set(),
    "common/layout": {"common/platform"},
    "common/ring": {"common/layout", "common/platform"},
    "common/control": {"common/platform"},
    "server": COMMON,
    "client/cpp": COMMON,
    "client/c": COMMON | {"client/cpp"},
    "client/python": COMMON | {"client/cpp", "client/c"},
    "client/cli": COMMON | {"client/cpp", "client/c", "server"},  # a program: the demo links both sides
}

# What only common/platform may say: system calls on memory, futexes and processes, and what depends on the processor.
PLATFORM_ONLY = [
    (re.compile(r"\b(?:SYS|__NR)_\w+|(?<!platform::)\bsyscall\s*\("), "a raw system call"),
    (re.compile(r"\bFUTEX_\w+|\bMEMBARRIER_CMD_\w+"), "a futex or membarrier call"),
    (
        re.compile(
            r"(?<!platform::)\b(?:shm_open|shm_unlink|memfd_create|mmap|munmap|mprotect|ftruncate|posix_fallocate|pidfd_open)\s*\("
        ),
        "a system call on memory or processes",
    ),
    (re.compile(r"#\s*include\s*<(?:linux/|sys/mman\.h|sys/syscall\.h)"), "a header of the kernel"),
    (re.compile(r"\bboost/interprocess/|\bboost::interprocess\b"), "Boost.Interprocess"),
    (re.compile(r"\b_mm_\w+|\b__builtin_ia32_\w+|\w*intrin\.h\b|\b(?:asm|__asm__)\b"), "an intrinsic of one processor"),
]


def include_complaints(tree, path, room):
    allowed = MAY_INCLUDE[room] | {room}
    for line, name, target in tree.includes(path):
        if target is None:
            if name.startswith("ringview/"):
                yield line, f"includes {name}, which no room has"
            continue
        other = tree.room_of(target)
        if other not in allowed:
            reach = ", ".join(sorted(MAY_INCLUDE[room])) or "nothing else of ours"
            yield line, f"{room} includes {name} of {other or target}; it may include {reach}"


def platform_complaints(path):
    text = without_comments(path.read_text(encoding="utf-8"), keep_strings=False)
    for pattern, what in PLATFORM_ONLY:
        for match in pattern.finditer(text):
            yield line_of(text, match.start()), f"`{match.group().strip()}`: {what} belongs in common/platform"


def complaints(root):
    """(path relative to root, line, what is wrong), in order."""
    tree = SourceTree(root)
    found = []
    for path in tree.shipped_files():
        room = tree.room_of(path)
        if room not in MAY_INCLUDE:
            here = [(1, f"{room or 'this folder'} is no room that MAY_INCLUDE in check_layers.py knows")]
        else:
            here = list(include_complaints(tree, path, room))
            if room != "common/platform":
                here += platform_complaints(path)
        found += [(path.relative_to(tree.root).as_posix(), line, text) for line, text in here]
    return sorted(found)


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    found = complaints(root)
    for path, line, text in found:
        print(f"{path}:{line}: {text}")
    if not SourceTree(root).shipped_files():
        print(f"{root}: there is no source file to check")
        return 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
