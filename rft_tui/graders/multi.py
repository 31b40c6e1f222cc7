"""`multi`: a formula over named graders.

`graders` is an object of name to grader; a list and a single grader are read as an object under their inner names,
and stay in the spec as they stand. A child without a score makes the whole an error of the child's kind, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import tee
from typing import Any, ClassVar

from rft_tui.errors import GraderSpecError
from rft_tui.graders.checks import Check, described, nearest
from rft_tui.graders.formula import FUNCTIONS, Formula, FormulaError
from rft_tui.graders.formula_parser import can_be_written, is_identifier, parse_formula
from rft_tui.graders.kinds import GraderType, join
from rft_tui.graders.outcome import failed, score_text, scored
from rft_tui.graders.running import Call, GradingContext, Open, Run
from rft_tui.model import Grade, JsonObject, ScoreRule
from rft_tui.safetext import one_line

MAX_CHILDREN = 100
"""Children of one grader."""
MAX_NESTING = 5
"""Multi graders inside one another, on this machine; a service takes none."""
STEP_LENGTH = 300
"""Characters of the step that shows the formula."""

_STATED: tuple[tuple[Callable[[Formula], bool], str], ...] = (
    (lambda formula: "log" in formula.functions, "log is natural"),
    (lambda formula: "^" in formula.operators, "2^3^2 is 2^(3^2), and -2^2 is -(2^2)"),
    (lambda formula: "/" in formula.operators, "a division by zero is an error"),
    (lambda formula: bool(formula.functions & {"log", "sqrt", "exp"}), "a function without a value is an error"),
)


class MultiGrader(GraderType):
    """Graders combined by a formula."""

    name = "multi"
    example: ClassVar[JsonObject | None] = {
        "type": "multi",
        "name": "phrase_and_exact",
        "graders": {
            "phrase": {
                "type": "text_similarity",
                "name": "phrase",
                "evaluation_metric": "fuzzy_match",
                "input": "{{sample.output_text}}",
                "reference": "{{item.reference_answer}}",
            },
            "exact": {
                "type": "string_check",
                "name": "exact",
                "operation": "eq",
                "input": "{{sample.output_text}}",
                "reference": "{{item.reference_answer}}",
            },
        },
        "calculate_output": "0.85 * phrase + 0.15 * exact",
    }

    def check(self, check: Check, spec: JsonObject, path: str) -> None:
        """Children, their names, and the formula over them."""
        check.keys(spec, path, ("graders", "calculate_output", "pass_threshold", "invalid_grade"))
        if "invalid_grade" in spec:
            message = "invalid_grade is not documented; it is kept and not used"
            check.warning(join(path, "invalid_grade"), "unused_key", message)
        children = self._check_children(check, spec, path)
        formula = check.text(spec, path, "calculate_output")
        if formula is not None and children:
            self._check_formula(check, formula, children, join(path, "calculate_output"))
        check.threshold(spec, path)
        check.choice("a child without a score makes the whole grade an error, never 0")
        check.choice("the result of the formula is not clipped")

    def _check_children(self, check: Check, spec: JsonObject, path: str) -> dict[str, JsonObject]:
        at = join(path, "graders")
        given = spec.get("graders")
        if not isinstance(given, dict | list):
            said = f"graders must be an object of name to grader, not {described(given)}"
            missing = "graders" not in spec
            near = nearest("graders", spec)
            check.error(
                at, "missing_field" if missing else "wrong_type", f"graders is missing{near}" if missing else said
            )
            return {}
        shape = "a list" if isinstance(given, list) else "a single grader" if is_single(given) else ""
        if shape:
            message = f"graders is {shape}; it is read as an object of name to grader, the only form that services take"
            check.warning(at, "graders_shape", message)
        try:
            children = named_children(given)
        except GraderSpecError as error:
            check.error(at, "graders_shape", error.message)
            return {}
        for name, child in children.items():
            self._check_child(check, name, child, path)
        return children

    def _check_child(self, check: Check, name: str, child: JsonObject, path: str) -> None:
        from rft_tui.graders.registry import check_grader

        at = join(join(path, "graders"), one_line(name, 60))
        if not can_be_written(name):
            check.error(at, "bad_name", f"{one_line(name, 60)!r} cannot stand in a formula: start it with a letter")
        elif not is_identifier(name):
            check.warning(at, "bad_name", f"{one_line(name, 60)!r} is no plain identifier; a service may not take it")
        elif name in FUNCTIONS:
            check.warning(at, "bad_name", f"{name} is also a function of formulas; a service may not take it")
        if child.get("type") == self.name:
            if check.context == "rft":
                check.error(join(at, "type"), "nested_multi", "a multi grader may not hold another one at a service")
            if at.count("graders") > MAX_NESTING:
                check.error(
                    join(at, "type"), "nested_multi", f"more than {MAX_NESTING} multi graders inside one another"
                )
                return
        check_grader(check, child, at)

    def _check_formula(self, check: Check, text: str, children: dict[str, JsonObject], path: str) -> None:
        try:
            formula = parse_formula(text, children)
        except FormulaError as error:
            check.error(path, error.kind, error.message)
            return
        if unused := [name for name in children if name not in formula.names]:
            said = one_line(", ".join(unused), 120)
            check.warning(
                path, "unused_grader", f"the formula does not use {said}; it is graded and shown all the same"
            )
        for applies, sentence in _STATED:
            if applies(formula):
                check.choice(sentence)

    def derived_name(self, spec: JsonObject) -> str:
        """``multi-`` and the names of the children."""
        try:
            return "-".join(["multi", *named_children(spec.get("graders"))])
        except GraderSpecError:
            return self.name

    def templates(self, spec: JsonObject) -> Iterator[tuple[str, str]]:
        """Those of the children."""
        from rft_tui.graders.registry import type_of

        for name, child in _children_or_none(spec).items():
            if kind := type_of(child):
                yield from ((f"graders.{name}.{path}", text) for path, text in kind.templates(child))

    def fields_read_by_code(self, spec: JsonObject) -> Iterator[str]:
        """Those of the children."""
        from rft_tui.graders.registry import type_of

        for child in _children_or_none(spec).values():
            if kind := type_of(child):
                yield from kind.fields_read_by_code(child)

    def models_asked(self, spec: JsonObject) -> Iterator[str]:
        """Those of the children."""
        from rft_tui.graders.registry import models_asked

        for child in _children_or_none(spec).values():
            yield from models_asked(child)

    def compile(self, spec: JsonObject, rule: ScoreRule) -> Open:
        """Compile the children; each call is graded by all of them, then combined."""
        from rft_tui.graders.registry import compile_open

        children = named_children(spec["graders"])
        formula = parse_formula(spec["calculate_output"], children)
        opens = [compile_open(child) for child in children.values()]
        names = tuple(children)

        def open_run(context: GradingContext) -> Run:
            runs = [open_child(context) for open_child in opens]

            def run(calls: Iterable[Call]) -> Iterator[Grade]:
                grades = (child(own) for child, own in zip(runs, tee(calls, len(runs)), strict=True))
                for together in zip(*grades, strict=False):
                    yield combine(formula, dict(zip(names, together, strict=True)), rule)

            return run

        return open_run


def is_single(graders: JsonObject) -> bool:
    """Whether an object in the place of `graders` is itself one grader."""
    return isinstance(graders.get("type"), str)


def named_children(graders: Any) -> dict[str, JsonObject]:
    """The children by name, in order, from an object, a list or a single grader; GraderSpecError where that fails."""
    if isinstance(graders, dict) and is_single(graders):
        graders = [graders]
    if isinstance(graders, list):
        graders = _by_inner_name(graders)
    if not isinstance(graders, dict):
        raise GraderSpecError("graders must be an object of name to grader")
    if not 1 <= len(graders) <= MAX_CHILDREN:
        raise GraderSpecError(f"graders must hold 1 to {MAX_CHILDREN} graders, not {len(graders)}")
    for name, child in graders.items():
        if not isinstance(child, dict):
            raise GraderSpecError(f"{one_line(name, 60)} must be a grader, not {described(child)}")
    return graders


def _by_inner_name(graders: list[Any]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for child in graders:
        name = child.get("name") if isinstance(child, dict) else None
        if not isinstance(name, str) or not name:
            raise GraderSpecError("each grader of a list needs a name for the formula")
        if name in named:
            raise GraderSpecError(f"two graders of the list are named {one_line(name, 60)}")
        named[name] = child
    return named


def _children_or_none(spec: JsonObject) -> dict[str, JsonObject]:
    try:
        return named_children(spec.get("graders"))
    except GraderSpecError:
        return {}


def combine(formula: Formula, grades: dict[str, Grade], rule: ScoreRule) -> Grade:
    """One grade from those of the children: the formula's value, or the error of the first child that has no score."""
    judged = tuple([use for grade in grades.values() for use in grade.judged])
    combined = _combined(formula, grades, rule)
    return replace(combined, judged=judged) if judged else combined


def _combined(formula: Formula, grades: dict[str, Grade], rule: ScoreRule) -> Grade:
    sub_scores = {name: grade.score for name, grade in grades.items()}
    steps = tuple([f"{name}: {step}" for name, grade in grades.items() for step in grade.steps])
    for name, grade in grades.items():
        if grade.error is not None:
            return failed(grade.error.kind, f"{one_line(name, 60)}: {grade.error.message}", sub_scores, steps)
    values = {name: float(grade.score) for name, grade in grades.items() if grade.score is not None}
    try:
        score = formula.evaluate(values)
    except FormulaError as error:
        return failed(error.kind, f"the formula at {error.message}", sub_scores, steps)
    shown = one_line(f"{score_text(score)} = {formula.shown(values)}", STEP_LENGTH)
    return scored(score, rule, (shown, *steps), sub_scores)
