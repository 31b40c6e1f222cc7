"""Names, defaults, errors, weight: what the engine and the screens ask the registry."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rft_tui.errors import UsageError
from rft_tui.graders.metrics import METRIC_NAMES, SERVICE_METRIC_NAMES, is_heavy, metric_function, variants

ROOT = Path(__file__).parents[3]
DEFAULTS = {
    "fuzzy_match": "rapidfuzz_WRatio_default_process",
    "bleu": "bleu_nltk_split_method4",
    "gleu": "gleu_nltk_split",
    "meteor": "meteor_nltk_split",
    "rouge_1": "rouge_1_f",
    "rouge_2": "rouge_2_f",
    "rouge_3": "rouge_3_f",
    "rouge_4": "rouge_4_f",
    "rouge_5": "rouge_5_f",
    "rouge_l": "rouge_l_f",
}


def test_every_metric_of_the_service_is_named() -> None:
    assert set(METRIC_NAMES) == set(DEFAULTS)
    assert SERVICE_METRIC_NAMES == ("cosine",)


@pytest.mark.parametrize(("metric", "default"), DEFAULTS.items())
def test_first_variant_is_the_default(metric: str, default: str) -> None:
    pair = ("fuzzy wuzzy had no hair", "fuzzy wuzzy was a bear")
    assert variants(metric)[0] == default
    assert metric_function(metric)(*pair) == metric_function(metric, default)(*pair)


def test_variants_of_a_metric_give_different_answers() -> None:
    pair = ("Paris", "paris")
    assert metric_function("fuzzy_match")(*pair) == 1.0
    assert metric_function("fuzzy_match", "rapidfuzz_WRatio")(*pair) == pytest.approx(0.8)


def test_precision_and_recall_look_from_opposite_sides() -> None:
    pair = ("a b c d", "a b")
    assert metric_function("rouge_1", "rouge_1_p")(*pair) == 0.5
    assert metric_function("rouge_1", "rouge_1_r")(*pair) == 1.0


def test_unknown_metric_names_the_possible_ones() -> None:
    with pytest.raises(UsageError, match=r"no metric 'rouge_9'.*rouge_l"):
        metric_function("rouge_9")


def test_unknown_variant_names_the_possible_ones() -> None:
    with pytest.raises(UsageError, match=r"gleu has no variant 'bleu.*gleu_nltk_split, gleu_nltk_treebank"):
        metric_function("gleu", "bleu_nltk_split_none")


def test_cosine_says_what_it_needs() -> None:
    with pytest.raises(UsageError, match="embeddings"):
        variants("cosine")


@pytest.mark.parametrize("metric", METRIC_NAMES)
def test_short_answers_are_light_and_huge_texts_heavy(metric: str) -> None:
    for variant in variants(metric):
        assert not is_heavy(metric, variant, 600, 600), variant
        assert not is_heavy(metric, variant, 0, 0), variant
        assert is_heavy(metric, variant, 1_000_000, 1_000_000), variant


@pytest.mark.parametrize(
    ("metric", "variant"), [(metric, variant) for metric in METRIC_NAMES for variant in variants(metric)]
)
def test_a_text_that_grows_never_gets_lighter(metric: str, variant: str) -> None:
    for fixed in (10, 1_000, 20_000):
        weights = [is_heavy(metric, variant, fixed, length) for length in (fixed * 2, fixed * 20, fixed * 2_000)]
        assert weights == sorted(weights)
        assert is_heavy(metric, variant, fixed, fixed * 3) == is_heavy(metric, variant, fixed * 3, fixed)


def test_comparing_parts_of_long_texts_is_heavy_but_whole_texts_are_not() -> None:
    assert is_heavy("fuzzy_match", None, 4_000, 6_500)
    assert is_heavy("fuzzy_match", "rapidfuzz_partial_ratio", 6_500, 6_500)
    assert not is_heavy("fuzzy_match", "rapidfuzz_ratio", 6_500, 6_500)


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = (
        "import sys, rft_tui.graders.metrics as metrics\n"
        "metrics.is_heavy('meteor', None, 1, 1)\n"
        "loaded = {'rapidfuzz', 'nltk', 'rouge_score', 'numpy', 'gzip'} & set(sys.modules)\n"
        "metrics.metric_function('meteor')('a', 'b'), metrics.metric_function('rouge_l')('a', 'b')\n"
        "libraries = {'nltk', 'rouge_score', 'numpy'} & set(sys.modules)\n"
        "print(loaded, libraries)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.split() == ["set()", "set()"]
