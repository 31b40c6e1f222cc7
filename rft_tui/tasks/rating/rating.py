"""A second rater at work: pairs of answers put to a stronger model in both orders, kept, and held against a grader."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event

from rft_tui.graders.judge import Judge, JudgeCall, JudgeReply
from rft_tui.model import JudgeUse
from rft_tui.providers.profiles import NamedProfile
from rft_tui.store.database import Store
from rft_tui.store.graders import StoredGrader
from rft_tui.store.ratings import PairRating, get_ratings, put_ratings
from rft_tui.tasks.grade import NOT_ASKED
from rft_tui.tasks.guesses import JUDGE_OUTPUT
from rft_tui.tasks.predicting.estimate import Estimate
from rft_tui.tasks.rating.comparing import WITH_REFERENCE, outcome_of, pair_call
from rft_tui.tasks.rating.estimate import estimate_calls
from rft_tui.tasks.rating.pairs import AnswerPair, ChosenPairs, choose_pairs, rated_pairs
from rft_tui.tasks.rating.report import Asking, RatedPair, RatingReport, rating_report
from rft_tui.tasks.rating.stream import as_answered

KEPT_AT_ONCE = 10
"""Judgements that are written together; what is not written yet is in the cache of answers all the same."""

UNREADABLE = "model_grader_parse_error"
"""The error of a rater whose answer names neither, or both."""


@dataclass(frozen=True, slots=True)
class RatingPlan:
    """What a rater is to be asked: pairs of answers that a version has scored, each in both orders."""

    grader: StoredGrader
    rater: str
    profile: NamedProfile
    chosen: ChosenPairs

    def calls(self) -> Iterator[tuple[tuple[int, bool], JudgeCall]]:
        """The questions, each with the number of its pair and whether the second answer stands first."""
        for number, pair in enumerate(self.chosen.pairs):
            question, reference = pair.asked.question, pair.asked.reference
            first, second = pair.first.text, pair.second.text
            yield (number, False), pair_call(self.rater, question, reference, first, second)
            yield (number, True), pair_call(self.rater, question, reference, second, first)


def plan_rating(
    store: Store,
    grader: StoredGrader,
    rater: str,
    profile: NamedProfile,
    *,
    runs: Sequence[int] | None = None,
    pairs: int = 50,
    seed: int = 42,
) -> RatingPlan:
    """Choose at most `pairs` pairs of answers that the version has scored in the runs (None: in all)."""
    return RatingPlan(grader, rater, profile, choose_pairs(store, grader, runs=runs, count=pairs, seed=seed))


def estimate_rating(store: Store, plan: RatingPlan) -> Estimate:
    """What it may take; what the rater was asked before is not asked again."""
    return estimate_calls(store, [call for _key, call in plan.calls()], plan.profile, JUDGE_OUTPUT)


def run_rating(
    store: Store,
    plan: RatingPlan,
    judge: Judge,
    reviewer: str,
    *,
    stop: Event | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    noticed: Callable[[RatedPair], None] = lambda _rated: None,
) -> RatingReport:
    """Ask the rater, keep what it says, and hold the grader against it. For a thread of the caller's own.

    `judge` asks through the plan's profile; `progress` is told of pairs that are done, `noticed` of each that was
    judged. Once `stop` is set nothing more is asked, and what is judged so far is reported. Raises StoreError.
    """
    total = len(plan.chosen.pairs)
    asking = Asking(wanted=total)
    open_pairs: dict[int, _Both] = {}
    rated: dict[int, RatedPair] = {}
    fresh: list[PairRating] = []
    done = 0
    for (number, is_turned), reply in as_answered(plan.calls(), judge, stop):
        asking.count(reply.use, is_answered=reply.error is None)
        both = open_pairs.setdefault(number, _Both())
        both.replies[is_turned] = reply
        if len(both.replies) < 2:
            continue
        made = open_pairs.pop(number).rating(plan.chosen.pairs[number], asking)
        if made is not None:
            rated[number] = RatedPair(plan.chosen.pairs[number], made)
            fresh.append(made)
            noticed(rated[number])
        if len(fresh) == KEPT_AT_ONCE:
            _keep(store, plan, fresh)
        done += 1
        progress(done, total)
    _keep(store, plan, fresh)
    asking.unasked += total - done
    return rating_report(store, plan.grader, plan.rater, [rated[number] for number in sorted(rated)], asking, reviewer)


def kept_report(
    store: Store,
    grader: StoredGrader,
    rater: str,
    service: str,
    reviewer: str,
    *,
    runs: Sequence[int] | None = None,
) -> RatingReport:
    """A version held against everything that a rater has said before: nothing is asked. Raises StoreError.

    What a rater says is of answers, not of graders: another version is held against the same judgements.
    """
    with store.read() as db:
        known = rated_pairs(db, grader, get_ratings(db, rater, service, runs))
    rated = [RatedPair(pair, rating) for pair, rating in known]
    return rating_report(store, grader, rater, rated, Asking(wanted=len(rated)), reviewer)


@dataclass(slots=True)
class _Both:
    """The answers of a rater about one pair, by whether the second answer stood first."""

    replies: dict[bool, JudgeReply] = field(default_factory=dict)

    def rating(self, pair: AnswerPair, asking: Asking) -> PairRating | None:
        """What they say together; None, and counted, where one of them says nothing."""
        errors = [one.error.kind for one in self.replies.values() if one.error is not None]
        if errors:
            if NOT_ASKED in errors:
                asking.unasked += 1
            else:
                asking.errors[errors[0]] = asking.errors.get(errors[0], 0) + 1
            return None
        read = {turned: WITH_REFERENCE.read(one.text, one.form) for turned, one in self.replies.items()}
        given, turned = read[False], read[True]
        if given is None or turned is None:
            asking.errors[UNREADABLE] = asking.errors.get(UNREADABLE, 0) + 1
            return None
        outcome, swapped = outcome_of(given[0], turned[0])
        # the better answer stands first where the reason is taken from
        reason = turned[1] if outcome < 0 else given[1]
        uses: list[JudgeUse] = [one.use for one in self.replies.values()]
        simulated = any(use.simulated for use in uses)
        return PairRating(pair.first.prediction, pair.second.prediction, outcome, swapped, reason, simulated)


def _keep(store: Store, plan: RatingPlan, fresh: list[PairRating]) -> None:
    """Write judgements, and forget that they are new."""
    if fresh:
        with store.write() as db:
            put_ratings(db, plan.rater, plan.profile.service, fresh)
        fresh.clear()
