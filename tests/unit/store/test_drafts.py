"""Unsaved texts, pinned predictions and expected orders."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rft_tui.errors import UsageError
from rft_tui.model import Answer
from rft_tui.store.answers import AskedAnswer, NewPrediction, put_answer, put_prediction
from rft_tui.store.database import Store
from rft_tui.store.drafts import (
    drop_draft,
    list_drafts,
    load_draft,
    pin,
    pinned,
    save_draft,
    unpin,
)  # fmt: skip
from tests.unit.store.building import dataset, failed, item, predict, predictions, run_key


def fill(store: Store) -> list[int]:
    with store.write() as db:
        mine = dataset(db, "mine", [item(f"Q{number}?") for number in range(3)])
        run, _added = predict(db, run_key(mine.id), ["a", failed(), "c"])
        return predictions(db, run)


class TestDrafts:
    def test_the_last_text_of_a_name_is_kept(self, store: Store) -> None:
        with store.write() as db:
            save_draft(db, "exact", "9" * 32, "{", cursor="0:1")
            save_draft(db, "new", None, "grün")
            save_draft(db, "exact", "9" * 32, "{}", cursor="0:2")
        with store.read() as db:
            found = load_draft(db, "exact")
            assert found is not None
            assert (found.text, found.cursor, found.base_version) == ("{}", "0:2", "9" * 32)
            assert {draft.name: draft.base_version for draft in list_drafts(db)} == {"exact": "9" * 32, "new": None}
            assert load_draft(db, "nobody") is None

    def test_half_a_surrogate_pair_does_not_stop_it(self, store: Store) -> None:
        with store.write() as db:
            save_draft(db, "exact", None, "a\ud800b")
        with store.read() as db:
            found = load_draft(db, "exact")
        assert found is not None
        assert found.text == "a\ufffdb"

    def test_dropping(self, store: Store) -> None:
        with store.write() as db:
            save_draft(db, "exact", None, "{")
            assert drop_draft(db, "exact")
            assert not drop_draft(db, "exact")
            assert list_drafts(db) == []

    def test_a_killed_process_loses_nothing_that_was_saved(self, store: Store) -> None:
        code = (
            "import os, signal, sys\nfrom pathlib import Path\nfrom rft_tui.store.database import Store\n"
            "from rft_tui.store.drafts import save_draft\nstore = Store(Path(sys.argv[1]))\n"
            "with store.write() as db:\n    save_draft(db, 'exact', None, 'typed')\n"
            "os.kill(os.getpid(), signal.SIGKILL)\n"
        )
        subprocess.run([sys.executable, "-c", code, str(store.path)], check=False)
        with store.read() as db:
            found = load_draft(db, "exact")
        assert found is not None
        assert found.text == "typed"


class TestPins:
    def test_in_the_order_of_pinning(self, store: Store) -> None:
        a, b, c = fill(store)
        with store.write() as db:
            assert [pin(db, one) for one in (c, a, c)] == [True, True, False]
            assert pinned(db) == [c, a]
            assert [unpin(db, one) for one in (c, b)] == [True, False]
            assert pinned(db) == [a]
            with pytest.raises(UsageError, match="no prediction 999"):
                pin(db, 999)

    def test_a_retried_prediction_stays_pinned(self, store: Store) -> None:
        _a, b, _c = fill(store)
        with store.write() as db:
            pin(db, b)
            run, at = db.execute("SELECT run, item FROM prediction WHERE id = ?", [b]).fetchone()
            answer = Answer("better")
            put_prediction(db, NewPrediction(run, 1, at, put_answer(db, AskedAnswer("k", answer), run), answer))
            (now,) = pinned(db)
            assert db.execute("SELECT snippet FROM prediction WHERE id = ?", [now]).fetchone()[0] == "better"
