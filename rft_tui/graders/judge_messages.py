"""The messages of a model grader: their templated texts, and filling them in for a judge, in chat form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from rft_tui.graders.kinds import join
from rft_tui.graders.template import Template, TemplateError
from rft_tui.model import JsonObject

TEMPLATED = {
    "input_text": "text",
    "output_text": "text",
    "input_image": "image_url",
    "input_audio": "data",
}
"""The content forms and the templated key of each; that of `input_audio` stands in an object of that name."""

Fill: TypeAlias = Callable[[JsonObject, JsonObject], list[JsonObject]]
"""Makes chat messages for a sample and an item; TemplateError names a path that is missing."""

_FillPart: TypeAlias = Callable[[JsonObject, JsonObject], JsonObject]


def message_texts(messages: Any) -> Iterator[tuple[str, str]]:
    """The templated texts of a judge's messages with their paths; other shapes are passed over."""
    if not isinstance(messages, list):
        return
    for number, message in enumerate(messages):
        if isinstance(message, dict):
            yield from _content_texts(message.get("content"), f"input.{number}.content")


def _content_texts(content: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(content, str):
        yield path, content
    elif isinstance(content, list):
        for number, part in enumerate(content):
            if not isinstance(part, list):
                yield from _content_texts(part, f"{path}.{number}")
    elif isinstance(content, dict) and isinstance(kind := content.get("type"), str):
        held = content.get("input_audio") if kind == "input_audio" else content
        inside = join(path, "input_audio") if kind == "input_audio" else path
        key = TEMPLATED.get(kind)
        if key is not None and isinstance(held, dict) and isinstance(text := held.get(key), str):
            yield join(inside, key), text


def compile_messages(messages: list[JsonObject]) -> Fill:
    """What fills in the checked messages of a grader.

    A content that is one text stays a text; everything else becomes parts. Keys that belong to the grader's form alone
    (a message's `type`, an image's `file_id`) are left out.
    """
    roles = [message["role"] for message in messages]
    contents = [_content(message["content"]) for message in messages]

    def fill(sample: JsonObject, item: JsonObject) -> list[JsonObject]:
        return [{"role": role, "content": content(sample, item)} for role, content in zip(roles, contents, strict=True)]

    return fill


def _content(content: Any) -> Callable[[JsonObject, JsonObject], Any]:
    if isinstance(content, str):
        return Template(content).render
    parts = [_part(part) for part in (content if isinstance(content, list) else [content])]

    def fill(sample: JsonObject, item: JsonObject) -> Any:
        filled = [part(sample, item) for part in parts]
        is_one_text = len(filled) == 1 and filled[0].keys() == {"type", "text"}
        return filled[0]["text"] if is_one_text else filled

    return fill


def _part(part: Any) -> _FillPart:
    if isinstance(part, str):
        part = {"type": "input_text", "text": part}
    if part["type"] == "input_image":
        return _image(part)
    if part["type"] == "input_audio":
        return _audio(part)
    text = Template(part["text"])
    kept = {key: part[key] for key in ("prompt_cache_breakpoint",) if part.get(key) is not None}
    return lambda sample, item: {"type": "text", "text": text.render(sample, item), **kept}


def _image(part: JsonObject) -> _FillPart:
    url = Template(part["image_url"])
    detail = {"detail": part["detail"]} if part.get("detail") is not None else {}

    def fill(sample: JsonObject, item: JsonObject) -> JsonObject:
        filled = _not_empty(url.render(sample, item), "image_url")
        return {"type": "image_url", "image_url": {"url": filled, **detail}}

    return fill


def _audio(part: JsonObject) -> _FillPart:
    held = part["input_audio"]
    data = Template(held["data"])

    def fill(sample: JsonObject, item: JsonObject) -> JsonObject:
        filled = _not_empty(data.render(sample, item), "input_audio.data")
        return {"type": "input_audio", "input_audio": {"data": filled, "format": held["format"]}}

    return fill


def _not_empty(filled: str, key: str) -> str:
    if not filled.strip():
        raise TemplateError("invalid_variable_error", f"{key} is empty once it is filled in")
    return filled
