"""Statuses, roles and kinds are members of enums: no text stands for one, and only the lifecycle sets a status."""

import ast
import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Iterator
from enum import StrEnum
from functools import cache

import pytest
from jinja2 import Environment, nodes

import marketplace
from marketplace.core.actors import Role
from marketplace.core.db import EnumText, Model
from tests.architecture.source import ROOT, trees

# Another trade's words under the name of one of our columns.
FOREIGN = {
    ("config/settings.py", "kind"): "of value",
    ("config/settings.py", "role"): "of the database",
    ("config/settings.py", "scheme"): "of an address",
    ("marketplace/claims/bank.py", "direction"): "as the bank's own file calls it",
    ("marketplace/core/documents.py", "kind"): "of picture",
    ("marketplace/core/exports.py", "kind"): "of file",
    ("marketplace/core/web.py", "status"): "of the server's health",
    ("marketplace/demo/inquiring.py", ""): "how a story ends",
    ("marketplace/demo/plans.py", ""): "scenes of a story",
    ("marketplace/demo/plot.py", ""): "scenes of a story",
    ("marketplace/engagements/text_extraction.py", "kind"): "of file",
    ("marketplace/jobs/service/bids.py", "action"): "of an audit entry",
    ("marketplace/notifications/post.py", "scheme"): "of an address",
    ("marketplace/programmes/commands.py", "result"): "how a result is printed",
    ("marketplace/reports/money.py", "kind"): "of page",
    ("marketplace/reports/proof.py", "stage"): "as a column is called",
    ("marketplace/surveys/forms.py", "kind"): "of answer, a word of the questionnaire's file",
    ("marketplace/surveys/rules.py", "kind"): "of answer, a word of the questionnaire's file",
}

# What sets a status, or columns by their names.
SETS_STATUSES = {
    "marketplace/core/audit.py": "transition() and transition_all(), by the lifecycle",
    "marketplace/core/errors.py": "of a reply",
    "marketplace/core/task_queue.py": "of a task, which has no lifecycle",
    "marketplace/core/web.py": "columns of a used key",
    "marketplace/jobs/service/drafts.py": "columns of what a job asks for",
    "marketplace/programmes/service/programmes.py": "columns of a programme's terms",
    "marketplace/providers/service/firms.py": "columns of a firm's profile",
}


@cache
def enums() -> dict[str, set[type[StrEnum]]]:
    """The enums of all columns, by the column's name."""
    known: dict[str, set[type[StrEnum]]] = defaultdict(set)
    for module in pkgutil.walk_packages(marketplace.__path__, "marketplace."):
        if "models" in module.name.split("."):
            importlib.import_module(module.name)
    for mapper in Model.registry.mappers:
        for column in mapper.columns:
            if isinstance(column.type, EnumText):
                known[column.name].add(column.type.members)
    return {**known, "role": {Role}}


@cache
def value_sets() -> list[set[str]]:
    """The values of each enum."""
    return [{member.value for member in enum} for known in enums().values() for enum in known]


def texts(node: ast.AST) -> list[str]:
    """The texts written here: one, those of a tuple, list, set or a dict's keys, or those of both branches."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.IfExp):
        return texts(node.body) + texts(node.orelse)
    parts = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
    return [text for part in parts if part is not None for text in texts(part)]


def name_of(node: ast.AST) -> str:
    """`status` for status, call.status, Call.status and row["status"]."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return getattr(node, "attr", getattr(node, "id", ""))


def beside(node: ast.AST) -> list[tuple[str, ast.AST]]:
    """What stands beside a name that may be a column's: what it's compared with, looked up in, or given as."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        return [(name_of(side), other) for side in sides for other in sides]
    if isinstance(node, ast.Call):
        given: list[tuple[str, ast.AST]] = [(keyword.arg or "", keyword.value) for keyword in node.keywords]
        if isinstance(node.func, ast.Attribute):  # Call.status.in_(("draft",)), {"draft": …}.get(call.status)
            given += [(name_of(node.func.value), part) for part in node.args]
            given += [(name_of(part), node.func.value) for part in node.args]
        return given
    if isinstance(node, ast.Subscript):
        return [(name_of(node.slice), node.value)]
    if isinstance(node, ast.Dict):
        return [(key.value, value) for key, value in zip(node.keys, node.values, strict=True) if is_name(key)]
    if isinstance(node, ast.Match):
        cases = [part.value for part in ast.walk(node) if isinstance(part, ast.MatchValue)]
        return [(name_of(node.subject), case) for case in cases]
    return assigned(node)


def assigned(node: ast.AST) -> list[tuple[str, ast.AST]]:
    """Names with the values that an assignment, a declaration or a function's defaults give them."""
    if isinstance(node, ast.arguments):
        last = [*node.posonlyargs, *node.args][-len(node.defaults) :] if node.defaults else []
        defaults = zip([*last, *node.kwonlyargs], [*node.defaults, *node.kw_defaults], strict=True)
        return [(parameter.arg, default) for parameter, default in defaults if default is not None]
    if isinstance(node, ast.AnnAssign):
        return [(name_of(node.target), node.value)] if node.value is not None else []
    return [(name_of(target), node.value) for target in node.targets] if isinstance(node, ast.Assign) else []


def is_name(key: ast.AST | None) -> bool:
    return isinstance(key, ast.Constant) and isinstance(key.value, str)


def table_of_members(node: ast.AST) -> list[str]:
    """The texts of a table or list that are all values of one enum: it is meant to be looked up by its members."""
    written = texts(node) if isinstance(node, ast.Dict | ast.Tuple | ast.List | ast.Set) else []
    return written if len(written) > 1 and any(set(written) <= values for values in value_sets()) else []


def raw(tree: ast.AST) -> Iterator[tuple[int, str, list[str]]]:
    """Every text that stands for a status, role or kind: its line, the column's name, the text."""
    for node in ast.walk(tree):
        for name, part in beside(node):
            if name in enums() and any(texts(part)):
                yield part.lineno, name, texts(part)
        if table_of_members(node):
            yield node.lineno, "", table_of_members(node)


@pytest.mark.parametrize(
    "line",
    [
        'if call.status == "draft": pass',
        'if "draft" != call.status: pass',
        'if call.status in ("draft", "opne"): pass',
        'select(Call).where(Call.status.in_(["draft"]))',
        'select(Call).filter_by(status="draft")',
        'offer(role="manager")',
        'words = {"draft": 1}[call.status]',
        'words = {"draft": 1}.get(call.status)',
        'rows = [{"status": "draft"}]',
        'call.status = "draft"',
        'status = "draft" if new else "opne"',
        'status: str = "draft"',
        'def listed(status: str = "draft"): pass',
        'def listed(*, status="draft"): pass',
        'if row["status"] == "opne": pass',
        'TONES = {"draft": 1, "published": 2}',
        'OPEN = ("draft", "published")',
        'match call.status:\n    case "draft": pass',
    ],
)
def test_each_way_to_write_a_raw_status_is_found(line: str) -> None:
    assert list(raw(ast.parse(line)))


def test_no_text_stands_for_a_status_a_role_or_a_kind() -> None:
    offenders = [
        f"{path}:{line} {name} {written}"
        for path, tree in trees().items()
        for line, name, written in raw(tree)
        if (path, name) not in FOREIGN
    ]
    assert not offenders


def set_statuses(tree: ast.AST) -> Iterator[int]:
    """The line of each place that sets a status to anything but the first one of a lifecycle."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            named = [part for target in targets for part in getattr(target, "elts", [target])]
            if any(getattr(part, "attr", "") == "status" for part in named) and ".initial" not in ast.unparse(
                node.value
            ):
                yield node.lineno
        elif isinstance(node, ast.Call) and name_of(node.func) in ("setattr", "values"):
            given = [text for part in node.args for text in texts(part)] + [keyword.arg for keyword in node.keywords]
            if "status" in given or sets_by_name(node):
                yield node.lineno


def sets_by_name(call: ast.Call) -> bool:
    """Whether the columns it sets are not written there, so that a status may be among them."""
    if name_of(call.func) == "setattr":
        return isinstance(call.args[1], ast.Name)
    spread = any(key is None for part in call.args if isinstance(part, ast.Dict) for key in part.keys)
    return spread or any(keyword.arg is None for keyword in call.keywords)


@pytest.mark.parametrize(
    "line",
    [
        "call.status = CallStatus.PUBLISHED",
        "call.status, call.number = CallStatus.PUBLISHED, 1",
        'setattr(call, "status", CallStatus.PUBLISHED)',
        "update(Call).values(status=CallStatus.PUBLISHED)",
        'update(Call).values({"status": CallStatus.PUBLISHED})',
        "setattr(call, name, value)",
        "update(Call).values(**values)",
        "update(Call).values({**values})",
    ],
)
def test_each_way_to_set_a_status_is_found(line: str) -> None:
    assert list(set_statuses(ast.parse(line)))


def test_only_the_lifecycle_sets_a_status() -> None:
    places = {path for path, tree in trees().items() for _line in set_statuses(tree)}
    assert places == SETS_STATUSES.keys()


def test_what_a_template_compares_with_a_status_is_one() -> None:
    """Templates write values: each text beside a status, role or kind is the value of a member of that name."""
    wrong = []
    for file in sorted((ROOT / "templates").rglob("*.html")):
        tree = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"]).parse(file.read_text())
        for node in tree.find_all(nodes.Compare):
            name = getattr(node.expr, "attr", "")
            values = {member.value for enum in enums().get(name, ()) for member in enum}
            written = [const.value for operand in node.ops for const in operand.find_all(nodes.Const)]
            wrong += [f"{file.name}:{node.lineno} {name} {text}" for text in written if values and text not in values]
    assert not wrong
