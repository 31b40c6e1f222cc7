"""Lists to choose from: what fits best comes first, and reasons are whole."""

from __future__ import annotations

import pytest

from rft_tui.tui.screens.pick import Choice, rank, unfolded

TEXTS = ["some inexact words", "not-exact", "word exact", "exact_two", "exact", "e x act"]


def test_a_beginning_goes_before_what_holds_it() -> None:
    ordered = sorted((Choice(text, text) for text in TEXTS), key=lambda choice: rank(choice, "exact"))
    assert [choice.text for choice in ordered] == [
        "exact", "exact_two", "word exact", "some inexact words", "not-exact", "e x act"
    ]  # fmt: skip


@pytest.mark.parametrize("width", [30, 72, 100])
def test_a_reason_without_room_stands_below(width: int) -> None:
    why = "there is no version before this one · D chooses another"
    choices = [Choice("a", "Short", "as is", "x"), Choice("b", "Show what differs from before", why, "D", dim=True)]
    rows = unfolded(choices, width)
    said = " ".join(f"{row.text} {row.beside}" for row in rows if row.value == "b")
    assert " ".join(said.split()) == f"Show what differs from before {why}"
    assert [row.value for row in rows if not row.goes_on] == ["a", "b"]
    assert any(row.goes_on for row in rows) == (width < 100)
