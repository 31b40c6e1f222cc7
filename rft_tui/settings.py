"""Settings: a person's own file, a workspace's `rft.toml`, and where files belong on this machine.

Each file is one typed model. An unknown key is an error that names the file, the key and the nearest spelling;
files are written whole or not at all.
"""

from __future__ import annotations

import dataclasses
import getpass
import os
import re
import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from rft_tui.errors import InputError, SettingsError
from rft_tui.safetext import one_line

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

WORKSPACE_FILE = "rft.toml"
CACHE_FILE = Path(".rft") / "cache.db"
KEYMAP_FILE = "keymap.toml"


@dataclass(frozen=True, slots=True)
class Price:
    """What a model's tokens cost, per million of them, in US dollars; `date` says when that was read."""

    input: float = 0.0
    """A million input tokens."""
    output: float = 0.0
    """A million output tokens, reasoning included."""
    cached: float = -1.0
    """A million input tokens that the service had in its own cache; negative: as other input."""
    date: str = ""
    """The day on which the price was read, YYYY-MM-DD."""
    training: float = -1.0
    """A million tokens of supervised or preference training; negative: not known."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A named way to reach a model service."""

    base_url: str = ""
    """Address of the service; empty for the service's own."""
    api: Literal["responses", "chat"] = "responses"
    """API style."""
    api_key_env: str = "OPENAI_API_KEY"
    """The environment variable that holds the key; keys themselves are never written to a file."""
    headers: dict[str, str] = field(default_factory=dict)
    """Extra headers of every request."""
    organization: str = ""
    """Organisation id, where the service wants one."""
    project: str = ""
    """Project id, where the service wants one."""
    concurrency: int = 16
    """Most calls in flight at once; fewer where the service says that it is too much."""
    timeout_s: int = 0
    """Seconds that one call may take; 0: 600, or 900 for the service tier `flex`."""
    json_schema: Literal["auto", "yes", "no"] = "auto"
    """Whether the service holds answers to a JSON schema, as model graders ask; `auto` finds out."""
    prices: dict[str, Price] = field(default_factory=dict)
    """Prices by model, which go before those that come with the product."""
    backend: Literal["openai", "foundry", "simulated", "trl"] = "openai"
    """Where jobs of this profile run."""
    target: Literal["local", "command", "ray"] = "local"
    """For backend `trl`: where the training program runs."""
    python: str = ""
    """For backend `trl`: the interpreter of the training environment; empty for the one that runs the app."""
    launcher: str = ""
    """For backend `trl`, target `command`: the command that starts the training program."""
    address: str = ""
    """For backend `trl`, target `ray`: the cluster's address."""
    storage: str = ""
    """For backend `trl`: the folder that all machines see."""


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """What `rft.toml` says."""

    default_profile: str = ""
    """The profile of predictions where none is said; empty: the only one here, or `openai`."""
    judge_profile: str = ""
    """The profile through which model graders ask; empty: the default profile."""
    profiles: dict[str, Profile] = field(default_factory=dict)
    """Model services by name."""


@dataclass(frozen=True, slots=True)
class UserSettings:
    """What a person's own `settings.toml` says."""

    theme: str = ""
    """Name of a theme; empty: `dark`, or the terminal's own sixteen colours where it has no more."""
    reviewer: str = ""
    """Who gives the verdicts; empty: the login name."""
    thin_output: bool = True
    """Send only what changed on the screen; turn off if a terminal shows remains of old text."""
    mouse: bool = True
    """Take mouse clicks and the wheel; off leaves them to the terminal, for selecting text."""
    notify: Literal["off", "bell", "desktop"] = "off"
    """How the end of a job is told: not at all, by the terminal's bell, or by a notice on the desktop."""

    @property
    def reviewer_name(self) -> str:
        """The reviewer, or the login name."""
        if self.reviewer:
            return self.reviewer
        try:
            return getpass.getuser()
        except (KeyError, OSError):
            return "reviewer"


def config_folder() -> Path:
    """Where a person's settings and keymap lie."""
    from platformdirs import user_config_path

    return user_config_path("rft-tui")


def state_folder() -> Path:
    """Where the log lies."""
    from platformdirs import user_state_path

    return user_state_path("rft-tui")


def load_user_settings(path: Path | None = None) -> UserSettings:
    """A person's settings; defaults where there is no file. Raises SettingsError."""
    path = path or config_folder() / "settings.toml"
    return _build(UserSettings, read_toml(path), path, "") if path.is_file() else UserSettings()


def load_workspace_settings(folder: Path) -> WorkspaceSettings:
    """The workspace's settings; defaults where there is no `rft.toml`. Raises SettingsError."""
    path = folder / WORKSPACE_FILE
    if not path.is_file():
        return WorkspaceSettings()
    settings: WorkspaceSettings = _build(WorkspaceSettings, read_toml(path), path, "")
    for name, profile in settings.profiles.items():
        _check_profile(path, f"profiles.{name}", profile)
    return settings


def _check_profile(path: Path, key: str, profile: Profile) -> None:
    """What a value of a profile must be beyond its type. A key that stands where its name belongs is not repeated."""
    if profile.api_key_env and not _VARIABLE.fullmatch(profile.api_key_env):
        raise SettingsError(
            f"{path}: {key}.api_key_env is not the name of an environment variable",
            hint="Write the variable's name there, such as OPENAI_API_KEY, and never the key itself.",
        )
    for name, least in (("concurrency", 1), ("timeout_s", 0)):
        if getattr(profile, name) < least:
            raise SettingsError(
                f"{path}: {key}.{name} is {getattr(profile, name)}", hint=f"It must be at least {least}."
            )
    for model, price in profile.prices.items():
        for name in ("input", "output"):
            if not (isfinite(getattr(price, name)) and getattr(price, name) >= 0):
                raise SettingsError(f"{path}: {key}.prices.{model}.{name} must be 0 or more", hint="US dollars.")


def save_user_settings(settings: UserSettings, path: Path | None = None) -> None:
    """Write a person's settings, only what differs from the defaults."""
    values = {
        one.name: getattr(settings, one.name)
        for one in dataclasses.fields(settings)
        if getattr(settings, one.name) != one.default
    }
    write_toml(path or config_folder() / "settings.toml", values)


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as it stands. Raises SettingsError naming the file and the line."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}", hint="Correct the line, or put the file aside.") from error
    except RecursionError as error:
        raise SettingsError(f"{path}: lists or tables are nested too deep", hint="Put the file aside.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}", hint="Check that the file is readable UTF-8 text.") from error


def write_toml(path: Path, values: dict[str, Any]) -> None:
    """Write a TOML file whole or not at all."""
    import tomli_w

    write_atomically(path, tomli_w.dumps(values).encode("utf-8"))


def write_atomically(path: Path, content: bytes) -> None:
    """Put `content` in place of the file in one step; a crash leaves the old file or the new one.

    A link stays a link to the file that is replaced; a new file gets the mode that any new file gets.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{os.urandom(8).hex()}.part")
    try:
        with beside.open("xb") as stream:
            if path.exists():
                beside.chmod(path.stat().st_mode & 0o777)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def write_file(path: Path, content: bytes) -> None:
    """The same for a file that a person asked for: InputError says why it cannot be written."""
    try:
        write_atomically(path, content)
    except OSError as error:
        said = f"{one_line(str(path))} cannot be written: {error.strerror or type(error).__name__}"
        raise InputError(said, hint="Check that the folder exists, is yours, and has room.") from error


def unknown_key(path: Path, key: str, name: str, known: list[str]) -> SettingsError:
    """The error for a key that no setting has."""
    close = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"Did you mean {close[0]!r}?" if close else f"Known here: {', '.join(known)}."
    return SettingsError(f"{path}: unknown key {key!r}", hint=hint)


def _build(model: type[Any], values: dict[str, Any], path: Path, prefix: str) -> Any:
    """Make a settings object of a table, checking names and types."""
    hints = get_type_hints(model)
    arguments: dict[str, Any] = {}
    for name, value in values.items():
        key = f"{prefix}{name}"
        if name not in hints:
            raise unknown_key(path, key, name, list(hints))
        arguments[name] = _value(hints[name], value, path, key)
    return model(**arguments)


def _value(kind: Any, value: Any, path: Path, key: str) -> Any:
    if get_origin(kind) is dict:
        inner = get_args(kind)[1]
        if not isinstance(value, dict):
            raise SettingsError(f"{path}: {key} must be a table", hint=f"Write [{key}.NAME] and its keys below.")
        return {name: _value(inner, one, path, f"{key}.{name}") for name, one in value.items()}
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise SettingsError(f"{path}: {key} is {value!r}", hint=f"One of {', '.join(map(repr, get_args(kind)))}.")
        return value
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, dict):
            raise SettingsError(f"{path}: {key} must be a table", hint=f"Write [{key}] and its keys below.")
        return _build(kind, value, path, f"{key}.")  # type: ignore[arg-type]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        names = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}
        raise SettingsError(f"{path}: {key} is {value!r}", hint=f"It must be {names.get(kind, kind.__name__)}.")
    return value
