"""Rows that are put aside: they come back as they were, the file is read once, and nothing is left lying about."""

from __future__ import annotations

import errno
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.datasets.prompts import make_prompt
from rft_tui.errors import StoreError
from rft_tui.interchange import plain_jsonl
from rft_tui.interchange import spool as spool_module
from rft_tui.interchange.foreign import ForeignPrediction, ForeignReview, Place
from rft_tui.interchange.importer import import_predictions
from rft_tui.interchange.rows import input_of
from rft_tui.interchange.spool import Spool
from rft_tui.interchange.values import rows_of
from rft_tui.model import Answer, Grade, GradeError, JsonObject, PredictionError, Usage, Verdict
from rft_tui.store.answers import RAW_LIMIT
from rft_tui.store.database import Store
from tests.unit.interchange.files import counts, row, write_lines

texts = st.text(st.characters(codec="utf-8"), max_size=20)
grades = st.builds(
    Grade,
    st.none() | st.floats(allow_nan=False),
    st.none() | st.booleans(),
    steps=st.lists(texts, max_size=2).map(tuple),
    error=st.none() | st.builds(GradeError, texts, texts),
)
answers = st.builds(
    Answer,
    texts,
    st.none() | texts,
    st.builds(Usage, st.none() | st.integers(0, 10**9)),
    st.none() | st.floats(0, 10),
    st.none() | st.builds(PredictionError, texts, texts),
    st.none() | st.dictionaries(texts, st.none() | texts | st.lists(st.integers()), min_size=1, max_size=3),
)
records = st.builds(
    ForeignPrediction,
    st.builds(Place, st.integers(1, 10**9), st.integers(1, 10**9), texts),
    st.builds(lambda question, reference: row(question, reference), texts, texts),
    answers,
    st.none() | st.integers(1, 9),
    st.none() | texts,
    st.none() | texts,
    st.none() | grades,
    st.dictionaries(texts, grades, max_size=2),
    st.lists(st.builds(ForeignReview, texts, st.none() | st.sampled_from(Verdict), texts, texts), max_size=2).map(
        tuple
    ),
    st.dictionaries(texts, st.integers(), max_size=2),
    st.none() | st.builds(make_prompt, st.just("p"), texts.map("t".__add__)),
    texts,
    st.binary(max_size=20),
)


@given(st.lists(records, max_size=4))
def test_what_is_put_aside_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, made: list[ForeignPrediction]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    with Spool(folder) as spool:
        heads = [spool.add(one, one.row) for one in made]
        assert list(spool.heads()) == heads
        for _again in range(2):
            whole = list(spool.whole())
            assert [head for head, _said in whole] == heads
            for one, (head, said) in zip(made, whole, strict=True):
                assert (head.row, head.input_id, head.model) == (one.row, input_of(one.row), one.model)
                assert said == (one.answer, one.grade, one.grades, one.reviews, one.prompt, one.raw)


def test_a_row_that_is_too_large_to_be_kept_is_not_put_aside(tmp_path: Path) -> None:
    one = ForeignPrediction(Place(1, 1), row("q"), Answer("a"), raw=b"x" * (RAW_LIMIT + 1))
    with Spool(tmp_path) as spool:
        spool.add(one, one.row)
        assert [said.raw for _head, said in spool.whole()] == [None]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing can be written there"):
        Spool(tmp_path / "missing")


def test_a_file_is_read_once_whatever_becomes_of_its_rows(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def noting(path: Path) -> Iterator[tuple[Place, JsonObject]]:
        read.append(path)
        return rows_of(path)

    monkeypatch.setattr(plain_jsonl, "rows_of", noting)
    path = write_lines(tmp_path / "a.jsonl", [{"item": row(f"q{n % 3}"), "output_text": "x"} for n in range(6)])
    assert import_predictions(store, [path]).new == 6
    assert len(read) == 1
    assert counts(store)["item"] == 3
    assert sorted(one.name for one in store.path.parent.iterdir() if not one.name.startswith(store.path.name)) == []


def test_a_disk_that_becomes_full_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def seek(self, *_place: int) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(spool_module, "TemporaryFile", lambda **_options: Full())
    one = ForeignPrediction(Place(1, 1), row("q"), Answer("a"))
    with Spool(tmp_path) as spool:
        spool.add(one, one.row)
        with pytest.raises(StoreError, match="No space left"):
            list(spool.heads())
