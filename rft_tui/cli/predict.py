"""``rft-tui predict``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rft_tui.cli import text
from rft_tui.cli.amounts import MONEY
from rft_tui.cli.console import Calling, command
from rft_tui.cli.task_lines import ended, task_json, wait_for
from rft_tui.errors import EXIT_DONE, UsageError
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line

if TYPE_CHECKING:
    from rft_tui.providers.profiles import NamedProfile
    from rft_tui.store.tasks import StoredTask
    from rft_tui.tasks.predicting.planning import PredictPlan
    from rft_tui.tasks.predicting.requests import PredictRequest
    from rft_tui.workspace import Workspace


@command
@click.argument("dataset")
@click.option("--model", "models", metavar="M", multiple=True, required=True, help="A model; repeat it for several.")
@click.option("--profile", metavar="P", default="", help="How to reach the service: rft-tui profile list.")
@click.option("--effort", "efforts", metavar="E", multiple=True, help="Reasoning effort; repeat it for several.")
@click.option("--summary", type=click.Choice(["auto", "concise", "detailed"]), help="Ask for a reasoning summary.")
@click.option("--prompt", metavar="P", default="", help="A prompt: a name, NAME@HASH or a file.")
@click.option("--developer", is_flag=True, help="Send the prompt as a developer message.")
@click.option("--runs", metavar="N", type=int, default=1, show_default=True, help="Runs of each way, counted from 1.")
@click.option("--where", metavar="FIELD~REGEX", multiple=True, help="Only items whose field matches; repeat it.")
@click.option("--contains", metavar="TEXT", default="", help="Only items whose question or reference holds a text.")
@click.option("--marked", is_flag=True, help="Only items with a prediction that is marked in Review.")
@click.option("--sample", metavar="K", type=int, help="Only a seeded sample of K items.")
@click.option("--seed", metavar="S", type=int, default=42, show_default=True, help="The seed of the sample.")
@click.option("--limit", metavar="K", type=int, help="Only the first K items.")
@click.option("--temperature", metavar="T", type=float, help="Sampling temperature; reasoning models refuse it.")
@click.option("--top-p", metavar="P", type=float, help="Nucleus sampling.")
@click.option("--max-output-tokens", metavar="N", type=int, help="Output limit, reasoning included; none unless said.")
@click.option("--service-seed", metavar="N", type=int, help="The service's sampling seed (chat only).")
@click.option("--response-format", metavar="FILE", type=click.Path(path_type=Path), help="JSON schema of the answers.")
@click.option("--service-tier", metavar="T", default="", help="auto, default, flex (slow, half price), priority.")
@click.option("--concurrency", metavar="C", type=int, help="Most calls in flight (default: the profile's).")
@click.option("--spend-cap", metavar="X", type=MONEY, help="Stop before more than X US dollars are spent.")
@click.option("--token-cap", metavar="N", type=int, help="Stop before more than N tokens are used.")
@click.option("--then-grade", metavar="G", default="", help="A grader, NAME or NAME@HASH, that grades the runs then.")
@click.option("--batch", is_flag=True, help="Through the service's batches: half the price, up to a day.")
@click.option("--no-cache", is_flag=True, help="Take nothing from the cache: ask anew, as new runs.")
@click.option("--detach", is_flag=True, help="Do not wait: the work goes on in the background.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done and what it may cost.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def predict(calling: Calling, **options: Any) -> int:
    """Ask models for predictions on a dataset.

    What was asked before in the same way is not asked again. The work is done in the background and outlives the
    terminal; Ctrl-C ends it, and the same command goes on from there. Exit status 1 if some items ended in errors.
    """
    return ask(calling, calling.workspace(), _request(options), options)


def ask(calling: Calling, workspace: Workspace, request: PredictRequest, options: dict[str, Any]) -> int:
    """Say what a request comes to, ask whether it shall be, and do it; `options` are dry_run, yes and detach."""
    from rft_tui.cli.choose import choose_prompt
    from rft_tui.providers.profiles import find_key, named_profile
    from rft_tui.tasks.predicting.planning import plan, start

    profile = named_profile(workspace.settings, request.profile or None)
    prompt = choose_prompt(workspace, request.prompt) if request.prompt else None
    judge = named_profile(workspace.settings, None, judge=True) if request.then_grade else None
    planned = plan(workspace.store, request, profile, prompt, judge)
    if options["dry_run"]:
        if calling.as_json:
            calling.emit(_plan_json(planned))
        else:
            _say_plan(planned, calling.line)
        return EXIT_DONE
    _say_plan(planned, calling.tell)
    grading = planned.grading
    if all(run.present == run.items for run in planned.runs) and grading is None:
        return _report(calling, workspace, planned, None)
    if planned.requests or (grading is not None and grading.questions):
        find_key(profile if planned.requests or judge is None else judge)
        _refuse_unpriced_cap(planned)
        planned = replace(planned, warnings=(*planned.warnings, *(said := _said_by_the_service(workspace, planned))))
        for warning in said:
            calling.tell(warning)
        question = f"Make {text.counted(planned.requests, 'request')}, about {text.money(planned.estimate.cost)}"
        question += "?" if grading is None else f", {grading.said}?"
        if not options["yes"] and not options["detach"] and not calling.confirm(question):
            calling.tell("Nothing was done.")
            return EXIT_DONE
    task = start(workspace.store, planned)
    stored = wait_for(calling, workspace, task, detach=options["detach"])
    graded = None if grading is None or options["detach"] else _wait_for_grading(calling, workspace, task)
    if options["detach"]:
        if calling.as_json:
            calling.emit(task_json(stored))
        return EXIT_DONE
    return _report(calling, workspace, planned, stored, graded)


def _wait_for_grading(calling: Calling, workspace: Workspace, task: int) -> StoredTask | None:
    """Wait for the grading that followed a task, and say what came of it; None where nothing was left to grade."""
    from rft_tui.store.tasks import list_tasks

    with workspace.store.read() as db:
        found = next((one for one in list_tasks(db) if one.request.get("after") == task), None)
    if found is None:
        return None
    graded = wait_for(calling, workspace, found.id, detach=False)
    calling.tell(f"{graded.title}: {graded.state}" + (f", {graded.message}" if graded.message else ""))
    return graded


def _request(options: dict[str, Any]) -> PredictRequest:
    from rft_tui.tasks.predicting.requests import ItemChoice, PredictRequest
    from rft_tui.tasks.predicting.response_format import load_response_format

    schema: Path | None = options["response_format"]
    parameters: JsonObject = {
        name: value
        for name, value in (
            ("temperature", options["temperature"]),
            ("top_p", options["top_p"]),
            ("max_output_tokens", options["max_output_tokens"]),
            ("seed", options["service_seed"]),
            ("summary", options["summary"]),
            ("response_format", schema and load_response_format(schema)),
        )
        if value is not None
    }
    items = ItemChoice(
        options["where"], options["contains"], options["marked"], options["sample"], options["seed"], options["limit"]
    )
    return PredictRequest(
        options["dataset"],
        options["models"],
        options["profile"],
        options["efforts"] or ("",),
        options["prompt"],
        options["developer"],
        options["runs"],
        items,
        parameters,
        options["service_tier"],
        options["concurrency"],
        options["spend_cap"],
        options["token_cap"],
        options["batch"],
        options["no_cache"],
        options["then_grade"],
    )


def _refuse_unpriced_cap(planned: PredictPlan) -> None:
    if planned.request.spend_cap is not None and planned.estimate.cost is None:
        raise UsageError(
            "a spend cap in money needs the model's price, which is not known",
            hint="Write the price into rft.toml ([profiles.NAME.prices.MODEL] input, output), or use --token-cap.",
        )


def _said_by_the_service(workspace: Workspace, planned: PredictPlan) -> list[str]:
    """What a service that is not on this machine says of models before money is spent: when they end."""
    from rft_tui.tasks.predicting.plan_warnings import served_warnings

    if planned.profile.is_loopback and not planned.profile.is_simulated:
        return []
    said = asyncio.run(
        served_warnings(planned.profile, workspace.store.path.parent, list(dict.fromkeys(planned.request.models)))
    )
    return [warning for warning in said if warning not in planned.warnings]


def _say_plan(planned: PredictPlan, say: Callable[[str], None]) -> None:
    figures = planned.estimate
    if planned.request.batch:
        say("through the service's batches: half the price, and up to a day")
    runs, items = text.counted(len(planned.runs), "run"), text.counted(planned.items, "item")
    say(f"{runs} × {items}: {text.counted(planned.requests, 'request')} to make, {planned.known:,} known")
    if planned.requests:
        say(
            f"about {figures.input_tokens:,} tokens in, {figures.output_tokens:,} out: "
            + (text.money(figures.cost) if figures.cost is not None else "unknown price")
        )
        for note in figures.notes:
            say(note)
    for warning in planned.warnings:
        say(warning)


def _plan_json(planned: PredictPlan) -> JsonObject:
    figures = planned.estimate
    document: JsonObject = {
        "dataset": planned.dataset.name,
        "items": planned.items,
        "runs": [
            {
                "run": one.run, "model": one.key.model, "effort": one.key.effort, "run_index": one.key.run_index,
                "present": one.present, "cached": one.cached, "requests": one.requests,
            }
            for one in planned.runs
        ],
        "requests": planned.requests,
        "cached": planned.known,
        "estimate": {
            "input_tokens": figures.input_tokens, "output_tokens": figures.output_tokens, "cost": figures.cost,
            "notes": list(figures.notes),
        },
        "warnings": list(planned.warnings),
    }  # fmt: skip
    return document | ({"simulated": True} if planned.profile.is_simulated else {})


def _report(
    calling: Calling,
    workspace: Workspace,
    planned: PredictPlan,
    task: StoredTask | None,
    graded: StoredTask | None = None,
) -> int:
    """Say what came of it; the exit code."""
    from rft_tui.cli.run import run_json, run_table
    from rft_tui.store.run_figures import error_examples
    from rft_tui.store.runs import find_run, list_runs

    with workspace.store.read() as db:
        found = [find_run(db, one.key) for one in planned.runs]
        runs = list_runs(db, [run for run in found if run is not None])
        failed = error_examples(db, [run.id for run in runs]) if any(run.errors for run in runs) else []
    progress = None if task is None else task.progress
    present = sum(one.present for one in planned.runs)
    errors = {} if progress is None else progress.errors
    if calling.as_json and (task is None or not task.error):
        document: JsonObject = {
            "runs": [run_json(run) for run in runs],
            "requests": progress.requests if progress else 0,
            "cached": present + (progress.cached if progress else 0),
            "done": present + (progress.done if progress else 0),
            "errors": errors,
            "seconds": progress.seconds if progress else 0.0,
            "cost": 0.0 if progress is None else None if progress.unpriced else progress.cost,
            "task": None if task is None else task.id,
            "state": "done" if task is None else task.state,
            "message": "" if task is None else task.message,
            "error_messages": {one.kind: one.message for one in failed},
            "warnings": list(planned.warnings),
        }
        if graded is not None:
            document["grading"] = task_json(graded)
        simulated = planned.profile.is_simulated or any(run.simulated for run in runs)
        calling.emit(document | ({"simulated": True} if simulated else {}))
    elif not calling.as_json:
        calling.lines(run_table(runs))
        for one in failed:
            calling.say(f"{one.count:,} × {one.kind}: {one_line(one.message, 300)}")
    if task is None:
        calling.tell("Everything is known already; nothing was asked.")
        return EXIT_DONE
    return ended(calling, task)


def profile_of_runs(workspace: Workspace, names: set[str], given: str) -> NamedProfile:
    """The profile that runs are asked through again: the one that is said, or their own."""
    from rft_tui.providers.profiles import named_profile

    if given:
        return named_profile(workspace.settings, given)
    if len(names) > 1:
        raise UsageError(f"the runs have {len(names)} profiles", hint="Name runs of one profile at a time.")
    return named_profile(workspace.settings, next(iter(names)))
