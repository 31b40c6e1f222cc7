"""``rft-tui run list`` and ``show``."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import click

from rft_tui.cli import text
from rft_tui.cli.console import Calling, command
from rft_tui.cli.text import Column, table
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line

if TYPE_CHECKING:
    from rft_tui.store.graders import StoredGrader
    from rft_tui.store.runs import StoredRun
    from rft_tui.store.summary import ScoreSummary


def run_json(run: StoredRun) -> JsonObject:
    """One run as every list gives it; `tokens` are in and out together, `cost` (US dollars) null without a price."""
    document: JsonObject = {
        "run": run.id,
        "dataset": run.dataset,
        "profile": run.profile,
        "model": run.model,
        "effort": run.effort,
        "prompt": run.prompt_name or run.prompt[:4] or None,
        "run_index": run.run_index,
        "items": run.items,
        "done": run.done,
        "errors": run.errors,
        "tokens": run.input_tokens + run.output_tokens,
        "cost": run.cost,
        "cached": run.cached,
        "served_models": list(run.served_models),
        "parameters": run.parameters,
        "reasoning_tokens": run.reasoning_tokens,
        "latency_s": run.latency_s,
        "source": run.source,
    }
    return document | ({"simulated": True} if run.simulated else {})


def run_table(runs: list[StoredRun]) -> list[str]:
    """The table of some runs."""
    columns = [
        Column("run", right=True), Column("dataset"), Column("model"), Column("effort"), Column("prompt"),
        Column("index", right=True), Column("done", right=True), Column("items", right=True),
        Column("errors", right=True), Column("tokens", right=True), Column("cost", right=True),
        Column("s/call", right=True), Column("profile"), Column("parameters", limit=40), Column("answered by"),
        Column(""),
    ]  # fmt: skip
    return table(
        columns,
        [
            (
                run.id,
                run.dataset,
                run.model,
                run.effort,
                f"{run.prompt_name}@{run.prompt[:4]}" if run.prompt else None,
                run.run_index,
                f"{run.done:,}",
                f"{run.items:,}",
                run.errors,
                f"{run.input_tokens + run.output_tokens:,}",
                None if run.cost is None else text.money(run.cost),
                None if run.latency_s is None else f"{run.latency_s:.1f}",
                run.profile,
                ", ".join(f"{name} {_value(value)}" for name, value in run.parameters.items()),
                ", ".join(run.served_models) if set(run.served_models) - {run.model} else None,
                "SIMULATED" if run.simulated else "",
            )
            for run in runs
        ],
    )


def _value(value: object) -> str:
    """A parameter in a cell; a schema is only named."""
    return "…" if isinstance(value, dict) else str(value)


@command
def list_all(calling: Calling) -> None:
    """List the runs of the workspace."""
    from rft_tui.store.runs import list_runs

    with calling.workspace().store.read() as db:
        runs = list_runs(db)
    if calling.as_json:
        mark = {"simulated": True} if any(run.simulated for run in runs) else {}
        calling.emit({"runs": [run_json(run) for run in runs], **mark})
    elif runs:
        calling.lines(run_table(runs))
    else:
        calling.say("There are no runs yet. Bring predictions in: rft-tui import FILE or FOLDER.")


@command
@click.argument("names", metavar="RUN...", nargs=-1, required=True)
def show(calling: Calling, names: tuple[str, ...]) -> None:
    """Show runs (ids or model names) with what each grader says of them."""
    from rft_tui.store.run_figures import error_examples
    from rft_tui.store.runs import list_runs, resolve_runs

    with calling.workspace().store.read() as db:
        runs = list_runs(db, resolve_runs(db, names))
        found = {run.id: graders_of(db, [run.id]) for run in runs}
        errors = {run.id: error_examples(db, [run.id]) for run in runs if run.errors}
    if calling.as_json:
        mark = {"simulated": True} if any(run.simulated for run in runs) else {}
        documents = [
            run_json(run)
            | {
                "graders": [summary_json(*one) for one in found[run.id]],
                "error_messages": {one.kind: one.message for one in errors.get(run.id, ())},
            }
            for run in runs
        ]
        calling.emit({"runs": documents, **mark})
        return
    calling.lines(run_table(runs))
    for run, examples in errors.items():
        calling.lines([f"run {run}: {one.count:,} × {one.kind}: {one_line(one.message, 300)}" for one in examples])
    calling.line()
    rows = [(run.id, *summary_cells(*one)) for run in runs for one in found[run.id]]
    if rows:
        calling.lines(table([Column("run", right=True), *SUMMARY_COLUMNS], rows))
    else:
        calling.say("Nothing is graded yet: rft-tui grade --grader G --run R.")


def graders_of(db: sqlite3.Connection, runs: list[int]) -> list[tuple[StoredGrader, ScoreSummary]]:
    """What each grader version that graded anything in the runs says of them."""
    from rft_tui.store.graders import list_graders
    from rft_tui.store.summary import summarise

    pairs = [(grader, summarise(db, grader.id, grader.rule, runs)) for grader in list_graders(db)]
    return [pair for pair in pairs if pair[1].graded]


def grader_json(grader: StoredGrader) -> JsonObject:
    """Which version of which grader."""
    return {"name": grader.name, "type": grader.type, "version": grader.version}


def summary_json(grader: StoredGrader, summary: ScoreSummary) -> JsonObject:
    """The figures of one grader version."""
    return {
        "grader": grader_json(grader),
        "scored": summary.scored,
        "errors": summary.errors,
        "mistakes": summary.mistakes,
        "mean": summary.mean.mean,
        "se": summary.mean.standard_error,
        "items": summary.mean.items,
        "pass_rate": summary.pass_rate,
        **summary.as_json(),
    }


SUMMARY_COLUMNS = [
    Column("grader"), Column("mean ± SE", right=True), Column("pass", right=True), Column("scored", right=True),
    Column("errors", right=True), Column("mistakes", right=True), Column("full", right=True),
    Column("formatting", right=True), Column("partial", right=True), Column("off-base", right=True),
]  # fmt: skip
"""Titles of a table of figures."""


def summary_cells(grader: StoredGrader, summary: ScoreSummary) -> tuple[object, ...]:
    """The figures of one grader version as a row of a table."""
    return (
        grader.label,
        text.mean(summary),
        text.share(summary.pass_rate),
        f"{summary.scored:,}",
        summary.errors,
        f"{summary.mistakes:,}",
        *(f"{count:,}" for count in summary.bands.values()),
    )
