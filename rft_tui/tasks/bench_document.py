"""The document of the bench: what the command prints, and what is kept of a bench."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from statistics import mean
from typing import TYPE_CHECKING

from rft_tui.graders.bench.rules import PROBES
from rft_tui.model import JsonObject

if TYPE_CHECKING:
    from rft_tui.graders.bench.worked_examples import WorkedExample
    from rft_tui.graders.engine import LocalGrader
    from rft_tui.tasks.bench import BenchReport, Scored

ORDERINGS, WORKED_EXAMPLES = "orderings", "worked_examples"
"""The names of what is checked beside the probes."""


def bench_document(
    grader: LocalGrader,
    report: BenchReport,
    *,
    limits: Mapping[str, float],
    seed: int,
    items: int = 0,
    probes: Collection[str] = PROBES,
) -> JsonObject:
    """A report as scripts read it; the same report makes the same document.

    `items` is how many were drawn, `probes` those that were asked for: with fewer than all of them, or with nothing
    graded at all, the bench is partial.
    """
    document: JsonObject = {
        "ok": report.ok,
        "grader": {"name": grader.name, "type": grader.type, "version": grader.version},
        "partial": report.is_static or not set(PROBES) <= set(probes),
        "items": items,
        "seed": seed,
        "limits": dict(limits),
        "summary": summary_of(report),
        "probes": [
            {
                "probe": one.probe,
                "item": one.item,
                "expected": one.bound.text,
                "at_least": one.bound.least,
                "at_most": one.bound.most,
                **_scored(one.scored),
                "ok": one.ok,
                "reference": one.reference,
            }
            for one in report.probes
        ],
        "skipped": [
            {"probe": probe, "reason": reason, "items": count} for (probe, reason), count in report.skipped.items()
        ],
        ORDERINGS: [
            {
                "item": one.item,
                "answers": [_scored(answer) for answer in one.answers],
                "inverted": list(one.inverted),
                "ok": not one.inverted,
            }
            for one in report.orderings
        ],
        WORKED_EXAMPLES: [
            _example(one.example)
            | {"check": one.check, "stated": one.stated, "computed": one.computed, "ok": one.ok}
            | {"evidence": one.evidence}
            for one in report.examples
        ]
        + [
            _example(one.example) | {"check": "judge", "stated": one.example.stated, **_scored(one.scored)}
            | {"ok": one.ok}
            for one in report.judged
        ],
        "variance": variance_json(report),
    }  # fmt: skip
    return document | ({"simulated": True} if report.simulated else {})


def summary_of(report: BenchReport) -> list[JsonObject]:
    """How many things of each kind were checked, and how many of them do not hold; probes come first."""
    held = {probe: [one.ok for one in report.probes if one.probe == probe] for probe in PROBES}
    held[ORDERINGS] = [not one.inverted for one in report.orderings]
    held[WORKED_EXAMPLES] = [one.ok for one in report.examples] + [one.ok for one in report.judged]
    return [{"check": name, "checked": len(oks), "failed": oks.count(False)} for name, oks in held.items() if oks]


def variance_json(report: BenchReport) -> JsonObject | None:
    """How far the scores of one answer lie apart when it is graded again; None where each was graded once."""
    spreads = report.spreads
    if not spreads:
        return None
    return {
        "repeats": report.repeats,
        "answers": len(spreads),
        "varied": sum(spread > 0 for spread in spreads),
        "mean_spread": mean(spreads),
        "largest_spread": max(spreads),
    }


def _scored(one: Scored) -> JsonObject:
    made: JsonObject = {
        "score": one.score,
        "error": None if one.error is None else {"kind": one.error.kind, "message": one.error.message},
        "answer": one.answer,
        "evidence": one.step,
    }
    if one.sub_scores:
        made["sub_scores"] = dict(one.sub_scores)
    return made | ({"scores": list(one.scores)} if len(one.scores) > 1 else {})


def _example(example: WorkedExample) -> JsonObject:
    return {
        "message": example.place,
        "line": example.line,
        "reference": example.reference,
        "answer": example.answer,
    }
