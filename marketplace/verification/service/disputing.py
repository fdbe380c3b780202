"""A dispute about a company: opened, replied to, dismissed by an officer or decided for who opened it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from marketplace.accounts import queries as accounts
from marketplace.accounts import rules as account_rules
from marketplace.accounts.models import Membership
from marketplace.accounts.service import notify_organisation, notify_person, notify_role
from marketplace.core import clock, db, files
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError
from marketplace.core.i18n import _
from marketplace.core.reasons import TELLING, check_reason
from marketplace.verification import queries, rules, terms
from marketplace.verification.models import Dispute
from marketplace.verification.states import DISPUTE


def open_dispute(
    *,
    actor: Actor,
    business_number: str,
    name: str,
    representative_name: str,
    statement: str,
    document: files.Upload,
) -> Dispute:
    """Say that a registered company is one's own to sign for, with its business registration; both sides are told."""
    person_id = rules.check_person(actor)
    digits = account_rules.check_business_number(business_number)
    known = accounts.find_organisation_by_business_number(digits)
    if known is None:
        raise DomainError(
            _("No company is registered under this number. Register it: it is free."), field="business_number"
        )
    organisation = accounts.get_organisation(known.id, lock=True)
    accounts.get_person(person_id, lock=True)  # of two at once the second sees the first
    rules.check_may_open(
        signs=_signs(accounts.memberships_of(person_id), organisation.id),
        disputed=queries.is_disputed(organisation.id),
        open_disputes=queries.count_open_by(person_id),
        most=terms.terms().open_disputes,
    )
    dispute = Dispute(
        organisation=organisation,
        name=name,
        representative_name=representative_name,
        statement=check_reason(statement, field="statement", shortest=TELLING),
        file=files.keep(document, actor=actor),
        opened_by=person_id,
        reply_by=terms.reply_by(),
    )
    db.session.add(dispute)
    db.flush()
    record(actor, "dispute.open", dispute, after={"organisation": str(organisation.id), "sha256": dispute.file.sha256})
    tell_signatories(dispute, "disputed", reply_by=dispute.reply_by, statement=dispute.statement)
    tell_opener(dispute, "dispute_opened", reply_by=dispute.reply_by)
    _tell_officers(dispute)
    return dispute


def reply(dispute_id: UUID, *, actor: Actor, reply: str, document: files.Upload | None = None) -> Dispute:
    """Answer whoever says that the company is theirs, once and in time, by those who sign for it."""
    dispute = queries.get_dispute(dispute_id, actor=actor, lock=True)
    rules.check_may_reply(dispute, actor, clock.today())
    words, file = check_reason(reply, field="reply", shortest=TELLING), files.keep(document, actor=actor)
    dispute.reply, dispute.reply_file = words, file
    dispute.replied_by, dispute.replied_at = actor.person_id, clock.now()
    record(actor, "dispute.reply", dispute)
    db.flush()
    notify_role(
        Role.PROGRAMME_OFFICER,
        "verification/dispute_replied",
        key=str(dispute.id),
        company=dispute.organisation.name,
        path=f"/verification/disputes/{dispute.id}",
    )
    return dispute


def dismiss(dispute_id: UUID, *, actor: Actor, reason: str) -> Dispute:
    """Leave the company with those who sign for it, with a reason for both sides."""
    dispute = _decided_by(dispute_id, actor)
    dispute.reason, dispute.decided_by = check_reason(reason, shortest=TELLING), actor.person_id
    transition(dispute, DISPUTE, "dismiss", actor=actor, reason=dispute.reason)
    db.flush()
    tell_signatories(dispute, "dispute_over", reason=dispute.reason)
    tell_opener(dispute, "dispute_dismissed", reason=dispute.reason)
    return dispute


def propose_transfer(dispute_id: UUID, *, actor: Actor, reason: str) -> Dispute:
    """Find for whoever opened the dispute, once the others were heard; an administrator confirms it."""
    dispute = _decided_by(dispute_id, actor)
    rules.check_heard(dispute, clock.today())
    dispute.reason, dispute.proposed_by = check_reason(reason, shortest=TELLING), actor.person_id
    transition(dispute, DISPUTE, "propose", actor=actor, reason=dispute.reason)
    db.flush()
    notify_role(
        Role.ADMINISTRATOR,
        "verification/transfer_proposed",
        key=f"{dispute.id}:{clock.now().isoformat()}",
        company=dispute.organisation.name,
        path=f"/verification/disputes/{dispute.id}",
    )
    return dispute


def return_proposal(dispute_id: UUID, *, actor: Actor, reason: str) -> Dispute:
    """Hand a proposed transfer back to the officers, with a reason; nothing has changed for the company."""
    rules.check_administrator(actor)
    dispute = queries.get_dispute(dispute_id, actor=actor, lock=True)
    dispute.reason = check_reason(reason, shortest=TELLING)
    transition(dispute, DISPUTE, "return", actor=actor, reason=dispute.reason)
    dispute.proposed_by = dispute.proposed_at = None
    db.flush()
    _tell_officers(dispute, again=True)
    return dispute


def _decided_by(dispute_id: UUID, actor: Actor) -> Dispute:
    """The locked dispute, which an officer without a part in it decides."""
    rules.check_officer(actor)
    assert actor.person_id is not None
    dispute = queries.get_dispute(dispute_id, actor=actor, lock=True)
    own = {known for _person, known in accounts.organisations_ever([actor.person_id])}
    rules.check_not_own(dispute.organisation_id, own)
    return dispute


def _signs(memberships: Any, organisation_id: UUID) -> bool:
    held: list[Membership] = [one for one in memberships if one.organisation_id == organisation_id]
    return any(one.role in rules.BINDING for one in held)


def _tell_officers(dispute: Dispute, *, again: bool = False) -> None:
    notify_role(
        Role.PROGRAMME_OFFICER,
        "verification/dispute_to_decide",
        key=f"{dispute.id}:{clock.now().isoformat()}" if again else str(dispute.id),
        company=dispute.organisation.name,
        reply_by=dispute.reply_by,
        returned=dispute.reason if again else None,
        path=f"/verification/disputes/{dispute.id}",
    )


def tell_signatories(dispute: Dispute, template: str, **data: Any) -> None:
    """Mail those who sign for the company now."""
    notify_organisation(
        dispute.organisation_id,
        rules.BINDING,
        f"verification/{template}",
        key=str(dispute.id),
        company=dispute.organisation.name,
        path=f"/verification/disputes/{dispute.id}",
        **data,
    )


def tell_opener(dispute: Dispute, template: str, **data: Any) -> None:
    """Mail whoever opened the dispute."""
    notify_person(
        dispute.opened_by,
        f"verification/{template}",
        key=str(dispute.id),
        company=dispute.organisation.name,
        path=f"/verification/disputes/{dispute.id}",
        **data,
    )
