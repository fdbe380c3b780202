"""The chart of accounts: which accounts there are, whose each one is, and for what money moves between them.

An account's code is made here alone: its stage, its owner (or currency, where that is the agency), and the budget
line whose money stands on it.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from marketplace.core.i18n import _
from marketplace.core.states import TextChoices


class Stage(TextChoices):
    """Where money stands on its way."""

    SOURCE = "source", _("The funder")
    AVAILABLE = "available", _("Available")
    RESERVED = "reserved", _("Reserved")
    COMMITTED = "committed", _("Committed")
    PAYABLE = "payable", _("Payable")
    PAID = "paid", _("Paid")
    BANK = "bank", _("The agency's bank account")
    SUSPENSE = "suspense", _("Arrived or left, to be assigned")
    CO_PAYMENT = "co_payment", _("Own share held")
    CO_PAYMENT_PAYABLE = "co_payment_payable", _("Own share payable")
    CO_PAYMENT_PAID = "co_payment_paid", _("Own share paid")
    REFUNDABLE = "refundable", _("To be sent back to its payer")
    REFUNDED = "refunded", _("Sent back to its payer")
    OBLIGATION = "obligation", _("Owed to the agency")
    RECEIVABLE = "receivable", _("Claimed by the agency")
    # What funders paid into the account, less what went back to them: below 0 where they pay later.
    FUNDED = "funded", _("Received from funders")
    # What comes in beyond the aid itself.
    INCOME = "income", _("Income of the agency")
    # What the bank kept, and what an officer explained: below 0.
    CHARGES = "charges", _("Charges of the bank")
    # Unspent, or clawed back.
    RETURNED = "returned", _("Returned to the funder")


# What is appropriated to a budget line stands at one of these, whatever happens.
PUBLIC_STAGES = (
    Stage.AVAILABLE,
    Stage.RESERVED,
    Stage.COMMITTED,
    Stage.PAYABLE,
    Stage.PAID,
    Stage.RETURNED,
)


class OwnerKind(StrEnum):
    """What an account belongs to."""

    AGENCY = "agency"
    BUDGET_LINE = "budget_line"
    APPLICATION = "application"
    VOUCHER = "voucher"
    AGREEMENT = "agreement"
    CLAIM = "claim"
    REFUND = "refund"
    BANK_ENTRY = "bank_entry"
    RECEIVABLE = "receivable"


class TransferKind(TextChoices):
    """For what money moves."""

    APPROPRIATE = "appropriate", _("Appropriated by the funder")
    RESERVE = "reserve", _("Promised by a voucher")
    COMMIT = "commit", _("Bound to an agreement")
    RELEASE = "release", _("Given back")
    RETURN = "return", _("Returned to the funder")
    APPROVE = "approve", _("Claim approved")
    PAY = "pay", _("Paid to the firm")
    KEEP_BACK = "keep_back", _("Kept back for a debt")
    BOUNCE = "bounce", _("Payment sent back by the bank")
    CO_PAYMENT = "co_payment", _("Own share received")
    REVERSE = "reverse", _("Taken back by the bank")
    RECEIVE = "receive", _("Received, to be assigned")
    WITHDRAW = "withdraw", _("Left the account, to be assigned")
    ASSIGN = "assign", _("Taken out of what is to be assigned")
    CHARGE = "charge", _("Charge of the bank")
    FUND = "fund", _("Received from a funder, or gone back to it")
    SEND_BACK = "send_back", _("Set aside to be sent back to its payer")
    REFUND = "refund", _("Own share set aside to be sent back")
    PAY_BACK = "pay_back", _("Sent back to its payer")
    RAISE = "raise", _("Debt confirmed")
    INTEREST = "interest", _("Interest on arrears")
    INTEREST_BACK = "interest_back", _("Interest taken back, paid earlier than booked")
    SETTLE = "settle", _("Debt paid")
    CLAWBACK = "clawback", _("Aid given back")
    INCOME = "income", _("Surcharge or interest received")
    OVERPAYMENT = "overpayment", _("Paid beyond a debt, to be sent back")
    WRITE_OFF = "write_off", _("Debt written off")


@dataclass(frozen=True)
class ChartAccount:
    """An account as the chart describes it, opened or not; `str()` of it is its code.

    Of the agency's own there is one per currency, `currency`; others bear the currency of the first money they hold.
    """

    stage: Stage
    owner_kind: OwnerKind
    owner_id: UUID | None = None
    budget_line_id: UUID | None = None
    currency: str | None = None
    may_be_negative: bool = False

    def __str__(self) -> str:
        parts = [self.stage.value, str(self.owner_id or self.currency)]
        if self.budget_line_id not in (None, self.owner_id):
            parts.append(str(self.budget_line_id))
        return ":".join(parts)


def source(line_id: UUID) -> ChartAccount:
    """What a funder gave to a budget line, below 0."""
    return ChartAccount(Stage.SOURCE, OwnerKind.BUDGET_LINE, line_id, line_id, may_be_negative=True)


def available(line_id: UUID) -> ChartAccount:
    """What a budget line can still promise."""
    return ChartAccount(Stage.AVAILABLE, OwnerKind.BUDGET_LINE, line_id, line_id)


def reserved(owner_kind: OwnerKind, owner_id: UUID, line_id: UUID) -> ChartAccount:
    """What a budget line holds for a voucher, or for an application with an open offer."""
    return ChartAccount(Stage.RESERVED, owner_kind, owner_id, line_id)


def committed(agreement_id: UUID, line_id: UUID) -> ChartAccount:
    """The aid that an agreement binds and no approved claim has used yet."""
    return ChartAccount(Stage.COMMITTED, OwnerKind.AGREEMENT, agreement_id, line_id)


def payable(claim_id: UUID, line_id: UUID) -> ChartAccount:
    """The aid of an approved claim, until it is paid."""
    return ChartAccount(Stage.PAYABLE, OwnerKind.CLAIM, claim_id, line_id)


def paid(line_id: UUID) -> ChartAccount:
    """The aid that was paid from a budget line."""
    return ChartAccount(Stage.PAID, OwnerKind.BUDGET_LINE, line_id, line_id)


def returned(line_id: UUID) -> ChartAccount:
    """What went back to the funder of a budget line."""
    return ChartAccount(Stage.RETURNED, OwnerKind.BUDGET_LINE, line_id, line_id)


def co_payment(agreement_id: UUID) -> ChartAccount:
    """The own share that is held for an agreement."""
    return ChartAccount(Stage.CO_PAYMENT, OwnerKind.AGREEMENT, agreement_id)


def co_payment_payable(claim_id: UUID) -> ChartAccount:
    """The own share of an approved claim, until it is paid."""
    return ChartAccount(Stage.CO_PAYMENT_PAYABLE, OwnerKind.CLAIM, claim_id)


def co_payment_paid(currency: str) -> ChartAccount:
    """All own shares that were paid to firms."""
    return _agency(Stage.CO_PAYMENT_PAID, currency)


def refundable(refund_id: UUID) -> ChartAccount:
    """What is set aside for a refund, until it is sent."""
    return ChartAccount(Stage.REFUNDABLE, OwnerKind.REFUND, refund_id)


def refunded(currency: str) -> ChartAccount:
    """All that was sent back to payers."""
    return _agency(Stage.REFUNDED, currency)


def suspense(entry_id: UUID) -> ChartAccount:
    """What a bank entry brought that matches nothing, until somebody has assigned it."""
    return ChartAccount(Stage.SUSPENSE, OwnerKind.BANK_ENTRY, entry_id)


def suspended_debit(entry_id: UUID) -> ChartAccount:
    """What left by a bank entry that matches nothing, below 0, until somebody has said what it was."""
    return ChartAccount(Stage.SUSPENSE, OwnerKind.BANK_ENTRY, entry_id, may_be_negative=True)


def charges(currency: str) -> ChartAccount:
    """What the bank kept for itself, below 0."""
    return _agency(Stage.CHARGES, currency, may_be_negative=True)


def bank(currency: str) -> ChartAccount:
    """What came in by the agency's bank account, below 0."""
    return _agency(Stage.BANK, currency, may_be_negative=True)


def receivable(receivable_id: UUID) -> ChartAccount:
    """What is still to be paid of a debt."""
    return ChartAccount(Stage.RECEIVABLE, OwnerKind.RECEIVABLE, receivable_id)


def obligation(currency: str) -> ChartAccount:
    """The counterpart of all debts, below 0."""
    return _agency(Stage.OBLIGATION, currency, may_be_negative=True)


def funded(currency: str) -> ChartAccount:
    """What funders paid into the agency's bank account, less what went back to them."""
    return _agency(Stage.FUNDED, currency, may_be_negative=True)


def income(currency: str) -> ChartAccount:
    """Surcharges and interest received."""
    return _agency(Stage.INCOME, currency)


def _agency(stage: Stage, currency: str, *, may_be_negative: bool = False) -> ChartAccount:
    return ChartAccount(stage, OwnerKind.AGENCY, currency=currency, may_be_negative=may_be_negative)
