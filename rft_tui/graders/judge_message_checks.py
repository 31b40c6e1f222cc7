"""Checking the messages of a model grader: roles, content forms and what each form must hold."""

from __future__ import annotations

from typing import Any

from rft_tui.graders.checks import Check, described
from rft_tui.graders.judge_messages import TEMPLATED, message_texts
from rft_tui.graders.kinds import join
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line

ROLES = ("user", "assistant", "system", "developer")
"""Roles of a judge's messages."""

DETAILS = ("low", "high", "auto")
"""How closely an image is looked at."""

AUDIO_FORMATS = ("mp3", "wav")
"""Formats of a sound."""

_CHAT_NAMES = {"text": "input_text", "image_url": "input_image", "image": "input_image", "audio": "input_audio"}
"""Forms as other endpoints name them, and what a grader calls them."""

_KEYS = {
    "input_text": ("text", "prompt_cache_breakpoint"),
    "output_text": ("text",),
    "input_image": ("image_url", "detail", "file_id"),
    "input_audio": ("input_audio",),
}


def check_messages(check: Check, messages: list[Any], path: str) -> None:
    """Report what is wrong with a judge's messages that stand at `path`, templates included."""
    if not messages:
        check.error(path, "missing_field", "input needs at least one message")
    for number, message in enumerate(messages):
        at = join(path, str(number))
        if isinstance(message, dict):
            _check_message(check, message, at)
        else:
            check.error(at, "wrong_type", f"a message must be an object, not {described(message)}")
    for at, text in message_texts(messages):
        check.template(path.removesuffix("input") + at, text)


def _check_message(check: Check, message: JsonObject, path: str) -> None:
    role = check.word(message, path, "role", ROLES)
    if "type" in message:
        check.word(message, path, "type", ("message",))
    _unknown_keys(check, message, path, ("type", "role", "content"))
    at, content = join(path, "content"), message.get("content")
    if isinstance(content, list):
        if not content:
            check.error(at, "missing_field", "content needs at least one part")
        for number, part in enumerate(content):
            _check_part(check, part, join(at, str(number)), role)
    elif isinstance(content, dict):
        _check_part(check, content, at, role)
    elif not isinstance(content, str):
        kind = "wrong_type" if "content" in message else "missing_field"
        check.error(at, kind, f"content must be a text or parts, not {described(content)}")


def _check_part(check: Check, part: Any, path: str, role: str | None) -> None:
    if isinstance(part, str):
        return
    if not isinstance(part, dict):
        check.error(path, "wrong_type", f"a part must be a text or an object, not {described(part)}")
        return
    given = part.get("type")
    if isinstance(given, str) and (meant := _CHAT_NAMES.get(given)):
        check.error(join(path, "type"), "unknown_value", f"a grader calls this part {meant}, not {given}")
        return
    form = check.word(part, path, "type", TEMPLATED)
    if form is None or form not in TEMPLATED:
        return
    _unknown_keys(check, part, path, ("type", *_KEYS[form]))
    if form == "input_image":
        _check_image(check, part, path)
    elif form == "input_audio":
        _check_audio(check, part, path)
    else:
        check.text(part, path, "text")
    if form in ("input_image", "input_audio") and role not in ("user", None):
        message = f"services take images and sounds in user messages; this one is of the role {role}"
        check.warning(path, "media_role", message)


def _check_image(check: Check, part: JsonObject, path: str) -> None:
    check.text(part, path, "image_url")
    if part.get("detail") is not None:
        check.word(part, path, "detail", DETAILS)
    if part.get("file_id") is not None:
        check.error(join(path, "file_id"), "unknown_value", "an image is given by image_url; file_id can only be null")


def _check_audio(check: Check, part: JsonObject, path: str) -> None:
    held = check.field(part, path, "input_audio", "an object")
    if held is not None:
        at = join(path, "input_audio")
        check.text(held, at, "data")
        check.word(held, at, "format", AUDIO_FORMATS)
        _unknown_keys(check, held, at, ("data", "format"))


def _unknown_keys(check: Check, value: JsonObject, path: str, known: tuple[str, ...]) -> None:
    for key in value:
        if key not in known:
            shown = one_line(key, 40)
            check.warning(join(path, shown), "unknown_key", f"{shown} is no key here; it is kept, and no judge sees it")
