"""What ``rft-tui grader bench`` says to people: a table, the evidence of failures, and what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rft_tui.cli import text
from rft_tui.cli.text import Column, counted, table
from rft_tui.graders.bench.rules import PROBES, expected_text
from rft_tui.safetext import one_line
from rft_tui.tasks.bench_document import variance_json

if TYPE_CHECKING:
    from rft_tui.graders.engine import LocalGrader
    from rft_tui.tasks.bench import BenchReport, ProbeResult, Scored

SHOWN_FAILURES = 3
"""Failures of one probe, or of the orderings, that are shown."""

_EVIDENCE = 160
_TEXT = 50
_COLUMNS = (
    Column("probe"), Column("item", limit=24), Column("expected", limit=28), Column("score", right=True, limit=20),
    Column("ok"),
)  # fmt: skip


def report_lines(
    grader: LocalGrader, report: BenchReport, limits: Mapping[str, float], *, show_all: bool = False
) -> list[str]:
    """A report as lines; no line is longer than the cells and texts that are cut for it."""
    mark = "  SIMULATED" if report.simulated else ""
    held = report.checks - report.failures
    said = "sound" if report.ok else "nothing was checked" if not report.checks else "not sound"
    lines = [f"{grader.name}@{grader.version[:4]} ({grader.type}){mark}: {said}, {held:,} of {report.checks:,} hold"]
    if report.probes:
        lines += ["", *table(_COLUMNS, _rows(report.probes, limits, show_all=show_all))]
    evidence = list(_evidence(report, show_all=show_all))
    if evidence:
        lines += ["", "Evidence", *evidence]
    for (probe, reason), count in report.skipped.items():
        lines.append(f"skipped: {probe} for {counted(count, 'item')}: {reason}")
    if (variance := variance_json(report)) is not None:
        varied = f"{variance['varied']:,} of {counted(variance['answers'], 'score')} vary"
        mean, most = text.score(variance["mean_spread"]), text.score(variance["largest_spread"])
        lines.append(f"asked {variance['repeats']} times: {varied}, by {mean} on average, {most} at most")
    return lines


def _rows(
    results: Sequence[ProbeResult], limits: Mapping[str, float], *, show_all: bool
) -> Iterator[tuple[str, str, str, str, str]]:
    """One row for each probe over all its items, and behind it the items where it does not hold."""
    for probe in PROBES:
        of_probe = [one for one in results if one.probe == probe]
        if not of_probe:
            continue
        failed = [one for one in of_probe if not one.ok]
        good = len(of_probe) - len(failed)
        scores = [one.scored.score for one in of_probe if one.scored.score is not None]
        span = f"{min(scores):.3f} – {max(scores):.3f}" if scores else "–"
        expected = expected_text(probe, limits, of_probe[0].bound.text)
        yield probe, f"{good:,} of {len(of_probe):,} hold", expected, span, _word(not failed)
        shown = of_probe if show_all else failed[:SHOWN_FAILURES]
        for one in shown:
            score = one.scored.error.kind if one.scored.error is not None else text.score(one.scored.score)
            yield probe, one.item[:8], one.bound.text, score, _word(one.ok)
        if len(failed) > SHOWN_FAILURES and not show_all:
            yield probe, f"and {len(failed) - SHOWN_FAILURES:,} more", "", "", "no"


def _evidence(report: BenchReport, *, show_all: bool) -> Iterator[str]:
    most = len(report.probes) if show_all else SHOWN_FAILURES
    for probe in PROBES:
        failed = [one for one in report.probes if one.probe == probe and not one.ok]
        for one in failed[:most]:
            yield f"  {probe} {one.item[:8]}: {_answered(one)}"
    broken = [one for one in report.orderings if one.inverted]
    for ordering in broken if show_all else broken[:SHOWN_FAILURES]:
        yield f"  ordering {one_line(ordering.item, _TEXT)}"
        for place, answer in enumerate(ordering.answers):
            note = "  ← not more than the next" if place in ordering.inverted else ""
            yield f"    {place + 1}. {_given(answer)} {one_line(answer.answer, _TEXT)}{note}"
    for finding in report.examples:
        if not finding.ok:
            pair = _pair(finding.example.reference, finding.example.answer)
            where = f"{one_line(finding.example.place, _TEXT)}, line {finding.example.line}"
            yield f"  example, {finding.check}: {pair} ({where})"
            yield f"    {one_line(finding.evidence, _EVIDENCE)}"
    for judged in report.judged:
        if not judged.ok:
            pair = _pair(judged.example.reference, judged.example.answer)
            stated = text.score(judged.example.stated)
            yield f"  example, judge: {pair}: {stated} is stated, the judge gives {_given(judged.scored)}"


def _pair(reference: str, answer: str) -> str:
    return f"{one_line(answer, _TEXT)} for {one_line(reference, _TEXT)}"


def _answered(one: ProbeResult) -> str:
    """What was answered for what, and what the grader said of it."""
    said = _pair(one.reference, one.scored.answer or "(nothing)")
    if one.scored.error is not None:
        said += f" | {one.scored.error.kind}: {one.scored.error.message}"
    elif one.scored.step:
        said += f" | {one.scored.step}"
    return one_line(said, _EVIDENCE)


def _given(scored: Scored) -> str:
    return text.score(scored.score) if scored.error is None else one_line(scored.error.message, _EVIDENCE)


def _word(ok: bool) -> str:
    return "yes" if ok else "no"
