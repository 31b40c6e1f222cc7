from __future__ import annotations

import copy
import io
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from rft_tui.errors import ServiceError, UsageError
from rft_tui.job_model import JobEvent
from rft_tui.model import JsonObject
from rft_tui.providers.backends.openai import OpenAIJobs
from rft_tui.providers.backends.reading import read_job
from rft_tui.providers.backends.registry import open_backend
from rft_tui.providers.batch_remote import UNCERTAIN
from rft_tui.providers.clock import Clock
from rft_tui.providers.profiles import BUILT_IN, NamedProfile
from rft_tui.providers.service import ModelService
from rft_tui.settings import Profile
from tests.unit.providers.backends.wire import BODY, Asked, Wire, backend_at, event, job, pages
from tests.unit.providers.faults import answer, broken, refused

JOBS = "/fine_tuning/jobs"
JOB = JOBS + "/([^/]+)"

FAULTS = {
    "reset": b"",
    "cut short": broken(job()),
    "500": refused(500),
    "503": refused(503, "slow_down"),
    "half JSON": answer('{"id": "ftjob-1", "obj'),
    "a page": answer("<html>hello</html>", content_type="text/html"),
    "a list": answer("[1, 2]"),
    "no id": answer({"object": "fine_tuning.job"}),
}


def made_jobs(wire: Wire, *, filters: bool = True, lost: bytes | None = None) -> list[JsonObject]:
    """Let a server create jobs and list them, the newest first; the first answer may be lost."""
    jobs: list[JsonObject] = [job(number) for number in range(250)]

    def create(asked: Asked) -> Any:
        nonlocal lost
        jobs.insert(0, job(1000 + len(jobs), **{key: asked.request.json[key] for key in ("metadata", "model")}))
        said, lost = lost, None
        return jobs[0] if said is None else said

    def listing(asked: Asked) -> Any:
        wanted = asked.query.get("metadata[rft_tui_mark]")
        held = [one for one in jobs if one.get("metadata", {}).get("rft_tui_mark") == wanted]
        return pages(held if filters and wanted else jobs)(asked)

    wire.on("POST", JOBS, create)
    wire.on("GET", JOBS, listing)
    return jobs


async def test_a_job_is_created_with_the_body_as_it_is() -> None:
    wire = Wire()
    made_jobs(wire)
    async with backend_at(wire) as backend:
        created = await backend.create(BODY)
    assert created.remote_id == "ftjob-1250"
    assert created.raw["usage_metrics"] is None
    assert wire.server.requests[0].json == BODY


@pytest.mark.parametrize("filters", [True, False])
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_job_whose_answer_is_lost_is_found_and_made_once(fault: str, filters: bool) -> None:
    wire = Wire()
    jobs = made_jobs(wire, filters=filters, lost=FAULTS[fault])
    async with backend_at(wire) as backend:
        with pytest.raises(ServiceError) as caught:
            await backend.create(BODY)
        assert caught.value.outcome in UNCERTAIN
        found = await backend.find("mark-1")
        assert await backend.find("mark-2") is None
    assert found is not None
    assert found.remote_id == jobs[0]["id"]
    assert (wire.posts(JOBS), len(jobs)) == (1, 251)


async def test_a_mark_is_found_on_a_late_page_where_the_filter_is_not_known() -> None:
    wire = Wire()
    jobs = made_jobs(wire)
    jobs[-1]["metadata"] = {"rft_tui_mark": "old"}
    plain = pages(jobs)
    wire.on("GET", JOBS, lambda asked: refused(400) if "metadata[rft_tui_mark]" in asked.query else plain(asked))
    async with backend_at(wire) as backend:
        found = await backend.find("old")
    assert found is not None
    assert found.remote_id == jobs[-1]["id"]
    assert len(wire.asked) == 4


async def test_a_search_that_cannot_be_whole_is_no_answer() -> None:
    wire = Wire()
    made_jobs(wire)
    wire.on("GET", JOBS, lambda asked: {"data": [job(1)], "has_more": True})
    async with backend_at(wire) as backend:
        with pytest.raises(ServiceError, match="comes back to where it was"):
            await backend.find("mark-1")


async def test_refusals_say_what_the_service_said() -> None:
    wire = Wire()
    wire.on("POST", JOBS, lambda asked: refused(400, "invalid_value", "n_epochs is too large"))
    wire.on("GET", JOB, lambda asked: refused(404, "fine_tune_not_found", "no such job"))
    async with backend_at(wire) as backend:
        with pytest.raises(ServiceError, match="n_epochs is too large") as caught:
            await backend.create(BODY)
        assert caught.value.outcome == "bad_request"
        with pytest.raises(ServiceError, match="does not have the job ftjob-9") as caught:
            await backend.get("ftjob-9")
        assert caught.value.outcome == "not_found"
        assert "404" not in caught.value.message
        with pytest.raises(ServiceError, match="does not have the file file-9"):
            await backend.file_head("file-9")


@pytest.mark.parametrize("fault", [FAULTS["reset"], FAULTS["500"], refused(429)])
async def test_what_only_reads_is_tried_again(fault: bytes) -> None:
    wire = Wire()
    wire.on("GET", JOB, lambda asked: job(7))
    async with backend_at(wire) as backend:
        wire.faults = [fault]
        assert (await backend.get("ftjob-7")).remote_id == "ftjob-7"


async def test_all_jobs_come_once() -> None:
    wire = Wire()
    jobs = made_jobs(wire)
    jobs.insert(5, {"object": "no job"})
    async with backend_at(wire) as backend:
        found = [one.remote_id async for one in backend.jobs()]
    assert found == [one["id"] for one in jobs if "id" in one]
    assert len(wire.asked) == 3


async def test_ten_thousand_events_come_once_and_in_order() -> None:
    wire = Wire()
    wire.on("GET", JOB + "/events", pages([event(number) for number in range(10_000, 0, -1)]))
    async with backend_at(wire) as backend:
        found = [one async for one in backend.events("ftjob-1")]
    assert [one.step for one in found] == list(range(10_000, 0, -1))
    assert found[0].metrics == {"train_loss": 0.5}
    assert wire.asked[0] == "GET /fine_tuning/jobs/ftjob-1/events?limit=25"
    assert len(wire.asked) == 101


async def test_who_follows_a_job_fetches_little() -> None:
    wire = Wire()
    wire.on("GET", JOB + "/events", pages([event(number) for number in range(500, 0, -1)]))
    async with backend_at(wire) as backend:
        async for one in backend.events("ftjob-1"):
            if one.step == 490:
                break
    assert len(wire.asked) == 1


async def take_all(backend: OpenAIJobs, into: list[JobEvent]) -> None:
    """Every event, those before an error too."""
    async for one in backend.events("ftjob-1"):
        into.append(one)  # noqa: PERF401 - see above


def circle(asked: Asked) -> Any:
    """Two pages that lead to each other."""
    first = asked.query.get("after") != "ftevent-1"
    return {"data": [event(1 if first else 2)], "has_more": True}


def swelling(asked: Asked) -> Any:
    """Pages that have one entry in common with the one before."""
    begin = int(asked.query.get("after", "ftevent-0").partition("-")[2])
    return {"data": [event(begin), event(begin + 1)], "has_more": begin < 5}


@pytest.mark.parametrize(
    ("route", "said", "count"),
    [
        (lambda asked: {"data": [event(1)], "has_more": True}, "comes back to where it was", 1),
        (circle, "comes back to where it was", 2),
        (lambda asked: {"data": [{**event(1), "id": None}], "has_more": True}, "does not say where", 1),
        (lambda asked: {"data": [{**event(1), "id": 7}], "has_more": True}, "does not say where", 1),
        (lambda asked: {"data": {}, "has_more": True}, "is no list", 0),
        (lambda asked: {"object": "list"}, "is no list", 0),
        (lambda asked: answer("[]"), "is no list", 0),
        (lambda asked: answer("nothing"), "not readable", 0),
    ],
)
async def test_lists_that_lead_nowhere_end_with_an_error(route: Callable[[Asked], Any], said: str, count: int) -> None:
    wire = Wire()
    wire.on("GET", JOB + "/events", route)
    found: list[JobEvent] = []
    async with backend_at(wire) as backend:
        with pytest.raises(ServiceError, match=said) as caught:
            await take_all(backend, found)
    assert caught.value.outcome == "malformed"
    assert len(found) == count


@pytest.mark.parametrize(
    ("page", "ids"),
    [
        ({"data": [], "has_more": True}, []),
        ({"data": [event(1)], "has_more": "yes"}, ["ftevent-1"]),
        ({"data": [1, None, "x", {}, event(1)]}, ["ftevent-1"]),
        ({"data": [event(1), event(1)]}, ["ftevent-1", "ftevent-1"]),
    ],
)
async def test_lists_that_are_odd_are_read_as_far_as_they_go(page: JsonObject, ids: list[str]) -> None:
    wire = Wire()
    wire.on("GET", JOB + "/events", lambda asked: page)
    async with backend_at(wire) as backend:
        assert [one.remote_id async for one in backend.events("ftjob-1")] == ids


async def test_what_two_pages_have_in_common_comes_once() -> None:
    wire = Wire()
    wire.on("GET", JOB + "/events", swelling)
    async with backend_at(wire) as backend:
        assert [one.step async for one in backend.events("ftjob-1")] == list(range(7))


async def test_checkpoints_come_by_step() -> None:
    shown = [
        {"id": f"ftckpt_{step}", "step_number": step, "fine_tuned_model_checkpoint": f"ft:m::x:ckpt-step-{step}",
         "created_at": 1_790_000_000, "metrics": {"step": step, "full_valid_mean_reward": 0.5}}
        for step in range(130, 0, -1)
    ]  # fmt: skip
    wire = Wire()
    wire.on("GET", JOB + "/checkpoints", pages([{"id": "broken"}, *shown]))
    async with backend_at(wire) as backend:
        found = await backend.checkpoints("ftjob-1")
    assert [one.step for one in found] == list(range(1, 131))
    assert found[0].metrics == {"step": 1.0, "full_valid_mean_reward": 0.5}


VERBS: dict[str, tuple[str, Callable[[OpenAIJobs], Callable[[str], Awaitable[Any]]]]] = {
    "pause": ("paused", lambda backend: backend.pause),
    "resume": ("queued", lambda backend: backend.resume),
    "cancel": ("cancelled", lambda backend: backend.cancel),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("verb", VERBS)
async def test_what_was_done_is_not_done_again(verb: str, fault: str) -> None:
    status, act = VERBS[verb]
    held = job(1, status="paused" if verb == "resume" else "running")
    wire = Wire()

    def change(asked: Asked) -> Any:
        held["status"] = status
        return FAULTS[fault]

    wire.on("POST", f"{JOB}/{verb}", change)
    wire.on("GET", JOB, lambda asked: held)
    async with backend_at(wire) as backend:
        assert (await act(backend)("ftjob-1")).status == status
    assert wire.posts(verb) == 1


@pytest.mark.parametrize("verb", VERBS)
async def test_what_was_not_done_is_done_again(verb: str) -> None:
    status, act = VERBS[verb]
    held = job(1, status="paused" if verb == "resume" else "running")
    wire = Wire()
    wire.on("POST", f"{JOB}/{verb}", lambda asked: held.update(status=status) or held)
    wire.on("GET", JOB, lambda asked: held)
    async with backend_at(wire) as backend:
        wire.faults = [refused(500)]
        assert (await act(backend)("ftjob-1")).status == status
    assert wire.posts(verb) == 2


@pytest.mark.parametrize("verb", ["get", *VERBS])
async def test_another_job_than_the_one_that_was_asked_for_is_not_taken(verb: str) -> None:
    wire = Wire()
    wire.on("POST", f"{JOB}/{verb}", lambda asked: job(2))
    wire.on("GET", JOB, lambda asked: job(2))
    async with backend_at(wire) as backend:
        act = backend.get if verb == "get" else VERBS[verb][1](backend)
        with pytest.raises(ServiceError, match="another job") as caught:
            await act("ftjob-1")
    assert caught.value.outcome == "malformed"


async def test_a_job_that_is_over_cannot_be_cancelled() -> None:
    wire = Wire()
    wire.on("POST", f"{JOB}/cancel", lambda asked: refused(400, "job_over", "the job has succeeded"))
    wire.on("GET", JOB, lambda asked: job(1, status="succeeded"))
    async with backend_at(wire) as backend:
        with pytest.raises(ServiceError, match="the job has succeeded"):
            await backend.cancel("ftjob-1")
    assert wire.posts("cancel") == 1


async def test_cancelling_what_is_cancelled_is_well() -> None:
    wire = Wire()
    wire.on("POST", f"{JOB}/cancel", lambda asked: refused(400, "job_over", "already cancelled"))
    wire.on("GET", JOB, lambda asked: job(1, status="cancelled"))
    async with backend_at(wire) as backend:
        assert (await backend.cancel("ftjob-1")).has_ended


async def test_evaluations_and_their_items_can_be_gone_on_with() -> None:
    runs = [{"id": f"evalrun_{step}", "name": f"Step {step}"} for step in range(3)]
    items = [{"id": f"item_{number}", "sample": {"output": []}} for number in range(250)]
    wire = Wire()
    wire.on("GET", "/evals/([^/]+)/runs", pages(runs))
    wire.on("GET", "/evals/([^/]+)/runs/([^/]+)/output_items", pages(items))
    async with backend_at(wire) as backend:
        assert await backend.evaluations("eval_1") == runs
        all_of_them = [one async for one in backend.output_items("eval_1", "evalrun_0")]
        rest = [one async for one in backend.output_items("eval_1", "evalrun_0", after="item_239")]
    assert all_of_them == items
    assert rest == items[240:]
    assert all("order=asc" in one for one in wire.asked)


async def test_files_are_looked_at_and_fetched() -> None:
    wire = Wire()
    heads = {
        "file-1": {"id": "file-1", "bytes": 5, "status": "processed"},
        "file-2": {"id": "file-2", "status": "error"},
    }
    wire.on("GET", "/files/([^/]+)", lambda asked: heads.get(asked.ids[0]) or refused(404))
    wire.on("GET", "/files/([^/]+)/content", lambda asked: answer("step,train_loss\n1,0.5\n"))
    async with backend_at(wire) as backend:
        assert await backend.file_head("file-1") == heads["file-1"]
        assert [await backend.has_file(one) for one in ("file-1", "file-2", "file-3")] == [True, False, False]
        target = io.BytesIO()
        assert await backend.fetch("file-1", target, limit=1000) == 22
        assert target.getvalue().startswith(b"step,")
        with pytest.raises(ServiceError):
            await backend.fetch("file-1", io.BytesIO(), limit=10)


async def test_a_grader_is_checked_by_the_service() -> None:
    grader = BODY["method"]["reinforcement"]["grader"]
    wire = Wire()
    wire.on("POST", "/fine_tuning/alpha/graders/validate", lambda asked: asked.request.json)
    async with backend_at(wire) as backend:
        assert await backend.validate(grader) == grader
        wire.faults = [refused(400, None, "The formula does not parse"), answer({"grader": None})]
        with pytest.raises(ServiceError, match="does not parse"):
            await backend.validate(grader)
        with pytest.raises(ServiceError, match="holds no grader"):
            await backend.validate(grader)


def at(day: str) -> float:
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ({"data": []}, ""),
        (refused(404), "no fine-tuning"),
        (refused(405), "no fine-tuning"),
        (refused(403), "may not use"),
        (answer("<html>"), "cannot be read"),
        ({"hello": 1}, "cannot be read"),
    ],
)
async def test_whether_a_service_takes_jobs(shown: Any, said: str) -> None:
    wire = Wire()
    wire.on("GET", JOBS, lambda asked: shown)
    async with backend_at(wire) as backend:
        reason = await backend.takes_jobs()
    assert said in reason
    assert bool(reason) == bool(said)


async def test_a_service_that_is_away_does_not_say_no() -> None:
    wire = Wire()
    wire.on("GET", JOBS, lambda asked: refused(500))
    async with backend_at(wire) as backend:
        with pytest.raises(ServiceError):
            await backend.takes_jobs()


async def test_a_base_that_the_service_has_shut_down_takes_no_jobs() -> None:
    wire = Wire()
    wire.on("GET", JOBS, pages([]))
    wire.on("GET", "/models/([^/]+)", lambda asked: {"id": asked.ids[0], "shutdown_date": "2026-10-23"})
    async with backend_at(wire, wall=at("2026-11-22")) as backend:
        assert "shut down on 2026-10-23" in await backend.takes_jobs("o4-mini-2025-04-16")
    async with backend_at(wire, wall=at("2026-10-01")) as backend:
        assert await backend.takes_jobs("o4-mini-2025-04-16") == ""


async def test_openai_itself_is_asked_nothing_once_it_has_closed() -> None:
    service = ModelService(NamedProfile("openai", BUILT_IN["openai"]))
    backend = open_backend(service, clock=Clock(wall=lambda: at("2027-01-06")))
    assert "2027-01-06" in await backend.takes_jobs()


@pytest.mark.parametrize("remote_id", ["", ".", "..", "x" * 2000])
async def test_what_is_no_id_is_not_asked_for(remote_id: str) -> None:
    wire = Wire()
    async with backend_at(wire) as backend:
        for ask in (backend.get, backend.cancel, backend.file_head):
            with pytest.raises(ServiceError, match="is no id"):
                await ask(remote_id)
    assert wire.asked == []


async def test_an_id_stays_one_part_of_a_path() -> None:
    wire = Wire()
    wire.on("GET", JOB, lambda asked: job(1) | {"id": asked.ids[0]})
    async with backend_at(wire) as backend:
        assert (await backend.get("a/../b?c#d")).remote_id == "a/../b?c#d"


def test_foundry_takes_no_thresholds_in_children() -> None:
    child = {"type": "string_check", "name": "a", "pass_threshold": 0.5}
    multi = {"type": "multi", "name": "m", "graders": {"a": child}, "calculate_output": "a", "pass_threshold": 0.7}
    body = copy.deepcopy(BODY)
    body["method"]["reinforcement"]["grader"] = multi
    before = copy.deepcopy(body)
    foundry, openai = (
        open_backend(ModelService(NamedProfile("x", Profile(base_url="http://127.0.0.1:9/v1", backend=backend))))
        for backend in ("foundry", "openai")
    )
    prepared = foundry.prepare(body)["method"]["reinforcement"]["grader"]
    assert prepared == {**multi, "graders": {"a": {"type": "string_check", "name": "a"}}}
    assert openai.prepare(body) == body == before
    dpo = {
        "model": "m",
        "training_file": "f",
        "method": {"type": "dpo", "dpo": {"hyperparameters": {"l2_multiplier": 1}}},
    }
    assert foundry.prepare(dpo) == dpo
    for odd in ({}, {"method": 3}, {"method": {"reinforcement": {"grader": {"type": "multi", "graders": [1]}}}}):
        assert foundry.prepare(odd) == odd


def test_what_a_further_job_starts_from() -> None:
    ended = read_job(job(12, fine_tuned_model="ft:o4-mini:org::12", status="succeeded"))
    foundry, openai = (
        open_backend(ModelService(NamedProfile("x", Profile(base_url="http://127.0.0.1:9/v1", backend=backend))))
        for backend in ("foundry", "openai")
    )
    assert openai.continued(ended) == "ft:o4-mini:org::12"
    assert foundry.continued(ended) == "o4-mini-2025-04-16.ft-12"
    assert foundry.continued(read_job(job(1))) == openai.continued(read_job(job(1))) == ""


def test_backends_go_by_the_profiles_word() -> None:
    for name in ("openai", "foundry", "simulated"):
        assert open_backend(ModelService(NamedProfile("x", BUILT_IN[name]))).name == name
    with pytest.raises(UsageError, match="has no jobs here"):
        open_backend(ModelService(NamedProfile("x", Profile(backend="trl"))))
