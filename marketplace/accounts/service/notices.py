"""Mail to people by who they are: one message per event and person, in their language."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import JSONB

from marketplace.accounts import queries
from marketplace.accounts.models import AGENCY_ID, Membership, Person
from marketplace.core.actors import Role
from marketplace.core.audit import plain
from marketplace.notifications import service as notifications

ONE_ORGANISATION = select(
    bindparam("organisation_id", type_=Uuid), bindparam("about", type_=Text), bindparam("data", type_=JSONB)
)


def notify_person(person_id: UUID, template: str, *, key: str, **data: Any) -> None:
    """Queue one mail to this person; nothing for somebody who can't sign in."""
    person = queries.get_person(person_id)
    if person.may_sign_in:
        notifications.queue(template, to=recipient(person), key=key, **data)


def notify_organisation(organisation_id: UUID, roles: Iterable[Role], template: str, *, key: str, **data: Any) -> None:
    """Queue one mail to everybody who holds one of these roles in the organisation today."""
    told = {"organisation_id": organisation_id, "about": key, "data": plain(data)}
    notify_organisations(roles, template, ONE_ORGANISATION, **told)


def notify_organisations(roles: Iterable[Role], template: str, mails: Select[UUID, str, Any], **values: Any) -> None:
    """Queue the mails of notify_organisation() for each row of a select of (organisation, key, data).

    `values` are those of the select's parameters.
    """
    notifications.queue_all(template, _to_each_reader(frozenset(roles), mails), **values)


@lru_cache(maxsize=50)
def _to_each_reader(roles: frozenset[Role], mails: Select[UUID, str, Any]) -> Select[str, str, str, str, Any]:
    """The mails, once for each reader; kept for a select that is kept."""
    mail = mails.subquery()
    organisation_id, key, data = mail.columns
    readers = queries.with_roles(roles).join(mail, organisation_id == Membership.organisation_id)
    to_each = func.concat(key, ":", Person.id), Person.email, Person.locale, Person.name, data
    return readers.with_only_columns(*to_each)


def notify_role(role: Role, template: str, *, key: str, **data: Any) -> None:
    """Queue one mail to everybody who holds this role of the agency today."""
    notify_organisation(AGENCY_ID, [role], template, key=key, **data)


def recipient(person: Person) -> notifications.Recipient:
    """How mail reaches this person."""
    return notifications.Recipient(person.email, person.locale, person.name)
