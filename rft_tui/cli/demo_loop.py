"""The loop of the demo without a terminal: predict, grade with a model grader, read; the simulated service answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rft_tui.cli.console import Calling
from rft_tui.cli.task_lines import ended, task_line, wait_for
from rft_tui.sample import sample_folder

if TYPE_CHECKING:
    from rft_tui.workspace import Workspace

PROFILE = "simulated"
DATASET, MODEL, RUNS, ITEMS = "val", "simulated-smollm2", 2, 20
JUDGED_WITH = "same_thing.json"
"""What the loop asks, and the sample grader whose judge is asked then."""


def run_loop(calling: Calling, workspace: Workspace) -> None:
    """Ask, then grade. What was done in an earlier demo in the same folder is not done again."""
    from rft_tui.graders.spec import load_spec
    from rft_tui.providers.profiles import named_profile
    from rft_tui.tasks.graders import ensure_grader
    from rft_tui.tasks.judging.task import start_grading
    from rft_tui.tasks.predicting.planning import plan, start
    from rft_tui.tasks.predicting.requests import ItemChoice, PredictRequest

    store = workspace.store
    profile = named_profile(workspace.settings, PROFILE)
    request = PredictRequest(DATASET, (MODEL,), PROFILE, runs=RUNS, items=ItemChoice(limit=ITEMS))
    planned = plan(store, request, profile, None)
    calling.say(f"SIMULATED: {MODEL} is asked {planned.requests} questions of {DATASET} by the embedded service")
    task = wait_for(calling, workspace, start(store, planned))
    ended(calling, task)
    calling.say(task_line(task))
    grader = ensure_grader(store, load_spec(sample_folder() / "graders" / JUDGED_WITH))
    with store.read() as db:
        runs = [run for run, _model in db.execute("SELECT id, model FROM run WHERE simulated ORDER BY id")]
    judged = wait_for(calling, workspace, start_grading(store, grader, runs, profile, item_timeout_s=120.0))
    ended(calling, judged)
    calling.say(f"SIMULATED: {task_line(judged)}")
