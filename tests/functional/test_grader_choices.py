"""Which graders are offered: a stored one and its own file stand once; hints name the keys that a person has."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from rft_tui.settings import KEYMAP_FILE, config_folder
from rft_tui.tui.screens.pick import PickScreen
from tests.functional.driver import Driver, running

KEYS = {
    "runs.new": "f1", "runs.import": "f9", "runs.grade": "f10", "runs.retry": "f11", "prompts.new": "f12",
    "review.mark": "M", "form.suggest": "K", "form.fetch": "F", "form.prompts": "O", "graders.new": "W",
    "graders.against": "A", "graders.consequences": "Q", "review.mistakes": "f6",
}  # fmt: skip


def offered(app: Driver) -> list[str]:
    screen = app.app.screen
    assert isinstance(screen, PickScreen)
    return [f"{choice.text} {choice.beside}" for choice in screen._choices]


async def test_a_stored_grader_and_its_file_stand_once(demo: Path) -> None:
    folder = demo / "graders"
    exact = json.loads((folder / "string_check_eq.json").read_text())
    (folder / "other.json").write_text(json.dumps({**exact, "name": "other"}))
    (folder / "bad.json").write_text("{")
    os.mkfifo(folder / "pipe.json")
    async with running(demo) as app:
        await app.press("2").press("G").see("grade with")
        choices = offered(app)
        assert sum("string_check_eq.json" in one for one in choices) == 1
        assert any(one.startswith("exact@") and one.endswith("string_check · string_check_eq.json") for one in choices)
        assert {"other.json file in graders/", "bad.json file in graders/"} <= set(choices)
        assert not any("pipe" in one for one in choices)
        await app.type("string_check_eq.json").press("enter").see_in("footer", "exact: 0 graded, 240 were there")
        await app.press("G").see("grade with").type("other.json").press("enter").see_in("footer", "other: 240 graded")
        await app.press("G").see("grade with")
        assert any(one.startswith("other@") and one.endswith("other.json") for one in offered(app))
        await app.press("esc").press("4").on("Graders").press("n").see("new grader from")
        assert not any("string_check_eq.json" in one or "other.json" in one for one in offered(app))


@pytest.fixture
def other_keys() -> None:
    """Another key for whatever is named in a hint."""
    path = config_folder() / KEYMAP_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f'"{name}" = "{key}"\n' for name, key in KEYS.items()))


@pytest.mark.usefixtures("other_keys")
async def test_empty_lists_name_the_keys_there_are(empty: Path) -> None:
    async with running(empty) as app:
        await app.on("Review").see("f1 in Runs asks a model").press("2").see("f1 asks a model", "f9 (or rft-tui import")
        await app.press("T").see("f1 in Runs asks models for predictions; f10 there grades").press("esc")
        await app.press("1").press("P").see("f12 makes one; any text file").press("esc")
        await app.press("4").see("W makes one").press("2").press("f1").see("type one, or press K")
        await app.press("j", "j", "j").see("(M marks)").press("j", "j", "j", "j").press("j")
        await app.see("K shows", "F asks").press("j", "j", "j").see("O makes")


@pytest.mark.usefixtures("other_keys")
async def test_hints_on_graders_name_the_keys_there_are(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("4").on("Graders").press("Q").see_in("footer", "no version before", "A chooses another")
        await app.press("A").see("compare with").press("esc")
