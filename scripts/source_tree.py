"""The C and C++ files of the tree: which room each belongs to and which headers it includes."""

import re
from pathlib import Path

SUFFIXES = {".hpp", ".h", ".cpp", ".c"}
ROOTS = ("common", "server", "client")  # what is shipped; tests and examples may include anything

_COMMENT_OR_STRING = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def without_comments(text, keep_strings=True):
    """The text with comments (and strings) blanked, so that line numbers stay what they were."""

    def blank(match):
        found = match.group()
        if keep_strings and found[0] in "\"'":
            return found
        return "\n" * found.count("\n")

    return _COMMENT_OR_STRING.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


class SourceTree:
    def __init__(self, root):
        self.root = Path(root).resolve()
        # A header that is included as <ringview/…> lies under some room's include folder.
        self.include_dirs = [d for top in ROOTS for d in (self.root / top).rglob("include") if d.is_dir()]

    def shipped_files(self):
        found = [f for top in ROOTS for f in (self.root / top).rglob("*") if f.suffix in SUFFIXES and f.is_file()]
        return sorted(found)

    def room_of(self, path):
        """common/<room>, server, client/<library>; None outside of them."""
        parts = Path(path).resolve().relative_to(self.root).parts
        if parts[0] == "server":
            return "server"
        return "/".join(parts[:2]) if parts[0] in ROOTS and len(parts) > 2 else None

    def includes(self, path):
        """(line, name, file in this tree or None) of each include."""
        text = without_comments(path.read_text(encoding="utf-8"))
        for match in _INCLUDE.finditer(text):
            yield line_of(text, match.start()), match[2], self._resolve(path, match[1] == '"', match[2])

    def _resolve(self, path, quoted, name):
        folders = ([path.parent] if quoted else []) + self.include_dirs
        for folder in folders:
            candidate = (folder / name).resolve()
            if candidate.is_file() and candidate.is_relative_to(self.root):
                return candidate
        return None

    def closure(self, path):
        """The file and every file of this tree that it includes, directly or not."""
        seen, todo = set(), [Path(path).resolve()]
        while todo:
            file = todo.pop()
            if file not in seen:
                seen.add(file)
                todo += [target for _, _, target in self.includes(file) if target]
        return seen
