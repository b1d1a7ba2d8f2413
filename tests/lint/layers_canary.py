"""layers_canary.py ROOT: check_layers.py must complain about each line of bad_tree/ marked REFUSED, and about no other."""

import sys
from pathlib import Path

ROOT = Path(sys.argv[1]).resolve()
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "scripts"))

import check_layers  # noqa: E402  (found only now)

bad_tree = ROOT / "tests" / "lint" / "bad_tree"
expected = {
    (path.relative_to(bad_tree).as_posix(), number)
    for path in bad_tree.rglob("*.[ch]pp")
    for number, line in enumerate(path.read_text().splitlines(), start=1)
    if "// REFUSED" in line
}
reported = {(path, line) for path, line, _ in check_layers.complaints(bad_tree)}

for path, line in sorted(expected - reported):
    print(f"{path}:{line}: should have been refused")
for path, line in sorted(reported - expected):
    print(f"{path}:{line}: was refused for no reason")
sys.exit(0 if expected and expected == reported else 1)
