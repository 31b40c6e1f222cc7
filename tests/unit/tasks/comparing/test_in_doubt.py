"""Comparisons of datasets that were corrected, and without the items that are in doubt."""

from __future__ import annotations

import pytest

from rft_tui.store.corrections import EXCLUDED, REFERENCE, DatasetChange, put_changes, take_over_runs
from rft_tui.store.database import Store
from rft_tui.store.datasets import add_dataset, get_dataset, iter_items
from rft_tui.store.graders import StoredGrader
from rft_tui.store.kept_lists import put_list
from rft_tui.store.runs import list_runs
from rft_tui.tasks.comparing.comparison import compare, resampled
from rft_tui.tasks.comparing.operand_names import error_words
from rft_tui.tasks.comparing.without import without_items, without_suspects
from tests.unit.store.building import give, item, predictions
from tests.unit.tasks.comparing.worlds import A, B, Scores, make


def revise(
    store: Store, of: StoredGrader, before: str, name: str, references: dict[int, str], without: tuple[int, ...] = ()
) -> None:
    """A dataset made from another: new references by line, lines left out; each answer scores 1 there."""
    with store.write() as db:
        old = get_dataset(db, before)
        rows, changes, kept = [], [], []
        for stored in iter_items(db, old.id):
            line, same = stored.line, (REFERENCE, "ada", "2026-01-01", stored.reference)
            if line in without:
                changes.append(DatasetChange(line, EXCLUDED, *same[1:], None, stored.row_id, None))
                continue
            made = item(stored.question, references.get(line, stored.reference))
            if line in references:
                changes.append(DatasetChange(line, *same, made.reference, stored.row_id, made.row_id))
            kept.append(stored.id)
            rows.append((len(kept), made))
        new = add_dataset(db, name, rows, source=f"{before}, corrected")
        put_changes(db, new.id, changes)
        numbers = [row[0] for row in db.execute("SELECT id FROM item WHERE dataset = ? ORDER BY position", [new.id])]
        runs, _count = take_over_runs(db, old.id, new.id, zip(kept, numbers, strict=True), "taken over")
        for run in runs:
            give(db, of, dict.fromkeys(predictions(db, run), 1.0))


def corrections(store: Store, names: list[str]) -> list[tuple[str, int | None]]:
    return [(note.text, note.operand) for note in compare(store, names).notes if note.kind == "corrected"]


class TestCorrected:
    def test_a_corrected_row_counts_once(self, store: Store) -> None:
        of = make(store, {"a": A, "b": B}, name="train")
        revise(store, of, "train", "train-2", {3: "no"})
        found = compare(store, ["a", "b"])
        assert len(found.items) == 5
        # line 3 scored 0 by the old reference, and scores 1 by the new one; the others are as they were
        assert found.operands[0].mean is not None
        assert found.operands[0].mean.mean == pytest.approx((0.5 + 2.5 / 3 + 1 + 1 + 2 / 3) / 5)
        assert corrections(store, ["a", "b"]) == [("train-2 corrects train: 1 row counts as corrected", None)]
        assert found.left_out[0].count == found.left_out[1].count == 0

    def test_a_row_that_was_left_out_counts_no_more(self, store: Store) -> None:
        of = make(store, {"a": A, "b": B}, name="train")
        revise(store, of, "train", "train-2", {3: "no"}, (1, 2))
        assert len(compare(store, ["a", "b"]).items) == 3
        said = "train-2 corrects train: 1 row counts as corrected, 2 rows are left out"
        assert corrections(store, ["a", "b"]) == [(said, None)]

    def test_runs_of_one_version_are_as_they_are(self, store: Store) -> None:
        of = make(store, {"a": A, "b": B}, name="train")
        revise(store, of, "train", "train-2", {3: "no"})
        with store.read() as db:
            old = [run.id for run in list_runs(db) if run.dataset == "train"]
        found = compare(store, ["a", "b"], runs=old)
        assert len(found.items) == 5
        assert not [note for note in found.notes if note.kind == "corrected"]

    def test_corrections_of_corrections(self, store: Store) -> None:
        of = make(store, {"a": A, "b": B}, name="train")
        revise(store, of, "train", "train-2", {3: "no", 4: "maybe"})
        revise(store, of, "train-2", "train-3", {3: "never"})
        assert len(compare(store, ["a", "b"]).items) == 5
        with store.read() as db:
            ends = [run.id for run in list_runs(db) if run.dataset != "train-2"]
        assert len(compare(store, ["a", "b"], runs=ends).items) == 5

    def test_a_correction_taken_back(self, store: Store) -> None:
        of = make(store, {"a": A, "b": B}, name="train")
        revise(store, of, "train", "train-2", {3: "no"})
        revise(store, of, "train-2", "train-3", {3: "yes"})
        assert len(compare(store, ["a", "b"]).items) == 5

    def test_two_corrections_of_one_dataset(self, store: Store) -> None:
        of = make(store, {"a": A, "b": B}, name="train")
        revise(store, of, "train", "train-2", {3: "no"})
        revise(store, of, "train", "train-3", {3: "never"})
        assert len(compare(store, ["a", "b"]).items) == 5

    def test_only_one_operand_was_corrected(self, store: Store) -> None:
        of = make(store, {"a": A, "b": B}, name="train")
        revise(store, of, "train", "train-2", {3: "no"})
        with store.read() as db:
            old = ",".join(str(run.id) for run in list_runs(db) if run.dataset == "train" and run.model == "b")
        found = corrections(store, ["a", old])
        assert [(text.split(": ", 1)[1], operand) for text, operand in found] == [
            ("train-2 corrects train: 1 row counts as corrected", 0)
        ]


WIDE: Scores = [[0.2 + 0.03 * at, 0.3 + 0.02 * at] for at in range(12)]
WIDER: Scores = [[0.3 + 0.03 * at, 0.3 + 0.03 * at] for at in range(10)] + [[0.0, 0.0]] * 2


class TestWithout:
    def test_a_second_line_is_the_comparison_of_what_is_left(self, store: Store) -> None:
        make(store, {"a": WIDE, "b": WIDER})
        whole = compare(store, ["a", "b"])
        found = without_items(whole, "tag:x", set(whole.items[10:]))
        assert (found.items, found.left) == (2, 10)
        assert found.words == "without 2 items (tag:x)"
        make(store, {"c": WIDE[:10], "d": WIDER[:10]}, name="shorter", graded_by=whole.graders[0])
        short = resampled(compare(store, ["c", "d"]))
        assert short is not None
        mine, other = found.pairs[0], short.pairs[0]
        assert mine.paired.difference == other.paired.difference
        assert mine.paired.interval == other.paired.interval
        assert mine.sign_flip == other.sign_flip
        assert [mean and mean.mean for mean in found.means] == [one.mean and one.mean.mean for one in short.operands]

    def test_nothing_left(self, store: Store) -> None:
        make(store, {"a": A, "b": B})
        whole = compare(store, ["a", "b"])
        found = without_items(whole, "x", set(whole.items))
        assert (found.items, found.left, found.means, found.pairs) == (5, 0, (None, None), ())

    def test_suspects_by_the_prediction_of_any_model(self, store: Store) -> None:
        make(store, {"a": A, "b": B, "c": A})
        whole = compare(store, ["a", "b"])
        assert without_suspects(store, whole) is None
        with store.write() as db:
            row = db.execute("SELECT max(id) FROM prediction").fetchone()  # an answer of c
            put_list(db, "suspects", [row[0]])
        found = without_suspects(store, whole)
        assert found is not None
        assert found.words == "without 1 suspect item (list:suspects)"


def test_errors_are_said_in_the_right_number() -> None:
    assert error_words({"prediction": 5, "timeout": 1, "incomplete": 2}) == "5 predictions, 2 incomplete, 1 timeout"
