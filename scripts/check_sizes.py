"""Keep modules, functions and the app class small: over the hard limits the check fails, over the soft ones it says so.

``python scripts/check_sizes.py``; exit status 1 where a hard limit is passed.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

FOLDERS = ("rft_tui", "scripts", "tests")

MODULE_HARD = 500
"""Lines no module may have more of."""

MODULE_SOFT = 300
"""Lines above which a module is named."""

FUNCTION_SOFT = 60
"""Lines above which a function is named."""

APP_HARD = 300
"""Lines that the app's class may have."""

APP = ("rft_tui/tui/app.py", "RftApp")


def definitions(tree: ast.AST) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, int]]:
    """Every function and class of a module with its length in lines, decorators not counted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.end_lineno is not None:
            yield node, node.end_lineno - node.lineno + 1


def main() -> int:
    """Measure every module; the exit status."""
    failures: list[str] = []
    notes: list[str] = []
    product: list[int] = []
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        source = path.read_text(encoding="utf-8")
        lines = len(source.splitlines())
        if name.startswith("rft_tui/"):
            product.append(lines)
        if lines > MODULE_HARD:
            failures.append(f"{name}: {lines} lines, the limit is {MODULE_HARD}")
        elif lines > MODULE_SOFT:
            notes.append(f"{name}: {lines} lines, better under {MODULE_SOFT}")
        for node, length in definitions(ast.parse(source)):
            if not isinstance(node, ast.ClassDef) and length > FUNCTION_SOFT:
                notes.append(f"{name}:{node.lineno}: {node.name} has {length} lines, better under {FUNCTION_SOFT}")
            if (name, node.name) == APP and length > APP_HARD:
                failures.append(f"{name}:{node.lineno}: {node.name} has {length} lines, the limit is {APP_HARD}")
    print(*notes, *(f"too large: {failure}" for failure in failures), sep="\n")
    print(f"{len(product)} modules in rft_tui: median {statistics.median(product):.0f} lines, most {max(product)}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
