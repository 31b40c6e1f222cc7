"""Runs and predictions in the cache.

A prediction is one answer standing for one item in one run. The answer itself is kept once by the content of what was
asked, so that two datasets with the same inputs share it, and verdicts stay with it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rft_tui.errors import UsageError
from rft_tui.identity import canonical_json, content_hash
from rft_tui.model import Answer, JsonObject
from rft_tui.safetext import one_line, storable
from rft_tui.store.database import LONGEST_NUMBER
from rft_tui.store.datasets import SNIPPET, now


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

    def answer_key(self, input_id: str) -> str:
        """The identity of the answer to one input in this run."""
        return content_hash(
            "answer", input_id, self.prompt, self.service, self.model, self.effort, self.parameters, str(self.run_index)
        )


@dataclass(frozen=True, slots=True)
class StoredRun:
    """One line of the run list: what makes the run, and what has come of it so far."""

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


def ensure_run(db: sqlite3.Connection, key: RunKey, *, source: str | None = None, simulated: bool = False) -> int:
    """The number of the run with this key, made if there is none."""
    parts = [key.dataset, key.service, key.model, key.effort, key.prompt, key.parameters, key.run_index]
    row = db.execute(
        "SELECT id FROM run WHERE dataset = ? AND service = ? AND model = ? AND effort = ? AND prompt = ?"
        " AND parameters = ? AND run_index = ?",
        parts,
    ).fetchone()
    if row is not None:
        return int(row[0])
    made = db.execute(
        "INSERT INTO run (dataset, service, model, effort, prompt, parameters, run_index, profile, simulated, source,"
        " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [*parts, key.profile, int(simulated), storable(source) if source else None, now()],
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
        stored, output_text = _ensure_answer(db, key.answer_key(input_id), answer)
        if output_text != answer.output_text:
            differing += 1
            continue
        usage = answer.usage
        changed = db.execute(
            "INSERT INTO prediction (run, item, answer, run_index, snippet, length, error_kind, input_tokens,"
            " output_tokens, reasoning_tokens, latency_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (run, item) DO NOTHING",
            [
                run,
                item,
                stored,
                key.run_index,
                one_line(answer.output_text or (answer.error.message if answer.error else ""), SNIPPET),
                len(answer.output_text),
                answer.error.kind if answer.error else None,
                usage.input_tokens,
                usage.output_tokens,
                usage.reasoning_tokens,
                answer.latency_s,
            ],
        ).rowcount
        new += changed
        known += not changed
    return Added(new, known, differing)


def _ensure_answer(db: sqlite3.Connection, key: str, answer: Answer) -> tuple[int, str]:
    """The number and the text of the answer that is stored under a key, which is this one if there was none."""
    made = db.execute(
        "INSERT INTO answer (key, output_text, summary, error_message, extra) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (key) DO NOTHING",
        [
            key,
            answer.output_text,
            answer.reasoning_summary,
            answer.error.message if answer.error else None,
            canonical_json(answer.extra) if answer.extra else None,
        ],
    )
    if made.rowcount and made.lastrowid is not None:
        return made.lastrowid, answer.output_text
    number, output_text = db.execute("SELECT id, output_text FROM answer WHERE key = ?", [key]).fetchone()
    return number, output_text


_RUN_QUERY = """
    SELECT run.id, dataset.name, run.profile, run.model, run.effort, run.prompt, coalesce(prompt.name, ''),
        run.parameters, run.run_index, dataset.rows, count(prediction.id), count(prediction.error_kind),
        coalesce(sum(prediction.input_tokens), 0), coalesce(sum(prediction.output_tokens), 0),
        coalesce(sum(prediction.reasoning_tokens), 0), avg(prediction.latency_s), run.simulated, run.source,
        run.created_at
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
    input_tokens, output_tokens, reasoning_tokens, latency_s, simulated, source, created_at = row[12:]
    return StoredRun(
        identity, dataset, profile, model, effort, prompt, prompt_name, json.loads(parameters), run_index, items,
        predictions - errors, errors, input_tokens, output_tokens, reasoning_tokens, latency_s, bool(simulated), source,
        created_at,
    )  # fmt: skip


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
