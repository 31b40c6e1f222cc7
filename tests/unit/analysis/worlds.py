"""Made worlds in which the truth is known, to count how often an interval holds it and a test is wrong.

Each item has a difficulty that two models share in part: their true item means p are Phi(m + s z), z standard normal
with correlation .7 between the models, so that the mean over all possible items is exactly Phi(m / sqrt(1 + s^2)). A
*pass* world scores each run 1 with chance p, else 0. A *graded* world gives tenths: of ten criteria each is met with a
chance drawn for the run from Beta(c p, c (1 - p)), so that runs of one item differ by more than their criteria.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from rft_tui.analysis.scores import ScoreTable
from tests.unit.analysis.score_tables import table

CORRELATION = 0.7
SPREAD = 0.8
CONCENTRATION = 5.0


@dataclass(frozen=True, slots=True)
class World:
    """`centre` is m of the first model; the second's is `centre` + `gain`. All items are new in each sample."""

    items: int
    runs: int
    is_graded: bool
    centre: float = 0.2
    gain: float = 0.0

    @property
    def truths(self) -> tuple[float, float]:
        """The mean of both models over all possible items."""
        normal = NormalDist()
        scale = sqrt(1 + SPREAD**2)
        return normal.cdf(self.centre / scale), normal.cdf((self.centre + self.gain) / scale)

    def samples(self, count: int, seed: int) -> Iterator[tuple[ScoreTable, ScoreTable]]:
        """What `count` experiments find, each with new items."""
        generator = np.random.default_rng(seed)
        for _sample in range(count):
            shared = generator.normal(size=self.items)
            yield self._model(shared, self.centre, generator), self._model(shared, self.centre + self.gain, generator)

    def _model(self, shared: NDArray[np.float64], centre: float, generator: np.random.Generator) -> ScoreTable:
        own = generator.normal(size=self.items)
        z = sqrt(CORRELATION) * shared + sqrt(1 - CORRELATION) * own
        truth = _phi(centre + SPREAD * z)[:, None]
        if not self.is_graded:
            return table((generator.random((self.items, self.runs)) < truth).astype(float).tolist())
        a, b = CONCENTRATION * truth, CONCENTRATION * (1 - truth)
        chances = generator.beta(np.maximum(a, 1e-9), np.maximum(b, 1e-9), (self.items, self.runs))
        return table((generator.binomial(10, chances) / 10).tolist())


def _phi(values: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = ndtr(values)
    return found
