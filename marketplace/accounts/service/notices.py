"""Mail to people by who they are: one message per event and person, in their language."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from marketplace.accounts import queries
from marketplace.accounts.models import AGENCY_ID, Membership, Person
from marketplace.core.actors import Role
from marketplace.core.audit import plain
from marketplace.notifications import service as notifications


def notify_person(person_id: UUID, template: str, *, key: str, **data: Any) -> None:
    """Queue one mail to this person; nothing for somebody who can't sign in."""
    person = queries.get_person(person_id)
    if person.may_sign_in:
        notifications.queue(template, to=recipient(person), key=key, **data)


def notify_organisation(organisation_id: UUID, roles: Iterable[Role], template: str, *, key: str, **data: Any) -> None:
    """Queue one mail to everybody who holds one of these roles in the organisation today."""
    notify_organisations(roles, template, select(literal(organisation_id), literal(key), literal(plain(data), JSONB)))


def notify_organisations(roles: Iterable[Role], template: str, mails: Select[UUID, str, Any]) -> None:
    """Queue the mails of notify_organisation() for each row of a select of (organisation, key, data)."""
    mail = mails.subquery()
    organisation_id, key, data = mail.columns
    readers = queries.with_roles(roles).join(mail, organisation_id == Membership.organisation_id)
    to_each = func.concat(key, ":", Person.id), Person.email, Person.locale, Person.name, data
    notifications.queue_all(template, readers.with_only_columns(*to_each))


def notify_role(role: Role, template: str, *, key: str, **data: Any) -> None:
    """Queue one mail to everybody who holds this role of the agency today."""
    notify_organisation(AGENCY_ID, [role], template, key=key, **data)


def recipient(person: Person) -> notifications.Recipient:
    """How mail reaches this person."""
    return notifications.Recipient(person.email, person.locale, person.name)
