"""How reviewers agree with one another about the same answers: right or wrong, for each pair and over all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

from rft_tui.analysis.agreement import Agreement, LabelPair, Measured, agreement
from rft_tui.analysis.krippendorff_alpha import Level, krippendorff_alpha
from rft_tui.store.judged import Judged, iter_judged, judged_runs
from rft_tui.store.kept_lists import put_list
from rft_tui.store.runs import any_simulated
from rft_tui.tasks.reviewing.enough import FEWEST, figures_that_hold
from rft_tui.tasks.reviewing.grader_agreement import heard_of

if TYPE_CHECKING:
    from rft_tui.store.database import Store

RIGHT, WRONG = "right", "wrong"
"""The two labels of the tables, in their order."""

REVIEWERS = "reviewers"
"""The kept list of predictions about which reviewers disagree."""


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Two reviewers, on all answers that both call right or wrong, and on those of the calibration sample alone.

    `one` is the first rater of the tables. `disagreements` are predictions, those of the sample first.
    """

    one: str
    other: str
    everything: Agreement | None
    calibration: Agreement | None
    disagreements: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReviewersAgreement:
    """All reviewers with their numbers of right and wrong, each pair that has answers in common, and α over all.

    `disagreements` are the predictions that not all who judged them call the same, those of the sample first.
    """

    reviewers: Mapping[str, int]
    pairs: tuple[PairAgreement, ...]
    alpha: Measured | None
    disagreements: tuple[int, ...]
    simulated: bool = False
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Answer:
    """What is said of one answer: by each reviewer whether it is right."""

    said: Judged
    right: dict[str, bool] = field(default_factory=dict)


def reviewer_agreement(store: Store, runs: Sequence[int] | None = None) -> ReviewersAgreement:
    """The figures over what was said of the runs (None: of all). It resamples, which may take seconds."""
    answers: dict[int, _Answer] = {}
    left_out: Counter[str] = Counter()
    with store.read() as db:
        for said in iter_judged(db, None, None, runs):
            right = heard_of(said)
            if right is None:
                left_out[said.verdict.value] += 1
            else:
                answers.setdefault(said.answer, _Answer(said)).right[said.reviewer] = right
        simulated = any_simulated(db, judged_runs(db, runs))
    counts = Counter(reviewer for one in answers.values() for reviewer in one.right)
    shared = [one for one in answers.values() if len(one.right) > 1]
    pairs = [_pair(one, other, shared) for one, other in combinations(sorted(counts), 2)]
    ratings = {str(one.said.answer): [float(right) for right in one.right.values()] for one in shared}
    return ReviewersAgreement(
        reviewers=dict(sorted(counts.items())),
        pairs=tuple(pair for pair in pairs if pair.everything is not None),
        alpha=krippendorff_alpha(ratings, Level.NOMINAL) if len(ratings) >= FEWEST else None,
        disagreements=_in_order(one for one in shared if len(set(one.right.values())) > 1),
        simulated=simulated,
        left_out=dict(left_out),
    )


def keep_reviewer_disagreements(store: Store, found: ReviewersAgreement) -> int:
    """Keep the predictions about which reviewers disagree as ``list:reviewers``; how many there are."""
    with store.write() as db:
        return put_list(db, REVIEWERS, found.disagreements)


def _pair(one: str, other: str, shared: Sequence[_Answer]) -> PairAgreement:
    both = [answer for answer in shared if one in answer.right and other in answer.right]
    return PairAgreement(
        one,
        other,
        _figures(one, other, both),
        _figures(one, other, [answer for answer in both if answer.said.is_calibration]),
        _in_order(answer for answer in both if answer.right[one] != answer.right[other]),
    )


def _figures(one: str, other: str, answers: Iterable[_Answer]) -> Agreement | None:
    names = {True: RIGHT, False: WRONG}
    found = agreement(
        (LabelPair(answer.said.row_id, names[answer.right[one]], names[answer.right[other]]) for answer in answers),
        (RIGHT, WRONG),
    )
    return figures_that_hold(found)


def _in_order(answers: Iterable[_Answer]) -> tuple[int, ...]:
    ordered = sorted(answers, key=lambda one: (not one.said.is_calibration, one.said.prediction))
    return tuple(one.said.prediction for one in ordered)
