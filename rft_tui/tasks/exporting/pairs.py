"""Preference pairs for DPO from what was listed: by verdicts, or by gaps between scores; the same list, the same pairs.

The rows are those that fine-tuning services take: ``input`` with the item's messages, ``preferred_output`` and
``non_preferred_output`` with one assistant message each. The prompt that a run put in front is not in them.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from rft_tui.datasets.decode import row_text
from rft_tui.datasets.mapping import FieldMapping, RowShape
from rft_tui.datasets.rows import RawRow
from rft_tui.datasets.rules import row_problems
from rft_tui.model import JsonObject, Verdict
from rft_tui.store.exported import ExportedPrediction

CHOSEN = frozenset({Verdict.RIGHT, Verdict.BOTH})
"""Verdicts whose predictions may be preferred; those that are wrong may be rejected."""

MOST = 200
"""Answers to one input on either side that are set against each other."""

_ROUNDING = 1e-9

_SHAPE = RowShape("dpo", FieldMapping())


@dataclass(frozen=True, slots=True)
class PairOptions:
    """How pairs are made: by verdicts, or with `min_gap` by scores that are at least so far apart; how many an item."""

    min_gap: float | None = None
    per_item: int = 1


@dataclass(slots=True)
class PairCounts:
    """What came of it: pairs, inputs they are of, what was left out by reason, whether any answer was simulated."""

    pairs: int = 0
    inputs: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An answer that may stand in a pair; `value` says how good it is."""

    prediction: int
    text: str
    value: float
    simulated: bool


@dataclass(slots=True)
class _Asked:
    """One input with the answers to it that count."""

    messages: str | None
    tools: str | None
    question: str
    answers: list[_Candidate] = field(default_factory=list)


def preference_pairs(
    predictions: Iterable[ExportedPrediction], options: PairOptions, counts: PairCounts
) -> Iterator[JsonObject]:
    """The pairs, input by input in the order of the list, at most `per_item` each, the widest gap first.

    An answer stands in as few pairs as possible. Left out, and counted: predictions that are errors, that say nothing,
    that call tools, that have no verdict of right or wrong (no score); inputs without two answers to set against each
    other, and those that no service takes, such as one that ends with an answer; answers of the same text, and those
    called both right and wrong; pairs beyond `per_item`. `counts` is complete when the pairs are through.
    """
    asked: dict[str, _Asked] = {}
    for one in predictions:
        value, reason = _value(one, options)
        if value is None:
            counts.left_out[reason] += 1
            continue
        of = asked.setdefault(one.input_id, _Asked(one.messages, one.tools, one.question))
        of.answers.append(_Candidate(one.row.prediction, one.output_text, value, one.simulated))
    for of in asked.values():
        yield from _pairs_of(of, options, counts)


def _value(one: ExportedPrediction, options: PairOptions) -> tuple[float | None, str]:
    if one.row.error_kind is not None and not one.output_text.strip():
        return None, "error"
    if not one.output_text.strip():
        return None, "empty"
    if one.calls_tools:
        return None, "calls_tools"
    if options.min_gap is not None:
        return one.row.score, "no_score"
    if one.row.verdict in CHOSEN:
        return 1.0, ""
    return (0.0, "") if one.row.verdict is Verdict.WRONG else (None, "no_verdict")


def _pairs_of(of: _Asked, options: PairOptions, counts: PairCounts) -> Iterator[JsonObject]:
    """The pairs of one input: the best answers against the worst ones."""
    gap = 1.0 if options.min_gap is None else options.min_gap
    distinct = _distinct(of.answers, counts, scored=options.min_gap is not None)
    best = sorted(distinct, key=lambda one: (-one.value, one.prediction))
    worst = sorted(distinct, key=lambda one: (one.value, one.prediction))
    values = [one.value for one in worst]
    possible = sum(_below(values, one.value, gap) for one in best)
    if not possible:
        counts.left_out["no_pair"] += 1
        return
    if not _is_valid(_row(of, best[0].text, worst[0].text)):
        counts.left_out["not_valid"] += 1
        return
    counts.inputs += 1
    made = 0
    for better, worse in _against(best[:MOST], worst[:MOST]):
        if made == options.per_item:
            break
        if _below([worse.value], better.value, gap):
            made += 1
            counts.pairs += 1
            counts.simulated |= better.simulated or worse.simulated
            yield _row(of, better.text, worse.text)
    counts.left_out["beyond_limit"] += possible - made


def _is_valid(row: JsonObject) -> bool:
    return all(problem.severity != "error" for problem in row_problems(RawRow(1, row_text(row), row), _SHAPE))


def _against(best: list[_Candidate], worst: list[_Candidate]) -> Iterator[tuple[_Candidate, _Candidate]]:
    """Every best answer against every worst one, so that all have their turn before one comes again."""
    for turn in range(len(worst)):
        for number, better in enumerate(best):
            yield better, worst[(number + turn) % len(worst)]


def _below(values: list[float], value: float, gap: float) -> int:
    """How many of the sorted values lie below a value by the gap or more; differences of rounding do not count."""
    below = bisect_right(values, min(value - gap + _ROUNDING, value - _ROUNDING))
    return min(below, bisect_left(values, value))  # a small gap vanishes beside a very large value


def _distinct(answers: Iterable[_Candidate], counts: PairCounts, *, scored: bool) -> list[_Candidate]:
    """The answers once each: of equal texts the first, with the mean of the scores.

    A text that was called right and wrong is left out.
    """
    by_text: dict[str, list[_Candidate]] = {}
    for one in answers:
        by_text.setdefault(one.text, []).append(one)
    kept: list[_Candidate] = []
    for same in by_text.values():
        if not scored and len({one.value for one in same}) > 1:
            counts.left_out["contradicting"] += len(same)
            continue
        counts.left_out["same_text"] += len(same) - 1
        value = sum(one.value for one in same) / len(same)
        kept.append(replace(min(same, key=lambda one: one.prediction), value=value))
    return kept


def _row(of: _Asked, preferred: str, rejected: str) -> JsonObject:
    messages = json.loads(of.messages) if of.messages else [{"role": "user", "content": of.question}]
    given: JsonObject = {"messages": messages}
    if of.tools:
        given["tools"] = json.loads(of.tools)
    return {
        "input": given,
        "preferred_output": [{"role": "assistant", "content": preferred}],
        "non_preferred_output": [{"role": "assistant", "content": rejected}],
    }
