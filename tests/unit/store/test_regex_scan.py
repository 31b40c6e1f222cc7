"""A pattern that takes for ever is ended: at once when nobody wants it, and by itself after its time."""

from __future__ import annotations

import threading

import pytest

from rft_tui.store import regex_scan
from rft_tui.store.database import Store
from rft_tui.store.filters import Selection
from rft_tui.store.listing import Listing, ListingRequest
from rft_tui.store.query import parse_query
from rft_tui.store.regex_scan import ScanEnded, matching_predictions
from tests.unit.store.building import ME, dataset, item, predict, run_key

CATASTROPHIC = "(a+)+$"
ALL = "SELECT id AS prediction FROM prediction"


@pytest.fixture
def filled(store: Store) -> Store:
    with store.write() as db:
        mine = dataset(db, "mine", [item("Q1?"), item("Q2?", None)]).id
        predict(db, run_key(mine), ["a" * 60 + "!", "fine"])
    return store


def test_a_scan_that_takes_for_ever_is_ended_at_once(filled: Store) -> None:
    request = ListingRequest(Selection(None, None, ME), parse_query(f"re:{CATASTROPHIC}"))
    listing, running, ended = Listing(filled, request), threading.Event(), threading.Event()

    def run() -> None:
        running.set()
        try:
            listing.run()
        except ScanEnded:
            ended.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert running.wait(10)
    listing.interrupt()
    thread.join(10)
    assert not thread.is_alive()
    assert ended.is_set()


def test_a_running_child_is_ended(filled: Store) -> None:
    asked: list[int] = []

    def wanted() -> bool:
        asked.append(1)
        return len(asked) < 3

    with pytest.raises(ScanEnded):
        matching_predictions(filled.path, ALL, [], None, [(CATASTROPHIC, False)], wanted)
    assert len(asked) == 3


def test_a_scan_ends_by_itself(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regex_scan, "TIME_LIMIT_S", 0.2)
    with pytest.raises(TimeoutError, match=r"longer than 0\.2 s"):
        Listing(filled, ListingRequest(Selection(None, None, ME), parse_query(f"re:{CATASTROPHIC}"))).run()


def test_a_child_does_not_outlive_a_failure_beside_it(filled: Store) -> None:
    def wanted() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        matching_predictions(filled.path, ALL, [], None, [(CATASTROPHIC, False)], wanted)


def test_what_is_found(filled: Store) -> None:
    for patterns, expected in (
        ([("a", False)], [1]),
        ([("yes", False)], [1]),
        ([("Q", False), ("yes", True)], [2]),
        ([("", False)], [1, 2]),
        ([("", True)], []),
    ):
        assert list(matching_predictions(filled.path, ALL, [], None, patterns, lambda: True)) == expected
