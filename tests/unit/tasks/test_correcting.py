"""Datasets made anew from corrected references: every other row byte for byte, predictions and grades taken over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rft_tui.errors import UsageError
from rft_tui.identity import canonical_json
from rft_tui.model import ScoreRule, Verdict
from rft_tui.store.corrections import get_changes
from rft_tui.store.database import Store
from rft_tui.store.datasets import StoredDataset, get_dataset, iter_items
from rft_tui.store.graders import StoredGrader, add_grader
from rft_tui.store.grades import get_grade
from rft_tui.store.verdicts import EventKind, record, review_state, undo
from rft_tui.tasks.grade import grade_runs
from rft_tui.tasks.import_data import import_dataset
from rft_tui.tasks.labels.changes import changed_rows, plan_changes
from rft_tui.tasks.labels.correcting import correct_dataset
from tests.unit.store.building import give, grader, predict, run_key

EXACT = {
    "type": "string_check",
    "name": "exact",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
}
JUDGE = {
    "type": "score_model",
    "name": "judge",
    "model": "m",
    "input": [{"role": "user", "content": "Score {{sample.output_text}}"}],
    "range": [0, 1],
}

LINES = [
    '{ "messages" : [{"role":"user","content":"Q0?"}],  "reference_answer":"zero", "n": 1.50 }',
    '{"messages":[{"role":"user","content":"Q1?"}],"reference_answer":"\\u00e9in","topic":"x"}',
    '{"reference_answer": "two", "messages": [{"role": "user", "content": "Q2?"}], "x": [1,  2]}',
    '{"messages":[{"role":"user","content":"Q3?"}],"reference_answer":"three"}',
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "cache.db")
    yield made
    made.close()


def bring(store: Store, folder: Path, lines: list[str], **options: Any) -> StoredDataset:
    path = folder / "mine.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return import_dataset(store, path, "mine", **options).dataset


def correct(store: Store, line: int, reference: str, reviewer: str = "ada", dataset: str = "mine") -> None:
    with store.write() as db:
        rows = {item.line: item.row_id for item in iter_items(db, get_dataset(db, dataset).id)}
        record(db, reviewer, EventKind.REFERENCE, reference, row_id=rows[line])


def raws(store: Store, dataset: StoredDataset) -> list[bytes]:
    with store.read() as db:
        return [item.raw for item in iter_items(db, dataset.id)]


def exact(store: Store, spec: dict[str, Any] = EXACT) -> StoredGrader:
    with store.write() as db:
        return add_grader(db, spec["name"], spec, ScoreRule())


def test_only_the_row_of_a_corrected_reference_changes(store: Store, tmp_path: Path) -> None:
    mine = bring(store, tmp_path, LINES)
    correct(store, 3, "deux", "ada")
    made = correct_dataset(store, mine, "mine-2", plan_changes(store, mine))
    rows = raws(store, made.dataset)
    assert [row for number, row in enumerate(rows) if number != 2] == [
        line.encode() for number, line in enumerate(LINES) if number != 2
    ]
    assert json.loads(rows[2]) == json.loads(LINES[2]) | {"reference_answer": "deux"}
    assert list(json.loads(rows[2])) == list(json.loads(LINES[2]))
    assert raws(store, mine) == [line.encode() for line in LINES]
    with store.read() as db:
        (change,) = get_changes(db, made.dataset.id)
        before, after = list(iter_items(db, mine.id))[2], list(iter_items(db, made.dataset.id))[2]
    assert (change.line, change.reviewer, change.before, change.after) == (3, "ada", "two", "deux")
    assert change.at.startswith("20")
    assert (change.row_id, change.new_row_id) == (before.row_id, after.row_id)
    assert before.input_id == after.input_id
    assert after.reference == "deux"


def test_predictions_verdicts_and_equal_grades_come_along_and_only_the_rest_is_graded(
    store: Store, tmp_path: Path
) -> None:
    mine = bring(store, tmp_path, LINES)
    local, judge = exact(store), exact(store, JUDGE)
    with store.write() as db:
        run, _added = predict(db, run_key(mine.id), ["zero", "\u00e9in", "deux", "drei"])
        other, _added = predict(db, run_key(mine.id, run_index=2), ["no", "\u00e9in"])
        outside = grader(db, "outside")
        give(db, judge, {1: 1.0, 2: 1.0, 3: 0.2, 4: 0.1})
        give(db, outside, {1: 1.0, 3: 0.0})
        record(db, "ada", EventKind.VERDICT, Verdict.LABEL, answers=[3])
    grade_runs(store, local, [run, other])
    correct(store, 3, "deux")
    made = correct_dataset(store, mine, "mine-2", plan_changes(store, mine))
    assert (len(made.runs), made.predictions) == (2, 6)
    figures = {one.grader.name: (one.taken, one.computed, one.left) for one in made.graders}
    assert figures["exact"] == (5, 1, 0)
    assert figures["judge"] == (3, 0, 3)
    with store.read() as db:
        new = {
            (row[1], row[2]): row[0]
            for row in db.execute(
                "SELECT prediction.id, item.position, run_index FROM prediction JOIN item ON item.id = item"
                " WHERE item.dataset = ?",
                [made.dataset.id],
            )
        }
        scores = {place: get_grade(db, local.id, number) for place, number in new.items()}
        assert {place: grade.score for place, grade in scores.items() if grade} == {
            (0, 1): 1.0, (1, 1): 1.0, (2, 1): 1.0, (3, 1): 0.0, (0, 2): 0.0, (1, 2): 1.0,
        }  # fmt: skip
        answer = db.execute("SELECT answer FROM prediction WHERE id = ?", [new[2, 1]]).fetchone()[0]
        assert review_state(db, "ada", answer).verdict is Verdict.LABEL
        cached = db.execute("SELECT sum(cached) FROM prediction WHERE run IN (3, 4)").fetchone()[0]
    assert cached == 6
    again = correct_dataset(store, mine, "mine-2", plan_changes(store, mine))
    assert (again.dataset.id, again.runs, again.predictions) == (made.dataset.id, made.runs, 0)
    assert all(one.computed == 0 for one in again.graders)


def test_rows_are_left_out_as_somebody_says(store: Store, tmp_path: Path) -> None:
    mine = bring(store, tmp_path, LINES)
    with store.write() as db:
        predict(db, run_key(mine.id), ["a", "b", "c", "d"])
        record(db, "bob", EventKind.VERDICT, Verdict.LABEL, answers=[1, 2])
    correct(store, 1, "nil")
    plan = plan_changes(store, mine, without_suspects=True, without=frozenset({4}))
    made = correct_dataset(store, mine, "mine-2", plan)
    assert [(one.line, one.kind, one.reviewer) for one in made.changes] == [
        (1, "reference", "ada"),
        (2, "excluded", "bob"),
        (4, "excluded", ""),
    ]
    assert raws(store, made.dataset)[1:] == [LINES[2].encode()]
    assert made.predictions == 2
    with pytest.raises(UsageError, match="no row would be left"):
        correct_dataset(store, mine, "none", plan_changes(store, mine, without=frozenset({1, 2, 3, 4})))
    with store.read() as db, pytest.raises(UsageError):
        get_dataset(db, "none")


def test_reviewers_who_say_different_references_are_not_decided_between(store: Store, tmp_path: Path) -> None:
    mine = bring(store, tmp_path, LINES)
    correct(store, 1, "nil", "ada")
    correct(store, 1, "null", "bob")
    correct(store, 2, "eins", "ada")
    correct(store, 2, "eins", "bob")
    made = correct_dataset(store, mine, "mine-2", plan_changes(store, mine))
    assert [(one.line, one.after) for one in made.changes] == [(2, "eins")]
    assert [(one.line, one.reviewers) for one in made.refused] == [(1, ("ada", "bob"))]
    chosen = list(changed_rows(store, mine, plan_changes(store, mine, reviewers=["bob"])))
    assert [row.change.after for row in chosen if row.change] == ["null", "eins"]


def test_nothing_to_change_changes_nothing(store: Store, tmp_path: Path) -> None:
    mine = bring(store, tmp_path, LINES)
    correct(store, 1, "zero")
    correct(store, 2, "eins")
    with store.write() as db:
        undo(db, "ada")
    with pytest.raises(UsageError, match="no reference is to be changed"):
        correct_dataset(store, mine, "mine-2", plan_changes(store, mine))
    correct(store, 2, "eins")
    with pytest.raises(UsageError, match="other rows"):
        correct_dataset(store, mine, "mine", plan_changes(store, mine))
    with store.read() as db:
        assert db.execute("SELECT count(*) FROM dataset").fetchone()[0] == 1


@pytest.mark.parametrize(
    ("line", "options", "reference", "expected"),
    [
        (
            '{"messages":[{"role":"user","content":"Q?"},{"role":"assistant","content":"old"}],"k":"old"}',
            {},
            "new",
            {
                "messages": [{"role": "user", "content": "Q?"}, {"role": "assistant", "content": "new"}],
                "k": "old",
            },
        ),
        (
            (
                '{"input":{"messages":[{"role":"user","content":"Q?"}]},"preferred_output":[{"role":"assistant",'
                '"content":"old"}],"non_preferred_output":[{"role":"assistant","content":"bad"}]}'
            ),
            {},
            "new",
            {
                "input": {"messages": [{"role": "user", "content": "Q?"}]},
                "preferred_output": [{"role": "assistant", "content": "new"}],
                "non_preferred_output": [{"role": "assistant", "content": "bad"}],
            },
        ),
        ('{"question":"Q?","answer":"old","k":1}', {}, "new", {"question": "Q?", "answer": "new", "k": 1}),
        ('{"question":"Q?","answer":41}', {}, "42", {"question": "Q?", "answer": 42}),
        ('{"question":"Q?","answer":["a"]}', {}, '["a", "b"]', {"question": "Q?", "answer": ["a", "b"]}),
        ('{"question":"Q?","answer":["a"]}', {}, "b", None),
        ('{"question":"Q?","answer":true}', {}, "1", None),
        ('{"question":"Q?","answer":41}', {}, "NaN", None),
        ('{"question":"Q?","answer":4.5}', {}, "1e999", None),
        ('{"question":"Q?","answer":{"a":"b"}}', {}, '{"a":"\\ud800"}', None),
        (
            (
                '{"messages":[{"role":"user","content":"Q?"},{"role":"assistant","tool_calls":[{"id":"1","type":"function",'
                '"function":{"name":"f","arguments":"{}"}}]}]}'
            ),
            {},
            "new",
            None,
        ),
    ],
)
def test_the_reference_changes_where_it_stands(
    store: Store, tmp_path: Path, line: str, options: dict[str, Any], reference: str, expected: dict[str, Any] | None
) -> None:
    mine = bring(store, tmp_path, [line], **options)
    correct(store, 1, reference)
    (row,) = changed_rows(store, mine, plan_changes(store, mine))
    if expected is None:
        assert row.refused is not None
        assert row.raw == line.encode()
        assert row.change is None
    else:
        assert row.raw is not None
        assert json.loads(row.raw) == expected
        assert row.item is not None
        assert row.item.input_id == row.before.input_id
        assert canonical_json(json.loads(row.item.messages)) == row.item.messages
