"""Graders: what goes wrong while a text is tried is said first, and no text of a person is lost or called otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rft_tui.graders.examples import example_spec
from rft_tui.store.drafts import load_draft, save_draft
from rft_tui.workspace import open_workspace
from tests.functional.driver import NARROW, SIZES, WIDE, Driver, running
from tests.functional.test_grader_completion import screen
from tests.functional.test_graders import NAME, SOURCE, add, python_spec

FAILING = SOURCE.replace("return 0.5 if reference in answer else 0.0", "return 1 / 0")
CHILDREN: dict[str, Any] = {
    "type": "multi", "name": "both", "calculate_output": "words / none",
    "graders": {"words": {"type": "python", "name": "words", "source": SOURCE},
                "none": {**example_spec("string_check"), "name": "none", "input": "a", "reference": "b"}},
}  # fmt: skip


def opened(app: Driver) -> Driver:
    return app.press("4").on("Graders").press("G").see("lint").until(lambda: bool(screen(app).fresh), "not tried")


def write_elsewhere(folder: Path, text: str) -> None:
    """Keep an unsaved text, as another window does."""
    workspace = open_workspace(folder)
    try:
        with workspace.store.write() as db:
            save_draft(db, NAME, None, text)
    finally:
        workspace.store.close()


def kept(folder: Path, name: str = NAME) -> str:
    workspace = open_workspace(folder)
    try:
        with workspace.store.read() as db:
            draft = load_draft(db, name)
        return draft.text if draft else ""
    finally:
        workspace.store.close()


@pytest.mark.parametrize("size", SIZES)
async def test_errors_of_a_run_are_said_first_and_gone_to(demo: Path, size: tuple[int, int]) -> None:
    add(demo, python_spec(FAILING), NAME)
    async with running(demo, size) as app:
        await opened(app).press("f3").see("✗ line 7: ZeroDivisionError: division by zero · ", " of 100")
        await (
            app.see("✗  7     return 1 / 0")
            .see("line 7: ZeroDivisionError")
            .not_see("python_grader_runtime")
            .is_sound()
        )
        assert screen(app).problems[0].message.startswith("line 7: ZeroDivisionError")
        assert screen(app).editor.buffer.cursor == (6, 0)
        await app.see_in("header", f"lint {len(screen(app).problems)}")


async def test_errors_of_a_formula_stand_at_the_formula(demo: Path) -> None:
    add(demo, CHILDREN, "both")
    async with running(demo) as app:
        await opened(app).see("division by zero", "100 of 100").press("f6", "f3").see("[formula]")


async def test_a_failing_child_is_gone_to(demo: Path) -> None:
    children = {**CHILDREN["graders"], "words": {"type": "python", "name": "words", "source": FAILING}}
    add(demo, {**CHILDREN, "calculate_output": "words + none", "graders": children}, "both")
    async with running(demo) as app:
        await opened(app).see("line 7: words: ZeroDivisionError").press("f3").see("[words · source]", "✗  7 ")


async def test_the_newest_mistake_is_what_one_sees(demo: Path) -> None:
    add(demo, {**example_spec("score_model"), "name": "judged"}, "judged")
    async with running(demo) as app:
        await app.press("4").on("Graders").press("G").see("✓ nothing to complain about").see_in("header", "lint 0")
        await app.press("enter", "ctrl+end").type("{{item.first}}").see("item.first is not a")
        await app.type("{{item.second}}").see("✗ system: column", "item.second is not a")
        await app.see_in("header", "lint 2")


async def test_a_long_problem_is_shown_whole(demo: Path) -> None:
    name = "a name of a field that is rather long and that nothing here has " * 3
    reference = f"{{{{item.{name.strip().replace(' ', '_')}}}}}"
    add(demo, {**example_spec("string_check"), "name": "it", "reference": reference}, "it")
    async with running(demo, NARROW) as app:
        await app.press("4").on("Graders").press("G").see_in("header", "lint 1").press("enter").see("reference")
        await app.press("f3").see("1 of 1", "is not a field", "of the items").is_sound()


@pytest.mark.parametrize("size", SIZES)
async def test_the_pane_of_the_keys_is_marked_by_its_title(demo: Path, size: tuple[int, int]) -> None:
    add(demo, CHILDREN, "both")
    async with running(demo, size) as app:
        await app.press("4").on("Graders").press("G").see("▸graders").not_see("▸versions", "▸probe:", "▸[")
        await app.press("tab").see("▸versions").not_see("▸graders", "▸probe:", "▸[")
        await app.press("tab").see("▸[formula]").not_see("▸graders", "▸versions", "▸probe:")
        await app.press("tab").see("▸probe:").not_see("▸graders", "▸versions", "▸[")


async def test_parts_stand_grader_by_grader(demo: Path) -> None:
    add(demo, CHILDREN, "both")
    async with running(demo, WIDE) as app:
        await app.press("4").on("Graders").press("G").see("[formula] fields  words · source  words · fields")
        assert [tab.title for tab in screen(app).work.tabs] == [
            "formula",
            "fields",
            "words · source",
            "words · fields",
            "none",
        ]


async def test_enter_stands_on_the_form_before_it_opens_a_field(demo: Path) -> None:
    add(demo, {**example_spec("string_check"), "name": "it"}, "it")
    add(demo, {**example_spec("string_check"), "name": "it", "reference": "b"}, "it")
    async with running(demo) as app:
        await opened(app).press("enter").see("▸[fields]", "▸ name").until(lambda: not screen(app).is_asking, "it asks")
        await app.press("enter").until(lambda: screen(app).is_asking, "it does not ask").press("esc")
        await app.press("h").press("tab", "j", "enter").see_in("header", "unsaved").see_in("footer", "the text of v1")
        await app.until(lambda: not screen(app).is_asking, "it asks")


async def test_ctrl_s_in_a_field_keeps_it_and_saves(demo: Path) -> None:
    add(demo, {**example_spec("string_check"), "name": "it"}, "it")
    async with running(demo) as app:
        await opened(app).press("enter", "j", "G", "k", "enter", "ctrl+u").type("gout").press("ctrl+s")
        await app.see("note on @").press("enter").see_in("footer", "saved it v2 @")
        await app.stores("SELECT count(*) FROM grader WHERE name = 'it' AND text LIKE '%gout%'", 1)


async def test_a_text_from_another_window_is_said_and_none_is_lost(demo: Path) -> None:
    add(demo, python_spec(), NAME)
    other = json.dumps(python_spec(f"# elsewhere\n{SOURCE}"))
    async with running(demo) as app:
        await opened(app).press("enter").type("# mine").press("enter", "esc").see_in("header", "unsaved")
        mine = kept(demo)
        assert "# mine" in mine
        await app.do(lambda: write_elsewhere(demo, other)).press("r").see_in("footer", "changed elsewhere")
        await app.see("# elsewhere").press("f7").see("# mine")
        assert kept(demo) == mine
        await app.do(lambda: write_elsewhere(demo, json.dumps(python_spec(f"# third\n{SOURCE}"))))
        await app.press("enter", "ctrl+end").type("# more").see_in("footer", "changed elsewhere").see("# third")
        assert "# third" in kept(demo)
        await app.press("f7").see("# mine", "# more").press("f8").see("# third").press("esc")


async def test_a_text_that_is_left_beside_another_is_kept_under_a_name_of_its_own(demo: Path) -> None:
    add(demo, python_spec(), NAME)
    other = json.dumps(python_spec(f"# elsewhere\n{SOURCE}"))
    async with running(demo) as app:
        await opened(app).press("enter").type("# m")
        await app.do(lambda: write_elsewhere(demo, other)).do(
            lambda: screen(app).editor.edit(screen(app).editor.buffer.put("Q"))
        )
        screen(app).stop_work()
    texts = kept(demo) + kept(demo, f"{NAME} 2")
    assert "# elsewhere" in texts
    assert "# m" in texts


async def test_a_grader_has_one_name_or_says_which(demo: Path) -> None:
    add(demo, python_spec(), NAME)
    async with running(demo) as app:
        await opened(app).press("R").press("ctrl+u").type("other").press("enter").see_in("footer", "its JSON keeps")
        await app.see(f"the JSON's name is {NAME}; this", "grader is called other").press("f3").see("▸ name")
        await app.press("enter", "ctrl+u").type("third").press("ctrl+s").see("note on @").press("enter")
        await app.see_in("footer", "saved other v2", "the JSON's name is third")
        await app.press("n").type("copy of other").press("enter").see("name of the new").press("ctrl+u")
        await app.type("fourth").press("enter").see_in("header", "fourth (new)")
        assert json.loads(kept(demo, "fourth"))["name"] == "fourth"


@pytest.mark.parametrize("size", SIZES)
async def test_files_of_the_folder_are_listed_and_taken_up(empty: Path, size: tuple[int, int]) -> None:
    (empty / "graders").mkdir(exist_ok=True)
    (empty / "graders" / "words.json").write_text(json.dumps({"type": "python", "name": "words", "source": SOURCE}))
    (empty / "graders" / "bad.json").write_text("{")
    async with running(empty, size) as app:
        await app.press("4").on("Graders").see("words", "bad", "file").see_in("header", "file)").is_sound()
        await app.press("G").see_in("header", "words (file)")
        await app.press("x").see_in("footer", "it is a file in graders/")
        await app.press("enter").see("def grade").type("# a").see_in("header", "unsaved").press("ctrl+s")
        await app.see("note on @").press("enter").see_in("footer", "saved words v1")
        await app.stores("SELECT name FROM grader", "words")


@pytest.mark.parametrize("size", SIZES)
async def test_an_empty_workspace_says_how_to_begin(empty: Path, size: tuple[int, int]) -> None:
    for path in (empty / "graders").glob("*.json"):
        path.unlink()
    async with running(empty, size) as app:
        await app.press("4").on("Graders").see("No graders yet").not_see("last mistakes", "raw JSON]", "old   new")
        await app.press("l").see("A grader gives every answer a score").is_sound()
