"""Verdicts, marks and undo: stored before they are shown, taken back without limit."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from rft_tui.model import Verdict
from rft_tui.store.review_log import iter_log
from rft_tui.store.verdicts import EventKind, record
from rft_tui.workspace import open_workspace
from tests.functional.driver import NARROW, SIZES, WIDE, running

LOG = "SELECT kind, value FROM verdict_log ORDER BY id"
VERDICTS = "SELECT verdict FROM review JOIN prediction USING (answer) ORDER BY prediction.id"
KEYS = {"a": "right", "x": "wrong", "w": "grader", "b": "label", "m": "both", "0": "skip"}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("key", "name"), KEYS.items())
async def test_a_verdict_is_stored_and_the_next_item_shown(
    demo: Path, key: str, name: str, size: tuple[int, int]
) -> None:
    async with running(demo, size) as app:
        row = app.table.current
        assert row is not None
        await app.press(key).cursor_on(1).see_in("item", "2/149")
        await app.stores(LOG, ("verdict", name)).stores("SELECT answer, verdict FROM review", (row.answer, name))
        await app.stores("SELECT count(*) FROM verdict_log WHERE grader_version IS NOT NULL", 1)
        await app.press("k").see_in("item", f"verdict {key} ").is_sound()


@pytest.mark.parametrize("size", SIZES)
async def test_others_are_heard_after_ones_own_verdict(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        row = app.table.current
        assert row is not None
        with open_workspace(demo).store.write() as db:
            answer = db.execute("SELECT answer FROM prediction WHERE id = ?", [row.prediction]).fetchone()[0]
            record(db, "bob", EventKind.VERDICT, Verdict.WRONG, answers=[answer])
            record(db, "bob", EventKind.NOTE, "not the same", answers=[answer])
        await app.press("j", "k").see_in("item", "verdict –")
        assert "bob" not in app.text
        await app.press("a", "k").see_in("item", "verdict a ", "bob x wrong  not the same")


async def test_six_keys_in_a_burst(demo: Path) -> None:
    async with running(demo) as app:
        await app.type("axwbm0").cursor_on(6).stores(LOG, *(("verdict", name) for name in KEYS.values()))
        for key in KEYS:
            await app.see_in("list", f"  {key}  ")


async def test_a_second_verdict_replaces_the_first_and_the_log_keeps_both(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("a", "k", "x").stores("SELECT verdict FROM review", "wrong")
        await app.stores(LOG, ("verdict", "right"), ("verdict", "wrong"))
        await app.press("u").cursor_on(0).stores("SELECT verdict FROM review", "right").see_in("item", "a right")


async def test_undo_goes_back_to_what_it_was_about(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("a", "x", "w", "G").cursor_on(148)
        await app.press("u").cursor_on(2).see_in("footer", "undone: verdict grader")
        await app.press("u").cursor_on(1).see_in("footer", "undone: verdict wrong")
        await app.press("u").cursor_on(0).see_in("footer", "undone: verdict right").stores(VERDICTS)
        await app.press("u").see_in("footer", "nothing to undo")
        await app.stores("SELECT count(*) FROM verdict_log", 6)


async def test_undo_without_limit_across_restarts(demo: Path) -> None:
    async with running(demo) as app:
        await app.type("a" * 12 + "x" * 12).cursor_on(24)
    async with running(demo) as app:
        await app.cursor_on(24).stores("SELECT count(*) FROM review", 24)
        await app.type("u" * 10).stores("SELECT count(*) FROM review", 14).see_in("footer", "undone: verdict wrong")
    async with running(demo) as app:
        await app.type("u" * 14).stores("SELECT count(*) FROM review", 0).cursor_on(0)
        await app.press("u").see_in("footer", "nothing to undo")


async def test_the_end_of_the_list(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("G", "x").cursor_on(148).see_in("footer", "end of the list", "1 verdicts in all")
        await app.see_in("item", "verdict x wrong").press("u").see_in("item", "verdict –")


async def test_a_reviewed_row_stays_until_the_list_is_read_again(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("V").counts(149).press("a", "a").cursor_on(2).counts(149)
        await app.press("r").counts(147)


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_marks(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("space").cursor_on(1).stores("SELECT count(*) FROM mark", 1)
        await app.press("j", "space").cursor_on(3).press("h").see_in("list", "▪ 0.00")
        await app.press("/").type("marked").press("enter").counts(2)
        await app.press("g", "space").stores("SELECT count(*) FROM mark", 1)


async def test_verdicts_of_a_prediction_that_failed(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("R").see("whose predictions").type("smollm2").press("enter").see("smollm2 ×3")
        await app.press("/").press(*("backspace",) * 10).type("errors").press("enter").counts(5)
        await app.see_in("item", "error", "no score").see_in("list", "err")
        await app.press("x").stores("SELECT verdict FROM review", "wrong")


async def test_verdicts_that_waited_for_their_predictions_stand_when_review_is_opened(demo: Path) -> None:
    workspace = open_workspace(demo)
    with workspace.store.write() as db:
        (answer,) = db.execute("SELECT answer FROM prediction WHERE snippet = 'au'").fetchone()
        said = record(db, workspace.reviewer, EventKind.VERDICT, Verdict.WRONG, answers=[answer])
        (event,) = iter_log(db)
        db.execute("DELETE FROM verdict_log WHERE batch = ?", [said])
        db.execute("DELETE FROM review")
        text = json.dumps(asdict(event))
        db.execute("INSERT INTO verdict_waiting VALUES (?, ?, ?)", [event.uid, event.answer_key, text])
    workspace.store.close()
    async with running(demo) as app:
        await app.stores("SELECT answer, verdict FROM review", (answer, "wrong"))
        await app.see_in("list", "  x  ").see_in("item", "verdict x ")
        await app.stores("SELECT count(*) FROM verdict_waiting", 0).is_sound()
