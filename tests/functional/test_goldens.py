"""A few whole pictures as text files: what a person sees, line by line.

``RFT_TUI_GOLDENS=write pytest tests/functional/test_goldens.py`` writes them anew; look at the difference before it is
kept.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.functional.driver import SIZES, running

GOLDENS = Path(__file__).parent / "goldens"

SCENES: dict[str, tuple[str, ...]] = {
    "review": (),
    "review-tags": ("j", "j", "t"),
    "review-list": ("h", "j"),
    "review-filter": ("/",),
    "help": ("?",),
    "runs": ("2",),
    "new-run": ("2", "n", "j", "j"),
    "data-item": ("1", "enter", "j", "enter"),
    "graders": ("4", "g", "j", "j"),
    "graders-edit": ("4", "g", "j", "j", "n", *"string", "enter", "enter", "f2", "enter"),
}
"""Keys that lead from the first picture to the scene."""

WAIT_FOR = {
    "runs": "mean ± SE",
    "new-run": "not ready",
    "data-item": "difficulty",
    "help": "The prediction is right",
    "graders": "graders",
    "graders-edit": "mean .",
}

_CLOCK = re.compile(r"(\d\d-\d\d )?\d\d:\d\d")
"""When something was made, which is never the same."""


@pytest.fixture(scope="module")
def writes() -> bool:
    return os.environ.get("RFT_TUI_GOLDENS") == "write"


@pytest.mark.parametrize("size", SIZES, ids=["80x24", "120x40"])
@pytest.mark.parametrize("scene", SCENES)
async def test_picture(demo: Path, scene: str, size: tuple[int, int], writes: bool) -> None:
    path = GOLDENS / f"{scene}-{size[0]}x{size[1]}.txt"
    async with running(demo, size) as app:
        await app.press(*SCENES[scene]).see(WAIT_FOR.get(scene, " "))
        if scene == "runs":
            await app.counts(16).until(lambda: "reading" not in app.text, "figures are not there")
        if scene == "graders" and size[0] >= 100:
            await app.see("→ 0 of 100")
        lines = [_CLOCK.sub(lambda found: "·" * len(found[0]), line.rstrip()) for line in app.lines]
        picture = "\n".join(lines) + "\n"
    if writes:
        path.write_text(picture, encoding="utf-8")
    assert picture == path.read_text(encoding="utf-8")


def test_no_golden_without_a_scene() -> None:
    wanted = {f"{scene}-{width}x{height}.txt" for scene in SCENES for width, height in SIZES}
    assert {path.name for path in GOLDENS.iterdir()} == wanted
