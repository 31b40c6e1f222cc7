"""The header of Review: whose predictions, which grader, the filter, score bands as a strip, mean and counts."""

from __future__ import annotations

from rft_tui.model import Band, ScoreRule
from rft_tui.safetext import one_line
from rft_tui.store.filters import band_limits
from rft_tui.store.summary import BINS, ScoreSummary
from rft_tui.tui.paint import Line
from rft_tui.tui.screens.review.item import BLOCKS, ItemView, band_words
from rft_tui.tui.screens.review.state import ReviewContext, ReviewState


def what_is_read(context: ReviewContext, workspace: str, *, narrow: bool) -> Line:
    """Workspace, runs, grader with the threshold that stands on screen."""
    line: Line = [] if narrow else [(one_line(workspace, 24), "text.accent bold"), (" · ", "text.dim")]
    groups = context.shown_groups
    if not groups:
        line.append(("no predictions yet", "text.dim"))
    elif len(groups) == 1:
        line.append((one_line(groups[0].label, 48), "text.normal"))
    else:
        runs = sum(len(group.runs) for group in groups)
        models = len({group.model for group in groups})
        line.append(
            (
                f"{models} models · {runs} runs" if models > 1 else f"{one_line(groups[0].model, 32)} ×{runs}",
                "text.normal",
            )
        )
    if context.is_judged_by_simulation or any(group.simulated for group in groups):
        line.append((" SIMULATED", "state.warning bold"))
    if context.grader is not None:
        line += [(" · ", "text.dim"), (one_line(context.grader.name, 28), "text.normal")]
        if not narrow:
            line.append((f"@{context.grader.version[:4]}", "text.dim"))
        line += _threshold(context)
        if context.grader.is_external and not narrow:
            line.append((" external", "state.info"))
    return line


def _threshold(context: ReviewContext) -> Line:
    selection, rule = context.selection, context.selection.rule
    line: Line = [(f" ≥ {selection.threshold:.2f}", "text.normal")]
    if rule.pass_threshold is None and selection.threshold == rule.shown_threshold:
        line.append((" default", "text.faint"))
    elif rule.pass_threshold is not None and selection.threshold != rule.pass_threshold:
        line.append((" moved", "state.warning"))
    return line


def filter_words(state: ReviewState, notes: tuple[str, ...]) -> Line:
    """The filter and the order."""
    line: Line = [(f" /{one_line(state.query, 40)}", "state.warning" if state.query else "text.dim")]
    if state.sort not in ("score", "list") or state.descending:
        way = "" if state.sort in ("usefulness", "random") else "↓" if state.descending else "↑"
        line.append((f" {way}{state.sort}", "text.dim"))
    if notes:
        line.append((" !", "state.warning bold"))
    return line


def figures(summary: ScoreSummary | None, view: ItemView, count: int | None, *, narrow: bool) -> Line:
    """The strip of bands, how many are listed of all, and the mean with its standard error."""
    if summary is None:
        return [(f"{count:,}" if count is not None else "…", "text.dim")]
    line: Line = [*band_strip(summary, view, narrow=narrow), ("  ", "text.dim")]
    line.append((f"{count:,}" if count is not None else "…", "text.normal bold"))
    line.append((f" of {summary.graded:,}", "text.dim"))
    mean = summary.mean
    if mean.mean is not None:
        line += [(" · " if narrow else " · mean ", "text.dim"), (f"{mean.mean:.2f}", "text.normal")]
        if mean.standard_error is not None:
            line.append((f" ± {mean.standard_error:.2f}", "text.dim"))
    if summary.errors and not narrow:
        line += [(" · ", "text.dim"), (f"{summary.errors:,} err", "state.bad")]
    return line


def band_strip(summary: ScoreSummary, view: ItemView, *, narrow: bool) -> Line:
    """Bars of the histogram, grouped by band from off-base to full marks; heights are square roots of counts."""
    highest = max([*summary.counts, 1])
    full = summary.bands.get(Band.FULL, 0)
    line: Line = []
    for band in (Band.OFF_BASE, Band.PARTIAL, Band.FORMATTING, Band.FULL):
        if narrow:
            line.append(("│" if line else "", "surface.rule"))
        else:
            line.append((f"{' │ ' if line else ''}{band_words(band)} ", "text.dim"))
        bars = [full] if band is Band.FULL else _bins(summary, band, view, full)
        line += [("".join(_bar(count, highest) for count in bars), f"band.{band.value}")]
    return line


def _bins(summary: ScoreSummary, band: Band, view: ItemView, full: int) -> list[int]:
    low, high = band_limits(band, view.edges, view.rule)
    counts = list(summary.counts)
    counts[-1] = max(0, counts[-1] - full)
    width = _width(view.rule)
    return [count for number, count in enumerate(counts) if low <= view.rule.low + (number + 0.5) * width < high]


def _width(rule: ScoreRule) -> float:
    return ((rule.high - rule.low) or 1.0) / BINS


def _bar(count: int, highest: int) -> str:
    if count == 0:
        return " "
    return BLOCKS[max(0, min(7, round((count / highest) ** 0.5 * 7)))]
