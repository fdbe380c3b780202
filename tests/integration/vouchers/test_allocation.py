"""Allocation over the sealed list: order, money, waitlist, batches, and what comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.models import Organisation
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, Forbidden
from marketplace.core.task_queue import BackgroundTask
from marketplace.ledger import queries as ledger
from marketplace.notifications.models import Message
from marketplace.programmes import queries as programmes
from marketplace.programmes.models import Call
from marketplace.vouchers import queries, rules, sealed_list, service
from marketplace.vouchers.models import Application, Voucher
from marketplace.vouchers.service.allocation import lines_of
from marketplace.vouchers.service.deciding import decide
from tests.factories.accounts import make_officer, make_sme
from tests.factories.programmes import earlier, make_call, make_programme
from tests.factories.vouchers import allocate_all, make_application, make_voucher

pytestmark = pytest.mark.usefixtures("database")


def closed_call(applications: int, *, vouchers: int, **terms: object) -> tuple[Call, list[Application]]:
    with earlier(days=2):
        programme = make_programme(**terms) if terms else None
        call = make_call(programme, vouchers=vouchers, closes_in=timedelta(days=1))
        return call, [make_application(call) for _number in range(applications)]


def test_the_first_tickets_win_and_the_rest_wait_in_order() -> None:
    call, applications = closed_call(5, vouchers=2)
    allocate_all(call, size=2)
    assert [one.status for one in applications] == ["allocated"] * 2 + ["waitlisted"] * 3
    assert [queries.waitlist_position(one) for one in applications] == [None, None, 1, 2, 3]
    meter = programmes.meter(call)
    assert (meter.available, meter.reserved, meter.total) == (0, 24_000_000, 24_000_000)
    assert ledger.verify().faults == []
    templates = {mail.template for mail in db.session.query(Message).filter(Message.template.startswith("vouchers/"))}
    assert templates == {"vouchers/receipt", "vouchers/issued", "vouchers/waitlisted"}


def test_each_funder_bears_its_part_by_largest_remainder() -> None:
    call, (application,) = closed_call(1, vouchers=3, voucher_amount=10_000_000)
    allocate_all(call)
    assert application.voucher is not None
    parts = {
        line.funder.code: queries.voucher_lines(application.voucher.id)[line.id]
        for line in programmes.budget_lines(call.id)
    }
    assert parts == {"central": 6_666_667, "local": 3_333_333}


def test_money_that_lacks_on_one_line_alone_stops_the_giving() -> None:
    call, applications = closed_call(2, vouchers=2, voucher_amount=10_000_000)
    # 13,333,333 of 13,333,334: the call's lines were rounded down, one unit short.
    allocate_all(call)
    assert [one.status for one in applications] == ["allocated", "waitlisted"]


def test_running_a_batch_again_changes_nothing() -> None:
    call, applications = closed_call(3, vouchers=2)
    allocate_all(call)
    before = programmes.meter(call)
    for batch in (1, 1, 2, 7):
        service.allocate_batch(call.id, batch, actor=SYSTEM)
    assert programmes.meter(call) == before
    assert db.session.query(Voucher).filter_by(call_id=call.id).count() == 2
    assert [one.status for one in applications] == ["allocated", "allocated", "waitlisted"]


def test_allocation_begins_once_after_closing_and_by_an_officer() -> None:
    officer = make_officer(Role.PROGRAMME_OFFICER)
    with pytest.raises(DomainError, match="still open"):
        service.start_allocation(make_call().id, actor=officer)
    call, _applications = closed_call(1, vouchers=1)
    with pytest.raises(Forbidden):
        service.start_allocation(call.id, actor=make_officer(Role.BUDGET_OFFICER))
    service.start_allocation(call.id, actor=officer)
    with pytest.raises(DomainError, match="already begun"):
        service.start_allocation(call.id, actor=officer)


def test_nothing_is_decided_before_eligibility_was_taken_again_of_all() -> None:
    call, applications = closed_call(2, vouchers=2)
    allocation = service.start_allocation(call.id, actor=SYSTEM)
    service.allocate_batch(call.id, 1, actor=SYSTEM, size=1)
    with pytest.raises(LookupError, match="eligibility"):
        decide(call, allocation, lines_of(call), actor=SYSTEM)
    assert [one.status for one in applications] == ["accepted", "accepted"]


def test_an_open_decision_holds_the_allocation_and_the_last_one_starts_it() -> None:
    with earlier(days=2):
        call = make_call(vouchers=2, closes_in=timedelta(days=1))
        application = make_application(call, sector="agriculture")
    officer = make_officer(Role.PROGRAMME_OFFICER)
    service.close_call(call.id, actor=SYSTEM)
    assert queries.find_allocation(call.id) is None
    with pytest.raises(DomainError, match="Decide first"):
        service.start_allocation(call.id, actor=officer)
    service.decide_eligibility(application.id, actor=officer, eligible=True, reason="Four people.")
    asked = db.session.query(BackgroundTask).filter_by(
        name="close_call", key=f"application.decided:call:{call.id}:application:{application.id}"
    )
    assert asked.count() == 1
    service.close_call(call.id, actor=SYSTEM)
    assert queries.find_allocation(call.id) is not None


def test_withdrawing_the_last_open_case_starts_the_allocation_too() -> None:
    sme = make_sme()
    with earlier(days=2):
        call = make_call(vouchers=2, closes_in=timedelta(days=1))
        application = make_application(call, sme, sector="agriculture")
    service.close_call(call.id, actor=SYSTEM)
    service.withdraw(application.id, actor=sme)
    asked = db.session.query(BackgroundTask).filter_by(
        name="close_call", key=f"application.withdrawn:call:{call.id}:application:{application.id}"
    )
    assert asked.count() == 1


def test_a_second_active_voucher_is_refused_by_the_verb_and_by_the_database() -> None:
    sme = make_sme()
    voucher = make_voucher(sme)
    with earlier(days=2):
        call = make_call(voucher.programme, closes_in=timedelta(days=1))
        application = make_application(call, sme)
    allocate_all(call)
    assert (application.status, application.reason) == ("refused", "active_voucher")
    copy = (
        "INSERT INTO vouchers (number, code, application_id, call_id, programme_id, organisation_id, amount, released,"
        " currency, one_active, status, issued_at, expires_at) SELECT number || 'x', code || 'x', :application,"
        " call_id, programme_id, organisation_id, amount, 0, currency, one_active, 'issued', issued_at, expires_at"
        " FROM vouchers WHERE id = :id"
    )
    with pytest.raises(IntegrityError, match="uq_vouchers_one_active"), db.session.begin_nested():
        db.session.execute(text(copy), {"application": application.id, "id": voucher.id})


def test_linked_firms_count_as_one_under_the_cap() -> None:
    parent, daughter = make_sme(), make_sme()
    for sme in (parent, daughter):
        db.get(Organisation, sme.organisation_id).undertaking_id = parent.organisation_id  # type: ignore[arg-type]
    with earlier(days=2):
        programme = make_programme(aid_cap=12_000_000, aid_cap_months=36)
        call = make_call(programme, closes_in=timedelta(days=1))
        applications = [make_application(call, parent), make_application(call, daughter), make_application(call)]
    allocate_all(call, size=1)
    assert [(one.status, one.reason) for one in applications] == [
        ("allocated", None),
        ("refused", "aid_cap"),
        ("allocated", None),
    ]


def test_linked_firms_in_one_batch_count_as_one_too() -> None:
    parent, daughter = make_sme(), make_sme()
    for sme in (parent, daughter):
        db.get(Organisation, sme.organisation_id).undertaking_id = parent.organisation_id  # type: ignore[arg-type]
    with earlier(days=2):
        programme = make_programme(aid_cap=12_000_000, aid_cap_months=36)
        call = make_call(programme, closes_in=timedelta(days=1))
        applications = [make_application(call, parent), make_application(call, daughter)]
    allocate_all(call)
    assert [one.status for one in applications] == ["allocated", "refused"]


def test_what_is_given_back_goes_to_the_waitlist_by_itself() -> None:
    sme = make_sme()
    with earlier(days=2):
        call = make_call(vouchers=1, closes_in=timedelta(days=1))
        winner, second, third = make_application(call, sme), make_application(call), make_application(call)
    allocate_all(call)
    assert winner.voucher is not None
    service.surrender(winner.voucher.id, actor=sme, key="surrender")
    asked = db.session.query(BackgroundTask).filter_by(name="offer_from_waitlist").order_by(BackgroundTask.key.desc())
    assert asked[0].key == f"call.money_released:call:{call.id}:voucher:{winner.voucher.id}"
    service.offer_from_waitlist(call.id, actor=SYSTEM)
    assert [second.status, third.status] == ["offered", "waitlisted"]
    assert queries.waitlist_position(third) == 1
    assert ledger.verify().faults == []


def test_what_comes_back_meanwhile_does_not_change_the_list() -> None:
    with earlier(days=2):
        sme, leaver = make_sme(), make_sme()
        call = make_call(vouchers=3, closes_in=timedelta(days=1))
        winner = make_application(call, sme)
        second, third = make_application(call), make_application(call, leaver)
        for _number in range(2):
            make_application(call)
    service.close_call(call.id, actor=SYSTEM)
    for batch in range(1, 5):
        service.allocate_batch(call.id, batch, actor=SYSTEM, size=2)
    # Eligibility taken again in three pieces; with the last of them all was decided. Then two winners had a voucher.
    assert [winner.status, second.status, third.status] == ["allocated", "allocated", "accepted"]
    assert winner.voucher is not None
    service.surrender(winner.voucher.id, actor=sme, key="surrender")
    service.withdraw(third.id, actor=leaver)
    allocate_all(call, size=2)
    assert third.status == "withdrawn"
    assert queries.waiting(call.id) == 2
    meter = programmes.meter(call)
    assert (meter.available, meter.reserved) == (24_000_000, 12_000_000)
    verdict = sealed_list.replay(queries.sealed_file(call))
    assert (verdict.faults, verdict.answers) == ([], 5)
    service.offer_from_waitlist(call.id, actor=SYSTEM)
    assert sealed_list.replay(queries.sealed_file(call)).faults == []
    assert ledger.verify().faults == []


def test_what_was_answered_is_never_changed() -> None:
    call, _applications = closed_call(1, vouchers=1)
    allocate_all(call)
    for statement in ("DELETE FROM allocation_entries", "UPDATE allocation_entries SET outcome = 'waitlisted'"):
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.execute(text(statement))


def test_a_voucher_is_valid_to_the_end_of_its_last_day_in_the_agencys_zone() -> None:
    voucher = make_voucher(voucher_validity_days=30)
    last_day = voucher.last_moment.astimezone(clock.zone())
    assert last_day.date() == clock.today() + timedelta(days=30)
    assert (last_day.hour, last_day.minute) == (23, 59)


def linked(*smes: Actor) -> None:
    for sme in smes:
        db.get(Organisation, sme.organisation_id).undertaking_id = smes[0].organisation_id  # type: ignore[arg-type]


def test_a_refusal_because_of_linked_firms_names_them_and_no_stranger() -> None:
    parent, daughter, applicant, stranger = (make_sme() for _number in range(4))
    linked(parent, daughter, applicant)
    names = sorted(db.get(Organisation, sme.organisation_id).name for sme in (parent, daughter))  # type: ignore[arg-type]
    with earlier(days=2):
        programme = make_programme(aid_cap=24_000_000, aid_cap_months=36)
        call = make_call(programme, closes_in=timedelta(days=1))
        applications = [make_application(call, sme) for sme in (stranger, parent, daughter, applicant)]
    allocate_all(call)
    assert [one.reason for one in applications] == [None, None, None, "aid_cap"]
    assert queries.linked_in_answer(applications[3].id) == names
    mail = db.session.query(Message).filter(Message.template == "vouchers/refused").one()
    assert mail.data["linked"] == names
    assert all(name in str(rules.in_words("aid_cap", names)) for name in names)


def test_a_company_stays_under_its_own_cap_whatever_its_undertaking_has_left() -> None:
    sme, other = make_sme(), make_sme()
    with earlier(days=2):
        programme = make_programme(one_active_voucher=False, sme_cap=12_000_000, aid_cap_months=36)
        first = make_call(programme, closes_in=timedelta(days=1))
        made = make_application(first, sme)
    allocate_all(first)
    assert made.status == "allocated"
    with earlier(days=2):
        second = make_call(programme, closes_in=timedelta(days=1))
        applications = [make_application(second, sme), make_application(second, other)]
    allocate_all(second)
    assert [(one.status, one.reason) for one in applications] == [("refused", "sme_cap"), ("allocated", None)]


def test_the_window_of_a_cap_rolls_and_what_went_back_counts_no_more() -> None:
    old, returned = make_sme(), make_sme()
    with earlier(days=1500):
        programme = make_programme(sme_cap=12_000_000, aid_cap=12_000_000, aid_cap_months=36)
        call = make_call(programme, closes_in=timedelta(days=1))
        made = [make_application(call, old)]
    with earlier(days=1490):
        allocate_all(call)
    with earlier(days=30):
        call = make_call(programme, closes_in=timedelta(days=1))
        made.append(make_application(call, returned))
    with earlier(days=28):
        allocate_all(call)
        assert made[1].voucher is not None
        service.surrender(made[1].voucher.id, actor=returned, key="back")
        service.expire_vouchers(actor=SYSTEM)
    with earlier(days=2):
        call = make_call(programme, closes_in=timedelta(days=1))
        again = [make_application(call, old), make_application(call, returned)]
    allocate_all(call)
    assert [one.status for one in again] == ["allocated", "allocated"]
