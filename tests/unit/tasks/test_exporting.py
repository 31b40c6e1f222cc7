"""What goes out: rows, pairs and test cases say what the store says, whatever text is in it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import UsageError
from rft_tui.model import Verdict
from rft_tui.store.exported import ExportedPrediction
from rft_tui.store.listing import ReviewRow
from rft_tui.tasks.exporting.junit import TEXT_LIMIT, Counts, Unit, case_lines, document_lines
from rft_tui.tasks.exporting.pairs import PairCounts, PairOptions, preference_pairs
from rft_tui.tasks.exporting.parquet import write_parquet
from rft_tui.tasks.exporting.rows import COLUMNS, FORMULA_SIGNS, Reading, csv_lines, jsonl_lines, record, whole

READING = Reading(None, 0.5)


def prediction(number: int = 1, score: float | None = 1.0, text: str = "yes", **others: Any) -> ExportedPrediction:
    """A prediction as the store gives it."""
    in_row = {name: others.pop(name) for name in ("verdict", "error_kind", "model", "tags") if name in others}
    row = ReviewRow(number, number, 1, 1, 1, "m", score, None, None, None, (), False, False, text)
    whole = ExportedPrediction(
        replace(row, **in_row), "a" * 32, "b" * 32, "mine", 3, "low", "", "Q?", None, None, text, None, "yes", None, "",
        None, {}, None, False, 1, 2, 3, 0.5, False,
    )  # fmt: skip
    return replace(whole, **others)


hostile = st.text(
    st.one_of(st.characters(codec="utf-8"), st.sampled_from("\x00\x01\x1b\x7f\x85\ufffe\uffff\u2028<>&\"'\r\n\t=+-@]")),
    max_size=12,
)


def parsed(predictions: Iterable[ExportedPrediction], unit: Unit = "prediction") -> tuple[ElementTree.Element, Counts]:
    counts = Counts()
    cases = list(case_lines(predictions, READING, unit, counts))
    document = b"\n".join(document_lines(cases, READING, counts))
    return ElementTree.fromstring(document), counts


@given(hostile, hostile, hostile, st.sampled_from((0.0, 1.0, None)))
def test_junit_is_well_formed_with_any_text(text: str, question: str, name: str, score: float | None) -> None:
    one = prediction(
        score=score, text=text, question=question, dataset=name, model=name, error_kind=name or None, error_message=text
    )
    for unit in ("prediction", "item"):
        root, counts = parsed([one, one], unit)
        assert int(root.attrib["tests"]) == counts.tests == len(root.findall(".//testcase"))


def test_junit_says_what_passed_failed_and_went_wrong() -> None:
    given_ones = [
        prediction(1, 1.0),
        prediction(2, 0.25, "no \x1b[31m"),
        prediction(3, None, "", error_kind="incomplete", error_message="cut off"),
        prediction(4, 0.9, passed=False, simulated=True),
    ]
    root, counts = parsed(given_ones)
    assert (counts.tests, counts.failures, counts.errors, counts.simulated) == (4, 2, 1, True)
    cases = root.findall(".//testcase")
    assert [[child.tag for child in case] for case in cases] == [
        [], ["failure"], ["error"], ["properties", "failure"],
    ]  # fmt: skip
    assert "␛[31m" in "".join(cases[1].itertext())
    error = cases[2].find("error")
    assert error is not None
    assert error.attrib == {"message": "cut off", "type": "incomplete"}
    assert {"name": "simulated", "value": "true"} in [one.attrib for one in root.iter("property")]
    root, counts = parsed(given_ones, "item")
    assert (counts.tests, counts.failures, counts.errors) == (1, 0, 0)
    assert parsed(given_ones[1:3], "item")[1].failures == 1
    assert parsed(given_ones[2:3], "item")[1].errors == 1


@given(hostile)
def test_no_cell_of_csv_is_a_formula_and_json_lines_keep_the_text(text: str) -> None:
    made = record(prediction(text=text, question=text, tags=(text,) if text.strip() else ()), READING)
    header, line = list(csv_lines([made]))
    (cells,) = csv.reader(io.StringIO(line.decode(), newline=""))
    assert header.decode().split(",") == list(COLUMNS)
    values = dict(zip(COLUMNS, cells, strict=True))
    for name in ("output_text", "question"):
        assert not {values[name][:1], values[name].lstrip()[:1]} & FORMULA_SIGNS
        assert "\x1b" not in values[name]
    assert values["score"] == "1.0"
    assert json.loads(next(jsonl_lines([made])))["output_text"] == text


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", "＝1+1"])
def test_what_a_spreadsheet_would_run_begins_with_an_apostrophe(text: str) -> None:
    _header, line = csv_lines([record(prediction(text=text), READING)])
    (cells,) = csv.reader(io.StringIO(line.decode(), newline=""))
    assert dict(zip(COLUMNS, cells, strict=True))["output_text"].startswith("'")


def test_parquet_holds_the_same_columns(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    records = [record(prediction(n, None if n == 2 else 0.5, f"t{n}", tags=("a", "b")), READING) for n in range(1, 4)]
    path = tmp_path / "out.parquet"
    assert write_parquet(path, records) == 3
    rows = parquet.read_table(path).to_pylist()
    assert list(rows[0]) == list(COLUMNS)
    assert [(row["prediction"], row["score"], row["tags"], row["passed"]) for row in rows] == [
        (1, 0.5, "a\nb", True), (2, None, "a\nb", None), (3, 0.5, "a\nb", True),
    ]  # fmt: skip
    assert [file.name for file in tmp_path.iterdir()] == ["out.parquet"]


def test_parquet_without_its_library_says_which_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError) as caught:
        write_parquet(tmp_path / "out.parquet", [])
    assert "rft-tui[parquet]" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def pairs(given_ones: list[ExportedPrediction], options: PairOptions) -> tuple[list[tuple[str, str]], PairCounts]:
    counts = PairCounts()
    rows = list(preference_pairs(given_ones, options, counts))
    assert len(rows) == counts.pairs
    for row in rows:
        assert set(row) == {"input", "preferred_output", "non_preferred_output"}
        assert [message["role"] for message in row["preferred_output"]] == ["assistant"]
    return [(row["preferred_output"][0]["content"], row["non_preferred_output"][0]["content"]) for row in rows], counts


def test_pairs_from_verdicts() -> None:
    given_ones = [
        prediction(1, text="good", verdict=Verdict.RIGHT),
        prediction(2, text="fine", verdict=Verdict.BOTH),
        prediction(3, text="bad", verdict=Verdict.WRONG),
        prediction(4, text="bad", verdict=Verdict.WRONG),
        prediction(5, text="worse", verdict=Verdict.WRONG, simulated=True),
        prediction(6, text="odd", verdict=Verdict.GRADER),
        prediction(7, text=" ", verdict=Verdict.RIGHT),
        prediction(8, text="call", verdict=Verdict.RIGHT, calls_tools=True),
        prediction(9, text="both", verdict=Verdict.RIGHT),
        prediction(10, text="both", verdict=Verdict.WRONG),
        prediction(11, text="alone", verdict=Verdict.WRONG, input_id="c" * 32),
        prediction(12, text="", error_kind="incomplete"),
    ]
    made, counts = pairs(given_ones, PairOptions(per_item=2))
    assert made == [("good", "bad"), ("fine", "worse")]
    assert (counts.inputs, counts.simulated) == (1, True)
    assert dict(counts.left_out) == {
        "no_verdict": 1, "empty": 1, "calls_tools": 1, "contradicting": 2, "same_text": 1, "no_pair": 1, "error": 1,
        "beyond_limit": 2,
    }  # fmt: skip
    assert pairs(given_ones, PairOptions(per_item=9))[0] == [
        ("good", "bad"), ("fine", "worse"), ("good", "worse"), ("fine", "bad"),
    ]  # fmt: skip


def test_pairs_from_score_gaps_take_the_widest_first_and_none_below() -> None:
    scores = {"a": 0.2, "b": 0.9, "c": 0.5, "d": None}
    given_ones = [prediction(n, score, text) for n, (text, score) in enumerate(scores.items(), 1)]
    assert pairs(given_ones, PairOptions(min_gap=0.4))[0] == [("b", "a")]
    assert pairs(given_ones, PairOptions(min_gap=0.4, per_item=5))[0] == [("b", "a"), ("b", "c")]
    assert pairs(given_ones, PairOptions(min_gap=0.3, per_item=5))[1].left_out["no_score"] == 1
    assert pairs(given_ones, PairOptions(min_gap=0.8))[0] == []
    assert pairs(given_ones[:1], PairOptions(min_gap=0.1))[1].left_out["no_pair"] == 1


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from((0.0, 0.3, 0.7, 1.0)))), st.integers(1, 4))
def test_every_pair_has_its_gap_and_none_comes_twice(answers: list[tuple[str, float]], per_item: int) -> None:
    given_ones = [prediction(n, score, text) for n, (text, score) in enumerate(answers, 1)]
    made, counts = pairs(given_ones, PairOptions(min_gap=0.3, per_item=per_item))
    means = {
        text: sum(score for one, score in answers if one == text) / sum(one == text for one, _score in answers)
        for text, _score in answers
    }
    assert all(means[better] - means[worse] > 0.3 - 1e-6 for better, worse in made)
    assert len(set(made)) == len(made) <= per_item
    possible = sum(one - other > 0.3 - 1e-6 for one in means.values() for other in means.values())
    assert counts.left_out["beyond_limit"] + len(made) == possible


def test_inputs_that_no_service_takes_make_no_pairs() -> None:
    ends_with_an_answer = json.dumps([{"role": "user", "content": "Q?"}, {"role": "assistant", "content": "so"}])
    given_ones = [
        prediction(1, 1.0, "good", messages=ends_with_an_answer),
        prediction(2, 0.0, "bad", messages=ends_with_an_answer),
        prediction(3, 1.0, "good", input_id="c" * 32),
        prediction(4, 0.0, "bad", input_id="c" * 32),
    ]
    found, counts = pairs(given_ones, PairOptions(0.5))
    assert found == [("good", "bad")]
    assert (counts.inputs, counts.left_out["not_valid"]) == (1, 1)


def test_a_line_of_json_holds_the_whole_row_and_what_went_wrong_with_the_answer() -> None:
    one = prediction(stored_fields='{"reference_answer": "yes", "n": 1.0}', tools='[{"type": "function"}]')
    line = whole(one, READING)
    assert line["item"] == {
        "messages": [{"role": "user", "content": "Q?"}], "tools": [{"type": "function"}], "reference_answer": "yes",
        "n": 1.0,
    }  # fmt: skip
    assert (line["item_id"], line["error"]) == ("a" * 32, None)
    assert line["usage"] == {"input_tokens": 1, "output_tokens": 2, "reasoning_tokens": 3}
    badly_graded = prediction(error_kind="python_error", error_message="the grader broke")
    assert whole(badly_graded, READING)["error"] is None
    cut = prediction(error_kind="incomplete", error=("incomplete", "cut off"))
    assert whole(cut, READING)["error"] == {"kind": "incomplete", "message": "cut off"}


def test_junit_of_items_shows_as_much_of_long_texts_as_of_predictions() -> None:
    one = prediction(score=0.0, text="a" * (TEXT_LIMIT + 5), question="q" * TEXT_LIMIT, reference="r" * 2 * TEXT_LIMIT)
    texts = []
    units: tuple[Unit, ...] = ("prediction", "item")
    for unit in units:
        root, _counts = parsed([one], unit)
        texts.append([found.text for found in root.iter("failure")])
    assert texts[0] == texts[1]
    assert texts[0][0] is not None
    assert f"{'a' * TEXT_LIMIT}…" in texts[0][0]
    assert f"{'q' * TEXT_LIMIT}\n" in texts[0][0]


@pytest.mark.parametrize("gap", [1e-12, 0.5, 1.0])
def test_an_answer_with_a_very_large_score_is_no_pair_with_itself(gap: float) -> None:
    one = prediction(1, score=1.7e308)
    assert pairs([one], PairOptions(min_gap=gap))[0] == []
    other = prediction(2, score=1e17, text="no")
    assert pairs([one, other], PairOptions(min_gap=gap, per_item=9))[0] == [("yes", "no")]
