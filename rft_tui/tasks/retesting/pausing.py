"""Asking a judge about one row at every pause of typing: one row at a time, within a cap, never as a storm."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rft_tui.errors import ServiceError, UsageError
from rft_tui.model import Grade
from rft_tui.tasks.retesting.probes import ProbeRow, is_unasked
from rft_tui.tasks.retesting.retest import Retester, RetestUpdate

if TYPE_CHECKING:
    from rft_tui.store.database import Store
    from rft_tui.tasks.judging.judge import ServiceJudge

PROPOSED_DOLLARS = 0.05
"""What may be spent unless the person says otherwise."""

PROPOSED_QUESTIONS = 50
"""How many questions may be put where their price is not known."""

MOST_DOLLARS = 1000.0
"""More than this is a slip of the finger."""

MOST_QUESTIONS = 100_000

_DOLLARS = re.compile(r"\$?\s*(\d{0,9}(?:\.\d{0,9})?)\s*(?:\$|dollars?)?", re.IGNORECASE)
_QUESTIONS = re.compile(r"(\d{1,9})\s*q(?:uestions?)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PauseCap:
    """How much may be asked: for so many dollars, or so many questions; one of them is None."""

    dollars: float | None = None
    questions: int | None = None

    @property
    def text(self) -> str:
        """As `parse_cap` reads it."""
        return f"{self.dollars:g}" if self.dollars is not None else f"{self.questions} questions"


def parse_cap(text: str, *, priced: bool) -> PauseCap:
    """A cap from ``0.05``, ``$0.05`` or ``50 questions``; UsageError where it is none.

    Where a judge is not `priced`, what it costs is not known, dollars cannot be held to.
    """
    hint = "Write dollars, such as 0.05, or a number of questions, such as 50 questions."
    if (found := _QUESTIONS.fullmatch(text.strip())) is not None:
        number = int(found[1])
        if not 1 <= number <= MOST_QUESTIONS:
            raise UsageError(f"{number:,} questions is no cap from 1 to {MOST_QUESTIONS:,}", hint=hint)
        return PauseCap(questions=number)
    found = _DOLLARS.fullmatch(text.strip())
    if found is None or not any(sign.isdigit() for sign in found[1]):
        raise UsageError(f"{text!r:.60} is no spend cap", hint=hint)
    dollars = float(found[1])
    if not priced:
        said = "what a question costs is not known here, so dollars cannot be held to"
        raise UsageError(said, hint="Write a number of questions, such as 50 questions.")
    if not (0 < dollars <= MOST_DOLLARS and math.isfinite(dollars)):
        raise UsageError(f"${dollars:g} is no cap: more than nothing, at most ${MOST_DOLLARS:,.0f}", hint=hint)
    return PauseCap(dollars=dollars)


@dataclass(frozen=True, slots=True)
class PauseAnswer:
    """What came of asking about a row: its grade by the text that was asked about, None where nothing was said."""

    text: str
    prediction: int
    grade: Grade | None


class PauseAsker:
    """Asks about one row at a time; what is asked while another is under way is not asked.

    The judge holds the cap. Answers are told in a thread of its own, errors too; the answer to every question that was
    put is kept in the cache, whoever still wants it.
    """

    def __init__(
        self, store: Store, judge: ServiceJudge, cap: PauseCap, on_answer: Callable[[PauseAnswer], None]
    ) -> None:
        self.cap = cap
        self.judge = judge
        self.asking: tuple[str, int] | None = None
        self._on_answer = on_answer
        self._retester = Retester(store)

    @property
    def spent(self) -> float:
        """Dollars so far."""
        return self.judge.tally.cost

    @property
    def asked(self) -> int:
        """Requests so far."""
        return self.judge.tally.requests

    @property
    def stopped(self) -> ServiceError | None:
        """Why nothing more is asked: the cap is reached, or it is hopeless."""
        return self.judge.stopped

    def ask(self, text: str, row: ProbeRow) -> bool:
        """Begin to ask all models of a grader's text about a row; False while another question is under way."""
        if self.asking is not None:
            return False
        self.asking = (text, row.prediction)
        said: list[Grade] = []

        def heard(update: RetestUpdate) -> None:
            """In the retester's thread."""
            said.extend(grade for grade in update.results.values() if not is_unasked(grade))
            if update.done:
                self.asking = None
                self._on_answer(PauseAnswer(text, row.prediction, said[0] if said else None))

        self._retester.start(text, [row], first_visible=0, visible=1, on_update=heard, judge=self.judge)
        return True

    def close(self) -> None:
        """Ask nothing more; the judge is closed by whoever opened it."""
        self._retester.close()
