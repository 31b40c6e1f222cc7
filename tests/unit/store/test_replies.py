"""Replies of judges, kept by what was asked."""

from __future__ import annotations

from rft_tui.model import Usage
from rft_tui.store.database import Store
from rft_tui.store.replies import Reply, get_reply, put_reply


def test_the_first_reply_stays(store: Store) -> None:
    first = Reply("judge", "j", "j-1", {"text": "\ud800 ok \x00", "form": "schema"}, Usage(1, 2, 3, 4), 0.5)
    with store.write() as db:
        assert get_reply(db, "k") is None
        put_reply(db, "k", first)
        put_reply(db, "k", Reply("judge", "j", "j-2", {"text": "other"}))
        assert get_reply(db, "k") == first


def test_what_is_not_known_stays_unknown(store: Store) -> None:
    vectors = Reply("embedding", "e", "e", {"vectors": [[0.1, -1e300], []]})
    with store.write() as db:
        put_reply(db, "k", vectors, simulated=True)
        assert get_reply(db, "k") == vectors
        assert db.execute("SELECT simulated, kind FROM reply").fetchone() == (1, "embedding")
