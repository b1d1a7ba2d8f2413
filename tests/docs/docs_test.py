"""docs_test.py SOURCE BUILD PAGE…: does what the documentation tells a reader to do.

In each page every ```sh block runs, in order, in a folder that looks like a checkout after ./run build; ```sh daemon blocks run
beside them until the page ends. ```sh by-hand blocks (what installs packages or runs this very test) may only call ./run.
```cpp FILE blocks must equal the file, ```text examples/NAME blocks what that example prints, built against an installed ringview.
Links into the tree must lead somewhere."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from sync_examples import with_examples

SOURCE = pathlib.Path(sys.argv[1])
BUILD = pathlib.Path(sys.argv[2])
BLOCK = re.compile(r"^```sh ?([a-z-]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OUTPUT = re.compile(r"^```text examples/(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
DAEMON_TIMEOUT_S = 20


def check_links(page):
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{page.relative_to(SOURCE)}: the link to {target} leads nowhere"


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


def check_output(name, text, folder):
    """The example's own folder says how it is built; its program has its name."""
    installed, build = folder / "installed", folder / f"build-{name}"
    quietly = {"check": True, "stdout": subprocess.DEVNULL}
    subprocess.run(["cmake", "--install", BUILD, "--prefix", installed], **quietly)
    subprocess.run(["cmake", "-S", SOURCE / "examples" / name, "-B", build, f"-DCMAKE_PREFIX_PATH={installed}"], **quietly)
    subprocess.run(["cmake", "--build", build], **quietly)
    printed = subprocess.run([build / name], check=True, capture_output=True, text=True).stdout
    assert printed == text, f"examples/{name} prints\n{printed}\nnot\n{text}"


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


def run_page(page):
    with tempfile.TemporaryDirectory(prefix="ringview-docs-") as directory:
        folder = pathlib.Path(directory)
        make_checkout(folder)
        reader = Page(page, folder)
        try:
            for kind, text in BLOCK.findall(page.read_text()):
                {"": reader.run, "daemon": reader.start_daemon, "by-hand": lambda t: check_by_hand(page, t)}[kind](text)
            for name, text in OUTPUT.findall(page.read_text()):
                check_output(name, text, folder)
        finally:
            reader.stop()


for name in sys.argv[3:]:
    path = SOURCE / name
    assert with_examples(path.read_text()) == path.read_text(), f"{name}: run tests/docs/sync_examples.py {name}"
    check_links(path)
    run_page(path)
