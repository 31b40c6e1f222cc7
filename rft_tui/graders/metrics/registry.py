"""The metrics of `text_similarity` and their named variants.

The service publishes neither tokenizer nor smoothing nor scorer, so each metric is a set of named public definitions;
the first is the default. A name says library, tokenizer and setting. The modules that compute are imported when a
function is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rft_tui.errors import UsageError

MetricFunction = Callable[[str, str], float]
"""Takes hypothesis (the graded text) and reference, gives 0..1, higher is closer."""

_ROUGE_ORDERS: Final = (1, 2, 3, 4, 5)
_SMOOTHINGS: Final = ("method4", "method1", "method2", "method3", "none")
_TOKENIZERS: Final = ("split", "treebank")
_SCORERS: Final = (
    "WRatio",
    "ratio",
    "partial_ratio",
    "token_set_ratio",
    "token_sort_ratio",
    "token_ratio",
    "partial_token_set_ratio",
    "partial_token_sort_ratio",
    "QRatio",
)
_LEVENSHTEIN: Final = "levenshtein_normalized_similarity"
_PROCESSED: Final = "_default_process"

_VARIANTS: Final[dict[str, tuple[str, ...]]] = {
    "fuzzy_match": (
        *(f"rapidfuzz_{scorer}{_PROCESSED}" for scorer in _SCORERS),
        *(f"rapidfuzz_{scorer}" for scorer in _SCORERS),
        _LEVENSHTEIN + _PROCESSED,
        _LEVENSHTEIN,
    ),
    "bleu": tuple(f"bleu_nltk_{tokenizer}_{smoothing}" for tokenizer in _TOKENIZERS for smoothing in _SMOOTHINGS),
    "gleu": tuple(f"gleu_nltk_{tokenizer}" for tokenizer in _TOKENIZERS),
    "meteor": tuple(f"meteor_nltk_{tokenizer}{ending}" for ending in ("", "_nosyn") for tokenizer in _TOKENIZERS),
    **{
        f"rouge_{order}": tuple(f"rouge_{order}_{ending}" for ending in ("f", "stem_f", "p", "r"))
        for order in (*_ROUGE_ORDERS, "l")
    },
}

METRIC_NAMES: Final[tuple[str, ...]] = tuple(_VARIANTS)
"""The service's names of the metrics that are computed here."""

SERVICE_METRIC_NAMES: Final[tuple[str, ...]] = ("cosine",)
"""The service's names of the metrics that need a model service, for embeddings."""


def variants(metric: str) -> tuple[str, ...]:
    """The variants of a metric that can be chosen, the default first.

    Raises UsageError for a metric that is unknown or needs a service.
    """
    if metric in _VARIANTS:
        return _VARIANTS[metric]
    possible = ", ".join(METRIC_NAMES)
    if metric in SERVICE_METRIC_NAMES:
        raise UsageError(
            f"The metric {metric} compares embeddings, which only a model service can make.",
            hint=f"Metrics that need no service: {possible}.",
        )
    raise UsageError(f"There is no metric {metric[:80]!r}; possible: {possible}.", hint="Choose one of these metrics.")


def chosen_variant(metric: str, variant: str | None = None) -> str:
    """The variant, or the metric's default for None; raises UsageError for one that the metric does not have."""
    possible = variants(metric)
    if variant is None:
        return possible[0]
    if variant not in possible:
        raise UsageError(
            f"The metric {metric} has no variant {variant[:80]!r}; possible: {', '.join(possible)}.",
            hint=f"Leave the variant out for {possible[0]}.",
        )
    return variant


def metric_function(metric: str, variant: str | None = None) -> MetricFunction:
    """The function that computes a metric in one of its variants (None: the default).

    The function never raises for any text; METEOR with synonyms raises RftError where its table cannot be read.
    Raises UsageError for an unknown metric or variant, naming the possible ones.
    """
    chosen = chosen_variant(metric, variant)
    if metric == "fuzzy_match":
        return _fuzzy(chosen)
    if metric == "bleu":
        return _bleu(chosen)
    if metric == "gleu":
        return _gleu(chosen)
    if metric == "meteor":
        return _meteor(chosen)
    return _rouge(metric.removeprefix("rouge_"), chosen)


def _fuzzy(variant: str) -> MetricFunction:
    from rft_tui.graders.metrics.fuzzy import fuzzy_match, levenshtein_similarity

    processed = variant.endswith(_PROCESSED)
    scorer = variant.removesuffix(_PROCESSED).removeprefix("rapidfuzz_")
    if scorer == _LEVENSHTEIN:
        return lambda hypothesis, reference: levenshtein_similarity(hypothesis, reference, processed=processed)
    return lambda hypothesis, reference: fuzzy_match(hypothesis, reference, scorer, processed=processed)


def _bleu(variant: str) -> MetricFunction:
    from rft_tui.graders.metrics.bleu import bleu
    from rft_tui.graders.metrics.tokenize import TOKENIZERS

    tokenizer, smoothing = variant.removeprefix("bleu_nltk_").split("_")
    tokens = TOKENIZERS[tokenizer]
    return lambda hypothesis, reference: bleu(tokens(hypothesis), tokens(reference), smoothing)


def _gleu(variant: str) -> MetricFunction:
    from rft_tui.graders.metrics.gleu import gleu
    from rft_tui.graders.metrics.tokenize import TOKENIZERS

    tokens = TOKENIZERS[variant.removeprefix("gleu_nltk_")]
    return lambda hypothesis, reference: gleu(tokens(hypothesis), tokens(reference))


def _meteor(variant: str) -> MetricFunction:
    from rft_tui.graders.metrics.meteor import meteor
    from rft_tui.graders.metrics.tokenize import TOKENIZERS

    with_synonyms = not variant.endswith("_nosyn")
    tokens = TOKENIZERS[variant.removeprefix("meteor_nltk_").removesuffix("_nosyn")]
    return lambda hypothesis, reference: meteor(tokens(hypothesis), tokens(reference), with_synonyms=with_synonyms)


def _rouge(length: str, variant: str) -> MetricFunction:
    from rft_tui.graders.metrics.rouge import RougeScore, rouge_l, rouge_n

    field = RougeScore._fields.index({"f": "f", "p": "precision", "r": "recall"}[variant[-1]])
    stemmed = "_stem_" in variant
    if length == "l":
        return lambda hypothesis, reference: rouge_l(hypothesis, reference, stemmed=stemmed)[field]
    order = int(length)
    return lambda hypothesis, reference: rouge_n(hypothesis, reference, order, stemmed=stemmed)[field]
