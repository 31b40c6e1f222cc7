"""Files of archives: whole or not there, lines that survive any cut, names that stay inside a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import InputError, StoreError
from rft_tui.store import archives
from rft_tui.store.archives import LineLog, line_of, measure, read_lines, safe_name, write_whole

ENTRIES = [{"id": f"item_{number}", "text": "ä\u2028\n" * number} for number in range(8)]
WHOLE = b"".join(map(line_of, ENTRIES))


@given(cut=st.integers(0, len(WHOLE)))
def test_a_log_that_was_cut_anywhere_goes_on_to_the_same_file(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("log") / "step.jsonl"
    path.write_bytes(WHOLE[:cut])
    with LineLog(path) as log:
        assert log.count == WHOLE[:cut].count(b"\n")
        assert log.last_id == (f"item_{log.count - 1}" if log.count else "")
        missing = len(ENTRIES) - log.count
        assert log.add(ENTRIES) == missing
        assert log.add(ENTRIES[2:5]) == 0
        assert log.written == measure(path)
    assert path.read_bytes() == WHOLE


def test_an_entry_without_id_or_too_large_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "LONGEST_LINE", 100)
    with LineLog(tmp_path / "log.jsonl") as log:
        assert log.add([{"text": "no id"}, {"id": "large", "text": 200 * "x"}, {"id": "a"}]) == 1
        assert (log.left_out, log.last_id) == (1, "a")


def test_a_log_has_an_end(tmp_path: Path) -> None:
    with LineLog(tmp_path / "log.jsonl", most_bytes=30) as log:
        log.add([{"id": "a"}])
        with pytest.raises(StoreError, match="would have more than 30 bytes"):
            log.add([{"id": "b", "text": 30 * "x"}])
    assert (tmp_path / "log.jsonl").read_bytes() == b'{"id": "a"}\n'


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"id": "a"}\n{"id": \n{"id": "c"}\n')
    with pytest.raises(InputError, match=r"log.jsonl, line 2"):
        list(read_lines(path))
    with pytest.raises(InputError, match=r"log.jsonl, line 2"):
        LineLog(path).open()


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a" / "file.json"
    write_whole(path, [b"first"])

    def parts() -> Iterator[bytes]:
        yield b"second"
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="the disk is full"):
        write_whole(path, parts())
    assert path.read_bytes() == b"first"
    assert [one.name for one in path.parent.iterdir()] == ["file.json"]


@given(text=st.text(max_size=200))
def test_names_are_plain_and_stay_inside(text: str) -> None:
    name = safe_name(text or "x")
    assert Path(name).name == name
    assert not name.startswith((".", "-"))
    assert json.dumps(name) == f'"{name}"'
    assert len(name) <= 100


def test_names_that_differ_stay_different() -> None:
    assert len({safe_name(text) for text in ("a/b", "a b", "a:b", "a-b", "../a-b", "a-b.")}) == 6
