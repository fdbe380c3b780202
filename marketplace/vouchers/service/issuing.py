"""Issuing a voucher: the row, its money reserved on every funder's line, and the news to the company."""

from __future__ import annotations

import secrets
from datetime import timedelta
from uuid import UUID

from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.audit import record, transition
from marketplace.core.db import session
from marketplace.ledger.service import Leg, Opening, post
from marketplace.programmes.models import Call
from marketplace.vouchers.models import Application, Voucher
from marketplace.vouchers.service.applications import tell
from marketplace.vouchers.states import APPLICATION


def issue(
    call: Call, application: Application, parts: dict[UUID, int], actor: Actor, *, source: str = "available"
) -> Voucher:
    """Issue a voucher and reserve its money on every funder's line: available → reserved.

    The money of an offer is reserved already; `source` then names the application's accounts without their line.
    """
    programme = call.programme
    voucher = Voucher(
        number=db.next_number("VOU"),
        code=secrets.token_urlsafe(18),
        application_id=application.id,
        call_id=call.id,
        programme_id=programme.id,
        organisation_id=application.organisation_id,
        amount=programme.voucher_amount,
        currency=programme.currency,
        one_active=programme.one_active_voucher,
        issued_at=clock.now(),
        expires_at=clock.end_of_day(clock.today() + timedelta(days=programme.voucher_validity_days)),
    )
    session.add(voucher)
    application.reason = None
    transition(application, APPLICATION, "allocate", actor=actor)
    db.flush()
    record(actor, "voucher.issue", voucher, after={"application": str(application.id), "amount": voucher.amount})
    _reserve(voucher, parts, actor, source)
    tell(application, "issued", voucher=voucher.number, amount=voucher.amount, currency=voucher.currency,
         expires_at=voucher.last_moment, voucher_path=f"/vouchers/{voucher.id}")  # fmt: skip
    return voucher


def _reserve(voucher: Voucher, parts: dict[UUID, int], actor: Actor, source: str) -> None:
    owner, legs = ("voucher", voucher.id), []
    for line_id, part in parts.items():
        if part:
            reserved = Opening(f"reserved:{voucher.id}:{line_id}", "reserved", owner, voucher.currency, line_id)
            legs.append(Leg(f"{source}:{line_id}", reserved, part, f"reserve:{voucher.id}:{line_id}"))
    post(legs, kind="reserve", actor=actor, reference=voucher.number)
