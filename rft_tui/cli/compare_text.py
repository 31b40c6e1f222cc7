"""A comparison as lines for people: means with small bars, differences, changes, what has to be said beside them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rft_tui.analysis.detectable import effect_words
from rft_tui.cli.text import Column, counted, table
from rft_tui.safetext import one_line
from rft_tui.tasks.reporting.words import score, signed

if TYPE_CHECKING:
    from rft_tui.analysis.intervals import Interval
    from rft_tui.analysis.model_mean import ModelMean
    from rft_tui.model import ScoreRule
    from rft_tui.tasks.comparing.by_grader import GraderCell, GraderTable
    from rft_tui.tasks.comparing.comparison import Comparison, ItemChange, OperandFigures, PairFigures
    from rft_tui.tasks.comparing.hacking import HackingPanel
    from rft_tui.tasks.comparing.without import PairWithout

WIDTH = 80
"""Cells of a line."""

BAR = 18
"""Cells of a bar."""

SHOWN = 5
"""Regressions and improvements that are shown."""

_LABEL = 20


def comparison_lines(comparison: Comparison) -> list[str]:
    """All lines of a comparison."""
    graders = ", ".join(one.label for one in comparison.graders)
    gone = len({row for one in comparison.left_out for row in (*one.missing, *one.ungraded, *one.errors)})
    left_out = f", {gone:,} left out" if gone else ""
    lines = _wrapped(f"{counted(len(comparison.items), 'item')} in common{left_out} · scores of {graders}", "")
    lines += ["", *_means(comparison)]
    for pair in comparison.pairs:
        lines += ["", *_pair(comparison, pair)]
    for title, changes in (
        ("regression", [(pair, pair.regressions) for pair in comparison.pairs]),
        ("improvement", [(pair, pair.improvements) for pair in comparison.pairs]),
    ):
        for pair, every in changes:
            if every:
                lines += ["", *_changes(comparison, pair, title, every)]
    notes = [line for note in comparison.notes for line in _wrapped(note.text, "! " if note.is_warning else "· ")]
    return [*lines, *([""] if notes else []), *notes]


def _means(comparison: Comparison) -> list[str]:
    low, high = comparison.rule.low, comparison.rule.high
    scale = f"{low:g}".replace("-", "−").ljust(BAR - len(f"{high:g}")) + f"{high:g}"
    columns = [
        Column("", limit=_LABEL), Column("runs", right=True), Column("mean", right=True), Column("95 % interval"),
        Column(scale),
    ]  # fmt: skip
    lines = table(columns, [_mean_cells(one, comparison.rule) for one in comparison.operands])
    if (without := comparison.without) is None:
        return lines
    means = (
        f"{one.label} {score(None if mean is None else mean.mean)}"
        for one, mean in zip(comparison.operands, without.means, strict=True)
    )
    return [*lines, *_wrapped(f"{without.words}: {', '.join(means)}", "")]


def _mean_cells(one: OperandFigures, rule: ScoreRule) -> tuple[object, ...]:
    if one.mean is None:
        return one.label, one.runs, "–", "–", ""
    error = "" if one.mean.standard_error is None else f" ± {one.mean.standard_error:.3f}"
    return one.label, one.runs, f"{score(one.mean.mean)}{error}", _interval(one.mean.clipped), bar(one.mean, rule)


def bar(mean: ModelMean, rule: ScoreRule, width: int = BAR) -> str:
    """A mean (●) with its interval (├─┤) on a line over the range."""
    cells = ["·"] * width

    def at(score: float) -> int:
        share = (score - rule.low) / ((rule.high - rule.low) or 1.0)
        return round(min(max(share, 0.0), 1.0) * (width - 1))

    if (interval := mean.clipped) is not None:
        first, last = at(interval.low), at(interval.high)
        cells[first : last + 1] = ["─"] * (last - first + 1)
        cells[first], cells[last] = "├", "┤"
    cells[at(mean.mean)] = "●"
    return "".join(cells)


def _interval(interval: Interval | None, digits: int = 3, *, with_sign: bool = False) -> str:
    said = signed if with_sign else score
    return "–" if interval is None else f"[{said(interval.low, digits)}, {said(interval.high, digits)}]"


def _pair(comparison: Comparison, pair: PairFigures) -> Iterator[str]:
    paired = pair.paired
    first, second = comparison.operands[pair.first].label, comparison.operands[pair.second].label
    yield one_line(f"{second} − {first}", WIDTH)
    yield from _difference("difference", comparison, pair)
    yield from _without(comparison, pair)
    losses = f"{paired.losses:,} loss{'' if paired.losses == 1 else 'es'}"
    counts = f"{counted(paired.wins, 'win')}, {paired.ties:,} tie{'' if paired.ties == 1 else 's'}, {losses}"
    yield f"  {counts} (a tie: at most {paired.tie:.3g})"
    if paired.smallest_detectable is not None:
        fixes = " or ".join(fix.words for fix in pair.fixes[:2])
        said = f"smallest detectable difference {effect_words(paired.smallest_detectable)}" + (
            f"; {fixes}" if fixes else ""
        )
        yield from _wrapped(said, "  ")
    adjusted = pair.length_adjusted
    if adjusted is not None and adjusted.at_equal_length is not None:
        equal = adjusted.at_equal_length
        said = f"at equal length {signed(equal.value, 4)} {_interval(equal.interval, 4, with_sign=True)}"
        yield from _wrapped(said + (f"; {adjusted.extrapolation}" if adjusted.extrapolation else ""), "  ")


def _without(comparison: Comparison, pair: PairFigures) -> Iterator[str]:
    """The second line of a pair: the same without the items that a filter finds."""
    if (without := comparison.without) is None:
        return
    for one in without.pairs:
        if one.second == pair.second:
            yield from _difference(f"{without.words}:", comparison, one)


def _difference(head: str, comparison: Comparison, pair: PairFigures | PairWithout) -> Iterator[str]:
    """A difference with its interval, and its p values behind it or below."""
    said = f"{head} {signed(pair.paired.difference, 4)} {_interval(pair.paired.interval, 4, with_sign=True)}"
    p_values = _p_values(comparison, pair)
    if len(said) + len(p_values) + 4 <= WIDTH:
        yield f"  {said}  {p_values}".rstrip()
    else:
        yield from (*_wrapped(said, "  "), *_wrapped(p_values, "  "))


def _p_values(comparison: Comparison, pair: PairFigures | PairWithout) -> str:
    parts = []
    if pair.paired.p_t is not None:
        parts.append(f"t {_p(pair.paired.p_t)}")
    if pair.sign_flip is not None:
        parts.append(f"flip {_p(pair.sign_flip.p)}")
    if pair.paired.mcnemar_p is not None:
        parts.append(f"McNemar {_p(pair.paired.mcnemar_p)}")
    if pair.p_adjusted is not None and len(comparison.pairs) > 1:
        parts.append(f"Holm of {len(comparison.pairs)} {_p(pair.p_adjusted)}")
    return f"p: {', '.join(parts)}" if parts else ""


def _p(value: float) -> str:
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def _changes(comparison: Comparison, pair: PairFigures, title: str, changes: Sequence[ItemChange]) -> Iterator[str]:
    of_pair = f" of {comparison.operands[pair.second].label}" if len(comparison.pairs) > 1 else ""
    more = f", the first {SHOWN}" if len(changes) > SHOWN else ""
    yield one_line(f"{counted(len(changes), title)}{of_pair}{more}", WIDTH)
    columns = [
        Column("change", right=True), Column("before", right=True), Column("after", right=True),
        Column("item", limit=20), Column("question", limit=30),
    ]  # fmt: skip
    rows = [
        (signed(one.difference), score(one.before), score(one.after), one.place, one.question)
        for one in changes[:SHOWN]
    ]
    yield from (f"  {line}" for line in table(columns, rows))


def _wrapped(text: str, first: str) -> list[str]:
    return textwrap.wrap(
        one_line(text, 2000), WIDTH, initial_indent=first, subsequent_indent=" " * len(first), break_on_hyphens=False
    )


def table_lines(grid: GraderTable) -> list[str]:
    """Models × graders: means, and differences to the baseline with their adjusted p."""
    trained = "" if not grid.is_trained_known else f"; trained by {grid.graders[grid.trained].label}"
    lines = _wrapped(f"means by grader, changes from {grid.models[0].label}{trained}", "")
    rows = [
        (grader.label, model.label, *_cell(grid.cells[number][place]))
        for place, grader in enumerate(grid.graders)
        for number, model in enumerate(grid.models)
    ]
    columns = [
        Column("grader", limit=21), Column("", limit=15), Column("mean", right=True),
        Column("change", right=True), Column("95 % interval"), Column("p BH", right=True),
    ]  # fmt: skip
    lines += table(columns, rows)
    return lines + [line for one in grid.findings for line in _wrapped(one.text, "! ")]


def _cell(cell: GraderCell) -> tuple[str, ...]:
    mean = "–" if cell.mean is None else score(cell.mean.mean)
    if cell.paired is None:
        return mean, "", "", ""
    p = "" if cell.p_adjusted is None else _p(cell.p_adjusted)
    return mean, signed(cell.paired.difference), _interval(cell.paired.interval, with_sign=True), p


def hacking_lines(panel: HackingPanel, comparison: Comparison) -> list[str]:
    """The signs of reward hacking, flags marked."""
    flagged = "flagged" if panel.is_flagged else "nothing is flagged"
    lines = _wrapped(f"reward hacking: {flagged} · grader {panel.proxy}, gold {panel.gold}", "")
    if panel.divergence.result is None:
        lines += _wrapped(f"best of k against gold cannot be told: {panel.divergence.said}", "· ")
    unseen = {
        (comparison.operands[pair.second].label, change.pattern)
        for pair in panel.pairs
        for change in pair.changes
        if not change.before and not change.after
    }
    for label, signs in (
        ("", panel.grader_signs),
        *((comparison.operands[pair.second].label, pair.signs) for pair in panel.pairs),
    ):
        for sign in signs.signs:
            if sign.pattern is not None and (label, sign.pattern) in unseen:
                continue
            examples = f" (predictions {', '.join(sign.examples)})" if sign.examples else ""
            said = f"{label}: {sign.sentence}{examples}" if label else f"{sign.sentence}{examples}"
            lines += _wrapped(said, "! " if sign.is_flagged else "· ")
            if sign.is_flagged:
                lines += _wrapped(f"look at {sign.look_at}", "    ")
    return lines
