"""`string_check`: 1 where two texts are equal, differ, or one contains the other; else 0.

Where the service says nothing: nothing is trimmed or normalised; ``like`` and ``ilike`` look for the reference inside
the input and know no wildcards; ``ilike`` compares lower-cased texts; an empty reference is contained in everything.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar

from rft_tui.graders.checks import Check
from rft_tui.graders.kinds import GraderType, join
from rft_tui.graders.outcome import failed, scored
from rft_tui.graders.running import Call, GradingContext, Open, Run
from rft_tui.graders.template import Template, TemplateError
from rft_tui.model import Grade, JsonObject, ScoreRule
from rft_tui.safetext import one_line

STEP_TEXT = 60
"""Characters of each side that a step shows."""

OPERATIONS: dict[str, Callable[[str, str], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "like": operator.contains,
    "ilike": lambda text, reference: reference.lower() in text.lower(),
}
"""The operations, each on input and reference."""

_MISSPELT = {"neq": "ne", "equals": "eq", "equal": "eq", "==": "eq", "!=": "ne", "contains": "like"}
_SIGNS = {
    "eq": ("=", "≠"),
    "ne": ("≠", "="),
    "like": ("contains", "does not contain"),
    "ilike": ("contains (any case)", "does not contain (any case)"),
}
_CONTAINS = "{} looks for the reference inside the input; % and _ mean themselves, an empty reference is always found"


class StringCheck(GraderType):
    """Equality and containment."""

    name = "string_check"
    example: ClassVar[JsonObject | None] = {
        "type": "string_check",
        "name": "exact",
        "operation": "eq",
        "input": "{{sample.output_text}}",
        "reference": "{{item.reference_answer}}",
    }

    def check(self, check: Check, spec: JsonObject, path: str) -> None:
        """Operation and both texts."""
        check.keys(spec, path, ("input", "reference", "operation", "pass_threshold"))
        given = spec.get("operation")
        if isinstance(given, str) and (meant := _MISSPELT.get(given.lower())):
            check.error(join(path, "operation"), "unknown_value", f"the operation is written {meant}, not {given}")
        else:
            check.word(spec, path, "operation", OPERATIONS)
        for key in ("input", "reference"):
            if (text := check.text(spec, path, key)) is not None:
                check.template(join(path, key), text)
        if "pass_threshold" in spec:
            message = "string_check passes at 1; pass_threshold is kept and not used"
            check.warning(join(path, "pass_threshold"), "unused_key", message)
        check.choice("string_check neither trims nor normalises the texts")
        if given in ("like", "ilike"):
            check.choice(_CONTAINS.format(given))
        if given == "ilike":
            check.choice("ilike compares lower-cased texts")

    def rule(self, spec: JsonObject) -> ScoreRule:  # noqa: ARG002
        """Passes at 1, whatever else stands there."""
        return ScoreRule(pass_threshold=1.0)

    def derived_name(self, spec: JsonObject) -> str:
        """``string_check-eq``."""
        return f"string_check-{spec.get('operation', '')}"

    def compile(self, spec: JsonObject, rule: ScoreRule) -> Open:
        """Render both texts and compare them, in this process."""
        operation = spec["operation"]
        holds, signs = OPERATIONS[operation], _SIGNS[operation]
        text, reference = Template(spec["input"]), Template(spec["reference"])

        def grade(call: Call) -> Grade:
            try:
                left, right = text.render(*call), reference.render(*call)
            except TemplateError as error:
                return failed(error.kind, error.message)
            result = holds(left, right)
            step = f'"{one_line(left, STEP_TEXT)}" {signs[not result]} "{one_line(right, STEP_TEXT)}"'
            return scored(float(result), rule, (step,))

        def open_run(context: GradingContext) -> Run:  # noqa: ARG001
            def run(calls: Iterable[Call]) -> Iterator[Grade]:
                return map(grade, calls)

            return run

        return open_run
