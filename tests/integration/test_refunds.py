"""An SME's share that is not needed goes back: set aside, paid with a batch by another hand, again if it bounces."""

import re
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from marketplace.claims import bank, queries, service
from marketplace.claims.models import PaymentBatch, Refund
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound
from marketplace.engagements import queries as engagement_queries
from marketplace.engagements.models import Engagement
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.ledger.rules import InsufficientFunds, KeyReused
from marketplace.notifications.models import Message
from marketplace.notifications.rendering import render
from marketplace.reports import proof
from tests.conftest import MovableClock
from tests.factories import claims as make
from tests.factories import engagements, milestones
from tests.factories.accounts import make_member, make_officer, sign_in_as
from tests.milestones import Tale

pytestmark = pytest.mark.usefixtures("database", "clock")


@pytest.fixture(scope="session")
def begins() -> Tale:
    return milestones.started


@pytest.fixture
def story(told: milestones.Work) -> engagements.Story:
    return told.story


@pytest.fixture
def engagement(told: milestones.Work) -> Engagement:
    return told.engagement


@pytest.fixture
def refund(engagement: Engagement) -> Refund:
    return ask(engagement)


def ask(engagement: Engagement, amount: int = 1000, key: str = "k", reason: str = "Not needed") -> Refund:
    return service.request_refund(engagement.agreement_id, actor=SYSTEM, amount=amount, reason=reason, key=key)


def prepare(story: engagements.Story, refund: Refund) -> PaymentBatch:
    return service.prepare_batch(actor=story.budget_officers[0], refund_ids=[refund.id], key=make.new_key())


def send(story: engagements.Story, refund: Refund) -> PaymentBatch:
    batch = prepare(story, refund)
    return service.send_batch(batch.id, actor=story.budget_officers[1], key=make.new_key())


def test_the_money_goes_back_to_the_account_it_came_from(
    client: FlaskClient, story: engagements.Story, engagement: Engagement
) -> None:
    held = ledger.balance(chart.co_payment(engagement.agreement_id))
    refund = ask(engagement)
    assert (refund.holder_name, refund.account_number) == ("Company", "111-222")
    assert ledger.balance(chart.co_payment(engagement.agreement_id)) == held - 1000
    batch = send(story, refund)
    (line,) = queries.lines_of(batch.id)
    assert (line.amount, line.account_number, line.claim_id) == (1000, "111-222", None)
    assert ledger.balance(chart.refundable(refund.id)) == 1000
    make.take(make.bank_answer(batch), story.budget_officers[0])
    assert (refund.status, batch.status) == ("paid", "settled")
    assert (ledger.balance(chart.refundable(refund.id)), ledger.balance(chart.refunded("KRW"))) == (0, 1000)
    assert proof.prove().faults == []
    told = db.session.query(Message.template).filter(Message.template.like("claims/refund_%")).all()
    assert sorted(row.template for row in told) == ["claims/refund_paid", "claims/refund_requested"]
    page = sign_in_as(client, story.sme).get(f"/refunds/{refund.id}?lang=en").text
    assert re.search(r"<dt>Paid back</dt>\s*<dd>\s*\d+ \w+ \d{4}", page)
    assert "next payment batches" not in page, "it has left"


def test_each_mail_about_a_refund_says_how_much_goes_where(story: engagements.Story, engagement: Engagement) -> None:
    refund = ask(engagement)
    batch = send(story, refund)
    (line,) = queries.lines_of(batch.id)
    make.take(make.bank_answer(batch, {line.end_to_end_id: "AC04"}), story.budget_officers[0])
    change = {"scheme": "other", "identifier": "99988777766", "bank_name": "Other bank"}
    service.change_refund_account(refund.id, actor=story.sme, **change)
    query = select(Message).where(Message.template.like("claims/refund_%"))
    mails = {row.template: row for row in db.session.scalars(query)}
    words = {
        "claims/refund_paid": {"en": "went to your account", "ko": "계좌"},
        "claims/refund_requested": {"en": "next payment batch", "ko": "일괄 지급"},
        "claims/refund_returned": {"en": "please confirm it there", "ko": "확인해"},
        "claims/refund_account_changed": {"en": "days after the change", "ko": "바뀐 날"},
    }
    assert mails.keys() == words.keys()
    for template, mail in mails.items():
        for language in ("en", "ko"):
            letter = render(template, locale=language, base_url="", data=mail.data)
            whole = f"{letter.subject}\n{letter.body}"
            for expected in ("1,000", refund.number, words[template][language]):
                assert expected in whole, (template, language, whole)
            assert "99988777766" not in whole


def test_never_more_than_is_held_and_once_per_key(engagement: Engagement) -> None:
    held = ledger.balance(chart.co_payment(engagement.agreement_id))
    with pytest.raises(InsufficientFunds), db.session.begin_nested():
        ask(engagement, held + 1)
    first = ask(engagement, held)
    assert ask(engagement, held).id == first.id
    with pytest.raises(KeyReused):
        ask(engagement, held - 1)
    with pytest.raises(InsufficientFunds), db.session.begin_nested():
        ask(engagement, 1, "another")


def test_the_bank_sends_it_back_and_it_goes_out_again(story: engagements.Story, refund: Refund) -> None:
    for attempt in ("first", "second"):
        batch = send(story, refund)
        (line,) = queries.lines_of(batch.id)
        returned = {line.end_to_end_id: "MS03"} if attempt == "first" else None
        make.take(make.bank_answer(batch, returned), story.budget_officers[0])
        expected = ("awaiting", "returned", 1000, 0) if attempt == "first" else ("paid", "paid", 0, 1000)
        balances = ledger.balance(chart.refundable(refund.id)), ledger.balance(chart.refunded("KRW"))
        assert (refund.status, line.status, *balances) == expected
    assert proof.prove().faults == []


def test_whoever_asked_for_it_does_not_send_it(story: engagements.Story, engagement: Engagement) -> None:
    asking = make_officer(Role.BUDGET_OFFICER)
    refund = service.request_refund(engagement.agreement_id, actor=asking, amount=1, reason="Agreed", key="k")
    batch = prepare(story, refund)
    with pytest.raises(DomainError):
        service.send_batch(batch.id, actor=asking, key=make.new_key())
    with pytest.raises(IntegrityError, match="asked for a refund"), db.session.begin_nested():
        db.session.execute(text("UPDATE payment_batches SET sent_by = :by"), {"by": asking.person_id})
    assert service.send_batch(batch.id, actor=story.budget_officers[1], key=make.new_key()).status == "sent"


def test_it_waits_while_payments_are_held(story: engagements.Story, refund: Refund) -> None:
    batch = prepare(story, refund)
    service.place_hold(refund.engagement_id, actor=SYSTEM, reason="E17")
    with pytest.raises(DomainError):
        service.send_batch(batch.id, actor=story.budget_officers[1], key=make.new_key())
    with pytest.raises(IntegrityError, match="are held"), db.session.begin_nested():
        values = {"by": story.budget_officers[1].person_id}
        db.session.execute(text("UPDATE payment_batches SET sent_by = :by"), values)
    (line,) = queries.lines_of(batch.id)
    service.remove_line(line.id, actor=story.budget_officers[0], reason="Held")
    assert (refund.status, batch.status) == ("awaiting", "dissolved")
    with pytest.raises(Invalid):
        prepare(story, refund)


def test_the_database_refuses_a_second_live_payment_and_one_that_is_held(
    story: engagements.Story, refund: Refund
) -> None:
    batch = prepare(story, refund)
    with pytest.raises(IntegrityError, match="uq_payment_lines_refund_id"), db.session.begin_nested():
        plant_line(batch, refund)
    db.session.execute(text("UPDATE payment_lines SET status = 'removed', removed_at = app_now()"))
    service.place_hold(refund.engagement_id, actor=SYSTEM, reason="E17")
    with pytest.raises(IntegrityError, match="are held"), db.session.begin_nested():
        plant_line(batch, refund)
    with pytest.raises(IntegrityError, match="ck_payment_lines_subject"), db.session.begin_nested():
        db.session.execute(text("UPDATE payment_lines SET refund_id = NULL"))


def test_another_account_is_named_by_the_signatory_and_must_age(
    story: engagements.Story, refund: Refund, clock: MovableClock
) -> None:
    def change(actor: object) -> Refund:
        return service.change_refund_account(
            refund.id,
            actor=actor,  # type: ignore[arg-type]
            scheme="other",
            identifier="123-456-789",
            bank_name="New bank",
        )

    with pytest.raises(Forbidden):
        change(make_member(story.sme, Role.PREPARER))
    with pytest.raises(NotFound):
        change(story.manager)
    change(story.sme)
    assert refund.account_number == "123456789"
    with pytest.raises(DomainError, match="14"):
        prepare(story, refund)
    clock.advance(days=14)
    prepare(story, refund)
    with pytest.raises(DomainError):
        change(story.sme)


def test_without_a_known_account_it_waits_for_the_company(story: engagements.Story, refund: Refund) -> None:
    refund.account_number = ""
    db.flush()
    with pytest.raises(DomainError, match=refund.number):
        prepare(story, refund)
    with pytest.raises(IntegrityError, match="account_number"), db.session.begin_nested():
        db.session.execute(text("UPDATE refunds SET status = 'batched', batched_at = app_now()"))


def test_only_officers_and_the_system_ask_with_a_reason(story: engagements.Story, engagement: Engagement) -> None:
    for actor in (story.sme, story.manager, story.consultant_actors[0]):
        with pytest.raises(Forbidden):
            service.request_refund(engagement.agreement_id, actor=actor, amount=1, reason="Mine", key=make.new_key())
    with pytest.raises(Invalid):
        ask(engagement, reason=" ")


def test_the_payers_bank_comes_from_the_report_and_goes_into_the_bank_file(story: engagements.Story) -> None:
    agreement = engagements.make_agreement(story)
    engagements.redeem(story, agreement)
    awaited = engagement_queries.find_co_payment(agreement.id)
    assert awaited is not None
    make.take(make.co_payment_notice(awaited.reference, awaited.amount, bank_name="Payer bank"), SYSTEM)
    assert awaited.payer_bank == "Payer bank"
    refund = service.request_refund(agreement.id, actor=SYSTEM, amount=5, reason="Cut", key="k")
    content = queries.payment_file(send(story, refund)).decode()
    assert "Payer bank" in content
    assert refund.number in content
    assert bank.answer(content.encode(), booked_at=business_clock.now())


def plant_line(batch: PaymentBatch, refund: Refund) -> None:
    """A payment put into the table past the verb."""
    db.session.execute(
        text(
            "INSERT INTO payment_lines (batch_id, refund_id, amount, end_to_end_id, holder_name, account_number,"
            " bank_name, status) VALUES (:batch, :refund, 1, :reference, '', '', '', 'pending')"
        ),
        {"batch": batch.id, "refund": refund.id, "reference": uuid4().hex},
    )
