"""A report as one HTML file that stands alone: no scripts, nothing loaded from anywhere, hostile text only shown."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from rft_tui.safetext import one_line, shown
from rft_tui.tasks.reporting.document import Block, Cell, Chart, Example, Note, Report, Section, Table
from rft_tui.tasks.reporting.page_style import PAGE_STYLE

LONGEST_PASSAGE = 20_000
"""Characters of one text of an example; what is left out is said."""

LONGEST_LINE = 400

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""What a browser may do with the page: show it."""


def as_html(report: Report) -> str:
    """The whole page."""
    mark = ' <span class="mark">SIMULATED</span>' if report.simulated else ""
    body = "\n".join(_section(one) for one in report.sections)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{_line(report.title)}</title><style>{PAGE_STYLE}</style></head><body>\n"
        f'<h1>{_line(report.title)}{mark}</h1>\n<p class="about">{_line(report.about)}</p>\n{body}\n</body></html>\n'
    )


def _section(section: Section) -> str:
    return f"<h2>{_line(section.title)}</h2>\n" + "\n".join(_block(one) for one in section.blocks)


def _block(block: Block) -> str:
    if isinstance(block, str):
        return f"<p>{_line(block)}</p>"
    if isinstance(block, Note):
        return f'<p class="note {block.tone}">{_line(block.text)}</p>'
    if isinstance(block, Chart):
        return f"<figure><figcaption>{_line(block.title)}</figcaption>{block.svg}</figure>"
    if isinstance(block, Table):
        return "".join(_table(block))
    return _example(block)


def _table(table: Table) -> Iterator[str]:
    yield f'<div class="wide"><table><caption>{_line(table.caption)}</caption><thead><tr>'
    first = table.rows[0] if table.rows else ()
    for place, heading in enumerate(table.headings):
        kind = ' class="number"' if place < len(first) and first[place].is_number else ""
        yield f'<th scope="col"{kind}>{_line(heading)}</th>'
    yield "</tr></thead><tbody>"
    for row in table.rows:
        yield "<tr>" + "".join(_cell(one) for one in row) + "</tr>"
    yield "</tbody></table></div>"


def _cell(cell: Cell) -> str:
    kinds = " ".join(kind for kind in ("number" if cell.is_number else "", cell.tone) if kind)
    return f'<td class="{kinds}">{_line(cell.text)}</td>' if kinds else f"<td>{_line(cell.text)}</td>"


def _example(example: Example) -> str:
    passages = "".join(
        f'<p class="label">{_line(one.label)}</p><pre>{_text(one.text)}</pre>' for one in example.passages
    )
    return f"<details><summary>{_line(example.title)}</summary>{passages}</details>"


def _line(content: str) -> str:
    return escape(one_line(content, LONGEST_LINE))


def _text(content: str) -> str:
    cut = content[:LONGEST_PASSAGE]
    more = len(content) - len(cut)
    return escape(shown(cut)) + (f"\n… {more:,} more characters" if more else "")
