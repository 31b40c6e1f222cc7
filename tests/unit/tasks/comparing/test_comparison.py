"""Comparisons of small caches: known answers, what is paired with what, what is left out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import UsageError
from rft_tui.model import Band, ScoreRule
from rft_tui.store.database import Store
from rft_tui.tasks.comparing.comparison import Comparison, compare, keep_changes, resampled
from rft_tui.tasks.comparing.operand_figures import bands_of, score_histogram
from tests.unit.store.building import dataset, give, grader, item, predict, predictions, run_key
from tests.unit.tasks.comparing.worlds import A, B, make


def near(value: float) -> object:
    return pytest.approx(value, abs=5e-5)


def completed(comparison: Comparison) -> Comparison:
    done = resampled(comparison)
    assert done is not None
    return done


def kinds(comparison: Comparison) -> set[str]:
    return {note.kind for note in comparison.notes}


@pytest.mark.parametrize("score", [1e308, -1e200, float("inf")])
def test_a_score_beyond_all_bounds_is_an_error(store: Store, score: float) -> None:
    make(store, {"a": [[score, 0.5]] * 6 + [[0.25, 0.75]] * 6, "b": [[score, score], *[[0.5, 0.25]] * 11]})
    found = completed(compare(store, ["a", "b"]))
    assert len(found.items) == 11
    assert found.operands[0].errors == {"boundless_score": 5}
    assert found.operands[1].mean is not None
    assert found.operands[1].mean.mean == 0.375
    assert "errors" in kinds(found)


class TestKnownAnswers:
    def test_the_vector(self, store: Store) -> None:
        make(store, {"a": A, "b": B})
        found = completed(compare(store, ["a", "b"]))
        first, second = found.operands
        pair = found.pairs[0]
        assert first.mean is not None
        assert first.mean.interval is not None
        assert first.mean.clipped is not None
        assert (first.mean.mean, first.mean.standard_error, first.mean.run_noise) == (
            near(0.6), near(0.1716), near(0.0745),
        )  # fmt: skip
        assert (first.mean.interval.low, first.mean.interval.high) == (near(0.1236), near(1.0764))
        assert first.mean.clipped.high == 1.0
        assert list(first.table.run_means.values()) == [near(0.7), near(0.7), near(0.4)]
        assert first.mean.run_spread == near(0.1732)
        assert (pair.paired.difference, pair.paired.standard_error, pair.paired.t, pair.paired.p_t) == (
            near(1 / 6), near(0.0527), near(3.1623), near(0.0341),
        )  # fmt: skip
        assert pair.sign_flip is not None
        assert (pair.sign_flip.p, pair.sign_flip.exact) == (near(0.125), True)
        assert (first.runs, second.runs, len(found.items)) == (3, 3, 5)
        assert (pair.paired.wins, pair.paired.ties, pair.paired.losses) == (4, 1, 0)
        assert "few_items" in kinds(found)

    def test_the_quick_part_has_no_resampling_and_the_rest_is_made_once(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make(store, {"a": [*A, [0.25, 0.75, 0.125]], "b": [*B, [0.5, 0.5, 0.375]]})
        quick = compare(store, ["a", "b"])
        assert not quick.is_resampled
        assert quick.pairs[0].sign_flip is None
        assert resampled(quick, lambda: True) is None
        done = completed(quick)
        assert done.is_resampled
        assert done.operands[0].several is not None
        assert done.operands[0].several.tries[0].any_interval is not None

        def never(*_given: object, **_named: object) -> None:
            raise AssertionError

        monkeypatch.setattr("rft_tui.tasks.comparing.resampling.sign_flip", never)
        assert completed(compare(store, ["a", "b"])) == done

    def test_figures_of_an_operand(self, store: Store) -> None:
        make(store, {"a": A, "b": B})
        one = compare(store, ["a", "b"]).operands[0]
        assert one.several is not None
        assert one.several.learnable == near(1 / 5)
        assert [tries.k for tries in one.several.tries] == [1, 2, 3]
        assert one.bands == {Band.FULL: 7, Band.FORMATTING: 0, Band.PARTIAL: 4, Band.OFF_BASE: 4}
        assert one.histogram.counts == (4, 0, 0, 0, 0, 4, 0, 0, 0, 7)
        assert one.pass_rate == near(11 / 15)
        assert (one.reasoning.mean, one.reasoning.median, one.reasoning.known) == (200, 200, 15)
        assert one.lengths.mean == len("answer 0 of a")
        assert (one.input_tokens, one.output_tokens, one.reasoning_tokens) == (150, 300, 3000)
        assert one.cost is None

    def test_histograms_share_their_edges(self, store: Store) -> None:
        make(store, {"a": A, "b": B}, texts={"b": {0: "x" * 300}})
        a, b = compare(store, ["a", "b"]).operands
        for one, other in ((a.lengths, b.lengths), (a.reasoning, b.reasoning)):
            assert one.histogram is not None
            assert other.histogram is not None
            assert one.histogram.edges == other.histogram.edges
            assert [sum(each.counts) + each.above for each in (one.histogram, other.histogram)] == [15, 15]
        assert a.histogram.edges == b.histogram.edges

    def test_more_than_two_are_adjusted_by_holm(self, store: Store) -> None:
        make(store, {"a": A, "b": B, "c": [[0, 0, 0]] * 5})
        pairs = compare(store, ["a", "b", "c"]).pairs
        raw = [pair.paired.p_t for pair in pairs]
        assert [(pair.first, pair.second) for pair in pairs] == [(0, 1), (0, 2)]
        least, most = sorted(p for p in raw if p is not None)
        assert sorted(p for pair in pairs if (p := pair.p_adjusted) is not None) == [
            near(min(1, 2 * least)), near(max(2 * least, most)),
        ]  # fmt: skip


class TestPairing:
    def test_by_content_whatever_the_order_of_the_file(self, store: Store) -> None:
        with store.write() as db:
            of = grader(db)
            forth = dataset(db, "forth", [item(f"Q{at}") for at in range(12)])
            back = dataset(db, "back", [item(f"Q{11 - at}") for at in range(12)])
            one, _ = predict(db, run_key(forth.id, "a"), [f"a{at}" for at in range(12)])
            other, _ = predict(db, run_key(back.id, "b"), [f"b{at}" for at in range(12)])
            give(db, of, {number: at / 12 for at, number in enumerate(predictions(db, one))})
            give(db, of, {number: (11 - at) / 12 for at, number in enumerate(predictions(db, other))})
        found = compare(store, ["a", "b"])
        assert len(found.items) == 12
        assert set(found.pairs[0].paired.differences.values()) == {0.0}

    def test_what_is_left_out_is_named(self, store: Store) -> None:
        ones: list[list[float | None]] = [[1.0, 1.0] for _ in range(12)]
        b: list[list[float | None]] = [*ones[:9], [None, None], [1.0, None], []]
        of = make(store, {"a": ones, "b": b})
        found = compare(store, ["a", "b"])
        assert len(found.items) == 10
        assert [one.count for one in found.left_out] == [0, 2]
        assert (len(found.left_out[1].missing), len(found.left_out[1].errors)) == (1, 1)
        mean = found.operands[1].mean
        assert mean is not None
        assert (mean.errors, mean.mean) == (3, 1.0)
        assert mean.with_errors_low < 1
        assert found.operands[1].errors == {"incomplete": 3}
        assert {"errors", "left_out"} <= kinds(found)
        with store.write() as db:
            db.execute("DELETE FROM grade WHERE grader = ? AND item = 1 AND run > 2", [of.id])
        assert len(compare(store, ["a", "b"]).left_out[1].ungraded) == 1

    def test_the_same_item_in_two_datasets_counts_once(self, store: Store) -> None:
        of = make(store, {"a": A, "b": B})
        alone = compare(store, ["a", "b"])
        make(store, {"a": A, "b": B}, graded_by=of, name="again")
        both = compare(store, ["a", "b"])
        assert both.operands[0].operand.datasets == ("data", "again")
        assert (both.operands[0].mean, both.pairs[0].paired) == (alone.operands[0].mean, alone.pairs[0].paired)
        assert both.key == alone.key

    def test_a_row_that_stands_twice_counts_once(self, store: Store) -> None:
        with store.write() as db:
            of = grader(db)
            twice = dataset(db, "twice", [item("Q0"), item("Q1"), item("Q0")])
            for model in ("a", "b"):
                run, _ = predict(db, run_key(twice.id, model), ["x", "y", "x"])
                give(db, of, dict(zip(predictions(db, run), (1.0, 0.5, 1.0), strict=True)))
        found = compare(store, ["a", "b"])
        assert len(found.items) == 2
        assert found.operands[0].bands[Band.FULL] == 1
        assert "duplicates" in kinds(found)

    def test_rows_that_ask_the_same_go_together(self, store: Store) -> None:
        with store.write() as db:
            of = grader(db)
            made = dataset(db, "d", [item(f"Q{at // 2}", f"reference {at}") for at in range(8)])
            for model, scores in (("a", [0.0] * 8), ("b", [1, 1, 0, 0, 1, 1, 0, 0])):
                run, _ = predict(db, run_key(made.id, model), [f"{model}{at // 2}" for at in range(8)])
                give(db, of, dict(zip(predictions(db, run), map(float, scores), strict=True)))
        found = compare(store, ["a", "b"])
        assert found.cluster == "input"
        assert found.pairs[0].paired.freedom == 3
        done = completed(found)
        assert done.pairs[0].sign_flip is not None
        assert done.pairs[0].sign_flip.p == near(0.5)

    def test_a_field_says_what_goes_together(self, store: Store) -> None:
        patients = [{"patient": at // 3} for at in range(12)]
        scores = [[float(at % 2)] for at in range(12)]
        make(store, {"a": scores, "b": scores[::-1]}, fields=patients)
        found = compare(store, ["a", "b"], cluster="patient")
        assert (found.cluster, len(set((found.clusters or {}).values()))) == ("patient", 4)
        assert "few_clusters" in kinds(found)
        assert found.pairs[0].paired.freedom == 3
        with pytest.raises(UsageError, match="no row has a field"):
            compare(store, ["a", "b"], cluster="doctor")

    def test_ranges_that_differ_become_shares(self, store: Store) -> None:
        make(store, {"a": A})
        with store.write() as db:
            wide = grader(db, "wide", ScoreRule(0, 10, 5), source="x")
            give(db, wide, dict.fromkeys(predictions(db), 5.0))
        found = compare(store, ["exact", "wide"])
        assert found.rule == ScoreRule()
        assert found.operands[1].mean is not None
        assert (found.operands[1].mean.mean, found.operands[1].threshold) == (0.5, 0.5)
        assert "graders_differ" in kinds(found)

    def test_nothing_in_common(self, store: Store) -> None:
        make(store, {"a": A[:2], "b": [[], [], [0.5]]})
        found = completed(compare(store, ["a", "b"]))
        assert (found.items, found.pairs) == ((), ())
        assert "no_items" in kinds(found)


class TestChanges:
    def test_regressions_and_improvements_lead_to_both_predictions(self, store: Store) -> None:
        make(store, {"a": [[1, 1], [0.5, 0.4], [0, 0], [0.2, 0.2]], "b": [[0, 0], [0, 0], [1, 1], [0.2, 0.2]]})
        pair = compare(store, ["a", "b"]).pairs[0]
        assert [(one.question, one.difference) for one in pair.regressions] == [
            ("Question 0?", -1.0), ("Question 1?", near(-0.45)),
        ]  # fmt: skip
        assert [one.difference for one in pair.improvements] == [1.0]
        assert pair.regressions[0].place == "data:1"
        assert keep_changes(store, pair) == {"regressions": 4, "improvements": 2}
        with store.read() as db:
            kept = db.execute(
                "SELECT run.model, prediction.item FROM kept_list JOIN prediction ON prediction.id = prediction"
                " JOIN run ON run.id = prediction.run WHERE name = 'regressions' ORDER BY position"
            ).fetchall()
        assert kept == [("a", 1), ("b", 1), ("a", 2), ("b", 2)]

    def test_the_run_nearest_to_the_mean_stands_for_an_item(self, store: Store) -> None:
        make(store, {"a": [[0, 0.5, 1]], "b": [[1, 0, 0.4]]})
        change = compare(store, ["a", "b"]).pairs[0].changes[0]
        with store.read() as db:
            index = dict(db.execute("SELECT id, run_index FROM prediction").fetchall())
        assert [index[one] for one in change.predictions_before] == [2, 1, 3]
        assert index[change.predictions_after[0]] == 3

    def test_length_explains_a_gain(self, store: Store) -> None:
        count = 40
        chance = np.random.default_rng(1)
        words = {at: "x" * int(10 + 90 * chance.random()) for at in range(count)}
        make(
            store,
            {"a": [[0.2] for _ in range(count)], "b": [[0.2 + len(words[at]) / 200] for at in range(count)]},
            texts={"a": dict.fromkeys(range(count), "x" * 10), "b": words},
        )  # fmt: skip
        adjusted = compare(store, ["a", "b"]).pairs[0].length_adjusted
        assert adjusted is not None
        assert adjusted.is_flagged


@given(st.lists(st.floats(-0.5, 1.5), min_size=1), st.sampled_from([ScoreRule(), ScoreRule(-1, 2), ScoreRule(1, 1)]))
def test_every_score_is_in_one_band_and_one_bin(scores: list[float], rule: ScoreRule) -> None:
    counted = {score: scores.count(score) for score in scores}
    assert sum(bands_of(counted, rule).values()) == sum(score_histogram(counted, rule).counts) == len(scores)
