"""A screen with a list at the left and something about its row at the right; on a narrow screen one of them."""

from __future__ import annotations

from textual.containers import Horizontal
from textual.widget import Widget

from rft_tui.tui.screens.base import WorkScreen
from rft_tui.tui.widgets.bars import Rule
from rft_tui.tui.widgets.table import Table, TableSource
from rft_tui.tui.widgets.text_pane import TextPane


class PaneKeys(WorkScreen):
    """The keys that move in and between a list and a pane; subclasses say what moving means."""

    table: Table
    pane: TextPane

    def move(self, rows: int) -> None:
        """Move by rows or lines."""
        raise NotImplementedError

    def move_page(self, pages: int) -> None:
        """Move by pages."""
        raise NotImplementedError

    def go_to_pane(self, in_pane: bool) -> None:
        """Let keys move the pane, or the list."""
        raise NotImplementedError

    def do_down(self) -> None:
        """One line down."""
        self.move(1)

    def do_up(self) -> None:
        """One line up."""
        self.move(-1)

    def do_top(self) -> None:
        """To the first line."""
        self.move(-self.table.count - len(self.pane.lines))

    def do_bottom(self) -> None:
        """To the last line."""
        self.move(self.table.count + len(self.pane.lines))

    def do_page_down(self) -> None:
        """A page down."""
        self.move_page(1)

    def do_page_up(self) -> None:
        """A page up."""
        self.move_page(-1)

    def do_left(self) -> None:
        """To the list."""
        self.go_to_pane(False)

    def do_right(self) -> None:
        """To the pane."""
        self.go_to_pane(True)

    def do_open(self) -> None:
        """Read what the cursor is on."""
        self.go_to_pane(True)


class TwoPanes(PaneKeys):
    """List, rule and pane, and the keys that move in and between them."""

    list_share = "3fr"
    """How much of the width the list takes where both are shown."""

    pane_share = "2fr"
    """How much the pane takes."""

    def __init__(self, source: TableSource) -> None:
        super().__init__()
        self.table = Table(source)
        self.table.on_moved = self.guarded(self._moved)
        self.rule = Rule(classes="rule")
        self.pane = TextPane()
        self.in_pane = False

    def body(self) -> Widget:
        """The panes."""
        self.pane.add_class("pane")
        return Horizontal(self.table, self.rule, self.pane, classes="body")

    def on_mount(self) -> None:
        """Lay out for the width."""
        self.lay_out()
        super().on_mount()

    def on_resize(self) -> None:
        """Lay out for another width."""
        self.lay_out()
        super().on_resize()

    def lay_out(self) -> None:
        """Show one pane or both."""
        narrow = self.is_narrow
        self.table.display = not narrow or not self.in_pane
        self.rule.display = not narrow
        self.pane.display = not narrow or self.in_pane
        self.table.styles.width = "1fr" if narrow else self.list_share
        self.pane.styles.width = "1fr" if narrow else self.pane_share
        self.table.jumps = not narrow
        self.table.set_active(not self.in_pane)

    def go_to_pane(self, in_pane: bool) -> None:
        """Let keys move the pane, or the list."""
        self.in_pane = in_pane
        self.lay_out()

    def _moved(self) -> None:
        """Show what belongs to the row."""
        self.show_current()
        self.rft.remember()

    def on_table_chosen(self, message: Table.Chosen) -> None:
        """Open the row."""
        message.stop()
        self.do_open()

    def show_current(self) -> None:
        """Show what belongs to the row under the cursor."""
        raise NotImplementedError

    def move(self, rows: int) -> None:
        """Scroll the pane, or move the cursor."""
        if self.in_pane:
            self.pane.scroll(rows)
        else:
            self.table.go(self.table.cursor + rows)

    def move_page(self, pages: int) -> None:
        """Move by pages."""
        self.move(pages * max(1, self.table.rows_shown - 1))

    def do_next_pane(self) -> None:
        """To the other pane."""
        self.go_to_pane(not self.in_pane)

    def do_back(self) -> None:
        """Back to the list."""
        self.go_to_pane(False)
        self.footer.say(None)
