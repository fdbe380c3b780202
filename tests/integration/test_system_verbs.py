"""What happens by itself is nobody's to do: the system's verbs refuse every person before they look at anything."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from marketplace.claims import service as claims
from marketplace.claims.pain001 import Account
from marketplace.core.actors import EVERYONE, VISITOR, Actor
from marketplace.core.errors import Forbidden
from marketplace.core.money import Money
from marketplace.engagements import service as engagements
from marketplace.programmes import service as programmes
from marketplace.receivables import service as receivables
from marketplace.reports import service as reports
from marketplace.verification import service as verification
from marketplace.vouchers import service as vouchers
from tests.factories.accounts import make_person

pytestmark = pytest.mark.usefixtures("database")


def pay_back_excess(actor: Actor) -> None:
    amount, account = Money(1, "KRW"), Account("Firm", "110-222", "")
    claims.pay_back_excess(
        uuid4(), actor=actor, organisation_id=uuid4(), amount=amount, account=account, reason="Tried", key=key()
    )


def key() -> str:
    return str(uuid4())


VERBS: dict[str, Callable[[Actor], object]] = {
    "draw_waiting_room": lambda by: vouchers.draw_waiting_room(uuid4(), actor=by),
    "watch_ceiling": lambda by: vouchers.watch_ceiling(uuid4(), actor=by),
    "expire_vouchers": lambda by: vouchers.expire_vouchers(actor=by),
    "remind_holders": lambda by: vouchers.remind_holders(actor=by),
    "remind_of_batch": lambda by: claims.remind_of_batch(actor=by),
    "expire": lambda by: vouchers.expire(uuid4(), actor=by, key=key()),
    "allocate_batch": lambda by: vouchers.allocate_batch(uuid4(), 1, actor=by),
    "offer_from_waitlist": lambda by: vouchers.offer_from_waitlist(uuid4(), actor=by),
    "lapse_offer": lambda by: vouchers.lapse_offer(uuid4(), actor=by, key=key()),
    "renew_offers": lambda by: vouchers.renew_offers(uuid4(), uuid4(), actor=by),
    "look_up": lambda by: verification.look_up(uuid4(), actor=by),
    "end_applications": lambda by: vouchers.end_applications(uuid4(), 1, actor=by),
    "pause_call": lambda by: programmes.pause_call(uuid4(), actor=by, asked=2, ceiling=1),
    "resume_call": lambda by: programmes.resume_call(uuid4(), actor=by, asked=1, ceiling=2),
    "wind_up": lambda by: programmes.wind_up(uuid4(), actor=by),
    "lapse_engagement": lambda by: engagements.lapse_engagement(uuid4(), actor=by, key=key()),
    "pass_claim": lambda by: claims.pass_claim(uuid4(), actor=by, key=key()),
    "escalate_claim": lambda by: claims.escalate_claim(uuid4(), "check", 1, 0, actor=by),
    "end_holds": lambda by: claims.end_holds(actor=by),
    "pay_back_excess": pay_back_excess,
    "notify_instalment": lambda by: receivables.notify_instalment(uuid4(), actor=by),
    "remind_instalment": lambda by: receivables.remind_instalment(uuid4(), 1, actor=by),
    "take_receipt": lambda by: receivables.take_receipt(uuid4(), actor=by, key=key()),
    "take_set_off": lambda by: receivables.take_set_off(uuid4(), actor=by, key=key()),
    "reconcile": lambda by: reports.reconcile(actor=by),
}


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
def test_no_person_does_what_happens_by_itself(verb: Callable[[Actor], object]) -> None:
    person = make_person().id
    for actor in (VISITOR, *(Actor(person, role) for role in sorted(EVERYONE))):
        with pytest.raises(Forbidden):
            verb(actor)
