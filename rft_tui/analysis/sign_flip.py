"""The sign-flip permutation test of paired differences: it assumes no distribution, only that signs are by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from rft_tui.analysis.intervals import FEWEST_RESAMPLES
from rft_tui.identity import canonical_json, content_hash

RESAMPLES = 10_000
"""How often signs are drawn where there are too many to try all."""

MOST_TRIED = 16
"""Differences other than 0 up to which all ways to set the signs are tried."""

MOST_DRAWS = 50_000_000
"""Groups of eight signs drawn in all: beyond 40,000 differences fewer resamples are made."""

DRAWS_AT_ONCE = 100_000
"""Groups of eight signs drawn at once: few enough to stay in the processor's cache."""

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class SignFlip:
    """The two-sided p; `exact` if all ways to set the signs were tried, else by `resamples` of them (0 if exact)."""

    p: float
    exact: bool
    resamples: int


def sign_flip(differences: Sequence[float], *, resamples: int = RESAMPLES) -> SignFlip:
    """How often signs by chance move the sum of finite differences at least as far from 0 as it is.

    p = (1 + #{|sum s_i d_i| >= |sum d_i|}) / (1 + R); exact up to `MOST_TRIED` differences other than 0, since the sign
    of 0 changes nothing. Only sizes count for what is drawn, and the seed comes from them: neither the order of the
    items nor which operand comes first changes a digit.
    """
    sizes = sorted(abs(difference) for difference in differences if difference)
    needed = abs(fsum(differences)) - _ROUNDING * fsum(sizes)
    if len(sizes) <= MOST_TRIED:
        sums = [0.0]
        for size in sizes:
            sums = [total + signed for total in sums for signed in (size, -size)]
        return SignFlip(sum(abs(total) >= needed for total in sums) / len(sums), exact=True, resamples=0)
    resamples = min(resamples, max(FEWEST_RESAMPLES, MOST_DRAWS * 8 // len(sizes)))
    found = _drawn_as_far(sizes, needed, resamples)
    return SignFlip((1 + found) / (1 + resamples), exact=False, resamples=resamples)


def _drawn_as_far(sizes: Sequence[float], needed: float, resamples: int) -> int:
    """How many of the drawn signs give a sum of at least `needed` from 0.

    Eight signs are one byte, which looks up their sum in a table made once: an eighth of the work.
    """
    import numpy as np

    generator = np.random.default_rng(int(content_hash("sign flip", canonical_json(sizes)), 16))
    padded = np.zeros(-(-len(sizes) // 8) * 8)
    padded[: len(sizes)] = sizes
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(np.float64) * 2 - 1
    tables = (padded.reshape(-1, 8) @ bits.T).ravel()
    groups = len(padded) // 8
    begins = np.arange(groups) * 256
    at_once = max(1, DRAWS_AT_ONCE // groups)
    found = 0
    for begun in range(0, resamples, at_once):
        drawn = generator.integers(0, 256, (min(at_once, resamples - begun), groups), dtype=np.uint8)
        sums = tables[drawn + begins].sum(axis=1)
        found += int((np.abs(sums) >= needed).sum())
    return found
