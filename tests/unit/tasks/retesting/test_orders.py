"""Expected orders: as rows, in figures, in the making, and kept in a file whose other lines stay as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.errors import InputError, UsageError
from rft_tui.graders.bench.ordering import MAX_ANSWERS
from rft_tui.model import Grade, GradeError, JsonObject
from rft_tui.store.database import Store
from rft_tui.store.datasets import StoredItem, get_item
from rft_tui.tasks.bench_items import load_orderings
from rft_tui.tasks.retesting import probes
from rft_tui.tasks.retesting.order_draft import KEPT, REFERENCE, RUN, TYPED, OrderDraft, OrderLine, begin_order
from rft_tui.tasks.retesting.orders import OrderFigures, not_above_next, order_figures, order_rows
from rft_tui.tasks.retesting.orders_file import KeptOrder, keep_order, orders_of
from tests.unit.store.building import failed
from tests.unit.tasks.retesting.worlds import EXACT, Desk, fill, python, rows_of, stored

LENGTH = python("min(1.0, len(sample['output_text']) / 10)", "length", pass_threshold=0.5)
ROW = "ab" * 32


def item_of(store: Store, number: int = 1) -> StoredItem:
    with store.read() as db:
        return get_item(db, number)


def write(path: Path, *values: JsonObject | str) -> Path:
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in values))
    return path


class TestRows:
    def test_every_answer_is_a_row_with_its_place(self, store: Store, tmp_path: Path) -> None:
        fill(store, ["yes", "no"])
        row_id = item_of(store, 2).row_id
        path = write(
            tmp_path / "o", {"item": row_id[:10].upper(), "answers": ["yes", "no"]}, "",
            {"item": {"reference_answer": "x", "messages": []}, "answers": ["c", "bb", "a"]},
        )  # fmt: skip
        found = order_rows(store, path, stored(store, LENGTH))
        assert [(row.prediction, row.item, row.row_id[:5], row.output_text) for row in found.rows] == [
            (-1, 2, row_id[:5], "yes"), (-2, 2, row_id[:5], "no"),
            (-3, 0, '{"ref', "c"), (-4, 0, '{"ref', "bb"), (-5, 0, '{"ref', "a"),
        ]  # fmt: skip
        assert [(row.place.order, row.place.place, row.place.of) for row in found.rows if row.place] == [
            (1, 1, 2), (1, 2, 2), (2, 1, 3), (2, 2, 3), (2, 3, 3),
        ]  # fmt: skip
        assert [row.old.score for row in found.rows if row.old] == [0.3, 0.2, 0.1, 0.2, 0.1]
        assert [row.reference for row in found.rows] == ["yes", "yes", "x", "x", "x"]
        assert found.problem == ""

    def test_what_cannot_be_used_is_said(self, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        fill(store, ["yes", "no"])
        path = write(tmp_path / "o", {"item": "0000", "answers": ["a", "b"]}, {"item": {}, "answers": ["a", "b"]})
        found = order_rows(store, path, None)
        assert (len(found.rows), found.problem) == (2, "no item here for order 0000")
        monkeypatch.setattr("rft_tui.tasks.retesting.orders.MOST_ROWS", 3)
        path = write(tmp_path / "o", *[{"item": {}, "answers": ["a", "b"]}] * 3)
        assert order_rows(store, path, None).problem == "2 more orders are not shown"
        assert order_rows(store, tmp_path / "none", None).rows == ()
        assert probes.MOST_ROWS == 2000

    def test_they_are_retested_like_predictions(self, store: Store, desk: Desk, tmp_path: Path) -> None:
        path = write(tmp_path / "o", {"item": {"reference_answer": "yes"}, "answers": ["yes", "no"]})
        rows = order_rows(store, path, None).rows
        last = desk.run(EXACT, rows)
        assert desk.results(last.serial) == {0: 1.0, 1: 0.0}
        assert rows_of(store, kind="orders") == []


class TestFigures:
    def test_kept_was_and_known(self, store: Store, tmp_path: Path) -> None:
        path = write(tmp_path / "o", {"item": {}, "answers": ["aaa", "bb", "c"]}, {"item": {}, "answers": ["d", "e"]})
        rows = order_rows(store, path, stored(store, LENGTH)).rows
        none = Grade(None, error=GradeError("other_error", "no"))
        scores = {-1: Grade(0.5), -2: Grade(0.5), -3: Grade(0.1)}
        assert order_figures(rows, scores) == OrderFigures(orders=2, known=1, kept=0, was=1)
        assert not_above_next(rows, scores) == {-1}
        scores |= {-4: Grade(0.2), -5: Grade(0.1)}
        assert order_figures(rows, scores) == OrderFigures(orders=2, known=2, kept=1, was=1)
        assert order_figures(rows, scores | {-5: none}).kept == 0
        assert not_above_next(rows, scores | {-5: none}) == {-1, -4}
        assert order_figures(order_rows(store, path, None).rows, scores).was is None

    @given(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=2, max_size=6))
    def test_an_order_is_kept_where_no_answer_is_marked(self, given_scores: list[float]) -> None:
        from rft_tui.tasks.retesting.probes import OrderPlace, ProbeRow

        of = len(given_scores)
        rows = [
            ProbeRow(-at, 0, "r", 0, 0, "", "x", None, {}, {}, None, None, None, place=OrderPlace(1, at, of))
            for at in range(1, of + 1)
        ]
        results = {-at: Grade(score) for at, score in enumerate(given_scores, 1)}
        figures = order_figures(rows, results)
        assert (figures.kept == 1) == (not not_above_next(rows, results))


class TestFile:
    @given(st.lists(st.text(), min_size=2, max_size=5, unique=True))
    def test_what_is_kept_is_read(self, tmp_path_factory: pytest.TempPathFactory, answers: list[str]) -> None:
        path = tmp_path_factory.mktemp("o") / "sub" / "o.jsonl"
        keep_order(path, ROW, answers)
        assert orders_of(path, ROW) == [KeptOrder(1, tuple(answers))]

    def test_half_of_a_surrogate_pair(self, tmp_path: Path) -> None:
        keep_order(tmp_path / "o", ROW, ["\ud83d", "日本"])
        assert orders_of(tmp_path / "o", ROW)[0].answers == ("\ud83d", "日本")

    def test_other_lines_stay_byte_for_byte(self, tmp_path: Path) -> None:
        path = tmp_path / "o"
        other = b'\xef\xbb\xbf { "item" : {"x": "\xe6\x97\xa5"},"answers":["a" , "b"] }\r\n\r\n'
        mine = json.dumps({"item": ROW[:9], "answers": ["a", "b"]}).encode()
        path.write_bytes(other + mine)
        (kept,) = orders_of(path, ROW)
        assert kept == KeptOrder(2, ("a", "b"))
        keep_order(path, ROW, ["b", "a"], kept)
        assert path.read_bytes().startswith(other)
        assert orders_of(path, ROW) == [KeptOrder(2, ("b", "a"))]
        before = path.read_bytes()
        keep_order(path, ROW, ["c", "d"])
        assert path.read_bytes().startswith(before)
        assert orders_of(path, ROW) == [KeptOrder(2, ("b", "a")), KeptOrder(3, ("c", "d"))]
        assert load_orderings(path, must_exist=True)[0].item == {"x": "日"}

    def test_what_is_no_order_is_refused_and_nothing_is_written(self, tmp_path: Path) -> None:
        path = tmp_path / "o"
        for answers, said in (([], "0 answers"), (["a"], "one answer is no order"), (["a", "a"], "twice"),
                              ([str(n) for n in range(MAX_ANSWERS + 1)], "101 answers")):  # fmt: skip
            with pytest.raises(UsageError, match=said):
                keep_order(path, ROW, answers)
        assert not path.exists()
        path.write_text("{oh\n")
        with pytest.raises(InputError, match="line 1"):
            keep_order(path, ROW, ["a", "b"])
        assert path.read_text() == "{oh\n"

    def test_a_file_that_has_changed_is_not_written_over(self, tmp_path: Path) -> None:
        path = write(tmp_path / "o", {"item": ROW, "answers": ["a", "b"]})
        (kept,) = orders_of(path, ROW)
        write(path, {"item": ROW, "answers": ["c", "d"]})
        with pytest.raises(InputError, match="has changed"):
            keep_order(path, ROW, ["b", "a"], kept)


class TestDraft:
    def test_known_answers_by_score_the_reference_on_top(self, store: Store, tmp_path: Path) -> None:
        fill(store, ["no"], model="a")
        fill(store, [failed()], model="b")
        with store.write() as db:  # more answers to the first item
            from tests.unit.store.building import predict, run_key

            for index, text in enumerate(["a longer one", "no", "", "yes"], 2):
                predict(db, run_key(1, "a", index), [text])
        draft = begin_order(store, tmp_path / "o", 1, LENGTH)
        assert [(line.text, line.origin, line.score) for line in draft.lines] == [
            ("yes", REFERENCE, 0.3), ("a longer one", RUN, 1.0), ("no", RUN, 0.2), ("", RUN, 0.0),
        ]  # fmt: skip
        assert [draft.is_above_next(place) for place in range(4)] == [False, True, True, True]
        assert begin_order(store, tmp_path / "o", 1, None).answers == ("yes", "no", "a longer one", "")

    def test_a_kept_order_comes_first_and_the_rest_is_left_out(self, store: Store, tmp_path: Path) -> None:
        fill(store, ["no"])
        row_id = item_of(store).row_id
        path = write(
            tmp_path / "o", {"item": row_id, "answers": ["no", "x"]}, {"item": row_id, "answers": ["yes", "z"]}
        )
        draft = begin_order(store, path, 1, LENGTH)
        assert draft.answers == ("no", "x")
        assert [(line.text, line.origin, line.is_in) for line in draft.lines] == [
            ("no", RUN, True), ("x", KEPT, True), ("yes", REFERENCE, False),
        ]  # fmt: skip
        second = begin_order(store, path, 1, LENGTH, replaces=2)
        assert second.answers == ("yes", "z")
        second.move(0, 1)
        second.keep()
        assert orders_of(path, row_id) == [KeptOrder(1, ("no", "x")), KeptOrder(2, ("z", "yes"))]

    def test_steps_are_taken_back(self, store: Store, tmp_path: Path) -> None:
        fill(store, ["no"])
        draft = begin_order(store, tmp_path / "o", 1, LENGTH)
        before = draft.answers
        assert draft.add("new", 0) == (1, True)
        assert draft.add("no", 0) == (2, False)
        assert draft.lines[1] == OrderLine("new", TYPED)
        draft.take_grades({"new": Grade(0.7)})
        assert draft.move(1, -1) == 0
        draft.drop(2)
        assert (draft.answers, draft.rank(2), draft.rank(1)) == (("new", "yes"), 0, 2)
        assert draft.add("no", 0) == (2, False)
        assert draft.answers == ("new", "yes", "no")
        while draft.undo():
            pass
        assert (draft.answers, draft.is_changed) == (before, False)

    def test_at_most_a_hundred_answers_are_proposed(self, store: Store, tmp_path: Path) -> None:
        fill(store, ["no"])
        with store.write() as db:
            from tests.unit.store.building import predict, run_key

            for index in range(MAX_ANSWERS + 20):
                predict(db, run_key(1, "m", index + 2), [f"answer {index}"])
        draft = begin_order(store, tmp_path / "o", 1, None)
        assert (len(draft.answers), len(draft.lines)) == (MAX_ANSWERS, MAX_ANSWERS + 22)
        draft.keep()

    @given(st.lists(st.tuples(st.sampled_from(["move", "drop", "add"]), st.integers(0, 9), st.integers(-1, 1))))
    def test_no_answer_is_lost_or_doubled(self, steps: list[tuple[str, int, int]]) -> None:
        with_item: StoredItem = object()  # type: ignore[assignment]
        lines = [OrderLine(text, RUN) for text in "abc"]
        draft = OrderDraft(Path("none"), with_item, lines, (), 0)
        for what, place, by in steps:
            place %= len(draft.lines)
            if what == "move":
                draft.move(place, by)
            elif what == "drop":
                draft.drop(place)
            else:
                draft.add(f"typed {by}", place)
            texts = [line.text for line in draft.lines]
            assert len(set(texts)) == len(texts)
            assert set("abc") <= set(texts)
            ranks = [draft.rank(at) for at in range(len(texts)) if draft.rank(at)]
            assert ranks == list(range(1, len(draft.answers) + 1))
