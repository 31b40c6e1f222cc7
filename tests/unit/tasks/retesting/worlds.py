"""Small workspaces for retests: predictions, graders, verdicts, and a retester whose updates are collected."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rft_tui.graders.judge import Judge
from rft_tui.model import Answer, JsonObject, Verdict
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader
from rft_tui.store.verdicts import EventKind, record
from rft_tui.tasks.grade import grade_runs
from rft_tui.tasks.graders import ensure_grader
from rft_tui.tasks.retesting.probes import ProbeChoice, ProbeRow, probe_set
from rft_tui.tasks.retesting.retest import Retester, RetestUpdate
from tests.unit.store.building import ME, dataset, item, predict, predictions, run_key

EXACT: JsonObject = {
    "type": "string_check",
    "name": "exact",
    "operation": "eq",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
}
"""Passes what equals the reference."""

WAIT_S = 20.0
"""What a test waits for an update before it fails."""


def python(body: str, name: str = "py", **more: Any) -> JsonObject:
    """A python grader that returns an expression over `sample` and `item`."""
    return {"type": "python", "name": name, "source": f"def grade(sample, item):\n    return {body}\n", **more}


def multi(formula: str, name: str = "both", **children: JsonObject) -> JsonObject:
    """A multi grader."""
    return {"type": "multi", "name": name, "graders": children, "calculate_output": formula}


def fill(store: Store, answers: Sequence[Answer | str], runs: int = 1, model: str = "m") -> list[int]:
    """A dataset with one item for each answer and runs that gave them; the predictions of all runs."""
    with store.write() as db:
        mine = dataset(db, f"of {model}", [item(f"{model} Q{number}?", "yes") for number in range(len(answers))])
        made = [predict(db, run_key(mine.id, model, index), list(answers))[0] for index in range(1, runs + 1)]
        return [prediction for run in made for prediction in predictions(db, run)]


def stored(store: Store, spec: JsonObject) -> StoredGrader:
    """A stored grader that has graded everything."""
    grader = ensure_grader(store, spec)
    grade_runs(store, grader)
    return grader


def judge_by_hand(store: Store, prediction: int, verdict: Verdict, on: StoredGrader | None = None) -> None:
    """A verdict of the reviewer, on a version."""
    with store.write() as db:
        (answer,) = db.execute("SELECT answer FROM prediction WHERE id = ?", [prediction]).fetchone()
        record(db, ME, EventKind.VERDICT, verdict, answers=[answer], grader_version=on.version if on else None)


def rows_of(store: Store, base: StoredGrader | None = None, kind: Any = "random", **more: Any) -> list[ProbeRow]:
    """A probe set, in the order of the predictions."""
    found = list(probe_set(store, ProbeChoice(kind, **more), base, ME).rows)
    return sorted(found, key=lambda row: row.prediction)


@dataclass
class Desk:
    """A retester and what it told; `heard` is called with every update, in the retester's thread."""

    store: Store
    updates: list[RetestUpdate] = field(default_factory=list)
    heard: Callable[[RetestUpdate], None] = lambda _update: None
    retester: Retester = field(init=False)

    def __post_init__(self) -> None:
        self.retester = Retester(self.store)
        self._told = threading.Condition()

    def take(self, update: RetestUpdate) -> None:
        """Take an update."""
        with self._told:
            self.updates.append(update)
            self._told.notify_all()
        self.heard(update)

    def start(
        self,
        spec: JsonObject | str,
        rows: Sequence[ProbeRow],
        first: int = 0,
        visible: int = 5,
        judge: Judge | None = None,
    ) -> int:
        """Start a retest."""
        text = spec if isinstance(spec, str) else json.dumps(spec, indent=2)
        return self.retester.start(text, rows, first_visible=first, visible=visible, on_update=self.take, judge=judge)

    def until(self, holds: Callable[[RetestUpdate], bool]) -> RetestUpdate:
        """The first update of which something holds."""
        with self._told:
            assert self._told.wait_for(lambda: any(map(holds, self.updates)), WAIT_S)
            return next(update for update in self.updates if holds(update))

    def run(self, spec: JsonObject | str, rows: Sequence[ProbeRow], **more: Any) -> RetestUpdate:
        """Retest to the end; the last update."""
        serial = self.start(spec, rows, **more)
        return self.until(lambda update: update.done and update.serial == serial)

    def results(self, serial: int) -> dict[int, float | None]:
        """All scores that a retest told, by row."""
        told = [update for update in self.updates if update.serial == serial]
        return {index: grade.score for update in told for index, grade in update.results.items()}
