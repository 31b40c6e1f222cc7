"""A whole file checked: every problem with its line, key and kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rft_tui.datasets.checker import CheckOptions
from rft_tui.datasets.items import ItemStream, LoadedItem
from rft_tui.datasets.leakage import OtherRows
from rft_tui.datasets.limits import Part
from rft_tui.datasets.mapping import FieldMapping, Method
from rft_tui.model import Item, JsonObject, Problem


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found; `ok` while no problem is an error. `notes` say what was guessed about the fields."""

    file: str
    rows: int
    ok: bool
    problems: tuple[Problem, ...]
    method: Method
    notes: tuple[str, ...] = ()

    def as_json(self) -> JsonObject:
        """The document of ``data check --json``."""
        return {
            "file": self.file,
            "rows": self.rows,
            "ok": self.ok,
            "problems": [asdict(problem) for problem in self.problems],
            "method": self.method,
            "notes": list(self.notes),
        }


def items_of(path: str | Path, *, method: Method | None, mapping: FieldMapping | None) -> Iterator[tuple[int, Item]]:
    """The good rows of a file as items with their lines; whatever is wrong with the others is left unsaid."""
    for entry in ItemStream(path, method=method, mapping=mapping):
        if isinstance(entry, LoadedItem):
            yield entry


def check_file(
    path: str | Path,
    *,
    method: Method | None = None,
    mapping: FieldMapping | None = None,
    against: Sequence[str | Path | OtherRows] = (),
    grader_paths: Sequence[str] = (),
    part: Part | None = None,
    near_duplicates: bool = True,
) -> CheckReport:
    """Every problem of a file, in the order of the file, those of the whole file last.

    `against` are files or rows whose inputs must not stand in this one; `grader_paths` the fields a grader reads,
    without ``item.``. Raises InputError where a file cannot be opened.
    """
    others = tuple(
        other
        if isinstance(other, OtherRows)
        else OtherRows(str(other), items_of(other, method=method, mapping=mapping))
        for other in against
    )
    options = CheckOptions(tuple(grader_paths), others, near_duplicates, part, declared=method is not None)
    stream = ItemStream(path, method=method, mapping=mapping, options=options)
    problems = [entry for entry in stream if isinstance(entry, Problem)]
    shape = stream.shape
    return CheckReport(
        str(path),
        stream.rows,
        stream.findings.errors == 0,
        tuple(problems),
        shape.method if shape is not None else "generic",
        shape.notes if shape is not None else (),
    )
