"""P11: import 100 000 rows of 1 kB, beside a bare program that parses the same file and puts the lines into SQLite.

``python tests/benchmarks/import_rows.py [ROWS]``.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.commands import measured
from tests.benchmarks.terminal import hermetic, python, row
from tests.benchmarks.words import WORDS

VISIDATA_S = 3.3
"""What visidata 3.4 took to load 100 000 such rows on two cores, for the ratio."""

BARE = """
import json, sqlite3, sys
db = sqlite3.connect("bare.db")
db.execute("CREATE TABLE item (position INTEGER PRIMARY KEY, question TEXT, raw BLOB)")
with open(sys.argv[1], "rb") as lines, db:
    db.executemany(
        "INSERT INTO item (question, raw) VALUES (?, ?)",
        ((json.loads(line)["messages"][0]["content"], line) for line in lines),
    )
"""


def write_rows(path: Path, rows: int) -> None:
    """Items of about 1 kB each, all different."""
    chance = random.Random(3)
    with path.open("w", encoding="utf-8") as out:
        for number in range(rows):
            text = f"Question {number}: {' '.join(chance.choices(WORDS, k=120))}?"
            item = {"messages": [{"role": "user", "content": text}], "reference_answer": chance.choice(WORDS)}
            out.write(json.dumps(item) + "\n")


def main(rows: int = 100_000) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rows(folder / "rows.jsonl", rows)
        size = (folder / "rows.jsonl").stat().st_size
        bare = measured(python("-c", BARE, "rows.jsonl"), folder)
        measured(python("-m", "rft_tui", "init"), folder)
        ours = measured(python("-m", "rft_tui", "data", "import", "rows.jsonl", "--name", "rows"), folder)
    row(f"{rows:,} rows of {size / rows:,.0f} bytes", "seconds", "processor", "memory")
    row("parse and insert, bare", f"{bare.wall_s:.2f}", f"{bare.cpu_s:.2f}", f"{bare.rss_mb:.0f} MB")
    row(
        "P11 rft-tui data import",
        f"{ours.wall_s:.2f} ×{ours.wall_s / bare.wall_s:.1f}",
        f"{ours.cpu_s:.2f} ×{ours.cpu_s / bare.cpu_s:.1f}",
        f"{ours.rss_mb:.0f} MB",
    )
    row("of visidata's loading", f"×{ours.wall_s / (VISIDATA_S * rows / 100_000):.2f}")


if __name__ == "__main__":
    with hermetic():
        main(*map(int, sys.argv[1:]))
