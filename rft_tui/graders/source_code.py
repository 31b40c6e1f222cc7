"""What can be said of a python grader's source without running it: its `grade`, and the item fields it reads."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MAX_SOURCE_BYTES = 256_000
"""The service takes sources under 256 kB; the smaller reading of a kilobyte is safe with either."""

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """Something wrong with a source, at a line from 1 where there is one."""

    kind: str
    message: str
    line: int | None = None


class SourceError(ValueError):
    """A source that cannot be read as Python."""

    def __init__(self, problem: SourceProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def parse_source(source: str) -> ast.Module:
    """The syntax tree of a source, read without a word from the compiler; SourceError says why it cannot be read."""
    try:
        size = len(source.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise SourceError(SourceProblem("syntax_error", "the source holds half a surrogate pair")) from error
    if size >= MAX_SOURCE_BYTES:
        message = f"the source has {size:,} bytes; a service takes fewer than {MAX_SOURCE_BYTES:,}"
        raise SourceError(SourceProblem("source_too_large", message))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except SyntaxError as error:
        where = f"line {error.lineno}: " if error.lineno else ""
        raise SourceError(SourceProblem("syntax_error", f"{where}{error.msg}", error.lineno)) from error
    except (ValueError, RecursionError, MemoryError) as error:
        message = "the source is nested too deep" if not isinstance(error, ValueError) else str(error)
        raise SourceError(SourceProblem("syntax_error", message)) from error


def top_level(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that make a module's names, also those under ``if`` and ``try``."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If):
            yield from top_level(statement.body)
            yield from top_level(statement.orelse)
        elif isinstance(statement, ast.Try):
            yield from top_level([*statement.body, *statement.orelse, *statement.finalbody])
            for handler in statement.handlers:
                yield from top_level(handler.body)
        elif isinstance(statement, ast.With):
            yield from top_level(statement.body)


def functions(module: ast.Module) -> list[FunctionNode]:
    """The functions at the top level of a module."""
    return [node for node in top_level(module.body) if isinstance(node, FunctionNode)]


def grade_problem(module: ast.Module) -> SourceProblem | None:
    """What is wrong with the module's ``grade(sample, item)``, None where nothing is or nothing can be told."""
    found = [node for node in functions(module) if node.name == "grade"]
    if not found:
        if "grade" in _assigned_names(module):
            return None
        return SourceProblem("no_grade", "the source has no function grade(sample, item) at its top level")
    grade = found[-1]
    if isinstance(grade, ast.AsyncFunctionDef):
        return SourceProblem("bad_grade", f"line {grade.lineno}: grade may not be async", grade.lineno)
    arguments = grade.args
    positional = [*arguments.posonlyargs, *arguments.args]
    required = len(positional) - len(arguments.defaults)
    named = [name.arg for name, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if not default]
    takes_two = required <= 2 <= len(positional) or (required <= 2 and arguments.vararg is not None)
    if takes_two and not named:
        return None
    message = f"line {grade.lineno}: grade is called with two positional arguments, sample and item"
    return SourceProblem("bad_grade", message, grade.lineno)


def _assigned_names(module: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in top_level(module.body):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def item_fields_read(module: ast.Module) -> list[str]:
    """The fields that the code seems to read from the item: ``item["x"]`` and ``item.get("x")``, in order of first use.

    The item's name is that of the second parameter of `grade`.
    """
    names = {"item"}
    for node in functions(module):
        positional = [*node.args.posonlyargs, *node.args.args]
        if node.name == "grade" and len(positional) > 1:
            names.add(positional[1].arg)
    found: dict[tuple[int, int, str], None] = {}
    for tree in ast.walk(module):
        key: ast.expr | None = None
        if isinstance(tree, ast.Subscript) and isinstance(tree.value, ast.Name) and tree.value.id in names:
            key = tree.slice
        elif (
            isinstance(tree, ast.Call)
            and tree.args
            and isinstance(tree.func, ast.Attribute)
            and tree.func.attr == "get"
            and isinstance(tree.func.value, ast.Name)
            and tree.func.value.id in names
        ):
            key = tree.args[0]
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            found[key.lineno, key.col_offset, key.value] = None
    return list(dict.fromkeys(name for _line, _column, name in sorted(found)))
