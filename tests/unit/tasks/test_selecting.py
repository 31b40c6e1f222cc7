"""The items of a dataset that a person chose."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft_tui.store.database import Store
from rft_tui.store.datasets import get_dataset
from rft_tui.store.review import marked_items, toggle_mark
from rft_tui.store.search import catch_up
from rft_tui.tasks.predicting.requests import ItemChoice
from rft_tui.tasks.predicting.selecting import choose_items
from tests.unit.store.building import predict, predictions, run_key
from tests.unit.tasks.desk import add_items


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[dict[int, Store]]:
    """Stores of so many items."""
    made = {count: Store(tmp_path / f"{count}" / "cache.db") for count in (1, 2, 17, 40)}
    for count, one in made.items():
        add_items(one, count=count)
    yield made
    for one in made.values():
        one.close()


def chosen(store: Store, choice: ItemChoice) -> list[int] | None:
    with store.read() as db:
        return choose_items(db, get_dataset(db, "mine"), choice)


def test_all_of_them(store: Store) -> None:
    add_items(store)
    assert chosen(store, ItemChoice()) is None


def test_conditions_are_joined(store: Store) -> None:
    add_items(store, count=12)
    assert chosen(store, ItemChoice(where=("topic~^odd$",))) == [2, 4, 6, 8, 10, 12]
    assert chosen(store, ItemChoice(where=("topic~^odd$", "n~[13]"))) == [2, 4, 12]
    assert chosen(store, ItemChoice(contains="Q1")) == [2, 11, 12]
    assert chosen(store, ItemChoice(where=("topic~even",), contains="Q1")) == [11]
    assert chosen(store, ItemChoice(contains="Q1", limit=2)) == [2, 11]
    with store.write() as db:
        while catch_up(db):
            pass
    assert chosen(store, ItemChoice(contains="Q1")) == [2, 11, 12], "the same by the index"
    assert len(chosen(store, ItemChoice(contains="YES")) or ()) == 12, "the reference counts too"


def test_marked_ones(store: Store) -> None:
    mine = add_items(store, count=4)
    yours = add_items(store, "yours", count=4)
    with store.write() as db:
        for of, index in ((mine, 1), (mine, 2), (yours, 1)):
            predict(db, run_key(of, run_index=index), {2: "c", 0: "a", 1: "b"})
        numbers = predictions(db)
        for number in (numbers[2], numbers[0], numbers[5], numbers[7]):
            toggle_mark(db, number)
        assert marked_items(db, mine) == [1, 3]
        assert marked_items(db, yours) == [6]
    assert chosen(store, ItemChoice(marked=True)) == [1, 3]
    assert chosen(store, ItemChoice(marked=True, contains="Q2")) == [3]


@given(st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_sample_is_the_same_for_the_same_seed(stores: dict[int, Store], data: st.DataObject) -> None:
    count = data.draw(st.sampled_from(sorted(stores)))
    sample, limit = (data.draw(st.none() | st.integers(1, 50)) for _ in range(2))
    where = ("topic~odd",) if count > 1 and data.draw(st.booleans()) else ()
    choice = ItemChoice(where, sample=sample, seed=data.draw(st.integers(0, 99)), limit=limit)
    pool = list(range(2, count + 1, 2)) if where else list(range(1, count + 1))
    found = chosen(stores[count], choice)
    if choice.is_all:
        assert found is None
        return
    assert found is not None
    assert found == chosen(stores[count], choice) == sorted(found)
    assert set(found) <= set(pool)
    assert len(found) == min(len(pool), sample or 99, limit or 99)


def test_seeds_differ(store: Store) -> None:
    add_items(store, count=40)
    samples = {tuple(chosen(store, ItemChoice(sample=5, seed=seed)) or ()) for seed in range(10)}
    assert len(samples) > 5
