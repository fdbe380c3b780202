"""What may be asked back, confirmed, agreed, set off and written off, by whom and when."""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from config import recovery, repayment
from config.recovery import Ground
from marketplace.claims.models import BankEntry, Claim
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, Words, explain
from marketplace.core.i18n import _
from marketplace.core.money import split
from marketplace.engagements.models import Engagement
from marketplace.engagements.states import EngagementStatus
from marketplace.receivables import schedule
from marketplace.receivables.models import Instalment, Receipt, Receivable, WriteOff
from marketplace.receivables.schedule import Parts
from marketplace.receivables.states import ReceivableStatus

SECOND_OFFICER = _("Another officer must confirm this. Nobody confirms what they opened.")
SECOND_SIGNATURE = _("Another budget officer must sign this.")
TAKEN_BACK = _("This payment was taken back already.")
TOO_MUCH = _("Not more may be asked back than was paid for this engagement.")
SENT_BACK = _(
    "The bank has sent back a payment of this engagement since this was opened, so more is asked back than was paid. "
    "Drop it, and open it anew once it is clear what was paid."
)

explain(
    {
        "uq_receivables_live": _("The success of this engagement is judged already."),
        "ck_receivables_four_eyes": SECOND_OFFICER,
        "ck_receivables_aid_paid": TOO_MUCH,
        "ck_write_offs_two_signatures": SECOND_SIGNATURE,
        "uq_write_offs_live": _("A write-off is proposed already."),
        "uq_receipt_reversals_receipt_id": TAKEN_BACK,
        "ck_receipts_open": _("Nothing is owed under this reference any more."),
        "ck_deductions_claim": _("Only an approved claim that isn't in a payment batch can bear a set-off."),
        "ck_deductions_whole": _("A set-off must leave something of the claim to pay."),
    }
)


def check_role(actor: Actor, *roles: Role) -> None:
    """Only these roles may do this."""
    if actor.role not in roles:
        raise Forbidden()


def check_second(earlier: UUID, actor: Actor, words: Words) -> None:
    """Nobody is their own second pair of eyes; the database refuses it too."""
    if actor.person_id == earlier:
        raise DomainError(words)


def check_ground(code: str, on: date) -> Ground:
    """The ground as the edition in force on the day has it."""
    ground = recovery.terms(on).grounds.get(code)
    if ground is None:
        raise Invalid(_("Choose one of the answers on the list."), field="ground")
    return ground


def check_debtor(engagement: Engagement, debtor_id: UUID) -> None:
    """Only the company or the provider of the engagement can owe its aid."""
    if debtor_id not in (engagement.organisation_id, engagement.provider_id):
        raise Invalid(_("Only the company or the firm of this engagement can owe its aid."), field="debtor")


def check_success(engagement: Engagement, programme: str, on: date) -> repayment.Terms:
    """Success is declared of finished work, in a programme that takes something back; its terms on the day."""
    terms = repayment.terms(programme, on)
    if terms is None:
        raise DomainError(_("This programme takes nothing back."))
    if engagement.status != EngagementStatus.FINISHED:
        raise DomainError(_("The work isn't finished."))
    return terms


def check_owed(principal: int) -> None:
    """There must be aid that was paid and isn't asked back already."""
    if principal <= 0:
        raise DomainError(_("No aid was paid for this engagement that isn't asked back already."))


def check_part(amount: int | None, left: int) -> int:
    """What a recovery asks back: all aid that isn't asked back yet, or a part of it."""
    check_owed(left)
    if amount is not None and amount > left:
        raise Invalid(TOO_MUCH, field="amount")
    return left if amount is None else amount


def check_still_paid(parts: Mapping[str, int], left: Mapping[UUID, int]) -> None:
    """What is confirmed is still paid on every budget line; the database looks at the sum."""
    if any(part > left.get(UUID(line), 0) for line, part in parts.items()):
        raise DomainError(SENT_BACK)


def check_open(receivable: Receivable) -> None:
    """Only what is still to be paid can be paid, agreed anew, set off or given up."""
    if receivable.status != ReceivableStatus.OPEN:
        raise DomainError(_("Nothing is owed under this reference any more."))


def check_agreement(count: int, first_due_on: date, every_months: int, today: date) -> None:
    """Instalments begin no earlier than today and are no more than the terms allow."""
    most = recovery.terms(today).most_instalments
    if not 1 <= count <= most:
        raise Invalid(_("Use a number from %(low)s to %(high)s.", low=1, high=most), field="count")
    if first_due_on < today:
        raise Invalid(_("The first instalment can't be due in the past."), field="first_due_on")
    if every_months < 1:
        raise Invalid(_("Use a number from %(low)s to %(high)s.", low=1, high=12), field="every_months")


def check_set_off(receivable: Receivable, claim: Claim, amount: int, *, promised: int, kept_back: int) -> None:
    """A set-off is against the debtor's own approved claim, within what is owed, and leaves the claim something."""
    check_open(receivable)
    if claim.provider_id != receivable.debtor_id or claim.currency != receivable.currency:
        raise DomainError(_("A set-off needs a claim of the same firm in the same currency."))
    if amount > receivable.outstanding - promised:
        raise Invalid(_("This is more than is still owed."), field="amount")
    if amount >= (claim.approved_amount or 0) - kept_back:
        raise Invalid(_("A set-off must leave something of the claim to pay."), field="amount")


def check_proposed(write_off: WriteOff | None) -> WriteOff:
    """The write-off that waits for its second signature."""
    if write_off is None:
        raise DomainError(_("No write-off waits for a signature."))
    return write_off


def accrued(instalment: Instalment, basis_points: int, on: date) -> int:
    """Interest on an instalment's unpaid capital from its due date, or where it was booked up to, until `on`."""
    since = instalment.interest_until or instalment.due_on
    return schedule.interest(instalment.capital, basis_points, (on - since).days)


def interest(instalments: Iterable[Instalment], basis_points: int, on: date) -> int:
    """Interest on these instalments that is owed on the day: what was booked and isn't paid, and what has accrued."""
    return sum(row.interest - row.paid_interest + accrued(row, basis_points, on) for row in instalments)


def booked_too_much(instalment: Instalment, basis_points: int, capital: int, on: date) -> int:
    """Interest that was booked on capital for days after `on`, when it was paid; at most what isn't paid of it."""
    if instalment.interest_until is None:
        return 0
    days = (instalment.interest_until - max(on, instalment.due_on)).days
    unpaid = instalment.interest - instalment.paid_interest
    return min(unpaid, schedule.interest(capital, basis_points, days))


def days_of_interest(instalment: Instalment, since: date) -> int:
    """The days from `since`, when a payment came that was taken back, for which interest was booked without it."""
    if instalment.interest_until is None:
        return 0
    return max(0, (instalment.interest_until - max(since, instalment.due_on)).days)


def check_taken_back(receipt: Receipt, receivable: Receivable, entry: BankEntry) -> None:
    """The bank takes back all of a payment that it told, while the debt isn't given up and nothing went back of it."""
    if receipt.bank_entry_id is None or (receipt.amount, receivable.currency) != (entry.amount, entry.currency):
        raise Invalid(_("The amount isn't the one of this payment."), field="receipt_id")
    if receipt.reversal is not None:
        raise Invalid(TAKEN_BACK, field="receipt_id")
    if receivable.status not in (ReceivableStatus.OPEN, ReceivableStatus.SETTLED):
        raise Invalid(_("This debt was written off, so nothing can be owed again."), field="receipt_id")
    if receipt.excess:
        raise Invalid(
            _("A part of this payment was more than was owed and goes back to its payer. Ask the payer for it first."),
            field="receipt_id",
        )


def owed(instalment: Instalment) -> Parts:
    """What is still to be paid of an instalment, by what it is for."""
    return Parts(
        instalment.principal - instalment.paid_principal,
        instalment.surcharge - instalment.paid_surcharge,
        instalment.interest - instalment.paid_interest,
    )


def part_by_line(amount: int, paid: Mapping[UUID, int]) -> dict[str, int]:
    """`amount` by budget line, pro rata of what each line paid; the parts sum to it."""
    parts = split(amount, list(paid.values()))
    return {str(line): part for line, part in zip(paid, parts, strict=True)}
