"""Tasks in few words: the strip in the header, how one ended, money and durations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from rft_tui.safetext import one_line
from rft_tui.store.tasks import StoredTask, TaskState
from rft_tui.tasks.jobs.task_kinds import JOB_KINDS, bad_end
from rft_tui.tui.paint import Line, line_length

STATE_SIGNS: dict[TaskState, tuple[str, str]] = {
    TaskState.QUEUED: ("…", "text.dim"),
    TaskState.RUNNING: ("▸", "state.info"),
    TaskState.PAUSED: ("‖", "state.warning"),
    TaskState.DONE: ("✓", "state.good"),
    TaskState.FAILED: ("✗", "state.bad"),
    TaskState.CANCELLED: ("–", "text.dim"),
}
"""A sign and a colour for each state; the word always stands beside it."""


def sign_of(task: StoredTask) -> tuple[str, str]:
    """Sign and colour of how a task stands; work for a job is no better than how that job ended."""
    if bad := bad_end(task):
        return ("✗", "state.bad") if bad == "failed" else ("!", "state.warning")
    return STATE_SIGNS[task.state]


def counted(number: int, noun: str) -> str:
    """``1 error``, ``2 errors``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def money(dollars: float) -> str:
    """US dollars with as many digits as say something."""
    if dollars == 0:
        return "$0"
    if dollars < 0.01:
        return f"${dollars:.4f}" if dollars >= 0.0001 else "<$0.0001"
    return f"${dollars:,.2f}"


def about_cost(cost: float | None) -> str:
    """What something may cost in US dollars; None where a price is not known."""
    return "unknown price" if cost is None else f"about {money(cost)}"


def at_most(questions: int, cost: float | None, *, through: str = "", simulated: bool = False) -> str:
    """What asking a judge takes: ``at most 12 SIMULATED questions through NAME, about $0.02``."""
    asked = counted(questions, "SIMULATED question" if simulated else "question")
    return f"at most {asked}{f' through {through}' if through else ''}, {about_cost(cost)}"


def short_count(number: int) -> str:
    """A count of tokens in few letters: ``840``, ``61k``, ``1.2M``."""
    if number < 1000:
        return str(number)
    return f"{number / 1000:.0f}k" if number < 999_500 else f"{number / 1_000_000:.1f}M"


def duration(seconds: float) -> str:
    """A time in the two largest units that matter: ``3 s``, ``2 min``, ``1 h 20 min``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} days"


def moment(stored: str) -> str:
    """A stored time as the clock on this machine shows it, to the minute; what is no time stays as it is."""
    try:
        return datetime.fromisoformat(stored).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return one_line(stored, 30)


def short_name(task: StoredTask) -> str:
    """What the task is about, without the dataset."""
    return one_line(task.title.rpartition(" on ")[0] or task.title, 34)


def standing(task: StoredTask) -> str:
    """How far the task is, or what it waits for."""
    if task.wish:
        return {"pause": "pausing", "cancel": "ending"}.get(task.wish, task.wish)
    if task.state is TaskState.QUEUED:
        return "waits for the worker"
    return one_line(task.message, 60)


def _figures(task: StoredTask) -> list[tuple[str, str]]:
    """Rate, time left, errors and spend, in the order in which they are shown."""
    progress = task.progress
    parts = [(standing(task), "state.warning")] if standing(task) else []
    if task.kind in JOB_KINDS:
        return parts or [(task.state, "text.dim")]
    if task.state is TaskState.RUNNING:
        if progress.rate:
            parts.append((f"{progress.rate:.0f}/s" if progress.rate >= 9.5 else f"{progress.rate:.1f}/s", "text.dim"))
        if progress.eta_s is not None and progress.ended < progress.total:
            parts.append((f"ends in {duration(progress.eta_s)}", "text.dim"))
    if progress.total or progress.failed or not parts:
        parts.append((counted(progress.failed, "error"), "state.bad" if progress.failed else "text.dim"))
    if progress.cost:
        parts.append((money(progress.cost), "text.dim"))
    return parts


def _ways(task: StoredTask) -> Iterator[Line]:
    """The task from the longest way to say it to the shortest."""
    count = f"{task.progress.ended:,}/{task.progress.total:,}" if task.progress.total else str(task.state)
    figures = _figures(task)
    shorter = [part for part in figures if not part[0].startswith(("ends in", "$", "<$"))]
    for name in (short_name(task), one_line(short_name(task), 22), task.kind):
        for parts in (figures, shorter):
            line: Line = [(f"{name} ", "state.info"), (count, "text.normal bold")]
            for text, style in parts:
                line += [(" · ", "text.faint"), (text, style)]
            yield line
    yield [(f"{task.kind} ", "state.info"), (count, "text.normal bold"), *([(" ", "text.dim"), shorter[0]][:2])]
    yield [(count, "text.normal bold")]


def strip(tasks: Sequence[StoredTask], room: int) -> Line:
    """What goes on in the background in at most `room` cells: the first task in full, the others counted."""
    if not tasks:
        return []
    first, *others = sorted(tasks, key=lambda task: (task.state is not TaskState.RUNNING, task.id))
    mark: Line = [("SIMULATED ", "state.warning bold")] if any(task.simulated for task in tasks) else []
    more: Line = [(f" +{len(others)}", "text.dim")] if others else []
    line: Line = []
    for way in _ways(first):
        line = [*mark, *way, *more]
        if line_length(line) <= room:
            break
    return line


def how_it_ended(task: StoredTask) -> tuple[str, str]:
    """One line on a task that has come to rest, and its colour."""
    sign, style = sign_of(task)
    progress = task.progress
    if task.kind in JOB_KINDS:
        return f"{sign} {short_name(task)}: {one_line(task.message, 120) or task.state}", style
    if task.state is TaskState.FAILED and task.message and not progress.done + progress.cached + progress.failed:
        return f"{sign} {short_name(task)} failed: {one_line(task.message, 120)}", style
    said = f"{sign} {short_name(task)}: {progress.done:,} done"
    if progress.cached:
        said += f" ({progress.cached:,} from the cache)"
    said += f", {counted(progress.failed, 'error')}"
    if progress.cost:
        said += f", {money(progress.cost)}"
    if task.state is not TaskState.DONE:
        said += f" · {task.state}" + (f": {one_line(task.message, 120)}" if task.message else "")
    if task.state is TaskState.DONE and progress.failed:
        style = "state.warning"
    return said, style
