"""What things are: the nouns of the product, frozen and without input or output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, TypeAlias

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object as the standard library reads it."""

SIMULATED_PREFIX = "simulated-"
"""How the names of the embedded service's models begin, whatever model it was asked for, also behind any address."""

Severity = Literal["error", "warning"]
"""An error stops an import or a launch; a warning is only said."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a dataset file, at a line (from 1) and a key, of a kind that scripts may rely on."""

    line: int | None
    key: str | None
    kind: str
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class SpecProblem:
    """Something wrong with a grader, at a path such as ``graders.exact.operation``."""

    path: str
    kind: str
    severity: Severity
    message: str


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a dataset: what a model is asked, and the fields a grader reads.

    `input_id` covers messages and tools, `row_id` every other field too. `question` is the text of the messages to
    the model; `reference` the text of the reference answer, None where the row has none; `raw` the bytes of the row
    as they stood in the file, without the line break.
    """

    input_id: str
    row_id: str
    question: str
    reference: str | None
    messages: str
    tools: str | None
    fields: JsonObject
    raw: bytes


@dataclass(frozen=True, slots=True)
class Prompt:
    """A named text in front of the first user message, and worked examples sent before the item as earlier turns."""

    name: str
    text: str
    version: str
    examples: tuple[JsonObject, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """What a service counted for one prediction, in tokens; None where it did not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class PredictionError:
    """Why there is no usable answer: a kind (``incomplete``, ``refusal``, …) and the service's text."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said to one input in one run, or the error that came instead.

    `extra` holds what else is worth keeping, each key only where there is something: ``output_tools`` and ``choices``
    (chat form, read by graders), ``output_json``, ``model`` (the name the service answered with), ``response_id``,
    ``finish_reason``, ``service_tier``, ``attempts``.
    """

    output_text: str
    reasoning_summary: str | None = None
    usage: Usage = field(default_factory=Usage)
    latency_s: float | None = None
    error: PredictionError | None = None
    extra: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class GradeError:
    """Why a grade has no score. Never a zero in a mean.

    Kinds follow the service's flags where it has one: ``invalid_variable_error``, ``sample_parse_error``,
    ``formula_parse_error``, ``python_grader_runtime_error``, ``python_grader_server_error``, ``other_error``; and the
    local ones ``timeout``, ``memory``, ``crash``, ``protocol``, ``not_a_number``, ``prediction`` (there was no answer
    to grade). Model graders add ``model_grader_refusal_error``, ``model_grader_parse_error``,
    ``model_grader_exceeded_max_tokens_error`` and ``model_grader_server_error``.
    """

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Grade:
    """What one grader version says of one prediction."""

    score: float | None
    passed: bool | None = None
    sub_scores: Mapping[str, float | None] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    error: GradeError | None = None
    judged: tuple[JudgeUse, ...] = ()


@dataclass(frozen=True, slots=True)
class JudgeUse:
    """One question that a model grader put to a model service, and what it took.

    `model` is the name the service answered with; `cost` in the price table's currency, None where no price is known;
    `cached` where the answer was kept from before and nothing was asked; `note` says how an answer was read that did
    not come in the form that was asked for.
    """

    model: str
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    cached: bool = False
    note: str = ""
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class ScoreRule:
    """How a grader's scores are read: their range and the score from which one passes.

    `pass_threshold` is None where the grader has none; then a screen starts at half the range, as our default.
    """

    low: float = 0.0
    high: float = 1.0
    pass_threshold: float | None = None

    @property
    def shown_threshold(self) -> float:
        """The grader's own threshold, or half the range where it has none."""
        return (self.low + self.high) / 2 if self.pass_threshold is None else self.pass_threshold


class Band(StrEnum):
    """How far off a score is; edges belong to the band above them."""

    FULL = "full"
    FORMATTING = "formatting"
    PARTIAL = "partial"
    OFF_BASE = "off_base"


@dataclass(frozen=True, slots=True)
class BandEdges:
    """Where bands begin, as shares of the range: formatting from 0.8, partial from 0.3 unless moved."""

    formatting: float = 0.8
    partial: float = 0.3

    def band(self, score: float, rule: ScoreRule) -> Band:
        """The band of a score."""
        span = rule.high - rule.low
        if score >= rule.high:
            return Band.FULL
        if score >= rule.low + self.formatting * span:
            return Band.FORMATTING
        if score >= rule.low + self.partial * span:
            return Band.PARTIAL
        return Band.OFF_BASE


class Verdict(StrEnum):
    """What a person says of a prediction; the values are the words of the command line's JSON."""

    RIGHT = "right"
    WRONG = "wrong"
    GRADER = "grader"
    LABEL = "label"
    BOTH = "both"
    SKIP = "skip"

    @property
    def key(self) -> str:
        """The key that gives it in Review."""
        return VERDICT_KEYS[self]


VERDICT_KEYS: dict[Verdict, str] = {
    Verdict.RIGHT: "a",
    Verdict.WRONG: "x",
    Verdict.GRADER: "w",
    Verdict.LABEL: "b",
    Verdict.BOTH: "m",
    Verdict.SKIP: "0",
}
"""One key for each verdict, on screens and in ``--verdict``."""
