"""Names are nouns of the trade: those that say nothing about what they hold don't come back."""

import ast
from collections.abc import Iterator

from tests.architecture.source import trees

SAY_NOTHING = {"each", "found", "wanted", "_go_on_with", "_send_its_way"}


def test_no_variable_or_function_has_a_name_that_says_nothing() -> None:
    offenders = [
        f"{path}:{line} {name}" for path, tree in trees().items() for name, line in names(tree) if name in SAY_NOTHING
    ]
    assert not offenders


def test_a_module_says_what_it_does_or_holds_not_what_it_owns() -> None:
    assert not [path for path, tree in trees().items() if (ast.get_docstring(tree) or "").startswith("Owns")]


def names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every name that the module gives to a variable, a parameter or a function, and the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.FunctionDef):
            yield node.name, node.lineno


def test_the_session_of_the_database_is_called_by_one_name() -> None:
    imports = [
        f"{path}:{node.lineno}"
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module == "marketplace.core.db"
        and any(alias.name == "session" for alias in node.names)
    ]
    assert not imports, "say db.session, so that a reader knows it from the visitor's"
