"""Reads of what is owed to the agency; always ordered, and by side."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, case, exists, false, func, select, true
from sqlalchemy.orm import aliased

from config import repayment
from marketplace.accounts.queries import name_of, person_name_of
from marketplace.accounts.search import matches
from marketplace.claims.models import Claim, Deduction
from marketplace.claims.states import ClaimStatus, DeductionStatus
from marketplace.core import clock, db
from marketplace.core.actors import SME, Actor, Role
from marketplace.engagements.models import Agreement, Engagement
from marketplace.engagements.queries import number_of
from marketplace.engagements.states import EngagementStatus
from marketplace.ledger.chart import Stage, TransferKind
from marketplace.ledger.models import Account, Transfer
from marketplace.programmes.models import Programme
from marketplace.receivables import rules
from marketplace.receivables.models import LIVE, Instalment, Receipt, ReceiptReversal, Receivable, WriteOff
from marketplace.receivables.states import (
    InstalmentStatus,
    ReceivableKind,
    ReceivableStatus,
    ReceivableWaiting,
    WriteOffStatus,
)
from marketplace.vouchers.models import Voucher

DEBTORS = SME | {Role.MANAGER}
SEES_ALL = frozenset({Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER, Role.ETHICS_OFFICER, Role.AUDITOR, Role.SYSTEM})


def visible_to(actor: Actor) -> Select[Receivable]:
    """A debtor sees what it owes once it is confirmed; officers see all."""
    return select(Receivable).where(_of_side(actor))


def _of_side(actor: Actor) -> ColumnElement[bool]:
    if actor.role in DEBTORS:
        confirmed = Receivable.status.in_(
            (ReceivableStatus.OPEN, ReceivableStatus.SETTLED, ReceivableStatus.WRITTEN_OFF)
        )
        return and_(Receivable.debtor_id == actor.organisation_id, confirmed)
    return true() if actor.role in SEES_ALL else false()


def get_receivable(receivable_id: UUID, *, actor: Actor) -> Receivable:
    """The receivable, if it is this actor's to see; NotFound otherwise."""
    return db.one(visible_to(actor).where(Receivable.id == receivable_id))


def receivable_shown(receivable_id: UUID, *, actor: Actor) -> Row[Any]:
    """The receivable with what its page says of debtor, engagement and officers; NotFound for another side."""
    query = _receivable_shown().where(_of_side(actor))
    return db.one_row(query, receivable_id=receivable_id)


@cache
def _receivable_shown() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Receivable,
            Engagement.number.label("engagement"),
            Engagement.provider_id,
            name_of(Receivable.debtor_id).label("debtor"),
            person_name_of(Receivable.proposed_by).label("proposed_by"),
            person_name_of(Receivable.confirmed_by).label("confirmed_by"),
            exists().where(WriteOff.receivable_id == Receivable.id).label("has_write_offs"),
            exists()
            .where(Deduction.reference == Receivable.number, Deduction.status == DeductionStatus.AGREED)
            .label("has_set_offs"),
        )
        .join(Engagement, Engagement.id == Receivable.engagement_id)
        .where(Receivable.id == bindparam("receivable_id"))
    )


def receipts_shown(receivable_id: UUID) -> Sequence[Row[Any]]:
    """What the receivable's page says of its receipts, oldest first."""
    return db.session.execute(_receipts_shown(), {"receivable_id": receivable_id}).all()


@cache
def _receipts_shown() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Receipt.id,
            Receipt.number,
            Receipt.booked_on,
            Receipt.amount,
            Receipt.bank_entry_id,
            exists().where(ReceiptReversal.receipt_id == Receipt.id).label("taken_back"),
        )
        .where(Receipt.receivable_id == bindparam("receivable_id"))
        .order_by(Receipt.created_at, Receipt.number)
    )


def receipts_to_take_back(*, amount: int, currency: str, number: str | None = None) -> Sequence[Row[Any]]:
    """Receipts of this amount that the bank may have taken back, the newest first; of this debt if one is named."""
    query = (
        select(Receipt.id, Receipt.number, Receivable.number.label("debt"), Receipt.booked_on, Receipt.amount)
        .add_columns(name_of(Receivable.debtor_id).label("debtor"))
        .join(Receivable, Receivable.id == Receipt.receivable_id)
        .where(Receipt.amount == amount, Receivable.currency == currency, Receipt.bank_entry_id.is_not(None))
        .where(~exists().where(ReceiptReversal.receipt_id == Receipt.id))
    )
    if number is not None:
        query = query.where(Receivable.number == number)
    return db.session.execute(query.order_by(Receipt.created_at.desc(), Receipt.number.desc()).limit(20)).all()


def get_instalment(instalment_id: UUID, *, actor: Actor) -> Instalment:
    """The instalment, if its receivable is this actor's to see; NotFound otherwise."""
    instalment = db.get(Instalment, instalment_id)
    get_receivable(instalment.receivable_id, actor=actor)
    return instalment


def get_receipt(receipt_id: UUID, *, actor: Actor) -> Receipt:
    """The receipt, if its receivable is this actor's to see; NotFound otherwise."""
    receipt = db.get(Receipt, receipt_id)
    get_receivable(receipt.receivable_id, actor=actor)
    return receipt


def search_receivables(
    actor: Actor,
    *,
    kind: ReceivableKind | None = None,
    status: ReceivableStatus | None = None,
    text: str = "",
    overdue: bool = False,
    waiting: ReceivableWaiting | None = None,
) -> Select[Receivable]:
    """What the actor may see, by kind, status, arrears and what has to be done; the text is of a number or debtor."""
    query = visible_to(actor)
    if kind:
        query = query.where(Receivable.kind == kind)
    if status:
        query = query.where(Receivable.status == status)
    if overdue:
        late = exists().where(
            Instalment.receivable_id == Receivable.id, Instalment.status.in_(LIVE), Instalment.due_on < clock.today()
        )
        query = query.where(Receivable.status == ReceivableStatus.OPEN, late)
    if waiting:
        query = query.where(waits_for(waiting, actor.person_id))
    if text:
        numbers = Receivable.number, number_of(Receivable.engagement_id)
        query = query.where(matches(text, *numbers, organisations=(Receivable.debtor_id,)))
    return query


def waits_for(waiting: ReceivableWaiting, person_id: Any) -> ColumnElement[bool]:
    """Whether this has to be done about the debt, and this person may do it."""
    match waiting:
        case ReceivableWaiting.PAYMENT:
            told = Instalment.status == InstalmentStatus.NOTIFIED
            owed = exists().where(Instalment.receivable_id == Receivable.id, told)
            return and_(Receivable.status == ReceivableStatus.OPEN, owed)
        case ReceivableWaiting.CONFIRMATION:
            return and_(Receivable.status == ReceivableStatus.PROPOSED, Receivable.proposed_by != person_id)
        case ReceivableWaiting.WRITE_OFF:
            proposed = WriteOff.status == WriteOffStatus.PROPOSED, WriteOff.proposed_by != person_id
            return exists().where(WriteOff.receivable_id == Receivable.id, *proposed)


def live_instalments(receivable_ids: Sequence[UUID]) -> dict[UUID, list[Instalment]]:
    """The instalments still to be paid of each of these receivables, oldest first."""
    query = select(Instalment).where(Instalment.receivable_id.in_(receivable_ids), Instalment.status.in_(LIVE))
    live: dict[UUID, list[Instalment]] = {receivable_id: [] for receivable_id in receivable_ids}
    for instalment in db.session.scalars(query.order_by(Instalment.position)):
        live[instalment.receivable_id].append(instalment)
    return live


def find_by_number(number: str) -> Receivable | None:
    """The receivable with this reference."""
    return db.session.scalars(select(Receivable).where(Receivable.number == number)).one_or_none()


def debtors_of(numbers: Iterable[str]) -> dict[str, UUID]:
    """Who owes each debt of these numbers."""
    query = select(Receivable.number, Receivable.debtor_id).where(Receivable.number.in_(set(numbers)))
    return dict(db.session.execute(query).all())


def lock_receivable(receivable_id: UUID) -> Receivable:
    """The receivable and its instalments as they are now, held until the end of the unit of work."""
    receivable = db.get(Receivable, receivable_id, lock=True)
    db.session.refresh(receivable, ["instalments", "receipts"])
    return receivable


def receivables_of(engagement_id: UUID) -> Sequence[Receivable]:
    """What is asked back for this engagement, oldest first, without what was dropped."""
    query = select(Receivable).where(
        Receivable.engagement_id == engagement_id, Receivable.status != ReceivableStatus.DROPPED
    )
    return db.session.scalars(query.order_by(Receivable.proposed_at, Receivable.id)).all()


def aid_paid(engagement_id: UUID) -> dict[UUID, int]:
    """What the ledger says was paid in aid for this engagement, by budget line, less what the bank sent back."""
    rows = db.session.execute(_aid_paid(), {"engagement_id": engagement_id})
    return {budget_line: int(total) for budget_line, total in rows if total}


@cache
def _aid_paid() -> Select[*tuple[Any, ...]]:
    giver, taker = aliased(Account), aliased(Account)
    claims = select(Claim.id).where(Claim.engagement_id == bindparam("engagement_id"))
    forth = and_(giver.owner_id.in_(claims), giver.stage == Stage.PAYABLE, taker.stage == Stage.PAID)
    back = and_(taker.owner_id.in_(claims), taker.stage == Stage.PAYABLE, giver.stage == Stage.PAID)
    line = func.coalesce(giver.budget_line_id, taker.budget_line_id)
    return (
        select(line, func.sum(case((forth, Transfer.amount), else_=-Transfer.amount)))
        .join(giver, giver.id == Transfer.debit_account_id)
        .join(taker, taker.id == Transfer.credit_account_id)
        .where(forth | back)
        .group_by(line)
        .order_by(line)
    )


def clawed_back(engagement_id: UUID) -> dict[str, dict[str, int]]:
    """What went back so far for each receivable of this engagement, without what was dropped: by number and line."""
    went: dict[str, dict[str, int]] = {}
    for number, line, total in db.session.execute(_clawed_back(), {"engagement_id": engagement_id}):
        went.setdefault(number, {})[str(line)] = int(total)
    return went


@cache
def _clawed_back() -> Select[*tuple[Any, ...]]:
    went = Transfer.kind == TransferKind.CLAWBACK
    return (
        select(
            Receivable.number, Account.budget_line_id, func.sum(case((went, Transfer.amount), else_=-Transfer.amount))
        )
        .join(Transfer, and_(Transfer.reference == Receivable.number, went | (Transfer.kind == TransferKind.REVERSE)))
        .join(Account, and_(Account.id == Transfer.debit_account_id, Account.budget_line_id.is_not(None)))
        .where(Receivable.engagement_id == bindparam("engagement_id"), Receivable.status != ReceivableStatus.DROPPED)
        .group_by(Receivable.number, Account.budget_line_id)
    )


def recoverable(receivable: Receivable) -> dict[str, int]:
    """What is still to go back for this receivable by budget line, as far as its aid is paid and not sent back."""
    went = clawed_back(receivable.engagement_id)
    own, gone = went.pop(receivable.number, {}), Counter[str]()
    for other in went.values():
        gone.update(other)
    paid = aid_paid(receivable.engagement_id)
    return {
        line: max(0, min(part, paid.get(UUID(line), 0) - gone[line]) - own.get(line, 0))
        for line, part in sorted(receivable.parts.items())
    }


def not_paid_out(receivable: Receivable) -> int:
    """How much of the principal still owed the bank has sent back meanwhile: what comes in for it goes to the payer."""
    owed = sum(instalment.principal - instalment.paid_principal for instalment in receivable.live)
    return max(0, owed - sum(recoverable(receivable).values())) if owed else 0


def may_be_judged_again(receivable: Receivable) -> bool:
    """Whether this repayment was dropped and no other one stands, so that its success can be judged anew."""
    if receivable.kind != ReceivableKind.REPAYMENT or receivable.status != ReceivableStatus.DROPPED:
        return False
    return all(other.kind != ReceivableKind.REPAYMENT for other in receivables_of(receivable.engagement_id))


def programme_of(engagement: Engagement) -> Programme:
    """The programme that the engagement's voucher belongs to."""
    return db.get(Voucher, engagement.agreement.voucher_id).programme


def undecided_successes() -> Select[Engagement]:
    """Finished engagements of programmes that take something back, whose success nobody has judged.

    Where all aid is asked back on a ground, there is nothing left to judge.
    """
    judged = exists().where(Receivable.engagement_id == Engagement.id, Receivable.kind == ReceivableKind.REPAYMENT)
    paid = exists().where(Claim.engagement_id == Engagement.id, Claim.status == ClaimStatus.PAID)
    asked = select(func.coalesce(func.sum(Receivable.principal), 0)).where(
        Receivable.engagement_id == Engagement.id, Receivable.status != ReceivableStatus.DROPPED
    )
    is_left = func.engagement_aid_paid(Engagement.id) > asked.scalar_subquery()
    return (
        select(Engagement)
        .join(Agreement, Agreement.id == Engagement.agreement_id)
        .join(Voucher, Voucher.id == Agreement.voucher_id)
        .join(Programme, Programme.id == Voucher.programme_id)
        .where(
            Engagement.status == EngagementStatus.FINISHED,
            Programme.code.in_(repayment.programmes()),
            paid,
            ~judged,
            is_left,
        )
    )


def find_engagement(number: str) -> Engagement | None:
    """The engagement with this number."""
    return db.session.scalars(select(Engagement).where(Engagement.number == number)).one_or_none()


def next_position(receivable_id: UUID) -> int:
    """The position of the receivable's next instalment."""
    last = select(func.max(Instalment.position)).where(Instalment.receivable_id == receivable_id)
    return (db.session.scalar(last) or 0) + 1


def open_write_off(receivable_id: UUID) -> WriteOff | None:
    """The write-off that waits for its second signature, if any."""
    query = select(WriteOff).where(WriteOff.receivable_id == receivable_id, WriteOff.status == WriteOffStatus.PROPOSED)
    return db.session.scalars(query).one_or_none()


def write_offs_shown(receivable_id: UUID) -> Sequence[Row[Any]]:
    """What the receivable's page says of them, with the names of those who signed."""
    return db.session.execute(_write_offs_shown(), {"receivable_id": receivable_id}).all()


@cache
def _write_offs_shown() -> Select[*tuple[Any, ...]]:
    return (
        select(
            WriteOff.proposed_at,
            WriteOff.reason,
            WriteOff.status,
            person_name_of(WriteOff.proposed_by).label("proposed_by"),
            person_name_of(WriteOff.signed_by).label("signed_by"),
        )
        .where(WriteOff.receivable_id == bindparam("receivable_id"))
        .order_by(WriteOff.proposed_at, WriteOff.id)
    )


def claims_for_set_off(receivable: Receivable) -> Sequence[Claim]:
    """The debtor's approved claims that wait for a payment batch, the longest waiting first."""
    query = select(Claim).where(
        Claim.provider_id == receivable.debtor_id,
        Claim.currency == receivable.currency,
        Claim.status == ClaimStatus.APPROVED,
    )
    return db.session.scalars(query.order_by(Claim.approved_at, Claim.id)).all()


def promised(receivable: Receivable) -> int:
    """What is kept back from claims for this receivable and hasn't come in yet, in minor units."""
    arrived = exists().where(Receipt.deduction_id == Deduction.id)
    query = select(func.coalesce(func.sum(Deduction.amount), 0)).where(
        Deduction.reference == receivable.number, Deduction.status != DeductionStatus.CANCELLED, ~arrived
    )
    return int(db.session.scalar(query) or 0)


def next_payment(receivable: Receivable, on: date) -> int:
    """What the oldest unpaid instalment asks for on the day, with interest, in minor units; 0 when nothing is owed."""
    if receivable.status != ReceivableStatus.OPEN or not receivable.live:
        return 0
    oldest = receivable.live[0]
    return oldest.outstanding + rules.accrued(oldest, receivable.interest_basis_points, on)


def interest_today(receivable: Receivable, on: date) -> int:
    """Interest on arrears that is owed on the day: what was booked and isn't paid, and what has accrued since."""
    if receivable.status != ReceivableStatus.OPEN:
        return 0
    return rules.interest(receivable.live, receivable.interest_basis_points, on)


def published() -> Select[Receivable]:
    """Whose names are public today: confirmed recoveries between their dates."""
    today = clock.today()
    return select(Receivable).where(
        Receivable.listed_from <= today, Receivable.listed_until > today, Receivable.status != ReceivableStatus.DROPPED
    )
