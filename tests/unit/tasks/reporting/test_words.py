"""Sentences of a report say no more than the numbers do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rft_tui.analysis.paired import paired_difference
from rft_tui.analysis.sign_flip import SignFlip
from rft_tui.tasks.comparing.comparison import PairFigures
from rft_tui.tasks.reporting.words import difference_sentence, score
from tests.unit.analysis.score_tables import Rows, table

BASE: Rows = [[0.3 + 0.02 * (at % 7)] for at in range(20)]


def pair(second: Rows, flip: float = 0.001, adjusted: float = 0.001) -> PairFigures:
    paired = paired_difference(table(BASE[: len(second)]), table(second))
    assert paired is not None
    return PairFigures(0, 1, paired, adjusted, (), (), sign_flip=SignFlip(flip, exact=False, resamples=10_000))


BETTER = pair([[score + 0.1 + 0.01 * (at % 3)] for at, (score,) in enumerate(BASE)])
WORSE = pair([[score - 0.1 - 0.01 * (at % 3)] for at, (score,) in enumerate(BASE)])
ALIKE = pair([[score + (0.1 if at % 2 else -0.1)] for at, (score,) in enumerate(BASE)], flip=1.0)
FEW = pair([[0.6], [0.7], [0.65]])


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (BETTER, "; the gain is beyond chance at the 5 % level."),
        (WORSE, "; the loss is beyond chance at the 5 % level."),
        (ALIKE, "; this data does not tell it from chance."),
        (FEW, "; 3 items are too few to tell."),
        (replace(BETTER, sign_flip=SignFlip(0.125, exact=True, resamples=0)), "sign flips (p 0.125) do not."),
        (replace(BETTER, p_adjusted=0.2), "among all that is compared here it is not."),
    ],
)
def test_what_is_claimed(made: PairFigures, said: str) -> None:
    assert difference_sentence(made, "a", "b").endswith(said)


def test_zero_has_no_sign() -> None:
    assert (score(-0.0001), score(-0.4)) == ("0.000", "−0.400")
