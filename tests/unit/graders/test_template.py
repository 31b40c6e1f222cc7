"""Templates: what a path reads, what is missing, and that filling in is one pass."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.graders.sample import complete_sample, make_sample, parse_output
from rft_tui.graders.template import (
    Reference,
    Template,
    TemplateError,
    TemplateSyntaxError,
    path_parts,
    path_text,
    scan,
)

ITEM: dict[str, Any] = {
    "reference_answer": "gout",
    "Ground-True Answer": "odd",
    "a": {"b": [{"k k": "deep", "dot.ted": "d"}], "n": 77, "t": True, "z": None, "f": 1.5},
    "nums": [3, 4],
    "déjà": "vu",
    'quote"d': "q",
}


def rendered(text: str, output: str = "gouty arthritis", item: dict[str, Any] | None = None) -> str:
    return Template(text).render(make_sample(output), ITEM if item is None else item)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{item.reference_answer}}", "gout"),
        ("{{ sample.output_text }}", "gouty arthritis"),
        ("{{\n item.reference_answer\t}}", "gout"),
        ("<{{item.reference_answer}}|{{sample.output_text}}>", "<gout|gouty arthritis>"),
        ('{{ item.a.b[0]["k k"] }}', "deep"),
        ("{{item['a']['b'][ 0 ]['dot.ted']}}", "d"),
        ('{{item["quote\\"d"]}}', "q"),
        ("{{item.Ground-True Answer}}", "odd"),
        ('{{item["Ground-True Answer"]}}', "odd"),
        ("{{item.déjà}}", "vu"),
        ("{{item.a.n}} {{item.a.t}} {{item.a.z}} {{item.a.f}}", "77 true null 1.5"),
        ("{{item.nums}}", "[3,4]"),
        ("{{item.a.b}}", '[{"k k":"deep","dot.ted":"d"}]'),
        ("{{{item.reference_answer}}}", "{gout}"),
        ("{{item.reference_answer", "{{item.reference_answer"),
        ("no braces }} here", "no braces }} here"),
        ("", ""),
    ],
)
def test_a_template_is_filled_in(text: str, expected: str) -> None:
    assert rendered(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{{item.absent}}",
        "{{item.a.absent}}",
        "{{item.nums[2]}}",
        "{{item.reference_answer[0]}}",
        "{{item.reference_answer.x}}",
        "{{item.a[0]}}",
        "{{item.nums.0}}",
        "{{sample.output_tools[0].function.name}}",
        "{{sample.model}}",
    ],
)
def test_a_missing_path_is_named(text: str) -> None:
    with pytest.raises(TemplateError) as caught:
        rendered(text)
    assert caught.value.kind == "invalid_variable_error"
    assert text.strip("{}") in caught.value.message or path_text(path_parts(text.strip("{}"))) in caught.value.message


def test_methods_of_dictionaries_are_not_reachable() -> None:
    with pytest.raises(TemplateError, match=r"item\.items"):
        rendered("{{item.items}}")


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("{{7*7}}", 1),
        ("ab {{ items.x }}", 4),
        ("{{item}}", 1),
        ("{{}}", 1),
        ("{{item..x}}", 7),
        ("{{item.x[-1]}}", 9),
        ("{{item.x[a]}}", 9),
        ("{{item x}}", 7),
    ],
)
def test_braces_without_a_path_are_refused_with_their_column(text: str, column: int) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        Template(text)
    assert caught.value.column == column


def test_output_json_is_read_from_the_text_when_a_template_asks() -> None:
    assert rendered("{{sample.output_json.answer[1]}}", '  {"answer": ["a", {"b": 1}]}\n') == '{"b":1}'
    assert rendered("{{sample.output_json}}", "42") == "42"
    plain = Template("{{sample.output_json.x}}").render({"output_text": '{"x": "y"}'}, {})
    assert plain == "y"


@pytest.mark.parametrize("output", ["", "gout", "{", '{"a": NaN}', "[" * 100_000, "-", "{'a': 1}", "nulle"])
def test_output_that_is_not_json_is_a_parse_error(output: str) -> None:
    with pytest.raises(TemplateError) as caught:
        rendered("{{sample.output_json.answer}}", output)
    assert caught.value.kind == "sample_parse_error"


def test_json_without_the_path_is_a_missing_variable() -> None:
    with pytest.raises(TemplateError) as caught:
        rendered("{{sample.output_json.answer}}", '{"other": 1}')
    assert caught.value.kind == "invalid_variable_error"


def test_a_sample_holds_json_only_where_the_text_is_json() -> None:
    tools = [{"id": "", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    whole = complete_sample(make_sample('{"a": 1}', model="m", output_tools=tools))
    assert whole["output_json"] == {"a": 1}
    assert whole["choices"][0]["message"]["tool_calls"] == tools
    assert (whole["model"], whole["choices"][0]["finish_reason"]) == ("m", "tool_calls")
    text = complete_sample(make_sample("plain"))
    assert set(text) == {"output_text", "choices"}
    assert type(complete_sample({"output_text": "1"})) is dict


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_output_is_parsed_exactly_where_it_is_json(value: Any) -> None:
    assert parse_output(f" {json.dumps(value)}\n") == value


@given(st.text(alphabet="{}item.sample output_text[]\"'0\\ab", max_size=40), st.text(max_size=20))
def test_a_value_is_never_read_as_a_template(value: str, other: str) -> None:
    item = {"x": value, "y": other}
    assert rendered("{{item.x}}", item=item) == value
    assert rendered("<{{item.x}}{{item.y}}>", item=item) == f"<{value}{other}>"


@given(st.text(alphabet="{}item.sample_x[]\"'0\\ \n", max_size=60))
def test_any_text_is_read_without_a_surprise(text: str) -> None:
    pieces, problems = scan(text)
    if not problems:
        assert Template(text).references == tuple(piece for piece in pieces if isinstance(piece, Reference))
    if "{{" not in text:
        assert rendered(text) == text


@given(st.lists(st.text(min_size=1, max_size=8) | st.integers(0, 10**6), min_size=1, max_size=4))
def test_a_path_is_written_so_that_it_reads_back(parts: list[str | int]) -> None:
    assert path_parts(path_text(tuple(parts))) == tuple(parts)


def test_many_braces_take_no_time() -> None:
    assert scan("{{" * 200_000)[1] == []
    assert len(scan("{{item." + "a" * 100_000 + "}}")[0]) == 1
    with pytest.raises(TemplateSyntaxError):
        Template("{{item.x" + " " * 100_000 + "!" + " " * 100_000 + "[}}")
