"""From the award to accepted work: money, order of steps, and who may do what."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from marketplace.agency.rules import NO_ACCOUNT
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Role
from marketplace.core.errors import DomainError, Forbidden, IllegalMove, Invalid, NotFound
from marketplace.core.money import Money
from marketplace.engagements import queries, service
from marketplace.engagements.models import ConsultingSession, Engagement
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.ledger.chart import OwnerKind, TransferKind
from marketplace.ledger.service import transfer
from marketplace.notifications.models import Message
from tests.conftest import MovableClock
from tests.factories import engagements as make
from tests.factories import milestones
from tests.factories.accounts import make_member, make_sme
from tests.factories.providers import make_consultant
from tests.milestones import Tale

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(scope="session")
def begins() -> Tale:
    return milestones.story


@pytest.fixture
def story(told: make.Story) -> make.Story:
    return told


def test_the_agreement_shares_the_net_price_to_the_last_won(clock: MovableClock, story: make.Story) -> None:
    agreement = make.make_agreement(story)
    assert (agreement.price_net, agreement.aid, agreement.co_payment) == (15_000_001, 9_000_001, 6_000_000)
    assert [stage.code for stage in agreement.stages] == list(make.STAGES)
    assert sum(stage.aid for stage in agreement.stages) == agreement.aid
    assert sum(stage.co_payment for stage in agreement.stages) == agreement.co_payment
    assert agreement.status == "signed"


def test_aid_never_exceeds_what_the_voucher_has_left(clock: MovableClock, story: make.Story) -> None:
    agreement = make.make_agreement(story, {**make.PRICES, "execution": 30_000_000})
    assert agreement.aid == 12_000_000
    assert agreement.co_payment == agreement.price_net - 12_000_000


def test_one_award_has_one_agreement_until_it_is_cancelled(clock: MovableClock, story: make.Story) -> None:
    award = make.make_award(story)
    first = service.draft_agreement(award.id, actor=story.sme)
    assert service.draft_agreement(award.id, actor=story.manager).id == first.id
    service.cancel_agreement(first.id, actor=story.sme, reason="New dates")
    assert service.draft_agreement(award.id, actor=story.sme).id != first.id


def test_signing_and_redeeming_are_the_signatorys(clock: MovableClock, story: make.Story) -> None:
    agreement = service.draft_agreement(make.make_award(story).id, actor=story.sme)
    preparer = make_member(story.sme, Role.PREPARER)
    with pytest.raises(Forbidden):
        service.sign(agreement.id, actor=preparer)
    with pytest.raises(NotFound):
        service.sign(agreement.id, actor=make_sme())
    with pytest.raises(DomainError):
        make.redeem(story, agreement)
    service.sign(agreement.id, actor=story.sme)
    with pytest.raises(DomainError):
        service.sign(agreement.id, actor=story.sme)
    service.sign(agreement.id, actor=story.manager)
    with pytest.raises(Forbidden):
        make.redeem(replace(story, sme=preparer), agreement)
    with pytest.raises(NotFound):
        make.redeem(replace(story, sme=story.manager), agreement)


def test_redeeming_commits_the_money_and_a_gross_amount_is_refused(clock: MovableClock, story: make.Story) -> None:
    agreement = make.make_agreement(story)
    with pytest.raises(Invalid):
        service.redeem(agreement.id, actor=story.sme, amount=Money(agreement.aid * 11 // 10, "KRW"), key="gross")
    make.redeem(story, agreement)
    assert sum(ledger.balances_by_owner(agreement.id, "committed").values()) == agreement.aid
    assert sum(ledger.balances_by_owner(story.voucher.id, "reserved").values()) == 12_000_000 - agreement.aid
    assert ledger.verify().faults == []


def test_a_redemption_makes_twelve_statements(clock: MovableClock, story: make.Story) -> None:
    agreement = make.make_agreement(story)
    db.session.commit()
    db.session.expunge_all()
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith("SAVEPOINT"):  # which the test's own transaction needs
            statements.append(statement)

    engine = db.session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        make.redeem(story, agreement)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(statements) <= 12, statements


def test_nothing_is_redeemed_while_nobody_knows_where_to_pay(story: make.Story) -> None:
    agreement = make.make_agreement(story)
    db.session.execute(text("UPDATE agency_accounts SET valid_until = valid_from"))
    with pytest.raises(DomainError) as refusal:
        make.redeem(story, agreement)
    assert refusal.value.message == NO_ACCOUNT


def test_the_same_key_redeems_once_and_another_key_is_refused(clock: MovableClock, story: make.Story) -> None:
    agreement = make.make_agreement(story)
    make.redeem(story, agreement, key="one")
    make.redeem(story, agreement, key="one")
    with pytest.raises(DomainError):
        make.redeem(story, agreement, key="two")
    assert sum(ledger.balances_by_owner(agreement.id, "committed").values()) == agreement.aid


def test_a_key_that_moved_other_money_is_refused_in_words(clock: MovableClock, story: make.Story) -> None:
    agreement = make.make_agreement(story)
    line = next(iter(ledger.balances_by_owner(story.voucher.id, "reserved")))
    debit, credit = chart.reserved(OwnerKind.VOUCHER, story.voucher.id, line), chart.available(line)
    transfer(debit, credit, 1, kind=TransferKind.RELEASE, actor=SYSTEM, reference="a test", key=f"one:{line}")
    with pytest.raises(DomainError), db.session.begin_nested():
        make.redeem(story, agreement, key="one")
    assert ledger.balances_by_owner(agreement.id, "committed") == {}


def test_the_database_itself_keeps_one_redemption_of_an_agreement_and_of_a_key(
    clock: MovableClock, story: make.Story
) -> None:
    small = dict.fromkeys(make.STAGES, 1_000_000)
    first, second = make.make_agreement(story, small), make.make_agreement(story, small)
    make.redeem(story, first, key="one")
    plant = text(
        "INSERT INTO redemptions (agreement_id, voucher_id, amount, currency, key, redeemed_by, redeemed_at)"
        " SELECT :agreement, voucher_id, amount, currency, :key, redeemed_by, redeemed_at FROM redemptions"
    )
    for agreement, key, name in ((first, "two", "agreement_id"), (second, "one", "key")):
        with pytest.raises(IntegrityError, match=f"uq_redemptions_{name}"), db.session.begin_nested():
            db.session.execute(plant, {"agreement": agreement.id, "key": key})


def test_no_work_before_the_co_payment_even_past_the_verbs(clock: MovableClock, story: make.Story) -> None:
    agreement = make.make_agreement(story)
    make.redeem(story, agreement)
    engagement = queries.find_engagement(agreement.id)
    assert engagement is not None
    clock.advance(days=1)
    with pytest.raises(DomainError):
        record(story, engagement)
    with pytest.raises(IntegrityError, match="co-payment"), db.session.begin_nested():
        db.session.execute(
            text("UPDATE engagements SET status = 'active', started_at = app_now() WHERE id = :id"),
            {"id": engagement.id},
        )
    with pytest.raises(IntegrityError, match="engagement has started"), db.session.begin_nested():
        plant_session(story, engagement)


def test_the_co_payment_starts_the_work_and_keeps_who_paid(clock: MovableClock, story: make.Story) -> None:
    agreement = make.make_agreement(story)
    make.redeem(story, agreement)
    payment = queries.find_co_payment(agreement.id)
    assert payment is not None
    wrong = {"payer_name": "Other", "payer_account": "1", "holder_name": "Holder", "booked_on": agreement.starts_on}
    with pytest.raises(DomainError):
        service.record_co_payment(payment.reference, actor=SYSTEM, amount=Money(1, "KRW"), key="k1", **wrong)
    amount = Money(agreement.co_payment, "KRW")
    service.record_co_payment(payment.reference, actor=SYSTEM, amount=amount, key="k2", **wrong)
    with pytest.raises(DomainError):
        service.record_co_payment(payment.reference, actor=SYSTEM, amount=amount, key="k3", **wrong)
    engagement = queries.find_engagement(agreement.id)
    assert engagement is not None
    assert (payment.payer_name, payment.holder_name, engagement.status) == ("Other", "Holder", "active")
    assert ledger.balance(chart.co_payment(agreement.id)) == agreement.co_payment
    assert [stage.status for stage in engagement.stages] == ["open", "waiting", "waiting"]


def test_a_consultant_is_not_in_two_places(clock: MovableClock, story: make.Story) -> None:
    first, second = make.make_engagement(story), make.make_engagement(story, dict.fromkeys(make.STAGES, 1_000_000))
    clock.advance(days=1)
    record(story, first)
    with pytest.raises(Invalid) as refused:
        record(story, second)
    assert refused.value.field == "starts_at"
    with pytest.raises(IntegrityError, match="ex_consulting_sessions_overlap"), db.session.begin_nested():
        plant_session(story, second)


def test_a_withdrawn_session_leaves_the_time_free(clock: MovableClock, story: make.Story) -> None:
    engagement = make.make_engagement(story)
    clock.advance(days=1)
    wrong = record(story, engagement)
    service.withdraw_session(wrong.id, actor=story.manager, reason="Wrong day")
    record(story, engagement)


@pytest.mark.parametrize(("start", "hours"), [(-20, 2), (-2, 3), (-14, 13), (-2, 0)])
def test_session_times_that_cannot_be(clock: MovableClock, story: make.Story, start: int, hours: int) -> None:
    engagement = make.make_engagement(story)
    clock.advance(hours=15)
    starts_at = business_clock.now() + timedelta(hours=start)
    with pytest.raises(Invalid):
        record(story, engagement, starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours))


def test_only_a_named_consultant_works_until_a_change_is_approved(clock: MovableClock, story: make.Story) -> None:
    engagement = make.make_engagement(story)
    clock.advance(days=1)
    other = story.consultants[1]
    with pytest.raises(Invalid):
        record(story, engagement, consultant_id=other.id)
    (named,) = engagement.agreement.assignments
    change = service.change_consultant(named.id, actor=story.manager, consultant_id=other.id, reason="Illness")
    db.session.expire_all()
    with pytest.raises(Invalid):
        record(story, engagement, consultant_id=other.id)
    service.decide_change(change.id, actor=story.sme, approved=True)
    clock.advance(days=1)
    record(story, engagement, consultant_id=other.id)
    with pytest.raises(Invalid):
        record(story, engagement)


def test_one_consultant_is_replaced_by_one_other(clock: MovableClock, story: make.Story) -> None:
    (named,) = make.make_engagement(story).agreement.assignments
    others = (story.consultants[1], make_consultant(story.manager))
    first, second = (
        service.change_consultant(named.id, actor=story.manager, consultant_id=other.id, reason="Illness")
        for other in others
    )
    service.decide_change(first.id, actor=story.sme, approved=True)
    with pytest.raises(DomainError):
        service.decide_change(second.id, actor=story.sme, approved=True)


def test_whoever_recorded_or_held_a_session_cannot_confirm_it(clock: MovableClock, story: make.Story) -> None:
    engagement = make.make_engagement(story)
    clock.advance(days=1)
    made = record(story, engagement)
    with pytest.raises(NotFound):
        service.countersign_session(made.id, actor=story.manager)
    service.countersign_session(made.id, actor=make_member(story.sme, Role.PREPARER))
    assert made.status == "countersigned"
    now = business_clock.now()
    other = record(story, engagement, starts_at=now - timedelta(hours=9), ends_at=now - timedelta(hours=8))
    with pytest.raises(IntegrityError, match="two_people"), db.session.begin_nested():
        db.session.execute(
            text("UPDATE consulting_sessions SET countersigned_by = recorded_by WHERE id = :id"), {"id": other.id}
        )


def test_a_rejected_session_counts_for_nothing_and_the_firm_reads_why(clock: MovableClock, story: make.Story) -> None:
    engagement = make.make_engagement(story)
    clock.advance(days=1)
    made = record(story, engagement)
    with pytest.raises(Invalid):
        service.reject_session(made.id, actor=story.sme, reason=" ")
    with pytest.raises(NotFound):
        service.reject_session(made.id, actor=story.manager, reason="Never mind.")
    service.reject_session(made.id, actor=story.sme, reason="Nobody came that day.")
    assert (made.status, made.rejected_by) == ("rejected", story.sme.person_id)
    (mail,) = db.session.scalars(select(Message).where(Message.template == "engagements/session_rejected"))
    assert mail.data["reason"] == "Nobody came that day."
    assert queries.evidence(engagement.id).held == []
    for verb in (service.countersign_session, service.reject_session, service.withdraw_session):
        extra = {} if verb is service.countersign_session else {"reason": "Once more."}
        with pytest.raises(IllegalMove):
            verb(made.id, actor=story.manager if verb is service.withdraw_session else story.sme, **extra)
    again = record(story, engagement, starts_at=made.starts_at, ends_at=made.ends_at)
    assert again.status == "recorded", "the hour is free for what did take place"
    service.reject_session(again.id, actor=story.sme, reason="Nor at that hour.")
    service.accept_stage(make.hand_in(story, engagement), actor=story.sme)


def test_each_stage_opens_the_next_and_the_last_finishes_all_at_once(clock: MovableClock, story: make.Story) -> None:
    engagement = make.make_engagement(story)
    service.accept_stage(make.hand_in(story, engagement), actor=story.sme)
    assert [stage.status for stage in engagement.stages] == ["accepted", "open", "waiting"]
    make.accept_all(story, engagement, stages=2)
    assert engagement.status == "finished"
    asked = db.session.execute(
        text(
            "SELECT name, arguments - 'engagement_id' FROM background_tasks"
            " WHERE arguments ->> 'engagement_id' = :id AND status <> 'cancelled' ORDER BY name, key"
        ),
        {"id": str(engagement.id)},
    ).all()
    assert [tuple(row) for row in asked] == [
        ("ethics_check", {"occasion": "co_payment"}),  # asked the moment the company's share arrived
        ("ethics_check", {"occasion": "finish"}),
        ("invite_survey", {"side": "provider"}),
        ("invite_survey", {"side": "sme"}),
        ("refund_co_payment", {}),  # which a share that comes after the end of the work would need
    ]
    with pytest.raises(DomainError):
        service.finish(engagement.id, actor=SYSTEM)


def test_a_correction_reopens_the_stage_until_a_new_document_comes(clock: MovableClock, story: make.Story) -> None:
    engagement = make.make_engagement(story)
    stage_id = make.hand_in(story, engagement)
    (first,) = queries.deliverables_of(engagement.id)
    with pytest.raises(NotFound):
        service.request_correction(first.id, actor=story.manager, reason="No")
    service.request_correction(first.id, actor=story.sme, reason="Figures of May are missing")
    with pytest.raises(DomainError):
        service.hand_in_stage(stage_id, actor=story.manager)
    service.upload_deliverable(
        stage_id,
        actor=story.manager,
        title="Report 2",
        stream=make.document("Second"),
        filename="b.pdf",
        replaces_id=first.id,
    )
    service.hand_in_stage(stage_id, actor=story.manager)
    service.accept_stage(stage_id, actor=story.sme)
    statuses = {deliverable.title: deliverable.status for deliverable in queries.deliverables_of(engagement.id)}
    assert statuses == {"Report": "replaced", "Report 2": "accepted"}


def test_a_stage_with_unconfirmed_sessions_or_without_documents_does_not_pass(
    clock: MovableClock, story: make.Story
) -> None:
    engagement = make.make_engagement(story)
    with pytest.raises(DomainError):
        service.hand_in_stage(engagement.stages[0].id, actor=story.manager)
    clock.advance(days=1)
    made = record(story, engagement)
    stage_id = make.hand_in(story, engagement)
    with pytest.raises(DomainError):
        service.accept_stage(stage_id, actor=story.sme)
    service.countersign_session(made.id, actor=story.sme)
    service.accept_stage(stage_id, actor=story.sme)


def test_a_copied_report_is_shown_to_reviewers_whichever_is_compared_first(
    clock: MovableClock, story: make.Story
) -> None:
    first, second = make.make_engagement(story), make.make_engagement(story, dict.fromkeys(make.STAGES, 1_000_000))
    words = " ".join(f"finding{n} measure{n} effect{n}" for n in range(120))
    make.hand_in(story, first, words)
    clock.advance(minutes=1)
    make.hand_in(story, second, words.replace("measure7 ", "changed "))
    (later,) = queries.deliverables_of(second.id)
    (earlier,) = queries.deliverables_of(first.id)
    for deliverable in (later, earlier):
        service.compare_deliverable(deliverable.id, actor=SYSTEM)
    (likeness,) = queries.likenesses_of(second.id)
    assert (likeness.other_id, likeness.same_file) == (earlier.id, False)
    assert 80 <= likeness.similarity_percent < 100
    assert queries.likenesses_of(first.id) == []


def test_the_signed_terms_stay_as_they_are(clock: MovableClock, story: make.Story) -> None:
    agreement = make.make_agreement(story)
    with pytest.raises(IntegrityError, match="keeps its terms"), db.session.begin_nested():
        db.session.execute(text("UPDATE agreements SET ends_on = ends_on + 1 WHERE id = :id"), {"id": agreement.id})
    for table in ("agreement_stages", "redemptions"):
        with pytest.raises(ProgrammingError, match="permission denied"), db.session.begin_nested():
            db.session.execute(text(f"DELETE FROM {table}"))


def record(story: make.Story, engagement: Engagement, **changes: Any) -> ConsultingSession:
    """A session of the first consultant that ended an hour ago."""
    now = business_clock.now()
    facts = {
        "consultant_id": story.consultants[0].id,
        "starts_at": now - timedelta(hours=3),
        "ends_at": now - timedelta(hours=1),
        "place": "Plant",
        "summary": "Looked at the press",
    }
    return service.record_session(engagement.id, actor=story.manager, **{**facts, **changes})


def plant_session(story: make.Story, engagement: Engagement) -> None:
    """A session put into the table past the verb."""
    db.session.execute(
        text(
            "INSERT INTO consulting_sessions (engagement_id, stage_id, consultant_id, person_id, starts_at, ends_at,"
            " place, summary, status, recorded_by) VALUES (:engagement, :stage, :consultant, :person,"
            " app_now() - interval '3 hours', app_now() - interval '1 hour', '', '', 'recorded', :by)"
        ),
        {
            "engagement": engagement.id,
            "stage": engagement.stages[0].id,
            "consultant": story.consultants[0].id,
            "person": story.consultants[0].person_id,
            "by": story.manager.person_id,
        },
    )
