"""The home screen: what stands there first, what moves, what opens and closes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functional.driver import NARROW, SIZES, WIDE, running


async def test_first_picture_wide(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.on("Review").counts(149).cursor_on(0)
        await app.see_in("header", "sample · train · qwen-coder-0.5b ×3 · phrase_and_exact@", "≥ 0.50 default")
        await app.see_in("header", "/mistakes", "off ", "partial ", "form ", "full ", "149 of 240", "mean 0.60 ± 0.03")
        await app.see_in("list", "score", "prediction", "0.00  ·", "thigh bone")
        await app.see_in("item", "1/149", "reference", "prediction", "✗ fails at 0.50", "reasoning", "verdict –")
        await app.see_in("footer", "a right", "x wrong", "w grader", "b label", "m both ok", "0 skip", "? all keys")
        await app.is_sound()


async def test_first_picture_narrow(demo: Path) -> None:
    async with running(demo, NARROW) as app:
        await app.on("Review").counts(149).cursor_on(0)
        await app.see("train · qwen-coder-0.5b ×3 · phrase_and_exact ≥ 0.50", "149 of 240 · 0.60 ± 0.03")
        await app.see_in("item", "1/149  0.00 ·", "runs", "reference", "prediction", "verdict –")
        await app.see_in("footer", "a right", "? all keys").is_sound()
        assert app.part("list") == []


@pytest.mark.parametrize("size", SIZES)
async def test_moving(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("j", "j", "down").cursor_on(3).see("4/149")
        await app.press("k", "up").cursor_on(1).see("2/149")
        await app.press("G").cursor_on(148).see("149/149").press("j").cursor_on(148)
        await app.press("g").cursor_on(0).press("k").cursor_on(0)
        await app.press("end").cursor_on(148).press("home").cursor_on(0)


async def test_pages_move_the_list_or_scroll_the_item(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        page = app.table.rows_shown - 1
        await app.press("pagedown").cursor_on(page).press("ctrl+d").cursor_on(2 * page)
        await app.press("pageup", "ctrl+u").cursor_on(0)
        await app.press("l", "j", "pagedown").cursor_on(0)
        await app.press("h", "j").cursor_on(1)
        await app.press("tab", "j").cursor_on(1).press("tab", "j").cursor_on(2)


async def test_next_and_previous_mistake(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("M").counts(240).press("G").see("score       1.00 ✓ passes")
        await app.press("n").see_in("footer", "no further mistake without a verdict").cursor_on(239)
        await app.press("N").cursor_on(148).press("N").cursor_on(147)
        await app.press("x").cursor_on(148).press("k", "k", "n").cursor_on(148)


async def test_the_same_item_in_other_runs(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("j", "j", "j", "j").see_in("item", "runs", "run 1")
        first = next(line for line in app.part("item") if "reference" in line)
        await app.press("]").see_in("item", first.strip(), "run 2").press("]").see_in("item", first.strip(), "run 3")
        await app.press("]").see_in("item", "run 1").press("[").see_in("item", "run 3", first.strip())


async def test_fold_and_raw(demo: Path) -> None:
    async with running(demo) as app:
        question = app.part("item")[2].strip()
        await app.press("v").see_in("item", '"role": "user"').see_in("footer", "raw text")
        await app.press("v").not_see('"role": "user"').see_in("item", question)
        await app.press("f").see_in("item", question.split()[0]).press("f").see_in("item", question)


async def test_a_click_moves_and_opens(demo: Path) -> None:
    async with running(demo, NARROW) as app:
        await app.press("h").see_in("list", "score")
        await app.pilot.click(app.table, offset=(5, 4))
        await app.cursor_on(3)
        await app.pilot.click(app.table, offset=(5, 4))
        await app.see_in("item", "4/149")


async def test_quit_leaves(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("q").until(lambda: not app.app.is_running, "still running")
        assert app.app.return_code == 0


@pytest.mark.parametrize("size", SIZES)
async def test_copy_says_what_was_done(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("y").see_in("footer", "characters to the terminal's clipboard")
        await app.press("1", "y").see_in("footer", "open a dataset first")
