"""What the business register says: it confirms a company alone where all agrees, and leaves the rest to an officer."""

from __future__ import annotations

from uuid import UUID

from marketplace.accounts import queries as accounts
from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.core.audit import record
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, Subscription, task
from marketplace.verification import events, queries, registers, rules
from marketplace.verification.models import Verification
from marketplace.verification.service.deciding import set_confirmed
from marketplace.verification.states import Evidence, RegisterAnswer, VerificationStatus


@task(
    "look_up_company",
    _("Ask the business register about a company"),
    Queue.MAINTENANCE,
    on=[Subscription(events.HANDED_IN)],
)
def look_up(verification_id: UUID, *, actor: Actor) -> None:
    """Ask about a company that waits. An answer that differs is kept for the officer, as is one in a dispute."""
    rules.check_system(actor)
    register = registers.register()
    if register is None:
        return
    asked = db.get(Verification, verification_id)
    number = accounts.get_organisation(asked.organisation_id).business_number or ""
    entry = register.find(number)
    accounts.get_organisation(asked.organisation_id, lock=True)
    verification = db.get(Verification, verification_id, lock=True)
    if verification.status != VerificationStatus.WAITING:
        return
    said = registers.answer(entry, name=verification.name, representative_name=verification.representative_name)
    verification.register_answer = said
    record(actor, "verification.look_up", verification, after={"answer": said})
    if said is RegisterAnswer.AGREES and not queries.is_disputed(verification.organisation_id):
        set_confirmed(verification, Evidence.REGISTER, actor=actor)
