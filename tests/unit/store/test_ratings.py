"""What a second rater said, as it is kept: newest first, by rater and service, and gone with the prediction."""

from __future__ import annotations

from rft_tui.store.database import Store
from rft_tui.store.ratings import (
    KnownRater,
    PairRating,
    get_critiques,
    get_ratings,
    known_raters,
    put_critique,
    put_ratings,
)
from tests.unit.store.building import dataset, item, predict, run_key


def answered(store: Store) -> None:
    """Predictions 1 to 4: two items in two runs."""
    with store.write() as db:
        mine = dataset(db, "mine", [item("A?"), item("B?")])
        for index in (1, 2):
            predict(db, run_key(mine.id, run_index=index), [f"a{index}", f"b{index}"])


def test_ratings(store: Store) -> None:
    answered(store)
    one, other = PairRating(1, 3, 1, 0, "so\ud800"), PairRating(2, 4, 0, -2, "", simulated=True)
    with store.write() as db:
        put_ratings(db, "big", "here", [other, one])
        put_ratings(db, "big", "there", [PairRating(1, 3, -1, 0, "no")])
        put_ratings(db, "big", "here", [PairRating(1, 3, -1, 0, "on reflection")])
        assert get_ratings(db, "big", "here") == [PairRating(1, 3, -1, 0, "on reflection"), other]
        assert get_ratings(db, "big", "there", runs=[1]) == []
        assert len(get_ratings(db, "big", "there", runs=[1, 2])) == 1
        assert get_ratings(db, "small", "here") == []
        assert sorted(known_raters(db), key=lambda known: known.service) == [
            KnownRater("big", "here", 2, True),
            KnownRater("big", "there", 1, False),
        ]


def test_critiques(store: Store) -> None:
    answered(store)
    with store.write() as db:
        for version, text in (("v1", "first"), ("v2", "second"), ("v1", "third\ud800")):
            put_critique(db, "big", "here", version, 1, text, simulated=version == "v2")
        found = get_critiques(db, [1, 2, *range(1000, 2000)])
        assert list(found) == [1]
        assert [(one.version, one.text, one.simulated) for one in found[1]] == [
            ("v1", "third\N{REPLACEMENT CHARACTER}", False),
            ("v2", "second", True),
        ]
        assert [one.text for one in get_critiques(db, [1], "v2")[1]] == ["second"]
        assert get_critiques(db, [2]) == {}


def test_they_go_with_the_prediction(store: Store) -> None:
    answered(store)
    with store.write() as db:
        put_ratings(db, "big", "here", [PairRating(1, 3, 1, 0, "so")])
        put_critique(db, "big", "here", "v1", 3, "so", simulated=False)
        db.execute("DELETE FROM prediction WHERE id = 3")
        assert get_ratings(db, "big", "here") == []
        assert get_critiques(db, [3]) == {}
