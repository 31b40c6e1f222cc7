"""The Review list: every term and every order against a plain reading of them, and its pages."""

from __future__ import annotations

import os
import shutil
import sqlite3
from array import array
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rft_tui.errors import StoreError
from rft_tui.model import Answer, Band, Grade, Item, Verdict
from rft_tui.store import listing as listing_module
from rft_tui.store import review_rows
from rft_tui.store.answers import NewPrediction, ensure_answer, put_prediction
from rft_tui.store.database import Store
from rft_tui.store.exported import ExportedPrediction, iter_exported
from rft_tui.store.filters import Selection, Sort
from rft_tui.store.listing import Listing, ListingRequest, ReviewRow
from rft_tui.store.query import FLAGS, TEXT_FIELDS, parse_query
from rft_tui.store.regex_scan import Pattern, ScanEnded, matching_predictions
from rft_tui.store.review_rows import ListedPrediction, iter_listed
from rft_tui.store.verdicts import EventKind, record
from tests.unit.store import worlds
from tests.unit.store.building import ME, dataset, failed, give, grader, item, predict, run_key

NEEDLES = ("sepsis", "s", "%", "_", "a_b", "100%", "größe", "ß", "é", "漢", "漢字", "'", "no", "\\", "k\\s", "1", "😀 ")

TERMS = st.one_of(
    st.sampled_from(list(FLAGS)),
    st.sampled_from(list(Band)).map(lambda band: f"band:{band}"),
    st.sampled_from(list(Verdict)).map(lambda verdict: f"verdict:{verdict}"),
    st.builds(
        "score{}{}".format, st.sampled_from(["<", "<=", ">", ">=", "="]), st.sampled_from(["0.5", "1", "-1", "nan"])
    ),
    st.sampled_from([*(f"tag:{tag}" for tag in worlds.TAGS), "tag:ODD", "tag:od", "tag:%"]),
    st.sampled_from(["run:1", "run:2", "run:x", "run:" + "9" * 30, "model:m", 'model:"n n"', "model:x"]),
    st.sampled_from(["topic:medicine", "topic:law_1", "topic:law%1", "topic:%", "topic:5", 'topic:""', "nothing:x"]),
    st.builds(
        lambda name, needle: f'{name}"{needle}"',
        st.sampled_from(["", *(f"{name}:" for name in TEXT_FIELDS)]),
        st.sampled_from(NEEDLES),
    ),
)
QUERIES = st.lists(st.builds("{}{}".format, st.sampled_from(["", "-"]), TERMS), max_size=3).map(" ".join)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache without a row, to be copied."""
    path = tmp_path_factory.mktemp("empty") / "cache.db"
    Store(path).close()
    return path


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    """Where a copy of the empty cache lies for each example."""
    return tmp_path / "copy.db"


def opened(empty: Path, path: Path) -> Store:
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    shutil.copy(empty, path)
    return Store(path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    worlds.rows(),
    worlds.selections,
    st.lists(st.tuples(QUERIES, st.sampled_from(list(Sort)), st.booleans()), min_size=1, max_size=6),
    st.one_of(st.none(), st.integers(1, 4)),
)
def test_lists_hold_what_their_words_say_in_their_order(
    empty: Path,
    copies: Path,
    given: list[worlds.Row],
    selection: Selection,
    asked: list[tuple[str, Sort, bool]],
    head: int | None,
) -> None:
    store = opened(empty, copies)
    with store.write() as db:
        worlds.fill(db, given)
    oracle = worlds.Oracle(given, selection)
    by_prediction = {row.prediction: row for row in oracle.rows}
    for text, sort, descending in asked:
        query = parse_query(text)
        expected = oracle.listed(query, sort, descending=descending)[:head]
        listing = Listing(store, ListingRequest(selection, query, sort, descending, head)).run()
        rows = listing.page(0, 100)
        assert [row.prediction for row in rows] == expected, text
        assert listing.count == len(expected)
        assert listing.is_complete is (head is None or len(expected) < head)
        for row in rows:
            check_row(row, by_prediction[row.prediction])
        check_places(listing, expected, [by_prediction[one] for one in expected], selection)
        listing.close()
    store.close()


def check_row(row: listing_module.ReviewRow, of: worlds.Row) -> None:
    assert (row.item, row.run, row.run_index, row.model) == (of.item, of.run, of.run_index, of.model)
    assert (row.score, row.verdict, row.tags) == (of.score, of.verdict, tuple(of.tags))
    assert (row.has_note, row.marked) == (bool(of.note), of.marked)
    assert row.delta == (None if of.score is None or of.base is None else of.score - of.base)
    assert (row.error_kind is not None) is (of.answer.error is not None or bool(of.grade and of.grade.error))


def check_places(listing: Listing, expected: list[int], rows: list[worlds.Row], selection: Selection) -> None:
    assert [listing.prediction_at(position) for position in range(-1, len(expected) + 1)] == [None, *expected, None]
    assert [listing.position_of(one) for one in expected] == list(range(len(expected)))
    assert listing.position_of(10**9) is None
    assert [one.prediction for first in range(0, len(expected), 2) for one in listing.page(first, 2)] == expected
    open_mistakes = [
        position
        for position, row in enumerate(rows)
        if selection.grader is not None
        and row.score is not None
        and row.score < selection.rule.high
        and row.verdict is None
    ]
    for position in range(-1, len(expected) + 1):
        assert listing.next_mistake(position, 1) == next((one for one in open_mistakes if one > position), None)
        assert listing.next_mistake(position, -1) == next((one for one in open_mistakes[::-1] if one < position), None)


FEW: list[Answer | str] = ["yes", "no (aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "", failed()]


def questions(count: int) -> list[Item]:
    return [item(f"Q{number}?", f"ref {number}") for number in range(count)]


@pytest.fixture
def few(store: Store) -> Store:
    """Four predictions: 1 yes, 2 no and many a, 3 empty, 4 an error."""
    with store.write() as db:
        predict(db, run_key(dataset(db, "mine", questions(4)).id), FEW)
        give(db, grader(db), {1: 1.0, 2: Grade(0.5, steps=("compared", "found no")), 3: 0.0, 4: None})
    return store


SELECTION = Selection(None, 1, ME)


def listed(store: Store, text: str, selection: Selection = SELECTION) -> list[int]:
    listing = Listing(store, ListingRequest(selection, parse_query(text), Sort.ITEM)).run()
    found = [row.prediction for row in listing.page(0, 100)]
    listing.close()
    return found


class TestRegularExpressions:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("re:^y.s$", [1]),
            ("-re:^y.s$", [2, 3, 4]),
            ("re:^$", [3, 4]),
            ("re:(?i)COMPARED", [2]),
            ("re:Q[02]", [1, 3]),
            ('re:"ref [13]"', [2, 4]),
            ("re:Q[012] re:[yn]o?", [1, 2]),
            ("re:Q[012] -re:[yn]o?", [3]),
            ("-re:Q0 -re:Q1 mistakes", [3]),
            ("re:Q band:off_base", [3]),
            ("re:nothing", []),
            ("re:[[a]a", [2]),
        ],
    )
    def test_texts_are_matched(self, few: Store, text: str, found: list[int]) -> None:
        assert listed(few, text) == found

    def test_without_a_grader(self, few: Store) -> None:
        assert listed(few, "re:found|yes", Selection(None, None, ME)) == [1]

    @pytest.mark.parametrize("name", ["50% off", "what?", "a#b", "Größe", "a&mode=rw", "caf\udce9"])
    def test_in_a_folder_of_any_name(self, tmp_path: Path, name: str) -> None:
        """The address of the cache used to be taken as it stood, and a scan in such a folder found nothing."""
        store = Store(tmp_path / name / "cache.db")
        with store.write() as db:
            predict(db, run_key(dataset(db, "mine", questions(1)).id), ["yes"])
            give(db, grader(db), {1: 1.0})
        assert listed(store, "re:y.s") == [1]
        store.close()

    def test_a_scan_that_fails_is_said(self, few: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(listing_module, "matching_predictions", scan_of_something_else)
        with pytest.raises(StoreError, match="no such table: elsewhere"):
            listed(few, "re:y")


def scan_of_something_else(
    path: Path, _statement: str, _values: list[Any], grader: int, patterns: list[Pattern], wanted: Callable[[], bool]
) -> array[int]:
    return matching_predictions(path, "SELECT prediction FROM elsewhere", [], grader, patterns, wanted)


class TestEnding:
    def test_before_it_began(self, few: Store) -> None:
        listing = Listing(few, ListingRequest(SELECTION, parse_query("")))
        listing.interrupt()
        with pytest.raises(ScanEnded):
            listing.run()
        listing.interrupt()

    def test_a_closed_list_may_be_ended(self, few: Store) -> None:
        listing = Listing(few, ListingRequest(SELECTION, parse_query(""))).run()
        listing.close()
        listing.interrupt()


def test_ties_stand_in_the_order_of_the_predictions(store: Store) -> None:
    with store.write() as db:
        mine = dataset(db, "mine", questions(2)).id
        for index in (1, 2):
            predict(db, run_key(mine, run_index=index), ["a", "b"])
        give(db, grader(db), dict.fromkeys((1, 2, 3, 4), 0.5))
    for descending, expected in ((False, [1, 3, 2, 4]), (True, [2, 4, 1, 3])):
        listing = Listing(store, ListingRequest(SELECTION, parse_query(""), Sort.ITEM, descending)).run()
        assert [row.prediction for row in listing.page(0, 9)] == expected
        listing.close()


def test_a_list_does_not_jump_about_while_it_is_reviewed(few: Store) -> None:
    listing = Listing(few, ListingRequest(SELECTION, parse_query("mistakes -verdict"))).run()
    with few.write() as db:
        record(db, ME, EventKind.VERDICT, Verdict.WRONG, answers=[3])
    assert [(row.prediction, row.verdict) for row in listing.page(0, 9)] == [(3, Verdict.WRONG), (2, None)]
    assert listing.next_mistake(-1, 1) == 1
    listing.close()


def test_a_field_is_found_however_its_row_is_written(store: Store) -> None:
    fields: list[dict[str, Any]] = [
        {"réponse": "Größe"},
        {"réponse": "x"},
        {"n": 5.5},
        {"n": float("nan"), "réponse": "Größe"},
        {"names": ["large", "big"]},
    ]
    rows = [item(f"Q{number}?", None, **one) for number, one in enumerate(fields)]
    rows[0] = replace(rows[0], raw='{"messages": [], "réponse": "Größe"}'.encode())
    with store.write() as db:
        predict(db, run_key(dataset(db, "mine", rows).id), ["a"] * 5)
    everything = Selection(None, None, ME)
    assert listed(store, "réponse:GRÖSSE", everything) == []
    assert listed(store, "réponse:Größe", everything) == [1]
    assert listed(store, "réponse:x", everything) == [2]
    assert listed(store, "n:5", everything) == [3]
    assert listed(store, "names:big", everything) == [5]
    assert listed(store, '"a\udce9":x', everything) == []


def test_a_needle_that_is_no_text(few: Store) -> None:
    assert listed(few, "caf\udce9") == []
    assert listed(few, "caf\udce9:\udce9 tag:\udce9 model:\udce9") == []
    assert listed(few, "-caf\udce9") == [1, 2, 3, 4]


@pytest.mark.parametrize("read", [iter_listed, iter_exported])
def test_rows_that_another_process_takes_away_are_left_out(
    few: Store, monkeypatch: pytest.MonkeyPatch, read: Callable[..., Iterator[ListedPrediction | ExportedPrediction]]
) -> None:
    page = Listing.page
    key = run_key(1)
    with few.write() as db:
        predict(db, run_key(1, run_index=2), FEW)

    def overtaken(listing: Listing, first: int, count: int) -> list[ReviewRow]:
        rows = page(listing, first, count)
        with few.write() as db:
            found = db.execute("SELECT run, item FROM prediction WHERE id = 4").fetchone()
            answer, _text = ensure_answer(db, key.answer_key("f" * 32), Answer("better"))
            put_prediction(db, NewPrediction(found[0], 1, found[1], answer, Answer("better")))
        return rows

    monkeypatch.setattr(Listing, "page", overtaken)
    listing = Listing(few, ListingRequest(SELECTION, parse_query(""), Sort.ITEM)).run()
    with few.read() as db:
        assert [one.row.prediction for one in read(db, listing)] == [1, 2, 3]
    listing.close()


def test_rows_with_their_texts(few: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review_rows, "PAGE", 3)
    with few.write() as db:
        record(db, ME, EventKind.NOTE, "odd", answers=[2])
        record(db, ME, EventKind.REFERENCE, "right", row_id=questions(2)[1].row_id)
    listing = Listing(few, ListingRequest(SELECTION, parse_query(""), Sort.ITEM)).run()
    with few.read() as db:
        found = list(iter_listed(db, listing))
        assert [one.row for one in found] == listing.page(0, 9)
        assert list(iter_listed(db, listing, 2)) == found[:2]
        assert list(iter_listed(db, listing, 0)) == []
    listing.close()
    assert [one.output_text for one in found[:2]] == FEW[:2]
    assert (found[1].note, found[1].correction, found[1].reference) == ("odd", "right", "ref 1")
    assert (found[3].error_message, found[0].error_message, found[0].dataset) == ("no score", None, "mine")


def test_a_store_that_breaks_is_said(few: Store) -> None:
    few.close()
    os.truncate(few.path, 5000)
    for leftover in few.path.parent.glob("*-*"):
        leftover.unlink()
    with pytest.raises(StoreError, match="damaged"):
        listed(few, "mistakes")
    few.path.write_bytes(b"no database any more, only a text " * 99)
    with pytest.raises(StoreError, match="damaged"):
        Listing(few, ListingRequest(SELECTION, parse_query("")))
    with pytest.raises(sqlite3.Error):
        sqlite3.connect(few.path).execute("SELECT * FROM item")
