"""Who the second rater is and how many pairs it compares: remembered, and proposed from what is known here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from rft_tui.errors import RftError, UsageError
from rft_tui.graders.registry import models_asked
from rft_tui.model import SIMULATED_PREFIX
from rft_tui.providers.profiles import NamedProfile, list_profiles, named_profile
from rft_tui.safetext import one_line
from rft_tui.settings import WorkspaceSettings
from rft_tui.store.graders import list_graders
from rft_tui.store.ratings import known_raters
from rft_tui.store.run_figures import models_of_runs
from rft_tui.tui.task_words import counted
from rft_tui.workspace import Workspace

PAIRS = 50
"""Pairs that are compared unless somebody says otherwise."""

MOST_PAIRS = 2_000
"""Pairs that may be compared."""

SIMULATED_JUDGE = f"{SIMULATED_PREFIX}judge"
"""The model that is proposed where the embedded service judges."""


@dataclass(frozen=True, slots=True)
class RaterWish:
    """A model, the profile through which it is asked, and what the cache calls the service behind that.

    `profile` is empty where no profile of this workspace leads to the service any more.
    """

    model: str
    profile: str
    service: str
    pairs: int = PAIRS

    def find(self, settings: WorkspaceSettings) -> NamedProfile:
        """The profile. Raises UsageError where there is none."""
        if not self.profile:
            raise UsageError(
                f"no profile leads to {one_line(self.service, 80)} any more",
                hint="Write one into rft.toml, or choose another model.",
            )
        return named_profile(settings, self.profile, judge=True)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rater that may be chosen, and where its name comes from."""

    wish: RaterWish
    beside: str


def wish_of(session: dict[str, Any], settings: WorkspaceSettings) -> RaterWish | None:
    """The rater that was last chosen; None where nobody was."""
    kept = session.get("rater")
    kept = kept if isinstance(kept, dict) else {}
    model, profile, service, pairs = (kept.get(name) for name in ("model", "profile", "service", "pairs"))
    if not (isinstance(model, str) and model and isinstance(profile, str) and isinstance(service, str)):
        return None
    is_count = isinstance(pairs, int) and not isinstance(pairs, bool) and 0 < pairs <= MOST_PAIRS
    wish = RaterWish(model, profile, service, pairs if is_count and isinstance(pairs, int) else PAIRS)
    try:
        return replace(wish, service=wish.find(settings).service)
    except RftError:
        return replace(wish, profile="")


def wish_json(wish: RaterWish) -> dict[str, Any]:
    """What the session keeps of a choice."""
    return {"model": wish.model, "profile": wish.profile, "service": wish.service, "pairs": wish.pairs}


def parse_pairs(text: str) -> int:
    """A number of pairs as it was typed. Raises UsageError."""
    typed = text.strip().replace(",", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 9 and 0 < int(typed) <= MOST_PAIRS):
        raise UsageError(f"{one_line(text, 40)!r} is no number of pairs", hint=f"From 1 to {MOST_PAIRS:,}.")
    return int(typed)


def proposals(workspace: Workspace, pairs: int) -> list[Proposal]:
    """Who may be asked: those who have judged pairs, then models that answered here or judge for a grader."""
    found: dict[tuple[str, str], Proposal] = {}
    for one in _proposals(workspace, pairs):
        found.setdefault((one.wish.model, one.wish.service), one)
    return list(found.values())


def _proposals(workspace: Workspace, pairs: int) -> Iterator[Proposal]:
    settings = workspace.settings
    by_service = {one.service: one.name for one in reversed(list_profiles(settings))}
    with workspace.store.read() as db:
        raters, models, graders = known_raters(db), models_of_runs(db), list_graders(db)
    for rater in raters:
        profile = by_service.get(rater.service, "")
        mark = " · SIMULATED" if rater.simulated else ""
        through = one_line(profile, 20) or "no profile leads there"
        wish = RaterWish(rater.rater, profile, rater.service, pairs)
        yield Proposal(wish, f"{counted(rater.pairs, 'pair')} judged · {through}{mark}")
    for model, name in models:
        with suppress(RftError):  # what was imported names no profile, or one of another workspace
            if name:
                yield _proposal(model, named_profile(settings, name), pairs, "answered here")
    with suppress(RftError):
        judge = named_profile(settings, None, judge=True)
        asked = (model for one in graders if not one.is_external for model in models_asked(one.spec))
        for model in asked:
            yield _proposal(model, judge, pairs, "judges for a grader here")
        if judge.is_simulated:
            yield _proposal(SIMULATED_JUDGE, judge, pairs, "counts words in common")


def _proposal(model: str, profile: NamedProfile, pairs: int, beside: str) -> Proposal:
    mark = " · SIMULATED" if profile.is_simulated else ""
    return Proposal(
        RaterWish(model, profile.name, profile.service, pairs), f"{beside} · {one_line(profile.name, 20)}{mark}"
    )
