"""Who may act for an organisation: companies and firms, their people, invitations and mandates."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

import structlog

from marketplace.accounts import invitations, passwords, queries, rules
from marketplace.accounts.models import AGENCY_ID, Membership, Organisation, Person
from marketplace.accounts.service import tokens
from marketplace.accounts.service.notices import notify_person
from marketplace.accounts.service.people import own_person
from marketplace.accounts.states import MEMBERSHIP, PERSON, OrganisationKind, TokenPurpose
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError, Forbidden, NotFound
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, task
from marketplace.notifications import service as notifications
from marketplace.notifications.service import Recipient

log = structlog.get_logger()


def register_company(
    actor: Actor,
    *,
    kind: OrganisationKind,
    name: str,
    business_number: str,
    representative_name: str,
    sector: str | None = None,
    region: str | None = None,
    address: str | None = None,
    phone: str | None = None,
    email: str | None = None,
    established_on: date | None = None,
) -> Organisation:
    """Register an SME or a provider once per business number; the actor becomes its signatory or manager."""
    person = own_person(actor)
    organisation = Organisation(
        kind=kind,
        name=name,
        business_number=rules.check_business_number(business_number),
        representative_name=representative_name,
        sector=sector,
        region=region,
        address=address,
        phone=phone,
        email=email,
        established_on=established_on,
    )
    if queries.find_organisation_by_business_number(organisation.business_number or ""):
        raise DomainError(rules.REGISTERED, field="business_number")
    db.session.add(organisation)
    db.flush()
    record(actor, "organisation.register", organisation, after={"kind": kind})
    membership = _add(person.id, organisation, rules.FIRST_ROLE[kind], granted_by=person.id)
    transition(membership, MEMBERSHIP, "activate", actor=actor)
    return organisation


def change_company(*, actor: Actor, address: str | None, phone: str | None, email: str | None) -> None:
    """Correct how one's own company is reached; who it is changes with its verification, and its number never."""
    rules.check_may_manage_people(actor)
    assert actor.organisation_id is not None
    organisation = queries.get_organisation(actor.organisation_id, lock=True)
    organisation.address, organisation.phone, organisation.email = address, phone, email
    record(actor, "organisation.change", organisation)


def add_membership(
    person_id: UUID,
    organisation_id: UUID,
    role: Role,
    *,
    actor: Actor,
    mandate: str | None = None,
    valid_until: date | None = None,
) -> Membership:
    """Give a person a role in one's own company or firm at once; the agency's roles need a second administrator."""
    organisation = queries.get_organisation(organisation_id, lock=True)
    if actor.role is not Role.SYSTEM:
        rules.check_may_manage_people(actor)
        if actor.organisation_id != organisation_id:
            raise NotFound()
    if organisation.kind == OrganisationKind.AGENCY:
        raise Forbidden()
    rules.check_role_fits(role, organisation.kind)
    rules.check_mandate(role, mandate, valid_until, today=clock.today())
    membership = _add(
        person_id, organisation, role, granted_by=actor.person_id, mandate=mandate, valid_until=valid_until
    )
    transition(membership, MEMBERSHIP, "activate", actor=actor)
    return membership


def invite(
    email: str,
    *,
    actor: Actor,
    role: Role,
    locale: str,
    mandate: str | None = None,
    valid_until: date | None = None,
) -> str:
    """Mail somebody a link to join one's own organisation in a role; returns the link's secret."""
    rules.check_may_invite(actor)
    assert actor.organisation_id is not None
    organisation = queries.get_organisation(actor.organisation_id)
    rules.check_role_fits(role, organisation.kind)
    rules.check_mandate(role, mandate, valid_until, today=clock.today())
    return _send_invitation(email, organisation, role, actor, locale=locale, mandate=mandate, valid_until=valid_until)


def withdraw_invitation(invitation_id: UUID, *, actor: Actor) -> None:
    """Take back an invitation to one's own organisation, whoever sent it, so that its link lets nobody in."""
    rules.check_may_invite(actor)
    invitation = invitations.get(invitation_id, actor=actor, lock=True)
    if invitation.used_at is not None:
        raise DomainError(_("This invitation has been accepted or withdrawn meanwhile."))
    invitation.used_at = invitation.withdrawn_at = clock.now()
    record(actor, "membership.withdraw_invitation", invitation)


def invite_first_administrators(emails: Iterable[str], *, locale: str) -> dict[str, str]:
    """Mail the links by which the first two administrators join at once, for whoever installs the service.

    Returns the links' secrets by address; earlier ones end. Once there are two, they invite everybody else, and confirm
    each other's choice.
    """
    organisation = queries.get_organisation(AGENCY_ID, lock=True)
    rules.check_needs_administrators(len(queries.people_with_role(Role.ADMINISTRATOR)))
    tokens.end_invitations_of_nobody()
    return {email: _send_invitation(email, organisation, Role.ADMINISTRATOR, SYSTEM, locale=locale) for email in emails}


def _send_invitation(
    email: str,
    organisation: Organisation,
    role: Role,
    actor: Actor,
    *,
    locale: str,
    mandate: str | None = None,
    valid_until: date | None = None,
) -> str:
    secret, token = tokens.issue(
        TokenPurpose.INVITATION,
        person_id=None,
        email=email.lower(),
        organisation_id=str(organisation.id),
        role=role.value,
        invited_by=str(actor.person_id) if actor.person_id else None,
        mandate=mandate,
        valid_until=valid_until.isoformat() if valid_until else None,
    )
    notifications.queue(
        "accounts/invitation",
        to=Recipient(email.lower(), locale),
        key=str(token.id),
        token=secret,
        organisation=None if organisation.kind == OrganisationKind.AGENCY else organisation.name,
        inviter=actor.name,
        expires_at=token.expires_at,
    )
    record(actor, "membership.invite", token, after={"role": role.value})
    return secret


def accept_invitation(secret: str, *, actor: Actor) -> Membership:
    """Join by the mailed link, signed in with the invited address; a role of the agency then waits for its approval."""
    person = own_person(actor)
    token = tokens.use(TokenPurpose.INVITATION, secret)
    if token.data["email"] != person.email:
        raise DomainError(_("This invitation is for another e-mail address. Sign in with that one."))
    return _join(person, token.data, actor)


def accept_invitation_as_new(secret: str, *, name: str, password: str, locale: str) -> Person:
    """Open a confirmed account for the invited address, which the link has proved, and join."""
    token = tokens.use(TokenPurpose.INVITATION, secret)
    email = token.data["email"]
    organisation = queries.get_organisation(UUID(token.data["organisation_id"]))
    rules.check_password(password, email=email, name=name, companies=[organisation.name])
    person = queries.find_person_by_email(email, lock=True)
    if person is not None:
        rules.check_not_disabled(person)
    elif tokens.owner_before(email) is not None:
        raise DomainError(_("Another account had this address until lately. Try again in a week."))
    if person is not None and person.status != PERSON.initial:
        raise DomainError(_("You already have an account. Sign in, then open the link again."))
    person = person or Person(email=email, status=PERSON.initial)
    person.name, person.password_hash, person.locale = name, passwords.hashed(password), locale
    db.session.add(person)
    db.flush()
    actor = Actor(person.id, Role.VISITOR, name=name)
    transition(person, PERSON, "confirm", actor=actor)
    _join(person, token.data, actor)
    return person


def end_membership(membership_id: UUID, *, actor: Actor, reason: str | None = None) -> None:
    """End a role in one's own organisation, or leave it; its last signatory or manager stays."""
    membership = queries.get_membership(membership_id)
    leaving = membership.person_id == actor.person_id
    if not leaving:
        _check_may_end(membership, actor)
    _lock_organisation_of(membership)
    _end(membership, actor=actor, reason=reason)


def change_role(membership_id: UUID, role: Role, *, actor: Actor) -> Membership:
    """Give a person of one's own organisation another role; the old membership ends and stays on record."""
    rules.check_may_manage_people(actor)
    old = queries.get_membership(membership_id, actor=actor)
    organisation = _lock_organisation_of(old)
    rules.check_role_fits(role, organisation.kind)
    if role is Role.HELPER:
        rules.check_mandate(role, None, None, today=clock.today())
    _end(old, actor=actor, reason=None)
    membership = _add(old.person_id, organisation, role, granted_by=actor.person_id)
    transition(membership, MEMBERSHIP, "activate", actor=actor)
    return membership


@task("end_memberships", _("End mandates and roles on their last day"), Queue.MAINTENANCE, every=timedelta(hours=1))
def end_expired_memberships(*, batch: int = 200) -> int:
    """End mandates and roles whose last day has passed; each by itself, so that one failure stops no other."""
    ended = 0
    for membership in queries.expired_memberships(limit=batch):
        try:
            with db.session.begin_nested():
                transition(membership, MEMBERSHIP, "end", actor=SYSTEM)
            ended += 1
        except Exception:
            log.exception("membership not ended", membership=str(membership.id))
    return ended


def _check_may_end(membership: Membership, actor: Actor) -> None:
    if membership.organisation_kind == OrganisationKind.AGENCY:
        if actor.role is not Role.ADMINISTRATOR:
            raise NotFound()
        return
    if membership.organisation_id != actor.organisation_id:
        raise NotFound()
    rules.check_may_manage_people(actor)


def _lock_organisation_of(membership: Membership) -> Organisation:
    """Lock the organisation, so that two of its people can't remove each other's last signatory at once."""
    organisation = queries.get_organisation(membership.organisation_id, lock=True)
    queries.get_membership(membership.id, lock=True)
    return organisation


def _end(membership: Membership, *, actor: Actor, reason: str | None) -> None:
    others = queries.count_signatories(membership.organisation_id, membership.role, without=membership.id)
    rules.check_keeps_signatory(membership, others)
    transition(membership, MEMBERSHIP, "end", actor=actor, reason=reason)
    db.flush()


def _join(person: Person, data: dict[str, str], actor: Actor) -> Membership:
    organisation = queries.get_organisation(UUID(data["organisation_id"]), lock=True)
    inviter = UUID(data["invited_by"]) if data["invited_by"] else None
    if inviter is None:  # whoever installed the service, who invites nobody but the first administrators
        rules.check_needs_administrators(len(queries.people_with_role(Role.ADMINISTRATOR)))
    # Who was shut out since must not come back through a friend.
    if inviter is not None and inviter not in {
        member.id for member in queries.people_of(organisation.id, rules.INVITERS)
    }:
        raise DomainError(tokens.NOT_VALID)
    membership = _add(
        person.id,
        organisation,
        Role(data["role"]),
        granted_by=inviter,
        mandate=data["mandate"],
        valid_until=date.fromisoformat(data["valid_until"]) if data["valid_until"] else None,
    )
    if inviter is None:
        transition(membership, MEMBERSHIP, "activate", actor=SYSTEM)
    elif organisation.kind != OrganisationKind.AGENCY:
        transition(membership, MEMBERSHIP, "activate", actor=actor)
        notify_person(
            inviter,
            "accounts/invitation_accepted",
            key=str(membership.id),
            person=person.name,
            organisation=organisation.name,
        )
    return membership


def _add(
    person_id: UUID,
    organisation: Organisation,
    role: Role,
    *,
    granted_by: UUID | None,
    mandate: str | None = None,
    valid_until: date | None = None,
) -> Membership:
    membership = Membership(
        person_id=person_id,
        organisation_id=organisation.id,
        organisation_kind=organisation.kind,
        role=role.value,
        status=MEMBERSHIP.initial,
        mandate=mandate,
        valid_from=clock.today(),
        valid_until=valid_until,
        granted_by=granted_by,
    )
    db.session.add(membership)
    db.flush()
    return membership
