"""A line to type into, in the colours of the theme and without a frame."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.binding import Binding
from textual.widgets import Input

from rft_tui.safetext import shown
from rft_tui.tui.workbench import workbench

_EDITING = {
    key: binding.action for binding in Input.BINDINGS if isinstance(binding, Binding) for key in binding.key.split(",")
}
"""The keys that edit, and what they do."""


class LineInput(Input):
    """An input of one line; its cursor does not blink, which would be bytes for nothing."""

    DEFAULT_CSS = """
    LineInput, LineInput:focus { height: 1; border: none; padding: 0 1; background-tint: transparent; }
    """

    def __init__(self, value: str = "", *, placeholder: str = "") -> None:
        super().__init__(value, placeholder=placeholder, compact=True, select_on_focus=False)
        self.cursor_blink = False

    async def _on_key(self, event: events.Key) -> None:
        """Edit at once: as a binding it would run after letters that came behind it in the same moment."""
        action = _EDITING.get(event.key)
        if action is None:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        await self.run_action(action)

    def on_focus(self) -> None:
        """Take the keys that came before the line was there."""
        workbench(self).field_is_there()

    @property
    def _value(self) -> Text:
        """The value as it is painted: one printable sign for every character, so that places stay the same."""
        return Text(signs(self.value), no_wrap=True, overflow="ignore", end="")

    def _position_to_cell(self, position: int) -> int:
        return cell_len(signs(self.value[:position]))

    def on_mount(self) -> None:
        """Put on the theme's colours."""
        colors = workbench(self).palette.colors
        ground, text = str(colors["surface"]["panel"]), str(colors["text"]["normal"])
        self.styles.background = "ansi_default" if ground == "default" else ground
        self.styles.color = "ansi_default" if text == "default" else text


def signs(text: str) -> str:
    """The text with a sign in place of every character that is not to be sent to a terminal."""
    if text.isascii() and text.isprintable():
        return text
    signs_of = {ord(one): sign for one in set(text) if (sign := _sign(one)) != one}
    return text.translate(signs_of) if signs_of else text


def _sign(character: str) -> str:
    picture = shown(character)
    return picture if len(picture) == 1 and picture not in "\n\t" else "\N{REPLACEMENT CHARACTER}"
