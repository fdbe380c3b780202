"""Issuing vouchers, one or thousands: the rows, their money reserved on every funder's line, the news of them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Text, any_, func, insert, literal, select

from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.audit import record_all, transition_all
from marketplace.ledger import chart
from marketplace.ledger import service as ledger
from marketplace.ledger.chart import ChartAccount, OwnerKind
from marketplace.programmes.models import Call
from marketplace.vouchers.models import Application, Voucher
from marketplace.vouchers.service.applications import tell_all
from marketplace.vouchers.states import APPLICATION, VOUCHER, ApplicationStatus


def issue_all(
    call: Call,
    application_ids: Sequence[UUID],
    parts: Mapping[UUID, int],
    *,
    actor: Actor,
    before: ApplicationStatus = ApplicationStatus.ACCEPTED,
    source: Callable[[UUID], ChartAccount] = chart.available,
) -> list[UUID]:
    """Issue a voucher to each of these applications of the call and reserve its money; the vouchers' ids.

    `parts` is what each voucher takes from the budget lines, in minor units. The money of an offer is reserved
    already; `source` then gives the application's account of a line. All vouchers or none; however many
    there are, it takes as many statements as for one.
    """
    if not application_ids:
        return []
    ends = clock.end_of_day(clock.today() + timedelta(days=call.programme.voucher_validity_days))
    numbers = {uuid4(): number for number in db.next_numbers("VOU", len(application_ids))}
    values = {"reason": None}
    transition_all(Application, APPLICATION, "allocate", application_ids, before=before, actor=actor, values=values)
    _insert(call, application_ids, numbers, ends)
    these = Voucher.id == any_(db.array(list(numbers)))
    facts = func.jsonb_build_object("application", Voucher.application_id, "amount", Voucher.amount)
    issued = select(Voucher.id, func.jsonb_build_object("after", facts)).where(these)
    record_all(actor, "voucher.issue", Voucher.__tablename__, issued)
    currency = call.programme.currency
    ledger.reserve_all(OwnerKind.VOUCHER, numbers, parts, source=source, currency=currency, actor=actor)
    facts = func.jsonb_build_object("voucher", Voucher.number, "voucher_path", func.concat("/vouchers/", Voucher.id))
    news = select(Voucher.application_id, facts).where(these)
    last_moment = ends - timedelta(seconds=1)
    tell_all("issued", call, news, amount=call.programme.voucher_amount, currency=currency, expires_at=last_moment)
    return list(numbers)


def _insert(call: Call, application_ids: Sequence[UUID], numbers: Mapping[UUID, str], ends: datetime) -> None:
    programme, columns = call.programme, Voucher.__table__.columns
    every = {
        "call_id": call.id,
        "programme_id": programme.id,
        "amount": programme.voucher_amount,
        "released": 0,
        "currency": programme.currency,
        "one_active": programme.one_active_voucher,
        "status": VOUCHER.initial,
        "issued_at": clock.now(),
        "expires_at": ends,
    }
    by_row = {
        "id": db.array(list(numbers)),
        "number": db.array(list(numbers.values()), Text),
        "code": db.array([secrets.token_urlsafe(18) for _number in numbers], Text),
        "application_id": db.array(application_ids),
    }
    new = func.unnest(*by_row.values()).table_valued(*by_row, name="new").render_derived()
    rows = select(*new.columns, *(literal(value, columns[name].type) for name, value in every.items()))
    rows = rows.add_columns(Application.organisation_id).join(Application, Application.id == new.columns.application_id)
    names = [*by_row, *every, "organisation_id"]
    db.session.execute(insert(Voucher).from_select(names, rows, include_defaults=False))
