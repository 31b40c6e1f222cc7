"""A JSON document of a service or of a request, as it is: over the screen it belongs to."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from textual.containers import Container
from textual.widget import Widget

from rft_tui.safetext import one_line
from rft_tui.tui.actions import LIST, Action
from rft_tui.tui.paint import Line, wrap_text
from rft_tui.tui.screens.job_words import AnyJob, name_of, simulated_mark
from rft_tui.tui.screens.over import OverScreen
from rft_tui.tui.widgets.text_pane import TextPane


class RawScreen(OverScreen):
    """The document, indented; y copies all of it, e opens it in the editor."""

    scope: ClassVar[str] = LIST
    title_word: ClassVar[str] = "Jobs"

    def __init__(self, title: str, document: Any, job: AnyJob) -> None:
        super().__init__()
        self._job = job
        self._title = title
        self._text = indented(document)
        self.pane = TextPane()

    def body(self) -> Widget:
        """The text."""
        self.pane.add_class("pane")
        return Container(self.pane, classes="body")

    def on_mount(self) -> None:
        """Show it."""
        super().on_mount()
        self.pane.show(lambda width: wrap_text(self._text, width))

    def header_rows(self) -> tuple[tuple[Line, Line], tuple[Line, Line]]:
        """The job, loudly so if it is simulated; what of it this is."""
        name: Line = [(name_of(self._job), "text.accent bold"), *simulated_mark(self._job)]
        return (name, []), ([*self.tabs(), (f" ▸{one_line(self._title, 80)}", "text.accent bold")], [])

    def why_not(self, action: Action) -> str | None:
        """It is only read."""
        if action.id in ("open", "filter", "sort", "sort_reverse", "left", "right", "next_pane", "refresh"):
            return f"{action.label}: not in a document"
        return super().why_not(action)

    def text_to_take(self) -> tuple[str, str] | None:
        """All of it."""
        return self._text, ".json"

    def do_down(self) -> None:
        """One line down."""
        self.pane.scroll(1)

    def do_up(self) -> None:
        """One line up."""
        self.pane.scroll(-1)

    def do_page_down(self) -> None:
        """A page down."""
        self.pane.scroll(max(1, self.pane.size.height - 1))

    def do_page_up(self) -> None:
        """A page up."""
        self.pane.scroll(-max(1, self.pane.size.height - 1))

    def do_top(self) -> None:
        """To the first line."""
        self.pane.scroll(-len(self.pane.lines))

    def do_bottom(self) -> None:
        """To the last line."""
        self.pane.scroll(len(self.pane.lines))


def indented(document: Any) -> str:
    """A document as text for people; every character stands as it is."""
    return json.dumps(document, indent=2, ensure_ascii=False)
