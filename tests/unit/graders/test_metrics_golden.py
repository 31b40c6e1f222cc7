"""Every selectable variant meets the recorded values of the reference libraries."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from rft_tui.graders.metrics import METRIC_NAMES, metric_function, variants
from rft_tui.graders.metrics.tokenize import treebank_tokens

GOLDEN: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "data" / "metric-golden.json").read_text(encoding="utf-8")
)
PAIRS: list[dict[str, Any]] = GOLDEN["pairs"]
NEWER = "@nltk-3.10.4"
FAMILIES = ("rapidfuzz_", "bleu_nltk_", "gleu_nltk_", "meteor_nltk_", "rouge_", "levenshtein_normalized_similarity")
ALL_VARIANTS = [(metric, variant) for metric in METRIC_NAMES for variant in variants(metric)]


def expected(pair: dict[str, Any], key: str) -> float:
    """The recorded value, the newer library's where the two differ; a KeyError where none was recorded."""
    values = pair["metrics"]
    return float(values[key + NEWER] if key + NEWER in values else values[key])


@pytest.mark.parametrize(("metric", "variant"), ALL_VARIANTS)
def test_variant_meets_recorded_values(metric: str, variant: str) -> None:
    compute = metric_function(metric, variant)
    assert len(PAIRS) >= 78
    for pair in PAIRS:
        value = compute(pair["hypothesis"], pair["reference"])
        assert math.isclose(value, expected(pair, variant), rel_tol=0, abs_tol=GOLDEN["tolerance"]), pair["id"]


def test_every_recorded_variant_of_our_metrics_can_be_chosen() -> None:
    recorded = {key.removesuffix(NEWER) for pair in PAIRS for key in pair["metrics"] if key.startswith(FAMILIES)}
    assert recorded == {variant for _, variant in ALL_VARIANTS}


def test_treebank_finds_the_recorded_number_of_tokens() -> None:
    for pair in PAIRS:
        for side in ("hypothesis", "reference"):
            assert len(treebank_tokens(pair[side])) == expected(pair, f"tokens_treebank_{side}"), pair["id"]
