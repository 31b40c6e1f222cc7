"""The metric `cosine`: how alike the embeddings of two texts are, made by a model service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from math import hypot, isfinite
from operator import mul

from rft_tui.graders.ask_ahead import ask_ahead, judge_of
from rft_tui.graders.judge import EmbeddingReply
from rft_tui.graders.outcome import failed, score_text, scored
from rft_tui.graders.running import Call, GradingContext, Run
from rft_tui.graders.template import Template, TemplateError
from rft_tui.model import Grade, ScoreRule
from rft_tui.safetext import one_line

EMBEDDING_MODEL = "text-embedding-3-large"
"""The model whose embeddings the service compares."""

DIGITS = 9
"""Decimals of a similarity; embeddings carry about seven, so the rest is noise that would hide full marks."""


class CosineSimilarity:
    """The compiled metric: both texts are filled in and embedded together."""

    def __init__(self, text: Template, reference: Template, model: str, rule: ScoreRule) -> None:
        self._text, self._reference, self._model, self._rule = text, reference, model, rule

    def open(self, context: GradingContext) -> Run:
        """Ready to ask the service of the grading."""
        judge = judge_of(context, "cosine")

        def begin(call: Call) -> Grade | Future[EmbeddingReply]:
            try:
                texts = [self._text.render(*call), self._reference.render(*call)]
            except TemplateError as error:
                return failed(error.kind, error.message)
            for name, text in zip(("input", "reference"), texts, strict=True):
                if not text.strip():
                    return failed("other_error", f"{name} is empty, and an empty text has no embedding")
            return judge.embed(self._model, texts)

        def run(calls: Iterable[Call]) -> Iterator[Grade]:
            return ask_ahead(calls, begin, self.finish, judge.window, context.stop)

        return run

    def finish(self, reply: EmbeddingReply) -> Grade:
        """The grade that two embeddings are, clipped below at 0, as every metric gives 0 to 1."""
        return replace(self._graded(reply), judged=(reply.use,))

    def _graded(self, reply: EmbeddingReply) -> Grade:
        if reply.error is not None:
            return failed(reply.error.kind, one_line(reply.error.message, 500))
        if len(reply.vectors) != 2:
            return failed("other_error", f"the service gave {len(reply.vectors)} embeddings of two texts")
        try:
            similarity = cosine_similarity(*reply.vectors)
        except ValueError as error:
            return failed("other_error", str(error))
        score = min(max(similarity, 0.0), 1.0)
        said = f"cosine {score_text(similarity)} ({one_line(self._model, 60)})"
        return scored(score, self._rule, (said if score == similarity else f"{said}, clipped to {score_text(score)}",))


def cosine_similarity(left: Sequence[float], right: Sequence[float]) -> float:
    """The cosine of the angle between two vectors, −1 to 1 but for rounding to `DIGITS` decimals.

    ValueError where there is none: empty vectors, different lengths, one of length zero, numbers that are not finite.
    """
    if not left or not right:
        raise ValueError("an embedding is empty")
    if len(left) != len(right):
        raise ValueError(f"the embeddings have {len(left)} and {len(right)} numbers")
    lengths = hypot(*left), hypot(*right)
    if not all(map(isfinite, lengths)):
        raise ValueError("an embedding holds a number that is not finite")
    if 0.0 in lengths:
        raise ValueError("an embedding is all zeros, and has no direction")
    units = ([number / length for number in vector] for vector, length in zip((left, right), lengths, strict=True))
    similarity: float = sum(map(mul, *units))
    return round(similarity, DIGITS)
