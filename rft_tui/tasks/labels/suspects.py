"""The queue of suspect labels: items whose reference may be wrong, the most suspicious first, for a person to decide.

Nothing is relabelled and nothing left out by itself: figures without suspects stand beside those with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rft_tui.analysis.suspects import ItemEvidence, ModelAnswers, Suspect, normalised, suspects
from rft_tui.model import Grade, ScoreRule
from rft_tui.store.corrections import REFERENCE, called_wrong, get_changes
from rft_tui.store.grades import is_simulated
from rft_tui.store.kept_lists import put_list
from rft_tui.store.label_evidence import GradedAnswer, ItemAnswers, iter_item_answers
from rft_tui.store.runs import any_simulated, runs_of
from rft_tui.tasks.diff_graders import passes
from rft_tui.tasks.reviewing.grader_agreement import share
from rft_tui.tasks.tally import Tally

if TYPE_CHECKING:
    from rft_tui.store.database import Store
    from rft_tui.store.datasets import StoredDataset
    from rft_tui.store.graders import StoredGrader
    from rft_tui.store.summary import ScoreSummary

OFFERED = 15
"""Suspects that are offered unless more are asked for."""

SUSPECTS = "suspects"
"""The kept list of the suspects offered, one prediction an item."""

WRONG_LABELS = "wrong-labels"
"""The kept list of all predictions of items whose reference a person calls wrong, to leave out by a filter."""

_EQUIVALENT = re.compile(
    r"\b(?:equivalent|synonym(?:s|ous)?|same (?:meaning|thing|answer|concept|entity|condition)|means the same"
    r"|interchangeable|refers? to the same)\b",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"(?:\bnot|n['\u2019]t|\bno|\bneither|\bnever|\bwithout|\bnon-?)[\s\w]{0,24}$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SuspectItem:
    """A suspected item and the prediction that shows best why: one of the answer that the models agree on."""

    item: int
    line: int
    row_id: str
    question: str
    reference: str
    prediction: int
    suspect: Suspect


@dataclass(frozen=True, slots=True)
class SuspectLabels:
    """The queue, and the figures over all items, without those called wrong, and without those offered too.

    `suspects` holds those offered, of `total` in the queue; `called_wrong` counts the items that a person called
    wrong (and that this dataset has no corrected reference of), `wrong` are all their predictions.
    """

    suspects: tuple[SuspectItem, ...]
    total: int
    called_wrong: int
    wrong: tuple[int, ...]
    everything: ScoreSummary
    without_wrong: ScoreSummary
    without_offered: ScoreSummary
    simulated: bool


def suspect_labels(
    store: Store,
    dataset: StoredDataset,
    grader: StoredGrader,
    runs: Sequence[int] | None = None,
    *,
    offered: int = OFFERED,
) -> SuspectLabels:
    """The suspects of a dataset by what one grader version says of the runs (None: all), at most `offered` of them."""
    rule = grader.rule
    known: dict[str, ItemAnswers] = {}
    with store.read() as db:
        corrected = {one.new_row_id for one in get_changes(db, dataset.id) if one.kind == REFERENCE}
        said = called_wrong(db, dataset.id)

        def evidence() -> Iterator[ItemEvidence]:
            for one in iter_item_answers(db, dataset.id, grader.id, runs):
                slim = tuple(replace(answer, steps="") if answer.steps else answer for answer in one.answers)
                known[str(one.item)] = replace(one, answers=slim)
                yield _evidence(one, grader, one.item in said and one.row_id not in corrected)

        queue = suspects(evidence())
        looked_at = [run for run in runs_of(db, dataset.id) if runs is None or run in runs]
        simulated = any_simulated(db, looked_at) or is_simulated(db, grader.id, looked_at)
    shown = queue[:offered]
    wrong = [one for one in known.values() if one.item in said and one.row_id not in corrected]
    left_out = {one.item for one in wrong}
    without = left_out | {known[one.item].item for one in shown}
    everything = _figures(known, rule, frozenset())
    without_wrong = _figures(known, rule, left_out) if left_out else everything
    without_offered = _figures(known, rule, without) if without != left_out else without_wrong
    return SuspectLabels(
        tuple(_suspect_item(known[one.item], one) for one in shown),
        len(queue),
        len(wrong),
        tuple(answer.prediction for one in wrong for answer in one.answers),
        everything,
        without_wrong,
        without_offered,
        simulated,
    )


def _figures(known: Mapping[str, ItemAnswers], rule: ScoreRule, gone: Set[int]) -> ScoreSummary:
    """The figures over all items but some."""
    tally = Tally(rule)
    for item, one in known.items():
        if one.item not in gone:
            for answer in one.answers:
                tally.add(item, Grade(answer.score, answer.passed))
    return tally.summary()


def keep_suspects(store: Store, found: SuspectLabels) -> int:
    """Keep the suspects as ``list:suspects`` and the rest as ``list:wrong-labels``; how many suspects there are."""
    with store.write() as db:
        put_list(db, WRONG_LABELS, found.wrong)
        return put_list(db, SUSPECTS, (one.prediction for one in found.suspects))


def calls_equivalent(steps: str) -> bool:
    """Whether a grader's steps call an answer equivalent to the reference, in words that are not taken back."""
    return any(
        not _NEGATED.search(steps[max(0, match.start() - 40) : match.start()]) for match in _EQUIVALENT.finditer(steps)
    )


def _evidence(one: ItemAnswers, grader: StoredGrader, is_called_wrong: bool) -> ItemEvidence:
    by_model: dict[str, list[GradedAnswer]] = {}
    for answer in one.answers:
        if answer.score is not None:
            by_model.setdefault(answer.asked, []).append(answer)
    return ItemEvidence(
        str(one.item),
        one.reference,
        {
            asked: ModelAnswers(
                [share(answer.score, grader.rule) for answer in answers if answer.score is not None],
                [answer.output_text for answer in answers],
            )
            for asked, answers in by_model.items()
        },
        any(_fails(answer, grader) and calls_equivalent(answer.steps) for answer in one.answers),
        is_called_wrong,
    )


def _fails(answer: GradedAnswer, grader: StoredGrader) -> bool:
    return answer.score is not None and not passes(Grade(answer.score, answer.passed), grader.rule, None)


def _suspect_item(one: ItemAnswers, suspect: Suspect) -> SuspectItem:
    """The item with the first prediction that gives the suspicious answer, or else with its lowest one."""
    wanted = normalised(suspect.answer)
    giving = [answer for answer in one.answers if wanted and normalised(answer.output_text) == wanted]
    scored = [answer for answer in giving or one.answers if answer.score is not None] or list(one.answers)
    best = min(scored, key=lambda answer: (answer.score or 0.0, answer.prediction))
    return SuspectItem(one.item, one.line, one.row_id, one.question, one.reference, best.prediction, suspect)
