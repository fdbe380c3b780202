"""Owns mail to people by who they are: one message per event and person, in their language."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func

from marketplace.accounts import queries
from marketplace.accounts.models import Membership, Person
from marketplace.core.actors import Role
from marketplace.notifications import service as notifications


def notify_person(person_id: UUID, template: str, *, key: str, **data: Any) -> None:
    """Queue one mail to this person; nothing for somebody who can't sign in."""
    person = queries.get_person(person_id)
    if person.may_sign_in:
        _send(person, template, key, data)


def notify_organisation(organisation_id: UUID, roles: Iterable[Role], template: str, *, key: str, **data: Any) -> None:
    """Queue one mail to everybody who holds one of these roles in the organisation today."""
    for person in queries.people_of(organisation_id, roles):
        _send(person, template, f"{key}:{person.id}", data)


def mails_to(
    organisation_id: UUID, roles: Iterable[Role], template: str, *, key: str, **data: Any
) -> list[dict[str, Any]]:
    """notify_organisation() not yet done: the mails as a function of the database takes them."""
    people = queries.people_of(organisation_id, roles)
    return notifications.prepare(template, [(f"{key}:{person.id}", recipient(person), data) for person in people])


def notify_organisations(roles: Iterable[Role], template: str, mails: Select[UUID, str, Any]) -> None:
    """notify_organisation() for each row of a select of (organisation, key, data)."""
    mail = mails.subquery()
    organisation_id, key, data = mail.columns
    readers = queries.with_roles(roles).join(mail, organisation_id == Membership.organisation_id)
    to_each = func.concat(key, ":", Person.id), Person.email, Person.locale, Person.name, data
    notifications.queue_all(template, readers.with_only_columns(*to_each))


def notify_role(role: Role, template: str, *, key: str, **data: Any) -> None:
    """Queue one mail to everybody who holds this role of the agency today."""
    for person in queries.people_with_role(role):
        _send(person, template, f"{key}:{person.id}", data)


def recipient(person: Person) -> notifications.Recipient:
    """How mail reaches this person."""
    return notifications.Recipient(person.email, person.locale, person.name)


def _send(person: Person, template: str, key: str, data: dict[str, Any]) -> None:
    notifications.queue(template, to=recipient(person), key=key, **data)
