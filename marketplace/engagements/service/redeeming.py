"""Redeeming: voucher money is bound to an agreement, and its engagement begins; one function of the database."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from config.payments import terms
from marketplace.accounts import service as accounts
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import facts_of, plain
from marketplace.core.db import session
from marketplace.core.money import Money
from marketplace.engagements import rules
from marketplace.engagements.models import Agreement, Engagement, Redemption
from marketplace.engagements.service.start import start
from marketplace.ledger.service import in_words, money_verb
from marketplace.providers.models import Provider
from marketplace.vouchers.models import Voucher
from marketplace.vouchers.rules import check_drawn
from marketplace.vouchers.service import assess_holder
from marketplace.vouchers.states import AssessmentOccasion


@money_verb(Redemption)
def redeem(agreement_id: UUID, *, actor: Actor, amount: Money, key: str) -> Redemption:
    """Bind voucher money to an agreement, once, and begin its engagement.

    Of two at once the second waits, then is refused. The co-payment is asked for; without one the work starts at once.
    """
    agreement = db.get(Agreement, agreement_id, lock=True)
    rules.check_acts_for(agreement.organisation_id, actor, Role.SIGNATORY)
    rules.check_redemption(agreement, amount)
    assessment = assess_holder(agreement.voucher_id, occasion=AssessmentOccasion.REDEMPTION, actor=actor)
    made = {
        "redemption": uuid4(),
        "engagement": uuid4(),
        "year": clock.today().year,
        "assessment": assessment,
        **(_co_payment(agreement) if agreement.co_payment else {}),
    }
    db.flush()
    with in_words():
        call = func.agreement_redeem(agreement.id, literal(facts_of(actor), JSONB), key, literal(plain(made), JSONB))
        check_drawn(session.scalar(select(call)))
    if not agreement.co_payment:
        start(db.get(Engagement, made["engagement"]), actor=actor)
    for model, changed in (
        (Agreement, agreement.id),
        (Voucher, agreement.voucher_id),
        (Provider, agreement.provider_id),
    ):
        db.forget(model, changed)
    return db.written(
        Redemption(
            id=made["redemption"],
            agreement_id=agreement_id,
            amount=amount.amount,
            currency=amount.currency,
            key=key,
        )
    )


def _co_payment(agreement: Agreement) -> dict[str, Any]:
    """What is asked of the SME: its share, until when, and the mails that say so; the database adds the reference."""
    co_payment_id, account = uuid4(), terms(clock.today())
    due_on = clock.today() + timedelta(days=account.co_payment_days)
    return {
        "co_payment": co_payment_id,
        "due_on": due_on,
        "lapses_at": clock.end_of_day(due_on + timedelta(days=account.co_payment_grace_days)),
        "mails": accounts.mails_to(
            agreement.organisation_id,
            [Role.SIGNATORY],
            "engagements/co_payment_awaited",
            key=f"engagements/co_payment_awaited:{co_payment_id}",
            number=agreement.number,
            amount=agreement.co_payment,
            currency=agreement.currency,
            due_on=due_on.isoformat(),
            holder=account.holder,
            bank=account.bank,
            account=account.number,
            path=f"/agreements/{agreement.id}/co-payment",
        ),
    }
