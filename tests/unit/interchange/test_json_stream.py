"""A document read part by part says what the parser says of the whole, wherever its bytes are cut."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import InputError
from rft_tui.interchange import json_stream
from rft_tui.interchange.foreign import Place
from rft_tui.interchange.json_stream import document_parts, head_keys, list_parts
from rft_tui.interchange.loose_json import loose_value

PATH = Path("some.json")
texts = st.text(alphabet='ab"\\{}[],:\n é\U0001f600', max_size=8)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(texts, values, max_size=4),
    st.lists(values, max_size=4),
    st.sampled_from([None, 2]),
    st.booleans(),
    st.integers(1, 9),
)
def test_parts_are_the_values_of_the_document(
    rest: dict[str, Any], rows: list[Any], indent: int | None, plain: bool, chunk: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_CHUNK", chunk)
        document = {**rest, "outer": {"before": 1, "rows": rows, "after": [{}]}}
        raw = json.dumps(document, indent=indent, ensure_ascii=plain).encode()
        parts = list(document_parts(PATH, io.BytesIO(raw), [("outer", "rows")]))
        read = [json.loads(part.raw or b"") for part in parts if part.keys == ("outer", "rows")]
        assert read == rows
        others = {part.keys: json.loads(part.raw or b"") for part in parts if part.keys != ("outer", "rows")}
        expected = {(key,): value for key, value in document.items() if key != "outer"}
        assert others == expected | {("outer", "before"): 1, ("outer", "after"): [{}]}
        raw_list = json.dumps(rows, indent=indent, ensure_ascii=plain).encode()
        assert [json.loads(part.raw or b"") for part in list_parts(PATH, io.BytesIO(raw_list))] == rows


@given(st.dictionaries(texts, values, max_size=4), st.integers(0, 400))
def test_a_document_that_is_cut_off_says_so(value: dict[str, Any], end: int) -> None:
    raw = json.dumps({"rows": [value], "end": 1}).encode()
    cut = raw[: min(end, len(raw) - 1)]
    with pytest.raises(InputError, match=r"some\.json, line 1: the document is cut off"):
        list(document_parts(PATH, io.BytesIO(cut), [("rows",)]))


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_an_input_error(raw: bytes) -> None:
    head_keys(raw)
    for read in (document_parts(PATH, io.BytesIO(raw), [("a",)]), list_parts(PATH, io.BytesIO(raw))):
        try:
            for part in read:
                loose_value(PATH, Place(1, part.line), part.raw or b"")
        except InputError:
            pass


def test_a_value_that_is_too_long_is_not_held() -> None:
    raw = json.dumps({"rows": ["x" * 5000, "y"]}).encode()
    parts = list(document_parts(PATH, io.BytesIO(raw), [("rows",)], limit=1000))
    assert [part.raw for part in parts] == [None, b'"y"']


def test_lines_are_counted() -> None:
    raw = b'{\n "a": [\n  {"b": "x"},\n\n  {"b":\n 2}\n ]\n}\n'
    assert [part.line for part in document_parts(PATH, io.BytesIO(raw), [("a",)])] == [3, 5]
    with pytest.raises(InputError, match="line 9: the document is cut off"):
        list(document_parts(PATH, io.BytesIO(raw + b"x"), [("a",)]))


def test_the_outer_keys_of_a_beginning_are_seen() -> None:
    assert head_keys(b'{"a": 1, "b": {"c": {"d": 1}, "e": [') == {"a", "b", "b.c", "b.e"}
    assert head_keys(b"[1]") == frozenset()


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"a": ' + b"[" * 150 + b"]" * 150 + b"}", "nested more than 100 deep"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested more than 100 deep"),
        (b"[" + b"[]," * 1_000_001 + b"[]]", "more than 1,000,000 lists"),
        (b'{"a": ' + b"9" * 5000 + b"}", "4300 digits"),
        (b'{"a": "\xff"}', "not valid UTF-8"),
        (b'{"a": }', "not valid JSON at character"),
    ],
)
def test_json_that_cannot_be_held_is_an_input_error(raw: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        loose_value(PATH, Place(3, 7), raw)


def test_numbers_that_json_does_not_have_are_null() -> None:
    raw = b'{"a": NaN, "b": -Infinity, "c": 1e999, "d": 1e-999, "e": "\\ud800x"}'
    assert loose_value(PATH, Place(1, 1), raw) == {"a": None, "b": None, "c": None, "d": 0.0, "e": "\ufffdx"}
