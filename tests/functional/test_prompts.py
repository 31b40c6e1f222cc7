"""Prompts: made and edited in the app or in the person's editor, kept as versions, compared."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.functional.driver import SIZES, running


def editor(folder: Path, appended: str) -> str:
    """A program that appends a text to the file it is given."""
    path = folder / "editor.sh"
    path.write_text(f"#!/bin/sh\nprintf '%s' '{appended}' >> \"$1\"\n")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return str(path)


@pytest.mark.parametrize("size", SIZES)
async def test_a_prompt_is_made(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("1", "P").see("▸Prompts", "simple @").is_sound()
        await app.press("n").type("short").press("enter").see("▸prompt short", "ctrl+s save").is_sound()
        await app.type("Answer in one word").press("enter").type("quickly?").see("not saved", "quickly?")
        await app.press("ctrl+s").see_in("footer", "saved short, version").not_see("not saved")
        assert (demo / "prompts" / "short.txt").read_text() == "Answer in one word\nquickly?\n"
        await app.press("esc").see("▸Prompts", "short @").press("esc").on("Data")


async def test_letters_and_keys_that_come_at_once_are_typed(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("1", "P").counts(1).type("ozq1?").see("▸prompt simple", "zq1?").see("not saved")


@pytest.mark.parametrize("name", ["../up", "simple", "", ".hidden", "a/b"])
async def test_names_that_cannot_be(demo: Path, name: str) -> None:
    async with running(demo) as app:
        await app.press("1", "P", "n").type(name).press("enter").see_in("footer", "✗").see("▸Prompts")


@pytest.mark.parametrize("size", SIZES)
async def test_every_text_is_kept_as_a_version_and_compared(demo: Path, size: tuple[int, int]) -> None:
    path = demo / "prompts" / "simple.txt"
    before = path.read_text().strip()
    async with running(demo, size) as app:
        await app.press("1", "P").counts(1).press("d").see_in("footer", "no other version")
        await app.press("enter").see("▸prompt simple").type("Be brief. ").press("ctrl+s", "esc").counts(2)
        assert path.read_text().startswith("Be brief. ")
        await app.press("d").see("@@", "+Be brief.", "-" + before[:20]).see_in("header", "against @").is_sound()
        await app.press("esc" if size[0] < 100 else "d", "j", "space", "k")
        await app.press("d" if size[0] > 100 else "k").see("●" if size[0] > 100 else "simple")
        await app.press("j").press("enter").see("▸prompt simple").press("ctrl+s").see_in("footer", "saved simple")
        assert path.read_text().strip() == before


async def test_leaving_asks_where_something_is_new(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("1", "P", "enter").see("▸prompt simple").press("esc").see("▸Prompts")
        await app.press("enter").type("x").see("not saved").press("esc").see_in("footer", "y leaves without saving")
        await app.press("esc").see_in("footer", "nothing was done").see("▸prompt simple", "not saved")
        await app.press("f7").not_see("not saved").press("f8").see("not saved").press("esc", "y").see("▸Prompts")
        assert not (demo / "prompts" / "simple.txt").read_text().startswith("x")


async def test_unsaved_text_survives_a_lost_connection(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("1", "P", "enter").type("Half a thought").see("not saved")
    async with running(demo) as app:
        await (
            app.on("Data")
            .press("P", "enter")
            .see("Half a thought", "not saved")
            .see_in("footer", "not saved last time")
        )
        await app.press("ctrl+s", "esc", "enter").see("Half a thought").not_see("not saved")
        await app.type("x").press("esc", "y").see("▸Prompts").press("enter").see("▸prompt simple").not_see("not saved")


async def test_an_empty_prompt_is_not_saved(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("1", "P", "n").type("nothing").press("enter").type("  ").press("ctrl+s")
        await app.see_in("footer", "an empty prompt is not saved")
        assert not (demo / "prompts" / "nothing.txt").exists()


async def test_the_form_chooses_a_prompt_that_was_made_there(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("2").counts(16).press("n", "P", "n").type("mine").press("enter").type("Think.")
        await app.press("ctrl+s").see_in("footer", "saved mine").press("esc", "esc").see("▸New run", "mine")


async def test_hostile_text_stays_text(hostile: Path) -> None:
    async with running(hostile) as app:
        await app.press("1", "P").see("evil").is_sound().press("enter").see("▸prompt evil").is_sound()
        await app.press("down", "end").is_sound()


def test_text_comes_back_from_another_editor(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rft_tui.tui.editor import edit_text
    from rft_tui.tui.outbox import Outbox
    from rft_tui.tui.prompt_files import difference, save_prompt
    from rft_tui.workspace import open_workspace

    monkeypatch.setenv("VISUAL", editor(tmp_path, "And briefly."))
    workspace = open_workspace(demo)
    box = Outbox(workspace.store)
    try:
        first = save_prompt(workspace, "two", "Think.\n", box.put)
        second = save_prompt(workspace, "two", edit_text("Think.\n", ".txt"), box.put)
    finally:
        workspace.store.close()
    assert difference(first, second) == ["@@ -1 +1,2 @@", " Think.", "+And briefly."]
    assert difference(first, first) == []
