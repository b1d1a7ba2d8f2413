"""Copies the example files into the README's code blocks that name them: ```cpp examples/…"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```cpp (examples/\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def with_examples(text):
    return BLOCK.sub(lambda block: f"```cpp {block[1]}\n{(ROOT / block[1]).read_text().strip()}\n```", text)


def main():
    for name in sys.argv[1:]:
        path = ROOT / name
        path.write_text(with_examples(path.read_text()))


if __name__ == "__main__":
    main()
