"""Near duplicates: found whatever the order, never by numbers alone, in linear time."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.datasets import near_duplicates
from rft_tui.datasets.check import check_file
from rft_tui.datasets.near_duplicates import NearIndex, Sketch, Sketcher, similarity
from tests.unit.datasets.samples import found, question, save

TEXTS = st.lists(
    st.sampled_from(["red", "green", "blue", "7", "13.8", "over", ",", "?", "the", "THE"]), max_size=30
).map(" ".join)


def near(first: str, second: str) -> bool:
    sketcher = Sketcher()
    index = NearIndex()
    kept, asked = sketcher.sketch(first), sketcher.sketch(second)
    if kept is None or asked is None:
        return False
    index.add(1, kept)
    return index.find(asked) is not None


@given(TEXTS | st.text(), TEXTS | st.text())
def test_being_near_is_symmetric(first: str, second: str) -> None:
    assert near(first, second) == near(second, first)


@given(TEXTS | st.text())
def test_a_text_is_near_itself(text: str) -> None:
    sketch = Sketcher().sketch(text)
    assert sketch is None or (near(text, text) and similarity(sketch, sketch) == 1.0)


def test_case_blanks_and_sentence_marks_do_not_count() -> None:
    assert near("Which is the largest  ocean, on Earth?", "which is the largest ocean on earth")


def test_numbers_and_signs_count() -> None:
    assert not near("Which one is bigger: 13.11 or 13.8?", "Which one is bigger: 13.11 or 13.9?")
    assert not near("Which is bigger now, 5 or 7?", "Which is bigger now, -5 or 7?")
    assert not near("3 < 5", "3 > 5")


def test_a_common_instruction_is_not_what_makes_rows_alike(tmp_path: Path) -> None:
    instruction = "Read the question with care, think about it for a while, and answer with one short phrase only. " * 3
    words = ["apple", "bear", "cloud", "dune", "eagle", "fern", "grape", "hill", "iron", "jade", "kelp", "lamp"]
    rows = [question(f"{instruction}\n\nWhat colour does a {word} have?", word) for word in words]
    assert found(check_file(save(tmp_path, rows)).problems) == []
    rows.append(question(f"{instruction}\n\nWhat colour does a jade have??", "green"))
    report = check_file(save(tmp_path, rows))
    assert found(report.problems) == [(13, "near_duplicate", None)]
    assert "line 10" in report.problems[0].message


def test_finding_compares_with_few_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0

    def counted(one: Sketch, other: Sketch) -> float:
        nonlocal compared
        compared += 1
        return 0.0

    index = NearIndex()
    for line in range(1, 2000):
        index.add(line, Sketch((1, 2, 3, 4, 100 + line), 0))
    monkeypatch.setattr(near_duplicates, "similarity", counted)
    assert index.find(Sketch((1, 2, 3, 4), 0)) is None
    assert 0 < compared <= 32


def test_an_index_stops_taking_in_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    index = NearIndex()
    monkeypatch.setattr(near_duplicates, "ROW_LIMIT", 2)
    for line in (1, 2, 3):
        index.add(line, Sketch((line,), 0))
    assert index.full
    assert index.find(Sketch((2,), 0)) is not None
    assert index.find(Sketch((3,), 0)) is None
