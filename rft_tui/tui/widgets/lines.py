"""The base of our widgets: something that is a list of styled lines, painted line by line."""

from __future__ import annotations

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from rft_tui.tui.paint import Line, strip_of
from rft_tui.tui.theme import Theme
from rft_tui.tui.workbench import workbench


class LineWidget(Widget):
    """A widget of styled lines. Subclasses say what line `y` is; nothing else is laid out."""

    can_focus = False

    @property
    def palette(self) -> Theme:
        """The theme in use."""
        return workbench(self).palette

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """Line `y` of the widget (from 0) and the surface it stands on."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Paint one line."""
        width = self.size.width
        line, surface = self.line(y, width)
        return strip_of(line, width, self.palette, surface)

    def refresh_lines(self, first: int, count: int = 1) -> None:
        """Paint some lines again."""
        self.refresh(Region(0, first, self.size.width, count))
