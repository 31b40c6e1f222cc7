"""A narrow screen shows one pane at a time; the width may change at any moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functional.driver import NARROW, WIDE, running


async def test_the_list_folds_and_opens(demo: Path) -> None:
    async with running(demo, NARROW) as app:
        assert app.part("list") == []
        for leave in ("l", "enter", "esc", "tab", "right"):
            await app.press("h").see_in("list", "score", "prediction").is_sound()
            assert app.part("item") == []
            await app.press("j", leave).see_in("item", "reference", "prediction")
            assert app.part("list") == []
        await app.cursor_on(5).see("6/149").press("tab").see_in("list", "score")


async def test_verdicts_from_the_open_list(demo: Path) -> None:
    async with running(demo, NARROW) as app:
        await app.press("h", "a", "x").cursor_on(2).see_in("list", "a  ", "x  ").press("u").cursor_on(1)
        await app.press("l").see_in("item", "2/149").stores("SELECT verdict FROM review", "right")


async def test_pages_scroll_a_long_item(hostile: Path) -> None:
    async with running(hostile, NARROW) as app:
        await app.press("/", "ctrl+u").type("long-unbroken").press("enter").see_in("item", "q1", "↓")
        await app.press("ctrl+d").see_in("item", "↑").press("ctrl+u").not_see_in("item", "↑")


async def test_resizing_keeps_the_place(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.press("G").cursor_on(148).see_in("list", "score").resize(NARROW).see_in("item", "149/149").is_sound()
        await app.resize(WIDE).see_in("list", "score").see_in("item", "149/149").cursor_on(148).is_sound()
        assert app.table.top + app.table.rows_shown >= 149
        await app.resize((200, 60)).is_sound().resize(NARROW).press("h").see_in("list", "score").resize(WIDE)
        await app.see_in("item", "149/149").see_in("list", "score").is_sound()


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (20, 5), (40, 10), (99, 24), (300, 100)])
async def test_any_size(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, WIDE) as app:
        await app.resize(size).is_sound()
        for keys in ("j", "t", "esc", "?", "esc", "/", "esc", "1", "enter", "2", "4", "enter", "esc", "3", "h", "l"):
            await app.press(keys).is_sound()
        await app.resize(NARROW).press("a").stores("SELECT count(*) FROM review", 1).on("Review")


@pytest.mark.parametrize("key", ["1", "2"])
async def test_other_screens_on_a_narrow_screen(demo: Path, key: str) -> None:
    async with running(demo, NARROW) as app:
        await app.press(key).see_in("list", "dataset").is_sound()
        assert app.part("item") == []
        await app.press("l").see_in("item", "dataset").is_sound()
        assert app.part("list") == []
        await app.press("h").see_in("list", "dataset").resize(WIDE).see_in("item", "dataset").is_sound()
