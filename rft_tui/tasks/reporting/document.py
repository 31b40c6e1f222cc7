"""What a report is made of, whatever it is written as: sections of sentences, tables, charts and answers.

Every text in it may have come from a dataset or a model; whoever writes it down makes it safe for what is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Tone: TypeAlias = Literal["", "good", "bad", "warning"]
"""What a cell or a note means, for those who see colours; a sign or a word always says it as well."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table; numbers stand to the right."""

    text: str
    is_number: bool = False
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; `caption` says what they are."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture as SVG, and in words what it shows, for those who do not see it."""

    title: str
    svg: str
    said: str


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence that must not be overlooked."""

    text: str
    tone: Tone = "warning"


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of an example with its heading, such as a reference or an answer."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Example:
    """An item with what was said to it, to be unfolded."""

    title: str
    passages: tuple[Passage, ...]


Block: TypeAlias = "str | Table | Chart | Note | Example"
"""A sentence, or one of the other parts."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole: a title, what it is about in one line, its sections, and the numbers behind it as JSON."""

    title: str
    about: str
    sections: tuple[Section, ...]
    data: Mapping[str, Any] = field(default_factory=dict)
    simulated: bool = False


def text(content: str, tone: Tone = "") -> Cell:
    """A cell with text."""
    return Cell(content, tone=tone)


def number(value: float | None, digits: int = 3, *, signed: bool = False, tone: Tone = "") -> Cell:
    """A cell with a number, or a dash where there is none."""
    if value is None:
        return Cell("–", is_number=True, tone=tone)
    shown = f"{value:+.{digits}f}" if signed else f"{value:,.{digits}f}"
    return Cell(shown.replace("-", "−"), is_number=True, tone=tone)
