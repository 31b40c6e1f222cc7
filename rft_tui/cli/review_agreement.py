"""``rft-tui review agreement``: a grader held against a person, or reviewers against one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from rft_tui.cli.choose import known_grader
from rft_tui.cli.console import Calling, command
from rft_tui.cli.review_filter import let_stand
from rft_tui.cli.reviewers import check_reviewers
from rft_tui.cli.text import Column, counted, score, share, table
from rft_tui.errors import UsageError
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line

if TYPE_CHECKING:
    from rft_tui.analysis.agreement import Agreement, Measured
    from rft_tui.analysis.intervals import Interval
    from rft_tui.analysis.least_squares import Coefficient
    from rft_tui.tasks.reviewing.grader_agreement import GraderAgreement
    from rft_tui.tasks.reviewing.reviewer_agreement import PairAgreement, ReviewersAgreement

KAPPA = "\N{GREEK SMALL LETTER KAPPA}"
ALPHA = "\N{GREEK SMALL LETTER ALPHA}"


@command
@click.option("--grader", metavar="G", help="Hold this grader against a person (default: reviewers with each other).")
@click.option("--reviewer", metavar="R", help="The person to hold it against (default: you).")
@click.option("--run", "runs", metavar="R", multiple=True, help="Only these runs: ids or model names; repeat it.")
def agreement(calling: Calling, grader: str | None, reviewer: str | None, runs: tuple[str, ...]) -> None:
    """Say how far a grader agrees with a person, or reviewers with one another, and keep where they do not.

    With --grader: by the random calibration sample only (key C in Review); where the two disagree, in the sample or
    not, is kept as list:disagreements. Without: every pair of reviewers on what both called right or wrong; where they
    disagree is kept as list:reviewers.
    """
    from rft_tui.store.runs import resolve_runs

    workspace = calling.workspace()
    let_stand(workspace)
    with workspace.store.read() as db:
        chosen = resolve_runs(db, runs) if runs else None
    if reviewer is not None and grader is None:
        raise UsageError("--reviewer is about a grader and one person", hint="Say which grader with --grader G.")
    if reviewer is not None:
        check_reviewers(calling, [reviewer])
    if grader is None:
        from rft_tui.tasks.reviewing.reviewer_agreement import keep_reviewer_disagreements, reviewer_agreement

        people = reviewer_agreement(workspace.store, chosen)
        keep_reviewer_disagreements(workspace.store, people)
        if calling.as_json:
            calling.emit(people_json(people))
        else:
            _show_people(calling, people)
        return
    from rft_tui.tasks.reviewing.grader_agreement import grader_agreement, keep_disagreements

    found = grader_agreement(workspace.store, known_grader(calling, grader), reviewer or workspace.reviewer, chosen)
    keep_disagreements(workspace.store, found)
    if calling.as_json:
        calling.emit(grader_json(found))
    else:
        _show_grader(calling, found)


def grader_json(found: GraderAgreement) -> JsonObject:
    """The figures of a grader and a person as commands give them."""
    ranking, scores, mean = found.ranking, found.scores, found.mean
    line = None if scores is None or scores.by_length is None else scores.by_length.slope
    return {
        "grader": {"name": found.grader, "version": found.version},
        "reviewer": found.reviewer,
        "judged": found.judged,
        "items": found.items,
        "sample": found.sample,
        "left_out": dict(found.left_out),
        **agreement_json(found.labels),
        "weighted_kappa": measured_json(found.weighted),
        "ranking": None
        if ranking is None or ranking.accuracy is None
        else {"value": ranking.accuracy, "ci": _interval(ranking.interval), "pairs": ranking.pairs},
        "bias": None if scores is None else _coefficient(scores.bias),
        "bias_by_length": None if line is None else _coefficient(line),
        "limits": None if scores is None else _interval(scores.limits),
        "mean_absolute_error": None if scores is None else scores.mean_absolute_error,
        "calibration_bins": [] if scores is None else [asdict(one) for one in scores.bins],
        "corrected_mean": None
        if mean is None
        else {
            **_coefficient(mean.corrected),
            "weight": mean.weight,
            "labels_only": _coefficient(mean.labels_only),
            "grader_only": _coefficient(mean.judge_only),
        },
        "corrected_pass_rate": None
        if found.pass_rate is None
        else {
            "value": found.pass_rate.share,
            "ci": _interval(found.pass_rate.interval),
            "grader": found.pass_rate.judged,
        },
        "worth": None if found.worth is None else asdict(found.worth),
        "list": "disagreements",
        "disagreements": list(found.disagreements),
        "notes": list(found.notes),
        **({"simulated": True} if found.simulated else {}),
    }


def people_json(found: ReviewersAgreement) -> JsonObject:
    """The figures of reviewers as commands give them."""
    return {
        "reviewers": dict(found.reviewers),
        "alpha": measured_json(found.alpha),
        "pairs": [
            {
                "a": pair.one,
                "b": pair.other,
                **agreement_json(pair.everything),
                "calibration": None if pair.calibration is None else agreement_json(pair.calibration),
                "disagreements": list(pair.disagreements),
            }
            for pair in found.pairs
        ],
        "left_out": dict(found.left_out),
        "list": "reviewers",
        "disagreements": list(found.disagreements),
        **({"simulated": True} if found.simulated else {}),
    }


def agreement_json(found: Agreement | None) -> JsonObject:
    """Labels of two raters as commands give them; null where there is no pair."""
    if found is None:
        return {"pairs": 0, "table": None, "agreement": None, "kappa": None, "base_rates": None}
    return {
        "pairs": found.pairs,
        "table": {"labels": list(found.table.labels), "counts": [list(row) for row in found.table.counts]},
        "agreement": measured_json(found.raw),
        "kappa": measured_json(found.kappa),
        "base_rates": [list(rates) for rates in found.table.base_rates],
    }


def measured_json(found: Measured | None) -> JsonObject | None:
    """A figure with its interval as commands give it."""
    return None if found is None else {"value": found.value, "ci": _interval(found.interval)}


def _coefficient(found: Coefficient) -> JsonObject:
    return {"value": found.value, "se": found.standard_error, "ci": _interval(found.interval)}


def _interval(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]


def _figure(value: float | None, interval: Interval | None) -> str:
    if value is None or interval is None:
        return score(value)
    return f"{_number(value)} ({_number(interval.low)} to {_number(interval.high)})"


def _number(value: float) -> str:
    """A figure in three decimals, none of them below zero where it rounds to zero."""
    return f"{round(value, 3) + 0.0:.3f}".replace("-", "\N{MINUS SIGN}")


def _table_lines(found: Agreement, rows: str, columns: str) -> list[str]:
    labels = found.table.labels
    heads = [Column(f"{one_line(rows, 24)} \\ {one_line(columns, 24)}"), *(Column(one, right=True) for one in labels)]
    return table(heads, [(label, *counts) for label, counts in zip(labels, found.table.counts, strict=True)])


def _label_lines(found: Agreement | None, rows: str, columns: str) -> list[str]:
    if found is None:
        return []
    return [
        *_table_lines(found, rows, columns),
        f"same: {_share(found.raw)} of {found.pairs:,}; {_kappa(found)}",
    ]


def _kappa(found: Agreement) -> str:
    """κ, or why there is none."""
    from rft_tui.tasks.reviewing.enough import FEWEST

    if found.kappa.value is None:
        return f"too few for {KAPPA}" if found.pairs < FEWEST else f"{KAPPA} says nothing"
    return f"{KAPPA} {_figure(found.kappa.value, found.kappa.interval)}"


def _share(found: Measured) -> str:
    return share(found.value)


def _show_grader(calling: Calling, found: GraderAgreement) -> None:
    who = one_line(found.reviewer, 40)
    calling.line(f"{found.grader}@{found.version[:4]} and {who}, on the calibration sample")
    calling.lines(_label_lines(found.labels, "grader", who))
    if found.weighted is not None:
        calling.line(f"weighted {KAPPA} of scores: {_figure(found.weighted.value, found.weighted.interval)}")
    if found.ranking is not None and found.ranking.pairs:
        ranking = found.ranking
        calling.line(
            f"within items, in the same order: {_figure(ranking.accuracy, ranking.interval)},"
            f" {counted(ranking.pairs, 'pair')}"
        )
    if found.scores is not None:
        bias, line = found.scores.bias, found.scores.by_length
        calling.line(f"bias (grader less person): {_figure(bias.value, bias.interval)}")
        if line is not None:
            calling.line(f"bias by log length: {_figure(line.slope.value, line.slope.interval)}")
    if found.mean is not None:
        mean = found.mean
        calling.line(f"mean as {who} would give it: {_figure(mean.corrected.value, mean.corrected.interval)}")
        calling.line(f"mean by the grader: {_figure(mean.judge_only.value, mean.judge_only.interval)}")
    if found.pass_rate is not None:
        rate = found.pass_rate
        calling.line(f"share of right answers as {who} would find it: {_figure(rate.share, rate.interval)}")
        calling.line(f"share of passes by the grader: {rate.judged:.3f}")
    if found.worth is not None:
        calling.line(found.worth.sentence)
    for reason, count in found.left_out.items():
        calling.say(f"left out: {count:,} ({reason.replace('_', ' ')})")
    for note in found.notes:
        calling.say(note)
    _say_list(calling, found.disagreements, "disagreements", simulated=found.simulated)


def _show_people(calling: Calling, found: ReviewersAgreement) -> None:
    if not found.pairs:
        names = ", ".join(f"{one_line(name, 40)} ({count:,})" for name, count in found.reviewers.items()) or "nobody"
        calling.say(f"No two reviewers called the same prediction right or wrong; here: {names}.")
        calling.say("Bring in what others said: rft-tui review import FILE.")
        return
    for pair in found.pairs:
        _show_pair(calling, pair)
    if found.alpha is not None and len(found.reviewers) > 2:
        calling.line(f"{ALPHA} over all: {_figure(found.alpha.value, found.alpha.interval)}")
    _say_list(calling, found.disagreements, "reviewers", simulated=found.simulated)


def _show_pair(calling: Calling, pair: PairAgreement) -> None:
    calling.lines(_label_lines(pair.everything, pair.one, pair.other))
    if pair.calibration is not None:
        of = pair.calibration
        calling.line(f"calibration sample alone ({of.pairs:,}): {_kappa(of)}")
    calling.line()


def _say_list(calling: Calling, predictions: Sequence[int], name: str, *, simulated: bool) -> None:
    if predictions:
        calling.say(f"{counted(len(predictions), 'disagreement')}; Review shows them with list:{name}")
    if simulated:
        calling.say("SIMULATED: some of it comes from the embedded service.")
