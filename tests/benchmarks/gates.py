"""The gates of bytes and memory, which fail; beside them processor ratios, which people judge.

``python tests/benchmarks/gates.py``: exit status 1 where a gate is passed. Bytes and memory hardly depend on the
machine, so they can be held; times cannot.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from tests.benchmarks import review, startup, tables
from tests.benchmarks.million import until_changed
from tests.benchmarks.terminal import Terminal, app, hermetic, median, python, row
from tests.benchmarks.workspaces import forget_session, workspace

SMALL, LARGE = 1000, 100_000

ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Gate:
    """A figure, its goal, and what it must not pass."""

    name: str
    figure: float
    goal: float
    gate: float
    unit: str

    @property
    def holds(self) -> bool:
        """Whether the gate is kept."""
        return self.figure <= self.gate


def memory_after_work() -> float:
    """P2: most memory in MB of Review over a large cache, after a sort and a filter."""
    folder = workspace(LARGE)
    with Terminal(app(folder), (120, 40)) as terminal:
        terminal.wait_for(startup.READABLE)
        terminal.settle(1.0)
        terminal.send("S")
        terminal.settle(1.0)
        until_changed(terminal, lambda shown: shown.text, lambda: terminal.send("/"))
        for letter in "heron":
            terminal.press(letter)
        terminal.send("enter")
        terminal.settle(1.0)
        return terminal.rss_mb()


def gates() -> list[Gate]:
    """Measure what is gated."""
    folder = workspace(SMALL)
    table = tables.ours(folder)
    forget_session(folder)
    idle_bytes, _share = review.idle(folder, (80, 24))
    return [
        Gate("P5 table, down", table.down.bytes, 450, 450 * 1.3, "bytes"),
        Gate("P5 table, scroll by one", table.scroll.bytes, 400, 400 * 1.3, "bytes"),
        Gate("P5 table, a page", table.page.bytes, 5200, 5200 * 1.3, "bytes"),
        Gate("P6 Review, down, 80×24", review.down(folder, (80, 24)).bytes, 3000, 10_000, "bytes"),
        Gate("P10 idle", idle_bytes, 0, 0, "bytes/s"),
        Gate("P10 beside work, 80×24", review.beside_work(folder, (80, 24)), 2000, 4000, "bytes/s"),
        Gate(f"P2 memory, {LARGE:,} predictions", memory_after_work(), 85, 130, "MB"),
    ]


def ratios() -> None:
    """Print the processor ratios of the start and of the table."""
    folder = workspace(SMALL)
    starts = [(startup.minimal(), startup.review(folder)) for _ in range(ROUNDS)]
    ratio = median(own.cpu_s for _, own in starts) / median(bare.cpu_s for bare, _ in starts)
    row("P1 processor, of a minimal Textual app", f"×{ratio:.2f}", "goal ×1.4, gate ×1.7")
    stock, own = tables.measure(python(tables.STOCK), tables.FILLED), tables.ours(folder)
    for name, bounds in (("down", "goal ×0.6, gate ×0.9"), ("page", "goal ×0.2, gate ×0.3")):
        ratio = getattr(own, name).cpu_s / getattr(stock, name).cpu_s
        row(f"P4 {name}, processor, of the stock table", f"×{ratio:.2f}", bounds)


def main() -> int:
    """Print every gate and ratio; the exit status."""
    found = gates()
    for one in found:
        sign = "" if one.figure <= one.goal else "over the goal" if one.holds else "OVER THE GATE"
        row(one.name, f"{one.figure:,.0f} {one.unit}", f"goal {one.goal:,.0f}", f"gate {one.gate:,.0f}", sign)
    ratios()
    return 0 if all(one.holds for one in found) else 1


if __name__ == "__main__":
    with hermetic():
        status = main()
    sys.exit(status)
