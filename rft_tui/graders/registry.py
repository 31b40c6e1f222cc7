"""The grader types, one line each, and what finds the right one for a spec."""

from __future__ import annotations

from rft_tui.errors import GraderSpecError
from rft_tui.graders.checks import Check, described, nearest
from rft_tui.graders.kinds import GraderType, join
from rft_tui.graders.model_graders import LabelModel, ScoreModel
from rft_tui.graders.multi import MultiGrader
from rft_tui.graders.python_grader import PythonGrader
from rft_tui.graders.running import Open
from rft_tui.graders.string_check import StringCheck
from rft_tui.graders.text_similarity import TextSimilarity
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line

GRADER_TYPES: dict[str, GraderType] = {
    grader_type.name: grader_type
    for grader_type in (
        StringCheck(),
        TextSimilarity(),
        PythonGrader(),
        MultiGrader(),
        ScoreModel(),
        LabelModel(),
    )
}
"""Every type this program knows, by the value of ``type``."""

NAME_LENGTH = 80
"""Characters of a shown name."""


def type_of(spec: JsonObject) -> GraderType | None:
    """The type of a spec, None where this program does not know it."""
    name = spec.get("type")
    return GRADER_TYPES.get(name) if isinstance(name, str) else None


def display_name(spec: JsonObject) -> str:
    """The grader's own name on one line, or one made from what it is; never written back."""
    own = spec.get("name")
    if isinstance(own, str) and own.strip():
        return one_line(own, NAME_LENGTH)
    grader_type = type_of(spec)
    return one_line(grader_type.derived_name(spec) if grader_type else "grader", NAME_LENGTH)


def models_asked(spec: JsonObject) -> tuple[str, ...]:
    """The models of a service that a grader asks, each once; empty where it runs on this machine alone."""
    grader_type = type_of(spec)
    return tuple(dict.fromkeys(grader_type.models_asked(spec))) if grader_type else ()


def check_grader(check: Check, spec: JsonObject, path: str) -> None:
    """Report what is wrong with a grader of any type that stands at `path`, the root being the empty path."""
    name = spec.get("name")
    if "name" not in spec or (isinstance(name, str) and not name.strip()):
        message = f"the grader has no name; it is shown as {display_name(spec)}, and nothing is written back"
        check.warning(join(path, "name"), "no_name", message)
    elif not isinstance(name, str):
        check.error(join(path, "name"), "wrong_type", f"name must be a text, not {described(name)}")
    if grader_type := type_of(spec):
        grader_type.check(check, spec, path)
        return
    at, given = join(path, "type"), spec.get("type")
    if "type" not in spec:
        check.error(at, "missing_field", f"type is missing; it is one of {', '.join(GRADER_TYPES)}")
    elif not isinstance(given, str):
        check.error(at, "wrong_type", f"type must be a text, not {described(given)}")
    elif given == "endpoint":
        check.error(at, "needs_service", "endpoint graders are a private preview of one service and cannot run here")
    else:
        said = f"there is no grader type {one_line(given, 40)!r}{nearest(given, GRADER_TYPES)}"
        check.error(at, "unknown_type", f"{said}; the types are {', '.join(GRADER_TYPES)}")


def compile_open(spec: JsonObject) -> Open:
    """Make a checked spec ready to run; GraderSpecError where this program cannot run it."""
    grader_type = type_of(spec)
    if grader_type is None:
        raise GraderSpecError("the grader's type is not known")
    return grader_type.compile(spec, grader_type.rule(spec))
