"""Leaving the program while a judge is asked: quick, and what has arrived is kept."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import cast

import pytest

from rft_tui.providers.calls import ModelCall, ModelReply
from rft_tui.providers.service import ModelService
from rft_tui.store.database import Store
from rft_tui.tasks.background.writing import StoreWriter
from rft_tui.tasks.judging import in_process
from rft_tui.tasks.judging.in_process import leave_judges
from rft_tui.tasks.judging.judge import ServiceJudge
from tests.unit.tasks.judge_service import Service, judge_call, profile, said

QUICK_S = 0.5
"""How long leaving may take."""


class Asking:
    """A judge that asks a scripted service, whose closing a test times itself."""

    def __init__(self, store: Store, service: Service, patch: pytest.MonkeyPatch) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.writer = StoreWriter(store)
        self.judge = ServiceJudge(store, self.writer, cast("ModelService", service), profile(), self.loop)
        patch.setattr(in_process, "_open", {self.judge})

    def close(self) -> float:
        """Close the judge; how long it took."""
        began = time.monotonic()
        asyncio.run_coroutine_threadsafe(self.judge.close(), self.loop).result(10)
        return time.monotonic() - began

    def end(self) -> None:
        """End its threads; what was begun to be written is written."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
        self.writer.close()


def replies(store: Store) -> int:
    with store.read() as db:
        return int(db.execute("SELECT count(*) FROM reply").fetchone()[0])


def test_leaving_waits_for_no_answer_on_its_way(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service()
    asking = Asking(store, service, monkeypatch)
    assert asking.judge.ask(judge_call("first")).result(5).error is None
    service.gate.clear()
    late = asking.judge.ask(judge_call("second"))
    while len(service.calls) < 2:
        threading.Event().wait(0.005)
    leave_judges()
    assert asking.judge.stop.is_set()
    assert asking.close() < QUICK_S
    asking.end()
    assert late.done()
    assert replies(store) == 1


def test_who_leaves_while_it_closes_waits_no_longer(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    service = Service()
    service.gate.clear()
    asking = Asking(store, service, monkeypatch)
    asking.judge.ask(judge_call("first"))
    while not service.calls:
        threading.Event().wait(0.005)
    threading.Timer(0.1, leave_judges).start()
    assert asking.close() < 1
    asking.end()


def test_an_answer_that_has_arrived_is_kept_though_the_cache_is_busy(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = store.connect()

    def answer(_call: ModelCall) -> ModelReply:
        other.execute("BEGIN IMMEDIATE")  # from now on somebody else writes
        return said({"result": 1.0, "steps": []})

    asking = Asking(store, Service(script=answer), monkeypatch)
    asking.judge.ask(judge_call("first"))
    while not other.in_transaction:
        threading.Event().wait(0.005)
    leave_judges()
    assert asking.close() < QUICK_S
    other.execute("ROLLBACK")
    other.close()
    asking.end()
    assert replies(store) == 1
