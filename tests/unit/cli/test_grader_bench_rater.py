"""``rft-tui grader bench`` with a second rater and gold: what is asked, said and given to scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rft_tui.model import Verdict
from rft_tui.settings import CACHE_FILE, load_user_settings
from rft_tui.store.database import Store
from rft_tui.store.verdicts import EventKind, record
from tests.unit.cli.conftest import Cli

RATER = ("--rater", "simulated-judge", "--rater-profile", "simulated", "--rater-pairs", "8")


def bench(folder: Path, *more: object, of: str = "exact") -> tuple[object, ...]:
    """A small bench that holds, and what is asked beside it."""
    return ("-C", folder, "grader", "bench", of, "--items", 2, "--probe", "echo", *more)


def judge_everything(folder: Path, grader: str) -> None:
    """Let the reviewer say of every answer what a grader's pass says."""
    store = Store(folder / CACHE_FILE)
    reviewer = load_user_settings().reviewer_name
    with store.write() as db:
        passed = db.execute(
            "SELECT prediction.answer, grade.passed FROM grade JOIN prediction ON prediction.id = grade.prediction"
            " JOIN grader ON grader.id = grade.grader WHERE grader.name = ? AND grade.score IS NOT NULL",
            [grader],
        ).fetchall()
        for verdict, wanted in ((Verdict.RIGHT, 1), (Verdict.WRONG, 0)):
            answers = [answer for answer, has_passed in passed if has_passed == wanted]
            record(db, reviewer, EventKind.VERDICT, verdict, answers=answers)
    store.close()


def test_nothing_is_asked_unless_it_is_said(cli: Cli, demo: Path) -> None:
    document = cli(*bench(demo), "--json").document
    assert (document["second_rater"], document["divergence"]) == (None, None)
    assert document["second_rater_reason"] == "not asked for: --rater MODEL"
    assert document["divergence_reason"].startswith("0 items have 3 or more runs judged; 120 have so many runs")
    assert "simulated" not in document
    assert len(cli(*bench(demo)).out.splitlines()) == 4


def test_a_rater_is_announced_asked_and_marked(cli: Cli, demo: Path) -> None:
    result = cli(*bench(demo, *RATER, of="word_overlap"))
    assert result.code == 0
    assert (
        "second rater simulated-judge: at most 16 questions about 8 pairs through simulated, about $0.00" in result.err
    )
    assert "Second rater simulated-judge (a model, not a person)  SIMULATED" in result.out
    assert "the grader orders" in result.out
    assert max(map(len, result.out.splitlines())) <= 250
    document = cli(*bench(demo, *RATER, of="word_overlap"), "--json").document
    found = document["second_rater"]
    assert (document["simulated"], found["simulated"], found["is_a_model"]) == (True, True, True)
    assert (found["rater"], found["pairs"], found["items"], found["errors"]) == ("simulated-judge", 8, 8, {})
    assert (found["asked"], found["cached"], found["swapped"], found["position_consistency"]) == (0, 16, 0, 1.0)
    assert found["ranking"]["pairs"] + found["ties"] == 8
    assert all(one["better"]["score"] < one["worse"]["score"] and one["reason"] for one in found["wrong"])
    assert "second_rater_reason" not in document
    assert found["person"] is None


def test_the_wrong_order_is_shown_with_its_reason_and_nothing_commands_the_terminal(cli: Cli, demo: Path) -> None:
    store = Store(demo / CACHE_FILE)
    with store.write() as db:
        db.execute("UPDATE answer SET output_text = output_text || char(27) || '[31m'")
        db.execute("UPDATE grade SET score = 1 - score WHERE score IS NOT NULL")
    store.close()
    result = cli(*bench(demo, *RATER))
    assert "wrong order" in result.out
    assert "should be above" in result.out
    assert "Lexical rule of the simulated service" in result.out
    assert "\x1b" not in result.out
    assert "␛" in result.out


def test_gold_is_the_person_or_another_grader(cli: Cli, demo: Path) -> None:
    other = cli(*bench(demo, "--gold", "exact", of="contains_reference"), "--json").document["divergence"]
    assert other["gold"].startswith("exact@")
    assert [point["k"] for point in other["points"]] == [1, 2, 3]
    assert (other["points"][0]["kl"], other["flagged"]) == (0, False)
    assert other["ratio_ci"][0] < other["ratio"] < other["ratio_ci"][1]
    judge_everything(demo, "exact")
    document = cli(*bench(demo, of="contains_reference"), "--json").document
    verdicts = document["divergence"]
    assert (verdicts["gold"], verdicts["items"]) == ("verdicts", other["items"])
    assert verdicts["points"] == other["points"], "the verdicts say what the other grader says"
    assert "divergence_reason" not in document
    shown = cli(*bench(demo, *RATER, of="contains_reference")).out
    assert "Best of k by the grader, gold is verdicts" in shown
    assert "120 items have 3 or more runs judged" in shown
    assert "where the person tells two answers apart" in shown


def test_a_grader_that_is_not_in_the_cache_says_so(cli: Cli, demo: Path, tmp_path: Path) -> None:
    spec = {"type": "string_check", "name": "fresh", "operation": "like", "input": "{{sample.output_text}}",
            "reference": "{{item.reference_answer}}"}  # fmt: skip
    path = tmp_path / "fresh.json"
    path.write_text(json.dumps(spec))
    document = cli(*bench(demo, *RATER, "--gold", "exact", of=str(path)), "--json").document
    assert "has scored nothing here" in document["second_rater_reason"]
    assert "has scored nothing here" in document["divergence_reason"]
    shown = cli(*bench(demo, *RATER, "--gold", "exact", of=str(path))).out
    assert "second rater: this version has scored nothing" in shown
    assert "best of k: this version has scored nothing" in shown


def test_static_asks_nobody(cli: Cli, demo: Path) -> None:
    document = cli("-C", demo, "grader", "bench", "exact", "--static", "--json").document
    assert {document["second_rater_reason"], document["divergence_reason"]} == {"left out by --static"}
    for more in (RATER[:2], ("--gold", "verdicts")):
        assert (
            "asks nobody" in cli("-C", demo, "grader", "bench", "exact", "--static", *more, "--json").error["message"]
        )


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (("--rater", "simulated-missing", "--rater-profile", "simulated"), 3, "does not exist"),
        (("--rater", "x", "--rater-profile", "nothing"), 2, "no profile"),
        (("--gold", "nothing"), 2, "no grader"),
        ((*RATER[:4], "--rater-pairs", 0), 2, "0 is not in the range"),
    ],
)
def test_wrong_use_and_refusals(cli: Cli, demo: Path, more: tuple[object, ...], code: int, said: str) -> None:
    result = cli(*bench(demo, *more), "--json")
    assert result.code == code
    assert said in result.error["message"]


def test_a_cap_needs_a_price_and_holds(cli: Cli, demo: Path) -> None:
    settings = demo / "rft.toml"
    lines = ["[profiles.dear]", 'base_url = "https://models.invalid/v1"', 'api_key_env = ""', "[profiles.priced]"]
    lines += ['backend = "simulated"', 'api_key_env = ""', "[profiles.priced.prices.simulated-judge]"]
    settings.write_text("\n".join([settings.read_text(), *lines, "input = 1000.0", "output = 1000.0"]))
    unknown = cli(*bench(demo, "--rater", "x", "--rater-profile", "dear", "--spend-cap", 1), "--json")
    assert "the rater's price" in unknown.error["message"]
    capped = cli(*bench(demo, "--rater", "simulated-judge", "--rater-profile", "priced", "--spend-cap", 1.5))
    assert capped.code == 0
    assert "pairs not asked: the spend cap of $1.5" in capped.out
