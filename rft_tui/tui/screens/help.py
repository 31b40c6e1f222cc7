"""Help and palette: the registry as a list to filter; enter runs an action."""

from __future__ import annotations

from rft_tui.tui.actions import ACTIONS, BY_ID
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


def help_choices(screen: WorkScreen) -> list[Choice]:
    """Every key of a screen with its sentence, the screen's own first; why one cannot run now stands beside it."""
    keymap = screen.rft.keymap
    choices: list[Choice] = []
    for scope in screen.scopes:
        for action in ACTIONS:
            if action.scope != scope:
                continue
            why = screen.why_not(action)
            keys = " ".join(keymap.keys.get(action.id, ()))
            choices.append(Choice(action.id, action.sentence, why or "", keys, why is not None))
    return choices


def palette_choices(screen: WorkScreen) -> list[Choice]:
    """Every action that can run now, by its words."""
    keymap = screen.rft.keymap
    return [
        Choice(action.id, action.sentence, lead=keymap.key(action))
        for scope in screen.scopes
        for action in ACTIONS
        if action.scope == scope and screen.why_not(action) is None
    ]
