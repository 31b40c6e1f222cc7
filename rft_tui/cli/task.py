"""``rft-tui task list``, ``show``, ``pause``, ``resume``, ``set`` and ``cancel``."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from rft_tui.cli import text
from rft_tui.cli.amounts import MONEY
from rft_tui.cli.console import Calling, command
from rft_tui.cli.task_lines import ended, task_json, task_line, wait_for
from rft_tui.cli.text import Column, table
from rft_tui.errors import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from rft_tui.store.tasks import StoredTask


@command
@click.option("--open", "only_open", is_flag=True, help="Only tasks that wait or run.")
def list_all(calling: Calling, only_open: bool) -> None:
    """List the tasks of the workspace, the newest first."""
    from rft_tui.store.tasks import OPEN_STATES, list_tasks

    with calling.workspace().store.read() as db:
        tasks = list_tasks(db, OPEN_STATES if only_open else None)
    if calling.as_json:
        mark = {"simulated": True} if any(task.simulated for task in tasks) else {}
        calling.emit({"tasks": [task_json(task) for task in tasks], **mark})
        return
    if not tasks:
        made = "rft-tui predict and model-graded rft-tui grade make them."
        calling.say("No task waits or runs." if only_open else f"There are no tasks yet: {made}")
        return
    columns = [
        Column("task", right=True), Column("what"), Column("state"), Column("done", right=True),
        Column("errors", right=True), Column("rate", right=True), Column("left", right=True),
        Column("requests", right=True), Column("cost", right=True), Column("message", limit=48), Column(""),
    ]  # fmt: skip
    calling.lines(table(columns, [_row(task) for task in tasks]))


def _row(task: StoredTask) -> tuple[object, ...]:
    progress = task.progress
    runs = task.state == "running"
    return (
        task.id,
        task.title,
        task.state + (f", {task.wish} wished" if task.wish else ""),
        f"{progress.done:,}/{progress.total:,}",
        progress.failed,
        f"{progress.rate:.1f}/s" if runs else None,
        text.duration(progress.eta_s) if runs else None,
        f"{progress.requests:,}",
        "unknown" if progress.unpriced else text.money(progress.cost),
        task.message,
        "SIMULATED" if task.simulated else "",
    )


@command
@click.argument("number", metavar="TASK", type=int)
@click.option("--wait", is_flag=True, help="Wait until it rests.")
def show(calling: Calling, number: int, wait: bool) -> int:
    """Show a task: how far it is, what it took, what went wrong."""
    from rft_tui.store.tasks import get_task

    workspace = calling.workspace()
    with workspace.store.read() as db:
        task = get_task(db, number)
    if wait and task.is_open:
        task = wait_for(calling, workspace, number)
    if calling.as_json:
        calling.emit(task_json(task))
        return EXIT_DONE if not wait or task.state == "done" else ended(calling, task)
    progress = task.progress
    facts = [
        ("state", task.state + (f", {task.wish} wished" if task.wish else "")),
        ("done", f"{progress.done:,} of {progress.total:,}, {progress.cached:,} of them from the cache"),
        ("errors", ", ".join(f"{count:,} {kind}" for kind, count in progress.errors.items()) or "none"),
        ("requests", f"{progress.requests:,} in {text.duration(progress.seconds)}"),
        ("tokens", f"{progress.input_tokens:,} in, {progress.output_tokens:,} out"),
        ("cost", text.money(progress.cost) + (f", {progress.unpriced:,} unknown" if progress.unpriced else "")),
        ("settings", ", ".join(f"{name} {value}" for name, value in task.settings.items()) or "as the profile says"),
        ("message", task.message),
        ("what to do", (task.error or {}).get("hint", "")),
        ("created", task.created_at),
        ("ended", task.ended_at or ""),
    ]
    calling.line(f"{task.id}  {task.title}" + ("  SIMULATED" if task.simulated else ""))
    calling.lines([f"  {name:<11}{value}" for name, value in facts if value])
    return ended(calling, task) if wait else EXIT_DONE


@command
@click.argument("number", metavar="TASK", type=int)
def pause(calling: Calling, number: int) -> None:
    """Let a task rest: calls in flight still answer, nothing new is asked."""
    from rft_tui.store.tasks import PAUSE, wish

    _change(calling, lambda db: wish(db, number, PAUSE))


@command
@click.argument("number", metavar="TASK", type=int)
def cancel(calling: Calling, number: int) -> None:
    """End a task; what is done is kept."""
    from rft_tui.store.tasks import CANCEL, wish
    from rft_tui.tasks.background.launching import ensure_worker

    workspace = calling.workspace()
    if _change(calling, lambda db: wish(db, number, CANCEL)).is_open:
        ensure_worker(workspace.store, workspace.folder)


@command
@click.argument("number", metavar="TASK", type=int)
@click.option("--wait", is_flag=True, help="Wait until it rests again.")
def resume(calling: Calling, number: int, wait: bool) -> int:
    """Let a task go on that is paused, failed or cancelled."""
    from rft_tui.store.tasks import queue_again
    from rft_tui.tasks.background.launching import ensure_worker

    workspace = calling.workspace()
    task = _change(calling, lambda db: queue_again(db, number), quiet=wait)
    if not wait:
        ensure_worker(workspace.store, workspace.folder)
        return EXIT_DONE
    task = wait_for(calling, workspace, number)
    if calling.as_json and not task.error:
        calling.emit(task_json(task))
    return ended(calling, task)


@command
@click.argument("number", metavar="TASK", type=int)
@click.option("--concurrency", metavar="C", type=click.IntRange(min=1), help="Most calls in flight.")
@click.option("--spend-cap", metavar="X", type=MONEY, help="US dollars, in all.")
@click.option("--token-cap", metavar="N", type=click.IntRange(min=1), help="Tokens, in all.")
def change(
    calling: Calling, number: int, concurrency: int | None, spend_cap: float | None, token_cap: int | None
) -> None:
    """Change how a task works, also while it runs."""
    from rft_tui.store.tasks import change_settings

    changes = {"concurrency": concurrency, "spend_cap": spend_cap, "token_cap": token_cap}
    given = {name: value for name, value in changes.items() if value is not None}
    if not given:
        raise UsageError("say what to change", hint="--concurrency, --spend-cap or --token-cap.")
    _change(calling, lambda db: change_settings(db, number, given))


def _change(calling: Calling, do: Callable[[sqlite3.Connection], StoredTask], *, quiet: bool = False) -> StoredTask:
    with calling.workspace().store.write() as db:
        task = do(db)
    if calling.as_json and not quiet:
        calling.emit(task_json(task))
    elif not quiet:
        calling.line(f"{task.id}  {task.state}{f', {task.wish} wished' if task.wish else ''}: {task_line(task)}")
    return task
