"""From the opened bids to the one award: declared conflicts, scores with reasons, and the choice."""

from collections.abc import Mapping
from uuid import UUID

from marketplace.accounts import service as accounts
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound
from marketplace.core.i18n import _
from marketplace.jobs import queries, rules
from marketplace.jobs.models import Award, Bid, BidScore, ConflictDeclaration, Job
from marketplace.jobs.states import BID, JOB, BidStatus, JobStatus
from marketplace.verification.queries import check_verified


def declare_conflict(job_id: UUID, *, actor: Actor, has_conflict: bool, statement: str = "") -> ConflictDeclaration:
    """Say once, after the deadline and before seeing the bids, whether one has a conflict with a bidder."""
    job = queries.get_job(job_id, actor=actor, lock=True)
    rules.check_judges(actor, job)
    rules.check_unsealed(job, clock.now())
    if actor.person_id is None:
        raise Forbidden()
    if queries.find_declaration(job_id, actor.person_id):
        raise DomainError(_("You have already made this declaration."))
    if has_conflict and not statement.strip():
        raise Invalid(_("Say with which firm, and what the conflict is."), field="statement")
    declaration = ConflictDeclaration(
        job_id=job_id,
        person_id=actor.person_id,
        has_conflict=has_conflict,
        statement=statement,
        declared_at=clock.now(),
    )
    db.session.add(declaration)
    db.flush()
    record(actor, "conflict.declare", declaration, after={"job_id": str(job_id), "has_conflict": has_conflict})
    return declaration


def score_bid(bid_id: UUID, *, actor: Actor, criterion: str, points: int, reason: str) -> BidScore:
    """Give or change a bid's points for one criterion, with a reason; after the deadline, before the award."""
    job, bid = _judge(bid_id, actor)
    rules.check_points(job, criterion=criterion, points=points, reason=reason)
    score = next((entry for entry in bid.scores if entry.criterion == criterion), None)
    before = score.points if score else None
    if score is None:
        score = BidScore(criterion=criterion)
        bid.scores.append(score)
    score.points, score.reason, score.scored_at = points, reason, clock.now()
    assert actor.person_id is not None
    score.scored_by = actor.person_id
    db.flush()
    record(actor, "bid.score", bid, before={criterion: before}, after={criterion: points}, reason=reason)
    return score


def award(job_id: UUID, *, actor: Actor, bid_id: UUID, reasons: Mapping[UUID, str]) -> Award:
    """Award a job once, to the best-scored bid that may win, with a reason for each bid; losers are told theirs."""
    job = queries.get_job(job_id, actor=actor, lock=True)
    rules.check_binds(actor, job)
    JOB.move(job.status, "award")
    check_verified(job.organisation_id)
    rules.check_unsealed(job, clock.now())
    rules.check_no_conflict(queries.find_declaration(job_id, actor.person_id))
    opened = queries.opened_bids(job, actor=actor)
    bids = {row.bid.id: row.bid for row in opened}
    if bid_id not in bids:
        raise NotFound()
    for row in opened:
        rules.check_scored(job, row.bid.scores)
    rules.check_reasons({key: reasons.get(key, "") for key in bids})
    _check_best(opened, bid_id)
    made = _record_award(job, actor, bid_id, reasons[bid_id])
    for bid in bids.values():
        _decide(bid, won=bid.id == bid_id, reason=reasons[bid.id], actor=actor)
    transition(job, JOB, "award", actor=actor, bid_id=str(bid_id))
    db.flush()
    for row in opened:
        _tell_bidder(job, row)
    return made


def _judge(bid_id: UUID, actor: Actor) -> tuple[Job, Bid]:
    bid = queries.get_bid(bid_id, actor=actor)
    job = queries.get_job(bid.job_id, actor=actor, lock=True)
    rules.check_judges(actor, job)
    rules.check_unsealed(job, clock.now())
    if job.status not in (JobStatus.PUBLISHED, JobStatus.CLOSED) or bid.status != BidStatus.SUBMITTED:
        raise DomainError(_("Bids are scored between the deadline and the award."))
    rules.check_no_conflict(queries.find_declaration(job.id, actor.person_id))
    return job, bid


def _check_best(opened: list[queries.OpenedBid], bid_id: UUID) -> None:
    """The choice follows the scores; bidders that may not win today are passed over."""
    chosen = next(row for row in opened if row.bid.id == bid_id)
    if chosen.obstacle:
        raise DomainError(chosen.obstacle)
    best = min(row.rank for row in opened if row.rank is not None and not row.obstacle)
    if chosen.rank != best:
        raise DomainError(
            _("Choose the bid with the highest total. If its scores are wrong, correct them first."), field="bid"
        )


def _record_award(job: Job, actor: Actor, bid_id: UUID, reason: str) -> Award:
    made = Award(
        job_id=job.id,
        bid_id=bid_id,
        awarded_by=actor.person_id,
        awarded_at=clock.now(),
        reason=reason,
        device_hash=actor.device_hash,
    )
    db.session.add(made)
    db.flush()
    record(actor, "award.make", made, after={"job_id": str(job.id), "bid_id": str(bid_id)}, reason=reason)
    return made


def _decide(bid: Bid, *, won: bool, reason: str, actor: Actor) -> None:
    bid.decision_reason = reason
    transition(bid, BID, "win" if won else "lose", actor=actor, reason=reason)


def _tell_bidder(job: Job, row: queries.OpenedBid) -> None:
    template = "jobs/bid_won" if row.bid.status == BidStatus.WON else "jobs/bid_lost"
    accounts.notify_organisation(
        row.bid.provider_id,
        [Role.MANAGER],
        template,
        key=str(row.bid.id),
        bid_id=row.bid.id,
        number=job.number,
        title=job.title,
        reason=row.bid.decision_reason,
        points=f"{(row.total or 0) / 100:.2f}",
    )
