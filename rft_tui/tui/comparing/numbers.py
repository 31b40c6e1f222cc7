"""Numbers of comparisons in few cells."""

from __future__ import annotations

from typing import Protocol

from rft_tui.tui.score_words import shown_delta, shown_score


class Ends(Protocol):
    """Anything with a lower and an upper end."""

    @property
    def low(self) -> float:
        """The lower end."""
        ...

    @property
    def high(self) -> float:
        """The upper end."""
        ...


def p_words(p: float | None) -> str:
    """A p value: three decimals without the zero, ``<.001``, or a dash."""
    if p is None:
        return "–"
    return "<.001" if p < 0.001 else "1.00" if p >= 0.9995 else f"{p:.3f}"[1:]


def three(value: float | None, *, signed: bool = False) -> str:
    """Three decimals without the zero before the point, or a dash."""
    if value is None:
        return "–"
    text = f"{value:+.3f}" if signed else f"{value:.3f}"
    return text.replace("0.", ".", 1).replace("-", "−") if abs(value) < 1 else text.replace("-", "−")


def score(value: float | None) -> str:
    """Two decimals, or a dash."""
    return "–" if value is None else shown_score(value).replace("-", "−")


def change(value: float | None) -> str:
    """A difference with its sign, or a dash."""
    if value is None:
        return "–"
    return shown_delta(0.0 if abs(value) < 0.005 else value)


def between(ends: Ends | None, *, signed: bool = False) -> str:
    """An interval in brackets, or a dash."""
    if ends is None:
        return "–"
    shown = change if signed else score
    return f"[{shown(ends.low)}, {shown(ends.high)}]"


def share(value: float | None) -> str:
    """A share in per cent, or a dash."""
    return "–" if value is None else f"{value:.0%}"


def whole(value: float | None) -> str:
    """A whole number, or a dash."""
    return "–" if value is None else f"{value:,.0f}"
