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


@pytest.mark.parametrize("size", SIZES)
async def test_long_names_of_models_keep_what_tells_them_apart(demo: Path, size: tuple[int, int]) -> None:
    item = {"messages": [{"role": "user", "content": "q"}], "reference_answer": "a"}
    models = [f"ftjob-8x2kQ0Zr7yMt31LbW:step-00{step}" for step in (10, 20)]
    models += [f"ft:o4-mini-2025-04-16:some-company:a-long-suffix:AbC123:ckpt-step-{step}" for step in (10, 20)]
    file = demo / "long.jsonl"
    lines = [{"item": item, "output_text": "a", "model": model, "run_index": 1} for model in models]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    async with running(demo, size) as app:
        await app.press("2").counts(16).press("I").type(str(file)).press("enter")
        await app.until(lambda: app.table.count > 16, "not there")
        await app.press("end").see_in("list", "step-0010 ×1", "step-0020 ×1", "step-10 ×1", "step-20 ×1").is_sound()


async def test_keys_of_help_are_those_that_count(demo: Path) -> None:
    async with running(demo) as app:
        await app.press("2").counts(16).press("?").see("Grade the runs of the line")
        leads = [key for choice in app.app.screen._choices for key in choice.lead.split()]  # type: ignore[attr-defined]
        assert sorted(leads) == sorted(set(leads))
        assert leads.count("G") == 1
        await app.type("last line").see("end", "To the last line").press("esc").press("6", "n").see("▸New job")
        await app.press("?").see("ctrl+s")
        choices = app.app.screen._choices  # type: ignore[attr-defined]
        leads = [key for choice in choices for key in choice.lead.split()]
        assert sorted(leads) == sorted(set(leads))
        assert len({choice.text for choice in choices}) == len(choices)
