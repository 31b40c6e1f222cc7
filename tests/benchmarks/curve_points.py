"""Four noisy curves of 2 000 points each, in two versions: what charts are measured with."""

from __future__ import annotations

from math import sin

STEPS = 2000

CURVES = 4


def points(curve: int, version: int) -> list[tuple[float, float]]:
    """One curve; every point of the other version lies elsewhere."""
    return [
        (
            float(step),
            0.2 * curve + 0.15 * sin(step / (90 + 40 * curve) + version) + 0.05 * sin(step * 12.9898 + version),
        )
        for step in range(STEPS)
    ]
