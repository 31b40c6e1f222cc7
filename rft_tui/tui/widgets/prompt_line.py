"""One line to type into, above the footer: filter, note, tag, reference."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from rft_tui.safetext import one_line
from rft_tui.tui.paint import Line
from rft_tui.tui.widgets.line_input import LineInput
from rft_tui.tui.widgets.lines import LineWidget

Typed = Callable[[str], None]
"""What happens with the text."""


class _Label(LineWidget):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = one_line(text, 40)
        self.styles.width = cell_len(self.text) + 2

    def line(self, y: int, width: int) -> tuple[Line, str]:
        return [(f" {self.text} ", "text.accent bold")], "panel"


class _PromptInput(LineInput):
    """An input without a frame; `enter`, `esc` and whatever else the line wants go to the line that owns it."""

    def __init__(self, owner: PromptLine, value: str) -> None:
        super().__init__(value)
        self._owner = owner

    async def _on_key(self, event: events.Key) -> None:
        if self._owner.take_key(event.key):
            event.stop()
            event.prevent_default()
            return
        await super()._on_key(event)


class PromptLine(Horizontal):
    """Asks for one line of text. `on_change` runs while typing, one of `on_done` and `on_cancel` at the end.

    `also` says of a key what it does with the text in the place of `on_done`; None for all others.
    """

    def __init__(
        self,
        label: str,
        value: str,
        on_done: Typed,
        *,
        on_change: Typed | None = None,
        on_cancel: Callable[[], None] | None = None,
        on_close: Callable[[], None] | None = None,
        also: Callable[[str], Typed | None] = lambda _key: None,
    ) -> None:
        super().__init__(classes="prompt-line")
        self._on_close = on_close
        self._label = label
        self._value = value
        self._on_done = on_done
        self._on_change = on_change
        self._on_cancel = on_cancel
        self._also = also
        self._is_closed = False

    def compose(self) -> ComposeResult:
        """The label and the input."""
        yield _Label(self._label)
        yield _PromptInput(self, self._value)

    @property
    def input(self) -> LineInput:
        """Where one types."""
        return self.query_one(_PromptInput)

    def on_mount(self) -> None:
        """Let letters type."""
        self.input.focus()

    def take_key(self, key: str) -> bool:
        """Do what a key does to the line itself; whether it did something."""
        if key == "escape":
            self.cancel()
            return True
        done = self._also(key)
        if done is not None:
            text = self.input.value
            self._close()
            done(text)
        return done is not None

    def on_input_changed(self, event: Input.Changed) -> None:
        """Hand the draft on, unless the line was closed by a key that came right behind."""
        event.stop()
        if self._on_change is not None and not self._is_closed and event.value != self._value:
            self._value = event.value
            self._on_change(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the text."""
        event.stop()
        self._close()
        self._on_done(event.value)

    def cancel(self) -> None:
        """Close without keeping."""
        self._close()
        if self._on_cancel is not None:
            self._on_cancel()

    def _close(self) -> None:
        self._is_closed = True
        self.remove()
        if self._on_close is not None:
            self._on_close()
