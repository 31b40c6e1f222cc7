"""Best-of-k divergence over the cache: which runs go together, who is gold, and what is left out and why."""

from __future__ import annotations

import sqlite3

import pytest

from rft_tui.model import ScoreRule, Verdict
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader
from rft_tui.tasks.rating.divergence import DivergenceReport, measure_divergence
from tests.unit.store.building import ME, dataset, failed, give, grader, item, predict, predictions, run_key
from tests.unit.tasks.raters import filled, judge_as, texts

QUALITY = {"bad": 0.0, "poor": 0.25, "fair": 0.5, "good": 1.0}


def measure(
    store: Store, proxy: StoredGrader, gold: StoredGrader | None = None, **others: list[int]
) -> DivergenceReport:
    return measure_divergence(store, proxy, gold, ME, resamples=200, **others)


def rows(count: int) -> list[dict[int, str]]:
    """Four runs over some items, each with another answer."""
    words = list(QUALITY)
    return [{at: words[(at + run) % 4] for at in range(count)} for run in range(4)]


def verdict(text: str) -> Verdict:
    return Verdict.RIGHT if QUALITY[text] > 0.4 else Verdict.WRONG


class TestVerdicts:
    def test_an_honest_grader_and_one_that_pays_for_the_opposite(self, store: Store) -> None:
        honest = filled(store, rows(12), QUALITY.__getitem__)
        with store.write() as db:
            opposite = grader(db, "opposite", source="-")
            give(db, opposite, {number: 1 - QUALITY[text] for number, text in texts(store).items()})
        judge_as(store, {number: verdict(text) for number, text in texts(store).items()})
        good, bad = measure(store, honest), measure(store, opposite)
        assert good.result is not None
        assert bad.result is not None
        assert (good.gold, good.items, good.said) == ("verdicts", 12, "12 items have 3 or more runs judged")
        assert [point.k for point in good.result.points] == [1, 2, 3, 4]
        assert good.result.points[0].gold == 0.5
        assert (good.result.gold_gain, good.result.is_flagged) == (0.5, False)
        assert (bad.result.gold_gain, bad.result.is_flagged) == (-0.5, True)
        assert not good.simulated

    def test_what_is_left_out_is_said(self, store: Store) -> None:
        made = filled(store, rows(6), lambda text: None if text == "fair" else QUALITY[text])
        with store.write() as db:
            other = dataset(db, "few", [item("Few?"), item("Cut?")])
            runs = [predict(db, run_key(other.id, run_index=index), ["good", failed()])[0] for index in (1, 2)]
            give(db, made, {number: None if "Cut" in number_text(db, number) else 1.0
                            for run in runs for number in predictions(db, run)})  # fmt: skip
        numbers = {number: text for number, text in texts(store).items() if text != "fair"}
        judge_as(store, {number: verdict(text) for number, text in list(numbers.items())[:10]})
        report = measure(store, made)
        assert (report.items, report.few_gold, report.few_runs) == (0, 6, 1)
        assert report.result is None
        assert report.said == (
            "0 items have 3 or more runs judged; 6 have so many runs, but fewer of them judged; 1 has fewer runs"
        )
        assert (report.without_score, report.without_gold) == (6 + 2, 18 + 2 - 10)
        judge_as(store, {number: verdict(text) for number, text in list(numbers.items())[:18]})
        full = measure(store, made)
        assert full.result is not None
        assert (full.items, full.few_gold, len(full.result.points)) == (6, 0, 3)

    def test_one_item_is_too_few(self, store: Store) -> None:
        made = filled(store, rows(1), QUALITY.__getitem__)
        judge_as(store, {number: verdict(text) for number, text in texts(store).items()})
        report = measure(store, made)
        assert report.result is None
        assert report.said == "1 item has 3 or more runs judged; 2 are needed"

    def test_verdicts_on_the_label_and_of_others_are_no_gold(self, store: Store) -> None:
        made = filled(store, rows(3), QUALITY.__getitem__)
        judge_as(store, dict.fromkeys(texts(store), Verdict.LABEL))
        assert (measure(store, made).items, measure(store, made).few_gold) == (0, 3)

    def test_nothing_is_graded(self, store: Store) -> None:
        with store.write() as db:
            empty = grader(db)
        report = measure(store, empty)
        assert (report.result, report.said, report.simulated) == (None, "0 items have 3 or more runs judged", False)


class TestAnotherGrader:
    def test_ranges_are_made_alike(self, store: Store) -> None:
        proxy = filled(store, rows(8), QUALITY.__getitem__)
        with store.write() as db:
            gold = grader(db, "gold", ScoreRule(-5, 5), source="g")
            give(db, gold, {number: 10 * QUALITY[text] - 5 for number, text in texts(store).items()})
        report = measure(store, proxy, gold)
        assert report.result is not None
        assert report.gold == gold.label
        assert report.result.ratio == pytest.approx(1.0)
        assert report.said == "8 items have 3 or more runs scored by both"

    def test_models_are_not_mixed_and_the_same_answer_counts_once(self, store: Store) -> None:
        """Two models of two runs each are not four runs; a second dataset with the same rows brings nothing new."""
        with store.write() as db:
            rows_ = [item(f"Q{number}?") for number in range(3)]
            mine, copy = dataset(db, "mine", rows_), dataset(db, "copy", rows_)
            for of in (mine, copy):
                for model in ("a", "b"):
                    for index in (1, 2):
                        predict(db, run_key(of.id, model, index), ["good", "bad", "fair"])
            proxy = grader(db)
            give(db, proxy, dict.fromkeys(texts(store), 0.5))
        assert measure(store, proxy, proxy).few_runs == 3
        with store.write() as db:
            predict(db, run_key(mine.id, "a", 3), ["poor", "poor", "poor"])
            give(db, proxy, {number: QUALITY[text] for number, text in texts(store).items()})
        report = measure(store, proxy, proxy)
        assert report.result is not None
        assert (report.items, report.few_runs) == (3, 0)
        assert len(report.result.points) == 3
        assert measure(store, proxy, proxy, runs=[1, 2]).items == 0

    def test_simulated_runs_mark_it(self, store: Store) -> None:
        proxy = filled(store, rows(3), QUALITY.__getitem__)
        assert not measure(store, proxy, proxy).simulated
        with store.write() as db:
            db.execute("UPDATE run SET simulated = 1 WHERE id = 4")
        assert measure(store, proxy, proxy).simulated
        assert not measure(store, proxy, proxy, runs=[1, 2, 3]).simulated


def number_text(db: sqlite3.Connection, number: int) -> str:
    """The question of a prediction."""
    row = db.execute(
        "SELECT item.question FROM prediction JOIN item ON item.id = prediction.item WHERE prediction.id = ?", [number]
    ).fetchone()
    return str(row[0])
