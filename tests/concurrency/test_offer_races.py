"""Offers, scoring and the waiting room with real commits and threads: one answer, one asking, one place, one draw."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError

from config.settings import Settings
from marketplace.accounts.models import Organisation
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import from_integrity
from marketplace.ledger import queries as ledger
from marketplace.programmes import queries as programmes
from marketplace.vouchers import queries, rules, service
from marketplace.vouchers.models import Application, Scoring, Voucher, WaitingPlace
from tests import business_time
from tests.concurrency.test_voucher_races import at_once
from tests.factories.accounts import make_member, make_officer, make_person, make_sme
from tests.factories.programmes import earlier, make_call, make_programme
from tests.factories.vouchers import allocate_all, make_application, make_draft


@pytest.fixture
def stored(app: Flask, real_database: Settings) -> Iterator[Flask]:
    """The application on a database of its own, with real commits."""
    yield app
    business_time.come_back()
    with app.app_context():
        db.session.remove()


def offered(app: Flask) -> tuple[UUID, Actor]:
    """An application with an open offer, and its signatory."""
    with app.app_context(), db.unit_of_work():
        giver, sme = make_sme(), make_sme()
        with earlier(days=2):
            call = make_call(vouchers=1, closes_in=timedelta(days=1))
            given, waiting = make_application(call, giver), make_application(call, sme)
        allocate_all(call)
        assert given.voucher is not None
        service.surrender(given.voucher.id, actor=giver, key=str(uuid4()))
        service.offer_from_waitlist(call.id, actor=SYSTEM)
        return waiting.id, sme


def test_an_offer_accepted_and_declined_at_once_gets_one_answer(stored: Flask) -> None:
    application_id, sme = offered(stored)
    attempts = [
        lambda: service.accept_offer(application_id, actor=sme, key=str(uuid4())),
        lambda: service.accept_offer(application_id, actor=sme, key=str(uuid4())),
        lambda: service.decline_offer(application_id, actor=sme, key=str(uuid4())),
    ]
    assert at_once(stored, attempts) == {"done": 1, "refused": 2}
    with stored.app_context(), db.unit_of_work():
        status = db.get(Application, application_id).status
        given = db.session.query(Voucher).filter_by(application_id=application_id).count()
        assert (status, given) in (("allocated", 1), ("withdrawn", 0))
        assert ledger.verify().faults == []


def test_an_offer_answered_in_its_last_moment_while_it_lapses_gets_one_answer(stored: Flask) -> None:
    application_id, sme = offered(stored)
    with stored.app_context(), db.unit_of_work():
        ends_at = db.get(Application, application_id).offer_ends_at
        assert ends_at is not None
        db.move_clock(ends_at - clock.now() - timedelta(seconds=1))

    def lapse() -> None:
        # A worker whose clock runs a little ahead.
        with earlier(seconds=-2):
            service.lapse_offer(application_id, actor=SYSTEM, key="lapse")

    def accept() -> None:
        service.accept_offer(application_id, actor=sme, key=str(uuid4()))

    at_once(stored, [lapse, accept])
    with stored.app_context(), db.unit_of_work():
        application = db.get(Application, application_id)
        held = sum(ledger.balances_by_owner(application_id, "reserved").values())
        meter = programmes.meter(application.call)
        assert held == 0
        assert (application.status, meter.available) in (("allocated", 0), ("refused", 12_000_000))
        assert ledger.verify().faults == []


def waiting_in_two_calls(app: Flask) -> tuple[list[UUID], dict[UUID, str]]:
    """Two calls of a capped programme with one released voucher and one of two linked firms waiting in each."""
    with app.app_context(), db.unit_of_work():
        smes = [make_sme(), make_sme()]
        firms = [db.get(Organisation, sme.organisation_id) for sme in smes]  # type: ignore[arg-type]
        for firm in firms:
            firm.undertaking_id = firms[0].id
        programme = make_programme(aid_cap=12_000_000, aid_cap_months=36)
        calls = []
        for sme in smes:
            giver = make_sme()
            with earlier(days=2):
                call = make_call(programme, vouchers=1, closes_in=timedelta(days=1))
                given = make_application(call, giver)
                make_application(call, sme)
            allocate_all(call)
            assert given.voucher is not None
            service.surrender(given.voucher.id, actor=giver, key=str(uuid4()))
            calls.append(call.id)
        return calls, {firm.id: firm.name for firm in firms}


def test_two_offers_to_linked_firms_at_once_are_one_and_its_holder_is_named(stored: Flask) -> None:
    calls, names = waiting_in_two_calls(stored)
    attempts = [lambda call_id=call_id: service.offer_from_waitlist(call_id, actor=SYSTEM) for call_id in calls]
    assert at_once(stored, attempts) == {"done": 2}
    with stored.app_context(), db.unit_of_work():
        answered = Application.status.in_(("offered", "refused"))
        won, lost = db.session.query(Application).filter(answered).order_by(Application.status)
        assert (won.status, lost.status, lost.reason) == ("offered", "refused", "aid_cap")
        assert queries.linked_in_answer(lost.id) == [names[won.organisation_id]]
        assert ledger.verify().faults == []


def test_an_offer_and_an_allocation_to_linked_firms_at_once_promise_once(stored: Flask) -> None:
    (call_id, other_id), _names = waiting_in_two_calls(stored)
    with stored.app_context(), db.unit_of_work():
        waits = db.session.query(Application).filter_by(call_id=other_id, status="waitlisted").one()
        linked = waits.organisation_id
        sme = Actor(waits.submitted_by, Role.SIGNATORY, linked)
        with earlier(days=2):
            third = make_call(waits.call.programme, closes_in=timedelta(days=1))
            third_id = third.id
            make_application(third, sme)
        service.close_call(third_id, actor=SYSTEM)
    attempts = [
        lambda: service.offer_from_waitlist(call_id, actor=SYSTEM),
        lambda: service.allocate_batch(third_id, 1, actor=SYSTEM),
    ]
    assert at_once(stored, attempts) == {"done": 2}
    with stored.app_context(), db.unit_of_work():
        service.allocate_batch(third_id, 2, actor=SYSTEM)
        promised = db.session.query(Application).filter(
            Application.status.in_(("offered", "allocated")), Application.call_id.in_((call_id, third_id))
        )
        assert len([one for one in promised if one.voucher is None or one.voucher.status == "issued"]) == 1
        assert ledger.verify().faults == []


def test_two_officers_who_ask_for_evaluators_at_once_fill_each_place_once(stored: Flask) -> None:
    with stored.app_context(), db.unit_of_work():
        with earlier(days=2):
            call = make_call(vouchers=1, closes_in=timedelta(days=1), method="scored")
            application_id = make_application(call).id
        service.close_call(call.id, actor=SYSTEM)
        [make_officer(Role.EVALUATOR) for _number in range(4)]
        call_id = call.id
    officers = [make_in(stored, Role.PROGRAMME_OFFICER) for _number in range(3)]

    def ask(officer: Actor) -> None:
        service.ask_more_scorers(programmes.get_call(call_id), actor=officer)

    attempts = [lambda officer=officer: ask(officer) for officer in officers]
    assert at_once(stored, attempts) == {"done": 1, "refused": 2}
    with stored.app_context(), db.unit_of_work():
        assert db.session.query(Scoring).filter_by(application_id=application_id).count() == 2


def make_in(app: Flask, role: Role) -> Actor:
    with app.app_context(), db.unit_of_work():
        return make_officer(role)


def test_a_company_enters_once_however_many_signatories_press_at_once(stored: Flask) -> None:
    with stored.app_context(), db.unit_of_work():
        call_id = make_call(opens_in=timedelta(minutes=30)).id
        sme = make_sme()
        signatories = [sme, *(make_member(sme, Role.SIGNATORY, person=make_person()) for _number in range(3))]

    def enter(actor: Actor) -> None:
        try:
            service.enter_waiting_room(call_id, actor=actor)
        except IntegrityError as error:
            raise from_integrity(error) from error

    attempts = [lambda actor=actor: enter(actor) for actor in signatories]
    assert at_once(stored, attempts) == {"done": 1, "refused": 3}


def test_many_first_submissions_at_once_draw_once_and_come_after_all_who_waited(stored: Flask) -> None:
    with stored.app_context(), db.unit_of_work():
        call = make_call(opens_in=timedelta(minutes=30))
        call_id = call.id
        for _number in range(20):
            service.enter_waiting_room(call_id, actor=make_sme())
        smes = [make_sme() for _number in range(6)]
        db.move_clock(timedelta(minutes=31))
        drafts = [(make_draft(call, sme).id, sme) for sme in smes]

    def submit(application_id: UUID, sme: Actor) -> None:
        service.submit(application_id, actor=sme, declarations=set(rules.DECLARATIONS))

    attempts = [lambda draft=draft: submit(*draft) for draft in drafts]
    assert at_once(stored, attempts) == {"done": 6}
    with stored.app_context(), db.unit_of_work():
        drawn = [place.ticket for place in db.session.query(WaitingPlace).order_by(WaitingPlace.position)]
        taken = [one.ticket for one in db.session.query(Application).filter_by(call_id=call_id)]
        assert drawn == sorted(drawn)
        assert len(set(drawn)) == 20
        assert min(taken) > max(drawn)
        assert len(set(taken)) == 6
