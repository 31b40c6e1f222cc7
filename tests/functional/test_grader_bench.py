"""The bench of a grader: opened from its text, read, run again by other limits, kept for its version."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rft_tui.graders.spec import score_rule
from rft_tui.model import JsonObject
from rft_tui.store.graders import save_version
from rft_tui.workspace import open_workspace
from tests.functional.driver import NARROW, SIZES, WIDE, Driver, running

KEPT = "SELECT name, ok, checks, simulated FROM bench_result ORDER BY id"

EQUAL: JsonObject = {
    "type": "string_check",
    "name": "equal",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
}
TAUGHT: JsonObject = {
    "type": "score_model",
    "name": "taught",
    "model": "judge",
    "input": [
        {"role": "system", "content": "Lexical: Levenshtein.\nReference: red fox\nAnswer: fox\nLexical ≈ 0.70\n"},
        {"role": "user", "content": "Reference: {{item.reference_answer}}\nAnswer: {{sample.output_text}}"},
    ],
}
STUCK = 'def grade(sample, item):\n    while "most likely" in sample["output_text"]:\n        pass\n    return 1.0\n'


def add(folder: Path, spec: JsonObject, name: str) -> None:
    """Store a version, as ctrl+s does."""
    workspace = open_workspace(folder)
    try:
        with workspace.store.write() as db:
            save_version(db, name, spec, score_rule(spec), text=json.dumps(spec))
    finally:
        workspace.store.close()


@pytest.fixture
def equal(demo: Path) -> Path:
    """The demo with one more grader, which is under the cursor at the end of the list."""
    add(demo, EQUAL, "equal")
    return demo


def benched(app: Driver, key: str = "G") -> Driver:
    """The bench of a grader at one end of the list, done."""
    return app.press("4").on("Graders").press(key).press("B").see("▸Bench", "of 10 probes")


@pytest.mark.parametrize("size", SIZES)
async def test_kinds_unfold_into_items_with_their_evidence(equal: Path, size: tuple[int, int]) -> None:
    async with running(equal, size) as app:
        await app.press("4").on("Graders").press("G").see("no bench yet · B").is_sound()
        await app.press("B").see("▸Bench", "fails: surface 20/20", "passes 9 of 10 probes", "usual limits").is_sound()
        await app.see_in("list", "✗ surface", "0/20", "✓ padding", "20/20", "– orderings", "none kept").cursor_on(0)
        await app.press("enter").see_in("list", "▾✗ surface", "    ✗   .00").counts(31).press("j").cursor_on(1)
        await app.press("l").see(
            "surface ✗ does not hold", "Which", "reference", "scores 1.00", "“", "expected 0.95 to 1.05"
        )
        await app.is_sound().press("esc").press("h").counts(11).see_in("list", "▸✗ surface").cursor_on(0)
        await app.press("esc").on("Graders").see("bench ✗ 1 of 10").stores(KEPT, ("equal", 0, 200, 0))


async def test_unsaved_text_is_benched_as_it_is(equal: Path) -> None:
    async with running(equal) as app:
        await app.press("4").on("Graders").press("G").see("operation").press("l", "j", "enter").type("ilike")
        await app.press("enter").see_in("header", "unsaved").see("not benched · B")
        await app.press("B").see_in("header", "equal unsaved @").see("fails: padding 20/20")
        await app.press("esc").on("Graders").see("bench ✗ 2 of 10").press("X", "y").not_see_in("header", "unsaved")
        await app.see("no bench yet").stores(KEPT, ("equal", 0, 200, 0))
        await app.stores("SELECT count(*) FROM grader WHERE name = 'equal'", 1)


async def test_limits_and_items_are_kept_for_the_next_time(equal: Path) -> None:
    async with running(equal) as app:
        await benched(app).press("L").see("limits, as shares of the range").type("surface").press("enter")
        await app.see("surface, 0 to 1").press("ctrl+u").type("1").press("enter")
        await app.see("✓ sound", "limits surface=1").press("N").see("bench", "items=20 seed=42").press("ctrl+u")
        await app.type("items=3 seed=7").press("enter").see("3 items · seed 7").see_in("list", "3/3")
        await (
            app.press("N")
            .press("ctrl+u")
            .type("items=none")
            .press("enter")
            .see_in("footer", "'items=none' is no whole number")
        )
        await app.press("L").type("surface").press("enter").press("ctrl+u").type("2").press("enter")
        await app.see_in("footer", "a limit is a number from 0 to 1")
        await app.press("esc").see("bench ✓ just now")
    async with running(equal) as app:
        await app.on("Graders").see("bench ✓ just now").press("B").see("3 items · seed 7 · limits surface=1", "✓ sound")
        await app.press("esc").press("g").press("B").see("3 items · seed 7 · usual limits")
        await (
            app.press("esc")
            .press("G")
            .press("B")
            .see("limits surface=1")
            .press("L")
            .type("all as usual")
            .press("enter")
        )
        await app.see("usual limits", "fails: surface 3/3")


@pytest.mark.parametrize("size", SIZES)
async def test_a_model_is_asked_after_the_cost_was_said(demo: Path, size: tuple[int, int]) -> None:
    add(demo, TAUGHT, "taught")
    async with running(demo, size) as app:
        await app.press("4").on("Graders").press("G").press("B")
        await app.see_in("footer", "y asks at most 200 SIMULATED questions").see_in("header", "SIMULATED")
        await app.press("r").see_in("footer", "nothing was done").see("r says the cost and asks").stores(KEPT)
        await app.press("r").see_in("footer", "y asks at most 200").press("esc").press("N", "ctrl+u")
        await app.type("items=4").press("enter").see_in("footer", "y asks at most 40").press("y").see("40 asked, 0")
        await app.see("✗ fails:", "worked examples 1/1").is_sound().press("r").see("0 asked, 40")
        await app.press("j", "j", "j").press("G", "k").see_in("list", "✗ worked examples").press("enter", "j", "l")
        await app.see("red fox", "stated", "0.7", "computed", "0.429", "is stated").is_sound()
        await app.press("esc", "esc").see("bench ✗", "SIMULATED")
        await app.until(lambda: all(row[3] for row in app.stored(KEPT)), "a result is not marked as simulated")


async def test_a_kept_result_is_shown_where_asking_again_would_cost(demo: Path) -> None:
    add(demo, TAUGHT, "taught")
    async with running(demo) as app:
        await (
            app.press("4")
            .on("Graders")
            .press("G")
            .press("B")
            .see_in("footer", "y asks")
            .press("n")
            .press("N", "ctrl+u")
        )
        await app.type("items=4").press("enter").see_in("footer", "y asks at most 40").press("y").see("40 asked")
    workspace = open_workspace(demo)
    with workspace.store.write() as db:
        db.execute("DELETE FROM reply")
    workspace.store.close()
    async with running(demo) as app:
        await app.on("Graders").press("B").see("kept just now").see_in("footer", "r asks again").is_sound()
        await (
            app.see("✗ fails:").press("j", "enter", "j").see("scores").press("r").see_in("footer", "y asks at most 40")
        )


async def test_leaving_ends_it_and_nothing_is_kept(demo: Path) -> None:
    add(demo, {"type": "python", "name": "stuck", "source": STUCK}, "stuck")
    async with running(demo) as app:
        await app.press("4").on("Graders").press("G").press("B").see_in("header", "grading").see("working …")
        await app.press("esc").on("Graders").see("no bench yet").stores(KEPT)
        await app.press("B").see_in("header", "grading").press("1").on("Data").stores(KEPT)
        await app.press("4").press("B").see_in("header", "grading")


async def test_orderings_stand_below_and_a_wrong_file_is_said(equal: Path) -> None:
    path = equal / "graders" / "equal.orderings.jsonl"
    path.write_text(
        '{"item": {"reference_answer": "fox"}, "answers": ["fox", "a fox"]}\n'
        '{"item": {"reference_answer": "fox"}, "answers": ["\\u001b[31mfoxes", "fox"]}\n'
    )
    async with running(equal) as app:
        await benched(app).see_in("list", "✗ orderings", "1/2").press("G").press("enter", "j")
        await app.see("✗ not more than the next", "␛[31mfoxes").is_sound()
        path.write_text('{"item": 3}\n')
        await app.press("r").see("graders/equal.orderings.jsonl, line 1: item must be a row id").is_sound()
        path.unlink()
        await app.press("r").see_in("list", "none kept")
        assert app.stored("SELECT count(*) FROM bench_result") == [2]


@pytest.mark.parametrize("size", SIZES)
async def test_without_items_it_says_what_to_do(empty: Path, size: tuple[int, int]) -> None:
    add(empty, EQUAL, "equal")
    add(empty, TAUGHT, "taught")
    async with running(empty, size) as app:
        await (
            app.press("4")
            .on("Graders")
            .press("g")
            .press("B")
            .see("there are no items to probe", "1 shows Data")
            .is_sound()
        )
        await app.press("enter").see_in("footer", "nothing to open").press("esc").press("G").press("B")
        await app.see("there are no items to probe", "✗ worked examples").is_sound().stores(KEPT)


@pytest.mark.parametrize("size", SIZES)
async def test_texts_that_try_everything(hostile: Path, size: tuple[int, int]) -> None:
    async with running(hostile, size) as app:
        await app.press("4").on("Graders").press("B").see("▸Bench", "of 10 probes").is_sound()
        for _ in range(6):
            await app.press("enter", "j", "j", "l").is_sound().press("h", "h", "j").is_sound()


async def test_what_is_no_grader_is_said(equal: Path) -> None:
    async with running(equal, NARROW) as app:
        await app.press("4").on("Graders").press("G").press("l", "f2").press("enter").see("typing").press("ctrl+end")
        await app.type("}").press("esc").press("B").see_in("footer", "✗").not_see("▸Bench")


async def test_an_entry_is_copied_whole(equal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    def copy(text: str, _write: object) -> str:
        taken.append(text)
        return "copied"

    monkeypatch.setattr("rft_tui.tui.clipboard.copy", copy)
    async with running(equal, WIDE) as app:
        await benched(app).press("y").see_in("footer", "copied")
        await app.press("enter", "j", "y")
    assert json.loads(taken[0])["summary"]
    assert taken[1].startswith("# question\n\n")
    assert "# answer (surface)" in taken[1]
