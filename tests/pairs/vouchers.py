"""The lives of vouchers: drawn on, used up and filled again, extended, expired, given back, taken away."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.core.money import Money
from marketplace.engagements import service as engagements
from marketplace.engagements.models import Agreement, Engagement
from marketplace.vouchers import service
from marketplace.vouchers.models import Voucher
from marketplace.vouchers.states import VOUCHER
from tests.factories import engagements as make
from tests.factories.claims import new_key
from tests.pairs.walk import Cast, Life, Verb

WHOLE = dict.fromkeys(make.STAGES, 10_000_000)  # more than the voucher holds
DECISION = "vouchers.voucher_decision"


def begin(cast: Cast) -> UUID:
    """A valid voucher with two agreements that each want all of it."""
    for _agreement in range(2):
        make.make_agreement(cast.story, WHOLE)
    return cast.story.voucher.id


def signed_agreement(voucher_id: UUID) -> UUID | None:
    """An agreement that waits to draw on the voucher."""
    signed = select(Agreement.id).where(Agreement.voucher_id == voucher_id, Agreement.status == "signed")
    return db.session.scalar(signed.order_by(Agreement.number).limit(1))


def unpaid_engagement(voucher_id: UUID) -> UUID | None:
    """An engagement on the voucher whose co-payment hasn't come."""
    unpaid = select(Engagement.id).join(Agreement, Agreement.id == Engagement.agreement_id)
    unpaid = unpaid.where(Agreement.voucher_id == voucher_id, Engagement.status == "awaiting_co_payment")
    return db.session.scalar(unpaid.limit(1))


def redeem(agreement_id: UUID, actor: Actor) -> None:
    """Draw on the voucher for all that the agreement states."""
    agreement = db.get(Agreement, agreement_id)
    engagements.redeem(agreement_id, actor=actor, amount=Money(agreement.aid, agreement.currency), key=new_key())


VOUCHERS = [
    Life(
        VOUCHER,
        Voucher,
        begin,
        [
            Verb("suspend", lambda one, by: service.suspend(one, actor=by, reason="Tried"), page=DECISION),
            Verb("resume", lambda one, by: service.resume(one, actor=by, reason="Tried"), page=DECISION),
            Verb("revoke", lambda one, by: service.revoke(one, actor=by, reason="Tried", key=new_key()), page=DECISION),
            Verb(
                "surrender",
                lambda one, by: service.surrender(one, actor=by, key=new_key()),
                page="vouchers.voucher_surrender",
            ),
            Verb(
                "extend",
                lambda one, by: service.extend(one, actor=by, reason="Tried"),
                page="vouchers.voucher_extend",
            ),
            Verb(
                "expire",
                lambda one, by: service.expire(one, actor=by, key=new_key()),
                first=lambda _cast, _one: db.move_clock(timedelta(days=400)),
            ),
            Verb("exhaust", redeem, page="engagements.redeem_voucher", aim=signed_agreement),
            Verb(
                "refill",
                lambda one, by: engagements.lapse_engagement(one, actor=by, key=new_key()),
                aim=unpaid_engagement,
            ),
        ],
    )
]
