"""Compare the runs of a line in Runs: the baseline is chosen from the other groups."""

from __future__ import annotations

from collections.abc import Sequence

from rft_tui.safetext import one_line
from rft_tui.store.run_figures import RunLine
from rft_tui.tui.screens.base import WorkScreen


def compare_line(screen: WorkScreen, line: RunLine, lines: Sequence[RunLine]) -> None:
    """Ask for the baseline, groups on the same dataset first, then open Compare."""
    from rft_tui.tui.screens.pick import Choice, PickScreen

    others = [one for one in lines if one.run is None and not set(one.runs) & set(line.runs)]
    others.sort(key=lambda one: one.group.dataset != line.group.dataset)
    if not others:
        screen.say(
            "there is no other group to compare with: another model, effort or prompt makes one", "state.warning"
        )
        return
    choices = [
        Choice(str(number), one_line(one.group.label, 120), _beside(one, line)) for number, one in enumerate(others)
    ]

    def chosen(value: str | None) -> None:
        if value is not None:
            screen.rft.open_compare([others[int(value)].runs, line.runs])

    title = f"compare {one_line(line.group.label, 60)} with the baseline"
    screen.app.push_screen(PickScreen(title, choices), screen.guarded(chosen))


def _beside(one: RunLine, line: RunLine) -> str:
    return "" if one.group.dataset == line.group.dataset else "another dataset"
