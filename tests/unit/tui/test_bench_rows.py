"""The list of the bench: kinds that fail first, their worst entries first, what was skipped, one line for all of it."""

from __future__ import annotations

from typing import Any

from rft_tui.graders.bench.rules import DEFAULT_LIMITS
from rft_tui.model import JsonObject
from rft_tui.tui.paint import plain
from rft_tui.tui.screens.bench.rows import BenchSource, groups_of, summary_line


def probe(name: str, score: float | None, *, most: float | None = 0.3, least: float | None = None) -> JsonObject:
    error = {"kind": "timeout", "message": "no score"} if score is None else None
    ok = score is not None and (most is None or score <= most) and (least is None or score >= least)
    return {
        "probe": name, "item": name * 4, "expected": "at most 0.3", "at_least": least, "at_most": most, "score": score,
        "error": error, "answer": "", "evidence": "", "ok": ok, "reference": f"{name} {score}",
    }  # fmt: skip


def document(*probes: JsonObject, **more: Any) -> JsonObject:
    return {
        "probes": list(probes), "skipped": [], "orderings": [], "worked_examples": [], "variance": None,
        "limits": dict(DEFAULT_LIMITS), "partial": False,
    } | more  # fmt: skip


def test_kinds_that_fail_come_first_and_in_them_what_is_farthest_off() -> None:
    made = document(
        probe("reference", 1.0, most=None, least=1.0), probe("echo", 0.1), probe("echo", 0.2), probe("empty", 0.4),
        probe("empty", None), probe("empty", 0.9), probe("empty", 0.0),
    )  # fmt: skip
    groups = groups_of(made, is_judged=False)
    assert [group.name for group in groups] == ["empty", "reference", "echo", "orderings"]
    assert [entry.value for entry in groups[0].entries] == ["err", ".90", ".40", ".00"]
    assert [entry.value for entry in groups[2].entries] == [".20", ".10"]
    assert plain(summary_line(groups, seconds=0.42)) == "✗ fails: empty 3/4 · passes 2 of 3 probes · 0.4 s"


def test_what_was_skipped_says_why() -> None:
    skipped = [{"probe": "echo", "reason": "the item has no question text", "items": 3}]
    groups = groups_of(document(probe("empty", 0.0), skipped=skipped), is_judged=True)
    assert [group.name for group in groups] == ["empty", "echo", "orderings", "worked examples", "variance"]
    source = BenchSource(groups)
    lines = [plain(source.paint(row, 60)) for row in source.page(0, 10)]
    assert "– echo" in lines[1]
    assert "skipped: the item has no question text" in lines[1]
    assert plain(summary_line(groups)) == "✓ sound · passes 1 of 1 probes"
    nothing = groups_of(document(skipped=skipped), is_judged=False)
    assert plain(summary_line(nothing)) == "nothing could be checked"


def test_an_open_kind_has_its_entries_behind_it() -> None:
    groups = groups_of(document(probe("empty", 0.0), probe("echo", 0.9)), is_judged=False)
    groups[0].is_open = True
    source = BenchSource(groups)
    assert [row.entry is not None for row in source.rows] == [False, True, False, False]
    assert "▾✗ echo" in plain(source.paint(source.rows[0], 60))
    assert "✗   .90  echo 0.9" in plain(source.paint(source.rows[1], 60))


def test_orderings_and_variance_are_counted() -> None:
    answers = [
        {"score": score, "error": None, "answer": name, "evidence": ""} for name, score in (("a", 0.5), ("b", 0.7))
    ]
    variance = {"repeats": 3, "answers": 10, "varied": 2, "mean_spread": 0.01, "largest_spread": 0.4}
    made = document(orderings=[{"item": "x", "answers": answers, "inverted": [0], "ok": False}], variance=variance)
    groups = groups_of(made, is_judged=False)
    assert [(group.name, group.failed, group.note) for group in groups] == [
        ("orderings", 1, ""),
        ("variance", 0, "2 of 10 vary, by .40 at most"),
    ]
    assert groups[0].entries[0].label == "a > b"
