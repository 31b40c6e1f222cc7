"""Requests that tests send."""

from __future__ import annotations

from typing import Any

SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}
FUNCTION = {"name": "look_up", "description": "Looks up.", "parameters": SCHEMA, "strict": True}
CHAT: dict[str, Any] = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "Be short."},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "content": "done", "tool_call_id": "c"},
        {"role": "user", "name": "n", "content": [
            {"type": "text", "text": "Which ocean?"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,", "detail": "low"}},
            {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}]},
    ],
    "temperature": 0.5, "top_p": 1, "seed": 3, "max_completion_tokens": 50, "reasoning_effort": "low",
    "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA, "strict": True}},
    "tools": [{"type": "function", "function": FUNCTION}],
    "tool_choice": {"type": "function", "function": {"name": "look_up"}},
    "metadata": {"k": "v"}, "store": False, "service_tier": "flex", "n": 1, "stop": ["x"], "user": "u",
    "parallel_tool_calls": True, "frequency_penalty": 0, "stream": False,
}  # fmt: skip
RESPONSES: dict[str, Any] = {
    "model": "m",
    "input": [
        {"role": "developer", "content": "Be short."},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "done"},
        {"type": "message", "role": "user", "content": [
            {"type": "input_text", "text": "Which ocean?"},
            {"type": "input_image", "image_url": "data:image/png;base64,", "detail": "low"}]},
    ],
    "instructions": "x", "reasoning": {"effort": "low", "summary": "auto"}, "max_output_tokens": 50,
    "text": {"format": {"type": "json_schema", "name": "a", "schema": SCHEMA, "strict": True}, "verbosity": "low"},
    "tools": [{"type": "function", **FUNCTION}], "tool_choice": "required", "parallel_tool_calls": True,
    "temperature": 0.5, "top_p": 1, "metadata": {"k": "v"}, "store": False, "service_tier": "flex",
    "truncation": "auto", "include": ["reasoning.encrypted_content"],
}  # fmt: skip
EMBEDDINGS: dict[str, Any] = {
    "model": "m",
    "input": ["a", "b"],
    "dimensions": 8,
    "encoding_format": "float",
    "user": "u",
}

OCEAN = "Which is the largest ocean on Earth?"
JOINT = "Which joint lies between the thigh and the lower leg?"
"""A question whose three recorded answers differ."""

ITEM = {"reference_answer": "pacific ocean", "topic": "geography"}


def chat_body(**others: Any) -> dict[str, Any]:
    return {"model": "simulated-smollm2", "messages": [{"role": "user", "content": f"Short.\n\n{OCEAN}"}], **others}
