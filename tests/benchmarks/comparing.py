"""P18: 2 models × 8 runs × 5,000 items compared: the first numbers, then everything that is resampled.

``python tests/benchmarks/comparing.py [ITEMS]``. Beside it the same by hand, in the same run: the scores read in one
query into numpy and the same figures made from them; the bootstrap of pass@k, pass^k, best of k and agreement, and sign
flips, in plain loops over the resamples.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rft_tui.settings import CACHE_FILE
from rft_tui.store.database import Store
from rft_tui.tasks.comparing import resampling
from rft_tui.tasks.comparing.comparison import compare, resampled
from tests.benchmarks import workspaces
from tests.benchmarks.commands import measured
from tests.benchmarks.terminal import hermetic, median, python, row

RUNS = 8

ITEMS = 5000

RESAMPLES = 10_000

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class ByHand:
    """One model's scores (items × runs), and the characters and reasoning tokens of its answers."""

    scores: NDArray[np.float64]
    lengths: NDArray[np.float64]
    tokens: NDArray[np.float64]


def read_by_hand(path: Path) -> list[ByHand]:
    """What there is of both models."""
    db = sqlite3.connect(path)
    rows = db.execute(
        "SELECT run.model, item.row_id, run.run_index, grade.score, prediction.length, prediction.reasoning_tokens"
        " FROM prediction JOIN run ON run.id = prediction.run JOIN item ON item.id = prediction.item"
        " JOIN grade ON grade.grader = 1 AND grade.prediction = prediction.id"
    ).fetchall()
    db.close()
    place = {item: number for number, item in enumerate(dict.fromkeys(row[1] for row in rows))}
    found = {model: ByHand(*np.zeros((3, len(place), RUNS))) for model in workspaces.MODELS}
    for model, item, index, score, length, tokens in rows:
        at = place[item], index - 1
        found[model].scores[at], found[model].lengths[at], found[model].tokens[at] = score, length, tokens
    return list(found.values())


def k_figures(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """pass@k, pass^k and best of k for every k, and the agreement of the runs, by item."""
    ordered, passed = np.sort(scores, axis=1), (scores >= 1).sum(axis=1)
    columns = []
    for k in range(1, RUNS + 1):
        some = np.array([1 - comb(RUNS - c, k) / comb(RUNS, k) for c in range(RUNS + 1)])
        every = np.array([comb(c, k) / comb(RUNS, k) for c in range(RUNS + 1)])
        weights = np.array([comb(rank, k - 1) / comb(RUNS, k) for rank in range(RUNS)])
        columns += [some[passed], every[passed], ordered @ weights]
    columns.append((passed * (passed - 1) + (RUNS - passed) * (RUNS - passed - 1)) / (RUNS * (RUNS - 1)))
    return np.stack(columns, axis=1)


def first_numbers(path: Path) -> list[Any]:
    """Means with their errors, figures of each model, the paired difference, at equal length too, and its order."""
    models = read_by_hand(path)
    found: list[Any] = []
    for one in models:
        found += [
            np.histogram(one.scores, 10),
            np.histogram(one.scores, [0, 0.3, 0.8, 1]),
            k_figures(one.scores).mean(0),
        ]
        for numbers in (one.lengths, one.tokens):
            found += [numbers.mean(), np.median(numbers), np.histogram(numbers, 10)]
    means = [one.scores.mean(axis=1) for one in models]
    difference = means[1] - means[0]
    for values in (*means, difference):
        found += [values.mean(), values.std(ddof=1) / len(values) ** 0.5]
    longer = np.log(np.maximum(models[1].lengths, 1)).mean(1) - np.log(np.maximum(models[0].lengths, 1)).mean(1)
    line = np.linalg.lstsq(np.stack([np.ones_like(longer), longer], axis=1), difference, rcond=None)
    return [*found, line[0], np.argsort(difference).tolist()]


def resampled_by_hand(path: Path) -> list[Any]:
    """Intervals of all figures over k runs, and sign flips."""
    generator = np.random.default_rng(1)
    models = read_by_hand(path)
    found: list[Any] = []
    for one in models:
        figures = k_figures(one.scores)
        means = np.empty((RESAMPLES, figures.shape[1]))
        for at in range(RESAMPLES):
            means[at] = figures[generator.integers(0, len(figures), len(figures))].mean(axis=0)
        found.append(np.quantile(means, [0.025, 0.975], axis=0))
    difference = models[1].scores.mean(axis=1) - models[0].scores.mean(axis=1)
    count = 0
    for _ in range(RESAMPLES):
        signs = generator.integers(0, 2, len(difference)) * 2 - 1
        count += abs((signs * difference).sum()) >= abs(difference.sum())
    return [*found, (1 + count) / (1 + RESAMPLES)]


def seconds(work: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """The median of some rounds."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return median(taken)


def main(items: int = ITEMS) -> None:
    """Print the figures."""
    workspaces.RUNS = RUNS
    folder = Path(tempfile.gettempdir()) / "rft-tui-benchmarks" / f"comparing-{items}"
    workspaces.make_workspace(folder, items * RUNS * len(workspaces.MODELS), searchable=False)
    path = folder / CACHE_FILE
    store = Store(path)
    models = list(workspaces.MODELS)

    def everything() -> None:
        resampling.forget()
        resampled(compare(store, models))

    quick, plain = seconds(lambda: compare(store, models)), seconds(lambda: first_numbers(path))
    row("P18 first numbers", f"{quick * 1000:.0f} ms", f"numpy {plain * 1000:.0f} ms", f"{quick / plain:.2f} ×")
    whole, loops = seconds(everything, 3), seconds(lambda: resampled_by_hand(path), 1)
    row("P18 with everything resampled", f"{whole:.2f} s", f"numpy loops {loops:.2f} s", f"{whole / loops:.2f} ×")
    row("  once more for the same data", f"{seconds(lambda: resampled(compare(store, models))) * 1000:.0f} ms")
    store.close()
    command = measured([*python("-m", "rft_tui"), "compare", *models, "--json", "-C", str(folder)], folder)
    row("  as a command", f"{command.wall_s:.2f} s", f"{command.rss_mb:.0f} MB")


if __name__ == "__main__":
    with hermetic():
        main(*map(int, sys.argv[1:]))
