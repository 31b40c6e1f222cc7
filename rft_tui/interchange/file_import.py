"""One file of predictions brought into the store, inside the caller's transaction."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from rft_tui.datasets.plain import item_of
from rft_tui.errors import InputError
from rft_tui.interchange.foreign import EFFORT_UNKNOWN, FileClaims, UnmappedFields
from rft_tui.interchange.found_files import FoundFile
from rft_tui.interchange.landing import Landing, Placed, find_item, find_landing
from rft_tui.interchange.options import ImportOptions
from rft_tui.interchange.prompting import IMPORTED, PromptCandidate, candidates
from rft_tui.interchange.reviews import add_reviews
from rft_tui.interchange.rows import plain_row, row_of
from rft_tui.interchange.spool import Said, Spool
from rft_tui.interchange.tallies import RowCounts, Tallies
from rft_tui.model import SIMULATED_PREFIX, Item, JsonObject, Prompt, ScoreRule
from rft_tui.safetext import one_line
from rft_tui.store.answers import keep_raw, note_served_model
from rft_tui.store.datasets import StoredDataset, add_dataset, get_dataset
from rft_tui.store.graders import StoredGrader, add_external_grader
from rft_tui.store.grades import add_grades
from rft_tui.store.inputs import dataset_named, prediction_of, stored_output
from rft_tui.store.prompts import add_prompt
from rft_tui.store.runs import RunKey, add_predictions, ensure_run, mark_simulated
from rft_tui.words import counted

SCORE = "score"
"""The name of an external grader that neither a file's name nor a person tells."""

_NAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Workbench:
    """What the files of one import share; `folder` is where rows may be put aside while they are placed."""

    db: sqlite3.Connection
    options: ImportOptions
    dataset: StoredDataset | None
    given: Prompt | None
    prompts: Sequence[Prompt]
    folder: Path
    unmapped: UnmappedFields
    notes: list[str]
    tallies: Tallies


class _Run(NamedTuple):
    model: str
    effort: str
    run_index: int
    parameters: str
    simulated: bool


class FileImport:
    """Reads one file, decides where its rows belong, and stores its predictions and grades."""

    def __init__(self, bench: Workbench, file: FoundFile, claims: FileClaims | None) -> None:
        self._bench = bench
        self._db = bench.db
        self._file = file
        self._claims = claims or FileClaims()
        self._name = one_line(file.path.name, _NAME_LENGTH)
        self._runs: dict[RunKey, int] = {}
        self._graders: dict[str, StoredGrader] = {}
        self._kept_prompts: set[str] = set()
        self._simulated: set[int] = set()
        self._subset = self._claims.subset
        self._counts = RowCounts()

    def run(self) -> None:
        """Do it. Raises InputError at the first row that cannot be read."""
        with Spool(self._bench.folder) as self._spool:
            self._run()

    def _run(self) -> None:
        landing = self._landing()
        self._say_prompt(landing)
        unmatched = 0
        where: Counter[int] = Counter()
        for said, placed, run in self._placed(landing) if landing.datasets else ():
            dataset = landing.dataset_of(self._db, placed.input_id)
            if dataset is None:
                unmatched += 1
            else:
                where[dataset] += 1
                self._land(said, placed, run, dataset)
        unmatched = unmatched if landing.datasets else landing.rows
        if unmatched:
            self._land_apart(landing, unmatched, matched=bool(where))
        self._say_datasets(where, landing)
        self._say_counts()

    def _rows(self) -> Iterator[tuple[JsonObject, str]]:
        """The rows with their input ids, from the file the first time and from what was put aside after that."""
        path, spool = self._file.path, self._spool
        if spool.rows:
            yield from ((head.row, head.input_id) for head in spool.heads())
            return
        for record in self._file.format.read(path, self._bench.unmapped):
            head = spool.add(record, plain_row(path, record.place, record.row))
            self._subset = self._subset or head.subset
            yield head.row, head.input_id

    def _landing(self) -> Landing:
        bench, name = self._bench, self._claims.prompt
        given = PromptCandidate(bench.given, bench.given.text) if bench.given is not None else None
        dataset = bench.dataset.id if bench.dataset is not None else None
        landing = find_landing(
            self._db,
            self._rows,
            candidates(bench.prompts, name),
            given=given,
            dataset=dataset,
            prompt_name=name,
        )
        if landing.rows == 0:
            raise InputError(f"{one_line(str(self._file.path))}: there are no predictions in the file")
        if bench.dataset is not None and bench.dataset.id not in landing.datasets:
            raise InputError(
                f"{one_line(str(self._file.path))}: no row has an input of the dataset {bench.dataset.name!r}",
                hint="Leave --dataset out, or say with --prompt which prompt stands in front of the questions.",
            )
        return landing

    def _placed(self, landing: Landing) -> Iterator[tuple[Said, Placed, _Run]]:
        """Every row where it belongs; equal inputs without a run index are runs 1 to N in order of appearance."""
        options, claims = self._bench.options, self._claims
        seen: Counter[int] = Counter()
        for head, said in self._spool.whole():
            placed = landing.place(head.row, head.input_id)
            model = options.model or head.model or claims.model or self._file.path.stem
            effort = options.effort or head.effort or claims.effort or EFFORT_UNKNOWN
            index = options.run_index or head.run_index or claims.run_index
            if head.prompt and not placed.prompt:
                placed = placed._replace(prompt=head.prompt)
            if index is None:
                key = hash((model, effort, placed.prompt, head.parameters, placed.input_id))
                seen[key] += 1
                index = seen[key]
            names = one_line(model, _NAME_LENGTH), one_line(effort, _NAME_LENGTH)
            run = _Run(*names, index, head.parameters, head.simulated or model.startswith(SIMULATED_PREFIX))
            yield said, placed, run

    def _land(self, said: Said, placed: Placed, run: _Run, dataset: int) -> None:
        key = RunKey(dataset, IMPORTED, IMPORTED, run.model, run.effort, placed.prompt, run.run_index, run.parameters)
        earlier = stored_output(self._db, key.answer_key(placed.input_id))
        if earlier is not None and earlier != said.answer.output_text:
            self._counts.other_answer += 1
            self._bench.tallies.left_out += 1
            return
        number = self._run_number(key, simulated=run.simulated)
        found = find_item(self._db, placed, dataset, number)
        if found is None:
            return
        self._counts.other_reference += not found.same_reference
        item = found.item.item
        added = add_predictions(self._db, number, key, [(item, placed.input_id, said.answer)])
        tallies = self._bench.tallies
        tallies.new += added.new
        tallies.known += added.known
        tallies.landed[number] += 1
        prediction = prediction_of(self._db, number, item)
        grades = dict(said.grades)
        if said.grade is not None:
            grades[self._bench.options.grader or self._claims.grader or SCORE] = said.grade
        for name, grade in grades.items():
            grader = self._external(name)
            self._counts.outside += grade.score is not None and not _is_inside(grade.score, grader.rule)
            tallies.grades += add_grades(self._db, grader.id, [(prediction, item, number, grade)])
        if said.reviews:
            tallies.reviews += add_reviews(self._db, prediction, said.reviews)
        if added.new:
            self._keep(said, number, prediction)

    def _keep(self, said: Said, run: int, prediction: int) -> None:
        """Keep what came with a new prediction: its prompt, the name that the service answered with, the row itself."""
        if said.prompt is not None and said.prompt.version not in self._kept_prompts:
            add_prompt(self._db, said.prompt)
            self._kept_prompts.add(said.prompt.version)
        note_served_model(self._db, run, (said.answer.extra or {}).get("model"))
        if said.raw is None or (said.raw and not keep_raw(self._db, prediction, said.raw)):
            self._counts.raw_left_out += 1

    def _run_number(self, key: RunKey, *, simulated: bool) -> int:
        if key not in self._runs:
            self._runs[key] = ensure_run(self._db, key, source=str(self._file.path))
            self._bench.tallies.runs.setdefault(self._runs[key], (key.model, key.run_index))
        if simulated and self._runs[key] not in self._simulated:
            mark_simulated(self._db, self._runs[key])
            self._simulated.add(self._runs[key])
        return self._runs[key]

    def _external(self, name: str) -> StoredGrader:
        if name not in self._graders:
            self._graders[name] = add_external_grader(self._db, one_line(name, _NAME_LENGTH) or SCORE)
        return self._graders[name]

    def _land_apart(self, landing: Landing, unmatched: int, *, matched: bool) -> None:
        """Make a dataset of the inputs that no item has, and let their predictions land on it."""
        claims = self._claims
        stripped = landing.candidate is not None and landing.carried > 0
        parts = [self._subset, "" if stripped else claims.prompt, "unmatched" if matched else ""]
        base = one_line("_".join(part for part in parts if part) or self._file.path.stem, _NAME_LENGTH)
        name, number = base, 1
        while dataset_named(self._db, name):
            number += 1
            name = f"{base}-{number}"
        stored = add_dataset(self._db, name, self._items_apart(landing), source=str(self._file.path))
        self._bench.tallies.datasets.append(name)
        for said, placed, run in self._placed(landing):
            if landing.dataset_of(self._db, placed.input_id) is None:
                self._land(said, placed, run, stored.id)
        fit, became = ("fits", "its input") if unmatched == 1 else ("fit", "their inputs")
        unfit = f"{counted(unmatched, 'prediction')} {fit} no item of a dataset"
        self._note(f"{unfit}; {became} became the dataset {name!r}")

    def _items_apart(self, landing: Landing) -> Iterator[tuple[int, Item]]:
        seen: set[str] = set()
        for head in self._spool.heads():
            placed = landing.place(head.row, head.input_id)
            if landing.dataset_of(self._db, placed.input_id) is None:
                row = row_of(placed.input_id, placed.row)
                if row not in seen:
                    seen.add(row)
                    yield head.line, item_of(placed.row)

    def _note(self, text: str) -> None:
        self._bench.notes.append(f"{self._name}: {text}")

    def _say_prompt(self, landing: Landing) -> None:
        candidate = landing.candidate
        if candidate is None:
            if self._claims.prompt:
                self._bench.tallies.bare[self._claims.prompt] += 1
            return
        prompt = candidate.prompt
        add_prompt(self._db, prompt)
        if prompt.version not in {one.version for one in (*self._bench.prompts, self._bench.given) if one}:
            self._note(f"the beginning that the questions share was taken for the prompt {prompt.name!r}")
        if landing.carried < landing.rows:
            missing = landing.rows - landing.carried
            said = f"{missing:,} of {counted(landing.rows, 'input')} {'does' if missing == 1 else 'do'} not carry"
            self._note(f"{said} the prompt {prompt.name!r}")

    def _say_datasets(self, where: Counter[int], landing: Landing) -> None:
        first = landing.datasets[0] if landing.datasets else None
        for dataset, count in where.items():
            if dataset != first and first is not None:
                name, best = get_dataset(self._db, dataset).name, get_dataset(self._db, first).name
                inputs = "its input" if count == 1 else "their inputs"
                said = f"{counted(count, 'prediction')} landed on {name!r}"
                self._note(f"{said}, since {best!r} does not have {inputs}")

    def _say_counts(self) -> None:
        if not self._claims.model and not self._bench.options.model and self._file.path.stem in self._models():
            self._note(f"nothing tells the model; it is called {self._file.path.stem!r} (--model says another name)")
        for note in self._counts.notes():
            self._note(note)

    def _models(self) -> set[str]:
        return {key.model for key in self._runs}


def _is_inside(score: float, rule: ScoreRule) -> bool:
    return rule.low <= score <= rule.high
