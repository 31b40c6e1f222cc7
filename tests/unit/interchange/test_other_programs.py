"""What real results of other programs become; the fixtures say how they were made."""

from __future__ import annotations

import json
import shutil
import zlib
from pathlib import Path
from typing import Any

import pytest

from rft_tui.interchange.importer import ImportOptions, ImportReport, import_predictions
from rft_tui.interchange.zip_members import zstd_unpacker
from rft_tui.store.database import Store
from tests.unit.interchange.files import counts, write_lines, write_list

FIXTURES = Path(__file__).parents[2] / "fixtures" / "imports"

needs_zstd = pytest.mark.skipif(zstd_unpacker() is None, reason="no library reads Zstandard here")


def bring(store: Store, *paths: Path, **options: Any) -> ImportReport:
    return import_predictions(store, list(paths), ImportOptions(**options))


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    with store.read() as db:
        return db.execute(query).fetchall()


def scores(store: Store, grader: str) -> dict[tuple[str, int], float | str]:
    """Scores, or kinds of errors, by the question's beginning and the run index."""
    found = rows(
        store,
        "SELECT item.question, run.run_index, grade.score, grade.error_kind FROM grade"
        " JOIN item ON item.id = grade.item JOIN run ON run.id = grade.run JOIN grader ON grader.id = grade.grader"
        f" WHERE grader.name = '{grader}' AND grader.type = 'external'",
    )
    return {(question[:20], index): error if score is None else score for question, index, score, error in found}


ALL = [
    "inspect/small.json",
    "inspect/deflated.eval",
    pytest.param("inspect/small.eval", marks=needs_zstd),
    pytest.param("inspect/chunked.eval", marks=needs_zstd),
    "promptfoo/small.json",
    "promptfoo/small.jsonl",
    "lm-eval",
    "verifiers",
    "verifiers-traces",
    "openai-evals/items.jsonl",
    "openai-evals/page.json",
    "openai-evals/dashboard.jsonl",
]


@pytest.mark.parametrize("name", ALL)
def test_a_second_import_adds_nothing(store: Store, name: str) -> None:
    first = bring(store, FIXTURES / name)
    assert first.new > 0
    assert first.grades >= first.new
    assert first.left_out == 0
    before = counts(store) | {"verdict_log": len(rows(store, "SELECT id FROM verdict_log"))}
    again = bring(store, FIXTURES / name)
    assert (again.new, again.known, again.grades, again.reviews) == (0, first.new + first.known, 0, 0)
    assert counts(store) | {"verdict_log": len(rows(store, "SELECT id FROM verdict_log"))} == before


@pytest.mark.parametrize("name", ALL)
def test_every_row_is_kept_as_it_came(store: Store, name: str) -> None:
    bring(store, FIXTURES / name)
    bodies = [json.loads(zlib.decompress(body)) for (body,) in rows(store, "SELECT body FROM answer_raw")]
    assert len(bodies) == counts(store)["answer"]
    assert all(isinstance(body, dict) for body in bodies)


INSPECT_FORMS = [
    "small.json",
    "deflated.eval",
    pytest.param("small.eval", marks=needs_zstd),
    pytest.param("chunked.eval", marks=needs_zstd),
]


@pytest.mark.parametrize("name", INSPECT_FORMS)
def test_a_log_of_inspect(store: Store, name: str) -> None:
    report = bring(store, FIXTURES / "inspect" / name)
    assert [(run.model, run.run_index, run.predictions) for run in report.runs] == [
        ("mockllm/model", 1, 5),
        ("mockllm/model", 2, 5),
    ]
    assert report.datasets == ("small",)
    assert scores(store, "includes")["What is the capital ", 2] == 0.0  # as the scorer gave it, before the edit
    assert scores(store, "strict") == {
        ("What is the capital ", 1): 1.0,
        ("What is the capital ", 2): 0.0,
        ("How much is 6 times ", 1): "other_error",  # NaN
        ("How much is 6 times ", 2): "other_error",
        ("Does the tool work?", 1): "prediction",
        ("Does the tool work?", 2): "prediction",
        ("Is this a long quest", 1): 0.5,
        ("Is this a long quest", 2): 0.5,
        ("system: Answer in a ", 1): 0.5,
        ("system: Answer in a ", 2): 0.5,
    }
    assert scores(store, "style.brevity")["What is the capital ", 2] == pytest.approx(1 / 3)
    assert scores(store, "style.tone")["How much is 6 times ", 1] == 0.5
    answers = rows(
        store,
        "SELECT answer.output_text, answer.summary, prediction.input_tokens, prediction.output_tokens,"
        " prediction.reasoning_tokens, prediction.error_kind, run.effort, answer.error_message FROM prediction"
        " JOIN answer ON answer.id = prediction.answer JOIN item ON item.id = prediction.item"
        " JOIN run ON run.id = prediction.run WHERE run.run_index = 1 ORDER BY item.question",
    )
    assert answers[0] == ("", None, None, None, None, "other", "low", "RuntimeError('the tool broke')")
    assert answers[1] == ("42", "I multiply.", 20, 7, 4, None, "low", None)
    assert answers[2][0] == "x" * 400 + " yes"  # an attachment in its place
    ((messages,),) = rows(store, "SELECT messages FROM input WHERE question LIKE 'system: Answer%'")
    assert messages is None or [one["role"] for one in json.loads(messages)] == ["system", "user", "assistant", "user"]
    assert rows(store, "SELECT reviewer, kind, value FROM verdict_log") == [
        ("imported:anna", "verdict", "right"),
        (
            "imported:anna",
            "note",
            "includes: score set to C; Lyon is no capital, but the question was wrong; the label is wrong",
        ),
    ]
    assert {"started_at", "completed_at"} <= set(report.unmapped)


def test_a_log_is_the_same_in_every_form(store: Store) -> None:
    first = bring(store, FIXTURES / "inspect" / "deflated.eval")
    again = bring(store, FIXTURES / "inspect" / "small.json")
    assert (first.new, again.new, again.known, again.grades, again.reviews) == (10, 0, 10, 0, 0)


def test_an_edit_that_was_taken_back_stays_so(store: Store) -> None:
    from rft_tui.store.verdicts import undo

    bring(store, FIXTURES / "inspect" / "small.json")
    with store.write() as db:
        undo(db, "imported:anna")
        undo(db, "imported:anna")
    assert bring(store, FIXTURES / "inspect" / "small.json").reviews == 0


def test_equal_samples_of_a_log_are_runs_behind_its_epochs(store: Store, tmp_path: Path) -> None:
    log = json.loads((FIXTURES / "inspect" / "small.json").read_text(encoding="utf-8"))
    france = [one for one in log["samples"] if one["id"] == "france"]
    twins = [one | {"id": "twin", "output": one["output"] | {"choices": [], "completion": "twin"}} for one in france]
    log["samples"] = [*france, *twins]
    report = bring(store, write_list(tmp_path / "log.json", log))
    assert [(run.run_index, run.predictions) for run in report.runs] == [(1, 1), (2, 1), (3, 1), (4, 1)]


def test_an_invalidated_sample_has_no_score_and_says_who_said_so(store: Store, tmp_path: Path) -> None:
    log = json.loads((FIXTURES / "inspect" / "small.json").read_text(encoding="utf-8"))
    sample = next(one for one in log["samples"] if one["id"] == 7)
    log["samples"] = [sample | {"invalidation": {"author": "ben", "reason": "the sandbox was down"}}]
    bring(store, write_list(tmp_path / "log.json", log))
    assert set(scores(store, "includes").values()) == {"other_error"}
    assert ("imported:ben", "note", "declared invalid: the sandbox was down") in rows(
        store, "SELECT reviewer, kind, value FROM verdict_log"
    )


@pytest.mark.parametrize("name", ["small.json", "small.jsonl"])
def test_results_of_promptfoo(store: Store, name: str) -> None:
    report = bring(store, FIXTURES / "promptfoo" / name)
    assert [(run.model, run.run_index, run.predictions) for run in report.runs] == [
        ("mock", 1, 3), ("mock", 1, 3), ("mock", 2, 3), ("mock", 2, 3)
    ]  # fmt: skip
    assert counts(store)["item"] == 3
    assert rows(store, "SELECT name, text FROM prompt ORDER BY name DESC")[0] == ("short", "Answer in one word.")
    assert counts(store)["prompt"] == 2
    names = {name for (name,) in rows(store, "SELECT name FROM grader")}
    assert names == {"promptfoo", "brevity", "equals", "icontains", "icontains 2", "not-contains"}
    assert scores(store, "promptfoo")["Is it broken?", 1] == "prediction"
    assert rows(store, "SELECT DISTINCT reference FROM item ORDER BY reference") == [("42",), ("Paris",), ("no",)]
    ((latency, tokens),) = rows(
        store, "SELECT max(latency_s), max(reasoning_tokens) FROM prediction WHERE error_kind IS NULL"
    )
    assert 0 < latency < 1
    assert tokens == 2
    steps = {one for (one,) in rows(store, "SELECT steps FROM grade_detail WHERE steps IS NOT NULL")}
    assert 'reason: Expected output to contain "."' in steps


def test_what_people_said_in_promptfoo_is_a_review_and_no_grade(store: Store, tmp_path: Path) -> None:
    line = (FIXTURES / "promptfoo" / "small.jsonl").read_text(encoding="utf-8").splitlines()[0]
    result = json.loads(line)
    grading = result["gradingResult"]
    grading["componentResults"].append(
        {"pass": True, "score": 1, "reason": "Manual result", "assertion": {"type": "human"}}
    )
    grading |= {"pass": True, "score": 1, "comment": "fine by me"}
    report = bring(store, write_lines(tmp_path / "rated.jsonl", [result]))
    assert report.reviews == 2
    assert rows(store, "SELECT reviewer, kind, value FROM verdict_log") == [
        ("imported:promptfoo human", "verdict", "right"),
        ("imported:promptfoo human", "note", "fine by me"),
    ]
    assert scores(store, "promptfoo") == {}
    assert scores(store, "equals") == {("What is the capital ", 1): 1.0}


def test_samples_of_lm_eval(store: Store) -> None:
    report = bring(store, FIXTURES / "lm-eval")
    assert (report.new, report.known) == (5, 3)  # a line for each filter is one prediction
    assert {run.model for run in report.runs} == {"tiny/mock"}
    assert sorted(report.datasets) == ["tiny_choices", "tiny_words"]
    assert scores(store, "exact_match,strict") == {
        ("Question: What is th", 1): 1.0,
        ("Question: How much i", 1): 0.0,
        ("Question: How much i", 2): 0.0,
    }
    assert set(scores(store, "exact_match,flexible")) == set(scores(store, "exact_match,strict"))
    assert scores(store, "acc") == {("Water is", 1): 1.0, ("Fire is", 1): 1.0}
    assert rows(store, "SELECT DISTINCT output_text FROM answer ORDER BY 1") == [("hot",), ("lol",), ("wet",)]


def test_repeats_of_lm_eval_are_runs_and_the_score_stands_with_the_first(store: Store, tmp_path: Path) -> None:
    path = next((FIXTURES / "lm-eval").glob("samples_tiny_words*"))
    sample = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    report = bring(store, write_lines(tmp_path / "samples.jsonl", [sample | {"resps": [["a", "b", "c"]]}]))
    assert [run.run_index for run in report.runs] == [1, 2, 3]
    assert report.grades == 1


def test_results_of_verifiers(store: Store) -> None:
    report = bring(store, FIXTURES / "verifiers")
    assert (report.new, report.datasets, report.unmapped) == (6, ("tiny-words",), ())
    assert {run.model for run in report.runs} == {"mock"}
    assert rows(
        store, "SELECT score FROM grade JOIN grader ON grader.id = grade.grader WHERE name = 'exact' ORDER BY score"
    ) == [
        (None,), (None,), (0.0,), (0.0,), (1.0,), (1.0,)
    ]  # fmt: skip
    failed = rows(
        store,
        "SELECT grade.score, answer.error_message FROM grade JOIN prediction ON prediction.id = grade.prediction"
        " JOIN answer ON answer.id = prediction.answer WHERE prediction.error_kind IS NOT NULL",
    )
    assert {score for score, _message in failed} == {None}  # the file says 0
    assert all("it is broken" in message for _score, message in failed)
    assert rows(store, "SELECT DISTINCT effort, parameters FROM run") == [("low", '{"temperature":0.7}')]


def test_episodes_of_verifiers(store: Store) -> None:
    report = bring(store, FIXTURES / "verifiers-traces")
    assert (report.new, report.datasets) == (6, ("tiny-words",))
    values = {
        name: sorted({score for (score,) in rows(
            store, f"SELECT score FROM grade JOIN grader ON grader.id = grade.grader WHERE name = '{name}'"
        ) if score is not None}) for name in ("exact", "style", "reward", "words")
    }  # fmt: skip
    assert values == {"exact": [0.0, 1.0], "style": [0.25], "reward": [0.25, 2.25], "words": [1.0]}
    assert rows(
        store,
        "SELECT DISTINCT summary, input_tokens, output_tokens, reasoning_tokens, latency_s FROM prediction"
        " JOIN answer ON answer.id = prediction.answer WHERE prediction.error_kind IS NULL",
    ) == [("I think.", 9, 3, 2, 0.5)]


@pytest.mark.parametrize("name", ["items.jsonl", "page.json", "dashboard.jsonl"])
def test_output_items_of_hosted_evals(store: Store, name: str) -> None:
    report = bring(store, FIXTURES / "openai-evals" / name)
    assert {run.model for run in report.runs} <= {"o4-mini-2025-04-16"}
    assert scores(store, "exact")["What is the capital ", 1] == 1.0
    assert scores(store, "exact")["What is the capital ", 2] == 0.0
    assert scores(store, "judge")["How much is 6 times ", 1] == 0.75
    assert ("moderation" if name != "dashboard.jsonl" else "output_feedback") in report.unmapped
    if name != "dashboard.jsonl":
        assert scores(store, "exact")["Does the service wor", 1] == "prediction"
    cached = rows(store, "SELECT DISTINCT input_tokens, output_tokens FROM prediction WHERE error_kind IS NULL")
    assert cached == [(9, 21)]


def test_predictions_land_on_the_items_of_a_dataset(store: Store, tmp_path: Path) -> None:
    from rft_tui.tasks.import_data import import_dataset

    row = {"messages": [{"role": "user", "content": "What is the capital of France?"}], "reference_answer": "Paris"}
    import_dataset(store, write_lines(tmp_path / "mine.jsonl", [row]))
    for name in ("inspect/small.json", "promptfoo/small.json", "openai-evals/items.jsonl"):
        bring(store, FIXTURES / name)
    landed = rows(
        store,
        "SELECT count(*) FROM prediction JOIN item ON item.id = prediction.item"
        " JOIN dataset ON dataset.id = item.dataset WHERE dataset.name = 'mine'",
    )
    assert landed == [(2 + 4 + 2,)]


def test_a_folder_of_all_kinds_comes_in_at_once(store: Store, tmp_path: Path) -> None:
    for name in ("inspect/deflated.eval", "promptfoo/small.json", "verifiers/results.jsonl", "verifiers/metadata.json"):
        (tmp_path / "all").mkdir(exist_ok=True)
        shutil.copy(FIXTURES / name, tmp_path / "all")
    report = bring(store, tmp_path / "all")
    assert report.new == 10 + 12 + 6


def test_predictions_of_a_log_can_be_graded_without_importing(store: Store) -> None:
    from rft_tui.interchange.gradable import read_gradable

    found = list(read_gradable([FIXTURES / "inspect" / "deflated.eval"]))
    assert len(found) == 10
    assert {one.model for one in found} == {"mockllm/model"}
    words = [one for one in read_gradable([FIXTURES / "lm-eval"]) if one.output_text == "lol"]
    assert len(words) == 3
