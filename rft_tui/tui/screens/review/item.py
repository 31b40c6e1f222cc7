"""The item pane of Review as lines: question, reference and prediction, score with its steps, reasoning, verdict."""

from __future__ import annotations

import json
from dataclasses import dataclass

from rft_tui.model import Band, BandEdges, Grade, ScoreRule, Verdict
from rft_tui.safetext import one_line, shown
from rft_tui.store.review import ReviewItem
from rft_tui.store.verdicts import ReviewState
from rft_tui.tui.markdown import render_markdown
from rft_tui.tui.paint import Line, fit, line_length, wrap_line, wrap_text
from rft_tui.tui.task_words import moment, money
from rft_tui.tui.word_diff import word_diff

LABEL = 12
"""Cells of the labels at the left."""

SIDE_BY_SIDE = 64
"""Cells from which long texts stand side by side."""

ANSWER_LINES = 400
"""Lines of an answer or a reference that are shown; the editor shows all."""

JUDGES = 6
"""Questions to judges that are named under a score."""

BLOCKS = "▁▂▃▄▅▆▇█"

VERDICT_WORDS: dict[Verdict, str] = {
    Verdict.RIGHT: "a right",
    Verdict.WRONG: "x wrong",
    Verdict.GRADER: "w grader wrong",
    Verdict.LABEL: "b label wrong",
    Verdict.BOTH: "m both ok",
    Verdict.SKIP: "0 skipped",
}


@dataclass(frozen=True, slots=True)
class ItemView:
    """How an item is to be shown."""

    rule: ScoreRule
    threshold: float
    edges: BandEdges
    grader_name: str = ""
    fold_question: bool = False
    raw: bool = False


def short_score(score: float | None, error_kind: str | None = None) -> str:
    """A score in four cells or a little more: two decimals, ``err``, or a dash."""
    if score is None:
        return "err" if error_kind else "–"
    return f"{score:.2f}"


def band_style(score: float | None, view: ItemView) -> str:
    """The colour of a score."""
    if score is None:
        return "text.faint"
    return f"band.{view.edges.band(score, view.rule).value}"


def compose_item(item: ReviewItem, view: ItemView, width: int) -> list[Line]:
    """All lines of the pane for a width in cells."""
    lines: list[Line] = []
    lines += question_lines(item, view, width)
    lines.append([])
    lines += _answers(item, view, width)
    lines.append([])
    lines += score_lines(item, view, width)
    if item.summary:
        lines.append([])
        lines += _summary(item, view, width)
    lines.append([])
    lines += state_lines(item, width)
    return lines


def state_lines(item: ReviewItem, width: int) -> list[Line]:
    """Verdict, tags and note, and where the prediction comes from."""
    return _state(item, width) + _origin(item, width)


def context_line(item: ReviewItem, width: int) -> Line:
    """The short extra fields of an item, such as topic and difficulty."""
    parts = [
        one_line(str(value), 24)
        for key, value in item.fields.items()
        if key != "reference_answer" and isinstance(value, str | int | float) and len(str(value)) <= 24
    ]
    return [(fit(" · ".join(parts), width).rstrip(), "text.dim")] if parts and width > 3 else []


def question_lines(item: ReviewItem, view: ItemView, width: int) -> list[Line]:
    """The question, or its beginning where it is folded."""
    if view.fold_question:
        return [[(fit(one_line(item.question, width), width), "text.dim")]]
    if view.raw:
        return wrap_text(json.dumps(item.messages, ensure_ascii=False, indent=2), width)
    return wrap_text(item.question, width)


def _answers(item: ReviewItem, view: ItemView, width: int) -> list[Line]:
    reference = item.reference
    if item.error_kind:
        lines = _labelled("reference", _reference_lines(reference, width))
        said: Line = [("✗ ", "state.bad bold"), (one_line(item.error_kind, 60), "state.bad bold")]
        if item.error_message:
            said.append((f": {one_line(item.error_message, 400)}", "state.bad"))
        lines += _labelled("error", wrap_line(said, width - LABEL))
        if item.output_text:
            lines += _labelled("cut answer", wrap_text(item.output_text, width - LABEL, limit=ANSWER_LINES))
        return lines
    if reference is None:
        return _labelled("prediction", _text_lines(item.output_text, view, width - LABEL))
    if not view.raw and _is_long(item.output_text, reference, width):
        return _long_answers(item.output_text, reference, width)
    left, right = word_diff(reference, item.output_text)
    lines = _labelled("reference", diff_lines(left, width - LABEL, "(empty)"))
    if item.correction is not None:
        lines += _labelled("corrected", wrap_text(item.correction, width - LABEL, "verdict.label"))
    return lines + _labelled("prediction", diff_lines(right, width - LABEL, "(empty answer)"))


def _reference_lines(reference: str | None, width: int) -> list[Line]:
    if reference is None:
        return [[("– none in this row", "text.faint")]]
    return wrap_text(reference, width - LABEL, limit=ANSWER_LINES)


def _is_long(output_text: str, reference: str, width: int) -> bool:
    return (
        width >= SIDE_BY_SIDE
        and min(len(output_text), len(reference)) > width - LABEL
        and "\n" in output_text + reference
    )


def _long_answers(output_text: str, reference: str, width: int) -> list[Line]:
    """Two long texts in two columns, words that differ marked."""
    column = (width - 3) // 2
    left, right = word_diff(reference, output_text)
    left_lines, right_lines = diff_lines(left, column, "(empty)"), diff_lines(right, column, "(empty answer)")
    lines: list[Line] = [[(fit("reference", column), "text.dim"), (" │ ", "surface.rule"), ("prediction", "text.dim")]]
    for number in range(max(len(left_lines), len(right_lines))):
        one: Line = left_lines[number] if number < len(left_lines) else []
        other: Line = right_lines[number] if number < len(right_lines) else []
        pad = " " * (column - line_length(one))
        lines.append([*one, (pad, "text.normal"), (" │ ", "surface.rule"), *other])
    return lines


def diff_lines(line: Line, width: int, empty: str) -> list[Line]:
    """A diffed text, broken at its own line breaks and at the width."""
    rows: list[Line] = [[]]
    for text, name in line:
        first, *others = text.split("\n")
        rows[-1].append((first, name))
        rows += [[(other, name)] for other in others]
    lines = [part for row in rows[:ANSWER_LINES] for part in wrap_line([span for span in row if span[0]], width)]
    if not any(text.strip() for one in lines for text, _name in one):
        return [[(empty, "text.faint")]]
    return lines[:ANSWER_LINES]


def _text_lines(text: str, view: ItemView, width: int) -> list[Line]:
    if not text:
        return [[("(empty answer)", "text.faint")]]
    return wrap_text(text, width, limit=ANSWER_LINES) if view.raw else render_markdown(text, width)


def _labelled(label: str, lines: list[Line]) -> list[Line]:
    return [[(fit(label if number == 0 else "", LABEL), "text.dim"), *line] for number, line in enumerate(lines)]


def score_lines(item: ReviewItem, view: ItemView, width: int) -> list[Line]:
    """The score with its sub-scores and steps, or why there is none."""
    grade = item.grade
    if grade is None:
        said = f"{view.grader_name} has not graded this" if view.grader_name else "no grader yet: rft-tui grade"
        return _labelled("score", [[(said, "text.faint")]])
    if grade.error is not None:
        message = one_line(f"{grade.error.kind}: {grade.error.message}", 600)
        lines = _labelled("no score", wrap_line([(message, "state.bad")], width - LABEL))
        return lines + _steps(grade, view, width)
    score = grade.score
    assert score is not None
    passed = score >= view.threshold
    sign, style = ("✓ passes", "state.good") if passed else ("✗ fails", "state.bad")
    line: Line = [
        (f"{score:.2f} ", band_style(score, view) + " bold"),
        (sign, style),
        (f" at {view.threshold:.2f}", "text.dim"),
    ]
    if item.baseline_score is not None:
        delta = score - item.baseline_score
        line.append((f"   Δ {delta:+.2f}", "state.good" if delta > 0 else "state.bad" if delta < 0 else "text.dim"))
    return _labelled("score", [line]) + _steps(grade, view, width)


def _steps(grade: Grade, view: ItemView, width: int) -> list[Line]:
    """Sub-scores and steps; a step of a child stands in the child's own line."""
    lines: list[Line] = []
    children = grade.sub_scores
    indent = max([LABEL, *(len(one_line(name, 24)) + 3 for name in children)])
    used: set[int] = set()
    child_lines: list[Line] = []
    for name, value in children.items():
        prefix = f"{name}: "
        own = [(number, step[len(prefix) :]) for number, step in enumerate(grade.steps) if step.startswith(prefix)]
        used.update(number for number, _step in own)
        color = f"band.{view.edges.band(value, ScoreRule()).value}" if value is not None else "state.bad"
        head: Line = [
            (fit(f"  {one_line(name, 24)}", indent), "text.dim"),
            (fit(short_score(value, "error"), 6), color),
        ]
        texts = wrap_line([(" · ".join(one_line(step, 300) for _number, step in own), "text.dim")], width - indent - 6)
        for number, text in enumerate(texts):
            child_lines.append([*head, *text] if number == 0 else [(" " * (indent + 6), "text.dim"), *text])
    for number, step in enumerate(grade.steps):
        if number not in used:
            parts = wrap_line([(one_line(step, 600), "text.dim")], width - LABEL)
            lines += [[(" " * LABEL, "text.dim"), *part] for part in parts]
    return lines + child_lines + _judged(grade, width)


def _judged(grade: Grade, width: int) -> list[Line]:
    """Who judged, and what that took; how an answer was read that did not come as it was asked for."""
    lines: list[Line] = []
    for use in grade.judged[:JUDGES]:
        tokens = (use.usage.input_tokens or 0) + (use.usage.output_tokens or 0)
        parts = [f"judged by {one_line(use.model, 60) or 'a model'}"]
        parts += [f"{tokens:,} tokens"] if tokens else []
        parts += [money(use.cost)] if use.cost else []
        parts += ["from the cache"] if use.cached else []
        parts += [one_line(use.note, 120)] if use.note else []
        rows = wrap_line([(", ".join(parts), "text.faint")], width - LABEL)
        lines += [[(" " * LABEL, "text.dim"), *part] for part in rows]
    if len(grade.judged) > JUDGES:
        lines.append([(" " * LABEL + f"and {len(grade.judged) - JUDGES} more", "text.faint")])
    return lines


def _summary(item: ReviewItem, view: ItemView, width: int) -> list[Line]:
    assert item.summary is not None
    head: Line = [("reasoning", "text.dim")]
    if item.reasoning_tokens is not None:
        head.append((f"   {item.reasoning_tokens:,} tokens", "text.faint"))
    body = wrap_text(item.summary, width) if view.raw else render_markdown(item.summary, width)
    return [head, *body]


def _state(item: ReviewItem, width: int) -> list[Line]:
    state = item.state
    line: Line = [("verdict ", "text.dim")]
    if state.verdict is None:
        line.append(("–", "text.faint"))
    else:
        line.append((VERDICT_WORDS[state.verdict], f"verdict.{state.verdict.value} bold"))
    line += [("   tags ", "text.dim")]
    tags = " · ".join(one_line(tag, 30) for tag in state.tags)
    line.append((tags, "text.normal") if tags else ("–", "text.faint"))
    lines = wrap_line(line, width)
    if state.note:
        lines += [
            [("note ", "text.dim"), *part] if number == 0 else [("     ", "text.dim"), *part]
            for number, part in enumerate(wrap_text(state.note, width - 5))
        ]
    for name, said in item.others:
        lines += _other(name, said, width)
    return lines


def _other(name: str, said: ReviewState, width: int) -> list[Line]:
    """What another reviewer says of it."""
    if said.verdict is None:
        return []
    line: Line = [
        (f"{one_line(name, 24)} ", "text.dim"),
        (VERDICT_WORDS[said.verdict], f"verdict.{said.verdict.value}"),
    ]
    if said.note:
        line.append((f"  {one_line(said.note, 200)}", "text.normal"))
    return wrap_line(line, width)


def _origin(item: ReviewItem, width: int) -> list[Line]:
    parts = [item.model]
    if item.effort not in ("", "none", "default"):
        parts.append(f"effort {item.effort}")
    parts.append(f"run {item.run_index}")
    if item.prompt:
        parts.append(f"prompt {item.prompt}")
    parts.append(f"{item.dataset} line {item.line}")
    if item.latency_s is not None and item.asked is None:
        parts.append(f"{item.latency_s:.1f} s")
    line: Line = [(shown(" · ".join(parts)), "text.faint")]
    if item.simulated:
        line = [("SIMULATED", "state.warning bold"), (" · ", "text.faint"), *line]
    return wrap_line(line, width) + _asked(item, width)


def _asked(item: ReviewItem, width: int) -> list[Line]:
    """How the answer came: when, from whom, how long it took, tokens, money, and whether another run asked it."""
    asked = item.asked
    if asked is None:
        return []
    parts = [f"asked {moment(asked.at)}"]
    if asked.served_model:
        parts.append(f"answered by {one_line(asked.served_model, 60)}")
    if item.latency_s is not None:
        parts.append(f"{item.latency_s:.1f} s")
    if item.input_tokens is not None or item.output_tokens is not None:
        thinking = f" ({item.reasoning_tokens:,} reasoning)" if item.reasoning_tokens else ""
        parts.append(f"{item.input_tokens or 0:,} in, {item.output_tokens or 0:,} out{thinking}")
    if asked.cost is not None:
        parts.append(money(asked.cost))
    if asked.cached:
        by = f": asked in run {asked.by}" if asked.by is not None and asked.by != item.run else ""
        parts.append(f"from the cache{by}")
    return wrap_line([(" · ".join(parts), "text.faint")], width)


def band_words(band: Band) -> str:
    """The short name of a band on screens."""
    return {Band.FULL: "full", Band.FORMATTING: "form", Band.PARTIAL: "partial", Band.OFF_BASE: "off"}[band]
