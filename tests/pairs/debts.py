"""The lives of debts: receivables, instalments, write-offs, and what is kept back from a claim for them."""

import io
from uuid import UUID

from sqlalchemy import exists, select

from marketplace.claims import service as claims
from marketplace.claims.models import BankAssignment, BankEntry, Deduction
from marketplace.claims.states import DEDUCTION
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.receivables import queries, service
from marketplace.receivables.models import Instalment, Receipt, Receivable, WriteOff
from marketplace.receivables.states import INSTALMENT, RECEIVABLE, WRITE_OFF
from tests.factories.bank_reports import Detail, Entry, notification
from tests.factories.claims import new_key
from tests.factories.receivables import make_paid, notice
from tests.pairs.claims import BANK, answer, approved, line_of, send
from tests.pairs.walk import Cast, Life, Verb

DECIDE = "receivables.decide_write_off"
TAKE_BACK = "receivables.take_back_receipt"


def begin(cast: Cast) -> UUID:
    """What a firm was paid is asked back."""
    engagement = make_paid(cast.story)
    officer = cast.officer(Role.ETHICS_OFFICER)
    return service.open_recovery(
        engagement.id, actor=officer, debtor_id=engagement.provider_id, ground="unmet", reason="Tried", key=new_key()
    ).id


def begin_open(cast: Cast) -> UUID:
    """A debt that is confirmed."""
    debt_id = begin(cast)
    service.confirm(debt_id, actor=cast.officer(Role.BUDGET_OFFICER), key=new_key())
    return debt_id


def begin_instalment(cast: Cast) -> UUID:
    """The one instalment of such a debt."""
    debt_id = begin_open(cast)
    return db.session.scalars(select(Instalment.id).where(Instalment.receivable_id == debt_id)).one()


def begin_write_off(cast: Cast) -> UUID:
    """A debt is to be given up."""
    return service.propose_write_off(begin_open(cast), actor=cast.officer(Role.BUDGET_OFFICER), reason="Tried").id


def begin_deduction(cast: Cast) -> UUID:
    """A part of the firm's next claim is kept back."""
    officer, debt_id = cast.officer(Role.BUDGET_OFFICER), begin_open(cast)
    return service.set_off(debt_id, actor=officer, claim_id=approved(cast), amount=1_000, key=new_key()).id


def debt_of_instalment(instalment_id: UUID) -> UUID:
    """The debt that the instalment is of."""
    return db.get(Instalment, instalment_id).receivable_id


def debt_of_write_off(write_off_id: UUID) -> UUID:
    """The debt that is to be given up."""
    return db.get(WriteOff, write_off_id).receivable_id


def debt_of_deduction(deduction_id: UUID) -> UUID:
    """The debt that something is kept back for."""
    number = db.get(Deduction, deduction_id).reference
    return db.session.scalars(select(Receivable.id).where(Receivable.number == number)).one()


def line_of_deduction(deduction_id: UUID) -> UUID | None:
    """The payment that is less by it."""
    return line_of(db.get(Deduction, deduction_id).claim_id)


def pay_in(_cast: Cast, debt_id: UUID) -> None:
    """All that is owed arrives at the bank."""
    debt = db.get(Receivable, debt_id)
    report = notice(debt.number, debt.outstanding or 1)
    claims.import_bank_file(io.BytesIO(report), actor=SYSTEM, filename="camt.xml")


def pay_in_for(cast: Cast, instalment_id: UUID) -> None:
    """All that is owed with the instalment arrives."""
    pay_in(cast, debt_of_instalment(instalment_id))


def arrival(debt_id: UUID) -> UUID | None:
    """The movement by which it arrived; before the debt is open the bank's report means nothing."""
    number = db.get(Receivable, debt_id).number
    booked = select(Receipt.bank_entry_id).where(Receipt.bank_entry_id.is_not(None))
    query = select(BankEntry.id).where(BankEntry.outcome == "receivable", BankEntry.reference == number)
    query = query.where(BankEntry.id.not_in(booked))
    return db.session.scalar(query.limit(1))


def arrival_for(instalment_id: UUID) -> UUID | None:
    """The movement by which the instalment is paid."""
    return arrival(debt_of_instalment(instalment_id))


def take(entry_id: UUID, actor: Actor) -> None:
    """What arrived is booked."""
    service.take_receipt(entry_id, actor=actor, key=new_key())


def take_back_all(cast: Cast, debt_id: UUID) -> None:
    """The bank takes back what came last for the debt, where anything came."""
    debt = db.get(Receivable, debt_id)
    query = select(Receipt.amount).where(Receipt.receivable_id == debt_id, Receipt.bank_entry_id.is_not(None))
    amount = db.session.scalar(query.order_by(Receipt.created_at.desc()).limit(1)) or 1
    entry = Entry(-amount, [Detail(debt.number, account="")], mark=new_key()[:30], reversal=True)
    claims.import_bank_file(io.BytesIO(notification(entry)), actor=SYSTEM, filename="camt.xml")


def take_back_for(cast: Cast, instalment_id: UUID) -> None:
    """The bank takes back what paid the instalment."""
    take_back_all(cast, debt_of_instalment(instalment_id))


def departure(debt_id: UUID) -> tuple[UUID, UUID] | None:
    """The receipt, and the movement by which it was taken back."""
    debt = db.get(Receivable, debt_id)
    entry = db.session.scalars(
        select(BankEntry)
        .where(BankEntry.outcome == "unmatched", BankEntry.direction == "debit", BankEntry.reference == debt.number)
        .where(~exists().where(BankAssignment.entry_id == BankEntry.id))
        .limit(1)
    ).first()
    if entry is None:
        return None
    found = queries.receipts_to_take_back(amount=entry.amount, currency=entry.currency, number=debt.number)
    return (found[0].id, entry.id) if found else None


def departure_for(instalment_id: UUID) -> tuple[UUID, UUID] | None:
    """The same of the instalment's debt."""
    return departure(debt_of_instalment(instalment_id))


def take_back(found: tuple[UUID, UUID], actor: Actor) -> None:
    """What was taken back is owed again."""
    receipt_id, entry_id = found
    service.take_back_receipt(receipt_id, entry_id=entry_id, actor=actor, reason="Tried", key=new_key())


def propose(cast: Cast, debt_id: UUID) -> None:
    """Somebody else proposes to give the debt up."""
    service.propose_write_off(debt_id, actor=cast.officer(Role.BUDGET_OFFICER), reason="Tried")


def propose_for_instalment(cast: Cast, instalment_id: UUID) -> None:
    """Somebody else proposes to give the instalment's debt up."""
    propose(cast, debt_of_instalment(instalment_id))


def propose_for_deduction(cast: Cast, deduction_id: UUID) -> None:
    """Somebody else proposes to give the debt up that something is kept back for."""
    propose(cast, debt_of_deduction(deduction_id))


def sign(debt_id: UUID, actor: Actor) -> None:
    """The second signature under giving the debt up."""
    service.sign_write_off(debt_id, actor=actor, key=new_key())


def agree(debt_id: UUID, actor: Actor) -> None:
    """Other instalments are agreed."""
    plan = {"count": 3, "first_due_on": clock.today(), "every_months": 1, "reason": "Tried"}
    service.agree_instalments(debt_id, actor=actor, key=new_key(), **plan)


def send_with(cast: Cast, deduction_id: UUID) -> None:
    """The claim that is paid less leaves for the bank."""
    claim_id = db.get(Deduction, deduction_id).claim_id
    claims.prepare_batch(actor=cast.officer(Role.BUDGET_OFFICER), claim_ids=[claim_id], key=new_key())
    send(cast, claim_id)


RECEIVABLES = [
    Life(
        RECEIVABLE,
        Receivable,
        begin,
        [
            Verb(
                "confirm",
                lambda one, by: service.confirm(one, actor=by, key=new_key()),
                page="receivables.confirm",
            ),
            Verb("drop", lambda one, by: service.drop(one, actor=by, reason="Tried"), page="receivables.drop"),
            Verb("settle", take, first=pay_in, aim=arrival, aside=True),
            Verb("write_off", sign, page=DECIDE, first=propose),
            Verb("reopen", take_back, page=TAKE_BACK, first=take_back_all, aim=departure, aside=True),
        ],
    )
]
INSTALMENTS = [
    Life(
        INSTALMENT,
        Instalment,
        begin_instalment,
        [
            Verb("notify", lambda one, by: service.notify_instalment(one, actor=by), aside=True),
            Verb("pay", take, first=pay_in_for, aim=arrival_for, aside=True),
            Verb("replace", agree, page="receivables.agree_instalments", aim=debt_of_instalment, aside=True),
            Verb("write_off", sign, page=DECIDE, first=propose_for_instalment, aim=debt_of_instalment, aside=True),
            Verb("reopen", take_back, page=TAKE_BACK, first=take_back_for, aim=departure_for, aside=True),
        ],
    )
]
WRITE_OFFS = [
    Life(
        WRITE_OFF,
        WriteOff,
        begin_write_off,
        [
            Verb("sign", sign, page=DECIDE, aim=debt_of_write_off),
            Verb(
                "refuse",
                lambda one, by: service.refuse_write_off(one, actor=by, reason="Tried"),
                page=DECIDE,
                aim=debt_of_write_off,
            ),
        ],
    )
]
DEDUCTIONS = [
    Life(
        DEDUCTION,
        Deduction,
        begin_deduction,
        [
            Verb("take", answer(), first=send_with, aim=line_of_deduction, **BANK),
            Verb("cancel", sign, page=DECIDE, first=propose_for_deduction, aim=debt_of_deduction, aside=True),
        ],
    )
]
