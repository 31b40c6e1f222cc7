"""A comparison as the document of ``compare --json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rft_tui.cli.trust_json import grader_json, hacking_json, interval_json, table_json
from rft_tui.model import Band, JsonObject

if TYPE_CHECKING:
    from rft_tui.analysis.histogram import Histogram
    from rft_tui.analysis.least_squares import Coefficient
    from rft_tui.analysis.length_adjusted import LengthAdjusted
    from rft_tui.cli.compared import Compared
    from rft_tui.tasks.comparing.comparison import (
        Comparison,
        ItemChange,
        LeftOut,
        OperandFigures,
        PairFigures,
        Spread,
    )
    from rft_tui.tasks.comparing.without import Without

PLACES = ("a", "b")
"""The keys of two operands."""


def compared_json(found: Compared) -> JsonObject:
    """The whole document, with the table of graders and the signs of hacking where they were asked for."""
    document = comparison_json(found.comparison)
    if found.table is not None:
        document |= table_json(found.table)
    if found.panel is not None:
        document |= hacking_json(found.panel, found.comparison)
    return document


def comparison_json(comparison: Comparison) -> JsonObject:
    """The whole document: with two operands `a`, `b` and `paired`, with more of them `operands` and `pairs`."""
    operands = [_operand(one) for one in comparison.operands]
    pairs = [_pair(comparison, pair) for pair in comparison.pairs]
    left_out = [_left_out(one) for one in comparison.left_out]
    gone = {row for one in comparison.left_out for row in (*one.missing, *one.ungraded, *one.errors)}
    several = len(operands) > 2
    document: JsonObject = {"items": len(comparison.items)}
    document["left_out"] = {"items": len(gone)} | (
        {"operands": left_out} if several else dict(zip(PLACES, left_out, strict=True))
    )
    if several:
        document |= {"operands": operands, "pairs": pairs}
    else:
        document |= dict(zip(PLACES, operands, strict=True)) | {"paired": pairs[0] if pairs else None}
    if comparison.without is not None:
        document["without"] = _without(comparison, comparison.without)
    for key, changes in (("regressions", "regressions"), ("improvements", "improvements")):
        document[key] = [
            _change(one) | ({"operand": comparison.operands[pair.second].label} if several else {})
            for pair in comparison.pairs
            for one in getattr(pair, changes)
        ]
    document["bands"] = {band.value: sum(one.bands[band] for one in comparison.operands) for band in Band}
    counts = zip(*(one.histogram.counts for one in comparison.operands), strict=True)
    edges = list(comparison.operands[0].histogram.edges)
    document["histogram"] = {"edges": edges, "counts": [sum(of_bin) for of_bin in counts]}
    document["graders"] = [grader_json(one) for one in comparison.graders]
    document["cluster"] = comparison.cluster or None
    document["notes"] = [
        {"kind": note.kind, "text": note.text, "warning": note.is_warning}
        | ({} if note.operand is None else {"operand": comparison.operands[note.operand].label})
        for note in comparison.notes
    ]
    return document | ({"simulated": True} if comparison.simulated else {})


def _without(comparison: Comparison, without: Without) -> JsonObject:
    """The second line: the numbers once more without the items that a filter finds."""
    operands = [
        {
            "operand": one.operand.text,
            "label": one.label,
            "mean": mean and mean.mean,
            "se": mean and mean.standard_error,
            "ci": None if mean is None else interval_json(mean.clipped),
        }
        for one, mean in zip(comparison.operands, without.means, strict=True)
    ]
    pairs = [
        {
            "baseline": comparison.operands[0].label,
            "operand": comparison.operands[pair.second].label,
            "difference": pair.paired.difference,
            "se": pair.paired.standard_error,
            "ci": interval_json(pair.paired.interval),
            "p_t": pair.paired.p_t,
            "p_sign_flip": pair.sign_flip.p,
            "p_holm": pair.p_adjusted,
            "wins": pair.paired.wins,
            "ties": pair.paired.ties,
            "losses": pair.paired.losses,
            "tie": pair.paired.tie,
        }
        for pair in without.pairs
    ]
    document: JsonObject = {"filter": without.filter, "items": without.items, "left": without.left}
    if len(operands) > 2:
        return document | {"operands": operands, "pairs": pairs}
    return document | dict(zip(PLACES, operands, strict=False)) | {"paired": pairs[0] if pairs else None}


def _operand(one: OperandFigures) -> JsonObject:
    mean, operand = one.mean, one.operand
    found: JsonObject = {
        "operand": operand.text,
        "label": one.label,
        "mean": mean and mean.mean,
        "se": mean and mean.standard_error,
        "ci": None if mean is None else interval_json(mean.clipped),
        "runs": one.runs,
        "method": mean and mean.method,
        "run_noise": mean and mean.run_noise,
        "run_spread": mean and mean.run_spread,
        "run_ids": list(operand.run_ids),
        "models": list(operand.models),
        "served_models": list(operand.served_models),
        "efforts": list(operand.efforts),
        "prompts": list(operand.prompts),
        "pooled": list(operand.pooled),
        "grader": grader_json(operand.grader),
        "bands": {band.value: one.bands[band] for band in Band},
        "histogram": _histogram(one.histogram),
        "pass_rate": one.pass_rate,
        "errors": dict(one.errors),
        "error_share": mean and mean.error_share,
        "mean_with_errors": None if mean is None else [mean.with_errors_low, mean.with_errors_high],
        "lengths": _spread(one.lengths),
        "reasoning_tokens": _spread(one.reasoning),
        "tokens": {"input": one.input_tokens, "output": one.output_tokens, "reasoning": one.reasoning_tokens},
        "cost": one.cost,
    }
    if one.several is not None:
        several = one.several
        found |= {
            "threshold": one.threshold,
            "samples": [
                {
                    "k": each.k, "items": each.items, "pass_at_k": each.any_passes, "pass_all_k": each.all_pass,
                    "best_of_k": each.best, "pass_at_k_ci": interval_json(each.any_interval),
                    "pass_all_k_ci": interval_json(each.all_interval),
                    "best_of_k_ci": interval_json(each.best_interval),
                }
                for each in several.tries
            ],
            "self_agreement": several.agreement,
            "self_agreement_ci": interval_json(several.agreement_interval),
            "learnable_share": several.learnable,
            "learnable_share_ci": interval_json(several.learnable_interval),
        }  # fmt: skip
    return found | ({"simulated": True} if one.simulated else {})


def _pair(comparison: Comparison, pair: PairFigures) -> JsonObject:
    paired = pair.paired
    return {
        "baseline": comparison.operands[pair.first].label,
        "operand": comparison.operands[pair.second].label,
        "difference": paired.difference,
        "se": paired.standard_error,
        "ci": interval_json(paired.interval),
        "p_t": paired.p_t,
        "p_sign_flip": pair.sign_flip and pair.sign_flip.p,
        "p_holm": pair.p_adjusted,
        "p_sign_flip_holm": pair.p_adjusted_sign_flip,
        "p_mcnemar": paired.mcnemar_p,
        "comparisons": len(comparison.pairs),
        "wins": paired.wins,
        "ties": paired.ties,
        "losses": paired.losses,
        "tie": paired.tie,
        "correlation": paired.correlation,
        "smallest_detectable": paired.smallest_detectable,
        "fixes": [
            {"kind": fix.kind, "more": fix.more, "reached": fix.reached, "predictions": fix.predictions}
            for fix in pair.fixes
        ],
        "length_adjusted": _length(pair.length_adjusted),
        "regressed": len(pair.regressions),
        "improved": len(pair.improvements),
    }


def _length(adjusted: LengthAdjusted | None) -> JsonObject | None:
    if adjusted is None:
        return None
    return {
        "difference": _value(adjusted.at_equal_length),
        "ci": _ci(adjusted.at_equal_length),
        "slope": _value(adjusted.slope),
        "slope_ci": _ci(adjusted.slope),
        "log_length_change": adjusted.mean_log_length,
        "extrapolation": adjusted.extrapolation or None,
        "flagged": adjusted.is_flagged,
    }


def _value(found: Coefficient | None) -> float | None:
    return None if found is None else found.value


def _ci(found: Coefficient | None) -> list[float] | None:
    return None if found is None else interval_json(found.interval)


def _change(one: ItemChange) -> JsonObject:
    return {
        "item": one.item,
        "place": one.place,
        "question": one.question,
        "before": one.before,
        "after": one.after,
        "difference": one.difference,
        "predictions": {"before": list(one.predictions_before), "after": list(one.predictions_after)},
    }


def _left_out(one: LeftOut) -> JsonObject:
    return {
        "missing": len(one.missing),
        "ungraded": len(one.ungraded),
        "errors": len(one.errors),
        "items": [*one.missing, *one.ungraded, *one.errors],
    }


def _histogram(histogram: Histogram | None) -> JsonObject | None:
    if histogram is None:
        return None
    found: dict[str, Any] = {"edges": list(histogram.edges), "counts": list(histogram.counts)}
    return found | ({"above": histogram.above} if histogram.above else {})


def _spread(spread: Spread) -> JsonObject:
    return {
        "known": spread.known,
        "mean": spread.mean,
        "median": spread.median,
        "histogram": _histogram(spread.histogram),
    }
