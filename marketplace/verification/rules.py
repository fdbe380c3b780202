"""What may be done to verifications and disputes, by whom and when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from marketplace.core.actors import PROVIDER, SME, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, NotFound, explain
from marketplace.core.i18n import _
from marketplace.core.i18n import day as day_in_words
from marketplace.verification.models import Dispute
from marketplace.verification.states import DISPUTE

BINDING = (Role.SIGNATORY, Role.MANAGER)
"""Who signs for a company or firm."""
READERS = (Role.PROGRAMME_OFFICER, Role.ADMINISTRATOR, Role.AUDITOR)
"""Who reads the queue."""
NOT_VERIFIED = _(
    "Your company is not verified yet, so this was not done. Hand in its business registration under “Company details”;"
    " an officer looks at it within a few days."
)
OTHER_NOT_VERIFIED = _("The company or firm is not verified yet, so this was not done. Verify it first.")
OWN_COMPANY = _("Nobody decides about a company they belong to or belonged to.")
IN_DISPUTE = _("Somebody else says that this company is theirs. Decide about that first.")
DISPUTED = _("Somebody has already said that this company is theirs. The agency decides about it first.")
DECIDED_MEANWHILE = _("Something else was handed in meanwhile. Look at it in the list.")

explain(
    {
        "unverified": OTHER_NOT_VERIFIED,
        "verification_own_company": OWN_COMPANY,
        "uq_verifications_waiting": DECIDED_MEANWHILE,
        "uq_verifications_confirmed": DECIDED_MEANWHILE,
        "uq_disputes_open": DISPUTED,
        "ck_disputes_two_people": _("Another person must confirm what you proposed."),
        "verified_name": _("A verified company keeps its name and representative until others are verified."),
    }
)


def check_reads(actor: Actor) -> UUID:
    """People of a company or firm see how it stands; the company."""
    if actor.role not in (*SME, *PROVIDER) or actor.organisation_id is None:
        raise Forbidden()
    return actor.organisation_id


def check_binds(actor: Actor) -> UUID:
    """Whoever signs for a company or firm hands in who it is; the company."""
    if actor.role not in BINDING or actor.organisation_id is None:
        raise Forbidden(_("Only who signs for the company may do this."))
    return actor.organisation_id


def check_officer(actor: Actor) -> None:
    """A programme officer verifies, and proposes what becomes of a dispute."""
    if actor.role is not Role.PROGRAMME_OFFICER:
        raise Forbidden()


def check_administrator(actor: Actor) -> None:
    """An administrator, who is responsible for people and roles, confirms that a company gets another signatory."""
    if actor.role is not Role.ADMINISTRATOR:
        raise Forbidden()


def check_system(actor: Actor) -> None:
    """What happens by itself is nobody's to do."""
    if actor.role is not Role.SYSTEM:
        raise Forbidden()


def check_person(actor: Actor) -> UUID:
    """Whoever is signed in as a person may say that a company is theirs; the person."""
    if actor.person_id is None:
        raise Forbidden()
    return actor.person_id


def check_not_own(organisation_id: UUID, own: Collection[UUID]) -> None:
    """Nobody decides about a company they belong or belonged to; `own` are those of the officer."""
    if organisation_id in own:
        raise DomainError(OWN_COMPANY)


def check_undisputed(disputed: bool) -> None:
    """While it is open whose company it is, nobody is confirmed as its signatory."""
    if disputed:
        raise DomainError(IN_DISPUTE)


def check_may_open(*, signs: bool, disputed: bool, open_disputes: int, most: int) -> None:
    """One dispute about a company at a time, never by who signs for it, and few at once by one person."""
    if signs:
        raise DomainError(_("You already sign for this company."), field="business_number")
    if disputed:
        raise DomainError(DISPUTED, field="business_number")
    if open_disputes >= most:
        raise DomainError(_("You have %(count)s disputes open. Wait until one of them is decided.", count=most))


def check_party(dispute: Dispute, actor: Actor) -> None:
    """A dispute is read by whoever opened it, by those who sign for the company, and by those who decide."""
    signs = actor.role in BINDING and actor.organisation_id == dispute.organisation_id
    if not (signs or actor.role in READERS or actor.person_id == dispute.opened_by):
        raise NotFound()


def check_may_reply(dispute: Dispute, actor: Actor, today: date) -> None:
    """Those who sign for the company reply once, in time."""
    if check_binds(actor) != dispute.organisation_id:
        raise NotFound()
    if dispute.status != DISPUTE.initial or dispute.reply is not None:
        raise DomainError(_("You have replied, or the dispute is decided."))
    if dispute.reply_by < today:
        raise DomainError(_("You could reply until %(day)s.", day=day_in_words(dispute.reply_by)))


def check_heard(dispute: Dispute, today: date) -> None:
    """Nobody loses a company unheard."""
    if dispute.reply is None and today <= dispute.reply_by:
        raise DomainError(
            _(
                "Those who sign for the company may reply until %(day)s. Decide after that.",
                day=day_in_words(dispute.reply_by),
            )
        )


def check_another_person(dispute: Dispute, actor: Actor) -> None:
    """Nobody confirms what they proposed."""
    if dispute.proposed_by == actor.person_id:
        raise DomainError(_("Another person must confirm what you proposed."))
