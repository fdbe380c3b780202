"""Vouchers with real commits and threads: drawn once, allocated once, submitted once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier, Event
from time import sleep
from uuid import uuid4

import pytest
from flask import Flask

from config.settings import Settings
from marketplace.accounts.models import Organisation
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Actor
from marketplace.core.audit import AuditEntry
from marketplace.core.errors import DomainError
from marketplace.ledger import queries as ledger
from marketplace.ledger.models import Transfer
from marketplace.programmes import queries as programmes
from marketplace.vouchers import queries, rules, service
from marketplace.vouchers.models import Application, Voucher
from marketplace.vouchers.service import draw
from tests import business_time
from tests.factories.accounts import make_sme, sign_in_as
from tests.factories.programmes import earlier, make_call, make_programme
from tests.factories.vouchers import make_application, make_draft, make_voucher


@pytest.fixture
def stored(app: Flask, real_database: Settings) -> Iterator[Flask]:
    """The application on a database of its own, with real commits."""
    yield app
    business_time.come_back()


def at_once(app: Flask, attempts: list[Callable[[], object]]) -> Counter[str]:
    """Run every attempt in its own transaction at the same moment; how often each outcome came."""
    start = Barrier(len(attempts))

    def run(attempt: Callable[[], object]) -> str:
        with app.app_context():
            start.wait()
            try:
                with db.unit_of_work():
                    attempt()
            except DomainError:
                return "refused"
            return "done"

    with ThreadPoolExecutor(len(attempts)) as pool:
        return Counter(pool.map(run, attempts))


def test_two_redemptions_of_the_whole_remainder_are_one(stored: Flask) -> None:
    with stored.app_context(), db.unit_of_work():
        sme = make_sme()
        voucher_id, amount = make_voucher(sme).id, 12_000_000

    def redeem() -> None:
        draw(voucher_id, actor=sme, amount=amount, agreement_id=uuid4(), reference="AGR", key=str(uuid4()))

    assert at_once(stored, [redeem, redeem]) == {"done": 1, "refused": 1}
    with stored.app_context(), db.unit_of_work():
        assert queries.get_voucher(voucher_id).status == "exhausted"
        assert ledger.verify().faults == []


def test_the_last_of_two_halves_at_once_uses_the_voucher_up(stored: Flask) -> None:
    with stored.app_context(), db.unit_of_work():
        sme = make_sme()
        voucher_id = make_voucher(sme).id

    def redeem() -> None:
        draw(voucher_id, actor=sme, amount=6_000_000, agreement_id=uuid4(), reference="AGR", key=str(uuid4()))

    assert at_once(stored, [redeem, redeem]) == {"done": 2}
    with stored.app_context(), db.unit_of_work():
        assert queries.get_voucher(voucher_id).status == "exhausted"


def test_many_small_redemptions_never_exceed_the_voucher(stored: Flask) -> None:
    with stored.app_context(), db.unit_of_work():
        sme = make_sme()
        voucher_id = make_voucher(sme).id

    def redeem() -> None:
        draw(voucher_id, actor=sme, amount=5_000_000, agreement_id=uuid4(), reference="AGR", key=str(uuid4()))

    assert at_once(stored, [redeem] * 6) == {"done": 2, "refused": 4}
    with stored.app_context(), db.unit_of_work():
        assert queries.remaining(voucher_id) == 2_000_000


def test_allocation_run_at_once_overspends_nothing_and_gives_nobody_two(stored: Flask) -> None:
    with stored.app_context(), db.unit_of_work(), earlier(days=2):
        call = make_call(vouchers=3, closes_in=timedelta(days=1))
        for _number in range(6):
            make_application(call)
        call_id = call.id
    with stored.app_context(), db.unit_of_work():
        service.close_call(call_id, actor=SYSTEM)

    def batch() -> None:
        service.allocate_batch(call_id, 1, actor=SYSTEM, size=2)

    for _round in range(3):
        assert at_once(stored, [batch] * 3) == {"done": 3}
    with stored.app_context(), db.unit_of_work():
        applications = db.session.query(Application).filter_by(call_id=call_id).order_by(Application.ticket)
        assert [one.status for one in applications] == ["allocated"] * 3 + ["waitlisted"] * 3
        assert db.session.query(Voucher).filter_by(call_id=call_id).count() == 3
        meter = programmes.meter(programmes.get_call(call_id))
        assert (meter.available, meter.reserved) == (0, 36_000_000)
        assert ledger.verify().faults == []


def test_two_calls_of_one_programme_give_a_company_one_voucher(stored: Flask) -> None:
    with stored.app_context(), db.unit_of_work(), earlier(days=2):
        sme = make_sme()
        first = make_call(closes_in=timedelta(days=1))
        second = make_call(first.programme, closes_in=timedelta(days=1))
        calls = [first.id, second.id]
        for call in (first, second):
            make_application(call, sme)
    for call_id in calls:
        with stored.app_context(), db.unit_of_work():
            service.close_call(call_id, actor=SYSTEM)
    batches = [lambda call_id=call_id: service.allocate_batch(call_id, 1, actor=SYSTEM) for call_id in calls]
    for _decided_then_carried_out in range(2):
        assert at_once(stored, batches) == {"done": 2}
    with stored.app_context(), db.unit_of_work():
        statuses = [one.status for one in db.session.query(Application).order_by(Application.status)]
        assert statuses == ["allocated", "refused"]


def test_two_allocations_to_linked_firms_at_once_give_one_and_name_it_to_the_other(stored: Flask) -> None:
    with stored.app_context(), db.unit_of_work(), earlier(days=2):
        smes = [make_sme(), make_sme()]
        firms = [db.get(Organisation, sme.organisation_id) for sme in smes]  # type: ignore[arg-type]
        for firm in firms:
            firm.undertaking_id = firms[0].id
        names = {firm.id: firm.name for firm in firms}
        programme = make_programme(aid_cap=12_000_000, aid_cap_months=36)
        calls = [make_call(programme, closes_in=timedelta(days=1)).id for _firm in firms]
        for call_id, sme in zip(calls, smes, strict=True):
            make_application(programmes.get_call(call_id), sme)
    for call_id in calls:
        with stored.app_context(), db.unit_of_work():
            service.close_call(call_id, actor=SYSTEM)
    batches = [lambda call_id=call_id: service.allocate_batch(call_id, 1, actor=SYSTEM) for call_id in calls]
    for _decided_then_carried_out in range(2):
        assert at_once(stored, batches) == {"done": 2}
    with stored.app_context(), db.unit_of_work():
        won, lost = db.session.query(Application).order_by(Application.status)
        assert (won.status, lost.status, lost.reason) == ("allocated", "refused", "aid_cap")
        assert queries.linked_in_answer(lost.id) == [names[won.organisation_id]]
        assert ledger.verify().faults == []


def test_of_two_extensions_at_once_one_counts(stored: Flask) -> None:
    with stored.app_context(), db.unit_of_work():
        sme = make_sme()
        voucher = make_voucher(sme)
        voucher_id, before = voucher.id, voucher.expires_at

    def extend() -> None:
        service.extend(voucher_id, actor=sme, reason="The work takes longer.")

    assert at_once(stored, [extend, extend]) == {"done": 1, "refused": 1}
    with stored.app_context(), db.unit_of_work():
        assert queries.get_voucher(voucher_id).expires_at == before + timedelta(days=90)


def test_two_sweeps_at_once_remind_a_holder_once(stored: Flask) -> None:
    with stored.app_context(), db.unit_of_work(), earlier(days=60):
        make_voucher(make_sme(), voucher_validity_days=100)

    def remind() -> None:
        service.remind_holders(actor=SYSTEM)

    # Everybody joined today, so that somebody can be written to.
    assert at_once(stored, [remind] * 3) == {"done": 3}
    with stored.app_context(), db.unit_of_work():
        assert db.session.query(AuditEntry).filter_by(action="voucher.remind").count() == 1


def test_ten_clients_around_midnight_are_served_exactly_until_the_day_is_over(stored: Flask) -> None:
    with stored.app_context(), db.unit_of_work():
        sme = make_sme()
        voucher = make_voucher(sme)
        voucher_id, expires_at = voucher.id, voucher.expires_at
    with stored.app_context(), db.unit_of_work():
        db.move_clock(expires_at - clock.now() - timedelta(seconds=2))
    served: list[datetime] = []
    refused: list[datetime] = []

    def client(_number: int) -> None:
        turned_away = False
        while (began := clock.now()) < expires_at + timedelta(seconds=1) or not turned_away:
            with stored.app_context():
                try:
                    with db.unit_of_work():
                        key = str(uuid4())
                        draw(voucher_id, actor=sme, amount=1, agreement_id=uuid4(), reference="AGR", key=key)
                    served.append(began)
                except DomainError:
                    refused.append(clock.now())
                    turned_away = True

    def sweep() -> None:
        # Late, as sweeps are: until it comes, the time alone refuses.
        while clock.now() < expires_at + timedelta(seconds=0.5):
            sleep(0.01)
        while clock.now() < expires_at + timedelta(seconds=1):
            with stored.app_context(), db.unit_of_work():
                service.expire_vouchers(actor=SYSTEM)
            sleep(0.01)
        with stored.app_context(), db.unit_of_work():
            service.expire_vouchers(actor=SYSTEM)

    with ThreadPoolExecutor(11) as pool:
        sweeping = pool.submit(sweep)
        list(pool.map(client, range(10)))
        sweeping.result()
    with stored.app_context(), db.unit_of_work():
        voucher = queries.get_voucher(voucher_id)
        assert (voucher.status, queries.remaining(voucher_id)) == ("expired", 0)
        transfers = db.session.query(Transfer).filter_by(kind="commit").all()
        # Served before midnight and only then, whatever the sweep had done by then; refused after it and only then.
        assert served
        assert refused
        assert max(transfer.created_at for transfer in transfers) < expires_at
        assert max(served) < expires_at <= min(refused)
        assert voucher.released == voucher.amount - sum(transfer.amount for transfer in transfers)
        assert ledger.verify().faults == []


def test_fifty_equal_submissions_of_an_application_take_one_ticket(stored: Flask) -> None:
    with stored.app_context(), db.unit_of_work():
        sme = make_sme()
        application_id = make_draft(make_call(), sme).id
    form = dict.fromkeys(rules.DECLARATIONS, "y") | {"key": str(uuid4())}
    clients = [signed_in(stored, sme) for _number in range(10)]

    def send(number: int) -> tuple[int, str | None]:
        answer = clients[number % 10].post(f"/applications/{application_id}/check", data=form)
        return answer.status_code, answer.location

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(send, range(50)))
    assert answers == {(303, f"/applications/{application_id}/receipt")}
    with stored.app_context(), db.unit_of_work():
        (assessed,) = db.session.query(Application).filter_by(id=application_id).one().assessments
        assert assessed.occasion == "submission"


def signed_in(app: Flask, actor: Actor):  # type: ignore[no-untyped-def]
    with app.app_context():
        return sign_in_as(app.test_client(), actor)


def test_closing_waits_for_a_submission_under_way(stored: Flask) -> None:
    with stored.app_context(), db.unit_of_work(), earlier(days=2):
        sme = make_sme()
        call = make_call(closes_in=timedelta(days=1))
        application_id, call_id = make_draft(call, sme).id, call.id
    submitted, may_end = Event(), Event()

    def submit() -> None:
        with stored.app_context(), db.unit_of_work():
            with earlier(days=2):
                service.submit(application_id, actor=sme, declarations=set(rules.DECLARATIONS))
            submitted.set()
            may_end.wait()

    def close() -> None:
        with stored.app_context(), db.unit_of_work():
            service.close_call(call_id, actor=SYSTEM)
            for batch in (1, 2):
                service.allocate_batch(call_id, batch, actor=SYSTEM)

    with ThreadPoolExecutor(2) as pool:
        submission = pool.submit(submit)
        submitted.wait()
        closing = pool.submit(close)
        with pytest.raises(TimeoutError):
            closing.result(timeout=0.5)
        may_end.set()
        submission.result()
        closing.result()
    with stored.app_context(), db.unit_of_work():
        assert db.session.query(Application).filter_by(id=application_id).one().status == "allocated"
