"""Write the reference pages of `docs/` from the code: keys, commands, settings, filters.

``python scripts/build_docs.py`` writes them; with ``--check`` nothing is written, and the exit status is 1 where a
page is not what the code says.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import sys
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from docs_commands import commands_page
from docs_markdown import code, table

from rft_tui import settings
from rft_tui.store.query import COMPARISONS, FLAGS, KEYED
from rft_tui.tui.actions import ACTIONS, SCOPES
from rft_tui.tui.keymap import EATEN_BY_TERMINALS

FOLDER = Path(__file__).resolve().parent.parent / "docs"

NOTICE = "<!-- Written by scripts/build_docs.py from the code; change the code, then run it. -->"


def keys_page() -> list[str]:
    """Every action of the registry, by where its keys count."""
    lines = [
        "# Keys",
        "",
        "These are the defaults. `?` shows them in the app; `:` finds an action by its words.",
        "A screen's own keys come before those of lists, and these before the keys that count everywhere.",
        "While you type into a field, letters type: `esc` leaves the field, `enter` keeps what was typed.",
    ]
    for scope, title in SCOPES.items():
        rows = [
            (
                ", ".join(map(code, action.keys)) or "–",
                f"{action.sentence}." + (" Asks first." if action.dangerous else ""),
                code(action.id),
            )
            for action in ACTIONS
            if action.scope == scope
        ]
        lines += ["", f"## {title}", "", *table(("key", "does", "action"), rows)]
    lines += [
        "",
        "## Other keys",
        "",
        f"`{settings.KEYMAP_FILE}` beside your `settings.toml` changes keys, one action a line.",
        "An empty list takes all keys away.",
        "",
        "```toml",
        '"review.right" = ["a", "f1"]',
        '"theme" = "T"',
        "```",
        "",
        "Two actions on one key in the same place are reported at the start.",
        "So are keys that many terminals keep for themselves:",
        f"{', '.join(map(code, sorted(EATEN_BY_TERMINALS)))}.",
    ]
    return lines


def settings_page() -> list[str]:
    """Both settings files, from the typed models."""
    return [
        "# Settings",
        "",
        "Two files, both TOML, both optional. `rft-tui doctor` shows where they lie.",
        "An unknown key is an error that names the file, the key and the nearest spelling.",
        "",
        "## settings.toml: yours",
        "",
        "In your configuration folder (on Linux `~/.config/rft-tui/`, or under `$XDG_CONFIG_HOME`).",
        "",
        *_fields(settings.UserSettings),
        "",
        "## rft.toml: the workspace's",
        "",
        "In the workspace's folder; every key is optional. At the top of the file:",
        "",
        *_fields(settings.WorkspaceSettings),
        "",
        "A profile is a named way to reach a model service ([more](services.md)).",
        "",
        "```toml",
        "[profiles.local]",
        'base_url = "http://127.0.0.1:8080/v1"',
        'api = "chat"',
        'api_key_env = "LOCAL_API_KEY"',
        "```",
        "",
        "Keys of `[profiles.NAME]`:",
        "",
        *_fields(settings.Profile),
        "",
        'Keys of `[profiles.NAME.prices."MODEL"]`, in US dollars for a million tokens:',
        "",
        *_fields(settings.Price),
        "",
        "## keymap.toml: other keys",
        "",
        "Beside `settings.toml`; see [keys](keys.md).",
    ]


def _fields(model: type[Any]) -> list[str]:
    said = attribute_docstrings(model)
    hints = get_type_hints(model)
    rows = []
    for one in dataclasses.fields(model):
        default = (
            one.default_factory()
            if one.default is dataclasses.MISSING and callable(one.default_factory)
            else one.default
        )
        rows.append((code(one.name), _kind(hints[one.name]), code(_toml(default)), said[one.name]))
    return table(("key", "value", "default", "meaning"), rows)


def attribute_docstrings(model: type[Any]) -> dict[str, str]:
    """The texts below the attributes of a class, by attribute. Raises KeyError through its callers where one lacks."""
    body = ast.parse(inspect.getsource(model)).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            found[field.target.id] = " ".join(text.value.value.split())
    return found


def _kind(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " or ".join(code(_toml(one)) for one in get_args(hint))
    if get_origin(hint) is dict:
        return "table of texts" if get_args(hint)[1] is str else "table, by name; see below"
    return {str: "text", bool: "`true` or `false`", int: "whole number", float: "number"}[hint]


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    return str(value)


def filters_page() -> list[str]:
    """The words of the Review filter."""
    return [
        "# Filters",
        "",
        "`/` in Review, `--filter` of `review list`.",
        "Terms stand beside each other and must all hold; `-` before a term turns it round.",
        "",
        "```",
        'mistakes -verdict band:partial topic:medicine "septic arthritis"',
        "```",
        "",
        "Anything that is none of the words below is searched for, whatever its case,",
        "in question, prediction, reference, reasoning summary and grader steps. Quotes keep words together.",
        "",
        "## Words",
        "",
        *table(("word", "keeps"), ((code(word), sentence) for word, sentence in FLAGS.items())),
        "",
        "## Words with a value",
        "",
        *table(("word", "written"), ((code(word), written) for word, written in KEYED.items())),
        "",
        f"Scores are compared with {', '.join(map(code, COMPARISONS))}.",
        "Any other `name:value` asks for a field of the item, such as `topic:medicine`.",
        "A pattern that is no regular expression is searched for as text, and the screen says so.",
    ]


PAGES = {
    "keys.md": keys_page,
    "commands.md": commands_page,
    "settings.md": settings_page,
    "filters.md": filters_page,
}
"""The page of each file."""


def main(arguments: list[str]) -> int:
    """Write the pages, or check them; the exit status."""
    stale: list[str] = []
    for name, page in PAGES.items():
        path = FOLDER / name
        text = "\n".join([NOTICE, *page()]) + "\n"
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in arguments:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"docs/{name}: {'stale; run scripts/build_docs.py' if '--check' in arguments else 'written'}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
