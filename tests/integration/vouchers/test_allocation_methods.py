"""Lottery, quotas and the seed that nobody sees before the call closes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from marketplace.accounts.models import Organisation
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Role
from marketplace.core.audit import AuditEntry
from marketplace.core.errors import DomainError, Invalid
from marketplace.programmes import queries as programmes
from marketplace.programmes import service as programmes_service
from marketplace.programmes.models import Call
from marketplace.programmes.rules import Incomplete
from marketplace.vouchers import queries, sealed_list, service
from marketplace.vouchers.allocation import list_hash, lot, seed_hash
from marketplace.vouchers.models import AllocationEntry, Application
from marketplace.vouchers.service.issuing import issue_all
from tests.factories.accounts import make_officer, make_sme, sign_in_as
from tests.factories.programmes import earlier, make_call
from tests.factories.vouchers import allocate_all, make_application

pytestmark = pytest.mark.usefixtures("database")


def closed_call(applications: int, **facts: Any) -> tuple[Call, list[Application]]:
    with earlier(days=2):
        call = make_call(closes_in=timedelta(days=1), **facts)
        return call, [make_application(call) for _number in range(applications)]


def seeds() -> list[str]:
    return list(db.session.scalars(text("SELECT seed FROM call_seeds")))


def test_nobody_reads_the_seed_before_the_call_closes(clock: Any) -> None:
    call = make_call(method="lottery")
    assert call.seed_hash is not None
    assert programmes.seed(call) is None
    assert seeds() == []
    clock.advance(days=8)
    seed = programmes.seed(call)
    assert seed is not None
    assert seed_hash(seed) == call.seed_hash
    assert not [entry for entry in db.session.query(AuditEntry) if seed in str(entry.body)]


@pytest.mark.parametrize(
    "statement", ["UPDATE call_seeds SET seed = repeat('0', 64)", "DELETE FROM call_seeds", "TRUNCATE call_seeds"]
)
def test_nobody_changes_a_seed(statement: str) -> None:
    make_call(method="lottery")
    with pytest.raises(DBAPIError, match="permission denied"), db.session.begin_nested():
        db.session.execute(text(statement))


def test_no_other_seed_stands_in_for_the_promised_one() -> None:
    call = make_call(method="lottery")
    with pytest.raises(DBAPIError, match="row-level security"), db.session.begin_nested():
        db.session.execute(text("INSERT INTO call_seeds VALUES (:id, repeat('0', 64))"), {"id": call.id})
    for change in ("seed_hash = repeat('0', 64)", "closes_at = app_now()", "allocation_method = 'first_come'"):
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.execute(text(f"UPDATE calls SET {change} WHERE id = :id"), {"id": call.id})


def test_lots_follow_from_the_seed_and_the_list_alone() -> None:
    call, applications = closed_call(8, method="lottery", vouchers=3)
    allocate_all(call, size=3)
    allocation = queries.find_allocation(call.id)
    assert allocation is not None
    sealed = list_hash([(one.ticket or 0, one.number) for one in applications])
    assert allocation.list_hash == sealed
    seed = programmes.seed(call) or ""
    drawn = sorted(applications, key=lambda one: lot(seed, sealed, one.number))
    assert [one.status for one in drawn] == ["allocated"] * 3 + ["waitlisted"] * 5
    assert [queries.waitlist_position(one) for one in drawn[3:]] == [1, 2, 3, 4, 5]
    assert [one.ticket for one in drawn] != sorted(one.ticket or 0 for one in applications)


def test_who_withdraws_after_the_closing_changes_no_lot() -> None:
    call, applications = closed_call(4, method="lottery", vouchers=2)
    with earlier(days=2):
        sme = make_sme()
        applications.append(make_application(call, sme))
    service.withdraw(applications[-1].id, actor=sme)
    allocate_all(call)
    allocation = queries.find_allocation(call.id)
    assert allocation is not None
    assert allocation.list_hash == list_hash([(one.ticket or 0, one.number) for one in applications])
    verdict = sealed_list.replay(queries.sealed_file(call))
    assert (verdict.faults, verdict.answers) == ([], 4)


def test_each_region_has_its_own_vouchers_and_the_rest_is_for_all() -> None:
    call, applications = closed_call(
        12, method="hybrid", quota_by="region", quotas={"seoul": 1, "busan": 2, "jeju": 1}, vouchers=6
    )
    regions = ["seoul"] * 6 + ["busan"] * 5 + ["daegu"]
    for application, region in zip(applications, regions, strict=True):
        db.get(Organisation, application.organisation_id).region = region
    db.flush()
    allocate_all(call, size=5)
    won = [region for one, region in zip(applications, regions, strict=True) if one.status == "allocated"]
    assert len(won) == 6
    assert won.count("seoul") >= 1
    assert won.count("busan") >= 2
    assert sealed_list.replay(queries.sealed_file(call)).faults == []


def test_quotas_are_of_strata_on_file_and_within_the_budget() -> None:
    officer = make_officer(Role.PROGRAMME_OFFICER)
    call = make_call(method="hybrid", quota_by="band", vouchers=2, published=False)
    with pytest.raises(Incomplete, match="no quota"):
        programmes_service.publish_call(call.id, actor=officer)
    with pytest.raises(Invalid):
        programmes_service.set_quotas(call.id, {"seoul": 1}, actor=officer)
    programmes_service.set_quotas(call.id, {"micro": 2, "small": 1}, actor=officer)
    with pytest.raises(Incomplete, match="more vouchers than the budget"):
        programmes_service.publish_call(call.id, actor=officer)
    programmes_service.set_quotas(call.id, {"micro": 1, "small": 0}, actor=officer)
    assert programmes_service.publish_call(call.id, actor=officer).quotas == {"micro": 1}
    with pytest.raises(DomainError, match="was published"):
        programmes_service.set_quotas(call.id, {"micro": 2}, actor=officer)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_pieces_of_any_size_give_the_same(size: int) -> None:
    call, applications = closed_call(7, method="first_come", vouchers=3)
    allocate_all(call, size=size)
    assert [one.status for one in applications] == ["allocated"] * 3 + ["waitlisted"] * 4
    assert [queries.waitlist_position(one) for one in applications[3:]] == [1, 2, 3, 4]
    results = [(e.outcome, e.position, sum(e.parts.values())) for e in queries.first_answers(call.id)]
    assert results == [("allocated", None, 12_000_000)] * 3 + [("waitlisted", n, 0) for n in (1, 2, 3, 4)]


def test_the_command_line_writes_and_replays_the_list(app: Any, tmp_path: Any, client: FlaskClient) -> None:
    call, _applications = closed_call(5, method="lottery", vouchers=2)
    allocate_all(call)
    file, results = tmp_path / "list.json", tmp_path / "results.json"
    run = app.test_cli_runner().invoke
    assert run(args=["allocation", "export", call.number, "--output", str(file)]).exit_code == 0
    assert file.read_bytes() == queries.sealed_file(call)
    done = run(args=["allocation", "replay", str(file), "--output", str(results)])
    assert (done.exit_code, "5 tickets replayed, 0 faults" in done.output) == (0, True)
    assert results.read_bytes() == sealed_list.replay(file.read_bytes()).results
    file.write_bytes(file.read_bytes().replace(b'"waitlisted"', b'"allocated"', 1))
    assert run(args=["allocation", "replay", str(file)]).exit_code == 1
    file.write_bytes(b"{}")
    assert run(args=["allocation", "replay", str(file)]).exit_code == 2
    assert run(args=["allocation", "export", "CALL-0000-000000"]).exit_code == 2


def test_the_page_prints_the_fingerprint_that_the_replay_prints(app: Any, tmp_path: Any, client: FlaskClient) -> None:
    call, _applications = closed_call(2, method="lottery", vouchers=1)
    allocate_all(call)
    allocation = queries.find_allocation(call.id)
    assert allocation is not None
    assert allocation.file_hash is not None
    (decided,) = db.session.query(AuditEntry).filter_by(action="allocation.decide", subject_id=allocation.id)
    assert decided.body["after"]["file_hash"] == allocation.file_hash
    for language, words in (("en", "Its fingerprint (SHA-256)"), ("ko", "해시값(SHA-256)")):
        html = client.get(f"/calls/{call.id}/allocation?lang={language}").text
        assert words in html
        assert allocation.file_hash in html
    file = tmp_path / "list.json"
    file.write_bytes(client.get(f"/calls/{call.id}/allocation/sealed-list").data)
    done = app.test_cli_runner().invoke(args=["allocation", "replay", str(file)])
    assert done.output.splitlines()[0] == f"sha256 of the file: {allocation.file_hash}"


def test_a_company_reads_how_to_check_its_own_lot(client: FlaskClient) -> None:
    with earlier(days=2):
        sme = make_sme()
        call = make_call(closes_in=timedelta(days=1), method="lottery", vouchers=1)
        application = make_application(call, sme)
    allocate_all(call)
    allocation = queries.find_allocation(call.id)
    assert allocation is not None
    html = sign_in_as(client, sme).get(f"/calls/{call.id}/allocation?lang=en").text
    assert f'"{programmes.seed(call)}{allocation.list_hash}{application.number}" | sha256sum' in html
    assert "Your own line" in html


def test_what_happens_after_the_decision_changes_no_byte_of_the_file() -> None:
    first, second, wins, other = two_calls()
    line, *others = programmes.budget_lines(second.id)
    parts = {line.id: 1} | dict.fromkeys((applicant.id for applicant in others), 0)
    issue_all(second, [other.id], parts, actor=SYSTEM)
    allocate_all(first)
    assert wins.status == "refused"
    allocation = queries.find_allocation(first.id)
    assert allocation is not None
    assert sealed_list.digest(queries.sealed_file(first)) == allocation.file_hash


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM sealed_tickets",
        "UPDATE sealed_tickets SET place = place + 10",
        "UPDATE sealed_tickets SET promised = 1",
        "DELETE FROM allocations",
        "UPDATE allocations SET list_hash = repeat('0', 64)",
        "UPDATE allocations SET file_hash = repeat('0', 64)",
        "UPDATE allocations SET file_hash = NULL",
        "UPDATE allocations SET opening = '{}'",
        "UPDATE allocations SET decided_at = decided_at + interval '1 second'",
        "UPDATE allocations SET started_at = started_at - interval '1 second'",
        "UPDATE allocations SET finished_at = NULL",
    ],
)
def test_a_sealed_list_and_its_allocation_are_kept_as_they_are(statement: str) -> None:
    call, _applications = closed_call(2, method="lottery", vouchers=1)
    allocate_all(call)
    with pytest.raises(IntegrityError, match=r"never changed|keeps its sealed list"), db.session.begin_nested():
        db.session.execute(text(statement))


def two_calls() -> tuple[Call, Call, Application, Application]:
    """One company in two calls of a programme; in the first it won, and its voucher is not issued yet."""
    with earlier(days=2):
        sme = make_sme()
        first = make_call(closes_in=timedelta(days=1), vouchers=2)
        second = make_call(first.programme, closes_in=timedelta(days=1), vouchers=2)
        make_application(first)
        wins, other = make_application(first, sme), make_application(second, sme)
    service.close_call(first.id, actor=SYSTEM)
    for batch in (1, 2, 3):
        service.allocate_batch(first.id, batch, actor=SYSTEM, size=1)
    assert [first_answer.outcome for first_answer in queries.first_answers(first.id)] == ["allocated", "allocated"]
    assert wins.status == "accepted"
    return first, second, wins, other


def test_a_decided_voucher_counts_before_it_is_issued() -> None:
    first, second, wins, other = two_calls()
    allocate_all(second)
    assert (other.status, other.reason) == ("refused", "active_voucher")
    allocate_all(first)
    assert wins.status == "allocated"


def test_who_got_another_voucher_meanwhile_is_refused_and_the_list_stays_sound() -> None:
    first, second, wins, other = two_calls()
    # As an accepted offer would.
    line, *others = programmes.budget_lines(second.id)
    parts = {line.id: 1} | dict.fromkeys((applicant.id for applicant in others), 0)
    issue_all(second, [other.id], parts, actor=SYSTEM)
    allocate_all(first)
    assert (wins.status, wins.reason) == ("refused", "active_voucher")
    entries = db.session.query(AllocationEntry).filter_by(application_id=wins.id).order_by(AllocationEntry.decided_at)
    assert [entry.outcome for entry in entries] == ["allocated", "refused"]
    assert sealed_list.replay(queries.sealed_file(first)).faults == []
    assert programmes.meter(first).available == 12_000_000
