"""Help and palette: the registry as a list to filter; enter runs an action."""

from __future__ import annotations

from rft_tui.tui.actions import ACTIONS, BY_ID
from rft_tui.tui.keymap import TEXTUAL_NAMES
from rft_tui.tui.screens.base import WorkScreen
from rft_tui.tui.screens.pick import Choice, PickScreen


def open_help(screen: WorkScreen) -> None:
    """Every key of the screen, filterable; enter runs one."""
    _open(screen, "keys", help_choices(screen), is_whole=True)


def open_palette(screen: WorkScreen) -> None:
    """Every action that can run now."""
    _open(screen, "run", palette_choices(screen))


def _open(screen: WorkScreen, title: str, choices: list[Choice], *, is_whole: bool = False) -> None:
    def run(chosen: str | None) -> None:
        if chosen is not None:
            screen.run(BY_ID[chosen])

    screen.app.push_screen(PickScreen(title, choices, is_whole=is_whole), screen.guarded(run))


def keys_here(screen: WorkScreen) -> dict[str, tuple[str, ...]]:
    """The keys that run each action of a screen, without those that another one has before it.

    An action is left out where all its keys mean something else here.
    """
    keymap = screen.rft.keymap
    found: dict[str, tuple[str, ...]] = {}
    for scope in screen.scopes:
        for action in ACTIONS:
            if action.scope != scope:
                continue
            keys = keymap.keys.get(action.id, ())
            own = tuple(key for key in keys if keymap.find(TEXTUAL_NAMES.get(key, key), screen.scopes) is action)
            if own or not keys:
                found[action.id] = own
    return found


def help_choices(screen: WorkScreen) -> list[Choice]:
    """Every key of a screen with its sentence, the screen's own first; why one cannot run now stands beside it."""
    choices: list[Choice] = []
    for name, keys in keys_here(screen).items():
        why = screen.why_not(BY_ID[name])
        choices.append(Choice(name, BY_ID[name].sentence, why or "", " ".join(keys), why is not None))
    return choices


def palette_choices(screen: WorkScreen) -> list[Choice]:
    """Every action that can run now, by its words."""
    return [
        Choice(name, BY_ID[name].sentence, lead=keys[0] if keys else "")
        for name, keys in keys_here(screen).items()
        if screen.why_not(BY_ID[name]) is None
    ]
