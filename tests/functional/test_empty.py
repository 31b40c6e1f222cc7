"""A workspace with nothing in it says what to do, on every screen and at every size."""

from __future__ import annotations

from pathlib import Path

import pytest

from rft_tui.store.database import Store
from tests.functional.driver import NARROW, SIZES, WIDE, running


@pytest.mark.parametrize("size", SIZES)
async def test_screens_say_what_to_do(empty: Path, size: tuple[int, int]) -> None:
    async with running(empty, size) as app:
        await app.on("Review").see("No predictions yet.", "rft-tui import FILE", "rft-tui demo").is_sound()
        await app.press("1").on("Data").see("No datasets yet.", "rft-tui data import FILE").is_sound()
        await app.press("2").on("Runs").see("No runs yet.", "rft-tui import FILE").is_sound()


@pytest.mark.parametrize(
    ("screen", "size"), [("1", NARROW), ("2", NARROW), ("3", NARROW), ("3", WIDE), ("4", NARROW), ("4", WIDE)]
)
async def test_every_key_is_harmless(empty: Path, size: tuple[int, int], screen: str) -> None:
    from rft_tui.tui.actions import ACTIONS

    async with running(empty, size) as app:
        await app.press(screen)
        for action in ACTIONS:
            if action.id in ("quit", "edit") or action.id.startswith("screen."):
                continue
            for key in action.keys[:1]:
                await app.press(key, "esc", "esc").is_sound()
        await app.stores("SELECT count(*) FROM verdict_log", 0)


async def test_disabled_actions_say_why(empty: Path) -> None:
    async with running(empty) as app:
        for key in "axwbm0tioz][":
            await app.press("j").press(key).see_in("footer", "there is no prediction here")
        await app.press("p").see_in("footer", "nothing is graded yet").press(">").see_in("footer", "no grader")
        await app.press("2", "G").see_in("footer", "there are no runs here")
        await app.press("1", "c").see_in("footer", "there are no datasets here")


@pytest.mark.parametrize("size", SIZES)
async def test_predictions_without_grades_say_what_to_do(demo: Path, size: tuple[int, int]) -> None:
    store = Store(demo / ".rft" / "cache.db")
    with store.write() as db:
        for table in ("grade_detail", "grade"):
            db.execute(f"DELETE FROM {table}")
    store.close()
    async with running(demo, size) as app:
        await app.on("Review").see("Nothing is graded yet", "G in Runs grades them").is_sound()
        await app.press("M").not_see("Nothing is graded yet").is_sound()
