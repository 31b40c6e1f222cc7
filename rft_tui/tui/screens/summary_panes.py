"""A screen with a list, what belongs to its row, and figures above both that take the lines they need."""

from __future__ import annotations

from textual.containers import Vertical
from textual.widget import Widget

from rft_tui.tui.paint import Line, wrap_line
from rft_tui.tui.screens.two_panes import TwoPanes
from rft_tui.tui.widgets.table import TableSource
from rft_tui.tui.widgets.text_pane import TextPane


class SummaryPanes(TwoPanes):
    """Two panes below a summary; subclasses say what stands in it."""

    def __init__(self, source: TableSource) -> None:
        super().__init__(source)
        self.summary = TextPane()

    def body(self) -> Widget:
        """The summary above the panes."""
        panes = super().body()
        self.summary.styles.height = 1
        return Vertical(self.summary, panes)

    def on_resize(self) -> None:
        """The summary may need other lines."""
        super().on_resize()
        self.show_summary()

    @property
    def most_summary(self) -> int:
        """Lines of the summary at the most; what is longer scrolls."""
        raise NotImplementedError

    def figures(self) -> list[Line]:
        """What stands in the summary, before lines that are too long are broken."""
        raise NotImplementedError

    def show_summary(self) -> None:
        """Show what is known now, in as many lines as it takes."""
        figures = self.figures()

        def broken(width: int) -> list[Line]:
            return [part for line in figures for part in wrap_line(line, width)]

        lines = len(broken(max(10, self.app.size.width - 2)))
        self.summary.styles.height = max(1, min(self.most_summary, lines))
        self.summary.show(broken)
