"""A grader as a service takes it: the same rule, without what only this program reads."""

from __future__ import annotations

from rft_tui.graders.multi import named_children
from rft_tui.graders.registry import type_of
from rft_tui.graders.sample import SAMPLE_NAMES
from rft_tui.graders.template import Reference, scan
from rft_tui.graders.text_similarity import LOCAL_KEYS
from rft_tui.model import JsonObject

RUN_NAMES = frozenset({"output_text", "output_json"})
"""The names of a sample that the service's grader endpoint can be given."""


def service_form(spec: JsonObject) -> JsonObject:
    """The spec with `graders` as an object of name to grader and without local keys; unknown keys stay.

    Raises GraderSpecError where the children cannot be named.
    """
    if spec.get("type") == "text_similarity":
        return {key: value for key, value in spec.items() if key not in LOCAL_KEYS}
    if spec.get("type") != "multi":
        return spec
    children = named_children(spec.get("graders"))
    return {**spec, "graders": {name: service_form(child) for name, child in children.items()}}


def names_used(spec: JsonObject) -> tuple[str, ...]:
    """Names of the sample that a grader uses anywhere, in the order of `SAMPLE_NAMES`.

    Templates are read exactly; in code, a name that stands anywhere in the source counts.
    """
    used: set[str | int] = set()
    if grader_type := type_of(spec):
        for _path, text in grader_type.templates(spec):
            pieces, _problems = scan(text)
            used |= {one.parts[0] for one in pieces if isinstance(one, Reference) and one.namespace == "sample"}
    for source in _sources(spec):
        used |= {name for name in SAMPLE_NAMES if f'"{name}"' in source or f"'{name}'" in source}
    return tuple(name for name in SAMPLE_NAMES if name in used)


def names_not_sent(spec: JsonObject) -> tuple[str, ...]:
    """Those of them that the service's grader endpoint cannot be given, such as output_tools."""
    return tuple(name for name in names_used(spec) if name not in RUN_NAMES)


def _sources(spec: JsonObject) -> list[str]:
    if spec.get("type") == "multi":
        return [source for child in named_children(spec.get("graders")).values() for source in _sources(child)]
    source = spec.get("source")
    return [source] if isinstance(source, str) else []
