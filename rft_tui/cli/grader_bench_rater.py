"""``rft-tui grader bench --rater`` and ``--gold``: a grader held against a stronger model, a person, another grader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from rft_tui.cli import text
from rft_tui.cli.console import Calling
from rft_tui.cli.grade_by_model import Judging
from rft_tui.errors import UsageError

if TYPE_CHECKING:
    from rft_tui.graders.engine import LocalGrader
    from rft_tui.store.graders import StoredGrader
    from rft_tui.tasks.rating.divergence import DivergenceReport
    from rft_tui.tasks.rating.rating import RatingPlan
    from rft_tui.tasks.rating.report import RatingReport

NOT_ASKED = "not asked for: --rater MODEL"
BY_STATIC = "left out by --static"
SAID_NO = "not agreed to"


@dataclass(frozen=True, slots=True)
class SecondWish:
    """What a person says of a second rater (a model's name, empty for none) and of gold (empty: verdicts)."""

    rater: str
    profile: str
    pairs: int
    gold: str


@dataclass(frozen=True, slots=True)
class SecondPlan:
    """What is to be done beside the bench: the rater's questions or why there are none, and the measuring of gold.

    `gold` is None for the person's verdicts; `is_told` says that the person asked for gold.
    """

    grader: StoredGrader | None
    rating: RatingPlan | None
    reason: str
    gold: StoredGrader | None = None
    is_told: bool = False


@dataclass(frozen=True, slots=True)
class SecondLook:
    """What came of it; where something is None, a reason."""

    rating: RatingReport | None
    rating_reason: str
    divergence: DivergenceReport | None
    divergence_reason: str
    is_told: bool


def second_options(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add the options of a second rater and of gold to a command, which gets them together as `second`."""

    @click.option("--rater", metavar="MODEL", default="", help="A stronger model that says which answers are better.")
    @click.option("--rater-profile", metavar="P", default="", help="The service of the rater (default: the judge's).")
    @click.option(
        "--rater-pairs", metavar="N", type=click.IntRange(1, 2000), default=50, show_default=True,
        help="Most pairs of answers that the rater compares, each in both orders.",
    )  # fmt: skip
    @click.option(
        "--gold", metavar="G", default="",
        help="Who says what is true for best-of-k: another grader, or verdicts (default: where there are enough).",
    )  # fmt: skip
    @wraps(function)
    def gathered(
        calling: Calling, /, *, rater: str, rater_profile: str, rater_pairs: int, gold: str, **others: Any
    ) -> int | None:
        return function(calling, second=SecondWish(rater, rater_profile, rater_pairs, gold), **others)

    return gathered


def plan_second(
    calling: Calling, grader: LocalGrader, wish: SecondWish, seed: int, judging: Judging, *, is_static: bool
) -> SecondPlan:
    """Choose the pairs, say what the rater may take, and ask. Raises UsageError before anything is paid for."""
    from rft_tui.cli.choose import choose_grader
    from rft_tui.store.graders import grader_of_version
    from rft_tui.tasks.rating.divergence import VERDICTS

    if is_static:
        if wish.rater or wish.gold:
            raise UsageError("--static asks nobody and reads no scores", hint="Leave it out, or --rater and --gold.")
        return SecondPlan(None, None, BY_STATIC)
    workspace = calling.workspace()
    gold = choose_grader(workspace, wish.gold) if wish.gold not in ("", VERDICTS) else None
    with workspace.store.read() as db:
        stored = grader_of_version(db, grader.version)
    rating, reason = None, NOT_ASKED
    if wish.rater:
        rating, reason = _rating(calling, stored, wish, seed, judging)
    return SecondPlan(stored, rating, reason, gold, bool(wish.gold))


def second_look(calling: Calling, plan: SecondPlan, judging: Judging, spent: float = 0.0) -> SecondLook:
    """Do what was planned; `spent` of the spend cap is gone already. Raises RftError where the service refuses."""
    from rft_tui.tasks.rating.divergence import measure_divergence
    from rft_tui.tasks.rating.work import rate

    rating, reason = None, plan.reason
    if plan.rating is not None:
        left = None if judging.spend_cap is None else judging.spend_cap - spent
        if left is not None and left <= 0:
            reason = "the spend cap leaves nothing for the rater"
        else:
            rating = rate(
                calling.workspace(), plan.rating, concurrency=judging.concurrency, spend_cap=left,
                progress=calling.progress("compared"),
            )  # fmt: skip
    if plan.grader is None:
        return SecondLook(rating, reason, None, BY_STATIC if reason == BY_STATIC else _UNKNOWN, plan.is_told)
    workspace = calling.workspace()
    report = measure_divergence(workspace.store, plan.grader, plan.gold, workspace.reviewer)
    return SecondLook(rating, reason, report if report.result is not None else None, report.said, plan.is_told)


_UNKNOWN = "this version has scored nothing here: rft-tui grade --grader G --run R"


def _rating(
    calling: Calling, stored: StoredGrader | None, wish: SecondWish, seed: int, judging: Judging
) -> tuple[RatingPlan | None, str]:
    """The questions to the rater, or why there are none."""
    from rft_tui.providers.profiles import find_key, named_profile
    from rft_tui.tasks.rating.rating import estimate_rating, plan_rating

    workspace = calling.workspace()
    profile = named_profile(workspace.settings, wish.profile or judging.profile or None, judge=True)
    if stored is None:
        return None, _UNKNOWN
    plan = plan_rating(workspace.store, stored, wish.rater, profile, pairs=wish.pairs, seed=seed)
    if not plan.chosen.pairs:
        alike = f"; {text.counted(plan.chosen.alike, 'item')} with the same answer every time" * bool(plan.chosen.alike)
        return None, f"no item has two different answers that this version has scored{alike}"
    figures = estimate_rating(workspace.store, plan)
    if figures.requests:
        find_key(profile)
        if judging.spend_cap is not None and figures.cost is None:
            raise UsageError(
                "a spend cap needs the rater's price, which is not known",
                hint="Write the price into rft.toml: [profiles.NAME.prices.MODEL] input, output.",
            )
        cost = text.money(figures.cost) if figures.cost is not None else "unknown price"
        pairs = text.counted(len(plan.chosen.pairs), "pair")
        said = f"second rater {wish.rater}: at most {text.counted(figures.requests, 'question')} about {pairs}"
        calling.tell(f"{said} through {profile.name}, about {cost}")
        if not judging.yes and not calling.confirm("Ask it?"):
            return None, SAID_NO
    return plan, ""
