"""Figures of grades against plain arithmetic."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.model import Band, BandEdges, Grade, GradeError, ScoreRule
from rft_tui.store.database import Store
from rft_tui.store.summary import BINS, summarise
from tests.unit.store.building import dataset, give, grader, item, predict, predictions, run_key

ITEMS, RUNS = 5, 4
RULES = [
    ScoreRule(),
    ScoreRule(pass_threshold=0.7),
    ScoreRule(0, 5, 2.5),
    ScoreRule(-1, 1, 0.2),
    ScoreRule(-3, -1),
    ScoreRule(0.1, 0.7, 0.3),
]


@pytest.fixture
def filled(store: Store) -> Store:
    """Predictions 1 to 20: run after run, each over all items."""
    with store.write() as db:
        mine = dataset(db, "mine", [item(f"Q{number}?") for number in range(ITEMS)]).id
        for index in range(RUNS):
            predict(db, run_key(mine, run_index=index + 1), ["x"] * ITEMS)
        assert predictions(db) == list(range(1, ITEMS * RUNS + 1))
    return store


def test_figures_are_those_of_plain_arithmetic(filled: Store) -> None:
    rules = st.sampled_from(RULES)
    edges = st.sampled_from([BandEdges(), BandEdges(0.9, 0.5), BandEdges(0.5, 0.1)])
    shares = st.one_of(
        st.sampled_from([number / 20 for number in range(21)]), st.floats(-0.5, 1.5).map(lambda share: round(share, 3))
    )
    runs = st.sampled_from([None, (1,), (2, 4), (), (1, 2, 3, 4), (77,)])
    grades = st.dictionaries(st.integers(1, ITEMS * RUNS), st.one_of(st.none(), shares), max_size=ITEMS * RUNS)

    @given(rules, edges, runs, grades)
    def check(rule: ScoreRule, edges: BandEdges, runs: tuple[int, ...] | None, given: dict[int, float | None]) -> None:
        db = filled.connection()
        db.execute("BEGIN")
        mine, span = grader(db, rule=rule), rule.high - rule.low
        scores = {one: None if share is None else rule.low + share * span for one, share in given.items()}
        give(db, mine, {one: _grade(score, rule) for one, score in scores.items()})
        found = summarise(db, mine.id, rule, runs, edges)
        db.execute("ROLLBACK")

        seen = {one: score for one, score in scores.items() if runs is None or (one - 1) // ITEMS + 1 in runs}
        numbers = [score for score in seen.values() if score is not None]
        assert (found.graded, found.scored, found.errors) == (len(seen), len(numbers), len(seen) - len(numbers))
        assert found.mistakes == sum(score < rule.high for score in numbers)
        if rule.pass_threshold is None or not numbers:
            assert found.passed is None
            assert found.pass_rate is None
        else:
            assert found.passed == sum(score >= rule.pass_threshold for score in numbers)
            assert found.pass_rate == found.passed / len(numbers)
        assert found.bands == {band: sum(edges.band(score, rule) is band for score in numbers) for band in Band}
        inner = found.edges[1:-1]
        assert found.counts == tuple(
            sum(sum(edge <= score for edge in inner) == number for score in numbers) for number in range(BINS)
        )
        assert found.edges == pytest.approx([rule.low + span * number / BINS for number in range(BINS + 1)])
        _check_mean(found.mean.items, found.mean.mean, found.mean.standard_error, seen)

    check()


def _grade(score: float | None, rule: ScoreRule) -> Grade:
    if score is None:
        return Grade(None, error=GradeError("other_error", "no score"))
    return Grade(score, None if rule.pass_threshold is None else score >= rule.pass_threshold)


def _check_mean(items: int, mean: float | None, error: float | None, seen: dict[int, float | None]) -> None:
    by_item: dict[int, list[float]] = {}
    for one, score in seen.items():
        if score is not None:
            by_item.setdefault((one - 1) % ITEMS, []).append(score)
    means = [statistics.fmean(scores) for scores in by_item.values()]
    assert items == len(means)
    assert mean == (pytest.approx(statistics.fmean(means), abs=1e-9) if means else None)
    if len(means) < 2:
        assert error is None
    else:
        assert error == pytest.approx(statistics.stdev(means) / math.sqrt(len(means)), abs=1e-7)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_the_edges_that_are_given_are_those_that_are_counted_by(filled: Store, rule: ScoreRule) -> None:
    """A score that stands on an edge belongs to the bin, and to the band, above it."""
    with filled.write() as db:
        mine = grader(db, rule=rule)
        edges = summarise(db, mine.id, rule).edges
        give(db, mine, dict(enumerate(edges, 1)))
        found = summarise(db, mine.id, rule)
    assert found.counts == (1,) * (BINS - 1) + (2,)
    assert found.bands == {Band.FULL: 1, Band.FORMATTING: 2, Band.PARTIAL: 5, Band.OFF_BASE: 3}


def test_errors_are_never_zeros(filled: Store) -> None:
    with filled.write() as db:
        mine = grader(db, rule=ScoreRule(pass_threshold=0.5))
        give(db, mine, {1: 1.0, 2: None, 3: None, 6: None})
        found = summarise(db, mine.id, mine.rule)
    assert (found.mean.mean, found.mean.items, found.mean.standard_error) == (1.0, 1, None)
    assert (found.pass_rate, found.errors, found.mistakes, sum(found.counts)) == (1.0, 3, 0, 1)


def test_no_digits_are_lost_far_from_zero(filled: Store) -> None:
    with filled.write() as db:
        mine = grader(db, rule=ScoreRule(0, 1e12))
        give(db, mine, {1: 1e12, 2: 1e12 + 1, 3: 1e12 + 2})
        found = summarise(db, mine.id, mine.rule).mean
    assert found.mean == 1e12 + 1
    assert found.standard_error == pytest.approx(1 / math.sqrt(3))


def test_json_of_the_command_line(filled: Store) -> None:
    with filled.write() as db:
        mine = grader(db)
        give(db, mine, {1: 1.0, 2: 0.8, 3: 0.3, 4: 0.0, 5: None})
        document = summarise(db, mine.id, mine.rule).as_json()
    assert document["bands"] == {"full": 1, "formatting": 1, "partial": 1, "off_base": 1}
    assert document["histogram"]["counts"] == [1, 0, 0, 1, 0, 0, 0, 0, 1, 1]
    assert len(document["histogram"]["edges"]) == 11
