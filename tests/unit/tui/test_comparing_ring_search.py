"""The pause of the search for rings of objects: nested, in several threads, and what it leaves behind."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from rft_tui.tui.comparing import ring_search
from rft_tui.tui.comparing.ring_search import RingSearchPause


@pytest.fixture(autouse=True)
def search_is_on() -> Iterator[None]:
    gc.enable()
    yield
    gc.enable()
    gc.unfreeze()


def test_the_search_goes_on_after_the_last_one_inside() -> None:
    pause = RingSearchPause()
    with pause:
        with pause:
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_ends_the_pause() -> None:
    pause = RingSearchPause()
    with pytest.raises(ValueError, match="this"), pause:
        raise ValueError("this")
    assert gc.isenabled()


def test_a_search_that_was_off_stays_off() -> None:
    gc.disable()
    with RingSearchPause():
        pass
    assert not gc.isenabled()


def test_many_new_objects_are_set_aside_until_they_are_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ring_search, "MANY", 1000)
    gc.unfreeze()
    pause = RingSearchPause()
    with pause:
        kept = [[number] for number in range(5000)]
    assert gc.get_freeze_count() >= len(kept)
    with pause:
        assert gc.get_freeze_count() >= len(kept)
        pause.take_back()
        assert gc.get_freeze_count() == 0
