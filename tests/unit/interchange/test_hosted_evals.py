"""Output items of a hosted eval fetched over a line: to files that are whole, and from there into the store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rft_tui.errors import InputError, ServiceError, UsageError
from rft_tui.interchange.hosted_evals import fetch_eval, file_name
from rft_tui.interchange.importer import ImportOptions, import_predictions
from rft_tui.providers.profiles import NamedProfile
from rft_tui.settings import Profile
from rft_tui.store.database import Store
from tests.unit.interchange.test_other_programs import FIXTURES
from tests.unit.providers.backends.wire import Asked, Wire, assert_documented, pages
from tests.unit.providers.faults import Request, answer, refused, serving

ITEMS = [json.loads(line) for line in (FIXTURES / "openai-evals" / "items.jsonl").read_text("utf-8").splitlines()]
FIRST = [one | {"id": f"outputitem_{place}"} for place, one in enumerate(ITEMS)]
RUNS = [{"id": "evalrun_1", "object": "eval.run"}, {"id": "../../evil", "object": "eval.run"}]


def wire_of(second: list[dict[str, object]]) -> Wire:
    wire = Wire()

    def outputs(asked: Asked) -> object:
        return pages(FIRST if asked.ids[0] == "evalrun_1" else second, most=2)(asked)

    wire.on("GET", "/evals/eval_1/runs", pages(RUNS))
    wire.on("GET", "/evals/eval_1/runs/(.+)/output_items", outputs)
    return wire


async def fetched(wire: Wire, folder: Path, *runs: str) -> list[Path]:
    async with serving(wire.handle) as server:
        profile = NamedProfile("test", Profile(base_url=server.url, api_key_env=""))
        try:
            return await fetch_eval(profile, folder / "cache", folder, "eval_1", runs)
        finally:
            for request in server.requests:
                assert_documented(request)


async def test_all_runs_of_an_eval_are_fetched_and_imported_once(store: Store, tmp_path: Path) -> None:
    second = [one | {"run_id": "evalrun_2"} for one in FIRST[:2]]
    files = await fetched(wire_of(second), tmp_path)
    assert all((tmp_path / "evals" / "eval_1") == path.parent for path in files)
    assert [len(path.read_text("utf-8").splitlines()) for path in files] == [4, 2]
    report = import_predictions(store, files, ImportOptions(format="openai-evals"))
    assert (report.new, report.known) == (6, 0)
    again = import_predictions(store, await fetched(wire_of(second), tmp_path), ImportOptions())
    assert (again.new, again.known) == (0, 6)


async def test_one_run_may_be_named_and_a_fault_leaves_no_half_file(tmp_path: Path) -> None:
    assert [path.name for path in await fetched(wire_of([]), tmp_path, "evalrun_1")] == ["evalrun_1.jsonl"]
    before = sorted(tmp_path.rglob("*.jsonl"))
    with pytest.raises(ServiceError):
        await fetched(Wire(), tmp_path, "evalrun_2")
    assert sorted(tmp_path.rglob("*.jsonl")) == before
    assert not list(tmp_path.rglob("*.part"))


async def test_an_eval_without_runs_says_so(tmp_path: Path) -> None:
    wire = Wire()
    wire.on("GET", "/evals/eval_1/runs", pages([]))
    with pytest.raises(UsageError, match="'eval_1' has no runs at test"):
        await fetched(wire, tmp_path)


@pytest.mark.parametrize("status", [404, 410])
async def test_an_eval_that_is_gone_is_said_with_what_is_left(tmp_path: Path, status: int) -> None:
    async with serving(refused(status)) as server:
        profile = NamedProfile("test", Profile(base_url=server.url, api_key_env=""))
        with pytest.raises(ServiceError, match=f"HTTP {status}") as caught:
            await fetch_eval(profile, tmp_path / "cache", tmp_path, "eval_1")
        assert caught.value.hint == "The eval or its run is not there; check the ids."
        await fetched(wire_of([]), tmp_path, "evalrun_1")
        with pytest.raises(ServiceError) as caught:
            await fetch_eval(profile, tmp_path / "cache", tmp_path, "eval_1", ["evalrun_9"])
    assert str(tmp_path / "evals") in caught.value.hint
    assert caught.value.outcome == "not_found"


@pytest.mark.parametrize(
    "fault", [refused(429, "rate_limit_exceeded", **{"retry-after": "0"}), refused(500, **{"retry-after": "0"})]
)
async def test_a_fault_between_two_pages_is_waited_out(tmp_path: Path, fault: bytes) -> None:
    wire, faults = wire_of([]), [fault]

    def answered(request: Request) -> bytes:
        return faults.pop() if faults and "after=" in request.path else wire.handle(request)

    async with serving(answered) as server:
        profile = NamedProfile("test", Profile(base_url=server.url, api_key_env=""))
        (path,) = await fetch_eval(profile, tmp_path / "cache", tmp_path, "eval_1", ["evalrun_1"])
    assert not faults
    assert [json.loads(line)["id"] for line in path.read_text("utf-8").splitlines()] == [one["id"] for one in FIRST]


@pytest.mark.parametrize("body", [b"{oops", b"[1]", b'{"object": "list", "data": null}', b"<html>"])
async def test_a_page_that_is_no_page_leaves_no_file(tmp_path: Path, body: bytes) -> None:
    wire = wire_of([])

    def answered(request: Request) -> bytes:
        return answer(body) if "after=" in request.path else wire.handle(request)

    async with serving(answered) as server:
        profile = NamedProfile("test", Profile(base_url=server.url, api_key_env=""))
        with pytest.raises(ServiceError):
            await fetch_eval(profile, tmp_path / "cache", tmp_path, "eval_1", ["evalrun_1"])
    assert not [one for one in (tmp_path / "evals").rglob("*") if one.is_file()]


@pytest.mark.parametrize("name", ["../x", "", "a/b", "x" * 200, ".hidden", "a\x00b"])
def test_no_id_becomes_a_path(name: str) -> None:
    assert file_name(name).isalnum()
    assert file_name("evalrun_1-a") == "evalrun_1-a"


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "evals").write_text("in the way", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        await fetched(wire_of([]), tmp_path, "evalrun_1")


async def test_two_that_fetch_the_same_run_write_files_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    replace = Path.replace

    def noting(path: Path, target: Path) -> Path:
        seen.append(path.name)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", noting)
    for _turn in range(2):
        await fetched(wire_of([]), tmp_path, "evalrun_1")
    parts = {name for name in seen if name.endswith(".part")}
    assert len(parts) == 2
    assert [path.name for path in (tmp_path / "evals").rglob("*") if path.is_file()] == ["evalrun_1.jsonl"]
