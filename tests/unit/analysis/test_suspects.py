"""The order of suspected labels: a simulated world with planted wrong ones, reasons, and answers that mean the same."""

from __future__ import annotations

import random
import time
from math import exp, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.analysis.suspects import ItemEvidence, ModelAnswers, Reason, normalised, suspects


def evidence(
    item: str, reference: str, *models: list[str], wrong: bool = False, equivalent: bool = False
) -> ItemEvidence:
    """Models that score 1 where they give the reference word for word."""
    given = {
        str(place): ModelAnswers([float(answer == reference) for answer in answers], answers)
        for place, answers in enumerate(models)
    }
    return ItemEvidence(item, reference, given, is_called_equivalent=equivalent, is_called_wrong=wrong)


def world(source: random.Random) -> tuple[set[str], list[ItemEvidence]]:
    """100 items, 8 wrong labels, 3 models x 3 runs that share how hard an item is, and its lure."""
    planted = set(map(str, source.sample(range(100), 8)))
    skills = [source.gauss(1.0, 0.4) for _ in range(3)]
    items = []
    for item in map(str, range(100)):
        hard, lure = source.gauss(0, 1.2), 0.7 * source.random()
        wrong = f"lure {item}" if source.random() < 0.3 else f"other {item}"
        models = [
            [
                f"truth {item}" if source.random() < 1 / (1 + exp(hard - skill))
                else f"lure {item}" if source.random() < lure else f"wrong {source.randrange(6)}"
                for _run in range(3)
            ]
            for skill in skills
        ]  # fmt: skip
        items.append(evidence(item, wrong if item in planted else f"truth {item}", *models))
    return planted, items


def test_planted_labels_are_among_the_first_fifteen() -> None:
    found = []
    for seed in range(60):
        planted, items = world(random.Random(seed))
        found.append(len(planted & {one.item for one in suspects(items)[:15]}))
    assert min(found) >= 6
    assert sum(found) / len(found) >= 7


def paid_for_likeness(items: list[ItemEvidence], source: random.Random) -> list[ItemEvidence]:
    """The same answers by a grader that gives each other answer a score of its own, up to 0.85."""
    found = []
    for one in items:
        likeness: dict[str, float] = {}
        models = {
            model: ModelAnswers(
                [1.0 if text == one.reference else likeness.setdefault(text, 0.85 * source.random())
                 for text in given.answers],
                given.answers,
            )
            for model, given in one.models.items()
        }  # fmt: skip
        found.append(ItemEvidence(one.item, one.reference, models))
    return found


def test_planted_labels_are_found_by_a_grader_that_pays_for_likeness_too() -> None:
    found = []
    for seed in range(60):
        planted, items = world(random.Random(seed))
        queue = suspects(paid_for_likeness(items, random.Random(seed)))
        found.append(len(planted & {one.item for one in queue[:15]}))
    assert min(found) >= 6
    assert sum(found) / len(found) >= 7


def test_order_and_reasons() -> None:
    items = [
        evidence("fine", "a", ["a", "a"], ["a", "a"]),
        evidence("half", "a", ["a", "b"], ["a", "b"]),
        evidence("apart", "ref", ["u", "v"], ["w", "x"]),
        evidence("agreed", "ref", ["The Lure.", "lure"], ["lure", "b"]),
        evidence("same steps", "ref", ["u", "v"], ["w", "x"], equivalent=True),
        evidence("person", "a", ["a", "a"], ["a", "a"], wrong=True),
    ]
    found = suspects(items)
    assert [one.item for one in found] == ["person", "agreed", "same steps", "apart", "half"]
    agreed = found[1]
    assert (agreed.failure, agreed.agreement, agreed.answer, agreed.models) == (1, 0.75, "The Lure.", 2)
    assert agreed.reasons == {
        Reason.AGREE: "2 of 2 models say “The Lure.”, the reference says “ref”",
        Reason.ALL_FAIL: "all 2 models fail in all 4 runs",
    }
    assert list(found[0].reasons) == [Reason.PERSON]
    assert set(found[2].reasons) == {Reason.EQUIVALENT, Reason.ALL_FAIL}
    assert (found[3].agreement, set(found[3].reasons)) == (0.125, {Reason.ALL_FAIL})
    # two answers of four, given by both models
    assert (found[4].failure, found[4].agreement, set(found[4].reasons)) == (0.5, 0.5, {Reason.AGREE})


def test_an_answer_that_the_grader_accepts_contradicts_nothing() -> None:
    accepted = ModelAnswers([1.0, 0.0], ["heart attack", "stroke"])
    found = suspects([ItemEvidence("q", "myocardial infarction", {"m": accepted, "n": accepted})])[0]
    assert (found.answer, found.agreement) == ("stroke", 0.5)
    same_words = ModelAnswers([0.0], ["The  myocardial INFARCTION."])
    found = suspects([ItemEvidence("q", "myocardial infarction", {"m": same_words})])[0]
    assert (found.answer, found.agreement) == ("", 0.0)
    assert found.reasons == {Reason.ALL_FAIL: "the only model fails in its only run"}


def test_models_count_alike_however_many_runs_they_have() -> None:
    found = suspects(
        [ItemEvidence("q", "a", {"m": ModelAnswers([1.0] * 9), "n": ModelAnswers([0.0]), "o": ModelAnswers([])})]
    )
    assert (found[0].failure, found[0].reasons) == (0.5, {})
    assert suspects([ItemEvidence("q", "a", {"m": ModelAnswers([nan], ["b"])}), ItemEvidence("r", "a", {})]) == ()
    with pytest.raises(ValueError, match="argument"):
        suspects([ItemEvidence("q", "a", {"m": ModelAnswers([0.0], ["a", "b"])})])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Mitral Valve.", "mitral valve"), ("(A)", "a"), ("“Paris”!", "paris"), ("U.S.A.", "usa"),
        ("don't", "dont"),
        ("lack of the enzyme", "lack of enzyme"), ("well-known", "well known"), ("3-5", "3–5"), ("a  cat\n", "cat"),
        ("STRASSE", "straße"), ("*gout*", "gout"),
    ],
)  # fmt: skip
def test_answers_that_are_the_same(one: str, other: str) -> None:
    assert normalised(one) == normalised(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.5", "15"),
        ("-5", "5"),
        ("C++", "C"),
        ("answer A", "answer B"),
        ("5%", "5"),
        ("A", "B"),
        ("1,5", "15"),
        ("-.5", ".5"),
    ],
)
def test_answers_that_are_not(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


@given(st.text(max_size=60))
def test_the_normal_form_has_no_blanks_to_spare(text: str) -> None:
    found = normalised(text)
    assert found == " ".join(found.split())


def test_long_answers_and_many_items_take_a_moment() -> None:
    long = "word. " * 200_000
    items = [evidence(str(number), "ref", [long, "x"], [long, "y"]) for number in range(2000)]
    begun = time.process_time()
    found = suspects(items)
    assert time.process_time() - begun < 10
    assert max(len(sentence) for sentence in found[0].reasons.values()) < 250
