"""What is compared: the runs and the grader version that a word on the command line or in a choice stands for."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from shlex import quote

from rft_tui.errors import UsageError
from rft_tui.identity import canonical_json
from rft_tui.store.compared import RunName, deleted_graders, error_counts, graded_counts, run_names
from rft_tui.store.database import LONGEST_NUMBER
from rft_tui.store.graders import StoredGrader, find_grader, get_grader, list_graders
from rft_tui.store.review import graded_runs
from rft_tui.store.runs import StoredRun, list_runs
from rft_tui.tasks.comparing.operand_names import (
    distinct,
    error_words,
    labelled,
    pooled_words,
    prompt_label,
    some,
    splits_of,
    unique,
)

MOST_OPERANDS = 40
"""Operands of one comparison."""

LOOKED_AT = 4000
"""Predictions by which it is decided which grader has graded most."""


@dataclass(frozen=True, slots=True)
class Operand:
    """One thing that is compared: the predictions of some runs under one grader version.

    `text` is how a person wrote it, `label` how screens name it (short, unique among its fellows). `pooled` says in
    words what differs among its runs besides the run index (``efforts low, high``); empty where nothing does.
    """

    text: str
    label: str
    runs: tuple[StoredRun, ...]
    grader: StoredGrader
    pooled: tuple[str, ...] = ()

    @property
    def run_ids(self) -> tuple[int, ...]:
        """The numbers of its runs."""
        return tuple(run.id for run in self.runs)

    @property
    def models(self) -> tuple[str, ...]:
        """The models that answered, as they were asked for."""
        return distinct(self.runs, lambda run: run.model)

    @property
    def efforts(self) -> tuple[str, ...]:
        """The reasoning efforts that were asked for."""
        return distinct(self.runs, lambda run: run.effort)

    @property
    def prompts(self) -> tuple[str, ...]:
        """The prompts with the beginning of their version; ``none`` where there was none."""
        return distinct(self.runs, prompt_label)

    @property
    def served_models(self) -> tuple[str, ...]:
        """The names under which services answered: snapshots of the models."""
        return tuple(dict.fromkeys(name for run in self.runs for name in run.served_models))

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets of its runs."""
        return distinct(self.runs, lambda run: run.dataset)

    @property
    def draws(self) -> dict[int, int]:
        """Which draw of an answer each run is: runs that ask in the same way, with one index, on two datasets are one.

        A draw has the number of its run index where that tells the draws apart, else they are counted from 1.
        """
        keys = {run.id: (_way(run), run.run_index) for run in self.runs}
        ordered = list(dict.fromkeys(keys.values()))
        indices = [index for _way, index in ordered]
        numbers = indices if len(set(indices)) == len(indices) else range(1, len(ordered) + 1)
        number_of = dict(zip(ordered, numbers, strict=True))
        return {run: number_of[key] for run, key in keys.items()}


@dataclass(frozen=True, slots=True)
class Operands:
    """What was chosen, the baseline first, with what is to be said of the choice.

    `default_grader` says why this grader version is used where nobody named one, else it is empty. `splits` are the
    words that would take a pooled operand apart, by its text: ``MODEL#low``, ``MODEL#high``. `of_graders` tells that
    the operands are grader versions.
    """

    operands: tuple[Operand, ...]
    default_grader: str = ""
    splits: tuple[tuple[str, tuple[str, ...]], ...] = ()
    of_graders: bool = False


def resolve_operands(
    db: sqlite3.Connection,
    names: Sequence[str],
    *,
    grader: StoredGrader | None = None,
    runs: Sequence[int] | None = None,
) -> Operands:
    """What some words stand for, in their order; the first is the baseline.

    A word is a model name (all its runs), ``MODEL#EFFORT`` or ``MODEL#PROMPT`` (those of its runs), a run id, several
    run ids joined by commas (``3,4,5``), or a grader, ``NAME@HASH`` or the newest version of a name. `runs` keeps only
    some of them. Where one word is a grader all are, and their runs are `runs`, or those that every one of them has
    graded. Without `grader` the version counts that has graded most of all operands. Raises UsageError naming what
    exists.
    """
    if not names:
        raise UsageError("there is nothing to compare", hint="Name two or more runs, models or grader versions.")
    if len(names) > MOST_OPERANDS:
        raise UsageError(f"{len(names)} operands are too many", hint=f"At most {MOST_OPERANDS} are compared at once.")
    every = run_names(db)
    found = [_runs_of(every, name) for name in names]
    if not all(found):
        versions = [None if of_name else _grader(db, name) for name, of_name in zip(names, found, strict=True)]
        if all(versions):
            if grader is not None:
                raise UsageError("grader versions are compared by their own scores", hint="Leave out --grader.")
            return _of_graders(db, names, [one for one in versions if one], runs)
        unknown = next((place for place, one in enumerate(versions) if one is None and not found[place]), None)
        if unknown is not None:
            raise _unknown(db, names[unknown], every)
        raise UsageError(
            "grader versions are compared with grader versions", hint="For models under several graders: --grader G."
        )
    only = None if runs is None else set(runs)
    kept = [[run.id for run in of_name if only is None or run.id in only] for of_name in found]
    for name, of_name in zip(names, kept, strict=True):
        if not of_name:
            raise UsageError(f"{name!r:.80} has none of these runs", hint="rft-tui run list shows the runs.")
    said = ""
    if grader is None:
        grader, said = _default_grader(db, names, kept)
    stored = {run.id: run for run in list_runs(db, sorted({run for of_name in kept for run in of_name}))}
    chosen = [
        Operand(name, name, tuple(stored[run] for run in of_name), grader)
        for name, of_name in zip(names, kept, strict=True)
    ]
    return Operands(labelled(chosen), said, tuple(splits_of(chosen)))


def _runs_of(every: Sequence[RunName], name: str) -> list[RunName]:
    """The runs that a word stands for, empty where it is none of runs."""
    if found := [run for run in every if run.model == name]:
        return found
    parts = name.split(",")
    if all(part.strip().isdecimal() and len(part) <= LONGEST_NUMBER for part in parts):
        by_id = {run.id: run for run in every}
        wanted = dict.fromkeys(int(part) for part in parts)
        return [by_id[one] for one in wanted] if wanted.keys() <= by_id.keys() else []
    model, _, ways = name.partition("#")
    found = [run for run in every if run.model == model] if ways else []
    for way in ways.split("#"):
        found = [run for run in found if way in {run.effort, run.prompt_name or "none", prompt_label(run)}]
    return found


def _grader(db: sqlite3.Connection, name: str) -> StoredGrader | None:
    try:
        return find_grader(db, name)
    except UsageError as error:
        if "fits" in error.message:
            raise
        return None


def _of_graders(
    db: sqlite3.Connection, names: Sequence[str], graders: Sequence[StoredGrader], runs: Sequence[int] | None
) -> Operands:
    """Grader versions over the same runs."""
    common = set.intersection(*(set(graded_runs(db, one.id, runs)) for one in graders))
    chosen = tuple(list_runs(db, sorted(common)))
    if not chosen:
        said = ", ".join(one.label for one in graders)
        raise UsageError(f"no run is graded by each of {said}", hint="rft-tui grade --grader G --run R grades one.")
    operands = [
        Operand(name, grader.label, chosen, grader, pooled_words(chosen))
        for name, grader in zip(names, graders, strict=True)
    ]
    return Operands(unique(operands), of_graders=True)


def _unknown(db: sqlite3.Connection, name: str, every: Sequence[RunName]) -> UsageError:
    model, _, ways = name.partition("#")
    of_model = [run for run in every if run.model == model]
    if ways and of_model:
        choices = dict.fromkeys(word for run in of_model for word in (run.effort, run.prompt_name or "none") if word)
        return UsageError(
            f"{model!r:.80} has no runs with {ways!r:.80}", hint=f"After #: an effort or a prompt: {some(choices)}."
        )
    if any(_names(name, one) for one in deleted_graders(db)):
        return UsageError(f"grader {name!r:.80} is deleted", hint="The Graders screen takes a deletion back.")
    models = some(dict.fromkeys(run.model for run in every))
    graders = some(dict.fromkeys(one.label for one in list_graders(db)))
    return UsageError(
        f"there is no run, model or grader {name!r:.80}",
        hint=f"Models here: {models or 'none yet'}; graders: {graders or 'none yet'}; run ids: rft-tui run list.",
    )


def _names(name: str, label: str) -> bool:
    """Whether a word names a version whose label is NAME@HASH, by its name alone or with digits of its hash."""
    (plain, _, digits), (own, _, version) = name.rpartition("@"), label.rpartition("@")
    return name == own or (plain == own and digits[: len(version)].lower() == version[: len(digits)])


def _default_grader(
    db: sqlite3.Connection, names: Sequence[str], runs: Sequence[Sequence[int]]
) -> tuple[StoredGrader, str]:
    """The version that has graded most of the operand it has graded least of; and which it is, in words."""
    every = sorted({run for of_one in runs for run in of_one})
    for most in (LOOKED_AT, None):
        by_run = graded_counts(db, every, most=most)
        counts = [
            {grader: sum(of_run.get(run, 0) for run in of_one) for grader, of_run in by_run.items()} for of_one in runs
        ]
        best = max(by_run, key=lambda one: (_least(counts, one), sum(of_one[one] for of_one in counts), one), default=0)
        if _least(counts, best):
            break
    grader = get_grader(db, best)
    if grader is None or not _least(counts, best):
        place = next((place for place, of_one in enumerate(counts) if not of_one.get(best, 0)), 0)
        lacking = names[place]
        if gone := deleted_graders(db, runs[place]):
            raise UsageError(
                f"{lacking!r:.80} has grades of deleted graders only: {some(gone)}",
                hint="The Graders screen takes a deletion back; rft-tui grade --grader G grades it anew.",
            )
        predictions, errors = error_counts(db, runs[place])
        if not predictions:
            raise UsageError(f"{lacking!r:.80} has no predictions", hint="rft-tui predict asks for them.")
        if sum(errors.values()) >= predictions:
            raise UsageError(
                f"{lacking!r:.80} has nothing but errors ({error_words(errors)})",
                hint="rft-tui run show tells them; rft-tui predict and grade do again what failed.",
            )
        said = "has no grades yet" if grader is None else f"has no grades of {grader.label}, which graded the others"
        raise UsageError(f"{lacking!r:.80} {said}", hint=f"rft-tui grade --grader G --run {quote(lacking)} grades it.")
    others = len(by_run) - 1
    if not others:
        return grader, ""
    return grader, f"scores of {grader.label}, which has graded most (--grader chooses; {others} more here)"


def _least(counts: Sequence[dict[int, int]], grader: int) -> int:
    return min(of_one.get(grader, 0) for of_one in counts)


def _way(run: StoredRun) -> tuple[str, ...]:
    """What makes the answer to an input, but for the run index."""
    return run.service, run.model, run.effort, run.prompt, canonical_json(run.parameters)
