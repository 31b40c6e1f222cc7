"""Scores of a simulated evaluation brought into agreement with the curve that the same job plays.

The job's own grader really grades the answers, and where it thinks of them what the curve says, nothing is changed. A
story such as a hacked grader cannot be acted before a grader that is not taken in, and a grader that gives part marks
likes wrong answers more than the story does. Then the best answers get full marks, or the worst none, as many as it
takes: the order of the answers stays the real grader's, the mean is the curve's. Whoever grades the same answers again
sees what that grader really gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

TOLERANCE = 0.02
"""How far the mean of a step's scores may lie from the curve, as a share of the grader's range."""


class Score(NamedTuple):
    """The total score of an answer, and those of the children by name."""

    total: float
    children: dict[str, float]


class Bounds(NamedTuple):
    """The least and the most that a grader gives, in all and for each child."""

    least: Score
    most: Score


def agreeing(scores: Sequence[Score], share: float, bounds: Bounds) -> list[Score]:
    """Scores whose mean lies `share` (0 to 1) of the way from the least to the most; as they are where it does so.

    It is met to `TOLERANCE` or half of one answer. Of equal scores the earlier are taken for the better.
    """
    least, most = bounds.least.total, bounds.most.total
    made = list(scores)
    span = most - least
    if not made or span <= 0:
        return made
    lacking = (least + share * span) * len(made) - sum(one.total for one in made)
    if abs(lacking) <= max(TOLERANCE * len(made), 1.0) * span:
        return made
    order = sorted(range(len(made)), key=lambda place: (-made[place].total, place))
    end = bounds.most if lacking > 0 else bounds.least
    for place in order if lacking > 0 else reversed(order):
        change = end.total - made[place].total
        if abs(change) / 2 > abs(lacking):
            break
        made[place] = end
        lacking -= change
        if lacking * change < 0:
            break
    return made
