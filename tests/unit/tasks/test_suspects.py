"""Suspect labels: planted wrong ones come first, a person's word leads, and figures stand with and without them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from rft_tui.model import Grade, Verdict
from rft_tui.store.database import Store
from rft_tui.store.datasets import StoredDataset, get_dataset
from rft_tui.store.graders import StoredGrader
from rft_tui.store.verdicts import EventKind, record
from rft_tui.tasks.labels.changes import plan_changes
from rft_tui.tasks.labels.correcting import correct_dataset
from rft_tui.tasks.labels.suspects import calls_equivalent, keep_suspects, suspect_labels
from tests.unit.store.building import dataset, give, grader, item, predict, predictions, run_key

MODELS, RUNS = ("m", "n", "o"), (1, 2, 3)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "cache.db")
    yield made
    made.close()


def planted(store: Store, items: int = 100, wrong: int = 8, seed: int = 7) -> tuple[StoredDataset, StoredGrader]:
    """Items of shared difficulty with lures; the first `wrong` of them have a reference that is not the right one."""
    chance = random.Random(seed)
    with store.write() as db:
        rows = [item(f"Q{n}?", f"wrong {n}" if n < wrong else f"right {n}") for n in range(items)]
        mine = dataset(db, "mine", rows)
        exact = grader(db)
        difficulty = [chance.random() * 0.7 for _ in range(items)]
        lured = [chance.random() * 0.5 for _ in range(items)]
        for model in MODELS:
            for index in RUNS:
                answers = []
                for n in range(items):
                    fails = chance.random() < difficulty[n]
                    lure = f"lure {n}" if chance.random() < lured[n] else f"slip {chance.randrange(50)}"
                    answers.append(lure if fails else f"right {n}")
                run, _added = predict(db, run_key(mine.id, model, index), list(answers))
                first = db.execute("SELECT min(id) FROM prediction WHERE run = ?", [run]).fetchone()[0]
                scores = {first + n: float(text == rows[n].reference) for n, text in enumerate(answers)}
                give(db, exact, dict(scores))
    return mine, exact


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_wrong_labels_are_among_the_first(store: Store, seed: int) -> None:
    mine, exact = planted(store, seed=seed)
    found = suspect_labels(store, mine, exact)
    assert len(found.suspects) == 15
    assert sum(one.line <= 8 for one in found.suspects) >= 6
    assert found.suspects[0].suspect.reasons
    assert found.without_offered.mean.items == 85
    assert found.everything.mean.items == found.without_wrong.mean.items == 100
    assert (found.without_offered.mean.mean or 0) > (found.everything.mean.mean or 0)
    assert keep_suspects(store, found) == 15
    with store.read() as db:
        items = db.execute(
            "SELECT DISTINCT item FROM prediction JOIN kept_list ON kept_list.prediction = prediction.id"
            " WHERE kept_list.name = 'suspects'"
        ).fetchall()
    assert len(items) == 15


def test_a_persons_word_leads_until_the_reference_is_corrected(store: Store) -> None:
    mine, exact = planted(store, items=20, wrong=1)
    with store.write() as db:
        record(db, "ada", EventKind.VERDICT, Verdict.LABEL, answers=[5])
        row_id, line = db.execute("SELECT row_id, line FROM item WHERE id = 5").fetchone()
        record(db, "ada", EventKind.REFERENCE, "something else", row_id=row_id)
    found = suspect_labels(store, mine, exact, offered=3)
    assert found.suspects[0].line == line
    assert "person" in found.suspects[0].suspect.reasons
    assert (found.called_wrong, len(found.wrong)) == (1, len(MODELS) * len(RUNS))
    assert found.without_wrong.mean.items == 19
    correct_dataset(store, mine, "mine-2", plan_changes(store, mine))
    with store.read() as db:
        again = suspect_labels(store, get_dataset(db, "mine-2"), exact, offered=20)
    assert again.called_wrong == 0
    assert all("person" not in one.suspect.reasons for one in again.suspects)


def test_figures_of_a_dataset_are_simulated_only_where_its_own_runs_are(store: Store) -> None:
    mine, exact = planted(store, items=4, wrong=1)
    with store.write() as db:
        other = dataset(db, "other", [item("Else?")])
        run, _added = predict(db, run_key(other.id, "sim"), ["yes"])
        db.execute("UPDATE run SET simulated = 1 WHERE id = ?", [run])
        give(db, exact, dict.fromkeys(predictions(db, run), 1.0))
    assert not suspect_labels(store, mine, exact).simulated
    assert suspect_labels(store, other, exact).simulated


def test_long_answers_with_the_same_beginning_are_not_the_same(store: Store) -> None:
    with store.write() as db:
        mine = dataset(db, "mine", [item("Q?")])
        exact = grader(db)
        for number, model in enumerate(MODELS):
            predict(db, run_key(mine.id, model), ["word " * 100 + str(number)])
        give(db, exact, dict.fromkeys(predictions(db), 0.0))
    (found,) = suspect_labels(store, mine, exact).suspects
    assert (found.suspect.answer, list(found.suspect.reasons)) == ("", ["all_fail"])


def test_steps_that_call_a_failed_answer_equivalent_are_a_reason(store: Store) -> None:
    with store.write() as db:
        mine = dataset(db, "mine", [item("Q1?"), item("Q2?")])
        predict(db, run_key(mine.id), ["oui", "oui"])
        judge = grader(db)
        give(db, judge, {1: Grade(0.0, steps=("The answer is equivalent to it.",)), 2: Grade(1.0, steps=("synonyms",))})
    found = suspect_labels(store, mine, judge)
    assert [(one.line, "equivalent" in one.suspect.reasons) for one in found.suspects] == [(1, True)]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("Both are equivalent.", True),
        ("These are synonyms, but the form differs", True),
        ("It is not equivalent to the reference", False),
        ("They aren't the same thing.", False),
        ("no synonym was found. Still it means the same.", True),
        ("a different answer", False),
        ("In the same concept group: equivalent", True),
        ("not equivalent " * 2000, False),
    ],
)
def test_words_of_equivalence(steps: str, said: bool) -> None:
    assert calls_equivalent(steps) is said
