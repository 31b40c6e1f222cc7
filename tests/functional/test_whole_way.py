"""From the form to Review with the embedded service over real HTTP, a real worker in between."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rft_tui.settings import CACHE_FILE, WORKSPACE_FILE
from rft_tui.simulator.running import running_simulator
from rft_tui.store.database import Store
from rft_tui.tasks.background.worker import Worker
from tests.functional.driver import WIDE, running
from tests.functional.test_new_run import fill, place_of


async def do_the_work(folder: Path) -> None:
    """What the detached process does, until nothing is left."""
    store = Store(folder / CACHE_FILE)
    try:
        await Worker(store, folder, owner="test", idle_s=0.0).run()
    finally:
        store.close()


async def test_predict_grade_and_review(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rft_tui.tasks.background.launching.ensure_worker", lambda _store, _folder: None)
    spec = {
        "type": "score_model", "name": "judge_it", "model": "judge", "range": [0, 1],
        "input": [{"role": "user", "content": "Reference: {{item.reference_answer}}\n"
                   "Candidate: {{sample.output_text}}"}],
    }  # fmt: skip
    (demo / "graders" / "judge_it.json").write_text(json.dumps(spec))
    with running_simulator() as service:
        (demo / WORKSPACE_FILE).write_text(
            f'default_profile = "here"\n[profiles.here]\nbase_url = "{service.base_url}"\napi_key_env = ""\n'
        )
        async with running(demo, WIDE) as app:
            await app.press("2").counts(16).press("n")
            await fill(app, models="sim-small", limit="5", runs="2")
            await app.press("L").see("put a model in").press("esc")
            await app.press("ctrl+s").see_in("footer", "y starts 10 requests").press("y").on("Runs").counts(19)
            await app.cursor_on(place_of(app, "sim-small"))
            await do_the_work(demo)
            await app.do(app.app._look_again).see_in("footer", "✓ predict sim-small: 10 done, 0 errors")
            app.table.go(place_of(app, "sim-small"))
            await app.see_in("list", "10/10").see_in("item", "tokens", "cost      $0")
            await app.press("G").type("judge_it.json").press("enter").see("asks judge through").press("enter")
            await app.see_in("footer", "y asks at most 10 questions").press("y").see_in("header", "0/10")
            await do_the_work(demo)
            await app.do(app.app._look_again).see_in("footer", "✓ grade with judge_it").see_in("item", "judge_it@")
            await (
                app.press("enter").on("Review").press("p").type("judge_it").press("enter").press("/", "ctrl+u", "enter")
            )
            await app.counts(10).see_in("item", "answered by", "asked 20", "judged by")
            await app.press("2", "n").see("0 requests · 10 known already", "nothing to pay")
        asked = service.state()
    assert asked
