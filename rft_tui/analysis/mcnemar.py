"""McNemar's exact test: two operands that pass or fail each item once."""

from __future__ import annotations

from rft_tui.analysis.student_t import incomplete_beta


def mcnemar_exact(b: int, c: int) -> float:
    """The two-sided p for `b` items that only the first passed and `c` that only the second did (both >= 0).

    2 min(P(Bin(b + c, 1/2) <= min(b, c)), 1/2), McNemar 1947 in its exact form; 1 where none differs.
    """
    fewer, total = min(b, c), b + c
    if 2 * fewer == total:
        return 1.0
    return min(1.0, 2 * incomplete_beta(0.5, total - fewer, fewer + 1))
