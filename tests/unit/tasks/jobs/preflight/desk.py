"""A workspace to look at before a launch: rows, a graded base, and what a service may have said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from rft_tui.model import Answer, Grade, GradeError, JsonObject, Prompt
from rft_tui.providers.models import ServiceModel
from rft_tui.providers.profiles import BUILT_IN, NamedProfile
from rft_tui.settings import Price, Profile
from rft_tui.store.benches import keep_bench
from rft_tui.store.database import Store
from rft_tui.store.datasets import get_dataset, iter_items
from rft_tui.store.grades import add_grades
from rft_tui.store.prompts import add_prompt
from rft_tui.store.runs import add_predictions, ensure_run
from rft_tui.tasks.graders import ensure_grader
from rft_tui.tasks.jobs.preflight.checks import preflight
from rft_tui.tasks.jobs.preflight.facts import HostedCheck, NetworkFacts
from rft_tui.tasks.jobs.preflight.findings import Finding
from rft_tui.tasks.jobs.preflight.gather import gather
from rft_tui.tasks.jobs.request import JobRequest
from tests.unit.store.building import run_key
from tests.unit.tasks.jobs.requests import EXACT

TODAY = date(2026, 11, 22)
"""The day of most tests."""

OPENAI = NamedProfile("openai", BUILT_IN["openai"])
FOUNDRY = NamedProfile("foundry", Profile(base_url="https://x.openai.azure.com/openai/v1", backend="foundry"))
SIMULATED = NamedProfile("simulated", BUILT_IN["simulated"])
ELSEWHERE = NamedProfile(
    "there", Profile(base_url="https://example.test/v1", prices={"j": Price(2.0, 4.0, training=3.0)})
)
"""A service of which nothing is announced."""

WILLING = NetworkFacts(
    refusal="", models={"o9": ServiceModel("o9"), "j": ServiceModel("j")}, validated=HostedCheck(True), files={}
)
"""A service that takes the job of the base o9."""


def benched(
    store: Store,
    request: JobRequest,
    *,
    checks: int = 100,
    failures: int = 0,
    simulated: bool = False,
    at: str = "2026-11-20T10:00:00.000+00:00",
    partial: bool = False,
) -> None:
    """The grader of a request was put to the bench."""
    document = {
        "ok": not failures,
        "grader": {"name": "g", "version": request.grader_version},
        "summary": [{"check": "padding", "checked": checks, "failed": failures}],
        "simulated": simulated,
        "partial": partial,
    }
    with store.write() as db:
        db.execute("UPDATE bench_result SET at = ? WHERE id = ?", [at, keep_bench(db, document)])


def findings(
    store: Store, request: JobRequest, profile: NamedProfile = ELSEWHERE, **others: Any
) -> dict[str, list[Finding]]:
    """All findings by check; every one of them is shown safely and is JSON."""
    result = preflight(gather(store, request, profile, **({"today": TODAY} | others)))
    found: dict[str, list[Finding]] = {}
    for finding in result.findings:
        found.setdefault(finding.check, []).append(finding)
        assert "\x1b" not in finding.title + finding.message + finding.hint
        assert finding.message
    return found


def only(found: dict[str, list[Finding]], check: str) -> Finding:
    """The one finding of a check."""
    (finding,) = found[check]
    return finding


def graded_base(
    store: Store,
    dataset: str,
    scores: Sequence[Sequence[float | None]],
    *,
    model: str = "o9",
    effort: str = "",
    prompt: Prompt | None = None,
    grader: JsonObject = EXACT,
    parameters: str = "{}",
) -> None:
    """Runs of a base over the first rows of a dataset: for each row the score of each run, None for an error."""
    version = ensure_grader(store, grader)
    with store.write() as db:
        if prompt is not None:
            add_prompt(db, prompt)
        of = get_dataset(db, dataset).id
        items = list(iter_items(db, of))[: len(scores)]
        for index in range(max(map(len, scores))):
            key = run_key(
                of, model, index + 1, effort=effort, prompt=prompt.version if prompt else "", parameters=parameters
            )
            run = ensure_run(db, key)
            asked = [(item, one[index]) for item, one in zip(items, scores, strict=True) if index < len(one)]
            texts = [(item.id, item.input_id, Answer(f"{item.position} {index}")) for item, _score in asked]
            add_predictions(db, run, key, texts)
            for item, score in asked:
                row = db.execute("SELECT id FROM prediction WHERE run = ? AND item = ?", [run, item.id]).fetchone()
                error = GradeError("other_error", "no") if score is None else None
                add_grades(db, version.id, [(row[0], item.id, run, Grade(score, error=error))])
