"""Identity by content: what is one dataset, what is another, and what of a row is kept."""

from __future__ import annotations

import pytest

from rft_tui.errors import UsageError
from rft_tui.model import Item, Problem
from rft_tui.store import datasets
from rft_tui.store.database import Store
from rft_tui.store.datasets import add_dataset, fields_of, get_dataset, get_item, iter_items, list_datasets
from rft_tui.store.inputs import datasets_with, items_with, known_names
from tests.unit.store.building import dataset, item, predict, run_key, tables

ITEMS = [item("Q1?"), item("Q2?", "nö", topic="Ärzte"), item("Q3?", None)]


def test_the_same_dataset_twice_is_one(store: Store) -> None:
    with store.write() as db:
        first = dataset(db, "mine", ITEMS)
        before = tables(db)
        assert dataset(db, "mine", ITEMS) == first
        assert tables(db) == before


@pytest.mark.parametrize(
    "others", [ITEMS[:2], ITEMS[::-1], [*ITEMS, item("Q4?")], [item("Q1?", "no"), *ITEMS[1:]], []], ids=len
)
def test_other_rows_under_the_same_name_change_nothing(store: Store, others: list[Item]) -> None:
    with store.write() as db:
        dataset(db, "mine", ITEMS)
        before = tables(db)
    with pytest.raises(UsageError, match="other rows"), store.write() as db:
        dataset(db, "mine", others)
    with store.read() as db:
        assert tables(db) == before


def test_batches_do_not_show(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [item(f"Q{number}?") for number in range(7)]
    monkeypatch.setattr(datasets, "BATCH", 3)
    with store.write() as db:
        made = dataset(db, "mine", many)
        assert made.rows == 7
        assert [one.question for one in iter_items(db, made.id)] == [one.question for one in many]
        assert [one.position for one in iter_items(db, made.id)] == list(range(7))
        assert dataset(db, "mine", many) == made


def test_an_item_comes_back_with_its_bytes(store: Store) -> None:
    raw = b'{ "topic":"\xc3\x84rzte",  "messages":[{"role":"user","content":"Q?"}], "n": 10000000000000000000001 }'
    given = item("Q?", None, topic="Ärzte", n=10000000000000000000001)
    odd = Item(given.input_id, given.row_id, "Q?", None, given.messages, None, given.fields, raw)
    tools = Item("i", "r", "Q!", "a", '[{"content":[],"role":"user"}]', '[{"type":"function"}]', {"x": None}, b"1,2")
    with store.write() as db:
        made = add_dataset(db, "mine", [(3, odd), (9, tools)], source="/tmp/mine.jsonl", mapping={"prompt": "q"})
        first, second = iter_items(db, made.id)
        assert (first.raw, first.line, first.fields) == (raw, 3, {"topic": "Ärzte", "n": 10000000000000000000001})
        assert first.messages == [{"role": "user", "content": "Q?"}]
        assert (second.raw, second.tools, second.fields) == (b"1,2", [{"type": "function"}], {"x": None})
        assert second.messages == [{"role": "user", "content": []}]
        assert get_item(db, first.id) == first
        assert made.mapping == {"prompt": "q"}


def test_problems_and_order_of_the_list(store: Store) -> None:
    problem = Problem(3, "messages", "empty", "warning", "half \ud83d")
    with store.write() as db:
        add_dataset(db, "b", [(1, ITEMS[0])], problems=[problem])
        dataset(db, "a", ITEMS[1:])
        assert [(one.name, one.rows, one.problems) for one in list_datasets(db)] == [("b", 1, (problem,)), ("a", 2, ())]


def test_a_file_name_that_is_no_text(store: Store) -> None:
    with store.write() as db:
        made = add_dataset(db, "caf\udce9", [(1, ITEMS[0])], source="/tmp/caf\udce9.jsonl")
    assert (made.name, made.source) == ("caf\ufffd", "/tmp/caf\ufffd.jsonl")


def test_what_is_not_there_is_said(store: Store) -> None:
    with store.write() as db:
        with pytest.raises(UsageError, match="no dataset 'x'") as caught:
            get_dataset(db, "x")
        assert "none yet" in caught.value.hint
        dataset(db, "mine", ITEMS)
        with pytest.raises(UsageError, match="'caf") as caught:
            get_dataset(db, "caf\udce9")
        assert "mine" in caught.value.hint
        with pytest.raises(UsageError, match="no item 77"):
            get_item(db, 77)


def test_fields_are_read_from_the_row_where_they_are_its_own() -> None:
    assert fields_of(None, b'{"messages":[],"tools":[],"a":1}') == {"a": 1}
    assert fields_of('{"a":2}', b"ignored") == {"a": 2}


def test_inputs_are_found_by_content(store: Store) -> None:
    twin = item("Q1?", "other")
    with store.write() as db:
        one, two = dataset(db, "one", [*ITEMS, twin]), dataset(db, "two", ITEMS[1:])
        run, _ = predict(db, run_key(one.id), ["yes"])
        assert datasets_with(db, ITEMS[1].input_id) == [one.id, two.id]
        assert datasets_with(db, "nothing") == []
        found = items_with(db, twin.input_id, one.id, run)
        assert [(each.reference, each.taken) for each in found] == [("yes", True), ("other", False)]
        assert known_names(db) == (["one", "two"], ["m"])
