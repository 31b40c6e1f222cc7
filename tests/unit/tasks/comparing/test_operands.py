"""What the words of a comparison stand for: runs, models, efforts, prompts and grader versions."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rft_tui.errors import UsageError
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader
from rft_tui.tasks.comparing.operands import Operands, resolve_operands
from tests.unit.store.building import dataset, give, grader, item, predict, predictions, run_key
from tests.unit.tasks.comparing.worlds import A, B, make


def chosen(store: Store, *names: str, of: StoredGrader | None = None, runs: Sequence[int] | None = None) -> Operands:
    with store.read() as db:
        return resolve_operands(db, names, grader=of, runs=runs)


def labels(found: Operands) -> list[str]:
    return [one.label for one in found.operands]


@pytest.fixture
def two_efforts(store: Store) -> StoredGrader:
    """Runs 1 to 3 of model a with low effort, 4 to 6 with high effort and a name for it."""
    of = make(store, {"a": A})
    with store.write() as db:
        made = db.execute("SELECT id FROM dataset").fetchone()[0]
        for index in range(1, 4):
            run, _ = predict(db, run_key(made, "a", index, effort="high"), [f"h{at}" for at in range(5)])
            give(db, of, dict.fromkeys(predictions(db, run), 0.5))
    return of


class TestWords:
    def test_models_runs_and_several_runs(self, store: Store) -> None:
        make(store, {"a": A, "b": B})
        found = chosen(store, "b", "1", "2,3", "4")
        assert [one.run_ids for one in found.operands] == [(4, 5, 6), (1,), (2, 3), (4,)]
        assert labels(found) == ["b run 4,5,6", "a run 1", "a run 2,3", "b run 4"]
        assert labels(chosen(store, "a", "b")) == ["a", "b"]

    def test_a_model_may_be_called_as_a_run_or_with_signs_that_mean_something(self, store: Store) -> None:
        names = ("7", "x#low", "m@4f", "1,2")
        make(store, dict.fromkeys(names, A))
        assert [one.models for one in chosen(store, *names).operands] == [(name,) for name in names]

    def test_only_some_runs(self, store: Store) -> None:
        make(store, {"a": A, "b": B})
        assert [one.run_ids for one in chosen(store, "a", "b", runs=[2, 3, 6]).operands] == [(2, 3), (6,)]
        with pytest.raises(UsageError, match="'b' has none of these runs"):
            chosen(store, "a", "b", runs=[1])

    def test_efforts_are_told_apart_and_pooling_is_said(self, store: Store, two_efforts: StoredGrader) -> None:
        apart = chosen(store, "a#low", "a#high")
        assert [one.run_ids for one in apart.operands] == [(1, 2, 3), (4, 5, 6)]
        assert labels(apart) == ["a low", "a high"]
        assert [one.pooled for one in apart.operands] == [(), ()]
        pooled = chosen(store, "a", "1")
        assert pooled.splits == (("a", ("a#high", "a#low")),)
        assert pooled.operands[0].pooled == ("efforts high, low",)
        assert pooled.operands[0].label == "a (high+low)"
        assert two_efforts.id == apart.operands[0].grader.id

    def test_draws_of_pooled_runs_are_counted(self, store: Store, two_efforts: StoredGrader) -> None:
        pooled = chosen(store, "a", "1", of=two_efforts).operands
        assert sorted(pooled[0].draws.values()) == [1, 2, 3, 4, 5, 6]
        assert pooled[1].draws == {1: 1}

    def test_a_run_of_the_same_index_on_another_dataset_is_the_same_draw(self, store: Store) -> None:
        of = make(store, {"a": A})
        make(store, {"a": A}, graded_by=of, name="other")
        draws = chosen(store, "a").operands[0].draws
        assert [draws[run] for run in range(1, 7)] == [1, 2, 3, 1, 2, 3]


class TestGraders:
    def test_versions_on_the_runs_that_all_graded(self, store: Store) -> None:
        first = make(store, {"a": A, "b": B})
        with store.write() as db:
            second = grader(db, source="2")
            give(db, second, dict.fromkeys(predictions(db, 2), 0.5))
        found = chosen(store, f"exact@{first.version[:8]}", "exact")
        assert found.of_graders
        assert [one.grader.id for one in found.operands] == [first.id, second.id]
        assert [one.run_ids for one in found.operands] == [(2,), (2,)]
        assert labels(found) == [first.label, second.label]
        with pytest.raises(UsageError, match="no run is graded by each"):
            chosen(store, f"exact@{first.version[:8]}", "exact", runs=[1])
        with pytest.raises(UsageError, match="by their own scores"):
            chosen(store, "exact", "exact", of=first)
        with pytest.raises(UsageError, match="compared with grader versions"):
            chosen(store, "exact", "a")

    def test_the_default_is_the_one_that_graded_most_of_all(self, store: Store) -> None:
        make(store, {"a": A, "b": B})
        with store.write() as db:
            half = grader(db, "half", source="h")
            give(db, half, dict.fromkeys(predictions(db, 1) + predictions(db, 4), 0.5))
        found = chosen(store, "a", "b")
        assert found.operands[0].grader.name == "exact"
        assert "exact@" in found.default_grader
        assert chosen(store, "a", "b", of=half).default_grader == ""

    def test_nothing_is_graded(self, store: Store) -> None:
        with store.write() as db:
            made = dataset(db, "d", [item("Q")])
            predict(db, run_key(made.id, "a"), ["x"])
        with pytest.raises(UsageError, match="'a' has no grades yet") as caught:
            chosen(store, "a", "a")
        assert "rft-tui grade" in caught.value.hint

    def test_only_one_operand_is_graded(self, store: Store) -> None:
        make(store, {"a": A})
        with store.write() as db:
            predict(db, run_key(1, "b"), ["x"])
        with pytest.raises(UsageError, match="'b' has no grades of exact@"):
            chosen(store, "a", "b")


class TestErrors:
    def test_unknown_names_list_what_exists(self, store: Store, two_efforts: StoredGrader) -> None:
        with pytest.raises(UsageError, match="no run, model or grader 'c'") as caught:
            chosen(store, "a", "c")
        assert "Models here: a; graders: exact@" in caught.value.hint
        with pytest.raises(UsageError, match="has no runs with 'medium'") as caught:
            chosen(store, "a#medium", "a")
        assert "high, none, low" in caught.value.hint
        for name in ("99", "1,99", "1,x", "", ",", "9" * 40):
            with pytest.raises(UsageError):
                chosen(store, "a", name)

    def test_too_many_or_none(self, store: Store) -> None:
        for names in ([], ["a"] * 41):
            with pytest.raises(UsageError):
                chosen(store, *names)
