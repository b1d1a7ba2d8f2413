"""documented_packets.py PROTOCOL.md DIRECTORY: writes each packet that the page shows into a file of its own."""

import re
import sys
from pathlib import Path


def main():
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    directory = Path(sys.argv[2])
    directory.mkdir(parents=True, exist_ok=True)
    packets = re.findall(r"^```json (\w+)\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL)
    for number, (kind, packet) in enumerate(packets):
        (directory / f"{number:02}-{kind}").write_text(packet, encoding="utf-8")
    print(f"{len(packets)} packets")
    return 0 if len(packets) >= 20 else 1


if __name__ == "__main__":
    sys.exit(main())
