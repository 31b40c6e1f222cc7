"""Rules for the functions a row offers (`tools`) and for the calls its messages make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rft_tui.datasets.rows import row_problem
from rft_tui.model import JsonObject, Problem

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def tools_problems(line: int, tools: Any, key: str = "tools") -> Iterator[Problem]:
    """What is wrong with the functions a row offers, in the chat form ``{"type": "function", "function": …}``."""
    if tools is None:
        return
    if not isinstance(tools, list):
        yield row_problem(line, "bad_tools", "tools must be a list of function definitions", key=key)
        return
    names: set[str] = set()
    for index, tool in enumerate(tools):
        place = f"{key}[{index}]"
        if not isinstance(tool, dict) or tool.get("type") != "function":
            yield row_problem(line, "bad_tools", 'a tool must be an object with "type": "function"', key=place)
            continue
        function = tool.get("function")
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(function, dict) or not isinstance(name, str):
            yield row_problem(line, "bad_tools", "a tool needs a function with a name", key=f"{place}.function")
            continue
        if not _NAME.fullmatch(name):
            said = "a function's name has 1 to 64 letters, digits, hyphens or underscores"
            yield row_problem(line, "bad_tools", said, key=f"{place}.function.name")
        if name in names:
            yield row_problem(line, "bad_tools", "two tools have the same name", key=f"{place}.function.name")
        names.add(name)
        if not isinstance(function.get("parameters", {}), dict):
            said = "parameters must be an object (a JSON schema)"
            yield row_problem(line, "bad_tools", said, key=f"{place}.function.parameters")


def _is_call(function: Any) -> bool:
    return (
        isinstance(function, dict)
        and isinstance(function.get("name"), str)
        and isinstance(function.get("arguments"), str)
    )


def call_problems(line: int, place: str, message: JsonObject) -> Iterator[Problem]:
    """What is wrong with the calls of a message, and with an answer to one: who may call, and in what form."""
    role = message.get("role")
    if role == "tool" and not isinstance(message.get("tool_call_id"), str):
        said = "a tool message must name the call it answers (tool_call_id)"
        yield row_problem(line, "bad_tool_calls", said, key=f"{place}.tool_call_id")
    for key in ("tool_calls", "function_call"):
        if message.get(key) is not None and role != "assistant":
            yield row_problem(line, "bad_tool_calls", "only an assistant message makes calls", key=f"{place}.{key}")
            return
    calls = message.get("tool_calls")
    if calls is not None and (not isinstance(calls, list) or not calls):
        said = "tool_calls must be a list with at least one call"
        yield row_problem(line, "bad_tool_calls", said, key=f"{place}.tool_calls")
        calls = None
    for index, call in enumerate(calls or ()):
        if (
            not isinstance(call, dict)
            or call.get("type", "function") != "function"
            or not isinstance(call.get("id"), str)
            or not _is_call(call.get("function"))
        ):
            said = 'a call needs an id, "type": "function", and a function with name and arguments, both texts'
            yield row_problem(line, "bad_tool_calls", said, key=f"{place}.tool_calls[{index}]")
    function = message.get("function_call")
    if function is not None and not _is_call(function):
        said = "function_call needs a name and arguments, both texts"
        yield row_problem(line, "bad_tool_calls", said, key=f"{place}.function_call")
