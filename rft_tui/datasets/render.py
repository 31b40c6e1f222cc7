"""A prompt put in front of an item's messages, and taken off again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from rft_tui.model import JsonObject, Prompt

GAP = "\n\n"
"""What stands between a prompt and the question."""

_BOUNDARIES = 128
_LEADING = ("system", "developer")

ALREADY_THERE = "the messages carry the prompt already; it is not put there again"
"""Said where rendering finds the prompt in place."""
NO_USER = "there is no user message to put the prompt in front of"
"""Said where rendering finds no place for the prompt."""


class RenderedMessages(NamedTuple):
    """The messages as they are sent, and what is worth saying about how the prompt got there."""

    messages: list[JsonObject]
    notes: tuple[str, ...]


def _leading(messages: list[JsonObject]) -> int:
    return next((n for n, message in enumerate(messages) if message.get("role") not in _LEADING), len(messages))


def _first_user(messages: list[JsonObject]) -> int | None:
    return next((n for n, message in enumerate(messages) if message.get("role") == "user"), None)


def _with_prompt(text: str, content: Any) -> Any:
    """The content with the prompt in front, or None where it carries it already or cannot carry text."""
    if isinstance(content, str):
        return None if content == text or content.startswith(text + GAP) else f"{text}{GAP}{content}"
    if not isinstance(content, list):
        return None
    first = content[0] if content else None
    if not (isinstance(first, dict) and first.get("type") == "text" and isinstance(first.get("text"), str)):
        return [{"type": "text", "text": text}, *content]
    merged = _with_prompt(text, first["text"])
    return None if merged is None else [first | {"text": merged}, *content[1:]]


def _without_prompt(text: str, content: Any) -> Any:
    """The content that `_with_prompt` made this from, or None where the prompt is not in front."""
    if isinstance(content, str):
        return content[len(text) + len(GAP) :] if content.startswith(text + GAP) else None
    if not isinstance(content, list) or not content:
        return None
    first = content[0]
    if not (isinstance(first, dict) and first.get("type") == "text" and isinstance(first.get("text"), str)):
        return None
    if first == {"type": "text", "text": text}:
        return content[1:]
    bare = _without_prompt(text, first["text"])
    return None if bare is None else [first | {"text": bare}, *content[1:]]


def _in_front(text: str, messages: list[JsonObject]) -> RenderedMessages:
    place = _first_user(messages)
    if place is None:
        return RenderedMessages(list(messages), (NO_USER,))
    message = messages[place]
    content = _with_prompt(text, message.get("content"))
    if content is None:
        carries = isinstance(message.get("content"), str | list)
        said = ALREADY_THERE if carries else "the first user message has no content; the prompt is left out"
        return RenderedMessages(list(messages), (said,))
    notes = []
    if place > 0 and place == _leading(messages):
        notes.append(f"the leading {messages[0].get('role')} message stays first")
    if isinstance(content, list):
        merged = len(content) == len(message["content"])
        where = "joined to the first text part" if merged else "a text part of its own before the others"
        notes.append(f"the message has content parts; the prompt is {where}")
    return RenderedMessages([*messages[:place], message | {"content": content}, *messages[place + 1 :]], tuple(notes))


def _as_developer(text: str, messages: list[JsonObject]) -> RenderedMessages:
    place = _leading(messages)
    message: JsonObject = {"role": "developer", "content": text}
    if message in messages[:place]:
        return RenderedMessages(list(messages), (ALREADY_THERE,))
    notes = (f"the prompt follows the leading {messages[0].get('role')} message",) if place else ()
    return RenderedMessages([*messages[:place], message, *messages[place:]], notes)


def example_turns(prompt: Prompt, *, as_developer: bool = False) -> list[JsonObject]:
    """The worked examples as earlier turns: each question with the prompt in front, each answer as the assistant's.

    An answer with reasoning becomes the compact JSON ``{"reasoning", "answer"}``.
    """
    turns: list[JsonObject] = []
    for example in prompt.examples:
        if "messages" in example:
            pair = list(example["messages"])
        else:
            answer = example["answer"]
            if example.get("reasoning"):
                both = {"reasoning": example["reasoning"], "answer": answer}
                answer = json.dumps(both, ensure_ascii=False, separators=(",", ":"))
            pair = [{"role": "user", "content": example["question"]}, {"role": "assistant", "content": answer}]
        turns.extend(pair if as_developer or not prompt.text else _in_front(prompt.text, pair).messages)
    return turns


def render(prompt: Prompt, messages: list[JsonObject], *, as_developer: bool = False) -> RenderedMessages:
    """The messages as a model gets them: prompt, a blank line, the question; worked examples before, as earlier turns.

    A leading system or developer message stays first. Nothing is put there twice: rendering what is rendered changes
    nothing. The given messages are left as they are.
    """
    turns = example_turns(prompt, as_developer=as_developer)
    place = _leading(messages)
    has_turns = bool(turns) and messages[place : place + len(turns)] == turns
    bare = [*messages[:place], *messages[place + len(turns) :]] if has_turns else messages
    if not prompt.text:
        done = RenderedMessages(list(bare), ())
    elif as_developer:
        done = _as_developer(prompt.text, bare)
    else:
        done = _in_front(prompt.text, bare)
    if not turns:
        return done
    place = _leading(done.messages)
    count = len(prompt.examples)
    said = f"{count} worked example{'s' * (count > 1)} before the item" + (", there already" if has_turns else "")
    return RenderedMessages([*done.messages[:place], *turns, *done.messages[place:]], (*done.notes, said))


def strip_prompt(messages: list[JsonObject], prompt_text: str) -> list[JsonObject] | None:
    """The messages without the prompt, as `render` got them; None where they do not carry it.

    Takes the prompt off the first user message, or else takes away the developer message that is the prompt.
    """
    if not prompt_text:
        return None
    place = _first_user(messages)
    if place is not None:
        content = _without_prompt(prompt_text, messages[place].get("content"))
        if content is not None:
            return [*messages[:place], messages[place] | {"content": content}, *messages[place + 1 :]]
    last = _leading(messages) - 1
    if last >= 0 and messages[last] == {"role": "developer", "content": prompt_text}:
        return [*messages[:last], *messages[last + 1 :]]
    return None


def take_off(prompt: Prompt, messages: list[JsonObject], text: str | None = None) -> list[JsonObject] | None:
    """The messages without a prompt and its worked examples, None where they do not carry it.

    `text` is the prompt's text as it stands there, where it was made cleaner when it was kept.
    """
    text = prompt.text if text is None else text
    bare = messages
    for as_developer in (False, True):
        turns = example_turns(prompt, as_developer=as_developer)
        place = _leading(messages) if turns else 0
        if turns and messages[place : place + len(turns)] == turns:
            bare = [*messages[:place], *messages[place + len(turns) :]]
            break
    stripped = strip_prompt(bare, text)
    if stripped is None and len(bare) < len(messages) and not text:
        return bare
    return stripped


def guess_prefixes(first_user_text: str, known_question: Callable[[str], bool]) -> list[str]:
    """Every beginning of a text, up to a blank line, after which a known question follows; the shortest first.

    Of a text with many blank lines the first 128 and the last 128 are tried.
    """
    places: list[int] = []
    place = first_user_text.find(GAP)
    while place >= 0 and len(places) < _BOUNDARIES:
        places.append(place)
        place = first_user_text.find(GAP, place + 1)
    late: list[int] = []
    end = len(first_user_text)
    while place >= 0 and len(late) < _BOUNDARIES:
        found = first_user_text.rfind(GAP, place, end)
        if found < 0:
            break
        late.append(found)
        end = found + 1
    return [
        first_user_text[:boundary]
        for boundary in (*places, *reversed(late))
        if boundary > 0 and known_question(first_user_text[boundary + len(GAP) :])
    ]
