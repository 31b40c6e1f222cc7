"""The show of the workbench: graders of all types come in, are looked at, saved and written out as the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rft_tui.graders.examples import EXAMPLE_TYPES, example_spec
from tests.functional.driver import WIDE, running, stored
from tests.functional.test_grader_completion import add
from tests.unit.tui.test_round_trip import FORMS, spelt


@pytest.mark.parametrize("name", EXAMPLE_TYPES)
async def test_every_type_is_loaded_looked_at_saved_and_written_as_the_same_bytes(demo: Path, name: str) -> None:
    data = spelt(name, "windows")
    file = demo / "graders" / "its file.json"
    file.write_bytes(data)
    async with running(demo, WIDE) as app:
        await app.press("4").on("Graders").press("n").type("its file").press("enter").see("name of the new grader")
        await app.press("ctrl+u").type("its file").press("enter").see_in("header", "unsaved · its file")
        await app.press("f6", "f6", "f6", "f2", "f2", "f5").is_sound().press("ctrl+s").see("note on @").press("enter")
        await app.see_in("footer", "saved its file v1").do(file.unlink).press("esc").press("w")
        await app.see_in("footer", "written: graders/its file.json")
    assert file.read_bytes() == data
    assert stored(demo, "SELECT text FROM grader WHERE name = 'its file'") == [data.decode()]


@pytest.mark.parametrize("form", FORMS)
async def test_each_content_form_of_a_message_is_on_the_screen(demo: Path, form: str) -> None:
    content, _sent, shown = FORMS[form]
    add(demo, {**example_spec("score_model"), "input": [{"role": "user", "content": content}]})
    async with running(demo) as app:
        await app.press("4").on("Graders").press("G").see("lint")
        if form in ("a text", "input_text", "output_text"):
            await app.see("▸user", shown)
        else:
            await app.press("f5").see("▸fields", shown[:8]).is_sound()
        await app.press("f2").see("raw JSON", json.dumps(content)[:9] if isinstance(content, str) else '"content"')
