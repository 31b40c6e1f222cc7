"""The smallest Textual app that shows a text: what a start is held against."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Minimal(App[None]):
    """One line of text."""

    def compose(self) -> ComposeResult:
        """The line."""
        yield Static("ready to read")


if __name__ == "__main__":
    Minimal().run()
