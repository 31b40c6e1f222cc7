"""The probe set on screen: what is held against what, what is old, how it was drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.functional.driver import NARROW, SIZES, WIDE, Driver, running
from tests.functional.test_graders import NAME, SOURCE, add, opened, python_spec, words

__all__ = ["words"]

OTHER = "always one"


def drawn(app: Driver) -> Driver:
    """In a random sample, with the grader of words."""
    app.press("4").on("Graders").press("G", "l", "l", "l").see("▸probe:").press("p").see("100 at most", "by question")
    return app.type("random").press("enter").see("probe: 100 of 713 random", "mean .")


def typed(app: Driver, source: str) -> Driver:
    """The source of the grader replaced, and paused."""

    def type_it() -> None:
        screen: Any = app.app.screen
        screen.work.replace_shown(source)
        screen.paused()

    return app.do(type_it)


@pytest.mark.parametrize("size", SIZES)
async def test_behind_a_save_the_version_before_is_held_against(words: Path, size: tuple[int, int]) -> None:
    async with running(words, size) as app:
        await typed(drawn(app), SOURCE.replace("return 1.0", "return 0.75")).see("v1 → now", "−.25")
        await app.press("ctrl+s").see("note on @").press("enter").see_in("footer", f"saved {NAME} v2")
        await app.see("v1 → v2", "−.25", "v1    v2").is_sound()
        await (
            typed(app, SOURCE.replace("return 1.0", "return 0.75 "))
            .see("v2 → now", "old   new")
            .not_see("−.25")
            .is_sound()
        )


async def test_old_scores_are_of_the_version_that_was_chosen(words: Path) -> None:
    add(words, python_spec("def grade(sample, item):\n    return 1.0\n"), OTHER)
    async with running(words) as app:
        await app.press("4").on("Graders").press("G", "k").see_in("header", f"{NAME} v1").see("mean .")
        await app.press("p").type("random").press("enter").see("random", "v1 → now").press("D").type(OTHER)
        await app.press("enter").see_in("header", f"against {OTHER}@").see(f"{OTHER}@", "→ v1", "mean 1.00 → .", "▼")
        await app.press("D").see("compare with").type("before").press("enter").see("v1 → now", "flips ▲0 ▼0")


@pytest.mark.parametrize("size", SIZES)
async def test_scores_that_a_slow_text_has_not_reached_are_marked(words: Path, size: tuple[int, int]) -> None:
    async with running(words, size) as app:
        await typed(drawn(app), f"{SOURCE}\n    # slow").see("mean .")
        await typed(app, SOURCE.replace("answer = sample", "while True: pass\n    answer = sample"))
        await app.see("~", "grading … 0 of").is_sound()
        await typed(app, SOURCE).not_see("~", "grading …").see("mean .")


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_what_is_left_out_is_said(words: Path, size: tuple[int, int]) -> None:
    async with running(words, size) as app:
        await drawn(app).see("100 of 713: by question, runs together", "learnable share")
        await app.see("pass ≥ .50 (ours)").not_see("! learnable").is_sound()
        heading = next(line for line in app.lines if "Δ  v  prediction" in line)
        assert ("reference" in heading) is (size == NARROW)


async def test_nothing_is_said_of_learning_where_the_choice_makes_it_so(words: Path) -> None:
    add(words, python_spec(SOURCE.replace("0.5 if", "0.0 if")), NAME)
    async with running(words) as app:
        await opened(app).see("last mistakes", "mean .00").not_see("learnable", "no signal")
