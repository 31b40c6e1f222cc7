"""What is found again: after a restart, a lost connection, and on coming back from another screen."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rft_tui.settings import CACHE_FILE
from tests.functional.driver import NARROW, SIZES, WIDE, running


@pytest.mark.parametrize("size", SIZES)
async def test_review_is_found_as_it_was_left(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("R").type("val smollm2").press("enter").see("val · smollm2 ×3")
        await app.press("/", "ctrl+u").type("-verdict").press("enter", ">", ">", "S", "j", "j", "j").see("≥ 0.60")
        await app.cursor_on(3).see("↓score")
        shown = app.part("item")
    async with running(demo, size) as app:
        await app.see("val · smollm2 ×3", "/-verdict", "↓score", "≥ 0.60").cursor_on(3)
        assert app.part("item") == shown


async def test_another_width_finds_the_same_place(demo: Path) -> None:
    async with running(demo, NARROW) as app:
        await app.press("j", "j", "f", "v").cursor_on(2)
    async with running(demo, WIDE) as app:
        await app.cursor_on(2).see_in("item", "3/149")


@pytest.mark.parametrize(("key", "word"), [("1", "Data"), ("2", "Runs"), ("3", "Review"), ("4", "Graders")])
async def test_the_screen_is_found_again(demo: Path, key: str, word: str) -> None:
    async with running(demo) as app:
        await app.press(key).on(word)
    async with running(demo) as app:
        await app.on(word).press("3").on("Review").press("a").stores("SELECT verdict FROM review", "right")


async def test_data_is_found_as_it_was_left(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("1").on("Data").press("j", "enter").see("val").press("j", "j").cursor_on(2)
    async with running(demo) as app:
        await app.on("Data").see_in("header", "val").cursor_on(2).press("esc").cursor_on(1)


async def test_runs_cursor_is_found_again(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("2").counts(16).press("j", "j", "j").cursor_on(3)
    async with running(demo) as app:
        await app.on("Runs").counts(16).cursor_on(3)


async def test_screens_keep_their_state(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("j", "j", "l").cursor_on(2).press("1").on("Data").press("enter", "j").cursor_on(1)
        await app.press("2").on("Runs").counts(16).press("j", "j", "j", "j").cursor_on(4)
        await app.press("3").on("Review").cursor_on(2).press("1").on("Data").cursor_on(1).see_in("header", "train")
        await app.press("2").on("Runs").cursor_on(4).press("2").on("Runs").cursor_on(4)


async def test_a_kept_place_that_is_gone(demo: Path) -> None:
    with closing(sqlite3.connect(demo / CACHE_FILE)) as db, db:
        db.execute(
            "INSERT INTO session VALUES ('review', ?), ('screen', ?), ('data', ?), ('runs', ?)",
            [
                '{"prediction": 99999, "runs": [77, 78], "grader": 55, "sort": "no such order", "threshold": 0.75}',
                '"nowhere"',
                '{"dataset": "gone", "cursors": {"gone": 7}}',
                '{"cursor": 5000}',
            ],
        )
    async with running(demo) as app:
        await app.on("Review").see("phrase_and_exact").press("1").on("Data").press("2").on("Runs").is_sound()
        await app.press("3", "a").stores("SELECT verdict FROM review", "right")


async def test_a_session_of_other_shapes(demo: Path) -> None:
    with closing(sqlite3.connect(demo / CACHE_FILE)) as db, db:
        db.execute(
            "INSERT INTO session VALUES ('review', ?), ('data', ?), ('runs', ?)",
            [
                '{"runs": ["x"], "grader": "x", "threshold": "high", "columns": ["zebra"], "query": 7, "sort": null}',
                '{"cursors": {"train": "x"}}',
                '{"cursor": "x"}',
            ],
        )
    async with running(demo) as app:
        await app.on("Review").is_sound().press("1").on("Data").press("enter").press("2").on("Runs").is_sound()
        await app.press("3", "a").stores("SELECT verdict FROM review", "right")
