"""What comparisons read: rows by content, answers by draw, who graded how much, which job made a model."""

from __future__ import annotations

from rft_tui.store.compared import (
    compared_rows,
    field_of_rows,
    graded_counts,
    iter_answer_texts,
    read_operand,
    run_names,
)
from rft_tui.store.compared_jobs import inputs_of_dataset, jobs_of_models
from rft_tui.store.database import Store
from tests.unit.store.building import dataset, failed, give, grader, item, predict, predictions, run_key


def test_rows_of_one_content_are_one(store: Store) -> None:
    with store.write() as db:
        first = dataset(db, "first", [item("Q0"), item("Q1"), item("Q0")])
        second = dataset(db, "second", [item("Q1"), item("Q2")])
        runs = [predict(db, run_key(one.id), ["x"])[0] for one in (first, second)]
        found = compared_rows(db, runs)
        alone = compared_rows(db, runs[:1])
    assert found.rows[1] is found.rows[3]
    assert found.rows[2] is found.rows[4]
    assert found.repeated == {item("Q0").row_id}
    assert set(alone.rows) == {1, 2, 3}
    assert (found.rows[4].dataset, found.rows[4].line) == (first.id, 2)


def test_answers_errors_and_what_is_not_graded(store: Store) -> None:
    with store.write() as db:
        of = grader(db)
        made = dataset(db, "d", [item(f"Q{at}") for at in range(4)])
        one, _ = predict(db, run_key(made.id, run_index=1), ["a", "bb", failed("refusal"), "d"])
        two, _ = predict(db, run_key(made.id, run_index=2), ["aaa", "b"])
        first, second = predictions(db, one), predictions(db, two)
        give(db, of, {first[0]: 1.0, first[1]: None, second[0]: 0.25})
        found = read_operand(db, of.id, {one: 1, two: 2}, compared_rows(db, [one, two]).rows)
    rows = [found[item(f"Q{at}").row_id] for at in range(4)]
    assert (rows[0].scores, rows[0].lengths, rows[0].predictions) == ({1: 1.0, 2: 0.25}, [1, 3], [first[0], second[0]])
    assert (rows[0].ruled, rows[0].passed) == (2, 1)
    assert (rows[1].errors, rows[1].ungraded) == ({1: "other_error"}, 1)
    assert rows[2].errors == {1: "refusal"}
    assert (rows[3].ungraded, rows[3].scores) == (1, {})


def test_a_score_elsewhere_stands_for_an_error(store: Store) -> None:
    with store.write() as db:
        of = grader(db)
        runs = []
        for name, score in (("first", None), ("second", 0.5)):
            made = dataset(db, name, [item("Q")])
            run, _ = predict(db, run_key(made.id), ["x"])
            give(db, of, dict.fromkeys(predictions(db, run), score))
            runs.append(run)
        found = read_operand(db, of.id, dict.fromkeys(runs, 1), compared_rows(db, runs).rows)
    (only,) = found.values()
    assert (only.scores, only.errors) == ({1: 0.5}, {})


def test_a_field_of_rows(store: Store) -> None:
    with store.write() as db:
        dataset(db, "d", [item("Q0", source="a"), item("Q1", source=["b", 1]), item("Q2"), item("Q3", source=None)])
        every = [row[0] for row in db.execute("SELECT row_id FROM item ORDER BY id")]
        found = field_of_rows(db, every, "source")
    assert [found.get(row) for row in every] == ["a", "['b', 1]", None, None]


def test_who_graded_how_much(store: Store) -> None:
    with store.write() as db:
        one, other, gone = grader(db, "one"), grader(db, "other"), grader(db, "gone")
        made = dataset(db, "d", [item(f"Q{at}") for at in range(40)])
        runs = [predict(db, run_key(made.id, run_index=index), [f"a{at}" for at in range(40)])[0] for index in (1, 2)]
        give(db, one, dict.fromkeys(predictions(db), 1.0))
        give(db, other, {number: 1.0 if number % 2 else None for number in predictions(db, runs[0])})
        give(db, gone, dict.fromkeys(predictions(db), 1.0))
        db.execute("UPDATE grader SET deleted = 1 WHERE id = ?", [gone.id])
        exact, about = graded_counts(db, runs), graded_counts(db, runs, most=16)
        assert [run.id for run in run_names(db)] == runs
    assert exact == {one.id: {runs[0]: 40, runs[1]: 40}, other.id: {runs[0]: 20}}
    assert about[one.id] == {runs[0]: 8, runs[1]: 8}
    assert about[other.id] == {runs[0]: 4}


def test_texts_of_answers_and_inputs_of_a_dataset(store: Store) -> None:
    with store.write() as db:
        made = dataset(db, "d", [item("Q0", "yes"), item("Q1", None)])
        predict(db, run_key(made.id), ["x" * 30_000, "y"])
        texts = sorted(iter_answer_texts(db, predictions(db)), key=lambda one: one.prediction)
        assert (inputs_of_dataset(db, "d"), inputs_of_dataset(db, "e")) == ({1, 2}, set())
    assert [(len(one.text), one.question, one.reference) for one in texts] == [(20_000, "Q0", "yes"), (1, "Q1", "")]


def test_no_model_has_no_job(store: Store) -> None:
    with store.read() as db:
        assert jobs_of_models(db, []) == []
        assert jobs_of_models(db, [("m", "{}"), ("n", '{"job":"ftjob-x","step":1}')]) == []
