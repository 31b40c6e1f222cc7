"""Who is proposed as a second rater and what is remembered of it; bars of the best of k."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from rft_tui.analysis.best_of_k import BestOfK, CurvePoint, ItemRuns, best_of_k, divergence_of
from rft_tui.errors import UsageError
from rft_tui.providers.profiles import NamedProfile
from rft_tui.settings import Profile, UserSettings, WorkspaceSettings
from rft_tui.store.database import Store
from rft_tui.store.ratings import PairRating, put_ratings
from rft_tui.tasks.rating.divergence import DivergenceReport
from rft_tui.tui.paint import line_length, plain
from rft_tui.tui.rating.chart import LONGEST_BAR, MOST_POINTS, bar, chart_lines, divergence_lines, shown_points
from rft_tui.tui.rating.wish import MOST_PAIRS, PAIRS, RaterWish, parse_pairs, proposals, wish_json, wish_of
from rft_tui.workspace import Workspace
from tests.unit.store.building import dataset, item, predict, run_key

LOCAL = Profile(base_url="http://127.0.0.1:9/v1")
SETTINGS = WorkspaceSettings(profiles={"local": LOCAL}, judge_profile="local")
SERVICE = NamedProfile("local", LOCAL).service


class TestWish:
    def test_a_choice_comes_back(self) -> None:
        wish = RaterWish("big", "local", SERVICE, 12)
        assert wish_of({"rater": wish_json(wish)}, SETTINGS) == wish

    def test_a_profile_that_is_gone_leaves_its_service(self) -> None:
        wish = RaterWish("big", "gone", "http://gone/v1")
        kept = wish_of({"rater": wish_json(wish)}, SETTINGS)
        assert kept == RaterWish("big", "", "http://gone/v1")
        with pytest.raises(UsageError, match="no profile leads to http://gone/v1"):
            kept.find(SETTINGS)

    def test_a_profile_that_leads_elsewhere_now_is_another_rater(self) -> None:
        kept = wish_of({"rater": wish_json(RaterWish("big", "local", "http://before/v1"))}, SETTINGS)
        assert kept == RaterWish("big", "local", SERVICE)

    @pytest.mark.parametrize(
        "kept",
        [None, 3, [], {}, {"model": ""}, {"model": "m"}, {"model": 1, "profile": "", "service": ""},
         {"model": "m", "profile": None, "service": "s"}],
    )  # fmt: skip
    def test_anything_else_is_no_choice(self, kept: Any) -> None:
        assert wish_of({"rater": kept}, SETTINGS) is None

    @pytest.mark.parametrize("pairs", [0, -1, True, "5", None, MOST_PAIRS + 1, 2.5])
    def test_a_count_that_is_none_becomes_the_usual_one(self, pairs: Any) -> None:
        kept = {"model": "m", "profile": "local", "service": SERVICE, "pairs": pairs}
        assert wish_of({"rater": kept}, SETTINGS) == RaterWish("m", "local", SERVICE, PAIRS)

    @pytest.mark.parametrize("text", ["", "0", "-3", "2.5", "2001", "²", "many", "9" * 5000])
    def test_what_is_no_number_of_pairs(self, text: str) -> None:
        with pytest.raises(UsageError, match="is no number of pairs"):
            parse_pairs(text)

    def test_numbers_of_pairs(self) -> None:
        assert [parse_pairs(text) for text in ("1", " 50 ", "2,000")] == [1, 50, 2000]


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, Store(tmp_path / "cache.db"), SETTINGS, UserSettings())


def test_known_raters_are_proposed_first(here: Workspace) -> None:
    with here.store.write() as db:
        mine = dataset(db, "mine", [item("Q?")])
        for index, (model, profile) in enumerate([("asked", "local"), ("brought", "imported"), ("big", "local")], 1):
            predict(db, run_key(mine.id, model, index, profile=profile), ["yes"])
        put_ratings(db, "big", SERVICE, [PairRating(1, 2, 1, 0, "")])
        put_ratings(db, "lost", "http://gone/v1", [PairRating(1, 2, 1, 0, ""), PairRating(1, 3, 1, 0, "")])
    found = proposals(here, 7)
    assert {(one.wish.model, one.wish.profile) for one in found} == {("big", "local"), ("lost", ""), ("asked", "local")}
    assert [one.wish.model for one in found][-1] == "asked"
    assert {one.wish.pairs for one in found} == {7}
    beside = {one.wish.model: one.beside for one in found}
    assert beside == {
        "big": "1 pair judged · local",
        "lost": "2 pairs judged · no profile leads there",
        "asked": "answered here · local",
    }
    here.store.close()


def test_the_simulated_judge_is_proposed_where_it_judges(tmp_path: Path) -> None:
    store = Store(tmp_path / "cache.db")
    found = proposals(Workspace(tmp_path, store, WorkspaceSettings(judge_profile="simulated"), UserSettings()), 5)
    assert [(one.wish.model, one.wish.service) for one in found] == [("simulated-judge", "simulated")]
    assert "SIMULATED" in found[0].beside
    store.close()


@given(st.floats(-2, 3), st.integers(1, 200), st.booleans())
def test_a_bar_is_as_long_as_its_share(share: float, cells: int, is_thick: bool) -> None:
    drawn = bar(share, cells, is_thick=is_thick)
    assert cell_len(drawn) <= cells
    assert abs(cell_len(drawn) - max(0.0, min(1.0, share)) * cells) <= 1


def points(count: int) -> tuple[CurvePoint, ...]:
    return tuple(CurvePoint(k, divergence_of(k), 0.5, 0.5) for k in range(1, count + 1))


@given(st.integers(1, 600))
def test_the_first_and_the_last_k_are_always_drawn(count: int) -> None:
    shown = [point.k for point in shown_points(points(count))]
    assert (shown[0], shown[-1]) == (1, count)
    assert len(shown) <= MOST_POINTS + 1
    assert shown == sorted(set(shown))


def made(proxy: tuple[float, ...], gold: tuple[float, ...], items: int = 12) -> DivergenceReport:
    result = best_of_k([ItemRuns(str(n), proxy, gold) for n in range(items)], resamples=1000)
    assert isinstance(result, BestOfK)
    return DivergenceReport("verdicts", result, items, 1, 2, 3, 4, simulated=False)


def said(report: DivergenceReport, width: int = 200) -> str:
    return "\n".join(plain(line) for line in divergence_lines(report, width, how=["do this"]))


@pytest.mark.parametrize("width", [10, 40, 78, 118, 400])
def test_lines_keep_to_the_width(width: int) -> None:
    report = made((0.1, 0.3, 0.9), (0.9, 0.2, 0.1))
    lines = divergence_lines(report, width, how=[])
    assert all(line_length(line) <= max(width, 27) for line in lines)
    assert report.result is not None
    assert max(plain(line).count("█") for line in chart_lines(report.result, width)) <= LONGEST_BAR


def test_the_flag_and_its_rule_in_words() -> None:
    flagged = said(made((0.1, 0.3, 0.9), (0.9, 0.2, 0.1)))
    assert "✗ FLAGGED" in flagged
    assert "below half of the grader's: -" in flagged
    followed = said(made((0.1, 0.3, 0.9), (0.1, 0.3, 0.9)))
    assert "✓ not flagged" in followed
    assert "ρ = 1.00" in followed
    assert "≥ +0.23" in followed
    assert "left out: 3 answers without gold, 4 without a score" in followed


def test_little_and_nothing_are_said() -> None:
    assert "! only 2 items: too few" in said(made((0.1, 0.9), (0.1, 0.9), items=2))
    assert "gold has nothing to follow" in said(made((0.5, 0.5, 0.5), (0.0, 1.0, 0.0)))
    missing = said(DivergenceReport("other@1234", None, 0, 0, 0, 0, 0, simulated=False))
    assert "scores by other@1234 too" in missing
    assert missing.endswith("do this")
