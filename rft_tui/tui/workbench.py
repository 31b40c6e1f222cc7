"""What screens and widgets know of the app: a protocol, so that they need not import it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, cast

from textual.screen import Screen
from textual.widget import Widget

from rft_tui.errors import RftError
from rft_tui.tui.keymap import Keymap
from rft_tui.tui.outbox import Outbox, Write
from rft_tui.tui.task_watch import TaskWatch
from rft_tui.tui.theme import Theme
from rft_tui.workspace import Workspace


class Workbench(Protocol):
    """The app, as screens use it."""

    workspace: Workspace
    palette: Theme
    keymap: Keymap
    session: dict[str, Any]
    outbox: Outbox
    tasks: TaskWatch
    is_leaving: bool
    screen_words: tuple[tuple[str, str], ...]

    @property
    def is_running(self) -> bool:
        """Whether the app has not ended."""
        ...

    def work_screen(self, name: str) -> Screen[Any]:
        """The one screen of a name."""
        ...

    def show_screen(self, name: str) -> None:
        """Switch to a screen."""
        ...

    def open_compare(self, operands: Sequence[Sequence[int]]) -> None:
        """Go to Compare with these operands, each the ids of its runs, the baseline first."""
        ...

    def store_soon(self, write: Write) -> bool:
        """Store what a person said, now or as soon as it can be."""
        ...

    def remember(self) -> None:
        """Write the session down soon."""
        ...

    def field_is_there(self) -> None:
        """A field has the focus: what was typed before it was there goes to it."""
        ...

    def look_at_tasks(self) -> None:
        """Read how the tasks stand, now."""
        ...

    def leave(self) -> None:
        """End the app."""
        ...

    def log_error(self, error: RftError) -> None:
        """Keep an error in the log."""
        ...

    def forget_screen(self) -> None:
        """Send everything with the next picture."""
        ...

    def choose_theme(self) -> None:
        """Show the themes."""
        ...


def workbench(widget: Widget) -> Workbench:
    """The app of a widget."""
    return cast(Workbench, widget.app)
