"""Profiles: which model service is meant, where it is, and the key it takes; nothing here touches the network."""

from __future__ import annotations

import importlib
import os
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from ipaddress import ip_address
from urllib.parse import urlsplit

from rft_tui.errors import SettingsError, UsageError
from rft_tui.settings import Profile, WorkspaceSettings

OPENAI_URL = "https://api.openai.com/v1"
"""Where a profile without an address leads."""

PLACEHOLDER = "YOUR-RESOURCE"
"""Stands in the address of a built-in profile that every person has to complete."""

KEYRING_SERVICE = "rft-tui"
"""Under this name, and with the variable's name as the user, the system keyring may hold a key."""

BUILT_IN: dict[str, Profile] = {
    "openai": Profile(),
    "foundry": Profile(
        base_url=f"https://{PLACEHOLDER}.openai.azure.com/openai/v1/",
        api_key_env="AZURE_OPENAI_API_KEY",
        headers={"api-key": "${AZURE_OPENAI_API_KEY}"},
        backend="foundry",
    ),
    "simulated": Profile(backend="simulated", api_key_env=""),
}
"""Profiles that need no settings; one of the same name in `rft.toml` goes before."""

FOUNDRY_HINT = (
    'Write in rft.toml: [profiles.foundry] base_url = "https://NAME.openai.azure.com/openai/v1/", '
    'api_key_env = "AZURE_OPENAI_API_KEY", headers = { "api-key" = "${AZURE_OPENAI_API_KEY}" }, backend = "foundry".'
)
"""What completes the built-in profile `foundry`."""

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class NamedProfile:
    """A profile and the name it goes by."""

    name: str
    profile: Profile

    @property
    def address(self) -> str:
        """The base URL without trailing slash, query, or anything secret; empty for the simulated service."""
        return "" if self.is_simulated else _plain_url(self.profile.base_url or OPENAI_URL)

    @property
    def service(self) -> str:
        """Who answers, for the cache: the address and the API style. Never the key."""
        return ("simulated" if self.is_simulated else self.address) + (" (chat)" if self.profile.api == "chat" else "")

    @property
    def is_simulated(self) -> bool:
        """Whether the embedded service answers."""
        return self.profile.backend == "simulated"

    @property
    def is_loopback(self) -> bool:
        """Whether the service runs on this machine."""
        if self.is_simulated:
            return True
        host = _host(self.profile.base_url or OPENAI_URL)
        if host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return False

    @property
    def is_openai(self) -> bool:
        """Whether this is the service that an empty address means."""
        return self.address == OPENAI_URL


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key and where it was found; its text never shows the key."""

    value: str = field(repr=False)
    source: str


def list_profiles(settings: WorkspaceSettings) -> list[NamedProfile]:
    """Every profile that may be named: the workspace's own, then those built in that it does not replace."""
    own = [NamedProfile(name, profile) for name, profile in settings.profiles.items()]
    return own + [NamedProfile(name, one) for name, one in BUILT_IN.items() if name not in settings.profiles]


def named_profile(settings: WorkspaceSettings, name: str | None, *, judge: bool = False) -> NamedProfile:
    """The profile of that name; without one the settings' choice, else the only own profile, else `openai`.

    Raises UsageError with the nearest names where there is no such profile.
    """
    wanted = name or (settings.judge_profile if judge else "") or settings.default_profile
    if not wanted:
        wanted = next(iter(settings.profiles)) if len(settings.profiles) == 1 else "openai"
    known = {one.name: one for one in list_profiles(settings)}
    if wanted in known:
        return known[wanted]
    close = get_close_matches(wanted, known, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(map(repr, close))}?" if close else f"Known here: {', '.join(known)}."
    said = "" if name else f" ({'judge' if judge and settings.judge_profile else 'default'}_profile in rft.toml)"
    raise UsageError(f"there is no profile {wanted!r}{said}", hint=hint)


def check_address(profile: NamedProfile) -> None:
    """Raise SettingsError where the address cannot lead anywhere, or holds what does not belong in a file."""
    where = f"profile {profile.name!r}: base_url"
    address = profile.profile.base_url
    if profile.is_simulated or not address:
        return
    if PLACEHOLDER in address:
        raise SettingsError(f"{where} is only a placeholder", hint=FOUNDRY_HINT)
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or not address.isprintable():
        raise SettingsError(f"{where} is no web address", hint="It looks like https://HOST/v1.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingsError(
            f"{where} holds a user name, a password or a query",
            hint='Put what is secret into a header that names a variable: headers = { NAME = "${VARIABLE}" }.',
        )


def find_key(profile: NamedProfile) -> FoundKey:
    """The key of a profile: its environment variable, else the system keyring, else none where none is needed.

    Raises SettingsError that names the variable.
    """
    name = profile.profile.api_key_env
    if profile.is_simulated:
        return FoundKey("", "none needed")
    value = os.environ.get(name, "").strip() if name else ""
    if value:
        return FoundKey(_sendable(value, name), f"environment variable {name}")
    value = _from_keyring(name) if name else ""
    if value:
        return FoundKey(_sendable(value, name), f"keyring ({KEYRING_SERVICE}, {name})")
    if profile.is_loopback or not name:
        return FoundKey("", "none needed")
    raise SettingsError(
        f"profile {profile.name!r} has no key: {name} is not set",
        hint=f"Set {name}, or keep the key in the system keyring under {KEYRING_SERVICE!r}, user {name!r}.",
    )


def filled_headers(profile: NamedProfile, key: FoundKey) -> dict[str, str]:
    """The profile's extra headers with ``${NAME}`` filled from the environment; the key's own name gives the key.

    Raises SettingsError for a variable that is not set, naming header and variable and never a value.
    """
    filled = {}
    for header, text in profile.profile.headers.items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", header):
            raise SettingsError(
                f"profile {profile.name!r}: {header!r} is no name of a header", hint="Use letters, digits and dashes."
            )
        filled[header] = _sendable(_filled(profile, header, text, key), f"header {header}")
    return filled


def secret_values(profile: NamedProfile, key: FoundKey) -> list[str]:
    """What must never be shown or kept: the key, the variables that headers name, and those headers as they are sent.

    Raises SettingsError as `filled_headers` does.
    """
    filled, templates = filled_headers(profile, key), profile.profile.headers
    names = {name for text in templates.values() for name in _VARIABLE.findall(text)}
    headers = [filled[header] for header, text in templates.items() if _VARIABLE.search(text)]
    return [key.value, *headers, *(_value_of(profile, name, key) for name in names)]


def _value_of(profile: NamedProfile, name: str, key: FoundKey) -> str:
    """What a header's ``${NAME}`` stands for; empty where it is not set."""
    return key.value if name == profile.profile.api_key_env and key.value else os.environ.get(name, "").strip()


def _filled(profile: NamedProfile, header: str, text: str, key: FoundKey) -> str:
    values: dict[str, str] = {}
    for name in set(_VARIABLE.findall(text)):
        value = _value_of(profile, name, key)
        if not value:
            raise SettingsError(
                f"profile {profile.name!r}: the header {header!r} needs {name}, which is not set", hint=f"Set {name}."
            )
        values[name] = value
    return _VARIABLE.sub(lambda match: values[match.group(1)], text)


def _sendable(value: str, name: str) -> str:
    if not (value.isascii() and value.isprintable()):
        raise SettingsError(
            f"{name} holds characters that no header may carry", hint="Set it anew, without line breaks."
        )
    return value


def _from_keyring(name: str) -> str:
    """The key from the system keyring, empty where there is no such package, no keyring or no entry."""
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        return ""
    try:
        return (keyring.get_password(KEYRING_SERVICE, name) or "").strip()
    except Exception:  # noqa: BLE001 # back ends raise what they like; a keyring that fails holds no key
        return ""


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def _plain_url(address: str) -> str:
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
        port = parts.port
    except ValueError:
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{'' if port is None else f':{port}'}{parts.path.rstrip('/')}"
