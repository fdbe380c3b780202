"""What an officer does: verify a company, refuse it with a reason, end a verification that was wrong."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from marketplace.accounts import queries as accounts
from marketplace.accounts.service import name_organisation, notify_organisation
from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.core.audit import transition
from marketplace.core.reasons import TELLING, check_reason
from marketplace.core.tasks import announce
from marketplace.verification import events, queries, rules
from marketplace.verification.models import Verification
from marketplace.verification.states import VERIFICATION, Evidence, VerificationStatus

REPLACED = "A later one was verified."


def confirm(verification_id: UUID, *, actor: Actor) -> Verification:
    """Verify a company by its business registration; never one's own, nor while it is disputed whose it is."""
    verification = _lock(verification_id, actor)
    verification.decided_by = actor.person_id
    return set_confirmed(verification, Evidence.DOCUMENT, actor=actor)


def set_confirmed(verification: Verification, evidence: Evidence, *, actor: Actor) -> Verification:
    """Make the move, by whom and on what has been checked; the company bears the verified name from now on."""
    VERIFICATION.move(verification.status, "confirm")
    rules.check_undisputed(queries.is_disputed(verification.organisation_id))
    replace(verification.organisation_id, actor=actor)
    verification.evidence = evidence
    transition(verification, VERIFICATION, "confirm", actor=actor, evidence=evidence)
    db.flush()
    name_organisation(
        verification.organisation,
        name=verification.name,
        representative_name=verification.representative_name,
        actor=actor,
    )
    _announce(verification)
    tell(verification, "confirmed")
    return verification


def replace(organisation_id: UUID, *, actor: Actor) -> None:
    """End the verification in force, because another takes its place."""
    before = queries.find(organisation_id, VerificationStatus.CONFIRMED, lock=True)
    if before is not None:
        before.reason = REPLACED
        transition(before, VERIFICATION, "end", actor=actor, reason=REPLACED)
        db.flush()


def refuse(verification_id: UUID, *, actor: Actor, reason: str) -> Verification:
    """Say why a company can't be verified by what was handed in; it may hand in something better."""
    verification = _lock(verification_id, actor)
    verification.reason = check_reason(reason, shortest=TELLING)
    verification.decided_by = actor.person_id
    transition(verification, VERIFICATION, "refuse", actor=actor, reason=verification.reason)
    db.flush()
    _announce(verification)
    tell(verification, "refused", reason=verification.reason)
    return verification


def end(verification_id: UUID, *, actor: Actor, reason: str) -> Verification:
    """End a verification that turned out wrong: what binds is stopped from now on, what was bound stays."""
    verification = _lock(verification_id, actor)
    verification.reason = check_reason(reason, shortest=TELLING)
    verification.decided_by = actor.person_id
    transition(verification, VERIFICATION, "end", actor=actor, reason=verification.reason)
    db.flush()
    _announce(verification)
    tell(verification, "ended", reason=verification.reason)
    return verification


def _lock(verification_id: UUID, actor: Actor) -> Verification:
    """The verification under the lock of its company, which the officer has nothing to do with."""
    rules.check_officer(actor)
    assert actor.person_id is not None
    organisation_id = queries.get_verification(verification_id, actor=actor).organisation_id
    accounts.get_organisation(organisation_id, lock=True)
    verification = queries.get_verification(verification_id, actor=actor, lock=True)
    rules.check_not_own(organisation_id, {known for _person, known in accounts.organisations_ever([actor.person_id])})
    return verification


def _announce(verification: Verification) -> None:
    announce(events.DECIDED, verification_id=verification.id, organisation_id=verification.organisation_id)


def tell(verification: Verification, template: str, **data: Any) -> None:
    """Mail those who sign for the company."""
    notify_organisation(
        verification.organisation_id,
        rules.BINDING,
        f"verification/{template}",
        key=str(verification.id),
        company=verification.name,
        path="/verification",
        **data,
    )
