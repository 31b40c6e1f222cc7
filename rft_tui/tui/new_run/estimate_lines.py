"""What a plan comes to, as lines: requests, what is known, tokens, money, warnings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from rft_tui.safetext import one_line
from rft_tui.tui.paint import Line, wrap_line
from rft_tui.tui.task_words import about_cost, counted, short_count

if TYPE_CHECKING:
    from rft_tui.tasks.predicting.planning import PredictPlan


ON_ONE_LINE = 60
"""Cells from which the parts stand one behind the other."""


def estimate_lines(made: PredictPlan, width: int, *, is_old: bool = False) -> list[Line]:
    """The estimate; dim while a newer one is being made."""
    style = "text.dim" if is_old else "text.normal"
    figures = made.estimate
    runs: Line = [(f"{counted(len(made.runs), 'run')} × {counted(made.items, 'item')}", "text.dim")]
    asked: Line = [(counted(made.requests, "request"), f"{style} bold"), (f" · {made.known:,} known already", style)]
    if made.requests:
        tokens = f"about {short_count(figures.input_tokens)} tokens in, {short_count(figures.output_tokens)} out"
        parts = [
            runs,
            asked,
            [(tokens, style)],
            [(about_cost(figures.cost), "state.warning" if figures.cost is None else f"{style} bold")],
        ]
    else:
        parts = [runs, asked, [("nothing to pay", style)]]
    lines: list[Line] = []
    if width < ON_ONE_LINE:
        lines += parts
    else:
        line = [span for part in parts for span in [(" · ", "text.faint"), *part]][1:]
        lines += wrap_line(line, width)
    for warning in _warnings(made):
        lines += wrap_line([("! ", "state.warning bold"), (one_line(warning, 300), "state.warning")], width)
    for note in figures.notes:
        lines += wrap_line([(one_line(note, 300), "text.dim")], width)
    return lines


def _warnings(made: PredictPlan) -> Iterator[str]:
    """What the plan warns of, and announced ends of its models that it does not name."""
    from rft_tui.providers.models import retirement

    yield from made.warnings
    today = date.today()
    for model in dict.fromkeys(run.key.model for run in made.runs) if not made.profile.is_simulated else ():
        if (said := retirement(model, today)) and said not in made.warnings:
            yield said
