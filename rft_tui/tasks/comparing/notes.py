"""What has to be said beside the numbers of a comparison, so that nobody takes them for more than they are."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from shlex import quote

from rft_tui.analysis.detectable import effect_words
from rft_tui.identity import canonical_json
from rft_tui.store.compared_jobs import inputs_of_dataset, jobs_of_models
from rft_tui.store.steps import step_of
from rft_tui.tasks.comparing.comparison import LeftOut, Note, OperandFigures, PairFigures
from rft_tui.tasks.comparing.operand_names import error_words
from rft_tui.tasks.comparing.operands import Operand, Operands
from rft_tui.tasks.comparing.reading import INPUT, Reading

FEW_ITEMS = 10
"""Items below which no test says much."""

FEW_CLUSTERS = 20
"""Groups below which the clustered error is not to be relied on."""

MANY_ERRORS = 0.02
"""The share of errors from which a mean is shown with a warning."""


def notes_of(
    db: sqlite3.Connection,
    chosen: Operands,
    reading: Reading,
    figures: Sequence[OperandFigures],
    pairs: Sequence[PairFigures],
    cluster: str,
    clusters: Mapping[str, str] | None,
) -> tuple[Note, ...]:
    """All notes, warnings first."""
    found = [
        *_of_items(reading, len(figures)), *_of_corrections(reading), *_of_clusters(reading, cluster, clusters),
        *_of_operands(figures, len(reading.common)),
        *_chosen_on_items(db, reading), *_of_settings(chosen), *_of_shared_runs(chosen), *_of_pairs(figures, pairs),
    ]  # fmt: skip
    if chosen.default_grader:
        found.append(Note("default_grader", chosen.default_grader))
    return tuple(sorted(found, key=lambda note: not note.is_warning))


def _of_items(reading: Reading, operands: int) -> Iterator[Note]:
    common = len(reading.common)
    if not common:
        yield Note("no_items", _nothing_common(reading), is_warning=True)
    elif common < FEW_ITEMS:
        yield Note("few_items", f"{_items(common)} {'is' if common == 1 else 'are'} too few to tell", is_warning=True)
    for place, one in enumerate(reading.left_out):
        if one.count and operands > 1:
            label = reading.operands[place].label
            yield Note("left_out", f"{_items(one.count)} left out: {label} {left_out_words(one)}", operand=place)
    if reading.is_scaled:
        yield Note("graders_differ", "the graders' ranges differ: scores are taken as shares of each range")


def _nothing_common(reading: Reading) -> str:
    for operand, items in zip(reading.operands, reading.answered, strict=True):
        if not any(one.scores for one in items.values()):
            if items and not any(one.ungraded for one in items.values()):
                kinds = Counter(kind for one in items.values() for kind in one.errors.values())
                return f"{operand.label} has nothing but errors ({error_words(kinds)}): there is no score to compare"
            if operand.grader.is_external:
                return f"the imported scores {operand.grader.label} have none of {operand.label}, and cannot be run"
            return (
                f"{operand.grader.label} has no score of {operand.label};"
                f" to grade: rft-tui grade --grader {quote(operand.grader.name)} --run {quote(operand.text)}"
            )
    return "no item has a score of every operand: nothing can be compared"


def left_out_words(one: LeftOut) -> str:
    """Why items are left out, in words: ``has no prediction of 2, only errors on 1``."""
    parts = (
        (one.missing, "no prediction of"), (one.ungraded, "no grade of"), (one.errors, "only errors on"),
    )  # fmt: skip
    return "has " + ", ".join(f"{words} {len(items):,}" for items, words in parts if items)


def _of_clusters(reading: Reading, cluster: str, clusters: Mapping[str, str] | None) -> Iterator[Note]:
    if reading.repeated:
        count = len(reading.repeated)
        said = "stands twice in a dataset and counts" if count == 1 else "stand twice in a dataset and count"
        yield Note("duplicates", f"{_items(count)} {said} once")
    if not clusters:
        return
    alone = sum(item not in clusters for item in reading.common)
    groups = len(set(clusters.values())) + alone
    if cluster == INPUT:
        yield Note("duplicates", f"{_items(len(reading.common))} ask {groups:,} questions: those of one go together")
    if groups == 1:
        yield Note("few_clusters", f"all items are one group by {cluster}: no interval", is_warning=True)
    elif groups < FEW_CLUSTERS:
        yield Note("few_clusters", f"only {groups} groups by {cluster}: the interval is rough", is_warning=True)
    if alone and cluster != INPUT:
        stands = "stands" if alone == 1 else "stand"
        yield Note("few_clusters", f"{_items(alone)} without {cluster} {stands} alone")


def _of_corrections(reading: Reading) -> Iterator[Note]:
    """Where a newer version of a dataset is among the runs, so that rows of the older one do not count."""
    is_same = len(set(reading.corrected)) == 1
    for place, of_one in enumerate(reading.corrected[:1] if is_same else reading.corrected):
        for one in of_one:
            counts = []
            if one.changed:
                counts.append(f"{_rows(one.changed)} {'counts' if one.changed == 1 else 'count'} as corrected")
            if one.excluded:
                counts.append(f"{_rows(one.excluded)} {'is' if one.excluded == 1 else 'are'} left out")
            text = f"{one.newer} corrects {one.older}: {', '.join(counts)}"
            if is_same:
                yield Note("corrected", text)
            else:
                yield Note("corrected", f"{reading.operands[place].label}: {text}", operand=place)


def _of_pooling(figures: Sequence[OperandFigures], common: int) -> Iterator[Note]:
    """What operands take together; several datasets too, since the Compare screen has one of them at a time."""
    datasets = {one.operand.datasets for one in figures}
    together = len(datasets) == 1 and len(figures[0].operand.datasets) > 1
    if together:
        names = figures[0].operand.datasets
        said = f"{', '.join(names[:-1])} and {names[-1]} together: {_items(common)}"
        yield Note("pooled", f"{said}; --dataset {quote(names[0])} gives one")
    kinds = {
        place: tuple(kind for kind in one.operand.pooled if not (together and kind.startswith("datasets ")))
        for place, one in enumerate(figures)
    }
    if len(figures) > 1 and len(set(kinds.values())) == 1 and kinds[0]:
        yield Note("pooled", f"each takes together {'; '.join(kinds[0])}")
        return
    for place, pooled in kinds.items():
        if pooled:
            one = figures[place]
            several = one.operand.datasets if len(one.operand.datasets) > 1 and not together else ()
            gives = f"; --dataset {quote(several[0])} gives one" if several else ""
            yield Note("pooled", f"{one.label} takes together {'; '.join(pooled)}{gives}", operand=place)


def _of_operands(figures: Sequence[OperandFigures], common: int) -> Iterator[Note]:
    yield from _of_pooling(figures, common)
    for place, one in enumerate(figures):
        mean = one.mean
        if mean is None:
            continue
        if mean.error_share > MANY_ERRORS:
            yield Note(
                "errors",
                f"{one.label}: {mean.error_share:.1%} of its runs are errors ({error_words(one.errors)}); with them its"
                f" mean could be anything from {mean.with_errors_low:.3f} to {mean.with_errors_high:.3f}".replace(
                    "-", "−"
                ),
                is_warning=True,
                operand=place,
            )
        if one.runs == 1:
            yield Note("one_run", f"{one.label}: run noise is not measurable with one run", operand=place)
    simulated = [one.label for one in figures if one.simulated]
    if simulated:
        yield Note("simulated", f"from the simulated service: {', '.join(simulated)}", is_warning=True)


def _chosen_on_items(db: sqlite3.Connection, reading: Reading) -> Iterator[Note]:
    """Where items of the comparison were used to train a compared model, or to choose its checkpoint."""
    inputs: dict[str, set[int]] = {}
    for place, operand in enumerate(reading.operands):
        asked = [(run.model, canonical_json(run.parameters)) for run in operand.runs]
        for model, job in jobs_of_models(db, [one for one in asked if not _is_untrained(one[1])]):
            for kind, name, words in (
                ("trained_on_items", job.dataset, f"{job.label} was trained on"),
                ("chosen_on_items", job.validation_dataset, f"the checkpoints of {job.label} were chosen on"),
            ):
                if not name:
                    continue
                if name not in inputs:
                    inputs[name] = inputs_of_dataset(db, name)
                used = sum(reading.rows[item].input in inputs[name] for item in reading.common)
                if used:
                    said = f"{words} {used:,} of these {_items(len(reading.common))}"
                    text = f"{said}: {model} looks better here than elsewhere"
                    yield Note(kind, text, is_warning=True, operand=place)


def _is_untrained(parameters: str) -> bool:
    """Whether a run asked what a job began with: its evaluation at step 0."""
    at = step_of(parameters)
    return at is not None and at[1] == 0


def _of_settings(chosen: Operands) -> Iterator[Note]:
    operands = chosen.operands
    if chosen.of_graders:
        return
    kinds: tuple[tuple[str, Callable[[Operand], str]], ...] = (
        ("efforts", _efforts), ("prompts", _prompts), ("parameters", _parameters),
    )  # fmt: skip
    for words, part in kinds:
        values = [part(one) for one in operands]
        if len(set(values)) > 1:
            said = "; ".join(f"{one.label}: {value}" for one, value in zip(operands, values, strict=True))
            yield Note("settings_differ", f"the {words} differ ({said})")
    for text, names in chosen.splits:
        yield Note("pooled", f"to take {text} apart: {' '.join(names)}")


def _of_shared_runs(chosen: Operands) -> Iterator[Note]:
    """Runs that stand on both sides of a difference."""
    if chosen.of_graders:
        return
    baseline = chosen.operands[0]
    for place, one in enumerate(chosen.operands[1:], 1):
        shared = sorted(set(one.run_ids) & set(baseline.run_ids))
        if not shared:
            continue
        runs = f"run{'s' if len(shared) > 1 else ''} {', '.join(map(str, shared))}"
        if set(one.run_ids) == set(baseline.run_ids):
            text = f"{one.label} and {baseline.label} are the same runs ({', '.join(map(str, shared))})"
        else:
            text = f"{one.label} and {baseline.label} both have {runs}: only the others can make a difference"
        yield Note("shared_runs", text, is_warning=True, operand=place)


def _efforts(one: Operand) -> str:
    return ", ".join(effort or "default" for effort in one.efforts)


def _prompts(one: Operand) -> str:
    return ", ".join(one.prompts)


def _parameters(one: Operand) -> str:
    """What was sent beside the question; where in a training a checkpoint stands is no setting."""
    sent = (canonical_json(run.parameters) for run in one.runs)
    return ", ".join(dict.fromkeys(said for said in sent if step_of(said) is None and said != "{}")) or "default"


def _of_pairs(figures: Sequence[OperandFigures], pairs: Sequence[PairFigures]) -> Iterator[Note]:
    for pair in pairs:
        smallest = pair.paired.smallest_detectable
        if smallest is None or abs(pair.paired.difference) >= smallest:
            continue
        fixes = " or ".join(fix.words for fix in pair.fixes[:2])
        missed = f"a true difference below {effect_words(smallest)} is missed here more than one time in five"
        text = f"{figures[pair.second].label}: {missed}"
        yield Note("detectable", f"{text} ({fixes})" if fixes else text, operand=pair.second)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count:,} items"
