"""Items whose reference may be wrong, the most suspicious first, each with its reasons.

The order is the share of answers below full marks over all models, ties by how far the models agree on an answer that
contradicts the reference (ensemble evidence: arXiv 2410.18889), then by mean failure: where scores are 0 and 1, the two
are one. A grader that pays for likeness gives an answer of like words much of the score against a wrong reference, so
mean failure alone would put hard items first. Nothing is relabelled here: a person decides.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from math import isfinite

FULL_MARKS = 1 - 1e-9
"""A score from here on says that an answer does not contradict the reference."""

PASSES = 0.5
"""A score below which a model has failed."""

AGREED = 0.5
"""Agreement from which on it is a reason."""

SHOWN = 80
"""Characters of an answer in a sentence."""

MOST_CHARACTERS = 2_000
"""Characters of an answer that are compared: longer ones are no short answers, and hardly ever the same."""

_SIGNS = {ord(sign): " " for sign in ';:!?"“”„«»()[]{}*_…'} | dict.fromkeys(map(ord, "'‘’`"))
_INITIALS = re.compile(r"(?<=[^\W\d_])\.(?=[^\W\d_])")
_PUNCTUATION = re.compile(r"[.,](?:(?!\d)|(?<!\d.))|[-–—](?:(?![\d.])|(?<=\w.))")
_ARTICLE = re.compile(r"\b(?:an?|the) (?=\S)")


class Reason(StrEnum):
    """Why a reference is suspected."""

    PERSON = "person"
    ALL_FAIL = "all_fail"
    AGREE = "agree"
    EQUIVALENT = "equivalent"


@dataclass(frozen=True, slots=True)
class ModelAnswers:
    """A model's scores of one item, run by run, as shares of the grader's range (0 to 1), and its answers beside them.

    `answers` may be empty, or has one for each score.
    """

    scores: Sequence[float]
    answers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ItemEvidence:
    """What is known of an item: all models' answers by model, and two flags.

    `is_called_equivalent`: the grader's own steps call an answer equivalent that it scored as wrong;
    `is_called_wrong`: a person gave the verdict that the reference is wrong.
    """

    item: str
    reference: str
    models: Mapping[str, ModelAnswers]
    is_called_equivalent: bool = False
    is_called_wrong: bool = False


@dataclass(frozen=True, slots=True)
class Suspect:
    """A suspected item: `failure` is 1 less the mean of the models' means; `reasons` has a sentence for each reason.

    `missed` is the share of answers below full marks, the mean over the models.
    `answer` is the commonest answer that contradicts the reference as it was first written ("" where there is none),
    `models` how many give it; `agreement` is its share of all answers times the share of models that give it.
    """

    item: str
    failure: float
    missed: float
    agreement: float
    answer: str
    models: int
    reasons: Mapping[Reason, str]


@lru_cache(maxsize=1024)
def normalised(text: str) -> str:
    """An answer without case, punctuation, articles and blanks that do not matter; numbers keep sign and point.

    A letter that is all there is, or the last word, is a choice and no article.
    """
    plain = " ".join(text[:MOST_CHARACTERS].casefold().split())
    if not plain.replace(" ", "").isalnum():  # most answers are plain, and expressions that look around take long
        plain = plain.translate(_SIGNS)
        if "." in plain:
            plain = _INITIALS.sub("", plain)
        plain = " ".join(_PUNCTUATION.sub(" ", plain).split())
    return _ARTICLE.sub("", plain) if " " in plain else plain


def suspects(items: Iterable[ItemEvidence]) -> tuple[Suspect, ...]:
    """All items that any model fails or that a person called wrong, those of a person first, in the order above.

    An item without a reason keeps its place: the order, not the reasons, decides how far one reads. Items without a
    score have no failure (0). Raises ValueError where answers do not stand beside scores.
    """
    found = [suspect for item in items if (suspect := _suspect(item)).failure > 0 or suspect.reasons]
    return tuple(sorted(found, key=_order))


def _order(suspect: Suspect) -> tuple[bool, float, float, float, bool, str]:
    is_equivalent = Reason.EQUIVALENT in suspect.reasons
    return (
        Reason.PERSON not in suspect.reasons, -round(suspect.missed, 9), -round(suspect.agreement, 9),
        -round(suspect.failure, 9), not is_equivalent, suspect.item,
    )  # fmt: skip


def _suspect(item: ItemEvidence) -> Suspect:
    scores = [[score for score in one.scores if isfinite(score)] for one in item.models.values()]
    means = [sum(of_model) / len(of_model) for of_model in scores if of_model]
    failure = min(1.0, max(0.0, 1 - sum(means) / len(means))) if means else 0.0
    missed = [sum(score < FULL_MARKS for score in of_model) / len(of_model) for of_model in scores if of_model]
    answer, giving, agreement = _against(item)
    reasons = {}
    if item.is_called_wrong:
        reasons[Reason.PERSON] = "a person says that the reference is wrong"
    if item.is_called_equivalent:
        reasons[Reason.EQUIVALENT] = "the grader's own steps call an answer equivalent that it scored as wrong"
    if giving > 1 and agreement >= AGREED:
        said = f"{giving} of {len(item.models)} models say “{_short(answer)}”"
        reasons[Reason.AGREE] = f"{said}, the reference says “{_short(item.reference)}”"
    if means and max(max(of_model) for of_model in scores if of_model) < PASSES:
        runs = sum(map(len, scores))
        who = "the only model fails" if len(means) == 1 else f"all {len(means)} models fail"
        reasons[Reason.ALL_FAIL] = f"{who} in its only run" if runs == 1 else f"{who} in all {runs} runs"
    share_missed = sum(missed) / len(missed) if missed else 0.0
    return Suspect(item.item, failure, share_missed, agreement, answer, giving, reasons)


def _against(item: ItemEvidence) -> tuple[str, int, float]:
    """The commonest answer that contradicts the reference, how many models give it, and the agreement on it."""
    reference = normalised(item.reference)
    times: Counter[str] = Counter()
    models: dict[str, set[str]] = {}
    first: dict[str, str] = {}
    answers = 0
    for model, given in item.models.items():
        if not given.answers:
            continue
        answers += len(given.answers)
        for text, score in zip(given.answers, given.scores, strict=True):
            plain = normalised(text) if score < FULL_MARKS else ""
            if plain and plain != reference:
                times[plain] += 1
                models.setdefault(plain, set()).add(model)
                first.setdefault(plain, text)
    if not times:
        return "", 0, 0.0
    commonest = min(times, key=lambda plain: (-times[plain], -len(models[plain]), plain))
    giving = len(models[commonest])
    return first[commonest], giving, times[commonest] / answers * giving / len(item.models)


def _short(text: str) -> str:
    line = " ".join(text[: 4 * SHOWN].split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"
