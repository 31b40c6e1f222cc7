"""Reading: every form of file, and every way a file can be broken."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft_tui.datasets import json_array
from rft_tui.datasets.read import detect_format, read_rows
from rft_tui.datasets.rows import LINE_LIMIT, RawRow
from rft_tui.errors import InputError
from rft_tui.model import Problem
from tests.unit.datasets.samples import found, question, read, save, save_bytes, shared

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
JSON_ROWS = st.lists(st.dictionaries(st.text(), JSON_VALUES, max_size=4), min_size=1, max_size=6)
ANY_FOLDER = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ANY_FOLDER
@given(JSON_ROWS, st.booleans())
def test_json_lines_come_back_as_they_were(tmp_path: Path, values: list[dict[str, Any]], escaped: bool) -> None:
    lines = [json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass") for value in values]
    rows, problems = read(save_bytes(tmp_path, b"\n".join(lines) + b"\n"))
    assert problems == []
    assert [row.value for row in rows] == values
    assert [row.raw for row in rows] == lines
    assert [row.line for row in rows] == list(range(1, len(lines) + 1))


@ANY_FOLDER
@given(JSON_ROWS, st.sampled_from([None, 2]), st.integers(1, 40))
def test_an_array_gives_the_same_rows_however_it_is_cut(
    tmp_path: Path, values: list[dict[str, Any]], indent: int | None, chunk: int
) -> None:
    path = save_bytes(tmp_path, json.dumps(values, indent=indent).encode(), "data.json")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_array, "_CHUNK", chunk)
        rows, problems = read(path)
    assert problems == []
    assert [row.value for row in rows] == values
    assert all(b"\n" not in row.raw and json.loads(row.raw) == row.value for row in rows)


@ANY_FOLDER
@given(
    st.binary(max_size=300),
    st.sampled_from(["a.jsonl", "a.json", "a.csv", "a.tsv"]),
    st.sampled_from([b"", b"[", b'{"']),
)
def test_no_bytes_make_reading_raise(tmp_path: Path, data: bytes, name: str, before: bytes) -> None:
    for entry in read_rows(save_bytes(tmp_path, before + data, name)):
        assert isinstance(entry, RawRow | Problem)


GOOD = b'{"a": 1}\n'


@pytest.mark.parametrize(
    ("line", "kind", "key"),
    [
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "duplicate_key", "c"),
        (b'{"a": {"b": [1, NaN]}}', "not_a_number", "a.b[1]"),
        (b'{"a": -Infinity}', "not_a_number", "a"),
        (b'{"a": 1e999}', "not_a_number", "a"),
        (b"[1, 2", "invalid_json", None),
        (b'"text"', "not_object", None),
        (b"null", "not_object", None),
        (b'{"a": "\xff"}', "invalid_utf8", None),
        (b'{"a": "\\ud800"}', "lone_surrogate", "a"),
        (b'{"\\udfff": 1}', "lone_surrogate", "\\udfff"),
        (b'{"a": "\x00"}', "invalid_json", None),
        (b'{"a": ' + b"9" * 5000 + b"}", "huge_number", None),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "deep_nesting", None),
        (b'{"a": ' + b"[" * 150 + b"]" * 150 + b"}", "deep_nesting", None),
        (b'{"a": 1} {"b": 2}', "invalid_json", None),
        (b"   ", "blank_line", None),
    ],
)
def test_a_bad_line_is_named_and_does_not_stop_the_reading(
    tmp_path: Path, line: bytes, kind: str, key: str | None
) -> None:
    rows, problems = read(save_bytes(tmp_path, GOOD + line + b"\n" + GOOD))
    assert [row.line for row in rows] == [1, 3]
    assert found(problems) == [(2, kind, key)]


def test_the_place_of_a_bad_byte_is_said(tmp_path: Path) -> None:
    _, problems = read(save_bytes(tmp_path, b'{"a": "\xc3"}\n'))
    assert "byte 8 of the row (0xc3)" in problems[0].message


@pytest.mark.parametrize("line", [b'{"a": "half', b'{"a": "caf\xc3', b'{"a": 1'])
def test_a_torn_last_line_looks_cut_off(tmp_path: Path, line: bytes) -> None:
    rows, problems = read(save_bytes(tmp_path, GOOD + line))
    assert len(rows) == 1
    assert found(problems) == [(2, "torn_line", None)]
    assert "cut off" in problems[0].message


def test_a_complete_last_line_needs_no_line_break(tmp_path: Path) -> None:
    rows, problems = read(save_bytes(tmp_path, GOOD.rstrip()))
    assert (len(rows), problems) == (1, [])


def test_byte_order_mark_and_crlf_are_warned_of_once(tmp_path: Path) -> None:
    rows, problems = read(save_bytes(tmp_path, b"\xef\xbb\xbf" + b'{"a": 1}\r\n' * 3))
    assert [row.raw for row in rows] == [b'{"a": 1}'] * 3
    assert [(p.kind, p.severity) for p in problems] == [("bom", "warning"), ("crlf", "warning")]


def test_a_line_over_the_limit_is_skipped_and_counted(tmp_path: Path) -> None:
    path = save_bytes(tmp_path, GOOD + b'{"a": "' + b"x" * 3_000_000 + b'"}\n' + GOOD)
    entries = list(read_rows(path, line_limit=100_000))
    assert [type(entry) for entry in entries] == [RawRow, Problem, RawRow]
    assert found([entry for entry in entries if isinstance(entry, Problem)]) == [(2, "line_too_long", None)]
    entries = list(
        read_rows(save_bytes(tmp_path, b'[{"a": 1}, {"a": "' + b"x" * 3_000_000 + b'"}, {"a": 2}]'), line_limit=100_000)
    )
    assert [type(entry) for entry in entries] == [RawRow, Problem, RawRow]


def test_a_line_of_fifty_megabytes_is_read(tmp_path: Path) -> None:
    assert LINE_LIMIT > 50 * 1024 * 1024
    size = 50 * 1024 * 1024
    rows, problems = read(save_bytes(tmp_path, b'{"a": "' + b"x" * size + b'"}\n' + GOOD))
    assert problems == []
    assert [len(row.raw) for row in rows] == [size + 9, 8]


def test_faults_inside_an_array_stay_with_their_element(tmp_path: Path) -> None:
    data = b'[\n {"a": 1},\n {"a": NaN},\n {"a": [1, 2},\n {"a": "x\n },\n {"b": "]}\\"[{"},\n {"c": 3},\n 7\n]\n'
    rows, problems = read(save_bytes(tmp_path, data, "data.json"))
    assert [row.value for row in rows] == [{"a": 1}, {"b": ']}"[{'}, {"c": 3}]
    assert [row.line for row in rows] == [2, 7, 8]
    assert found(problems) == [
        (3, "not_a_number", "a"),
        (4, "invalid_json", None),
        (5, "invalid_json", None),
        (9, "not_object", None),
    ]


@pytest.mark.parametrize(
    ("data", "count", "kinds"),
    [
        (b"[]", 0, []),
        (b" \n[ ]\n", 0, []),
        (b'[{"a": 1},]', 1, ["invalid_json"]),
        (b'[{"a": 1}', 1, ["unclosed_array"]),
        (b'[{"a": 1}, {"a": 2', 1, ["torn_line", "unclosed_array"]),
        (b'[{"a": 1}] x', 1, ["trailing_content"]),
    ],
)
def test_edges_of_arrays(tmp_path: Path, data: bytes, count: int, kinds: list[str]) -> None:
    rows, problems = read(save_bytes(tmp_path, data, "data.json"))
    assert len(rows) == count
    assert [problem.kind for problem in problems] == kinds


def test_csv_cells_are_texts_and_records_may_span_lines(tmp_path: Path) -> None:
    data = '\ufeffquestion,Ground-True Answer\r\n"What,\nnow?",1.50\r\nNext,é\r\n'.encode()
    rows, problems = read(save_bytes(tmp_path, data, "data.csv"))
    assert [(row.line, row.value) for row in rows] == [
        (2, {"question": "What,\nnow?", "Ground-True Answer": "1.50"}),
        (4, {"question": "Next", "Ground-True Answer": "é"}),
    ]
    assert json.loads(rows[1].raw) == rows[1].value
    assert [problem.kind for problem in problems] == ["bom"]


def test_csv_faults(tmp_path: Path) -> None:
    data = b'q,a,,a\nx,y\n\xff,b,c,d\n\none,two,three,four\n"open,1,2,3\n'
    rows, problems = read(save_bytes(tmp_path, data, "data.csv"))
    assert [row.value for row in rows] == [{"q": "one", "a": "two", "column_3": "three", "a (4)": "four"}]
    assert found(problems) == [
        (1, "column_name", "column_3"),
        (1, "column_name", "a"),
        (2, "wrong_columns", None),
        (3, "invalid_utf8", None),
        (4, "blank_line", None),
        (6, "torn_line", None),
    ]


def test_a_header_that_cannot_be_read_ends_the_reading(tmp_path: Path) -> None:
    for data in (b"q,\xff\n1,2\n", b'q,"a\n\xff"\n1,2\n', b'q,"a" b\n1,2\n'):
        rows, problems = read(save_bytes(tmp_path, data, "data.csv"))
        assert rows == []
        assert len(problems) == 1


def test_rows_of_more_parts_than_memory_bears_are_refused(tmp_path: Path) -> None:
    path = save_bytes(tmp_path, b'{"a": [' + b"[]," * 1_000_001 + b"1]}\n" + GOOD)
    rows, problems = read(path)
    assert (len(rows), found(problems)) == (1, [(1, "too_complex", None)])
    rows, problems = read(save_bytes(tmp_path, b"q,a\n" + b"," * 1_000_001 + b"\n1,2\n", "data.csv"))
    assert (len(rows), found(problems)) == (1, [(2, "too_complex", None)])


@pytest.mark.parametrize(
    ("name", "data"), [("a.tsv", b"q\ta\n1\t2\n"), ("a.csv", b"q;a\n1;2\n"), ("a.csv", b"q\ta\n1\t2\n")]
)
def test_the_separator_follows_the_header(tmp_path: Path, name: str, data: bytes) -> None:
    rows, _ = read(save_bytes(tmp_path, data, name))
    assert [row.value for row in rows] == [{"q": "1", "a": "2"}]


def test_parquet_rows(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    messages = [[{"role": "user", "content": "Hi", "name": None}], [{"role": "user", "content": "Ho", "name": "Al"}]]
    path = tmp_path / "data.parquet"
    parquet.write_table(arrow.table({"messages": messages, "score": [1.5, float("nan")]}), path)
    rows, problems = read(path)
    assert [row.value for row in rows] == [{"messages": [{"role": "user", "content": "Hi"}], "score": 1.5}]
    assert found(problems) == [(2, "not_a_number", None)]


def test_a_broken_parquet_file_is_a_problem(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    _, problems = read(save_bytes(tmp_path, b"PAR1 and nothing else", "data.parquet"))
    assert found(problems) == [(1, "invalid_parquet", None)]


def test_parquet_without_the_extra_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError) as error:
        read(save_bytes(tmp_path, b"PAR1", "data.parquet"))
    assert "rft-tui[parquet]" in error.value.hint


@pytest.mark.parametrize("head", [b"\xff\xfe{\x00", b"\x1f\x8b\x08", b"PK\x03\x04", b"SQLite format 3\x00"])
def test_foreign_files_are_named(tmp_path: Path, head: bytes) -> None:
    _, problems = read(save_bytes(tmp_path, head))
    assert found(problems) == [(1, "unsupported_format", None)]


def test_what_is_no_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read(tmp_path / "nothing.jsonl")
    with pytest.raises(InputError, match="not a file"):
        read(tmp_path)


def test_the_form_is_seen_in_content_and_name(tmp_path: Path) -> None:
    assert detect_format(save(tmp_path, [question("a")])) == "jsonl"
    assert detect_format(save_bytes(tmp_path, b"\xef\xbb\xbf [1]", "x.txt")) == "json_array"
    assert detect_format(save_bytes(tmp_path, b"a,b", "x.CSV")) == "csv"


@pytest.mark.parametrize("name", ["countdown/countdown_train_100.jsonl", "sample/questions_train.jsonl"])
def test_real_files_read_without_a_fault(name: str) -> None:
    path = shared(name)
    rows, problems = read(path)
    assert problems == []
    assert b"\n".join([*(row.raw for row in rows), b""]).strip() == path.read_bytes().strip()
