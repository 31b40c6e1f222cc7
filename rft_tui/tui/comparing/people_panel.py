"""The panel of people: do grader and person say the same of the random calibration sample, and do reviewers?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rft_tui.safetext import one_line
from rft_tui.tui.comparing.numbers import between, change, score, share, three
from rft_tui.tui.comparing.rows import Row, Target, blank, heading, named, said
from rft_tui.tui.paint import fit, fit_right
from rft_tui.tui.task_words import counted

if TYPE_CHECKING:
    from rft_tui.analysis.agreement import ConfusionTable, Measured
    from rft_tui.tasks.reviewing.grader_agreement import GraderAgreement
    from rft_tui.tasks.reviewing.reviewer_agreement import PairAgreement, ReviewersAgreement

KEPT_LIST = "disagreements"
"""The list of predictions on which the two say otherwise."""

REVIEWERS = "reviewers"
"""The list of predictions on which reviewers say otherwise than one another."""

LABEL = 26
"""Cells of the names of figures."""


@dataclass(frozen=True, slots=True)
class People:
    """What the panel shows: the grader and the person, and the reviewers among each other."""

    grader: GraderAgreement
    reviewers: ReviewersAgreement


def people_rows(found: People, width: int) -> list[Row]:
    """Grader and person, then the reviewers among each other."""
    return [*_grader_rows(found.grader, width), blank(), *_reviewer_rows(found.reviewers, width)]


def _reviewer_rows(found: ReviewersAgreement, width: int) -> list[Row]:
    """Each pair of reviewers in a line, and what they disagree about."""
    rows = [heading("reviewers among each other", "what both called right or wrong")]
    if len(found.reviewers) < 2:
        return rows + said("one reviewer here; rft-tui review import FILE brings in what others said", width)
    if not found.pairs:
        return rows + said("no answer that two of them called right or wrong", width)
    rows += [Row(named(f"{_name(pair.one)}, {_name(pair.other)}", _agreed(pair), LABEL)) for pair in found.pairs]
    if found.disagreements:
        words = f"{counted(len(found.disagreements), 'disagreement')}  enter reads them in Review"
        target = Target(kept_list=REVIEWERS, prediction=found.disagreements[0])
        rows.append(Row([(words, "text.normal")], target))
    return rows


def _name(reviewer: str) -> str:
    return one_line(reviewer, LABEL // 2 - 2)


def _agreed(pair: PairAgreement) -> str:
    if pair.everything is None:
        return "–"
    answers = sum(map(sum, pair.everything.table.counts))
    return f"same {share(pair.everything.raw.value)} of {answers:,} · κ {_measured(pair.everything.kappa)}"


def _grader_rows(found: GraderAgreement, width: int) -> list[Row]:
    """Figures of agreement with their intervals, the table of both, and the disagreements to read."""
    title = f"{found.grader}@{found.version[:4]} and {found.reviewer}"
    rows = [heading("grader and person", title)]
    rows += said(
        f"{found.judged:,} verdicts of right or wrong in the random calibration sample ({found.sample:,} predictions)"
        f"; mistakes that were picked to be read do not count",
        width,
    )
    for note in found.notes:
        rows += said(note, width, "state.warning", "! ")
    if found.disagreements:
        words = f"{len(found.disagreements):,} disagreements in {found.reviewed:,} verdicts  enter reads them in Review"
        rows.append(Row([(words, "text.normal")], Target(kept_list=KEPT_LIST)))
    rows += _figures(found, width)
    if found.labels is not None:
        rows += [blank(), *_table(found.labels.table, width)]
    if found.worth is not None:
        rows += [blank(), *said(found.worth.sentence, width)]
    for reason, count in found.left_out.items():
        rows += said(f"{count:,} left out: {reason.replace('_', ' ')}", width, "text.faint")
    return rows


def _figures(found: GraderAgreement, width: int) -> list[Row]:
    """Each figure in a line, those that say something."""
    lines: list[tuple[str, str]] = []
    if found.labels is not None:
        lines += [
            ("same pass or fail", _measured(found.labels.raw, is_share=True)),
            ("κ", _measured(found.labels.kappa)),
        ]
    if found.weighted is not None:
        lines.append(("quadratic κ of scores", _measured(found.weighted)))
    if found.ranking is not None and found.ranking.accuracy is not None:
        ranking = found.ranking
        interval = "" if ranking.interval is None else f" {between(ranking.interval)}"
        words = f"{share(ranking.accuracy)}{interval} of {counted(ranking.pairs, 'pair')} rightly"
        lines.append(("ranks answers to one item", words))
    if found.scores is not None:
        scores = found.scores
        lines.append(
            ("bias (grader − person)", f"{change(scores.bias.value)} {between(scores.bias.interval, signed=True)}")
        )
        if scores.by_length is not None:
            slope = scores.by_length.slope
            words = f"{three(slope.value, signed=True)} {between(slope.interval, signed=True)} by log length"
            lines.append(("pays for length", words))
    if found.mean is not None:
        mean = found.mean
        lines.append(("mean, person's scale", f"{score(mean.corrected.value)} {between(mean.corrected.interval)}"))
        lines.append(("mean, grader alone", f"{score(mean.judge_only.value)} {between(mean.judge_only.interval)}"))
    rows = [Row(named(name, text[: max(0, width - LABEL)], LABEL)) for name, text in lines]
    return [blank(), *rows] if rows else []


def _measured(found: Measured, *, is_share: bool = False) -> str:
    shown = share if is_share else score
    return f"{shown(found.value)} {between(found.interval)}" if found.interval is not None else shown(found.value)


def _table(table: ConfusionTable, width: int) -> list[Row]:
    """How often a label of the grader met one of the person."""
    cells = 8
    head = fit("grader ↓   person →", LABEL) + "".join(fit_right(label, cells) for label in table.labels)
    rows = [Row([(head[:width], "text.dim")])]
    for label, counts in zip(table.labels, table.counts, strict=True):
        line = fit(label, LABEL) + "".join(fit_right(f"{count:,}", cells) for count in counts)
        rows.append(Row([(line[:width], "text.normal")]))
    return rows
