"""Themes: TOML files of semantic colours, and the styles made from them.

A style is asked for by what a text *is* (``text.dim``, ``band.partial``, ``diff.reference``) and the surface it stands
on. Themes set no state by colour alone; the signs and words are put there by whoever writes the line.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from rich.color import Color, ColorParseError
from rich.style import Style

from rft_tui.errors import SettingsError
from rft_tui.settings import read_toml

ATTRIBUTES = ("bold", "underline", "reverse", "italic", "dim")
"""Words that may stand in a theme in place of a colour."""

SECTIONS = ("surface", "text", "state", "verdict", "band", "diff", "curve", "syntax")


def theme_folder() -> Path:
    """Where the shipped themes lie: inside the installed package, or beside it in a checkout."""
    installed = Path(str(resources.files("rft_tui"))) / "themes"
    return installed if installed.is_dir() else installed.parent.parent / "themes"


def theme_names() -> list[str]:
    """The names of the shipped themes."""
    return sorted(path.stem for path in theme_folder().glob("*.toml"))


def default_theme() -> str:
    """The theme for a terminal that nothing is said about: true colours where it has them, else its own sixteen."""
    if os.environ.get("COLORTERM", "").lower() in {"truecolor", "24bit"} or "256" in os.environ.get("TERM", ""):
        return "dark"
    return "ansi-dark"


@dataclass(frozen=True)
class Theme:
    """Semantic colours by section and name, as written in the file."""

    name: str
    dark: bool
    colors: dict[str, dict[str, Any]]
    _styles: dict[tuple[str, str], Style] = field(default_factory=dict)

    @property
    def is_ansi(self) -> bool:
        """Whether it uses the terminal's own colours."""
        return str(self.colors["text"]["normal"]) == "default"

    def style(self, name: str, surface: str = "background") -> Style:
        """The style of a text (``section.name``, perhaps followed by attributes) on a surface; curves go by number."""
        key = (name, surface)
        if key not in self._styles:
            self._styles[key] = self._make(name, surface)
        return self._styles[key]

    def _make(self, name: str, surface: str) -> Style:
        path, *attributes = name.split()
        section, _, entry = path.partition(".")
        ground = self.colors["surface"][surface]
        style = _color_style(self.colors["text"]["normal"]) + _ground_style(ground)
        if ground in ATTRIBUTES:  # a row in reverse video is one block; colours would make patches of it
            return style + Style.parse(" ".join(attributes)) if attributes else style
        if section == "diff":
            style += _ground_style(self.colors["diff"][entry])
        elif section == "surface":
            style += _color_style(self.colors["surface"][entry])
        elif section == "curve":
            curves = self.colors["curve"]["colors"]
            style += _color_style(curves[int(entry) % len(curves)])
        else:
            style += _color_style(self.colors[section][entry])
        return style + Style.parse(" ".join(attributes)) if attributes else style


def _color_style(value: str) -> Style:
    if value in ATTRIBUTES:
        return Style.parse(value)
    return Style(color=_color(value))


def _ground_style(value: str) -> Style:
    if value in ATTRIBUTES:
        return Style.parse(value)
    return Style(bgcolor=_color(value))


def _color(value: str) -> Color:
    return Color.default() if value == "default" else Color.parse(value.removeprefix("ansi_"))


def load_theme(name: str) -> Theme:
    """A shipped theme by name, or one from a file ending in ``.toml``. Raises SettingsError naming what is wrong."""
    path = Path(name) if name.endswith(".toml") else theme_folder() / f"{name}.toml"
    if not path.is_file():
        raise SettingsError(f"there is no theme {name!r}", hint=f"Themes here: {', '.join(theme_names())}.")
    table = read_toml(path)
    for section in SECTIONS:
        if not isinstance(table.get(section), dict):
            raise SettingsError(f"{path}: section [{section}] is missing", hint="Compare with a shipped theme.")
        for key, value in table[section].items():
            for one in value if isinstance(value, list) else [value]:
                try:
                    _color_style(str(one))
                except ColorParseError as error:
                    raise SettingsError(f"{path}: {section}.{key}: {error}", hint="Write #rrggbb.") from error
    return Theme(str(table.get("name", path.stem)), bool(table.get("dark", True)), table)
