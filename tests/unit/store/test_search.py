"""Text search: the same answer whether the search tables are empty, half filled or full."""

from __future__ import annotations

from random import Random

import pytest

from rft_tui.model import Answer, Grade
from rft_tui.store.database import Store
from rft_tui.store.items_listing import ItemListing
from rft_tui.store.search import SEARCH_TABLES, catch_up, predictions_holding
from tests.unit.store.building import dataset, give, grader, item, predict, run_key
from tests.unit.store.worlds import holds

PIECES = (
    "septic",
    " arthritis",
    "100%",
    "a_b",
    "axb",
    "Größe",
    "GRÖSSE",
    "漢字かな",
    '"',
    "'",
    "\\",
    "😀👩‍🚀",
    "ab",
    "é",
    "\n",
    "*",
    "-",
)
NEEDLES = [
    *PIECES, "s", "%", "_", "%%%", "___", "a_", "größe", "rö", "漢字", "漢", "😀", "😀👩", "tic arth", "SEPTIC",
    '"\'"', "OR", "NEAR", "sep* ", "\\%", "\\\\\\", "0%a", "nothing here", "   ", "\n\n",
]  # fmt: skip


def search(store: Store, field: str | None, needle: str) -> list[int]:
    condition, values = predictions_holding(field, needle, 1)
    with store.read() as db:
        rows = db.execute(f"SELECT id FROM prediction WHERE id IN ({condition}) ORDER BY id", values)
        return [row[0] for row in rows]


def test_answers_are_complete_at_any_moment(store: Store) -> None:
    chance = Random(7)
    rows = [["".join(chance.choices(PIECES, k=chance.randrange(6))) for _ in range(5)] for _ in range(20)]
    with store.write() as db:
        mine = dataset(db, "mine", [item(f"{row[0]} {number}", row[1] or None) for number, row in enumerate(rows)]).id
        predict(db, run_key(mine), [Answer(row[2], row[3] or None) for row in rows])
        give(db, grader(db), {number: Grade(0.5, steps=(row[4],)) for number, row in enumerate(rows, 1) if row[4]})
    expected: dict[tuple[str | None, str], list[int]] = {}
    for needle in NEEDLES:
        parts = [
            [number for number, row in enumerate(rows, 1) if holds(texts_of(row, number)[part], needle)]
            for part in range(5)
        ]
        order = ("question", "reference", "prediction", "summary", "steps")
        for part, field in enumerate(order):
            expected[field, needle] = parts[part]
        expected[None, needle] = sorted({one for found in parts for one in found})
    assert sum(map(len, expected.values())) > 300
    steps = 0
    while True:
        for (name, needle), found in expected.items():
            assert search(store, name, needle) == found, (steps, name, needle)
        with store.write() as db:
            if not catch_up(db, 5):
                break
        steps += 1
    assert steps >= len(SEARCH_TABLES)


def texts_of(row: list[str], number: int) -> tuple[str | None, ...]:
    return f"{row[0]} {number - 1}", row[1] or None, row[2], row[3] or None, row[4] or None


def test_rows_that_come_later_are_found_before_and_after(store: Store) -> None:
    with store.write() as db:
        predict(db, run_key(dataset(db, "one", [item("first thing")]).id), ["x"])
        while catch_up(db):
            pass
        predict(db, run_key(dataset(db, "two", [item("second thing")]).id), ["x"])
    assert search(store, "question", "thing") == [1, 2]
    with store.write() as db:
        assert catch_up(db) == 1
    assert search(store, "question", "thing") == [1, 2]


def test_catching_up_goes_in_small_steps_to_the_end(store: Store) -> None:
    with store.write() as db:
        predict(db, run_key(dataset(db, "mine", [item(f"Q{number}") for number in range(7)]).id), ["x"] * 7)
        done = []
        while count := catch_up(db, 3):
            done.append(count)
        assert done == [3, 3, 1] * 3
    assert store.integrity() == []


def test_steps_of_another_grader_do_not_count(store: Store) -> None:
    with store.write() as db:
        predict(db, run_key(dataset(db, "mine", [item("Q")]).id), ["x"])
        first, second = grader(db), grader(db, "second")
        give(db, second, {1: Grade(1.0, steps=("compared",))})
    assert search(store, "steps", "compared") == []
    condition, values = predictions_holding("steps", "compared", second.id)
    with store.read() as db:
        assert db.execute(f"SELECT count(*) FROM prediction WHERE id IN ({condition})", values).fetchone()[0] == 1
        nothing, none = predictions_holding("steps", "compared", None)
        assert db.execute(f"SELECT count(*) FROM prediction WHERE id IN ({nothing})", none).fetchone()[0] == 0
    assert first.id == 1


@pytest.mark.parametrize("indexed", [False, True])
def test_items_of_a_dataset(store: Store, indexed: bool) -> None:
    questions = ["septic 100%", "100", "Größe", "nothing"]
    with store.write() as db:
        other = dataset(db, "other", [item("septic elsewhere")])
        mine = dataset(db, "mine", [item(text, "ref" if number else "septic") for number, text in enumerate(questions)])
        predict(db, run_key(mine.id), ["x", "y"])
        predict(db, run_key(mine.id, run_index=2), ["x"])
        while indexed and catch_up(db):
            pass
    for needle, lines in (
        ("", [1, 2, 3, 4]),
        ("septic", [1]),
        ("100%", [1]),
        ("re", [2, 3, 4]),
        ("ö", [3]),
        ("zzz", []),
    ):
        listing = ItemListing(store, mine.id, needle)
        rows = listing.page(0, 10)
        assert [row.line for row in rows] == lines
        assert listing.count == len(lines)
        assert [row.line for first in range(4) for row in listing.page(first, 1)] == lines
        listing.close()
    listing = ItemListing(store, mine.id)
    assert [(row.question, row.predictions) for row in listing.page(0, 3)] == [
        ("septic 100%", 2),
        ("100", 1),
        ("Größe", 0),
    ]
    listing.close()
    for dataset_id, needle in ((other.id, "caf\udce9"), (77, ""), (77, "septic")):
        empty = ItemListing(store, dataset_id, needle)
        assert (empty.count, empty.page(0, 5)) == (0, [])
        empty.close()
