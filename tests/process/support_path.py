"""Puts tests/support on the path: what the tests of the programs share is there."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
