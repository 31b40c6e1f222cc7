"""What a grader type is to the rest of the program: one class in one file, registered by one line."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar, TypeGuard

from rft_tui.model import JsonObject, ScoreRule

if TYPE_CHECKING:
    from rft_tui.graders.checks import Check
    from rft_tui.graders.running import Open


class GraderType(ABC):
    """One value of a grader's ``type``.

    Everything but `compile` is called with specs that may be wrong in any way and must not raise.
    """

    name: ClassVar[str]
    """The value of ``type``."""
    example: ClassVar[JsonObject | None] = None
    """A grader of this type to begin with; None where a person cannot make one here."""

    @abstractmethod
    def check(self, check: Check, spec: JsonObject, path: str) -> None:
        """Report what is wrong with a spec that stands at `path`."""

    @abstractmethod
    def compile(self, spec: JsonObject, rule: ScoreRule) -> Open:
        """Make a checked spec ready to run; GraderSpecError where this program cannot run it."""

    @abstractmethod
    def derived_name(self, spec: JsonObject) -> str:
        """The name shown for a grader that has none."""

    def rule(self, spec: JsonObject) -> ScoreRule:
        """How scores are read: a declared range, else 0 to 1, and the pass threshold where there is one."""
        low, high = declared_range(spec) or (0.0, 1.0)
        threshold = spec.get("pass_threshold")
        return ScoreRule(low, high, float(threshold) if is_number(threshold) else None)

    def templates(self, spec: JsonObject) -> Iterator[tuple[str, str]]:
        """The texts that are filled in, each with its path inside the spec."""
        for key in ("input", "reference"):
            if isinstance(text := spec.get(key), str):
                yield key, text

    def models_asked(self, spec: JsonObject) -> Iterator[str]:  # noqa: ARG002
        """The models of a service that grading asks, those that embed included; none for a grader that runs here."""
        return iter(())

    def fields_read_by_code(self, spec: JsonObject) -> Iterator[str]:  # noqa: ARG002
        """The top-level fields of the item that code of this grader seems to read."""
        return iter(())


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a JSON value is a finite number; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return isfinite(value)
    except OverflowError:
        return False


def declared_range(spec: JsonObject) -> tuple[float, float] | None:
    """The range that a spec declares, low then high; None where it declares none that makes sense."""
    value = spec.get("range")
    if not isinstance(value, list) or len(value) != 2 or not all(map(is_number, value)):
        return None
    low, high = float(value[0]), float(value[1])
    return (low, high) if low < high else None


def join(path: str, key: str) -> str:
    """A path with one more key."""
    return f"{path}.{key}" if path else key
