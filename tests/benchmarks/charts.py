"""P16: what it costs to draw four curves of 2 000 points again, against plotext in Textual.

``python tests/benchmarks/charts.py [PRESSES]``. Each press draws other points everywhere. Where plotext 5 is not there
(``pip install "plotext<6"``) ours stands beside an earlier measurement, of another machine and other curves.
"""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.benchmarks.terminal import Press, Terminal, hermetic, median, python, row

GOAL_CPU, GOAL_BYTES = 0.12, 0.55

REFERENCE = (0.394, 34_000.0)
"""Processor seconds and bytes of plotext 5.3 in Textual 8.2 at 120×40, measured in November 2026."""

SIZES = ((120, 40), (80, 24))


def is_there() -> bool:
    """Whether plotext 5 can be imported; from version 6 on it is another program."""
    try:
        return version("plotext").startswith("5.")
    except PackageNotFoundError:
        return False


def measure(program: str, size: tuple[int, int], presses: int) -> tuple[float, float]:
    """Processor seconds and bytes of drawing again, as medians."""
    with Terminal(python(Path(__file__).with_name(program)), size) as terminal:
        terminal.wait_for("version 0")
        terminal.settle(0.5)
        found: list[Press] = [terminal.press("n", until=f"version {(number + 1) % 2}") for number in range(presses)]
    return median(one.cpu_s for one in found), median(one.bytes for one in found)


def main(presses: int = 20) -> None:
    """Measure and print."""
    for size in SIZES:
        ours = measure("app_chart.py", size, presses)
        if is_there():
            other, name = measure("app_plotext.py", size, presses), "plotext"
        else:
            other, name = REFERENCE, "plotext, earlier"
        where = f"{size[0]}×{size[1]}"
        row(f"P16 four curves × 2,000, ours, {where}", f"{ours[0] * 1000:.1f} ms", f"{ours[1]:,.0f} B")
        row(f"P16 the same, {name}, {where}", f"{other[0] * 1000:.1f} ms", f"{other[1]:,.0f} B")
        row(
            f"P16 ratio (goals ×{GOAL_CPU}, ×{GOAL_BYTES})",
            f"×{ours[0] / other[0]:.2f}",
            f"×{ours[1] / other[1]:.2f}",
        )


if __name__ == "__main__":
    with hermetic():
        main(*map(int, sys.argv[1:]))
