"""What is typed into the search of a list, held against the organisations and people that its rows name."""

from typing import Any

from sqlalchemy import ColumnElement, or_, select

from marketplace.accounts.business_number import normalise
from marketplace.accounts.models import Organisation, Person
from marketplace.core import db


def matches(
    typed: str, *texts: Any, organisations: tuple[Any, ...] = (), people: tuple[Any, ...] = ()
) -> ColumnElement[bool]:
    """Whether one of the texts holds what was typed, or one of the columns of ids stands for who is called so.

    Organisations are also found by their whole business number.
    """
    ways = [db.contains(text, typed) for text in texts]
    named = select(Organisation.id).where(_is_called(typed))
    ways += [column.in_(named) for column in organisations]
    ways += [column.in_(select(Person.id).where(db.contains(Person.name, typed))) for column in people]
    return or_(*ways)


def _is_called(typed: str) -> ColumnElement[bool]:
    digits = normalise(typed)
    called = db.contains(Organisation.name, typed)
    return or_(called, Organisation.business_number == digits) if digits else called
