"""The verbs of write-offs: one budget officer proposes, another one signs or refuses."""

from uuid import UUID

from marketplace.claims import service as claims
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.reasons import check_reason
from marketplace.ledger.chart import TransferKind
from marketplace.ledger.service import money_verb
from marketplace.receivables import queries, rules
from marketplace.receivables.models import WriteOff
from marketplace.receivables.service import money
from marketplace.receivables.service.letters import notify
from marketplace.receivables.states import INSTALMENT, RECEIVABLE, WRITE_OFF


def propose_write_off(receivable_id: UUID, *, actor: Actor, reason: str) -> WriteOff:
    """The first signature: what is still owed is to be given up, and why."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    receivable = queries.lock_receivable(receivable_id)
    rules.check_open(receivable)
    write_off = WriteOff(
        receivable=receivable,
        reason=check_reason(reason),
        status=WRITE_OFF.initial,
        proposed_by=actor.person_id,
        proposed_at=clock.now(),
    )
    db.session.add(write_off)
    db.flush()
    record(actor, "write_off.propose", write_off, after={"receivable_id": receivable_id}, reason=reason)
    return write_off


@money_verb(WriteOff)
def sign_write_off(receivable_id: UUID, *, actor: Actor, key: str) -> WriteOff:
    """The second signature: all that is still owed by then is given up, and the debtor is told."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    receivable = queries.lock_receivable(receivable_id)
    rules.check_open(receivable)
    write_off = rules.check_proposed(queries.open_write_off(receivable_id))
    rules.check_second(write_off.proposed_by, actor, rules.SECOND_SIGNATURE)
    write_off.signed_by, write_off.amount = actor.person_id, receivable.outstanding
    transition(write_off, WRITE_OFF, "sign", actor=actor, amount=write_off.amount)
    db.flush()
    money.lower_debt(
        receivable, receivable.outstanding, kind=TransferKind.WRITE_OFF, actor=actor, key=f"{receivable.id}:write_off"
    )
    for instalment in receivable.live:
        transition(instalment, INSTALMENT, "write_off", actor=actor)
    transition(receivable, RECEIVABLE, "write_off", actor=actor)
    db.flush()
    claims.cancel_deductions(receivable.number, actor=actor)
    notify(receivable, "receivables/written_off", key=str(write_off.id), amount=write_off.amount)
    return write_off


def refuse_write_off(receivable_id: UUID, *, actor: Actor, reason: str) -> WriteOff:
    """The second officer, or the first one on second thoughts, doesn't give the money up."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    queries.lock_receivable(receivable_id)
    write_off = rules.check_proposed(queries.open_write_off(receivable_id))
    write_off.refused_by = actor.person_id
    transition(write_off, WRITE_OFF, "refuse", actor=actor, reason=check_reason(reason))
    db.flush()
    return write_off
