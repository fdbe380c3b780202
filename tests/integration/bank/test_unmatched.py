"""Money that matches nothing is booked at once, and an officer says what it is."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from config.payments import terms
from marketplace.agency import queries as agency
from marketplace.claims import bank, queries, service
from marketplace.claims.models import BankEntry, Refund
from marketplace.claims.pain001 import Account
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, Forbidden
from marketplace.engagements import queries as engagement_queries
from marketplace.engagements import service as engagement_verbs
from marketplace.engagements.models import CoPayment
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.reports import proof
from tests.conftest import MovableClock
from tests.factories import claims as make
from tests.factories import engagements
from tests.factories.accounts import make_officer, organisation_of, sign_in_as
from tests.factories.bank_reports import Detail, Entry, notification, report

pytestmark = pytest.mark.usefixtures("database", "clock")


def arrive(
    amount: int,
    officer: Actor,
    *,
    reference: str = "no reference",
    account: str = "111-222",
    payer: str = "Company",
) -> BankEntry:
    """Money arrives that matches nothing."""
    own = agency.account()
    notice = bank.receive(
        reference,
        amount=amount,
        digits=0,
        currency="KRW",
        payer=Account(payer, account, "Payer bank"),
        account=Account(own.holder, own.number, own.bank),
        booked_at=business_clock.now(),
    )
    name = reference[-20:].encode()
    (entry,) = make.take(notice.replace(b"R-" + name, uuid4().hex[:20].encode()), officer).entries
    assert entry.outcome == "unmatched"
    return entry


def assign(entries: list[BankEntry], share: CoPayment, officer: Actor, reason: str = "Said so") -> CoPayment:
    return service.assign_to_co_payment(
        [entry.id for entry in entries],
        actor=officer,
        reference=share.reference,
        reason=reason,
        key=make.new_key(),
    )


def test_what_arrives_is_in_the_books_at_once(officer: Actor) -> None:
    entry = arrive(1234, officer)
    assert ledger.balance(chart.suspense(entry.id)) == 1234
    assert proof.prove().faults == []
    assert [unmatched_entry.id for unmatched_entry in queries.unmatched_entries(limit=10)] == [entry.id]


def test_two_parts_make_the_co_payment(share: CoPayment, officer: Actor) -> None:
    first, second = arrive(1000, officer), arrive(share.amount - 1000, officer, reference="rest")
    with pytest.raises(DomainError), db.session.begin_nested():
        assign([first], share, officer)
    assert assign([first, second], share, officer).id == share.id
    assert (share.status, share.payer_account, share.payer_bank) == ("paid", "111-222", "Payer bank")
    engagement = engagement_queries.find_engagement(share.agreement_id)
    assert engagement is not None
    assert engagement.status == "active"
    assert ledger.balance(chart.co_payment(share.agreement_id)) == share.amount
    assert ledger.balance(chart.suspense(first.id)) == ledger.balance(chart.suspense(second.id)) == 0
    assert (queries.unmatched_entries(limit=10), proof.prove().faults) == ([], [])


def test_money_of_two_payers_is_never_taken_together(share: CoPayment, officer: Actor) -> None:
    first = arrive(1000, officer)
    second = arrive(share.amount - 1000, officer, reference="rest", account="999-999")
    with pytest.raises(DomainError):
        assign([first, second], share, officer)
    assert share.status == "awaited"


def test_a_movement_is_assigned_once(share: CoPayment, officer: Actor) -> None:
    entry = arrive(share.amount, officer)
    made = service.send_entry_back(entry.id, actor=officer, reason="Not ours", key="k")
    assert service.send_entry_back(entry.id, actor=officer, reason="Not ours", key="k").id == made.id
    assert entry.assignment is not None
    assert (entry.assignment.kind, entry.assignment.assigned_by) == ("sent_back", officer.person_id)
    assert (ledger.balance(chart.suspense(entry.id)), ledger.balance(chart.refundable(made.id))) == (0, share.amount)
    with pytest.raises(DomainError):
        assign([entry], share, officer)
    with pytest.raises(DomainError):
        service.explain_entry(entry.id, actor=officer, reason="Fee")
    with pytest.raises(IntegrityError, match="uq_bank_assignments_entry_id"), db.session.begin_nested():
        plant = "INSERT INTO bank_assignments (entry_id, kind, reason, assigned_by, assigned_at)"
        db.session.execute(
            text(f"{plant} VALUES (:entry, 'explained', 'x', :by, app_now())"),
            {"entry": entry.id, "by": officer.person_id},
        )
    for change in ("UPDATE bank_assignments SET reason = 'x'", "DELETE FROM bank_assignments"):
        with pytest.raises(DBAPIError, match="permission denied"), db.session.begin_nested():
            db.session.execute(text(change))
    assert proof.prove().faults == []


def test_only_budget_officers_assign_with_a_reason(story: engagements.Story, share: CoPayment, officer: Actor) -> None:
    entry = arrive(share.amount, officer)
    for actor in (story.programme_officer, story.sme, story.manager):
        with pytest.raises(Forbidden):
            assign([entry], share, actor)
        with pytest.raises(Forbidden):
            service.send_entry_back(entry.id, actor=actor, reason="Mine", key=make.new_key())
        with pytest.raises(Forbidden):
            service.explain_entry(entry.id, actor=actor, reason="Mine")
    with pytest.raises(DomainError):
        service.send_entry_back(entry.id, actor=officer, reason=" ", key=make.new_key())
    with pytest.raises(DomainError):
        service.explain_entry(entry.id, actor=officer, reason="It waits in the books")


def test_what_arrives_after_the_lapse_is_sent_back(share: CoPayment, officer: Actor) -> None:
    engagement = engagement_queries.find_engagement(share.agreement_id)
    assert engagement is not None
    engagement_verbs.lapse_engagement(engagement.id, actor=SYSTEM, key="lapse")
    entry = arrive(share.amount, officer, reference=share.reference)
    with pytest.raises(DomainError):
        assign([entry], share, officer)
    refund = service.send_entry_back(entry.id, actor=officer, reason="Too late", key=make.new_key())
    assert (refund.amount, refund.account_number, refund.bank_name) == (share.amount, "111-222", "Payer bank")
    assert proof.prove().faults == []


def send_back(entry: BankEntry, officer: Actor) -> Refund:
    return service.send_entry_back(entry.id, actor=officer, reason="By mistake", key=make.new_key())


def test_what_is_sent_back_leaves_by_a_batch_that_another_officer_sends(story: engagements.Story) -> None:
    first, second = story.budget_officers
    entry = arrive(1234, first)
    refund = send_back(entry, first)
    by_second = service.prepare_batch(actor=second, refund_ids=[refund.id], key=make.new_key())
    with pytest.raises(DomainError, match="환급|refund"):
        service.send_batch(by_second.id, actor=first, key=make.new_key())
    cheat = text("UPDATE payment_batches SET sent_by = :by WHERE id = :id")
    with pytest.raises(IntegrityError, match="does not send it"), db.session.begin_nested():
        db.session.execute(cheat, {"by": first.person_id, "id": by_second.id})
    third = make_officer(Role.BUDGET_OFFICER)
    service.send_batch(by_second.id, actor=third, key=make.new_key())
    assert b"111-222" in queries.payment_file(by_second)
    make.take(make.bank_answer(by_second), first)
    assert (refund.status, ledger.balance(chart.refundable(refund.id)), ledger.balance(chart.refunded("KRW"))) == (
        "paid",
        0,
        1234,
    )
    assert proof.prove().faults == []


def test_what_the_bank_does_not_deliver_goes_to_the_account_that_the_payer_names(
    story: engagements.Story, clock: MovableClock
) -> None:
    (first, second), third = story.budget_officers, make_officer(Role.BUDGET_OFFICER)
    refund = send_back(arrive(1234, first), first)
    batch = service.prepare_batch(actor=second, refund_ids=[refund.id], key=make.new_key())
    service.send_batch(batch.id, actor=third, key=make.new_key())
    (line,) = queries.lines_of(batch.id)
    make.take(make.bank_answer(batch, {line.end_to_end_id: "AC04"}), first)
    assert (refund.status, ledger.balance(chart.refundable(refund.id))) == ("awaiting", 1234)
    assert proof.prove().faults == []
    with pytest.raises(DomainError):
        service.prepare_batch(actor=second, refund_ids=[refund.id], key=make.new_key())
    change = {"scheme": "other", "identifier": "999-88-777777", "bank_name": "Other bank"}
    for nobody in (story.sme, story.manager):
        with pytest.raises(Forbidden):
            service.change_refund_account(refund.id, actor=nobody, **change)
    service.change_refund_account(refund.id, actor=second, **change)
    assert (refund.holder_name, refund.account_changed_by) == ("Company", second.person_id)
    clock.advance(days=terms(business_clock.today()).changed_account_days)
    again = service.prepare_batch(actor=third, refund_ids=[refund.id], key=make.new_key())
    for decided in (first, second):
        with pytest.raises(DomainError):
            service.send_batch(again.id, actor=decided, key=make.new_key())
        cheat = text("UPDATE payment_batches SET sent_by = :by WHERE id = :id")
        with pytest.raises(IntegrityError, match="does not send it"), db.session.begin_nested():
            db.session.execute(cheat, {"by": decided.person_id, "id": again.id})
    service.send_batch(again.id, actor=make_officer(Role.BUDGET_OFFICER), key=make.new_key())
    make.take(make.bank_answer(again), first)
    assert (refund.status, proof.prove().faults) == ("paid", [])


def test_a_refund_has_a_payer_known_here_or_a_movement(story: engagements.Story, officer: Actor) -> None:
    refund = send_back(arrive(1234, officer), officer)
    cheats = {
        "UPDATE refunds SET bank_entry_id = NULL": "ck_refunds_subject",
        "INSERT INTO refunds (number, bank_entry_id, amount, currency, reason, status, requested_at, holder_name,"
        " account_number, bank_name) SELECT 'x', bank_entry_id, 1, currency, reason, status, requested_at, holder_name,"
        " account_number, bank_name FROM refunds": "uq_refunds_bank_entry_id",
    }
    for statement, match in cheats.items():
        with pytest.raises(IntegrityError, match=match), db.session.begin_nested():
            db.session.execute(text(statement))
    assert refund.status == "awaiting"


def test_the_pages_of_a_refund_to_an_unknown_payer(
    story: engagements.Story, officer: Actor, client: FlaskClient
) -> None:
    refund = send_back(arrive(1234, officer, account=""), officer)
    sign_in_as(client, officer)
    path = f"/refunds/{refund.id}"
    page = client.get(path, headers={"Accept-Language": "en"}).text
    assert "Ask the payer for it" in page
    assert "no reference" in page
    assert refund.number in client.get("/refunds").text
    account = {"scheme": "other", "identifier": "999-88-777777", "bank_name": "Other bank"}
    assert client.get(f"{path}/account").status_code == 200
    assert client.post(f"{path}/account", data=account).status_code == 303
    assert "999" in client.get(path).text
    for nobody in (story.sme, story.manager):
        sign_in_as(client, nobody)
        assert client.get(path).status_code == 404
        assert refund.number not in client.get("/refunds").text


def test_what_another_account_holds_is_not_in_the_books(officer: Actor) -> None:
    own = agency.account().number.replace(" ", "").encode()
    notice = make.co_payment_notice("elsewhere", 50)
    assert own in notice
    (entry,) = make.take(notice.replace(own, b"99900011122233"), officer).entries
    assert (entry.outcome, queries.is_in_suspense(entry)) == ("unmatched", False)
    with pytest.raises(DomainError):
        service.send_entry_back(entry.id, actor=officer, reason="Not ours", key="k")
    assert service.explain_entry(entry.id, actor=officer, reason="Another account").kind == "explained"


def test_a_movement_that_left_is_explained(officer: Actor) -> None:
    notice = make.co_payment_notice("fee", 50)
    (entry,) = make.take(notice.replace(b"CRDT", b"DBIT"), officer).entries
    assert (entry.outcome, queries.is_in_suspense(entry)) == ("unmatched", True)
    assert ledger.balance(chart.suspended_debit(entry.id)) == -50
    assert proof.prove().faults == []
    with pytest.raises(DomainError):
        service.send_entry_back(entry.id, actor=officer, reason="Fee", key="k")
    assert service.explain_entry(entry.id, actor=officer, reason="Fee of the bank").kind == "explained"
    assert (ledger.balance(chart.suspended_debit(entry.id)), ledger.balance(chart.charges("KRW"))) == (0, -50)
    assert queries.unmatched_entries(limit=10) == []
    assert proof.prove().faults == []


def test_the_pages_assign_and_send_back(client: FlaskClient, share: CoPayment, officer: Actor) -> None:
    whole, stray = arrive(share.amount, officer), arrive(5, officer, reference="stray")
    sign_in_as(client, officer)
    assert client.get("/bank-imports").text.count("/assign") == 2
    form = {"reference": share.reference, "reason": "Phoned", "key": "a"}
    assert client.post(f"/bank-entries/{whole.id}/assign", data=form).status_code == 303
    assert client.post(f"/bank-entries/{stray.id}/send-back", data={"reason": "Error", "key": "b"}).status_code == 303
    text_of = client.get("/bank-imports", headers={"Accept-Language": "en"}).text
    assert "/assign" not in text_of


def test_awaited_co_payments_of_the_same_amount_or_payer_are_offered_first(
    client: FlaskClient, share: CoPayment, story: engagements.Story, officer: Actor
) -> None:
    def likely(entry: BankEntry) -> list[tuple[str, bool, bool]]:
        offered = queries.likely_co_payments(entry, limit=10)
        return [(co_payment.reference, co_payment.same_amount, co_payment.same_payer) for co_payment in offered]

    name = organisation_of(story.sme).name
    whole, part = arrive(share.amount, officer), arrive(1, officer, reference="part", payer=f"（주） {name.upper()}")
    assert likely(whole) == [(share.reference, True, False)]
    assert likely(part) == [(share.reference, False, True)]
    assert likely(arrive(1, officer, reference="neither")) == []
    sign_in_as(client, officer)
    address = f"/bank-entries/{whole.id}/assign"
    assert f"{address}?reference={share.reference}" in client.get(address).text
    assert f'value="{share.reference}"' in client.get(f"{address}?reference={share.reference}").text
    assign([whole], share, officer)
    assert likely(part) == [], "what was paid is awaited no more"


def test_a_reference_that_nobody_awaits_is_said_at_its_field(client: FlaskClient, officer: Actor) -> None:
    entry = arrive(100, officer)
    sign_in_as(client, officer)
    form = {"reference": "COP-2026-999999", "reason": "Phoned", "key": "a"}
    answer = client.post(f"/bank-entries/{entry.id}/assign?lang=en", data=form)
    assert answer.status_code == 422
    assert 'href="#reference">Reference of the own share: No own share is awaited' in answer.text


def test_money_in_the_books_is_assigned_or_sent_back_and_what_is_not_there_is_explained(
    client: FlaskClient, officer: Actor
) -> None:
    waits = arrive(100, officer)
    notice = bank.receive(
        "R-other", amount=5, digits=0, currency="KRW", payer=Account("Company", "111-222", "Bank"),
        account=Account("Somebody", "elsewhere", "Bank"), booked_at=business_clock.now(),
    )  # fmt: skip
    (elsewhere,) = make.take(notice, officer).entries
    sign_in_as(client, officer)
    for language, words in (("en", "The movement is on another account"), ("ko", "기관 계좌의 거래가 아닙니다.")):
        page = client.get(f"/bank-imports?lang={language}").text
        assert words in page
        for entry, acts in ((waits, ("assign", "send-back")), (elsewhere, ("explain",))):
            offered = {act for act in ("assign", "send-back", "explain") if f"/bank-entries/{entry.id}/{act}" in page}
            assert offered == set(acts)


def test_movements_of_one_account_are_one_payers_however_the_bank_writes_it(share: CoPayment, officer: Actor) -> None:
    today = business_clock.today()
    parts = [
        Entry(amount, [Detail("X", account=account)], on=today, mark=account)
        for amount, account in ((share.amount - 5, "111-222"), (5, "111222"))
    ]
    first, second = make.take(notification(*parts), officer).entries
    assert [row.id for row in queries.entries_beside(first)] == [second.id]
    assign([first, second], share, officer)
    assert share.status == "paid"


def test_the_same_money_on_an_account_that_is_written_otherwise_can_be_said_to_be_known(officer: Actor) -> None:
    yesterday, own = business_clock.today() - timedelta(days=1), agency.account().number
    (told,) = make.take(notification(Entry(70, [Detail("A")], on=yesterday)), officer).entries
    stated = report("camt.053", Entry(70, [Detail("B")]), account=own.replace("-", ""))
    (again,) = make.take(stated, officer).entries
    assert [row.id for row in queries.counterparts(again)] == [told.id]
    service.assign_to_known(again.id, actor=officer, other_id=told.id, reason="Same", key="k")
    assert proof.prove().faults == []


def test_all_that_matches_nothing_is_one_list_in_pages(client: FlaskClient, officer: Actor) -> None:
    make.take(notification(*(Entry(number, [Detail(f"R{number}")]) for number in range(1, 56))), officer)
    sign_in_as(client, officer)
    short = client.get("/bank-imports?lang=en").text
    assert (short.count("/send-back"), 'href="/bank-entries"' in short) == (20, True)
    listed = client.get("/bank-entries?lang=en").text
    assert (listed.count("/send-back"), "1–50 of 55" in listed) == (50, True)
    following = re.search(r'href="(/bank-entries\?[^"]+)" rel="next"', listed)
    assert following is not None
    assert client.get(following[1].replace("&amp;", "&")).text.count("/send-back") == 5


def test_where_there_is_nothing_to_choose_the_page_leads_on_to_what_else_it_is(
    client: FlaskClient, officer: Actor
) -> None:
    """And not to a button that can only be refused."""
    came = arrive(100, officer)
    (left,) = make.take(notification(Entry(-70, [Detail("A", account="")])), officer).entries
    sign_in_as(client, officer)
    for entry, verbs in ((came, ["known"]), (left, ["known", "payments", "receipt"])):
        for verb in verbs:
            page = client.get(f"/bank-entries/{entry.id}/{verb}?lang=en").text
            assert (f'href="/bank-entries/{entry.id}"' in page, 'name="reason"' in page) == (True, False), verb


def test_only_the_same_money_in_another_kind_of_report_is_said_to_be_known(officer: Actor) -> None:
    came, twin, left = make.take(
        notification(Entry(7000, [Detail("A")]), Entry(7000, [Detail("B")]), Entry(-7000, [Detail("L")])), officer
    ).entries
    (known,) = make.take(report("camt.053", Entry(7000, [Detail("B")])), officer).entries
    (short,) = make.take(report("camt.053", Entry(60, [Detail("S")])), officer).entries
    (elsewhere,) = make.take(report("camt.053", Entry(7000, [Detail("C")]), account="999"), officer).entries
    (dollars,) = make.take(report("camt.053", Entry(70, [Detail("D")], currency="USD")), officer).entries
    assert (known.is_known, dollars.amount) == (True, came.amount)
    service.explain_entry(left.id, actor=officer, reason="Fee")
    for other in (came, twin, known, short, elsewhere, dollars, left):
        with pytest.raises(DomainError), db.session.begin_nested():
            service.assign_to_known(came.id, actor=officer, other_id=other.id, reason="Same", key=str(other.id))
