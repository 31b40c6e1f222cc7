"""What is compared: the runs and the grader version that a word on the command line or in a choice stands for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from shlex import quote

from rft_tui.errors import UsageError
from rft_tui.identity import canonical_json
from rft_tui.safetext import one_line
from rft_tui.store.compared import RunName, graded_counts, run_names
from rft_tui.store.database import LONGEST_NUMBER
from rft_tui.store.graders import StoredGrader, find_grader, get_grader, list_graders
from rft_tui.store.review import graded_runs
from rft_tui.store.runs import StoredRun, list_runs

MOST_OPERANDS = 40
"""Operands of one comparison."""

LOOKED_AT = 4000
"""Predictions by which it is decided which grader has graded most."""

SHOWN = 20
"""Names that an error lists at most."""

LONGEST_NAME = 60
"""Characters of each of them."""


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
        return _distinct(self.runs, lambda run: run.model)

    @property
    def efforts(self) -> tuple[str, ...]:
        """The reasoning efforts that were asked for."""
        return _distinct(self.runs, lambda run: run.effort)

    @property
    def prompts(self) -> tuple[str, ...]:
        """The prompts with the beginning of their version; ``none`` where there was none."""
        return _distinct(self.runs, _prompt)

    @property
    def served_models(self) -> tuple[str, ...]:
        """The names under which services answered: snapshots of the models."""
        return tuple(dict.fromkeys(name for run in self.runs for name in run.served_models))

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets of its runs."""
        return _distinct(self.runs, lambda run: run.dataset)

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
    return Operands(_labelled(chosen), said, tuple(_splits(chosen)))


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
        found = [run for run in found if way in {run.effort, run.prompt_name or "none", _prompt(run)}]
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
        Operand(name, grader.label, chosen, grader, _pooled(chosen))
        for name, grader in zip(names, graders, strict=True)
    ]
    return Operands(_unique(operands), of_graders=True)


def _unknown(db: sqlite3.Connection, name: str, every: Sequence[RunName]) -> UsageError:
    model, _, ways = name.partition("#")
    of_model = [run for run in every if run.model == model]
    if ways and of_model:
        choices = dict.fromkeys(word for run in of_model for word in (run.effort, run.prompt_name or "none") if word)
        return UsageError(
            f"{model!r:.80} has no runs with {ways!r:.80}", hint=f"After #: an effort or a prompt: {_some(choices)}."
        )
    models = _some(dict.fromkeys(run.model for run in every))
    graders = _some(dict.fromkeys(one.label for one in list_graders(db)))
    return UsageError(
        f"there is no run, model or grader {name!r:.80}",
        hint=f"Models here: {models or 'none yet'}; graders: {graders or 'none yet'}; run ids: rft-tui run list.",
    )


def _some(names: Iterable[str]) -> str:
    every = list(names)
    return ", ".join(one_line(one, LONGEST_NAME) for one in every[:SHOWN]) + (" …" if len(every) > SHOWN else "")


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
        lacking = next((name for name, of_one in zip(names, counts, strict=True) if not of_one.get(best, 0)), names[0])
        said = "has no grades yet" if grader is None else f"has no grades of {grader.label}, which graded the others"
        raise UsageError(f"{lacking!r:.80} {said}", hint=f"rft-tui grade --grader G --run {quote(lacking)} grades it.")
    others = len(by_run) - 1
    if not others:
        return grader, ""
    return grader, f"scores of {grader.label}, which has graded most (--grader chooses; {others} more here)"


def _least(counts: Sequence[dict[int, int]], grader: int) -> int:
    return min(of_one.get(grader, 0) for of_one in counts)


def _labelled(operands: Sequence[Operand]) -> tuple[Operand, ...]:
    """The operands with short names that tell them apart, and with what each pools."""
    named = []
    for operand in operands:
        label = "+".join(operand.models)
        pooled = _pooled(operand.runs)
        mixed = [kind for kind in (operand.efforts, operand.prompts) if len(kind) > 1]
        label += "".join(f" ({'+'.join(kind)})" for kind in mixed)
        named.append(replace(operand, label=label, pooled=pooled))
    for told_by in _TELLING:
        labels = [one.label for one in named]
        alike = {label for label in labels if labels.count(label) > 1}
        parts = {one.text: told_by(one) for one in named if one.label in alike}
        if len(set(parts.values())) > 1:
            named = [
                replace(one, label=f"{one.label} {part}") if (part := parts.get(one.text)) else one for one in named
            ]
    return _unique(named)


_TELLING: tuple[Callable[[Operand], str], ...] = (
    lambda one: "+".join(one.efforts),
    lambda one: "+".join(one.prompts),
    lambda one: "+".join(one.datasets),
    lambda one: "run " + ",".join(map(str, one.run_ids)),
)
"""What tells operands of one model apart, the most telling first."""


def _unique(operands: Sequence[Operand]) -> tuple[Operand, ...]:
    """The operands with a number behind the label of one that is there a second time."""
    seen: dict[str, int] = {}
    unique = []
    for one in operands:
        seen[one.label] = seen.get(one.label, 0) + 1
        unique.append(replace(one, label=f"{one.label} ({seen[one.label]})") if seen[one.label] > 1 else one)
    return tuple(unique)


def _pooled(runs: Sequence[StoredRun]) -> tuple[str, ...]:
    """What differs among runs that are taken together, in words."""
    kinds: tuple[tuple[str, Callable[[StoredRun], str]], ...] = (
        ("models", lambda run: run.model),
        ("efforts", lambda run: run.effort),
        ("prompts", _prompt),
        ("services", lambda run: run.service),
        ("parameters", lambda run: canonical_json(run.parameters)),
        ("datasets", lambda run: run.dataset),
    )
    found = ((word, _distinct(runs, part)) for word, part in kinds)
    return tuple(f"{word} {_some(values)}" for word, values in found if len(values) > 1)


def _splits(operands: Sequence[Operand]) -> Iterable[tuple[str, tuple[str, ...]]]:
    for one in operands:
        for words in (one.efforts, one.prompts):
            if len(one.models) == 1 and len(words) > 1 and all(words):
                base = one.text if one.text.startswith(one.models[0]) else one.models[0]
                yield one.text, tuple(f"{base}#{word}" for word in words)
                break


def _distinct(runs: Iterable[StoredRun], part: Callable[[StoredRun], str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part(run) for run in runs))


def _way(run: StoredRun) -> tuple[str, ...]:
    """What makes the answer to an input, but for the run index."""
    return run.service, run.model, run.effort, run.prompt, canonical_json(run.parameters)


def _prompt(run: StoredRun | RunName) -> str:
    return f"{run.prompt_name or 'prompt'}@{run.prompt[:4]}" if run.prompt else "none"
