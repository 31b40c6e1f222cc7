"""Grading stored runs and files: what is computed, what is taken over, what is kept when it stops."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import GraderSpecError, UsageError
from rft_tui.graders.engine import compile_grader
from rft_tui.interchange.gradable import read_gradable
from rft_tui.interchange.importer import ImportOptions, import_predictions
from rft_tui.model import Answer, Grade, GradeError, PredictionError, ScoreRule
from rft_tui.store.database import Store
from rft_tui.store.datasets import get_dataset, iter_items
from rft_tui.store.grade_rows import iter_grades
from rft_tui.store.graders import StoredGrader, add_external_grader
from rft_tui.store.grades import Gradable
from rft_tui.store.runs import RunKey, add_predictions, ensure_run
from rft_tui.store.summary import summarise
from rft_tui.tasks import grade as grade_module
from rft_tui.tasks.grade import GradeReport, grade_predictions, grade_runs
from rft_tui.tasks.graders import ensure_grader, resolve_grader
from rft_tui.tasks.import_data import import_dataset
from rft_tui.tasks.tally import Tally
from tests.unit.interchange.files import SHARED, needs_shared, row, write_lines

EXACT = {
    "type": "string_check",
    "name": "exact",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
}
PYTHON = {
    "type": "python",
    "name": "longest",
    "source": "def grade(sample, item):\n    return len(sample['output_text']) / 10\n",
}


def fill(store: Store, folder: Path, rows: int, texts: list[str | None]) -> list[int]:
    """A dataset of so many items, and one run for each text (None: an error), given to every item."""
    path = write_lines(folder / "mine.jsonl", [row(f"Q{number}?", "yes") for number in range(rows)])
    dataset = import_dataset(store, path).dataset.id
    runs = []
    with store.write() as db:
        for index, text in enumerate(texts, 1):
            key = RunKey(dataset, "imported", "imported", "m", "low", "", index)
            runs.append(ensure_run(db, key))
            answer = Answer(text) if text is not None else Answer("", error=PredictionError("incomplete", "cut"))
            items = [(item.id, item.input_id, answer) for item in iter_items(db, dataset)]
            add_predictions(db, runs[-1], key, items)
    return runs


def test_runs_are_graded_once(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path, 5, ["yes", "no", None])
    grader = ensure_grader(store, EXACT)
    first = grade_runs(store, grader)
    assert (first.computed, first.cached, first.scored, first.errors) == (15, 0, 10, 5)
    assert first.summary.mean.mean == pytest.approx(0.5)
    assert first.summary.pass_rate == pytest.approx(0.5)
    again = grade_runs(store, grader)
    assert (again.computed, again.cached, again.summary) == (0, 15, first.summary)


def test_a_prediction_without_an_answer_is_an_error_and_never_reaches_the_grader(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path, 2, [None])
    report = grade_runs(store, ensure_grader(store, PYTHON))
    with store.read() as db:
        grades = [one.grade for one in iter_grades(db, 1)]
    assert (report.scored, report.errors) == (0, 2)
    assert report.summary.mean.mean is None
    assert [one.error for one in grades] == [GradeError("prediction", "incomplete: cut")] * 2


def test_only_the_named_runs_are_graded(store: Store, tmp_path: Path) -> None:
    runs = fill(store, tmp_path, 3, ["yes", "no"])
    grader = ensure_grader(store, EXACT)
    assert grade_runs(store, grader, runs[:1]).computed == 3
    report = grade_runs(store, grader)
    assert (report.computed, report.cached) == (3, 3)
    with store.read() as db:
        found = [(one.run_index, one.grade.score) for one in iter_grades(db, grader.id, runs[1:])]
    assert found == [(2, 0.0)] * 3


def test_equal_rows_of_another_dataset_are_not_computed_again(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path, 4, ["yes"])
    grader = ensure_grader(store, EXACT)
    grade_runs(store, grader)
    (tmp_path / "again").mkdir()
    dataset = import_dataset(store, tmp_path / "mine.jsonl", "copy").dataset.id
    with store.write() as db:
        key = RunKey(dataset, "imported", "imported", "m", "low", "", 1)
        items = [(item.id, item.input_id, Answer("yes")) for item in iter_items(db, dataset)]
        add_predictions(db, ensure_run(db, key), key, items)
    report = grade_runs(store, grader)
    assert (report.computed, report.cached, report.scored) == (0, 8, 8)


def test_what_is_graded_before_a_stop_stays(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grade_module, "BATCH", 10)
    fill(store, tmp_path, 40, ["yes"])
    grader, stop, seen = ensure_grader(store, EXACT), Event(), []

    def progress(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 20:
            stop.set()

    report = grade_runs(store, grader, stop=stop, progress=progress)
    assert seen == [(10, 40), (20, 40)]
    assert report.computed == 20
    rest = grade_runs(store, grader)
    assert (rest.computed, rest.cached, rest.scored) == (20, 20, 40)


def test_a_failure_keeps_the_batches_before_it(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grade_module, "BATCH", 10)
    fill(store, tmp_path, 40, ["yes"])
    grader = ensure_grader(store, EXACT)

    def progress(done: int, _total: int) -> None:
        if done == 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade_runs(store, grader, progress=progress)
    assert grade_runs(store, grader).cached == 30


def test_python_graders_are_run_over_the_store(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path, 3, ["yes", None, "absolutely"])
    report = grade_runs(store, ensure_grader(store, PYTHON), workers=1)
    assert (report.scored, report.errors) == (6, 3)
    assert report.summary.mean.mean == pytest.approx(0.65)


def test_graders_that_cannot_run_are_refused(store: Store, tmp_path: Path) -> None:
    fill(store, tmp_path, 1, ["yes"])
    with store.write() as db:
        external = add_external_grader(db, "judge")
    with pytest.raises(UsageError, match="known by its scores alone"):
        grade_runs(store, external)
    with pytest.raises(GraderSpecError):
        grade_runs(store, ensure_grader(store, EXACT | {"operation": "same"}))


class TestResolve:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        made = tmp_path / "graders"
        made.mkdir()
        (made / "strict.json").write_text(json.dumps(EXACT), encoding="utf-8")
        return made

    def test_a_file_is_stored_under_its_own_name(self, store: Store, folder: Path) -> None:
        by_path = resolve_grader(store, folder / "strict.json")
        assert by_path.name == "exact"
        assert by_path.spec == EXACT
        found = ["exact", f"exact@{by_path.version[:6]}"]
        assert [resolve_grader(store, name) for name in found] == [by_path] * 2
        assert [resolve_grader(store, name, folder) for name in ("strict", "strict.json")] == [by_path] * 2

    def test_a_changed_file_is_a_new_version(self, store: Store, folder: Path) -> None:
        old = resolve_grader(store, folder / "strict.json")
        (folder / "strict.json").write_text(json.dumps(EXACT | {"operation": "ilike"}), encoding="utf-8")
        new = resolve_grader(store, folder / "strict.json")
        assert (new.name, new.version != old.version) == ("exact", True)
        assert resolve_grader(store, f"exact@{old.version}") == old

    def test_a_grader_without_a_name_gets_one_that_is_not_written_back(self, store: Store, folder: Path) -> None:
        nameless = {key: value for key, value in EXACT.items() if key != "name"}
        stored = ensure_grader(store, nameless)
        assert stored.name
        assert stored.spec == nameless

    def test_a_bad_file_stores_nothing(self, store: Store, folder: Path) -> None:
        (folder / "strict.json").write_text(json.dumps(EXACT | {"operation": "same"}), encoding="utf-8")
        with pytest.raises(GraderSpecError):
            resolve_grader(store, folder / "strict.json")
        with pytest.raises(UsageError, match="there is no grader 'exact'"):
            resolve_grader(store, "exact", folder)
        with pytest.raises(UsageError, match="there is no grader"):
            resolve_grader(store, "x" * 5000 + ".json", folder)


def gradable(number: int, text: str | None, item: int = 1) -> Gradable:
    kind = "incomplete" if text is None else None
    return Gradable(number, item, 0, str(item), 1, "m", text or "", kind, None, {}, {"reference_answer": "yes"})


@given(st.lists(st.sampled_from(["yes", "no", None]), max_size=30), st.integers(1, 4))
def test_grades_come_in_order_whatever_has_no_answer(texts: list[str | None], held_back: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grade_module, "MOST_WITHOUT_ANSWER", held_back)
        predictions = [gradable(number, text) for number, text in enumerate(texts)]
        done = list(grade_predictions(compile_grader(EXACT), predictions))
    assert [one for one, _grade in done] == predictions
    assert [grade.score for _one, grade in done] == [{"yes": 1.0, "no": 0.0, None: None}[text] for text in texts]


def test_predictions_without_answers_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grade_module, "MOST_WITHOUT_ANSWER", 5)
    taken = 0

    def endless() -> Iterator[Gradable]:
        nonlocal taken
        while True:
            taken += 1
            yield gradable(taken, None)

    grades = grade_predictions(compile_grader(EXACT), endless())
    assert [next(grades)[0].prediction for _ in range(20)] == list(range(1, 21))
    assert taken <= 25


@given(st.lists(st.tuples(st.integers(0, 3), st.none() | st.floats(-0.5, 1.5), st.booleans()), max_size=40))
def test_figures_of_a_file_are_those_of_the_store(rows: list[tuple[int, float | None, bool]]) -> None:
    tally = Tally(ScoreRule(pass_threshold=0.5))
    for item, score, passed in rows:
        error = GradeError("timeout", "slow") if score is None else None
        tally.add(str(item), Grade(score, None if error else passed, error=error))
    figures = tally.summary()
    scored = [(item, score, passed) for item, score, passed in rows if score is not None]
    means = [
        sum(one) / len(one) for item in range(4) if (one := [score for place, score, _ in scored if place == item])
    ]
    assert (figures.graded, figures.scored) == (len(rows), len(scored))
    assert sum(figures.counts) == sum(figures.bands.values()) == len(scored)
    assert figures.passed == (sum(passed for _, _, passed in scored) if scored else None)
    if means:
        assert figures.mean.mean == pytest.approx(sum(means) / len(means))


def test_a_file_and_the_store_agree(store: Store, tmp_path: Path) -> None:
    texts = ["yes", "no", "", "yes ", "yes"]
    lines: list[dict[str, Any]] = [
        {"item": row(f"Q{n % 3}?"), "output_text": text, "model": "m"} for n, text in enumerate(texts)
    ]
    lines.append({"item": row("Q9?"), "error": "no answer"})
    path = write_lines(tmp_path / "lines.jsonl", lines)
    import_predictions(store, [path], ImportOptions(model="m"))
    grader = ensure_grader(store, EXACT)
    report: GradeReport = grade_runs(store, grader)
    tally = Tally(grader.rule)
    in_order = []
    for prediction, grade in grade_predictions(compile_grader(EXACT), read_gradable([path])):
        tally.add(prediction.row_id, grade)
        in_order.append((prediction.row_id, prediction.run_index, grade.score))
    figures = tally.summary()
    assert figures.mean.mean == pytest.approx(report.summary.mean.mean)
    assert figures.mean.standard_error == pytest.approx(report.summary.mean.standard_error)
    assert replace(figures, mean=report.summary.mean) == report.summary
    with store.read() as db:
        rows = {item.row_id for item in iter_items(db, get_dataset(db, "lines").id)}
    assert {one[0] for one in in_order} == rows
    assert [one[1:] for one in in_order] == [(1, 1.0), (1, 0.0), (1, 0.0), (2, 0.0), (2, 1.0), (1, None)]


def test_a_file_of_items_without_questions_can_be_graded(tmp_path: Path) -> None:
    lines = [{"item": {"reference_answer": "yes"}, "output_text": text} for text in ("yes", "no")]
    found = list(read_gradable([write_lines(tmp_path / "lines.jsonl", lines)]))
    assert [(one.prediction, one.run_index) for one in found] == [(1, 1), (2, 2)]
    assert found[0].row_id == found[1].row_id
    assert [grade.score for _one, grade in grade_predictions(compile_grader(EXACT), found)] == [1.0, 0.0]


@needs_shared
def test_published_accuracy_comes_out(store: Store) -> None:
    import_predictions(store, [SHARED / "numersense" / "predictions"])
    grader: StoredGrader = ensure_grader(store, EXACT)
    grade_runs(store, grader)
    with store.read() as db:
        means = {
            (model, index): summarise(db, grader.id, grader.rule, [run]).mean.mean
            for run, model, index in db.execute("SELECT id, model, run_index FROM run")
        }
    assert means["gpt-4o-2024-05-13", 1] == pytest.approx(0.9883, abs=5e-5)
    assert means["gpt-4o-mini", 1] == pytest.approx(0.8965, abs=5e-5)
