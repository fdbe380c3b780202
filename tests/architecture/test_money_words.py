"""Every stage and every kind of transfer of the ledger has words for whoever reads the books, and no words are left."""

import ast
import re

from marketplace.ledger.models import STAGES
from marketplace.reports import labels
from tests.architecture.source import ROOT, trees

MOVERS = {"post", "transfer", "raise_debt", "lower_debt"}
BY_SQL = re.compile(r"PERFORM ledger_(?:post|transfer)\([^;]*?'(\w+)'")


def test_every_stage_of_the_ledger_has_words() -> None:
    assert set(labels.STAGES) == set(STAGES)


def test_every_kind_of_transfer_has_words() -> None:
    kinds = {kind for tree in trees().values() for call in _calls(tree) for kind in _kinds(call)}
    kinds |= {kind for path in (ROOT / "marketplace").glob("*/sql/*.sql") for kind in BY_SQL.findall(path.read_text())}
    assert {"commit", "reserve", "pay"} <= kinds
    assert set(labels.KINDS) == kinds


def _calls(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def _kinds(call: ast.Call) -> list[str]:
    """What the call says of the transfers that it makes: by its word `kind`, or to a function of the database."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    said = [word.value for word in call.keywords if word.arg == "kind"] if name in MOVERS else []
    said += call.args if name.startswith("ledger_transfer") else []
    return [value.value for value in said if isinstance(value, ast.Constant) and isinstance(value.value, str)]
