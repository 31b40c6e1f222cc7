"""The figures of a job beside its chart: rewards, tokens, errors, times, money, and every grader's own rewards."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean

from rft_tui.analysis.job_alarms import ERROR_SHARE, GAP, WINDOW, Point, reward_gap
from rft_tui.safetext import one_line
from rft_tui.tasks.jobs.curves import JobSeries
from rft_tui.tasks.jobs.job_view import JobView, early_end, trained_tokens
from rft_tui.tui.paint import Line, fit, fit_right, wrap_line
from rft_tui.tui.screens.jobs.words import shown_score
from rft_tui.tui.task_words import duration, money, short_count

LABEL = 18
"""Cells of the names."""

LEAST_CHANGE = 0.005
"""Growth of a series that is worth a word."""


def figures(view: JobView, width: int) -> list[Line]:
    """Every figure that is known; nothing stands there for what was never measured."""
    lines = [*_curves("reward", view.series.train_reward, view.series.valid_reward, view)]
    lines += _curves("loss", view.series.train_loss, view.series.valid_loss, None)
    lines += _curves("accuracy", view.series.train_accuracy, view.series.valid_accuracy, None)
    lines += [_fact(name, value, style) for name, value, style in _facts(view)]
    if not lines:
        lines = wrap_line([("no figures yet", "text.faint")], width)
    note = early_end(view.job, len(view.checkpoints))
    noted = wrap_line([("! ", "state.warning bold"), (note, "state.warning")], width) if note else []
    return [*noted, *lines, *_graders(view, width)]


def _curves(name: str, train: list[Point], valid: list[Point], view: JobView | None) -> list[Line]:
    """The last values of training and validation, and how far they are apart."""
    if not train and not valid:
        return []
    line: Line = [(fit(name, LABEL - 9), "text.dim")]
    if train:
        line += [("━ ", "curve.0 bold"), (f"{shown_score(train[-1][1])} ", "text.normal")]
    if valid:
        line += [("○ ", "curve.1 bold"), (f"{shown_score(valid[-1][1])}", "text.normal")]
    gap = None if view is None else reward_gap(train, valid)
    if gap is not None and view is not None:
        is_wide = gap > GAP * (view.high - view.low)
        line.append(
            (
                f"  gap {shown_score(gap + 0.0).replace('-', '−')}{' !' if is_wide else ''}",
                "state.warning" if is_wide else "text.dim",
            )
        )
    return [line]


def _facts(view: JobView) -> Iterator[tuple[str, str, str]]:
    series = view.series
    for name, points in (
        ("reasoning tokens", series.reasoning_tokens),
        ("completion tokens", series.completion_tokens),
    ):
        if points:
            yield name, f"{points[-1][1]:,.0f}{_change(points)}", "text.normal"
    if series.graders:
        share = error_share(series)
        yield "grader errors", f"{share:.1%}".replace("%", " %"), "state.bad" if share > ERROR_SHARE else "text.normal"
    if series.step_seconds:
        yield "step", duration(series.step_seconds[-1][1]), "text.normal"
    if (tokens := trained_tokens(view.remote)) is not None:
        yield "trained tokens", short_count(tokens), "text.normal"
    if view.cost is not None and not view.job.simulated:
        yield "cost so far", f"about {money(view.cost)}" if view.cost else "nothing", "text.normal"


def error_share(series: JobSeries) -> float:
    """The share of calls that failed at the last steps, of the grader where most did."""
    shares = [
        sum(fmean(value for _step, value in points[-WINDOW:]) for points in grader.errors.values() if points)
        for grader in series.graders.values()
    ]
    return max(shares, default=0.0)


def _change(points: list[Point]) -> str:
    """How much a series has grown from its first steps to its last."""
    count = min(WINDOW, len(points) // 2)
    if not count:
        return ""
    first = fmean(value for _step, value in points[:count])
    last = fmean(value for _step, value in points[-count:])
    if first <= 0 or abs(last - first) < first * LEAST_CHANGE:
        return ""
    return f" ({(last - first) / first * 100:+.0f} %)".replace("-", "−")


def _fact(name: str, value: str, style: str) -> Line:
    return [(fit(name, LABEL), "text.dim"), (value, style)]


def _graders(view: JobView, width: int) -> list[Line]:
    """Training and validation reward of each (child) grader."""
    graders = view.series.graders
    if not graders:
        return []
    room = max(6, width - 14)
    lines: list[Line] = [[], [(fit("graders", room) + fit_right("train", 7) + fit_right("valid", 7), "text.dim")]]
    for name, curves in graders.items():
        train, valid = (points[-1][1] if points else None for points in (curves.train, curves.valid))
        lines.append(
            [
                (fit(one_line(name, 60), room), "text.normal"),
                (fit_right(shown_score(train), 7), "text.normal"),
                (fit_right(shown_score(valid), 7), "text.normal"),
            ]
        )
    return lines
