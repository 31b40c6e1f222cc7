"""Scores in few cells, without a zero before the point."""

from __future__ import annotations

from rft_tui.model import Grade


def score_text(grade: Grade | None) -> str:
    """A score in few cells: ``.40``, ``1.00``, ``err`` or a dash."""
    if grade is None:
        return "–"
    return "err" if grade.score is None else shown_score(grade.score)


def shown_score(score: float) -> str:
    """Two decimals, without the zero before the point."""
    text = f"{score:.2f}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def shown_delta(delta: float) -> str:
    """A difference with its sign."""
    text = f"{delta:+.2f}"
    return (text[0] + text[2:] if text[1] == "0" else text).replace("-", "−")
