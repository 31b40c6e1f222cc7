from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from rft_tui.errors import InputError, ServiceError
from rft_tui.providers.profiles import NamedProfile
from rft_tui.providers.service import ModelService
from rft_tui.settings import Profile
from rft_tui.simulator.running import running_simulator
from rft_tui.store.database import Store
from rft_tui.tasks.jobs.uploading import ensure_uploaded
from tests.unit.simulator.contract import assert_fits
from tests.upload_service import UploadService, taking
from tests.uploading import QUICK, backend_of

PART = 1 << 16
SIZE = 10 * PART + 777


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / ".rft" / "cache.db")
    yield made
    made.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "train rows.jsonl"
    made.write_bytes(os.urandom(SIZE))
    return made


class Sending:
    """One process's way of sending: parts of PART bytes beyond `whole` bytes; keeps what progress was told."""

    def __init__(
        self,
        url: str,
        store: Store,
        whole: int = PART,
        server: UploadService | None = None,
        at: Callable[[int], None] = lambda done: None,
    ) -> None:
        self.url, self.store, self.whole, self.server, self.at = url, store, whole, server, at
        self.told: list[tuple[str, int, int]] = []
        self.early: list[int] = []

    def tell(self, stage: str, done: int, total: int) -> None:
        self.told.append((stage, done, total))
        if stage == "sending":
            if self.server is not None and done > self.server.arrived:
                self.early.append(done)
            self.at(done)

    async def __call__(self, path: Path) -> Any:
        profile = NamedProfile("test", Profile(base_url=self.url, api_key_env=""))
        async with ModelService(profile, clock=QUICK) as service:
            backend = backend_of(service, PART, self.whole)
            return await ensure_uploaded(backend, self.store, path, service=self.url, told=self.tell, clock=QUICK)

    @property
    def sent(self) -> list[int]:
        return [done for stage, done, _total in self.told if stage == "sending"]


def hash_of(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


async def test_a_small_file_goes_whole_and_once(tmp_path: Path, store: Store, path: Path) -> None:
    async with taking(tmp_path / "there") as server:
        first = Sending(server.url, store, whole=SIZE)
        done = await first(path)
        again = await Sending(server.url, store, whole=SIZE)(path)
    (found,) = server.files.values()
    assert (found["id"], found["sha256"], found["purpose"]) == (done.file_id, hash_of(path), "fine-tune")
    assert found["filename"] == done.name == f"train-rows-{hash_of(path)[:12]}.jsonl"
    assert (done.was_there, again.was_there, again.file_id) == (False, True, done.file_id)
    assert [call for call in server.requests if call[0] == "POST"] == [("POST", "/v1/files")]
    assert first.sent == sorted(first.sent)
    assert first.told[-1] == ("sending", SIZE, SIZE)
    assert ("reading", SIZE, SIZE) in first.told


@pytest.mark.parametrize("how", ["middle", "after"])
async def test_a_lost_answer_is_looked_for_before_a_file_is_sent_again(
    tmp_path: Path, store: Store, path: Path, how: str
) -> None:
    async with taking(tmp_path / "there", lose=[("/files", how)]) as server:
        sending = Sending(server.url, store, whole=SIZE)
        done = await sending(path)
    posts = [call for call in server.requests if call[0] == "POST"]
    assert len(posts) == (2 if how == "middle" else 1)
    assert [one["sha256"] for one in server.files.values()] == [hash_of(path)]
    assert done.file_id in server.files
    assert sending.sent == sorted(sending.sent)


async def test_a_large_file_goes_in_parts_with_true_progress(tmp_path: Path, store: Store, path: Path) -> None:
    async with taking(tmp_path / "there") as server:
        sending = Sending(server.url, store, server=server)
        done = await sending(path)
    assert server.files[done.file_id]["sha256"] == hash_of(path)
    assert sending.sent == [*range(0, SIZE, PART), SIZE]
    assert not sending.early
    for name, body in server.bodies:
        assert_fits(body, name)
    assert [name for name, _body in server.bodies] == ["CreateUploadRequest", "CompleteUploadRequest"]


@pytest.mark.parametrize("seed", range(4))
async def test_resets_cost_parts_and_no_bytes(tmp_path: Path, store: Store, path: Path, seed: int) -> None:
    async with taking(tmp_path / "there", resets=0.3, seed=seed) as server:
        sending = Sending(server.url, store, server=server)
        done = await sending(path)
    assert server.lost > 0
    assert server.files[done.file_id]["sha256"] == hash_of(path)
    assert len(server.files) == 1
    assert sending.sent == sorted(set(sending.sent))
    assert not sending.early


async def test_another_process_goes_on_where_one_stopped(tmp_path: Path, store: Store, path: Path) -> None:
    async with taking(tmp_path / "there") as server:
        stop_at = 4 * PART

        def stop(done: int) -> None:
            if done >= stop_at:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await Sending(server.url, store, at=stop)(path)
        before = server.arrived
        second = Sending(server.url, store, server=server)
        done = await second(path)
    assert server.files[done.file_id]["sha256"] == hash_of(path)
    assert list(server.uploads) == ["upload_1"]
    assert second.sent[0] >= stop_at
    assert server.arrived - before <= SIZE - stop_at


@pytest.mark.parametrize("status", [404, 400])
async def test_an_upload_that_has_ended_is_begun_anew(tmp_path: Path, store: Store, path: Path, status: int) -> None:
    async with taking(tmp_path / "there", refuse=[("/uploads/upload_1/parts", status)]) as server:
        done = await Sending(server.url, store)(path)
    assert list(server.uploads) == ["upload_1", "upload_2"]
    assert server.files[done.file_id]["sha256"] == hash_of(path)


async def test_a_service_that_refuses_every_upload_is_not_asked_for_ever(
    tmp_path: Path, store: Store, path: Path
) -> None:
    async with taking(tmp_path / "there", refuse=[("/uploads/upload", 400)] * 100) as server:
        with pytest.raises(ServiceError) as caught:
            await Sending(server.url, store)(path)
    assert caught.value.outcome == "bad_request"
    assert len(server.uploads) == 2


async def test_an_upload_that_is_an_hour_old_is_not_gone_on_with(tmp_path: Path, store: Store, path: Path) -> None:
    async with taking(tmp_path / "there", refuse=[("/uploads/upload_1/complete", 401)]) as server:
        with pytest.raises(ServiceError):
            await Sending(server.url, store)(path)
        with store.write() as db:
            db.execute("UPDATE upload SET begun_at = '2026-01-01T00:00:00.000+00:00'")
        done = await Sending(server.url, store)(path)
    assert list(server.uploads) == ["upload_1", "upload_2"]
    assert done.file_id in server.files


async def test_a_lost_completion_is_looked_for(tmp_path: Path, store: Store, path: Path) -> None:
    async with taking(tmp_path / "there", lose=[("/uploads/upload_1/complete", "after")]) as server:
        done = await Sending(server.url, store)(path)
    assert list(server.files) == [done.file_id]
    assert len(server.uploads) == 1


async def test_without_uploads_the_file_goes_whole(tmp_path: Path, store: Store, path: Path) -> None:
    async with taking(tmp_path / "there", has_uploads=False) as server:
        done = await Sending(server.url, store)(path)
    assert server.files[done.file_id]["sha256"] == hash_of(path)


@pytest.mark.parametrize("whole", [PART, SIZE])
async def test_a_file_that_changes_under_way_is_said(tmp_path: Path, store: Store, path: Path, whole: int) -> None:
    async with taking(tmp_path / "there") as server:

        def change(done: int) -> None:
            if done:
                with path.open("r+b") as file:
                    file.seek(SIZE - 100)
                    file.write(b"x" * 50)
                os.utime(path, ns=(1, done))

        with pytest.raises(InputError, match="changed while"):
            await Sending(server.url, store, whole, at=change)(path)
    assert not server.files


async def test_a_file_that_is_gone_at_the_service_is_sent_again(tmp_path: Path, store: Store, path: Path) -> None:
    async with taking(tmp_path / "there") as server:
        first = await Sending(server.url, store)(path)
        server.files.clear()
        second = await Sending(server.url, store)(path)
    assert not first.was_there
    assert not second.was_there
    assert second.file_id in server.files


async def test_two_at_once_send_the_same_bytes_right(tmp_path: Path, store: Store, path: Path) -> None:
    async with taking(tmp_path / "there") as server:
        done = await asyncio.gather(Sending(server.url, store)(path), Sending(server.url, store)(path))
    assert {server.files[each.file_id]["sha256"] for each in done} == {hash_of(path)}


async def test_the_service_is_waited_for_while_it_looks_at_a_file(
    tmp_path: Path, store: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with taking(tmp_path / "there") as server:
        answer = server._answer
        looks: list[dict[str, str]] = [{"status": "pending"}, {"status": "running"}]

        def slow(method: str, where: str, headers: dict[str, str], body: Path) -> tuple[int, Any]:
            status, shown = answer(method, where, headers, body)
            return status, {**shown, **looks.pop(0)} if method == "GET" and "/file-" in where and looks else shown

        monkeypatch.setattr(server, "_answer", slow)
        await Sending(server.url, store, whole=SIZE)(path)
        assert not looks
        looks += [{}, {"status": "error", "status_details": "line 3 is no JSON"}]
        with pytest.raises(InputError, match="line 3 is no JSON"):
            await Sending(server.url, store, whole=SIZE)(path)


@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "pipe"])
async def test_what_is_no_file_is_said(tmp_path: Path, store: Store, kind: str) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    elif kind == "empty":
        path.touch()
    elif kind == "pipe":
        os.mkfifo(path)
    with pytest.raises(InputError, match=kind):
        await Sending("http://127.0.0.1:9/v1", store)(path)


async def test_the_embedded_service_takes_parts(store: Store, path: Path) -> None:
    with running_simulator({"reset": 0.2}, fault_paths=("/v1/uploads", "/v1/files"), seed=5) as simulator:
        done = await Sending(simulator.base_url, store)(path)
        again = await Sending(simulator.base_url, store)(path)
        assert simulator.state()["met"]
    assert (done.size, again.file_id, again.was_there) == (SIZE, done.file_id, True)
