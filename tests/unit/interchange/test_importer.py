"""Imports as a person sees them: where predictions land, what is said, and that a failed import leaves nothing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from rft_tui.datasets.prompts import make_prompt
from rft_tui.errors import InputError, UsageError
from rft_tui.interchange.importer import ImportOptions, ImportReport, import_predictions
from rft_tui.store.database import Store
from rft_tui.store.runs import list_runs
from tests.unit.interchange.files import (
    PROMPT,
    SHARED,
    add_questions,
    counts,
    messages,
    needs_shared,
    notebook_row,
    row,
    write_lines,
    write_list,
)

QUESTIONS = [f"Is {number} even?" for number in range(12)]
RAW = "train_simple_my_model_low_predictions_run1.json"
SCORED = "train_simple_my_model_low_judge_predictions_run_1_scored.json"


def bring(store: Store, *paths: Path, prompts: Path | None = None, **options: object) -> ImportReport:
    return import_predictions(store, list(paths), ImportOptions(**options), prompts)  # type: ignore[arg-type]


def landed(store: Store) -> dict[tuple[str, str, str, str, int], int]:
    with store.read() as db:
        runs = list_runs(db)
    return {(run.dataset, run.model, run.effort, run.prompt_name, run.run_index): run.done + run.errors for run in runs}


def scores(store: Store) -> dict[str, float]:
    with store.read() as db:
        return dict(
            db.execute(
                "SELECT item.question, grade.score FROM grade JOIN item ON item.id = grade.item JOIN grader"
                " ON grader.id = grade.grader WHERE grader.type = 'external'"
            )
        )


@needs_shared
def test_all_sample_predictions_land_on_their_items_once(store: Store, tmp_path: Path) -> None:
    from rft_tui.tasks.import_data import import_dataset

    for name in ("questions_train", "questions_val"):
        import_dataset(store, SHARED / "sample" / f"{name}.jsonl")
    report = bring(store, SHARED / "sample" / "predictions")
    assert (report.new, report.known, len(report.runs), report.unmapped) == (720, 0, 12, ())
    assert {run.model for run in report.runs} == {"qwen-coder-0.5b", "smollm2"}
    assert {key[0]: key[3] for key in landed(store)} == {"questions_train": "simple", "questions_val": "simple"}
    with store.read() as db:
        (text,) = db.execute("SELECT text FROM prompt").fetchone()
        per_item = db.execute("SELECT count(*) FROM prediction GROUP BY item").fetchall()
        errors = db.execute("SELECT error_kind, count(*) FROM prediction WHERE error_kind NOT NULL").fetchall()
    assert text == make_prompt("simple", (SHARED / "sample" / "prompt_simple.txt").read_text()).text
    assert per_item == [(6,)] * 120
    assert errors == [("incomplete", 7)]
    before = counts(store)
    again = bring(store, SHARED / "sample" / "predictions")
    assert (again.new, again.known, again.datasets) == (0, 720, ())
    assert counts(store) == before


@needs_shared
def test_scored_files_without_a_dataset_make_one(store: Store) -> None:
    report = bring(store, SHARED / "wiki-search" / "predictions")
    assert (report.new, report.grades, report.datasets) == (600, 600, ("val_agent",))
    with store.read() as db:
        (mean,) = db.execute(
            "SELECT avg(score) FROM grade JOIN run ON run.id = grade.run JOIN grader ON grader.id = grade.grader"
            " WHERE run.model = 'gpt-4.1' AND run.run_index = 1 AND grader.name = 'judge'"
        ).fetchone()
    assert mean == pytest.approx(0.92)
    before = counts(store)
    assert bring(store, SHARED / "wiki-search" / "predictions").new == 0
    assert counts(store) == before


@needs_shared
def test_predictions_without_scores_fill_one_dataset_of_their_own(store: Store) -> None:
    report = bring(store, SHARED / "numersense" / "predictions")
    assert (report.new, len(report.runs), report.datasets, report.grades) == (6 * 512, 6, ("val_plain",), 0)
    assert counts(store)["item"] == 512


def test_a_scored_file_in_another_order_is_the_same_run(store: Store, tmp_path: Path) -> None:
    add_questions(store, tmp_path, "train", QUESTIONS)
    raw = [notebook_row(question, f"answer {n}", PROMPT) for n, question in enumerate(QUESTIONS)]
    scored = [one | {"score": n / 20} for n, one in enumerate(raw)]
    random.Random(3).shuffle(scored)
    write_list(tmp_path / "runs" / RAW, raw)
    write_list(tmp_path / "runs" / SCORED, scored)
    report = bring(store, tmp_path / "runs")
    assert (report.new, report.known, report.grades, len(report.runs)) == (12, 12, 12, 1)
    assert landed(store) == {("train", "my_model", "low", "simple", 1): 12}
    assert scores(store) == {question: n / 20 for n, question in enumerate(QUESTIONS)}
    before = counts(store)
    assert bring(store, tmp_path / "runs").grades == 0
    assert counts(store) == before


def test_a_known_prompt_is_taken_off_though_no_dataset_is_there(store: Store, tmp_path: Path) -> None:
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    (prompts / "simple.txt").write_text(PROMPT + "\n", encoding="utf-8")
    (prompts / "broken.txt").write_bytes(b"\xff\xff")
    path = write_list(tmp_path / RAW, [notebook_row(question, prompt=PROMPT) for question in QUESTIONS])
    report = bring(store, path, prompts=prompts)
    assert report.datasets == ("train",)
    assert any("broken.txt" in note for note in report.notes)
    assert landed(store) == {("train", "my_model", "low", "simple", 1): 12}
    with store.read() as db:
        assert {one[0] for one in db.execute("SELECT question FROM input")} == set(QUESTIONS)


def test_a_given_prompt_belongs_to_the_run_even_where_no_input_carries_it(store: Store, tmp_path: Path) -> None:
    add_questions(store, tmp_path, "train", QUESTIONS)
    prompt = tmp_path / "mine.txt"
    prompt.write_text(PROMPT, encoding="utf-8")
    path = write_list(tmp_path / RAW, [notebook_row(question) for question in QUESTIONS])
    bring(store, path)
    report = bring(store, path, prompt=str(prompt))
    assert (report.new, report.known) == (12, 0)
    assert {key[3] for key in landed(store)} == {"", "mine"}
    assert any("12 of 12 inputs do not carry the prompt 'mine'" in note for note in report.notes)
    with pytest.raises(UsageError, match="there is no prompt 'nowhere'"):
        bring(store, path, prompt="nowhere")
    with pytest.raises(UsageError, match="there is no prompt"):
        bring(store, path, prompt="x" * 5000)


def test_what_fits_no_item_becomes_a_dataset_of_its_own_once(store: Store, tmp_path: Path) -> None:
    add_questions(store, tmp_path, "train", QUESTIONS[:8])
    path = write_list(tmp_path / RAW, [notebook_row(question, prompt=PROMPT) for question in QUESTIONS])
    report = bring(store, path)
    assert report.datasets == ("train_unmatched",)
    assert any("4 predictions fit no item" in note for note in report.notes)
    assert {key[0]: count for key, count in landed(store).items()} == {"train": 8, "train_unmatched": 4}
    before = counts(store)
    again = bring(store, path)
    assert (again.new, again.known, again.datasets) == (0, 12, ())
    assert counts(store) == before


def test_another_reference_lands_all_the_same_and_is_counted(store: Store, tmp_path: Path) -> None:
    add_questions(store, tmp_path, "train", QUESTIONS, reference="Yes")
    report = bring(store, write_list(tmp_path / RAW, [notebook_row(question) for question in QUESTIONS]))
    assert (report.new, report.datasets) == (12, ())
    assert any("12 rows have another reference" in note for note in report.notes)


def test_of_items_with_one_input_the_equal_row_is_answered(store: Store, tmp_path: Path) -> None:
    from rft_tui.tasks.import_data import import_dataset

    rows = [row("Same?", "no"), row("Same?", "yes"), row("Same?", "maybe")]
    import_dataset(store, write_lines(tmp_path / "train.jsonl", rows))
    bring(store, write_list(tmp_path / RAW, [notebook_row("Same?")]))
    with store.read() as db:
        found = db.execute("SELECT item.reference FROM prediction JOIN item ON item.id = prediction.item").fetchall()
    assert found == [("yes",)]


def test_the_dataset_with_most_of_the_inputs_is_taken_unless_one_is_named(store: Store, tmp_path: Path) -> None:
    add_questions(store, tmp_path, "few", QUESTIONS[:3])
    add_questions(store, tmp_path, "all", QUESTIONS)
    path = write_list(tmp_path / RAW, [notebook_row(question) for question in QUESTIONS])
    bring(store, path)
    assert {key[0]: count for key, count in landed(store).items()} == {"all": 12}
    report = bring(store, path, dataset="few", run_index=2)
    assert {key[0]: count for key, count in landed(store).items() if key[4] == 2} == {"few": 3, "all": 9}
    assert any("9 predictions landed on 'all'" in note for note in report.notes)
    add_questions(store, tmp_path, "other", ["Something else?"])
    before = counts(store)
    with pytest.raises(InputError, match="no row has an input of the dataset 'other'"):
        bring(store, path, dataset="other")
    with pytest.raises(UsageError, match="there is no dataset 'nowhere'"):
        bring(store, path, dataset="nowhere")
    assert counts(store) == before


def test_options_override_the_name(store: Store, tmp_path: Path) -> None:
    path = write_list(tmp_path / SCORED, [notebook_row("Q?", score=1)])
    bring(store, path, model="other", effort="high", run_index=7, grader="mine")
    assert landed(store) == {("train_simple", "other", "high", "", 7): 1}
    with store.read() as db:
        assert db.execute("SELECT name, type FROM grader").fetchall() == [("mine", "external")]


def test_equal_items_without_a_run_index_are_runs_in_order_of_appearance(store: Store, tmp_path: Path) -> None:
    lines = [{"item": row("Q?"), "output_text": text, "model": "m"} for text in ("a", "b", "c")]
    lines.insert(1, {"item": row("R?"), "output_text": "d", "model": "m"})
    report = bring(store, write_lines(tmp_path / "mine.jsonl", lines))
    assert [(run.run_index, run.predictions) for run in report.runs] == [(1, 2), (2, 1), (3, 1)]
    assert report.datasets == ("mine",)


def test_a_file_named_without_run_and_one_without_any_meaning(store: Store, tmp_path: Path) -> None:
    bring(store, write_list(tmp_path / "train_simple_m_low_predictions.json", [notebook_row("Q?", "a")]))
    report = bring(store, write_list(tmp_path / "odd.json", [notebook_row("Q?", "b")]))
    assert {key[1:3] + key[4:] for key in landed(store)} == {("m", "low", 1), ("odd", "default", 1)}
    assert any("nothing tells the model" in note for note in report.notes)


def test_a_second_answer_to_an_input_of_a_run_never_replaces_the_first(store: Store, tmp_path: Path) -> None:
    rows = [notebook_row("Q?", "first"), notebook_row("Q?", "second"), notebook_row("Q?", "first")]
    report = bring(store, write_list(tmp_path / RAW, rows))
    assert (report.new, report.known, report.left_out) == (1, 1, 1)
    assert any("1 prediction differs from what is stored" in note for note in report.notes)
    with store.read() as db:
        assert db.execute("SELECT output_text FROM answer").fetchall() == [("first",)]


def test_a_score_for_another_answer_is_not_taken(store: Store, tmp_path: Path) -> None:
    bring(store, write_list(tmp_path / RAW, [notebook_row("Q?", "first")]))
    report = bring(store, write_list(tmp_path / SCORED, [notebook_row("Q?", "edited", score=1)]))
    assert (report.grades, report.left_out) == (0, 1)


def test_one_bad_row_leaves_the_store_as_it_was(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    write_list(folder / RAW, [notebook_row(question) for question in QUESTIONS])
    bad = RAW.replace("run1", "run2")
    write_list(folder / bad, [notebook_row(question) for question in QUESTIONS] + [notebook_row("x", summaries=3)])
    before = counts(store)
    with pytest.raises(InputError, match=r"run2\.json, row 13 \(line 1\): summaries must be"):
        bring(store, folder)
    assert counts(store) == before


def test_a_folder_is_looked_through_and_what_is_passed_over_is_said(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    write_list(folder / "deep" / RAW, [notebook_row("Q?")])
    write_list(folder / "deep" / "deeper" / RAW, [notebook_row("R?")])
    write_list(folder / ".hidden.json", [notebook_row("S?")])
    write_list(folder / "empty.json", [])
    write_list(folder / "train_simple_m_low_judge_predictions_run_1_metrics.json", {"mean": 1})
    write_lines(folder / "data.jsonl", [row("T?")])
    write_lines(folder / "grader.json", [{"type": "string_check"}])
    (folder / "notes.txt").write_text("hello", encoding="utf-8")
    report = bring(store, folder)
    assert report.new == 1
    said = "\n".join(report.notes)
    for part in (
        "metrics.json carries no items",
        "data.jsonl is a dataset",
        "grader.json is a grader",
        "empty.json is",
    ):
        assert part in said
    assert "1 file of another kind was passed over" in said
    assert "hidden" not in said


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], "there are no predictions"),
        ({"model_prediction": "x"}, "none of the known formats"),
        ([[1]], "must be a JSON object"),
        ("text", "line 1"),
    ],
)
def test_a_named_file_without_predictions_is_refused(store: Store, tmp_path: Path, content: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        bring(store, write_list(tmp_path / RAW, content))
    with pytest.raises(InputError, match="there is no such file"):
        bring(store, tmp_path / "nowhere.json")


def test_an_empty_folder_says_so(store: Store, tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    with pytest.raises(InputError, match="no predictions were found"):
        bring(store, tmp_path / "runs")


def test_worked_examples_in_the_input_come_off_with_the_prompt(store: Store, tmp_path: Path) -> None:
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    (prompts / "simple.txt").write_text(PROMPT, encoding="utf-8")
    write_list(prompts / "simple.examples.json", [{"question": "Is 1 odd?", "answer": "yes"}])
    add_questions(store, tmp_path, "train", QUESTIONS)
    turns = [*messages("Is 1 odd?", PROMPT), {"role": "assistant", "content": "yes"}]
    rows = [notebook_row(one) | {"input": {"messages": turns + messages(one, PROMPT)}} for one in QUESTIONS]
    report = bring(store, write_list(tmp_path / RAW, rows), prompts=prompts)
    assert (report.new, report.datasets) == (12, ())
    assert landed(store) == {("train", "my_model", "low", "simple", 1): 12}


def test_a_prompt_file_that_appears_later_makes_no_second_run(store: Store, tmp_path: Path) -> None:
    add_questions(store, tmp_path, "train", QUESTIONS)
    path = write_list(tmp_path / RAW, [notebook_row(question, prompt=PROMPT) for question in QUESTIONS])
    assert any("was taken for the prompt 'simple'" in note for note in bring(store, path).notes)
    prompts = tmp_path / "prompts"
    prompts.mkdir()
    (prompts / "simple.txt").write_text(PROMPT, encoding="utf-8")
    write_list(prompts / "simple.examples.json", [{"question": "Is 1 odd?", "answer": "yes"}])
    before = counts(store)
    again = bring(store, path, prompts=prompts)
    assert (again.new, again.known, again.notes) == (0, 12, ())
    assert counts(store) == before


def test_an_item_with_a_question_field_lands_where_its_import_put_it(store: Store, tmp_path: Path) -> None:
    from rft_tui.tasks.import_data import import_dataset

    item = {"question": "Is 4 even?", "answer": "yes"}
    import_dataset(store, write_lines(tmp_path / "mapped.jsonl", [item]))
    report = bring(store, write_lines(tmp_path / "mine.jsonl", [{"item": item, "output_text": "no"}]))
    assert (report.new, report.datasets) == (1, ())


def test_scores_outside_the_range_are_kept_and_said(store: Store, tmp_path: Path) -> None:
    report = bring(store, write_list(tmp_path / SCORED, [notebook_row("Q?", score=7)]))
    assert scores(store) == {"Q?": 7.0}
    assert any("outside 0 to 1" in note for note in report.notes)


def test_what_the_embedded_service_answered_stays_marked(store: Store, tmp_path: Path) -> None:
    lines: list[dict[str, object]] = [
        {"item": row(question), "output_text": "yes", "model": model, **more}
        for question in QUESTIONS[:2]
        for model, more in (("m", {"simulated": True}), ("simulated-m", {}), ("honest", {"simulated": False}))
    ]
    report = bring(store, write_lines(tmp_path / "p.jsonl", lines))
    with store.read() as db:
        marked = {run.model: run.simulated for run in list_runs(db)}
    assert marked == {"m": True, "simulated-m": True, "honest": False}
    assert report.as_json()["simulated"] is True
    assert report.unmapped == ()
