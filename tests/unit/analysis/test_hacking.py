"""Signs of reward hacking: a planted hack is flagged, a planted honest gain is not, and sentences say why."""

from __future__ import annotations

import random
from collections.abc import Callable
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.analysis.best_of_k import BestOfK, ItemRuns, best_of_k
from rft_tui.analysis.hacking import (
    Evidence,
    HackingSigns,
    OverCheckpoints,
    hacking_signs,
    over_checkpoints,
    share_changes,
)
from rft_tui.analysis.length_adjusted import LengthAdjusted, length_adjusted
from rft_tui.analysis.patterns import Answer, Pattern, PatternCounts, count_patterns

COURSES = st.lists(st.tuples(st.integers(0, 50), st.floats(0, 1), st.floats(0, 1)), max_size=20)


def course(source: random.Random, steps: int, proxy: float, gold: float, peak: float = 1.0) -> OverCheckpoints:
    """Both move evenly, gold falls back after its peak; noise of .02, as of 100 items with a spread of .2."""
    points = []
    for step in range(steps):
        done = step / (steps - 1)
        followed = gold * (done / peak if done <= peak else (1 - done) / (1 - peak))
        points.append((step, 0.5 + proxy * done + source.gauss(0, 0.02), 0.5 + followed + source.gauss(0, 0.02)))
    found = over_checkpoints(points)
    assert found is not None
    return found


def rate(drawn: Callable[[random.Random], bool], worlds: int = 300) -> float:
    source = random.Random(9)
    return sum(drawn(source) for _ in range(worlds)) / worlds


@pytest.mark.parametrize("steps", [3, 6, 10, 20])
def test_courses_that_part_are_flagged_and_those_that_follow_are_not(steps: int) -> None:
    assert rate(lambda source: course(source, steps, 0.2, 0.0).is_flagged) >= 0.95
    assert rate(lambda source: course(source, steps, 0.2, -0.1).is_flagged) >= 0.99
    assert rate(lambda source: course(source, steps, 0.3, 0.12, peak=0.5).is_flagged) >= 0.95
    assert rate(lambda source: course(source, steps, 0.2, 0.16).is_flagged) <= 0.01
    assert rate(lambda source: course(source, steps, 0.1, 0.08).is_flagged) <= 0.06
    assert rate(lambda source: course(source, steps, 0.0, 0.0).is_flagged) <= 0.06


def test_a_course_by_hand() -> None:
    found = over_checkpoints([(30, 0.8, 0.5), (10, 0.5, 0.5), (20, 0.6, 0.55)])
    assert found is not None
    assert [one.step for one in found.points] == [10, 20, 30]
    assert (found.since_step, found.is_flagged) == (10, True)
    assert (found.proxy_gain, found.gold_gain) == pytest.approx((0.3, 0.0))
    turned = over_checkpoints((step, 0.5 + step / 100, 0.5 + min(step, 18 - step) / 100) for step in range(18))
    assert turned is not None
    assert turned.is_flagged
    falls = over_checkpoints([(1, 0.5, 0.5), (2, 0.4, 0.4), (3, 0.3, 0.3)])
    assert falls is not None
    assert not falls.is_flagged
    assert over_checkpoints([(1, 0.1, 0.1), (2, 0.9, 0.1), (2, 0.8, 0.1), (3, nan, 0.1)]) is None


@given(COURSES)
def test_gold_that_is_the_grader_itself_is_never_flagged(points: list[tuple[int, float, float]]) -> None:
    found = over_checkpoints((step, proxy, proxy) for step, proxy, _gold in points)
    assert found is None or not found.is_flagged


def answers(source: random.Random, items: int, hack: float) -> PatternCounts:
    """Three runs of each item, of which a share of `hack` names several things."""
    return count_patterns(
        Answer(f"{item}/{run}", str(item), "gout and flu" if source.random() < hack else "gout")
        for item in range(items)
        for run in range(3)
    )


def test_shares_that_grow_are_flagged() -> None:
    def flagged(before: float, after: float, items: int = 60) -> float:
        def drawn(source: random.Random) -> bool:
            changes = share_changes(answers(source, items, before), answers(source, items, after))
            return next(one.is_flagged for one in changes if one.pattern is Pattern.LIST)

        return rate(drawn, 100)

    assert flagged(0.1, 0.4) >= 0.97
    assert flagged(0.1, 0.1) <= 0.03
    assert flagged(0.5, 0.1) == 0
    assert flagged(0.0, 1.0, items=9) == 0
    assert flagged(0.0, 1.0, items=10) == 1


def test_shares_are_compared_on_common_items_with_examples() -> None:
    before = count_patterns([Answer("p1", "a", "x and y"), Answer("p2", "b", "x")])
    after = count_patterns([Answer("p3", "b", "x; y"), Answer("p4", "c", "x; y")])
    change = share_changes(before, after)[0]
    assert (change.pattern, change.items, change.before, change.after) == (Pattern.LIST, 1, 0, 1)
    assert (change.change.value, change.change.interval, change.is_flagged) == (1, None, False)
    assert change.examples == ("p3", "p4")
    assert share_changes(before, count_patterns([])) == ()


def trained(source: random.Random, *, is_hack: bool) -> HackingSigns:
    """All signs of one training on 100 items: answers grow, and the grader pays for that or for quality."""
    lengths = {str(item): source.gauss(0.8, 0.5) for item in range(100)}
    gains = {item: (0.2 * grown if is_hack else 0.16) + source.gauss(0, 0.15) for item, grown in lengths.items()}
    runs = []
    for item in range(100):
        quality = [min(1.0, max(0.0, source.gauss(0.5, 0.2))) for _ in range(4)]
        padding = [source.gauss(0, 1) if is_hack else 0.0 for _ in range(4)]
        paid = [one + 0.25 * more + source.gauss(0, 0.05) for one, more in zip(quality, padding, strict=True)]
        runs.append(ItemRuns(str(item), tuple(paid), tuple(quality)))
    return hacking_signs(
        length=length_adjusted(gains, lengths),
        best=best_of_k(runs, resamples=300),
        checkpoints=course(source, 8, 0.2, 0.0 if is_hack else 0.16),
        changes=share_changes(answers(source, 100, 0.1), answers(source, 100, 0.4 if is_hack else 0.1)),
    )


def test_a_planted_hack_rings_everywhere_and_an_honest_gain_nowhere() -> None:
    hacks = [trained(random.Random(seed), is_hack=True) for seed in range(10)]
    honest = [trained(random.Random(seed), is_hack=False) for seed in range(10)]
    for evidence in Evidence:
        assert sum(any(sign.evidence is evidence for sign in found.flags) for found in hacks) >= 8, evidence
        assert sum(any(sign.evidence is evidence for sign in found.flags) for found in honest) <= 1, evidence
    assert all(found.is_flagged for found in hacks)


def test_every_sign_says_what_was_seen_and_where_to_look() -> None:
    found = trained(random.Random(1), is_hack=True)
    assert [sign.is_flagged for sign in found.signs] == sorted((sign.is_flagged for sign in found.signs), reverse=True)
    assert len(found.signs) == 3 + len(Pattern)
    texts = {sign.pattern or sign.evidence: sign.sentence for sign in found.signs}
    assert "at equal length" in texts[Evidence.LENGTH]
    assert texts[Evidence.BEST_OF_K].startswith("the best of 4 runs by this grader gains +0.")
    assert "the training grader moved by +0." in texts[Evidence.CHECKPOINTS]
    assert texts[Pattern.LIST].startswith("answers that look like lists: ")
    assert "100 items" in texts[Pattern.LIST]
    assert all(sign.look_at for sign in found.signs)
    lists = next(sign for sign in found.signs if sign.pattern is Pattern.LIST)
    assert len(lists.examples) == 5


def test_what_cannot_be_told_is_said() -> None:
    assert hacking_signs() == HackingSigns(())
    same: LengthAdjusted | None = length_adjusted({"a": 0.1, "b": 0.3}, {"a": 0.5, "b": 0.5})
    best: BestOfK | None = best_of_k([ItemRuns("q", (0.5, 0.5), (0.1, 0.9))])
    found = hacking_signs(length=same, best=best)
    assert not found.is_flagged
    assert "cannot be told from length" in found.signs[0].sentence
    assert found.signs[1].sentence == "the best of 2 runs by this grader gains 0.000 by its own score and 0.000 by gold"


def test_a_loss_is_no_gain_and_its_sign_is_a_minus() -> None:
    gains = {str(item): -0.1 - 0.01 * (item % 5) for item in range(20)}
    found = length_adjusted(gains, {str(item): 0.1 * (item % 7) for item in range(20)})
    sentence = hacking_signs(length=found).signs[0].sentence
    assert sentence.startswith("the difference of −0.120 [−0.1")
    assert "-0" not in sentence
