"""`predict`, `run resume/retry/why`, `task` and `profile`, against a trivial service and the simulated one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rft_tui.simulator.running import RunningSimulator, running_simulator
from tests.loopback import Loopback, loopback
from tests.unit.cli.conftest import Cli, question, write_lines
from tests.unit.cli.workers import ThreadWorkers, thread_workers
from tests.unit.simulator.jobs_helpers import STRING_CHECK

ITEMS = 12


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    with loopback() as running:
        yield running


@pytest.fixture(autouse=True)
def workers() -> Iterator[ThreadWorkers]:
    with thread_workers() as threads:
        yield threads


def profile_of(base_url: str, **keys: Any) -> str:
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in keys.items())
    return f'[profiles.here]\nbase_url = "{base_url}"\n{lines}'


@pytest.fixture
def ready(cli: Cli, workspace: Path, server: Loopback) -> Path:
    """A workspace with a dataset and a profile of the trivial service."""
    (workspace / "rft.toml").write_text(profile_of(server.base_url, concurrency=4))
    rows = [question(f"Question {number} of {workspace}?", str(number)) for number in range(ITEMS)]
    write_lines(workspace / "rows.jsonl", rows)
    assert cli("-C", workspace, "data", "import", workspace / "rows.jsonl", "--name", "rows").code == 0
    return workspace


def requests_of(server: Loopback) -> int:
    return int(server.counts()["requests"])


def test_a_model_that_is_not_utf_8_is_wrong_use(cli: Cli, ready: Path) -> None:
    found = cli("-C", ready, "predict", "rows", "--model", "m\udced", "--json")
    assert (found.code, found.error["kind"]) == (2, "usage")
    assert "UTF-8" in found.error["message"]


def test_predict_and_the_same_again(cli: Cli, ready: Path, server: Loopback, workers: ThreadWorkers) -> None:
    before = requests_of(server)
    first = cli("-C", ready, "predict", "rows", "--model", "m", "--runs", 3, "--json")
    assert first.code == 0, first.err
    document = first.document
    assert (document["requests"], document["cached"], document["done"], document["errors"]) == (36, 0, 36, {})
    assert [(run["run_index"], run["done"], run["items"]) for run in document["runs"]] == [
        (1, 12, 12),
        (2, 12, 12),
        (3, 12, 12),
    ]
    assert set(document["runs"][0]) >= {
        "run", "dataset", "profile", "model", "effort", "prompt", "run_index", "items", "done", "errors", "tokens",
        "cost",
    }  # fmt: skip
    assert document["runs"][0]["tokens"] == 12 * 25
    assert requests_of(server) - before == 36
    wanted = workers.wanted
    again = cli("-C", ready, "predict", "rows", "--model", "m", "--runs", 3, "--json")
    assert (again.document["requests"], again.document["cached"], again.document["done"]) == (0, 36, 36)
    assert workers.wanted == wanted
    more = cli("-C", ready, "predict", "rows", "--model", "m", "--runs", 8, "--json")
    assert (more.document["requests"], more.document["cached"]) == (60, 36)
    assert requests_of(server) - before == 96


def test_a_part_of_the_items_and_then_the_rest(cli: Cli, ready: Path) -> None:
    part = cli("-C", ready, "predict", "rows", "--model", "m", "--limit", 5, "--json").document
    assert (part["requests"], part["runs"][0]["items"], part["runs"][0]["done"]) == (5, 5, 5)
    sample = cli("-C", ready, "predict", "rows", "--model", "m", "--sample", 6, "--seed", 1, "--json").document
    assert sample["cached"] + sample["requests"] == 6
    rest = cli("-C", ready, "predict", "rows", "--model", "m", "--json").document
    assert rest["runs"][0]["items"] == rest["runs"][0]["done"] == 12
    assert part["requests"] + sample["requests"] + rest["requests"] == 12


def test_what_would_be_done_is_said_and_nothing_is_done(cli: Cli, ready: Path, server: Loopback) -> None:
    before = requests_of(server)
    plan = cli(
        "-C", ready, "predict", "rows", "--model", "m", "--effort", "low", "--effort", "high", "--dry-run", "--json"
    )
    assert plan.document["requests"] == 24
    assert plan.document["estimate"]["cost"] == 0
    assert len(plan.document["runs"]) == 2
    assert cli("-C", ready, "run", "list", "--json").document == {"runs": []}
    assert requests_of(server) == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--runs", 0], "at least 1"),
        (["--profile", "her"], "here"),
        (["--where", "topic"], "is no filter"),
        (["--limit", -1], "at least 1"),
        (["--contains", "nothing has this"], "is left to ask"),
        (["--prompt", "none"], "prompt"),
        (["--spend-cap", 0], "no amount of dollars above 0"),
        (["--spend-cap", "nan"], "no amount of dollars above 0"),
        (["--temperature", "nan"], "must be a number"),
    ],
)
def test_wrong_use(cli: Cli, ready: Path, options: list[Any], said: str) -> None:
    result = cli("-C", ready, "predict", "rows", "--model", "m", *options, "--json")
    assert result.code == 2
    assert said in result.error["message"] + result.error["hint"]
    assert cli("-C", ready, "task", "list", "--json").document["tasks"] == []


def test_a_cap_in_money_needs_a_price(cli: Cli, ready: Path) -> None:
    (ready / "rft.toml").write_text('[profiles.far]\nbase_url = "https://models.example/v1"\napi_key_env = "FAR_KEY"\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAR_KEY", "secret-secret")
        result = cli("-C", ready, "predict", "rows", "--model", "m", "--spend-cap", 1)
    assert result.code == 2
    assert "price" in result.err
    missing = cli("-C", ready, "predict", "rows", "--model", "m")
    assert missing.code == 2
    assert "FAR_KEY" in missing.err


def test_nobody_there(cli: Cli, ready: Path) -> None:
    (ready / "rft.toml").write_text(profile_of("http://127.0.0.1:9/v1"))
    result = cli("-C", ready, "predict", "rows", "--model", "m", "--json")
    assert result.code == 3
    assert result.error["kind"] == "service"
    assert "profile test" in result.error["hint"]
    shown = cli("-C", ready, "task", "show", 1, "--json").document
    assert (shown["state"], shown["done"]) == ("failed", 0)
    assert cli("-C", ready, "run", "list", "--json").document["runs"][0]["errors"] == 0


def test_errors_are_listed_and_asked_again(cli: Cli, ready: Path) -> None:
    with running_simulator(faults={"refusal": 1.0}) as simulator:
        (ready / "rft.toml").write_text(profile_of(simulator.base_url))
        first = cli("-C", ready, "predict", "rows", "--model", "simulated-echo", "--json")
        assert first.code == 1
        assert first.document["errors"] == {"refusal": 12}
        simulator.set_faults({})
        retried = cli("-C", ready, "run", "retry", "simulated-echo", "--kind", "refusal", "--json")
        assert (retried.code, retried.document["done"]) == (0, 12)
        run = cli("-C", ready, "run", "list", "--json").document["runs"][0]
        assert (run["done"], run["errors"]) == (12, 0)
        assert cli("-C", ready, "run", "retry", 1).code == 2
        assert cli("-C", ready, "run", "resume", 1).code == 2


def test_where_an_answer_came_from(cli: Cli, ready: Path) -> None:
    cli("-C", ready, "predict", "rows", "--model", "m", "--limit", 2)
    rows = (ready / "rows.jsonl").read_text().splitlines()
    (ready / "other.jsonl").write_text("\n".join(rows[:3]) + "\n")
    cli("-C", ready, "data", "import", ready / "other.jsonl", "--name", "other")
    other = cli("-C", ready, "predict", "other", "--model", "m", "--json").document
    assert (other["requests"], other["cached"]) == (1, 2)
    why = cli("-C", ready, "run", "why", other["runs"][0]["run"], 1, "--json").document
    assert (why["cached"], why["asked_by"], why["shared_by"]) == (True, 1, [1, 2])
    assert why["served_model"] == "m"
    assert "taken from the cache" in cli("-C", ready, "run", "why", 2, 1).out
    assert "asked in this run" in cli("-C", ready, "run", "why", 2, 3).out
    assert cli("-C", ready, "run", "why", 2, 99).code == 2
    raw = json.loads(cli("-C", ready, "run", "why", 2, 3, "--raw").out)
    assert (raw["object"], raw["model"]) == ("response", "m")


def test_a_prompt_and_its_text_are_kept(cli: Cli, ready: Path) -> None:
    cli("-C", ready, "prompt", "new", "short", "--text", "Be short.")
    done = cli("-C", ready, "predict", "rows", "--model", "m", "--prompt", "short", "--limit", 1, "--json").document
    assert done["runs"][0]["prompt"] == "short"
    (ready / "prompts" / "short.txt").write_text("Be very short.")
    again = cli("-C", ready, "predict", "rows", "--model", "m", "--prompt", "short", "--limit", 1, "--json").document
    assert again["requests"] == 1
    assert "used by runs" in cli("-C", ready, "prompt", "list").out


def test_tasks_as_people_see_them(cli: Cli, ready: Path, workers: ThreadWorkers) -> None:
    assert "no tasks yet" in cli("-C", ready, "task", "list").err
    started = cli("-C", ready, "predict", "rows", "--model", "m", "--detach", "--json")
    assert (started.code, started.document["state"]) == (0, "queued")
    waited = cli("-C", ready, "task", "show", 1, "--wait")
    assert waited.code == 0
    assert "12 of 12" in waited.out
    assert "predict m on rows" in cli("-C", ready, "task", "list").out
    assert cli("-C", ready, "task", "pause", 1).code == 2
    assert cli("-C", ready, "task", "resume", 1).code == 2
    assert cli("-C", ready, "task", "show", 7).code == 2
    assert cli("-C", ready, "task", "set", 1).code == 2
    assert cli("-C", ready, "task", "set", 1, "--concurrency", 3, "--json").document["settings"]["concurrency"] == 3


def test_a_token_cap_pauses_and_a_higher_one_goes_on(cli: Cli, ready: Path) -> None:
    capped = cli("-C", ready, "predict", "rows", "--model", "m", "--token-cap", 100, "--concurrency", 1, "--json")
    assert capped.code == 1
    assert "--token-cap" in capped.document["message"]
    assert capped.document["state"] == "paused"
    assert capped.document["done"] in (3, 4)
    cli("-C", ready, "task", "set", 1, "--token-cap", 100000)
    done = cli("-C", ready, "task", "resume", 1, "--wait", "--json")
    assert (done.code, done.document["done"], done.document["requests"]) == (0, 12, 12)


def test_profiles(cli: Cli, ready: Path) -> None:
    listed = cli("-C", ready, "profile", "list", "--json").document["profiles"]
    assert [one["profile"] for one in listed] == ["here", "openai", "foundry", "simulated"]
    assert [one["profile"] for one in listed if one["default"]] == ["here"]
    assert "OPENAI_API_KEY" in next(one["key"] for one in listed if one["profile"] == "openai")
    with running_simulator() as simulator:
        (ready / "rft.toml").write_text(profile_of(simulator.base_url))
        tested = cli("-C", ready, "profile", "test", "here")
        assert tested.code == 0
        assert "simulated-smollm2" in cli("-C", ready, "profile", "test", "--json").out
    assert cli("-C", ready, "profile", "test", "here").code == 3


@pytest.fixture
def judged(cli: Cli, demo: Path) -> Iterator[tuple[Path, RunningSimulator]]:
    """The demo's workspace with a profile of a simulated service of the test's own."""
    with running_simulator() as simulator:
        (demo / "rft.toml").write_text(profile_of(simulator.base_url))
        yield demo, simulator


def asked_of(simulator: RunningSimulator) -> int:
    return sum(dict(simulator.state()["requests"]).values())


def test_a_judge_grades_and_is_not_asked_twice(cli: Cli, judged: tuple[Path, RunningSimulator]) -> None:
    folder, simulator = judged
    grader = folder / "graders" / "same_thing.json"
    before = asked_of(simulator)
    first = cli("-C", folder, "grade", "--grader", grader, "--run", 1, "--json")
    assert first.code in (0, 1), first.err
    document = first.document
    graded = [one for one in document["grades"] if one["error"] is None]
    assert document["scored"] == len(graded) > 0
    assert all(0 <= one["score"] <= 1 and one["steps"] for one in graded)
    assert graded[0]["judged"][0]["model"].startswith("simulated-")
    assert asked_of(simulator) > before
    after = asked_of(simulator)
    again = cli("-C", folder, "grade", "--grader", grader, "--run", 1, "--json", "--summary")
    assert (again.document["mean"], again.document["cached"]) == (
        document["mean"],
        document["scored"] + document["errors"],
    )
    assert asked_of(simulator) == after


def test_a_judge_that_is_not_there(cli: Cli, demo: Path) -> None:
    (demo / "rft.toml").write_text(profile_of("http://127.0.0.1:9/v1"))
    grader = demo / "graders" / "same_thing.json"
    result = cli("-C", demo, "grade", "--grader", grader, "--run", 1, "--json")
    assert result.code == 3
    assert result.error["kind"] == "service"
    predictions = demo / "p.jsonl"
    write_lines(predictions, [{"item": question("Q?", "a", topic="t"), "output_text": "a"}])
    result = cli("-C", demo, "grade", "--grader", grader, "--predictions", predictions, "--json")
    assert result.code == 3


def test_a_judge_grades_a_file(cli: Cli, judged: tuple[Path, RunningSimulator]) -> None:
    folder, _simulator = judged
    rows = [question("Which animal gives wool?", "sheep", topic="animals"), question("Capital?", "Paris", topic="x")]
    write_lines(folder / "p.jsonl", [{"item": row, "output_text": "sheep"} for row in rows])
    grader = folder / "graders" / "verdict.json"
    document = cli("-C", folder, "grade", "--grader", grader, "--predictions", folder / "p.jsonl", "--json").document
    assert [one["score"] for one in document["grades"]] == [1.0, 0.0]


def test_runs_are_graded_by_themselves_once_they_are_there(cli: Cli, ready: Path) -> None:
    refused = cli("-C", ready, "predict", "rows", "--model", "m", "--then-grade", "nobody", "--json")
    assert (refused.code, "nobody" in refused.error["message"]) == (2, True)
    assert cli("-C", ready, "run", "list", "--json").document == {"runs": []}
    write_lines(ready / "one.json", [STRING_CHECK])
    assert cli("-C", ready, "predict", "rows", "--model", "m", "--limit", 1).code == 0
    assert cli("-C", ready, "grade", "--grader", ready / "one.json", "--run", "m", "--json").code == 0
    name = "exact"
    done = cli("-C", ready, "predict", "rows", "--model", "m", "--runs", 2, "--then-grade", name, "--json")
    assert done.code == 0, done.err
    grading = done.document["grading"]
    assert (grading["kind"], grading["state"], grading["done"]) == ("grade", "done", 23)
    assert "mean" in grading["message"]
    more = cli("-C", ready, "predict", "rows", "--model", "m", "--runs", 2, "--then-grade", name, "--json").document
    assert (more["requests"], "grading" in more) == (0, False)
