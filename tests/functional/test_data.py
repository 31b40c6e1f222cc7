"""The Data screen: datasets, items, problems, prompts, parts and files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rft_tui.tasks.import_data import import_dataset
from rft_tui.workspace import open_workspace
from tests.functional.driver import SIZES, WIDE, running


@pytest.mark.parametrize("size", SIZES)
async def test_datasets_and_items(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("1").on("Data").counts(2).see_in("list", "train", "80", "val", "40", "✓").is_sound()
        await app.press("enter").counts(80).see_in("header", "· train", "80 items").see_in("list", "line", "reference")
        await app.press("j", "enter").see_in("item", "line 2", "user", "reference_answer", "topic").is_sound()
        await app.press("esc").counts(80).cursor_on(1).press("esc").counts(2).press("esc").counts(2).on("Data")


@pytest.mark.parametrize("size", SIZES)
async def test_filtering_items(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("1", "enter", "/").type("femur").until(lambda: 0 < app.table.count < 10, "no preview")
        await app.press("enter").see_in("header", "/femur").see_in("list", "femur").press("esc").counts(80)
        await app.press("/").type("femur").until(lambda: app.table.count < 10, "no preview").press("esc").counts(80)
        await app.press("/").type("zzzz").see_in("list", "No item holds zzzz").press("enter", "esc").counts(80)


async def test_moving_and_levels(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.press("1", "enter", "G").cursor_on(79).press("g", "pagedown").press("l", "j", "h")
        place = app.table.cursor
        await app.press("esc", "enter").cursor_on(place)


@pytest.mark.parametrize("size", SIZES)
async def test_raw_row(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("1", "enter", "l", "v").see_in("item", '{"messages":').is_sound()
        await app.press("v").not_see_in("item", '{"messages":').see_in("item", "user")


@pytest.mark.parametrize("size", SIZES)
async def test_prompt_preview(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await (
            app.press("1", "p").see_in("footer", "open a dataset first").press("enter", "p").see("no prompt", "simple")
        )
        await app.press("down", "enter").see_in("header", "with prompt simple").press("l")
        await app.see_in("item", "as sent with the prompt").is_sound()
        await app.press("p").see("no prompt").press("up", "enter").not_see("as sent with the prompt")


@pytest.mark.parametrize("size", SIZES)
async def test_check_report(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("1", "c").see("check train against", "by itself").is_sound().press("enter")
        await app.see_in("footer", "train: 0 errors").press("l").is_sound()
        await app.see_in("item", "✓ no problems found").press("h", "c").not_see_in("footer", "train: 0 errors")


@pytest.mark.parametrize("size", SIZES)
async def test_check_names_lines(demo: Path, size: tuple[int, int]) -> None:
    rows = (demo / "data" / "train.jsonl").read_text().splitlines()[:9]
    rows[7] = rows[6]
    (demo / "doubled.jsonl").write_text("\n".join(rows) + "\n")
    workspace = open_workspace(demo)
    import_dataset(workspace.store, demo / "doubled.jsonl", "a doubled")
    workspace.store.close()
    async with running(demo, size) as app:
        await (
            app.press("1")
            .see_in("list", "! 2")
            .press("end", "c", "enter")
            .see_in("footer", "a doubled: 0 errors")
            .press("l")
        )
        await app.see_in("item", "line 8").is_sound()


async def test_check_against_another_dataset_finds_leakage(demo: Path) -> None:
    (demo / "leaky.jsonl").write_text("\n".join((demo / "data" / "val.jsonl").read_text().splitlines()[:5]) + "\n")
    async with running(demo) as app:
        await app.press("1", "I").see("dataset file").type("leaky.jsonl").press("enter").counts(3)
        await app.press("end", "c").see("check leaky against").type("val").press("enter")
        await app.see_in("footer", "leaky: ").see_in("item", "leakage").is_sound()


async def test_importing_what_is_not_there_is_said(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("1", "I").type("nothing.jsonl").press("enter").see_in("footer", "✗", "nothing.jsonl").counts(2)
        await app.press("I").type("~nobody-of-this-name/x").press("enter").see_in("footer", "✗ ~nobody-of-this-name/x")
        await app.press("I", "enter", "I", "esc").on("Data").is_sound()


async def test_split_makes_datasets(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("1", "x").see("split train into", "seed=42").press("enter").see_in("footer", "made ").counts(5)
        await app.press("x", "ctrl+u").type("train=60 other=20").press("enter").see_in("footer", "✗", "'train'")
        await app.press("x", "ctrl+u").type("half").press("enter").see_in("footer", "is no size").press("j").on("Data")
        await app.counts(5).is_sound()


async def test_export_writes_rows_and_never_over_a_file(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("1", "w").see("write to", "train.jsonl").press("enter").see_in("footer", "80 rows written")
        await app.press("w", "enter").see_in("footer", "is there already")
    rows = [json.loads(line) for line in (demo / "train.jsonl").read_text().splitlines()]
    assert len(rows) == 80


async def test_opening_a_dataset_of_nothing(empty: Path) -> None:
    async with running(empty) as app:
        await app.press("1", "enter").see_in("footer", "there are no datasets here").press("/", "c", "x", "w", "p", "v")
        await app.on("Data").is_sound()
