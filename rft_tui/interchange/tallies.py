"""What an import has done so far, and the sentences that are worth saying of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from rft_tui.model import ScoreRule
from rft_tui.words import counted


@dataclass(slots=True)
class Tallies:
    """What all files of an import have done so far; `runs` holds model and run index in the order of first rows."""

    runs: dict[int, tuple[str, int]] = field(default_factory=dict)
    landed: Counter[int] = field(default_factory=Counter)
    new: int = 0
    known: int = 0
    grades: int = 0
    reviews: int = 0
    left_out: int = 0
    datasets: list[str] = field(default_factory=list)
    bare: Counter[str] = field(default_factory=Counter)

    def say(self) -> list[str]:
        """What is better said once for all files: prompts that their names tell and their inputs do not carry."""
        return [
            f"no prompt was found in front of the questions of {counted(count, 'file')},"
            f" though {'its name says' if count == 1 else 'their names say'} {name!r}"
            for name, count in self.bare.items()
        ]


@dataclass(slots=True)
class RowCounts:
    """How many rows of one file were odd in some way, each of which is said with its number."""

    other_reference: int = 0
    other_answer: int = 0
    raw_left_out: int = 0
    outside: int = 0

    def notes(self) -> Iterator[str]:
        """The sentences, none of what did not happen."""
        if count := self.other_reference:
            verb, whose = ("has", "its") if count == 1 else ("have", "their")
            yield f"{counted(count, 'row')} {verb} another reference than {whose} item; landed all the same"
        if count := self.other_answer:
            verb, stays = ("differs", "the stored one stays") if count == 1 else ("differ", "the stored ones stay")
            said = f"{verb} from what is stored for the same input and run; {stays}"
            yield f"{counted(count, 'prediction')} {said} (--run-index gives the file a run of its own)"
        if count := self.raw_left_out:
            verb, whose = ("is", "its prediction") if count == 1 else ("are", "their predictions")
            yield f"{counted(count, 'row')} {verb} too large to be kept beside {whose}"
        if count := self.outside:
            lies, kept = ("lies", "it is kept as it is") if count == 1 else ("lie", "they are kept as they are")
            yield f"{counted(count, 'score')} {lies} outside {ScoreRule().low:g} to {ScoreRule().high:g}; {kept}"
