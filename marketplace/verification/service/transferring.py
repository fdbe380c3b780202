"""The end of a dispute that its opener wins: the company gets another signatory and is verified by their document."""

from __future__ import annotations

from uuid import UUID

from marketplace.accounts import queries as accounts
from marketplace.accounts.service import name_organisation, transfer_organisation
from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.core.audit import record, transition
from marketplace.core.tasks import announce
from marketplace.verification import events, queries, rules, terms
from marketplace.verification.models import Dispute, Verification
from marketplace.verification.service.deciding import replace
from marketplace.verification.service.disputing import tell_opener, tell_signatories
from marketplace.verification.states import DISPUTE, VERIFICATION, Evidence, VerificationStatus


def transfer(dispute_id: UUID, *, actor: Actor) -> Dispute:
    """Confirm a proposed transfer, by an administrator: whoever signed for the company until now no longer does.

    What was signed stands; other people of the company stay, and its new signatory decides about them.
    """
    rules.check_administrator(actor)
    assert actor.person_id is not None
    organisation_id = queries.get_dispute(dispute_id, actor=actor).organisation_id
    accounts.get_organisation(organisation_id, lock=True)
    dispute = queries.get_dispute(dispute_id, actor=actor, lock=True)
    rules.check_another_person(dispute, actor)
    own = {known for _person, known in accounts.organisations_ever([actor.person_id])}
    rules.check_not_own(organisation_id, own)
    dispute.decided_by = actor.person_id
    transition(dispute, DISPUTE, "transfer", actor=actor, reason=dispute.reason)
    db.flush()
    tell_signatories(dispute, "transferred_away", reason=dispute.reason)  # while they still are
    transfer_organisation(organisation_id, dispute.opened_by, actor=actor)
    _verify(dispute, actor)
    tell_opener(dispute, "transferred", reason=dispute.reason)
    return dispute


def _verify(dispute: Dispute, actor: Actor) -> None:
    """The document by which the dispute was decided verifies the company."""
    waiting = queries.find(dispute.organisation_id, VerificationStatus.WAITING, lock=True)
    if waiting is not None:
        transition(waiting, VERIFICATION, "withdraw", actor=actor)
    replace(dispute.organisation_id, actor=actor)
    verification = Verification(
        organisation=dispute.organisation,
        name=dispute.name,
        representative_name=dispute.representative_name,
        file=dispute.file,
        handed_in_by=dispute.opened_by,
        look_by=terms.look_by(),
    )
    db.session.add(verification)
    db.flush()
    record(actor, "verification.hand_in", verification, after={"dispute": str(dispute.id)})
    verification.evidence, verification.decided_by = Evidence.DOCUMENT, actor.person_id
    transition(verification, VERIFICATION, "confirm", actor=actor, evidence=Evidence.DOCUMENT)
    db.flush()
    name_organisation(
        dispute.organisation, name=dispute.name, representative_name=dispute.representative_name, actor=actor
    )
    announce(events.DECIDED, verification_id=verification.id, organisation_id=dispute.organisation_id)
