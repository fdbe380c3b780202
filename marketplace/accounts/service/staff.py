"""The agency's own roles: proposed by one administrator, approved by another."""

from datetime import date
from uuid import UUID

from marketplace.accounts import passwords, queries, rules
from marketplace.accounts.models import AGENCY_ID, Membership, Person
from marketplace.accounts.service.notices import notify_person, notify_role
from marketplace.accounts.states import MEMBERSHIP, PERSON, OrganisationKind
from marketplace.core import clock, db
from marketplace.core.actors import AGENCY, SYSTEM, Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import Forbidden, Invalid
from marketplace.core.i18n import _


def propose_role(person_id: UUID, role: Role, *, actor: Actor, valid_until: date | None = None) -> Membership:
    """Propose a role of the agency for somebody else; it gives no right until a second administrator approves."""
    person = queries.get_person(person_id, lock=True)
    rules.check_may_propose_role(actor, person)
    rules.check_role_fits(role, OrganisationKind.AGENCY)
    if valid_until is not None and valid_until < clock.today():
        raise Invalid(_("The last day can't lie in the past."), field="valid_until")
    membership = _propose(person_id, role, granted_by=actor.person_id, valid_until=valid_until)
    record(actor, "membership.propose", membership, after={"role": role.value})
    notify_role(Role.ADMINISTRATOR, "accounts/role_proposed", key=str(membership.id), person=person.name)
    return membership


def approve_role(membership_id: UUID, *, actor: Actor) -> None:
    """Let a proposed role take effect; never by who proposed it or who gets it."""
    membership = queries.get_membership(membership_id, lock=True)
    rules.check_may_approve_role(actor, membership)
    membership.approved_by = actor.person_id
    transition(membership, MEMBERSHIP, "activate", actor=actor)
    db.flush()
    notify_person(membership.person_id, "accounts/role_granted", key=str(membership.id))


def refuse_role(membership_id: UUID, *, actor: Actor, reason: str) -> None:
    """Refuse a proposed role, with a reason."""
    membership = queries.get_membership(membership_id, lock=True)
    if actor.role is not Role.ADMINISTRATOR:
        raise Forbidden()
    transition(membership, MEMBERSHIP, "refuse", actor=actor, reason=reason)


def create_staff(email: str, name: str, role: Role, password: str, *, locale: str) -> Person:
    """Open an account with a role of the agency, for the installation's operator: first start, demo, command line."""
    rules.check_password(password, email=email, name=name)
    if role not in AGENCY:
        raise Invalid(_("This organisation has no such role."), field="role")
    person = queries.find_person_by_email(email, lock=True)
    if person is None:
        kept = passwords.hashed(password)
        person = Person(email=email.lower(), name=name, password_hash=kept, locale=locale, status=PERSON.initial)
        db.session.add(person)
        db.flush()
        transition(person, PERSON, "confirm", actor=SYSTEM)
    membership = _propose(person.id, role, granted_by=None)
    transition(membership, MEMBERSHIP, "activate", actor=SYSTEM)
    return person


def _propose(person_id: UUID, role: Role, *, granted_by: UUID | None, valid_until: date | None = None) -> Membership:
    membership = Membership(
        person_id=person_id,
        organisation_id=AGENCY_ID,
        organisation_kind=OrganisationKind.AGENCY,
        role=role.value,
        status=MEMBERSHIP.initial,
        valid_from=clock.today(),
        valid_until=valid_until,
        granted_by=granted_by,
    )
    db.session.add(membership)
    db.flush()
    return membership
