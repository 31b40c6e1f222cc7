"""What a grader imports, and whether this machine and the service's image have it."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterable, Iterator
from importlib.machinery import PathFinder

from rft_tui.graders.sandbox.confinement import python_folders

IMAGE_PACKAGES = {
    "ast_grep_py": "ast-grep-py 0.36.2",
    "deepdiff": "deepdiff 8.4.2",
    "jsonschema": "jsonschema 4.23.0",
    "nltk": "nltk 3.9.1",
    "numpy": "numpy 2.2.4",
    "pandas": "pandas 2.2.3",
    "pydantic": "pydantic 2.10.6",
    "rapidfuzz": "rapidfuzz 3.10.1",
    "rdkit": "rdkit 2024.9.6",
    "rouge_score": "rouge-score 0.1.2",
    "scipy": "scipy 1.15.2",
    "skbio": "scikit-bio 0.6.3",
    "sklearn": "scikit-learn 1.6.1",
    "sqlparse": "sqlparse 0.5.3",
    "sympy": "sympy 1.13.3",
    "yaml": "pyyaml 6.0.2",
}
"""Module names of the packages documented for the service's image ``2025-05-08``, with package and version there."""


def grader_imports(source: str) -> tuple[str, ...]:
    """The top-level names of the modules that a source imports anywhere, sorted; empty where it cannot be parsed.

    Nothing is run. Names given to ``__import__`` or ``import_module`` as plain text count too.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    return tuple(sorted({name for node in ast.walk(tree) for name in _names(node) if name}))


def _names(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            for alias in names:
                yield alias.name.partition(".")[0]
        case ast.ImportFrom(module=str(module), level=0):
            yield module.partition(".")[0]
        case ast.Call(
            func=ast.Name(id="__import__" | "import_module") | ast.Attribute(attr="import_module"),
            args=[ast.Constant(value=str(module)), *_],
        ):
            yield module.partition(".")[0]


def missing_here(names: Iterable[str]) -> tuple[str, ...]:
    """Which modules a worker of this machine would not find: neither standard library nor installed beside it."""
    folders = python_folders(sys.path)
    absent = (name for name in names if name not in sys.stdlib_module_names)
    return tuple(name for name in absent if PathFinder.find_spec(name, folders) is None)


def missing_at_service(names: Iterable[str]) -> tuple[str, ...]:
    """Which modules are neither standard library nor documented for the service's image (API facts 3.4)."""
    return tuple(name for name in names if name not in sys.stdlib_module_names and name not in IMAGE_PACKAGES)
