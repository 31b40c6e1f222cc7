"""What Compare looks at and how: kept across restarts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

RUNS, VERSIONS = "runs", "versions"
"""What is compared: groups of runs by one grader version, or grader versions on the same runs."""

PANELS: tuple[tuple[str, str, str], ...] = (
    ("means", "means", "every operand's mean with its interval"),
    ("paired", "differences", "each operand against the baseline, item by item"),
    ("spread", "distributions", "scores, lengths and reasoning tokens"),
    ("samples", "k runs", "what k tries give, and what can be learnt"),
    ("graders", "graders", "models by several graders"),
    ("hacking", "hacking", "is a gain more than longer, padded answers"),
    ("people", "people", "does the grader agree with you"),
    ("labels", "labels", "references that may be wrong"),
)
"""The panels: name, word, and what stands there."""

PANEL_NAMES = tuple(name for name, _word, _sentence in PANELS)


@dataclass(slots=True)
class CompareState:
    """The state of the Compare screen; every field survives a restart.

    `operands` are the run ids of each marked operand and `versions` the ids of marked graders, the baseline first;
    `operands` None means that nobody has marked anything yet. `gold` None means the person's verdicts.
    """

    operands: list[list[int]] | None = None
    versions: list[int] = field(default_factory=list)
    what: str = RUNS
    grader: int | None = None
    gold: int | None = None
    cluster: str = ""
    panel: str = PANEL_NAMES[0]
    pair: int = 0
    cursor: int = 0
    in_pane: bool = False
    unfolded: bool = False

    @classmethod
    def restored(cls, saved: Any) -> CompareState:
        """The state of the last session; what is unknown or of another type is left at its default."""
        state = cls()
        for one in fields(cls) if isinstance(saved, dict) else ():
            if one.name in saved and _fits(one.name, getattr(state, one.name), saved[one.name]):
                setattr(state, one.name, saved[one.name])
        return state

    def as_json(self) -> dict[str, Any]:
        """What is written down."""
        return asdict(self)

    @property
    def marked(self) -> list[list[int]]:
        """The marked operands, or grader versions as lists of one."""
        return [[one] for one in self.versions] if self.what == VERSIONS else self.operands or []

    def place(self, ids: Sequence[int]) -> int | None:
        """The place of the operand that a line of the list belongs to; None where it is not marked.

        A group counts as marked where several of its runs are together; a single run where it is marked by itself.
        """
        wanted = set(ids)
        for place, one in enumerate(self.marked):
            if set(one) == wanted or (min(len(one), len(wanted)) > 1 and set(one) & wanted):
                return place
        return None

    def toggle(self, ids: Sequence[int]) -> None:
        """Mark a line as the last operand, or take its mark away."""
        place = self.place(ids)
        if self.what == VERSIONS:
            self.versions = [one for one in self.versions if one not in ids] if place is not None else [
                *self.versions, *ids]  # fmt: skip
            return
        kept = list(self.operands or [])
        if place is None:
            kept.append(list(ids))
        else:
            del kept[place]
        self.operands = kept

    def make_baseline(self, ids: Sequence[int]) -> None:
        """Put a line's operand first, marked if it was not."""
        if self.place(ids) is None:
            self.toggle(ids)
        place = self.place(ids) or 0
        if self.what == VERSIONS:
            self.versions.insert(0, self.versions.pop(place))
        elif self.operands:
            self.operands.insert(0, self.operands.pop(place))

    def clear(self) -> None:
        """Take all marks away."""
        if self.what == VERSIONS:
            self.versions = []
        else:
            self.operands = []


def _fits(name: str, default: Any, value: Any) -> bool:
    """Whether a field may have a value that was written down, perhaps by another version."""
    if name == "operands":
        return isinstance(value, list) and all(isinstance(one, list) and one and _are_ids(one) for one in value)
    if name == "versions":
        return isinstance(value, list) and _are_ids(value)
    if name == "panel":
        return value in PANEL_NAMES
    if name == "what":
        return value in (RUNS, VERSIONS)
    if name in ("grader", "gold"):
        return value is None or _are_ids([value])
    if name in ("pair", "cursor"):
        return _are_ids([value]) and value >= 0
    return isinstance(value, type(default))


def _are_ids(values: list[Any]) -> bool:
    return all(isinstance(one, int) and not isinstance(one, bool) for one in values)
