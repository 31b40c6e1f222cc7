"""`job watch`: every event once, alarms once, exit codes, and how much a terminal is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from rft_tui.cli.console import Calling
from rft_tui.cli.job_text import event_json, event_line, figures
from rft_tui.cli.job_watch import AT_ONCE_BYTES, BYTES_A_SECOND, TerminalLines
from rft_tui.providers.backends.reading import read_event
from rft_tui.simulator.running import RunningSimulator, running_simulator
from rft_tui.store.database import Store
from rft_tui.tasks.jobs import watching
from rft_tui.tasks.jobs.following import Glance
from tests.unit.cli.conftest import Cli, FakeApp, question, write_lines
from tests.unit.cli.workers import ThreadWorkers, thread_workers
from tests.unit.tasks.jobs.backing import an_event

OPTIONS = ("--method", "reinforcement", "--model", "o4-mini-2025-04-16", "--train", "train", "--validation", "valid")


@pytest.fixture(scope="module")
def server() -> Iterator[RunningSimulator]:
    with running_simulator(job_seconds=1.2) as running:
        yield running


@pytest.fixture(autouse=True)
def workers() -> Iterator[ThreadWorkers]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watching, "LOOK_S", {"running": 0.05})
        with thread_workers() as threads:
            yield threads


@pytest.fixture
def ready(cli: Cli, workspace: Path, server: RunningSimulator) -> Path:
    (workspace / "rft.toml").write_text(f'[profiles.here]\nbase_url = "{server.base_url}"\n')
    for name, count in (("train", 40), ("valid", 12)):
        write_lines(workspace / f"{name}.jsonl", [question(f"{name}{n}?", str(n)) for n in range(count)])
        assert cli("-C", workspace, "data", "import", workspace / f"{name}.jsonl", "--name", name).code == 0
    return workspace


def create(cli: Cli, ready: Path, *options: object) -> Any:
    grader = ready / "graders" / "exact.json"
    return cli("-C", ready, "job", "create", *OPTIONS, "--grader", grader, "--yes", *options)


def lines_of(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_every_event_once_from_the_first_to_the_end(cli: Cli, ready: Path, server: RunningSimulator) -> None:
    from tests.unit.simulator.conftest import ask

    made = create(cli, ready, "--suffix", "w", "--json").document
    watched = cli("-C", ready, "job", "watch", "w", "--json")
    assert watched.code == 0, watched.err
    events = lines_of(watched.out)
    path = f"/v1/fine_tuning/jobs/{made['remote_id']}/events?limit=100"
    told = list(reversed(ask(server.base_url, "GET", path).json["data"]))
    assert [one["id"] for one in events] == [one["id"] for one in told]
    assert events == told
    for one in events:
        assert set(one) >= {"id", "created_at", "level", "type", "message", "data"}
    steps = [one["data"]["step"] for one in events if one["type"] == "metrics"]
    assert steps == list(range(1, 31))
    again = cli("-C", ready, "job", "watch", made["job"], "--json")
    assert (again.code, again.out) == (0, watched.out)


@pytest.mark.parametrize(
    ("scenario", "code"), [("moderation", 1), ("failed-files", 1), ("late-failure", 0), ("late-failure-failed", 1)]
)
def test_the_exit_code_tells_how_it_ended(cli: Cli, ready: Path, scenario: str, code: int) -> None:
    create(cli, ready, "--suffix", "end", "--metadata", f"scenario={scenario}", "--json")
    watched = cli("-C", ready, "job", "watch", "end")
    assert watched.code == code
    assert ("succeeded" if code == 0 else "failed: ") in watched.err.splitlines()[-1]
    assert len(watched.out.splitlines()) >= 2


def test_a_cancelled_job_ends_the_watching(cli: Cli, ready: Path) -> None:
    create(cli, ready, "--suffix", "c", "--metadata", "seconds=500", "--json")
    assert cli("-C", ready, "job", "cancel", "c", "--yes").code == 0
    watched = cli("-C", ready, "job", "watch", "c", "--json")
    assert watched.code == 1
    assert lines_of(watched.out)[-1]["message"]


def test_alarms_ring_once_each_on_stderr(cli: Cli, ready: Path) -> None:
    create(cli, ready, "--suffix", "a", "--metadata", "scenario=broken-grader", "--json")
    watched = cli("-C", ready, "job", "watch", "a", "--json")
    rung = [one["alarm"] for one in lines_of(watched.err)]
    assert rung
    assert len({(one["name"], one["message"].rpartition(" in ")[2]) for one in rung}) == len(rung)
    assert "errors" in {one["name"] for one in rung}
    assert all("alarm" not in one for one in lines_of(watched.out))
    said = cli("-C", ready, "job", "watch", "a")
    assert said.err.count("grader calls end in other_error") <= 1
    assert said.err.count("grader calls end in") == sum(one["name"] == "errors" for one in rung)
    assert "✗ step" in said.err


def test_wait_goes_on_to_the_end(cli: Cli, ready: Path) -> None:
    shown = create(cli, ready, "--suffix", "wait", "--wait")
    assert shown.code == 0
    assert "step 30/30" in shown.out
    document = create(cli, ready, "--suffix", "wait2", "--wait", "--metadata", "scenario=moderation", "--json")
    assert document.code == 1
    assert document.document["status"] == "failed"
    assert document.document["remote"]["error"]["code"]


def test_what_was_listed_as_ended_is_still_shown_in_full(
    cli: Cli, ready: Path, server: RunningSimulator, tmp_path: Path
) -> None:
    """A list knows that a job has ended before anybody has read its events."""
    made = create(cli, ready, "--suffix", "seen", "--wait", "--json").document
    other = tmp_path / "other"
    assert cli("init", other).code == 0
    (other / "rft.toml").write_text(f'[profiles.there]\nbase_url = "{server.base_url}"\n')
    assert cli("-C", other, "job", "list").code == 0
    events = lines_of(cli("-C", other, "job", "watch", made["remote_id"], "--json").out)
    assert len([one for one in events if one["type"] == "metrics"]) == 30


def test_a_watching_that_cannot_go_on_is_an_error(cli: Cli, ready: Path, workers: ThreadWorkers) -> None:
    create(cli, ready, "--suffix", "gone", "--metadata", "seconds=500", "--json")
    profile = (ready / "rft.toml").read_text()
    assert cli("-C", ready, "task", "cancel", 2).code == 0
    workers.join()
    (ready / "rft.toml").write_text(profile + "backend = 'trl'\n")
    result = cli("-C", ready, "job", "watch", "gone", "--json")
    assert result.code != 0
    assert "has no jobs here" in json.loads(result.err)["error"]["message"], "events may have been told before"
    (ready / "rft.toml").write_text(profile)
    assert cli("-C", ready, "job", "cancel", "gone", "--yes").code == 0


def test_lines_of_events() -> None:
    step = event_line(read_event(an_event(12, message="Step 12/40: \x1b[31mred")))
    assert step.endswith("step 12/40  train 0.120")
    said = event_line(read_event(an_event(1, type="message", level="error", message="a\nb\x1b[2J", data=None)))
    assert said.endswith("✗ a b␛[2J")
    assert (
        figures({"train_loss": 0.5, "errors/graders/g/train_other_error_count": 1.0}) == "train 0.500  1 grader error"
    )
    assert event_json("e", {"id": "e", "x": 1}, simulated=True) == {
        "id": "e", "created_at": None, "level": "info", "type": "message", "message": "", "data": None, "x": 1,
        "simulated": True,
    }  # fmt: skip


class Terminal:
    """A terminal that counts what it is sent, with a clock that stands still unless it is told."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.sent: list[tuple[float, str]] = []
        calling = Calling(FakeApp())
        calling.line = lambda text="": self.sent.append((self.now, f"\r\x1b[K{text}\r\n"))  # type: ignore[method-assign]
        calling.status = lambda line: self.sent.append((self.now, f"\r{line}\x1b[K"))  # type: ignore[method-assign]
        self.teller = TerminalLines(calling, lambda: self.now)

    def most_in_a_second(self) -> int:
        """The most bytes that came within one second."""
        sizes = [(at, len(text.encode())) for at, text in self.sent]
        return max(sum(size for at, size in sizes if begin <= at < begin + 1) for begin, _size in sizes)


@pytest.fixture
def job(cli: Cli, ready: Path, workers: ThreadWorkers) -> Any:
    from rft_tui.settings import CACHE_FILE
    from rft_tui.store.database import Store
    from rft_tui.store.jobs import get_job

    create(cli, ready, "--suffix", "t" * 60, "--json")
    store = Store(ready / CACHE_FILE)
    with store.write() as db:
        made = get_job(db, 1)
        db.execute("UPDATE task SET wish = 'cancel' WHERE kind = 'watch'")
    store.close()
    return made


def test_a_terminal_is_sent_less_than_2_kilobytes_a_second(job: Any) -> None:
    terminal = Terminal()
    number = 0
    for _tick in range(600):
        events = []
        for _event in range(20 if terminal.now < 1030 else 0):
            number += 1
            events.append((str(number), an_event(number, type="message", message="ü" * 300)))
        terminal.teller.take(Glance(job, tuple(events), None))
        terminal.now += 0.1
    assert terminal.most_in_a_second() < 2000
    assert terminal.teller.is_done
    shown = [text for _at, text in terminal.sent if "more before" in text]
    assert shown
    left = sum(int(text.split("…")[1].split("more")[0].replace(",", "")) for text in shown)
    lines = sum("ü" in text for _at, text in terminal.sent)
    assert left + lines == number, "each is shown or counted"


def test_a_long_history_is_opened_with_its_end(job: Any) -> None:
    terminal = Terminal()
    events = tuple((str(number), an_event(number)) for number in range(500))
    for _page in range(20):
        terminal.teller.take(Glance(job, events, None))
    while not terminal.teller.is_done:
        terminal.now += 0.1
        terminal.teller.take(Glance(job, (), None, has_moved=False))
    assert terminal.now - 1000 < 3
    assert sum(len(text) for _at, text in terminal.sent) < AT_ONCE_BYTES + 3 * BYTES_A_SECOND


def test_nothing_is_sent_while_nothing_happens(job: Any) -> None:
    terminal = Terminal()
    terminal.teller.take(Glance(job, (("1", an_event(1)),), None))
    terminal.now += 5
    terminal.teller.take(Glance(job, (), None, has_moved=False))
    count = len(terminal.sent)
    for _tick in range(100):
        terminal.now += 1
        terminal.teller.take(Glance(job, (), None, has_moved=False))
    assert len(terminal.sent) == count


def test_numbers_that_cannot_be_are_not_written_out() -> None:
    metrics = {"train_mean_reward": -1e308, "completion_tokens_mean": 1e300, "errors/x_error_count": 1e300}
    assert len(figures(metrics)) < 100


@pytest.mark.parametrize("options", [("--profile", "here"), ()])
def test_a_job_whose_profile_is_gone_is_watched_through_another(
    cli: Cli, ready: Path, options: tuple[str, ...]
) -> None:
    made = create(cli, ready, "--suffix", "moved", "--wait", "--json").document
    with closing(Store(ready / ".rft" / "cache.db")) as store, store.write() as db:
        db.execute("UPDATE job SET profile = 'gone', status = 'running' WHERE id = ?", [made["job"]])
    watched = cli("-C", ready, "job", "watch", "moved", "--json", *options)
    assert watched.code == 0, watched.err
