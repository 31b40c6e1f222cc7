"""A workspace without a network: a scripted model service, and workers that do tasks one step at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rft_tui.model import Answer, PredictionError, Prompt, Usage
from rft_tui.providers.calls import ModelCall, ModelReply
from rft_tui.providers.profiles import NamedProfile
from rft_tui.settings import Price, Profile
from rft_tui.store.database import Store
from rft_tui.store.owners import this_process
from rft_tui.store.tasks import StoredTask, end_task, get_task, take_task
from rft_tui.tasks.background.control import Control, TaskEnd
from rft_tui.tasks.background.writing import StoreWriter
from rft_tui.tasks.predicting.planning import PredictPlan, plan, start
from rft_tui.tasks.predicting.predict import Predicting
from rft_tui.tasks.predicting.requests import PredictRequest
from rft_tui.tasks.predicting.task import work_of
from tests.unit.store.building import dataset, item

A, B = f"{this_process()}|a", f"{this_process()}|b"
"""Two workers that live."""

DEAD = f"{this_process().split('|')[0]}|4194305|7"
"""A worker of this machine whose process has ended."""

ELSEWHERE = "elsewhere/00000000/pid:[1]|5|9"
"""A worker of another machine."""

PROFILE = NamedProfile(
    "here", Profile(base_url="http://example.test/v1", prices={"m": Price(0.1e6, 0.0, date="2026-09-01")})
)
"""A service that takes a dollar for ten input tokens of the model `m`; the price of others is not known."""


def answer(text: str = "yes", *, attempts: int = 1, **others: Any) -> ModelReply:
    """A good reply of ten tokens in and five out."""
    extra = {"model": "m-2026", **others}
    return ModelReply(Answer(text, None, Usage(10, 5), 0.5, extra=extra), b'{"raw": true}', attempts)


def error(kind: str, message: str = "no", *, stops: str = "") -> ModelReply:
    """A reply that is an error."""
    return ModelReply(Answer("", error=PredictionError(kind, message)), stops=stops)


def question(call: ModelCall) -> str:
    """The text that a call asks."""
    return str(call.messages[-1]["content"])


@dataclass
class Asker:
    """A scripted service: `script` answers each call; `asked` counts calls by model, effort, run and question."""

    script: Callable[[ModelCall], ModelReply] = lambda call: answer(f"{question(call)} {call.run_index}")
    calls: list[ModelCall] = field(default_factory=list)
    on_call: Callable[[int], None] = lambda _number: None
    gate: asyncio.Event | None = None
    most: int = 0
    _open: int = 0

    async def ask(self, call: ModelCall) -> ModelReply:
        """The reply, once the gate is open."""
        self.calls.append(call)
        self._open += 1
        self.most = max(self.most, self._open)
        try:
            self.on_call(len(self.calls))
            await asyncio.sleep(0)
            if self.gate is not None:
                await self.gate.wait()
            return self.script(call)
        finally:
            self._open -= 1

    @property
    def asked(self) -> Counter[tuple[str, str, int, str]]:
        """How often each question was asked."""
        return Counter((call.model, call.effort, call.run_index, question(call)) for call in self.calls)


def add_items(store: Store, name: str = "mine", count: int = 5, *, texts: Iterable[str] | None = None) -> int:
    """A dataset of some questions; its number."""
    questions = list(texts) if texts is not None else [f"Q{number}?" for number in range(count)]
    with store.write() as db:
        items = [item(text, "yes", topic="even" if n % 2 == 0 else "odd", n=n) for n, text in enumerate(questions)]
        return dataset(db, name, items).id


def request(models: Sequence[str] = ("m",), dataset: str = "mine", **others: Any) -> PredictRequest:
    """A request for a dataset."""
    return PredictRequest(dataset, tuple(models), **others)


def planned(
    store: Store, of: PredictRequest | None = None, prompt: Prompt | None = None, profile: NamedProfile = PROFILE
) -> PredictPlan:
    """The plan of a request."""
    return plan(store, of or request(), profile, prompt)


def begin(store: Store, of: PredictRequest | None = None, prompt: Prompt | None = None) -> int:
    """A task for a request; its number."""
    return start(store, planned(store, of, prompt))


def take(store: Store, worker: str, gone: Sequence[str] = ()) -> Control:
    """Let a worker take the oldest task that it may have."""
    with store.write() as db:
        task = take_task(db, worker, kinds=["predict", "grade"], is_gone=lambda one: one.owner in gone)
    assert task is not None
    return Control.of(task, worker)


async def do(
    store: Store,
    control: Control,
    asker: Asker,
    *,
    most: int = 4,
    writer: StoreWriter | None = None,
    seen: Callable[[Predicting], None] = lambda _at_work: None,
) -> TaskEnd:
    """Do a predict task and store its end, as a worker does."""
    own = writer or StoreWriter(store, patience_s=0.05)
    try:
        with store.read() as db:
            work = work_of(db, control.task.request, PROFILE)
        predicting = Predicting(store, own, asker, work, control, most=most)
        seen(predicting)
        end = await predicting.run()
        with store.write() as db:
            end_task(
                db, control.task.id, control.owner, end.state, control.progress, message=end.message, error=end.error
            )
        return end
    finally:
        if writer is None:
            own.close()


async def run(
    store: Store, asker: Asker, of: PredictRequest | None = None, *, worker: str = A, most: int = 4
) -> StoredTask:
    """Plan, begin and do a request; the task as it is then."""
    task = begin(store, of)
    await do(store, take(store, worker), asker, most=most)
    return task_of(store, task)


def task_of(store: Store, task: int) -> StoredTask:
    """A task as it is stored."""
    with store.read() as db:
        return get_task(db, task)


Row = tuple[str, str, int, int, str, str | None]


def rows(store: Store) -> list[Row]:
    """Every prediction: dataset, model, run index, position, text and kind of error."""
    with store.read() as db:
        return db.execute(
            "SELECT dataset.name, run.model, run.run_index, item.position, answer.output_text, prediction.error_kind"
            " FROM prediction JOIN item ON item.id = prediction.item JOIN run ON run.id = prediction.run"
            " JOIN dataset ON dataset.id = run.dataset JOIN answer ON answer.id = prediction.answer"
            " ORDER BY dataset.id, run.id, item.position"
        ).fetchall()


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """All rows that predictions are made of."""
    with store.read() as db:
        return {name: db.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in ("answer", "prediction")}


def claims(store: Store) -> list[tuple[str, str]]:
    """What is being asked, and by whom."""
    with store.read() as db:
        return db.execute("SELECT key, owner FROM asking ORDER BY key").fetchall()
