"""Colours of lines: they are the line, whatever is in it, and states go on over lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.tui.editing.highlight import Highlighter, formula, json_text, plain, python, templates
from rft_tui.tui.paint import Line

HIGHLIGHTERS: tuple[Highlighter, ...] = (plain, python, json_text, templates({"topic"}), formula({"exact"}))

CODE = st.text(st.sampled_from("\"'\\#{}.[]()rfb _x1e+-*/:\tedé日" + "item"), max_size=60)


@given(CODE, st.integers(0, 2))
def test_the_spans_are_the_line(text: str, state: int) -> None:
    for highlight in HIGHLIGHTERS:
        spans, after = highlight(text, state)
        assert "".join(span for span, _style in spans) == text
        assert after in (0, 1, 2)


def styles(spans: Line) -> dict[str, str]:
    return {text.strip(): style for text, style in spans}


def test_python() -> None:
    spans, state = python('def grade(sample): return 1.5 + "a#b" # why', 0)
    found = styles(spans)
    assert state == 0
    assert found["def"] == found["return"] == "syntax.keyword"
    assert found["grade"] == "syntax.name"
    assert found["1.5"] == "syntax.number"
    assert found['"a#b"'] == "syntax.string"
    assert found["# why"] == "syntax.comment"


def test_triple_quotes_go_on_over_lines() -> None:
    _spans, state = python('x = """begins', 0)
    assert python("middle '''", state) == ([("middle '''", "syntax.string")], state)
    spans, after = python('ends \\""" no""" + 1', state)
    assert spans[0] == ('ends \\""" no"""', "syntax.string")
    assert after == 0
    assert python("'''a''' + '''b", 0)[1] == 2


def test_json() -> None:
    spans, _state = json_text('  "input": "say {{item.topic}}", "n": -1.5e3, "b": true', 0)
    found = styles(spans)
    assert found['"input"'] == "syntax.name"
    assert found["{{item.topic}}"] == "syntax.template"
    assert found["-1.5e3"] == "syntax.number"
    assert found["true"] == "syntax.keyword"


@pytest.mark.parametrize(("text", "style"), [
    ("{{item.topic}}", "syntax.template"), ("{{ sample.output_text }}", "syntax.template"),
    ("{{item.other}}", "state.bad underline"), ("{{sample.other}}", "state.bad underline"),
    ("{{item.messages}}", "state.bad underline"), ("{{nothing}}", "state.bad underline"),
    ("{{item}}", "state.bad underline"),
])  # fmt: skip
def test_template_names(text: str, style: str) -> None:
    spans, _state = templates({"topic"})(f"a {text} b", 0)
    assert spans == [("a ", "text.normal"), (text, style), (" b", "text.normal")]


def test_any_field_may_be_one_where_none_is_known() -> None:
    assert templates(None)("{{item.other}}", 0)[0] == [("{{item.other}}", "syntax.template")]


def test_formula() -> None:
    found = styles(formula({"exact", "phrase"})("max(exact, 0.5) * other", 0)[0])
    assert found["max"] == "syntax.keyword"
    assert found["exact"] == "syntax.name"
    assert found["0.5"] == "syntax.number"
    assert found["other"] == "state.bad underline"


@pytest.mark.parametrize("highlight", HIGHLIGHTERS)
def test_a_very_long_line_stays_without_colours(highlight: Highlighter) -> None:
    text = '"{{item.x' * 20_000
    spans, _state = highlight(text, 0)
    assert "".join(span for span, _style in spans) == text
