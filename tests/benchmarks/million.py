"""P9 and P2: sort and filter over a large cache, keys meanwhile, and memory afterwards.

``python tests/benchmarks/million.py [PREDICTIONS]``: 1 000 000 predictions unless said, made once.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable

from tests.benchmarks.startup import READABLE
from tests.benchmarks.terminal import Terminal, app, hermetic, median, row
from tests.benchmarks.workspaces import forget_session, workspace

NEEDLE = "heron"

VISIDATA_SORT_S, VISIDATA_FILTER_S = 9.1, 12.1
"""What visidata 3.4 took for a million rows on two cores, for the ratio; at another size it is scaled."""

SIZE = (120, 40)

_FIGURE = re.compile(r"([\d,]+) of ([\d,]+)")


def listed(terminal: Terminal) -> str:
    """How many are listed, as the header says; empty while a list is being read."""
    found = _FIGURE.search(terminal.text)
    return found[1] if found else ""


def first_score(terminal: Terminal) -> str:
    """The score in the first row of the list."""
    return terminal.screen.display[3][:7].strip()


def until_changed(terminal: Terminal, look: Callable[[Terminal], str], act: Callable[[], None]) -> float:
    """Seconds from an action until what is looked at has changed and is not empty."""
    before, began = look(terminal), time.perf_counter()
    act()
    while look(terminal) in ("", before):
        if time.perf_counter() - began > 120:
            raise TimeoutError(terminal.text)
        terminal.settle(0.01, timeout=0.05)
    return time.perf_counter() - began


def key_latency(terminal: Terminal, count: int = 10) -> tuple[float, float]:
    """Median and longest seconds of some keys."""
    found = [terminal.press("j").latency_s for _ in range(count)]
    return median(found), max(found)


def main(predictions: int = 1_000_000) -> None:
    """Measure and print."""
    folder = workspace(predictions)
    forget_session(folder)
    scale = predictions / 1_000_000
    with Terminal(app(folder), SIZE) as terminal:
        terminal.wait_for(READABLE)
        terminal.wait_for(_FIGURE.pattern)
        row(f"{predictions:,} predictions, list complete", f"{time.perf_counter() - terminal.started_at:.2f} s")
        terminal.settle(1.0)
        rest, longest = key_latency(terminal)
        row("key at rest", f"{rest * 1000:.0f} ms", f"most {longest * 1000:.0f} ms")
        terminal.press("g")
        sorting = until_changed(terminal, first_score, lambda: terminal.send("S"))
        row("P9 sort", f"{sorting:.2f} s", f"×{sorting / (VISIDATA_SORT_S * scale):.2f} of visidata")
        terminal.settle(0.5)
        terminal.send("S")
        busy, busiest = key_latency(terminal)
        row("P9 keys while it sorts", f"{busy * 1000:.0f} ms ×{busy / rest:.1f}", f"most {busiest * 1000:.0f} ms")
        terminal.settle(2.0)

        def type_filter() -> None:
            terminal.send("/")
            terminal.settle(0.1)
            for letter in NEEDLE:
                terminal.send(letter)

        filtering = until_changed(terminal, listed, type_filter)
        row("P9 filter", f"{filtering:.2f} s", f"×{filtering / (VISIDATA_FILTER_S * scale):.2f} of visidata")
        terminal.send("enter")
        terminal.settle(1.0)
        row("P2 memory after sort and filter", f"{terminal.rss_mb():.0f} MB")


if __name__ == "__main__":
    with hermetic():
        main(*map(int, sys.argv[1:]))
