"""The books: the daily proof names whatever money can't be explained, publishes it and tells those who must act."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from lxml import html
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.claims.models import Claim
from marketplace.core import clock, db
from marketplace.core.actors import AGENCY, SYSTEM, Role
from marketplace.core.errors import Forbidden
from marketplace.core.tasks import schedule
from marketplace.ledger import chart
from marketplace.ledger import service as ledger
from marketplace.ledger.chart import ChartAccount, OwnerKind, Stage, TransferKind
from marketplace.ledger.models import Account
from marketplace.notifications.models import Message
from marketplace.reports import proof, service
from marketplace.reports import service as reports
from marketplace.reports.models import Reconciliation
from tests import business_time
from tests.factories import claims as make_claims
from tests.factories import engagements as make
from tests.factories import milestones as tales
from tests.factories.accounts import make_officer, sign_in_as
from tests.milestones import Milestones, Tale


def found() -> set[tuple[str, str]]:
    """What the proof names now: (what, whose)."""
    with db.unit_of_work():
        return {(fault.check, fault.subject) for fault in proof.prove().faults}


@pytest.fixture(scope="session")
def begins() -> Tale:
    return tales.first_stage_approved


@pytest.fixture
def story(
    app: Flask, real_database: object, milestones: Milestones, begins: Tale
) -> Iterator[tuple[make.Story, Claim]]:
    """A voucher, an engagement under it and an approved claim of its first stage; the clock stands as it was after."""
    with app.app_context():
        told = milestones.read(begins)
        yield told.story, told.claim
    business_time.come_back()


def move(debit: ChartAccount, credit: ChartAccount, amount: int) -> None:
    """Money moved past every verb."""
    with db.unit_of_work():
        key = f"planted-{debit}-{credit}"
        ledger.transfer(debit, credit, amount, kind=TransferKind.RELEASE, actor=SYSTEM, reference="x", key=key)


def test_every_kind_of_fault_is_named(story: tuple[make.Story, Claim], as_owner: Callable[..., None]) -> None:
    made, claim = story
    voucher, agreement = made.voucher, claim.engagement.agreement
    assert found() == set()
    first, second = sorted(db.session.scalars(text("SELECT id FROM budget_lines")))
    db.rollback()

    def planted(statement: str, undo: str) -> set[tuple[str, str]]:
        past_triggers(statement)
        names = found()
        past_triggers(undo)
        assert found() == set()
        return names

    def past_triggers(statement: str) -> None:
        table = statement.split()[1]
        as_owner(f"ALTER TABLE {table} DISABLE TRIGGER USER", statement, f"ALTER TABLE {table} ENABLE TRIGGER USER")

    assert ("reserved", voucher.number) in planted(
        "UPDATE vouchers SET amount = amount + 1", "UPDATE vouchers SET amount = amount - 1"
    )
    assert ("released", voucher.number) in planted(
        "UPDATE vouchers SET released = 1", "UPDATE vouchers SET released = 0"
    )
    assert ("redeemed", agreement.number) in planted(
        "UPDATE redemptions SET amount = amount - 1", "UPDATE redemptions SET amount = amount + 1"
    )
    assert planted(
        "UPDATE claims SET (approved_aid, approved_co_payment, approved_amount)"
        " = (approved_aid - 1, approved_co_payment - 1, approved_amount - 2)",
        "UPDATE claims SET (approved_aid, approved_co_payment, approved_amount)"
        " = (approved_aid + 1, approved_co_payment + 1, approved_amount + 2)",
    ) == {("approved_aid", claim.number), ("approved_co_payment", claim.number)}

    assert planted(
        "UPDATE claims SET (status, paid_at) = ('paid', now())",
        "UPDATE claims SET (status, paid_at) = ('approved', NULL)",
    ) == {("paid_aid", claim.number), ("paid_co_payment", claim.number)}

    # Paid without a payment; then sent back, so that all is well again.
    with db.unit_of_work():
        ledger.open_account(chart.paid(first), currency="KRW")
    move(chart.payable(claim.id, first), chart.paid(first), 3)
    assert found() == {("kept_back", claim.number)}
    move(chart.paid(first), chart.payable(claim.id, first), 3)
    assert found() == set()

    # One funder's money on another one's line.
    move(chart.available(first), chart.available(second), 4)
    assert found() == {("budget", f"budget_line:{first}"), ("budget", f"budget_line:{second}")}
    move(chart.available(second), chart.available(first), 4)

    assert planted(
        f"UPDATE ledger_accounts SET balance = balance + 5 WHERE code = '{chart.available(first)}'",
        f"UPDATE ledger_accounts SET balance = balance - 5 WHERE code = '{chart.available(first)}'",
    ) == {("balance", str(chart.available(first))), ("total", "all accounts")}

    as_owner("ALTER TABLE ledger_accounts DROP CONSTRAINT ck_ledger_accounts_balance")
    with db.unit_of_work():
        one, other = chart.income("KRW"), chart.refunded("KRW")
        for account in (one, other):
            ledger.open_account(account, currency="KRW")
    move(one, other, 7)
    assert found() == {("below_zero", str(one))}
    move(other, one, 7)

    # A transfer taken out of history.
    as_owner("ALTER TABLE ledger_transfers DISABLE TRIGGER USER", "DELETE FROM ledger_transfers WHERE kind = 'commit'")
    reserved = str(chart.reserved(OwnerKind.VOUCHER, voucher.id, first))
    assert {("redeemed", agreement.number), ("balance", reserved)} <= found()


def test_the_database_makes_the_codes_of_the_chart(story: tuple[make.Story, Claim]) -> None:
    """Accounts are opened by verbs, in bulk and by the drawing of a voucher: all of them by the one rule."""
    with db.unit_of_work():
        accounts = db.session.scalars(select(Account)).all()
        assert [account.code for account in accounts] == [str(account.in_chart) for account in accounts]
        assert {Stage.RESERVED, Stage.COMMITTED, Stage.PAYABLE} <= {account.stage for account in accounts}


@pytest.fixture
def paid(told, clock) -> tuple[make.Story, Claim]:
    """An engagement whose first stage is claimed and paid."""
    story, claim = told.story, told.claim
    batch = make_claims.send(story, claim)
    make_claims.take(make_claims.bank_answer(batch), story.budget_officers[0])
    return story, claim


def cells(page: str, heading: str) -> list[str]:
    """The cells of the table row that begins with this heading."""
    row = html.document_fromstring(page).xpath(f"//tr[normalize-space(th)='{heading}']")[0]
    return [cell.text_content().strip() for cell in row.xpath("td")]


def test_a_calls_money_is_what_its_transfers_say_and_each_figure_opens_them(paid, client) -> None:
    story, claim = paid
    agreement = claim.engagement.agreement
    address = f"/calls/{story.voucher.call_id}/money"
    page = client.get(f"{address}?lang=en").text
    assert cells(page, "Paid")[-1] == f"₩{claim.aid:,}"
    assert cells(page, "Reserved")[-1] == f"₩{story.voucher.amount - agreement.aid:,}"
    assert cells(page, "Committed")[-1] == f"₩{agreement.aid - claim.aid:,}"
    assert cells(page, "Appropriated in all")[-1] == "₩2,000,000,000"
    links = html.document_fromstring(page).xpath("//*[local-name()='svg']//*[local-name()='a']/@href")
    assert f"{address}/transfers?stage=paid" in links
    opened = html.document_fromstring(client.get(f"{address}/transfers?stage=paid").text)
    shown = [cell.text_content().strip() for cell in opened.xpath("//tbody//td[@class='number']")]
    assert sum(int(amount.strip("₩").replace(",", "")) for amount in shown) == claim.aid


def test_the_public_sees_no_reference_and_officers_see_where_it_leads(paid, client) -> None:
    story, claim = paid
    address = f"/calls/{story.voucher.call_id}/money/transfers"
    for answer in (client.get(address), client.get(f"{address}?format=csv")):
        assert answer.status_code == 200
        assert not any(word in answer.text for word in (claim.number, story.voucher.number, str(story.voucher.id)))
    sign_in_as(client, story.budget_officers[0])
    page = client.get(address).text
    assert f'href="/claims/{claim.id}">{claim.number}' in page
    assert f'href="/vouchers/{story.voucher.id}/money"' in page
    assert claim.number in client.get(f"{address}?format=csv").text


def test_transfers_are_narrowed_by_kind_funder_and_day(paid, client, database) -> None:
    story, _claim = paid
    address = f"/calls/{story.voucher.call_id}/money/transfers"

    def count(**query: str) -> int:
        page = client.get(address, query_string=query).text
        return len(html.document_fromstring(page).xpath("//table[@class='data-table']/tbody/tr"))

    lines = database.scalars(text("SELECT id FROM budget_lines ORDER BY id")).all()
    assert count(kind="pay") == len(lines) == 2
    assert count(kind="pay", line=str(lines[0])) == 1
    today = clock.today()
    assert count(kind="pay", since=str(today), until=str(today)) == 2
    assert count(kind="pay", since=str(today + timedelta(days=1))) == 0
    assert count(kind="pay", until=str(today - timedelta(days=1))) == 0
    assert count(kind="nonsense") == count()  # a filter that is none is left out


def test_one_vouchers_way_shows_its_money_to_the_payment_and_to_its_own_company(paid, client) -> None:
    story, claim = paid
    sign_in_as(client, story.sme)
    page = client.get(f"/vouchers/{story.voucher.id}/money?lang=en").text
    assert all(
        words in page
        for words in ("Promised by a voucher", "Bound to an agreement", "Paid to the firm", "Own share received")
    )
    assert claim.number not in page  # a firm's claim is the firm's and the agency's
    total = html.document_fromstring(page).xpath("count(//tbody/tr)")
    assert total == 2 + 2 + 1 + 3 + 3  # reserved, committed, own share, approved and paid


def test_a_sound_day_is_published_and_nobody_is_bothered(database, run_tasks) -> None:
    make_officer(Role.AUDITOR)
    schedule(reports.reconcile, key="today")
    run_tasks()
    (made,) = database.scalars(select(Reconciliation))
    assert (made.unexplained, made.faults) == (0, [])
    assert not database.scalars(select(Message).where(Message.template.startswith("reports/"))).all()


def test_a_fault_reaches_auditors_and_administrators_and_is_kept(database, client) -> None:
    auditor, administrator = make_officer(Role.AUDITOR), make_officer(Role.ADMINISTRATOR)
    owed, available = chart.obligation("KRW"), chart.available(uuid4())
    for account in (owed, available):
        ledger.open_account(account, currency="KRW")
    ledger.transfer(owed, available, 9, kind=TransferKind.RELEASE, actor=SYSTEM, reference="x", key="planted")
    made = service.reconcile(actor=SYSTEM)
    assert made.unexplained == 9
    mails = database.scalars(select(Message).where(Message.template == "reports/books_do_not_balance")).all()
    assert len(mails) == 2
    public = client.get("/books").text
    assert "<dd>9</dd>" in public
    assert "budget_line:" not in public
    for role in Role:
        if role in AGENCY:
            shown = "budget_line:" in sign_in_as(client, make_officer(role)).get("/books").text
            assert shown == (role in (Role.AUDITOR, Role.ADMINISTRATOR, Role.BUDGET_OFFICER)), role
    sign_in_as(client, auditor)
    assert 'href="/books#faults">Figures in the books' in client.get("/?lang=en").text
    for actor in (auditor, administrator):
        with pytest.raises(Forbidden):
            service.reconcile(actor=actor)
    with pytest.raises(DBAPIError, match="append-only"), database.begin_nested():
        database.execute(text("UPDATE reconciliations SET unexplained = 0, faults = '[]'"))
