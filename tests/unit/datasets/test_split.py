"""Splitting, sampling and normalising."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.datasets.normalise import Step, normalise_row
from rft_tui.datasets.rows import RawRow
from rft_tui.datasets.split import NO_TEST_PART, FieldFilter, sample_rows, split_rows
from rft_tui.errors import UsageError
from tests.unit.datasets.samples import items, shared


@dataclass(frozen=True)
class Row:
    input_id: str
    row_id: str
    fields: dict[str, Any] = field(default_factory=dict)


def rows_of(inputs: list[int]) -> list[Row]:
    return [Row(f"input{number}", f"row{number}.{place}") for place, number in enumerate(inputs)]


INPUTS = st.lists(st.integers(0, 12), max_size=30)
SIZES = st.dictionaries(st.sampled_from(["train", "validation", "test"]), st.integers(1, 12), min_size=1)


@given(INPUTS, SIZES, st.integers(0, 5))
def test_parts_are_disjoint_by_input_and_within_their_size(inputs: list[int], sizes: dict[str, int], seed: int) -> None:
    rows = rows_of(inputs)
    parts = split_rows(rows, sizes, seed=seed).parts
    homes: dict[str, set[str]] = {}
    for name, places in parts.items():
        assert len(places) <= sizes[name]
        assert places == sorted(set(places))
        for place in places:
            homes.setdefault(rows[place].input_id, set()).add(name)
    assert all(len(names) == 1 for names in homes.values())


@given(st.integers(1, 40), SIZES, st.integers(0, 5))
def test_different_rows_fill_every_part_or_are_used_up(count: int, sizes: dict[str, int], seed: int) -> None:
    split = split_rows(rows_of(list(range(count))), sizes, seed=seed)
    assert sum(len(part) for part in split.parts.values()) == min(count, sum(sizes.values()))
    short = [name for name, size in sizes.items() if len(split.parts[name]) < size]
    assert [note.split(":")[0] for note in split.notes if note != NO_TEST_PART] == short


@given(INPUTS, SIZES, st.randoms(use_true_random=False))
def test_a_split_does_not_depend_on_the_order_of_rows(inputs: list[int], sizes: dict[str, int], random: Any) -> None:
    rows = rows_of(inputs)
    other = list(rows)
    random.shuffle(other)
    first, second = split_rows(rows, sizes).parts, split_rows(other, sizes).parts
    assert {n: {rows[p].row_id for p in part} for n, part in first.items()} == {
        n: {other[p].row_id for p in part} for n, part in second.items()
    }


def test_the_draw_of_a_seed_stays_the_same_for_good() -> None:
    rows = rows_of(list(range(10)))
    assert split_rows(rows, {"train": 3, "test": 2}, seed=42).parts == {"train": [0, 3, 5], "test": [7, 8]}
    assert split_rows(rows, {"train": 3, "test": 2}, seed=43).parts != {"train": [0, 3, 5], "test": [7, 8]}


def test_a_split_without_a_test_part_is_warned_of() -> None:
    rows = rows_of(list(range(10)))
    assert NO_TEST_PART in split_rows(rows, {"train": 3, "Validation": 2}).notes
    assert split_rows(rows, {"train": 3, "validation": 2, "test": 1}).notes == ()
    assert split_rows(rows, {"train": 3}).notes == ()


@pytest.mark.parametrize("sizes", [{}, {"train": 0}])
def test_sizes_must_make_sense(sizes: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        split_rows([], sizes)


def test_only_rows_that_pass_the_filter_are_drawn() -> None:
    fields: list[dict[str, Any]] = [{"t": "geo"}, {"t": "art"}, {"t": ["geo"]}, {}, {"t": None}, {"t": 5}]
    rows = [Row(str(n), str(n), value) for n, value in enumerate(fields)]
    assert split_rows(rows, {"train": 9}, where=FieldFilter.parse("t~geo")).parts == {"train": [0, 2]}
    assert sample_rows(rows, 9, where=FieldFilter.parse("t[0]~^g")) == [2]
    assert sample_rows(rows, 9, where=FieldFilter.parse("t~^5$")) == [5]


@pytest.mark.parametrize("text", ["topic", "~x", "topic~("])
def test_a_bad_filter_is_wrong_use(text: str) -> None:
    with pytest.raises(UsageError):
        FieldFilter.parse(text)


@given(INPUTS, st.integers(1, 20), st.integers(0, 3))
def test_a_larger_sample_keeps_the_smaller_one(inputs: list[int], count: int, seed: int) -> None:
    rows = rows_of(inputs)
    small, large = sample_rows(rows, count, seed=seed), sample_rows(rows, count + 3, seed=seed)
    assert set(small) <= set(large)
    assert len(small) == min(count, len(rows))


def test_a_sample_takes_each_row_once() -> None:
    assert len(sample_rows([Row("a", "a"), Row("a", "a"), Row("b", "b")], 3)) == 2
    with pytest.raises(UsageError):
        sample_rows([], 0)


def test_real_rows_split_into_three() -> None:
    rows = items(shared("sample/questions_train.jsonl"))
    split = split_rows(
        rows, {"train": 50, "validation": 20, "test": 20}, where=FieldFilter.parse("difficulty~easy|medium|hard")
    )
    assert [len(part) for part in split.parts.values()] == [50, 20, 10]


def row(value: dict[str, Any]) -> RawRow:
    return RawRow(1, json.dumps(value).encode(), value)


def test_steps_change_texts_and_keep_the_order_of_keys() -> None:
    before = row({"b": " Ünder  THE\tHill ", "a": "Keep", "c": ["X", 1]})
    steps = [Step("lowercase", "b"), Step("collapse_blanks", "b"), Step("lowercase", "c"), Step("nfc", "missing")]
    after = normalise_row(before, steps)
    assert after.raw == '{"b": "ünder the hill", "a": "Keep", "c": ["x", 1]}'.encode()
    assert before.value["b"] == " Ünder  THE\tHill "
    assert normalise_row(row({"b": "e\u0301 "}), [Step("nfc", "b"), Step("strip", "b")]).value == {"b": "é"}


def test_a_row_that_no_step_changes_keeps_its_bytes() -> None:
    before = RawRow(3, b'{ "a":"caf\\u00e9" }', {"a": "café"})
    assert normalise_row(before, [Step("lowercase", "a"), Step("strip", "a")]) is before


def test_the_notebook_lowercases_references(tmp_path: Path) -> None:
    after = normalise_row(row({"Ground-True Answer": "Paris"}), [Step("lowercase", "Ground-True Answer")])
    assert after.value == {"Ground-True Answer": "paris"}
