"""A JSON document of a service or of a request, as it is: over the screen it belongs to."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from rft_tui.safetext import one_line
from rft_tui.tui.actions import LIST, Action
from rft_tui.tui.paint import Line, wrap_text
from rft_tui.tui.screens.jobs.words import AnyJob, name_of, simulated_mark
from rft_tui.tui.screens.over_reading import ReadingScreen


class RawScreen(ReadingScreen):
    """The document, indented; it can be copied whole, or opened in another editor."""

    scope: ClassVar[str] = LIST
    title_word: ClassVar[str] = "Jobs"

    def __init__(self, title: str, document: Any, job: AnyJob) -> None:
        super().__init__()
        self._job = job
        self._title = title
        self._text = indented(document)

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


def indented(document: Any) -> str:
    """A document as text for people; every character stands as it is."""
    return json.dumps(document, indent=2, ensure_ascii=False)
