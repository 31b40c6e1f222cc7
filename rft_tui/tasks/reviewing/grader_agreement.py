"""How one grader version agrees with one reviewer, by the random calibration sample.

Mistakes are what a reviewer reads first, so agreement over everything that was reviewed would say too little of the
grader. What each verdict says is product.md section 8: `w` is held against the version that was on screen.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rft_tui.analysis.agreement import Agreement, LabelPair, LabelsWorth, Measured, agreement, labels_worth_adding
from rft_tui.analysis.corrected_mean import CorrectedMean, CorrectedShare, corrected_mean, corrected_share
from rft_tui.analysis.intervals import Interval
from rft_tui.analysis.ranking import Ranking, ordered_pairs, ranking_accuracy
from rft_tui.analysis.score_agreement import ScoreAgreement, ScorePair, score_agreement
from rft_tui.model import Grade, ScoreRule, Verdict
from rft_tui.store.grades import is_simulated
from rft_tui.store.judged import Judged, is_calibration, iter_judged, iter_scores
from rft_tui.store.kept_lists import put_list
from rft_tui.store.review import graded_runs
from rft_tui.store.runs import any_simulated
from rft_tui.tasks.diff_graders import passes
from rft_tui.tasks.retesting.probes import person_right
from rft_tui.tasks.reviewing.enough import FEWEST, figures_that_hold, is_one_sided, too_few

if TYPE_CHECKING:
    from rft_tui.analysis.least_squares import Coefficient
    from rft_tui.store.database import Store
    from rft_tui.store.graders import StoredGrader

PASS, FAIL = "pass", "fail"
"""The two labels of the confusion table, in its order."""

TENTHS = tuple(str(tenth) for tenth in range(11))
"""The labels of weighted κ: scores as tenths of the grader's range."""

DISAGREEMENTS = "disagreements"
"""The kept list on which grader and person disagree."""


@dataclass(frozen=True, slots=True)
class GraderAgreement:
    """The figures of one grader version and one reviewer.

    Scores count as shares of the grader's range, right as 1 and wrong as 0. `judged` predictions of the calibration
    sample (of `items` items) have a score and a right or wrong; `sample` predictions of it have a score. `left_out`
    counts verdicts in the sample that say nothing here, by reason. Few verdicts have a table and no figures. `labels`
    compares passes with verdicts (the grader is the first rater), `weighted` is quadratic κ of scores in tenths;
    `ranking` is within items; `scores` has bias, calibration and pay for length (length in characters); `mean` what
    the person would give all of the sample (PPI++), `pass_rate` which share they would hold for right (Rogan–Gladen);
    `worth` how many verdicts more are worth giving. `disagreements`
    are the predictions on which the two say otherwise, those of the sample first; `reviewed` counts the right and
    wrong verdicts that they were looked for in.
    """

    grader: str
    version: str
    reviewer: str
    judged: int
    items: int
    sample: int
    reviewed: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    labels: Agreement | None = None
    weighted: Measured | None = None
    ranking: Ranking | None = None
    scores: ScoreAgreement | None = None
    mean: CorrectedMean | None = None
    pass_rate: CorrectedShare | None = None
    worth: LabelsWorth | None = None
    disagreements: tuple[int, ...] = ()
    simulated: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Heard:
    """A verdict that says right or wrong of an answer with a score; the score as a share of the range."""

    said: Judged
    right: bool
    score: float
    passed: bool

    @property
    def sharpness(self) -> float:
        """How far the score lies from what the person says, 0 to 1 for scores within the range."""
        return abs(self.score - self.right)


def grader_agreement(
    store: Store, grader: StoredGrader, reviewer: str, runs: Sequence[int] | None = None
) -> GraderAgreement:
    """The figures of a version over the runs (None: all).

    It resamples, which may take seconds: not for the thread of a screen. `keep_disagreements` keeps the list.
    """
    left_out: Counter[str] = Counter()
    with store.read() as db:
        heard = list(_heard(iter_judged(db, reviewer, grader.id, runs), grader.rule, left_out))
        scores = [one for one in iter_scores(db, grader.id, runs) if math.isfinite(one[1])]
        graded = graded_runs(db, grader.id, runs)
        simulated = any_simulated(db, graded) or is_simulated(db, grader.id, graded)
    sample = [one for one in heard if one.said.is_calibration]
    known = {one.said.answer for one in sample}
    unlabelled = [(row_id, share(score, grader.rule)) for answer, score, row_id in scores if answer not in known]
    labels = figures_that_hold(agreement(_labels(sample), (PASS, FAIL)))
    enough = len(sample) >= FEWEST
    is_varied = len({one.right for one in sample}) > 1
    half_width = None if labels is None else labels.kappa.half_width
    disagreements = sorted(
        (one for one in heard if one.passed != one.right),
        key=lambda one: (not one.said.is_calibration, -one.sharpness, one.said.prediction),
    )
    return GraderAgreement(
        grader=grader.name,
        version=grader.version,
        reviewer=reviewer,
        judged=len(sample),
        items=len({one.said.row_id for one in sample}),
        sample=sum(is_calibration(row_id) for _answer, _score, row_id in scores),
        reviewed=len(heard),
        left_out=dict(left_out),
        labels=labels,
        weighted=_weighted(sample) if enough and is_varied else None,
        ranking=_ranking(sample) if enough else None,
        scores=score_agreement(
            ScorePair(one.said.row_id, one.score, float(one.right), float(one.said.length)) for one in sample
        )
        if enough
        else None,
        mean=_mean(sample, unlabelled) if enough and is_varied else None,
        pass_rate=_pass_rate(sample, scores, grader.rule) if enough else None,
        worth=None if half_width is None else labels_worth_adding(len(sample), half_width),
        disagreements=tuple(one.said.prediction for one in disagreements),
        simulated=simulated,
        notes=tuple(_notes(sample, scores, labels)),
    )


def keep_disagreements(store: Store, found: GraderAgreement) -> int:
    """Keep the predictions on which grader and person disagree as ``list:disagreements``; how many there are."""
    with store.write() as db:
        return put_list(db, DISAGREEMENTS, found.disagreements)


def share(score: float, rule: ScoreRule) -> float:
    """A score as a share of the grader's range; beyond 0 to 1 where it lies outside."""
    return (score - rule.low) / ((rule.high - rule.low) or 1.0)


def heard_of(said: Judged) -> bool | None:
    """Whether a verdict says that an answer is right; None where it says neither, or its `w` cannot be read here.

    It cannot where nothing says what the version said, or it says both, of one reference and of its correction.
    """
    passed = {passes(grade, said.rule, None) for grade in said.seen}
    return person_right(said.verdict, passed.pop() if len(passed) == 1 else None)


def _heard(judged: Iterator[Judged], rule: ScoreRule, left_out: Counter[str]) -> Iterator[_Heard]:
    """The verdicts that say right or wrong of something scored; the others of the sample are counted by reason."""
    for said in judged:
        right, grade = heard_of(said), said.grade
        if right is not None and grade is not None and grade.score is not None and math.isfinite(grade.score):
            yield _Heard(said, right, share(grade.score, rule), passes(grade, rule, None))
        elif said.is_calibration:
            left_out[_reason(said, right, grade)] += 1


def _reason(said: Judged, right: bool | None, grade: Grade | None) -> str:
    if said.verdict in (Verdict.LABEL, Verdict.SKIP):
        return said.verdict.value
    if right is None:
        return "version_unknown"
    return "not_graded" if grade is None else "no_score"


def _labels(heard: Sequence[_Heard]) -> Iterator[LabelPair]:
    names = {True: PASS, False: FAIL}
    for one in heard:
        yield LabelPair(one.said.row_id, names[one.passed], names[one.right])


def _weighted(heard: Sequence[_Heard]) -> Measured | None:
    """Quadratic κ of scores in tenths; None where they are only 0 and 1, which κ says already."""
    tenths = [min(10, max(0, round(one.score * 10))) for one in heard]
    if set(tenths) <= {0, 10}:
        return None
    found = agreement(
        (
            LabelPair(one.said.row_id, TENTHS[tenth], TENTHS[10 * one.right])
            for one, tenth in zip(heard, tenths, strict=True)
        ),
        TENTHS,
    )
    return None if found is None else found.quadratic


def _mean(heard: Sequence[_Heard], unlabelled: Sequence[tuple[str, float]]) -> CorrectedMean | None:
    """The mean on the person's scale, within its ends of 0 and 1."""
    items = [one.said.row_id for one in heard], [row_id for row_id, _score in unlabelled]
    found = corrected_mean(
        [float(one.right) for one in heard], [one.score for one in heard], [one for _row_id, one in unlabelled],
        items=items,
    )  # fmt: skip
    if found is None:
        return None
    return replace(found, corrected=_within(found.corrected), labels_only=_within(found.labels_only))


def _pass_rate(
    heard: Sequence[_Heard], scores: Sequence[tuple[int, float, str]], rule: ScoreRule
) -> CorrectedShare | None:
    """The share of right answers among all that are scored, from passes and how the grader errs on the sample.

    Counts are those of items, since the answers to one item are not independent.
    """
    right, wrong = [one for one in heard if one.right], [one for one in heard if not one.right]
    if not right or not wrong:
        return None
    passed = sum(score >= rule.shown_threshold for _answer, score, _row_id in scores) / len(scores)
    return corrected_share(
        passed, len({row_id for _answer, _score, row_id in scores}),
        sum(one.passed for one in right) / len(right), len({one.said.row_id for one in right}),
        sum(not one.passed for one in wrong) / len(wrong), len({one.said.row_id for one in wrong}),
    )  # fmt: skip


def _within(found: Coefficient) -> Coefficient:
    of = found.interval
    interval = None if of is None else Interval(max(0.0, of.low), min(1.0, of.high))
    return replace(found, value=min(1.0, max(0.0, found.value)), interval=interval)


def _ranking(heard: Sequence[_Heard]) -> Ranking:
    answers: dict[str, list[tuple[int, float, float]]] = {}
    for one in heard:
        answers.setdefault(one.said.row_id, []).append((one.said.prediction, float(one.right), one.score))
    return ranking_accuracy(pair for item, of in answers.items() for pair in ordered_pairs(item, of))


def _notes(
    sample: Sequence[_Heard], scores: Sequence[tuple[int, float, str]], labels: Agreement | None
) -> Iterator[str]:
    if not any(is_calibration(row_id) for _answer, _score, row_id in scores):
        yield "nothing that this version has scored is in the calibration sample"
    elif not sample:
        yield "no verdict on the calibration sample yet: key C in Review lists it, and every right and wrong counts"
    elif len(sample) < FEWEST:
        yield too_few(len(sample))
    elif len({one.right for one in sample}) == 1:
        yield "all verdicts of the sample say the same, so κ and the mean say nothing yet"
    elif labels is not None and is_one_sided(labels):
        word = "passes" if sample[0].passed else "fails"
        yield f"the grader {word} all that was judged, so κ says nothing; give more verdicts"
