"""The base of our widgets: something that is a list of styled lines, painted line by line."""

from __future__ import annotations

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from rft_tui.tui.paint import Line, strip_of
from rft_tui.tui.theme import Theme


def palette_of(widget: Widget) -> Theme:
    """The theme that a widget's app uses."""
    from rft_tui.tui.app import RftApp

    app = widget.app
    assert isinstance(app, RftApp)
    return app.palette


class LineWidget(Widget):
    """A widget of styled lines. Subclasses say what line `y` is; nothing else is laid out."""

    can_focus = False

    @property
    def palette(self) -> Theme:
        """The theme in use."""
        return palette_of(self)

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
