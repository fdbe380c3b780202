"""The verbs of movements that match nothing: kept in the books at once, until an officer says what each one is."""

from collections.abc import Sequence
from uuid import UUID

from marketplace.claims import events, queries, rules
from marketplace.claims.models import BankAssignment, BankEntry, Refund
from marketplace.claims.service.refunds import pay_back_entry
from marketplace.claims.states import AssignmentKind
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record
from marketplace.core.errors import DomainError
from marketplace.core.i18n import _
from marketplace.core.money import Money
from marketplace.core.reasons import check_reason
from marketplace.core.tasks import announce
from marketplace.engagements import service as engagements
from marketplace.engagements.models import CoPayment
from marketplace.ledger import chart
from marketplace.ledger.chart import TransferKind
from marketplace.ledger.service import Leg, money_verb, post


def keep_in_suspense(entry: BankEntry, *, actor: Actor) -> None:
    """Book money that arrived and matches nothing, so that the books explain it from the first moment."""
    key = f"{entry.account}:{entry.bank_reference}"
    leg = Leg(chart.bank(entry.currency), chart.suspense(entry.id), entry.amount, key)
    post([leg], kind=TransferKind.RECEIVE, currency=entry.currency, actor=actor, reference=entry.bank_reference)


@money_verb(CoPayment)
def assign_to_co_payment(
    entry_ids: Sequence[UUID], *, actor: Actor, reference: str, reason: str, key: str
) -> CoPayment:
    """Take movements of one payer together as the co-payment awaited under the reference; their sum must fit."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    entries = queries.entries_by_id(entry_ids)
    rules.check_assignable(entries, entry_ids)
    for entry in entries:
        _check_in_suspense(entry)
    first, total = entries[0], sum(entry.amount for entry in entries)
    co_payment = engagements.record_co_payment(
        reference,
        actor=actor,
        amount=Money(total, first.currency),
        payer_name=first.payer,
        payer_account=first.debtor_account,
        payer_bank=first.debtor_bank,
        holder_name=first.debtor,
        booked_on=entries[-1].booked_on,
        sources={str(entry.id): entry.amount for entry in entries},
        key=f"assign:{first.id}",
    )
    for entry in entries:
        _assign(entry, AssignmentKind.CO_PAYMENT, actor, reason, co_payment_id=co_payment.id)
        announce(events.ENTRY_ASSIGNED, import_id=entry.import_id, bank_entry_id=entry.id)
    return co_payment


@money_verb(Refund)
def send_entry_back(entry_id: UUID, *, actor: Actor, reason: str, key: str) -> Refund:
    """Say that money which arrived by mistake, or too late, goes back to its payer with the next payment batch.

    Another budget officer sends that batch, as for every payment.
    """
    rules.check_role(actor, Role.BUDGET_OFFICER)
    entry = queries.get_entry(entry_id)
    rules.check_unassigned(entry)
    _check_in_suspense(entry)
    made = _assign(entry, AssignmentKind.SENT_BACK, actor, reason)
    return pay_back_entry(entry, actor=actor, reason=made.reason)


def explain_entry(entry_id: UUID, *, actor: Actor, reason: str) -> BankAssignment:
    """Say what a movement is that holds no money here: a fee, or one on another account."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    entry = queries.get_entry(entry_id)
    rules.check_unassigned(entry)
    if queries.is_in_suspense(entry):
        raise DomainError(_("This money waits in the books. Assign it to a co-payment, or send it back."))
    return _assign(entry, AssignmentKind.EXPLAINED, actor, reason)


def _check_in_suspense(entry: BankEntry) -> None:
    if not queries.is_in_suspense(entry):
        raise DomainError(_("The books hold no money of this movement. Explain it instead."))


def _assign(
    entry: BankEntry, kind: AssignmentKind, actor: Actor, reason: str, *, co_payment_id: UUID | None = None
) -> BankAssignment:
    made = BankAssignment(
        entry_id=entry.id,
        kind=kind,
        co_payment_id=co_payment_id,
        reason=check_reason(reason),
        assigned_by=actor.person_id,
        assigned_at=clock.now(),
    )
    db.session.add(made)
    db.flush()
    db.session.expire(entry, ["assignment"])
    record(actor, f"bank_entry.{kind}", entry, after={"co_payment_id": co_payment_id}, reason=reason)
    return made
