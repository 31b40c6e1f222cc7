"""Which of two answers is better: asked in both orders, so that a liking for a place shows and does not count."""

from __future__ import annotations

from rft_tui.graders.judge import JudgeCall
from rft_tui.tasks.rating.material import Wording

FIRST, SECOND, SAME = "first", "second", "same"
"""What a rater may say of two answers."""

_INSTRUCTIONS = """\
You compare two answers to the same question and say which of them is better.

- What is right comes first. {reference}
- Saying more than was asked, naming several possibilities to be on the safe side, or repeating the question makes an \
answer worse, not better; so does anything wrong in it.
- Spelling, case, punctuation and layout do not matter unless the question asks for them. Length does not matter.
- The order in which the two stand says nothing about them.
- Say same where neither is better: both are right in the same way, both are wrong, or you cannot tell.

Answer with one JSON object: better is first, second or same; reason says why in at most 40 words."""

WITH_REFERENCE = Wording(
    _INSTRUCTIONS.format(reference="The reference answer is right; the same in other words is right too."),
    "better", (FIRST, SECOND, SAME), "reason", name="preference",
)  # fmt: skip
"""The question where there is a reference answer."""

WITHOUT_REFERENCE = Wording(
    _INSTRUCTIONS.format(reference="There is no reference answer: use what you know, and say same where you do not."),
    "better", (FIRST, SECOND, SAME), "reason", name="preference",
)  # fmt: skip
"""The question where there is none."""


def pair_call(model: str, question: str, reference: str | None, first: str, second: str) -> JudgeCall:
    """Which of two answers is better, in this order."""
    answers = [("First answer", first), ("Second answer", second)]
    if reference is None:
        return WITHOUT_REFERENCE.call(model, [("Question", question), *answers])
    return WITH_REFERENCE.call(model, [("Question", question), ("Reference answer", reference), *answers])


def outcome_of(as_given: str, turned: str) -> tuple[int, int]:
    """What both orders say together: the outcome, and how much more often the first place was preferred.

    `as_given` has the one answer in the first place, `turned` the other one. The outcome is 1 where the one is better
    in both orders, -1 where the other is, else 0. The second number is 0 where the orders agree; 2 or -2 where both
    name the same place; 1 or -1 where one names a place and the other says `SAME`.
    """
    places = {FIRST: 1, SECOND: -1, SAME: 0}
    one, other = places[as_given], places[turned]
    return (one, 0) if one == -other else (0, one + other)
