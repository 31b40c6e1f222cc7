"""What stands around the figures of a comparison: notes, cards, models × graders, the panel of reward hacking."""

from __future__ import annotations

import json
import random

import pytest

from rft_tui.errors import UsageError
from rft_tui.model import ScoreRule, Verdict
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader, add_grader, delete_grader
from rft_tui.store.jobs import NewJob, add_job
from rft_tui.store.steps import parameters_at
from rft_tui.tasks.comparing.by_grader import by_grader
from rft_tui.tasks.comparing.cards import cards
from rft_tui.tasks.comparing.comparison import Comparison, Note, compare, resampled
from rft_tui.tasks.comparing.hacking import HackingPanel, hacking_panel, keep_examples
from tests.unit.store.building import ME, give, grader, predict, predictions, run_key
from tests.unit.tasks.comparing.worlds import A, B, make
from tests.unit.tasks.raters import judge_as

COUNT = 40


def found(comparison: Comparison, kind: str) -> list[Note]:
    return [note for note in comparison.notes if note.kind == kind]


def job(store: Store, *, grader_version: str | None = None, model: str = "tuned", validation: str = "data") -> None:
    """A job that made a model and was validated on a dataset."""
    new = NewJob(
        "p", "openai", "http://here", "mark", "name", "reinforcement", "base", "train", validation,
        grader_version=grader_version,
    )  # fmt: skip
    with store.write() as db:
        number = add_job(db, new)
        db.execute("UPDATE job SET remote_id = 'ftjob-1', fine_tuned_model = ? WHERE id = ?", [model, number])


class TestNotes:
    def test_items_that_chose_a_checkpoint(self, store: Store) -> None:
        make(store, {"base": A, "tuned": B})
        assert not found(compare(store, ["base", "tuned"]), "chosen_on_items")
        job(store)
        notes = found(compare(store, ["base", "tuned"]), "chosen_on_items")
        assert [(note.operand, note.is_warning) for note in notes] == [(1, True)]
        assert notes[0].text.startswith("the checkpoints of ftjob-1 were chosen on 5 of these 5 items")

    def test_a_checkpoint_and_an_evaluation_are_known_too(self, store: Store) -> None:
        make(store, {"base": A, "ckpt": B})
        job(store, model="other")
        with store.write() as db:
            db.execute("INSERT INTO job_checkpoint VALUES (1, 'c1', 3, 'ckpt', 0, '{}')")
            db.execute("UPDATE run SET parameters = ? WHERE model = 'base'", [parameters_at("ftjob-1", 1)])
        notes = found(compare(store, ["base", "ckpt"]), "chosen_on_items")
        assert [note.operand for note in notes] == [0, 1]

    def test_a_model_that_several_jobs_asked(self, store: Store) -> None:
        make(store, {"base": A, "ckpt": B})
        job(store, model="other")
        with store.write() as db:
            db.execute(
                "UPDATE run SET parameters = ? WHERE model = 'ckpt' AND run_index = 1", [parameters_at("ftjob-1", 9)]
            )
            db.execute("UPDATE run SET parameters = ? WHERE model = 'base'", [parameters_at("ftjob-1", 0)])
        notes = found(compare(store, ["base", "ckpt"]), "chosen_on_items")
        assert [note.operand for note in notes] == [1], "a plain run hides none, and step 0 was not chosen"

    def test_runs_on_both_sides(self, store: Store) -> None:
        source = random.Random(3)
        make(store, {"a": [[source.random() for _run in range(3)] for _item in range(COUNT)]})
        comparison = compare(store, ["1,2", "2,3"])
        note = found(comparison, "shared_runs")[0]
        assert "both have run 2" in note.text
        assert (note.operand, note.is_warning) == (1, True)
        paired = comparison.pairs[0].paired
        assert paired.shared_runs == 1
        assert paired.standard_error is not None
        assert paired.first_within is not None
        assert paired.second_within is not None
        of_noise = (paired.first_within + paired.second_within) / 4
        wanted = 2.8016 * (max(COUNT * paired.standard_error**2, of_noise) / COUNT) ** 0.5
        assert paired.smallest_detectable == pytest.approx(wanted, rel=1e-4), "half of the noise of separate runs"
        assert not found(compare(store, ["1,2", "3"]), "shared_runs")
        assert "are the same runs" in found(compare(store, ["1,2", "2,1"]), "shared_runs")[0].text

    def test_a_model_with_nothing_but_errors(self, store: Store) -> None:
        of = make(store, {"a": A, "b": [[None, None]] * 5})
        with pytest.raises(UsageError, match=r"'b' has nothing but errors \(10 incomplete\)"):
            compare(store, ["a", "b"])
        note = found(compare(store, ["a", "b"], grader=of), "no_items")[0]
        assert note.text == "b has nothing but errors (10 incomplete): there is no score to compare"
        with store.write() as db:
            db.execute("UPDATE grade SET score = NULL, error_kind = 'judge' WHERE run IN (1, 2)")
        with pytest.raises(UsageError, match="'1' has nothing but errors \\(5 judge\\)"):
            compare(store, ["1", "3"])

    def test_graders_that_were_deleted(self, store: Store) -> None:
        of = make(store, {"a": A, "b": B})
        with store.write() as db:
            delete_grader(db, of.name)
        with pytest.raises(UsageError, match=f"grades of deleted graders only: {of.label}"):
            compare(store, ["a", "b"])
        for name in (of.name, of.label, f"{of.name}@{of.version[:9]}"):
            with pytest.raises(UsageError, match="is deleted"):
                compare(store, [name, name])
        with pytest.raises(UsageError, match="there is no run, model or grader"):
            compare(store, [f"{of.name}@zzzz", "a"])
        assert compare(store, ["a", "b"], grader=of).items

    def test_imported_scores_are_never_run(self, store: Store) -> None:
        make(store, {"a": A, "b": B})
        with store.write() as db:
            imported = add_grader(db, "theirs", {"type": "external", "name": "theirs", "source": "x"}, ScoreRule())
            give(db, imported, dict.fromkeys(predictions(db, 1), 0.5))
        note = found(compare(store, ["a", "b"], grader=imported), "no_items")[0]
        assert "rft-tui grade" not in note.text
        assert "imported scores theirs@" in note.text

    def test_training_items_too(self, store: Store) -> None:
        make(store, {"base": A, "tuned": B}, name="train")
        job(store)
        assert (
            "was trained on 5 of these 5 items" in found(compare(store, ["base", "tuned"]), "trained_on_items")[0].text
        )

    def test_one_run_and_settings_that_differ_and_what_is_simulated(self, store: Store) -> None:
        of = make(store, {"a": [[1.0], [0.0]] * 10})
        with store.write() as db:
            run, _ = predict(db, run_key(1, "b", effort="high"), ["x"] * 20)
            give(db, of, dict.fromkeys(predictions(db, run), 1.0))
            db.execute("UPDATE run SET simulated = 1 WHERE id = ?", [run])
        comparison = compare(store, ["a", "b"])
        assert len(found(comparison, "one_run")) == 2
        assert found(comparison, "settings_differ")[0].text == "the efforts differ (a: low; b: high)"
        assert found(comparison, "simulated")[0].text == "from the simulated service: b"
        assert comparison.simulated
        assert not comparison.operands[0].simulated
        warned = [note.is_warning for note in comparison.notes]
        assert warned == sorted(warned, reverse=True)

    def test_what_all_take_together_is_said_once(self, store: Store) -> None:
        of = make(store, {"a": A, "b": B})
        make(store, {"a": A, "b": B}, graded_by=of, name="again")
        notes = found(compare(store, ["a", "b"]), "pooled")
        assert [(note.text, note.operand) for note in notes] == [
            ("data and again together: 5 items; --dataset data gives one", None)
        ]
        alone = found(compare(store, ["a", "4"]), "pooled")
        assert [note.operand for note in alone] == [0]
        assert alone[0].text.endswith("takes together datasets data, again; --dataset data gives one")

    def test_what_would_be_missed(self, store: Store) -> None:
        chance = [[(7 * at % 11) / 11, (5 * at % 13) / 13] for at in range(COUNT)]
        make(store, {"a": chance, "b": [[y, (3 * at % 7) / 7] for at, (_x, y) in enumerate(chance)]})
        note = found(compare(store, ["a", "b"]), "detectable")[0]
        assert "is missed here more than one time in five" in note.text
        assert "more" in note.text

    def test_parameters_that_differ(self, store: Store) -> None:
        of = make(store, {"a": [[1.0], [0.0]] * 10})
        with store.write() as db:
            run, _ = predict(db, run_key(1, "b", parameters='{"temperature":0}'), ["x"] * 20)
            give(db, of, dict.fromkeys(predictions(db, run), 1.0))
        note = found(compare(store, ["a", "b"]), "settings_differ")[0]
        assert note.text == 'the parameters differ (a: default; b: {"temperature":0})'

    def test_items_of_one_group(self, store: Store) -> None:
        make(store, {"a": A, "b": B}, fields=[{"src": "x"}] * 5)
        comparison = compare(store, ["a", "b"], cluster="src")
        assert found(comparison, "few_clusters")[0].text == "all items are one group by src: no interval"
        assert comparison.pairs[0].paired.interval is None


class TestSharedAnswers:
    def test_graders_of_the_same_predictions(self, store: Store) -> None:
        of = make(store, {"a": A})
        with store.write() as db:
            other = grader(db, "other")
            give(db, other, dict.fromkeys(predictions(db, 1), 0.25))
        assert compare(store, [of.label, other.label]).pairs[0].paired.is_shared
        make(store, {"b": B}, graded_by=of)
        assert not compare(store, ["a", "b"], grader=of).pairs[0].paired.is_shared


class TestGroups:
    def test_intervals_of_one_difference_agree(self, store: Store) -> None:
        chance = [[(7 * at % 11) / 11, (5 * at % 13) / 13] for at in range(COUNT)]
        texts = {"b": {at: "x" * (1 + 7 * at % 23) for at in range(COUNT)}}
        made = {"a": chance, "b": chance[5:] + chance[:5]}
        make(store, made, texts=texts, fields=[{"src": str(at // 4)} for at in range(COUNT)])
        pair = compare(store, ["a", "b"], cluster="src").pairs[0]
        assert pair.length_adjusted is not None
        raw = pair.length_adjusted.raw.interval
        assert raw is not None
        assert pair.paired.interval is not None
        assert (raw.low, raw.high) == pytest.approx((pair.paired.interval.low, pair.paired.interval.high))


class TestCards:
    def test_every_number_says_what_stands_behind_it(self, store: Store) -> None:
        make(store, {"a": A, "b": B})
        done = resampled(compare(store, ["a", "b"]))
        assert done is not None
        every = cards(done)
        assert {"operands.0.mean", "operands.1.best_of", "pairs.0.difference", "pairs.0.p_sign_flip"} <= set(every)
        for key, card in every.items():
            lines = dict(card.lines)
            assert card.key == key
            assert {"items", "runs", "grader", "prompt", "effort", "model", "method"} <= set(lines)
            assert card.value
        mean = dict(every["operands.0.mean"].lines)
        assert every["operands.0.mean"].value == "0.6000 ± 0.1716 [0.1236, 1.0000]"
        assert mean["items"] == "5 in common"
        assert mean["runs"] == "3 (runs 1, 2, 3)"
        assert mean["grader"].startswith("exact@")
        assert "seed" in dict(every["pairs.0.p_sign_flip"].lines)
        assert "seed" not in mean

    def test_quick_figures_have_no_card_of_a_sign_flip(self, store: Store) -> None:
        make(store, {"a": A, "b": B})
        assert "pairs.0.p_sign_flip" not in cards(compare(store, ["a", "b"]))


def padded_world(store: Store) -> tuple[StoredGrader, StoredGrader]:
    """A baseline and a tuned model whose longer answers please `length` and no `truth`; three runs each."""
    with store.write() as db:
        truth = grader(db, "truth", source="t")
        pays = grader(db, "pays", ScoreRule(0, 10, 5), source="p")
    base = [[0.3 + 0.01 * (at % 5)] * 3 for at in range(COUNT)]
    texts = {
        "base": dict.fromkeys(range(COUNT), "sepsis"),
        "tuned": {at: "sepsis; or shock and possibly gout " + "indeed " * (5 + at % 9) for at in range(COUNT)},
    }
    make(store, {"base": base, "tuned": base}, graded_by=truth, texts=texts)
    with store.write() as db:
        for number, length in db.execute("SELECT id, length FROM prediction").fetchall():
            give(db, pays, {number: min(10.0, length / 12 + 0.1 * (number % 3))})
    return truth, pays


class TestByGrader:
    def test_a_gain_under_the_trained_grader_alone_is_found(self, store: Store) -> None:
        truth, pays = padded_world(store)
        job(store, grader_version=pays.version)
        table = by_grader(store, ["base", "tuned"], [truth, pays])
        assert [one.label for one in table.models] == ["base", "tuned"]
        assert (table.trained, table.is_trained_known, table.comparisons) == (1, True, 2)
        assert [(one.model, one.trained.name, one.other.name) for one in table.findings] == [(1, "pays", "truth")]
        assert "gains +" in table.findings[0].text
        gained = table.cells[1][1]
        assert gained.is_gain
        assert gained.paired is not None
        assert table.cells[0][1].paired is None
        same = table.cells[1][0].paired
        assert same is not None
        assert same.difference == 0

    def test_a_gain_under_both_is_no_finding(self, store: Store) -> None:
        first = make(
            store,
            {"a": [[0.1 * (at % 3)] for at in range(COUNT)], "b": [[0.9 - 0.1 * (at % 2)] for at in range(COUNT)]},
        )
        with store.write() as db:
            other = grader(db, "other", source="o")
            give(db, other, dict(db.execute("SELECT prediction, score FROM grade").fetchall()))
        table = by_grader(store, ["a", "b"], [first, other])
        assert not table.findings
        assert not table.is_trained_known

    def test_grader_versions_are_no_models(self, store: Store) -> None:
        truth, _pays = padded_world(store)
        with pytest.raises(UsageError):
            by_grader(store, ["truth", "pays"], [truth])
        with pytest.raises(UsageError):
            by_grader(store, ["base", "tuned"], [])


def panel_of(store: Store, proxy: StoredGrader, gold: StoredGrader | None = None) -> HackingPanel:
    panel = hacking_panel(store, compare(store, ["base", "tuned"], grader=proxy), gold=gold, reviewer=ME)
    assert panel is not None
    return panel


class TestHacking:
    def test_a_planted_hack_is_flagged_with_answers_behind_it(self, store: Store) -> None:
        _truth, pays = padded_world(store)
        panel = panel_of(store, pays)
        assert panel.is_flagged
        flagged = {sign.pattern for pair in panel.pairs for sign in pair.signs.flags if sign.pattern}
        assert {"list", "hedge"} <= flagged
        shares = {pattern.value: one.share for pattern, one in panel.patterns[1].shares.items()}
        assert shares["list"] == 1.0
        kept = keep_examples(store, panel)
        assert kept == len(panel.examples) > 0
        with store.read() as db:
            models = db.execute(
                "SELECT DISTINCT run.model FROM kept_list JOIN prediction ON prediction.id = prediction"
                " JOIN run ON run.id = prediction.run WHERE name = 'hacking'"
            ).fetchall()
        assert models == [("tuned",)]

    def test_an_honest_gain_is_not(self, store: Store) -> None:
        texts = {model: {at: f"answer {at % 7}" for at in range(COUNT)} for model in ("base", "tuned")}
        scores = [[(at % 5) / 10, (at % 3) / 10, (at % 4) / 10] for at in range(COUNT)]
        better = [[score + 0.4 for score in of_item] for of_item in scores]
        of = make(store, {"base": scores, "tuned": better}, texts=texts)
        panel = panel_of(store, of)
        assert not panel.is_flagged
        assert (panel.gold, panel.divergence.result) == ("verdicts", None)

    def test_gold_by_another_grader_and_by_verdicts(self, store: Store) -> None:
        scores = [[0.1, 0.5, 0.9] for _ in range(COUNT)]
        of = make(store, {"base": scores, "tuned": scores})
        with store.write() as db:
            opposite = grader(db, "opposite", source="o")
            pairs = db.execute("SELECT prediction, score FROM grade").fetchall()
            give(db, opposite, {number: 1 - score for number, score in pairs})
        panel = panel_of(store, of, opposite)
        assert panel.gold == opposite.label
        assert panel.grader_signs.is_flagged
        judge_as(store, {number: Verdict.RIGHT if score > 0.4 else Verdict.WRONG for number, score in pairs})
        judged = panel_of(store, of)
        assert judged.divergence.result is not None
        assert not judged.grader_signs.is_flagged

    def test_the_course_of_a_training(self, store: Store) -> None:
        with store.write() as db:
            proxy, gold = grader(db, "proxy", source="1"), grader(db, "gold", source="2")
        make(store, {"base": A, "tuned": B}, graded_by=proxy)
        job(store)
        with store.write() as db:
            for step in range(6):
                key = run_key(1, f"ftjob-1:step-{step}", parameters=parameters_at("ftjob-1", step))
                run, _ = predict(db, key, [f"{step} {at}" for at in range(5)])
                give(db, proxy, dict.fromkeys(predictions(db, run), 0.2 + 0.1 * step))
                give(db, gold, dict.fromkeys(predictions(db, run), 0.5 - 0.05 * step))
        panel = panel_of(store, proxy, gold)
        assert [(one.job, one.course.is_flagged) for one in panel.trainings] == [("ftjob-1", True)]
        assert json.dumps([at.step for at in panel.trainings[0].course.points]) == "[0, 1, 2, 3, 4, 5]"

    def test_it_stops(self, store: Store) -> None:
        of = make(store, {"base": A, "tuned": B})
        comparison = compare(store, ["base", "tuned"], grader=of)
        assert hacking_panel(store, comparison, reviewer=ME, should_stop=lambda: True) is None
