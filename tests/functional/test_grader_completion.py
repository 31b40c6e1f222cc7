"""Names in templates and formulas: offered below what is typed, taken with one key, and coloured in forms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rft_tui.graders.examples import example_spec
from rft_tui.graders.spec import score_rule
from rft_tui.store.graders import save_version
from rft_tui.tui.screens.graders.screen import GradersScreen
from rft_tui.workspace import open_workspace
from tests.functional.driver import NARROW, SIZES, WIDE, Driver, running

NAME = "judged"


def add(folder: Path, spec: dict[str, object]) -> None:
    workspace = open_workspace(folder)
    try:
        with workspace.store.write() as db:
            save_version(db, NAME, spec, score_rule(spec), text=json.dumps(spec, indent=2))
    finally:
        workspace.store.close()


def judge(*texts: str) -> dict[str, object]:
    return {**example_spec("score_model"), "input": [{"role": "user", "content": text} for text in texts]}


def screen(app: Driver) -> GradersScreen:
    shown = app.app.screen
    assert isinstance(shown, GradersScreen)
    return shown


def opened(app: Driver) -> Driver:
    """On the last grader, its first part open for typing."""
    return app.press("4").on("Graders").press("G", "enter").see("typing", "probe: 100")


def shown_text(app: Driver) -> str:
    return screen(app).work.buffer.text


@pytest.mark.parametrize("size", SIZES)
async def test_two_braces_offer_the_fields_with_a_value_of_each(demo: Path, size: tuple[int, int]) -> None:
    add(demo, judge("Compare: "))
    async with running(demo, size) as app:
        await opened(app).press("end").type("{{").see("▸item.reference_answer", "sample.output_text", "Compare: {{")
        await app.is_sound().type("top").see("▸item.topic").not_see("item.reference_answer").is_sound()
        await app.press("enter").not_see("▸item.").see("Compare: {{item.topic}}").is_sound()
        await app.type(".").press("f7").see("{{item.topic}}").press("f7").see("Compare: {{top").press("f7")
        assert shown_text(app) == "Compare: "


async def test_names_are_chosen_with_the_arrows_and_the_list_goes_round(demo: Path) -> None:
    add(demo, judge(""))
    async with running(demo) as app:
        await opened(app).type("{{item.").see("▸item.reference_answer").press("down").see("▸item.topic")
        await app.press("up", "up").not_see("▸item.topic").press("down").see("▸item.reference_answer")
        await app.press("down", "tab").see("{{item.topic}}")
        assert shown_text(app) == "{{item.topic}}"
        assert screen(app).work.buffer.cursor == (0, len("{{item.topic}}"))


async def test_esc_closes_the_list_alone_and_it_stays_closed_for_this_name(demo: Path) -> None:
    add(demo, judge(""))
    async with running(demo) as app:
        await opened(app).type("{{i").see("▸item.").press("esc").not_see("▸item.").see("typing")
        await app.type("tem").not_see("▸item.").type("}} {{").see("▸item.").press("left").not_see("▸item.")
        await app.press("esc").not_see("typing")


async def test_what_was_begun_inside_whole_braces_closes_them_once(demo: Path) -> None:
    add(demo, judge("A {{it}} B"))
    async with running(demo) as app:
        await opened(app).press("end").press(*["left"] * 4).type("e").see("▸item.").press("enter")
        await app.until(lambda: shown_text(app) == "A {{item.reference_answer}} B", "not closed once")


async def test_the_list_stands_over_the_cursor_near_the_bottom_and_never_on_its_row(demo: Path) -> None:
    lines = [f"line {number} 日本語の長い文 {'words ' * 12}" for number in range(40)]
    add(demo, judge("\n".join(lines)))
    async with running(demo, NARROW) as app:
        await opened(app).press("ctrl+end").type(" 答え{{").see("答え{{", "▸item.reference_answer").is_sound()
        rows = app.lines
        here = next(number for number, row in enumerate(rows) if "答え{{" in row)
        first = next(number for number, row in enumerate(rows) if "▸item." in row)
        assert first != here
        await app.press("ctrl+home", "end").type("{{").see("▸item.reference_answer").is_sound()
        rows = app.lines
        assert "{{" in rows[next(number for number, row in enumerate(rows) if "▸item." in row) - 1]
        await app.resize(WIDE).is_sound().not_see("▸item.").resize(NARROW).is_sound()


async def test_nothing_is_offered_in_code_and_in_raw_json(demo: Path) -> None:
    add(demo, {**example_spec("python"), "source": "x = 1\n"})
    async with running(demo) as app:
        await opened(app).type("{{item.").not_see("▸item.").press("f2", "ctrl+end").type("{{").not_see("▸item.")


async def test_a_formula_is_offered_the_graders_that_it_combines(demo: Path) -> None:
    add(demo, {**example_spec("multi"), "calculate_output": "0.5 * "})
    async with running(demo) as app:
        await opened(app).press("end").type("p").see("▸phrase", "grader").press("enter").see("0.5 * phrase")
        await app.type(" + x").see("▸exact").press("tab").see("0.5 * phrase + exact").is_sound()


async def test_fields_of_a_form_are_completed_over_their_line_and_coloured(demo: Path) -> None:
    spec = {**example_spec("string_check"), "reference": "{{item.no_such_field}}"}
    add(demo, spec)
    async with running(demo, NARROW) as app:
        await app.press("4").on("Graders").press("G", "l").see("probe: 100", "is not a field")
        form = screen(app).form
        styles = {style for span in (form.line(y, 80)[0] for y in range(5)) for _text, style in span}
        assert {"syntax.template", "state.bad underline"} <= styles
        await app.press("j", "j", "j").see_in("footer", "{{ shows the names").press("enter").press("ctrl+u")
        await app.type("{{ref").see("▸item.reference_answer").is_sound().press("tab").not_see("▸item.reference")
        await app.press("enter").see("reference             {{item.reference_answer}}").not_see("is not a field")
        await app.press("enter").type("{{").see("▸item.").press("down", "up", "esc").not_see("▸item.").press("esc")
        await app.not_see("{{item.reference_answer}}{{").is_sound()


async def test_hostile_fields_are_offered_as_text(hostile: Path) -> None:
    add(hostile, judge("x"))
    async with running(hostile) as app:
        await app.press("4").on("Graders").press("G", "enter").see("typing", "probe:").press("end").type("{{")
        await app.see("▸item.").is_sound().press("down").is_sound().press("enter").is_sound()
        assert shown_text(app) == 'x{{item["k\\u001b[31mey"]}}'
