"""What stands in a body for what is not known before it is sent, said in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rft_tui.tasks.jobs.request import DataSource
from rft_tui.tui.task_words import counted

if TYPE_CHECKING:
    from rft_tui.tasks.jobs.preflight.facts import PreflightFacts, RowFacts

MARK_WORDS = "<a new mark, made when it is launched>"
"""Stands for the mark by which a job whose answer was lost is found again."""


def placeholders(facts: PreflightFacts) -> tuple[str, str | None, str]:
    """What stands for the training file's id, that of the validation file (None where there is none), and the mark."""
    request = facts.request
    training = _file(request.training, facts.training)
    validation = None if request.validation is None else _file(request.validation, facts.validation)
    return training, validation, MARK_WORDS


def _file(source: DataSource, rows: RowFacts | None) -> str:
    if source.kind == "remote":
        return source.name
    amount = "" if rows is None else f", {counted(rows.rows, 'row')}"
    return f"<the id of the file made from {source.label}{amount}, once it is at the service>"


def files_words(facts: PreflightFacts) -> str:
    """Which files are sent, with their rows and sizes, in one sentence."""
    sent = [rows for rows in (facts.training, facts.validation) if rows is not None]
    if not sent:
        return "No file is sent: all rows are at the service already."
    parts = [f"{rows.source.label} ({counted(rows.rows, 'row')}, {_size(rows.size)})" for rows in sent]
    return f"Sent first, unless the same bytes are there already: {' and '.join(parts)}."


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"
