"""Drafting, publishing, questions, invitations and withdrawing."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

import config
from config.dated import Editions
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound
from marketplace.core.task_queue import BackgroundTask
from marketplace.jobs import diagnosis, queries, rules, service
from marketplace.notifications.models import Message
from marketplace.providers import service as providers
from tests.conftest import MovableClock
from tests.factories.accounts import make_member, make_officer, make_sme
from tests.factories.jobs import make_bid, make_draft, make_published_job, make_text, make_voucher_row, pass_deadline
from tests.factories.providers import make_applicant, make_ready_provider

Database = scoped_session[Session]


def test_answers_draft_a_job_in_the_companys_words(database: Database) -> None:
    sme = make_sme(region="busan", sector="hotel")
    questionnaire = diagnosis.EDITIONS.on(business_clock.today())
    answers = {question.code: 5 for question in questionnaire.questions} | {"customers": 1}
    row = service.answer_diagnosis(actor=sme, answers=answers)
    job = service.draft_from_diagnosis(row.id, actor=sme, language="en")
    assert (job.service_line, job.region, job.sector, job.status) == ("marketing", "busan", "hotel", "draft")
    assert job.situation == "Most of our sales come from one or two customers."
    with pytest.raises(Invalid):
        service.answer_diagnosis(actor=sme, answers={**answers, "customers": 6})
    with pytest.raises(NotFound):
        service.draft_from_diagnosis(row.id, actor=make_sme(), language="en")


def test_a_draft_follows_the_questionnaire_that_was_answered(
    database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: MovableClock
) -> None:
    older = (Path(config.__file__).parent / "diagnosis" / "2026-01-01.toml").read_text()
    newer = older.replace("Most of our sales", "All of our sales").replace('version = "2026-1"', 'version = "next"')
    tomorrow = business_clock.today() + timedelta(days=1)
    (tmp_path / "older.toml").write_text(older)
    (tmp_path / "newer.toml").write_text(newer.replace("valid_from = 2026-01-01", f"valid_from = {tomorrow}"))
    monkeypatch.setattr(diagnosis, "EDITIONS", Editions(str(tmp_path), diagnosis._questionnaire))
    sme = make_sme()
    answers = {question.code: 5 for question in diagnosis.EDITIONS.on(business_clock.today()).questions}
    answered = [service.answer_diagnosis(actor=sme, answers=answers | {"customers": 1})]
    clock.advance(days=1)
    answered.append(service.answer_diagnosis(actor=sme, answers=answers | {"customers": 1}))
    jobs = [service.draft_from_diagnosis(row.id, actor=sme, language="en") for row in answered]
    assert [job.situation.split(" of ")[0] for job in jobs] == ["Most", "All"]


def test_publishing_freezes_and_asks_for_the_closing(database: Database) -> None:
    sme = make_sme()
    job = make_published_job(sme)
    task = db.session.scalars(select(BackgroundTask).where(BackgroundTask.key == f"job:{job.id}")).one()
    assert (task.name, task.run_after) == ("close_job", job.closes_at)
    assert (job.currency, job.stages) == ("KRW", ["diagnosis", "action-plan", "execution"])
    with pytest.raises(DomainError, match="can't be changed"):
        service.edit_job(job.id, actor=sme, text=make_text(), weights={"price": 100})


def test_only_the_signatory_publishes(database: Database) -> None:
    sme = make_sme()
    job, voucher = make_draft(sme), make_voucher_row(sme)
    closes_at = business_clock.now() + timedelta(days=9)
    with pytest.raises(Forbidden):
        service.publish_job(job.id, actor=make_member(sme, Role.PREPARER), voucher_id=voucher.id, closes_at=closes_at)
    assert service.publish_job(job.id, actor=sme, voucher_id=voucher.id, closes_at=closes_at).status == "published"


def test_a_job_needs_the_companys_own_valid_voucher_for_its_service(database: Database) -> None:
    sme, now = make_sme(), business_clock.now()
    job = make_draft(sme)
    old = make_voucher_row(sme, issued_at=now - timedelta(days=30), expires_at=now - timedelta(days=1))
    suspended = make_voucher_row(sme, status="suspended", suspended_at=now)
    soon = make_voucher_row(sme, expires_at=now + timedelta(days=8))
    closes_at = now + timedelta(days=9)
    for voucher in (old, suspended, soon):
        with pytest.raises(Invalid):
            service.publish_job(job.id, actor=sme, voucher_id=voucher.id, closes_at=closes_at)
    with pytest.raises(NotFound):
        service.publish_job(job.id, actor=sme, voucher_id=make_voucher_row(make_sme()).id, closes_at=closes_at)
    other = make_draft(sme, service_line="hrd")
    with pytest.raises(Invalid, match="does not cover"):
        service.publish_job(other.id, actor=sme, voucher_id=make_voucher_row(sme).id, closes_at=closes_at)


@pytest.mark.parametrize(
    "weights",
    [{"approach": 50, "price": 49}, {"approach": 101, "price": -1}, {"approach": 50, "charm": 50}, {}],
)
def test_weights_that_do_not_sum_to_one_hundred_are_refused(database: Database, weights: dict[str, int]) -> None:
    sme = make_sme()
    with pytest.raises(Invalid, match="exactly 100"):
        service.edit_job(make_draft(sme).id, actor=sme, text=make_text(), weights=weights)


def test_a_draft_is_seen_by_its_company_alone(database: Database) -> None:
    sme = make_sme()
    job = make_draft(sme)
    for actor in (make_sme(), make_ready_provider(), make_officer(Role.ADMINISTRATOR)):
        with pytest.raises(NotFound):
            queries.get_job(job.id, actor=actor)
    assert queries.get_job(job.id, actor=sme) is job


def test_questions_and_answers_stop_at_the_deadline(database: Database, clock: MovableClock) -> None:
    sme, manager = make_sme(), make_ready_provider()
    job = make_published_job(sme)
    question = service.ask(job.id, actor=manager, text="How many machines?")
    with pytest.raises(Forbidden):
        service.ask(job.id, actor=make_applicant(), text="May we ask?")
    with pytest.raises(NotFound):
        service.answer(question.id, actor=make_sme(), text="Twelve.")
    assert service.answer(question.id, actor=sme, text="Twelve.").answer == "Twelve."
    with pytest.raises(DomainError, match="already answered"):
        service.answer(question.id, actor=sme, text="Thirteen.")
    late = service.ask(job.id, actor=manager, text="And staff?")
    pass_deadline(job)
    with pytest.raises(DomainError, match="deadline"):
        service.ask(job.id, actor=manager, text="Too late?")
    with pytest.raises(DomainError, match="deadline"):
        service.answer(late.id, actor=sme, text="Nine.")


def test_a_firm_is_invited_once_and_never_with_a_conflict_on_record(database: Database) -> None:
    sme, manager, barred = make_sme(), make_ready_provider(), make_ready_provider()
    assert manager.organisation_id
    assert barred.organisation_id
    assert sme.organisation_id
    job = make_published_job(sme)
    service.invite_to_bid(job.id, actor=sme, provider_id=manager.organisation_id)
    with pytest.raises(DomainError, match="already invited"):
        service.invite_to_bid(job.id, actor=sme, provider_id=manager.organisation_id)
    providers.record_conflict(barred.organisation_id, sme.organisation_id, "The same owner.")
    with pytest.raises(DomainError, match="can't be invited"):
        service.invite_to_bid(job.id, actor=sme, provider_id=barred.organisation_id)
    assert [invitation.id for invitation in queries.invitations_of(manager.organisation_id)] == [job.id]


def test_withdrawing_needs_a_reason_tells_bidders_and_cancels_the_closing(database: Database) -> None:
    sme = make_sme()
    job = make_published_job(sme)
    make_bid(job)
    with pytest.raises(Invalid):
        service.withdraw_job(job.id, actor=sme, reason=" ")
    service.withdraw_job(job.id, actor=sme, reason="We changed our plans.")
    assert job.status == "withdrawn"
    assert db.session.scalars(select(Message).where(Message.template == "jobs/job_withdrawn")).one()
    task = db.session.scalars(select(BackgroundTask).where(BackgroundTask.key == f"job:{job.id}")).one()
    assert task.status == "cancelled"
    with pytest.raises(DomainError):
        make_bid(job)


@pytest.mark.parametrize(
    "facts",
    [
        {"prices": {"diagnosis": 1}},
        {"prices": {"diagnosis": 0, "action-plan": 0, "execution": 0}},
        {"prices": {"diagnosis": -1, "action-plan": 1, "execution": 1}},
        {"prices": {"diagnosis": 10**12, "action-plan": 1, "execution": 1}},
        {"days": {"diagnosis": 0, "action-plan": 1, "execution": 1}},
        {"days": {"diagnosis": 1}},
        {"attestations": {}},
        {"attestations": {code: code != "no_refund" for code in rules.ATTESTATIONS}},
    ],
)
def test_an_incomplete_offer_is_refused(database: Database, facts: dict[str, dict[str, int]]) -> None:
    with pytest.raises(Invalid):
        make_bid(make_published_job(), **facts)


def test_one_live_bid_per_firm(database: Database) -> None:
    job, manager = make_published_job(), make_ready_provider()
    assert make_bid(job, manager).id == make_bid(job, manager, price=1_000_000).id
    assert len(queries.live_bids(job.id)) == 1


def test_a_company_can_not_bid(database: Database) -> None:
    sme: Actor = make_sme()
    job = make_published_job(sme)
    with pytest.raises(Forbidden):
        service.place_bid(
            job.id,
            actor=sme,
            offer=service.Offer(prices={}, days={}, approach="", consultant_ids=[], attestations={}),
        )
