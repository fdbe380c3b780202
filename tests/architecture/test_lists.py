"""What every list can be sorted by is found by an index of the database, and is never NULL."""

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session, scoped_session

from marketplace.core import listings

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
            assert not column.nullable or f"{column.table.name}.{column.name}" in NEVER_NULL_THERE, wanted
