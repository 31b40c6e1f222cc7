"""The sampling parameters of a model grader: what each may be, in words and as a check, and what to begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rft_tui.graders.kinds import is_number

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""Reasoning efforts that a judge may be asked for."""


@dataclass(frozen=True, slots=True)
class SamplingParameter:
    """One key of `sampling_params`: a number within limits, both included, or one of some words.

    `limits` says them as they go behind "must be"; `start` is what a person is offered to begin with.
    """

    key: str
    about: str
    limits: str
    start: Any
    low: float | None = None
    high: float | None = None
    is_whole: bool = False
    words: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What it is and what it may be, for a person who is about to type a value."""
        return f"{self.about}: {self.limits}; empty takes it out."

    def fits(self, value: Any) -> bool:
        """Whether a value is allowed; null always is, and means the model's own default."""
        if value is None:
            return True
        if self.words:
            return value in self.words
        if not is_number(value) or (self.is_whole and value != int(value)):
            return False
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


SAMPLING: dict[str, SamplingParameter] = {
    one.key: one
    for one in (
        SamplingParameter("seed", "Makes answers repeatable, as far as the service can", "a whole number", 7,
                          is_whole=True),
        SamplingParameter("top_p", "The share of likely words to draw from", "a number from 0 to 1", 1, 0, 1),
        SamplingParameter("temperature", "How freely words are drawn; reasoning models take none",
                          "a number from 0 to 2", 0, 0, 2),
        SamplingParameter("max_completions_tokens", "Tokens of the judge's answer, its reasoning included",
                          "a whole number, at least 1", 1000, 1, is_whole=True),
        SamplingParameter("reasoning_effort", "How long a reasoning model thinks", f"one of {', '.join(EFFORTS)}",
                          "low", words=EFFORTS),
    )
}  # fmt: skip
"""Those that the service knows, by key; it spells the token limit with an extra s. Limits of `temperature` and `top_p`
are those of its chat endpoint, since the grader's schema states none: another service may take more."""
