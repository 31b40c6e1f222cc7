"""P14 and P15: typing in a python grader, and how soon its new scores are on the screen.

``python tests/benchmarks/editing.py [PRESSES]``. In its last line a digit of the score is typed and taken away,
so that every press changes all scores of the probe set of 100 real predictions; a plain TextArea with the same text is
typed into beside it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from rft_tui.demo import make_demo
from rft_tui.graders.spec import score_rule
from rft_tui.store.database import Store
from rft_tui.store.graders import save_version
from tests.benchmarks.terminal import Press, Terminal, app, hermetic, median, python, row
from tests.benchmarks.workspaces import forget_session, workspace

SIZES = ((80, 24), (120, 40))

LINES = (200, 2000)

END, BACKSPACE = "\x1b[1;5F", "\x7f"
"""To the end of the text; take a letter away."""

NAME = "typed"


def source(lines: int) -> str:
    """A grader of so many lines whose score is in its last one."""
    body = "".join(f"    # step {number}: what is looked at here\n" for number in range(lines - 2))
    return f"def grade(sample, item):\n{body}    return 0.5"


def with_grader(folder: Path, lines: int) -> None:
    """Let the workspace have such a grader as its newest."""
    spec = {"type": "python", "name": NAME, "source": source(lines)}
    store = Store(folder / ".rft" / "cache.db")
    with store.write() as db:
        db.execute("DELETE FROM draft")
        save_version(db, NAME, spec, score_rule(spec))
    store.close()


def opened(folder: Path, size: tuple[int, int]) -> Terminal:
    """The grader in the editor, the cursor at its end, its scores on the screen."""
    forget_session(folder)
    terminal = Terminal(app(folder), size)
    terminal.wait_for("3 Review")
    terminal.send("4")
    terminal.wait_for("4 Graders.*lint")
    terminal.send("G")
    terminal.wait_for(rf"{NAME} v\d")
    terminal.send("enter")
    terminal.wait_for("typing")
    terminal.send(END)
    terminal.settle(1.0)
    return terminal


def scores(folder: Path, size: tuple[int, int], presses: int) -> list[tuple[float, float]]:
    """P14: seconds from a key to the first new score on the screen, and to the figures of the whole probe set."""
    found = []
    with opened(folder, size) as terminal:
        terminal.wait_for(r"mean \.50 → \.50")
        for number in range(presses):
            key, score = (BACKSPACE, "50") if number % 2 else ("1", "51")
            sent = time.perf_counter()
            terminal.send(key)
            visible = terminal.wait_for(rf"\.50   \.{score} ") - sent
            found.append((visible, terminal.wait_for(rf"(?<!new   )mean \.50 → \.{score}") - sent))
            terminal.settle()
    return found


def typing(terminal: Terminal, presses: int) -> list[Press]:
    """P15: what a letter costs while one types fast: the scores follow after a pause, which is not waited for."""
    return [terminal.press("x") for _ in range(presses)]


def _figures(times: list[tuple[float, float]], which: int) -> tuple[str, str]:
    """The median, and what 95 of 100 stay below."""
    ordered = sorted(one[which] for one in times)
    late = ordered[round(0.95 * (len(ordered) - 1))]
    return f"{median(ordered) * 1000:.0f} ms", f"p95 {late * 1000:.0f} ms"


def main(presses: int = 40) -> None:
    """Measure and print."""
    folder = workspace(1000)
    with tempfile.TemporaryDirectory() as name:
        demo = Path(name) / "demo"
        make_demo(demo, lambda _text: None).store.close()
        with_grader(demo, LINES[0])
        for size in SIZES:
            times = scores(demo, size, presses)
            shown = [f"{said} {figure}" for at, said in enumerate(("visible", "all")) for figure in _figures(times, at)]
            row(f"P14 key to new scores, {size[0]}×{size[1]}", *shown, f"{presses} presses")
    for lines in LINES:
        with_grader(folder, lines)
        with tempfile.TemporaryDirectory() as name:
            text = Path(name) / "grader.py"
            text.write_text(source(lines), encoding="utf-8")
            with Terminal(python(Path(__file__).with_name("app_text_area.py"), text)) as terminal:
                terminal.wait_for("return 0.5")
                terminal.settle(0.5)
                plain = typing(terminal, presses)
        with opened(folder, (120, 40)) as terminal:
            ours = typing(terminal, presses)
        ratio = median(one.cpu_s for one in ours) / median(one.cpu_s for one in plain)
        sent = median(one.bytes for one in ours)
        row(
            f"P15 a letter, {lines:,} lines",
            f"{median(one.cpu_s for one in ours) * 1000:.1f} ms ×{ratio:.2f}",
            f"{sent:.0f} B",
        )


if __name__ == "__main__":
    with hermetic():
        main(*map(int, sys.argv[1:]))
