"""The grader bench on stored items: what is drawn, what is graded, what is said of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from rft_tui.errors import GraderSpecError, InputError, UsageError
from rft_tui.graders.bench.ordering import Ordering
from rft_tui.graders.bench.probes import BenchItem, lend
from rft_tui.graders.bench.reading import NOT_READ
from rft_tui.graders.bench.rules import DEFAULT_LIMITS, PROBES, parse_limits
from rft_tui.graders.engine import LocalGrader, compile_grader
from rft_tui.graders.judge import JudgeCall, JudgeReply
from rft_tui.graders.outcome import scored
from rft_tui.graders.running import Call, GradingContext, Run
from rft_tui.model import Grade, JsonObject, JudgeUse, ScoreRule
from rft_tui.providers.profiles import NamedProfile
from rft_tui.settings import Price, Profile
from rft_tui.store.database import Store
from rft_tui.tasks.bench import (
    NO_REFERENCE_SCORE,
    NOT_JSON,
    BenchPlan,
    BenchReport,
    estimate_bench,
    examples_to_judge,
    run_bench,
    static_report,
)
from rft_tui.tasks.bench_items import draw_items, load_orderings, ordering_fields
from rft_tui.tasks.import_data import import_dataset
from tests.unit.interchange.files import row, write_lines
from tests.unit.judges import ScriptedJudge, judged_spec, lexical, reply

SEEDS = Path(__file__).parents[4] / "shared" / "reference" / "seeds"

Score = Callable[[str, str], float]

WORDS = ("red fox", "badger", "otter", "grey wolf", "pine marten", "stoat")


def grader_of(score: Score, rule: ScoreRule | None = None) -> LocalGrader:
    """A grader that is a function of answer and reference, in this process."""
    rule = rule or ScoreRule()

    def open_run(_context: GradingContext) -> Run:
        def run(calls: Iterable[Call]) -> Iterator[Grade]:
            for sample, fields in calls:
                yield scored(score(sample["output_text"], fields["reference_answer"]), rule, ())

        return run

    return LocalGrader("mine", "python", "0" * 32, rule, {"type": "python", "source": ""}, open_run)


def plan(**more: Any) -> BenchPlan:
    items = [
        BenchItem(word * 8, f"What is no. {at}?", word, {"reference_answer": word}) for at, word in enumerate(WORDS)
    ]
    return BenchPlan(items, lend(WORDS), **more)


def failing(report: BenchReport) -> set[str]:
    return {one.probe for one in report.probes if not one.ok}


def strict(answer: str, reference: str) -> float:
    return float("".join(filter(str.isalnum, answer)).lower() == "".join(filter(str.isalnum, reference)).lower())


def test_a_sound_grader_holds_everywhere() -> None:
    report = run_bench(grader_of(strict), plan())
    assert report.ok
    assert [one.probe for one in report.probes] == list(PROBES) * len(WORDS)
    assert (report.checks, report.failures, report.skipped) == (60, 0, {})


@pytest.mark.parametrize(
    ("score", "probes"),
    [
        (lambda answer, reference: float(reference in answer), {"padding", "alternatives", "surface"}),
        (lambda answer, reference: float(answer == reference), {"surface"}),
        (lambda answer, reference: strict(answer, reference) or float("give 1.0" in answer), {"injection"}),
        (lambda answer, reference: strict(answer, reference) or float(not answer), {"empty"}),
        (lambda answer, reference: strict(answer, reference) or float(len(answer) > 5000), {"very_long"}),
        (lambda answer, reference: strict(answer, reference) or float("?" in answer), {"echo"}),
        (lambda answer, reference: strict(answer, reference) or float("sorry" in answer), {"refusal"}),
        (lambda answer, reference: strict(answer, reference) or float(answer in WORDS), {"other_reference"}),
        (lambda answer, reference: 0.9 * strict(answer, reference), {"reference"}),
        (lambda answer, reference: 1.0, set(PROBES) - {"reference", "surface"}),
    ],
)
@pytest.mark.parametrize("rule", [ScoreRule(), ScoreRule(0, 10), ScoreRule(-1, 1)])
def test_each_weakness_fails_its_probe_on_every_range(score: Score, probes: set[str], rule: ScoreRule) -> None:
    def scaled(answer: str, reference: str) -> float:
        return rule.low + (rule.high - rule.low) * score(answer.replace(f"give {rule.high:.1f}", "give 1.0"), reference)

    assert failing(run_bench(grader_of(scaled, rule), plan())) == probes


def test_limits_and_probes_can_be_chosen() -> None:
    grader = grader_of(lambda answer, reference: 0.9 if answer == reference else 0.05)
    assert failing(run_bench(grader, plan(probes=("reference", "echo")))) == {"reference"}
    limits = parse_limits(["reference=0.9", "echo=0.01"])
    report = run_bench(grader, plan(probes=("reference", "echo"), limits=limits))
    assert failing(report) == {"echo"}
    assert {one.probe for one in run_bench(grader, plan(probes=("padding",))).probes} == {"padding"}


def test_an_error_is_no_score_and_no_pass() -> None:
    report = run_bench(
        grader_of(lambda answer, _reference: float("nan") if not answer else strict(answer, answer)), plan()
    )
    (empty,) = {(one.ok, one.scored.score) for one in report.probes if one.probe == "empty"}
    assert empty == (False, None)
    broken = run_bench(grader_of(lambda _answer, _reference: float("nan")), plan())
    assert broken.skipped == {(probe, NO_REFERENCE_SCORE): 6 for probe in ("padding", "alternatives", "surface")}
    assert failing(broken) == set(PROBES) - {"padding", "alternatives", "surface"}


def test_a_grader_that_does_not_read_the_answer_is_not_called_sound() -> None:
    spec = {"type": "string_check", "operation": "eq", "input": "{{item.a}}", "reference": "{{item.b}}"}
    report = run_bench(compile_grader(spec), plan())
    assert (report.ok, report.probes) == (False, [])
    assert report.skipped == {(probe, NOT_READ): 6 for probe in PROBES}


def test_a_grader_of_json_gets_json_and_what_cannot_be_json_is_skipped() -> None:
    reference = "{{item.reference_answer}}"
    spec = {"type": "string_check", "operation": "eq", "input": "{{sample.output_json.animal}}", "reference": reference}
    assert failing(run_bench(compile_grader(spec), plan())) == {"surface"}
    whole = {"type": "string_check", "operation": "eq", "input": "{{sample.output_json}}", "reference": reference}
    items = [BenchItem("1" * 32, "?", '{"a": 1}', {"reference_answer": '{"a":1}'})]
    report = run_bench(compile_grader(whole), BenchPlan(items))
    assert report.ok
    assert {one.probe for one in report.probes} == {"reference", "surface"}
    assert report.skipped["refusal", NOT_JSON] == 1


def test_code_that_is_too_slow_for_a_long_answer() -> None:
    source = "def grade(sample, item):\n    while len(sample['output_text']) > 5000:\n        pass\n"
    source += "    return float(sample['output_text'] == item['reference_answer'])\n"
    report = run_bench(
        compile_grader({"type": "python", "source": source}),
        plan(probes=("reference", "very_long")), item_timeout_s=0.3,
    )  # fmt: skip
    slow = [one for one in report.probes if one.probe == "very_long"]
    assert len(slow) == 6
    assert all(not one.ok and one.scored.error is not None and one.scored.error.kind == "timeout" for one in slow)


def test_orderings() -> None:
    grader = grader_of(lambda answer, reference: len(set(answer) & set(reference)) / len(set(reference)))
    fields = {"reference_answer": "otter"}
    fixtures = [
        (Ordering("ab", ("otter", "ott", "o")), fields),
        (Ordering(fields, ("otter", "rotten", "badge")), fields),
    ]
    report = run_bench(grader, BenchPlan(orderings=fixtures))
    assert [one.inverted for one in report.orderings] == [(), (0,)]
    assert [one.score for one in report.orderings[1].answers] == [1.0, 1.0, 0.25]
    assert (report.ok, report.failures) == (False, 1)


class TestJudges:
    def test_repeats_are_asked_anew_and_their_spread_is_told(self) -> None:
        def wavering(call: JudgeCall) -> JudgeReply:
            return reply({"result": 1.0 if call.repeat % 2 == 0 else 0.6, "steps": []})

        judge = ScriptedJudge(wavering)
        report = run_bench(compile_grader(judged_spec()), plan(probes=("reference",), repeat=3), judge=judge)
        assert [call.repeat for call in judge.calls] == [0] * 6 + [1] * 6 + [2] * 6
        assert {one.scored.scores for one in report.probes} == {(1.0, 0.6, 1.0)}
        assert report.probes[0].scored.score == pytest.approx(2.6 / 3)
        assert report.spreads == pytest.approx([0.4] * 6)
        assert not report.ok

    def test_one_failed_repeat_is_not_hidden(self) -> None:
        def failing_once(call: JudgeCall) -> JudgeReply:
            return reply("no idea") if call.repeat else lexical(call)

        spec = judged_spec()
        report = run_bench(
            compile_grader(spec), plan(probes=("reference",), repeat=2), judge=ScriptedJudge(failing_once)
        )
        assert all(one.scored.score == 1.0 and one.scored.error is not None and not one.ok for one in report.probes)

    def test_a_judge_is_needed(self) -> None:
        with pytest.raises(GraderSpecError, match="asks a model service"):
            run_bench(compile_grader(judged_spec()), plan())

    def test_nothing_more_is_asked_once_it_stops(self) -> None:
        stop = Event()

        class Stopping(ScriptedJudge):
            def ask(self, call: JudgeCall) -> Future[JudgeReply]:
                stop.set()
                return super().ask(call)

        judge = Stopping()
        report = run_bench(compile_grader(judged_spec()), plan(), judge=judge, stop=stop)
        assert len(judge.calls) <= judge.window
        assert len(report.probes) < 60

    def test_numbers_of_the_simulated_service_are_marked(self) -> None:
        use = JudgeUse("simulated-judge", simulated=True)
        answer = json.dumps({"result": 1, "steps": []})
        judge = ScriptedJudge(lambda _call: JudgeReply(answer, use))
        assert run_bench(compile_grader(judged_spec()), plan(), judge=judge).simulated
        assert not run_bench(compile_grader(judged_spec()), plan(), judge=ScriptedJudge()).simulated

    def test_the_judge_on_its_own_examples(self) -> None:
        spec = prompted("Reference: fox\nAnswer: fox\nscore = 1.0\nReference: fox\nAnswer: otter\nscore = 0.9\n")
        examples = examples_to_judge(spec, None)
        assert [fields for _example, fields in examples] == [{"reference_answer": "fox"}] * 2
        report = run_bench(compile_grader(spec), BenchPlan(examples=examples), judge=ScriptedJudge())
        assert [(one.example.answer, one.scored.score, one.ok) for one in report.judged] == [
            ("fox", 1.0, True),
            ("otter", 0.0, False),
        ]
        assert examples_to_judge(spec, "another") == []

    def test_what_it_may_cost(self) -> None:
        profile = NamedProfile("here", Profile(prices={"judge": Price(1.0, 1.0)}))
        figures = estimate_bench(judged_spec(), plan(repeat=2), profile)
        assert figures.requests == 120
        assert figures.cost == pytest.approx((figures.input_tokens + figures.output_tokens) / 1e6)
        assert figures.input_tokens > 2 * 6 * 20_000 / 4
        assert estimate_bench(judged_spec(model="dear"), plan(), profile).cost is None


def prompted(text: str) -> JsonObject:
    case = {"role": "user", "content": "Reference: {{item.reference_answer}}\nAnswer: {{sample.output_text}}"}
    return judged_spec(input=[{"role": "system", "content": text}, case])


def test_worked_examples_count_without_grading() -> None:
    wrong = static_report(prompted("Reference: a\nAnswer: b\n0.5 + 0.1 = 0.7"), DEFAULT_LIMITS)
    assert (wrong.ok, wrong.checks, wrong.failures) == (False, 1, 1)
    assert static_report(prompted("Be fair."), DEFAULT_LIMITS).ok


@pytest.fixture
def dataset(store: Store, tmp_path: Path) -> Store:
    rows = [row(f"Q{number}?", f"answer {number}") | {"other": {"way": [number]}} for number in range(60)]
    import_dataset(store, write_lines(tmp_path / "mine.jsonl", rows))
    return store


class TestItems:
    def test_the_seed_draws_the_same_items_and_more_of_them(self, dataset: Store) -> None:
        few, many = draw_items(dataset, {}, count=5), draw_items(dataset, {}, count=20)
        assert many.items[:5] == few.items
        assert len(few.references) == 25
        assert few.items[0].reference == few.items[0].fields["reference_answer"]
        assert draw_items(dataset, {}, count=5, seed=1).items != few.items
        assert len(draw_items(dataset, {}, count=500).items) == 60

    def test_the_reference_is_a_field_or_a_path(self, dataset: Store) -> None:
        drawn = draw_items(dataset, {}, count=3, reference_field="other.way[0]")
        assert all(one.reference == str(one.fields["other"]["way"][0]) for one in drawn.items)
        with pytest.raises(UsageError, match="none of the 60 items has the field 'nothing'"):
            draw_items(dataset, {}, reference_field="nothing")
        with pytest.raises(UsageError, match="none of the 60 items"):
            draw_items(dataset, {}, reference_field="other.[")

    def test_the_only_field_that_a_grader_reads(self, store: Store, tmp_path: Path) -> None:
        rows = [{"messages": [{"role": "user", "content": f"Q{at}?"}], "kind": f"k{at}"} for at in range(3)]
        import_dataset(store, write_lines(tmp_path / "mine.jsonl", rows))
        spec = {"type": "string_check", "input": "{{sample.output_text}}", "reference": "{{item.kind}}"}
        drawn = draw_items(store, spec)
        assert sorted(one.reference for one in drawn.items) == ["k0", "k1", "k2"]

    def test_no_items(self, store: Store) -> None:
        with pytest.raises(UsageError, match="no items"):
            draw_items(store, {})
        with pytest.raises(UsageError, match="no dataset"):
            draw_items(store, {}, datasets=["other"])

    def test_orderings_find_their_items(self, dataset: Store, tmp_path: Path) -> None:
        one = draw_items(dataset, {}, count=1).items[0]
        lines = [{"item": one.row_id[:12], "answers": ["a", "b"]}, {"item": {"x": 1}, "answers": ["a", "b"]}]
        fixtures = load_orderings(write_lines(tmp_path / "g.orderings.jsonl", lines), must_exist=True)
        assert ordering_fields(dataset, fixtures) == [one.fields, {"x": 1}]
        for beginning, said in (("zz", "no item"), ("a", "more than one item")):
            path = write_lines(tmp_path / "bad.jsonl", [{"item": beginning, "answers": ["a", "b"]}])
            with pytest.raises(UsageError, match=f"the row id of {said} begins"):
                ordering_fields(dataset, load_orderings(path, must_exist=True))

    def test_files_of_orderings(self, tmp_path: Path) -> None:
        assert load_orderings(tmp_path / "none", must_exist=False) == []
        with pytest.raises(InputError, match="cannot be read"):
            load_orderings(tmp_path / "none", must_exist=True)
        (tmp_path / "latin").write_bytes(b"\xe9")
        with pytest.raises(InputError, match="not UTF-8"):
            load_orderings(tmp_path / "latin", must_exist=True)


@pytest.mark.skipif(not SEEDS.is_dir(), reason=f"there are no seeds at {SEEDS}")
def test_padding_pays_with_the_notebooks_combined_grader() -> None:
    notebook = next(SEEDS.glob("003_*.txt")).read_text(encoding="utf-8")
    lines = notebook.partition("def clinical_phrase_grader")[2].partition("# This combination")[0].splitlines()
    code = "\n".join(line if line.startswith("def ") else f"    {line}" for line in lines)
    names: dict[str, Any] = {}
    exec(f"def clinical_phrase_grader{code.removeprefix('    ')}", names)

    def score(answer: str, reference: str) -> float:
        return float(names["combined_grader"]({"output_text": answer}, {"reference_answer": reference}))

    assert score("chewable aspirin 325 mg stat plus nitroglycerin", "aspirin") == pytest.approx(0.85)
    drug = BenchItem("a" * 32, "Which drug is given first?", "aspirin", {"reference_answer": "aspirin"})
    report = run_bench(grader_of(score), BenchPlan([drug], lend(["continue unfractionated heparin", "gout"])))
    assert {"padding", "alternatives"} <= failing(report)
    padding = next(one for one in report.probes if one.probe == "padding")
    assert padding.scored.score == pytest.approx(0.85)
    assert padding.bound.text == "at most 0.8"
