"""The project's Python files as syntax trees."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("app.py", "config", "marketplace", "workers")


@cache
def trees() -> dict[str, ast.Module]:
    """Every module of the program by its path from the root."""
    parsed = {}
    for package in PACKAGES:
        path = ROOT / package
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            parsed[str(file.relative_to(ROOT))] = ast.parse(file.read_text())
    return parsed


def calls(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """What is called, as written (`db.session.commit`), and the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every imported module or name (`marketplace.jobs.views`), and the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def functions(tree: ast.AST) -> Iterator[tuple[str, int, int]]:
    """Every function: name, first line, number of lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1


def area_of(path: str) -> str:
    """`vouchers` for marketplace/vouchers/…, otherwise nothing."""
    parts = path.split("/")
    return parts[1] if parts[0] == "marketplace" and len(parts) > 2 else ""
