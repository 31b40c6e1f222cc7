"""The grader bench: every probe of some real items graded in one pass, and what the scores say of the grader."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from statistics import mean
from threading import Event
from typing import TYPE_CHECKING

from rft_tui.graders.bench.ordering import Ordering, inversions
from rft_tui.graders.bench.probes import BenchItem, Lender, ProbeAnswer, SkippedProbe, probe_answers
from rft_tui.graders.bench.reading import NOT_READ, AnswerForm, answer_form, injected_order
from rft_tui.graders.bench.rules import DEFAULT_LIMITS, HELD_TO_REFERENCE, PROBES, Bound, bound_of
from rft_tui.graders.bench.worked_examples import ExampleFinding, WorkedExample, check_examples, worked_examples
from rft_tui.graders.engine import DEFAULT_ITEM_TIMEOUT_S, GradingEngine, LocalGrader
from rft_tui.graders.judge import EmbeddingReply, Judge, JudgeCall, JudgeReply
from rft_tui.graders.registry import models_asked
from rft_tui.graders.running import Call
from rft_tui.graders.sample import make_sample
from rft_tui.graders.spec import score_rule, template_paths
from rft_tui.model import Grade, GradeError, JsonObject, Usage
from rft_tui.providers.prices import cost_of, price_of
from rft_tui.safetext import one_line
from rft_tui.tasks.guesses import CHARACTERS_A_TOKEN, JUDGE_OUTPUT
from rft_tui.tasks.predicting.estimate import Estimate

if TYPE_CHECKING:
    from rft_tui.providers.profiles import NamedProfile

SHOWN_ANSWER = 120
"""Characters of a probe's answer that evidence keeps."""

KEPT_STEPS = 20
"""Steps of one grade that are kept."""

KEPT_STEP = 1000
"""Characters of one step that are kept."""

NO_REFERENCE_SCORE = "the reference itself has no score"
NOT_JSON = "the grader reads JSON, and this answer is none"


@dataclass(frozen=True, slots=True)
class BenchPlan:
    """What is to be put to a grader: items, ordering fixtures with the fields of their items, worked examples.

    `lenders` are the references of other items; `repeat` asks a judge so many times; `limits` are those of `rules`.
    """

    items: Sequence[BenchItem] = ()
    lenders: Sequence[Lender] = ()
    probes: Collection[str] = PROBES
    limits: Mapping[str, float] = field(default_factory=lambda: DEFAULT_LIMITS)
    orderings: Sequence[tuple[Ordering, JsonObject]] = ()
    examples: Sequence[tuple[WorkedExample, JsonObject]] = ()
    repeat: int = 1

    @property
    def size(self) -> int:
        """How many answers there are to grade at most, asked once."""
        answers = sum(len(ordering.answers) for ordering, _fields in self.orderings)
        return len(self.items) * len({"reference", *self.probes}) + answers + len(self.examples)


@dataclass(frozen=True, slots=True)
class Scored:
    """What one answer got.

    `score` is the mean of its `scores`, None where there is none; `error` the first of its errors; `answer` how the
    answer begins; `steps` and `sub_scores` are those of the first grade that has any.
    """

    score: float | None
    scores: tuple[float, ...]
    error: GradeError | None
    answer: str
    steps: tuple[str, ...] = ()
    sub_scores: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def step(self) -> str:
        """How the grader's first step begins."""
        return one_line(self.steps[0], SHOWN_ANSWER) if self.steps else ""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """One probe of one item (its row id, how its reference begins): what it must score, what it scored, if it holds."""

    probe: str
    item: str
    reference: str
    bound: Bound
    scored: Scored
    ok: bool


@dataclass(frozen=True, slots=True)
class OrderingResult:
    """One ordering: its answers from the best to the worst with their scores, and the places that are out of order."""

    item: str
    answers: tuple[Scored, ...]
    inverted: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class JudgedExample:
    """What the judge itself says of a worked example in its prompt."""

    example: WorkedExample
    scored: Scored
    ok: bool


@dataclass(slots=True)
class BenchReport:
    """Everything that the bench found; `skipped` counts items by probe and reason, `simulated` where a judge was."""

    probes: list[ProbeResult] = field(default_factory=list)
    skipped: dict[tuple[str, str], int] = field(default_factory=dict)
    orderings: list[OrderingResult] = field(default_factory=list)
    examples: list[ExampleFinding] = field(default_factory=list)
    judged: list[JudgedExample] = field(default_factory=list)
    repeats: int = 1
    simulated: bool = False
    is_static: bool = False

    @property
    def checks(self) -> int:
        """How many things were checked."""
        return len(self.probes) + len(self.orderings) + len(self.examples) + len(self.judged)

    @property
    def failures(self) -> int:
        """How many of them did not hold."""
        held = [one.ok for one in self.probes] + [one.ok for one in self.examples] + [one.ok for one in self.judged]
        return held.count(False) + sum(bool(one.inverted) for one in self.orderings)

    @property
    def ok(self) -> bool:
        """Whether everything holds; a bench that graded nothing shows nothing, and is not ok."""
        return not self.failures and (self.checks > 0 or self.is_static)

    def steps_of(self, item: str, probe: str) -> tuple[str, ...]:
        """What the grader said of a probe of an item (its row id), step by step."""
        return next((one.scored.steps for one in self.probes if (one.item, one.probe) == (item, probe)), ())

    @property
    def spreads(self) -> list[float]:
        """Of every answer that was graded more than once, the largest score less the smallest."""
        every = [one.scored for one in self.probes] + [one.scored for one in self.judged]
        every += [answer for one in self.orderings for answer in one.answers]
        return [max(one.scores) - min(one.scores) for one in every if len(one.scores) > 1]


def static_report(spec: JsonObject, limits: Mapping[str, float]) -> BenchReport:
    """What can be said without grading anything: the figures of the worked examples in prompts."""
    return BenchReport(examples=check_examples(spec, limits), is_static=True)


def examples_to_judge(spec: JsonObject, reference_field: str | None) -> list[tuple[WorkedExample, JsonObject]]:
    """The worked examples that the judge can be asked about: with a stated score, and a reference as all it reads."""
    read = template_paths(spec).hard
    names = {reference_field} if reference_field else set(read[:1])
    if not names or set(read) != names:
        return []
    return [(one, {read[0]: one.reference}) for one in worked_examples(spec) if one.stated is not None]


def estimate_bench(spec: JsonObject, plan: BenchPlan, profile: NamedProfile) -> Estimate:
    """What asking the judges may take; every answer is one question to each, in every repeat."""
    count = length = 0
    for _key, (sample, _item) in _calls(spec, plan, AnswerForm(is_read=True), {}):
        count += 1
        length += len(sample["output_text"])
    models = models_asked(spec)
    characters = len(str(spec)) / max(1, len(models)) * count + length
    inputs, outputs = round(characters / CHARACTERS_A_TOKEN) * plan.repeat, JUDGE_OUTPUT * count * plan.repeat
    costs = [cost_of(Usage(inputs, outputs), price_of(profile, model)) for model in models]
    known = [cost for cost in costs if cost is not None]
    notes = (f"{JUDGE_OUTPUT} output tokens an answer are assumed",)
    asked = len(models)
    cost = sum(known) if len(known) == asked else None
    return Estimate(count * asked * plan.repeat, inputs * asked, outputs * asked, cost, notes)


def run_bench(
    grader: LocalGrader,
    plan: BenchPlan,
    *,
    item_timeout_s: float = DEFAULT_ITEM_TIMEOUT_S,
    judge: Judge | None = None,
    stop: Event | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> BenchReport:
    """Grade everything of a plan in one pass (one for each repeat) and say what holds.

    `judge` answers model graders; once `stop` is set, what is graded so far is reported. Raises GraderSpecError where a
    judge is needed and none is given.
    """
    report = BenchReport(examples=check_examples(grader.spec, plan.limits), repeats=plan.repeat)
    form = answer_form(grader.spec)
    if not form.is_read:
        report.skipped = {(probe, NOT_READ): len(plan.items) for probe in PROBES if probe in plan.probes}
        return report
    graded: dict[_Key, list[Grade]] = {}
    shown: dict[_Key, str] = {}
    for repeat in range(plan.repeat):
        asked = judge if judge is None or not repeat else RepeatingJudge(judge, repeat)
        keys: list[_Key] = []
        skipped: dict[tuple[str, str], int] = {}
        with GradingEngine(grader, item_timeout_s=item_timeout_s, stop=stop, judge=asked) as engine:
            calls = _noted(_calls(grader.spec, plan, form, skipped), keys, shown)
            for place, grade in enumerate(engine.grade(calls)):
                graded.setdefault(keys[place], []).append(grade)
                progress(repeat * plan.size + place + 1, plan.repeat * plan.size)
        report.skipped = skipped
    scored = {key: _scored(grades, shown[key]) for key, grades in graded.items()}
    every = [grade for grades in graded.values() for grade in grades]
    report.simulated = any(use.simulated for grade in every for use in grade.judged)
    _probes(report, grader, plan, scored)
    for number, (ordering, _fields) in enumerate(plan.orderings):
        answers = [scored.get(("ordering", number, str(place))) for place in range(len(ordering.answers))]
        known = tuple(one for one in answers if one is not None)
        if len(known) == len(answers):
            span = grader.rule.high - grader.rule.low
            wrong = inversions([one.score for one in known], plan.limits["ordering"] * span)
            report.orderings.append(OrderingResult(one_line(ordering.label, SHOWN_ANSWER), known, tuple(wrong)))
    for number, (example, _fields) in enumerate(plan.examples):
        one, stated = scored.get(("judge", number, "")), example.stated
        if one is not None and stated is not None:
            limit = plan.limits["judge"] * (grader.rule.high - grader.rule.low)
            ok = one.score is not None and one.error is None and abs(one.score - stated) <= limit + 1e-9
            report.judged.append(JudgedExample(example, one, ok))
    return report


def probe_text(spec: JsonObject, plan: BenchPlan, item: str, probe: str) -> str | None:
    """The whole answer that a probe put to the grader for the item of a row id; None where it is not in the plan."""
    form, order = answer_form(spec), injected_order(spec, score_rule(spec))
    for one in plan.items:
        if one.row_id == item:
            made = probe_answers(one, plan.lenders, order=order, wanted=(probe,))
            texts = [each.text for each in made if isinstance(each, ProbeAnswer) and each.probe == probe]
            return form.write(texts[0]) if texts else None
    return None


_Key = tuple[str, int, str]
"""What is graded: ``probe``, ``ordering`` or ``judge``, the number of its item, and the probe's name or the place."""


@dataclass(frozen=True, slots=True)
class RepeatingJudge:
    """A judge that is asked the same anew: its questions carry the number of the repeat."""

    judge: Judge
    repeat: int

    @property
    def window(self) -> int:
        """That of the judge."""
        return self.judge.window

    def ask(self, call: JudgeCall) -> Future[JudgeReply]:
        """Begin a question of this repeat."""
        return self.judge.ask(replace(call, repeat=self.repeat))

    def embed(self, model: str, texts: Sequence[str]) -> Future[EmbeddingReply]:
        """Begin to embed; vectors do not vary."""
        return self.judge.embed(model, texts)


def _calls(
    spec: JsonObject, plan: BenchPlan, form: AnswerForm, skipped: dict[tuple[str, str], int]
) -> Iterator[tuple[_Key, Call]]:
    """Everything to grade, made as it is taken."""
    order = injected_order(spec, score_rule(spec))
    for number, item in enumerate(plan.items):
        for made in probe_answers(item, plan.lenders, order=order, wanted=plan.probes):
            if isinstance(made, SkippedProbe):
                skipped[made.probe, made.reason] = skipped.get((made.probe, made.reason), 0) + 1
            else:
                yield ("probe", number, made.probe), (make_sample(form.write(made.text)), item.fields)
    for number, (ordering, fields) in enumerate(plan.orderings):
        for place, answer in enumerate(ordering.answers):
            yield ("ordering", number, str(place)), (make_sample(form.write(answer)), fields)
    for number, (example, fields) in enumerate(plan.examples):
        yield ("judge", number, ""), (make_sample(form.write(example.answer)), fields)


def _noted(made: Iterator[tuple[_Key, Call]], keys: list[_Key], shown: dict[_Key, str]) -> Iterator[Call]:
    for key, call in made:
        keys.append(key)
        shown.setdefault(key, one_line(call[0]["output_text"], SHOWN_ANSWER))
        yield call


def _scored(grades: Sequence[Grade], answer: str) -> Scored:
    scores = tuple(grade.score for grade in grades if grade.score is not None)
    error = next((grade.error for grade in grades if grade.error is not None), None)
    steps = next((grade.steps for grade in grades if grade.steps), ())
    parts = next((grade.sub_scores for grade in grades if grade.sub_scores), {})
    shown = tuple(step[:KEPT_STEP] for step in steps[:KEPT_STEPS])
    return Scored(mean(scores) if scores else None, scores, error, answer, shown, dict(parts))


def _probes(report: BenchReport, grader: LocalGrader, plan: BenchPlan, scored: Mapping[_Key, Scored]) -> None:
    """Fill in the results of the probes, and skip those whose answer the grader cannot take."""
    rule = grader.rule
    for (kind, number, probe), one in scored.items():
        if kind != "probe" or probe not in plan.probes:
            continue
        reference = scored[("probe", number, "reference")].score if probe in HELD_TO_REFERENCE else None
        bound = bound_of(probe, plan.limits, rule, reference)
        if bound is None or (probe != "reference" and one.error is not None and one.error.kind == "sample_parse_error"):
            key = probe, NO_REFERENCE_SCORE if bound is None else NOT_JSON
            report.skipped[key] = report.skipped.get(key, 0) + 1
            continue
        ok = one.error is None and one.score is not None and bound.holds(one.score, rule.high - rule.low)
        item = plan.items[number]
        reference_text = one_line(item.reference, SHOWN_ANSWER)
        report.probes.append(ProbeResult(probe, item.row_id, reference_text, bound, one, ok))
