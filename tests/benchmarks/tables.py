"""P4 and P5: our table over store pages beside Textual's own with 1 000 rows: processor and bytes a key at 120×40.

``python tests/benchmarks/tables.py [PREDICTIONS]``: 1 000 predictions unless said.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.terminal import Terminal, hermetic, python, row
from tests.benchmarks.workspaces import workspace

STOCK = Path(__file__).with_name("app_stock_table.py")
OURS = Path(__file__).with_name("app_plain_table.py")

FILLED = r"^ ?\d{6} "
"""On the screen once rows are there."""

DOWN = 30
PAGES = 10


@dataclass(frozen=True, slots=True)
class Cost:
    """What a key costs on average: processor seconds and bytes."""

    cpu_s: float
    bytes: float


@dataclass(frozen=True, slots=True)
class TableCosts:
    """A cursor moved inside the view, the view scrolled by one row, and turned by a page."""

    down: Cost
    scroll: Cost
    page: Cost


def cost(terminal: Terminal, key: str, count: int) -> Cost:
    """The mean over some presses, what comes late included."""
    before, cpu = terminal.bytes, terminal.cpu_s()
    for _ in range(count):
        terminal.press(key)
    terminal.settle(0.2)
    return Cost((terminal.cpu_s() - cpu) / count, (terminal.bytes - before) / count)


def measure(command: list[str], ready: str, size: tuple[int, int] = (120, 40)) -> TableCosts:
    """The costs of one table."""
    with Terminal(command, size) as terminal:
        terminal.wait_for(ready)
        terminal.settle(0.3)
        rows_below_cursor = terminal.rows - 2
        down = cost(terminal, "down", min(DOWN, rows_below_cursor - 1))
        for _ in range(rows_below_cursor - DOWN + 2):
            terminal.press("down")
        scroll = cost(terminal, "down", DOWN)
        return TableCosts(down, scroll, cost(terminal, "pagedown", PAGES))


def ours(folder: Path, size: tuple[int, int] = (120, 40)) -> TableCosts:
    """Our table alone."""
    return measure(python(OURS, folder), FILLED, size)


def main(predictions: int = 1000) -> None:
    """Measure both and print them."""
    stock = measure(python(STOCK), FILLED)
    own = ours(workspace(predictions))
    row("120×40", "stock, processor", "ours, processor", "stock, bytes", "ours, bytes")
    for name in ("down", "scroll", "page"):
        reference, cost_of = getattr(stock, name), getattr(own, name)
        row(
            f"P4 P5 {name}",
            f"{reference.cpu_s * 1000:.1f} ms",
            f"{cost_of.cpu_s * 1000:.1f} ms ×{cost_of.cpu_s / reference.cpu_s:.2f}",
            f"{reference.bytes:,.0f}",
            f"{cost_of.bytes:,.0f} ×{cost_of.bytes / reference.bytes:.2f}",
        )


if __name__ == "__main__":
    with hermetic():
        main(*map(int, sys.argv[1:]))
