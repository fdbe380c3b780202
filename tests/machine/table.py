"""The small world of the money machine: a call with vouchers and a waitlist, one not allocated yet, a firm."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.programmes.models import Call, Programme
from marketplace.vouchers import queries as vouchers
from marketplace.vouchers import service as voucher_service
from marketplace.vouchers.models import Voucher
from tests.factories import engagements as make
from tests.factories.accounts import make_officer, make_provider, make_sme
from tests.factories.programmes import make_call, make_programme
from tests.factories.receivables import REPAYABLE
from tests.factories.vouchers import allocate_all, make_application

# Prices of each voucher's two jobs: both want all of it; odd sums that don't fill it; a large and a tiny one.
JOBS = (
    (dict.fromkeys(make.STAGES, 10_000_000), dict.fromkeys(make.STAGES, 7_000_001)),
    ({"diagnosis": 1, "action-plan": 999_999, "execution": 3_333_333}, dict.fromkeys(make.STAGES, 1_111_111)),
    (make.PRICES, {"diagnosis": 7, "action-plan": 11, "execution": 13}),
)


@dataclass(frozen=True)
class Table:
    """Who plays, and the two calls."""

    officer: Actor
    budget_officers: tuple[Actor, Actor, Actor]
    ethics_officer: Actor
    manager: Actor
    companies: dict[UUID, Actor]
    allocated: UUID
    waiting: UUID


def lay() -> Table:
    """Three vouchers with two signed agreements each, two companies on the waitlist; four applications for two more."""
    officer, manager = make_officer(Role.PROGRAMME_OFFICER), make_provider()
    first, second = make_officer(Role.BUDGET_OFFICER), make_officer(Role.BUDGET_OFFICER)
    companies = [make_sme() for _company in range(9)]
    with make.earlier(60):
        consultants, actors = make._enter_firm(manager, officer)
        programme = make_programme(code=REPAYABLE, extension_days=100)
        allocated = _call(companies[:5], money_for=3, programme=programme)
        waiting = _call(companies[5:], money_for=2)
    with make.earlier(54):
        allocate_all(allocated)
    story = make.Story(officer, (first, second), companies[0], manager, consultants, actors, None)  # type: ignore[arg-type]
    for company, jobs in zip(companies, JOBS, strict=False):
        assert company.organisation_id
        (voucher,) = vouchers.vouchers_of(company.organisation_id)
        for prices in jobs:
            make.make_agreement(replace(story, sme=company, voucher=voucher), prices)
    voucher_service.close_call(waiting.id, actor=SYSTEM)
    assert db.session.query(Voucher).count() == 3
    by_id = {company.organisation_id: company for company in companies if company.organisation_id}
    ethics = make_officer(Role.ETHICS_OFFICER)
    third = make_officer(Role.BUDGET_OFFICER)
    return Table(officer, (first, second, third), ethics, manager, by_id, allocated.id, waiting.id)


def _call(companies: list[Actor], *, money_for: int, programme: Programme | None = None) -> Call:
    call = make_call(programme, vouchers=money_for, closes_in=timedelta(days=2))
    for company in companies:
        make_application(call, company)
    return call
