"""Budgets of size, and a sentence for every module and promise."""

import ast

from tests.architecture.source import ROOT, functions, trees


def share_over(sizes: list[int], budget: int) -> float:
    return sum(size > budget for size in sizes) / len(sizes)


def test_files_are_short() -> None:
    sizes = {path: len((ROOT / path).read_text().splitlines()) for path in trees()}
    assert not {path: size for path, size in sizes.items() if size > 400}
    assert share_over(list(sizes.values()), 300) <= 0.05, sorted(sizes.items(), key=lambda item: -item[1])[:20]


def test_functions_are_short() -> None:
    sizes = {f"{path}:{line} {name}": size for path, tree in trees().items() for name, line, size in functions(tree)}
    assert not {name: size for name, size in sizes.items() if size > 50}
    assert share_over(list(sizes.values()), 30) <= 0.05


def test_budgets_are_not_waived() -> None:
    waived = ("noqa: C901", "noqa: PLR", "ruff: noqa")
    assert not [path for path in trees() if any(word in (ROOT / path).read_text() for word in waived)]


def test_every_module_says_what_it_owns() -> None:
    assert not [path for path, tree in trees().items() if not ast.get_docstring(tree)]


def test_every_verb_rule_and_query_states_its_promise() -> None:
    rooms = ("service", "rules", "queries")
    offenders = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in trees().items()
        if path.startswith("marketplace/") and any(room in path.removesuffix(".py").split("/") for room in rooms)
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not offenders
