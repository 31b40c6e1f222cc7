"""Graders that ask a model, live: what is known is taken at once, the rest is asked for or at pauses, within a cap."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rft_tui.errors import SettingsError
from rft_tui.model import Answer, JsonObject, PredictionError, Usage, Verdict
from rft_tui.providers.calls import ModelCall, ModelReply
from rft_tui.settings import WORKSPACE_FILE
from rft_tui.store.drafts import pin
from rft_tui.store.graders import list_graders
from rft_tui.store.grades import get_grade
from rft_tui.store.verdicts import EventKind, record
from rft_tui.tasks.grade import grade_runs
from rft_tui.tasks.retesting.pausing import PauseAnswer, PauseAsker
from rft_tui.tasks.retesting.probes import ProbeRow
from rft_tui.tui.screens.graders import on_pause as graders_on_pause
from rft_tui.workspace import Workspace, open_workspace
from tests.functional.driver import NARROW, SIZES, WIDE, Driver, running
from tests.functional.test_graders import NAME, SOURCE, add, python_spec
from tests.unit.judges import judged_spec
from tests.unit.tasks.judge_service import Service, error, judging, profile, said

SETTINGS = """default_profile = "here"
[profiles.here]
base_url = "http://example.test/v1"
api_key_env = ""
[profiles.here.prices.judge]
input = 100000.0
output = 0.0
"""
"""A dollar for ten input tokens, as the scripted service answers them."""

OFF = "on pause is off"


def half(_call: ModelCall) -> ModelReply:
    """Half marks for everything."""
    return said({"result": 0.5, "steps": []})


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    """The service that all judges of the app ask; pauses are short."""
    made = Service(half)

    @contextmanager
    def judge_for(workspace: Workspace, _name: str, **caps: Any) -> Iterator[Any]:
        with judging(workspace.store, made, profile=profile(json_schema="yes"), **caps) as judge:
            yield judge

    monkeypatch.setattr("rft_tui.tasks.judging.in_process.judge_for", judge_for)
    monkeypatch.setattr(graders_on_pause, "ASK_PAUSE_S", 0.03)
    return made


@pytest.fixture
def asks(demo: Path, service: Service) -> Path:
    """The demo with a grader that asks a model."""
    assert not service.calls
    (demo / WORKSPACE_FILE).write_text(SETTINGS)
    add(demo, judged_spec(pass_threshold=0.5), "asks")
    return demo


def multi(formula: str) -> JsonObject:
    """A judge and a comparison."""
    exact = {"type": "string_check", "name": "exact", "operation": "eq", "input": "{{sample.output_text}}",
             "reference": "{{item.reference_answer}}"}  # fmt: skip
    return {"type": "multi", "name": "both", "graders": {"judge": judged_spec(), "exact": exact},
            "calculate_output": formula}  # fmt: skip


def opened(app: Driver) -> Driver:
    """On the grader that asks, in its probe set of a few rows."""
    app.press("4").on("Graders").press("G", "l", "l").see("to ask").press("p").type("a filter").press("enter")
    return app.press("ctrl+u").type("gout").press("enter").see("probe: /gout").see("to ask", "old   new")


def switched_on(app: Driver, cap: str = "40") -> Driver:
    """Asked at pauses from now on."""
    app.press("P").see("ask at pauses, at most $", "nothing typed: $0.05").type(cap).press("enter")
    return app.see_in("footer", "y asks judge", "at pauses, up to $", "any other key: no").press("y")


class TestOnPause:
    @pytest.mark.parametrize("size", SIZES)
    async def test_only_the_row_at_the_cursor_is_asked(
        self, asks: Path, service: Service, size: tuple[int, int]
    ) -> None:
        async with running(asks, size) as app:
            await switched_on(opened(app)).see_in("header", "on pause: $1.00 of $40.00 · 1 asked").is_sound()
            await app.see(".50", "1 of ").until(lambda: len(service.calls) == 1, "asked more than once")
            await app.press("j").see_in("header", "$2.00 of $40.00 · 2 asked").press("k", "j", "k").see(" 2 of ")
            assert len(service.calls) == 2
            await app.press("P").see_in("footer", f"{OFF} · $2.00 spent, 2 asked").not_see_in("header", "on pause")
            await app.press("j", "j")
        assert len(service.calls) == 2

    async def test_lists_and_broken_texts_ask_nothing(self, asks: Path, service: Service) -> None:
        async with running(asks) as app:
            await switched_on(opened(app).press("h", "h")).see_in("header", "$1.00 of $40.00 · 1 asked").see(".50")
            await app.press("k", "j").press("l", "enter").see_in("header", "1 asked").press("end")
            await app.type(" {{item.nothing}}")
            await app.see("item.nothing is not a field", "✗ 6 errors")
            assert len(service.calls) == 1
            await app.press(*["backspace"] * 17).see(".50").not_see("~.50").see_in("header", "1 asked")
            await app.type("!").see_in("header", "2 asked").not_see("~.50")

    @pytest.mark.parametrize("size", SIZES)
    async def test_what_is_no_cap_stays_in_the_line(self, asks: Path, service: Service, size: tuple[int, int]) -> None:
        async with running(asks, size) as app:
            await opened(app).press("P").type("many").press("enter").see("ask at pauses, at most $  many")
            await app.see_in("footer", "'many' is no spend cap").press("ctrl+u").press("enter")
            await app.see_in("footer", "up to $0.05 · any other key: no").press("n").is_sound()
        assert not service.calls

    async def test_an_answer_to_an_older_text_is_kept_and_not_shown(self, asks: Path, service: Service) -> None:
        async with running(asks) as app:
            await switched_on(opened(app)).see_in("header", "1 asked").see("1 of ")
            service.gate.clear()
            service.script = lambda _call: said({"result": 0.25, "steps": []})
            await app.press("h", "enter", "end").type("A").until(lambda: len(service.calls) == 2, "not asked")
            await app.see("asking about row 1").type("B").see("asking about row 1, by an older text", "~.50")
            service.script = lambda call: said({"result": 0.75 if "AB" in str(call.messages) else 0.25, "steps": []})
            service.gate.set()
            await app.see(" .75   +.25").not_see("~.50").see_in("header", "3 asked")
            await app.press("backspace").see(" .25   −.25").see_in("header", "3 asked")
        assert len(service.calls) == 3

    async def test_at_the_cap_it_ends(self, asks: Path, service: Service) -> None:
        async with running(asks) as app:
            await switched_on(opened(app), "3").see_in("header", "1 asked").press("j")
            await app.see_in("header", "2 asked").press("j").see(f"{OFF}: the cap of $3.00 is reached · $3.00 spent")
            await app.not_see_in("header", "on pause").press("k", "k").see(f"{OFF}: the cap of $3.00")
        assert len(service.calls) == 3

    async def test_where_no_price_is_known_questions_are_counted(
        self, asks: Path, service: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rft_tui.providers.prices.price_of", lambda *_given, **_more: None)
        async with running(asks) as app:
            await opened(app).press("P").see("ask at pauses, at most", "nothing typed: 50 questions")
            await app.type("0.05").press("enter").see_in("footer", "dollars cannot be held to")
            await app.see("ask at pauses, at most  0.05").press("ctrl+u").type("2 questions").press("enter")
            await app.see_in("footer", "up to 2 questions")
            await app.press("y").see_in("header", "on pause: 1 of 2 questions asked").press("j")
            await app.see(f"{OFF}: the cap of 2 questions is reached")
        assert len(service.calls) == 2

    @pytest.mark.parametrize(
        ("reply", "why"),
        [(error("auth", "the key is wrong", stops="auth"), "the key is wrong"),
         (error("connection", "nobody answers"), "nobody answers")],
    )  # fmt: skip
    async def test_hopeless_errors_stand_at_the_row_and_end_it(
        self, asks: Path, service: Service, reply: ModelReply, why: str
    ) -> None:
        service.script = lambda _call: reply
        async with running(asks) as app:
            await switched_on(opened(app)).see(f"{OFF}: {why}", "✗ 1 error", "err").is_sound()
            await app.press("j", "k").not_see_in("header", "on pause")
        assert len(service.calls) == 1

    async def test_a_service_that_went_away_is_not_waited_for(self, asks: Path, service: Service) -> None:
        async with running(asks) as app:
            await switched_on(opened(app)).see_in("header", "1 asked")
            service.script = lambda _call: error("connection", "gone away")
            await app.press("j").see(f"{OFF}: gone away", "err")
        assert len(service.calls) == 2

    async def test_other_errors_are_not_asked_again_and_again(self, asks: Path, service: Service) -> None:
        service.script = lambda _call: ModelReply(Answer("", usage=Usage(), error=PredictionError("server", "oops")))
        async with running(asks) as app:
            await switched_on(opened(app)).see("✗ model grader", "1 error").press("j").see_in("header", "2 asked")
            await app.press("k", "j", "k").see_in("header", "on pause", "2 asked").is_sound()
        assert len(service.calls) == 2

    async def test_what_says_nothing_is_not_asked_again(
        self, asks: Path, service: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = []

        def ask(self: PauseAsker, text: str, row: ProbeRow) -> bool:
            asked.append(row.prediction)
            self._on_answer(PauseAnswer(text, row.prediction, None))
            return True

        monkeypatch.setattr(PauseAsker, "ask", ask)
        async with running(asks) as app:
            await switched_on(opened(app)).until(lambda: len(asked) == 1, "nobody asked").press("j")
            await app.until(lambda: len(asked) == 2, "the second row is not asked")
            await app.press("h", "l").press("h", "l").see_in("header", "on pause")
        assert len(asked) == 2
        assert not service.calls

    async def test_a_judge_that_cannot_be_opened_leaves_it_off(
        self, asks: Path, service: Service, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def judge_for(*_given: Any, **_more: Any) -> Any:
            raise SettingsError("the address is none")

        monkeypatch.setattr("rft_tui.tasks.judging.in_process.judge_for", judge_for)
        async with running(asks) as app:
            await switched_on(opened(app)).see_in("footer", "the address is none").not_see_in("header", "on pause")
        assert not service.calls

    async def test_it_is_off_at_every_start_and_refuses_nonsense(self, asks: Path, service: Service) -> None:
        async with running(asks) as app:
            await opened(app).press("P", "ctrl+u").type("a lot").press("enter").see_in("footer", "is no spend cap")
            await app.press("ctrl+u").type("0").press("enter").see_in("footer", "more than nothing").press("esc")
            await app.press("P", "enter").see_in("footer", "up to $0.05").press("n")
            await switched_on(app, "0.05").see(f"{OFF}: one question may cost more than $0.05")
            await switched_on(app).see_in("header", "on pause", "1 asked").see(".50")
        async with running(asks) as app:
            await app.on("Graders").see("1 of ").not_see_in("header", "on pause").press("j")
        assert len(service.calls) == 1

    async def test_a_local_grader_has_no_use_for_it(self, asks: Path) -> None:
        add(asks, python_spec(), NAME)
        async with running(asks) as app:
            await app.press("4").on("Graders").press("G").see("mean .").press("P").see_in("footer", "asks no model")

    async def test_an_answer_of_the_simulated_service_is_marked(self, asks: Path, service: Service) -> None:
        service.script = lambda _call: ModelReply(
            Answer('{"result": 1.0, "steps": []}', usage=Usage(10, 5), extra={"model": "simulated-judge"})
        )
        with _opened(asks) as workspace, workspace.store.write() as db:
            db.execute("UPDATE run SET model = replace(model, 'simulated', 'other'), simulated = 0")
            db.execute("UPDATE grade_detail SET simulated = 0")
        async with running(asks) as app:
            await switched_on(opened(app)).see_in("header", "SIMULATED", "1 asked")


class TestKnownAnswers:
    async def test_an_edit_beside_the_questions_costs_nothing(self, asks: Path, service: Service) -> None:
        add(asks, multi("0.5 * judge + 0.5 * exact"), "both")
        async with running(asks) as app:
            await (
                opened(app)
                .press("ctrl+r")
                .see_in("footer", "y asks at most")
                .press("y")
                .see("mean .33")
                .see_in("footer", "answered · 6 questions asked so far, $6.00")
            )
            put = len(service.calls)
            await app.press("h", "f2", "enter").see("typing").press("ctrl+end")
            text = app.app.screen.work.text  # type: ignore[attr-defined]
            changed = text.replace("0.5 * judge", "1.0 * judge")
            await app.do(lambda: _typed(app, changed)).see_in("header", "unsaved").not_see("to ask", "~").see("+.25")
            await app.press("f7").not_see_in("header", "unsaved").not_see("+.25")
        assert len(service.calls) == put

    async def test_the_foot_says_of_how_many_rows_its_figures_are(self, asks: Path, service: Service) -> None:
        async with running(asks, WIDE) as app:
            await opened(app).press("ctrl+r", "y").not_see("to ask").see("mean .50")
            count = app.app.screen.probes.count  # type: ignore[attr-defined]
            await app.press("h", "enter", "end").type("!").see(f"scores of an older text · {count} to ask", "~.50")
            await app.not_see("mean").press("esc").press("l", "l")
            service.script = lambda _call: said({"result": 1.0, "steps": []})
            await switched_on(app).see(f"1 of {count} new", "mean .50 → 1.00", "~.50", f"{count - 1} to ask")
            await app.press("j").see(f"2 of {count} new", "pass 2 → 2 of 2").is_sound()


class TestFigures:
    async def test_verdicts_stand_beside(self, demo: Path) -> None:
        """Of four answers one is right, one wrong, one half; the person said right, wrong, grader wrong, label."""
        add(demo, python_spec(), NAME)
        with _opened(demo) as workspace:
            with workspace.store.read() as db:
                grader = next(one for one in list_graders(db) if one.name == NAME)
            grade_runs(workspace.store, grader)
            by_score: dict[float, list[int]] = {}
            with workspace.store.read() as db:
                for (number,) in db.execute("SELECT id FROM prediction WHERE error_kind IS NULL ORDER BY id"):
                    grade = get_grade(db, grader.id, number)
                    if grade is not None and grade.score is not None:
                        by_score.setdefault(grade.score, []).append(number)
            full, partial, wrong = (_of_items(workspace, by_score[score]) for score in (1.0, 0.5, 0.0))
            planted = [(full[0], Verdict.RIGHT), (full[1], Verdict.WRONG), (partial[0], Verdict.GRADER),
                       (wrong[0], Verdict.WRONG), (wrong[1], Verdict.LABEL)]  # fmt: skip
            with workspace.store.write() as db:
                for number, verdict in planted:
                    (answer,) = db.execute("SELECT answer FROM prediction WHERE id = ?", [number]).fetchone()
                    record(db, workspace.reviewer, EventKind.VERDICT, verdict, answers=[answer],
                           grader_version=grader.version)  # fmt: skip
                    pin(db, number)
        async with running(demo) as app:
            await app.press("4").on("Graders").press("G").see("mean .").press("p").type("pinned").press("enter")
            # half passes at half the range, and w says that this is wrong: the person agrees with 2 of 4
            await app.see("probe: 5 pinned", "mean .50 → .50", "(ours) 3 → 3 of 5", "agrees with you 2/4 (was 2/4)")
            await app.press("enter").do(lambda: _typed(app, SOURCE.replace("0.5 if", "0.25 if")))
            await app.see("mean .50 → .45", "(ours) 3 → 2 of 5", "flips ▲0 ▼1", "agrees with you 3/4 (was 2/4)")
            await app.do(lambda: _typed(app, SOURCE.replace("0.5 if", "1 / 0 if")))
            await app.see("(ours) 2 → 2 of 4 both scored", "✗ 1 error", "agrees with you 2/3 (was 2/3)").is_sound()


async def test_narrow_shows_what_is_spent(asks: Path) -> None:
    async with running(asks, NARROW) as app:
        await switched_on(opened(app)).see_in("header", "1 asked").is_sound()


def _typed(app: Driver, text: str) -> None:
    """Put another text into the part that is edited."""
    screen: Any = app.app.screen
    screen.work.replace_shown(text)
    screen.typed()


@contextmanager
def _opened(folder: Path) -> Iterator[Workspace]:
    workspace = open_workspace(folder)
    try:
        yield workspace
    finally:
        workspace.store.close()


def _of_items(workspace: Workspace, predictions: list[int]) -> list[int]:
    """One prediction for each item and each answer, so that a verdict is about one of them alone."""
    found: dict[int, int] = {}
    answers = set()
    with workspace.store.read() as db:
        for number in predictions:
            item, answer = db.execute("SELECT item, answer FROM prediction WHERE id = ?", [number]).fetchone()
            if item not in found and answer not in answers:
                found[item] = number
                answers.add(answer)
    return list(found.values())
