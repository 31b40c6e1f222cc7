"""A rater's whole work over HTTP: the simulated service answers, what it said is marked, nothing is asked twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rft_tui.errors import ServiceError
from rft_tui.model import Verdict
from rft_tui.providers.profiles import NamedProfile, named_profile
from rft_tui.settings import UserSettings, load_workspace_settings
from rft_tui.simulator.running import RunningSimulator, running_simulator
from rft_tui.store.database import Store
from rft_tui.store.ratings import get_critiques
from rft_tui.tasks.rating.disagreements import rater_disagreements
from rft_tui.tasks.rating.rating import plan_rating
from rft_tui.tasks.rating.work import critiques, rate
from rft_tui.workspace import Workspace
from tests.unit.store.building import ME
from tests.unit.tasks.raters import filled, judge_as, stored_disagreements, texts

RUNS = [{0: "red fox", 1: "red badger"}, {0: "a blue whale and a red deer", 1: "grey fox"}, {0: "red fox!", 1: "?"}]


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def here(tmp_path: Path, store: Store, simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace whose simulated service runs in this process, and a price for one model of it."""
    monkeypatch.setattr("rft_tui.providers.simulated.ensure_simulator", lambda _folder: simulator.base_url)
    lines = ["[profiles.simulated]", 'backend = "simulated"', 'api_key_env = ""']
    lines += ["[profiles.simulated.prices.dear]", "input = 1000.0", "output = 1000.0"]
    (tmp_path / "rft.toml").write_text("\n".join(lines))
    return Workspace(tmp_path, store, load_workspace_settings(tmp_path), UserSettings(reviewer=ME))


@pytest.fixture
def simulated(here: Workspace) -> NamedProfile:
    return named_profile(here.settings, "simulated")


def test_pairs_and_critiques(here: Workspace, simulated: NamedProfile) -> None:
    """The lexical rule compares with the reference; the grader pays for length."""
    of = filled(here.store, RUNS, lambda text: len(text) / 100, reference="the red fox")
    plan = plan_rating(here.store, of, "simulated-judge", simulated)
    seen: list[tuple[int, int]] = []
    report = rate(here, plan, progress=lambda *at: seen.append(at))
    assert (len(report.rated), seen[-1], report.swapped, report.consistency) == (6, (6, 6), 0, 1.0)
    assert (report.simulated, report.asking.stopped, list(report.asking.models)) == (True, "", ["simulated-judge"])
    assert all(one.rating.simulated for one in report.rated)
    assert {one.better_and_worse[1].text for one in report.wrong} >= {"a blue whale and a red deer"}
    again = rate(here, plan)
    assert (again.asking.asked, again.asking.cached, again.rated) == (0, 12, report.rated)

    judge_as(here.store, {next(iter(texts(here.store))): Verdict.RIGHT})
    for about in (stored_disagreements(here.store, of, ME), rater_disagreements(here.store, report)):
        made = list(critiques(here, of.version, about, "simulated-judge", simulated))
        assert [one.disagreement for one in made] == about
        assert all(one.stored is not None and one.stored.simulated and one.side for one in made)
    with here.store.read() as db:
        assert len(get_critiques(db, list(texts(here.store)), of.version)) >= 2


def test_a_cap_ends_it_with_what_there_is(here: Workspace, simulated: NamedProfile) -> None:
    of = filled(here.store, RUNS, lambda text: len(text) / 100)
    plan = plan_rating(here.store, of, "dear", simulated)
    report = rate(here, plan, spend_cap=1.5)
    assert "spend cap" in report.asking.stopped
    assert report.asking.cost is not None
    assert 0 < report.asking.cost <= 1.5
    assert report.asking.unasked + len(report.rated) == 6
    assert report.asking.unasked > 0


def test_a_service_that_refuses(here: Workspace, simulated: NamedProfile) -> None:
    of = filled(here.store, RUNS, lambda text: len(text) / 100)
    plan = plan_rating(here.store, of, "simulated-missing", simulated)
    with pytest.raises(ServiceError, match="does not exist"):
        rate(here, plan)
    judge_as(here.store, {next(iter(texts(here.store))): Verdict.RIGHT})
    about = stored_disagreements(here.store, of, ME)
    with pytest.raises(ServiceError, match="does not exist"):
        list(critiques(here, of.version, about, "simulated-missing", simulated))
