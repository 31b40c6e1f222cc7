"""plotext in Textual with the same four curves: what our chart is held against. ``n`` draws the other version."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from rich.text import Text
from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static

from tests.benchmarks.curve_points import CURVES, points


class PlotextApp(App[None]):
    """The picture as plotext makes it, in a widget that shows it."""

    CSS = "Static { height: 100%; width: 100%; }"

    def __init__(self) -> None:
        super().__init__()
        self.plotext: Any = import_module("plotext")
        self.versions = [[points(one, version) for one in range(CURVES)] for version in range(2)]
        self.picture = Static()
        self.shown = 0

    def compose(self) -> ComposeResult:
        """The picture."""
        yield self.picture

    def on_mount(self) -> None:
        """Draw the first version."""
        self.draw()

    def draw(self) -> None:
        """Draw a version as large as the screen."""
        plot = self.plotext
        plot.clear_figure()
        plot.plot_size(self.size.width, self.size.height)
        plot.title(f"version {self.shown}")
        for number, curve in enumerate(self.versions[self.shown]):
            plot.plot([x for x, _y in curve], [y for _x, y in curve], marker="braille", label=f"c{number}")
        self.picture.update(Text.from_ansi(plot.build()))

    def on_key(self, event: events.Key) -> None:
        """Draw the other one."""
        if event.key == "n":
            self.shown = 1 - self.shown
            self.draw()


if __name__ == "__main__":
    PlotextApp().run()
