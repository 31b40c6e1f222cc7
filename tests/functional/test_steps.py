"""Answers of a model that is still learning: the steps of its job in a row of their own in Review."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rft_tui.graders.spec import load_spec
from rft_tui.interchange.importer import import_predictions
from rft_tui.store.steps import parameters_at
from rft_tui.tasks.grade import grade_runs
from rft_tui.tasks.graders import ensure_grader
from rft_tui.tasks.import_data import import_dataset
from rft_tui.workspace import init_workspace, open_workspace
from tests.functional.driver import NARROW, SIZES, running

STEPS = range(0, 205, 5)

ROW = {"messages": [{"role": "user", "content": "Which word?"}], "reference_answer": "learned"}


@pytest.fixture
def learned(tmp_path: Path) -> Path:
    """One item that a model answers after every fifth step; from step 100 on it knows the answer."""
    folder = tmp_path / "learned"
    init_workspace(folder)
    (folder / "rows.jsonl").write_text(json.dumps(ROW) + "\n")
    predictions = [
        {"item": ROW, "output_text": f"word {step}" if step < 100 else "learned", "model": "o4", "run_index": at}
        for at, step in enumerate(STEPS, start=1)
    ]
    (folder / "predictions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in predictions))
    spec = {"type": "string_check", "name": "exact", "operation": "eq", "input": "{{sample.output_text}}",
            "reference": "{{item.reference_answer}}"}  # fmt: skip
    (folder / "graders" / "exact.json").write_text(json.dumps(spec))
    workspace = open_workspace(folder)
    try:
        import_dataset(workspace.store, folder / "rows.jsonl", "val")
        import_predictions(workspace.store, [folder / "predictions.jsonl"], prompts_folder=workspace.prompts_folder)
        grade_runs(workspace.store, ensure_grader(workspace.store, load_spec(folder / "graders" / "exact.json")))
        with workspace.store.write() as db:
            for at, step in enumerate(STEPS, start=1):
                db.execute(
                    "UPDATE run SET parameters = ?, run_index = 1 WHERE run_index = ? AND parameters NOT LIKE '%step%'",
                    [parameters_at("ftjob-one", step), at],
                )
            db.execute("UPDATE prediction SET run_index = 1")
    finally:
        workspace.store.close()
    return folder


@pytest.mark.parametrize("size", SIZES)
async def test_steps_have_rows_of_their_own(learned: Path, size: tuple[int, int]) -> None:
    async with running(learned, size) as app:
        await app.press("M").see("[0 ▁.00]", "steps ", "  5 ▁.00 ", " 10 ▁.00 ").is_sound()
        if size == NARROW:
            await app.press("h", "g").counts(1).press("enter").see("[0 ▁.00]")
        rows = [line for line in app.part("item") if "▁.00" in line]
        assert rows[0].lstrip().startswith("steps")
        assert len(rows) == 2
        assert rows[1].rstrip().endswith("…")
        assert rows[0].index("10 ▁.00") > rows[0].index("5 ▁.00") > rows[0].index("[0 ▁.00]")


async def test_the_step_on_screen_stays_in_sight(learned: Path) -> None:
    async with running(learned) as app:
        await app.press("M").see("[0 ▁.00]")
        for step in STEPS[1:24]:
            await app.press("]").see(f"[{step} ")
        await app.see("steps…", "[115 █1.00]", "100 █1.00", "95 ▁.00").is_sound()
