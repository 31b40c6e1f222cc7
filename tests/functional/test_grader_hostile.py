"""What would lose text or stop the Graders screen: a busy cache, a second app, folders that take nothing, monsters."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from rft_tui.errors import StoreError
from rft_tui.graders.examples import example_spec
from rft_tui.settings import CACHE_FILE
from rft_tui.store.drafts import save_draft
from rft_tui.tasks.bench_items import orderings_path
from rft_tui.tui.outbox import Outbox
from rft_tui.tui.screens.graders.lists import EntriesSource
from rft_tui.workspace import open_workspace
from tests.functional.driver import NARROW, SIZES, Driver, running
from tests.functional.test_grader_completion import add as add_judged
from tests.functional.test_grader_completion import screen
from tests.functional.test_grader_orders import row_ids
from tests.functional.test_graders import NAME, add, python_spec

SOURCE = "def grade(sample, item):\n    return 1.0\n"


def draft(folder: Path, name: str, text: str) -> None:
    """Keep an unsaved text, as another app would."""
    workspace = open_workspace(folder)
    try:
        with workspace.store.write() as db:
            save_draft(db, name, None, text)
    finally:
        workspace.store.close()


@contextmanager
def busy(folder: Path) -> Iterator[None]:
    """Another process writes all the time."""
    with closing(sqlite3.connect(folder / CACHE_FILE, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            db.execute("ROLLBACK")


def go_to(app: Driver, name: str) -> None:
    """Put the cursor of the list on a grader."""
    source = screen(app).table.source
    assert isinstance(source, EntriesSource)
    screen(app).table.go([one.name for one in source.entries].index(name))


def on_graders(app: Driver, name: str = NAME) -> Driver:
    """On a grader of the list."""
    return app.press("4").on("Graders").do(lambda: go_to(app, name))


def at_once(app: Driver, key: str) -> None:
    """Press a key three times before the app has done anything."""
    for _ in range(3):
        app._key(key)


class TestNothingTypedIsLost:
    async def test_a_text_that_waits_for_the_cache_is_shown_again(self, demo: Path) -> None:
        add(demo, python_spec(SOURCE), NAME)
        async with running(demo) as app:
            await on_graders(app).see("return 1.0")
            with busy(demo):
                await app.press("enter").see("typing").type("# mine ").see_in("header", "unsaved")
                await app.until(lambda: app.app.outbox.waiting > 0, "nothing waits").press("esc", "esc", "k")
                await app.not_see("# mine").press("j").see("# mine").see_in("header", "unsaved")
            await app.until(lambda: app.app.outbox.waiting == 0, "still waiting")
            await app.press("k").not_see("# mine").press("j").see("# mine").see_in("header", "unsaved")
            await app.stores("SELECT count(*) FROM draft WHERE text LIKE '%# mine%'", 1)

    async def test_a_full_disk_is_tried_again(self, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        add(demo, python_spec(SOURCE), NAME)
        async with running(demo) as app:
            await on_graders(app).press("enter").see("typing").type("#1").see_in("header", "unsaved")
            await app.stores("SELECT count(*) FROM draft WHERE text LIKE '%#1%'", 1)
            full = StoreError("the disk is full")

            def refuse(_outbox: Outbox, _write: object) -> bool:
                raise full

            with monkeypatch.context() as patch:
                patch.setattr(Outbox, "put", refuse)
                await app.type("#2").see_in("footer", "the disk is full")
            await app.press("esc").stores("SELECT count(*) FROM draft WHERE text LIKE '%#1#2%'", 1)

    async def test_a_text_that_equals_another_ones_is_kept_too(self, demo: Path) -> None:
        text = json.dumps(example_spec("string_check") | {"reference": "mine"})
        for name in ("zz one", "zz two"):
            draft(demo, name, "{}")
        async with running(demo) as app:
            await on_graders(app, "zz two").see("raw JSON").do(lambda: screen(app).work.replace_all(text))
            await app.press("k").see("raw JSON").do(lambda: screen(app).work.replace_all(text)).press("k")
            await app.stores("SELECT count(*) FROM draft WHERE text LIKE '%mine%'", 2)

    async def test_a_new_grader_never_takes_the_text_of_another_app(self, demo: Path) -> None:
        async with running(demo) as app:
            await app.press("4").on("Graders").press("n").type("string_check").press("enter").see("name of the new")
            await app.press("ctrl+u").type("mine").do(lambda: draft(demo, "mine", "{}")).press("enter")
            await app.see_in("footer", "there is a grader 'mine' already").stores("SELECT text FROM draft", "{}")

    async def test_what_goes_for_good_is_said(self, demo: Path) -> None:
        draft(demo, "zz new", json.dumps(example_spec("string_check")))
        add_judged(demo, example_spec("string_check") | {"reference": "r"})
        async with running(demo) as app:
            await on_graders(app, "zz new").press("x").see_in("footer", "deletes zz new; it was never saved")
            await app.press("y").see_in("footer", "deleted zz new").not_see_in("footer", "takes it back")
            await app.do(lambda: draft(demo, "judged", "{}")).do(lambda: go_to(app, "judged")).press("r", "x")
            await app.see_in("footer", "deletes judged; its grades are kept, its unsaved text is not").press("esc")


class TestTwoAtOnce:
    async def test_another_app_renames_deletes_and_saves_what_is_edited_here(self, demo: Path) -> None:
        add(demo, python_spec(SOURCE), NAME)
        async with running(demo) as app, running(demo) as other:
            await on_graders(app).press("enter").see("typing").type("# mine ").see_in("header", "unsaved")
            await on_graders(other).press("R", "ctrl+u").type("other name").press("enter").see_in("footer", "renamed")
            await app.type("# more ").press("ctrl+s").see("note on").press("enter").not_see_in("header", "unsaved")
            await other.press("r", "x").see_in("footer", "deletes").press("y").see_in("footer", "deleted")
            await app.type("# again ").see_in("header", "unsaved").press("ctrl+s").see("note on")
            await app.press("enter").not_see_in("header", "unsaved")
            await app.stores("SELECT count(*) FROM grader WHERE name = 'judge of words' AND NOT deleted", 2)


class TestKeysOnTheirWay:
    """A slow link or a busy app: keys that come before the screen has followed the one before."""

    @pytest.mark.parametrize("key", ["esc", "enter"])
    async def test_a_key_twice_chooses_once_and_answers_what_is_asked_next(self, demo: Path, key: str) -> None:
        add_judged(demo, example_spec("string_check") | {"reference": "r"})
        async with running(demo) as app:
            await on_graders(app, "judged").see("operation").press("n").see("new grader from").type("pyth")
            await app.do(lambda: at_once(app, key)).not_see("new grader from").on("Graders")
            await app.see("typing", "word_share (new)") if key == "enter" else await app.not_see("name of the new")
            await (
                app.press("esc", "esc")
                .on("Graders")
                .press("n")
                .type("paste")
                .press("enter")
                .see("new grader from JSON")
            )
            await app.do(lambda: at_once(app, "esc")).on("Graders").is_sound()


class TestOrdersGoAlong:
    async def test_a_rename_takes_the_orders_along_and_back(self, demo: Path) -> None:
        add(demo, python_spec(SOURCE), NAME)
        folder = demo / "graders"
        line = json.dumps({"item": row_ids(demo, 1)[0], "answers": ["a", "b"]}) + "\n"
        orderings_path(folder, NAME).write_text(line)
        async with running(demo) as app:
            await on_graders(app).press("R", "ctrl+u").type("new name").press("enter")
            await app.see_in("footer", "renamed, its expected orders too")
            assert orderings_path(folder, "new name").read_text() == line
            assert not orderings_path(folder, NAME).exists()
            await app.press("u").see_in("footer", "took back: rename")
            assert orderings_path(folder, NAME).read_text() == line

    async def test_orders_of_the_new_name_are_never_written_over(self, demo: Path) -> None:
        add(demo, python_spec(SOURCE), NAME)
        for name in (NAME, "new name"):
            orderings_path(demo / "graders", name).write_text("")
        async with running(demo) as app:
            await on_graders(app).press("R", "ctrl+u").type("new name").press("enter")
            await app.see_in("footer", "there are expected orders already in graders/new_name")
            await app.stores("SELECT DISTINCT name FROM grader WHERE name LIKE '% %' AND NOT deleted", NAME)


class TestFolders:
    @pytest.mark.parametrize("size", SIZES)
    async def test_a_folder_that_takes_nothing(self, demo: Path, size: tuple[int, int]) -> None:
        add(demo, python_spec(SOURCE), NAME)
        folder = demo / "graders"
        folder.rename(demo / "away")
        folder.write_text("a file")
        async with running(demo, size) as app:
            await on_graders(app).press("w").see_in("footer", "cannot be written").is_sound()
            await app.press("l", "l").see("mean ").press("O").see("▸Order", "reference").press("J", "ctrl+s")
            await app.see_in("footer", "cannot be written").is_sound().press("esc", "y").on("Graders")
            await app.press("B").see("▸Bench", "passes").press("esc").press("n").see("new grader from").press("esc")

    async def test_a_name_longer_than_file_systems_take(self, demo: Path) -> None:
        name = "日本" * 40
        add(demo, python_spec(SOURCE), name)
        async with running(demo, NARROW) as app:
            await on_graders(app, name).press("w").see_in("footer", "written: graders/日本")
            await app.press("l", "l").see("mean ").press("O").see("▸Order").press("J", "ctrl+s")
            await (
                app.see_in("footer", "kept: ").press("p").type("expected").press("enter").see("probe: 1 expected order")
            )
            await app.press("B").see("▸Bench", "passes").is_sound()
        (path,) = (demo / "graders").glob("*.orderings.jsonl")
        assert len(path.name.encode()) <= 255


@pytest.mark.parametrize("form", ["dict", "list"])
async def test_five_thousand_children(demo: Path, form: str) -> None:
    child = example_spec("string_check")
    names = [f"c{number}" for number in range(5000)]
    graders = dict.fromkeys(names, child) if form == "dict" else [child | {"name": name} for name in names]
    text = json.dumps(example_spec("multi") | {"graders": graders, "calculate_output": "c1"})
    draft(demo, "zz", text)
    async with running(demo) as app:
        began = time.monotonic()
        await on_graders(app, "zz").press("enter", "end").type("+ c").see("▸c0").press("esc", "esc", "f5").is_sound()
        assert time.monotonic() - began < 8
