"""What a second rater's judgement says of a grader, and what a person's verdicts say of the rater."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rft_tui.analysis.ranking import OrderedPair, Ranking, ordered_pairs, ranking_accuracy
from rft_tui.model import JudgeUse
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader
from rft_tui.store.grades import is_simulated
from rft_tui.store.ratings import PairRating
from rft_tui.store.runs import any_simulated
from rft_tui.store.scored_answers import ScoredAnswer
from rft_tui.tasks.rating.pairs import AnswerPair
from rft_tui.tasks.rating.person import PersonSays, person_says


@dataclass(frozen=True, slots=True)
class RatedPair:
    """Two answers to an item, and what the rater says of them."""

    pair: AnswerPair
    rating: PairRating

    @property
    def ordered(self) -> OrderedPair | None:
        """The pair with the answer first that the rater holds for better; None where it holds neither."""
        if not self.rating.outcome:
            return None
        better, worse = self.better_and_worse
        return OrderedPair(self.pair.asked.row_id, better.prediction, worse.prediction, better.score, worse.score)

    @property
    def better_and_worse(self) -> tuple[ScoredAnswer, ScoredAnswer]:
        """The answers, the better one first; as they stand where neither is."""
        pair = self.pair
        return (pair.second, pair.first) if self.rating.outcome < 0 else (pair.first, pair.second)


@dataclass(slots=True)
class Asking:
    """What asking took: questions put now, answers kept from before, errors of pairs by kind, pairs not asked.

    `cost` is None where the price of an answer is not known; `stopped` says why not everything was asked.
    """

    wanted: int
    asked: int = 0
    cached: int = 0
    cost: float | None = 0.0
    unasked: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    models: dict[str, None] = field(default_factory=dict)
    stopped: str = ""

    def count(self, use: JudgeUse, *, is_answered: bool) -> None:
        """Count one answer, or the error that came instead."""
        if not is_answered:
            return
        self.models[use.model] = None
        if use.cached:
            self.cached += 1
        else:
            self.asked += 1
            self.cost = None if self.cost is None or use.cost is None else self.cost + use.cost


@dataclass(frozen=True, slots=True)
class PersonCheck:
    """On pairs of which the person holds one answer for right and the other for wrong: who agrees with the person.

    A tie of the rater counts half, as one of the grader does.
    """

    rater: Ranking
    grader: Ranking


@dataclass(frozen=True, slots=True)
class RatingReport:
    """A grader version held against a second rater, which is a model and no person.

    `ranking` is over the pairs that the rater orders; `ties` are those that it calls the same, `swapped` those where
    the two orders of asking contradict each other, which count as ties too. `first_place` is the share of its
    preferences that went to whichever answer stood first: 0.5 is fair. `wrong` has the pairs that the grader orders the
    other way, the largest difference first.
    """

    rater: str
    grader: StoredGrader
    rated: tuple[RatedPair, ...]
    asking: Asking
    ranking: Ranking
    ties: int
    swapped: int
    first_place: float | None
    wrong: tuple[RatedPair, ...]
    person: PersonCheck | None
    simulated: bool

    @property
    def items(self) -> int:
        """Items with a pair that was judged."""
        return len({one.pair.asked.row_id for one in self.rated})

    @property
    def consistency(self) -> float | None:
        """The share of pairs of which the rater says the same in both orders."""
        return 1 - self.swapped / len(self.rated) if self.rated else None


def rating_report(
    store: Store, grader: StoredGrader, rater: str, rated: Sequence[RatedPair], asking: Asking, reviewer: str
) -> RatingReport:
    """Everything that judged pairs say. Raises StoreError."""
    predictions = sorted({number for one in rated for number in (one.rating.first, one.rating.second)})
    runs = sorted({answer.run for one in rated for answer in (one.pair.first, one.pair.second)})
    with store.read() as db:
        person = person_says(db, reviewer, predictions)
        simulated = bool(rated) and (any_simulated(db, runs) or is_simulated(db, grader.id, runs))
    ordered = [one.ordered for one in rated]
    wrong = [one for one, pair in zip(rated, ordered, strict=True) if pair is not None and pair.credit == 0]
    wrong.sort(key=lambda one: one.better_and_worse[0].score - one.better_and_worse[1].score)
    return RatingReport(
        rater, grader, tuple(rated), asking, ranking_accuracy(pair for pair in ordered if pair is not None),
        sum(not one.rating.outcome and not one.rating.swapped for one in rated),
        sum(bool(one.rating.swapped) for one in rated), _first_place(rated), tuple(wrong), _checked(rated, person),
        simulated or any(one.rating.simulated for one in rated),
    )  # fmt: skip


def _first_place(rated: Sequence[RatedPair]) -> float | None:
    """The share of preferences for the first place: a pair that is ordered has one for each place."""
    first = second = 0
    for one in rated:
        if one.rating.outcome:
            first, second = first + 1, second + 1
        elif one.rating.swapped > 0:
            first += one.rating.swapped
        else:
            second -= one.rating.swapped
    return first / (first + second) if first + second else None


def _checked(rated: Sequence[RatedPair], person: dict[int, PersonSays]) -> PersonCheck | None:
    of_rater: list[OrderedPair] = []
    of_grader: list[OrderedPair] = []
    for one in rated:
        first, second = one.pair.first, one.pair.second
        verdicts = [person[answer.prediction].right for answer in (first, second) if answer.prediction in person]
        right = [verdict for verdict in verdicts if verdict is not None]
        if len(right) < 2:
            continue
        by_rater, row_id = (float(one.rating.outcome), 0.0), one.pair.asked.row_id
        for scores, found in ((by_rater, of_rater), ((first.score, second.score), of_grader)):
            gold = zip((first.prediction, second.prediction), map(float, right), scores, strict=True)
            found += ordered_pairs(row_id, list(gold))
    return PersonCheck(ranking_accuracy(of_rater), ranking_accuracy(of_grader)) if of_rater else None
