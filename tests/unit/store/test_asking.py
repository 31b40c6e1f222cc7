"""Who asks what: one at a time, the dead hold nothing, and no clock can lock anybody out for ever."""

from __future__ import annotations

import time

import pytest

from rft_tui.store.asking import (
    FORGOTTEN_AFTER_S,
    claim,
    release,
    release_all,
    release_dead,
    task_owner,
)  # fmt: skip
from rft_tui.store.database import Store
from rft_tui.store.owners import this_process
from rft_tui.store.tasks import CANCEL, PAUSE, add_task, wish

ME, OTHER = f"{this_process()}|a", f"{this_process()}|b"
DEAD = f"{this_process().split('|')[0]}|4194305|7|task"
ELSEWHERE = "elsewhere/00000000/pid:[1]|5|9|task"


def test_a_key_is_claimed_once(store: Store) -> None:
    with store.write() as db:
        assert claim(db, ["a", "b", "a"], ME) == {"a", "b"}
        assert claim(db, ["a", "c"], OTHER) == {"c"}
        assert claim(db, ["a"], ME) == set(), "not even by its owner"
        release(db, ["a"])
        assert claim(db, ["a"], OTHER) == {"a"}
        release_all(db, OTHER)
        assert claim(db, ["a", "b", "c"], OTHER) == {"a", "c"}


def test_the_dead_hold_nothing(store: Store) -> None:
    with store.write() as db:
        assert claim(db, ["a"], DEAD) == {"a"}
        assert claim(db, ["a"], ME) == {"a"}


@pytest.mark.parametrize(("aged", "free"), [(0, False), (FORGOTTEN_AFTER_S + 1, True), (-FORGOTTEN_AFTER_S - 1, True)])
def test_another_machine_is_believed_for_a_while(
    store: Store, monkeypatch: pytest.MonkeyPatch, aged: float, free: bool
) -> None:
    """Also where a clock jumps, in either direction."""
    with store.write() as db:
        claim(db, ["a"], ELSEWHERE)
        claim(db, ["b"], ME)
        then = time.time() + aged
        monkeypatch.setattr(time, "time", lambda: then)
        assert bool(claim(db, ["a"], ME)) is free
        assert not claim(db, ["b"], OTHER), "who lives here is believed whatever a clock says"


def test_a_dead_process_lets_go_of_all_its_names_and_of_no_others(store: Store) -> None:
    with store.write() as db:
        owners = ["m|1|2", "m|1|2|task", "m|1|2|judge", "m|1|23|task", "m|1|2~", "m|11|2|task"]
        for number, owner in enumerate(owners):
            claim(db, [str(number)], owner)
        release_dead(db, "m|1|2")
        left = [row[0] for row in db.execute("SELECT owner FROM asking ORDER BY key")]
    assert left == owners[3:]


def test_what_a_task_holds_it_holds_until_it_ends(store: Store) -> None:
    with store.write() as db:
        task = add_task(db, "batch", "t", {})
        claim(db, ["a"], task_owner(task))
        assert claim(db, ["a"], ME) == set()
        wish(db, task, PAUSE)
        assert claim(db, ["a"], ME) == set()
        wish(db, task, CANCEL)
        assert claim(db, ["a"], ME) == {"a"}
        assert claim(db, ["b"], task_owner(99)) == {"b"}
        assert claim(db, ["b"], ME) == {"b"}
