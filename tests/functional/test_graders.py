"""Graders: parts are edited, the probe set follows, versions are saved, compared and taken back."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from rft_tui.graders.examples import EXAMPLE_TYPES, example_spec
from rft_tui.graders.spec import score_rule
from rft_tui.store.graders import save_version
from rft_tui.workspace import open_workspace
from tests.functional.driver import NARROW, SIZES, WIDE, Driver, running, stored

DRAFTS = "SELECT name, base_version IS NULL FROM draft"
VERSIONS = "SELECT note FROM grader WHERE name = 'judge of words' AND NOT deleted ORDER BY position"

SOURCE = '''def grade(sample, item):
    """One where the answer is the reference, half where it holds it."""
    answer = sample["output_text"].strip().lower()
    reference = item["reference_answer"].strip().lower()
    if answer == reference:
        return 1.0
    return 0.5 if reference in answer else 0.0
'''

NAME = "judge of words"
FILE = "judge_of_words.json"


def add(folder: Path, spec: dict[str, object], name: str, note: str = "") -> None:
    """Store a version, as ctrl+s does."""
    workspace = open_workspace(folder)
    try:
        with workspace.store.write() as db:
            save_version(db, name, spec, score_rule(spec), note, text=json.dumps(spec, indent=1))
    finally:
        workspace.store.close()


def python_spec(source: str = SOURCE) -> dict[str, object]:
    return {"type": "python", "name": NAME, "source": source, "x_unknown": {"keep": [1, 2.50]}}


@pytest.fixture
def words(demo: Path) -> Path:
    """The demo with a python grader that needs nothing installed, and a session that begins with it."""
    add(demo, python_spec(), NAME)
    return demo


def opened(app: Driver) -> Driver:
    """On Graders, with the grader of words under the cursor and tried on the probe set."""
    return app.press("4").on("Graders").press("G").see("def grade(sample, item):", "mean .")


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_typed_moves_scores(words: Path, size: tuple[int, int]) -> None:
    async with running(words, size) as app:
        await app.press("4").on("Graders").press("G").is_sound()
        await app.press("enter").see("typing", "  1 def grade(sample, item):", "ctrl+s save").is_sound()
        await app.see("v1 → now", "flips ▲0 ▼0")
        await app.press("ctrl+end", "up", "end").press(*["backspace"] * 3).type("1.0")
        await app.see_in("header", f"unsaved · {NAME[: size[0] // 7]}"[:16], "from v1")
        await app.see("▲", "+1.00").not_see("flips ▲0").is_sound()
        assert app.stored(DRAFTS) == [(NAME, 0)]
        await app.press("f7", "f7", "f7", "f7").not_see_in("header", "unsaved").see("flips ▲0 ▼0")
        await app.stores(DRAFTS)


async def test_errors_stand_at_their_line(words: Path) -> None:
    async with running(words) as app:
        await opened(app).press("enter", "down", "down").press("end").type("(").see("✗  2", "lint 2", "source:")
        await app.press("f7").see("lint 1").not_see("✗  2")
        await app.press("ctrl+end").type("1/0 if item else 0").press("home").type("    x = ")
        await app.see("lint 1").press("esc").see_in("header", "unsaved")


async def test_a_version_is_saved_with_a_note(words: Path) -> None:
    async with running(words) as app:
        await opened(app).press("enter").type("# v2").press("enter").see_in("header", "unsaved")
        await app.press("ctrl+s").see("note on @").type("more kind").press("enter")
        await app.see_in("footer", f"saved {NAME} v2 @").see_in("header", f"{NAME} v2").see("v2 ", "more kind")
        await app.stores(VERSIONS, "", "more kind").stores(DRAFTS)
        await app.see("typing").press("ctrl+s").see_in("footer", "is this very grader; nothing new was saved")
        await app.stores(VERSIONS, "", "more kind")


async def test_edit_nothing_saves_the_same_bytes(demo: Path) -> None:
    for name in EXAMPLE_TYPES:
        add(demo, {**example_spec(name), "x_unknown": 1e3}, f"one {name}")
    before = stored(demo, "SELECT name, text, version FROM grader ORDER BY id")
    async with running(demo) as app:
        await app.press("4").on("Graders").press("g")
        for _ in range(len(EXAMPLE_TYPES) + 5):
            await app.press("ctrl+s", "f6", "f2", "f2", "f6").press("j").is_sound()
        await app.stores("SELECT count(*) FROM draft", 0)
    assert stored(demo, "SELECT name, text, version FROM grader ORDER BY id") == before


async def test_the_raw_json_and_the_parts_are_one_text(words: Path) -> None:
    async with running(words) as app:
        await opened(app).press("enter").type("# here").press("f2").see('"x_unknown"', "# heredef", "raw JSON")
        await app.press("esc").press("f3").see("✗  4", "source: line")
        await app.press("enter", "ctrl+home").type("x").see("lint 1", "✗  1").press("f2").see_in("footer", "✗")
        await app.press("backspace").see("lint 2").press("f2").see("[source]", "# here")
        await app.press("f7", "f7").see("raw JSON").press("f7").see("[source]").not_see("# here")
        await app.press("f8").see("# here")


async def test_small_parts_stand_in_a_form(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("4").on("Graders").press("g").see("operation", "eq").press("l", "j").press("enter")
        await app.see("type to filter").type("ilike").press("enter").see("ilike").see_in("header", "unsaved")
        await app.see("▲").press("j", "j", "enter").see("reference").type(" x").press("enter")
        await (
            app.see("{{item.reference_answer}} x")
            .press("f7")
            .not_see("}} x")
            .press("f7")
            .see("operation             eq")
        )
        await app.not_see_in("header", "unsaved")


async def test_unknown_names_in_templates_are_said(demo: Path) -> None:
    spec = example_spec("score_model")
    add(demo, spec, "asks")
    async with running(demo, NARROW) as app:
        await app.press("4").on("Graders").press("G", "enter").see("[system]", "typing").press("f6").see("[user]")
        await app.press("end").type(" {{item.nothing}}").see("item.nothing is not a field", "lint 2").is_sound()
        await app.press("esc", "f3").see("[user]").press("f2").see('"type"').is_sound()


@pytest.mark.parametrize("size", SIZES)
async def test_unsaved_text_is_there_again(words: Path, size: tuple[int, int]) -> None:
    async with running(words, size) as app:
        await app.press("4").on("Graders").press("G", "enter").type("# half a thought").see_in("header", "unsaved")
        await app.stores(DRAFTS, (NAME, 0))
    async with running(words, size) as app:
        await app.on("Graders").see_in("header", "unsaved").see_in("footer", "not saved last time")
        await app.press("enter").see("# half a thought").press("esc", "X").see_in("footer", "throws the unsaved text")
        await app.press("y").not_see_in("header", "unsaved").stores(DRAFTS)


async def test_a_grader_is_made_copied_and_renamed(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("4").on("Graders").press("n").see("new grader from").type("type string").press("enter")
        await app.see("name of the new grader").press("ctrl+u").type("exact").press("enter").see_in("footer", "already")
        await app.press("n").type("type string").press("enter").see("name of the new").press("ctrl+u").type("mine")
        await app.press("enter").see("mine").see_in("header", "unsaved · mine (new)")
        await app.press("esc").press("ctrl+s").see("note on @").press("enter").see_in("footer", "saved mine v1")
        await app.press("n").type("copy of exact").press("enter").see("exact copy").press("enter")
        await app.see_in("header", "exact copy (new)")


async def test_names_deletes_and_notes_are_taken_back(words: Path) -> None:
    async with running(words) as app:
        await opened(app).press("R").press("ctrl+u").type("other").press("enter").see_in("header", "other v1")
        await app.press("u").see_in("header", f"{NAME} v1").see_in("footer", "took back: rename")
        await app.press("i").type("why").press("enter").see("v1 ", "why").stores(VERSIONS, "why")
        await app.press("u").see_in("footer", "took back: note").stores(VERSIONS, "")
        await app.press("x").see_in("footer", f"y deletes {NAME}").press("y").counts(5).press("u").counts(6)
        await app.see_in("header", f"{NAME} v1")


async def test_json_is_written_into_the_folder(words: Path) -> None:
    async with running(words) as app:
        await opened(app).press("w").see_in("footer", f"written: graders/{FILE}")
        assert json.loads((words / "graders" / FILE).read_text())["x_unknown"] == {"keep": [1, 2.5]}
        await app.press("enter").type("# new").press("esc", "w")
        await app.see_in("footer", f"y writes the unsaved text over graders/{FILE}")
        await app.press("n").see_in("footer", "nothing was done")
        assert "# new" not in (words / "graders" / FILE).read_text()
        (words / "graders" / FILE).unlink()
        await app.press("w").see_in("footer", f"y writes the unsaved text to graders/{FILE}").press("y")
        await app.see_in("footer", f"written: graders/{FILE}")
        assert "# new" in (words / "graders" / FILE).read_text()


async def test_versions_are_compared_and_taken_up(words: Path) -> None:
    add(words, python_spec(SOURCE.replace("0.5 if", "0.75 if")), NAME, "kinder")
    async with running(words) as app:
        await opened(app).see("v2 ", "kinder").press("d").see("v1 → v2", "-", "0.5 if", "0.75 if").is_sound()
        await app.press("d").press("tab").see("@").press("j").see("v1 @").press("enter").see("typing", "from v2")
        await app.see("0.5 if").press("f7").not_see_in("header", "unsaved")


async def test_consequences_are_the_flips(words: Path) -> None:
    changed = SOURCE.replace("0.5 if", "0.25 if")
    add(words, python_spec(changed), NAME)
    async with running(words) as app:
        await opened(app).press("C").see("▸Consequences", "flips ▲0 ▼", "before  after").is_sound()
        flips = app.table.count
        assert flips > 0
        await app.press("enter").on("Review").see_in("header", f"{NAME}")
        await app.press("4").on("Graders")
        await app.press("tab", "j").press("C").see_in("footer", "there is no version before this one")


async def test_a_prediction_is_read_by_both_versions(words: Path) -> None:
    async with running(words) as app:
        await opened(app).press("enter", "ctrl+end").type("    ").press("esc", "l", "l", "j", "enter")
        await app.see("▸Prediction", "reference", "prediction", "score").is_sound()
        await app.press("esc").on("Graders")


@pytest.mark.parametrize(("typed", "words_seen"), [("random", "random sample"), ("marked", "Nothing is marked"),
                                                   ("pinned", "Nothing is pinned")])  # fmt: skip
async def test_probe_sets(words: Path, typed: str, words_seen: str) -> None:
    async with running(words) as app:
        await opened(app).press("p").see("probe set").type(typed).press("enter").see(words_seen).is_sound()


async def test_pins_and_filters_make_probe_sets(words: Path) -> None:
    async with running(words) as app:
        await opened(app).press("l", "l", "space", "space").see("●").stores("SELECT count(*) FROM pin", 2)
        await app.press("p").type("pinned").press("enter").see("probe: 2 pinned", "of 2").press("k", "k", "space")
        await app.stores("SELECT count(*) FROM pin", 1)
        await (
            app.press("p").type("a filter").press("enter").see("filter").type("gout").press("enter").see("probe: /gout")
        )
    async with running(words) as app:
        await app.on("Graders").see("probe: /gout")


async def test_a_model_is_asked_only_after_the_cost_was_said(demo: Path) -> None:
    add(demo, {**example_spec("score_model"), "model": "judge"}, "asks")
    async with running(demo) as app:
        await (
            app.press("4")
            .on("Graders")
            .press("G")
            .see("ctrl+r says the cost")
            .press("p")
            .type("a filter")
            .press("enter")
        )
        await app.press("ctrl+u").type("gout").press("enter").see("probe: /gout").see("to ask")
        await app.press("ctrl+r").see_in("footer", "SIMULATED question", "through simulated").press("n")
        await app.see_in("footer", "nothing was done")


async def test_another_editor_gives_its_text_back(words: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "editor.sh"
    path.write_text("#!/bin/sh\nprintf '# from there' >> \"$1\"\n")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("VISUAL", str(path))
    from rft_tui.tui.editor import edit_text

    assert edit_text("a\n", ".py") == "a\n# from there"


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_an_empty_workspace_says_what_to_press(empty: Path, size: tuple[int, int]) -> None:
    for path in (empty / "graders").glob("*.json"):
        path.unlink()
    async with running(empty, size) as app:
        await app.press("4").on("Graders").see("No graders yet.", "n makes one").is_sound()
        for key in (
            "enter",
            "d",
            "C",
            "w",
            "x",
            "R",
            "f2",
            "ctrl+s",
            "ctrl+r",
            "f3",
            "space",
            "tab",
            "enter",
            "p",
            "esc",
        ):
            await app.press(key).is_sound()


async def test_hostile_texts_stay_texts(hostile: Path) -> None:
    source = "x = '\x1b[31m\u202e[bold]' # \x00 日本語 👍\n" * 3 + "\tlong = '" + "z" * 3000 + "'\n"
    add(hostile, python_spec(source), "bad \x1b[31m[red] 日本")
    async with running(hostile) as app:
        await app.press("4").on("Graders").press("G").is_sound().press("enter").is_sound()
        await app.press("down", "end", "left", "down", "ctrl+end", "up").is_sound().press("f2", "ctrl+end").is_sound()
        await app.type("日本").paste("\x1b[2J\r\n[/]").is_sound().resize(NARROW).is_sound().press("esc").is_sound()
        await app.press("l", "l", "enter").is_sound()
