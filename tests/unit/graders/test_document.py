"""A grader's JSON text as the truth: parts, edits that touch one value only, and problems with their places."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import GraderSpecError
from rft_tui.graders.document import Part, PartPath, parts
from rft_tui.graders.document_check import check_text
from rft_tui.graders.document_edits import with_part, without_part
from rft_tui.graders.examples import EXAMPLE_TYPES, example_spec
from rft_tui.graders.json_spans import JsonTextError, Span, parse_spans, value_at
from rft_tui.graders.spec import parse_spec

ODD = """\
{ "zeta" : 1e0,  "type":"multi", "name":"od\\u0064",
  "graders": {
    "a.b": {"type": "score_model", "name": "j", "model": "m", "unknown": [1.50, {"x" :null}],
            "range": [ 0, 1e1 ],
            "sampling_params": {"temperature": 0.70, "seed": 7, "max_completions_tokens": null},
            "input": [
               {"role": "system", "content": "Be \\"fair\\".\\nAlways."},
               {"role": "user", "content": {"type": "input_text", "text": "A {{item.q}}"}},
               {"role": "user", "content": ["plain", {"type": "input_text", "text": "B"},
                  {"type": "input_image", "image_url": "{{item.u}}"}]}]},
    "l": {"type": "label_model", "name": "l", "model": "m", "labels": ["x", "y"], "passing_labels": ["x"],
          "input": [{"role": "user", "content": "?"}]},
    "p": {"type": "python", "name": "p", "source": "def grade(sample, item):\\n    return 1.0\\n"}
  },
  "calculate_output": "p + l", "pass_threshold": 0.50
}"""


def by_label(text: str) -> dict[str, Part]:
    return {part.label: part for part in parts(text)}


def values_of(span: Span, text: str) -> Any:
    """The value of a span, put together from those inside it."""
    if span.kind == "object":
        return {key: values_of(inner, text) for key, inner in span.members.items()}
    if span.kind == "list":
        return [values_of(inner, text) for inner in span.items]
    return value_at(text, span)


BLANKS = st.text(" \t\n\r", max_size=3)
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
)


@st.composite
def layouts(draw: st.DrawFn, value: Any) -> str:
    """A value as JSON with blanks anywhere and texts escaped or not."""
    before, after = draw(BLANKS), draw(BLANKS)
    if isinstance(value, dict):
        body = ",".join(f"{draw(layouts(key))}:{draw(layouts(inner))}" for key, inner in value.items())
        made = f"{{{body or draw(BLANKS)}}}"
    elif isinstance(value, list):
        made = f"[{','.join(draw(layouts(inner)) for inner in value) or draw(BLANKS)}]"
    else:
        made = json.dumps(value, ensure_ascii=draw(st.booleans()))
    return f"{before}{made}{after}"


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, Any]:
    """A text and the value that it holds."""
    value = draw(VALUES)
    return draw(layouts(value)), value


def paths_in(value: Any, path: PartPath = ()) -> list[PartPath]:
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [path, *(found for key, held in inner for found in paths_in(held, (*path, key)))]


def replaced(value: Any, path: PartPath, new: Any) -> Any:
    if not path:
        return new
    held: Any = dict(value) if isinstance(value, dict) else list(value)
    held[path[0]] = replaced(held[path[0]], path[1:], new)
    return held


class TestSpans:
    @given(texts())
    def test_every_value_stands_where_its_span_says(self, made: tuple[str, Any]) -> None:
        text, value = made
        assert values_of(parse_spans(text), text) == value

    @given(texts(), st.data())
    def test_an_edit_touches_one_value_alone(self, made: tuple[str, Any], data: st.DataObject) -> None:
        text, value = made
        path = data.draw(st.sampled_from(paths_in(value)))
        new = data.draw(VALUES)
        span = parse_spans(text)
        for key in path:
            inner = span.inner(key)
            assert inner is not None
            span = inner
        edited = with_part(text, path, new)
        assert json.loads(edited) == replaced(value, path, new)
        assert edited.startswith(text[: span.start])
        assert edited.endswith(text[span.end :])

    @given(texts(), st.data())
    def test_an_equal_value_changes_nothing(self, made: tuple[str, Any], data: st.DataObject) -> None:
        text, value = made
        path = data.draw(st.sampled_from(paths_in(value)))
        held = value
        for key in path:
            held = held[key]
        assert with_part(text, path, held) == text

    @given(texts(), st.data())
    def test_what_is_put_in_can_be_taken_out(self, made: tuple[str, Any], data: st.DataObject) -> None:
        text, value = made
        paths = [path for path in paths_in(value) if isinstance(_held(value, path), dict)]
        if not paths:
            return
        path = data.draw(st.sampled_from(paths))
        key = data.draw(st.text(max_size=4).filter(lambda name: name not in _held(value, path)))
        more = with_part(text, (*path, key), 1)
        assert json.loads(more) == replaced(value, path, {**_held(value, path), key: 1})
        assert json.loads(without_part(more, (*path, key))) == value

    @given(st.text(alphabet='{}[]",:\\ \n0123456789eE+-.truefalsn', max_size=30))
    def test_reads_what_the_standard_library_reads(self, text: str) -> None:
        try:
            expected = parse_spec(text, "t") if text.lstrip().startswith("{") else json.loads(text)
        except (ValueError, GraderSpecError):
            return
        if isinstance(expected, dict):
            assert json.loads(text[parse_spans(text).start : parse_spans(text).end]) == json.loads(text)

    @given(st.text(max_size=60))
    def test_any_text_is_read_or_refused_with_a_place(self, text: str) -> None:
        try:
            parse_spans(text)
            line, column = 1, 1
        except JsonTextError as error:
            line, column = error.line, error.column
        assert 1 <= line <= text.count("\n") + 1
        assert 1 <= column <= len(text) + 1

    @pytest.mark.parametrize(
        ("text", "place", "said"),
        [
            ("", (1, 1), "nothing"),
            ('{"a": 1,\n  "b" 2}', (2, 7), "colon"),
            ('{"a": 1,\n  "a": 2}', (2, 3), "stands twice"),
            ('{"a": "one\n"}', (1, 7), "never closed"),
            ('{"a": "\\q"}', (1, 8), "backslash"),
            ('{"a": "x\ty"}', (1, 9), "control character"),
            ('{"a": [1, ]}', (1, 11), "value is missing"),
            ('{"a": [1 2]}', (1, 10), "comma or ]"),
            ('{"a": 1,}', (1, 9), "name of a member"),
            ('{"a": 1} x', (1, 10), "behind the end"),
            ('{"a": NaN}', (1, 7), "no JSON value"),
            ('{"a": 01}', (1, 8), "comma or }"),
            ("[" * 200, (1, 101), "too deep"),
            ("1" * 2000, (1, 1), "too long"),
        ],
    )
    def test_mistakes_have_a_line_and_a_column(self, text: str, place: tuple[int, int], said: str) -> None:
        with pytest.raises(JsonTextError, match=said) as caught:
            parse_spans(text)
        assert (caught.value.line, caught.value.column) == place

    @pytest.mark.parametrize(
        "text", ['"' + "a" * 2_000_000, '{"a":' * 90 + "[" * 2_000_000, " " * 2_000_000, '"' + "\\u0041" * 300_000]
    )
    def test_hostile_texts_take_no_longer_than_they_are(self, text: str) -> None:
        begun = time.perf_counter()
        with pytest.raises(JsonTextError):
            parse_spans(text)
        assert time.perf_counter() - begun < 2


def _held(value: Any, path: PartPath) -> Any:
    for key in path:
        value = value[key]
    return value


class TestParts:
    @pytest.mark.parametrize("name", EXAMPLE_TYPES)
    @pytest.mark.parametrize("indent", [None, 1, 4])
    def test_all_types_stay_byte_for_byte_when_nothing_is_edited(self, name: str, indent: int | None) -> None:
        text = json.dumps(example_spec(name), indent=indent) + "\n"
        found = parts(text)
        assert found
        for part in found:
            text_after = with_part(text, part.path, part.value)
            assert text_after == text

    def test_an_odd_text_stays_too(self) -> None:
        for part in parts(ODD):
            assert with_part(ODD, part.path, part.value) == ODD

    def test_parts_of_every_kind(self) -> None:
        found = {(part.kind, part.label): part.value for part in parts(ODD)}
        assert found[("field", "name")] == "odd"
        assert found[("formula", "formula")] == "p + l"
        assert found[("number", "pass threshold")] == 0.5
        assert found[("text", "a.b · system")] == 'Be "fair".\nAlways.'
        assert found[("text", "a.b · user")] == "A {{item.q}}"
        assert found[("text", "a.b · user 2 · part 1")] == "plain"
        assert found[("text", "a.b · user 2 · part 2")] == "B"
        assert found[("field", "a.b · user 2 · part 3")] == "{{item.u}}"
        assert found[("number", "a.b · range to")] == 10.0
        assert found[("sampling", "a.b · temperature")] == 0.7
        assert found[("sampling", "a.b · max_completions_tokens")] is None
        assert found[("labels", "l · labels")] == ["x", "y"]
        assert found[("python", "p · source")].startswith("def grade")

    def test_a_part_knows_its_grader(self) -> None:
        part = by_label(ODD)["a.b · system"]
        assert part == Part(
            ("graders", "a.b", "input", 0, "content"), "text", "a.b · system", 'Be "fair".\nAlways.',
            ("graders", "a.b"), "score_model", "system",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("label", "new", "old_text", "new_text"),
        [
            ("a.b · user", "größer\n", '"A {{item.q}}"', '"größer\\n"'),
            ("name", "größe", '"od\\u0064"', '"gr\\u00f6\\u00dfe"'),
            ("a.b · range to", 5, "1e1", "5"),
            ("l · labels", ["x", "z"], '["x", "y"]', '["x", "z"]'),
            ("a.b · temperature", 0.5, "0.70", "0.5"),
        ],
    )
    def test_one_edit_changes_its_characters_alone(self, label: str, new: Any, old_text: str, new_text: str) -> None:
        assert with_part(ODD, by_label(ODD)[label].path, new) == ODD.replace(old_text, new_text, 1)

    @given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8), st.text(max_size=8), st.booleans())
    def test_a_text_is_spelt_anew_only_where_it_differs(
        self, head: str, old: str, new: str, tail: str, escaped: bool
    ) -> None:
        odd = {"a": "\\u0061", "/": "\\/"}
        before, middle, after = (
            "".join(odd.get(sign, json.dumps(sign, ensure_ascii=escaped)[1:-1]) for sign in one)
            for one in (head, old, tail)
        )
        edited = with_part(f'{{"k": "{before}{middle}{after}"}}', ("k",), head + new + tail)
        assert json.loads(edited) == {"k": head + new + tail}
        assert edited.startswith(f'{{"k": "{before}')
        assert edited.endswith(f'{after}"}}')

    def test_lists_over_lines_stay_over_lines(self) -> None:
        text = '{\n  "labels": [\n    "x",\n    "y"\n  ]\n}'
        assert with_part(text, ("labels",), ["x"]) == '{\n  "labels": [\n    "x"\n  ]\n}'

    def test_new_members_are_laid_out_like_those_before(self) -> None:
        text = '{\n  "type": "python",\n  "name": "p"\n}\n'
        assert with_part(text, ("pass_threshold",), 0.5) == (
            '{\n  "type": "python",\n  "name": "p",\n  "pass_threshold": 0.5\n}\n'
        )
        assert with_part('{"a": 1, "b": 2}', ("c",), 3) == '{"a": 1, "b": 2, "c": 3}'
        assert with_part("{ }", ("c",), 3) == '{"c": 3}'
        assert with_part(text, ("range",), [0, 2]).endswith('  "range": [\n    0,\n    2\n  ]\n}\n')

    def test_members_are_taken_out_with_their_comma(self) -> None:
        text = '{\n  "a": 1,\n  "b": [1, 2, 3],\n  "c": 3\n}'
        assert without_part(text, ("a",)) == '{\n  "b": [1, 2, 3],\n  "c": 3\n}'
        assert without_part(text, ("c",)) == '{\n  "a": 1,\n  "b": [1, 2, 3]\n}'
        assert without_part(text, ("b", 1)) == '{\n  "a": 1,\n  "b": [1, 3],\n  "c": 3\n}'
        assert without_part(text, ("nowhere",)) == text
        assert without_part(text, ()) == text

    @pytest.mark.parametrize("path", [("type", "x"), ("graders", "nobody", "x"), ("labels", 7), ("x", 0)])
    def test_no_such_place(self, path: PartPath) -> None:
        with pytest.raises(GraderSpecError, match="there is no"):
            with_part('{"type": "a", "labels": ["x"]}', path, 1)

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, object()])
    def test_what_is_no_json_is_refused(self, value: Any) -> None:
        with pytest.raises(GraderSpecError, match="cannot be written"):
            with_part('{"a": 1}', ("a",), value)

    def test_half_a_surrogate_pair_is_escaped(self) -> None:
        assert with_part('{"a": "x"}', ("a",), "\ud800") == '{"a": "\\ud800"}'

    def test_children_in_a_list_alone_and_in_the_endpoints_form(self) -> None:
        child = {"type": "string_check", "name": "e", "operation": "eq", "input": "a", "reference": "b"}
        for graders, path in (([child], ("graders", 0)), (child, ("graders",))):
            text = json.dumps({"grader": {"type": "multi", "graders": graders, "calculate_output": "e"}})
            found = by_label(text)["e · operation"]
            assert (found.path, found.grader) == (("grader", *path, "operation"), ("grader", *path))

    @pytest.mark.parametrize(
        "text",
        ["[]", "1", '{"type": 3}', '{"type": "multi", "graders": [1, {"name": []}], "input": [1, {"content": [[]]}]}',
         '{"input": 3, "labels": [1], "range": "x", "sampling_params": []}'],
    )  # fmt: skip
    def test_what_makes_no_sense_is_no_part(self, text: str) -> None:
        assert [part for part in parts(text) if part.kind != "field"] == []


class TestCheckText:
    def test_bad_json(self) -> None:
        checked = check_text('{"type": "python",\n "name" }')
        assert checked.spec is None
        (problem,) = checked.problems
        assert (problem.kind, problem.severity, problem.line, problem.column) == ("bad_json", "error", 2, 9)

    def test_problems_stand_at_their_values(self) -> None:
        text = (
            '{"type": "multi", "name": "m",\n "graders": {"a.b": {\n  "type": "string_check", "name": "x",\n'
            '  "operation": "equals", "input": "{{item.nope}}",\n  "reference": "r"}},\n "calculate_output": "1 + +"}'
        )
        checked = check_text(text, item_fields={"question": "q"})
        places = {problem.kind: (problem.path, problem.line, problem.column) for problem in checked.problems}
        assert checked.spec == json.loads(text)
        assert places["unknown_value"] == ("graders.a.b.operation", 4, 16)
        assert places["unknown_field"] == ("graders.a.b.input", 4, 35)
        assert places["formula_parse_error"] == ("calculate_output", 6, 22)

    def test_what_is_missing_stands_at_what_should_hold_it(self) -> None:
        (problem,) = [
            each for each in check_text('\n {"type": "python", "name": "p"}').problems if each.path == "source"
        ]
        assert (problem.line, problem.column) == (2, 2)

    @pytest.mark.parametrize("form", ["list", "single", "wrapped"])
    def test_children_of_every_form_are_found(self, form: str) -> None:
        child = '{"type": "string_check", "name": "e",\n "operation": "no", "input": "a", "reference": "b"}'
        graders = f"[{child}]" if form == "list" else child if form == "single" else f'{{"e": {child}}}'
        text = f'{{"type": "multi", "name": "m", "calculate_output": "e", "graders": {graders}}}'
        text = f'{{"grader": {text}}}' if form == "wrapped" else text
        found = [problem for problem in check_text(text).problems if problem.kind == "unknown_value"]
        assert [(problem.path, problem.line, problem.column) for problem in found] == [("graders.e.operation", 2, 15)]

    @pytest.mark.parametrize("text", ["[1]", '"x"', "null"])
    def test_no_grader_at_all(self, text: str) -> None:
        checked = check_text(text)
        assert checked.spec is None
        assert [problem.kind for problem in checked.problems] == ["wrong_type"]

    @given(VALUES)
    def test_never_raises(self, value: Any) -> None:
        check_text(json.dumps(value))
        check_text(json.dumps({"type": "multi", "graders": value, "calculate_output": "a"}))
        check_text(json.dumps({"type": "score_model", "input": value, "model": value}))
