"""Models × graders and the signs of reward hacking in the document of ``compare --json``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rft_tui.model import JsonObject

if TYPE_CHECKING:
    from rft_tui.analysis.intervals import Interval
    from rft_tui.store.graders import StoredGrader
    from rft_tui.tasks.comparing.by_grader import GraderCell, GraderTable
    from rft_tui.tasks.comparing.comparison import Comparison
    from rft_tui.tasks.comparing.hacking import HackingPanel


def table_json(table: GraderTable) -> JsonObject:
    """Models × graders under the key `by_grader`."""
    return {
        "by_grader": {
            "models": [one.label for one in table.models],
            "graders": [grader_json(one) for one in table.graders],
            "trained": table.graders[table.trained].label if table.is_trained_known else None,
            "comparisons": table.comparisons,
            "cells": [[_cell(cell) for cell in row] for row in table.cells],
            "findings": [one.text for one in table.findings],
        }
    } | ({"simulated": True} if table.simulated else {})


def _cell(cell: GraderCell) -> JsonObject:
    mean, paired = cell.mean, cell.paired
    return {
        "items": cell.items,
        "mean": mean and mean.mean,
        "se": mean and mean.standard_error,
        "ci": None if mean is None else interval_json(mean.clipped),
        "difference": paired and paired.difference,
        "difference_ci": None if paired is None else interval_json(paired.interval),
        "p_t": paired and paired.p_t,
        "p_bh": cell.p_adjusted,
    }


def hacking_json(panel: HackingPanel, comparison: Comparison) -> JsonObject:
    """The signs of reward hacking under the key `hacking`."""
    result = panel.divergence.result
    best = result and {
        "items": result.items,
        "points": [{"k": one.k, "kl": one.divergence, "proxy": one.proxy, "gold": one.gold} for one in result.points],
        "proxy_gain": result.proxy_gain,
        "gold_gain": result.gold_gain,
        "gold_gain_ci": interval_json(result.gold_interval),
        "ratio": result.ratio,
        "flagged": result.is_flagged,
    }
    return {
        "hacking": {
            "flagged": panel.is_flagged,
            "proxy": panel.proxy,
            "gold": panel.gold,
            "best_of_k": best,
            "checkpoints": [
                {
                    "job": one.job,
                    "since_step": one.course.since_step,
                    "proxy_gain": one.course.proxy_gain,
                    "gold_gain": one.course.gold_gain,
                    "points": [{"step": at.step, "proxy": at.proxy, "gold": at.gold} for at in one.course.points],
                    "flagged": one.course.is_flagged,
                }
                for one in panel.trainings
            ],
            "patterns": [
                {
                    "operand": figures.label,
                    "answers": counts.answers,
                    "shares": {pattern.value: one.share for pattern, one in counts.shares.items()},
                    "examples": {
                        pattern.value: [int(each) for each in one.examples] for pattern, one in counts.shares.items()
                    },
                }
                for figures, counts in zip(comparison.operands, panel.patterns, strict=True)
            ],
            "signs": [
                {
                    "operand": label, "evidence": sign.evidence.value, "flagged": sign.is_flagged,
                    "sentence": sign.sentence, "look_at": sign.look_at, "examples": [int(one) for one in sign.examples],
                }
                for label, signs in (
                    (None, panel.grader_signs),
                    *((comparison.operands[pair.second].label, pair.signs) for pair in panel.pairs),
                )
                for sign in signs.signs
            ],
        }
    } | ({"simulated": True} if panel.simulated else {})  # fmt: skip


def grader_json(grader: StoredGrader) -> JsonObject:
    """A grader version by its name."""
    return {"name": grader.name, "type": grader.type, "version": grader.version}


def interval_json(interval: Interval | None) -> list[float] | None:
    """The two ends."""
    return None if interval is None else [interval.low, interval.high]
