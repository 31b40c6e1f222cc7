"""`text_similarity`: how alike two texts are, 0 to 1, by a named metric.

The service does not publish its scorer, smoothing or tokeniser, so each metric is a named variant; a key ``variant``
in the grader, which only this program reads, takes another one than the default. Pairs of texts so long that a metric
would hold up everything else are compared in the sandbox, under its wall clock. The metric `cosine` asks a model
service, which `cosine` describes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rft_tui.graders.checks import Check
from rft_tui.graders.cosine import EMBEDDING_MODEL, CosineSimilarity
from rft_tui.graders.kinds import GraderType, join
from rft_tui.graders.metrics import METRIC_NAMES, SERVICE_METRIC_NAMES, is_heavy, metric_function, variants
from rft_tui.graders.outcome import failed, score_text, scored
from rft_tui.graders.running import Call, GradingContext, Open, Run
from rft_tui.graders.template import Template, TemplateError
from rft_tui.model import Grade, JsonObject, ScoreRule
from rft_tui.safetext import one_line

if TYPE_CHECKING:
    from rft_tui.graders.sandbox.pool import SandboxPool

LOOK_AHEAD = 64
"""Calls that are begun together once one of them needs the sandbox."""

LOCAL_KEYS = ("variant", "embedding_model")
"""Keys that only this program reads."""

_COSINE = f"cosine compares embeddings from {EMBEDDING_MODEL}, which a model service has to make"

_LOCAL_KEY = "{} is read by this program only; take it out before the grader goes to a service"

_POOL_SOURCE = """\
from rft_tui.graders.metrics import metric_function

similarity = metric_function({metric!r}, {variant!r})


def grade(sample, item):
    return similarity(sample["output_text"], item["reference"])
"""


class TextSimilarity(GraderType):
    """Metrics of likeness."""

    name = "text_similarity"
    example: ClassVar[JsonObject | None] = {
        "type": "text_similarity",
        "name": "fuzzy",
        "evaluation_metric": "fuzzy_match",
        "input": "{{sample.output_text}}",
        "reference": "{{item.reference_answer}}",
        "pass_threshold": 0.8,
    }

    def check(self, check: Check, spec: JsonObject, path: str) -> None:
        """Metric, variant, threshold and both texts."""
        check.keys(spec, path, ("input", "reference", "evaluation_metric", "pass_threshold", *LOCAL_KEYS))
        metric = check.word(spec, path, "evaluation_metric", (*METRIC_NAMES, *SERVICE_METRIC_NAMES))
        if metric == "cosine":
            self._check_cosine(check, spec, path)
        elif metric is not None:
            self._check_variant(check, spec, path, metric)
            if "embedding_model" in spec:
                message = "embedding_model belongs to the metric cosine; it is kept and not used"
                check.warning(join(path, "embedding_model"), "unused_key", message)
        for key in ("input", "reference"):
            if (text := check.text(spec, path, key)) is not None:
                check.template(join(path, key), text)
        check.threshold(spec, path)

    def _check_cosine(self, check: Check, spec: JsonObject, path: str) -> None:
        at = join(path, "evaluation_metric")
        if check.context == "rft":
            check.error(at, "not_in_rft", f"cosine cannot be used in reinforcement fine-tuning; {_COSINE}")
        else:
            check.warning(at, "needs_service", f"{_COSINE}: that costs, and grading here needs a profile")
        if "embedding_model" in spec:
            check.text(spec, path, "embedding_model")
            check.warning(join(path, "embedding_model"), "local_key", _LOCAL_KEY.format("embedding_model"))
        if "variant" in spec:
            check.warning(join(path, "variant"), "unused_key", "cosine has no variants; variant is kept and not used")
        check.choice("a cosine below 0 counts 0")

    def _check_variant(self, check: Check, spec: JsonObject, path: str, metric: str) -> None:
        known = variants(metric)
        variant = known[0]
        if "variant" in spec:
            chosen = check.word(spec, path, "variant", known)
            check.warning(join(path, "variant"), "local_key", _LOCAL_KEY.format("variant"))
            variant = chosen or variant
        check.choice(f"{metric} uses {variant}; the service does not publish its own definition")
        if metric.startswith("rouge"):
            check.choice("ROUGE sees only the letters a to z and digits: other scripts score 0")

    def derived_name(self, spec: JsonObject) -> str:
        """The metric."""
        return str(spec.get("evaluation_metric") or self.name)

    def models_asked(self, spec: JsonObject) -> Iterator[str]:
        """The model that embeds, for cosine."""
        if spec.get("evaluation_metric") == "cosine":
            yield _embedding_model(spec)

    def compile(self, spec: JsonObject, rule: ScoreRule) -> Open:
        """Render both texts and compare them, here, in the sandbox, or through a service's embeddings."""
        metric = spec["evaluation_metric"]
        text, reference = Template(spec["input"]), Template(spec["reference"])
        if metric == "cosine":
            return CosineSimilarity(text, reference, _embedding_model(spec), rule).open
        variant = spec.get("variant") or variants(metric)[0]
        return _Similarity(metric, variant, text, reference, rule).open


def _embedding_model(spec: JsonObject) -> str:
    return str(spec.get("embedding_model") or EMBEDDING_MODEL)


class _Similarity:
    def __init__(self, metric: str, variant: str, text: Template, reference: Template, rule: ScoreRule) -> None:
        self.metric, self.variant, self.rule = metric, variant, rule
        self.text, self.reference = text, reference
        self.similarity = metric_function(metric, variant)

    def open(self, context: GradingContext) -> Run:
        pools: list[SandboxPool] = []

        def pool() -> SandboxPool:
            if not pools:
                package = Path(__file__).resolve().parents[1]
                pools.append(context.pool(_POOL_SOURCE.format(metric=self.metric, variant=self.variant), (package,)))
            return pools[0]

        def run(calls: Iterable[Call]) -> Iterator[Grade]:
            waiting = iter(calls)
            for call in waiting:
                started = self.start(call)
                if isinstance(started, Grade):
                    yield started
                else:
                    begun = [started, *map(self.start, islice(waiting, LOOK_AHEAD - 1))]
                    yield from self.finish(begun, pool())

        return run

    def start(self, call: Call) -> Grade | Call:
        """The grade, or the call to make in the sandbox."""
        try:
            text, reference = self.text.render(*call), self.reference.render(*call)
        except TemplateError as error:
            return failed(error.kind, error.message)
        if is_heavy(self.metric, self.variant, len(text), len(reference)):
            return {"output_text": text}, {"reference": reference}
        return self.graded(self.similarity(text, reference))

    def graded(self, score: float) -> Grade:
        return scored(score, self.rule, (f"{self.metric} {score_text(score)} ({one_line(self.variant)})",))

    def finish(self, begun: list[Grade | Call], pool: SandboxPool) -> Iterator[Grade]:
        """The grades of calls begun together, in order; those that need it are made in the pool."""
        results = pool.run([each for each in begun if not isinstance(each, Grade)])
        for each in begun:
            if isinstance(each, Grade):
                yield each
                continue
            result = next(results, None)
            if result is None:
                return
            if result.score is None:
                error = result.error
                yield failed(error.kind, error.message) if error else failed("crash", "no score came back")
            else:
                yield self.graded(result.score)
