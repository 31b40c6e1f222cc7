"""A comparison once more without some of its items, as a second line beside the numbers of all items."""

from __future__ import annotations

from collections.abc import Set
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rft_tui.analysis.model_mean import ModelMean, model_mean
from rft_tui.analysis.multiple import holm
from rft_tui.analysis.paired import Paired, paired_difference
from rft_tui.analysis.sign_flip import SignFlip, sign_flip
from rft_tui.store.compared import rows_of_items, rows_of_list
from rft_tui.tasks.comparing.resampling import by_cluster
from rft_tui.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rft_tui.store.database import Store
    from rft_tui.tasks.comparing.comparison import Comparison, PairFigures

SUSPECTS = "suspects"
"""The kept list of items whose reference may be wrong."""


@dataclass(frozen=True, slots=True)
class PairWithout:
    """An operand against the baseline on the items that are left; `p_adjusted` is by Holm over all pairs."""

    second: int
    paired: Paired
    p_adjusted: float | None
    sign_flip: SignFlip


@dataclass(frozen=True, slots=True)
class Without:
    """What is left without the items that a Review filter finds: `items` of the common ones are gone, `left` are not.

    `means` has one entry for each operand, None where nothing is left; `pairs` are those with something left.
    """

    filter: str
    items: int
    left: int
    means: tuple[ModelMean | None, ...]
    pairs: tuple[PairWithout, ...]

    @property
    def words(self) -> str:
        """What is left out, and by what: ``without 3 suspect items (list:suspects)``."""
        kind = "suspect item" if self.filter == f"list:{SUSPECTS}" else "item"
        return f"without {counted(self.items, kind)} ({self.filter})"


def without_items(comparison: Comparison, said: str, rows: Set[str]) -> Without:
    """The means and differences of a comparison without some rows, which `said` (a filter) has found.

    Ties, groups of items and shared runs are those of the whole comparison.
    """
    tables = [one.table.only([row for row in one.table.items if row not in rows]) for one in comparison.operands]
    left = [row for row in comparison.items if row not in rows]
    means = tuple(model_mean(table, comparison.clusters) if left else None for table in tables)
    found: list[tuple[PairFigures, Paired]] = []
    for pair in comparison.pairs:
        before, shared = pair.paired, pair.paired.shared_runs
        paired = paired_difference(
            tables[pair.first].only(left), tables[pair.second].only(left), tie=before.tie,
            clusters=comparison.clusters, is_shared=before.is_shared, shared_runs=shared,
        )  # fmt: skip
        if paired is not None:
            found.append((pair, paired))
    adjusted = iter(holm([paired.p_t for _pair, paired in found if paired.p_t is not None]))
    pairs = tuple(
        PairWithout(
            pair.second, paired, None if paired.p_t is None else next(adjusted),
            sign_flip(by_cluster(paired.differences, comparison.clusters)),
        )
        for pair, paired in found
    )  # fmt: skip
    return Without(said, len(comparison.items) - len(left), len(left), means, pairs)


def without_suspects(store: Store, comparison: Comparison) -> Without | None:
    """The same without the items of ``list:suspects``; None where none of them is compared. Raises StoreError."""
    with closing(store.connect()) as db:
        rows = rows_of_list(db, SUSPECTS)
    return without_items(comparison, f"list:{SUSPECTS}", rows) if rows & set(comparison.items) else None


def row_ids(store: Store, items: Sequence[int]) -> frozenset[str]:
    """The row ids of some items. Raises StoreError."""
    with closing(store.connect()) as db:
        return rows_of_items(db, items)
