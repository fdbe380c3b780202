"""Winding a call down: nothing new, the rights of those in flight stand, all are told once, the rest goes back."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.accounts import queries as accounts
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, IllegalMove, Invalid
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.notifications.models import Message
from marketplace.notifications.rendering import render
from marketplace.programmes import queries as programmes
from marketplace.programmes import service as programme_service
from marketplace.programmes.models import Call
from marketplace.vouchers import rules, service
from marketplace.vouchers.models import Application
from tests.factories.accounts import make_member, make_officer, make_sme
from tests.factories.programmes import earlier, make_call
from tests.factories.vouchers import allocate_all, make_application, make_draft

pytestmark = pytest.mark.usefixtures("database")


def wind_down(call: Call) -> None:
    service.wind_down(call.id, actor=make_officer(Role.PROGRAMME_OFFICER), reason="The budget was cut.")


def answer_all(call: Call) -> None:
    for batch in (1, 2, 3):
        service.end_applications(call.id, batch, actor=SYSTEM)


def standings(call: Call) -> list[str]:
    query = db.session.query(Message).filter_by(template="vouchers/winding_down").order_by(Message.key)
    return [mail.data["standing"] for mail in query if f"winding_down:{call.id}" in mail.key]


def finished_call() -> tuple[Call, Actor, list[Application]]:
    """One voucher given, two companies waiting."""
    winner = make_sme()
    with earlier(days=2):
        call = make_call(vouchers=1, closes_in=timedelta(days=1))
        applications = [make_application(call, winner), make_application(call), make_application(call)]
    allocate_all(call)
    return call, winner, applications


def test_an_open_call_takes_nothing_more_and_answers_everybody_once() -> None:
    call = make_call()
    sme = make_sme()
    draft, submitted = make_draft(call, sme), make_application(call)
    in_review = make_application(call, sector="agriculture")
    wind_down(call)
    with pytest.raises(DomainError, match="does not take applications"):
        service.submit(draft.id, actor=sme, declarations=set(rules.DECLARATIONS))
    answer_all(call)
    assert [draft.status, submitted.status, in_review.status] == ["withdrawn", "refused", "refused"]
    assert submitted.reason == "winding_down"
    assert sorted(standings(call)) == ["refused", "refused", "withdrawn"]
    answer_all(call)
    assert len(standings(call)) == 3


def test_it_gives_no_more_vouchers_but_a_voucher_stays_valid() -> None:
    call, winner, (given, *waiting) = finished_call()
    wind_down(call)
    answer_all(call)
    assert given.voucher is not None
    assert given.voucher.status == "issued"
    assert [one.status for one in waiting] == ["refused", "refused"]
    assert sorted(standings(call)) == ["allocated", "refused", "refused"]
    service.surrender(given.voucher.id, actor=winner, key=str(uuid4()))
    service.offer_from_waitlist(call.id, actor=SYSTEM)
    assert db.session.query(Application).filter_by(call_id=call.id, status="offered").count() == 0


def test_no_offer_is_made_between_the_decision_and_the_answers() -> None:
    call, winner, (given, first, _second) = finished_call()
    assert given.voucher is not None
    service.surrender(given.voucher.id, actor=winner, key=str(uuid4()))
    wind_down(call)
    service.offer_from_waitlist(call.id, actor=SYSTEM)
    assert first.status == "waitlisted"


def test_an_offer_already_made_can_still_be_accepted() -> None:
    giver, sme = make_sme(), make_sme()
    with earlier(days=2):
        call = make_call(vouchers=1, closes_in=timedelta(days=1))
        given, first = make_application(call, giver), make_application(call, sme)
    allocate_all(call)
    assert given.voucher is not None
    service.surrender(given.voucher.id, actor=giver, key=str(uuid4()))
    service.offer_from_waitlist(call.id, actor=SYSTEM)
    wind_down(call)
    answer_all(call)
    assert first.status == "offered"
    service.accept_offer(first.id, actor=sme, key=str(uuid4()))
    assert first.status == "allocated"


def test_the_people_of_each_company_learn_it_and_an_offer_leads_to_where_it_is_accepted() -> None:
    giver, offered, drafting = make_sme(), make_sme(), make_sme()
    with earlier(days=3):
        preparers = [make_member(offered, Role.PREPARER), make_member(drafting, Role.PREPARER)]
    with earlier(days=2):
        call = make_call(vouchers=1, closes_in=timedelta(days=1))
        given, first = make_application(call, giver), make_application(call, offered)
        make_draft(call, drafting)
    allocate_all(call)
    assert given.voucher is not None
    service.surrender(given.voucher.id, actor=giver, key=str(uuid4()))
    service.offer_from_waitlist(call.id, actor=SYSTEM)
    wind_down(call)
    answer_all(call)
    sent = db.session.query(Message).filter_by(template="vouchers/winding_down").all()
    people = [accounts.get_person(actor.person_id).email for actor in (offered, drafting, *preparers)]  # type: ignore[arg-type]
    assert sorted(mail.address for mail in sent) == sorted(people)
    paths = {mail.data["standing"]: mail.data["path"] for mail in sent}
    assert paths == {"offered": f"/applications/{first.id}", "withdrawn": f"/calls/{call.id}"}
    for mail in sent:
        for locale in ("en", "ko"):
            assert render(mail.template, locale=locale, base_url="https://example.org", data=mail.data).subject


def test_allocation_does_not_begin_any_more() -> None:
    with earlier(days=2):
        call = make_call(closes_in=timedelta(days=1))
        make_application(call)
        wind_down(call)
    service.close_call(call.id, actor=SYSTEM)
    assert call.status == "winding_down"
    with pytest.raises(DomainError):
        service.start_allocation(call.id, actor=make_officer(Role.PROGRAMME_OFFICER))


def test_it_is_not_begun_in_the_middle_of_an_allocation() -> None:
    with earlier(days=2):
        call = make_call(closes_in=timedelta(days=1))
        make_application(call)
    service.close_call(call.id, actor=SYSTEM)
    with pytest.raises(DomainError, match="under way"):
        wind_down(call)


def test_an_officer_decides_with_a_reason_and_only_once() -> None:
    call = make_call()
    with pytest.raises(Forbidden):
        service.wind_down(call.id, actor=make_officer(Role.BUDGET_OFFICER), reason="x")
    with pytest.raises(Invalid):
        service.wind_down(call.id, actor=make_officer(Role.PROGRAMME_OFFICER), reason=" ")
    wind_down(call)
    with pytest.raises(IllegalMove):
        wind_down(call)
    statement = text("UPDATE calls SET winding_down_reason = 'another' WHERE id = :id")
    with pytest.raises(IntegrityError, match="frozen"), db.session.begin_nested():
        db.session.execute(statement, {"id": call.id})


def test_it_ends_by_itself_when_nothing_is_in_flight() -> None:
    call, winner, (given, *_waiting) = finished_call()
    wind_down(call)
    service.wind_up_calls(actor=SYSTEM)
    assert call.status == "winding_down"  # nobody is answered yet
    answer_all(call)
    service.wind_up_calls(actor=SYSTEM)
    assert call.status == "winding_down"  # the voucher still holds money
    with pytest.raises(DomainError, match="still promised"):
        programme_service.wind_up(call.id, actor=SYSTEM)
    assert given.voucher is not None
    service.surrender(given.voucher.id, actor=winner, key=str(uuid4()))
    service.wind_up_calls(actor=SYSTEM)
    assert (call.status, call.wound_up_at is not None) == ("wound_up", True)


def test_unspent_money_goes_back_to_its_funder_by_a_second_person() -> None:
    call = make_call(vouchers=2)
    line, other = programmes.budget_lines(call.id)
    officer = make_officer(Role.BUDGET_OFFICER)
    with pytest.raises(DomainError, match="not being wound down"):
        programme_service.return_unspent(line.id, actor=officer, key="early")
    wind_down(call)
    with pytest.raises(Forbidden):
        programme_service.return_unspent(line.id, actor=make_officer(Role.PROGRAMME_OFFICER), key="maker")
    proposer = Actor(line.created_by, Role.BUDGET_OFFICER)
    with pytest.raises(DomainError, match="Somebody else"):
        programme_service.return_unspent(line.id, actor=proposer, key="own")
    programme_service.return_unspent(line.id, actor=officer, key="one")
    programme_service.return_unspent(line.id, actor=officer, key="one")
    with pytest.raises(DomainError, match="Nothing is left"):
        programme_service.return_unspent(line.id, actor=officer, key="two")
    assert ledger.balance(chart.returned(line.id)) == line.amount
    assert programmes.unspent(call) == {other.id: other.amount}
    meter = programmes.meter(call)
    assert (meter.returned, meter.available, meter.total) == (line.amount, other.amount, line.amount + other.amount)
    assert ledger.verify().faults == []
