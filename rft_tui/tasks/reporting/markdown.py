"""A report as Markdown: the same sentences and tables; what came from elsewhere can format nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rft_tui.safetext import one_line, shown
from rft_tui.tasks.reporting.document import Block, Chart, Example, Note, Report, Table
from rft_tui.tasks.reporting.html import LONGEST_LINE, LONGEST_PASSAGE

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
_BEGINS_LIST = re.compile(r"^(\s*)([-+=]|\d{1,9}[.)])(?=\s|$)")
_FENCE = re.compile("`+")


def as_markdown(report: Report) -> str:
    """The whole text; pictures stand in it as what they show in words."""
    mark = " **SIMULATED**" if report.simulated else ""
    parts = [f"# {line(report.title)}{mark}", line(report.about)]
    for section in report.sections:
        parts.append(f"## {line(section.title)}")
        parts += [_block(one) for one in section.blocks]
    return "\n\n".join(parts) + "\n"


def line(content: str) -> str:
    """A text on one line in which nothing is markup."""
    escaped = _SPECIAL.sub(r"\\\1", one_line(content, LONGEST_LINE))
    return _BEGINS_LIST.sub(_escaped_bullet, escaped)


def _escaped_bullet(match: re.Match[str]) -> str:
    before, sign = match.groups()
    return f"{before}\\{sign}" if len(sign) == 1 else f"{before}{sign[:-1]}\\{sign[-1]}"


def _block(block: Block) -> str:
    if isinstance(block, str):
        return line(block)
    if isinstance(block, Note):
        return f"> {line(block.text)}"
    if isinstance(block, Chart):
        return f"*{line(block.title)}.* {line(block.said)}"
    if isinstance(block, Table):
        return "\n".join(_table(block))
    return _example(block)


def _table(table: Table) -> Iterator[str]:
    yield f"{line(table.caption)}\n"
    yield "| " + " | ".join(line(one) for one in table.headings) + " |"
    first = table.rows[0] if table.rows else ()
    signs = ("---:" if place < len(first) and first[place].is_number else "---" for place in range(len(table.headings)))
    yield "| " + " | ".join(signs) + " |"
    for row in table.rows:
        yield "| " + " | ".join(line(one.text) for one in row) + " |"


def _example(example: Example) -> str:
    parts = [f"**{line(example.title)}**"]
    for one in example.passages:
        text = shown(one.text[:LONGEST_PASSAGE])
        longest = max((len(found) for found in _FENCE.findall(text)), default=0)
        fence = "`" * max(3, longest + 1)
        parts.append(f"{line(one.label)}\n\n{fence}text\n{text}\n{fence}")
    return "\n\n".join(parts)
