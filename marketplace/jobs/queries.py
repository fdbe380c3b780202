"""Reads of jobs, questions, bids and awards; sealed contents are read for an actor only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Row, Select, Uuid, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.accounts.search import matches
from marketplace.core import clock, db
from marketplace.core.actors import AGENCY, PROVIDER, SME, Actor
from marketplace.core.errors import NotFound, Words
from marketplace.core.i18n import Text
from marketplace.jobs import rules, scoring
from marketplace.jobs.models import (
    Award,
    Bid,
    BidContent,
    ConflictDeclaration,
    Diagnosis,
    Invitation,
    Job,
    Question,
)
from marketplace.jobs.states import BidStatus, JobStatus, JobWaiting
from marketplace.programmes import queries as programmes
from marketplace.programmes.models import CostShare, Programme
from marketplace.programmes.rules import categories_of
from marketplace.providers import queries as providers
from marketplace.providers.models import Provider, RecordedConflict
from marketplace.providers.rules import OBSTACLES
from marketplace.providers.states import ProviderStatus
from marketplace.vouchers import queries as vouchers
from marketplace.vouchers.models import Voucher
from marketplace.vouchers.states import VoucherStatus


@dataclass(frozen=True)
class OpenedBid:
    """A bid after the deadline with all that a person needs to judge it."""

    bid: Bid
    content: BidContent
    provider: Provider
    consultants: Sequence[Any]
    obstacle: Words | None
    total: int | None
    rank: int | None

    @property
    def points(self) -> dict[str, int]:
        """Points by criterion, as far as they are given."""
        return {score.criterion: score.points for score in self.bid.scores}


@dataclass(frozen=True)
class Funding:
    """Out of what a job is paid: its voucher, what that has left in minor units, and who bears which part of what."""

    voucher: Row[Any]
    left: int
    shares: Sequence[CostShare]
    categories: dict[str, Text]


@dataclass(frozen=True)
class Cost:
    """What an offer costs the company, in minor units: its own share, the aid, and what the voucher has left then."""

    own: int
    aid: int
    left: int


def visible_to(actor: Actor) -> Select[Job]:
    """A company sees its own jobs; providers and the agency see every published one."""
    query = select(Job)
    if actor.role in SME:
        return query.where(Job.organisation_id == actor.organisation_id)
    if actor.role in PROVIDER:
        return query.where(Job.published_at.is_not(None))
    if actor.role in AGENCY:
        return query.where(Job.published_at.is_not(None))
    raise NotFound()


def get_job(job_id: UUID, *, actor: Actor, lock: bool = False) -> Job:
    """The job if this actor may see it, else NotFound."""
    query = visible_to(actor).where(Job.id == job_id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return db.one(query)


def jobs(
    actor: Actor,
    *,
    status: str = "",
    service_line: str = "",
    region: str = "",
    waiting: JobWaiting | None = None,
    search: str = "",
) -> Select[Job]:
    """Jobs this actor may see, filtered; ordered by the page."""
    query = visible_to(actor)
    for column, value in ((Job.status, status), (Job.service_line, service_line), (Job.region, region)):
        if value:
            query = query.where(column == value)
    if waiting:
        query = query.where(waits_for(waiting))
    if search:
        query = query.where(matches(search, Job.title, Job.number, organisations=(Job.organisation_id,)))
    return query


def public_jobs(*, service_line: str = "", region: str = "", search: str = "") -> Select[Job]:
    """Jobs that take bids now, for anybody; the company is neither told nor searched for."""
    query = select(Job).where(Job.status == JobStatus.PUBLISHED, Job.closes_at > clock.now())
    for column, value in ((Job.service_line, service_line), (Job.region, region)):
        if value:
            query = query.where(column == value)
    if search:
        query = query.where(db.contains(Job.title, search) | db.contains(Job.number, search))
    return query


def get_public_job(job_id: UUID) -> Job:
    """A job that takes bids now, for anybody; else NotFound."""
    return db.one(public_jobs().where(Job.id == job_id))


def waits_for(waiting: JobWaiting) -> ColumnElement[bool]:
    """Whether this is for the job's company to do."""
    match waiting:
        case JobWaiting.QUESTION:
            open_question = exists().where(Question.job_id == Job.id, Question.answer.is_(None))
            return and_(Job.status == JobStatus.PUBLISHED, open_question)
        case JobWaiting.COMPARISON:
            bid = exists().where(Bid.job_id == Job.id, Bid.status == BidStatus.SUBMITTED)
            closed = and_(Job.status == JobStatus.PUBLISHED, Job.closes_at <= func.app_now())
            return and_(or_(Job.status == JobStatus.CLOSED, closed), bid)


def may_be_bid_for(provider_id: Any) -> ColumnElement[bool]:
    """Whether the job is open for bids, and this firm of the register has none there."""
    ours = exists().where(Bid.job_id == Job.id, Bid.provider_id == provider_id, Bid.status != BidStatus.WITHDRAWN)
    approved = exists().where(Provider.id == provider_id, Provider.status == ProviderStatus.APPROVED)
    return and_(Job.status == JobStatus.PUBLISHED, Job.closes_at > func.app_now(), approved, ~ours)


def without_job() -> ColumnElement[bool]:
    """Whether the voucher can be used, and no job is written for it."""
    under_way = exists().where(Job.voucher_id == Voucher.id, Job.status != JobStatus.WITHDRAWN)
    return and_(Voucher.status == VoucherStatus.ISSUED, ~under_way)


def vouchers_without_job(organisation_id: UUID | None) -> Sequence[Row[UUID, str, datetime]]:
    """The company's vouchers for which no job is written: id, number and last moment, the next to expire first."""
    query = select(Voucher.id, Voucher.number, Voucher.last_moment)
    query = query.where(Voucher.organisation_id == organisation_id, without_job())
    return db.session.execute(query.order_by(Voucher.expires_at, Voucher.id)).all()


def usable_vouchers(job: Job) -> list[Voucher]:
    """The company's valid vouchers that cover the job's service, the newest first."""
    return [
        voucher
        for voucher in vouchers.vouchers_of(job.organisation_id)
        if voucher.status == VoucherStatus.ISSUED
        and voucher.expires_at > clock.now()
        and job.service_line in voucher.programme.service_lines
    ]


def find_funding(job: Job) -> Funding | None:
    """Out of what a published job is paid; None of a draft."""
    if job.voucher_id is None:
        return None
    voucher = db.one_row(_funding_voucher(), voucher_id=job.voucher_id)
    shares = programmes.cost_shares(voucher.programme_id)
    return Funding(voucher, voucher.remaining, shares, categories_of(voucher.cost_categories))


@cache
def _funding_voucher() -> Select[*tuple[Any, ...]]:
    remaining = vouchers.remaining_of(Voucher.id).label("remaining")
    shown = Voucher.amount, Voucher.currency, Voucher.programme_id, Programme.name, Programme.cost_categories, remaining
    return select(*shown).join(Voucher.programme).where(Voucher.id == bindparam("voucher_id"))


def costs(job: Job, opened: Iterable[OpenedBid]) -> dict[UUID, Cost]:
    """What each bid would cost the company, by the voucher as it is now; nothing once the job is awarded."""
    if job.voucher_id is None or job.status == JobStatus.AWARDED:
        return {}
    terms = vouchers.sharing_terms(vouchers.get_voucher(job.voucher_id))
    shared = {row.bid.id: terms.share(row.content.prices, row.content.price_parts) for row in opened}
    return {key: Cost(one.co_payment, one.aid, terms.remaining - one.aid) for key, one in shared.items()}


def get_diagnosis(diagnosis_id: UUID, *, actor: Actor) -> Diagnosis:
    """The company's own diagnosis, else NotFound."""
    diagnosis = db.session.get(Diagnosis, diagnosis_id)
    if diagnosis is None or diagnosis.organisation_id != actor.organisation_id:
        raise NotFound()
    return diagnosis


def get_question(question_id: UUID, *, lock: bool = False) -> Question:
    """One question, whoever asked."""
    return db.get(Question, question_id, lock=lock)


def invited(job_id: UUID) -> set[UUID]:
    """The firms that were asked to bid for this job."""
    return set(db.session.scalars(select(Invitation.provider_id).where(Invitation.job_id == job_id)))


def invitations_of(provider_id: UUID) -> Sequence[Job]:
    """Jobs open for bids to which this firm is invited, those that close first on top."""
    query = (
        select(Job)
        .join(Invitation, Invitation.job_id == Job.id)
        .where(Invitation.provider_id == provider_id, Job.status == JobStatus.PUBLISHED, Job.closes_at > clock.now())
    )
    return db.session.scalars(query.order_by(Job.closes_at, Job.id)).all()


def find_live_bid(job_id: UUID, provider_id: UUID | None) -> Bid | None:
    """The firm's bid for this job that it hasn't withdrawn."""
    given = {"job_id": job_id, "provider_id": provider_id}
    return db.session.scalars(_live_bid(), given).one_or_none() if provider_id else None


@cache
def _live_bid() -> Select[Bid]:
    of_firm = Bid.job_id == bindparam("job_id"), Bid.provider_id == bindparam("provider_id")
    return select(Bid).where(*of_firm, Bid.status != BidStatus.WITHDRAWN)


def live_bids(job_id: UUID, *, lock: bool = False) -> Sequence[Bid]:
    """Bids for this job that weren't withdrawn, by number."""
    query = _live(job_id)
    return db.session.scalars(query.with_for_update(of=Bid, key_share=True) if lock else query).all()


def every_bid(job_id: UUID) -> Sequence[Bid]:
    """Bids for this job, withdrawn ones too, by number."""
    return db.session.scalars(select(Bid).where(Bid.job_id == job_id).order_by(Bid.number)).all()


def _live(job_id: UUID | BindParameter[UUID]) -> Select[Bid]:
    return (
        select(Bid)
        .where(Bid.job_id == job_id, Bid.status != BidStatus.WITHDRAWN)
        .options(selectinload(Bid.scores))
        .order_by(Bid.number)
        .execution_options(populate_existing=True)
    )


def get_bid(bid_id: UUID, *, actor: Actor, lock: bool = False) -> Bid:
    """The firm's own bid; for the company of the job and the agency only once the bids are opened."""
    bid = db.get(Bid, bid_id, lock=lock)
    if actor.role in PROVIDER and bid.provider_id == actor.organisation_id:
        return bid
    if actor.role in PROVIDER:
        raise NotFound()
    job = get_job(bid.job_id, actor=actor)
    if not rules.is_unsealed(job, clock.now()):
        raise NotFound()
    return bid


def bids_of(provider_id: UUID | None, *, status: str = "", search: str = "") -> Select[*tuple[Any, ...]]:
    """What a list shows of a firm's bids, with their jobs; ordered by the page."""
    job = Job.number.label("job"), Job.title, Job.closes_at
    query = select(Bid.id, Bid.number, Bid.status, Bid.submitted_at, *job).join_from(Bid, Job)
    query = query.where(Bid.provider_id == provider_id)
    if status:
        query = query.where(Bid.status == status)
    return query.where(matches(search, Bid.number, Job.number, Job.title)) if search else query


def bid_content(bid_id: UUID, actor: Actor) -> BidContent:
    """What the bid offers; NotFound while it is sealed for this actor: row security says so, and our own clock."""
    db.act_as(actor.organisation_id)
    query = select(BidContent).where(BidContent.bid_id == bid_id).execution_options(populate_existing=True)
    content = db.one(query)
    if content.provider_id != actor.organisation_id and not rules.is_unsealed(db.get(Job, content.job_id), clock.now()):
        raise NotFound()
    return content


def opened_bids(job: Job, *, actor: Actor) -> list[OpenedBid]:
    """Every bid of a job after the deadline, best total first, those not fully scored last."""
    rules.check_unsealed(job, clock.now())
    db.act_as(actor.organisation_id)
    rows = db.session.execute(_opened(), {"job_id": job.id, "organisation_id": job.organisation_id}).all()
    ranks = ranking(job, [(row.Bid, row.BidContent) for row in rows])
    named = providers.standings((key for row in rows for key in row.BidContent.consultant_ids), clock.today())
    opened = []
    for bid, content, provider, conflict in rows:
        consultants = [row for row in named if row.id in content.consultant_ids]
        place = ranks.get(bid.id)
        opened.append(
            OpenedBid(
                bid=bid,
                content=content,
                provider=provider,
                consultants=consultants,
                obstacle=find_award_obstacle(provider, consultants, in_conflict=conflict),
                total=place.total if place else None,
                rank=place.rank if place else None,
            )
        )
    return sorted(opened, key=lambda row: (row.rank is None, row.rank, row.bid.number))


@cache
def _opened() -> Select[Bid, BidContent, Provider, bool]:
    """The bids of the parameter `job_id` with their contents and firms, and who is in conflict with its company."""
    in_conflict = exists().where(
        RecordedConflict.provider_id == Bid.provider_id,
        RecordedConflict.organisation_id == bindparam("organisation_id", type_=Uuid),
    )
    query = _live(bindparam("job_id", type_=Uuid)).add_columns(BidContent, Provider, in_conflict.label("in_conflict"))
    return query.join(BidContent, BidContent.bid_id == Bid.id).join(Provider, Provider.id == Bid.provider_id)


def ranking(job: Job, bids: Iterable[tuple[Bid, BidContent]]) -> dict[UUID, scoring.Ranked]:
    """Places of the bids that are scored on every criterion."""
    criteria = criteria_of(job)
    codes = {criterion.code for criterion in criteria}
    scored = [
        scoring.ScoredBid(bid.id, content.price_total, {s.criterion: s.points for s in bid.scores})
        for bid, content in bids
        if {score.criterion for score in bid.scores} == codes
    ]
    return {place.bid_id: place for place in scoring.rank(criteria, scored)}


def total_of(job: Job, bid: Bid) -> int:
    """The bid's weighted total, in hundredths of a point."""
    return scoring.weighted_total(criteria_of(job), {score.criterion: score.points for score in bid.scores})


def criteria_of(job: Job) -> list[scoring.Criterion]:
    """The job's frozen criteria."""
    return [scoring.Criterion(entry["code"], entry["weight"]) for entry in job.criteria]


def find_award_obstacle(provider: Provider, consultants: Sequence[Any], *, in_conflict: bool) -> Words | None:
    """Why this bidder can't win today: out of the register, in a recorded conflict, or a consultant not ready."""
    if provider.status != ProviderStatus.APPROVED:
        return OBSTACLES["provider_not_approved"]
    if in_conflict:
        return rules.RECORDED_CONFLICT
    obstacles = [row.obstacle if row.provider_id == provider.id else "not_with_the_firm" for row in consultants]
    return next((OBSTACLES[obstacle] for obstacle in obstacles if obstacle), None)


def find_declaration(job_id: UUID, person_id: UUID | None) -> ConflictDeclaration | None:
    """What this person declared for this job, or None."""
    query = select(ConflictDeclaration).where(
        ConflictDeclaration.job_id == job_id, ConflictDeclaration.person_id == person_id
    )
    return db.session.scalars(query).one_or_none()


def get_award(award_id: UUID) -> Award:
    """The award; NotFound without one."""
    return db.get(Award, award_id)


def find_award(job_id: UUID) -> Award | None:
    """The award of this job, or None."""
    query = select(Award).options(joinedload(Award.bid, innerjoin=True)).where(Award.job_id == job_id)
    return db.session.scalars(query).one_or_none()
