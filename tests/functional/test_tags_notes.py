"""Tags, notes, corrected references, and groups of similar mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.functional.driver import SIZES, running

TAGS = "SELECT tags FROM review ORDER BY answer"


@pytest.mark.parametrize("size", SIZES)
async def test_tag_bar(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("t").see("tags  1 synonym 2 too broad").is_sound()
        await app.press("1").see("1✓synonym").stores(TAGS, "synonym").cursor_on(0)
        await app.press("2").stores(TAGS, "synonym\ntoo broad").press("1").stores(TAGS, "too broad")
        await app.see_in("item", "tags too broad")
        await app.press("j").cursor_on(1).see("tags  1 synonym").not_see("✓too")
        await app.press("esc").not_see("1 synonym").see_in("footer", "a right")


async def test_digits_are_tags_only_while_the_bar_is_open(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("t", "3").on("Review").press("t").not_see("1 synonym")
        await app.press("3").on("Review").press("2").on("Runs").stores("SELECT count(*) FROM verdict_log", 1)


async def test_verdicts_work_while_the_bar_is_open(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("t", "1", "a").cursor_on(1).see("1 synonym")
        await app.stores("SELECT verdict, tags FROM review", ("right", "synonym"))
        await app.press("0").stores("SELECT count(*) FROM verdict_log", 2).see_in("footer", "no tag has this digit")


async def test_a_new_tag_gets_a_digit_and_digits_stay(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("t", "+").see("new tag").type("cut  short").press("enter").stores(TAGS, "cut short")
        await app.see("8✓cut short").press("j", "8").stores(TAGS, "cut short", "cut short").see("1 synonym")
        await app.press("u").stores(TAGS, "cut short").see_in("footer", "undone: tag cut short")
        await app.press("+").type("never").press("esc").stores(TAGS, "cut short")
        await app.press("+").type("   ").press("enter").stores(TAGS, "cut short")
        await app.press("esc", "t").see("1 cut short 2 synonym")


@pytest.mark.parametrize("size", SIZES)
async def test_note(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("i").see("note").type("asks q: [why]?").press("enter").see_in("item", "note asks q: [why]?")
        await app.stores("SELECT note FROM review", "asks q: [why]?").cursor_on(0).on("Review")
        await app.press("i").see("asks q: [why]?").type("!").press("esc")
        await app.stores("SELECT note FROM review", "asks q: [why]?")
        await app.press("i").type("!").press("enter").see_in("item", "[why]?!")
        await (
            app.press("u").see_in("item", "note asks q: [why]?").press("u").not_see_in("item", "note asks").stores(TAGS)
        )


async def test_a_note_is_marked_in_the_list_and_found(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("j", "i").type("look").press("enter").see_in("list", "·✎")
        await app.press("/").type("note").press("enter").counts(1)


@pytest.mark.parametrize("size", SIZES)
async def test_corrected_reference(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("o").see("right reference").type(" or so").press("enter").see_in("item", "corrected", " or so")
        row_id = app.stored("SELECT row_id FROM correction")
        await app.stores("SELECT kind, row_id FROM verdict_log", ("reference", row_id[0]))
        await app.press("/").type("corrected").press("enter").see("corrected")
        assert 1 <= app.table.count <= 3
        await app.press("u").not_see_in("item", "corrected").stores("SELECT count(*) FROM correction", 0)


async def test_an_unchanged_reference_stores_nothing(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("o", "enter").stores("SELECT count(*) FROM verdict_log", 0).press("a").cursor_on(1)


@pytest.mark.parametrize("size", SIZES)
async def test_similar_mistakes_are_tagged_and_untagged_in_one_action(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("/").type("copper").press("enter", "z").see("mistakes like this one", "mistakes").is_sound()
        await app.press("enter").see("tag for all").type("thigh").press("enter").see_in("footer", "tagged", "thigh")
        tagged = app.stored("SELECT count(*) FROM review WHERE tags = 'thigh'")[0]
        assert tagged >= 2
        await app.stores("SELECT count(DISTINCT batch) FROM verdict_log", 1).see_in("item", "tags thigh")
        await app.press("u").stores(TAGS).see_in("footer", f"undone: tag thigh on {tagged} predictions")


async def test_similar_can_be_left(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("/").type("copper").press("enter", "z").see("mistakes like this one")
        await app.press("esc").not_see("mistakes like this one").press("z", "enter", "esc")
        await app.stores("SELECT count(*) FROM verdict_log", 0).press("a").stores("SELECT verdict FROM review", "right")


async def test_typing_types(demo: Path) -> None:
    """Letters that are keys elsewhere are letters in a field, pasted text too."""
    async with running(demo) as app:
        every = "axwbm0123qjkuz?:/[]<>"
        await app.press("i").type(every).paste("gG\nsecond line").press("enter")
        await app.stores("SELECT kind, value FROM verdict_log", ("note", every + "gG")).on("Review")


async def test_a_paste_beside_a_field_does_nothing(demo: Path) -> None:
    async with running(demo) as app:
        await app.paste("axwbm").stores("SELECT count(*) FROM verdict_log", 0).cursor_on(0)
