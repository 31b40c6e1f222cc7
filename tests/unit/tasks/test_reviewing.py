"""Agreement of a grader with a person on the calibration sample, and of reviewers with one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rft_tui.model import ScoreRule, Verdict
from rft_tui.store.corrections import take_over_runs
from rft_tui.store.database import Store
from rft_tui.store.filters import CALIBRATION_DIGITS
from rft_tui.store.graders import StoredGrader
from rft_tui.store.verdicts import EventKind, record
from rft_tui.tasks.reviewing.grader_agreement import grader_agreement, keep_disagreements
from rft_tui.tasks.reviewing.reviewer_agreement import keep_reviewer_disagreements, reviewer_agreement
from tests.unit.store.building import dataset, give, grader, item, predict, predictions, run_key

SAMPLE, OTHERS = 12, 6


class World:
    """Items of the calibration sample first, then others, with two runs of one model and a grader of 0 to 10."""

    def __init__(self, store: Store) -> None:
        made = [item(f"Question {number}?") for number in range(400)]
        inside = [one for one in made if one.row_id < CALIBRATION_DIGITS][:SAMPLE]
        outside = [one for one in made if one.row_id >= CALIBRATION_DIGITS][:OTHERS]
        self.store = store
        with store.write() as db:
            mine = dataset(db, "mine", inside + outside)
            count = len(inside) + len(outside)
            for index in (1, 2):
                predict(db, run_key(mine.id, run_index=index), [f"a{index}-{n}" for n in range(count)])
            self.grader = grader(db, rule=ScoreRule(0, 10, 5))
        self.count = count

    def prediction(self, position: int, run_index: int = 1) -> int:
        return position + 1 + (run_index - 1) * self.count

    def score(self, of: Callable[[int, int], float | None]) -> None:
        with self.store.write() as db:
            places = [(n, index) for index in (1, 2) for n in range(self.count)]
            give(db, self.grader, {self.prediction(*place): of(*place) for place in places})

    def say(self, verdict: Verdict, *predictions: int, who: str = "ada", of: StoredGrader | None = None) -> None:
        version = (of or self.grader).version
        with self.store.write() as db:
            record(db, who, EventKind.VERDICT, verdict, answers=predictions, grader_version=version)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    store = Store(tmp_path / "cache.db")
    yield World(store)
    store.close()


def test_only_the_calibration_sample_counts_and_each_verdict_says_its_own(world: World) -> None:
    world.score(lambda n, index: None if (n, index) == (11, 1) else 10.0 if n % 2 == 0 else 2.0)
    world.say(Verdict.RIGHT, 1, 3)
    world.say(Verdict.BOTH, 5)
    world.say(Verdict.RIGHT, *(world.prediction(n, 2) for n in (0, 2, 4)))
    world.say(Verdict.WRONG, 2, 4)
    world.say(Verdict.GRADER, 7)
    world.say(Verdict.GRADER, 6)
    world.say(Verdict.LABEL, 8)
    world.say(Verdict.SKIP, 9)
    world.say(Verdict.RIGHT, 12)
    world.say(Verdict.WRONG, *(world.prediction(n) for n in range(SAMPLE, SAMPLE + OTHERS)))
    found = grader_agreement(world.store, world.grader, "ada")
    assert found.labels is not None
    assert found.labels.table.labels == ("pass", "fail")
    assert found.labels.table.counts == ((6, 1), (1, 2))
    assert (found.judged, found.items, found.sample, found.reviewed) == (10, 7, 2 * SAMPLE - 1, 10 + OTHERS)
    assert dict(found.left_out) == {"label": 1, "skip": 1, "no_score": 1}
    assert found.labels.raw.value == pytest.approx(8 / 10)
    assert found.scores is not None
    assert found.scores.bias.value == pytest.approx((4 * 1.0 + 3 * 0.2 - 4) / 7)
    assert found.mean is not None
    assert found.mean.labels == 10
    assert found.mean.unlabelled == 2 * world.count - 1 - 10
    assert set(found.disagreements[:2]) == {6, 7}
    assert set(found.disagreements[2:]) == {world.prediction(n) for n in range(SAMPLE, SAMPLE + OTHERS, 2)}
    assert keep_disagreements(world.store, found) == 5
    with world.store.read() as db:
        kept = db.execute("SELECT prediction FROM kept_list WHERE name = 'disagreements' ORDER BY position").fetchall()
    assert [row[0] for row in kept] == list(found.disagreements)


def test_a_grader_wrong_verdict_is_about_the_version_that_was_on_screen(world: World) -> None:
    with world.store.write() as db:
        before = grader(db, "before")
        give(db, before, {1: 0.0, 2: 1.0})
        unknown = grader(db, "unknown")
    world.score(lambda _n, _index: 10.0)
    world.say(Verdict.GRADER, 1, 2, of=before)
    world.say(Verdict.GRADER, 3, of=unknown)
    found = grader_agreement(world.store, world.grader, "ada")
    assert found.labels is not None
    assert found.labels.table.counts == ((1, 1), (0, 0))
    assert found.disagreements == (2,)
    assert dict(found.left_out) == {"version_unknown": 1}


def test_ranking_within_items_and_weighted_figures(world: World) -> None:
    world.score(lambda n, index: float(n % 5) + (4.0 if index == 1 else 1.0))
    for n in range(SAMPLE):
        world.say(Verdict.RIGHT, world.prediction(n, 1))
        world.say(Verdict.WRONG, world.prediction(n, 2))
    found = grader_agreement(world.store, world.grader, "ada")
    assert found.ranking is not None
    assert (found.ranking.pairs, found.ranking.accuracy) == (SAMPLE, 1.0)
    assert found.weighted is not None
    assert found.weighted.value is not None
    assert 0 < found.weighted.value < 1
    assert found.worth is not None
    assert grader_agreement(world.store, world.grader, "ada") == found
    of_one_run = grader_agreement(world.store, world.grader, "ada", [1])
    assert of_one_run.judged == SAMPLE


def test_nothing_said_is_no_figure(world: World) -> None:
    found = grader_agreement(world.store, world.grader, "ada")
    assert (found.labels, found.weighted, found.mean, found.worth) == (None, None, None, None)
    assert "nothing that this version has scored" in found.notes[0]
    world.score(lambda _n, _index: 1.0)
    assert "no verdict on the calibration sample" in grader_agreement(world.store, world.grader, "ada").notes[0]


def test_reviewers_are_compared_on_what_both_called(world: World) -> None:
    world.score(lambda _n, _index: 10.0)
    world.say(Verdict.RIGHT, 1, 2, 3, 13)
    world.say(Verdict.WRONG, 4)
    world.say(Verdict.LABEL, 5)
    world.say(Verdict.BOTH, 1, 2, who="bob")
    world.say(Verdict.WRONG, 4, 13, who="bob")
    world.say(Verdict.GRADER, 3, who="bob")
    world.say(Verdict.RIGHT, 5, who="bob")
    world.say(Verdict.RIGHT, 20, who="eve")
    found = reviewer_agreement(world.store)
    assert dict(found.reviewers) == {"ada": 5, "bob": 6, "eve": 1}
    assert dict(found.left_out) == {"label": 1}
    (pair,) = found.pairs
    assert (pair.one, pair.other) == ("ada", "bob")
    assert pair.everything is not None
    assert pair.everything.table.counts == ((2, 2), (0, 1))
    assert pair.calibration is not None
    assert pair.calibration.pairs == 4
    assert pair.disagreements == found.disagreements == (3, 13)
    assert keep_reviewer_disagreements(world.store, found) == 2
    for n in range(SAMPLE):
        world.say(Verdict.RIGHT if n % 2 else Verdict.WRONG, n + 1)
        world.say(Verdict.RIGHT if n % 3 else Verdict.WRONG, n + 1, who="bob")
    again = reviewer_agreement(world.store)
    assert again.alpha is not None
    assert again.alpha.value is not None
    assert again.pairs[0].everything is not None
    assert again.pairs[0].everything.kappa.value is not None


def test_one_reviewer_alone_is_no_pair(world: World) -> None:
    world.say(Verdict.RIGHT, 1)
    found = reviewer_agreement(world.store)
    assert (found.pairs, found.alpha, found.disagreements) == ((), None, ())


def corrected(world: World, *, row: int, scores: dict[int, float]) -> None:
    """The same items again with another reference of one, their predictions with the answers, and some grades."""
    with world.store.write() as db:
        first = db.execute("SELECT question FROM item ORDER BY id").fetchall()
        rows = [item(question, "corrected" if n == row else "yes") for n, (question,) in enumerate(first)]
        again = dataset(db, "mine-2", rows)
        numbers = [one[0] for one in db.execute("SELECT id FROM item WHERE dataset = ? ORDER BY id", [again.id])]
        take_over_runs(db, 1, again.id, enumerate(numbers, 1), "again")
        give(db, world.grader, {2 * world.count + prediction: score for prediction, score in scores.items()})


def test_grades_of_an_older_dataset_count_where_the_newer_one_has_none(world: World) -> None:
    world.score(lambda _n, _index: 10.0)
    world.say(Verdict.RIGHT, 1, 2)
    corrected(world, row=0, scores={})
    found = grader_agreement(world.store, world.grader, "ada")
    assert (found.judged, dict(found.left_out)) == (2, {})


def test_a_grader_wrong_verdict_says_nothing_where_a_corrected_reference_turned_the_grade(world: World) -> None:
    world.score(lambda _n, _index: 2.0)
    world.say(Verdict.GRADER, 1, 2)
    corrected(world, row=0, scores={1: 10.0, 2: 2.0})
    found = grader_agreement(world.store, world.grader, "ada")
    assert found.reviewed == 1
    assert found.labels is not None
    assert found.labels.table.counts == ((0, 0), (1, 0))
    assert dict(reviewer_agreement(world.store).reviewers) == {"ada": 1}


def test_figures_are_simulated_only_where_what_they_are_of_is(world: World) -> None:
    world.score(lambda _n, _index: 10.0)
    world.say(Verdict.RIGHT, 1)
    with world.store.write() as db:
        other = dataset(db, "other", [item("Else?")])
        run, _added = predict(db, run_key(other.id, "sim"), ["yes"])
        db.execute("UPDATE run SET simulated = 1 WHERE id = ?", [run])
    assert not grader_agreement(world.store, world.grader, "ada").simulated
    assert not reviewer_agreement(world.store).simulated
    with world.store.write() as db:
        give(db, world.grader, dict.fromkeys(predictions(db, run), 10.0))
    world.say(Verdict.RIGHT, 2 * world.count + 1, who="bob")
    assert grader_agreement(world.store, world.grader, "ada").simulated
    assert reviewer_agreement(world.store).simulated


@pytest.mark.parametrize("labels", [1, 2, 5, 9])
def test_few_labels_get_words_and_no_figures(world: World, labels: int) -> None:
    world.score(lambda n, _index: 10.0 if n % 3 else 0.0)
    for n in range(labels):
        world.say(Verdict.RIGHT if n % 2 else Verdict.WRONG, n + 1)
        world.say(Verdict.RIGHT if n % 2 else Verdict.WRONG, n + 1, who="bob")
    found = grader_agreement(world.store, world.grader, "ada")
    assert (found.weighted, found.ranking, found.scores, found.mean, found.worth) == (None,) * 5
    assert found.labels is not None
    assert (found.labels.pairs, found.labels.kappa.value) == (labels, None)
    assert "too few for figures" in found.notes[0]
    assert f"give {50 - labels} more" in found.notes[0]
    people = reviewer_agreement(world.store)
    assert people.alpha is None
    assert people.pairs[0].everything is not None
    assert people.pairs[0].everything.kappa.value is None


def test_a_rater_of_one_mind_gets_no_interval_without_width(world: World) -> None:
    world.score(lambda _n, _index: 0.0)
    for n in range(SAMPLE):
        world.say(Verdict.RIGHT if n % 4 == 0 else Verdict.WRONG, n + 1)
    found = grader_agreement(world.store, world.grader, "ada")
    assert found.labels is not None
    assert (found.labels.kappa.value, found.worth) == (None, None)
    assert "fails all that was judged" in found.notes[0]
    assert found.mean is not None
    world.say(Verdict.WRONG, *range(1, SAMPLE + 1))
    found = grader_agreement(world.store, world.grader, "ada")
    assert (found.mean, found.worth) == (None, None)
    assert "all verdicts of the sample say the same" in found.notes[0]
