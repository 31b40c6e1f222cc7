"""The same questions by live calls and through batches, both of the simulated service over HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rft_tui.errors import ServiceError
from rft_tui.model import JsonObject
from rft_tui.providers.batch import BatchLimits
from rft_tui.providers.profiles import NamedProfile
from rft_tui.settings import Profile, load_workspace_settings
from rft_tui.simulator.running import RunningSimulator, running_simulator
from rft_tui.store.tasks import TaskState, end_task, take_task
from rft_tui.tasks.background.bench import Bench
from rft_tui.tasks.background.control import Control, TaskEnd
from rft_tui.tasks.predicting.task import predict
from tests.unit.tasks.batches import Desk, desk_at

QUESTIONS = [f"What is {number} and \u2028 more?" for number in range(30)]


def profile_of(folder: Path, **settings: Any) -> NamedProfile:
    """The profile `simulated` of a workspace with these settings."""
    folder.mkdir(exist_ok=True)
    lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
    (folder / "rft.toml").write_text("\n".join(["[profiles.simulated]", *lines]))
    return NamedProfile("simulated", load_workspace_settings(folder).profiles["simulated"])


async def do_live(desk: Desk, task: int) -> TaskEnd:
    with desk.store.write() as db:
        taken = take_task(db, "live", kinds=["predict"], is_gone=lambda _task: True)
    assert taken is not None
    assert taken.id == task
    control = Control.of(taken, "live")
    end = await predict(Bench(desk.store, desk.writer, desk.services), control)
    with desk.store.write() as db:
        end_task(db, task, "live", end.state, control.progress, message=end.message)
    return end


def without(document: str | None, *names: str) -> JsonObject | None:
    """A JSON object without some keys."""
    return None if document is None else {key: one for key, one in json.loads(document).items() if key not in names}


def rows_of(desk: Desk) -> JsonObject:
    """Everything that predicting stored but times, prices, ids that the service makes up, and the order of answers."""
    answers = desk.rows(
        "SELECT key, output_text, summary, error_kind, error_message, served_model, extra, usage, asked_by,"
        " asked_at IS NOT NULL, (SELECT length(body) > 0 FROM answer_raw WHERE answer = answer.id)"
        " FROM answer ORDER BY key"
    )
    return {
        "answers": [
            (*row[:6], without(row[6], "response_id"), without(row[7], "latency_s", "cost"), *row[8:])
            for row in answers
        ],
        "predictions": desk.rows(
            "SELECT run, item, answer.key, run_index, snippet, length, prediction.error_kind, input_tokens,"
            " output_tokens, reasoning_tokens, cached FROM prediction JOIN answer ON answer.id = prediction.answer"
            " ORDER BY run, item"
        ),
        "runs": desk.rows("SELECT id, model, effort, parameters, run_index, simulated, items, served_models FROM run"),
        "asking": desk.rows("SELECT * FROM asking"),
    }


@pytest.mark.parametrize("fault", ["", "refusal", "truncated"])
@pytest.mark.parametrize("api", ["responses", "chat"])
async def test_both_ways_store_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: str, fault: str
) -> None:
    faults = {fault: 1.0} if fault else None
    stored, progress = [], []
    with running_simulator(faults, batch_stage_s=0.0) as simulator:
        monkeypatch.setattr("rft_tui.providers.simulated.ensure_simulator", lambda _folder: simulator.base_url)
        for is_batch in (False, True):
            folder = tmp_path / str(is_batch)
            profile = profile_of(folder, backend="simulated", api_key_env="", api=api)
            async with desk_at(folder, profile) as desk:
                desk.fill([*QUESTIONS, QUESTIONS[3]] if not fault else QUESTIONS)
                task = desk.start(models=("simulated-reasoner",), efforts=("low",), runs=2, batch=is_batch,
                                  parameters={"summary": "auto"} if api == "responses" else {})  # fmt: skip
                end = await (desk.run(task) if is_batch else do_live(desk, task))
                assert end.state is TaskState.DONE, end.message
                stored.append(rows_of(desk))
                progress.append(desk.task(task).progress)
    live, batch = stored
    assert len(live["predictions"]) == 2 * (31 if not fault else 30)
    for name in live:
        assert batch[name] == live[name], name
    for name in ("total", "done", "cached", "requests", "errors", "input_tokens", "output_tokens", "unpriced"):
        assert getattr(progress[1], name) == getattr(progress[0], name), name


def _answered(simulator: RunningSimulator) -> int:
    return sum(count for name, count in simulator.state()["answered"].items() if name.startswith("batch "))


async def test_faults_of_lines_over_http(tmp_path: Path) -> None:
    faults = {"batch-expired": 0.2, "500": 0.1, "429": 0.1}
    with running_simulator(faults, seed=3, batch_stage_s=0.0) as simulator:
        profile = profile_of(tmp_path, base_url=simulator.base_url)
        async with desk_at(tmp_path, profile) as desk:
            desk.fill([f"question {number}" for number in range(300)])
            task = desk.start(models=("simulated-reasoner",))
            end = await desk.run(task, limits=BatchLimits(lines=120))
            assert end.state is TaskState.DONE
            progress = desk.task(task).progress
            assert progress.ended == 300
            assert progress.done == _answered(simulator) > 250, "nothing that was answered is asked again"
            assert set(progress.errors) <= {"timeout", "server", "rate_limit"}
        requests = simulator.state()["requests"]
        assert requests["POST /v1/batches"] == 6, "three parts, then two and one with what failed"
        assert requests["DELETE /v1/files/{id}"] == requests["POST /v1/batches"]


async def test_a_batch_that_the_service_does_not_begin_is_made_anew(tmp_path: Path) -> None:
    with running_simulator(batch_stage_s=0.0) as simulator:
        profile = profile_of(tmp_path, base_url=simulator.base_url)
        async with desk_at(tmp_path, profile) as desk:
            desk.fill(QUESTIONS)
            task = desk.start(models=("simulated-reasoner",))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("rft_tui.providers.batch.VERSION", "/v9")
                with pytest.raises(ServiceError, match="endpoint"):
                    await desk.run(task)
            end = await desk.run(task)
            assert end.state is TaskState.DONE


def test_a_profile_of_the_chat_form_asks_chat() -> None:
    from rft_tui.providers.batch import endpoint_of

    assert endpoint_of(NamedProfile("a", Profile(api="chat"))) == "/v1/chat/completions"
    assert endpoint_of(NamedProfile("a", Profile())) == "/v1/responses"
