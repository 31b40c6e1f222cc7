"""Keys that come in one moment, as over a slow link: each does what it would do alone, in its turn."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.screen import ModalScreen

from rft_tui.tui import key_order
from tests.functional.driver import SIZES, WIDE, running
from tests.functional.jobs_made import put_job

CLEAR = "ctrl+u"


@pytest.mark.parametrize("size", SIZES)
async def test_keys_behind_a_filter_go_to_the_list(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.burst("/", CLEAR, *"bone", "enter", "j", "j", "a").cursor_on(3)
        await app.see_in("header", "/bone").stores("SELECT verdict FROM review", "right")
        await app.burst("/", "x", "esc", "x").cursor_on(4)
        await app.stores("SELECT verdict FROM review ORDER BY verdict", "right", "wrong")


async def test_keys_behind_a_note_and_a_line_after_it(demo: Path) -> None:
    async with running(demo) as app:
        await app.burst("i", *"so it is", "enter", "a", "i", *"and so on", "enter", "j", "x")
        await app.stores("SELECT note FROM review WHERE note != '' ORDER BY note DESC", "so it is", "and so on")
        await app.stores("SELECT verdict FROM review WHERE verdict IS NOT NULL ORDER BY verdict", "right", "wrong")


async def test_keys_behind_a_list_of_choices(demo: Path) -> None:
    async with running(demo) as app:
        await app.burst("c", *"tag", "enter", "j", "j", "a").cursor_on(3).stores("SELECT verdict FROM review", "right")
        await app.burst("?", *"filter the list", "enter", *"zzzz", "esc", "k").cursor_on(2).on("Review")
        await app.burst("?", "esc", "j", "p", "esc", "j").cursor_on(4)


async def test_keys_behind_a_question(empty: Path) -> None:
    put_job(empty)
    async with running(empty) as app:
        await app.press("6").counts(1)
        await app.burst("p", "n", "n", "c").see("▸New job").burst("esc", "/", *"nothing", "enter", "2").on("Runs")
        await app.press("6").see_in("header", "/nothing").counts(0)


async def test_fields_of_a_form_one_after_the_other(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.press("2").see("×").press("n").see("▸New run")
        form = app.app.screen
        labels = [field.name for field in form.form.fields]  # type: ignore[attr-defined]
        down = "j" * (labels.index("runs") - form.form.cursor)  # type: ignore[attr-defined]
        await app.burst(*down, "enter", CLEAR, "7", "enter", "j", "k", "enter", CLEAR, "8", "enter")
        await app.until(lambda: form.values.get("runs") == "8", "not kept")  # type: ignore[attr-defined]


async def test_letters_and_leaving_an_editor(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.press("4").see("versions").burst("enter", *"abc", "esc", "6").on("Jobs").press("4").see("unsaved")


async def test_pasted_behind_the_key_that_opens_the_line(demo: Path) -> None:
    async with running(demo) as app:
        await app.burst("/", CLEAR, paste="medicine").press("enter").see_in("header", "/medicine")


async def test_typing_goes_on_where_a_terminal_only_says_that_it_lost_the_focus(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("/", CLEAR).type("medi").do(lambda: app.app.post_message(events.AppBlur()))
        await app.until(lambda: app.app.focused is None, "still focused")
        await app.type("cine").press("enter").see_in("header", "/medicine")


async def test_a_field_that_lost_the_focus_gets_it_back_with_what_was_typed(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_order, "PATIENCE_S", 0.05)
    async with running(demo) as app:
        await app.press("/", CLEAR).type("medi").do(lambda: app.app.screen.set_focus(None))
        await app.burst(*"cine", "enter").see_in("header", "/medicine")


async def test_keys_and_clicks_where_no_field_comes_are_not_kept_for_ever_and_keep_their_order(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_order, "PATIENCE_S", 0.05)
    heard: list[str] = []

    class Over(ModalScreen[None]):
        def on_key(self, event: events.Key) -> None:
            heard.append(event.key)
            if event.key == "escape":
                self.dismiss()

        def on_mouse_down(self) -> None:
            heard.append("mouse")

    def press_mouse() -> None:
        app.app.post_message(events.MouseDown(None, 5, 5, 0, 0, 1, False, False, False))

    async with running(demo) as app:
        await app.do(lambda: app.app.push_screen(Over())).burst("a").do(press_mouse).burst("esc")
        await app.until(lambda: heard == ["a", "mouse", "escape"], f"{heard}").press("j").cursor_on(1)
