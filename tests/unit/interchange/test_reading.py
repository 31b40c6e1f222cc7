"""Reading foreign rows: what each field becomes, and that whatever is wrong is said with file and line."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import InputError, UsageError
from rft_tui.interchange.foreign import ForeignPrediction, UnmappedFields
from rft_tui.interchange.formats import FORMATS, detect_format, format_named
from rft_tui.interchange.notebook import NOTEBOOK
from rft_tui.interchange.plain_jsonl import PLAIN_JSONL
from rft_tui.interchange.rows import plain_row
from rft_tui.model import GradeError, JsonObject, PredictionError
from tests.unit.interchange.files import notebook_row, row, write_lines, write_list


def read_items(path: Path, name: str = "notebook") -> list[JsonObject]:
    return [plain_row(path, one.place, one.row) for one in FORMATS[name].read(path, UnmappedFields())]


def read_notebook(path: Path, rows: Any) -> list[ForeignPrediction]:
    return list(NOTEBOOK.read(write_list(path, rows), UnmappedFields()))


def test_a_notebook_row_keeps_all_it_says(tmp_path: Path) -> None:
    written = notebook_row(
        "q", "text", score=1, summaries=["first", {"text": "second"}], reasoning_tokens_used=7.0, latency_s=1.5,
        completion_tokens=9, finish_reason="stop", seed=3, mood="fine",
    )  # fmt: skip
    unmapped = UnmappedFields()
    (read,) = NOTEBOOK.read(write_list(tmp_path / "a.json", [written]), unmapped)
    assert read.answer.output_text == "text"
    assert read.answer.reasoning_summary == "first\n\nsecond"
    assert (read.answer.usage.reasoning_tokens, read.answer.usage.output_tokens) == (7, 9)
    assert read.answer.latency_s == 1.5
    assert read.answer.extra == {"completion_tokens": 9, "finish_reason": "stop", "seed": 3, "mood": "fine"}
    assert read.grade is not None
    assert read.grade.score == 1.0
    assert list(unmapped.names) == ["mood"]


@pytest.mark.parametrize(("finish_reason", "kind"), [("length", "incomplete"), ("stop", "other"), (None, "other")])
def test_a_failed_row_is_an_error_and_its_score_no_score(tmp_path: Path, finish_reason: Any, kind: str) -> None:
    failed = notebook_row("q", "", error="cut", finish_reason=finish_reason, score=0)
    (read,) = read_notebook(tmp_path / "a.json", [failed])
    assert read.answer.error == PredictionError(kind, "cut")
    assert read.grade is not None
    assert read.grade.score is None
    assert read.grade.error == GradeError("prediction", "cut")


def test_no_answer_and_no_score_are_errors_not_zeros(tmp_path: Path) -> None:
    (read,) = read_notebook(tmp_path / "a.json", [notebook_row("q") | {"model_prediction": None, "score": 0}])
    assert read.answer.error is not None
    (unscored,) = read_notebook(tmp_path / "a.json", [notebook_row("q", score=None)])
    assert unscored.grade is not None
    assert unscored.grade.score is None


@pytest.mark.parametrize(
    "fields",
    [
        {"model_prediction": 3},
        {"model_prediction": {"answer": "x"}},
        {"input": 5},
        {"input": {"messages": []}},
        {"input": {"messages": ["hello"]}},
        {"input": {"messages": "hello"}},
        {"summaries": 4},
        {"summaries": [1]},
        {"reasoning_tokens_used": -1},
        {"reasoning_tokens_used": "many"},
        {"reasoning_tokens_used": 10**30},
        {"latency_s": True},
        {"score": "0.5"},
        {"score": [1]},
        {"score": 10**400},
        {"error": 7},
    ],
)
def test_a_value_of_the_wrong_type_names_file_and_line(tmp_path: Path, fields: dict[str, Any]) -> None:
    path = write_list(tmp_path / "bad.json", [notebook_row("q"), notebook_row("q2") | fields])
    with pytest.raises(InputError, match=r"bad\.json, row 2 \(line 1\)") as caught:
        read_items(path)
    assert "Nothing was imported" in caught.value.hint


@pytest.mark.parametrize(
    "content", ["[{]", '{"a": 1', '[{"a": 1}', "[1, 2]", '[{"a": NaN}]', '[{"a": "\\ud800"}]', "x"]
)
def test_broken_json_is_an_input_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"bad\.json"):
        list(NOTEBOOK.read(path, UnmappedFields()))


values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
fields = st.sampled_from(
    ["input", "item", "messages", "error", "score", "summaries", "reasoning_summary", "usage", "run_index", "model",
     "latency_s", "completion_tokens", "model_prediction", "output_text", "effort", "reference_answer", "kind"]
)  # fmt: skip


@given(st.dictionaries(fields, values, max_size=5), st.sampled_from(sorted(FORMATS)))
def test_no_row_raises_anything_but_an_input_error(
    tmp_path_factory: pytest.TempPathFactory, made: dict[str, Any], name: str
) -> None:
    path = write_lines(tmp_path_factory.getbasetemp() / "any.jsonl", [made])
    detect_format(made)
    with suppress(InputError):
        assert len(read_items(path, name)) <= 1


def test_a_plain_line_keeps_all_it_says(tmp_path: Path) -> None:
    line = {
        "item": row("q"), "output_text": "text", "run_index": 2, "model": "m", "effort": "low",
        "reasoning_summary": "why", "usage": {"prompt_tokens": 1, "completion_tokens": 2,
        "completion_tokens_details": {"reasoning_tokens": 3}}, "score": 0.25, "note": 1,
    }  # fmt: skip
    unmapped = UnmappedFields()
    (read,) = PLAIN_JSONL.read(write_lines(tmp_path / "a.jsonl", [line]), unmapped)
    usage = read.answer.usage
    assert (read.run_index, read.model, read.effort, read.answer.reasoning_summary) == (2, "m", "low", "why")
    assert (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens) == (1, 2, 3)
    assert read.grade is not None
    assert read.grade.score == 0.25
    assert list(unmapped.names) == ["note"]


def test_run_indices_begin_at_one(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [{"item": row("q"), "output_text": "x", "run_index": 0}])
    with pytest.raises(InputError, match="run_index must be a whole number from 1"):
        list(PLAIN_JSONL.read(path, UnmappedFields()))


def test_the_format_is_seen_by_the_first_row() -> None:
    assert detect_format(notebook_row("q")) is NOTEBOOK
    assert detect_format({"item": {}, "output_text": ""}) is PLAIN_JSONL
    assert detect_format(row("q")) is None
    assert format_named("auto") is None
    with pytest.raises(UsageError, match="there is no format 'csv'"):
        format_named("csv")
