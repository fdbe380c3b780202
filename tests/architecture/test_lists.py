"""What every list can be sorted by is found by an index of the database, and is never NULL."""

import re
from datetime import date

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session, scoped_session

from marketplace.core import listings
from tests.architecture.source import ROOT

# Columns that may be NULL in their table, and never are in their list.
NEVER_NULL_THERE = {"applications.submitted_at", "applications.ticket", "jobs.closes_at", "receivables.listed_from"}
INDEXES = text("""
    SELECT c.relname || ' ' || string_agg(a.attname, ' ' ORDER BY k.place)
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indrelid
    CROSS JOIN LATERAL unnest(i.indkey::int[]) WITH ORDINALITY AS k (number, place)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
    WHERE i.indpred IS NULL
    GROUP BY c.relname, i.indexrelid
""")


def test_every_heading_that_sorts_has_an_index(app: Flask, database: scoped_session[Session]) -> None:
    indexes = set(database.scalars(INDEXES))
    assert len(listings.DECLARED) > 25
    for sorts in listings.DECLARED:
        assert sorts.first.removeprefix("-") in sorts.columns
        for column in sorts.columns.values():
            wanted = " ".join([column.table.name, *(fixed.name for fixed in sorts.within), column.name])
            begins = [index for index in indexes if f"{index} ".startswith(f"{wanted} ")]
            assert begins, f"no index begins with {wanted}"
            assert issubclass(column.type.python_type, (str, int, date)), "a cursor reads it back"
            assert not column.nullable or f"{column.table.name}.{column.name}" in NEVER_NULL_THERE, wanted


# Files that no page is sorted like: the rules, the places of a draw, all movements of the bank, a list's odd rows.
WITHOUT_AN_ORDER = {
    "certificates/views/agency.py": 1,
    "claims/views/imports.py": 1,
    "ethics/views/rules.py": 1,
    "vouchers/views/calls.py": 1,
}


def test_every_file_of_a_list_has_the_order_of_its_page() -> None:
    for path in (*(ROOT / "marketplace").glob("*/views/*.py"), *(ROOT / "marketplace").glob("*/views.py")):
        source = path.read_text()
        name = path.relative_to(ROOT / "marketplace").as_posix()
        ordered = source.count("in_order(") + WITHOUT_AN_ORDER.get(name, 0)
        assert len(re.findall(r"\bexport\(", source)) == ordered, name
