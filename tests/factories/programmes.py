"""Programmes and calls as tests need them, made by the verbs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from marketplace.core import clock
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.programmes import queries, service
from marketplace.programmes.models import Call, Programme
from marketplace.programmes.terms import Method, templates
from tests.factories.accounts import make_officer

_count = itertools.count(1)


@contextmanager
def earlier(**by: float) -> Iterator[None]:
    """Act some time ago: business time in Python alone, so that what is made here is already over."""
    offset = clock._offset
    clock.set_offset(offset - timedelta(**by))
    try:
        yield
    finally:
        clock.set_offset(offset)


def make_programme(
    *,
    officer: Actor | None = None,
    published: bool = True,
    shares: Mapping[str, Mapping[str, int]] | None = None,
    **terms: Any,
) -> Programme:
    """A programme like the coupon-based one on file: central 40 %, local 20 %, the SME 40 %; or by category of cost."""
    officer = officer or make_officer(Role.PROGRAMME_OFFICER)
    service.add_funders(actor=SYSTEM)
    known, usual = templates()["coupon-consulting"]
    made = service.create_programme(
        replace(known, **{"code": f"programme-{next(_count)}", "size_standard": "kr-2002", **terms}), actor=officer
    )
    funders = {funder.code: funder.id for funder in queries.funders()}
    for category, by_payer in (shares or {"consulting": usual}).items():
        parts = {funders.get(code): points for code, points in by_payer.items()}
        service.set_cost_shares(made.id, parts, actor=officer, category=category)
    if published:
        service.publish_programme(made.id, actor=officer)
    return made


def make_call(
    programme: Programme | None = None,
    *,
    vouchers: int = 10,
    opens_in: timedelta = timedelta(hours=-1),
    closes_in: timedelta = timedelta(days=7),
    ceiling: int | None = None,
    published: bool = True,
    appropriated: bool = True,
    method: str = "first_come",
    quota_by: str | None = None,
    quotas: Mapping[str, int] | None = None,
) -> Call:
    """An open call with money for so many vouchers, proposed by one officer and appropriated by another."""
    officer = make_officer(Role.PROGRAMME_OFFICER)
    programme = programme or make_programme(officer=officer)
    now = clock.now()
    title = {"ko": "컨설팅 바우처 모집 공고", "en": "Call for consulting vouchers"}
    call = service.create_call(
        programme.id,
        actor=officer,
        title=title,
        opens_at=now + opens_in,
        closes_at=now + closes_in,
        intake_ceiling_percent=ceiling,
        method=Method(method, quota_by),
    )
    if quotas:
        service.set_quotas(call.id, quotas, actor=officer)
    weights = queries.funder_weights(programme.id)
    for funder_id, weight in weights.items():
        amount = programme.voucher_amount * weight * vouchers // sum(weights.values())
        service.add_budget_line(call.id, actor=officer, funder_id=funder_id, amount=amount)
    if appropriated:
        budget_officer = make_officer(Role.BUDGET_OFFICER)
        for line in queries.budget_lines(call.id):
            service.appropriate_line(line.id, actor=budget_officer, key=f"appropriate:{line.id}")
    if published:
        service.publish_call(call.id, actor=officer)
    return call
