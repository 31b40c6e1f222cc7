"""What a request would do, before anything is done: its runs, what is known already, what it may cost.

Planning changes nothing. `start` then makes the runs and queues the task, in one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import isfinite

from rft_tui.errors import UsageError
from rft_tui.identity import canonical_json
from rft_tui.model import JsonObject, Prompt
from rft_tui.providers import chat, responses
from rft_tui.providers.calls import ModelCall
from rft_tui.providers.profiles import NamedProfile
from rft_tui.store.answers import known_answers
from rft_tui.store.database import Store
from rft_tui.store.datasets import StoredDataset, get_dataset
from rft_tui.store.prompts import add_prompt
from rft_tui.store.run_figures import error_kinds
from rft_tui.store.runs import RunKey, ensure_run, find_run, highest_index
from rft_tui.store.tasks import add_task
from rft_tui.store.wanted import OPEN, count_to_ask, last_answer, want_items
from rft_tui.tasks.predicting.asking import PROMPT_ROLE
from rft_tui.tasks.predicting.estimate import Estimate, estimate
from rft_tui.tasks.predicting.plan_warnings import warnings_of
from rft_tui.tasks.predicting.planned_run import PlannedRun
from rft_tui.tasks.predicting.requests import PARAMETERS, PredictRequest
from rft_tui.tasks.predicting.selecting import choose_items
from rft_tui.tasks.predicting.then_grading import THEN, GradingAfter, grading_after

PREDICT, BATCH = "predict", "batch"
"""Kinds of tasks that ask for predictions: by live calls, or through the service's batches."""

MOST_RUNS = 1000
"""Runs that one request may make."""

CHECKED_KEYS = 50_000
"""Answers that are looked for in the cache while planning; beyond it what is known is found while asking."""

_PAGE = 500


@dataclass(frozen=True, slots=True)
class PredictPlan:
    """What a request comes to; `chosen` are the items, None for all; `warnings` are said before money is spent.

    `grading` follows the runs by itself where it was asked for; what it costs is not in the estimate.
    """

    request: PredictRequest
    profile: NamedProfile
    dataset: StoredDataset
    prompt: Prompt | None
    chosen: tuple[int, ...] | None
    runs: tuple[PlannedRun, ...]
    estimate: Estimate
    warnings: tuple[str, ...]
    grading: GradingAfter | None = None

    @property
    def items(self) -> int:
        """How many items each run is asked for."""
        return self.dataset.rows if self.chosen is None else len(self.chosen)

    @property
    def requests(self) -> int:
        """How many requests are left to make."""
        return sum(run.requests for run in self.runs)

    @property
    def known(self) -> int:
        """How many predictions are there already or come from the cache."""
        return sum(run.present + run.cached for run in self.runs)


def plan(
    store: Store,
    request: PredictRequest,
    profile: NamedProfile,
    prompt: Prompt | None,
    judge: NamedProfile | None = None,
) -> PredictPlan:
    """Work out what a request would do; `judge` is asked by a model grader that follows, None: the same profile.

    Raises UsageError for one that cannot be meant.
    """
    _check(request)
    with store.read() as db:
        dataset = get_dataset(db, request.dataset)
        chosen = choose_items(db, dataset, request.items)
        keys = list(_keys(db, request, profile, dataset, prompt))
        runs = tuple(_planned(db, keys, dataset, chosen))
        figures = estimate(db, request, profile, prompt, dataset, chosen, runs)
        grading = grading_after(db, request.then_grade, runs, judge or profile)
    warnings = tuple(warnings_of(request, runs, profile))
    if grading is not None and grading.is_free:
        figures = replace(figures, notes=(*figures.notes, grading.said))
    elif grading is not None:
        warnings = (*warnings, grading.said)
    return PredictPlan(
        request, profile, dataset, prompt, None if chosen is None else tuple(chosen), runs, figures, warnings, grading
    )


def _check(request: PredictRequest) -> None:
    if not request.models or not all(model.strip() for model in request.models):
        raise UsageError("a model is missing", hint="Name one or more: --model M.")
    if request.runs < 1:
        raise UsageError(f"the number of runs must be at least 1, not {request.runs}")
    if len(request.models) * len(request.efforts) * request.runs > MOST_RUNS:
        raise UsageError(f"that would be more than {MOST_RUNS} runs", hint="Ask for fewer models, efforts or runs.")
    if unknown := [name for name in request.parameters if name not in PARAMETERS]:
        raise UsageError(f"there is no parameter {unknown[0]!r}", hint=f"There are: {', '.join(PARAMETERS)}.")
    for name, value in (("concurrency", request.concurrency), ("token cap", request.token_cap)):
        if value is not None and value < 1:
            raise UsageError(f"the {name} must be at least 1, not {value}")
    if request.spend_cap is not None and not (isfinite(request.spend_cap) and request.spend_cap > 0):
        raise UsageError(f"the spend cap must be more than 0, not {request.spend_cap:g}")
    for name in ("temperature", "top_p"):
        value = request.parameters.get(name)
        if isinstance(value, float) and not isfinite(value):
            raise UsageError(f"{name} must be a number, not {value:g}")


def _keys(
    db: sqlite3.Connection,
    request: PredictRequest,
    profile: NamedProfile,
    dataset: StoredDataset,
    prompt: Prompt | None,
) -> Iterator[RunKey]:
    """What makes each run: every model at every effort, then the next run index."""
    form = chat if profile.profile.api == "chat" else responses
    left_out = form.ignored(ModelCall("", [], parameters=request.parameters))
    parameters: JsonObject = {
        name: value for name, value in request.parameters.items() if value not in (None, "") and name not in left_out
    }
    if request.as_developer and prompt is not None:
        parameters[PROMPT_ROLE] = "developer"
    ways = [
        RunKey(
            dataset.id,
            profile.name,
            profile.service,
            model,
            effort,
            prompt.version if prompt else "",
            0,
            canonical_json(parameters),
        )
        for model, effort in dict.fromkeys(product(request.models, request.efforts))
    ]
    first = {way: highest_index(db, way) if request.no_cache else 0 for way in ways}
    for number in range(1, request.runs + 1):
        yield from (way.with_index(first[way] + number) for way in ways)


def _planned(
    db: sqlite3.Connection, keys: list[RunKey], dataset: StoredDataset, chosen: list[int] | None
) -> Iterator[PlannedRun]:
    room = CHECKED_KEYS
    items = dataset.rows if chosen is None else len(chosen)
    for key in keys:
        run = find_run(db, key)
        standing = _standing(db, run, chosen)
        present = sum(1 for failed in standing.values() if not failed)
        failed = len(standing) - present
        cached = 0
        if items - present <= room:
            room -= items - present
            cached = _count_cached(db, key, dataset.id, chosen, {item for item in standing if not standing[item]})
        yield PlannedRun(key, run, items, present, cached, failed)


def _standing(db: sqlite3.Connection, run: int | None, chosen: list[int] | None) -> dict[int, bool]:
    """The items that have a prediction in a run, and whether it is an error."""
    if run is None:
        return {}
    kept = None if chosen is None else set(chosen)
    rows = db.execute("SELECT item, error_kind IS NOT NULL FROM prediction WHERE run = ?", [run])
    return {item: bool(failed) for item, failed in rows if kept is None or item in kept}


def _count_cached(
    db: sqlite3.Connection, key: RunKey, dataset: int, chosen: list[int] | None, present: set[int]
) -> int:
    """How many of the items that are missing have an answer in the cache, or share one with an earlier item."""
    kept = None if chosen is None else set(chosen)
    rows = db.execute(
        "SELECT item.id, input.hash FROM item JOIN input ON input.id = item.input WHERE item.dataset = ?", [dataset]
    )
    wanted = [key.answer_key(one[1]) for one in rows if (kept is None or one[0] in kept) and one[0] not in present]
    distinct = list(dict.fromkeys(wanted))
    known = sum(len(known_answers(db, distinct[begin : begin + _PAGE])) for begin in range(0, len(distinct), _PAGE))
    return len(wanted) - len(distinct) + known


def start(store: Store, planned: PredictPlan) -> int:
    """Make the runs and queue the task; its number."""
    request, profile = planned.request, planned.profile
    with store.write() as db:
        if planned.prompt is not None:
            add_prompt(db, planned.prompt)
        runs = []
        for one in planned.runs:
            is_new = find_run(db, one.key) is None
            run = ensure_run(db, one.key, simulated=profile.is_simulated)
            want_items(db, run, planned.chosen, is_new=is_new)
            runs.append(run)
        document = {
            "profile": profile.name,
            "runs": runs,
            "which": OPEN,
            "before": last_answer(db),
            "service_tier": request.service_tier,
            "each": _each(planned.estimate),
            "request": request.as_json(),
        } | ({} if planned.grading is None else {THEN: planned.grading.document(request.spend_cap)})
        settings = {
            name: value
            for name, value in (
                ("concurrency", request.concurrency),
                ("spend_cap", request.spend_cap),
                ("token_cap", request.token_cap),
            )
            if value is not None
        }
        models = ", ".join(dict.fromkeys(one.key.model for one in planned.runs))
        kind = BATCH if request.batch else PREDICT
        total = sum(one.items - one.present for one in planned.runs)
        title = f"{kind} {models} on {planned.dataset.name}"
        task = add_task(db, kind, title, document, settings, total=total, simulated=profile.is_simulated)
        if planned.chosen is not None:
            db.executemany("INSERT INTO task_item VALUES (?, ?)", ((task, item) for item in planned.chosen))
    return task


def _each(figures: Estimate) -> JsonObject:
    """What one request may take as far as that is known, so that a cap holds from the first one on."""
    if not figures.requests or figures.is_guess:
        return {"cost": 0.0} if figures.cost == 0 else {}
    tokens = (figures.input_tokens + figures.output_tokens) / figures.requests
    cost = {} if figures.cost is None else {"cost": figures.cost / figures.requests}
    return {"tokens": tokens, **cost}


def start_for_runs(
    store: Store, profile: NamedProfile, runs: list[int], which: str, kinds: tuple[str, ...] = ()
) -> int:
    """Queue a task that goes on with runs as they are: what is missing in them, or what failed; its number.

    Raises UsageError where there is nothing to ask.
    """
    with store.write() as db:
        before = last_answer(db)
        total = sum(count_to_ask(db, run, which=which, kinds=kinds) for run in runs)
        if not total and kinds:
            there = ", ".join(error_kinds(db, runs)) or "none"
            raise UsageError(f"no error in these runs is {' or '.join(kinds)}", hint=f"Kinds of errors there: {there}.")
        if not total:
            said = "has an error" if which == "failed" else "is missing"
            raise UsageError(f"nothing in these runs {said}", hint="See rft-tui run list.")
        document = {"profile": profile.name, "runs": runs, "which": which, "before": before, "kinds": list(kinds)}
        numbers = ", ".join(map(str, runs[:5])) + (" …" if len(runs) > 5 else "")
        verb = "retry" if which == "failed" else "resume"
        return add_task(db, PREDICT, f"{verb} run {numbers}", document, total=total, simulated=profile.is_simulated)
