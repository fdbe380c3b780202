"""What is under way for whom, whether anything waits for them or not: where it stands, what comes next, when, who acts.

As with the counts, a statement knows its actor only as parameters, so that it is built once for everybody in a role.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Row,
    Select,
    Text,
    case,
    cast,
    exists,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB

from marketplace.claims.models import Claim
from marketplace.claims.states import ClaimStatus
from marketplace.core import clock, db
from marketplace.core.actors import AGENCY, PROVIDER, SME, Actor, Role
from marketplace.core.errors import Words
from marketplace.core.i18n import _, localized
from marketplace.engagements.models import Agreement, CoPayment, Engagement, Stage
from marketplace.engagements.states import AgreementStatus, EngagementStatus, StageStatus
from marketplace.evaluations.models import Assignment, Evaluation
from marketplace.evaluations.states import AssignmentStatus, EvaluationStatus
from marketplace.jobs.models import Award, Bid, Job
from marketplace.jobs.states import BidStatus, JobStatus
from marketplace.programmes.models import Call
from marketplace.programmes.states import CallStatus
from marketplace.providers.models import Provider
from marketplace.providers.states import ProviderStatus
from marketplace.reports.counts import NOW, ORGANISATION, PERSON, consults, parameters
from marketplace.verification.models import Verification
from marketplace.verification.states import VerificationStatus
from marketplace.vouchers.models import Application, Voucher
from marketplace.vouchers.states import ApplicationStatus, VoucherStatus

MOST = 8


class Turn(StrEnum):
    """Whose turn it is."""

    COMPANY = "company"
    FIRM = "firm"
    BOTH = "both"
    AGENCY = "agency"
    NOBODY = "nobody"  # it comes by itself


class Kind(StrEnum):
    """What is under way."""

    APPLICATION = "application"
    VOUCHER = "voucher"
    JOB = "job"
    BID = "bid"
    AWARD = "award"
    AGREEMENT = "agreement"
    ENGAGEMENT = "engagement"
    CLAIM = "claim"
    VERIFICATION = "verification"
    REGISTRATION = "registration"
    CALL = "call"
    EVALUATION = "evaluation"


# The page of each kind, and the argument of its address.
PAGES = {
    Kind.APPLICATION: ("vouchers.application_status", "application_id"),
    Kind.VOUCHER: ("vouchers.voucher", "voucher_id"),
    Kind.JOB: ("jobs.job", "job_id"),
    Kind.BID: ("jobs.bid", "bid_id"),
    Kind.AWARD: ("engagements.draft_agreement", "award_id"),
    Kind.AGREEMENT: ("engagements.agreement", "agreement_id"),
    Kind.ENGAGEMENT: ("engagements.engagement", "engagement_id"),
    Kind.CLAIM: ("claims.claim", "claim_id"),
    Kind.VERIFICATION: ("verification.own", ""),
    Kind.REGISTRATION: ("providers.registration", ""),
    Kind.CALL: ("programmes.call", "call_id"),
    Kind.EVALUATION: ("evaluations.evaluation", "evaluation_id"),
}


@dataclass(frozen=True)
class Step:
    """Where one thing stands, what comes next, who acts, and until when, as a moment or as a day."""

    endpoint: str
    arguments: Mapping[str, UUID]
    number: str
    title: str
    status: Words
    next: Words
    turn: Words
    at: datetime | None
    day: date | None
    is_deadline: bool  # somebody has to act by then; otherwise it comes by itself
    tone: str


Next = tuple[Words, Turn]

# What comes next after a status, and whose turn it is. Statuses of two kinds may read alike, so each kind has its own.
NEXT: dict[Kind, dict[Any, Next]] = {
    Kind.APPLICATION: {
        ApplicationStatus.DRAFT: (_("finish the application and submit it"), Turn.COMPANY),
        ApplicationStatus.SUBMITTED: (_("vouchers are given once the call has closed"), Turn.AGENCY),
        ApplicationStatus.IN_REVIEW: (_("an officer decides whether the company is eligible"), Turn.AGENCY),
        ApplicationStatus.ACCEPTED: (_("vouchers are given once the call has closed"), Turn.AGENCY),
        ApplicationStatus.WAITLISTED: (_("a voucher is offered as soon as one becomes free"), Turn.AGENCY),
        ApplicationStatus.OFFERED: (_("accept or decline the offered voucher"), Turn.COMPANY),
    },
    Kind.VOUCHER: {
        VoucherStatus.ISSUED: (_("describe a job and publish it on this voucher"), Turn.COMPANY),
        VoucherStatus.SUSPENDED: (_("the voucher can’t be used until the suspension ends"), Turn.AGENCY),
    },
    Kind.JOB: {
        JobStatus.DRAFT: (_("publish the job on a voucher"), Turn.COMPANY),
        JobStatus.PUBLISHED: (_("firms bid, then the bids are opened"), Turn.FIRM),
        JobStatus.CLOSED: (_("compare the bids and choose one"), Turn.COMPANY),
    },
    Kind.BID: {BidStatus.SUBMITTED: (_("the bids are opened"), Turn.NOBODY)},
    Kind.AWARD: {JobStatus.AWARDED: (_("write the agreement"), Turn.BOTH)},
    Kind.AGREEMENT: {
        AgreementStatus.DRAFTED: (_("sign the agreement"), Turn.BOTH),
        AgreementStatus.SIGNED: (_("redeem the voucher for the agreement"), Turn.COMPANY),
    },
    Kind.ENGAGEMENT: {
        EngagementStatus.AWAITING_CO_PAYMENT: (_("pay the own share into the agency’s account"), Turn.COMPANY),
        EngagementStatus.ACTIVE: (_("the work goes on"), Turn.FIRM),
    },
    Kind.CLAIM: {
        ClaimStatus.SUBMITTED: (_("an officer checks the claim"), Turn.AGENCY),
        ClaimStatus.CHECKED: (_("another officer approves the claim"), Turn.AGENCY),
        ClaimStatus.FIRST_APPROVED: (_("a second officer approves the claim"), Turn.AGENCY),
        ClaimStatus.RETURNED: (_("answer the questions and hand the claim in again"), Turn.FIRM),
        ClaimStatus.APPROVED: (_("it is paid with the next payment batch"), Turn.AGENCY),
        ClaimStatus.BATCHED: (_("the bank pays it"), Turn.AGENCY),
    },
    Kind.VERIFICATION: {VerificationStatus.WAITING: (_("an officer verifies the company"), Turn.AGENCY)},
    Kind.REGISTRATION: {ProviderStatus.APPLIED: (_("an officer decides about the registration"), Turn.AGENCY)},
    Kind.CALL: {
        CallStatus.PUBLISHED: (_("the call closes, then vouchers are given"), Turn.AGENCY),
        CallStatus.PAUSED: (_("decide whether to take applications again"), Turn.AGENCY),
        CallStatus.CLOSED: (_("the vouchers of the call are given"), Turn.AGENCY),
        CallStatus.WINDING_DOWN: (_("what was given is used or lapses"), Turn.AGENCY),
    },
    Kind.EVALUATION: {
        EvaluationStatus.OPEN: (_("the evaluation is written"), Turn.AGENCY),
        EvaluationStatus.RETURNED: (_("the evaluation is corrected"), Turn.AGENCY),
        EvaluationStatus.SUBMITTED: (_("an administrator reviews it and publishes the grade"), Turn.AGENCY),
        EvaluationStatus.APPEALED: (_("the appeal is decided"), Turn.AGENCY),
    },
}
STAGES: dict[StageStatus, Next] = {
    StageStatus.OPEN: (_("hold the sessions and hand in the documents of this stage"), Turn.FIRM),
    StageStatus.DELIVERED: (_("accept the documents or ask for a correction"), Turn.COMPANY),
}
OPENS: Next = _("the call opens"), Turn.AGENCY
CHOOSES: Next = _("the company compares the bids and chooses one"), Turn.COMPANY


# The turns that are one's own.
OWN: dict[Role, tuple[Turn, ...]] = {
    **dict.fromkeys(SME, (Turn.COMPANY, Turn.BOTH)),
    **dict.fromkeys(PROVIDER, (Turn.FIRM, Turn.BOTH)),
}


def under_way(actor: Actor) -> list[Step]:
    """What is under way for this actor, what is due first on top; read by one statement."""
    statement = _statement(actor.role)
    if statement is None:
        return []
    return [_step(row, actor) for row in db.session.execute(statement, parameters(actor))]


def _step(row: Row[Any], actor: Actor) -> Step:
    kind, now = Kind(row.kind), clock.now()
    endpoint, argument = PAGES[kind]
    status, (upcoming, turn) = _next(kind, row, now)
    return Step(
        endpoint=endpoint,
        arguments={argument: row.id} if argument else {},
        number=row.number,
        title=localized(row.title),
        status=status,
        next=upcoming,
        turn=_who(Turn(row.turn or turn), actor),
        at=row.at if row.at is not None and row.at > now else None,
        day=row.day,
        is_deadline=turn not in (Turn.AGENCY, Turn.NOBODY),
        tone="warning" if turn in OWN.get(actor.role, ()) else "information",
    )


def _next(kind: Kind, row: Row[Any], now: datetime) -> tuple[Words, Next]:
    """The status in words and what follows, as of now: a deadline may have passed before its task has run."""
    over = row.at is not None and row.at <= now
    if row.stage is not None:
        stage = StageStatus(row.stage)
        return stage.label, STAGES[stage]
    status = next(status for status in NEXT[kind] if status.value == row.status)
    if status is JobStatus.PUBLISHED and over:
        status = JobStatus.CLOSED
    if status is BidStatus.SUBMITTED and over:
        return status.label, CHOOSES
    if status is CallStatus.PUBLISHED and row.opens_at > now:
        return status.label, OPENS
    return status.label, NEXT[kind][status]


def _who(turn: Turn, actor: Actor) -> Words:
    """Whose turn it is, as this reader says it."""
    if turn is Turn.COMPANY:
        return _("your company") if actor.role in SME else _("the company")
    if turn is Turn.FIRM:
        return _("the consulting firm") if actor.role in SME else _("your firm")
    return {Turn.BOTH: _("both sides"), Turn.AGENCY: _("the agency"), Turn.NOBODY: _("by itself")}[turn]


Part = Select[*tuple[Any, ...]]


def _part(kind: Kind, row: Any, title: Any, *, number: Any = None, key: Any = None, **columns: Any) -> Part:
    """The columns that every part of the statement has, in their order."""
    return select(
        literal_column(f"'{kind}'").label("kind"),
        (row.id if key is None else key).label("id"),
        (row.number if number is None else number).label("number"),
        func.to_jsonb(title, type_=JSONB).label("title"),
        cast(row.status, Text).label("status"),
        columns.get("stage", literal_column("NULL::text", Text)).label("stage"),
        columns.get("turn", literal_column("NULL::text", Text)).label("turn"),
        columns.get("opens_at", literal_column("NULL::timestamptz", DateTime(timezone=True))).label("opens_at"),
        columns.get("at", literal_column("NULL::timestamptz", DateTime(timezone=True))).label("at"),
        columns.get("day", literal_column("NULL::date", Date)).label("day"),
    )


def _in(entity: Any, statuses: Iterable[StrEnum]) -> ColumnElement[bool]:
    """In one of these statuses, written out: dozens of parameters would cost more than the rest of the statement."""
    written = ", ".join(f"'{status.value}'" for status in statuses)
    return literal_column(f"{entity.__tablename__}.status IN ({written})", Boolean)


def _applications() -> Part:
    ends = case(
        (Application.status == ApplicationStatus.OFFERED, Application.offer_ends_at),
        (Application.status != ApplicationStatus.WAITLISTED, Call.closes_at),
    )
    live = _in(Application, NEXT[Kind.APPLICATION])
    part = _part(Kind.APPLICATION, Application, Call.title, at=ends).join_from(Application, Call)
    return part.where(Application.organisation_id == ORGANISATION, live)


def _vouchers() -> Part:
    job = exists().where(Job.voucher_id == Voucher.id, Job.status != JobStatus.WITHDRAWN)
    live = _in(Voucher, NEXT[Kind.VOUCHER])
    part = _part(Kind.VOUCHER, Voucher, Call.title, at=Voucher.expires_at).join_from(Voucher, Call)
    return part.where(Voucher.organisation_id == ORGANISATION, live, ~job)


def _jobs() -> Part:
    live = _in(Job, NEXT[Kind.JOB])
    return _part(Kind.JOB, Job, Job.title, at=Job.closes_at).where(Job.organisation_id == ORGANISATION, live)


def _awards(ours: Any) -> Part:
    agreement = exists().where(Agreement.award_id == Award.id, Agreement.status != AgreementStatus.CANCELLED)
    part = _part(Kind.AWARD, Job, Job.title, key=Award.id).select_from(Award)
    return part.join(Job, Job.id == Award.job_id).join(Bid, Bid.id == Award.bid_id).where(ours, ~agreement)


def _agreements(ours: Any) -> Part:
    drafted = Agreement.status == AgreementStatus.DRAFTED
    turn = case(
        (drafted & Agreement.provider_signed_at.is_not(None), Turn.COMPANY.value),
        (drafted & Agreement.sme_signed_at.is_not(None), Turn.FIRM.value),
    )
    live = _in(Agreement, NEXT[Kind.AGREEMENT])
    return _part(Kind.AGREEMENT, Agreement, Agreement.title, turn=turn).where(ours == ORGANISATION, live)


def _engagements(*ours: Any) -> Part:
    stage = (Stage.engagement_id == Engagement.id) & _in(Stage, STAGES)
    awaited = Engagement.status == EngagementStatus.AWAITING_CO_PAYMENT
    share = (CoPayment.agreement_id == Engagement.agreement_id) & awaited
    under_stage = case((Engagement.status == EngagementStatus.ACTIVE, cast(Stage.status, Text)))
    part = _part(Kind.ENGAGEMENT, Engagement, Agreement.title, stage=under_stage, day=CoPayment.due_on)
    part = part.select_from(Engagement).join(Agreement, Agreement.id == Engagement.agreement_id)
    live = _in(Engagement, NEXT[Kind.ENGAGEMENT])
    return part.outerjoin(Stage, stage).outerjoin(CoPayment, share).where(live, *ours)


def _bids() -> Part:
    part = _part(Kind.BID, Bid, Job.title, at=Job.closes_at).join_from(Bid, Job, Job.id == Bid.job_id)
    return part.where(Bid.provider_id == ORGANISATION, Bid.status == BidStatus.SUBMITTED)


def _claims() -> Part:
    live = _in(Claim, NEXT[Kind.CLAIM])
    part = _part(Kind.CLAIM, Claim, Agreement.title).join_from(Claim, Engagement, Engagement.id == Claim.engagement_id)
    part = part.join(Agreement, Agreement.id == Engagement.agreement_id)
    return part.where(Claim.provider_id == ORGANISATION, live)


def _verification() -> Part:
    part = _part(Kind.VERIFICATION, Verification, Verification.name, number=Verification.name, day=Verification.look_by)
    return part.where(Verification.organisation_id == ORGANISATION, _in(Verification, (VerificationStatus.WAITING,)))


def _registration() -> Part:
    part = _part(Kind.REGISTRATION, Provider, Provider.name, number=Provider.name)
    return part.where(Provider.id == ORGANISATION, Provider.status == ProviderStatus.APPLIED)


def _calls() -> Part:
    """Calls that somebody works on; of those that have closed, the ones with applications to answer."""
    waiting = _in(Application, (ApplicationStatus.SUBMITTED, ApplicationStatus.IN_REVIEW, ApplicationStatus.ACCEPTED))
    unanswered = exists().where(Application.call_id == Call.id, waiting)
    live = _in(Call, (CallStatus.PUBLISHED, CallStatus.PAUSED, CallStatus.WINDING_DOWN))
    next_at = case((Call.opens_at > NOW, Call.opens_at), (Call.closes_at > NOW, Call.closes_at))
    part = _part(Kind.CALL, Call, Call.title, at=next_at, opens_at=Call.opens_at)
    return part.where(live | ((Call.status == CallStatus.CLOSED) & unanswered))


def _evaluations() -> Part:
    mine = (Assignment.evaluation_id == Evaluation.id) & (Assignment.evaluator_id == PERSON)
    live = _in(Evaluation, NEXT[Kind.EVALUATION])
    part = _part(Kind.EVALUATION, Evaluation, Agreement.title).join_from(Evaluation, Assignment, mine)
    part = part.join(Engagement, Engagement.id == Evaluation.engagement_id)
    part = part.join(Agreement, Agreement.id == Engagement.agreement_id)
    return part.where(live, Assignment.status != AssignmentStatus.REFUSED)


def _of_company() -> Sequence[Part]:
    awards, agreements = _awards(Job.organisation_id == ORGANISATION), _agreements(Agreement.organisation_id)
    engagements = _engagements(Engagement.organisation_id == ORGANISATION)
    return [_verification(), _applications(), _vouchers(), _jobs(), awards, agreements, engagements]


def _of_firm() -> Sequence[Part]:
    awards, agreements = _awards(Bid.provider_id == ORGANISATION), _agreements(Agreement.provider_id)
    engagements = _engagements(Engagement.provider_id == ORGANISATION)
    return [_verification(), _registration(), _bids(), awards, agreements, engagements, _claims()]


PARTS: dict[Role, Callable[[], Sequence[Part]]] = {
    Role.SIGNATORY: _of_company,
    Role.PREPARER: _of_company,
    Role.HELPER: lambda: [_applications()],
    Role.MANAGER: _of_firm,
    Role.CONSULTANT: lambda: [_engagements(consults(Engagement.agreement_id))],
    **dict.fromkeys(AGENCY, lambda: [_calls()]),
    Role.EVALUATOR: lambda: [_evaluations()],
}


@cache
def _statement(role: Role) -> Part | None:
    """One statement for all that is under way for a role; what is due first on top."""
    if role not in PARTS:
        return None
    parts = union_all(*PARTS[role]()).subquery()
    due = func.coalesce(parts.c.at, cast(parts.c.day, DateTime(timezone=True)))
    return select(parts).order_by(due.nulls_last(), parts.c.number).limit(MOST)
