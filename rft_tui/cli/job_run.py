"""``rft-tui job run``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from rft_tui.cli.amounts import MONEY
from rft_tui.cli.console import Calling, command
from rft_tui.cli.job_find import find_job, fresh
from rft_tui.errors import UsageError

if TYPE_CHECKING:
    from rft_tui.store.jobs import StoredJob
    from rft_tui.workspace import Workspace


@command
@click.argument("name", metavar="JOB")
@click.option("--checkpoint", metavar="STEP", type=int, help="The model after a step, in place of the finished one.")
@click.option("--dataset", metavar="D", default="", help="Other rows than those that the job was validated on.")
@click.option("--runs", metavar="N", type=int, help="Runs of each row (default: as the base was run, else 1).")
@click.option("--profile", metavar="P", default="", help="Another way to reach the same service.")
@click.option("--spend-cap", metavar="X", type=MONEY, help="Stop before more than X US dollars are spent.")
@click.option("--detach", is_flag=True, help="Do not wait: the work goes on in the background.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done and what it may cost.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def run(
    calling: Calling,
    name: str,
    checkpoint: int | None,
    dataset: str,
    runs: int | None,
    profile: str,
    spend_cap: float | None,
    detach: bool,
    dry_run: bool,
    yes: bool,
) -> int:
    """Run the model that a job made on the rows it was validated on, and grade it by the job's own grader.

    Prompt, effort and runs are those that its base was run with; what a model grader will ask is said before anything
    begins.
    """
    from rft_tui.cli.predict import ask
    from rft_tui.tasks.jobs.follow_up import follow_up
    from rft_tui.tasks.jobs.reaching import profile_of_job

    workspace = calling.workspace()
    job = find_job(calling, workspace, name, profile)
    if not job.has_ended:
        job, _live = fresh(calling, workspace, job, profile)
    made = follow_up(workspace.store, job, _model(workspace, job, checkpoint))
    if made.missing and not dataset:
        raise UsageError(made.missing, hint="--dataset D names rows; rft-tui data list shows them.")
    if made.ungraded:
        calling.tell(f"not graded afterwards: {made.ungraded}")
    request = replace(
        made.request, dataset=dataset or made.request.dataset, runs=(made.request.runs or 1) if runs is None else runs,
        profile=profile_of_job(workspace.settings, job, profile).name, spend_cap=spend_cap,
    )  # fmt: skip
    if runs is None and not made.request.runs:
        calling.tell(f"{job.model} was never run on these rows with this prompt here: one run; --runs N for more")
    return ask(calling, workspace, request, {"dry_run": dry_run, "yes": yes, "detach": detach})


def _model(workspace: Workspace, job: StoredJob, step: int | None) -> str:
    """The finished model, else the newest checkpoint, or that after a step. Raises UsageError where there is none."""
    from rft_tui.tasks.jobs.follow_up import models_of

    with workspace.store.read() as db:
        models = models_of(db, job)
    found = [model for at, model in models if step is None or at == step]
    if found:
        return found[0]
    if models:
        there = ", ".join(str(at) for at, _model in models if at is not None) or "none"
        raise UsageError(f"{job.label} has no checkpoint of step {step}", hint=f"Steps with one: {there}.")
    raise UsageError(f"{job.label} has made no model yet", hint=f"rft-tui job watch {job.id} shows how far it is.")
