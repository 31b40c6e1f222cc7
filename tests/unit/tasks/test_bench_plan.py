"""What is wished of a bench in one line, and the plan that comes of it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import InputError, UsageError
from rft_tui.graders.bench.rules import DEFAULT_LIMITS
from rft_tui.store.database import Store
from rft_tui.tasks.bench_items import NoItemsError, orderings_path
from rft_tui.tasks.bench_plan import MOST_ITEMS, BenchWish, parse_wish, plan_bench
from rft_tui.tasks.import_data import import_dataset
from tests.unit.interchange.files import row, write_lines

NAMES = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=12)


@given(
    st.builds(
        BenchWish,
        items=st.integers(1, MOST_ITEMS),
        seed=st.integers(-(2**62), 2**62),
        datasets=st.lists(NAMES, max_size=3).map(tuple),
        reference_field=st.none() | NAMES,
        repeat=st.integers(1, 100),
        judge_examples=st.booleans(),
    )
)
def test_a_wish_is_read_back_from_its_text(wish: BenchWish) -> None:
    assert parse_wish(wish.text, DEFAULT_LIMITS) == wish


def test_what_is_not_said_is_as_usual() -> None:
    assert parse_wish("", DEFAULT_LIMITS) == BenchWish()
    assert parse_wish("seed=7", DEFAULT_LIMITS) == BenchWish(seed=7)


@pytest.mark.parametrize(
    "text",
    ["items", "items=", "items=0", "items=1001", "items=x", "seed=1.5", "repeat=0", "size=3", "dataset='a", "=3",
     "items=" + "9" * 5000],
)  # fmt: skip
def test_words_that_say_nothing_are_named(text: str) -> None:
    with pytest.raises(UsageError):
        parse_wish(text, DEFAULT_LIMITS)


@given(st.text(max_size=60))
def test_any_text_is_a_wish_or_an_error_in_words(text: str) -> None:
    wish = BenchWish()
    with suppress(UsageError):
        wish = parse_wish(text, DEFAULT_LIMITS)
    assert 1 <= wish.items <= MOST_ITEMS


def test_the_plan_draws_items_and_reads_orderings(store: Store, tmp_path: Path) -> None:
    rows = [row(f"Q{number}?", f"answer {number}") for number in range(30)]
    import_dataset(store, write_lines(tmp_path / "mine.jsonl", rows))
    path = write_lines(orderings_path(tmp_path, "a b/c"), [{"item": {"x": 1}, "answers": ["a", "b"]}])
    assert path.name == "a_b_c.orderings.jsonl"
    plan = plan_bench(store, {}, BenchWish(items=4, repeat=2), path)
    assert (len(plan.items), len(plan.orderings), plan.repeat, plan.size) == (4, 1, 2, 42)
    assert len(plan.lenders) == 24
    path.write_text("{")
    with pytest.raises(InputError, match="line 1"):
        plan_bench(store, {}, BenchWish(), path)


def test_nothing_to_draw_from_is_an_error_of_its_own(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NoItemsError) as nothing:
        plan_bench(store, {}, BenchWish(), tmp_path / "none")
    assert nothing.value.missing == 0
    import_dataset(store, write_lines(tmp_path / "mine.jsonl", [row("Q?", "a")]))
    with pytest.raises(NoItemsError) as missing:
        plan_bench(store, {}, BenchWish(reference_field="x"), tmp_path / "none")
    assert missing.value.missing == 1
