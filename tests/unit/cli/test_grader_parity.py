"""``grader parity`` on the command line: what is printed, which exit status, and where services fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from rft_tui.errors import ServiceError
from rft_tui.graders.engine import compile_grader, grade_one
from rft_tui.graders.sample import make_sample
from rft_tui.model import JsonObject
from rft_tui.providers.hosted_graders import VALIDATE_PATH
from rft_tui.providers.profiles import NamedProfile
from rft_tui.simulator.running import running_simulator
from tests.unit.cli.conftest import Cli, question, write_lines
from tests.unit.tasks.test_parity import Answer

Run = Callable[[JsonObject], Any]


class FakeService:
    """In the place of a model service: answers ``/run`` by a function of the body."""

    run: Run = staticmethod(lambda _body: None)
    profiles: list[str] = []  # noqa: RUF012 # one list for all, emptied by the fixture

    def __init__(self, profile: NamedProfile, *, folder: Path | None) -> None:
        self.profiles.append(profile.name)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None

    async def request(self, method: str, path: str, *, body: JsonObject, repeatable: bool) -> Answer:
        value = {"grader": body["grader"]} if path == VALIDATE_PATH else type(self).run(body)
        if isinstance(value, ServiceError):
            raise value
        return Answer(value)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], None]:
    monkeypatch.setattr("rft_tui.providers.service.ModelService", FakeService)
    FakeService.profiles.clear()
    return lambda run: monkeypatch.setattr(FakeService, "run", staticmethod(run))


def faithful(body: JsonObject) -> JsonObject:
    grade = grade_one(compile_grader(body["grader"]), make_sample(body["model_sample"]), body["item"])
    return {"reward": grade.score, "metadata": {"errors": {}}, "sub_rewards": dict(grade.sub_scores)}


def lenient(body: JsonObject) -> JsonObject:
    return {"reward": 1.0, "metadata": {"errors": {}}}


def test_equal_grades_end_with_zero(cli: Cli, demo: Path, service: Callable[[Run], None]) -> None:
    service(faithful)
    for grader in ("exact", "phrase_and_exact", demo / "graders" / "exact.json"):
        result = cli(
            "-C", demo, "grader", "parity", grader, "--run", "1", "--items", "10", "--profile", "openai", "--json"
        )
        assert result.code == 0
        document = result.document
        assert (document["compared"], document["equal"], document["differences"]) == (10, 10, [])
        assert (document["validated"], document["tolerance"], document["profile"]) == (True, 1e-6, "openai")
        assert "simulated" not in document
    text = cli("-C", demo, "grader", "parity", "exact", "--run", "1", "--profile", "openai")
    assert text.code == 0
    assert "20 of 20 predictions equal" in text.out


def test_differences_are_listed_and_end_with_one(cli: Cli, demo: Path, service: Callable[[Run], None]) -> None:
    service(lenient)
    result = cli("-C", demo, "grader", "parity", "exact", "--run", "1", "--seed", "3", "--json")
    assert result.code == 1
    differences = result.document["differences"]
    assert len(differences) == 20 - result.document["equal"] > 0
    assert all(one["difference"] == one["hosted"] - one["local"] == 1.0 for one in differences)
    assert (
        result.document == cli("-C", demo, "grader", "parity", "exact", "--run", "1", "--seed", "3", "--json").document
    )
    text = cli("-C", demo, "grader", "parity", "exact", "--run", "1", "--seed", "3")
    assert text.code == 1
    assert "+1" in text.out


def test_a_file_and_the_simulated_service(
    cli: Cli, workspace: Path, tmp_path: Path, service: Callable[[Run], None]
) -> None:
    service(lambda body: {"reward": 0.0, "metadata": {"errors": {"python_grader_server_error": True}}})
    rows = [{"item": question("?", "abc"), "output_text": text} for text in ("abc", "abd\x1b[0m")]
    path = write_lines(tmp_path / "p.jsonl", rows)
    arguments = ("-C", workspace, "grader", "parity", "exact", "--predictions", path, "--profile", "simulated")
    result = cli(*arguments, "--json")
    assert result.code == 1
    assert result.document["simulated"] is True
    assert {one["status"] for one in result.document["differences"]} == {"hosted_error"}
    assert result.document["differences"][0]["hosted_errors"][0]["kind"] == "python_grader_server_error"
    text = cli(*arguments)
    assert "SIMULATED" in text.out
    assert "there python_grader_server_error" in text.out
    assert FakeService.profiles == ["simulated", "simulated"]


def test_a_service_that_has_no_such_endpoint_ends_with_three(
    cli: Cli, demo: Path, service: Callable[[Run], None]
) -> None:
    service(lambda _body: ServiceError("HTTP 404", outcome="not_found"))
    result = cli("-C", demo, "grader", "parity", "exact", "--run", "1", "--json")
    assert result.code == 3
    assert "gone" in result.error["message"]


def test_wrong_use_ends_with_two(cli: Cli, demo: Path, service: Callable[[Run], None]) -> None:
    service(lenient)
    assert cli("-C", demo, "grader", "parity", "exact").code == 2
    assert cli("-C", demo, "grader", "parity", "exact", "--run", "1", "--predictions", "x").code == 2
    assert cli("-C", demo, "grader", "parity", "nothing", "--run", "1").code == 2
    assert cli("-C", demo, "grader", "parity", "exact", "--run", "1", "--profile", "nowhere").code == 2
    assert FakeService.profiles == []


def test_a_simulated_service_over_http_agrees_with_what_is_graded_here(cli: Cli, demo: Path) -> None:
    with running_simulator() as simulator:
        profile = f'\n[profiles.here]\nbase_url = "{simulator.base_url}"\napi_key_env = ""\n'
        (demo / "rft.toml").write_text((demo / "rft.toml").read_text() + profile)
        for grader, tolerance in (("phrase_and_exact", 1e-6), ("same_thing", 0.05), ("verdict", None)):
            arguments = ("-C", demo, "grader", "parity", grader, "--run", "1", "--items", "3", "--profile", "here")
            result = cli(*arguments, "--json")
            if tolerance is None:
                assert result.code == 3
                assert "does not take the grader" in result.error["message"]
                continue
            assert result.code == 0
            assert (result.document["equal"], result.document["tolerance"]) == (3, tolerance)
            assert (result.document["tokens"] > 0) == (grader == "same_thing")
