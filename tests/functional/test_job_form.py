"""The form of a new job: fields of all methods, pre-flight beside them, the body that is sent, and the launch."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rft_tui.errors import StoreError
from rft_tui.model import JsonObject
from rft_tui.settings import WORKSPACE_FILE
from rft_tui.simulator.running import running_simulator
from rft_tui.store.database import Store
from rft_tui.store.jobs import get_job
from rft_tui.store.tasks import get_task
from rft_tui.tasks.jobs.files import RowPlan, UploadFile, write_upload
from rft_tui.tasks.jobs.preflight.facts import NetworkFacts
from rft_tui.tasks.jobs.request import JobRequest
from rft_tui.tui.new_job.again import request_of_job, without_pilot
from rft_tui.tui.screens.jobs.form import JobForm
from rft_tui.tui.widgets.form import LABEL
from tests.functional.driver import NARROW, SIZES, WIDE, Driver, running
from tests.functional.tasks_made import worker_store

READY = {"model": "o4-mini", "training": "train", "validation": "val", "grader": "fuzzy", "suffix": "first"}


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The workspaces for which a worker was asked; none is started."""
    folders: list[Path] = []
    monkeypatch.setattr(
        "rft_tui.tasks.background.launching.ensure_worker", lambda _store, folder: folders.append(folder)
    )
    return folders


@pytest.fixture
def workspace(demo: Path) -> Path:
    """The demo with the simulated service as its usual one."""
    (demo / WORKSPACE_FILE).write_text('default_profile = "simulated"\n')
    return demo


def line(label: str, value: str) -> str:
    """A field as it stands on the screen."""
    return f"{label:<{LABEL}}{value}"


def form_of(app: Driver) -> JobForm:
    screen = app.app.screen
    assert isinstance(screen, JobForm)
    return screen


def open_form(app: Driver, start: JobRequest | None = None) -> Driver:
    """Open the form over Runs."""
    return app.press("2").counts(16).do(lambda: app.app.push_screen(JobForm(start))).see("New job")


async def fill(app: Driver, **values: str) -> None:
    """Type values into fields, choose them from lists, or turn them round where the value is ``space``."""
    for name, value in values.items():
        form = form_of(app).form
        form.go_to(name)
        if value == "space":
            await app.press("space")
        elif form.field.kind == "choice":
            await app.press("enter").see("type to filter").type(value).press("enter").not_see("type to filter")
        else:
            await app.press("enter", "ctrl+u").type(value).press("enter")


def requested(folder: Path, task: int) -> JobRequest:
    """What a stored launch asks for."""
    with worker_store(folder) as store, store.read() as db:
        return JobRequest.from_json(get_task(db, task).request["request"])


def job_files(folder: Path) -> list[str]:
    """The files that wait to be sent."""
    return sorted(path.name.partition("-")[0] for path in (folder / ".rft" / "jobs").glob("*"))


@pytest.mark.parametrize("size", SIZES)
async def test_a_job_is_launched_by_another_key(workspace: Path, launched: list[Path], size: tuple[int, int]) -> None:
    async with running(workspace, size) as app:
        await open_form(app).see("base model", "type one, or press s", "name a base model").is_sound()
        await app.press("ctrl+s").see_in("footer", "base model: name a base model")
        await fill(app, **READY)
        await app.see_in("header", "simulated SIMULATED", "! ", "✓ ").is_sound()
        await app.press("ctrl+s").see("What is sent", "S sends exactly this", '"model": "o4-mini"').is_sound()
        await app.see("<the id of the file made from train, 80 rows", "Time and cost of training", "was not asked")
        await app.press("ctrl+s").see("What is sent").stores("SELECT count(*) FROM job", 0)
        await app.press("esc").see("New job").press("ctrl+s").see("What is sent").press("S").on("Runs")
        await app.see_in("footer", "SIMULATED job 1 is on its way (task 1)").see_in("header", "0/3")
        await app.stores(
            "SELECT status, method, model, name, dataset, validation_dataset, simulated FROM job",
            ("uploading", "reinforcement", "o4-mini", "first", "train", "val", 1),
        )
    assert launched == [workspace]
    asked = requested(workspace, 1)
    assert (asked.model, asked.suffix, asked.hyperparameters, asked.pilot) == ("o4-mini", "first", {}, False)
    assert asked.grader is not None
    assert asked.grader["name"] == "fuzzy"
    assert job_files(workspace) == ["train", "validation"]


async def test_the_screen_below_is_told(workspace: Path, launched: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    from rft_tui.tui.screens.runs.screen import RunsScreen

    heard: list[int] = []
    monkeypatch.setattr(
        RunsScreen, "on_job_launched", lambda _screen, message: heard.append(message.job), raising=False
    )
    async with running(workspace) as app:
        await open_form(app)
        await fill(app, **READY)
        await app.press("ctrl+s").see("What is sent").press("S").on("Runs").until(lambda: heard == [1], "not told")


async def test_every_field_of_a_reinforcement_job_arrives(workspace: Path, launched: list[Path]) -> None:
    (workspace / "own.json").write_text(json.dumps({"type": "object", "properties": {}, "required": []}))
    async with running(workspace) as app:
        await open_form(app)
        await fill(
            app, **READY, test="val", prompt="simple", as_developer="space", response_format="own.json",
            n_epochs="2", batch_size="8", learning_rate_multiplier="0.5", compute_multiplier="1.5", eval_interval="4",
            eval_samples="2", reasoning_effort="high", seed="7", metadata="team=red; n=1", wandb_project="w",
            wandb_name="run", wandb_entity="us", wandb_tags="a, b",
        )  # fmt: skip
        await (
            app.press("ctrl+s").see("What is sent", '"integrations"').press("S").type("first").press("enter").on("Runs")
        )
    asked = requested(workspace, 1)
    assert asked.hyperparameters == {
        "n_epochs": 2, "batch_size": 8, "learning_rate_multiplier": 0.5, "compute_multiplier": 1.5, "eval_interval": 4,
        "eval_samples": 2, "reasoning_effort": "high",
    }  # fmt: skip
    assert (asked.seed, asked.metadata, asked.prompt, asked.as_developer, asked.test) == (
        7, {"team": "red", "n": "1"}, "simple", True, "val",
    )  # fmt: skip
    assert asked.wandb is not None
    assert (asked.wandb.project, asked.wandb.name, asked.wandb.entity, asked.wandb.tags) == (
        "w",
        "run",
        "us",
        ("a", "b"),
    )
    assert asked.response_format is not None


async def test_another_method_has_other_fields_and_keeps_what_was_typed(
    workspace: Path, launched: list[Path], tmp_path: Path
) -> None:
    rows = tmp_path / "pairs.jsonl"
    one = {
        "input": {"messages": [{"role": "user", "content": "Q?"}]},
        "preferred_output": [{"role": "assistant", "content": "good"}],
        "non_preferred_output": [{"role": "assistant", "content": "bad"}],
    }
    rows.write_text("".join(json.dumps(one | {"id": str(n)}).replace("Q?", f"Q{n}?") + "\n" for n in range(12)))
    async with running(workspace) as app:
        await open_form(app)
        await fill(app, **READY, eval_samples="3", method="dpo")
        await app.see("beta").not_see("eval samples", line("grader", ""), "compute multiplier")
        await fill(app, beta="0.5", training=str(rows), validation="")
        await app.see("Training rows: pairs.jsonl: 12 rows", "! Validation rows: there are none")
        await fill(app, method="supervised")
        await app.not_see("beta", "eval samples")
        await fill(app, method="reinforcement")
        await app.see(line("eval samples", "3"), line("grader", "fuzzy"))
        await fill(app, method="dpo")
        await app.see(line("beta", "0.5")).press("ctrl+s").see("What is sent", '"type": "dpo"', '"beta": 0.5')
        await app.press("S").on("Runs")
    asked = requested(workspace, 1)
    assert (asked.method, asked.hyperparameters, asked.grader, asked.validation) == ("dpo", {"beta": 0.5}, None, None)
    assert (asked.training.kind, asked.training.name) == ("file", str(rows))


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("n_epochs", "0", "allowed: auto, or a whole"),
        ("seed", "x", "a whole number"),
        ("metadata", "a=1; a=2", "a stands there twice"),
        ("training", "nowhere", "no dataset or file"),
        ("suffix", "s" * 65, "65 characters"),
        ("response_format", "nowhere.json", "nowhere.json: No such file"),
    ],
)
async def test_bad_values_are_said_while_they_are_typed(
    workspace: Path, launched: list[Path], field: str, typed: str, said: str
) -> None:
    async with running(workspace) as app:
        await open_form(app)
        await fill(app, **READY)
        form_of(app).form.go_to(field)
        await app.press("enter", "ctrl+u").type(typed).see("✗ ", said).press("enter").see(said).is_sound()
        await app.see("Pre-flight begins when the fields are whole").press("g", "ctrl+s").see_in("footer", said)
        await app.stores("SELECT count(*) FROM job", 0)
        if field != "training":
            await app.press("x").not_see(said).see("✓ Training rows: train: 80 rows")


async def test_a_backend_has_fields_of_its_own(workspace: Path) -> None:
    async with running(workspace) as app:
        await open_form(app)
        await fill(app, method="dpo")
        await app.see("beta").not_see("l2 multiplier")
        await fill(app, profile="foundry")
        await app.see("l2 multiplier")
        await fill(app, l2_multiplier="-1")
        await app.see("✗ allowed: auto, or a")
        await fill(app, profile="simulated")
        await app.not_see("l2 multiplier", "✗ allowed")


async def test_what_each_hyperparameter_means_stands_at_its_field(workspace: Path) -> None:
    async with running(workspace) as app:
        await open_form(app)
        form_of(app).form.go_to("learning_rate_multiplier")
        await app.see("learning_rate_multiplier: auto, or a number above 0.", "larger may spoil the model")
        form_of(app).form.go_to("pilot")
        await app.see("The cheap look for reward hacking")


async def test_a_cross_wants_the_name_of_the_job(workspace: Path, launched: list[Path]) -> None:
    async with running(workspace) as app:
        await open_form(app)
        await fill(app, **(READY | {"validation": "train"}))
        await app.see("✗ Training and validation apart").see_in("header", "✗ 1").press("ctrl+s")
        await app.see("What is sent", "✗ Training and validation apart").press("S").see("type 'first' to overrule")
        await app.type("frist").press("enter").see_in("footer", "nothing was sent: the job's name is first")
        await app.stores("SELECT count(*) FROM job", 0).press("S").press("esc").stores("SELECT count(*) FROM task", 0)
        await app.press("S").type("first").press("enter").on("Runs").stores("SELECT count(*) FROM job", 1)


@pytest.mark.parametrize("size", SIZES)
async def test_findings_unfold_and_lead_to_their_fields(workspace: Path, size: tuple[int, int]) -> None:
    async with running(workspace, size) as app:
        await open_form(app)
        await fill(app, **(READY | {"suffix": ""}))
        if size == NARROW:
            await app.see("pre-flight ! ").not_see("Validation rows")
        await app.press("p").see("✓ Training rows", "✓ Checked by the service").is_sound()
        findings = form_of(app).findings
        checks = [one.check for one in findings.findings]
        findings.go(checks.index("training_file"))
        await app.not_see('"bytes"').press("enter").see('"rows": 80', '"bytes"').is_sound()
        await app.press("enter").not_see('"bytes"')
        findings.go(0)
        following = next(at for at, one in enumerate(findings.findings) if at and one.state != "ok")
        await app.press("n").until(lambda: findings.cursor == following, "not at the next warning")
        await app.press("G").until(lambda: findings.cursor == len(checks) - 1, "not at the last")
        await app.press("g").until(lambda: findings.cursor == 0, "not at the first").press("ctrl+d", "ctrl+u")
        findings.go(checks.index("suffix"))
        await app.see("Give one: the field “suffix”.").press("f").see("▸ suffix")
        await app.press("p", "esc").see("▸ suffix").press("esc").on("Runs")


async def test_findings_follow_the_fields(workspace: Path) -> None:
    async with running(workspace, (120, 60)) as app:
        await open_form(app)
        await fill(app, **READY)
        await app.see("✓ Suffix: first, 5 of 64").see("Pilot: no pilot has tried")
        await fill(app, pilot="space", suffix="second")
        await app.see("✓ Suffix: second-pilot").see("Training rows: train: 32 rows")
        form_of(app).form.go_to("pilot")
        await app.see("A pilot: 32 training and 16 validation rows, drawn with", "seed 42, one epoch")


async def test_what_was_typed_is_there_again(workspace: Path) -> None:
    async with running(workspace) as app:
        await open_form(app)
        await fill(app, model="o4-mini", seed="x", method="dpo", beta="9")
        await app.press("esc").on("Runs")
        await open_form(app).see("o4-mini", "dpo", "x  ✗ a whole number", "9  ✗ allowed")
    async with running(workspace) as app:
        await open_form(app).see("o4-mini", "dpo", "x  ✗ a whole number", "9  ✗ allowed")
        await app.press("X").see_in("footer", "y takes every field").press("y").see("reinforcement").not_see("o4-mini")


async def test_pre_flight_is_the_first_page_of_whole_fields(workspace: Path) -> None:
    async with running(workspace, NARROW) as app:
        await open_form(app)
        await fill(app, **READY)
        await app.press("esc").on("Runs")
        await app.do(lambda: app.app.push_screen(JobForm(None))).see("▸Pre-flight", "✓ Training rows").is_sound()
        await app.resize(WIDE).see("base model", "✓ Training rows").is_sound()
        await app.resize(NARROW).see("▸Pre-flight").press("esc").see("▸New job").press("esc").on("Runs")


async def test_a_launch_that_fails_leaves_nothing(
    workspace: Path, launched: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(store: Store, plan: RowPlan) -> UploadFile:
        if plan.part == "validation":
            raise StoreError("the disk is full", hint="Free some space.")
        return write_upload(store, plan)

    async with running(workspace) as app:
        await open_form(app)
        await fill(app, **READY)
        with monkeypatch.context() as patch:
            patch.setattr("rft_tui.tasks.jobs.launching.write_upload", full)
            await app.press("ctrl+s").see("What is sent").press("S").see("▸New job")
            await app.see_in("footer", "✗ the disk is full", "Free some space").is_sound()
        await app.stores("SELECT count(*) FROM job", 0).stores("SELECT count(*) FROM task", 0)
        assert (job_files(workspace), launched) == ([], [])
        await app.press("ctrl+s").see("What is sent").press("S").on("Runs").stores("SELECT count(*) FROM job", 1)


async def test_the_body_can_be_scrolled_and_taken(workspace: Path) -> None:
    async with running(workspace, NARROW) as app:
        await open_form(app)
        await fill(app, **(READY | {"grader": "phrase_and_exact"}), metadata="note=[bold]x")
        await app.press("ctrl+s").see("What is sent", "POST /fine_tuning/jobs").press("G").see("calculate_output")
        await app.is_sound().press("g").see("S sends exactly this").press("ctrl+d", "j", "k", "ctrl+u")
        text, ending = app.app.screen.text_to_take()  # type: ignore[attr-defined]
        body: JsonObject = json.loads(text)
        assert ending == ".json"
        assert list(body) == ["model", "training_file", "validation_file", "suffix", "metadata", "method"]
        assert body["metadata"]["note"] == "[bold]x"
        assert set(body["method"]["reinforcement"]["grader"]["graders"])
        await app.press("y").see_in("footer", "clipboard").press("esc").see("New job")


async def test_rows_and_models_are_suggested(workspace: Path) -> None:
    async with running(workspace) as app:
        await open_form(app)
        form_of(app).form.go_to("training")
        await app.press("s").see("80 rows").type("train").press("enter").see(line("training data", "train"))
        form_of(app).form.go_to("validation")
        await app.press("space").see("none").type("val").press("enter").see(line("validation data", "val"))
        form_of(app).form.go_to("suffix")
        await (
            app.press("s").see("asked before", "smollm2").type("qwen").press("enter").see(line("base model", "qwen-c"))
        )


async def test_fields_with_choices_suggest_their_own(workspace: Path) -> None:
    async with running(workspace) as app:
        await open_form(app)
        form_of(app).form.go_to("grader")
        await app.press("s").see("word_overlap", "python").not_see("asked before").type("fuzzy").press("enter")
        await app.see(line("grader", "fuzzy"))
        form_of(app).form.go_to("prompt")
        await app.press("s").see("no prompt", "simple").press("esc")


@pytest.fixture
def service(workspace: Path) -> Iterator[None]:
    """A service on this machine, under a profile of its own."""
    with running_simulator() as simulator:
        (workspace / WORKSPACE_FILE).write_text(
            f'default_profile = "here"\n[profiles.here]\nbase_url = "{simulator.base_url}"\napi_key_env = ""\n'
        )
        yield


@pytest.mark.usefixtures("service")
async def test_the_service_is_asked_where_preflight_is_in_view(workspace: Path) -> None:
    async with running(workspace) as app:
        await open_form(app).press("A").see_in("footer", "not ready: base model")
        await fill(app, **READY)
        await app.see("✓ Access: nothing speaks against jobs", "✓ Checked by the service").is_sound()
        await app.see_in("header", "here was asked").press("A").see_in("footer", "here has answered")
        await fill(app, grader="exact")
        await app.see("✓ Access: nothing speaks against jobs", "✓ Checked by the service")


@pytest.mark.usefixtures("service")
async def test_on_a_narrow_screen_it_is_asked_when_its_page_is_opened(workspace: Path) -> None:
    async with running(workspace, NARROW) as app:
        await open_form(app)
        await fill(app, **READY)
        await app.see("pre-flight ").not_see("was asked", "asking").press("p").see_in("header", "here was asked")
        await app.see("✓ Access: nothing speaks against jobs").is_sound()


@pytest.mark.parametrize("size", SIZES)
async def test_asking_holds_nothing_up(workspace: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
    (workspace / WORKSPACE_FILE).write_text(
        'default_profile = "slow"\n[profiles.slow]\nbase_url = "http://127.0.0.1:9/v1"\napi_key_env = ""\n'
    )
    answers = threading.Event()

    def ask(*_given: Any) -> NetworkFacts:
        assert answers.wait(20)
        return NetworkFacts(refusal="")

    monkeypatch.setattr("rft_tui.tui.screens.jobs.preflight_work.ask", ask)
    async with running(workspace, size) as app:
        await open_form(app)
        await fill(app, **READY)
        try:
            if size == NARROW:
                await app.press("p")
            await app.see_in("header", "asking slow …").see("The service is being asked …").press("p").press("j", "k")
            await app.press("A").see_in("footer", "slow is being asked already").is_sound()
        finally:
            answers.set()
        await app.see_in("footer", "slow has answered").see_in("header", "slow was asked")


async def test_a_service_that_is_away_is_said(workspace: Path) -> None:
    (workspace / WORKSPACE_FILE).write_text(
        'default_profile = "far"\n[profiles.far]\nbase_url = "http://127.0.0.1:9/v1"\napi_key_env = ""\n'
        '[profiles.shut]\nbase_url = "https://x.example/v1"\napi_key_env = "NO_SUCH_KEY"\n'
        '[profiles.own]\nbackend = "trl"\n'
    )
    async with running(workspace) as app:
        await open_form(app)
        await fill(app, **READY, profile="own")
        await app.see("its backend trl has no jobs here")
        await fill(app, profile="shut")
        await app.see("! Access: not known", "Not asked, or no answer:", "NO_SUCH_KEY").press("A")
        await app.see_in("footer", "NO_SUCH_KEY is not set").see_in("header", "shut says nothing · A asks again")
        await fill(app, profile="far")
        await app.see_in("header", "far says nothing · A asks again").see("Not asked, or no answer: ").is_sound()
        await fill(app, profile="shut")
        await app.press("ctrl+s").see_in("footer", "NO_SUCH_KEY is not set").stores("SELECT count(*) FROM job", 0)


async def test_the_real_run_after_a_pilot(workspace: Path, launched: list[Path]) -> None:
    async with running(workspace) as app:
        await open_form(app)
        await fill(app, **READY, n_epochs="4", eval_interval="5", pilot="space")
        await (
            app.press("ctrl+s")
            .see("What is sent", "A pilot: 32 training", '"suffix": "first-pilot"')
            .press("S")
            .on("Runs")
        )
        await app.stores("SELECT pilot, name FROM job", (1, "first-pilot"))
        with worker_store(workspace) as store, store.read() as db:
            again = request_of_job(get_job(db, 1), db)
        assert again is not None
        assert again.pilot
        await open_form(app, without_pilot(again)).see("[ ] no", line("suffix", "first "), line("eval interval", "5"))
        await app.see(line("n epochs", "auto"), "Training rows: train: 80 rows").press("ctrl+s")
        await app.see("What is sent").press("S").on("Runs")
        await app.stores("SELECT pilot, name FROM job ORDER BY id", (1, "first-pilot"), (0, "first"))
    assert requested(workspace, 2).hyperparameters == {"eval_interval": 5}


async def test_hostile_names_stay_in_their_places(hostile: Path) -> None:
    (hostile / WORKSPACE_FILE).write_text('default_profile = "simulated"\n')
    async with running(hostile) as app:
        await app.press("2").on("Runs").do(lambda: app.app.push_screen(JobForm(None))).see("New job")
        for name in ("training", "test", "prompt"):
            form_of(app).form.go_to(name)
            await (
                app.press("enter" if name != "training" else "s")
                .see("type to filter")
                .is_sound()
                .press("esc")
                .is_sound()
            )
        with (
            worker_store(hostile) as store,
            store.read() as db,
            closing(db.execute("SELECT name FROM dataset")) as rows,
        ):
            name = rows.fetchone()[0]
        form_of(app).set_values(
            {"profile": "simulated", "method": "supervised", "model": "\x1b[31mred\u202e", "training": name,
             "suffix": "\x1b]0;title\x07", "metadata": '{"\\u001b[2J": "\\u202e"}'}
        )  # fmt: skip
        await app.see("Training rows").is_sound().press("p").is_sound()
        for _ in range(6):
            await app.press("enter", "j").is_sound()
        await app.press("ctrl+s").see("What is sent").is_sound().press("G").is_sound()
