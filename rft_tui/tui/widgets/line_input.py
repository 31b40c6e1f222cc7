"""A line to type into, in the colours of the theme and without a frame."""

from __future__ import annotations

from textual.widgets import Input

from rft_tui.tui.workbench import workbench


class LineInput(Input):
    """An input of one line; its cursor does not blink, which would be bytes for nothing."""

    DEFAULT_CSS = """
    LineInput, LineInput:focus { height: 1; border: none; padding: 0 1; background-tint: transparent; }
    """

    def __init__(self, value: str = "", *, placeholder: str = "") -> None:
        super().__init__(value, placeholder=placeholder, compact=True, select_on_focus=False)
        self.cursor_blink = False

    def on_mount(self) -> None:
        """Put on the theme's colours."""
        colors = workbench(self).palette.colors
        ground, text = str(colors["surface"]["panel"]), str(colors["text"]["normal"])
        self.styles.background = "ansi_default" if ground == "default" else ground
        self.styles.color = "ansi_default" if text == "default" else text
