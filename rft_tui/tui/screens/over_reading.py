"""A screen over another one that is one text to read: a pane that scrolls."""

from __future__ import annotations

from textual.widget import Widget

from rft_tui.tui.screens.over import OverScreen
from rft_tui.tui.widgets.text_pane import TextPane


class ReadingScreen(OverScreen):
    """One pane, and the keys that move in it; subclasses say what stands there."""

    def __init__(self) -> None:
        super().__init__()
        self.pane = TextPane()

    def body(self) -> Widget:
        """The text."""
        self.pane.styles.height = "1fr"
        return self.pane

    @property
    def page_lines(self) -> int:
        """Lines of a page, at least one: two stay in view."""
        return max(1, self.pane.size.height - 2)

    def do_down(self) -> None:
        """One line down."""
        self.pane.scroll(1)

    def do_up(self) -> None:
        """One line up."""
        self.pane.scroll(-1)

    def do_page_down(self) -> None:
        """A page down."""
        self.pane.scroll(self.page_lines)

    def do_page_up(self) -> None:
        """A page up."""
        self.pane.scroll(-self.page_lines)

    def do_top(self) -> None:
        """To the beginning."""
        self.pane.scroll(-len(self.pane.lines))

    def do_bottom(self) -> None:
        """To the end."""
        self.pane.scroll(len(self.pane.lines))

    def do_left(self) -> None:
        """Back."""
        self.close_over()
