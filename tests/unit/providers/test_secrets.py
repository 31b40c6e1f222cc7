from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft_tui.providers.profiles import NamedProfile, find_key, secret_values
from rft_tui.providers.secrets import HIDDEN, Secrets
from rft_tui.settings import Profile

printable = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)


@given(printable, st.data())
def test_a_key_is_found_however_json_spells_it(key: str, data: st.DataObject) -> None:
    plain = [json.dumps(sign)[1:-1] for sign in key]
    spellings = [
        data.draw(st.sampled_from([one, f"\\u{ord(sign):04x}", f"\\u{ord(sign):04X}", "\\/" if sign == "/" else one]))
        for sign, one in zip(key, plain, strict=True)
    ]
    body = ('{"a": "x ' + "".join(spellings) + ' y"}').encode()
    assert json.loads(Secrets([key]).cut_from(body)) == {"a": f"x {HIDDEN} y"}


def test_what_is_no_key_stays() -> None:
    body = json.dumps({"a": "\\u0041 ä", "b": "short"}).encode()
    assert Secrets(["short", "sk-another-key", ""]).cut_from(body) == body
    assert Secrets().cut_from(body) == body
    assert Secrets(["sk-another-key"]).cut_from_text("sk-another-key!") == f"{HIDDEN}!"


def test_a_variable_inside_a_header_is_a_secret_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATE_PASS", "gate-secret-0123")
    profile = NamedProfile(
        "p",
        Profile(
            base_url="http://127.0.0.1:9/v1",
            api_key_env="",
            headers={"x-gate": "Token ${GATE_PASS}", "x-team": "a-plain-header"},
        ),
    )
    values = secret_values(profile, find_key(profile))
    assert Secrets(values).cut_from(b"gate-secret-0123, a-plain-header") == f"{HIDDEN}, a-plain-header".encode()
