"""Print a command of the README, so that whatever runs it runs what people are told to type.

``python scripts/readme_command.py demo`` prints the line in the fenced block after ``<!-- command: demo -->``.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"

_BLOCK = re.compile(r"<!-- command: (?P<name>[a-z]+) -->\n+```sh\n(?P<command>[^\n]+)\n```")


def commands() -> dict[str, str]:
    """The README's commands of one line by name, in their order."""
    return {match["name"]: match["command"] for match in _BLOCK.finditer(README.read_text(encoding="utf-8"))}


if __name__ == "__main__":
    found = commands()
    if len(sys.argv) != 2 or sys.argv[1] not in found:
        sys.exit(f"usage: readme_command.py {'|'.join(found)}")
    print(found[sys.argv[1]])
