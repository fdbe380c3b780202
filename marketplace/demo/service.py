"""The demo's own verbs: move business time, and play the bank for somebody at the keyboard; all in the audit trail."""

import re
from datetime import timedelta
from uuid import UUID

from marketplace.accounts import service as accounts
from marketplace.claims import service as claims
from marketplace.claims.queries import get_batch
from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.audit import record
from marketplace.core.errors import Invalid
from marketplace.core.i18n import _
from marketplace.core.tasks import schedule
from marketplace.demo import bank
from marketplace.receivables.models import Receivable
from marketplace.vouchers import service as vouchers

LONGEST = timedelta(days=400)
UNITS = {"d": "days", "h": "hours", "m": "minutes", "w": "weeks"}
# What the timetable asks for by itself a little later; asked for at once when business time moves.
ON_MOVE = (
    vouchers.expire_vouchers,
    vouchers.remind_holders,
    vouchers.chase_scorers,
    claims.end_holds,
    accounts.end_expired_memberships,
)


def parse_span(typed: str) -> timedelta:
    """A span of time such as 8d, 36h, 90m or 2w; Invalid for anything else, nothing and more than 400 days."""
    match = re.fullmatch(r"([0-9]{1,5})([dhmw])", typed.strip())
    span = timedelta(**{UNITS[match[2]]: int(match[1])}) if match else timedelta()
    if not timedelta() < span <= LONGEST:
        raise Invalid(_("Write how far to go, such as 8d, 36h or 2w; at most 400 days."), field="span")
    return span


def advance(by: timedelta, *, actor: Actor) -> None:
    """Move business time forward; what falls due is done in the background within seconds."""
    before = clock.now()
    db.move_clock(by)
    record(actor, "demo.advance", ("clock_offset", UUID(int=0)), before={"now": before}, after={"now": clock.now()})
    for verb in ON_MOVE:
        schedule(verb, key=f"moved:{clock.now().isoformat()}")


def answer_batch(batch_id: UUID, *, actor: Actor) -> None:
    """The bank books every payment of a batch that was sent."""
    record(actor, "demo.answer_batch", get_batch(batch_id))
    bank.settle_batch(batch_id)


def pay_share(agreement_id: UUID, *, actor: Actor, payer: str, account: str) -> None:
    """The bank reports that a company's share has arrived from this payer."""
    record(actor, "demo.pay_share", ("agreements", agreement_id))
    bank.pay_share(agreement_id, payer=payer, account=account)


def pay_debt(receivable_id: UUID, *, actor: Actor, payer: str, account: str, amount: int) -> None:
    """The bank reports that so many minor units of a debt have come in from this payer; booked within seconds."""
    debt = db.get(Receivable, receivable_id)
    record(actor, "demo.pay_debt", debt, after={"amount": amount})
    bank.pay_debt(receivable_id, payer=payer, account=account, amount=amount)
