"""The chart of accounts has one owner: it alone makes codes, and every kind of transfer it knows is made somewhere."""

import ast
import re

from marketplace.ledger.chart import Stage, TransferKind
from tests.architecture.source import ROOT, trees

CODE = re.compile(rf"(?:^|')({'|'.join(Stage)}):")
LIKE_ONE = re.compile(rf"({'|'.join(Stage)}):")
BY_SQL = re.compile(r"PERFORM ledger_(?:post|transfer)\([^;]*?'(\w+)'|parts ->> new.line::text\)::bigint, '(\w+)'")


def test_no_code_of_an_account_is_written_outside_the_chart() -> None:
    files = {str(path.relative_to(ROOT)): path.read_text() for path in ROOT.glob("tests/**/*.py")}
    tests = {path: ast.parse(text) for path, text in files.items() if LIKE_ONE.search(text)}
    written = {
        f"{path}:{node.lineno}"
        for path, tree in (trees() | tests).items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.search(node.value)
    }
    assert {place.split(":")[0] for place in written} <= {"tests/factories/copies.py"}, written


def test_every_kind_of_transfer_is_made_by_a_verb_or_by_the_database() -> None:
    made = {
        node.attr.lower()
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if "/service/" in path and isinstance(node, ast.Attribute) and ast.unparse(node.value) == "TransferKind"
    }
    files = [path.read_text() for path in (ROOT / "marketplace").glob("*/sql/*.sql")]
    by_sql = {kind for text in files for match in BY_SQL.findall(text) for kind in match if kind}
    assert by_sql == {"commit", "reserve"}
    assert made | by_sql == set(TransferKind)
