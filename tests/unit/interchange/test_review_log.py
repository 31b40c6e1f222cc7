"""The verdict log as a file: it comes back as it went, and whatever else a file holds is refused by its line."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import InputError
from rft_tui.interchange.review_log import LINE_LIMIT, export_log, import_log, read_events
from rft_tui.model import Verdict
from rft_tui.store.database import Store
from rft_tui.store.review_log import iter_log
from rft_tui.store.verdicts import EventKind, record, undo
from tests.unit.store.building import dataset, failed, item, predict, run_key


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "cache.db")
    with made.write() as db:
        mine = dataset(db, "mine", [item("Q1?"), item("Q2?")])
        predict(db, run_key(mine.id), ["yes", failed()])
        record(db, "ada", EventKind.VERDICT, Verdict.WRONG, answers=[1, 2], grader_version="a" * 32)
        record(db, "ada", EventKind.TAG, "größe \x1b[31m", answers=[1])
        record(db, "bob", EventKind.REFERENCE, "line\nbreak", row_id="b" * 32)
        undo(db, "ada")
    yield made
    made.close()


def verdict_of(path: Path) -> dict[str, Any]:
    rows: list[dict[str, Any]] = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return next(row for row in rows if row["kind"] == "verdict")


def test_a_log_comes_back_as_it_went(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    assert export_log(store, path) == 5
    with store.read() as db:
        assert list(read_events(path)) == list(iter_log(db))
    merged = import_log(store, [path, path])
    assert (merged.new, merged.known, merged.waiting) == (0, 10, 0)
    first = verdict_of(path)
    assert first["of"]["model"] == "m"
    assert first["of"]["dataset"] == "mine"
    assert set(first["answer"]) == {"key", "content"}
    assert export_log(store, path, ["bob"]) == 1


def test_nothing_comes_in_where_a_later_file_has_a_fault(store: Store, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    export_log(store, good)
    bad.write_text(good.read_text() + '{"uid": 1}\n')
    other = Store(tmp_path / "other.db")
    with pytest.raises(InputError, match=r"bad\.jsonl, line 6"):
        import_log(other, [good, bad])
    with other.read() as db:
        assert list(iter_log(db)) == []
    other.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"uid": "A" * 32}, "uid must be a hash"),
        ({"batch": None}, "batch must be a hash"),
        ({"kind": "drop"}, "kind must be one of"),
        ({"kind": ["verdict"]}, "kind must be one of"),
        ({"value": "perfect"}, "a verdict is one of"),
        ({"value": 1}, "value must be a text"),
        ({"kind": "tag", "value": " two\nlines"}, "a tag is one line"),
        ({"kind": "note", "value": "x" * 100_001}, "at most 100,000"),
        ({"kind": "undo", "value": "all"}, "value must be a hash"),
        ({"reviewer": " "}, "who it was"),
        ({"reviewer": "x" * 201}, "at most 200"),
        ({"at": "2026-01-01"}, "a moment such as"),
        ({"at": "2026-13-01T00:00:00.000+00:00"}, "a moment such as"),
        ({"at": "9999-12-31T23:59:59.999+00:00"}, "a moment such as"),
        ({"at": "2026-01-01T00:00:00.000+02:00"}, "a moment such as"),
        ({"answer": None}, "which answer"),
        ({"answer": {"key": "1", "content": "2"}}, "key must be a hash"),
        ({"grader_version": "'; DROP TABLE"}, "grader_version must be a hash"),
    ],
)
def test_a_row_that_is_no_event_is_refused(store: Store, tmp_path: Path, change: dict[str, Any], said: str) -> None:
    path = tmp_path / "log.jsonl"
    export_log(store, path)
    path.write_text(json.dumps(verdict_of(path) | change) + "\n")
    with pytest.raises(InputError, match=said) as caught:
        import_log(store, [path])
    assert "line 1" in caught.value.message


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe", b"[1]\n", b'{"a":' * 100_000, b"{" + b" " * LINE_LIMIT + b"}\n", b'{"kind":"note","kind":"tag"}\n'],
)
def test_a_hostile_file_is_refused(store: Store, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match="line 1"):
        import_log(store, [path])


def test_a_file_that_is_not_there(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        import_log(store, [tmp_path / "none.jsonl"])


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(("verdict", "0" * 32)),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(("key", "content")), inner),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(("uid", "batch", "reviewer", "at", "kind", "value", "answer", "of")), values))
def test_no_row_makes_it_fail_in_another_way(tmp_path_factory: pytest.TempPathFactory, row: dict[str, Any]) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.jsonl"
    path.write_text(json.dumps(row) + "\n")
    with pytest.raises(InputError):
        list(read_events(path))


def test_what_can_be_read_only_once_is_refused(store: Store, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="this is no file"):
        import_log(store, [pipe])
