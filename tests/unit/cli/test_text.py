"""Tables line up whatever is in them, and JSON for a terminal says the same as any JSON."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rft_tui.cli.console import json_text
from rft_tui.cli.text import Column, counted, table, width

texts = st.text(max_size=20)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_json_text_is_the_same_value_and_commands_no_terminal(value: Any) -> None:
    text = json_text(value)
    assert json.loads(text) == value
    assert not any(0x7F <= ord(sign) <= 0x9F or sign in "\u202e\u2028\ufeff" for sign in text)
    text.encode("utf-8")


@given(st.lists(st.tuples(texts, texts, st.integers(0, 10**6)), min_size=1, max_size=5))
def test_lines_of_a_table_end_together_at_a_right_column(rows: list[tuple[str, str, int]]) -> None:
    lines = table([Column("one"), Column("two", limit=12), Column("number", right=True)], rows)
    assert len(lines) == len(rows) + 1
    assert len({width(line) for line in lines}) == 1
    assert all("\n" not in line and "\x1b" not in line for line in lines)


def test_wide_signs_take_two_cells() -> None:
    assert width("日本") == 4
    assert width("e\u0301") == 1
    lines = table([Column("a"), Column("b")], [("日本", "x"), ("ab", "y")])
    assert [line.index(sign) for line, sign in zip(lines[1:], "xy", strict=True)] == [4, 6]


def test_a_column_without_values_is_left_out() -> None:
    assert table([Column("a"), Column("b")], [("x", None), ("y", "")]) == ["a", "x", "y"]


def test_counted() -> None:
    assert (counted(1, "row"), counted(1200, "row"), counted(0, "entry")) == ("1 row", "1,200 rows", "0 entries")
