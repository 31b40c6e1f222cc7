"""Graders that come from elsewhere: pasted, from a file; and the spelling that they came with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rft_tui.tui.screens.graders.making as making
import rft_tui.tui.screens.graders.paste as pasting
from rft_tui.graders.examples import example_spec
from tests.functional.driver import NARROW, SIZES, Driver, running
from tests.functional.test_grader_completion import add, screen

ODD = '{ "type" : "string_check","name":"od\\u0064",\t"operation":"eq",\n"input":"a","reference":"b","x":1e0 }'
TEXTS = "SELECT text FROM grader WHERE name = 'odd'"


def pasting_place(app: Driver) -> Driver:
    return app.press("4").on("Graders").press("n").see("new grader from").type("paste").press("enter")


@pytest.mark.parametrize("size", SIZES)
async def test_json_that_is_pasted_becomes_a_grader_as_it_is_spelt(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await pasting_place(app).see("new grader from JSON", "ctrl+s").is_sound().paste(ODD).see('"operation"')
        await app.is_sound().press("ctrl+s").see("name of the new grader", "odd").press("enter")
        await app.see_in("header", "unsaved · odd (new)").press("ctrl+s").see("note on").press("enter")
        await app.see_in("footer", "saved odd v1").stores(TEXTS, ODD)


async def test_what_is_no_grader_is_said_with_its_place(demo: Path) -> None:
    async with running(demo) as app:
        await pasting_place(app).type('{"type"').press("ctrl+s").see("✗ line 1, column 8: a colon is missing")
        await (
            app.type(":1").not_see("✗").press("ctrl+s").see("✗").press("esc").not_see("new grader from JSON").counts(5)
        )
        await app.is_sound()


async def test_a_paste_of_a_megabyte_is_taken_and_one_that_is_too_large_is_not(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = json.dumps({**example_spec("python"), "x_notes": "é日x" * 350_000}, ensure_ascii=False)
    monkeypatch.setattr(making, "MAX_FILE_BYTES", 2_000_000)
    monkeypatch.setattr(pasting, "MAX_FILE_BYTES", 2_000_000)
    async with running(demo, NARROW) as app:
        await pasting_place(app).paste("x" * 2_000_001).see("2,000,001 characters were pasted", "at most 2,000,000")
        await app.is_sound().paste(large).see("é日x").is_sound().press("ctrl+s").see("name of the new grader")
        await app.press("ctrl+u").type("large").press("enter").see("def grade", "typing").is_sound()
        await app.paste("y" * 2_000_001).see_in("footer", "2,000,001 characters were pasted")
        assert screen(app).work.text == large


async def test_a_grader_that_is_pasted_beside_the_raw_json_takes_its_place(demo: Path) -> None:
    add(demo, example_spec("python"))
    async with running(demo) as app:
        await app.press("4").on("Graders").press("G").see("def grade").press("f2", "enter").see("raw JSON", "typing")
        before = screen(app).work.text
        await app.paste(ODD).see_in("footer", "what was pasted is the grader now").see('"operation":"eq"')
        assert screen(app).work.text == ODD
        await app.press("f7").see("def grade")
        assert screen(app).work.text == before
        await app.press("ctrl+end").paste(ODD).see('"operation":"eq"').press("f7").see("def grade")
        await app.press("ctrl+home", "right").paste(ODD).see("✗")
        assert screen(app).work.buffer.text == "{" + ODD + before[1:]


@pytest.mark.parametrize("beginning", ["", "\ufeff"])
async def test_a_file_keeps_every_byte(demo: Path, beginning: str) -> None:
    data = (beginning + ODD.replace("\n", "\r\n")).encode()
    (demo / "graders" / "odd.json").write_bytes(data)
    async with running(demo) as app:
        await app.press("4").on("Graders").press("n").type("odd.json").press("enter").see("name of the new grader")
        await app.press("enter").see_in("header", "odd (new)").press("f2", "f6", "ctrl+s").see("note on").press("enter")
        await app.see_in("footer", "saved odd v1").stores(TEXTS, data.decode())
        (demo / "graders" / "odd.json").unlink()
        await app.press("w").see_in("footer", "written: graders/odd.json")
    assert (demo / "graders" / "odd.json").read_bytes() == data


async def test_one_edit_in_the_raw_json_leaves_all_other_line_ends(demo: Path) -> None:
    text = json.dumps({**example_spec("string_check"), "reference": "r"}, indent=2).replace("\n", "\r\n")
    (demo / "graders" / "odd.json").write_bytes(text.encode())
    async with running(demo) as app:
        await app.press("4").on("Graders").press("n").type("odd.json").press("enter").press("ctrl+u").type("odd")
        await app.press("enter").see_in("header", "odd (new)").press("f2", "enter", "down", "end").press("enter")
        await app.type('"y": 2,').press("esc").see("lint 2", "the JSON's name is exact")
        assert screen(app).work.text == text.replace('string_check",\r\n', 'string_check",\r\n  "y": 2,\r\n')


async def test_a_version_that_is_spelt_in_another_way_keeps_the_new_spelling(demo: Path) -> None:
    add(demo, example_spec("string_check") | {"reference": "r"})
    async with running(demo) as app:
        await app.press("4").on("Graders").press("G", "f2", "enter").see("typing").type("  ").press("ctrl+s")
        await app.see_in("footer", "is this very grader; its new spelling is kept").press("ctrl+s")
        await app.see_in("footer", "nothing new was saved")
        text = screen(app).work.text
        assert text.startswith("  {")
        await app.stores("SELECT text FROM grader WHERE name = 'judged'", text).stores("SELECT count(*) FROM draft", 0)


async def test_worked_out_graders_are_offered_too(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("4").on("Graders").press("n").type("model-levels").see("short expert answers").press("enter")
        await app.see("name of the new grader", "model_levels").press("enter").see("[system]", "You mark the short")
