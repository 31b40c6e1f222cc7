"""Choosing runs, graders, baselines and columns; help, palette and themes."""

from __future__ import annotations

from pathlib import Path

import pytest

from rft_tui.tui.theme import theme_names
from tests.functional.driver import NARROW, SIZES, WIDE, running


@pytest.mark.parametrize("size", SIZES)
async def test_runs(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("R").see("whose predictions", "all runs", "4 groups", "val · smollm2").is_sound()
        await app.press("up", "enter").see("2 models · 12 runs").until(lambda: app.table.count > 300, "not all")
        await app.press("R").type("val smollm2").see("val · smollm2").press("enter").see("val · smollm2 ×3")
        await app.press("R", "esc").see("val · smollm2 ×3").not_see("whose predictions")


@pytest.mark.parametrize("size", SIZES)
async def test_graders(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press(">").see("≥ 0.55").press("p").see("scores of", "text_similarity", "python", "multi").is_sound()
        await app.type("string").press("enter").see("≥ 1.00").not_see("phrase_and_exact")
        await app.press("a").stores(
            "SELECT grader.type FROM verdict_log JOIN grader ON grader.version = grader_version", "string_check"
        )


async def test_baseline_shows_what_changed(demo: Path) -> None:
    async with running(demo) as app:
        assert "Δ" not in "".join(app.part("list"))
        await app.press("D").see("Δ against").type("string").press("enter")
        await app.see_in("list", "Δ").see_in("item", "Δ ").is_sound()
        await app.press("s", "s").see_in("footer", "order: delta").is_sound()


async def test_columns(demo: Path) -> None:
    async with running(demo) as app:
        await app.see_in("list", "tags").press("c").see("columns", "shown", "hidden").type("tags").press("enter")
        await app.not_see_in("list", "tags").press("c").type("run").press("enter").see_in("list", "run").is_sound()
    async with running(demo) as app:
        await app.see_in("list", "run").not_see_in("list", "tags")


@pytest.mark.parametrize("size", SIZES)
async def test_help_filters_and_runs(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("?").see("keys", "type to filter", "The prediction is right").is_sound()
        await app.type("grader is wrong").see("The grader is wrong about it").not_see("The prediction is right")
        await app.press("enter").not_see("type to filter").stores("SELECT verdict FROM review", "grader").cursor_on(1)


async def test_help_says_why_something_cannot_run(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("/").type("zzzz").press("enter").counts(0).press("?").see("there is no predict")
        await app.type("correct the reference").press("enter").see_in("footer", "there is no prediction here")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("key", [":", "ctrl+p"])
async def test_palette(demo: Path, size: tuple[int, int], key: str) -> None:
    async with running(demo, size) as app:
        await app.press(key).see("run", "type to filter").is_sound().type("go to runs").press("enter").on("Runs")
        await app.press(key).type("zzzzzz").see("nothing fits what you typed").press("enter").see("nothing fits")
        await app.press("esc").not_see("nothing fits").on("Runs")


async def test_palette_moves_with_arrows(demo: Path) -> None:
    async with running(demo) as app:
        await app.press(":", "down", "down", "pagedown", "pageup", "tab", "up").see("type to filter")
        await app.press("esc").cursor_on(0).stores("SELECT count(*) FROM verdict_log", 0)


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_themes_are_tried_on_and_kept(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        before = app.app.palette.name
        await app.press(":").type("choose a theme").press("enter").see("theme", *theme_names()).is_sound()
        await app.press("down").until(lambda: app.app.palette.name != before, "not tried on").press("esc")
        await app.until(lambda: app.app.palette.name == before, "not put back")
        await app.press(":").type("choose a theme").press("enter").type("light").press("up", "enter").is_sound()
        kept = app.app.palette.name
    async with running(demo, size) as app:
        assert app.app.palette.name == kept


async def test_what_a_screen_cannot_do_is_said(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("1", "v").see_in("footer", "open a dataset first")
        await app.press("j").not_see_in("footer", "open a dataset first")


async def test_keymap_file_moves_keys(demo: Path, surroundings: Path) -> None:
    folder = surroundings / "config" / "rft-tui"
    folder.mkdir(parents=True)
    (folder / "keymap.toml").write_text('"review.right" = ["f1"]\n"review.wrong" = []\n')
    async with running(demo) as app:
        await app.see_in("footer", "f1 right").not_see_in("footer", "wrong").press("a", "x").cursor_on(0)
        await app.press("f1").cursor_on(1).stores("SELECT verdict FROM review", "right")
