"""docs_test.py SOURCE BUILD PAGE…: does what the documentation tells a reader to do.

In each page every ```sh block runs, in order, in a folder that looks like a checkout after ./run build; ```sh daemon blocks run
beside them until the page ends. ```sh by-hand blocks (what installs packages or runs this very test) may only call ./run.
```cpp examples/NAME/FILE blocks must equal the file, ```cpp in examples/NAME/FILE blocks be lines of it. An example with a NAME.cpp is
built against an installed ringview and run; where the page has a ```text examples/NAME block, that is what it prints. Whatever
other file is shown must be compiled, and a program run, by the page's ```sh blocks. There are no blocks of other kinds, so no C++ that
nobody compiles. Links into the tree must lead somewhere."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time

from sync_examples import with_examples

SOURCE = pathlib.Path(sys.argv[1])
BUILD = pathlib.Path(sys.argv[2])
BLOCK = re.compile(r"^```sh ?([a-z-]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^.*(?:```|~~~).*$", re.MULTILINE)
OPENING = re.compile(r"```(sh( daemon| by-hand)?|text( examples/\w+)?|json \w+|cpp( in)? examples/\w+/\w+\.[ch]pp)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
WITHOUT_FENCE = re.compile(r"^\n(?: {4}|\t).*|^.*<(?:pre|code)\b.*", re.MULTILINE)
SHOWN = re.compile(r"^```cpp (?:in )?examples/((\w+)/(\w+)\.[ch]pp)$", re.MULTILINE)
EXCERPT = re.compile(r"^```cpp in (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OUTPUT = re.compile(r"^```text examples/(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
DAEMON_TIMEOUT_S = 20
os.environ["CMAKE_GENERATOR"] = "Unix Makefiles"  # it leaves a list of what each object was made from: X.o.d


def check_links(page):
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{page.relative_to(SOURCE)}: the link to {target} leads nowhere"


def check_kinds(page, text):
    for number, line in enumerate(FENCE.findall(text)):
        assert OPENING.fullmatch(line) if number % 2 == 0 else line == "```", f"{page}: a block of no kind that is tested: {line}"
    without_fence = WITHOUT_FENCE.search(FENCED.sub("", text))
    assert not without_fence, f"{page}: a block of no kind that is tested: {without_fence[0].strip()}"


def is_part_of(program, lines):
    """Whether the lines follow one another in the program, all of them indented as much more."""
    indents = re.findall(rf"^( *){re.escape(lines.splitlines()[0])}$", program, re.MULTILINE)
    return any("\n" + textwrap.indent(lines, indent) in program for indent in indents)


def check_excerpts(page, text):
    for file, lines in EXCERPT.findall(text):
        assert is_part_of((SOURCE / file).read_text(), lines), f"{page}: {file} does not have these lines:\n{lines}"


def check_by_hand(page, text):
    for line in text.splitlines():
        assert line.startswith("./run ") or not line.strip(), f"{page}: by hand, so never tested: {line}"


def make_checkout(folder):
    """What a reader has after ./run build. Copies where a command may write, links elsewhere."""
    (folder / "build").mkdir()
    (folder / "build" / "release").symlink_to(BUILD)
    shutil.copytree(SOURCE / "examples", folder / "examples")
    for entry in ("README.md", "config", "docs", "run", "tests"):
        (folder / entry).symlink_to(SOURCE / entry)


def examples_of(text):
    """What each example that has a program of its name should print; None where the page does not say."""
    return {name: None for _, name, program in SHOWN.findall(text) if name == program} | dict(OUTPUT.findall(text))


def run_example(name, expected, folder):
    """The example's own folder says how it is built."""
    installed, build = folder / "installed", folder / f"build-{name}"
    quietly = {"check": True, "stdout": subprocess.DEVNULL}
    subprocess.run(["cmake", "--install", BUILD, "--prefix", installed], **quietly)
    subprocess.run(["cmake", "-S", SOURCE / "examples" / name, "-B", build, f"-DCMAKE_PREFIX_PATH={installed}"], **quietly)
    subprocess.run(["cmake", "--build", build], **quietly)
    printed = subprocess.run([build / name], check=True, capture_output=True, text=True).stdout
    assert expected in (None, printed), f"examples/{name} prints\n{printed}\nnot\n{expected}"


def check_compiled(page, text, folder):
    """That each file shown went into an object that is in the folder by now, and each program shown was run."""
    sources = "".join(path.read_text() for path in folder.rglob("*.o.d"))
    ran = "".join(f"/{name}\n" for name in examples_of(text)) + "".join(commands for _, commands in BLOCK.findall(text))
    for file, _, program in SHOWN.findall(text):
        assert re.search(rf"/examples/{re.escape(file)}\b", sources), f"{page}: nothing compiles examples/{file}"
        assert file.endswith(".hpp") or re.search(rf"/{program}\b(?!\.)", ran), f"{page}: nothing runs {program}"


class Page:
    def __init__(self, page, folder):
        self.page, self.folder, self.daemons = page, folder, []
        self.exports = ""  # a reader runs the blocks of a page in one shell
        self.environment = dict(os.environ, RINGVIEW_SOCKET=str(folder / "daemon.sock"),
                                CMAKE_BUILD_PARALLEL_LEVEL="2")

    def shell(self, text):
        return ["bash", "-euo", "pipefail", "-c", text]

    def start_daemon(self, text):
        self.daemons.append(subprocess.Popen(self.shell(text), cwd=self.folder, env=self.environment,
                                             start_new_session=True))
        program = [str(BUILD / "client" / "cli" / "ringview"), "ls"]
        end = time.monotonic() + DAEMON_TIMEOUT_S
        while subprocess.run(program, env=self.environment, capture_output=True).returncode != 0:
            assert time.monotonic() < end and self.daemons[-1].poll() is None, f"{self.page}: no daemon serves after:\n{text}"
            time.sleep(0.02)

    def run(self, text):
        print(f"---- {self.page.relative_to(SOURCE)}\n{text}", flush=True)
        result = subprocess.run(self.shell(self.exports + text), cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL)
        assert result.returncode == 0, f"{self.page}: exit code {result.returncode} from:\n{text}"
        self.exports += "".join(line + "\n" for line in text.splitlines() if line.startswith("export "))

    def stop(self):
        for daemon in self.daemons:
            os.killpg(daemon.pid, signal.SIGTERM)
            daemon.wait(timeout=DAEMON_TIMEOUT_S)


def run_page(page, text):
    with tempfile.TemporaryDirectory(prefix="ringview-docs-") as directory:
        folder = pathlib.Path(directory)
        make_checkout(folder)
        reader = Page(page, folder)
        try:
            for kind, commands in BLOCK.findall(text):
                {"": reader.run, "daemon": reader.start_daemon, "by-hand": lambda c: check_by_hand(page, c)}[kind](commands)
            for name, expected in examples_of(text).items():
                run_example(name, expected, folder)
            check_compiled(page, text, folder)
        finally:
            reader.stop()


for name in sys.argv[3:]:
    path = SOURCE / name
    text = path.read_text()
    check_kinds(path, text)
    assert with_examples(text) == text, f"{name}: run tests/docs/sync_examples.py {name}"
    check_excerpts(path, text)
    check_links(path)
    run_page(path, text)
