"""A second rater asked about disagreements: who is right, and why. Its critique is shown and kept, never applied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Event

from rft_tui.graders.judge import Judge, JudgeCall, JudgeReply
from rft_tui.model import GradeError, JudgeUse, Verdict
from rft_tui.providers.profiles import NamedProfile
from rft_tui.store.database import Store
from rft_tui.store.ratings import StoredCritique, put_critique
from rft_tui.tasks.guesses import ASSUMED_OUTPUT
from rft_tui.tasks.predicting.estimate import Estimate
from rft_tui.tasks.rating.disagreements import Disagreement
from rft_tui.tasks.rating.estimate import estimate_calls
from rft_tui.tasks.rating.material import Wording
from rft_tui.tasks.rating.stream import as_answered

SIDES = {
    "grader": "The grader is right",
    "person": "The person is right",
    "rater": "The comparison is right",
    "neither": "Neither is right",
    "unclear": "It cannot be told",
}
"""With whom a rater may side, and how its critique then begins."""

MOST_STEPS = 4_000
"""Characters of a grader's steps that are put to a rater."""

_INSTRUCTIONS = """\
A grader scored an answer to a question, and {other} disagrees. Say who is right about this answer, and why.

- Look at the answer yourself before you look at what either of them says.
- Say what in the answer decides it. Where the grader is wrong, name what in its steps led it astray; where the \
reference answer itself is wrong or too narrow, say so.
- Do not propose another grader and do not rewrite the answer.

Answer with one JSON object: who is {sides}; why is your critique in at most 120 words."""

_SAYS = {
    Verdict.RIGHT: "the answer is right",
    Verdict.WRONG: "the answer is wrong",
    Verdict.GRADER: "the grader is wrong about this answer",
    Verdict.LABEL: "the reference answer is wrong",
    Verdict.BOTH: "this answer and the reference answer are both acceptable",
}


def _wording(other: str, sides: tuple[str, ...]) -> Wording:
    listed = f"{', '.join(sides[:-1])} or {sides[-1]}"
    return Wording(_INSTRUCTIONS.format(other=other, sides=listed), "who", sides, "why", name="critique")


AGAINST_PERSON = _wording("a person", ("grader", "person", "neither", "unclear"))
"""The question where a person's verdict and the grader's pass disagree."""

AGAINST_RATER = _wording("a comparison with another answer", ("grader", "rater", "neither", "unclear"))
"""The question where the grader scores an answer higher than one that the rater holds for better."""


@dataclass(frozen=True, slots=True)
class Critique:
    """What came of one question: the critique as it is kept, or the error that came instead; and what it took."""

    disagreement: Disagreement
    stored: StoredCritique | None
    error: GradeError | None
    use: JudgeUse

    @property
    def side(self) -> str:
        """With whom the rater sides, a key of `SIDES`; empty where there is an error."""
        return "" if self.stored is None else side_of(self.stored.text)


def side_of(text: str) -> str:
    """With whom a kept critique sides, by how it begins: a key of `SIDES`, or empty."""
    return next((side for side, begins in SIDES.items() if text.startswith(begins)), "")


def critique_call(model: str, about: Disagreement) -> JudgeCall:
    """Who is right about one prediction."""
    texts = [("Question", about.asked.question)]
    if about.asked.reference is not None:
        texts.append(("Reference answer", about.asked.reference))
    texts.append(("Answer", about.answer))
    rule = about.rule
    passed = "passes" if about.passed else "does not pass"
    texts.append(("Grader", f"score {about.grade.score:g} of {rule.low:g} to {rule.high:g}, which {passed}"))
    steps = "\n".join(about.grade.steps)[:MOST_STEPS]
    if steps:
        texts.append(("Grader's steps", steps))
    if about.preferred is not None:
        texts.append(("Another answer", about.preferred.answer.text))
        said = f"the other answer is better; the grader gives it {about.preferred.answer.score:g}"
        texts.append(("Comparison", f"{said}. {about.preferred.reason}".strip()))
    elif about.person is not None:
        texts.append(("Person", _SAYS[about.person.verdict]))
        if about.person.note:
            texts.append(("Person's note", about.person.note))
    return _wording_of(about).call(model, texts)


def estimate_critiques(store: Store, about: Sequence[Disagreement], rater: str, profile: NamedProfile) -> Estimate:
    """What asking about some disagreements may take; what was asked before is not asked again."""
    return estimate_calls(store, [critique_call(rater, one) for one in about], profile, ASSUMED_OUTPUT)


def run_critiques(
    store: Store,
    version: str,
    about: Sequence[Disagreement],
    judge: Judge,
    rater: str,
    profile: NamedProfile,
    *,
    stop: Event | None = None,
) -> Iterator[Critique]:
    """Ask about disagreements and give the critiques as they come, each kept before it is given.

    `version` is that of the grader whose grades are disputed, stored or not; `judge` asks through the profile. Once
    `stop` is set nothing more is asked. Raises StoreError.
    """
    calls = ((place, critique_call(rater, one)) for place, one in enumerate(about))
    for place, reply in as_answered(calls, judge, stop):
        one = about[place]
        said = _said(one, reply)
        if isinstance(said, GradeError):
            yield Critique(one, None, said, reply.use)
            continue
        with store.write() as db:
            stored = put_critique(
                db, rater, profile.service, version, one.prediction, said, simulated=reply.use.simulated
            )
        yield Critique(one, stored, None, reply.use)


def said_before(about: Sequence[Disagreement], rater: str, known: Judge) -> dict[int, str]:
    """What the rater said to these very questions, as it is kept, by prediction; `known` is a judge that asks nobody."""
    calls = ((one, critique_call(rater, one)) for one in about)
    said = ((one.prediction, _said(one, reply)) for one, reply in as_answered(calls, known))
    return {number: text for number, text in said if isinstance(text, str)}


def _wording_of(about: Disagreement) -> Wording:
    return AGAINST_PERSON if about.preferred is None else AGAINST_RATER


def _said(about: Disagreement, reply: JudgeReply) -> str | GradeError:
    if reply.error is not None:
        return reply.error
    read = _wording_of(about).read(reply.text, reply.form)
    if read is None:
        return GradeError("model_grader_parse_error", "the rater's answer does not say who is right")
    side, why = read
    return f"{SIDES[side]}: {why}" if why else f"{SIDES[side]}."
