"""Runs and predictions in the cache.

A prediction is one answer standing for one item in one run. The answer itself is kept once by the content of what was
asked, so that two datasets with the same inputs share it, and verdicts stay with it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rft_tui.errors import UsageError
from rft_tui.identity import content_hash
from rft_tui.model import Answer, JsonObject
from rft_tui.safetext import storable
from rft_tui.store.answers import NewPrediction, ensure_answer, insert_prediction
from rft_tui.store.database import LONGEST_NUMBER
from rft_tui.store.datasets import now


@dataclass(frozen=True, slots=True)
class RunKey:
    """What makes a run: dataset × profile × model × effort × prompt × parameters × run index (from 1).

    `service` is the identity of the service behind the profile (its base URL): two profiles of one service share
    answers. `prompt` is a prompt version, empty for none.
    """

    dataset: int
    profile: str
    service: str
    model: str
    effort: str
    prompt: str
    run_index: int
    parameters: str = "{}"

    @property
    def parts(self) -> list[str | int]:
        """What tells the run apart from every other, in the order of the table."""
        return [self.dataset, self.service, self.model, self.effort, self.prompt, self.parameters, self.run_index]

    def with_index(self, run_index: int) -> RunKey:
        """The same with another run index."""
        return replace(self, run_index=run_index)

    def answer_key(self, input_id: str) -> str:
        """The identity of the answer to one input in this run."""
        return content_hash(
            "answer", input_id, self.prompt, self.service, self.model, self.effort, self.parameters, str(self.run_index)
        )


@dataclass(frozen=True, slots=True)
class StoredRun:
    """One line of the run list: what makes the run, and what has come of it so far.

    `items` is how many it is for; `cost` what its answers cost when they were asked, None where no price was known;
    `served_models` the names under which the service answered; `cached` the predictions that were not asked for anew.
    """

    id: int
    dataset: str
    profile: str
    model: str
    effort: str
    prompt: str
    prompt_name: str
    parameters: JsonObject
    run_index: int
    items: int
    done: int
    errors: int
    input_tokens: int
    output_tokens: int
    reasoning_tokens: int
    latency_s: float | None
    simulated: bool
    source: str | None
    created_at: str
    cost: float | None
    served_models: tuple[str, ...]
    cached: int
    service: str

    @property
    def missing(self) -> int:
        """Items that the run is for and has no prediction of."""
        return max(0, self.items - self.done - self.errors)


def find_run(db: sqlite3.Connection, key: RunKey) -> int | None:
    """The number of the run with this key, None where there is none."""
    row = db.execute(
        "SELECT id FROM run WHERE dataset = ? AND service = ? AND model = ? AND effort = ? AND prompt = ?"
        " AND parameters = ? AND run_index = ?",
        key.parts,
    ).fetchone()
    return None if row is None else int(row[0])


def highest_index(db: sqlite3.Connection, key: RunKey) -> int:
    """The highest run index of runs that ask the same way, on any dataset; 0 where there are none."""
    row = db.execute(
        "SELECT coalesce(max(run_index), 0) FROM run WHERE service = ? AND model = ? AND effort = ? AND prompt = ?"
        " AND parameters = ?",
        key.parts[1:-1],
    ).fetchone()
    return int(row[0])


def run_keys(db: sqlite3.Connection, runs: Sequence[int]) -> dict[int, RunKey]:
    """What makes each of some runs."""
    rows = db.execute(
        "SELECT id, dataset, profile, service, model, effort, prompt, run_index, parameters FROM run"
        f" WHERE id IN ({','.join('?' * len(runs))})",
        list(runs),
    )
    return {row[0]: RunKey(*row[1:]) for row in rows}


def ensure_run(db: sqlite3.Connection, key: RunKey, *, source: str | None = None, simulated: bool = False) -> int:
    """The number of the run with this key, made if there is none."""
    if (run := find_run(db, key)) is not None:
        return run
    made = db.execute(
        "INSERT INTO run (dataset, service, model, effort, prompt, parameters, run_index, profile, simulated, source,"
        " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [*key.parts, key.profile, int(simulated), storable(source) if source else None, now()],
    ).lastrowid
    assert made is not None
    return made


@dataclass(frozen=True, slots=True)
class Added:
    """How many predictions of a batch were new, were there already, and differ from what was there (which stays)."""

    new: int = 0
    known: int = 0
    differing: int = 0


def add_predictions(
    db: sqlite3.Connection, run: int, key: RunKey, predictions: Iterable[tuple[int, str, Answer]]
) -> Added:
    """Store (item number, input id, answer) triples of one run; what is there already is never overwritten.

    An answer that differs from the one stored for the same input in the same run, for whatever item, is left out.
    """
    new = known = differing = 0
    for item, input_id, answer in predictions:
        stored, output_text = ensure_answer(db, key.answer_key(input_id), answer)
        if output_text != answer.output_text:
            differing += 1
            continue
        is_new = insert_prediction(db, NewPrediction(run, key.run_index, item, stored, answer))
        new += is_new
        known += not is_new
    return Added(new, known, differing)


_RUN_QUERY = """
    SELECT run.id, dataset.name, run.profile, run.model, run.effort, run.prompt, coalesce(prompt.name, ''),
        run.parameters, run.run_index, coalesce(run.items, dataset.rows), count(prediction.id),
        count(prediction.error_kind),
        coalesce(sum(prediction.input_tokens), 0), coalesce(sum(prediction.output_tokens), 0),
        coalesce(sum(prediction.reasoning_tokens), 0), avg(prediction.latency_s), run.simulated, run.source,
        run.created_at, sum(prediction.cost), run.served_models, coalesce(sum(prediction.cached), 0), run.service
    FROM run JOIN dataset ON dataset.id = run.dataset LEFT JOIN prompt ON prompt.version = run.prompt
    LEFT JOIN prediction ON prediction.run = run.id"""


def list_runs(db: sqlite3.Connection, runs: Sequence[int] | None = None) -> list[StoredRun]:
    """Runs with their counts, grouped by dataset, model, effort, prompt and run index; all, or those named."""
    where = "" if runs is None else f"WHERE run.id IN ({','.join('?' * len(runs))})"
    rows = db.execute(
        f"{_RUN_QUERY} {where} GROUP BY run.id"
        " ORDER BY dataset.id, run.model, run.effort, run.prompt, run.parameters, run.run_index",
        list(runs or ()),
    )
    return [_run(row) for row in rows]


def _run(row: tuple[Any, ...]) -> StoredRun:
    (
        identity,
        dataset,
        profile,
        model,
        effort,
        prompt,
        prompt_name,
        parameters,
        run_index,
        items,
        predictions,
        errors,
    ) = row[:12]
    input_tokens, output_tokens, reasoning_tokens, latency_s, simulated, source, created_at, cost = row[12:20]
    served_models, cached, service = row[20:]
    return StoredRun(
        identity, dataset, profile, model, effort, prompt, prompt_name, json.loads(parameters), run_index, items,
        predictions - errors, errors, input_tokens, output_tokens, reasoning_tokens, latency_s, bool(simulated), source,
        created_at, cost, tuple(json.loads(served_models)), cached, service,
    )  # fmt: skip


def mark_simulated(db: sqlite3.Connection, run: int) -> None:
    """Say of a run that the embedded service answered in it."""
    db.execute("UPDATE run SET simulated = 1 WHERE id = ?", [run])


def resolve_runs(db: sqlite3.Connection, names: Sequence[str]) -> list[int]:
    """Run numbers for run ids or model names (= all runs of the model). Raises UsageError naming what exists."""
    found: dict[int, None] = {}
    for name in names:
        rows = db.execute("SELECT id FROM run WHERE model = ? ORDER BY id", [storable(name)]).fetchall()
        if not rows and name.isdecimal() and len(name) <= LONGEST_NUMBER:
            rows = db.execute("SELECT id FROM run WHERE id = ?", [int(name)]).fetchall()
        if not rows:
            models = ", ".join(one[0] for one in db.execute("SELECT DISTINCT model FROM run ORDER BY model LIMIT 20"))
            raise UsageError(
                f"there is no run or model {name!r}",
                hint=f"Models here: {models or 'none yet'}; run ids: rft-tui run list.",
            )
        found.update((row[0], None) for row in rows)
    return list(found)


@dataclass(frozen=True, slots=True)
class RunGroup:
    """The runs that differ only in their run index: one model on one dataset in one way."""

    dataset: str
    model: str
    effort: str
    prompt_name: str
    runs: tuple[int, ...]
    simulated: bool

    @property
    def label(self) -> str:
        """How screens name the group: dataset, model and number of runs."""
        return f"{self.dataset} · {self.model} ×{len(self.runs)}"


def run_groups(db: sqlite3.Connection) -> list[RunGroup]:
    """All runs in their groups, without counting predictions."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    simulated: dict[tuple[Any, ...], bool] = {}
    for run, dataset, service, model, effort, prompt, parameters, prompt_name, is_simulated in db.execute(
        "SELECT run.id, dataset.name, run.service, run.model, run.effort, run.prompt, run.parameters,"
        " coalesce(prompt.name, ''), run.simulated FROM run JOIN dataset ON dataset.id = run.dataset"
        " LEFT JOIN prompt ON prompt.version = run.prompt"
        " ORDER BY dataset.id, run.model, run.effort, run.prompt, run.parameters, run.run_index"
    ):
        key = (dataset, model, effort, prompt_name, service, prompt, parameters)
        groups.setdefault(key, []).append(run)
        simulated[key] = simulated.get(key, False) or bool(is_simulated)
    return [
        RunGroup(dataset, model, effort, prompt_name, tuple(runs), simulated[key])
        for key, runs in groups.items()
        for dataset, model, effort, prompt_name, *_others in [key]
    ]


def runs_of(db: sqlite3.Connection, dataset: int) -> list[int]:
    """The runs of a dataset, by number."""
    return [run for (run,) in db.execute("SELECT id FROM run WHERE dataset = ? ORDER BY id", [dataset])]


def any_simulated(db: sqlite3.Connection, runs: Sequence[int] | None) -> bool:
    """Whether the simulated service answered in any of the runs (None: of all)."""
    where = "" if runs is None else f" AND id IN ({','.join('?' * len(runs))})"
    return db.execute(f"SELECT 1 FROM run WHERE simulated{where} LIMIT 1", list(runs or ())).fetchone() is not None
