"""Which key runs which action: the defaults of the registry, changed by a person's keymap file; clashes are reported.

``keymap.toml`` holds lines such as ``"review.right" = ["a", "f1"]``; an empty list takes all keys of an action away.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from rft_tui.errors import SettingsError
from rft_tui.settings import read_toml, unknown_key
from rft_tui.tui.actions import ACTIONS, BY_ID, SCOPES, Action

TEXTUAL_NAMES = {
    "?": "question_mark",
    ":": "colon",
    "/": "slash",
    "[": "left_square_bracket",
    "]": "right_square_bracket",
    "<": "less_than_sign",
    ">": "greater_than_sign",
    "+": "plus",
    "-": "minus",
    "esc": "escape",
    "=": "equals_sign",
    ",": "comma",
    ".": "full_stop",
    ";": "semicolon",
    "'": "apostrophe",
    '"': "quotation_mark",
    "!": "exclamation_mark",
    "@": "at",
    "#": "number_sign",
    "$": "dollar_sign",
    "%": "percent_sign",
    "&": "ampersand",
    "*": "asterisk",
    "(": "left_parenthesis",
    ")": "right_parenthesis",
    "_": "underscore",
    "|": "vertical_line",
    "~": "tilde",
    "`": "grave_accent",
    "\\": "backslash",
    "{": "left_curly_bracket",
    "}": "right_curly_bracket",
    "^": "circumflex_accent",
}
"""Keys as people write them, and as Textual names them."""

WRITTEN_NAMES = {name: written for written, name in TEXTUAL_NAMES.items()}

EATEN_BY_TERMINALS = frozenset(
    ["ctrl+enter", "shift+enter", "alt+enter", "ctrl+space"] + [f"ctrl+{letter}" for letter in "abhijmz"]
)
"""Keys that terminals and multiplexers keep for themselves or cannot tell apart."""


@dataclass(frozen=True)
class Keymap:
    """Actions by scope and key (as Textual names it), keys by action (as people write them)."""

    actions: dict[str, dict[str, Action]] = field(default_factory=dict)
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def find(self, key: str, scopes: tuple[str, ...]) -> Action | None:
        """The action of a key in the first of the scopes that has one."""
        for scope in scopes:
            action = self.actions.get(scope, {}).get(key)
            if action is not None:
                return action
        return None

    def key(self, action: Action) -> str:
        """The first key of an action as people write it; empty where it has none."""
        keys = self.keys.get(action.id, ())
        return keys[0] if keys else ""


def written(key: str) -> str:
    """A key as people write it, from Textual's name."""
    return WRITTEN_NAMES.get(key, key)


def load_keymap(path: Path | None = None) -> Keymap:
    """The keymap with a person's changes. Raises SettingsError for unknown actions, unusable keys and clashes."""
    changes: dict[str, tuple[str, ...]] = {}
    if path is not None and path.is_file():
        for name, value in read_toml(path).items():
            if name not in BY_ID:
                raise unknown_key(path, name, name, list(BY_ID))
            keys = [value] if isinstance(value, str) else value
            if not isinstance(keys, list) or not all(isinstance(key, str) and key for key in keys):
                raise SettingsError(
                    f'{path}: "{name}" must be a key or a list of keys', hint='For example ["a", "f1"].'
                )
            for key in keys:
                if key in EATEN_BY_TERMINALS:
                    raise SettingsError(
                        f'{path}: "{name}": {key} does not arrive in many terminals', hint="Choose another key."
                    )
            changes[name] = tuple(keys)
    keymap = Keymap()
    for action in ACTIONS:
        keys_of = changes.get(action.id, action.keys)
        keymap.keys[action.id] = tuple(keys_of)
        table = keymap.actions.setdefault(action.scope, {})
        for key in keys_of:
            name = TEXTUAL_NAMES.get(key, key)
            other = table.get(name)
            if other is not None:
                raise SettingsError(
                    f"{path or 'the built-in keys'}: {key} means both {other.id} and {action.id}"
                    f" ({SCOPES[action.scope].lower()})",
                    hint=f'Give one of them another key, or none: "{other.id}" = [].',
                )
            table[name] = action
    return keymap
