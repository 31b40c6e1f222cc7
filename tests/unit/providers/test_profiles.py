from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from rft_tui.errors import SettingsError, UsageError
from rft_tui.providers.profiles import (
    BUILT_IN,
    NamedProfile,
    check_address,
    filled_headers,
    find_key,
    list_profiles,
    named_profile,
)
from rft_tui.settings import Profile, WorkspaceSettings

KEY = "sk-very-secret-0123456789"


def test_own_profiles_come_first_and_replace_built_in_ones() -> None:
    settings = WorkspaceSettings(profiles={"local": Profile(), "openai": Profile(api="chat")})
    names = [one.name for one in list_profiles(settings)]
    assert names == ["local", "openai", "foundry", "simulated"]
    assert named_profile(settings, "openai").profile.api == "chat"


@pytest.mark.parametrize(
    ("settings", "judge", "name"),
    [
        (WorkspaceSettings(), False, "openai"),
        (WorkspaceSettings(profiles={"local": Profile()}), False, "local"),
        (WorkspaceSettings(profiles={"a": Profile(), "b": Profile()}), True, "openai"),
        (WorkspaceSettings(default_profile="simulated", judge_profile="openai"), False, "simulated"),
        (WorkspaceSettings(default_profile="simulated", judge_profile="openai"), True, "openai"),
        (WorkspaceSettings(default_profile="simulated"), True, "simulated"),
    ],
)
def test_the_profile_that_is_meant(settings: WorkspaceSettings, judge: bool, name: str) -> None:
    assert named_profile(settings, None, judge=judge).name == name


def test_an_unknown_name_says_the_nearest() -> None:
    with pytest.raises(UsageError, match="simulatd") as caught:
        named_profile(WorkspaceSettings(), "simulatd")
    assert "'simulated'" in caught.value.hint


@pytest.mark.parametrize(
    ("profile", "service"),
    [
        (Profile(), "https://api.openai.com/v1"),
        (Profile(base_url="http://LOCALHOST:8089/v1/", api="chat"), "http://localhost:8089/v1 (chat)"),
        (Profile(base_url=f"https://me:{KEY}@host/v1?key={KEY}"), "https://host/v1"),
        (BUILT_IN["simulated"], "simulated"),
    ],
)
def test_the_service_is_named_without_anything_secret(profile: Profile, service: str) -> None:
    assert NamedProfile("x", profile).service == service


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "[::1]", "localhost", "a.localhost"])
def test_loopback(host: str) -> None:
    assert NamedProfile("x", Profile(base_url=f"http://{host}:1/v1")).is_loopback
    assert not NamedProfile("x", Profile(base_url=f"http://{host.strip('[]:')}.example/v1")).is_loopback


def test_a_key_is_found_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}\n")
    found = find_key(NamedProfile("openai", Profile()))
    assert (found.value, found.source) == (KEY, "environment variable OPENAI_API_KEY")
    assert KEY not in repr(found)


def test_the_keyring_is_asked_after_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    def get_password(service: str, user: str) -> str:
        asked.append((service, user))
        return KEY

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=get_password))
    found = find_key(NamedProfile("openai", Profile(api_key_env="MY_KEY")))
    assert (found.value, asked) == (KEY, [("rft-tui", "MY_KEY")])


def test_a_keyring_that_fails_holds_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def get_password(service: str, user: str) -> str:
        raise RuntimeError("locked")

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=get_password))
    with pytest.raises(SettingsError, match="OPENAI_API_KEY is not set"):
        find_key(NamedProfile("openai", Profile()))


def test_services_on_this_machine_need_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_key(NamedProfile("local", Profile(base_url="http://127.0.0.1:1/v1"))).value == ""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert find_key(NamedProfile("simulated", BUILT_IN["simulated"])).value == ""


@pytest.mark.parametrize("value", ["two\nlines-of-secret", "schlüssel-geheim", "a\x00b-secret"])
def test_a_key_that_no_header_can_carry_is_named_not_shown(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    if "\x00" in value:
        monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=lambda *_: value))
    else:
        monkeypatch.setenv("OPENAI_API_KEY", value)
    with pytest.raises(SettingsError) as caught:
        find_key(NamedProfile("openai", Profile()))
    assert "secret" not in str(caught.value.as_json())
    assert "geheim" not in str(caught.value.as_json())


def test_headers_are_filled_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    monkeypatch.setenv("TEAM", "blue")
    profile = NamedProfile(
        "f",
        Profile(api_key_env="AZURE_OPENAI_API_KEY", headers={"api-key": "${AZURE_OPENAI_API_KEY}", "x": "a ${TEAM}"}),
    )
    assert filled_headers(profile, find_key(profile)) == {"api-key": KEY, "x": "a blue"}
    monkeypatch.delenv("TEAM")
    with pytest.raises(SettingsError, match="'x' needs TEAM") as caught:
        filled_headers(profile, find_key(profile))
    assert KEY not in str(caught.value.as_json())


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (BUILT_IN["foundry"].base_url, "placeholder"),
        ("ftp://host/", "no web address"),
        ("https://", "no web address"),
        ("http://host:99999/v1", "no web address"),
        (f"https://u:{KEY}@host/v1", "password"),
    ],
)
def test_addresses_that_lead_nowhere(address: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        check_address(NamedProfile("foundry", Profile(base_url=address)))
    assert KEY not in str(caught.value.as_json())
    assert caught.value.hint
