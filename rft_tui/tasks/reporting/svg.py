"""A drawing as SVG: marks with colours named by what they mean, text made safe, nothing that runs or loads.

Colours are classes, so that a page gives them for light and dark; a drawing that stands alone brings its own.
"""

from __future__ import annotations

from rft_tui.safetext import one_line

SERIES = ("#1f55b5", "#b4540f", "#12705a", "#7a3bb8", "#9b1c4a", "#5a6b00")
"""Colours of what is compared, the baseline first; they stay apart for the colour-blind and in grey."""

DASHES = ("", "6 3", "2 2", "8 3 2 3", "1 3", "10 4")
"""Line styles that go with the colours, so that no picture rests on colour alone."""

LONGEST_LABEL = 60

STYLE = (
    "text{font:12px system-ui,sans-serif;fill:var(--ink,#20242b)}"
    ".dim{fill:var(--dim,#565e6b)}.axis{stroke:var(--rule,#cbc6ba);fill:none}"
    ".none{fill:none}"
)
"""What a drawing needs to be read alone."""


def number_text(value: float) -> str:
    """A coordinate, short."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def colour(series: int) -> str:
    """The colour of the series of a number, from 0."""
    return SERIES[series % len(SERIES)]


def escaped(content: str) -> str:
    """A text that may stand between tags or in quotes; XML has no control characters, so they are shown as signs."""
    shown = one_line(content, LONGEST_LABEL)
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


class Drawing:
    """Marks on a plane of `width` × `height` pixels, y downwards."""

    def __init__(self, width: int, height: int, said: str) -> None:
        self.width, self.height, self.said = width, height, said
        self._marks: list[str] = []

    def line(self, x1: float, y1: float, x2: float, y2: float, *, stroke: str = "", thick: float = 1) -> None:
        """A straight line; without a colour an axis."""
        kind = f'stroke="{stroke}" stroke-width="{number_text(thick)}"' if stroke else 'class="axis"'
        at = " ".join(
            f'{name}="{number_text(value)}"'
            for name, value in (("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2))
        )  # fmt: skip
        self._marks.append(f"<line {at} {kind}/>")

    def path(self, points: list[tuple[float, float]], *, stroke: str, dash: str = "", thick: float = 1.8) -> None:
        """A line through points."""
        steps = " ".join(f"{number_text(x)},{number_text(y)}" for x, y in points)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self._marks.append(
            f'<polyline points="{steps}" class="none" stroke="{stroke}" stroke-width="{number_text(thick)}"{dashes}/>'
        )

    def box(self, x: float, y: float, width: float, height: float, *, fill: str, opacity: float = 1.0) -> None:
        """A filled rectangle."""
        self._marks.append(
            f'<rect x="{number_text(x)}" y="{number_text(y)}" width="{number_text(width)}"'
            f' height="{number_text(height)}" fill="{fill}" fill-opacity="{number_text(opacity)}"/>'
        )

    def dot(self, x: float, y: float, *, fill: str, radius: float = 3, opacity: float = 1.0) -> None:
        """A filled circle."""
        self._marks.append(
            f'<circle cx="{number_text(x)}" cy="{number_text(y)}" r="{number_text(radius)}" fill="{fill}"'
            f' fill-opacity="{number_text(opacity)}"/>'
        )

    def text(self, x: float, y: float, content: str, *, anchor: str = "start", dim: bool = False) -> None:
        """A line of text from, around (`middle`) or up to (`end`) a point."""
        kind = ' class="dim"' if dim else ""
        self._marks.append(
            f'<text x="{number_text(x)}" y="{number_text(y)}" text-anchor="{anchor}"{kind}>{escaped(content)}</text>'
        )

    def svg(self) -> str:
        """The whole drawing."""
        said = escaped(self.said)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}"'
            f' height="{self.height}" role="img" aria-label="{said}"><style>{STYLE}</style>'
            f"{''.join(self._marks)}</svg>"
        )
