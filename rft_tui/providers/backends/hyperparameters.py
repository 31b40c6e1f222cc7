"""Every hyperparameter of the three methods: what it means and costs, which values it takes, and texts read as values.

Ranges are those of the service's published contract; what they mean comes from its guides, except for `eval_samples`,
which recorded runs show to be samples for each validation row. Nothing here touches the network.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from typing import Any, Literal, TypeAlias

from rft_tui.errors import UsageError
from rft_tui.job_model import METHODS, JobMethod
from rft_tui.safetext import one_line

AUTO, DEFAULT = "auto", "default"
"""Let the service choose; how `reasoning_effort` says the same."""

HyperparameterValue: TypeAlias = int | float | str

_WHOLE = re.compile(r"[+-]?\d{1,18}")
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """One hyperparameter: its bounds (`above` is excluded, `least` and `most` are included) or its choices.

    `unset` is the word by which the service is let choose; `backends` are those that take it, empty for all.
    """

    name: str
    kind: Literal["whole", "number", "choice"]
    methods: tuple[JobMethod, ...]
    allowed: str
    meaning: str
    unset: str = AUTO
    least: float | None = None
    above: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    backends: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        """The option of the command line."""
        return "--" + self.name.replace("_", "-")

    def parse(self, text: str) -> HyperparameterValue:
        """The value that a text says. Raises UsageError naming the key, the text and what is allowed."""
        word = text.strip()
        if word.lower() in (self.unset, *self.choices):
            return word.lower()
        if self.kind == "whole" and _WHOLE.fullmatch(word):
            return self.checked(int(word), text)
        if self.kind == "number" and len(word) <= _LONGEST and _DECIMAL.fullmatch(word):
            return self.checked(float(word), text)
        raise self._refusal(text)

    def checked(self, value: Any, said: str | None = None) -> HyperparameterValue:
        """The value itself where it is allowed. Raises UsageError."""
        if isinstance(value, str) and value in (self.unset, *self.choices):
            return value
        is_number = isinstance(value, int if self.kind == "whole" else int | float) and not isinstance(value, bool)
        if is_number and self.kind != "choice" and self._is_within(value):
            number: int | float = value
            return number
        raise self._refusal(repr(value) if said is None else said)

    def _is_within(self, value: int | float) -> bool:
        return (
            (isinstance(value, int) or isfinite(value))
            and (self.least is None or value >= self.least)
            and (self.above is None or value > self.above)
            and (self.most is None or value <= self.most)
        )

    def _refusal(self, said: str) -> UsageError:
        shown = one_line(said, 40) or "nothing"
        return UsageError(f"{self.name} cannot be {shown}", hint=f"Allowed: {self.allowed}.")


_FINE: tuple[JobMethod, ...] = ("reinforcement",)

HYPERPARAMETERS: tuple[Hyperparameter, ...] = (
    Hyperparameter(
        "n_epochs",
        "whole",
        METHODS,
        "auto, or a whole number from 1 to 50",
        "How often the whole training file is gone through. Time and cost grow in proportion; many epochs over few rows"
        " learn them by heart.",
        least=1,
        most=50,
    ),
    Hyperparameter(
        "batch_size",
        "whole",
        METHODS,
        "auto, or a whole number from 1 to 256",
        "Rows that one training step looks at. Larger batches make fewer and steadier steps; it costs nothing by"
        " itself.",
        least=1,
        most=256,
    ),
    Hyperparameter(
        "learning_rate_multiplier",
        "number",
        METHODS,
        "auto, or a number above 0",
        "Scales the service's own learning rate: smaller is slower and forgets less, larger may spoil the model. It"
        " costs nothing by itself.",
        above=0,
    ),
    Hyperparameter(
        "beta",
        "number",
        ("dpo",),
        "auto, or a number above 0 and at most 2",
        "How firmly the model is held to what it was: higher stays closer to the base, lower follows the preferences"
        " further. It costs nothing.",
        above=0,
        most=2,
    ),
    Hyperparameter(
        "l2_multiplier",
        "number",
        ("dpo",),
        "auto, or a number of 0 or more (no limits are documented)",
        "Scales the penalty on large weights, for preferences at Microsoft Foundry only. It costs nothing.",
        least=0,
        backends=("foundry",),
    ),
    Hyperparameter(
        "compute_multiplier",
        "number",
        _FINE,
        "auto, or a number above 0.00001 and at most 10",
        "Scales how many answers are tried out for each row in a step. Training time, judge tokens and with them the"
        " cost grow nearly in proportion.",
        above=0.00001,
        most=10,
    ),
    Hyperparameter(
        "eval_interval",
        "whole",
        _FINE,
        "auto, or a whole number of 1 or more",
        "Training steps between two evaluations on the validation rows; each makes a checkpoint. A small number shows"
        " more and takes more of the hours that are paid.",
        least=1,
    ),
    Hyperparameter(
        "eval_samples",
        "whole",
        _FINE,
        "auto, or a whole number of 1 or more",
        "Answers for each validation row at every evaluation. More make a steadier curve; the time and judge tokens of"
        " an evaluation grow in proportion.",
        least=1,
    ),
    Hyperparameter(
        "reasoning_effort",
        "choice",
        _FINE,
        "default, low, medium or high",
        "How long the model thinks while it trains and later answers; Microsoft reads default as medium. More effort"
        " means more tokens, longer steps and a higher cost.",
        unset=DEFAULT,
        choices=("low", "medium", "high"),
    ),
)
"""All of them, in the order of the form."""

_BY_NAME = {one.name: one for one in HYPERPARAMETERS}


def hyperparameters_of(method: JobMethod, backend: str = "openai") -> tuple[Hyperparameter, ...]:
    """Those that a method takes at a backend, in the order of the form."""
    return tuple(
        one for one in HYPERPARAMETERS if method in one.methods and (not one.backends or backend in one.backends)
    )


def named_hyperparameter(name: str, method: JobMethod, backend: str = "openai") -> Hyperparameter:
    """The one of a name. Raises UsageError where the method or the backend does not take it."""
    known = {one.name: one for one in hyperparameters_of(method, backend)}
    if name in known:
        return known[name]
    there = ", ".join(known)
    if name in _BY_NAME:
        elsewhere = _BY_NAME[name]
        whose = "" if method in elsewhere.methods else f" of {' and '.join(elsewhere.methods)} jobs"
        where = f" at {' and '.join(elsewhere.backends)}" if elsewhere.backends else ""
        raise UsageError(
            f"{name} is a hyperparameter{whose}{where}, not of {method} at {backend}", hint=f"There are: {there}."
        )
    near = get_close_matches(name[:100], known, 1, 0.6)
    hint = f"Did you mean {near[0]}? " if near else ""
    raise UsageError(f"there is no hyperparameter {one_line(name, 40)!r}", hint=f"{hint}There are: {there}.")


def parse_hyperparameters(
    texts: Mapping[str, str], method: JobMethod, backend: str = "openai"
) -> dict[str, HyperparameterValue]:
    """The values that texts say by name, empty texts left out. Raises UsageError at the first that is not allowed."""
    return {
        name: named_hyperparameter(name, method, backend).parse(text) for name, text in texts.items() if text.strip()
    }


def check_hyperparameters(
    values: Mapping[str, Any], method: JobMethod, backend: str = "openai"
) -> dict[str, HyperparameterValue]:
    """The same for values that are no texts any more, such as those of a kept request. Raises UsageError."""
    return {name: named_hyperparameter(name, method, backend).checked(value) for name, value in values.items()}


def number_of(values: Mapping[str, Any], name: str) -> float | None:
    """A hyperparameter that a person set to a number; None where the service chooses."""
    value = values.get(name)
    return None if isinstance(value, bool) or not isinstance(value, int | float) else float(value)
