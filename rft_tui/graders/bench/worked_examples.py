"""Worked examples in a judge's prompt: found, and their figures held against what they add up to.

An example is a reference and an answer, each behind a label on a line of its own or of the same line, and the lines up
to the next one. Labels without a value, or with a placeholder, are no example. What a judge is shown is what it learns:
an example whose figures are wrong teaches it another rule than the one that is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rft_tui.graders.bench.arithmetic import Equality, equalities, signed_parts, stated_total
from rft_tui.graders.bench.lexical import measure_named, measured
from rft_tui.graders.bench.reading import leaves
from rft_tui.graders.registry import models_asked, type_of
from rft_tui.model import JsonObject, ScoreRule

MAX_TEXT = 200_000
"""Characters of a message that are read."""
MAX_EXAMPLES = 200
"""Examples of a message that are read."""
MAX_LINE = 2_000
"""Characters of a line that are read."""
MAX_BODY = 40
"""Lines of an example behind its two texts."""

_LABELLED = re.compile(r"[\s>*•#\d.)-]{0,20}[*_`\"']{0,3}([A-Za-z][\w '’-]{1,40}?)[*_`\"']{0,3}\s{0,9}[:=](.*)")
_REFERENCE = re.compile(
    r"(?:the )?(?:reference|gold|gold standard|expected|correct|target|ground truth|true)(?: answer| text| output)?"
)
_ANSWER = re.compile(
    r"(?:the )?(?:(?:model|candidate|student|system|given|submitted|predicted)(?:['’]?s)?"
    r"(?: answer| prediction| output| response| text)?|answer|prediction|response|output)"
)
_INLINE = re.compile(
    r"(?<=[.;,|/])\s{1,9}(?=(?:the )?(?:reference|gold|expected|candidate|model|student|answer|prediction|response)"
    r"[\w '’]{0,20}[:=])",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"<[^<>]*>|\[[^\[\]]*\]|\{[^{}]*\}|[.…_—-]*")
_SECTION = re.compile(r"\s*(?:[─━═=_*#-]{3,}|#{1,6}\s)")
_FIGURE = re.compile(
    r"\b(lexical|levenshtein|edit|jaro|jaccard|token|fuzz|rouge|bleu|gleu|meteor|string[ _]similarity)([\w -]{0,40}?)"
    r"\s{0,9}(?:[≈=~:]|\bis\b|\bof\b|\babout\b|\bas\b|(?=\s\d{0,3}\.\d))\s{0,9}(?:about |roughly |approximately )?"
    r"(\d{0,9}\.\d{1,9}|\d{1,3}\s?%)",
    re.IGNORECASE,
)
_NO_LIKENESS = re.compile(r"distance|weight|threshold|tolerance", re.IGNORECASE)


@dataclass(slots=True)
class WorkedExample:
    """One example: where it stands (path of the message, line from 1), its two texts, and what is said of them."""

    place: str
    line: int
    reference: str
    answer: str
    body: list[str] = field(default_factory=list)

    @property
    def stated(self) -> float | None:
        """The score that the example states, None where it states none."""
        return stated_total(self.body)


@dataclass(frozen=True, slots=True)
class ExampleFinding:
    """One figure of an example held against the computed one; `check` is ``total`` or ``lexical``."""

    example: WorkedExample
    check: str
    stated: float
    computed: float
    ok: bool
    evidence: str


def worked_examples(spec: JsonObject) -> list[WorkedExample]:
    """The examples in the messages of a model grader, those of children included."""
    found: list[WorkedExample] = []
    for leaf in leaves(spec):
        kind = type_of(leaf)
        if kind is None or not models_asked(leaf) or not isinstance(leaf.get("input"), list):
            continue
        for place, text in kind.templates(leaf):
            found.extend(examples_in(text, place))
    return found


def examples_in(text: str, place: str = "") -> list[WorkedExample]:
    """The examples of one text in their order."""
    found: list[WorkedExample] = []
    current: WorkedExample | None = None
    held: dict[str, str] = {}
    for number, line in _lines(text):
        role, value = _labelled(line)
        if role:
            current = None
            if _PLACEHOLDER.fullmatch(value) or "{{" in value:
                held.clear()
                continue
            held[role] = value
            if len(held) == 2 and len(found) < MAX_EXAMPLES:
                current = WorkedExample(place, number, held["reference"], held["answer"])
                found.append(current)
                held.clear()
        elif _SECTION.match(line):
            current = None
            held.clear()
        elif current is not None and len(current.body) < MAX_BODY:
            current.body.append(line)
    return found


def check_examples(spec: JsonObject, limits: Mapping[str, float]) -> list[ExampleFinding]:
    """Every stated figure of a model grader's worked examples held against the computed one."""
    found: list[ExampleFinding] = []
    for leaf in leaves(spec):
        kind = type_of(leaf)
        if kind is None or not models_asked(leaf):
            continue
        rule = kind.rule(leaf)
        named = _named_measure("\n".join(text for _place, text in kind.templates(leaf)))
        for example in worked_examples(leaf):
            found.extend(_totals(example, rule, limits["total"]))
            found.extend(_figures(example, named, limits["lexical"]))
    return found


def _totals(example: WorkedExample, rule: ScoreRule, tolerance: float) -> Iterator[ExampleFinding]:
    """The sums and products that are written out, or else the signed parts, against the stated result."""
    found = equalities(example.body)
    if not found:
        parts, total = signed_parts(example.body), example.stated
        if len(parts) < 2 or total is None:
            return
        shown = " ".join(f"{part:+g}" for part in parts)
        found = [Equality(shown, sum(parts), total, tolerance)]
    for one in found:
        slack = max(tolerance, one.rounding) + 1e-9
        clipped = min(max(one.computed, rule.low), rule.high)
        ok = min(abs(one.computed - one.stated), abs(clipped - one.stated)) <= slack
        evidence = f"{one.shown} is {_figure(one.computed)}, and {one.stated:g} is stated"
        yield ExampleFinding(example, "total", one.stated, one.computed, ok, evidence)


def _figures(example: WorkedExample, named: str | None, tolerance: float) -> Iterator[ExampleFinding]:
    for line in example.body:
        for match in _FIGURE.finditer(line):
            if _NO_LIKENESS.search(match[2]):
                continue
            text = match[3]
            stated = float(text.rstrip("% ")) / 100 if text.endswith("%") else float(text)
            measure = measure_named(match[1] + match[2]) or named
            values = measured(measure, example.reference, example.answer)
            if not values:
                continue
            nearest = min(values, key=lambda one: abs(one.value - stated))
            ok = abs(nearest.value - stated) <= tolerance + 1e-9
            shown = nearest if ok else values[0]
            yield ExampleFinding(
                example, "lexical", stated, shown.value, ok,
                f"{shown.definition} gives {_figure(shown.value)}, and {text} is stated"
                + ("" if ok else _nearest(measure, nearest.value) + _consequence(example, text, shown.value)),
            )  # fmt: skip


def _nearest(measure: str | None, value: float) -> str:
    whose = "any known measure" if measure is None else f"any {measure}"
    return f"; the nearest of {whose} is {_figure(value)}"


def _consequence(example: WorkedExample, stated: str, computed: float) -> str:
    """What the example's total would be with the computed figure."""
    for line in example.body:
        if re.search(rf"(?<![\d.]){re.escape(stated)}(?!\d)", line) and equalities([line]):
            changed = re.sub(rf"(?<![\d.]){re.escape(stated)}(?!\d)", f"{computed:.6f}", line, count=1)
            redone = equalities([changed])
            if redone and redone[0].computed != equalities([line])[0].computed:
                return f"; with it the total is {_figure(redone[0].computed)}"
    return ""


def _named_measure(text: str) -> str | None:
    """The measure that a prompt defines: first that of a line about lexical likeness, else the first named at all."""
    for line in text[:MAX_TEXT].splitlines():
        if "lexical" in line.casefold() and (found := measure_named(line[:MAX_LINE])) is not None:
            return found
    return measure_named(text[:MAX_TEXT])


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, whole in enumerate(text[:MAX_TEXT].splitlines(), 1):
        parts = _INLINE.split(whole[:MAX_LINE])
        for place, part in enumerate(parts, 1):
            yield number, part if place == len(parts) else part.rstrip(" .;,|/")


def _labelled(line: str) -> tuple[str, str]:
    """The role of a line, ``reference`` or ``answer``, and its value; no role for every other line."""
    match = _LABELLED.match(line)
    if match is None:
        return "", ""
    label = " ".join(re.split(r"[\s_-]+", match[1].casefold())).strip()
    role = "reference" if _REFERENCE.fullmatch(label) else "answer" if _ANSWER.fullmatch(label) else ""
    return role, match[2].strip().strip("*_`\"'“”").strip()


def _figure(value: float) -> str:
    return f"{value:.3f}"
