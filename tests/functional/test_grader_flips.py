"""What a version changes everywhere: exactly the flips, in Review too; any two versions; a judge only when told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from rft_tui.cli.console import App
from rft_tui.cli.main import run
from rft_tui.graders.examples import example_spec
from rft_tui.graders.spec import score_rule
from rft_tui.model import Grade, GradeError, JsonObject
from rft_tui.providers.calls import ModelCall, ModelReply
from rft_tui.providers.profiles import BUILT_IN, NamedProfile
from rft_tui.store.graders import add_external_grader, delete_grader, save_version, versions_of
from rft_tui.tasks.judging.judge import ServiceJudge
from rft_tui.tui.screens.graders.screen import GradersScreen
from rft_tui.workspace import Workspace, init_workspace, open_workspace
from tests.functional.driver import SIZES, Driver, running, stored
from tests.unit.store.building import dataset, give, item, predict, predictions, run_key
from tests.unit.tasks.judge_service import Service, error, judging, said

PLANTED = {5, 777, 1234, 2500, 3999, 4000, 4999}
"""Predictions, counted from 0, that say the right thing in another case."""

EXACT: JsonObject = {
    "type": "string_check", "name": "exact", "operation": "eq",
    "input": "{{sample.output_text}}", "reference": "{{item.reference_answer}}",
}  # fmt: skip
ANY_CASE = EXACT | {"operation": "ilike"}
JUDGE: JsonObject = {**example_spec("score_model"), "model": "judge", "name": "asks"}
KEPT = "SELECT prediction FROM kept_list WHERE name = 'flips' ORDER BY position"


def save(workspace: Workspace, spec: JsonObject, name: str = "words", note: str = "") -> None:
    """Store a version, as ctrl+s does."""
    with workspace.store.write() as db:
        save_version(db, name, spec, score_rule(spec), note, text=json.dumps(spec, indent=1))


def made(folder: Path, texts: Callable[[int], str], items: int, runs: int = 1, *specs: JsonObject) -> Path:
    """A workspace with predictions of its own, and versions of a grader of words."""
    init_workspace(folder)
    workspace = open_workspace(folder)
    try:
        with workspace.store.write() as db:
            mine = dataset(db, "mine", [item(f"Q{number}?", "yes") for number in range(items)])
            for run in range(runs):
                answers = [texts(run * items + at) for at in range(items)]
                predict(db, run_key(mine.id, run_index=run + 1), list(answers))
        for spec in specs:
            save(workspace, spec)
    finally:
        workspace.store.close()
    return folder


def planted(number: int) -> str:
    return "Yes" if number in PLANTED else "yes" if number % 3 else "nothing of it"


@pytest.fixture(scope="module")
def five_thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """5 000 predictions of which exactly 7 flip, graded by the first version."""
    folder = made(tmp_path_factory.mktemp("planted") / "planted", planted, 1000, 5, EXACT, ANY_CASE)
    workspace = open_workspace(folder)
    with workspace.store.read() as db:
        assert len(predictions(db)) == 5000
    workspace.store.close()
    return folder


def on_graders(app: Driver, name: str = "words") -> Driver:
    """On Graders, with a grader under the cursor."""

    def stand() -> None:
        screen = app.app.screen
        assert isinstance(screen, GradersScreen)
        screen.read_list(name)

    return app.press("4").on("Graders").do(stand).see_in("header", name)


@pytest.mark.parametrize("size", SIZES)
async def test_exactly_the_planted_flips_in_the_app_and_in_review(five_thousand: Path, size: tuple[int, int]) -> None:
    async with running(five_thousand, size) as app:
        await on_graders(app).press("C").see("▸Consequences", "flips ▲7 ▼0", "7 of 5,000").counts(7).is_sound()
        await app.see("before  after      Δ   answer", "7 flips · enter opens Review with them: /list:flips")
        await app.see(" .00   1.00  +1.00▲  Yes", "reference   yes").not_see("…")
        await app.press("j", "j").cursor_on(2).press("enter").on("Review").counts(7).cursor_on(2)
        await app.see_in("header", "/list:flips ", "words").is_sound()
        rows = [app.table.row(number) for number in range(7)]
        listed = [row.prediction for row in rows if row is not None]
        assert {number - 1 for number in listed} == PLANTED
        assert all(row is not None and (row.score, row.delta) == (1, 1) for row in rows)
        await app.stores(KEPT, *listed)
        await app.press("s").see_in("footer", "order: score").press("4").on("Graders")
    async with running(five_thousand, size) as app:
        await app.press("3").on("Review").counts(7)


def test_exactly_the_planted_flips_on_the_command_line(five_thousand: Path, capsys: pytest.CaptureFixture[str]) -> None:
    versions = stored(five_thousand, "SELECT 'words@' || version FROM grader WHERE name = 'words' ORDER BY position")
    code = run(["-C", str(five_thousand), "grader", "diff", *versions, "--json"], cast(App, None))
    document = json.loads(capsys.readouterr().out)
    assert (code, document["compared"], len(document["flips"])) == (0, 5000, 7)
    assert {flip["prediction"] - 1 for flip in document["flips"]} == PLANTED
    assert {(flip["before"], flip["after"], flip["passed_after"]) for flip in document["flips"]} == {(0, 1, True)}


async def test_any_two_versions_are_compared(tmp_path: Path) -> None:
    third = EXACT | {"reference": "nothing of it"}
    folder = made(tmp_path / "w", lambda at: ("Yes", "yes", "nothing of it")[at % 3], 6, 1, EXACT, ANY_CASE, third)
    async with running(folder) as app:
        await on_graders(app).press("C").see("flips ▲2 ▼4").press("esc").on("Graders")
        await app.press("D").see("compare with", "the version before", "v1 @").type("v1").press("enter")
        await app.see_in("header", "Δ against v1").press("d").see("v1 → v3", '"nothing of it"').press("d")
        await app.press("C").see("flips ▲2 ▼2").press("esc").on("Graders")
        await app.press("tab", "j").see("v2 @").press("C").see("flips ▲2 ▼0").press("esc")
        await app.press("j").see("v1 @").press("C").see_in("footer", "no version before", "D chooses another")
        await app.press("D").see("compare with").type("before").press("enter").not_see_in("header", "Δ against")


async def test_unsaved_text_is_held_against_what_was_chosen(tmp_path: Path) -> None:
    folder = made(tmp_path / "w", lambda _at: "yes", 2, 1, EXACT, ANY_CASE)
    async with running(folder) as app:
        await on_graders(app).press("l").press("f2", "enter").type(" ").press("esc").see_in("header", "unsaved")
        await app.press("d").see("v2 → now", "no difference").press("esc").press("D").type("v1").press("enter")
        await app.press("d").see("v1 → now", "ilike").is_sound()


async def test_scores_that_came_in_are_compared_too(tmp_path: Path) -> None:
    folder = made(tmp_path / "w", lambda at: "yes" if at else "no", 3, 1, EXACT)
    workspace = open_workspace(folder)
    with workspace.store.write() as db:
        give(db, add_external_grader(db, "elsewhere"), {1: 1.0, 2: 1.0})
    workspace.store.close()
    async with running(folder) as app:
        await on_graders(app).press("D").type("elsewhere").press("enter").see_in("header", "against elsewhere@")
        await app.press("C").see("flips ▲0 ▼1", "1 not scored by both").press("enter").on("Review").counts(1)
        await app.see_in("header", "words")


@pytest.fixture
def asking(tmp_path: Path) -> Path:
    """Two versions of a grader that asks the simulated judge; nothing is graded yet."""
    folder = made(tmp_path / "w", lambda at: "yes" if at % 2 else "a long answer that says no", 8, 2)
    (folder / "rft.toml").write_text('default_profile = "simulated"\n')
    workspace = open_workspace(folder)
    save(workspace, JUDGE, "asks")
    save(workspace, JUDGE | {"pass_threshold": 0.01}, "asks")
    workspace.store.close()
    return folder


async def test_a_judge_is_asked_only_after_count_and_cost(asking: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def judge_for(*given: object, **_named: object) -> None:
        asked.append(given)

    monkeypatch.setattr("rft_tui.tasks.judging.in_process.judge_for", judge_for)
    async with running(asking) as app:
        await on_graders(app, "asks").press("C").see("not graded by v1: 16 · v2: 16 · judge", "0 predictions scored by")
        await app.see("ask simulated in all runs", "at most 32 questions").is_sound()
        await app.press("enter").see_in("footer", "no flips among 0 predictions")
        await app.press("C").see("ask simulated in all runs").press("down", "enter")
        await app.see_in("footer", "y asks simulated at most 32 SIMULATED questions, about $").press("n")
        await app.see_in("footer", "nothing was done")
    assert not asked


class Judge:
    """The judge that the app opens: a scripted service."""

    def __init__(self, patch: pytest.MonkeyPatch, answer: Callable[[ModelCall], ModelReply]) -> None:
        self.service = Service(script=answer)
        self.opened = 0
        patch.setattr("rft_tui.tasks.judging.in_process.judge_for", self.judge_for)

    @contextmanager
    def judge_for(self, workspace: Workspace, _profile: str) -> Iterator[ServiceJudge]:
        self.opened += 1
        simulated = NamedProfile("simulated", BUILT_IN["simulated"])
        with judging(workspace.store, self.service, profile=simulated) as judge:
            yield judge


def by_length(call: ModelCall) -> ModelReply:
    """A few marks where the answer is a short one."""
    return said({"result": 0.0 if "a long answer" in str(call.messages) else 0.4, "steps": []})


def ask_all(app: Driver) -> Driver:
    """Compare, and ask the judge about everything that is missing."""
    return (
        app.press("C")
        .see("ask simulated in all runs")
        .press("down", "enter")
        .see_in("footer", "SIMULATED question")
        .press("y")
    )


@pytest.mark.parametrize("size", SIZES)
async def test_what_a_judge_says_flips(asking: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
    judge = Judge(monkeypatch, by_length)
    async with running(asking, size) as app:
        await ask_all(on_graders(app, "asks")).see("▸Consequences", "flips ▲8 ▼0", "0 of 16").counts(8).is_sound()
        await app.see("SIMULATED").press("enter").on("Review").counts(8).see_in("header", "asks")
        await app.press("4").on("Graders").press("C").see("flips ▲8 ▼0")
    assert (judge.opened, len(judge.service.calls)) == (1, 2)
    assert stored(asking, "SELECT count(*), count(score) FROM grade") == [(32, 32)]


async def test_asking_is_stopped_and_what_was_answered_is_kept(asking: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Judge(monkeypatch, by_length)
    judge.service.gate.clear()
    async with running(asking) as app:
        await ask_all(on_graders(app, "asks")).see_in("header", "consequences … · C stops")
        await app.until(lambda: bool(judge.service.calls), "nobody was asked").press("j", "k")
        await app.press("C").see_in("footer", "stopping").do(judge.service.gate.set)
        await app.see_in("footer", "no flips among 0 predictions").not_see_in("header", "stops")
        await app.stores("SELECT count(*) FROM reply WHERE kind = 'judge'", len(judge.service.calls))
        asked = len(judge.service.calls)
        await ask_all(app).see("flips ▲8 ▼0")
    assert len(judge.service.calls) == 2 >= asked


async def test_what_makes_asking_hopeless_is_said(asking: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Judge(monkeypatch, lambda _call: error("auth", "the key is wrong", stops="auth"))
    async with running(asking) as app:
        await ask_all(on_graders(app, "asks")).see_in("footer", "the key is wrong").not_see_in("header", "stops")
        await app.press("C").see("ask simulated in all runs", "0 predictions scored by both")
    assert len(judge.service.calls) <= 2
    assert stored(asking, "SELECT count(*) FROM grade") == [0]


async def test_less_is_offered_where_one_version_has_graded(asking: Path) -> None:
    workspace = open_workspace(asking)
    with workspace.store.write() as db:
        first = versions_of(db, "asks")[-1]
        give(db, first, dict.fromkeys(range(1, 8), 0.5) | {8: Grade(None, error=GradeError("model_grader_x", "no"))})
    workspace.store.close()
    async with running(asking) as app:
        await on_graders(app, "asks").press("C").see("v1: 9 · v2: 16", "in runs that one of them has graded")
        await app.see("at most 9 questions", "at most 25 questions").is_sound()


async def test_what_is_typed_is_not_interrupted(asking: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Judge(monkeypatch, by_length)
    judge.service.gate.clear()
    async with running(asking) as app:
        await ask_all(on_graders(app, "asks")).see_in("header", "C stops").press("3").on("Review")
        await app.do(judge.service.gate.set).see_in("footer", "consequences are known · 4 Graders").press("4")
        await app.on("Graders").see_in("header", "consequences · C shows them").press("C").see("flips ▲8 ▼0")


async def test_a_version_that_is_deleted_meanwhile_is_not_read(tmp_path: Path) -> None:
    folder = made(tmp_path / "w", lambda at: "Yes" if at else "yes", 3, 1, EXACT, ANY_CASE)
    async with running(folder) as app:
        await on_graders(app).press("C").see("flips ▲2 ▼0")
        workspace = open_workspace(folder)
        with workspace.store.write() as db:
            delete_grader(db, "words")
        workspace.store.close()
        await app.press("enter").see_in("footer", "was deleted meanwhile", "u in Graders takes it back")
        await app.press("esc").on("Graders").press("u").see_in("header", "words v2")


async def test_a_grader_that_cannot_run_leaves_nothing_behind(tmp_path: Path) -> None:
    broken: JsonObject = {"type": "python", "name": "bad", "source": "def grade(:"}
    folder = made(tmp_path / "w", lambda _at: "yes", 2, 1, EXACT, broken)
    async with running(folder) as app:
        await on_graders(app).press("C").see_in("footer", "✗").not_see_in("header", "stops")
