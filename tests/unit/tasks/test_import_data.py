"""Datasets brought in: all or nothing, unless bad rows are to be skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from rft_tui.datasets.mapping import FieldMapping
from rft_tui.errors import InputError, UsageError
from rft_tui.store.database import Store
from rft_tui.store.datasets import get_dataset, iter_items
from rft_tui.tasks.import_data import import_dataset

GOOD = '{"messages": [{"role": "user", "content": "Q%d?"}], "reference_answer": "a"}'


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def names(store: Store) -> list[str]:
    with store.read() as db:
        return [row[0] for row in db.execute("SELECT name FROM dataset ORDER BY id")]


def test_rows_come_in_with_their_bytes_and_problems(store: Store, tmp_path: Path) -> None:
    done = import_dataset(store, write(tmp_path / "mine.jsonl", GOOD % 1, GOOD % 2, GOOD % 1))
    assert done.as_json()["dataset"] == "mine"
    assert (done.dataset.rows, done.skipped, done.dataset.method) == (3, 0, "reinforcement")
    assert [(one.line, one.kind) for one in done.problems if one.line] == [(3, "duplicate_row")]
    with store.read() as db:
        assert get_dataset(db, "mine").problems == done.problems
        assert [item.raw.decode() for item in iter_items(db, done.dataset.id)] == [GOOD % 1, GOOD % 2, GOOD % 1]


def test_one_bad_row_changes_nothing(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "mine.jsonl", *(GOOD % n for n in range(2500)), "{torn")
    with pytest.raises(InputError, match="line 2501"):
        import_dataset(store, path)
    assert names(store) == []
    done = import_dataset(store, path, skip_bad=True)
    assert (done.dataset.rows, done.skipped) == (2500, 1)
    assert any(problem.line == 2501 and problem.severity == "error" for problem in done.problems)


def test_the_same_file_again_is_known_and_another_of_the_name_refused(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "mine.jsonl", GOOD % 1)
    first = import_dataset(store, path).dataset
    assert import_dataset(store, path).dataset == first
    write(path, GOOD % 2)
    with pytest.raises(UsageError, match="with other rows"):
        import_dataset(store, path)
    import_dataset(store, path, "other")
    assert names(store) == ["mine", "other"]


def test_mapped_fields_and_guesses_are_kept_and_said(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "mine.csv", "Question,Ground-True Answer,topic", "What?,that,x")
    guessed = import_dataset(store, path)
    assert guessed.dataset.method == "generic"
    assert any("Ground-True Answer" in note for note in guessed.notes)
    mapped = import_dataset(store, path, "mapped", mapping=FieldMapping("Question", "topic"))
    assert mapped.dataset.mapping is not None
    assert mapped.dataset.mapping["reference_field"] == "topic"
    with store.read() as db:
        assert [item.reference for item in iter_items(db, mapped.dataset.id)] == ["x"]


@pytest.mark.parametrize("name", ["", " ", "a\0b"])
def test_a_dataset_needs_a_name(store: Store, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="needs a name"):
        import_dataset(store, write(tmp_path / "mine.jsonl", GOOD % 1), name)


def test_an_empty_file_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no rows"):
        import_dataset(store, write(tmp_path / "mine.jsonl"))
    assert names(store) == []
