"""What every importer yields: one prediction made elsewhere, and what the name of its file claims."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from rft_tui.errors import InputError
from rft_tui.model import Answer, Grade, JsonObject, Prompt, Verdict
from rft_tui.safetext import one_line

EFFORT_UNKNOWN = "default"
"""The effort of a run whose origin does not tell one."""

_MOST_FIELDS = 100


@dataclass(frozen=True, slots=True)
class FileClaims:
    """What a file's name says of all its rows; empty or None where it says nothing."""

    subset: str = ""
    prompt: str = ""
    model: str = ""
    effort: str = ""
    grader: str = ""
    run_index: int | None = None
    scored: bool = False


class Place(NamedTuple):
    """Where a prediction stands in its file: the number of its row and the line where that begins, both from 1.

    `part` is the name of the file inside an archive, empty where there is none.
    """

    number: int
    line: int
    part: str = ""

    def __str__(self) -> str:
        return one_line(self.part, 120) if self.part else f"row {self.number} (line {self.line})"


@dataclass(frozen=True, slots=True)
class ForeignReview:
    """What a person said of a prediction elsewhere; `reviewer` names them, or the program they said it in."""

    reviewer: str
    verdict: Verdict | None = None
    note: str = ""
    grader: str = ""


@dataclass(frozen=True, slots=True)
class ForeignPrediction:
    """One prediction as a file has it.

    `row` is the item's row, a prompt perhaps in front of its question; what is None is not said by the row. `grade` is
    what the grader said whose name the file's name or a person tells, `grades` what others said, by their names.
    `simulated` says that the embedded service answered; `parameters` tell runs apart that are otherwise alike; `prompt`
    is one that is known not to stand in the row; `subset` names the items where they become a dataset; `raw` is the row
    as it came, kept with the answer since some of its fields may have no place of their own.
    """

    place: Place
    row: JsonObject
    answer: Answer
    run_index: int | None = None
    model: str | None = None
    effort: str | None = None
    grade: Grade | None = None
    grades: Mapping[str, Grade] = field(default_factory=dict)
    reviews: tuple[ForeignReview, ...] = ()
    parameters: JsonObject = field(default_factory=dict)
    prompt: Prompt | None = None
    subset: str = ""
    raw: bytes = b""
    simulated: bool = False


@dataclass(slots=True)
class UnmappedFields:
    """Names of fields that no importer knows; they are kept with the prediction and named in the report."""

    names: dict[str, None] = field(default_factory=dict)

    def see(self, name: str) -> None:
        """Take note of a field, up to a hundred of them."""
        if len(self.names) < _MOST_FIELDS:
            self.names.setdefault(one_line(name, 80))

    def rest(self, value: JsonObject, mapped: Collection[str], prefix: str = "") -> None:
        """Take note of the fields of an object that hold something and are not among the mapped ones."""
        for key, inner in value.items():
            if key not in mapped and inner not in (None, "", [], {}):
                self.see(prefix + key)


@dataclass(frozen=True, slots=True)
class KnownNames:
    """Names that help to read an ambiguous file name; `heads` are what other files' names have before the effort."""

    subsets: frozenset[str] = frozenset()
    prompts: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    heads: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PredictionFormat:
    """A form in which other programs keep predictions.

    `recognises` looks at the first row of a file; `claims` reads the file's name; `read` yields the rows one at a time
    and raises InputError naming file and line at the first that cannot be read. `opens` looks at the path, the first
    bytes and the outermost keys (`results`, `results.version`) of a file that is no list of rows, before rows are
    looked for.
    """

    name: str
    recognises: Callable[[JsonObject], bool]
    claims: Callable[[str, KnownNames], FileClaims | None]
    read: Callable[[Path, UnmappedFields], Iterator[ForeignPrediction]]
    opens: Callable[[Path, bytes, frozenset[str]], bool] = lambda _path, _head, _keys: False


def no_claims(_name: str, _known: KnownNames) -> FileClaims | None:
    """For formats whose files say everything themselves."""
    return None


def bad_row(path: Path, place: Place, message: str) -> InputError:
    """The error for a row that cannot be read."""
    return InputError(
        f"{one_line(str(path))}, {place}: {message}", hint="Nothing was imported; correct the file first."
    )
