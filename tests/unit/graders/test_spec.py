"""Grader files: what is read, what is said of them, and that nothing is ever changed or lost."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import GraderSpecError, UsageError
from rft_tui.graders.checks import CheckContext
from rft_tui.graders.examples import EXAMPLE_TYPES, example_spec
from rft_tui.graders.registry import GRADER_TYPES, models_asked
from rft_tui.graders.spec import (
    SpecReport,
    check_spec,
    display_name,
    load_spec,
    parse_spec,
    score_rule,
    template_paths,
)
from rft_tui.model import ScoreRule

CHECK: dict[str, Any] = {
    "type": "string_check",
    "name": "exact",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
}
SIMILARITY: dict[str, Any] = {
    "type": "text_similarity",
    "name": "fuzzy",
    "evaluation_metric": "fuzzy_match",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
}
PYTHON: dict[str, Any] = {"type": "python", "name": "code", "source": "def grade(sample, item):\n    return 1.0\n"}
JUDGE: dict[str, Any] = {
    "type": "score_model",
    "name": "judge",
    "model": "gpt-4.1-2025-04-14",
    "input": [
        {"role": "system", "content": "Compare."},
        {"role": "user", "content": [{"type": "input_text", "text": "{{item.reference_answer}}"}, "{{item.extra}}"]},
    ],
    "range": [0, 5],
    "pass_threshold": 4,
}
LABELS: dict[str, Any] = {
    "type": "label_model",
    "name": "verdict",
    "model": "judge",
    "input": [
        {"role": "user", "content": {"type": "input_audio", "input_audio": {"data": "{{item.sound}}", "format": "wav"}}}
    ],
    "labels": ["yes", "no"],
    "passing_labels": ["yes"],
}


def multi(graders: Any, formula: str = "a", **more: Any) -> dict[str, Any]:
    return {"type": "multi", "name": "both", "graders": graders, "calculate_output": formula, **more}


def found(report: SpecReport) -> set[tuple[str, str, str]]:
    return {(problem.path, problem.kind, problem.severity) for problem in report.problems}


def message(report: SpecReport, path: str) -> str:
    return "; ".join(problem.message for problem in report.problems if problem.path == path)


@pytest.mark.parametrize("spec", [CHECK, SIMILARITY, PYTHON, multi({"a": CHECK})])
@pytest.mark.parametrize("context", ["local", "rft"])
def test_a_good_grader_has_no_problems(spec: dict[str, Any], context: CheckContext) -> None:
    before = copy.deepcopy(spec)
    report = check_spec(spec, context=context, item_fields={"reference_answer": str})
    assert report.ok
    assert report.problems == ()
    assert report.type == spec["type"]
    assert report.choices
    assert spec == before


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"operation": "neq"}, ("operation", "unknown_value", "error")),
        ({"operation": 3}, ("operation", "wrong_type", "error")),
        ({"reference": None}, ("reference", "wrong_type", "error")),
        ({"name": 5}, ("name", "wrong_type", "error")),
        ({"name": " "}, ("name", "no_name", "warning")),
        ({"pass_threshold": 0.5}, ("pass_threshold", "unused_key", "warning")),
        ({"refrence": "x"}, ("refrence", "unknown_key", "warning")),
        ({"input": "{{sample.output}}"}, ("input", "unknown_name", "error")),
        ({"input": "{{ 7*7 }}"}, ("input", "bad_template", "error")),
        ({"input": "{{item.messages[0].content}}"}, ("input", "reserved_name", "error")),
        ({"input": "{{item.tools}}"}, ("input", "reserved_name", "error")),
        ({"reference": "{{item.refrence_answer}}"}, ("reference", "unknown_field", "error")),
        ({"reference": "{{item.Ground-True Answer}}"}, ("reference", "odd_name", "warning")),
        ({"reference": "{{item.reference_answer}"}, ("reference", "open_braces", "warning")),
    ],
)
def test_problems_of_a_string_check(change: dict[str, Any], expected: tuple[str, str, str]) -> None:
    fields = {"reference_answer": str, "Ground-True Answer": str}
    assert found(check_spec({**CHECK, **change}, item_fields=fields)) == {expected}


def test_the_nearest_spelling_is_named() -> None:
    assert "written ne, not neq" in message(check_spec({**CHECK, "operation": "neq"}), "operation")
    near = check_spec({**CHECK, "reference": "{{item.refrence_answer}}"}, item_fields={"reference_answer": 1})
    assert "did you mean reference_answer?" in message(near, "reference")
    assert "did you mean rouge_l?" in message(
        check_spec({**SIMILARITY, "evaluation_metric": "rougel"}), "evaluation_metric"
    )
    assert "did you mean string_check?" in message(check_spec({**CHECK, "type": "stringcheck"}), "type")
    missing = {key: value for key, value in CHECK.items() if key != "reference"} | {"referense": "x"}
    assert "did you mean referense?" in message(check_spec(missing), "reference")


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ({}, "missing_field"),
        ({"type": 3}, "wrong_type"),
        ({"type": "x" * 10_000}, "unknown_type"),
        ({"type": "endpoint"}, "needs_service"),
    ],
)
def test_a_spec_without_a_known_type(spec: dict[str, Any], kind: str) -> None:
    report = check_spec({"name": "n", **spec})
    assert found(report) == {("type", kind, "error")}
    assert len(message(report, "type")) < 300
    assert score_rule(spec) == ScoreRule()
    assert template_paths(spec).hard == ()


def test_a_grader_without_a_name_is_accepted_and_nothing_is_written_back() -> None:
    spec = multi({"phrase": SIMILARITY, "exact": CHECK}, "0.85 * phrase + 0.15 * exact")
    del spec["name"]
    before = copy.deepcopy(spec)
    report = check_spec(spec)
    assert report.ok
    assert found(report) == {("name", "no_name", "warning")}
    assert display_name(spec) == "multi-phrase-exact"
    assert spec == before


def test_display_names() -> None:
    assert display_name({**CHECK, "name": "a\x1b[0m\nb"}) == "a␛[0m b"
    assert display_name({"type": "string_check", "operation": "ne"}) == "string_check-ne"
    assert display_name({"type": "text_similarity", "evaluation_metric": "bleu"}) == "bleu"
    assert display_name({"type": "python", "source": "x"}).startswith("python-")
    assert display_name({"type": "python", "source": "x"}) != display_name({"type": "python", "source": "y"})
    assert display_name({"type": "score_model", "model": "m"}) == "score_model-m"
    assert display_name({"type": "multi", "graders": 3}) == "multi"
    assert display_name({"type": []}) == "grader"
    assert len(display_name({"name": "x" * 10_000})) == 80


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"evaluation_metric": "cosine"}, {("evaluation_metric", "not_in_rft", "error")}),
        ({"evaluation_metric": None}, {("evaluation_metric", "wrong_type", "error")}),
        ({"pass_threshold": 1.5}, {("pass_threshold", "threshold_outside_range", "warning")}),
        ({"pass_threshold": True}, {("pass_threshold", "wrong_type", "error")}),
        ({"pass_threshold": 10**400}, {("pass_threshold", "wrong_type", "error")}),
        ({"variant": "rapidfuzz_ratio"}, {("variant", "local_key", "warning")}),
        ({"variant": "ratio"}, {("variant", "local_key", "warning"), ("variant", "unknown_value", "error")}),
    ],
)
def test_problems_of_a_text_similarity(change: dict[str, Any], expected: set[tuple[str, str, str]]) -> None:
    assert found(check_spec({**SIMILARITY, **change})) == expected


def test_cosine_says_what_it_needs() -> None:
    spec = {**SIMILARITY, "evaluation_metric": "cosine"}
    assert "text-embedding-3-large" in message(check_spec(spec), "evaluation_metric")
    report = check_spec(spec, context="local")
    assert report.ok
    assert found(report) == {("evaluation_metric", "needs_service", "warning")}
    more = check_spec({**spec, "embedding_model": "mine", "variant": "x"}, context="local")
    assert found(more) - found(report) == {
        ("embedding_model", "local_key", "warning"),
        ("variant", "unused_key", "warning"),
    }
    assert not check_spec({**spec, "embedding_model": 3}, context="local").ok
    assert found(check_spec({**SIMILARITY, "embedding_model": "x"})) == {("embedding_model", "unused_key", "warning")}


def test_choices_are_those_that_apply() -> None:
    fuzzy = check_spec(SIMILARITY).choices
    assert any("rapidfuzz_WRatio_default_process" in choice for choice in fuzzy)
    assert not any("ilike" in choice for choice in fuzzy)
    chosen = check_spec({**SIMILARITY, "evaluation_metric": "bleu", "variant": "bleu_nltk_split_method1"}).choices
    assert any("bleu_nltk_split_method1" in choice for choice in chosen)
    assert any("lower-cased" in choice for choice in check_spec({**CHECK, "operation": "ilike"}).choices)
    plain = check_spec(multi({"a": CHECK})).choices
    assert "log is natural" not in plain
    assert "log is natural" in check_spec(multi({"a": CHECK}, "log(a + 1)")).choices


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (multi([CHECK], "exact"), {("graders", "graders_shape", "warning")}),
        (multi(CHECK, "exact"), {("graders", "graders_shape", "warning")}),
        (
            multi([CHECK, CHECK], "exact"),
            {("graders", "graders_shape", "warning"), ("graders", "graders_shape", "error")},
        ),
        (multi({}), {("graders", "graders_shape", "error")}),
        (multi({"a": 3}), {("graders", "graders_shape", "error")}),
        (multi("a"), {("graders", "wrong_type", "error")}),
        (multi({"a": CHECK}, "a +"), {("calculate_output", "formula_parse_error", "error")}),
        (multi({"a": CHECK}, "b"), {("calculate_output", "formula_parse_error", "error")}),
        (multi({"a": CHECK, "b": CHECK}), {("calculate_output", "unused_grader", "warning")}),
        (multi({"a-b": CHECK}, "a-b"), {("graders.a-b", "bad_name", "warning")}),
        (multi({"min": CHECK}, "min"), {("graders.min", "bad_name", "warning")}),
        (multi({"1": CHECK}, "1"), {("graders.1", "bad_name", "error")}),
        (multi({"a": multi({"b": CHECK}, "b")}), {("graders.a.type", "nested_multi", "error")}),
        (multi({"a": {**CHECK, "operation": "neq"}}), {("graders.a.operation", "unknown_value", "error")}),
        (
            multi({"a": {**SIMILARITY, "evaluation_metric": "cosine"}}),
            {("graders.a.evaluation_metric", "not_in_rft", "error")},
        ),
        (multi({"a": CHECK}, invalid_grade=0.0), {("invalid_grade", "unused_key", "warning")}),
        (multi({"a": CHECK}, calculate_outptu="a"), {("calculate_outptu", "unknown_key", "warning")}),
        (multi({"a": {**PYTHON, "name": None}}), {("graders.a.name", "wrong_type", "error")}),
    ],
)
def test_problems_of_a_multi(spec: dict[str, Any], expected: set[tuple[str, str, str]]) -> None:
    before = copy.deepcopy(spec)
    assert found(check_spec(spec)) == expected
    assert spec == before


def test_formula_problems_name_the_column_and_unused_graders() -> None:
    assert "column 7: power is written ^" in message(check_spec(multi({"a": CHECK}, "(a+1) ** 2")), "calculate_output")
    assert "does not use b" in message(check_spec(multi({"a": CHECK, "b": CHECK})), "calculate_output")


def test_multi_graders_may_nest_here_but_not_without_end() -> None:
    assert check_spec(multi({"a": multi({"b": CHECK}, "b")}), context="local").ok
    deep = CHECK
    for _level in range(50):
        deep = multi({"a": deep})
    report = check_spec(deep, context="local")
    assert not report.ok
    assert {problem.kind for problem in report.problems} == {"nested_multi"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"source": "def grade(sample, item)\n    return 1"}, ("source", "syntax_error", "error")),
        ({"source": "def grade(sample):\n    return 1"}, ("source", "bad_grade", "error")),
        ({"source": "async def grade(sample, item):\n    return 1"}, ("source", "bad_grade", "error")),
        ({"source": "def score(sample, item):\n    return 1"}, ("source", "no_grade", "error")),
        ({"source": "class A:\n    def grade(self, sample):\n        return 1"}, ("source", "no_grade", "error")),
        ({"source": "x = 1\n" * 60_000}, ("source", "source_too_large", "error")),
        ({"source": "a\0b"}, ("source", "syntax_error", "error")),
        ({"source": "x = " + "-" * 50_000 + "1"}, ("source", "syntax_error", "error")),
        ({"source": "x = '\ud800'"}, ("source", "syntax_error", "error")),
        ({"source": ["def grade"]}, ("source", "wrong_type", "error")),
        ({"image_tag": "2031-01-01"}, ("image_tag", "unknown_value", "warning")),
        ({"source": "def grade(s, row):\n    return row['messages']"}, ("source", "reserved_name", "warning")),
        ({"source": "def grade(s, i):\n    return len(i['refrence_answer'])"}, ("source", "unknown_field", "warning")),
    ],
)
def test_problems_of_a_python_grader(change: dict[str, Any], expected: tuple[str, str, str]) -> None:
    assert found(check_spec({**PYTHON, **change}, item_fields={"reference_answer": str})) == {expected}


@pytest.mark.parametrize(
    "source",
    [
        "def grade(sample, item, *, strict=True):\n    return 1.0",
        "def grade(*both):\n    return 1.0",
        "def grade(sample, item, extra=None):\n    return 1.0",
        "try:\n    import numpy\nexcept ImportError:\n    pass\nif True:\n    def grade(a, b):\n        return 1.0",
        "def score(sample, item):\n    return 1.0\n\ngrade = score",
        "grade = lambda sample, item: '\\d'",
    ],
)
def test_a_grade_that_can_be_called_is_taken(source: str) -> None:
    assert check_spec({**PYTHON, "source": source}).problems == ()


def test_a_syntax_error_names_its_line() -> None:
    report = check_spec({**PYTHON, "source": "import re\n\ndef grade(sample, item):\n    return (1\n"})
    assert "line 4" in message(report, "source")


def test_rules_say_how_scores_are_read() -> None:
    assert score_rule(CHECK) == ScoreRule(0, 1, 1.0)
    assert score_rule(LABELS) == ScoreRule(0, 1, 1.0)
    assert score_rule(SIMILARITY) == ScoreRule(0, 1, None)
    assert score_rule({**SIMILARITY, "pass_threshold": 0.8}) == ScoreRule(0, 1, 0.8)
    assert score_rule(JUDGE) == ScoreRule(0, 5, 4.0)
    assert score_rule({**JUDGE, "range": "0-5", "pass_threshold": "4"}) == ScoreRule(0, 1, None)
    assert score_rule({**JUDGE, "range": [0, float("inf")]}) == ScoreRule(0, 1, 4.0)


def test_item_paths_are_told_apart_by_who_reads_them() -> None:
    source = 'def grade(sample, row):\n    return row["x y"] or row.get("b") or row["x y"] or sample["item"]\n'
    spec = multi(
        {
            "a": {**CHECK, "reference": 'A {{item.a.b[0]["k k"]}} {{ item.c }} {{sample.output_text}}'},
            "b": {**PYTHON, "source": source},
            "c": JUDGE,
            "d": LABELS,
        },
        "a + b + c + d",
    )
    paths = template_paths(spec)
    assert paths.hard == ('a.b[0]["k k"]', "c", "reference_answer", "extra", "sound")
    assert paths.read_by_code == ('["x y"]', "b")
    assert template_paths({**PYTHON, "source": "def"}).read_by_code == ()


def write(folder: Path, data: bytes) -> Path:
    path = folder / "grader.json"
    path.write_bytes(data)
    return path


def test_files_are_read_as_they_stand(tmp_path: Path) -> None:
    spec = {**CHECK, "unknown": {"kept": [1, 2.50, None]}, "é": "ü"}
    text = json.dumps(spec, ensure_ascii=False)
    assert load_spec(write(tmp_path, text.encode())) == spec
    assert load_spec(write(tmp_path, b"\xef\xbb\xbf" + text.replace(",", ",\r\n").encode())) == spec
    assert load_spec(write(tmp_path, json.dumps({"grader": spec, "item": {}}).encode())) == spec


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"type": "multi",\n "name": }', "line 2, column 10"),
        (b"", "nothing in it"),
        (b"[1]", "JSON object"),
        (b'{"a": {"type": 1,\n"type": 2}}', "'type' stands twice"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b"[" * 200_000, "nested too deep"),
        (b'{"type":' + b"[" * 150 + b"]" * 150 + b"}", "nested too deep"),
        (b'{"a": ' + b"1" * 5_000 + b"}", "grader.json"),
        (b'{"a": "' + b"x" * 16_000_001 + b'"}', "larger than"),
    ],
)
def test_files_that_cannot_be_read_say_why(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(GraderSpecError) as caught:
        load_spec(write(tmp_path, data))
    assert said in caught.value.message
    assert "grader.json" in caught.value.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(GraderSpecError, match="cannot be read"):
        load_spec(tmp_path / "no.json")
    with pytest.raises(GraderSpecError, match="cannot be read"):
        load_spec(tmp_path)


def test_there_is_a_good_example_of_each_type() -> None:
    assert set(EXAMPLE_TYPES) == set(GRADER_TYPES)
    for name in EXAMPLE_TYPES:
        spec = example_spec(name)
        said = {("type", "needs_service", "warning")} if models_asked(spec) else set()
        assert found(check_spec(spec, context="local", item_fields={"reference_answer": ""})) == said
        assert parse_spec(json.dumps(spec), "example") == spec
        spec["name"] = "changed"
        assert example_spec(name)["name"] != "changed"
    with pytest.raises(UsageError):
        example_spec("endpoint")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
KEYS = sorted(
    {key for spec in (CHECK, SIMILARITY, PYTHON, JUDGE, LABELS, multi({})) for key in spec} | {"sampling_params"}
)


@given(
    st.sampled_from([*GRADER_TYPES, "other"]),
    st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6),
    st.sampled_from(["local", "rft"]),
)
def test_any_json_is_checked_without_a_crash_and_left_alone(
    name: str, fields: dict[str, Any], context: CheckContext
) -> None:
    spec = {**fields, "type": name}
    before = repr(spec)
    for whole in (spec, multi({"a": spec}), multi([spec]), multi(spec)):
        report = check_spec(whole, context=context, item_fields={"x": 1})
        assert report.ok == all(problem.severity == "warning" for problem in report.problems)
        assert len(display_name(whole).splitlines()) <= 1
        assert score_rule(whole).low < score_rule(whole).high
        template_paths(whole)
    assert repr(spec) == before
