"""The proof that rows and money agree: what vouchers, agreements, claims, refunds and debts say, transfers say too."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, case, exists, func, or_, select, union_all
from sqlalchemy.orm import aliased

from marketplace.agency import queries as agency
from marketplace.claims.models import BankAssignment, BankEntry, Claim, Deduction, Refund
from marketplace.claims.states import (
    AssignmentKind,
    ClaimStatus,
    DeductionStatus,
    Direction,
    EntryOutcome,
    RefundStatus,
)
from marketplace.core import db
from marketplace.engagements.models import Agreement, Redemption
from marketplace.ledger import queries as ledger
from marketplace.ledger.chart import OwnerKind, Stage, TransferKind
from marketplace.ledger.models import Account, Transfer
from marketplace.ledger.queries import Books, Fault
from marketplace.programmes.models import Call, Programme
from marketplace.receivables.models import LIVE, Instalment, Receipt, ReceiptReversal, Receivable
from marketplace.vouchers.models import Application, Voucher
from marketplace.vouchers.states import ApplicationStatus

# By name what a row says and what its transfers say.
Figures = dict[str, tuple[Any, Any]]
# In these statuses a claim's money is payable or paid.
APPROVED = (ClaimStatus.APPROVED, ClaimStatus.BATCHED, ClaimStatus.PAID)
# Whose accounts are explained here by a row of its own.
HOLDERS = (
    OwnerKind.APPLICATION,
    OwnerKind.VOUCHER,
    OwnerKind.AGREEMENT,
    OwnerKind.CLAIM,
    OwnerKind.REFUND,
)
# The parts of a claim: where each is payable and where it is paid.
PARTS = {"aid": (Stage.PAYABLE, Stage.PAID), "co_payment": (Stage.CO_PAYMENT_PAYABLE, Stage.CO_PAYMENT_PAID)}


def prove() -> Books:
    """Prove the ledger itself, then that what vouchers, claims, refunds and debts say is what moved."""
    books = ledger.verify()
    faults = [*books.faults, *_offers(), *_vouchers(), *_agreements(), *_claims(), *_refunds(), *_receivables()]
    faults += [*_entries(), *_bank()]
    return Books(books.accounts, books.transfers, faults)


def _moved() -> Subquery:
    """What came to and went from the accounts of each owner, by its stage and the stage on the other side."""
    sides, other = ledger.sides().subquery(), aliased(Account)
    came = func.coalesce(func.sum(sides.c.amount).filter(sides.c.amount > 0), 0)
    went = func.coalesce(-func.sum(sides.c.amount).filter(sides.c.amount < 0), 0)
    return (
        select(Account.owner_id, Account.stage, other.stage.label("other"), came.label("came"), went.label("went"))
        .join(sides, sides.c.account_id == Account.id)
        .join(other, other.id == sides.c.other_id)
        .where(Account.owner_kind.in_(HOLDERS))
        .group_by(Account.owner_id, Account.stage, other.stage)
        .subquery()
    )


def _sum(column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(column).filter(*conditions), 0)


def _offers() -> list[Fault]:
    """An open offer holds a voucher's amount, an answered one nothing."""
    moved = _moved()
    held = func.sum(moved.c.came - moved.c.went).label("held")
    sums = select(moved.c.owner_id.label("id"), held).group_by(moved.c.owner_id).subquery()
    says = case((Application.status == ApplicationStatus.OFFERED, Programme.voucher_amount), else_=0)
    rows = (
        select(Application.number)
        .join(Call, Call.id == Application.call_id)
        .join(Programme, Programme.id == Call.programme_id)
        .outerjoin(sums, sums.c.id == Application.id)
    )
    return _faults(rows, {"offered": (says, func.coalesce(sums.c.held, 0))})


def _vouchers() -> list[Fault]:
    """A voucher's amount was reserved for it or for its offer, and what it gave back went to the budget."""
    moved = _moved()
    reserved = _sum(moved.c.came, moved.c.stage == Stage.RESERVED, moved.c.other.in_((Stage.AVAILABLE, Stage.RESERVED)))
    released = _sum(moved.c.went, moved.c.other == Stage.AVAILABLE)
    holder = func.coalesce(Agreement.voucher_id, moved.c.owner_id)
    sums = (
        select(holder.label("id"), reserved.label("reserved"), released.label("released"))
        .outerjoin_from(moved, Agreement, Agreement.id == moved.c.owner_id)
        .where(moved.c.stage.in_((Stage.RESERVED, Stage.COMMITTED)))
        .group_by(holder)
        .subquery()
    )
    figures: Figures = {
        "reserved": (Voucher.amount, func.coalesce(sums.c.reserved, 0)),
        "released": (Voucher.released, func.coalesce(sums.c.released, 0)),
    }
    return _faults(select(Voucher.number).outerjoin(sums, sums.c.id == Voucher.id), figures)


def _agreements() -> list[Fault]:
    """What was redeemed for an agreement came to it from its voucher."""
    moved = _moved()
    committed = _sum(moved.c.came, moved.c.stage == Stage.COMMITTED, moved.c.other == Stage.RESERVED)
    sums = select(moved.c.owner_id.label("id"), committed.label("committed")).group_by(moved.c.owner_id).subquery()
    rows = (
        select(Agreement.number)
        .outerjoin(Redemption, Redemption.agreement_id == Agreement.id)
        .outerjoin(sums, sums.c.id == Agreement.id)
    )
    return _faults(rows, {"redeemed": (func.coalesce(Redemption.amount, 0), func.coalesce(sums.c.committed, 0))})


def _claims() -> list[Fault]:
    """An approved claim's money, and no other's, became payable; a paid claim's was paid.

    Of one that the bank sent back only what was kept back for a debt stays paid, of any other nothing.
    """
    moved = _moved()
    net = moved.c.came - moved.c.went
    sums = select(moved.c.owner_id.label("id")).group_by(moved.c.owner_id)
    for name, (payable, paid) in PARTS.items():
        ours = moved.c.stage == payable
        sums = sums.add_columns(
            _sum(net, ours, moved.c.other != paid).label(f"approved_{name}"),
            _sum(-net, ours, moved.c.other == paid).label(f"paid_{name}"),
        )
    totals = sums.subquery()
    taken = select(func.coalesce(func.sum(Deduction.amount), 0)).where(
        Deduction.claim_id == Claim.id, Deduction.status == DeductionStatus.TAKEN
    )
    is_paid, all_paid = Claim.status == ClaimStatus.PAID, func.coalesce(totals.c.paid_aid + totals.c.paid_co_payment, 0)
    figures: Figures = {"kept_back": (case((is_paid, all_paid), else_=taken.scalar_subquery()), all_paid)}
    for name in PARTS:
        approved, moved_on = getattr(Claim, f"approved_{name}"), func.coalesce(totals.c[f"paid_{name}"], 0)
        says = case((Claim.status.in_(APPROVED), approved), else_=0)
        figures[f"approved_{name}"] = (says, func.coalesce(totals.c[f"approved_{name}"], 0))
        figures[f"paid_{name}"] = (case((is_paid, approved), else_=moved_on), moved_on)
    return _faults(select(Claim.number).outerjoin(totals, totals.c.id == Claim.id), figures)


def _refunds() -> list[Fault]:
    """A refund's money was set aside out of the co-payment; a paid refund's, and no other's, was sent back."""
    moved = _moved()
    set_aside = _sum(moved.c.came, moved.c.other.in_((Stage.CO_PAYMENT, Stage.BANK, Stage.SUSPENSE)))
    sent_back = _sum(moved.c.went - moved.c.came, moved.c.other == Stage.REFUNDED)
    sums = (
        select(moved.c.owner_id.label("id"), set_aside.label("set_aside"), sent_back.label("sent_back"))
        .where(moved.c.stage == Stage.REFUNDABLE)
        .group_by(moved.c.owner_id)
        .subquery()
    )
    figures: Figures = {
        "set_aside": (Refund.amount, func.coalesce(sums.c.set_aside, 0)),
        "sent_back": (
            case((Refund.status == RefundStatus.PAID, Refund.amount), else_=0),
            func.coalesce(sums.c.sent_back, 0),
        ),
    }
    return _faults(select(Refund.number).outerjoin(sums, sums.c.id == Refund.id), figures)


def _receivables() -> list[Fault]:
    """What is still to be paid of the instalments of a debt stands on its account."""
    debts = select(Account.owner_id, Account.balance).where(Account.stage == Stage.RECEIVABLE).subquery()
    left = (
        select(Instalment.receivable_id, func.sum(Instalment.outstanding).label("left"))
        .where(Instalment.status.in_(LIVE))
        .group_by(Instalment.receivable_id)
        .subquery()
    )
    figures: Figures = {"still_owed": (func.coalesce(left.c.left, 0), func.coalesce(debts.c.balance, 0))}
    rows = select(Receivable.number).outerjoin(debts, debts.c.owner_id == Receivable.id)
    return _faults(rows.outerjoin(left, left.c.receivable_id == Receivable.id), figures)


SIGNED = case((BankEntry.direction == Direction.CREDIT, BankEntry.amount), else_=-BankEntry.amount)


def _entries() -> list[Fault]:
    """What came or left and matches nothing stands in suspense until it is assigned or told apart."""
    assigned = exists().where(BankAssignment.entry_id == BankEntry.id)
    telling = aliased(BankEntry)
    signed = case((telling.direction == Direction.CREDIT, telling.amount), else_=-telling.amount)
    told = select(func.coalesce(func.sum(signed), 0)).where(telling.drawn_from_id == BankEntry.id)
    left = SIGNED - told.scalar_subquery()
    says = case((assigned | (BankEntry.outcome != EntryOutcome.UNMATCHED), 0), else_=left)
    rows = select(BankEntry.bank_reference).join(Account, Account.owner_id == BankEntry.id)
    return _faults(rows.where(Account.stage == Stage.SUSPENSE), {"suspense": (says, Account.balance)})


def bank_balances() -> dict[str, tuple[int, int]]:
    """By currency what came less what left: as the bank's movements say, and as the transfers say, in minor units."""
    told: dict[str, int] = dict(db.session.execute(_told_by_the_bank()).all())
    moved: dict[str, int] = dict(db.session.execute(_moved_at_the_bank()).all())
    return {currency: (int(told.get(currency, 0)), int(moved.get(currency, 0))) for currency in told | moved}


def _told_by_the_bank() -> Select[str, int]:
    """Movements that brought money: without those known from another report, and debts that aren't booked yet."""
    receipts = exists().where(Receipt.bank_entry_id == BankEntry.id)
    twice = exists().where(BankAssignment.entry_id == BankEntry.id, BankAssignment.kind == AssignmentKind.KNOWN)
    is_booked = BankEntry.outcome.not_in((EntryOutcome.WAITING, EntryOutcome.RECEIVABLE)) | receipts
    own = func.plain_number(BankEntry.account).in_(agency.OWN_NUMBERS)
    query = select(BankEntry.currency, func.sum(SIGNED)).where(~BankEntry.is_known, own, is_booked, ~twice)
    return query.group_by(BankEntry.currency)


def _moved_at_the_bank() -> Select[str, int]:
    """Transfers from and to the bank, and those that pay; a debt's receipt is booked by its parts, aid not by the bank.

    What was kept back from a claim moves no money at the bank.
    """
    sides = ledger.sides().subquery()
    at_bank = (
        select(Account.currency, (-sides.c.amount).label("amount"))
        .join(sides, sides.c.account_id == Account.id)
        .where(Account.stage == Stage.BANK)
    )
    paid = (
        select(Account.currency, case((Transfer.kind == TransferKind.BOUNCE, 1), else_=-1) * Transfer.amount)
        .join(Transfer, Transfer.debit_account_id == Account.id)
        .where(Transfer.kind.in_((TransferKind.PAY, TransferKind.PAY_BACK, TransferKind.BOUNCE)))
    )
    by_bank = Receipt.bank_entry_id.is_not(None)
    besides = Receipt.surcharge + Receipt.interest + Receipt.excess
    receipts = (
        select(Receivable.currency, case((by_bank, Receipt.principal), else_=-besides))
        .join(Receivable, Receivable.id == Receipt.receivable_id)
        .where(~exists().where(ReceiptReversal.receipt_id == Receipt.id))
    )
    moved = union_all(at_bank, paid, receipts).subquery()
    return select(moved.c.currency, func.sum(moved.c.amount)).group_by(moved.c.currency)


def _bank() -> list[Fault]:
    """What the bank told is what moved there."""
    return [Fault("bank", currency, *pair) for currency, pair in bank_balances().items() if pair[0] != pair[1]]


def _faults(rows: Any, figures: Figures) -> list[Fault]:
    """Of each row the figures (name: what it says, what its transfers say) that differ."""
    number = rows.selected_columns[0]
    columns = [figure for pair in figures.values() for figure in pair]
    differs = or_(*(says != explained for says, explained in figures.values()))
    differing = db.session.execute(rows.add_columns(*columns).where(differs).order_by(number))
    return [
        Fault(name, row[0], int(row[place]), int(row[place + 1]))
        for row in differing
        for place, name in zip(range(1, len(columns), 2), figures, strict=True)
        if row[place] != row[place + 1]
    ]
