"""Pairs of answers to put to a second rater: drawn by a seed, spread over items, never the same text twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import combinations

from rft_tui.identity import content_hash
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader
from rft_tui.store.ratings import PairRating
from rft_tui.store.scored_answers import (
    AskedItem,
    ScoredAnswer,
    answers_by_prediction,
    answers_to_row,
    asked_of,
    rows_with_several,
)

MOST_ANSWERS = 30
"""Answers to one item that pairs are made of; where there are more, the first ones."""


@dataclass(frozen=True, slots=True)
class AnswerPair:
    """Two answers to one item, the one with the lower number first."""

    asked: AskedItem
    first: ScoredAnswer
    second: ScoredAnswer


@dataclass(frozen=True, slots=True)
class ChosenPairs:
    """Pairs to judge, and where they come from.

    `items` is how many items have two or more scored answers; of those that were looked at, `alike` have the same text
    in all of them.
    """

    pairs: tuple[AnswerPair, ...]
    items: int
    alike: int


def choose_pairs(
    store: Store, grader: StoredGrader, *, runs: Sequence[int] | None = None, count: int = 50, seed: int = 42
) -> ChosenPairs:
    """Draw pairs of different answers that a version has scored in the runs (None: in all).

    Every item gives one pair before any gives a second one. How the grader scores them plays no part. The same data
    give the same pairs in whatever order they came in; a larger count keeps those of a smaller one, as long as there
    are items without a pair.
    """
    pairs: list[AnswerPair] = []
    more: list[tuple[AskedItem, list[tuple[ScoredAnswer, ScoredAnswer]]]] = []
    alike = 0
    with closing(store.connect()) as db:
        rows = sorted(rows_with_several(db, grader.id, runs), key=lambda row_id: content_hash(str(seed), row_id))
        for row_id in rows:
            if len(pairs) == count:
                break
            answers = _distinct(answers_to_row(db, grader.id, row_id, runs, limit=MOST_ANSWERS))
            if len(answers) < 2:
                alike += 1
                continue
            drawn = _drawn(answers, seed)
            asked = asked_of(db, answers[0].prediction)
            pairs.append(AnswerPair(asked, *drawn[0]))
            more.append((asked, drawn))
    round_number = 1
    while len(pairs) < count and more:
        more = [(asked, drawn) for asked, drawn in more if len(drawn) > round_number]
        pairs += [AnswerPair(asked, *drawn[round_number]) for asked, drawn in more[: count - len(pairs)]]
        round_number += 1
    return ChosenPairs(tuple(pairs), len(rows), alike)


def rated_pairs(
    db: sqlite3.Connection, grader: StoredGrader, ratings: Sequence[PairRating]
) -> list[tuple[AnswerPair, PairRating]]:
    """Pairs that a rater has judged, with the scores of a version; without those that it has not scored.

    Pairs of the same two texts count once: the newest runs may repeat what older ones answered.
    """
    numbers = list({number for one in ratings for number in (one.first, one.second)})
    answers = answers_by_prediction(db, grader.id, numbers)
    found: dict[tuple[str, frozenset[str]], tuple[AnswerPair, PairRating]] = {}
    for rating in ratings:
        first, second = answers.get(rating.first), answers.get(rating.second)
        if first is None or second is None:
            continue
        asked = asked_of(db, first.prediction)
        key = asked.row_id, frozenset((_folded(first.text), _folded(second.text)))
        found.setdefault(key, (AnswerPair(asked, first, second), rating))
    return list(found.values())


def _distinct(answers: Sequence[ScoredAnswer]) -> list[ScoredAnswer]:
    """The first answer of each text; blanks make no other text."""
    found: dict[str, ScoredAnswer] = {}
    for answer in answers:
        found.setdefault(_folded(answer.text), answer)
    return list(found.values())


def _folded(text: str) -> str:
    return " ".join(text.split())


def _drawn(answers: Sequence[ScoredAnswer], seed: int) -> list[tuple[ScoredAnswer, ScoredAnswer]]:
    """All pairs of some answers in the seed's order."""
    digests = {answer.prediction: content_hash(answer.text) for answer in answers}

    def place(pair: tuple[ScoredAnswer, ScoredAnswer]) -> str:
        return content_hash(str(seed), *sorted(digests[answer.prediction] for answer in pair))

    return sorted(combinations(answers, 2), key=place)
