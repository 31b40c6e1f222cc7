"""Our chart with four curves; ``n`` draws the other version of all of them. Shows its version in the legend."""

from __future__ import annotations

from textual import events
from textual.app import App, ComposeResult

from rft_tui.tui.plot import Curve
from rft_tui.tui.theme import load_theme
from rft_tui.tui.thin import ThinOutput
from rft_tui.tui.widgets.chart import Chart, ChartData
from tests.benchmarks.curve_points import CURVES, points


class ChartApp(ThinOutput, App[None]):
    """The chart and nothing else."""

    CSS = "Chart { height: 100%; width: 100%; }"

    def __init__(self) -> None:
        super().__init__(ansi_color=True)
        self.palette = load_theme("dark")
        self.versions = [
            ChartData(f"version {version}", tuple(Curve(f"c{one}", points(one, version), one) for one in range(CURVES)))
            for version in range(2)
        ]
        self.chart = Chart("chart")
        self.shown = 0

    def compose(self) -> ComposeResult:
        """The chart."""
        yield self.chart

    def on_mount(self) -> None:
        """Draw the first version."""
        self.chart.show(self.versions[0])

    def on_key(self, event: events.Key) -> None:
        """Draw the other one."""
        if event.key == "n":
            self.shown = 1 - self.shown
            self.chart.show(self.versions[self.shown])


if __name__ == "__main__":
    ChartApp().run()
