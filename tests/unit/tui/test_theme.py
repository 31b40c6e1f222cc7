"""The shipped themes: readable on every surface, told apart by the colour-blind, honest about sixteen colours."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest

from rft_tui.errors import SettingsError
from rft_tui.tui.theme import SECTIONS, Theme, default_theme, load_theme, theme_folder, theme_names

THEMES = ("ansi-dark", "ansi-light", "dark", "high-contrast", "light")
TRUE_COLOUR = ("dark", "high-contrast", "light")
ANSI = ("ansi-dark", "ansi-light")
GROUNDS = ("background", "panel", "selection", "marked")
TEXTS = ("text", "state", "verdict", "band", "syntax")

CONFUSION = {
    "protan": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "deutan": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
    "tritan": ((1.0, 0.15236, -0.15236), (0.0, 0.86717, 0.13283), (0.0, 0.86717, 0.13283)),
}
"""What is left of linear red, green and blue: Viénot, Brettel and Mollon (1999); tritan simplified after Brettel."""

TOLD_APART = 10.0
"""Distance in CIE Lab from which two colours are easily told apart."""

Triple = tuple[float, float, float]


def linear(colour: str) -> Triple:
    """Linear red, green and blue of #rrggbb, from 0 to 1."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))

    def one(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    return one(red), one(green), one(blue)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2, from 1 to 21."""
    shares = (0.2126, 0.7152, 0.0722)
    low, high = sorted(sum(a * b for a, b in zip(shares, linear(colour), strict=True)) for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(rgb: Triple) -> Triple:
    red, green, blue = rgb
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089

    def root(value: float) -> float:
        return value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116

    return 116 * root(y) - 16, 500 * (root(x) - root(y)), 200 * (root(y) - root(z))


def distance(one: str, other: str, kind: str) -> float:
    """How far apart two colours are for a kind of colour blindness, in CIE Lab."""

    def seen(colour: str) -> Triple:
        left = [sum(a * b for a, b in zip(row, linear(colour), strict=True)) for row in CONFUSION[kind]]
        return lab((max(0.0, left[0]), max(0.0, left[1]), max(0.0, left[2])))

    return math.dist(seen(one), seen(other))


def colours(theme: Theme, section: str) -> dict[str, str]:
    return {name: str(value) for name, value in theme.colors[section].items()}


def test_the_five_themes_ship() -> None:
    assert tuple(theme_names()) == THEMES
    assert all((theme_folder() / f"{name}.toml").is_file() for name in THEMES)


@pytest.mark.parametrize("name", THEMES)
def test_every_style_can_be_made(name: str) -> None:
    theme = load_theme(name)
    assert theme.name == name
    assert set(SECTIONS) <= set(theme.colors)
    for section in (*TEXTS, "diff"):
        for entry, surface in itertools.product(theme.colors[section], GROUNDS):
            assert theme.style(f"{section}.{entry}", surface) is not None
            assert theme.style(f"{section}.{entry} bold", surface).bold


def test_all_themes_name_the_same_things() -> None:
    shapes = [{section: sorted(load_theme(name).colors[section]) for section in SECTIONS} for name in THEMES]
    assert all(shape == shapes[0] for shape in shapes)


@pytest.mark.parametrize("name", TRUE_COLOUR)
def test_every_text_reads_on_every_surface(name: str) -> None:
    theme = load_theme(name)
    wanted = 7.0 if name == "high-contrast" else 4.5
    grounds = colours(theme, "surface")
    low = [
        f"{section}.{entry} on {ground}: {contrast(colour, grounds[ground]):.2f}"
        for section in TEXTS
        for entry, colour in colours(theme, section).items()
        for ground in GROUNDS
        if contrast(colour, grounds[ground]) < wanted
    ]
    assert low == []


@pytest.mark.parametrize("name", TRUE_COLOUR)
def test_words_that_differ_stay_readable_on_their_ground(name: str) -> None:
    theme = load_theme(name)
    normal = colours(theme, "text")["normal"]
    for entry, ground in colours(theme, "diff").items():
        assert contrast(normal, ground) >= (7.0 if name == "high-contrast" else 4.5), entry
        assert ground not in {colours(theme, "surface")[place] for place in GROUNDS}


@pytest.mark.parametrize("kind", CONFUSION)
@pytest.mark.parametrize("name", TRUE_COLOUR)
def test_states_stay_apart_for_the_colour_blind(name: str, kind: str) -> None:
    states = colours(load_theme(name), "state")
    near = {
        f"{one}/{other}": round(distance(states[one], states[other], kind))
        for one, other in itertools.combinations(states, 2)
        if distance(states[one], states[other], kind) < TOLD_APART
    }
    assert near == {}


@pytest.mark.parametrize("name", ANSI)
def test_sixteen_colours_leave_the_grounds_alone(name: str) -> None:
    """Only the cursor's row differs, by reverse video; words that differ are bold or underlined, not coloured."""
    theme = load_theme(name)
    assert theme.is_ansi
    grounds = colours(theme, "surface")
    assert (grounds["background"], grounds["panel"], grounds["selection"]) == ("default", "default", "reverse")
    assert set(colours(theme, "diff").values()) == {"underline", "bold"}
    for section in TEXTS:
        for colour in colours(theme, section).values():
            assert colour == "default" or colour.startswith("ansi_")
    plain, cursor = theme.style("text.normal"), theme.style("text.normal", "selection")
    assert cursor.reverse
    assert not plain.reverse
    assert plain.bgcolor is None or plain.bgcolor.is_default
    reference, prediction = theme.style("diff.reference"), theme.style("diff.prediction")
    assert reference.underline
    assert prediction.bold
    assert reference.color == prediction.color == plain.color


@pytest.mark.parametrize(
    ("colorterm", "term", "name"),
    [("truecolor", "xterm", "dark"), ("", "xterm-256color", "dark"), ("", "linux", "ansi-dark"), ("", "", "ansi-dark")],
)
def test_default_theme(colorterm: str, term: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", colorterm)
    monkeypatch.setenv("TERM", term)
    assert default_theme() == name


def test_an_own_theme_from_a_file(tmp_path: Path) -> None:
    text = (theme_folder() / "dark.toml").read_text().replace('name = "dark"', 'name = "mine"')
    (tmp_path / "mine.toml").write_text(text)
    assert load_theme(str(tmp_path / "mine.toml")).name == "mine"
    (tmp_path / "bad.toml").write_text(text.replace('normal = "#e6e8ec"', 'normal = "greenish"'))
    with pytest.raises(SettingsError, match=r"text\.normal"):
        load_theme(str(tmp_path / "bad.toml"))
    (tmp_path / "short.toml").write_text('name = "x"\n')
    with pytest.raises(SettingsError, match=r"section \[surface\] is missing"):
        load_theme(str(tmp_path / "short.toml"))
    with pytest.raises(SettingsError, match="no theme 'darkk'"):
        load_theme("darkk")
