"""Events of lifecycles are plain texts: each that a verb names is a move of the lifecycle beside it."""

import ast
import importlib
from collections import defaultdict
from functools import cache
from typing import Any, NamedTuple

from marketplace.core.states import Lifecycle
from tests.architecture.source import area_of, trees
from tests.architecture.test_members import name_of, texts


class Call(NamedTuple):
    """A call, the function that it stands in, and the path of its module."""

    path: str
    function: ast.FunctionDef
    node: ast.Call


@cache
def calls() -> dict[str, list[Call]]:
    """Every call inside a function, by the name of what is called."""
    known: dict[str, list[Call]] = defaultdict(list)
    for path, tree in trees().items():
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call):
                        known[name_of(node.func)].append(Call(path, function, node))
    return known


def events(event: ast.expr, call: Call) -> list[str]:
    """The events that this argument of a call may be; empty if that can't be told from the source."""
    if isinstance(event, ast.Name):
        parameters = [parameter.arg for parameter in call.function.args.args]
        if event.id in parameters:
            return told(call.function.name, parameters.index(event.id), area_of(call.path))
        return values(call.function, event.id)
    if isinstance(event, ast.Subscript):  # EVENTS[outcome]
        return values(trees()[call.path], name_of(event.value))
    return texts(event)


def values(scope: ast.AST, name: str) -> list[str]:
    """The texts that are assigned to this name, or the values of the table of this name."""
    assigned = [node for node in ast.walk(scope) if isinstance(node, ast.Assign)]
    given = [node.value for node in assigned if any(name_of(target) == name for target in node.targets)]
    parts = [part for value in given for part in (value.values if isinstance(value, ast.Dict) else [value])]
    return [text for part in parts for text in texts(part)]


def told(name: str, position: int, area: str) -> list[str]:
    """The events with which this function of an area is called."""
    return [
        text
        for call in calls()[name]
        if area_of(call.path) == area and not is_of_lifecycle(call)
        for text in events(call.node.args[position], call)
    ]


def is_of_lifecycle(call: Call) -> bool:
    """CLAIM.move() is another function than lines.move()."""
    return isinstance(call.node.func, ast.Attribute) and name_of(call.node.func.value).isupper()


def lifecycle(call: Call, name: ast.expr) -> Lifecycle[Any]:
    """The lifecycle that this module knows by the name."""
    module = importlib.import_module(call.path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    known: Lifecycle[Any] = vars(module)[name_of(name)]
    return known


def test_every_event_that_a_verb_names_is_a_move_of_its_lifecycle() -> None:
    unknown, made = [], 0
    for call in [*calls()["transition"], *calls()["transition_all"]]:
        moves = {move.event for move in lifecycle(call, call.node.args[1]).moves}
        named = events(call.node.args[2], call)
        made += len(named)
        unknown += [f"{call.path}:{call.node.lineno} {event}" for event in named or ["?"] if event not in moves]
    assert not unknown
    assert made > 140


def test_every_event_that_is_asked_for_is_a_move_of_its_lifecycle() -> None:
    """`CALL.move(call.status, "publish")` before the work, `CALL.find(…)` for a button."""
    unknown, asked = [], 0
    for call in [*calls()["move"], *calls()["find"]]:
        if isinstance(call.node.func, ast.Attribute) and is_of_lifecycle(call):
            asked += 1
            moves = {move.event for move in lifecycle(call, call.node.func.value).moves}
            named = texts(call.node.args[1])
            unknown += [f"{call.path}:{call.node.lineno} {event}" for event in named if event not in moves]
    assert not unknown
    assert asked > 10
