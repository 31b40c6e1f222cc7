"""A second rater in the app: asked after a yes, shown as a model, stopped at once; nothing that it says is applied."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from rft_tui.providers.calls import ModelCall, ModelReply
from rft_tui.settings import CACHE_FILE
from rft_tui.tui.screens.graders.screen import GradersScreen
from tests.functional.driver import NARROW, SIZES, WIDE, Driver, running, stored
from tests.functional.rater_made import (
    EXACT,
    KEPT,
    PADDED,
    PLAIN,
    UNTOUCHED,
    choose,
    make,
    on_grader,
    once_after,
    parts,
    scripted,
    shorter_is_better,
)
from tests.unit.tasks.judge_service import error, said

WRONG = "SELECT prediction FROM kept_list WHERE name = 'rater' ORDER BY position"


def rated(app: Driver, pairs: str = "") -> Driver:
    """A rater chosen, agreed to, and done."""
    return choose(on_grader(app).press("M"), pairs=pairs).see_in("footer", "y asks at most").press("y")


def everything(app: Driver) -> Driver:
    """All predictions as the probe set, not only mistakes."""

    def is_graded() -> bool:
        screen = app.app.screen
        return isinstance(screen, GradersScreen) and len(screen.fresh) == len(screen.rows) == 24

    app.press("p").see("random sample").type("random").press("enter")
    return app.until(is_graded, "the sample is not graded")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return make(tmp_path / "w")


@pytest.mark.parametrize("size", SIZES)
async def test_the_whole_way(here: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
    models = scripted(monkeypatch)
    before = stored(here, UNTOUCHED)
    async with running(here, size) as app:
        await on_grader(app).press("M").see("second rater: a stronger model", "never the truth", "another model")
        await choose(app.press("esc").see("▸Second rater", "no rater chosen", "M chooses").is_sound().press("M"))
        await app.see_in("footer", "y asks at most 48 questions through here, about $").is_sound()
        assert not models.calls
        await app.press("y").see("24 pairs in both", "100% consistent", "preferred").is_sound()
        await app.see("orders answers as the rater does: 50%", "of 24 pairs (8 items").see_in("header", "a model: big")
        await app.see("48 questions asked, $").counts(8).see_in("list", ".00   1.00  1.00").see_in("footer", "24 pairs")
        await app.press("j", "l").see("▲ the rater prefers", "fails", "▼ the grader scores higher", "passes")
        await app.see("red one", "and many other animals", "why, says big", "lists more than was asked").is_sound()
        await app.press("esc").press("enter").on("Review").counts(16).see_in("header", "/list:rater", "contains")
        await app.see("and many other animals").press("4").on("Graders")
        assert len(models.calls) == 48
    assert stored(here, WRONG)[0] in stored(here, "SELECT id FROM prediction WHERE run = 1")
    assert stored(here, UNTOUCHED) == before


async def test_what_was_said_before_is_there_at_once(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = scripted(monkeypatch)
    async with running(here) as app:
        await rated(app).see_in("footer", "24 pairs judged")
    asked = len(models.calls)
    async with running(here) as app:
        await on_grader(app).press("M").see("▸Second rater", "24 pairs in both").counts(8).press("r")
        await app.see_in("footer", "every pair is judged · N asks about more").press("esc")
        await on_grader(app, "exact").press("M").see("24 pairs in both", "100%", "No pair is in the wrong order")
        await app.press("A").see_in("footer", "no pair is in the wrong order").press("M").see("24 pairs judged · here")
    assert len(models.calls) == asked


async def test_any_other_key_asks_nobody(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = scripted(monkeypatch)
    async with running(here) as app:
        await choose(on_grader(app).press("M"), pairs="2").see_in("footer", "y asks at most 4 questions").press("r")
        await app.see_in("footer", "nothing was done").see("r says the cost and asks").press("N", "ctrl+u")
        await app.type("0").press("enter").see_in("footer", "'0' is no number of pairs").press("N", "ctrl+u").type("3")
        await app.press("enter").see_in("footer", "y asks at most 6 questions").press("y").see("6 questions asked")
        await app.see("too few to say much", "3 pairs judged").press("N", "ctrl+u").type("5").press("enter")
        await app.see_in("footer", "as it was kept · r asks at most 4 questions").press("r").press("y")
        await app.see("4 questions asked, 6 kept from before", "5 pairs judged")
    assert len(models.calls) == 10


async def test_esc_stops_it_and_what_was_answered_is_kept(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = scripted(monkeypatch)
    models.script, models.limit = once_after(models, 12), 4
    async with running(here) as app:
        await rated(app).until(lambda: not models.gate.is_set(), "nobody was asked").see_in("header", "esc stops")
        await app.see("in both orders", "too few to say much")
        await (
            app.press("r").see_in("footer", "it is asking now · esc stops it").press("M").see_in("footer", "asking now")
        )
        await app.press("esc").see_in("header", "stopping: what is on its way").do(models.gate.set)
        await app.see_in("footer", "of 24 pairs judged; they are kept").see("not asked").is_sound()
        kept = stored(here, KEPT)[0]
        asked = len(models.calls)
        assert 0 < kept < 24
        await app.press("r").see_in("footer", "y asks at most").press("y").see("24 pairs in both orders")
        await app.stores(KEPT, 24).press("esc").on("Graders")
    assert len(models.calls) == 48 >= asked


async def test_it_goes_on_while_something_else_is_read(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = scripted(monkeypatch)
    models.gate.clear()
    async with running(here) as app:
        await rated(app).see_in("header", "pairs 0/24").press("3").on("Review").press("4").on("Graders")
        await app.see_in("header", "second rater: pairs 0/24 · M shows it").press("3").on("Review")
        await app.do(models.gate.set).see_in("footer", "second rater: 24 pairs judged · 4 Graders, M shows it")
        await app.press("4").on("Graders").not_see_in("header", "second rater:").press("M").counts(8)


async def test_leaving_the_program_is_quick_and_loses_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = scripted(monkeypatch)
    models.script, models.limit = once_after(models, 9), 3
    async with running(here) as app:
        await rated(app).until(lambda: not models.gate.is_set(), "nobody was asked")
        began = time.monotonic()
        app.app.leave()
    assert time.monotonic() - began < 1.5
    (kept,) = stored(here, "SELECT count(*) FROM reply WHERE kind = 'judge'")
    assert kept >= 6
    models.gate.set()
    with closing(sqlite3.connect(here / CACHE_FILE)) as db, db:
        db.execute("DELETE FROM asking")  # what a process has claimed counts for nobody when it has ended
    already = len(models.calls)
    async with running(here) as app:
        await on_grader(app).press("M").see_in("footer", "asks at most").press("r")
        await app.see_in("footer", f"y asks at most {48 - kept} questions").press("y").see("24 pairs in both")
    assert len(models.calls) == already + 48 - kept


async def test_what_makes_asking_hopeless_is_said(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, lambda _call: error("auth", "the key is wrong", stops="auth"))
    async with running(here) as app:
        await rated(app).see("✗ the key is wrong").see_in("footer", "the key is wrong").not_see_in("header", "stops")
        await app.stores(KEPT, 0).press("r").see_in("footer", "y asks at most 48")


async def test_answers_that_say_nothing_are_counted(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, lambda _call: said("I like both"))
    async with running(here, NARROW) as app:
        await rated(app, "3").see("✗ 3 pairs without an answer", "model_grader_parse_error").is_sound().stores(KEPT, 0)


async def test_a_rater_that_goes_by_the_place(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, lambda _call: said({"better": "first", "reason": "it stands first"}))
    async with running(here) as app:
        await rated(app).see("0% consistent", "24 turned with the order", "preferred 100%")
        await app.see("the rater holds neither answer of any pair for better")


async def test_the_person_stands_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = make(tmp_path / "w", verdicts=5)
    scripted(monkeypatch)
    async with running(here) as app:
        await rated(app).see("with you, on 10 pairs that you tell apart: the rater agrees 100%", "the grader 25%")
        await app.see("you: x wrong", "you: a right").is_sound()


async def test_nothing_to_compare_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch)
    once, alike = make(tmp_path / "once", answers=(PLAIN,)), make(tmp_path / "alike", answers=(PLAIN, PLAIN))
    for folder, words in ((once, "v1 has scored no question twice"), (alike, "More runs make others: 2 Runs, U")):
        async with running(folder, NARROW) as app:
            await choose(on_grader(app).press("M")).see(words).is_sound()
            await app.press("r").see_in("footer", "there is no pair to ask about").press("enter")
            await app.see_in("footer", "nothing to open")


async def test_a_text_that_was_never_saved_has_nothing_to_show(here: Path) -> None:
    async with running(here) as app:
        await app.press("4").on("Graders").press("n").type("type string_check").press("enter")
        await app.see("name of the new").press("enter").see_in("header", "unsaved")
        await app.press("esc").press("M").see_in("footer", "save it first").press("K").see_in("footer", "save it first")


async def test_simulated_raters_are_marked(demo: Path) -> None:
    async with running(demo) as app:
        await on_grader(app, "fuzzy").press("M").type("simulated-judge").see("SIMULATED").press("enter").see("pairs")
        await app.press("ctrl+u").type("1").press("enter").see_in("footer", "2 SIMULATED questions")
        await app.see_in("header", "SIMULATED").press("esc")


@pytest.mark.parametrize("size", SIZES)
async def test_texts_that_try_everything(hostile: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
    def answer(call: ModelCall) -> ModelReply:
        texts = parts(call)
        better = "second" if texts.get("First answer") == texts.get("Reference answer") else "first"
        if "First answer" in texts:
            return said({"better": better, "reason": "\x1b[2J[red]日本\u202e" * 90})
        return said({"who": "grader", "why": "\x9b[b]" * 500})

    scripted(monkeypatch, answer)
    async with running(hostile, size) as app:
        await app.press("4").on("Graders").press("M").type("another").press("enter").type("m\u202e[b]").press("enter")
        await app.type("simulated").press("enter").press("enter").see_in("footer", "y asks").press("y")
        await app.see_in("footer", "judged").see_in("list", "1.00").is_sound()
        for _ in range(8):
            await app.press("j", "l").is_sound().press("G").is_sound().press("h").is_sound()
        await app.press("A").is_sound().press("y").see_in("footer", "never applied").is_sound()
        for _ in range(4):
            await app.press("l", "G").is_sound().press("h", "j").is_sound()
        await app.press("esc", "esc").on("Graders").press("K").see("▸Best of k", "This needs 3 or more runs").is_sound()


class TestCritiques:
    @pytest.mark.parametrize("size", SIZES)
    async def test_rows_where_the_person_disagrees(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
    ) -> None:
        here = make(tmp_path / "w", verdicts=3)
        models = scripted(monkeypatch)
        before = stored(here, UNTOUCHED)
        async with running(here, size) as app:
            await everything(on_grader(app)).press("A").see("▸Critiques", "second rater: a stronger model").press("esc")
            await app.see("6 disagreements ", " among the ", " rows shown · ").counts(6)
            await app.see("never applied").is_sound()
            await app.press("M").type("another").press("enter").type("big").press("enter").press("enter")
            await app.see_in("footer", "y asks at most 6 questions through here").press("y")
            await app.see("sides with: you 6", "6 questions asked, $").see_in("list", "wrong", "right", "you")
            await app.press("G", "l").see("critique by big, a model", "The person is right: it lists many animals")
            await app.see("you   x wrong").is_sound().press("esc").press("r").see_in("footer", "asked about all")
            await app.press("enter").on("Review").counts(6).see_in("header", "/list:critiques")
        assert len(models.calls) == 6
        assert stored(here, UNTOUCHED) == before
        assert stored(here, "SELECT count(*) FROM critique") == [6]

    async def test_kept_ones_are_shown_at_once_with_their_version(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        here = make(tmp_path / "w", verdicts=2)
        models = scripted(monkeypatch)
        async with running(here) as app:
            await (
                everything(on_grader(app))
                .press("A")
                .type("another")
                .press("enter")
                .type("big")
                .press("enter")
                .press("enter")
            )
            await (
                app.see_in("footer", "y asks at most 4").press("y").see("sides with: you 4").press("esc").on("Graders")
            )
            await app.press("A").see("sides with: you 4").see_in("list", "you").press("esc").on("Graders")
            await app.press("l", "j", "enter").see("eq").press("ctrl+u").type("eq").press("enter")
            await app.see_in("header", "unsaved").see("mean").press("A").see("▸Critiques", "unsaved @")
            await app.see("kept: v1", "no critique of this version").see_in("list", "(you)").is_sound()
            await app.see_in("footer", "y asks at most 2 questions").press("n")
        assert len(models.calls) == 4

    async def test_where_nothing_is_disputed_it_says_how_that_comes_about(
        self, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        models = scripted(monkeypatch)
        async with running(here, NARROW) as app:
            await on_grader(app).press("A").see_in("footer", "no verdict of yours on these rows · 3 Review gives them")
        agreed = make(tmp_path / "agreed", answers=(PLAIN, PLAIN + "!"), verdicts=2)
        async with running(agreed, NARROW) as app:
            await on_grader(app).press("A").see_in("footer", "you and the grader agree on all 4 rows that you judged")
        assert not models.calls

    @pytest.mark.parametrize("size", SIZES)
    async def test_pairs_in_the_wrong_order(
        self, here: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
    ) -> None:
        scripted(monkeypatch)
        async with running(here, size) as app:
            await rated(app).counts(8).press("A").see("▸Critiques", "8 disagreements with the second rater").is_sound()
            await app.see_in("footer", "y asks at most 8 questions").press("y").see("sides with: its own comparison 8")
            await app.see_in("list", "<.00", "itself").press("l").see("the rater prefers", "The comparison is right")
            await app.is_sound().press("esc").press("esc").see("▸Second rater").press("esc").on("Graders")

    async def test_what_is_said_of_pairs_is_not_taken_for_the_person(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        here = make(tmp_path / "w", verdicts=2)
        scripted(monkeypatch)
        async with running(here) as app:
            await rated(app).counts(8).press("A").see_in("footer", "y asks").press("y").see("own comparison 8")
            await app.press("esc", "esc").on("Graders")
            await everything(app).press("A").see("4 disagreements between you and the grader")
            await app.see("no critique of this version").see_in("list", "(itself)").see_in("footer", "y asks at most 4")
            await app.press("y").see("sides with: you 4")

    async def test_esc_stops_and_an_error_is_shown_in_its_row(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        here = make(tmp_path / "w", verdicts=4)
        answers = iter([said({"who": "grader", "why": "no"}), error("refusal", "I will not say")])
        models = scripted(monkeypatch, lambda call: next(answers, None) or shorter_is_better(call))
        models.limit = 1
        async with running(here, WIDE) as app:
            await (
                everything(on_grader(app))
                .press("A")
                .type("another")
                .press("enter")
                .type("big")
                .press("enter")
                .press("enter")
            )
            await app.see_in("footer", "y asks at most 8").press("y").see("✗ 1 question without an answer")
            await app.see_in("list", "error", "grader").see("sides with: you 6 · the grader 1").is_sound()
            models.gate.clear()
            await app.press("r").see_in("footer", "y asks at most 1 question").press("y").see_in("header", "critiques")
            await app.press("esc").see_in("header", "stopping").do(models.gate.set).see_in("footer", "stopped: ")


class TestBestOfK:
    @pytest.mark.parametrize("size", SIZES)
    async def test_a_grader_that_pays_for_padding_is_flagged(self, tmp_path: Path, size: tuple[int, int]) -> None:
        here = make(tmp_path / "w", 12, (PADDED, "red {}", PADDED + "!"), verdicts=11)
        async with running(here, size) as app:
            await on_grader(app).press("K").see("▸Best of k", "gold: your verdicts (right = 1, wrong = 0)").is_sound()
            await app.see("k = 1", "k = 3", "ρ = -", "✗ FLAGGED", "below half of")
            await app.see("11 items have 3 or more runs judged").press("G")
            await app.see("small dose").is_sound().press("g").press("D").see("who says what is true").type("exact")
            await app.press("enter").see("gold: exact@").see("12 items have").is_sound().press("y", "esc").on("Graders")

    async def test_gold_that_follows(self, tmp_path: Path) -> None:
        here = make(tmp_path / "w", 12, ("blue {}", "a {}", PLAIN), verdicts=0)
        async with running(here) as app:
            await on_grader(app).press("K").see("This needs 3 or more runs", "0 items have 3 or more runs judged")
            await app.see("D here: another grader as gold").press("D").type("exact").press("enter")
            await app.see("ρ = 1.00", "✓ not flagged")

    async def test_with_little_it_says_what_is_needed(self, here: Path) -> None:
        async with running(here, NARROW) as app:
            await on_grader(app, str(EXACT["name"])).press("K").see("your verdicts on them", "50 say something")
            await app.see("8 have so many runs, but fewer of", "3 Review: verdicts", "G grades them").is_sound()
            await app.press("enter").see_in("footer", "not on this screen")


async def test_keys_are_in_help(here: Path) -> None:
    async with running(here) as app:
        await on_grader(app).press("?").type("second rater")
        await app.see("hold a version against a stronger model").press("esc")
        await app.press(":").type("best of k").press("enter").see("▸Best of k")
