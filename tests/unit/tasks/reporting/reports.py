"""A report with every kind of block, into which a test puts its texts; and what a page is made of."""

from __future__ import annotations

from html.parser import HTMLParser

from rft_tui.tasks.reporting import charts
from rft_tui.tasks.reporting.document import Block, Cell, Chart, Example, Note, Passage, Report, Section, Table

TAGS = frozenset(
    {
        "html", "head", "meta", "link", "title", "style", "body", "h1", "h2", "p", "span", "div", "table", "caption",
        "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "details", "summary", "pre", "svg", "line",
        "polyline", "rect", "circle", "text",
    }
)  # fmt: skip
"""Every element that a page of ours may hold."""

ATTRIBUTES = frozenset(
    {
        "lang", "charset", "http-equiv", "content", "name", "rel", "href", "class", "scope", "xmlns", "viewbox",
        "width", "height", "role", "aria-label", "x1", "y1", "x2", "y2", "stroke", "stroke-width", "stroke-dasharray",
        "points", "x", "y", "fill", "fill-opacity", "cx", "cy", "r", "text-anchor",
    }
)  # fmt: skip


def report_with(text: str) -> Report:
    """A report in which every text is the same."""
    series = [charts.Counted(text, [1, 2, 3]), charts.Counted("other", [3, 0, 1])]
    pictures = (
        charts.bars([charts.Bar(text, 0.5, 0.4, 0.6), charts.Bar("other", 0.1)], 0, 1, said=text),
        charts.histograms([0, 1, 2, 3], series, x_label=text, said=text),
        charts.scatter([(0.1, 0.2), (0.3, 0.4)], x_label=text, y_label=text, said=text, diagonal=True),
        charts.curves([charts.Series(text, [(1, 0.5), (2, 0.7)])], x_label=text, y_label=text, said=text),
    )
    table = Table(text, (text, "mean"), ((Cell(text), Cell(text, is_number=True, tone="bad")),))
    example = Example(text, (Passage(text, text),))
    blocks: tuple[Block, ...] = (
        text,
        Note(text),
        table,
        *(Chart(text, picture, text) for picture in pictures),
        example,
    )
    return Report(text, text, (Section(text, blocks),), {"text": text}, simulated=True)


class Page(HTMLParser):
    """What a page holds: its elements, its attributes, and the text in them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element."""
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        """Take note of a text."""
        self.texts.append(data)
