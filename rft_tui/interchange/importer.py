"""Predictions and grades made elsewhere, brought into the store: all of a call or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rft_tui.interchange.file_import import FileImport, Workbench
from rft_tui.interchange.foreign import KnownNames, UnmappedFields
from rft_tui.interchange.formats import format_named
from rft_tui.interchange.found_files import find_files
from rft_tui.interchange.job_archive import BroughtArchive, bring_archive, find_archives, open_archive
from rft_tui.interchange.notebook_names import heads_of
from rft_tui.interchange.options import ImportOptions
from rft_tui.interchange.prompting import folder_prompts, given_prompt, known_prompts
from rft_tui.interchange.tallies import Tallies
from rft_tui.store.database import Store
from rft_tui.store.datasets import get_dataset
from rft_tui.store.evaluations import AddedOutputs
from rft_tui.store.inputs import known_names
from rft_tui.store.review_log import apply_waiting
from rft_tui.store.runs import any_simulated

__all__ = ["ImportOptions", "ImportReport", "ImportedRun", "import_predictions"]


@dataclass(frozen=True, slots=True)
class ImportedRun:
    """A run that the files had predictions of, and how many of them stand in it, new or known."""

    run: int
    model: str
    run_index: int
    predictions: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did: predictions new and known, fields that no column has, and everything worth saying."""

    runs: tuple[ImportedRun, ...]
    new: int
    known: int
    unmapped: tuple[str, ...]
    notes: tuple[str, ...]
    grades: int = 0
    left_out: int = 0
    datasets: tuple[str, ...] = field(default=())
    jobs: tuple[str, ...] = field(default=())
    simulated: bool = False
    reviews: int = 0

    def as_json(self) -> dict[str, Any]:
        """The document of ``import --json``."""
        return {
            "runs": [
                {"run": one.run, "model": one.model, "run_index": one.run_index, "predictions": one.predictions}
                for one in self.runs
            ],
            "new": self.new,
            "known": self.known,
            "unmapped": list(self.unmapped),
            "grades": self.grades,
            "reviews": self.reviews,
            "left_out": self.left_out,
            "datasets": list(self.datasets),
            "notes": list(self.notes),
            "jobs": list(self.jobs),
            **({"simulated": True} if self.simulated else {}),
        }


def import_predictions(
    store: Store,
    paths: Sequence[str | Path],
    options: ImportOptions | None = None,
    prompts_folder: Path | None = None,
) -> ImportReport:
    """Bring prediction files, folders of them, or archives of jobs into the store in one transaction.

    Predictions land on the items whose input they answer; those that fit none become a dataset of their own. What is
    stored already is never overwritten. Raises InputError naming file and line, and UsageError for a name in `options`
    that does not exist; the store is then as it was. Verdicts of elsewhere that waited for these predictions stand.
    """
    options = options or ImportOptions()
    notes: list[str] = []
    folders, others = find_archives([Path(path) for path in paths])
    archives = [open_archive(folder) for folder in folders]
    form = format_named(options.format)
    files = find_files(others, form, notes) if others or not folders else []
    folder = folder_prompts(prompts_folder, notes)
    unmapped = UnmappedFields()
    tallies = Tallies()
    with store.write() as db:
        dataset = get_dataset(db, options.dataset) if options.dataset is not None else None
        prompts = known_prompts(db, folder)
        given = given_prompt(options.prompt, [*folder, *prompts]) if options.prompt is not None else None
        datasets, models = known_names(db)
        known = KnownNames(
            frozenset(datasets),
            frozenset(prompt.name for prompt in prompts),
            frozenset([*models, options.model] if options.model else models),
            heads_of(one.path.name for one in files),
        )
        beside = store.path.parent
        for one in files:
            claims = one.format.claims(one.path.name, known)
            bench = Workbench(db, options, dataset, given, known_prompts(db, folder), beside, unmapped, notes, tallies)
            FileImport(bench, one, claims).run()
        brought = [bring_archive(db, archive) for archive in archives]
        apply_waiting(db)
        simulated = any_simulated(db, list(tallies.runs)) or any(archive.simulated for archive in archives)
    return _report(tallies, brought, (*notes, *tallies.say()), unmapped, simulated=simulated)


def _report(
    tallies: Tallies,
    brought: Sequence[BroughtArchive],
    notes: Sequence[str],
    unmapped: UnmappedFields,
    *,
    simulated: bool,
) -> ImportReport:
    """What files and archives of jobs brought together."""
    added = sum((one.added for one in brought), AddedOutputs())
    runs = [ImportedRun(run, *facts, tallies.landed[run]) for run, facts in tallies.runs.items()]
    return ImportReport(
        (*runs, *(ImportedRun(*run) for one in brought for run in one.runs)),
        tallies.new + added.new,
        tallies.known + added.known,
        tuple(sorted(unmapped.names)),
        (*notes, *(f"{one.job.label}: {note}" for one in brought for note in one.notes)),
        tallies.grades + added.grades,
        tallies.left_out + added.left_out,
        tuple(tallies.datasets),
        tuple(one.job.label for one in brought),
        simulated,
        tallies.reviews,
    )
