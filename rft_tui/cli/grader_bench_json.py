"""The document of ``rft-tui grader bench``."""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING

from rft_tui.model import JsonObject

if TYPE_CHECKING:
    from rft_tui.graders.bench.worked_examples import WorkedExample
    from rft_tui.graders.engine import LocalGrader
    from rft_tui.tasks.bench import BenchReport, Scored


def report_json(grader: LocalGrader, report: BenchReport) -> JsonObject:
    """A report as scripts read it."""
    document: JsonObject = {
        "ok": report.ok,
        "grader": grader_head(grader),
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
        "orderings": [
            {
                "item": one.item,
                "answers": [_scored(answer) for answer in one.answers],
                "inverted": list(one.inverted),
                "ok": not one.inverted,
            }
            for one in report.orderings
        ],
        "worked_examples": [
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
    return made | ({"scores": list(one.scores)} if len(one.scores) > 1 else {})


def _example(example: WorkedExample) -> JsonObject:
    return {
        "message": example.place,
        "line": example.line,
        "reference": example.reference,
        "answer": example.answer,
    }


def grader_head(grader: LocalGrader) -> JsonObject:
    """A grader as documents name it."""
    return {"name": grader.name, "type": grader.type, "version": grader.version}
