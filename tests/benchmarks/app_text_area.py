"""A plain TextArea with python colours: what typing is held against. ``python app_text_area.py FILE``."""

from __future__ import annotations

import sys
from pathlib import Path

from textual.app import App, ComposeResult
from textual.widgets import TextArea


class Plain(App[None]):
    """One text, the cursor at its end."""

    def compose(self) -> ComposeResult:
        """The editor."""
        yield TextArea(Path(sys.argv[1]).read_text(encoding="utf-8"), show_line_numbers=True)

    def on_mount(self) -> None:
        """Go to the end."""
        area = self.query_one(TextArea)
        area.focus()
        area.move_cursor(area.document.end)


if __name__ == "__main__":
    Plain().run()
