"""The pages of bank files and movements: what is sent, and what is answered; large files and ZIPs."""

import io
import zipfile
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from werkzeug.test import TestResponse

from marketplace.claims import queries, service
from marketplace.claims.models import BankAssignment, BankEntry, BankImport, PaymentBatch, PaymentLine
from marketplace.claims.service import reconciliation
from marketplace.claims.states import AssignmentKind
from marketplace.core import db, files
from marketplace.core.actors import SYSTEM, Actor
from marketplace.core.errors import DomainError
from marketplace.core.task_queue import BackgroundTask
from marketplace.engagements.models import CoPayment
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.reports import proof
from tests.factories import claims as make
from tests.factories import engagements
from tests.factories.accounts import sign_in_as
from tests.factories.bank_reports import Detail, Entry, notification, statement

pytestmark = pytest.mark.usefixtures("database", "clock")


@pytest.fixture
def desk(client: FlaskClient, officer: Actor) -> FlaskClient:
    client.set_cookie("lang", "en")
    sign_in_as(client, officer)
    return client


def come(*entries: Entry, officer: Actor) -> list[BankEntry]:
    return make.take(notification(*entries), officer).entries


def say(desk: FlaskClient, entry: BankEntry, what: str, status: int = 303, **fields: Any) -> str:
    """Send one of the forms of a movement."""
    form = {"reason": "The bank said so", "key": make.new_key()} | fields
    answer = desk.post(f"/bank-entries/{entry.id}/{what}", data=form)
    assert answer.status_code == status, answer.text
    return answer.text


def kind_of(entry: BankEntry) -> str | None:
    """What somebody said that the movement is."""
    return db.session.scalar(select(BankAssignment.kind).where(BankAssignment.entry_id == entry.id))


def status_of(row: PaymentLine | CoPayment) -> str:
    """Where it stands by now."""
    return db.get(type(row), row.id).status.value


@pytest.fixture
def batch(story: engagements.Story, officer: Actor) -> PaymentBatch:
    """A refund of 1,000 won, sent."""
    work = engagements.make_engagement(story)
    refund = service.request_refund(work.agreement_id, actor=SYSTEM, amount=1000, reason="Cut", key="refund")
    made = service.prepare_batch(actor=officer, refund_ids=[refund.id], key="batch")
    return service.send_batch(made.id, actor=story.budget_officers[1], key="send")


def test_a_debit_and_what_came_back_are_said_to_be_a_payment(
    desk: FlaskClient, batch: PaymentBatch, officer: Actor
) -> None:
    (line,) = batch.lines
    debit, credit, other = come(Entry(-1005, mark="D"), Entry(990, mark="C"), Entry(-7000, mark="E"), officer=officer)
    ticked = [one for one in (debit, other) if " checked" in desk.get(f"/bank-entries/{one.id}/payments").text]
    assert ticked == [debit], "payments of another amount are not chosen beforehand"
    assert "Error" in say(desk, debit, "payments", 422)
    say(desk, debit, "payments", line_ids=[str(line.id)])
    assert (status_of(line), kind_of(debit)) == ("paid", "payments")
    assert "No payment has this reference" in say(desk, credit, "return", 422, reference="PAY-0")
    say(desk, credit, "return", reference=line.end_to_end_id)
    assert (status_of(line), kind_of(credit)) == ("returned", "return")
    assert ledger.balance(chart.charges("KRW")) == -15
    assert "assigned this movement already" in say(desk, credit, "return", 422, reference=line.end_to_end_id)
    assert proof.prove().faults == []


def test_a_share_is_said_to_be_taken_back(desk: FlaskClient, share: CoPayment, officer: Actor) -> None:
    come(Entry(share.amount, [Detail(share.reference)]), officer=officer)
    (debit,) = make.take(statement(Entry(-share.amount, [Detail("X", account="")])), officer).entries
    assert "Error" in say(desk, debit, "reversal", 422, reference="")
    assert "Error" in say(desk, debit, "reversal", 422, reference="COP-1")
    say(desk, debit, "reversal", reference=share.reference)
    assert (status_of(share), kind_of(debit)) == ("awaited", "reversal")


def test_money_is_said_to_be_known_or_made_good(desk: FlaskClient, officer: Actor) -> None:
    came, left, other = come(Entry(70, mark="A"), Entry(-70, mark="B"), Entry(5, mark="C"), officer=officer)
    address = f"/bank-entries/{came.id}/known"
    offered = desk.get(address).text
    assert (str(left.id) in offered, str(other.id) in offered) == (True, False)
    assert "Choose" in say(desk, came, "known", 422, other_id=str(other.id))
    say(desk, came, "known", other_id=str(left.id))
    assert {kind_of(came), kind_of(left)} == {"offset"}
    assert proof.prove().faults == []


def test_what_little_a_share_lacks_the_bank_has_kept(desk: FlaskClient, share: CoPayment, officer: Actor) -> None:
    """The bank's statement alone tells it, less a charge that it doesn't name."""
    fee = 500
    (entry,) = make.take(statement(Entry(share.amount - fee, [Detail(share.reference)])), officer).entries
    (short,) = make.take(statement(Entry(share.amount * 9 // 10, [Detail("X", account="9")])), officer).entries
    assert (entry.outcome, share.status) == ("unmatched", "awaited"), "whether the bank or the payer, a person says"
    say(desk, short, "assign", 422, reference=share.reference)
    say(desk, entry, "assign", reference=share.reference)
    assert (status_of(share), ledger.balance(chart.co_payment(share.agreement_id))) == ("paid", share.amount)
    assert (ledger.balance(chart.charges("KRW")), proof.prove().faults) == (-fee, [])


def test_a_funders_money_and_interest_are_said_by_two(
    desk: FlaskClient, story: engagements.Story, officer: Actor
) -> None:
    first, second = story.budget_officers
    given, interest, back = come(Entry(9_000, mark="A"), Entry(70, mark="B"), Entry(-1_000, mark="C"), officer=officer)
    assert "money" in say(desk, back, "propose", 422, kind="interest")
    for entry, kind in ((given, "funding"), (interest, "interest"), (back, "funding")):
        say(desk, entry, "propose", kind=kind)
    say(desk, given, "propose", 409, kind="interest")
    proposals = queries.proposals_of([given.id, interest.id, back.id])
    listed = desk.get("/bank-imports").text
    assert all(f"/bank-proposals/{one.id}" in listed for one in proposals.values())

    def decide(entry: BankEntry, decision: str) -> TestResponse:
        form = {"decision": decision, "reason": "Looked", "key": make.new_key()}
        return desk.post(f"/bank-proposals/{proposals[entry.id].id}", data=form)

    own = proposals[given.id].id
    assert 'value="confirm"' not in desk.get(f"/bank-proposals/{own}").text, "nobody confirms what they proposed"
    with pytest.raises(DomainError), db.session.begin_nested():
        service.confirm_proposal(own, actor=first, key="own")
    sign_in_as(desk, second)
    assert "The bank said so" in desk.get(f"/bank-proposals/{proposals[given.id].id}").text
    assert decide(given, "confirm").status_code == decide(back, "confirm").status_code == 303
    assert decide(interest, "refuse").status_code == 303
    assert decide(interest, "confirm").status_code == 422, "it was refused"
    said = select(BankAssignment.proposed_by, BankAssignment.assigned_by).where(BankAssignment.entry_id == given.id)
    assert db.session.execute(said).one() == (first.person_id, second.person_id)
    assert (ledger.balance(chart.funded("KRW")), ledger.balance(chart.income("KRW"))) == (8_000, 0)
    service.confirm_proposal(
        service.propose(interest.id, actor=second, kind=AssignmentKind.INTEREST, reason="Looked again").id,
        actor=first,
        key="k",
    )
    assert (ledger.balance(chart.income("KRW")), queries.unmatched_entries(limit=9)) == (70, [])
    with pytest.raises(DomainError):
        service.send_entry_back(given.id, actor=first, reason="Not ours", key="late")
    assert proof.prove().faults == []


def test_the_database_asks_for_two_as_well(story: engagements.Story, officer: Actor) -> None:
    (entry,) = come(Entry(70), officer=officer)
    plant = (
        "INSERT INTO bank_assignments (entry_id, kind, reason, proposed_by, assigned_by, assigned_at)"
        " VALUES (:entry, 'funding', 'x', :first, :second, app_now())"
    )
    by = officer.person_id
    for first, refused in ((by, "four_eyes"), (None, "proposed_by")):
        with pytest.raises(IntegrityError, match=f"ck_bank_assignments_{refused}"), db.session.begin_nested():
            db.session.execute(text(plant), {"entry": entry.id, "first": first, "second": by})
    service.propose(entry.id, actor=officer, kind=AssignmentKind.FUNDING, reason="x")
    with pytest.raises(DBAPIError, match="permission denied"), db.session.begin_nested():
        db.session.execute(text("UPDATE bank_proposals SET kind = 'interest'"))


def upload(desk: FlaskClient, content: bytes, name: str) -> TestResponse:
    return desk.post("/bank-imports/new", data={"file": (io.BytesIO(content), name), "key": make.new_key()})


def packed(**contents: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(f"reports/{name}.xml", content)
    return stream.getvalue()


def pending(name: str) -> list[BackgroundTask]:
    query = select(BackgroundTask).where(BackgroundTask.name == name, BackgroundTask.status == "pending")
    return list(db.session.scalars(query))


def test_a_zip_of_reports_is_taken_file_by_file(desk: FlaskClient, officer: Actor) -> None:
    answer = upload(desk, packed(a=notification(Entry(5)), b=statement(Entry(5)), c=b"<no/>"), "week.zip")
    assert answer.headers["Location"].endswith("/bank-imports")
    words = desk.get("/bank-imports").text
    assert "2 files are taken" in words
    assert "c.xml" in words
    for task in pending("book_bank_file"):
        service.book_bank_file(UUID(task.arguments["import_id"]), actor=officer)
    assert proof.bank_balances()["KRW"] == (5, 5)
    nothing = upload(desk, packed(c=b"<no/>"), "none.zip")
    assert (nothing.status_code, "can be read" in nothing.text) == (422, True)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file counts as large."""
    monkeypatch.setattr(reconciliation, "LARGE", 0)


def only() -> BankImport:
    """The one file that was taken."""
    return db.session.scalars(select(BankImport)).one()


@pytest.mark.usefixtures("large")
def test_a_large_file_is_read_in_the_background(desk: FlaskClient, share: CoPayment) -> None:
    content = notification(Entry(share.amount, [Detail(share.reference)]), Entry(7, mark="B"))
    page = upload(desk, content, "month.xml").headers["Location"]
    shown = desk.get(page).text
    assert ("waits its turn or is being read" in shown, "<progress data-live-percent max" in shown) == (True, True)
    assert "Is being read" in desk.get("/bank-imports").text
    assert desk.get(f"{page}/progress").json["percent"] is None, "nobody knows yet how much there is"
    assert upload(desk, content, "again.xml").headers["Location"] == page
    (task,) = pending("read_bank_file")
    import_id = UUID(task.arguments["import_id"])
    with pytest.raises(RuntimeError), db.session.begin_nested():
        service.read_bank_file(import_id, actor=SYSTEM)
        raise RuntimeError("killed")
    db.session.expire_all()
    assert (only().read_at, only().entries, status_of(share)) == (None, [], "awaited"), "whole, or not at all"
    for _twice in range(2):
        service.read_bank_file(import_id, actor=SYSTEM)
    assert (status_of(share), len(only().entries)) == ("paid", 2)
    assert desk.get(f"{page}/progress").json["percent"] == 100
    assert proof.bank_balances()["KRW"] == (share.amount + 7, share.amount + 7)


@pytest.mark.usefixtures("large")
def test_a_large_file_that_can_not_be_read_says_why_and_may_come_again(desk: FlaskClient) -> None:
    content = b"%%%" + notification(Entry(7))
    page = upload(desk, content, "odd.xml").headers["Location"]
    service.read_bank_file(only().id, actor=SYSTEM)
    shown = desk.get(page).text
    assert "Nothing of this file was taken" in shown
    assert "not plain XML" in shown
    assert "Not taken" in desk.get("/bank-imports").text
    desk.set_cookie("lang", "ko")
    assert "not plain XML" not in desk.get(page).text
    assert upload(desk, content, "odd.xml").headers["Location"] == page
    files.place(only().id).write_bytes(notification(Entry(7)))  # as if the program could read it by now
    service.read_bank_file(only().id, actor=SYSTEM)
    assert (only().refused, [entry.amount for entry in only().entries]) == (None, [7])
