"""An ordinary Python function in a file made into a python grader.

The grader's source is the file's own text. Unless the function is already ``grade(sample, item)``, a `grade` is added
that calls it with its parameters matched by name: ``sample`` and ``item`` are the two dictionaries, ``output_text``,
``output_json``, ``output_tools``, ``choices`` and ``model`` come from the sample, every other name is a field of the
item. A parameter with a default keeps it where sample or item has no such value. One parameter at least must take the
model's output.
"""

from __future__ import annotations

import ast
from pathlib import Path

from rft_tui.errors import GraderSpecError, UsageError
from rft_tui.graders.python_grader import IMAGE_TAG
from rft_tui.graders.source_code import MAX_SOURCE_BYTES, FunctionNode, SourceError, functions, parse_source
from rft_tui.model import JsonObject
from rft_tui.safetext import one_line

SAMPLE_PARAMETERS = ("output_text", "output_json", "output_tools", "choices", "model")
"""Parameter names that are taken from the sample."""

_WRAPPER = '''

_graded_function = {name}


def grade(sample, item):
    """Call {name} with what its parameters are named after."""
    return _graded_function({arguments})
'''


def spec_from_function(path: Path, function: str | None = None) -> JsonObject:
    """A python grader made from a function of a file, the only public one unless it is named.

    UsageError says that no such function is there, GraderSpecError what is wrong with the file or the function.
    """
    where = one_line(str(path))
    source = _read(path, where)
    try:
        module = parse_source(source)
    except SourceError as error:
        raise GraderSpecError(f"{where}: {error.problem.message}") from error
    node = _chosen(functions(module), function, where)
    if isinstance(node, ast.AsyncFunctionDef):
        raise GraderSpecError(f"{where}, line {node.lineno}: {node.name} is async; a grader cannot wait")
    if not _is_grade(node):
        source = source.rstrip() + "\n" + _WRAPPER.format(name=node.name, arguments=_arguments(node, where))
        if len(source.encode()) >= MAX_SOURCE_BYTES:
            raise GraderSpecError(f"{where} is too large: a source has fewer than {MAX_SOURCE_BYTES:,} bytes")
    name = node.name if node.name != "grade" else path.stem
    return {"type": "python", "name": name, "image_tag": IMAGE_TAG, "source": source}


def _read(path: Path, where: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SOURCE_BYTES)
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise GraderSpecError(f"{where} cannot be read: {error.strerror or type(error).__name__}") from error
    except UnicodeDecodeError as error:
        raise GraderSpecError(f"{where} is not UTF-8") from error
    if len(data) >= MAX_SOURCE_BYTES:
        raise GraderSpecError(f"{where} is too large: a source has fewer than {MAX_SOURCE_BYTES:,} bytes")
    return text.replace("\r\n", "\n")


def _chosen(found: list[FunctionNode], function: str | None, where: str) -> FunctionNode:
    names = list(dict.fromkeys(node.name for node in found))
    listed = one_line(", ".join(names), 200) or "none"
    if function is None:
        public = [name for name in names if not name.startswith("_")]
        function = "grade" if "grade" in names else public[0] if len(public) == 1 else None
        if function is None:
            hint = "Name one: FILE.py:FUNCTION." if names else "A grader needs a function at the top level of the file."
            raise UsageError(f"{where} has no single public function; functions in it: {listed}.", hint=hint)
    for node in reversed(found):
        if node.name == function:
            return node
    raise UsageError(f"{where} has no function {one_line(function, 60)} at its top level; functions in it: {listed}.")


def _is_grade(node: FunctionNode) -> bool:
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    if node.name != "grade" or len(names) != 2 or node.args.kwonlyargs:
        return False
    return names == ["sample", "item"] or not {"sample", "item", *SAMPLE_PARAMETERS} & set(names)


def _arguments(node: FunctionNode, where: str) -> str:
    here = f"{where}, line {node.lineno}: {node.name}"
    if node.args.posonlyargs:
        raise GraderSpecError(f"{here} has positional-only parameters, which cannot be matched by name")
    plain = node.args.args
    optional = {argument.arg for argument in plain[len(plain) - len(node.args.defaults) :]}
    optional |= {
        argument.arg
        for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None
    }
    names = [argument.arg for argument in (*plain, *node.args.kwonlyargs)]
    if not {"sample", *SAMPLE_PARAMETERS} & set(names):
        raise GraderSpecError(
            f"{here} has no parameter for the model's output",
            hint=f"Name one of its parameters sample, {', '.join(SAMPLE_PARAMETERS[:-1])} or {SAMPLE_PARAMETERS[-1]}.",
        )
    return ", ".join(_argument(name, optional=name in optional) for name in names)


def _argument(name: str, *, optional: bool) -> str:
    if name in ("sample", "item"):
        return f"{name}={name}"
    place = "sample" if name in SAMPLE_PARAMETERS else "item"
    if optional:
        return f'**({{"{name}": {place}["{name}"]}} if "{name}" in {place} else {{}})'
    return f'{name}={place}["{name}"]'
