"""Keys that come in one moment, as over a slow link: each does what it would do alone, in its turn."""

from __future__ import annotations

from pathlib import Path

import pytest

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
