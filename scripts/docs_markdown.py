"""Pieces of Markdown for the pages of the docs."""

from __future__ import annotations

from collections.abc import Iterable


def table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """A Markdown table."""
    head = list(titles)
    return [_row(head), _row(["---"] * len(head)), *map(_row, rows)]


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("\n", " ").replace("|", "\\|") for cell in cells) + " |"


def code(text: str) -> str:
    """A word as Markdown shows code, backticks in it included."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"
