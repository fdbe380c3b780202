"""A job in public: published, asked about, invited to, closed at its deadline or withdrawn."""

from datetime import datetime
from uuid import UUID

from config.jobs import terms
from marketplace.accounts import service as accounts
from marketplace.core import clock, db
from marketplace.core.actors import PROVIDER, Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError, Forbidden
from marketplace.core.i18n import _
from marketplace.core.reasons import check_reason
from marketplace.core.tasks import Queue, cancel, schedule, task
from marketplace.jobs import queries, rules
from marketplace.jobs.models import Invitation, Job, Question
from marketplace.jobs.states import JOB, JobStatus
from marketplace.programmes.rules import categories_of
from marketplace.providers import queries as providers
from marketplace.providers.states import ProviderStatus
from marketplace.vouchers import queries as vouchers


def publish_job(job_id: UUID, *, actor: Actor, voucher_id: UUID, closes_at: datetime, budget: int | None = None) -> Job:
    """Publish a draft on a voucher: text, criteria and deadline are frozen from now on.

    `budget`: the net price that the company has in mind, in minor units of the voucher's currency; bidders see it.
    """
    job = queries.get_job(job_id, actor=actor, lock=True)
    rules.check_binds(actor, job)
    voucher = vouchers.get_voucher(voucher_id)
    shortest_days = terms(clock.today()).shortest_bidding_days
    rules.check_may_publish(job, voucher, closes_at=closes_at, now=clock.now(), shortest_days=shortest_days)
    job.voucher_id, job.currency, job.budget = voucher.id, voucher.currency, budget
    job.stages = list(voucher.programme.stages)
    job.cost_categories = list(categories_of(voucher.programme.cost_categories))
    job.closes_at, job.published_by = closes_at, actor.person_id
    transition(job, JOB, "publish", actor=actor, closes_at=closes_at.isoformat(), criteria=job.criteria)
    db.flush()
    schedule(close_job, job_id=job.id, run_after=closes_at)
    return job


@task("close_job", _("Open the bids of a job at its deadline"), Queue.MAINTENANCE)
def close_job(job_id: UUID, *, actor: Actor) -> None:
    """At the deadline: mark the bids as opened and tell the company; a second run changes nothing."""
    job = db.get(Job, job_id, lock=True)
    if job.status != JobStatus.PUBLISHED:
        return
    rules.check_unsealed(job, clock.now())
    transition(job, JOB, "close", actor=actor)
    for bid in queries.every_bid(job_id):
        said = {"provider": bid.provider_id, "by": bid.submitted_by, "at": bid.submitted_at, "hash": bid.content_hash}
        record(actor, "bid.open", bid, after=said)
    _tell_company(job, "jobs/bids_opened", bids=len(queries.live_bids(job_id)))


def withdraw_job(job_id: UUID, *, actor: Actor, reason: str) -> Job:
    """Take a job back before its award; bids that were sealed stay sealed, bidders are told why."""
    job = queries.get_job(job_id, actor=actor, lock=True)
    rules.check_binds(actor, job)
    if job.status != JobStatus.DRAFT:
        check_reason(reason)
    transition(job, JOB, "withdraw", actor=actor, reason=reason)
    job.withdrawal_reason = reason
    cancel(close_job, job_id=job_id)
    for bid in queries.live_bids(job_id):
        _tell_firm(bid.provider_id, job, "jobs/job_withdrawn", reason=reason)
    return job


def ask(job_id: UUID, *, actor: Actor, text: str) -> Question:
    """Ask in public, without the firm's name, until the deadline."""
    job = queries.get_job(job_id, actor=actor, lock=True)
    if actor.role not in PROVIDER or actor.organisation_id is None or actor.person_id is None:
        raise Forbidden()
    rules.check_open(job, clock.now())
    provider = providers.find_provider(actor.organisation_id)
    if provider is None or provider.status != ProviderStatus.APPROVED:
        raise Forbidden(_("Only firms in the register ask questions."))
    question = Question(
        job_id=job_id, provider_id=provider.id, asked_by=actor.person_id, asked_at=clock.now(), text=text
    )
    db.session.add(question)
    db.flush()
    record(actor, "question.ask", question)
    _tell_company(job, "jobs/question_asked", about=question.id)
    return question


def answer(question_id: UUID, *, actor: Actor, text: str) -> Question:
    """Answer a question in public, once, until the deadline."""
    question = queries.get_question(question_id, lock=True)
    job = queries.get_job(question.job_id, actor=actor, lock=True)
    rules.check_judges(actor, job)
    rules.check_open(job, clock.now())
    if question.answer is not None:
        raise DomainError(_("This question is already answered."))
    question.answer, question.answered_by, question.answered_at = text, actor.person_id, clock.now()
    record(actor, "question.answer", question)
    _tell_firm(question.provider_id, job, "jobs/question_answered", about=question.id)
    return question


def invite_to_bid(job_id: UUID, *, actor: Actor, provider_id: UUID) -> None:
    """Ask a firm in the register to bid; once per job and firm, until the deadline."""
    job = queries.get_job(job_id, actor=actor, lock=True)
    rules.check_judges(actor, job)
    rules.check_open(job, clock.now())
    provider = providers.get_public_provider(provider_id)
    if provider.status != ProviderStatus.APPROVED or provider_id in providers.conflicting_providers(
        job.organisation_id
    ):
        raise DomainError(_("This firm can't be invited."))
    if provider_id in queries.invited(job_id):
        raise DomainError(_("This firm is already invited."))
    assert actor.person_id is not None
    invitation = Invitation(job_id=job_id, provider_id=provider_id, invited_by=actor.person_id, invited_at=clock.now())
    db.session.add(invitation)
    db.flush()
    record(actor, "job.invite", invitation, after={"provider_id": str(provider_id)})
    _tell_firm(provider_id, job, "jobs/invited")


def _tell_company(job: Job, template: str, *, about: UUID | None = None, **data: object) -> None:
    accounts.notify_organisation(
        job.organisation_id,
        [Role.SIGNATORY, Role.PREPARER],
        template,
        key=str(about or job.id),
        job_id=job.id,
        number=job.number,
        title=job.title,
        **data,
    )


def _tell_firm(provider_id: UUID, job: Job, template: str, *, about: UUID | None = None, **data: object) -> None:
    accounts.notify_organisation(
        provider_id,
        [Role.MANAGER],
        template,
        key=f"{about or job.id}:{provider_id}",
        job_id=job.id,
        number=job.number,
        title=job.title,
        closes_at=job.closes_at,
        **data,
    )
