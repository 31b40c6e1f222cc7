"""Asking a person for the second rater: a model that is known here, or one by its name and a profile."""

from __future__ import annotations

from collections.abc import Callable

from rft_tui.errors import UsageError
from rft_tui.providers.profiles import list_profiles, named_profile
from rft_tui.safetext import one_line
from rft_tui.tui.rating.wish import PAIRS, RaterWish, proposals
from rft_tui.tui.screens.base import WorkScreen
from rft_tui.tui.screens.pick import Choice, PickScreen

OTHER = "other"

Chosen = Callable[[RaterWish], None]


def choose_rater(screen: WorkScreen, now: RaterWish | None, on_chosen: Chosen) -> None:
    """Ask who the second rater is; left with esc nothing happens."""
    pairs = now.pairs if now is not None else PAIRS
    offers = proposals(screen.rft.workspace, pairs)
    choices = [Choice(str(at), one_line(one.wish.model, 60), one.beside) for at, one in enumerate(offers)]
    choices.append(Choice(OTHER, "another model …", "by its name"))
    current = next((str(at) for at, one in enumerate(offers) if one.wish == now), None)

    def done(value: str | None) -> None:
        if value == OTHER:
            _type_model(screen, now, pairs, on_chosen)
        elif value is not None:
            on_chosen(offers[int(value)].wish)

    title = "second rater: a stronger model than the grader's; it is a model, never the truth"
    screen.app.push_screen(PickScreen(title, choices, current=current), screen.guarded(done))


def _type_model(screen: WorkScreen, now: RaterWish | None, pairs: int, on_chosen: Chosen) -> None:
    def done(typed: str) -> None:
        model = typed.strip()
        if not model:
            raise UsageError("a rater needs the name of a model")
        _choose_profile(screen, model, pairs, on_chosen)

    screen.ask("model", now.model if now is not None else "", done, hints=(("a name", "as its service calls it"),))


def _choose_profile(screen: WorkScreen, model: str, pairs: int, on_chosen: Chosen) -> None:
    settings = screen.rft.workspace.settings
    profiles = list_profiles(settings)
    judge = named_profile(settings, None, judge=True)
    choices = [
        Choice(one.name, one_line(one.name, 40), "SIMULATED" if one.is_simulated else one_line(one.address, 60))
        for one in profiles
    ]

    def done(name: str | None) -> None:
        profile = next((one for one in profiles if one.name == name), None)
        if profile is not None:
            on_chosen(RaterWish(model, profile.name, profile.service, pairs))

    title = f"{one_line(model, 40)}: through which profile?"
    screen.app.push_screen(PickScreen(title, choices, current=judge.name), screen.guarded(done))
