"""Reads of the audit trail, by words, names and numbers as people know them."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Table, Text, any_, or_, select, union_all

from marketplace.accounts.acts import actions_like
from marketplace.accounts.models import Person
from marketplace.core import db
from marketplace.core.audit import AuditEntry


def audit_entries(*, action: str = "", person: str = "", thing: str = "") -> Select[AuditEntry]:
    """Entries of one kind of action, in words or as it is kept, by a person and about a thing: name, number or id."""
    query = select(AuditEntry)
    if action:
        like = AuditEntry.action.in_(actions_like(action))
        query = query.where(or_(AuditEntry.action.startswith(action, autoescape=True), like))
    if person:
        named = select(Person.id).where(db.contains(Person.name, person))
        query = query.where(AuditEntry.person_id == key if (key := _id(person)) else AuditEntry.person_id.in_(named))
    if thing:
        query = query.where(
            AuditEntry.subject_id == key if (key := _id(thing)) else AuditEntry.subject_id.in_(_named(thing))
        )
    return query


def names_of(entries: Iterable[Any]) -> dict[UUID, str]:
    """The number or name of what each entry is about, where it has one; one query for each kind of thing."""
    by_kind: dict[str, set[UUID]] = defaultdict(set)
    for entry in entries:
        by_kind[entry.subject_type].add(entry.subject_id)
    names: dict[UUID, str] = {}
    for kind, ids in by_kind.items():
        table = db.Model.metadata.tables.get(kind)
        column = _name(table)
        if table is not None and column is not None:
            rows = db.session.execute(select(table.c.id, column).where(table.c.id == any_(db.array(list(ids)))))
            names.update((row[0], row[1]) for row in rows)
    return names


def _name(table: Table | None) -> Any:
    """The column by which people know a thing of this table."""
    if table is None or "id" not in table.c:
        return None
    column = table.c.get("name" if table.name in ("people", "organisations") else "number")
    return column if column is not None and isinstance(column.type, Text) else None


def _named(typed: str) -> Any:
    tables = [table for table in db.Model.metadata.tables.values() if _name(table) is not None]
    return union_all(*(select(table.c.id).where(_name(table) == typed) for table in tables))


def _id(typed: str) -> UUID | None:
    try:
        return UUID(typed)
    except ValueError:
        return None
