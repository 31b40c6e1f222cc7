"""Prompts as files: ``NAME.txt`` or ``NAME.md``, and beside it worked examples in ``NAME.examples.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rft_tui.errors import InputError
from rft_tui.identity import prompt_version
from rft_tui.model import JsonObject, Prompt

PROMPT_SUFFIXES = (".txt", ".md")
"""What the name of a prompt file ends with."""

_FILE_LIMIT = 8 * 1024 * 1024


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _FILE_LIMIT:
            raise InputError(f"{path}: larger than {_FILE_LIMIT // (1024 * 1024)} MB.")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start + 1} is not valid UTF-8.") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}.") from error


def examples_path(path: Path) -> Path:
    """Where the worked examples of the prompt at a path stand, if it has any."""
    return path.with_name(f"{path.stem}.examples.json")


def example_fault(example: Any) -> str | None:
    """What is wrong with a worked example, or None.

    An example is ``{"question", "answer"[, "reasoning"]}``, all texts, or ``{"messages": [user, assistant]}``.
    """
    if not isinstance(example, dict):
        return "must be an object"
    if "messages" in example:
        messages = example["messages"]
        roles = [m.get("role") if isinstance(m, dict) else None for m in messages] if isinstance(messages, list) else []
        return None if roles == ["user", "assistant"] else "messages must be one user and one assistant message"
    for key in ("question", "answer"):
        if not isinstance(example.get(key), str):
            return f"needs {key}, a text"
    if not isinstance(example.get("reasoning", ""), str):
        return "reasoning must be a text"
    return None


def _examples(path: Path) -> tuple[JsonObject, ...]:
    text = _text(path)
    try:
        examples = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: line {error.lineno}, column {error.colno}: {error.msg}.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not readable as JSON: {error}.") from error
    if not isinstance(examples, list):
        raise InputError(f"{path}: the worked examples must be a list.")
    for number, example in enumerate(examples, 1):
        fault = example_fault(example)
        if fault is not None:
            raise InputError(f"{path}: example {number} {fault}.")
    return tuple(examples)


def make_prompt(name: str, text: str, examples: tuple[JsonObject, ...] = ()) -> Prompt:
    """A prompt with its version; line breaks become LF, and blanks at its end and empty lines before it go."""
    clean = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\n").rstrip()
    return Prompt(name, clean, prompt_version(clean, examples), examples)


def load_prompt(path: str | Path) -> Prompt:
    """The prompt of a file with its worked examples.

    Raises InputError naming the file where it cannot be read, where an example is malformed, or where there is neither
    a text nor an example.
    """
    path = Path(path)
    text = _text(path)
    beside = examples_path(path)
    prompt = make_prompt(path.stem, text, _examples(beside) if beside.exists() else ())
    if not prompt.text and not prompt.examples:
        raise InputError(f"{path}: the prompt is empty.")
    return prompt


def prompt_files(folder: str | Path) -> dict[str, Path]:
    """The prompt files of a folder by name, in the order of the names; of one name ``.txt`` goes before ``.md``."""
    folder = Path(folder)
    if not folder.is_dir():
        return {}
    found: dict[str, Path] = {}
    for suffix in PROMPT_SUFFIXES:
        for path in folder.iterdir():
            if path.suffix == suffix and path.is_file():
                found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def list_prompts(folder: str | Path) -> list[Prompt]:
    """The prompts of a folder in the order of their names; none where there is no folder."""
    return [load_prompt(path) for path in prompt_files(folder).values()]
