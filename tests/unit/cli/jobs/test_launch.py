"""`job preflight`, `create` and `list`: what is said before, what is made, and what there is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rft_tui.graders.examples import EXAMPLE_TYPES, example_spec
from rft_tui.providers.backends.hyperparameters import HYPERPARAMETERS
from rft_tui.settings import CACHE_FILE
from rft_tui.simulator.running import RunningSimulator
from rft_tui.store.database import Store
from rft_tui.tasks.jobs import launching
from tests.unit.cli.conftest import Cli
from tests.unit.cli.jobs.made import JOBS, REINFORCE, create, jobs_at
from tests.unit.cli.jobs.no_jobs import service_without_jobs
from tests.unit.simulator.contract import assert_fits


def test_preflight_is_a_list_of_findings(cli: Cli, ready: Path) -> None:
    result = cli("-C", ready, "job", "preflight", *REINFORCE, "--grader", ready / "graders/exact.json", "--json")
    assert result.code == 0, result.err
    assert result.document["ok"] is True
    found = {one["check"]: one for one in result.document["findings"]}
    assert set(found["service_access"]) == {"check", "state", "title", "message", "hint", "evidence"}
    assert found["service_access"]["state"] == found["hosted_validate"]["state"] == "ok"
    said = cli("-C", ready, "job", "preflight", *REINFORCE, "--grader", ready / "graders/exact.json")
    assert "✓ Access:" in said.out
    assert "! Pilot:" in said.out


def test_preflight_that_blocks_ends_with_1(cli: Cli, ready: Path) -> None:
    options = [*REINFORCE[:-1], "train", "--grader", ready / "graders/exact.json"]
    result = cli("-C", ready, "job", "preflight", *options, "--json")
    assert result.code == 1
    assert result.document["ok"] is False
    assert "error" in {one["state"] for one in result.document["findings"]}
    stopped = cli("-C", ready, "job", "create", *options, "--yes", "--json")
    assert (stopped.code, stopped.error["kind"]) == (2, "usage")
    assert "--force" in stopped.error["hint"]
    assert cli("-C", ready, "job", "list", "--json").code == 0


def test_preflight_without_its_service_says_what_is_not_known(cli: Cli, ready: Path) -> None:
    (ready / "rft.toml").write_text('[profiles.here]\nbase_url = "http://127.0.0.1:9/v1"\n')
    result = cli("-C", ready, "job", "preflight", *REINFORCE, "--grader", ready / "graders/exact.json", "--json")
    assert result.code == 0
    found = {one["check"]: one for one in result.document["findings"]}
    for check in ("service_access", "base_model", "hosted_validate"):
        assert found[check]["evidence"]["known"] is False, check
        assert found[check]["state"] == "warning"


def test_a_job_with_everything(cli: Cli, ready: Path, server: RunningSimulator) -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    schema["additionalProperties"] = False
    (ready / "schema.json").write_text(
        json.dumps({"type": "json_schema", "json_schema": {"name": "a", "strict": True, "schema": schema}})
    )
    (ready / "prompts" / "short.md").write_text("Be short.")
    result = create(
        cli, ready, *REINFORCE, "--suffix", "whole", "--seed", 7, "--metadata", "a=b=c", "--metadata", "d=",
        "--response-format", ready / "schema.json", "--wandb-project", "w", "--wandb-tag", "x", "--prompt", "short",
        "--n-epochs", 2, "--batch-size", "auto", "--learning-rate-multiplier", 0.5, "--compute-multiplier", 2,
        "--eval-interval", 5, "--eval-samples", 1, "--reasoning-effort", "low",
    )  # fmt: skip
    assert result.code == 0, result.err
    document = result.document
    assert set(document) >= {"job", "remote_id", "backend", "status", "request", "remote"}
    assert document["remote_id"].startswith("ftjob-")
    request = document["request"]
    assert request["metadata"].items() >= {"a": "b=c", "d": ""}.items()
    assert (request["suffix"], request["seed"]) == ("whole", 7)
    assert request["integrations"] == [{"type": "wandb", "wandb": {"project": "w", "tags": ["x"]}}]
    held = request["method"]["reinforcement"]
    assert held["hyperparameters"] == {
        "n_epochs": 2, "batch_size": "auto", "learning_rate_multiplier": 0.5, "compute_multiplier": 2.0,
        "eval_interval": 5, "eval_samples": 1, "reasoning_effort": "low",
    }  # fmt: skip
    assert held["response_format"]["json_schema"]["strict"] is True
    echoed = document["remote"]["method"]["reinforcement"]
    assert echoed["hyperparameters"] == held["hyperparameters"]
    assert document["remote"]["training_file"] == request["training_file"]


GRADED = [
    pytest.param(("reinforcement", "train", name), id=f"reinforcement {name}")
    for name in EXAMPLE_TYPES
    if name != "label_model"
]


@pytest.mark.parametrize(
    "job",
    [
        *GRADED,
        pytest.param(("supervised", "spoken", ""), id="supervised"),
        pytest.param(("dpo", "pairs", ""), id="dpo"),
    ],
)
@pytest.mark.parametrize("given", [False, True], ids=["left to the service", "all said"])
def test_every_method_and_grader_is_taken_by_the_service(
    cli: Cli, ready: Path, job: tuple[str, str, str], given: bool
) -> None:
    """What the command sends fits the published contract, and the service, which validates, takes it as it is."""
    method, rows, grader = job
    options: list[object] = ["--method", method, "--model", "o4-mini-2025-04-16", "--train", rows]
    if grader:
        (ready / "grader.json").write_text(json.dumps(example_spec(grader)))
        options += ["--validation", "valid"]
    if given:
        values = {"whole": 2, "number": 0.5, "choice": "medium"}
        for one in HYPERPARAMETERS:
            if method in one.methods and not one.backends:
                options += [one.option, values[one.kind]]
        options += ["--suffix", "said", "--seed", 2**31 - 1, "--wandb-project", "w", "--metadata", "k=v"]
    result = create(cli, ready, *options, "--force", grader="grader.json" if grader else "")
    assert result.code == 0, result.err
    body = result.document["request"]
    assert_fits(body, "CreateFineTuningJobRequest")
    echo = result.document["remote"]["method"][method]
    assert echo["hyperparameters"].items() >= body["method"][method].get("hyperparameters", {}).items()
    if grader:
        assert echo["grader"]["type"] == grader


def test_a_pilot_is_small(cli: Cli, ready: Path) -> None:
    document = create(cli, ready, *REINFORCE, "--suffix", "look", "--n-epochs", 9, "--pilot").document
    assert document["pilot"] is True
    assert document["request"]["suffix"] == "look-pilot"
    assert document["request"]["method"]["reinforcement"]["hyperparameters"] == {"n_epochs": 1, "eval_samples": 1}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--n-epochs", 51], "1 to 50"),
        (["--n-epochs", "many"], "n_epochs cannot be many"),
        (["--beta", 0.1], "dpo"),
        (["--reasoning-effort", "huge"], "default, low, medium or high"),
        (["--l2-multiplier", 1], "foundry"),
        (["--suffix", "x" * 65], "64"),
        (["--seed", -1], "whole number from 0"),
        (["--metadata", "plain"], "NAME=VALUE"),
        (["--metadata", "a=1", "--metadata", "a=2"], "twice"),
        (["--metadata", "rft_tui_mark=1"], "own mark"),
        (["--wandb-name", "n"], "--wandb-project"),
        (["--train", "trian"], "there is no dataset"),
        (["--grader", "nobody"], "nobody"),
        (["--profile", "nowhere"], "here"),
        (["--response-format", "missing.json"], "missing.json"),
        (["--prompt", "none"], "prompt"),
    ],
)
def test_wrong_use_is_said_before_anything_is_done(
    cli: Cli, ready: Path, server: RunningSimulator, options: list[Any], said: str
) -> None:
    before = jobs_at(server)
    result = create(cli, ready, *REINFORCE, "--grader", ready / "graders/exact.json", *options, grader="")
    assert result.code == 2, result.err
    assert said in result.error["message"] + result.error["hint"]
    assert jobs_at(server) == before
    assert cli("-C", ready, "task", "list", "--json").document["tasks"] == []


@pytest.mark.parametrize(
    ("method", "options", "said"),
    [
        ("supervised", ["--train", "spoken", "--grader", "graders/exact.json"], "takes no grader"),
        ("supervised", ["--train", "spoken", "--eval-interval", 3], "reinforcement"),
        ("dpo", ["--train", "pairs", "--compute-multiplier", 1], "reinforcement"),
        ("reinforcement", ["--train", "train", "--validation", "valid"], "needs a grader"),
        ("reinforcement", ["--train", "train", "--grader", "graders/exact.json"], "needs validation rows"),
    ],
)
def test_what_does_not_go_with_a_method(cli: Cli, ready: Path, method: str, options: list[Any], said: str) -> None:
    words = [ready / one if str(one).startswith("graders/") else one for one in options]
    for verb in ("preflight", "create"):
        result = cli("-C", ready, "job", verb, "--method", method, "--model", "m", *words, "--json")
        assert result.code == 2, result.err
        assert said in result.error["message"] + result.error["hint"]


def test_without_a_terminal_nothing_is_launched_unasked(cli: Cli, ready: Path, server: RunningSimulator) -> None:
    before = jobs_at(server)
    result = cli("-C", ready, "job", "create", *REINFORCE, "--grader", ready / "graders/exact.json")
    assert result.code == 2
    assert "--yes" in result.err
    assert '"training_file": "<id of the training file>"' in result.err, "the body is shown before the question"
    assert result.out == ""
    assert jobs_at(server) == before


def test_a_lost_answer_makes_one_job(cli: Cli, ready: Path, server: RunningSimulator) -> None:
    """The service makes the job and the connection breaks under its answer; looking for it works again later."""
    before = jobs_at(server)
    original = launching._found
    server.set_faults({"reset": 1.0}, paths=(JOBS,))

    async def found(*arguments: Any) -> Any:
        server.set_faults()
        return await original(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launching, "_found", found)
        result = create(cli, ready, *REINFORCE, "--force")
    assert result.code == 0, result.err
    assert jobs_at(server) == before + 1
    assert (
        result.document["remote"]["metadata"]["rft_tui_mark"] == result.document["request"]["metadata"]["rft_tui_mark"]
    )


def test_a_service_that_is_away(cli: Cli, ready: Path) -> None:
    create(cli, ready, *REINFORCE, "--suffix", "far")
    store = Store(ready / CACHE_FILE)
    with store.write() as db:
        db.execute("UPDATE job SET service = 'http://127.0.0.1:9/v1'")
    store.close()
    (ready / "rft.toml").write_text('[profiles.here]\nbase_url = "http://127.0.0.1:9/v1"\n')
    for words in (["list", "--refresh"], ["pause", "far"], ["resume", "far"], ["cancel", "far", "--yes"]):
        away = cli("-C", ready, "job", *words, "--json")
        assert (away.code, away.error["kind"]) == (3, "service"), words
        assert away.error["hint"]


def test_a_key_that_is_missing(cli: Cli, ready: Path) -> None:
    (ready / "rft.toml").write_text('[profiles.far]\nbase_url = "https://jobs.example/v1"\napi_key_env = "FAR_KEY"\n')
    result = create(cli, ready, *REINFORCE)
    assert (result.code, "FAR_KEY" in result.error["message"]) == (2, True)
    checked = cli("-C", ready, "job", "preflight", *REINFORCE, "--grader", ready / "graders/exact.json", "--json")
    found = {one["check"]: one for one in checked.document["findings"]}
    assert "FAR_KEY" in found["service_access"]["message"]
    assert cli("-C", ready, "job", "list", "--json").document == {"jobs": []}


def test_a_service_without_fine_tuning(cli: Cli, ready: Path) -> None:
    with service_without_jobs() as trivial:
        (ready / "rft.toml").write_text(f'[profiles.here]\nbase_url = "{trivial}"\n')
        listed = cli("-C", ready, "job", "list", "--refresh", "--json")
        assert (listed.code, listed.error["message"]) == (3, "here: this service has no fine-tuning")
        result = create(cli, ready, *REINFORCE)
        assert result.code == 2
        assert "Access" in result.error["message"]


def test_jobs_made_elsewhere_appear_in_the_list(
    cli: Cli, ready: Path, server: RunningSimulator, tmp_path: Path
) -> None:
    made = create(cli, ready, *REINFORCE, "--suffix", "far").document
    other = tmp_path / "other"
    assert cli("init", other).code == 0
    (other / "rft.toml").write_text(f'[profiles.there]\nbase_url = "{server.base_url}"\n')
    listed = cli("-C", other, "job", "list", "--json").document["jobs"]
    found = next(one for one in listed if one["remote_id"] == made["remote_id"])
    assert (found["name"], found["live"], found["method"], found["profile"]) == ("far", True, "reinforcement", "there")
    shown = cli("-C", other, "job", "show", made["remote_id"], "--json").document
    assert shown["request"] is None
    assert shown["remote"]["id"] == made["remote_id"]
    table = cli("-C", other, "job", "list")
    assert "as of" in table.out.splitlines()[0]
    (other / "rft.toml").write_text('[profiles.there]\nbase_url = "http://127.0.0.1:9/v1"\n')
    offline = cli("-C", other, "job", "list", "--json")
    assert offline.code == 0
    assert {one["live"] for one in offline.document["jobs"]} == {False}
    assert all(one["seen_at"] for one in offline.document["jobs"])


def test_an_id_that_was_never_listed_is_looked_for_at_its_service(
    cli: Cli, ready: Path, server: RunningSimulator, tmp_path: Path
) -> None:
    made = create(cli, ready, *REINFORCE).document
    other = tmp_path / "other"
    assert cli("init", other).code == 0
    (other / "rft.toml").write_text(f'[profiles.there]\nbase_url = "{server.base_url}"\n')
    assert cli("-C", other, "job", "show", made["remote_id"], "--json").document["status"]
    unknown = cli("-C", other, "job", "show", "ftjob-nobody", "--json")
    assert (unknown.code, unknown.error["kind"]) == (2, "usage")
    assert "neither here nor at there" in unknown.error["message"]
