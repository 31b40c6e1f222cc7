"""Datasets and items as rows of tables, and what the pane says of one."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rft_tui.model import Problem
from rft_tui.safetext import one_line
from rft_tui.store.datasets import StoredDataset, StoredItem
from rft_tui.store.items_listing import ItemListing, ItemRow
from rft_tui.tui.paint import Line, fit, fit_right, wrap_line, wrap_text

PROBLEMS_SHOWN = 500
"""Problems that the pane lists; the rest is counted."""


class DatasetsSource:
    """Datasets as rows."""

    def __init__(self, datasets: list[StoredDataset]) -> None:
        self.datasets = datasets

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.datasets)

    def page(self, first: int, count: int) -> list[StoredDataset]:
        """Some of them."""
        return self.datasets[first : first + count]

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        return [(fit(" dataset", max(12, width - 36)) + "      rows  problems  method", "text.dim")]

    def paint(self, row: StoredDataset, width: int) -> Line:
        """One dataset."""
        errors = sum(problem.severity == "error" for problem in row.problems)
        warnings = len(row.problems) - errors
        said = f"✗ {errors}" if errors else f"! {warnings}" if warnings else "✓"
        color = "state.bad" if errors else "state.warning" if warnings else "state.good"
        return [
            (fit(f" {one_line(row.name)}", max(12, width - 36)), "text.normal"),
            (fit_right(f"{row.rows:,}", 10), "text.normal"),
            (fit_right(said, 10), color),
            (f"  {row.method}", "text.dim"),
        ]

    def empty(self) -> list[Line]:
        """What to do when there are none."""
        return [
            [(" No datasets yet.", "text.normal")],
            [(" rft-tui data import FILE brings one in;", "text.dim")],
            [(" rft-tui data check FILE says first what is wrong with it.", "text.dim")],
        ]


class ItemsSource:
    """Items of a dataset as rows."""

    def __init__(self, listing: ItemListing) -> None:
        self.listing = listing

    @property
    def count(self) -> int:
        """How many there are."""
        return self.listing.count

    def page(self, first: int, count: int) -> list[ItemRow]:
        """Some of them."""
        return self.listing.page(first, count)

    def heading(self, width: int) -> Line:
        """Names of the columns."""
        reference = _reference_width(width)
        return [("   line  ", "text.dim"), (fit("reference", reference), "text.dim"), ("  question", "text.dim")]

    def paint(self, row: ItemRow, width: int) -> Line:
        """One item."""
        reference = one_line(row.reference) if row.reference is not None else "–"
        return [
            (fit_right(f"{row.line:,}", 7) + "  ", "text.faint"),
            (fit(reference, _reference_width(width)), "text.normal" if row.reference is not None else "text.faint"),
            (f"  {row.question}", "text.dim"),
        ]

    def empty(self) -> list[Line]:
        """Nothing fits."""
        needle = self.listing.needle
        return [[(f" No item holds {one_line(needle, 40)}" if needle else " This dataset has no rows.", "text.normal")]]


def _reference_width(width: int) -> int:
    return max(10, min(28, width // 3))


def dataset_details(dataset: StoredDataset, width: int) -> list[Line]:
    """What is known of a dataset, and what was wrong with it when it came in."""
    facts = [
        ("dataset", dataset.name),
        ("rows", f"{dataset.rows:,}"),
        ("method", dataset.method),
        ("source", dataset.source or "–"),
        ("imported", dataset.created_at[:16].replace("T", " ")),
        ("content", dataset.content[:12]),
    ]
    lines: list[Line] = [
        [(fit(name, 10), "text.dim"), (one_line(value, max(8, width - 10)), "text.normal")] for name, value in facts
    ]
    return [*lines, [], *problem_lines(dataset.problems, width)]


def problem_lines(problems: Sequence[Problem], width: int) -> list[Line]:
    """Problems by kind, each with its line."""
    if not problems:
        return [[("✓ no problems found", "state.good")]]
    lines: list[Line] = []
    kinds: dict[str, list[Problem]] = {}
    for problem in problems:
        kinds.setdefault(problem.kind, []).append(problem)
    for kind, found in kinds.items():
        is_error = any(problem.severity == "error" for problem in found)
        sign, color = ("✗", "state.bad") if is_error else ("!", "state.warning")
        lines.append([(f"{sign} {kind.replace('_', ' ')}", color), (f"  {len(found):,}", "text.dim")])
        for problem in found[: max(3, PROBLEMS_SHOWN // len(kinds))]:
            place = f"line {problem.line:,}" if problem.line else "file"
            place += f" · {one_line(problem.key, 30)}" if problem.key else ""
            text: Line = [(f"{place}  ", "text.dim"), (one_line(problem.message, 400), "text.normal")]
            lines += [[("  ", "text.dim"), *part] for part in wrap_line(text, width - 2)]
    return lines


def item_details(item: StoredItem, rendered: list[Line] | None, width: int, *, raw: bool) -> list[Line]:
    """An item in full: conversation, reference, extra fields; or its bytes as they stand in the file."""
    if raw:
        return wrap_text(item.raw.decode("utf-8", "replace"), width)
    lines: list[Line] = [[(f"line {item.line:,}", "text.dim"), (f"   row {item.row_id[:12]}", "text.faint")], []]
    if rendered is not None:
        lines += rendered
    else:
        for message in item.messages:
            lines += _message(message, width)
    if item.tools:
        lines.append([("tools", "text.dim")])
        lines += wrap_text(json.dumps(item.tools, ensure_ascii=False, indent=2), width)
    if item.fields:
        lines.append([])
        label = min(24, max(len(one_line(name, 24)) for name in item.fields) + 2)
        for name, value in item.fields.items():
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            parts = wrap_text(text, max(8, width - label), limit=200)
            lines += [
                [(fit(one_line(name, 24) if number == 0 else "", label), "text.dim"), *part]
                for number, part in enumerate(parts)
            ]
    return lines


def _message(message: object, width: int) -> list[Line]:
    """One message of a conversation: its role, then its text."""
    if not isinstance(message, dict):
        return wrap_text(json.dumps(message, ensure_ascii=False), width)
    content = message.get("content")
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=2)
    role = one_line(str(message.get("role", "?")), 20)
    lines: list[Line] = [[(role, "text.accent")], *wrap_text(text, width)]
    if message.get("tool_calls"):
        lines += wrap_text(json.dumps(message["tool_calls"], ensure_ascii=False, indent=2), width, "text.dim")
    return [*lines, []]


def rendered_lines(messages: Sequence[object], notes: Sequence[str], width: int) -> list[Line]:
    """A row as it is sent with a prompt, and what was done."""
    lines: list[Line] = [[("as sent with the prompt", "state.info")]]
    lines += [part for note in notes for part in wrap_line([(f"! {one_line(note, 300)}", "state.warning")], width)]
    for message in messages:
        lines += _message(message, width)
    return lines
