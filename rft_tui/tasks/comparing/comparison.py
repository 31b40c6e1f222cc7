"""A comparison: what operands score on their common items, how others differ from the baseline, what is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rft_tui.model import Band

if TYPE_CHECKING:
    from rft_tui.analysis.detectable import Fix
    from rft_tui.analysis.histogram import Histogram
    from rft_tui.analysis.length_adjusted import LengthAdjusted
    from rft_tui.analysis.model_mean import ModelMean
    from rft_tui.analysis.paired import Paired
    from rft_tui.analysis.scores import ScoreTable
    from rft_tui.analysis.several_runs import SeveralRuns
    from rft_tui.analysis.sign_flip import SignFlip
    from rft_tui.model import ScoreRule
    from rft_tui.store.database import Store
    from rft_tui.store.graders import StoredGrader
    from rft_tui.tasks.comparing.operands import Operand
    from rft_tui.tasks.comparing.without import Without


@dataclass(frozen=True, slots=True)
class Spread:
    """Numbers of scored predictions (characters, tokens): how many have one, mean, median, and counts in bins.

    The bins are the same for all operands of a comparison; None where no prediction has the number.
    """

    known: int
    mean: float | None
    median: float | None
    histogram: Histogram | None


@dataclass(frozen=True, slots=True)
class OperandFigures:
    """One operand on the common items.

    `table` has the scores by item, and the items that have nothing but errors; `mean` is made from it. `bands` and
    `histogram` count predictions (ten bins over the range, the same for all operands). `pass_rate` is None where the
    grader has no rule for passing. A run of an item passes in `several` where its score reaches `threshold`, which is
    the grader's own, or half of its range where `own_threshold` is false. `errors` counts runs of those items that
    ended in an error, by kind. `input_tokens` to `cost` are sums over all predictions of the operand's runs; `cost` in
    US dollars, None where no price is known. `lengths` are characters of answers, `reasoning` reasoning tokens.
    """

    operand: Operand
    table: ScoreTable
    mean: ModelMean | None
    bands: Mapping[Band, int]
    histogram: Histogram
    pass_rate: float | None
    several: SeveralRuns | None
    threshold: float
    own_threshold: bool
    lengths: Spread
    reasoning: Spread
    input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cost: float | None
    errors: Mapping[str, int]
    simulated: bool

    @property
    def label(self) -> str:
        """The operand's name on screens."""
        return self.operand.label

    @property
    def runs(self) -> int:
        """Runs behind the figures; those of one index on two datasets count as one."""
        return self.table.runs


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One common item under the baseline and under another operand.

    `item` is the row id, `question` its beginning, `place` where it stands (``dataset:line``). `before` and `after` are
    item means, `difference` is after less before. The lengths are mean characters of the answers that have a score. The
    predictions are those with a score, the one nearest to the item's mean first.
    """

    item: str
    place: str
    question: str
    before: float
    after: float
    difference: float
    length_before: float
    length_after: float
    predictions_before: tuple[int, ...]
    predictions_after: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PairFigures:
    """An operand against the baseline; `first` and `second` are their places in the comparison.

    `changes` are all common items, the worst change first. `p_adjusted` is `paired`'s p by Holm over the pairs of the
    comparison, `p_adjusted_sign_flip` the same of the sign flips. `fixes` are the cheapest ways to a smaller detectable
    difference. `sign_flip` is None until it is resampled.
    """

    first: int
    second: int
    paired: Paired
    p_adjusted: float | None
    fixes: tuple[Fix, ...]
    changes: tuple[ItemChange, ...]
    length_adjusted: LengthAdjusted | None = None
    sign_flip: SignFlip | None = None
    p_adjusted_sign_flip: float | None = None

    @property
    def regressions(self) -> tuple[ItemChange, ...]:
        """The items that got worse by more than a tie, the worst first."""
        return tuple(one for one in self.changes if self.paired.is_loss(one.difference))

    @property
    def improvements(self) -> tuple[ItemChange, ...]:
        """The items that got better by more than a tie, the best first."""
        return tuple(one for one in reversed(self.changes) if self.paired.is_loss(-one.difference))

    @property
    def scatter(self) -> list[tuple[str, float, float]]:
        """(row id, score of the baseline, score of the other) of every item."""
        return [(one.item, one.before, one.after) for one in self.changes]

    @property
    def lengths(self) -> list[tuple[str, float, float]]:
        """(row id, characters of the other's answers, its score) of every item: score against length."""
        return [(one.item, one.length_after, one.after) for one in self.changes]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Items that another operand has a score of and this one has not, so that they are not compared.

    `missing` have no prediction, `ungraded` have one without a grade of the version, `errors` have only errors; all are
    row ids.
    """

    missing: tuple[str, ...]
    ungraded: tuple[str, ...]
    errors: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.missing) + len(self.ungraded) + len(self.errors)


@dataclass(frozen=True, slots=True)
class Note:
    """Something to be said beside the numbers. `operand` is the place of the one it is about, None for all.

    Kinds: ``default_grader``, ``pooled``, ``left_out``, ``corrected``, ``excluded``, ``no_items``, ``few_items``,
    ``few_clusters``, ``duplicates``, ``errors``, ``one_run``, ``shared_runs``, ``settings_differ``, ``graders_differ``,
    ``chosen_on_items``, ``trained_on_items``, ``detectable``, ``simulated``.
    """

    kind: str
    text: str
    is_warning: bool = False
    operand: int | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Operands on their common items (`items`, row ids), the baseline first; `pairs` are each other one against it.

    `left_out` has one entry for each operand. `cluster` says what belongs together: a field of the rows, ``input``
    where rows share inputs, empty where each item stands for itself; `clusters` names each item's group, None for none.
    `key` is the hash of the data behind it; seeds come from the data too: the same data give the same digits.
    `is_resampled` says whether sign flips and bootstrap intervals are there. `without` has the figures without items
    that are in doubt, where they were asked for.
    """

    operands: tuple[OperandFigures, ...]
    pairs: tuple[PairFigures, ...]
    items: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    notes: tuple[Note, ...]
    cluster: str
    clusters: Mapping[str, str] | None
    rule: ScoreRule
    key: str
    is_resampled: bool = False
    without: Without | None = None

    @property
    def simulated(self) -> bool:
        """Whether any number in it came from the simulated service."""
        return any(one.simulated for one in self.operands)

    @property
    def graders(self) -> tuple[StoredGrader, ...]:
        """The grader versions whose scores are compared."""
        return tuple({one.operand.grader.id: one.operand.grader for one in self.operands}.values())


def compare(
    store: Store,
    names: Sequence[str],
    *,
    grader: StoredGrader | None = None,
    runs: Sequence[int] | None = None,
    cluster: str = "",
) -> Comparison:
    """Everything that needs no resampling; for 2 models × 8 runs × 5,000 items within half a second.

    For `names`, `grader` and `runs` see `resolve_operands`. Items are paired by their row id. `cluster` names a field
    of the rows whose items belong together. Raises UsageError, StoreError.
    """
    from rft_tui.tasks.comparing.notes import notes_of
    from rft_tui.tasks.comparing.operand_figures import operand_figures
    from rft_tui.tasks.comparing.operands import resolve_operands
    from rft_tui.tasks.comparing.pair_figures import pair_figures
    from rft_tui.tasks.comparing.reading import clusters_of, read_operands
    from rft_tui.tasks.comparing.resampling import data_key

    with closing(store.connect()) as db:
        chosen = resolve_operands(db, names, grader=grader, runs=runs)
        reading = read_operands(db, chosen.operands)
        kind, clusters = clusters_of(db, reading, cluster)
        figures = operand_figures(db, reading, clusters)
        pairs = pair_figures(reading, clusters)
        notes = notes_of(db, chosen, reading, figures, pairs, kind, clusters)
    return Comparison(
        figures, pairs, reading.common, reading.left_out, notes, kind, clusters, reading.rule,
        data_key(reading.tables, clusters),
    )  # fmt: skip


def resampled(comparison: Comparison, should_stop: Callable[[], bool] = lambda: False) -> Comparison | None:
    """The same with sign flips and bootstrap intervals; None once `should_stop` says so.

    What was made before for the same data is not made again in this process.
    """
    from rft_tui.tasks.comparing.resampling import complete

    return complete(comparison, should_stop)


def keep_changes(store: Store, pair: PairFigures) -> dict[str, int]:
    """Put the pair's changes into the lists ``regressions`` and ``improvements``; how many predictions each holds.

    Of each item the baseline's prediction comes first and the other's after it. Raises StoreError.
    """
    from rft_tui.store.kept_lists import put_list
    from rft_tui.tasks.comparing.pair_figures import change_list

    with store.write() as db:
        return {
            name: put_list(db, name, change_list(changes))
            for name, changes in (("regressions", pair.regressions), ("improvements", pair.improvements))
        }
