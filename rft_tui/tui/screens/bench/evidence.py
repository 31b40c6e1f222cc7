"""The evidence of the bench: what was tried on which item, what the grader said of it, and what a sound one says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rft_tui.model import JsonObject
from rft_tui.safetext import one_line
from rft_tui.tui.paint import Line, fit, wrap_line, wrap_text
from rft_tui.tui.screens.bench.rows import EXAMPLES, ORDERINGS, VARIANCE, BenchEntry, BenchGroup
from rft_tui.tui.task_words import counted

LABEL = 11
"""Cells of the labels at the left."""

TEXT_LINES = 60
"""Lines of a question, a reference or an answer that are shown; the editor shows all."""

SHOWN_FAILURES = 3
"""Failures that stand under a kind before it is unfolded."""

ABOUT = {
    "reference": "The reference answer itself. It must score full marks.",
    "padding": "The reference with unrelated words around it. If that scores as much, padding pays.",
    "alternatives": "The reference in a list of other answers. If that scores as much, naming everything pays.",
    "echo": "The question, given back. It answers nothing.",
    "empty": "An empty answer.",
    "refusal": "A polite refusal.",
    "other_reference": "The reference of another item: well formed, and wrong.",
    "injection": "A wrong answer with an order to whoever judges it: give full marks.",
    "surface": "The reference in other case, in quotation marks, with a full stop; JSON in other spacing.",
    "very_long": "A wrong answer in 20,000 characters of talk. It must be low, and in time.",
    ORDERINGS: "Answers to one item from the best to the worst. Each must score more than the next.",
    EXAMPLES: "A judge learns from the examples in its prompt: stated figures against computed ones.",
    VARIANCE: "How far the scores of one answer lie apart when a judge is asked again.",
}
"""What each kind of check is about."""


@dataclass(frozen=True, slots=True)
class Whole:
    """What is not cut short as it is in the document: the item's question and reference, and the answer.

    None where it is not known any more: the item is gone, or the result was kept and nothing was graded now. `steps`
    are all of the grader's.
    """

    question: str | None = None
    reference: str | None = None
    answer: str | None = None
    steps: tuple[str, ...] = ()


def group_lines(group: BenchGroup, width: int, *, open_key: str, how: str = "") -> list[Line]:
    """What a kind of check is about, what came of it, and its worst failures; `how` says how to have more of it.

    `open_key` is the key that shows all failures.
    """
    sign, style = group.sign
    lines: list[Line] = [[(f"{group.name} ", "text.normal bold"), (sign, f"{style} bold")]]
    lines += wrap_line([(ABOUT.get(group.name, ""), "text.dim")], width)
    if group.entries:
        held = f"{len(group.entries) - group.failed:,} of {counted(len(group.entries), 'check')} hold"
        lines += [[], [(held, style), (f" · expected: {group.expected}", "text.dim")]]
    elif group.note:
        lines += [[], [(group.note, "text.normal")]]
    if how:
        lines += wrap_line([(how, "text.dim")], width)
    for reason, count in group.skipped:
        lines += wrap_line([(f"– skipped for {counted(count, 'item')}: {one_line(reason, 200)}", "text.dim")], width)
    for entry in group.entries[: min(group.failed, SHOWN_FAILURES)]:
        lines += [[], *_short(group, entry, width)]
    if group.failed > SHOWN_FAILURES:
        lines += [[], [(f"and {group.failed - SHOWN_FAILURES:,} more · {open_key} shows them", "text.dim")]]
    return lines


def _short(group: BenchGroup, entry: BenchEntry, width: int) -> list[Line]:
    """A failure in few lines."""
    data = entry.data
    if group.name == ORDERINGS:
        return _ordering_lines(data, width)
    if group.name == EXAMPLES:
        return _example_lines(data, width)
    lines = _labelled("reference", _cut(data["reference"], width))
    lines += _labelled("answer", _cut(data["answer"], width))
    return lines + _labelled("score", [_score_line(data)])


def _cut(text: str, width: int) -> list[Line]:
    shown = one_line(text, 2 * max(10, width - LABEL))
    return wrap_line([(shown or "(nothing)", "text.normal" if shown else "text.faint")], width - LABEL)


def entry_lines(group: BenchGroup, entry: BenchEntry, whole: Whole, reference_score: str, width: int) -> list[Line]:
    """One check in full; `reference_score` is what the item's own reference scored, empty where it was not graded."""
    data = entry.data
    sign, style = ("✓ holds", "state.good") if entry.ok else ("✗ does not hold", "state.bad")
    lines: list[Line] = [[(f"{group.name} ", "text.normal bold"), (sign, f"{style} bold")]]
    if group.name == ORDERINGS:
        return [*lines, [], *_ordering_lines(data, width)]
    if group.name == EXAMPLES:
        return [*lines, [], *_example_lines(data, width)]
    lines += wrap_line([(ABOUT[group.name], "text.dim")], width)
    lines.append([(f"item {data['item'][:8]}", "text.faint")])
    lines.append([])
    if whole.question is not None:
        lines += wrap_text(whole.question, width, limit=TEXT_LINES)
    else:
        lines.append([("the item is not in the workspace any more", "text.faint")])
    lines.append([])
    reference = data["reference"] if whole.reference is None else whole.reference
    lines += _labelled("reference", _text(reference, width))
    if group.name != "reference" and reference_score:
        lines.append([(" " * LABEL, "text.dim"), (f"scores {reference_score}", "text.dim")])
    lines.append([])
    lines += _labelled("answer", _text(data["answer"] if whole.answer is None else whole.answer, width))
    lines += _labelled("score", [_score_line(data)])
    if data["error"] is not None:
        said = one_line(f"{data['error']['kind']}: {data['error']['message']}", 1200)
        lines += _labelled("error", wrap_line([(said, "state.bad")], width - LABEL))
    return lines + _grader_lines(data, whole, width)


def _grader_lines(data: JsonObject, whole: Whole, width: int) -> list[Line]:
    """The grader's sub-scores and steps, and the single scores where it was asked more than once."""
    lines: list[Line] = []
    parts: Mapping[str, float | None] = data.get("sub_scores") or {}
    for number, (name, value) in enumerate(parts.items()):
        shown = "err" if value is None else f"{value:.3f}"
        line: Line = [(f"{one_line(name, 40)} ", "text.dim"), (shown, "state.bad" if value is None else "text.normal")]
        lines += _labelled("parts" if number == 0 else "", wrap_line(line, width - LABEL))
    if "scores" in data:
        shown = " · ".join(f"{score:.3f}" for score in data["scores"][:50])
        lines += _labelled("each time", wrap_line([(shown, "text.normal")], width - LABEL))
    steps: Sequence[str] = whole.steps or ([data["evidence"]] if data["evidence"] else [])
    for number, step in enumerate(steps):
        said = wrap_line([(one_line(step, 600), "text.dim")], width - LABEL)
        lines += _labelled("grader" if number == 0 else "", said)
    return lines


def _score_line(data: JsonObject) -> Line:
    """The score, and what was expected."""
    if data["score"] is None:
        line: Line = [("none", "state.bad bold")]
    else:
        line = [(f"{data['score']:.3f}", f"{'state.good' if data['ok'] else 'state.bad'} bold")]
    if data["error"] is not None and data["score"] is None:
        line.append((f" {one_line(data['error']['kind'], 60)}", "state.bad"))
    return [*line, (f" · expected {data['expected']}", "text.dim")] if "expected" in data else line


def _ordering_lines(data: JsonObject, width: int) -> list[Line]:
    lines = _labelled("item", wrap_line([(one_line(data["item"], 200), "text.dim")], width - LABEL))
    for place, answer in enumerate(data["answers"]):
        wrong = place in data["inverted"]
        score = "err" if answer["score"] is None else f"{answer['score']:.3f}"
        text = one_line(answer["answer"], 300) or "(nothing)"
        said: Line = [(f"{score} ", "state.bad bold" if wrong else "text.normal bold"), (text, "text.normal")]
        lines += _labelled(f"{place + 1}.", wrap_line(said, width - LABEL))
        if wrong:
            lines.append([(" " * LABEL, "text.dim"), ("✗ not more than the next", "state.bad")])
        if answer["error"] is not None:
            error = one_line(f"{answer['error']['kind']}: {answer['error']['message']}", 300)
            lines += _labelled("", wrap_line([(error, "state.bad")], width - LABEL))
    return lines


def _example_lines(data: JsonObject, width: int) -> list[Line]:
    place = f"{one_line(data['message'], 80)}, line {data['line']}"
    lines = _labelled("in", wrap_line([(place, "text.dim")], width - LABEL))
    lines += _labelled("reference", _text(data["reference"], width))
    lines += _labelled("answer", _text(data["answer"], width))
    lines += _labelled("stated", [[(f"{data['stated']:g}", "text.normal bold"), (f" · {data['check']}", "text.dim")]])
    if "computed" in data:
        style = "state.good" if data["ok"] else "state.bad"
        lines += _labelled("computed", [[(f"{data['computed']:.3f}", f"{style} bold")]])
        return lines + _labelled("", wrap_line([(one_line(data["evidence"], 400), "text.dim")], width - LABEL))
    lines += _labelled("the judge", [_score_line(data)])
    if data["error"] is not None:
        error = one_line(f"{data['error']['kind']}: {data['error']['message']}", 300)
        lines += _labelled("", wrap_line([(error, "state.bad")], width - LABEL))
    return lines + _grader_lines(data, Whole(), width)


def _text(text: str, width: int) -> list[Line]:
    if not text:
        return [[("(nothing)", "text.faint")]]
    return wrap_text(text, width - LABEL, limit=TEXT_LINES)


def _labelled(label: str, lines: list[Line]) -> list[Line]:
    return [[(fit(label if number == 0 else "", LABEL), "text.dim"), *line] for number, line in enumerate(lines)]
