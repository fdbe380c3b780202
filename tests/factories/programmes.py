"""Programmes and calls as tests need them, made by the verbs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

from marketplace.agency import queries as agency
from marketplace.agency.models import Funder, FunderEdition
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.programmes import queries, service
from marketplace.programmes.models import Amendment, Call, CallFile, Programme
from marketplace.programmes.service import Upload
from marketplace.programmes.terms import Method, templates
from tests.factories.accounts import make_officer

PDF = b"%PDF-1.4\n% a test file\n%%EOF\n"
NOTICE = {
    "description": {
        "ko": "컨설팅 비용을 지원합니다.\n\n세 단계로 진행합니다.",
        "en": "Pays for consulting.\n\nIn three stages.",
    },
    "conditions": {"ko": "중소기업이 신청할 수 있습니다.", "en": "Small and medium enterprises may apply."},
}
_count = itertools.count(1)


def make_funders() -> dict[str, UUID]:
    """The central and a local government, whose money programmes may give from today on; their ids by code."""
    names = {
        "central": {"ko": "중앙정부", "en": "Central government"},
        "local": {"ko": "지방자치단체", "en": "Local government"},
    }
    for code in names.keys() - {funder.code for funder in agency.funders()}:
        funder = Funder(code=code, kind=code)
        db.session.add(funder)
        db.flush()
        db.session.add(
            FunderEdition(
                funder_id=funder.id,
                name=names[code],
                gives=True,
                valid_from=clock.today() - timedelta(days=800),
                status="confirmed",
                decided_at=clock.now(),
            )
        )
        db.flush()
        db.session.expire(funder)
    return {funder.code: funder.id for funder in agency.funders()}


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
    make_funders()
    known, usual = templates()["coupon-consulting"]
    made = service.create_programme(
        replace(known, **{"code": f"programme-{next(_count)}", "size_standard": "kr-2002", **terms}), actor=officer
    )
    funders = make_funders()
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
    files: Sequence[Upload] = (),
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
        **NOTICE,
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
    for file in files:
        service.add_call_file(call.id, file, actor=officer)
    if published:
        service.publish_call(call.id, actor=officer)
    return call


def upload(name: str = "notice", *, replaces_id: UUID | None = None) -> Upload:
    """A small PDF for a notice."""
    return Upload(
        BytesIO(PDF + name.encode()), f"{name}.pdf", {"ko": f"공고문 {name}", "en": f"Notice {name}"}, replaces_id
    )


def attach(call: Call) -> CallFile:
    """A file of a draft call."""
    return service.add_call_file(call.id, upload(), actor=make_officer(Role.PROGRAMME_OFFICER))


def published_file() -> CallFile:
    """A file that everybody may download."""
    return queries.notice(make_call(files=[upload()])).files[0]


def make_amendment(call: Call, *, officer: Actor | None = None, **changes: Any) -> Amendment:
    """A correction of a published call that waits for another officer: the conditions change."""
    conditions = {"ko": "소기업이 신청할 수 있습니다.", "en": "Small enterprises may apply."}
    reason = {"ko": "신청 자격을 바로잡습니다.", "en": "Who may apply was wrong."}
    told = {"description": NOTICE["description"], "conditions": conditions, "reason": reason} | changes
    return service.propose_amendment(call.id, actor=officer or make_officer(Role.PROGRAMME_OFFICER), **told)
