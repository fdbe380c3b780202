"""Keeping a voucher for one application: its money is reserved for a bounded time, accepted or released."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

from config.intake import terms
from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.audit import transition
from marketplace.core.tasks import announce
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger.chart import ChartAccount, OwnerKind, Stage, TransferKind
from marketplace.ledger.service import Leg, post
from marketplace.vouchers import events
from marketplace.vouchers.models import Application
from marketplace.vouchers.service.applications import tell
from marketplace.vouchers.states import APPLICATION


def offer(application: Application, parts: Mapping[UUID, int], actor: Actor, *, template: str = "offered") -> None:
    """Reserve the money for this application alone and tell the company until when it may accept.

    `parts` is what the voucher takes of each budget line, in minor units.
    """
    application.offer_ends_at, application.reason = last_moment(), None
    transition(application, APPLICATION, "offer", actor=actor, until=application.offer_ends_at)
    db.flush()
    programme = application.call.programme
    reserved = account(application)
    legs = [
        Leg(chart.available(line_id), reserved(line_id), part, f"offer:{application.id}:{line_id}")
        for line_id, part in parts.items()
        if part
    ]
    currency = programme.currency
    post(legs, kind=TransferKind.RESERVE, currency=currency, actor=actor, reference=application.number)
    announce(events.OFFERED, application_id=application.id, ends_at=application.offer_ends_at)
    tell(application, template, amount=programme.voucher_amount, currency=currency, until=application.last_moment)


def last_moment() -> datetime:
    """Until when what is offered now can be accepted."""
    last_day = clock.add_working_days(clock.now(), terms(clock.today()).offer_working_days)
    return clock.end_of_day(last_day.astimezone(clock.zone()).date())


def account(application: Application) -> Callable[[UUID], ChartAccount]:
    """Of each budget line the account that holds an open offer's money."""
    return partial(chart.reserved, OwnerKind.APPLICATION, application.id)


def reserved_for(application: Application) -> dict[UUID, int]:
    """What is reserved for an open offer, by budget line."""
    balances = ledger_queries.balances_by_owner(application.id, Stage.RESERVED)
    return {line_id: part for line_id, part in balances.items() if part}
