"""Lines of runs as rows of a table, and what the pane says of one."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from rft_tui.model import BandEdges, JsonObject
from rft_tui.safetext import one_line
from rft_tui.store.graders import StoredGrader
from rft_tui.store.run_figures import RunLine
from rft_tui.store.runs import StoredRun
from rft_tui.store.summary import ScoreSummary
from rft_tui.tui.paint import Line, fit, fit_middle, fit_right, wrap_line
from rft_tui.tui.screens.review.bars import band_strip
from rft_tui.tui.screens.review.item import ItemView
from rft_tui.tui.task_words import money

COLUMNS = (("done", 9), ("errors", 6), ("mean ± SE", 13), ("pass", 5), ("tokens", 8), ("cost", 7), ("s/call", 6))
"""Columns at the right of the names, and their widths."""

KEPT = 4
"""Columns that no name takes away unless it has next to no room; figures of use and time go first."""

LEAST_NAME, LONGEST_NAME, NAME_MARGIN = 26, 40, 2
"""Cells that names always have, those for which columns may be given up, and those beside a name."""

LEAST_DATASET, LEAST_MODEL = 5, 12
"""Cells that the names of dataset and model keep where room is short."""

LABEL = 10
"""Cells of the labels in the pane."""


class RunsSource:
    """Lines of runs as rows of a table."""

    def __init__(self, lines: list[RunLine], words: Sequence[Line] = (), *, reading: bool = False) -> None:
        self.lines = lines
        self._words = list(words)
        self._reading = reading
        self._longest = max((cell_len(group_name(line)) + NAME_MARGIN for line in lines), default=0)
        self._has_cost = any(line.cost is not None for line in lines)

    @property
    def count(self) -> int:
        """How many lines there are."""
        return len(self.lines)

    def page(self, first: int, count: int) -> list[RunLine]:
        """Some of them."""
        return self.lines[first : first + count]

    def _columns(self, width: int) -> tuple[tuple[str, int], ...]:
        """As many columns as leave room for the name."""
        columns = tuple(column for column in COLUMNS if column[0] != "cost" or self._has_cost)
        room = width - sum(size + 1 for _name, size in columns)
        while len(columns) > 2 and (room < LEAST_NAME or (len(columns) > KEPT and room < self._longest)):
            room += columns[-1][1] + 1
            columns = columns[:-1]
        return columns

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        columns = self._columns(width)
        room = width - sum(size + 1 for _name, size in columns) - 1
        head = fit(" dataset · model · run", room) + "".join(" " + fit_right(name, size) for name, size in columns)
        return [(head, "text.dim")]

    def paint(self, row: RunLine, width: int) -> Line:
        """One line: a group in full, a run under it by its index."""
        columns = self._columns(width)
        room = width - sum(size + 1 for _name, size in columns) - 1
        if row.run is None:
            mark: Line = [(" SIM", "state.warning bold")] if row.group.simulated else []
            space = room - 4 * len(mark)
            name: Line = [*mark, (fit(f" {group_name(row, space - 1)}", space), "text.normal bold")]
        else:
            name = [(fit(f"   run {row.run.run_index}", room), "text.dim")]
        values = _values(row)
        return [*name, *((" " + fit_right(values[column][0], size), values[column][1]) for column, size in columns)]

    def empty(self) -> list[Line]:
        """What to do when there are no runs."""
        return [[(" reading …", "text.faint")]] if self._reading else self._words


def group_name(row: RunLine, room: int = LONGEST_NAME) -> str:
    """Dataset, model, number of runs, effort and prompt in about `room` cells.

    What is too long loses the ends of the dataset's name and of the prompt's, then the middle of the model's, whose
    end tells steps, checkpoints and tuned models apart.
    """
    group = row.group
    dataset, model, runs, rest = one_line(group.dataset), one_line(group.model), f" ×{len(group.runs)}", ""
    if group.effort not in ("", "none", "default"):
        rest += f" · {one_line(group.effort, 20)}"
    if group.prompt_name:
        rest += f" · {one_line(group.prompt_name)}"
    over = cell_len(f"{dataset} · {model}{runs}{rest}") - room
    if over > 0:
        dataset = fit(dataset, max(min(cell_len(dataset), LEAST_DATASET), cell_len(dataset) - over))
        over = cell_len(f"{dataset} · {model}{runs}{rest}") - room
    if over > 0:
        rest = fit(rest, max(0, cell_len(rest) - over))
        over = cell_len(f"{dataset} · {model}{runs}{rest}") - room
    if over > 0:
        model = fit_middle(model, max(min(cell_len(model), LEAST_MODEL), cell_len(model) - over))
    return f"{dataset} · {model}{runs}{rest}"


def _values(row: RunLine) -> dict[str, tuple[str, str]]:
    summary = row.summary
    mean = summary.mean if summary else None
    shown = "–"
    if mean is not None and mean.mean is not None:
        shown = f"{mean.mean:.2f}" + (f" ± {mean.standard_error:.2f}" if mean.standard_error is not None else "")
        is_partial = summary is not None and summary.graded < row.done + row.errors
        shown = f"~{shown}" if is_partial else shown
    rate = summary.pass_rate if summary else None
    return {
        "done": (
            f"{row.done:,}/{row.items:,}",
            "text.normal" if row.done + row.errors >= row.items else "state.warning",
        ),
        "errors": (f"{row.errors:,}" if row.errors else "–", "state.bad" if row.errors else "text.faint"),
        "mean ± SE": (shown, "text.normal" if mean else "text.faint"),
        "pass": (f"{rate:.0%}" if rate is not None else "–", "text.normal" if rate is not None else "text.faint"),
        "tokens": (f"{row.tokens:,}" if row.tokens else "–", "text.dim"),
        "cost": (money(row.cost) if row.cost is not None else "–", "text.dim"),
        "s/call": (f"{row.latency_s:.1f}" if row.latency_s is not None else "–", "text.dim"),
    }


def _missing(row: RunLine, summary: ScoreSummary) -> str:
    """How many predictions a grader has not graded."""
    missing = row.done + row.errors - summary.graded
    return f"   ~ {missing:,} not graded" if missing > 0 else ""


def details(
    row: RunLine, figures: list[tuple[StoredGrader, ScoreSummary]] | None, errors: dict[str, int], width: int
) -> list[Line]:
    """What the pane says of a line: what made it, what it took, its errors by kind, and every grader's figures."""
    lines: list[Line] = []
    for name, value in _facts(row):
        parts = wrap_line([(one_line(value, 400), "text.normal")], max(8, width - LABEL))
        lines += [[(fit(name if number == 0 else "", LABEL), "text.dim"), *part] for number, part in enumerate(parts)]
    for number, (kind, count) in enumerate(errors.items()):
        label = fit("" if number else "errors", LABEL)
        lines.append([(label, "text.dim"), (f"{count:,} {one_line(kind, 40)}", "state.bad")])
    if row.group.simulated:
        lines.append([("SIMULATED", "state.warning bold"), (": the embedded service answered", "text.dim")])
    lines.append([])
    if figures is None:
        return [*lines, [("reading …", "text.faint")]]
    if not figures:
        return [*lines, [("no grades yet", "text.faint")]]
    return [*lines, *_grades(row, figures, width)]


def _grades(row: RunLine, figures: list[tuple[StoredGrader, ScoreSummary]], width: int) -> list[Line]:
    lines: list[Line] = []
    for grader, summary in figures:
        mean = summary.mean
        view = ItemView(grader.rule, grader.rule.shown_threshold, BandEdges())
        shown = "–" if mean.mean is None else f"{mean.mean:.2f}"
        error = "" if mean.standard_error is None else f" ± {mean.standard_error:.2f}"
        lines.append([(one_line(grader.label, width - 16), "text.normal bold")])
        lines.append([(f"  mean {shown}", "text.normal"), (error, "text.dim"),
                      (f"   {summary.mistakes:,} mistakes", "text.dim"),
                      (f"   {summary.errors:,} errors" if summary.errors else "", "state.bad"),
                      (_missing(row, summary), "state.warning")])  # fmt: skip
        lines.append([("  ", "text.dim"), *band_strip(summary, view, narrow=width < 44)])
    return lines


def _facts(row: RunLine) -> list[tuple[str, str]]:
    """What made a line and what it took, as (name, value)."""
    group, parts = row.group, row.parts
    asked = " · ".join(f"{name} {_value(value)}" for name, value in _parameters(parts).items())
    tokens_in, tokens_out = sum(part.input_tokens for part in parts), sum(part.output_tokens for part in parts)
    reasoning = sum(part.reasoning_tokens for part in parts)
    sources = {part.source for part in parts if part.source}
    profiles = ", ".join(dict.fromkeys(part.profile for part in parts)) if not sources else ""
    missing = f", {row.missing:,} missing" if row.missing else ""
    tokens = [f"{tokens_in:,} in"] if tokens_in else []
    tokens += [f"{tokens_out:,} out"] if tokens_out else []
    tokens += [f"{reasoning:,} of them reasoning" if tokens_out else f"{reasoning:,} reasoning"] if reasoning else []
    facts = [
        ("dataset", group.dataset),
        ("profile", profiles),
        ("model", group.model),
        ("answered", ", ".join(row.served_models)),
        ("effort", group.effort or "the service's default"),
        ("prompt", group.prompt_name or "none"),
        ("asked", asked),
        ("runs", ", ".join(map(str, row.runs))),
        ("done", f"{row.done:,} of {row.items:,}, {row.errors:,} errors" + missing),
        ("cached", f"{row.cached:,} were asked before" if row.cached else ""),
        ("tokens", ", ".join(tokens)),
        ("cost", _cost(row)),
        ("source", ", ".join(sorted(sources)) if row.run is not None else ""),
    ]  # fmt: skip
    return [(name, value) for name, value in facts if value]


def _cost(row: RunLine) -> str:
    if row.cost is None:
        return "" if any(part.source for part in row.parts) else "unknown price"
    return money(row.cost)


def _parameters(parts: tuple[StoredRun, ...]) -> JsonObject:
    return dict(parts[0].parameters) if parts else {}


def _value(value: object) -> str:
    return "set" if isinstance(value, dict | list) else str(value)
