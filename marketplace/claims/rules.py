"""What may be claimed, checked, approved and paid, by whom and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from config.payments import terms
from marketplace.claims.models import BankEntry, BankProposal, Claim, ClaimLine, Hold, PaymentBatch, PaymentLine, Refund
from marketplace.claims.states import ClaimStatus, EntryOutcome, HoldStatus, LineStatus, RefundStatus, Route
from marketplace.core import clock
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound, Words, explain
from marketplace.core.i18n import _
from marketplace.core.text import plain_number
from marketplace.engagements.models import Deliverable, Engagement, Stage
from marketplace.engagements.states import StageStatus
from marketplace.providers.models import BankAccount
from marketplace.providers.states import BankAccountStatus

SECOND_SAYS = _("Another budget officer must confirm this. Nobody confirms what they proposed.")
MAY_BE_KNOWN = _(
    "An earlier file tells of this amount under the same payment reference on the same day, but by another reference of"
    " the bank or by none. Look at your bank's own pages. If it is one payment, say that its money is known; if there"
    " are two, say what this one is."
)

explain(
    {
        "uq_claim_lines_stage_id": _("One of these stages is claimed already."),
        "ck_claims_four_eyes": _("Another budget officer must approve this claim. Nobody approves what they prepared."),
        "ck_claims_two_approvals": _("A claim of this amount needs the approval of two budget officers."),
        "ck_claims_requests": _(
            "This claim was returned once already. Now it is approved, in part or whole, or refused."
        ),
        "ck_claim_lines_cut_reason": _("Give a reason for every amount that isn't approved in full."),
        "ck_payment_lines_held": _("Payments of this engagement are held."),
        "ck_payment_lines_batch": _("This payment batch has left already."),
        "ck_payment_batches_payer": _(
            "You approved a claim or asked for a refund in this batch. Another budget officer must send it."
        ),
        "ck_payment_batches_four_eyes": _("You prepared this batch. Another budget officer must send it."),
        "ck_bank_assignments_four_eyes": SECOND_SAYS,
        "uq_bank_proposals_open": _("Somebody has proposed what this movement is. Another budget officer confirms it."),
        "uq_bank_assignments_entry_id": _("Somebody has assigned this movement already."),
        "uq_payment_lines_refund_id": _("One of these refunds is in a payment batch already."),
        "uq_payment_lines_claim_id": _("One of these claims is in a payment batch already."),
        "ck_claims_net_amount": _("These stages have no price, so there is nothing to claim."),
        "uq_holds_flag_id": _("Payments are held because of this flag already."),
    }
)

CHECKS: dict[str, Words] = {
    "eligible": _("The company still meets the size standard"),
    "not_held": _("No hold stands on the engagement's payments"),
    "compared": _("Every document was compared with all earlier ones"),
    "bank_account": _("The firm has an approved bank account"),
    "account_age": _("The bank account wasn't changed shortly before"),
}

# What speaks against a claim of low risk, by code of config/claims.
SIGNALS: dict[str, Words] = {
    "large_amount": _("The amount is large"),
    "first_claim": _("The firm was never paid before"),
    "held_before": _("Payments of the engagement were held"),
    "account_changed": _("The firm's bank account was changed not long ago"),
    "suspended_before": _("The firm was suspended before"),
    "odd_invoice": _("The invoice is higher than net amount and tax explain"),
    "returned_before": _("An earlier claim was returned, cut, refused or sent back by the bank"),
    "failed_check": _("A check has failed"),
}

# Who says where a refund goes: a company's signatory; a firm's manager, where it paid a debt and more.
REFUND_OWNERS = (Role.SIGNATORY, Role.MANAGER)

# What comes next for a claim, and whose turn it is, by status.
NEXT_STEPS: dict[ClaimStatus, tuple[Words, Words]] = {
    ClaimStatus.SUBMITTED: (_("The check"), _("Officer")),
    ClaimStatus.CHECKED: (_("Approval"), _("Budget officer")),
    ClaimStatus.FIRST_APPROVED: (_("Second approval"), _("Another budget officer")),
    ClaimStatus.RETURNED: (_("Answer to the questions"), _("Firm")),
    ClaimStatus.APPROVED: (_("Payment batch"), _("Budget officer")),
    ClaimStatus.BATCHED: (_("Confirmation of the payment"), _("Bank")),
}


class Cut(NamedTuple):
    """An approver's word on one line: the amount approved in minor units, and why it is less than claimed."""

    line_id: UUID
    amount: int
    reason: str


# Why the bank sent a payment back, by ISO 20022 code; any other code is shown as it is.
RETURN_REASONS: dict[str, Words] = {
    "AC01": _("The account number is wrong"),
    "AC04": _("The account is closed"),
    "AC06": _("The account is blocked"),
    "MS03": _("The bank gave no reason"),
}


@dataclass(frozen=True)
class Check:
    """One check of a claim: its code (a key of CHECKS) and whether it passed."""

    code: str
    passed: bool


def next_step(claim: Claim) -> tuple[Words, Words] | None:
    """What comes next for the claim and whose turn it is; None once nothing does."""
    if claim.status == ClaimStatus.SUBMITTED and claim.route == Route.STRAIGHT_THROUGH:
        return _("Approval after all checks"), _("The system")
    return NEXT_STEPS.get(claim.status)


def check_role(actor: Actor, *roles: Role) -> None:
    """Only these roles may do this."""
    if actor.role not in roles:
        raise Forbidden()


def check_claims_for(provider_id: UUID, actor: Actor) -> None:
    """A provider's manager claims for their own firm; another firm's work isn't there for them."""
    if actor.organisation_id != provider_id:
        raise NotFound()
    check_role(actor, Role.MANAGER)


def check_stages(engagement: Engagement, stages: Sequence[Stage], chosen: Sequence[UUID]) -> None:
    """A claim is for accepted stages of one engagement that no live claim holds."""
    if not chosen:
        raise Invalid(_("Choose at least one accepted stage."), field="stage_ids")
    if len(stages) != len(set(chosen)) or any(stage.engagement_id != engagement.id for stage in stages):
        raise NotFound()
    if any(stage.status != StageStatus.ACCEPTED for stage in stages):
        raise Invalid(_("Only stages that the company has accepted can be claimed."), field="stage_ids")


def check_invoice(net_amount: int, invoice_gross: int) -> None:
    """The invoice covers the net amount that is claimed; value added tax on top never raises the payment."""
    if invoice_gross < net_amount:
        raise Invalid(_("The invoice must cover at least the net amount of these stages."), field="invoice_gross")


def check_passed(checks: Sequence[Check]) -> None:
    """All checks passed; otherwise the words of those that failed."""
    failed = [CHECKS[check.code] for check in checks if not check.passed]
    if failed:
        listed = "; ".join(str(words) for words in failed)
        raise DomainError(_("These checks have failed: %(checks)s.", checks=listed))


def check_another_approves(claim: Claim, actor: Actor) -> None:
    """Whoever handed in, checked or approved a claim doesn't approve it; the database refuses it too."""
    if actor.person_id in (claim.checked_by, claim.submitted_by, claim.first_approved_by):
        raise DomainError(_("Another budget officer must approve this claim. Nobody approves what they prepared."))


def check_another_sends(batch: PaymentBatch, subjects: Sequence[Claim | Refund], actor: Actor) -> None:
    """Whoever prepared a batch, approved a claim or asked for a refund in it doesn't send it; nor does the database."""
    if actor.person_id == batch.prepared_by:
        raise DomainError(_("You prepared this batch. Another budget officer must send it."))
    if actor.person_id in who_may_not_send(batch, subjects):
        raise DomainError(
            _("You approved a claim or asked for a refund in this batch. Another budget officer must send it.")
        )


def who_may_not_send(batch: PaymentBatch, subjects: Sequence[Claim | Refund]) -> set[UUID]:
    """Whoever prepared the batch, approved a claim in it as the first or the second, or asked for a refund in it."""
    decided = {person for subject in subjects for person in _who_decided(subject) if person is not None}
    return {batch.prepared_by, *decided}


def _who_decided(subject: Claim | Refund) -> tuple[UUID | None, ...]:
    if isinstance(subject, Claim):
        return subject.approved_by, subject.first_approved_by
    return subject.requested_by, subject.account_changed_by


def check_not_asked(claim: Claim) -> None:
    """A provider is asked once; the database refuses a second request too."""
    if claim.requests:
        raise DomainError(_("This claim was returned once already. Now it is approved, in part or whole, or refused."))


def check_cuts(lines: Sequence[ClaimLine], cuts: Sequence[Cut]) -> dict[UUID, Cut]:
    """Each line is approved up to what is claimed, less only for a reason, and something is left; the cuts by line."""
    by_line = {cut.line_id: cut for cut in cuts}
    for line in lines:
        cut = by_line.get(line.id)
        net = line.aid + line.co_payment
        if cut and not 0 <= cut.amount <= net:
            raise Invalid(_("Approve at most what is claimed for the stage."), field=f"amount_{line.stage.code}")
        if cut and cut.amount < net and not cut.reason.strip():
            raise Invalid(
                _("Give a reason for every amount that isn't approved in full."), field=f"reason_{line.stage.code}"
            )
    if len(by_line) != len(cuts) or not by_line.keys() <= {line.id for line in lines}:
        raise NotFound()
    if all(line.id in by_line and by_line[line.id].amount == 0 for line in lines):
        raise Invalid(_("Nothing would be paid. Refuse the claim instead, with a reason."))
    return by_line


def check_reasons(reasons: Sequence[str]) -> list[str]:
    """A claim is returned once, with everything that is missing in one list."""
    stated = [reason.strip() for reason in reasons if reason.strip()]
    if not stated:
        raise Invalid(_("Write what is missing, one point a line."), field="reasons")
    return stated


def check_answer(answer: str) -> str:
    """A returned claim is handed in again with an answer to what was asked."""
    if not answer.strip():
        raise Invalid(_("Write your answer to each point."), field="answer")
    return answer.strip()


def check_batchable(subjects: Sequence[Claim | Refund], chosen: int, held: set[UUID]) -> str:
    """Approved claims and waiting refunds in one currency, with payments not held, leave together; that currency."""
    if not chosen:
        raise Invalid(_("Choose at least one claim or refund."), field="claim_ids")
    if len(subjects) != chosen:
        raise NotFound()
    if any(subject.status not in (ClaimStatus.APPROVED, RefundStatus.AWAITING) for subject in subjects):
        raise Invalid(_("Only approved claims and waiting refunds can be paid."), field="claim_ids")
    if any(subject.engagement_id in held for subject in subjects):
        raise Invalid(_("Payments of one of these engagements are held."), field="claim_ids")
    currencies = {subject.currency for subject in subjects}
    if len(currencies) > 1:
        raise Invalid(_("A payment batch has one currency."), field="claim_ids")
    return currencies.pop()


def check_account_again(last: PaymentLine | None, account_number: str, number: str, reasons: Sequence[str]) -> None:
    """After the bank named the account as the reason, a payment leaves to another account or to a confirmed one."""
    if last is None or last.return_reason not in reasons or last.account_number != account_number:
        return
    if last.account_confirmed_at is None:
        raise DomainError(
            _(
                "The bank sent %(number)s back because of its account (%(reason)s). "
                "The account must be changed or confirmed first.",
                number=number,
                reason=RETURN_REASONS.get(last.return_reason or "", last.return_reason),
            )
        )


def check_may_confirm(line: PaymentLine, actor: Actor) -> None:
    """Whoever is paid confirms the account of a payment that the bank sent back; for others it isn't there."""
    if isinstance(line.subject, Claim):
        check_claims_for(line.subject.provider_id, actor)
    else:
        check_refund_owner(line.subject, actor)
    if line.status != LineStatus.RETURNED:
        raise DomainError(_("The bank didn't send this payment back."))


def check_assignable(entries: Sequence[BankEntry], chosen: Sequence[UUID]) -> None:
    """Money that arrived from one account and that nobody has assigned yet."""
    if not chosen or len(entries) != len(set(chosen)):
        raise NotFound()
    for entry in entries:
        check_unassigned(entry)
    if len({(plain_number(entry.debtor_account), entry.currency) for entry in entries}) > 1:
        raise Invalid(_("Movements of different payers or currencies can't be taken together."), field="others")


def note_words(note: str | None) -> str:
    """Why a movement matched nothing, in the reader's language; it is stored in English."""
    return str(_(note)) if note else ""


def is_charge(difference: int, amount: int) -> bool:
    """Whether the bank may have kept so much of an amount: nothing, or little."""
    return 0 <= difference * 100 <= amount * terms(clock.today()).largest_charge_percent


def check_counterpart(entry: BankEntry, other: BankEntry, left: int) -> None:
    """The same money in another report has the same amount on the same account; or one makes the other good."""
    is_same_account = plain_number(entry.account) == plain_number(other.account)
    if not is_same_account or entry.currency != other.currency:
        raise Invalid(_("Choose another movement on the same account."), field="other_id")
    if other.amount != left:
        raise Invalid(_("The two movements have different amounts."), field="other_id")
    is_elsewhere = other.booking.kind != entry.booking.kind or other.booking_id == entry.booking.resembles_id
    if other.direction == entry.direction and (other.is_known or not is_elsewhere):
        raise Invalid(_("Choose a movement that another kind of report tells."), field="other_id")


def check_unassigned(entry: BankEntry) -> None:
    """A movement that matches nothing is assigned once."""
    if entry.outcome != EntryOutcome.UNMATCHED or entry.assignment is not None:
        raise DomainError(_("Somebody has assigned this movement already."))


def check_another_confirms(proposal: BankProposal, actor: Actor) -> None:
    """Two officers say that money is a funder's, or interest; the database asks for two as well."""
    if actor.person_id == proposal.proposed_by:
        raise DomainError(SECOND_SAYS)


def check_refund_owner(refund: Refund, actor: Actor) -> None:
    """Who signs for a company or a firm decides where its refund goes; for another one it isn't there.

    Where the money belongs to nobody known here, a budget officer does.
    """
    if refund.organisation_id is not None and actor.organisation_id != refund.organisation_id:
        raise NotFound()
    check_role(actor, *(REFUND_OWNERS if refund.organisation_id else (Role.BUDGET_OFFICER,)))


def check_refund_account(refund: Refund, now: datetime, *, days: int) -> None:
    """A refund leaves to a known account; one that was named later must be so many days old."""
    if not refund.account_number:
        raise DomainError(_("An account must be named for refund %(number)s first.", number=refund.number))
    if refund.account_changed_at is not None and now - refund.account_changed_at < timedelta(days=days):
        raise DomainError(
            _(
                "The account for refund %(number)s was changed less than %(days)s days ago. Leave it out for now.",
                number=refund.number,
                days=days,
            )
        )


def was_account_changed(accounts: Sequence[BankAccount], now: datetime, *, days: int) -> bool:
    """The account in use replaced another one within so many days."""
    return not is_account_settled(accounts, now, days=days)


def is_account_settled(accounts: Sequence[BankAccount], now: datetime, *, days: int) -> bool:
    """A first account may be paid at once; one that replaced another, when it is so many days old (rule E24)."""
    active = next((account for account in accounts if account.status == BankAccountStatus.ACTIVE), None)
    earlier = [
        account for account in accounts if account.status == BankAccountStatus.RETIRED and account.active_at is not None
    ]
    if active is None or active.active_at is None:
        return False
    return not earlier or now - active.active_at >= timedelta(days=days)


def are_compared(deliverables: Sequence[Deliverable], stages: Sequence[Stage]) -> bool:
    """Every document of the claimed stages has been compared with all earlier ones."""
    claimed = {stage.id for stage in stages}
    return all(deliverable.compared_at is not None for deliverable in deliverables if deliverable.stage_id in claimed)


def is_holding(hold: Hold, now: datetime) -> bool:
    """A hold counts until its time is over, even before the sweep has ended it."""
    return hold.status == HoldStatus.ACTIVE and hold.until_at > now
