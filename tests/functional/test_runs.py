"""The Runs screen: figures, opening in Review, grading in the background."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.functional.driver import NARROW, SIZES, WIDE, running


@pytest.mark.parametrize("size", SIZES)
async def test_groups_runs_and_figures(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("2").on("Runs").counts(16).see_in("header", "4 groups · 12 runs").is_sound()
        await app.see_in("list", "train · qwen-coder", "run 1", "240/240", "done", "errors")
        await app.press("l").see_in("item", "dataset", "qwen-coder-0.5b", "mean", "mistakes", "phrase_and_exact")
        await app.is_sound()


async def test_wide_shows_means(demo: Path) -> None:
    async with running(demo, WIDE) as app:
        await app.press("2").see_in("list", "mean ± SE", "0.60 ± 0.03").press("j").see_in("item", "runs      1")
        await app.press("i", "i", "tab", "j", "tab").on("Runs").cursor_on(1)


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_opens_in_review(demo: Path, size: tuple[int, int]) -> None:
    async with running(demo, size) as app:
        await app.press("2").counts(16).press("end", "enter").on("Review").see("val · smollm2")
        await app.until(lambda: 0 < app.table.count <= 40, "not one run")
        await app.press("2", "g", "enter").on("Review").see("train · qwen-coder-0.5b ×3").counts(149)


async def test_opening_before_review_was_ever_shown(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("2")
    async with running(demo) as app:
        await app.on("Runs").counts(16).press("end", "enter").on("Review").see("val · smollm2").is_sound()


@pytest.mark.parametrize("size", SIZES)
async def test_grading_in_the_background(demo: Path, size: tuple[int, int]) -> None:
    spec = {"type": "string_check", "name": "begins", "operation": "ilike",
            "input": "{{sample.output_text}}", "reference": "{{item.reference_answer}}"}  # fmt: skip
    (demo / "graders" / "begins.json").write_text(json.dumps(spec))
    async with running(demo, size) as app:
        await app.press("2").counts(16).press("G").see("grade with", "begins.json", "python").is_sound()
        await app.type("begins.json").press("enter").see_in("footer", "begins: 240 graded, 0 were there, 0 errors")
        await app.stores("SELECT count(*) FROM grade JOIN grader ON grader.id = grader WHERE name = 'begins'", 240)
        await app.press("G").type("begins.json").press("enter").see_in("footer", "0 graded, 240 were there")
        await app.press("3", "p").see("begins")


async def test_keys_go_on_while_grading(demo: Path) -> None:
    spec = {
        "type": "python",
        "name": "slow",
        "source": "def grade(sample, item):\n    return sum(range(1500000)) * 0.0 + 0.5\n",
    }
    (demo / "graders" / "slow.json").write_text(json.dumps(spec))
    async with running(demo) as app:
        await app.press("2").counts(16).press("G").type("slow.json").press("enter").see_in("header", "grade slow")
        await app.press("G").see_in("footer", "slow is being graded").press("j", "j").cursor_on(2)
        await app.press("3").on("Review").press("a", "x").stores("SELECT count(*) FROM review", 2)


async def test_leaving_while_grading_keeps_what_is_done(demo: Path) -> None:
    spec = {
        "type": "python",
        "name": "slow",
        "source": "def grade(sample, item):\n    return sum(range(300000)) * 0.0\n",
    }
    (demo / "graders" / "slow.json").write_text(json.dumps(spec))
    async with running(demo) as app:
        await app.press("2").counts(16).press("G").type("slow.json").press("enter").see_in("header", "grade slow")
    async with running(demo) as app:
        await app.press("G").type("slow.json").press("enter").see_in("footer", "slow: ", "0 errors")
        await app.stores("SELECT count(*) FROM grade JOIN grader ON grader.id = grader WHERE name = 'slow'", 240)


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_a_bad_grader_file_is_said(demo: Path, size: tuple[int, int]) -> None:
    (demo / "graders" / "broken.json").write_text("{")
    async with running(demo, size) as app:
        await (
            app.press("2")
            .counts(16)
            .press("G")
            .type("broken.json")
            .press("enter")
            .see_in("footer", "✗ graders/broken.json")
        )
        await app.press("j").cursor_on(1).is_sound()


async def test_leaving_the_choice_grades_nothing(demo: Path) -> None:
    async with running(demo) as app:
        before = app.stored("SELECT count(*) FROM grade")
        await app.press("2").counts(16).press("G").see("grade with").press("esc").not_see("grade with")
        await app.stores("SELECT count(*) FROM grade", *before)
