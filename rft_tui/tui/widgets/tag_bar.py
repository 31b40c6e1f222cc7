"""The tag bar: digits and the tags they set, pinned open until it is closed."""

from __future__ import annotations

from rft_tui.safetext import one_line
from rft_tui.tui.paint import Line, line_length
from rft_tui.tui.widgets.lines import LineWidget

SUGGESTED_TAGS = ("synonym", "too broad", "too narrow", "made up", "format", "several", "cut off")
"""Tags to begin with, until a person has their own."""

MOST = 10
"""Tags with a digit."""


class TagBar(LineWidget):
    """One line of tags with their digits; those of the prediction are marked."""

    def __init__(self) -> None:
        super().__init__(id="tag-bar")
        self.tags: list[str] = []
        self._set: tuple[str, ...] = ()

    def show(self, tags: list[str], set_tags: tuple[str, ...]) -> None:
        """Show these tags and some to begin with; a tag keeps its digit while the bar is open."""
        known = list(dict.fromkeys([*self.tags, *tags, *SUGGESTED_TAGS]))[:MOST]
        if (known, set_tags) != (self.tags, self._set):
            self.tags, self._set = known, set_tags
            self.refresh()

    def line(self, y: int, width: int) -> tuple[Line, str]:
        """Digits and tags, as many as fit."""
        line: Line = [(" tags ", "text.accent bold")]
        for number, tag in enumerate(self.tags, 1):
            here = tag in self._set
            spans: Line = [
                (f" {number % 10}", "text.accent bold"),
                (f"{'✓' if here else ' '}{one_line(tag, 20)}", "text.normal bold" if here else "text.dim"),
            ]
            if line_length(line) + line_length(spans) > width - 2:
                return [*line, (" …", "text.dim")], "panel"
            line += spans
        return line, "panel"

    def close(self) -> None:
        """Put the bar away; the next time the most used tags come first again."""
        self.display = False
        self.tags = []
