"""Parts of a grader that come and go with a key: messages, parameters, labels, children."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rft_tui.graders.examples import example_spec
from tests.functional.driver import NARROW, SIZES, Driver, running
from tests.functional.test_grader_completion import add, screen


def spec_of(app: Driver) -> Any:
    return json.loads(screen(app).work.text)


def opened(app: Driver) -> Driver:
    """On the last grader, not typing."""
    return app.press("4").on("Graders").press("G").see("lint").until(lambda: bool(screen(app).rows), "no probe set")


@pytest.mark.parametrize("size", SIZES)
async def test_a_message_comes_behind_the_one_that_is_shown_and_goes_again(demo: Path, size: tuple[int, int]) -> None:
    add(demo, {**example_spec("score_model"), "x_own": 1.50})
    async with running(demo, size) as app:
        await opened(app).press("+").see("user message", "behind the one that is shown", "top_p").is_sound()
        await app.type("developer").press("enter").see("▸developer", "typing").see_in("footer", "added: developer")
        await app.type("Be fair.").press("esc")
        assert [one["role"] for one in spec_of(app)["input"]] == ["system", "developer", "user"]
        assert spec_of(app)["input"][1]["content"] == "Be fair."
        await app.press("-").see_in("footer", "took out: developer · f7 takes it back").see("▸user").is_sound()
        assert [one["role"] for one in spec_of(app)["input"]] == ["system", "user"]
        await app.press("f7").see("▸developer", "Be fair.").press(*["f7"] * 4).not_see_in("header", "unsaved")
        assert '"x_own": 1.5' in screen(app).work.text


async def test_a_parameter_says_its_limits_and_holds_to_them(demo: Path) -> None:
    add(demo, {key: value for key, value in example_spec("score_model").items() if key != "sampling_params"})
    async with running(demo) as app:
        await opened(app).press("+").type("temperature").see("a number from 0 to 2").press("enter")
        await app.see("▸ temperature").press("k", "j").see_in("footer", "a number from 0 to 2; empty takes it out")
        await app.press("enter", "ctrl+u").type("7").press("enter").see_in("footer", "must be a number from 0 to 2")
        await app.press("enter", "ctrl+u").type("0.5").press("enter").see("temperature           0.5")
        await app.press("+").type("reasoning").press("enter").see("▸ reasoning_effort").press("enter")
        await app.see("minimal", "xhigh").type("minimal").press("enter").see("minimal")
        assert spec_of(app)["sampling_params"] == {"temperature": 0.5, "reasoning_effort": "minimal"}
        await app.press("-").see_in("footer", "took out: reasoning_effort").not_see("reasoning_effort  ")


async def test_limits_are_checked_in_the_raw_json_too(demo: Path) -> None:
    add(demo, {**example_spec("score_model"), "sampling_params": {"temperature": 3, "seed": 1.5}})
    async with running(demo) as app:
        await opened(app).see("seed is 1.5; it must be a whole number").press("f3").see("▸ seed")


async def test_labels_come_one_by_one(demo: Path) -> None:
    add(demo, example_spec("label_model"))
    async with running(demo) as app:
        await opened(app).press("+").type("one more answer").press("enter").see("label").type("nearly").press("enter")
        await (
            app.see_in("footer", "added: label").press("+").type("passing nearly").press("enter").see("correct, nearly")
        )
        assert spec_of(app)["labels"] == ["correct", "partly", "wrong", "nearly"]
        assert spec_of(app)["passing_labels"] == ["correct", "nearly"]
        await app.press("+").type("one more answer").press("enter").see("label").type("wrong").press("enter")
        await app.see_in("footer", "there is a label 'wrong' already")


@pytest.mark.parametrize("form", ["object", "list"])
async def test_a_child_comes_under_a_name_and_is_taken_out_whole(demo: Path, form: str) -> None:
    spec = example_spec("multi")
    if form == "list":
        spec["graders"] = list(spec["graders"].values())
    add(demo, spec)
    async with running(demo, NARROW) as app:
        await opened(app).press("+").type("grader: python").press("enter").see("name for the formula").type("exact")
        await app.press("enter").see_in("footer", "already").press("+").type("grader: python").press("enter")
        await app.see("name for the formula").type("words").press("enter").see("▸words · source").is_sound()
        await app.press("esc", "l").press("-").see_in("footer", "took out: the grader words · f7 takes it back")
        await (
            app.not_see("words · source").press("f7").see("words · source", "▸words").press("f5", "f5").see("▸words  ")
        )
        await app.see("name                  words").press("-").see("take out").is_sound().type("the grader")
        await app.press("enter").see_in("footer", "took out: the grader words").see("▸exact")
        assert len(spec_of(app)["graders"]) == 2


async def test_what_is_the_grader_itself_stays(demo: Path) -> None:
    add(demo, {"type": "python", "name": "p", "source": "def grade(sample, item):\n    return 1\n"})
    async with running(demo) as app:
        await opened(app).press("-").see_in("footer", "source is what the grader is; it cannot be taken out")
        await app.press("+").see("image tag", "pass threshold").type("threshold").press("enter").see("▸ pass threshold")
        await app.press("-").see_in("footer", "took out: pass threshold").press("-")
        await app.see_in("footer", "pass threshold is not in the grader")
        await app.press("f2").see("raw JSON").press("-").see_in("footer", "choose a part first").press("+")
        await app.type("image").press("enter").see('"image_tag"', "raw JSON").press("f7").not_see('"image_tag"')


async def test_a_grader_that_can_hold_no_more_says_so(demo: Path, hostile: Path) -> None:
    add(demo, {**example_spec("string_check"), "reference": "r"})
    async with running(demo) as app:
        await opened(app).press("+").see_in("footer", "nothing more that this grader can hold")
    add(hostile, {"type": "multi", "name": "\x1b[31m", "graders": {"\x1b[2J日": example_spec("label_model")},
                  "calculate_output": "x"})  # fmt: skip
    async with running(hostile) as app:
        await app.press("4").on("Graders").press("G").see("probe:").press("f6", "+").see("message").is_sound()
        await app.press("enter").is_sound().press("esc").press("-").see("take out").is_sound().press("enter").is_sound()
