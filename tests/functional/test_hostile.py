"""Texts that try to break a screen are shown, never obeyed, and never break the layout."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.geometry import Size

from tests.functional.driver import NARROW, SIZES, WIDE, running


@pytest.mark.parametrize(("texts", "size"), [("hostile", NARROW), ("hostile", WIDE), ("disputed", NARROW)])
async def test_review(texts: str, size: tuple[int, int], request: pytest.FixtureRequest) -> None:
    async with running(request.getfixturevalue(texts), size) as app:
        await app.press("/", "ctrl+u", "enter").until(lambda: app.table.count > 5, "no rows").is_sound()
        for position in range(app.table.count):
            await app.cursor_on(position).is_sound().press("v").is_sound().press("v", "f").is_sound()
            await app.press("f", "l", "pagedown").is_sound().press("h", "j")


@pytest.mark.parametrize(("texts", "size"), [("hostile", NARROW), ("hostile", WIDE), ("disputed", NARROW)])
async def test_fields_to_type_into(texts: str, size: tuple[int, int], request: pytest.FixtureRequest) -> None:
    async with running(request.getfixturevalue(texts), size) as app:
        await app.press("/", "ctrl+u", "enter").until(lambda: app.table.count > 5, "no rows")
        for _ in range(app.table.count // 3):
            await app.press("o").is_sound().press("end").is_sound().press("esc")
            await app.press("z").is_sound().press("esc", "j", "j", "j")
        for key in ("R", "p", "D", "c", "?", ":"):
            await app.press(key).is_sound().press("esc")
        await app.press("i").paste("\x1b[31m\u202e日本\x00 [b]").is_sound().press("enter").is_sound()
        await app.press("t", "+").paste("[red]\x1b[2J\u200b日本").is_sound().press("enter").is_sound()


@pytest.mark.parametrize(("texts", "size"), [("hostile", NARROW), ("hostile", WIDE), ("disputed", NARROW)])
async def test_data(texts: str, size: tuple[int, int], request: pytest.FixtureRequest) -> None:
    async with running(request.getfixturevalue(texts), size) as app:
        await (
            app.press("1").on("Data").is_sound().press("c").see_in("footer", "errors").is_sound().press("l").is_sound()
        )
        await app.press("h", "x").is_sound().press("esc", "w").is_sound().press("esc", "enter").is_sound()
        for position in range(app.table.count):
            await app.cursor_on(position).press("l").is_sound().press("pagedown", "v").is_sound().press("v", "h", "j")
        await app.press("p").is_sound().press("down", "enter").see_in("header", "with prompt").press("l").is_sound()


@pytest.mark.parametrize("size", SIZES)
async def test_runs(hostile: Path, size: tuple[int, int]) -> None:
    async with running(hostile, size) as app:
        await app.press("2").on("Runs").until(lambda: app.table.count > 1, "no runs").is_sound()
        for _ in range(app.table.count):
            await app.press("l").is_sound().press("h", "j").is_sound()
        await app.press("G").is_sound().press("esc", "enter").on("Review").is_sound()


async def test_control_characters_are_shown(hostile: Path) -> None:
    async with running(hostile) as app:
        await app.press("/", "ctrl+u").type("prediction:title").press("enter").see_in("item", "␛[31mred␛[0m", "␛[2J")
        await app.press("/", "ctrl+u").type("gnp").press("enter").see_in("item", "‹U+202E›gnp.exe‹U+202C›", "‹U+200B›")
        await (
            app.press("/", "ctrl+u").type("markup").press("enter").see_in("item", "[bold red]markup[/] [link=http://x]")
        )
        await app.press("/", "ctrl+u").type("{{item").press("enter").see_in("item", "{{item.reference_answer}}")


async def test_a_line_of_a_megabyte_is_cut_and_counted(hostile: Path) -> None:
    async with running(hostile) as app:
        await app.press("/", "ctrl+u").type("prediction:aaaaaaaaaaaaaaaaaaaa").press("enter").counts(2)
        await app.see_in("item", "aaaaaaaa").press("l", "G").see_in("item", "verdict").is_sound().press("g")


async def test_what_the_app_writes_is_free_of_model_escapes(hostile: Path) -> None:
    """Whatever size the picture has, its segments hold no control characters."""
    async with running(hostile) as app:
        await app.press("/", "ctrl+u", "enter")
        for _ in range(12):
            strips = app.app.screen._compositor.render_strips(Size(120, 40))
            assert not any("\x1b" in segment.text for strip in strips for segment in strip)
            await app.press("j")
