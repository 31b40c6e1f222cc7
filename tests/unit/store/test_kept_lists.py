"""Lists that are kept: an order of their own, exactly these predictions, fast among very many."""

from __future__ import annotations

from random import Random

import pytest

from rft_tui.errors import UsageError
from rft_tui.store import kept_lists as module
from rft_tui.store.database import Store
from rft_tui.store.filters import Selection, Sort, filtered, ordering
from rft_tui.store.kept_lists import put_list, unknown_lists
from rft_tui.store.listing import Listing, ListingRequest
from rft_tui.store.query import parse_query
from tests.unit.store.building import ME, dataset, give, grader, item, predict, run_key

ALL = range(1, 13)


@pytest.fixture
def twelve(store: Store) -> Store:
    """Two runs of six predictions each; the score of a prediction grows with its number; 5 and 11 are errors."""
    with store.write() as db:
        mine = dataset(db, "mine", [item(f"Q{number}?") for number in range(6)])
        for index in (1, 2):
            predict(db, run_key(mine.id, run_index=index), [f"answer {number}" for number in range(6)])
        give(db, grader(db), {one: None if one in (5, 11) else one / 12 for one in ALL})
    return store


def listed(store: Store, query: str, sort: Sort = Sort.LIST, *, graded: bool = True, descending: bool = False,
           runs: tuple[int, ...] | None = None) -> list[int]:  # fmt: skip
    selection = Selection(runs, 1 if graded else None, ME)
    listing = Listing(store, ListingRequest(selection, parse_query(query), sort, descending)).run()
    found = [row.prediction for row in listing.page(0, 100)]
    listing.close()
    return found


def put(store: Store, name: str, *given: int) -> int:
    with store.write() as db:
        return put_list(db, name, given)


def kept(store: Store) -> list[tuple[str, int]]:
    """The lists by name, with their sizes."""
    with store.read() as db:
        return db.execute("SELECT name, count(*) FROM kept_list GROUP BY name ORDER BY name").fetchall()


def test_a_list_keeps_its_order_and_takes_the_place_of_the_one_before(twelve: Store) -> None:
    assert put(twelve, "odd", 9, 3, 7) == 3
    assert put(twelve, "two words", 1) == 1
    assert listed(twelve, "list:odd") == [9, 3, 7]
    assert listed(twelve, "list:odd", descending=True) == [7, 3, 9]
    assert listed(twelve, 'list:"two words"') == [1]
    assert put(twelve, "odd", 2, 12) == 2
    assert listed(twelve, "list:odd") == [2, 12]
    assert kept(twelve) == [("odd", 2), ("two words", 1)]


def test_what_is_twice_or_gone_or_too_much_is_left_out(twelve: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert put(twelve, "some", 4, 99, 4, 2, -1) == 2
    assert listed(twelve, "list:some") == [4, 2]
    with twelve.write() as db:
        db.execute("DELETE FROM grade_detail WHERE prediction = 4")
        db.execute("DELETE FROM grade WHERE prediction = 4")
        db.execute("DELETE FROM prediction WHERE id = 4")
    assert kept(twelve) == [("some", 1)]
    monkeypatch.setattr(module, "LONGEST", 3)
    assert put(twelve, "some", *ALL) == 3
    assert listed(twelve, "list:some") == [1, 2, 3]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("list:a", [11, 1, 8, 5, 2]),
        ("list:a -errors", [1, 8, 2]),
        ("list:a list:b", [8, 2]),
        ("list:a list:a", [11, 1, 8, 5, 2]),
        ("list:a -list:b", [11, 1, 5]),
        ("list:a run:2", [11, 8]),
        ("list:a -list:nothing", [11, 1, 8, 5, 2]),
        ("list:a list:nothing", []),
        ("list:nothing", []),
        ("list:A", []),
        ('list:a "answer 1"', [8, 2]),
        ("list:a re:answer.[01]", [1, 8, 2]),
        ("list:a flips", [1, 8, 2]),
    ],
)
def test_terms_hold_together(twelve: Store, query: str, expected: list[int]) -> None:
    put(twelve, "a", 11, 1, 8, 5, 2)
    put(twelve, "b", 2, 3, 8)
    assert listed(twelve, query) == expected


@pytest.mark.parametrize("graded", [True, False])
def test_what_is_not_in_a_list(twelve: Store, *, graded: bool) -> None:
    put(twelve, "a", 11, 1, 8)
    wanted = [one for one in ALL if one not in (11, 1, 8)]
    assert sorted(listed(twelve, "-list:a", Sort.RANDOM, graded=graded)) == wanted
    assert listed(twelve, "list:a", graded=graded) == [11, 1, 8]
    assert listed(twelve, "list:a", Sort.ITEM, graded=graded, runs=(2,)) == [8, 11]


@pytest.mark.parametrize("seed", range(5))
def test_any_order_comes_back(twelve: Store, seed: int) -> None:
    chance = Random(seed)
    order = chance.sample(list(ALL), chance.randint(0, 12))
    put(twelve, "a", *order)
    assert listed(twelve, "list:a") == order
    assert listed(twelve, "list:a", graded=False, descending=True) == order[::-1]


def test_a_short_list_is_read_by_its_keys_alone(twelve: Store) -> None:
    for query, sort in (("list:a", Sort.LIST), ("list:a mistakes", Sort.SCORE), ("list:a -verdict", Sort.ITEM)):
        selection = Selection((1, 2), 1, ME)
        statement = filtered(selection, parse_query(query))
        sql, values = statement.sql(statement.prediction, *ordering(statement, sort, descending=False))
        with twelve.read() as db:
            plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
        assert plan[0].startswith("SEARCH kept_list USING PRIMARY KEY (name=?)")
        assert plan[1].startswith("SEARCH grade USING PRIMARY KEY (grader=? AND prediction=?)")


def test_a_name_is_one_line_and_never_empty(twelve: Store) -> None:
    put(twelve, ' a "b"\n\x1b[31m\ud800 ', 3)
    [(name, _count)] = kept(twelve)
    assert name.isprintable()
    assert '"' not in name
    assert listed(twelve, f'list:"{name}"') == [3]
    for bad in ("", " \n"):
        with pytest.raises(UsageError, match="needs a name"), twelve.write() as db:
            put_list(db, bad, [1])


def test_a_list_that_is_not_there_is_said(twelve: Store) -> None:
    def said(query: str) -> tuple[str, ...]:
        with twelve.read() as db:
            return unknown_lists(db, parse_query(query))

    assert said("mistakes") == ()
    assert said("list:x -list:x") == ("there is no list 'x'; no list is kept yet",)
    for name in "abcdefghij":
        put(twelve, name, 1)
    assert said("list:a -list:b") == ()
    assert said("list:x list:a -list:y\ud800") == (
        "there is no list 'x'; lists here: a, b, c, d, e, f, g, h",
        "there is no list 'y�'; lists here: a, b, c, d, e, f, g, h",
    )


def test_a_reader_sees_the_list_before_or_the_new_one(twelve: Store) -> None:
    put(twelve, "a", 1, 2, 3)
    seen: list[list[int]] = []

    def slowly() -> list[int]:
        seen.append(_other(twelve))
        return [4, 5]

    with twelve.write() as db:
        put_list(db, "a", (one for one in slowly()))
        seen.append(_other(twelve))
    assert seen == [[1, 2, 3], [1, 2, 3]]
    assert _other(twelve) == [4, 5]
    with pytest.raises(ZeroDivisionError), twelve.write() as db:
        put_list(db, "a", (6 // left for left in (2, 1, 0)))
    assert _other(twelve) == [4, 5]


def _other(store: Store) -> list[int]:
    """What another connection reads."""
    db = store.connect()
    try:
        return [row[0] for row in db.execute("SELECT prediction FROM kept_list WHERE name = 'a' ORDER BY position")]
    finally:
        db.close()
