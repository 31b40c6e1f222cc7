"""Expected orders: shown as a probe set with what is not ranked as expected, made and kept in the app."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rft_tui.store.datasets import get_item
from rft_tui.tasks.bench_items import orderings_path
from rft_tui.tasks.retesting.orders_file import orders_of
from rft_tui.workspace import open_workspace
from tests.functional.driver import NARROW, SIZES, Driver, running
from tests.functional.test_graders import NAME, add, python_spec

LENGTH = "def grade(sample, item):\n    return min(1.0, len(sample['output_text']) / 10)\n"
"""Pays for length."""


def row_ids(folder: Path, count: int) -> list[str]:
    """Row ids of some items."""
    workspace = open_workspace(folder)
    try:
        with workspace.store.read() as db:
            return [get_item(db, number).row_id for number in range(1, count + 1)]
    finally:
        workspace.store.close()


@pytest.fixture
def words(demo: Path) -> Path:
    """The demo with a grader that pays for length, and three orders of which it keeps one."""
    add(demo, python_spec(LENGTH), NAME)
    first, second = row_ids(demo, 2)
    lines = [
        {"item": first, "answers": ["long answer", "short", "s"]},
        {"item": second[:12], "answers": ["ok", "much longer"]},
        {"item": {"reference_answer": "gout", "topic": "joints"}, "answers": ["gout", "gouty arthritis"]},
    ]
    path(demo).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return demo


def path(folder: Path) -> Path:
    """The file of the orders."""
    return orderings_path(folder / "graders", NAME)


def opened(app: Driver) -> Driver:
    """In the probe set of expected orders."""
    app.press("4").on("Graders").press("G", "l", "l").see("mean ").press("p").type("expected").press("enter")
    return app.see("expected order", "best to worst")


class TestProbeSet:
    @pytest.mark.parametrize("size", SIZES)
    async def test_what_is_not_ranked_as_expected_is_marked(self, words: Path, size: tuple[int, int]) -> None:
        async with running(words, size) as app:
            await opened(app).see("probe: 3 expected orders", "orders kept 1/3 (was 1/3)").is_sound()
            await app.see("┌  1.00  1.00", "│   .50   .50", "└   .10   .10", "✗ not above the next" if size == NARROW
                          else "✗ ≤ next ok")  # fmt: skip
            await app.press("h", "enter", "ctrl+end").press(*["backspace"] * 6).type("/ 10 if len(").see("lint")
            await app.do(lambda: _typed(app, LENGTH.replace("len(", "1 / len("))).see("orders kept 2/3 (was 1/3)")
            await app.is_sound()

    async def test_an_answer_is_read_with_the_fields_of_its_item(self, words: Path) -> None:
        async with running(words) as app:
            await opened(app).press("G", "enter").see("▸Expected order", "order 3 · answer 2 of 2", "topic", "joints")
            await app.see("gouty arthritis", "now", "v1", "1.00 ✓ passes").is_sound().press("esc").on("Graders")
            await app.press("space").see_in("footer", "there is no prediction here")
            await app.press("O").see_in("footer", "this order is for fields")

    async def test_the_file_is_read_again(self, words: Path) -> None:
        async with running(words) as app:
            await opened(app).see("probe: 3 expected")
            line = json.dumps({"item": "ffffffffffff", "answers": ["a", "b"]}) + "\n"
            with path(words).open("a") as file:
                file.write(line)
            await app.press("r").see("! no item here for order ffffffffffff", "probe: 3 expected").is_sound()
            path(words).write_text("{oh")
            await app.press("r").see("graders/judge_of_words.orderings.jsonl", "line 1: this is no JSON").is_sound()
            path(words).unlink()
            await app.press("r").see("No orders yet: O on a prediction makes one")


class TestMaking:
    @pytest.mark.parametrize("size", SIZES)
    async def test_an_order_is_made_and_kept(self, demo: Path, size: tuple[int, int]) -> None:
        add(demo, python_spec(LENGTH), NAME)
        async with running(demo, size) as app:
            await app.press("4").on("Graders").press("G", "l", "l").see("mean ").press("p").type("a filter")
            await app.press("enter", "ctrl+u").type("gout").press("enter").see("probe: /gout", "mean ").press("O")
            await app.see("▸Order", "reference", "no order of this item is kept yet").cursor_on(0).is_sound()
            count = app.table.count
            await app.press("i").see("answer").type("it is gout").press("enter").see("typed · it is gout").cursor_on(1)
            await app.see("1.00").press("K").cursor_on(0).press("j", "J").cursor_on(2).press("k", "k", "down", "x")
            await app.see(f"{count} answers in it", "unsaved").press("u").see(f"{count + 1} answers in it")
            await app.press("u", "x").see(f"{count} answers in it").is_sound()
            await app.press("i").type("it is gout").press("enter").see_in("footer", "is there already")
            await app.press("ctrl+s").on("Graders").see_in("footer", "answers in graders/judge_of_words.orderings")
            (kept,) = [json.loads(line) for line in path(demo).read_text().splitlines()]
            assert len(kept["answers"]) in (count, count + 1)
            assert kept["answers"][0] == "it is gout"
            await app.press("O").see("in place of order 1", "kept · it is gout")
            await app.press("enter").see("order 1 as it is kept").is_sound().press("esc") if size == NARROW else app
            await app.press("x").see("unsaved").press("esc").see_in("footer", "y leaves without keeping").press("y")
            await app.on("Graders").press("p").type("expected").press("enter").see("probe: 1 expected order")
            await app.press("O").see("▸Order").press("x").press("ctrl+s").see("probe: 1 expected order", "of")
            (changed,) = [json.loads(line) for line in path(demo).read_text().splitlines()]
            assert changed == {**kept, "answers": kept["answers"][1:]}

    async def test_one_answer_is_no_order(self, demo: Path) -> None:
        add(demo, python_spec(LENGTH), NAME)
        async with running(demo) as app:
            await app.press("4").on("Graders").press("G", "l", "l").see("mean ").press("O").see("▸Order")
            for _ in range(app.table.count or 9):
                await app.press("x")
            await app.press("g", "x", "ctrl+s").see_in("footer", "✗", "no order: it takes 2 to 100").see("▸Order")
            assert not path(demo).exists()

    async def test_only_where_there_is_an_item(self, demo: Path) -> None:
        add(demo, python_spec(LENGTH), NAME)
        async with running(demo) as app:
            await app.press("4").on("Graders").press("G", "l", "l").see("mean ").press("p").type("pinned")
            await app.press("enter").see("Nothing is pinned").press("O").see_in("footer", "there is no prediction")

    async def test_hostile_answers_stay_texts(self, hostile: Path) -> None:
        add(hostile, python_spec(LENGTH), NAME)
        async with running(hostile) as app:
            await app.press("4").on("Graders").press("G", "l", "l").see("old   new")
            for _ in range(5):
                await app.press("j").press("O").see("▸Order").is_sound().press("j", "enter").is_sound()
                await app.press("esc", "J", "K", "ctrl+s").on("Graders")
            await app.press("p").type("expected").press("enter").see("expected order").is_sound()
            await app.press("enter").see("▸Expected order").is_sound().resize(NARROW).is_sound()
        texts = path(hostile).read_text(encoding="utf-8", errors="strict").splitlines()
        assert all(orders_of(path(hostile), json.loads(line)["item"]) for line in texts)


def _typed(app: Driver, text: str) -> None:
    """Put another text into the part that is edited."""
    screen = app.app.screen
    screen.work.replace_shown(text)  # type: ignore[attr-defined]
    screen.typed()  # type: ignore[attr-defined]
