"""Sign flips and bootstrap intervals of a comparison, made once for the same data."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain
from threading import Lock

from rft_tui.analysis.multiple import holm
from rft_tui.analysis.scores import ScoreTable
from rft_tui.analysis.several_runs import SeveralRuns, several_runs_resampled
from rft_tui.analysis.sign_flip import SignFlip, sign_flip
from rft_tui.tasks.comparing.comparison import Comparison, OperandFigures, PairFigures
from rft_tui.tasks.comparing.operand_figures import passes_from

MOST_KEPT = 32
"""Figures that are kept in memory, the last ones used."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was made of some data."""

    of_operands: tuple[SeveralRuns | None, ...]
    of_pairs: tuple[SignFlip, ...]


_kept: OrderedDict[str, _Kept] = OrderedDict()
_lock = Lock()


def data_key(tables: Sequence[ScoreTable], clusters: Mapping[str, str] | None) -> str:
    """The hash of all scores of a comparison with their items."""
    digest = sha256()
    for table in tables:
        digest.update(f"{len(table.items)} {table.low} {table.high}\n".encode())
        digest.update("\n".join(table.items).encode("utf-8", "surrogatepass"))
        items = table.items.values()
        for numbers in ([one.errors for one in items], [len(one.scores) for one in items]):
            digest.update(array("q", numbers).tobytes())
        digest.update(array("q", chain.from_iterable(one.scores for one in items)).tobytes())
        digest.update(array("d", chain.from_iterable(one.scores.values() for one in items)).tobytes())
    digest.update(repr(sorted(clusters.items()) if clusters else None).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


def forget() -> None:
    """Let everything that is kept be made anew."""
    with _lock:
        _kept.clear()


def complete(comparison: Comparison, should_stop: Callable[[], bool]) -> Comparison | None:
    """The comparison with everything that is resampled; None once it should stop."""
    thresholds = ",".join(str(one.threshold) for one in comparison.operands)
    key = f"{comparison.key} {thresholds}"
    with _lock:
        made = _kept.get(key)
    if made is None:
        made = _make(comparison, should_stop)
        if made is None:
            return None
    with _lock:
        _kept[key] = made
        _kept.move_to_end(key)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return _completed(comparison, made)


def _make(comparison: Comparison, should_stop: Callable[[], bool]) -> _Kept | None:
    flips = []
    for pair in comparison.pairs:
        if should_stop():
            return None
        flips.append(sign_flip(by_cluster(pair.paired.differences, comparison.clusters)))
    several = []
    for one in comparison.operands:
        if should_stop():
            return None
        several.append(_several(one, comparison.clusters))
    return _Kept(tuple(several), tuple(flips))


def by_cluster(differences: Mapping[str, float], clusters: Mapping[str, str] | None) -> list[float]:
    """The differences whose signs go together, summed: those of a cluster."""
    if not clusters:
        return list(differences.values())
    sums: dict[tuple[bool, str], float] = {}
    for item, difference in differences.items():
        group = (item in clusters, clusters.get(item, item))
        sums[group] = sums.get(group, 0.0) + difference
    return list(sums.values())


def _several(one: OperandFigures, clusters: Mapping[str, str] | None) -> SeveralRuns | None:
    return several_runs_resampled(one.table, passes_from(one.threshold), clusters=clusters)


def _completed(comparison: Comparison, made: _Kept) -> Comparison:
    adjusted = holm([flip.p for flip in made.of_pairs])
    pairs: tuple[PairFigures, ...] = tuple(
        replace(pair, sign_flip=flip, p_adjusted_sign_flip=p)
        for pair, flip, p in zip(comparison.pairs, made.of_pairs, adjusted, strict=True)
    )
    operands = tuple(
        replace(one, several=several) for one, several in zip(comparison.operands, made.of_operands, strict=True)
    )
    return replace(comparison, operands=operands, pairs=pairs, is_resampled=True)
