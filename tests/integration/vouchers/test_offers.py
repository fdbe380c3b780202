"""Offers to the waitlist: reserved for one company, accepted, declined or lapsed, and then the next one's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organisation
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, NotFound
from marketplace.core.task_queue import BackgroundTask
from marketplace.ledger import queries as ledger
from marketplace.notifications.models import Message
from marketplace.notifications.rendering import render
from marketplace.programmes import queries as programmes
from marketplace.programmes.models import Programme
from marketplace.reports.proof import prove
from marketplace.vouchers import queries, sealed_list, service
from marketplace.vouchers.models import Application
from tests import business_time
from tests.factories.accounts import make_member, make_sme
from tests.factories.programmes import earlier, make_call, make_programme
from tests.factories.vouchers import allocate_all, make_application

pytestmark = pytest.mark.usefixtures("database")


def offered(programme: Programme | None = None) -> tuple[Application, Application, Actor]:
    """The first on the waitlist with an open offer, the one behind it, and the signatory of the first."""
    giver, sme = make_sme(), make_sme()
    with earlier(days=2):
        call = make_call(programme, vouchers=1, closes_in=timedelta(days=1))
        winner, first, second = make_application(call, giver), make_application(call, sme), make_application(call)
    allocate_all(call)
    assert winner.voucher is not None
    service.surrender(winner.voucher.id, actor=giver, key=str(uuid4()))
    offer(first)
    assert first.status == "offered"
    return first, second, sme


def offer(application: Application) -> None:
    service.offer_from_waitlist(application.call_id, actor=SYSTEM)


def lapse(application: Application) -> None:
    service.lapse_offer(application.id, actor=SYSTEM, key=f"lapse:{application.id}")


def held(application: Application) -> int:
    return sum(ledger.balances_by_owner(application.id, "reserved").values())


def mails(template: str) -> int:
    return db.session.query(Message).filter_by(template=f"vouchers/{template}").count()


def test_an_offer_holds_the_money_for_five_working_days() -> None:
    application, second, _sme = offered()
    assert held(application) == 12_000_000
    meter = programmes.meter(application.call)
    assert (meter.available, meter.reserved) == (0, 12_000_000)
    assert application.offer_ends_at is not None
    last_day = business_clock.add_working_days(business_clock.now(), 5).astimezone(business_clock.zone()).date()
    assert application.offer_ends_at == business_clock.end_of_day(last_day)
    asked = {"application_id": str(application.id)}
    lapsing = db.session.query(BackgroundTask).filter_by(name="lapse_offer", arguments=asked).one()
    assert lapsing.run_after == application.offer_ends_at
    assert mails("offered") == 1
    assert prove().faults == []
    offer(second)
    assert second.status == "waitlisted"


def readers(template: str) -> list[str]:
    query = db.session.query(Message).filter_by(template=f"vouchers/{template}")
    return sorted(mail.address for mail in query)


def address(actor: Actor) -> str:
    return accounts.get_person(actor.person_id).email  # type: ignore[arg-type]


@pytest.mark.parametrize("template", ["offered", "offer_lapsed"])
def test_whoever_may_accept_is_told_and_whoever_prepared_too(template: str, clock: Any) -> None:
    giver, sme = make_sme(), make_sme()
    with earlier(days=3):
        told = [sme, make_member(sme, Role.SIGNATORY), make_member(sme, Role.PREPARER)]
    with earlier(days=2):
        call = make_call(vouchers=1, closes_in=timedelta(days=1))
        winner, first = make_application(call, giver), make_application(call, sme)
    allocate_all(call)
    assert winner.voucher is not None
    service.surrender(winner.voucher.id, actor=giver, key="back")
    offer(first)
    clock.advance(days=14)
    lapse(first)
    assert readers(template) == sorted(address(reader) for reader in told)
    (mail, *_others) = db.session.query(Message).filter_by(template="vouchers/offered")
    for locale in ("en", "ko"):
        letter = render(mail.template, locale=locale, base_url="https://example.org", data=mail.data)
        assert f"https://example.org/applications/{first.id}" in letter.body


def test_accepting_turns_the_offers_money_into_a_voucher_once_per_key() -> None:
    application, _second, sme = offered()
    key = str(uuid4())
    voucher = service.accept_offer(application.id, actor=sme, key=key)
    assert service.accept_offer(application.id, actor=sme, key=key) is voucher
    assert application.status == "allocated"
    assert (held(application), queries.remaining(voucher.id)) == (0, 12_000_000)
    with pytest.raises(DomainError, match="answered or over"):
        service.accept_offer(application.id, actor=sme, key=str(uuid4()))
    entry = queries.allocation_entries(application.call_id).where(Application.id == application.id)
    assert {row.outcome for row in db.session.execute(entry)} == {"waitlisted", "allocated"}
    assert prove().faults == []


def test_declining_gives_the_voucher_to_the_next_in_line() -> None:
    application, second, sme = offered()
    service.decline_offer(application.id, actor=sme, key=str(uuid4()))
    assert (application.status, held(application)) == ("withdrawn", 0)
    offer(second)
    assert (second.status, held(second)) == ("offered", 12_000_000)
    assert prove().faults == []


def test_an_offer_lapses_after_its_last_moment_and_goes_to_the_next() -> None:
    application, second, sme = offered()
    assert application.offer_ends_at is not None
    service.lapse_offer(application.id, actor=SYSTEM, key="too early")
    assert application.status == "offered"
    business_time.ahead(application.offer_ends_at - business_clock.now() + timedelta(seconds=1))
    try:
        with pytest.raises(DomainError, match="answered or over"), db.session.begin_nested():
            service.accept_offer(application.id, actor=sme, key=str(uuid4()))
        lapse(application)
        assert (application.status, application.reason, held(application)) == ("refused", "offer_lapsed", 0)
        lapse(application)
        assert mails("offer_lapsed") == 1
        offer(second)
        assert second.status == "offered"
    finally:
        business_time.come_back()
    assert prove().faults == []


def test_an_accepted_offer_does_not_lapse() -> None:
    application, _second, sme = offered()
    service.accept_offer(application.id, actor=sme, key=str(uuid4()))
    lapse(application)
    assert application.status == "allocated"


def test_only_the_companys_signatory_answers() -> None:
    application, _second, sme = offered()
    with pytest.raises(Forbidden):
        service.accept_offer(application.id, actor=make_member(sme, Role.PREPARER), key=str(uuid4()))
    with pytest.raises(NotFound):
        service.accept_offer(application.id, actor=make_sme(), key=str(uuid4()))


def test_one_active_voucher_is_tested_again_when_the_offer_is_accepted() -> None:
    application, _second, sme = offered()
    with earlier(days=2):
        other = make_call(application.call.programme, closes_in=timedelta(days=1))
        won = make_application(other, sme)
    allocate_all(other)
    assert won.status == "allocated"
    with pytest.raises(DomainError, match="already has an active voucher"):
        service.accept_offer(application.id, actor=sme, key=str(uuid4()))


def test_the_cap_of_linked_firms_is_tested_again_when_the_offer_is_accepted() -> None:
    application, _second, sme = offered(make_programme(aid_cap=12_000_000, aid_cap_months=36))
    daughter = make_sme()
    with earlier(days=2):
        other = make_call(application.call.programme, closes_in=timedelta(days=1))
        won = make_application(other, daughter)
    allocate_all(other)
    assert won.status == "allocated"
    _own, name = link(sme, daughter)
    with pytest.raises(DomainError, match=f"aid cap.*{name}.*stays open"):
        service.accept_offer(application.id, actor=sme, key=str(uuid4()))


def link(*smes: Actor) -> list[str]:
    """Make these companies one undertaking; their names."""
    firms = [db.get(Organisation, sme.organisation_id) for sme in smes]  # type: ignore[arg-type]
    for firm in firms:
        firm.undertaking_id = firms[0].id
    db.flush()
    return [firm.name for firm in firms]


def test_an_open_offer_counts_under_the_cap_of_linked_firms_and_is_named() -> None:
    application, _second, sme = offered(make_programme(aid_cap=12_000_000, aid_cap_months=36))
    daughter = make_sme()
    name, _daughter = link(sme, daughter)
    with earlier(days=2):
        other = make_call(application.call.programme, closes_in=timedelta(days=1))
        lost = make_application(other, daughter)
    allocate_all(other)
    assert (lost.status, lost.reason) == ("refused", "aid_cap")
    assert queries.linked_in_answer(lost.id) == [name]
    (mail,) = db.session.query(Message).filter_by(template="vouchers/refused")
    assert mail.data["linked"] == [name]
    assert sealed_list.replay(queries.sealed_file(other)).faults == []
    # Its own offer does not stand in its own way.
    assert service.accept_offer(application.id, actor=sme, key=str(uuid4())).amount == 12_000_000


def test_an_open_offer_counts_under_the_cap_of_one_company() -> None:
    programme = make_programme(sme_cap=12_000_000, aid_cap_months=36, one_active_voucher=False)
    application, _second, sme = offered(programme)
    with earlier(days=2):
        other = make_call(programme, closes_in=timedelta(days=1))
        lost = make_application(other, sme)
    allocate_all(other)
    assert (lost.status, lost.reason) == ("refused", "sme_cap")
    assert service.accept_offer(application.id, actor=sme, key=str(uuid4())).amount == 12_000_000


@pytest.mark.parametrize("end", ["decline", "lapse"])
def test_a_declined_or_lapsed_offer_counts_no_more(end: str, clock: Any) -> None:
    application, _second, sme = offered(make_programme(aid_cap=12_000_000, aid_cap_months=36))
    daughter = make_sme()
    link(sme, daughter)
    if end == "decline":
        service.decline_offer(application.id, actor=sme, key=str(uuid4()))
    else:
        clock.advance(days=14)
        lapse(application)
    with earlier(days=2):
        other = make_call(application.call.programme, closes_in=timedelta(days=1))
        won = make_application(other, daughter)
    allocate_all(other)
    assert won.status == "allocated"


def test_the_database_knows_until_when_an_offer_stands() -> None:
    application, _second, _sme = offered()
    statement = text("UPDATE applications SET offer_ends_at = NULL WHERE id = :id")
    with pytest.raises(IntegrityError, match="offer_ends_at"), db.session.begin_nested():
        db.session.execute(statement, {"id": application.id})
