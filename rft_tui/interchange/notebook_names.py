"""File names of the notebook family, which alone say what the predictions in the file are.

``{subset}_{prompt}_{model}_{effort}_predictions_run{N}.json`` holds raw predictions, and
``{subset}_{prompt}_{model}_{effort}_{grader}_predictions_run_{N}_scored.json`` the same with scores. Every part may
hold underscores itself, so a name is read from the effort outwards, and of several readings the one that fits names
known from elsewhere is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rft_tui.interchange.foreign import EFFORT_UNKNOWN, FileClaims, KnownNames

EFFORTS = frozenset({"none", "minimal", "low", "medium", "high", "xhigh", "max", EFFORT_UNKNOWN})
"""Words that stand for an effort in file names."""

NAME_LIMIT = 255
"""The longest file name that is read as a family name; file systems have no longer ones."""

_NAME = re.compile(
    r"(?P<head>.*?)_?predictions(?:_?run_?(?P<run>[0-9]{1,6}))?(?P<scored>_scored)?\.jsonl?", re.DOTALL | re.IGNORECASE
)
_FIGURES = re.compile(r".*_(?:metrics|scores)\.json", re.DOTALL | re.IGNORECASE)


class _Reading(NamedTuple):
    subset: str
    prompt: str
    model: str
    effort: str
    grader: str


def carries_no_items(name: str) -> bool:
    """Whether a file of this name holds figures over a run, not the run's items."""
    return _FIGURES.fullmatch(name) is not None


def is_family_name(name: str) -> bool:
    """Whether a file of this name should hold predictions of the notebook family."""
    return len(name) <= NAME_LIMIT and _NAME.fullmatch(name) is not None


def parse_name(name: str, known: KnownNames | None = None) -> FileClaims | None:
    """What a file name says, None where it is not of the family.

    Of the readings that fit the known names equally well, the one with the shortest subset and prompt and the first
    effort is taken: models hold underscores more often than the names of subsets and prompts do.
    """
    match = _NAME.fullmatch(name) if len(name) <= NAME_LIMIT else None
    if match is None:
        return None
    scored = match["scored"] is not None
    tokens = match["head"].split("_") if match["head"] else []
    readings = _readings(tokens, scored=scored)
    names = known or KnownNames()
    endings = frozenset(ending for subset in names.subsets for ending in _endings(subset))
    nothing = _Reading("", "", "", "", "")
    best = max(readings, key=lambda reading: _fit(reading, names, endings), default=nothing)
    run = int(match["run"]) if match["run"] else None
    return FileClaims(*best, run_index=run or None, scored=scored)


def heads_of(names: Iterable[str]) -> frozenset[str]:
    """What stands before the effort in the names of raw files: the surest way to read the names of scored ones."""
    heads: set[str] = set()
    for name in names:
        match = _NAME.fullmatch(name) if len(name) <= NAME_LIMIT else None
        if match is not None and match["scored"] is None and match["head"]:
            head, _, effort = match["head"].rpartition("_")
            heads.add(head if effort in EFFORTS else match["head"])
    return frozenset(heads)


def _readings(tokens: list[str], *, scored: bool) -> Iterator[_Reading]:
    """Every way to read a name, the most usual first."""
    last = len(tokens) - 1
    efforts = [place for place, token in enumerate(tokens) if token in EFFORTS and 1 <= place <= last - scored]
    if not scored:
        efforts = [place for place in efforts if place == last]
    for place in efforts:
        grader = "_".join(tokens[place + 1 :])
        for subset, prompt, model in _heads(tokens[:place]):
            yield _Reading(subset, prompt, model, tokens[place], grader)
    if not efforts:
        graders = range(len(tokens) - 1, 0, -1) if scored and len(tokens) > 1 else [len(tokens)]
        for end in graders:
            for subset, prompt, model in _heads(tokens[:end]):
                yield _Reading(subset, prompt, model, "", "_".join(tokens[end:]))


def _heads(tokens: list[str]) -> Iterator[tuple[str, str, str]]:
    """Every way to read what stands before the effort: subset, prompt and model, of at least one word each."""
    if len(tokens) < 3:
        subset, model = ("", tokens[0]) if len(tokens) == 1 else (tokens[0] if tokens else "", "_".join(tokens[1:]))
        yield subset, "", model
        return
    for subset_end in range(1, len(tokens) - 1):
        for prompt_end in range(subset_end + 1, len(tokens)):
            parts = tokens[:subset_end], tokens[subset_end:prompt_end], tokens[prompt_end:]
            yield "_".join(parts[0]), "_".join(parts[1]), "_".join(parts[2])


def _endings(name: str) -> Iterator[str]:
    """The name of a dataset and its ends after an underscore: `train` is a usual short form of `questions_train`."""
    while name:
        yield name
        name = name.partition("_")[2]


def _fit(reading: _Reading, known: KnownNames, endings: frozenset[str]) -> int:
    """How well a reading fits what is known: another file's name says most, then the model, prompt and subset."""
    head = "_".join(part for part in reading[:3] if part)
    return (
        16 * (head in known.heads)
        + 7 * (reading.model in known.models)
        + 3 * (reading.prompt in known.prompts)
        + 2 * (reading.subset in endings)
        + (reading.subset in known.subsets)
    )
