"""Tasks on the command line: as JSON, as a line that moves, and waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rft_tui.cli import text
from rft_tui.cli.console import Calling
from rft_tui.errors import EXIT_DONE, EXIT_FAILURES, RftError, ServiceError
from rft_tui.model import JsonObject

if TYPE_CHECKING:
    from rft_tui.store.tasks import StoredTask
    from rft_tui.workspace import Workspace


def task_json(task: StoredTask) -> JsonObject:
    """One task as scripts read it."""
    progress = task.progress
    document: JsonObject = {
        "task": task.id,
        "kind": task.kind,
        "title": task.title,
        "state": task.state,
        "wish": task.wish,
        "total": progress.total,
        "done": progress.done,
        "cached": progress.cached,
        "requests": progress.requests,
        "errors": progress.errors,
        "tokens": progress.input_tokens + progress.output_tokens,
        "cost": None if progress.unpriced else progress.cost,
        "rate": progress.rate,
        "eta_s": progress.eta_s if task.is_open else None,
        "seconds": progress.seconds,
        "settings": task.settings,
        "message": task.message,
        "error": task.error,
        "created_at": task.created_at,
        "started_at": task.started_at,
        "ended_at": task.ended_at,
    }
    return document | ({"simulated": True} if task.simulated else {})


def task_line(task: StoredTask) -> str:
    """How a task stands, on one line."""
    from rft_tui.tasks.jobs.task_kinds import JOB_KINDS, bad_end

    progress = task.progress
    if task.kind in JOB_KINDS:
        count = f" {progress.ended:,}/{progress.total:,}" if progress.total else ""
        said = "waiting for the worker" if task.state == "queued" else task.message
        sign = {"": "", "failed": "✗ "}.get(bad_end(task), "! ")
        return f"{sign}{task.title}{count}" + (f" · {said}" if said else "")
    parts = [f"{task.title} {progress.ended:,}/{progress.total:,}"]
    if task.state == "queued":
        parts.append("waiting for the worker")
    elif task.is_open:
        parts.append(f"{progress.rate:.1f}/s")
        if progress.eta_s is not None:
            parts.append(f"{text.duration(progress.eta_s)} left")
    if progress.cached:
        parts.append(f"{progress.cached:,} from the cache")
    parts.append(text.counted(progress.failed, "error"))
    if progress.cost or progress.unpriced:
        parts.append(text.money(progress.cost) + (" and unknown prices" if progress.unpriced else ""))
    if task.message:
        parts.append(task.message)
    return " · ".join(parts)


def wait_for(calling: Calling, workspace: Workspace, task: int, *, detach: bool = False) -> StoredTask:
    """Wait until a task rests, showing how it stands; at once if detached. Ctrl-C cancels the task."""
    from rft_tui.store.tasks import get_task
    from rft_tui.tasks.background.following import cancel_and_wait, follow
    from rft_tui.tasks.background.launching import ensure_worker

    if detach:
        ensure_worker(workspace.store, workspace.folder)
        with workspace.store.read() as db:
            stored = get_task(db, task)
        calling.tell(f"Task {task} goes on in the background: rft-tui task show {task}.")
        return stored
    try:
        return follow(workspace.store, workspace.folder, task, lambda one: calling.status(task_line(one)))
    except KeyboardInterrupt:
        stored = cancel_and_wait(workspace.store, task)
        calling.say(f"{stored.state}: {task_line(stored)}. rft-tui task resume {task} goes on.")
        raise


def ended(calling: Calling, task: StoredTask) -> int:
    """Say how a task ended; the exit code. Raises the error that stopped it, as it was."""
    progress = task.progress
    if task.state == "failed":
        stored = task.error or {}
        kind = ServiceError if stored.get("kind") == "service" else RftError
        raise kind(
            f"task {task.id}: {stored.get('message', task.message)}",
            hint=f"{stored.get('hint', '').replace('rft-tui task resume goes on.', '').strip()}"
            f" rft-tui task resume {task.id} goes on where it was.".strip(),
        )
    if task.state != "done":
        calling.tell(f"Task {task.id} is {task.state}: {task.message or 'rft-tui task resume goes on'}")
        return EXIT_FAILURES
    return EXIT_FAILURES if progress.failed else EXIT_DONE
