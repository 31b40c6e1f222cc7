"""Where a prediction came from: which run asked, and everything that makes the answer's identity."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass

from rft_tui.model import JsonObject


@dataclass(frozen=True, slots=True)
class Origin:
    """One prediction's answer: its key and the parts of it, when and in which run it was asked, who shares it."""

    run: int
    line: int
    answer: int
    cached: bool
    source: str | None
    key: str
    input_id: str
    prompt: str
    service: str
    model: str
    effort: str
    parameters: JsonObject
    run_index: int
    asked_at: str | None
    asked_by: int | None
    served_model: str | None
    shared_by: tuple[int, ...]

    def as_json(self) -> JsonObject:
        """The form that scripts read."""
        return asdict(self)


def origin_of(db: sqlite3.Connection, run: int, line: int) -> Origin | None:
    """Where the prediction of a run for the item at a line of its dataset's file came from; None without one."""
    row = db.execute(
        "SELECT prediction.cached, run.source, answer.key, input.hash, run.prompt, run.service, run.model, run.effort,"
        " run.parameters, run.run_index, answer.asked_at, answer.asked_by, answer.served_model, answer.id"
        " FROM prediction JOIN run ON run.id = prediction.run JOIN item ON item.id = prediction.item"
        " JOIN input ON input.id = item.input JOIN answer ON answer.id = prediction.answer"
        " WHERE prediction.run = ? AND item.line = ?",
        [run, line],
    ).fetchone()
    if row is None:
        return None
    shared = db.execute("SELECT DISTINCT run FROM prediction WHERE answer = ? ORDER BY run LIMIT 50", [row[13]])
    cached, source, key, input_id, prompt, service, model, effort, parameters, run_index = row[:10]
    return Origin(
        run, line, row[13], bool(cached), source, key, input_id, prompt, service, model, effort, json.loads(parameters),
        run_index, row[10], row[11], row[12], tuple(one[0] for one in shared),
    )  # fmt: skip
