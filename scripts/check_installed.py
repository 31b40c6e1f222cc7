"""Check an installed package from outside the checkout: it brings its themes and sample data, and the demo works.

``python check_installed.py REPORT`` with the document of ``rft-tui demo --json``; run by the package's interpreter.
"""

from __future__ import annotations

import json
import sys
from importlib import resources
from pathlib import Path

PREDICTIONS = 720
"""Predictions in the sample data."""

JUDGED = 40
"""Predictions that the demo's loop makes and judges with the simulated service."""


def problems(report: Path) -> list[str]:
    """What is wrong with the installed package."""
    package = Path(str(resources.files("rft_tui")))
    found = []
    if "site-packages" not in package.parts:
        found.append(f"{package}: not an installed package")
    found += [
        f"{folder} is not in the package" for folder in ("themes", "sample_data") if not (package / folder).is_dir()
    ]
    if len(list((package / "themes").glob("*.toml"))) < 5:
        found.append("themes are missing")
    given = json.loads(report.read_text(encoding="utf-8"))["reports"]
    judged = sum(grader["scored"] for one in given if "simulated" in one for grader in one["graders"])
    if judged != JUDGED:
        found.append(f"the simulated loop of the demo judged {judged} predictions, not {JUDGED}")
    reports = [one for one in given if "simulated" not in one]
    graded = [
        sum(one["graders"][grader]["scored"] + one["graders"][grader]["errors"] for one in reports)
        for grader in range(5)
    ]
    if graded != [PREDICTIONS] * 5:
        found.append(f"the demo graded {graded} predictions, not {PREDICTIONS} by each of five graders")
    return found


if __name__ == "__main__":
    wrong = problems(Path(sys.argv[1]))
    print("\n".join(wrong) or "themes, sample data and demo: ok")
    sys.exit(1 if wrong else 0)
