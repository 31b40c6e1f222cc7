"""Filters, orders and the pass threshold: what is kept, previewed, given up, and remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from rft_tui.store.filters import Sort
from tests.functional.driver import NARROW, SIZES, WIDE, Driver, running

CLEAR = "ctrl+u"


@pytest.mark.parametrize("size", SIZES)
async def test_live_preview_and_enter_keeps(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("/").see("/", "mistakes").see_in("footer", "enter keep", "esc cancel").is_sound()
        await app.type("femur").until(lambda: 0 < app.table.count < 149, "no preview")
        shown = app.table.count
        await app.press("enter").counts(shown).see_in("header", "/mistakes femur").see_in("footer", "a right")


@pytest.mark.parametrize("size", SIZES)
async def test_esc_restores_list_and_place(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("G").cursor_on(148).press("/").type("femur").until(lambda: app.table.count < 149, "no preview")
        await app.press("esc").counts(149).see_in("header", "/mistakes ").see_in("footer", "a right")
        await app.cursor_on(148).press("k").cursor_on(147)


async def test_nothing_fits(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("/").type("zzzz").press("enter").counts(0).see_in("list", "Nothing fits", "changes the filter")
        await app.press("a").see_in("footer", "there is no prediction here").press("y", "e", "j", "n", "]", "G", "u")
        await app.is_sound().press("/", CLEAR).press("enter").counts(240)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("re:[a", "not a regular expression"),
        ("band:zebra", "is none of"),
        ("score<abc", "not a number"),
        ("verdict:q", "is none of"),
    ],
)
async def test_what_cannot_be_meant_is_said(demo: Path, text: str, note: str) -> None:
    async with running(demo) as app:
        await app.press("/").type(text).press("enter").see_in("footer", note).see_in("header", "!").is_sound()


async def test_regular_expression(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("/").type(r"re:^fem.r$").press("enter").until(lambda: 0 < app.table.count < 149, "not scanned")
        await app.see_in("item", "femur").press("/").type(" -re:fem").press("enter").counts(0)


async def test_a_regular_expression_without_end_keeps_nothing_waiting(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("/", "ctrl+u").type(r're:"(.|.)*Q"').press("enter").see_in("header", "… of 240")
        await app.press("j", "a").cursor_on(2).stores("SELECT verdict FROM review", "right")
        await app.press("/", "ctrl+u").type("femur").press("enter").not_see_in("header", "…")


@pytest.mark.parametrize(
    "text",
    ['"', "-", ":", "-:", "field:", "band:", "tag:", "model:", "run:", "run:x", "score", "score<1e999", "score=nan",
     "re:", "re:((((", "'); DROP TABLE review; --", "%", "_", "topic:medicine", "日本", "-mistakes", "\\", "a" * 300],
)  # fmt: skip
@pytest.mark.parametrize("size", [NARROW])
async def test_any_filter_can_be_typed(demo: Path, text: str, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("/").type(text).is_sound().press("enter").see_in("footer", " ").is_sound()
        await app.press("/", "esc").on("Review").is_sound()


async def test_toggles(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("M").counts(240).see_in("header", " / ").press("M").counts(149).see_in("header", "/mistakes")
        await app.press("a", "V").see_in("header", "/mistakes -verdict").counts(148)
        await app.press("V").see_in("header", "/mistakes ").counts(149)


async def test_bands_follow_each_other(demo: Path) -> None:
    async with running(demo) as app:
        counts = []
        for band in ("off_base", "partial", "formatting", "full"):
            await app.press("B").see_in("header", f"/band:{band}")
            counts.append(app.table.count)
        assert sum(counts) == 240
        assert sum(counts[:3]) == 149
        await app.press("B").see_in("header", "/mistakes").counts(149)


async def test_calibration_sample_and_back(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("C").see_in("header", "/calibration -verdict random")
        assert 20 < app.table.count < 100
        await app.press("C").see_in("header", "/mistakes").not_see_in("header", "random").counts(149)


async def test_every_order_and_its_reverse(demo: Path) -> None:
    async with running(demo) as app:
        seen = set()
        for _ in Sort:
            await app.press("s").see_in("footer", "order: ").is_sound()
            seen.add(app.part("footer")[0].split("order: ")[1].split()[0])
            await app.press("S", "S").is_sound()
        assert seen == {sort.value for sort in Sort} - {"delta", "list"}
        assert app.table.count == 149


async def test_reverse_shows_the_best_first(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("S").see_in("header", "↓score").until(lambda: _score(app) > 0.8, "not reversed")
        await app.press("S").until(lambda: _score(app) == 0, "not turned back")


def _score(app: Driver) -> float:
    row = app.table.row(0)
    assert row is not None
    return float(row.score)


@pytest.mark.parametrize("size", SIZES)
async def test_threshold_moves_live(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("j", "j").see("≥ 0.50").press(">").see("≥ 0.55").cursor_on(2)
        await app.press("+").see("≥ 0.60").press("<", "-", "-").see("≥ 0.45", "fails at 0.45")
        for _ in range(12):
            await app.press("<")
        await app.see("≥ 0.00", "✓ passes").is_sound()


async def test_threshold_changes_what_passes(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("/", CLEAR).type("fail").press("enter").until(lambda: app.table.count > 0, "nothing fails")
        before = app.table.count
        await app.press(">", ">", ">").until(lambda: app.table.count > before, "the list did not follow")
        await app.press(*("<",) * 20).counts(0).press(">", ">", ">").until(lambda: app.table.count > 0, "stuck")


async def test_filter_of_another_size(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.press("/").type("femur").resize(NARROW).see("femur").is_sound().resize(WIDE).type("s")
        await app.press("esc").counts(149)
