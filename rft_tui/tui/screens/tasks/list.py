"""Tasks as rows of a table, and what the pane says of one."""

from __future__ import annotations

from collections.abc import Sequence

from rft_tui.safetext import one_line
from rft_tui.store.tasks import StoredTask, TaskState
from rft_tui.tui.paint import Line, fit, fit_right, wrap_line
from rft_tui.tui.task_words import counted, duration, moment, money, sign_of, standing

COLUMNS = (("state", 11), ("done", 11), ("errors", 6), ("cost", 8))
"""Columns at the right of what a task does, and their widths."""

LABEL = 10
"""Cells of the labels in the pane."""

SETTING_WORDS = {"concurrency": "at once", "spend_cap": "spend cap $", "token_cap": "token cap"}
"""Settings of a task as people read them."""


class TasksSource:
    """Tasks as rows of a table, the newest first."""

    def __init__(self, tasks: list[StoredTask], words: Sequence[Line] = ()) -> None:
        self.tasks = tasks
        self._words = list(words)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.tasks)

    def page(self, first: int, count: int) -> list[StoredTask]:
        """Some of them."""
        return self.tasks[first : first + count]

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        columns = "".join(
            " " + (fit(name, size) if name == "state" else fit_right(name, size)) for name, size in COLUMNS
        )
        return [(fit(" task", width - len(columns) - 1) + columns, "text.dim")]

    def paint(self, row: StoredTask, width: int) -> Line:
        """One task: number, what it does, its state as sign and word, its figures."""
        progress = row.progress
        sign, style = sign_of(row)
        word = {"pause": "pausing", "cancel": "ending"}.get(row.wish, row.state.value)
        room = width - sum(size + 1 for _name, size in COLUMNS) - 1
        title = f"{row.id:>3} {one_line(row.title, 200)}"
        mark: Line = [("SIMULATED " if room > 44 else "SIM ", "state.warning bold")] if row.simulated else []
        cost = "unknown" if progress.unpriced else money(progress.cost) if progress.cost else "–"
        return [
            (fit(title, room - sum(len(text) for text, _name in mark)), "text.normal" if row.is_open else "text.dim"),
            *mark,
            (" " + fit(f"{sign} {word}", COLUMNS[0][1]), style),
            (" " + fit_right(f"{progress.ended:,}/{progress.total:,}", COLUMNS[1][1]), "text.normal"),
            (" " + fit_right(f"{progress.failed:,}" if progress.failed else "–", COLUMNS[2][1]),
             "state.bad" if progress.failed else "text.faint"),
            (" " + fit_right(cost, COLUMNS[3][1]), "text.dim"),
        ]  # fmt: skip

    def empty(self) -> list[Line]:
        """What makes tasks."""
        return self._words


def task_details(task: StoredTask, width: int) -> list[Line]:
    """Everything that is known of a task."""
    progress = task.progress
    lines: list[Line] = wrap_line([(one_line(task.title, 400), "text.normal bold")], width)
    if task.simulated:
        lines.append([("SIMULATED", "state.warning bold"), (": the embedded service answers", "text.dim")])
    lines.append([])
    sign, style = sign_of(task)
    said = f"{sign} {task.state}" + (f" · {standing(task)}" if task.is_open and standing(task) else "")
    lines += _fact("state", said, width, style)
    lines += _fact("done", f"{progress.done:,} of {progress.total:,}, {progress.cached:,} from the cache", width)
    if task.state is TaskState.RUNNING:
        left = f", ends in {duration(progress.eta_s)}" if progress.eta_s is not None else ""
        lines += _fact("rate", f"{progress.rate:.1f}/s, {progress.in_flight} in flight{left}", width)
    lines += _fact("requests", f"{progress.requests:,} in {duration(progress.seconds)}", width)
    lines += _fact("tokens", f"{progress.input_tokens:,} in, {progress.output_tokens:,} out", width)
    unpriced = f", {counted(progress.unpriced, 'request')} of unknown price" if progress.unpriced else ""
    lines += _fact("cost", money(progress.cost) + unpriced, width)
    settings = [f"{SETTING_WORDS.get(name, name)} {value}" for name, value in task.settings.items()]
    lines += _fact("settings", " · ".join(settings) or "as the profile says", width)
    lines += _fact("profile", str(task.request.get("profile", "–")), width)
    runs = task.request.get("runs")
    if isinstance(runs, list):
        lines += _fact("runs", ", ".join(map(str, runs[:40])) + (" …" if len(runs) > 40 else ""), width)
    lines += _fact("created", moment(task.created_at), width)
    if task.ended_at:
        lines += _fact("ended", moment(task.ended_at), width)
    if progress.errors:
        lines += [[], [("errors", "text.normal bold")]]
        for kind, count in sorted(progress.errors.items(), key=lambda one: -one[1]):
            lines.append([(fit_right(f"{count:,}", 7), "state.bad"), (f"  {one_line(kind, 60)}", "text.normal")])
    if task.error:
        lines.append([])
        lines += wrap_line(
            [("✗ ", "state.bad bold"), (one_line(task.error.get("message", ""), 800), "state.bad")], width
        )
        if hint := task.error.get("hint"):
            lines += wrap_line([(one_line(hint, 800), "text.dim")], width)
    elif task.message and not task.is_open:
        lines += [[], *wrap_line([(one_line(task.message, 800), "text.normal")], width)]
    return lines


def _fact(name: str, value: str, width: int, style: str = "text.normal") -> list[Line]:
    parts = wrap_line([(one_line(value, 600), style)], max(8, width - LABEL))
    return [[(fit(name if number == 0 else "", LABEL), "text.dim"), *part] for number, part in enumerate(parts)]
