"""A workspace whose grader pays for padding, and a scripted service in the place of every model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from rft_tui.graders.spec import score_rule
from rft_tui.model import JsonObject, Verdict
from rft_tui.providers.calls import ModelCall, ModelReply
from rft_tui.providers.profiles import NamedProfile
from rft_tui.settings import WORKSPACE_FILE
from rft_tui.store.graders import list_graders, save_version
from rft_tui.store.verdicts import EventKind, record
from rft_tui.tasks.grade import grade_runs
from rft_tui.tui.screens.graders.screen import GradersScreen
from rft_tui.workspace import init_workspace, open_workspace
from tests.functional.driver import Driver
from tests.unit.store.building import dataset, item, predict, run_key
from tests.unit.tasks.judge_service import Service, said

PART = re.compile(r"^([^\n]+):\n<data (\w+)>\n(.*?)\n</data \2>$", re.MULTILINE | re.DOTALL)

CONTAINS: JsonObject = {
    "type": "string_check", "name": "contains", "operation": "like",
    "input": "{{sample.output_text}}", "reference": "{{item.reference_answer}}",
}  # fmt: skip
"""Full marks for whatever has the reference in it."""

EXACT = CONTAINS | {"name": "exact", "operation": "eq"}

PROFILE = """
judge_profile = "here"

[profiles.here]
base_url = "http://127.0.0.1:9/v1"

[profiles.here.prices.big]
input = 10.0
output = 10.0
"""

PADDED, PLAIN, OTHERWISE = "red fox {} and many other animals", "red fox {}", "the fox {}, a red one"
"""Answers of the three runs: the first one and the second one pass, and the last one is better than the first one."""

KEPT = "SELECT count(*) FROM pair_rating"
UNTOUCHED = "SELECT (SELECT count(*) FROM review), (SELECT total(score) FROM grade), (SELECT count(*) FROM grade)"
"""What no rater may change."""


def make(
    folder: Path, items: int = 8, answers: Sequence[str] = (PADDED, PLAIN, OTHERWISE), *, verdicts: int = 0
) -> Path:
    """Items with a run for each answer, graded; verdicts on all answers to the first so many items."""
    init_workspace(folder)
    (folder / WORKSPACE_FILE).write_text(PROFILE)
    workspace = open_workspace(folder)
    try:
        with workspace.store.write() as db:
            mine = dataset(db, "mine", [item(f"Which animal is number {n}?", f"red fox {n}") for n in range(items)])
            for run, answer in enumerate(answers, 1):
                predict(db, run_key(mine.id, run_index=run), [answer.format(n) for n in range(items)])
            for spec in (CONTAINS, EXACT):
                save_version(db, str(spec["name"]), spec, score_rule(spec), text=json.dumps(spec, indent=1))
            found = db.execute(
                "SELECT answer, output_text FROM prediction JOIN answer ON answer.id = prediction.answer"
                " JOIN item ON item.id = prediction.item WHERE item.position < ?", [verdicts]
            ).fetchall()  # fmt: skip
            for answer_id, text in found:
                verdict = Verdict.WRONG if "many other" in text else Verdict.RIGHT
                record(db, workspace.reviewer, EventKind.VERDICT, verdict, answers=[answer_id])
        with workspace.store.read() as db:
            graders = list_graders(db)
        for grader in graders:
            grade_runs(workspace.store, grader)
    finally:
        workspace.store.close()
    return folder


def parts(call: ModelCall) -> Mapping[str, str]:
    """The texts of a question by their titles."""
    return {title: text for title, _mark, text in PART.findall(str(call.messages[-1]["content"]))}


def shorter_is_better(call: ModelCall) -> ModelReply:
    """A rater with a reason; of disagreements it sides against the grader."""
    texts = parts(call)
    if "First answer" in texts:
        first, second = len(texts["First answer"]), len(texts["Second answer"])
        better = "same" if first == second else "first" if first < second else "second"
        return said({"better": better, "reason": "the other one lists more than was asked"})
    who = "person" if "Person" in texts else "rater"
    return said({"who": who, "why": "it lists many animals"})


class Models(Service):
    """The service behind every profile, as a context like the real one."""

    async def __aenter__(self) -> Models:
        self._room = None  # it belongs to the loop on which it was waited for
        return self

    async def __aexit__(self, *_error: object) -> None:
        return None


def scripted(patch: pytest.MonkeyPatch, answer: Callable[[ModelCall], ModelReply] = shorter_is_better) -> Models:
    """Put a scripted service in the place of all services."""
    models = Models(script=answer)

    def opened(_profile: NamedProfile, **_others: Any) -> Models:
        return models

    patch.setattr("rft_tui.providers.service.ModelService", opened)
    return models


def on_grader(app: Driver, name: str = "contains") -> Driver:
    """On Graders, with a grader under the cursor."""

    def stand() -> None:
        screen = app.app.screen
        assert isinstance(screen, GradersScreen)
        screen.read_list(name)

    return app.press("4").on("Graders").do(stand).see_in("header", name)


def once_after(models: Models, calls: int) -> Callable[[ModelCall], ModelReply]:
    """A rater that falls silent after so many calls, until somebody opens the gate; then it goes on for good."""
    silent = [False]

    def answer(call: ModelCall) -> ModelReply:
        if len(models.calls) >= calls and not silent[0]:
            silent[0] = True
            models.gate.clear()
        return shorter_is_better(call)

    return answer


def choose(app: Driver, model: str = "big", pairs: str = "") -> Driver:
    """Choose a rater by its name, through the profile that is proposed, where it is asked for."""
    app.see("second rater: a stronger model").type("another").press("enter").see("as its service calls it").type(model)
    app.press("enter").see("through which profile?").press("enter").see("2 questions a pair")
    if pairs:
        app.press("ctrl+u").type(pairs)
    return app.press("enter")
