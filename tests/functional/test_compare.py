"""The Compare screen: marks, figures, panels, cards, and the way to Review with both answers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rft_tui.model import Verdict
from rft_tui.store.database import Store
from rft_tui.store.kept_lists import put_list
from rft_tui.store.verdicts import EventKind, record
from rft_tui.tasks.comparing import comparison as comparing
from rft_tui.tasks.comparing.comparison import Comparison
from rft_tui.tui.actions import ACTIONS, COMPARE
from rft_tui.tui.screens.compare.screen import CompareScreen
from rft_tui.tui.screens.compare.state import PANELS, VERSIONS, CompareState
from rft_tui.workspace import open_workspace
from tests.functional.driver import NARROW, SIZES, WIDE, Driver, running


def compare_of(app: Driver) -> CompareScreen:
    screen = app.app.work_screen("compare")
    assert isinstance(screen, CompareScreen)
    return screen


def resampled(app: Driver) -> Driver:
    """Wait until the figures are there, resampled."""

    def is_done() -> bool:
        comparison = compare_of(app).comparison
        return comparison is not None and comparison.is_resampled

    return app.until(is_done, "not resampled")


@pytest.mark.parametrize("size", SIZES)
async def test_two_groups_of_one_dataset_are_proposed(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("5").on("Compare").counts(4).see("80 common items", "▸means").is_sound()
        await app.see_in("list", "A qwen-coder-0.5b ×3  train", "B smollm2 ×3  train", ".60", ".55")
        await resampled(app).not_see("resampling")
        await app.press("l").see_in("item", "95 % interval", "run noise", "[.53, .66]", "├", "●", "┤").is_sound()


@pytest.mark.parametrize("size", SIZES)
async def test_every_panel_fits_and_says_something(demo: Path, size: tuple[int, int]) -> None:
    wanted = {
        "means": ("run noise", "pass@1", "none left out"),
        "paired": ("wins/ties/losses", "B against A", "smallest detectable difference", "regressions"),
        "spread": ("scores", "A █", "B ⣿"),
        "samples": ("pass@3", "pass^3", "learnable", "best of 3"),
        "graders": ("phrase_and_ex", "exact"),
        "hacking": ("answers searched for patterns", "at equal length"),
        "people": ("grader and person", "calibration sample"),
        "labels": ("references that may be wrong", "offered"),
    }
    async with running(demo, size) as app:
        await app.press("5").see("80 common items").press("l")
        for name, word, _sentence in PANELS:
            await app.see(f"▸{word}").see_in("item", *wanted[name]).is_sound()
            await app.press("ctrl+d").is_sound().press("G").is_sound().press("g").is_sound().press("v")
        await app.see("▸means").press("V").see("▸labels").press("P").see("several", "panel").type("hacking")
        await app.press("enter").see("▸hacking")


async def test_marks_choose_operands_and_the_first_is_the_baseline(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.press("5").counts(4).see("A qwen-coder-0.5b ×3  train").see("80 common items")
        await app.press("g", "j", "B").see("A smollm2 ×3  train", "B qwen-coder-0.5b ×3  train")
        await app.press("space").see("A qwen-coder-0.5b ×3  train").see_in("item", "one line is marked").cursor_on(2)
        await app.press("X").see_in("item", "nothing is marked", "In the list space marks a line of it")
        await app.press("g", "space", "space").see("80 common items").see_in("list", ".60", ".55")


async def test_where_the_list_is_hidden_its_key_is_told(demo: Path) -> None:
    async with running(demo, NARROW) as app:
        await app.press("5").see("80 common items").press("X").press("l").see_in("item", "nothing is marked")
        await app.see_in("item", "shows the list; space marks a line of it").is_sound()


async def test_operands_without_common_items_say_so(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.press("5").counts(4).press("X", "g", "space", "j", "space")
        await app.see("✗ no item has a score", "0 common items · 120 left out", "B lacks 80").is_sound()
        await app.press("v", "R").is_sound().press("V")
        await app.press("X", "g", "space", "space").see("80 common items").not_see("✗")


@pytest.mark.parametrize("size", SIZES)
async def test_regressions_open_in_review_with_both_answers(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("5").see("80 common items").press("R").on("Review").see("/list:regressions")
        await app.see_in("item", "▸qwen-coder-0.5b", "· baseline", " smollm2", "qwen-coder-0.5b reasoning")
        await app.see_in("item", "smollm2 reasoning").is_sound()
        await app.press("j").cursor_on(1).see_in("item", "▸smollm2", " qwen-coder-0.5b").is_sound()
        await app.press("x").stores("SELECT verdict FROM review", "wrong")
        await app.press("5").on("Compare").see("80 common items").press("I").on("Review").see("/list:improvements")
        await app.see_in("item", "▸qwen-coder-0.5b").press("M").see_in("item", "▸qwen-coder-0.5b")


async def test_enter_opens_an_item_or_the_cards_of_a_line(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await resampled(app.press("5").see("80 common items"))
        await app.press("l", "enter").see("what stands behind the numbers", "phrase_and_exact@", "80 in common")
        await app.see("runs", "prompt", "simple", "model", "method").is_sound().press("esc").on("Compare").press("v")
        await app.see("B against A").press("enter").see("p flip", "seed", "Miller").is_sound().press("esc")
        await app.press("j", "enter").on("Review").see("/list:regressions").see_in("item", "▸qwen-coder-0.5b")
        await app.press("5").press("G").press("enter").on("Review").see("/list:improvements")
        await app.see_in("item", "▸smollm2")


async def test_a_second_line_without_the_suspects(demo: Path) -> None:
    opened = open_workspace(demo)
    with opened.store.write() as db:
        put_list(db, "suspects", [1, 4])
    opened.store.close()
    async with running(demo, WIDE) as app:
        await app.press("5").see("80 common items").press("v").see_in("item", "B against A")
        await app.see_in("item", "without 2 suspect items (list:suspects): ").is_sound()


async def test_verdicts_are_held_against_the_grader(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.press("C", "a", "x", "a", "a", "w", "x", "b").stores("SELECT count(*) FROM verdict_log", 7)
        await app.press("5").see("80 common items").press("P").type("people").press("enter")
        await app.see_in(
            "item", "6 verdicts of right or wrong", "disagreements in 6 verdicts", "same pass or fail", "κ"
        )
        await app.see_in("item", "grader ↓   person →", "1 left out: label").is_sound().press("l", "enter").on("Review")
        await app.see("/list:disagreements").press("C", "x").stores("SELECT count(*) FROM verdict_log", 8)
        await app.press("5").see_in("item", "7 verdicts of right or wrong").is_sound()


async def test_reviewers_are_held_against_each_other(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.press("C", "a", "x", "a", "x").stores("SELECT count(*) FROM verdict_log", 4)
        await app.press("5").see("80 common items").press("P").type("people").press("enter")
        await app.see_in("item", "reviewers among each other", "one reviewer here").is_sound()
        with app.app.workspace.store.write() as db:
            said = [row[0] for row in db.execute("SELECT answer FROM review WHERE verdict IS NOT NULL")]
            record(db, "ann", EventKind.VERDICT, Verdict.RIGHT, answers=said)
        await app.press("1").on("Data").press("5").see_in("item", "ann", "same 50% of 4", "2 disagreements")
        await app.is_sound().press("l", "G", "enter").on("Review").see("/list:reviewers").counts(2)


async def test_suspects_open_in_review(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.press("5").see("80 common items").press("P").type("labels").press("enter")
        await app.see_in("item", "15 of 7", "models say: canberra", "reference: sydney").is_sound()
        await app.press("l", "g", "enter").on("Review").see("/list:suspects").counts(15).press("b")
        await app.press("5").see_in("item", "without the 1 called wrong").is_sound()


async def test_a_click_opens_a_line(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.press("5").see("80 common items")
        await app.pilot.click(compare_of(app).pane, offset=(20, 1))
        await app.see("what stands behind the numbers").press("esc").on("Compare")


async def test_grader_versions_are_compared_on_the_same_runs(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.press("5").see("80 common items").press("o").see("versions, A baseline", "exact@")
        await app.press("g", "space", "space").see("common items").see("by ")
        assert compare_of(app).state.what == VERSIONS
        await app.press("v").see("B against A").press("v", "v", "v").see("Grader versions are compared here")
        await app.press("o").see("run groups").see("80 common items")


@pytest.mark.parametrize("size", SIZES)
async def test_changes_between_grader_versions_show_both_scores_of_one_answer(
    demo: Path, size: tuple[int, int]
) -> None:
    async with running(demo, size) as app:
        await (
            app.press("5").see("80 common items").press("o").see("versions, A baseline", "exact@").press("X", "G", "k")
        )
        await app.press("space", "space").see("A contains_reference@", "B exact@", "80 common items")
        await app.press("R").on("Review").see("/list:regressions", "≥ 1.00").counts(20)
        await app.see_in("item", "contains_reference@", "  baseline", "1.00 ✓ passes", "exact@", "0.00 ✗ fails")
        await app.see_in("item", "Δ -1.00").is_sound()
        await app.press("x").stores("SELECT count(*) FROM verdict_log", 1)


async def test_cells_of_the_table_of_graders_have_cards(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.press("5").see("80 common items").press("P").type("graders").press("enter").see_in("item", "◆")
        await app.press("l", "g", "enter").see("mean · qwen-coder-0.5b by phrase_and_exact", "by exact", "80 that all")
        await app.is_sound().press("esc").press("j", "enter").see("difference · smollm2 − qwen-coder-0.5b by exact")
        await app.press("esc").press("G", "enter").see("smollm2 by word_overlap", "Benjamini–Hochberg over 5", "runs")
        await app.not_see("by exact").is_sound()


async def test_another_grader(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.press("5").see("by phrase_and_exact@").press("p").see("scores of").type("fuzzy").press("enter")
        await app.see("by fuzzy@").see_in("list", ".67")
        await app.press("P").type("hacking").press("enter").see("gold: verdicts").press("D").type("exact@")
        await app.press("enter").see("gold: exact@").is_sound()


async def test_items_that_belong_together(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.press("5").see("80 common items").press("c").type("topic").press("enter").see("items by topic")
        await app.press("c").press("ctrl+u").type("nonsense").press("enter").see("nonsense").is_sound()


@pytest.mark.parametrize("size", SIZES)
async def test_it_is_found_as_it_was_left(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("5").see("80 common items").press("g", "j", "B", "l", "v").see("B against A", "▸differences")
        await app.press("3").on("Review").press("5").on("Compare").see("▸differences", "B against A")
    async with running(demo, size) as app:
        await app.on("Compare").see("▸differences", "B against A").see_in("item", "qwen-coder-0.5b")
        assert compare_of(app).state.operands is not None


@pytest.mark.parametrize("size", SIZES)
async def test_runs_are_compared_with_a_baseline(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("2").counts(16).press("g", *"jjjj", "=").see("with the baseline", "another dataset").is_sound()
        await app.press("enter").on("Compare").see("80 common items").see_in("item", "A qwen-coder", "B smollm2")
        await app.press("2").on("Runs").press("=", "esc").on("Runs")


async def test_new_operands_stop_the_resampling_of_the_old(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started, stopped = threading.Event(), threading.Event()
    whole = comparing.resampled

    def slow(comparison: Comparison, should_stop: Callable[[], bool] = lambda: False) -> Comparison | None:
        if len(comparison.operands) > 2:
            return whole(comparison, should_stop)
        started.set()
        while not should_stop():
            stopped.wait(0.005)
        stopped.set()
        return None

    monkeypatch.setattr(comparing, "resampled", slow)
    async with running(demo, WIDE) as app:
        await app.press("5").see("80 common items", "resampling…").until(started.is_set, "not started")
        await app.press("v").see("B against A", "…").press("v", "V").see("B against A")
        await app.press("X").until(stopped.is_set, "goes on").see("nothing is marked").not_see("resampling")


async def test_what_goes_wrong_is_said_where_figures_would_stand(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: object, **_named: object) -> Comparison:
        raise ZeroDivisionError

    monkeypatch.setattr(comparing, "compare", broken)
    async with running(demo, WIDE) as app:
        await app.press("5").see_in("item", "✗ this failed: ZeroDivisionError", "The log has the details").is_sound()
        monkeypatch.undo()
        await app.press("r").see("80 common items").not_see("this failed")


async def test_several_differences_and_one_of_them_in_full(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.press("5").counts(4).press("X", "u").counts(16).press("g", "j", "space", "space", "space")
        await app.press("j", "space", "space").see("76 common items").see_in("list", "E   run 2").press("v")
        await app.see_in("item", "B against A  1 of 4").press("n").see_in("item", "C against A  2 of 4").is_sound()
        await app.press("N", "N").see_in("item", "E against A  4 of 4").press("v", "v", "v").is_sound()
        await app.press("V", "V", "V", "V").see("▸means").is_sound()


async def test_nothing_to_compare_says_what_to_press(empty: Path, demo: Path) -> None:
    async with running(empty, NARROW) as app:
        await app.press("5").on("Compare").see("No runs yet", "n asks a model").is_sound()
        await app.press("l").see("No runs yet").press("space", "R", "n").is_sound()
    store = Store(demo / ".rft" / "cache.db")
    with store.write() as db:
        for table in ("grade_detail", "grade"):
            db.execute(f"DELETE FROM {table}")
    store.close()
    async with running(demo, NARROW) as app:
        await app.press("5", "l").see("Nothing is graded yet", "G grades there").is_sound()


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_texts_stay_texts(hostile: Path, size: tuple[int, int]) -> None:
    async with running(hostile, size) as app:
        await app.press("5").on("Compare").is_sound().press("l").see("One group of runs").press("o", "space").is_sound()
        await app.press("o", "h", "u").counts(3).press("j", "space", "space").see("common items").is_sound()
        for _panel in PANELS:
            await app.press("v").is_sound().press("ctrl+d").is_sound().press("G").is_sound()
        await app.press("g", "enter").is_sound().press("esc")


async def test_single_runs_are_compared(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.press("5").counts(4).press("X", "g", "u").counts(16).see_in("list", "  run 1")
        await app.press("j", "space", "space").see("80 common items").see_in("list", "A   run 1", "B   run 2")
        await app.see_in("item", "one run").press("P").type("k runs").press("enter").see("One run of each item")
    async with running(demo, WIDE) as app:
        await app.see_in("list", "A   run 1", "B   run 2").press("u").counts(4)


@pytest.mark.parametrize(("size", "keys"), [(NARROW, "5"), (WIDE, "5l"), (NARROW, "5l")])
async def test_every_key_is_harmless(demo: Path, size: tuple[int, int], keys: str) -> None:
    async with running(demo, size) as app:
        for action in ACTIONS:
            if action.scope == COMPARE or action.id in ("open", "refresh", "filter", "sort", "copy", "next_pane"):
                await app.press(*keys).on("Compare").press(action.keys[0]).is_sound().press("esc", "esc")
                await app.is_sound()


def test_what_was_written_down_is_restored_or_left_out() -> None:
    state = CompareState([[1, 2], [3]], [4], VERSIONS, 5, 6, "topic", "paired", 1, 2, True)
    assert CompareState.restored(state.as_json()) == state
    odd = {"operands": [[]], "versions": ["x"], "what": 3, "grader": "y", "panel": "gone", "pair": -1, "cursor": None}
    assert CompareState.restored(odd) == CompareState()
    assert CompareState.restored("nonsense") == CompareState()


def test_marking_keeps_the_order_and_the_baseline_first() -> None:
    state = CompareState(operands=[])
    for ids in ([1, 2], [3], [4, 5]):
        state.toggle(ids)
    assert [state.place(ids) for ids in ([1, 2, 6], [3], [5, 4], [9], [2])] == [0, 1, 2, None, None]
    state.make_baseline([4, 5])
    assert state.operands == [[4, 5], [1, 2], [3]]
    state.toggle([1, 2])
    assert state.operands == [[4, 5], [3]]
    state.make_baseline([7])
    assert state.operands == [[7], [4, 5], [3]]
    state.clear()
    assert state.marked == []
