"""Reads of agreements, engagements and what belongs to them; always ordered, and by side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, false, func, select, true, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased, selectinload

from marketplace.core import db
from marketplace.core.actors import PROVIDER, SME, Actor, Role
from marketplace.core.errors import NotFound
from marketplace.engagements.models import (
    Agreement,
    Assignment,
    ConsultingSession,
    CoPayment,
    Deliverable,
    Engagement,
    Redemption,
    SimilarDeliverable,
    Stage,
)
from marketplace.engagements.states import AgreementStatus, EngagementStatus, SessionStatus, StageStatus
from marketplace.jobs.models import Award, Bid, Job
from marketplace.vouchers.models import Voucher

SEES_ALL = frozenset(
    {
        Role.PROGRAMME_OFFICER,
        Role.BUDGET_OFFICER,
        Role.EVALUATOR,
        Role.ETHICS_OFFICER,
        Role.ADMINISTRATOR,
        Role.AUDITOR,
        Role.SYSTEM,
    }
)


def agreements_visible_to(actor: Actor) -> Select[Agreement]:
    """Agreements of the actor's side; all for those officers who follow the work; none for others."""
    return select(Agreement).where(_of_side(Agreement, actor))


def engagements_visible_to(actor: Actor) -> Select[Engagement]:
    """Engagements of the actor's side; all for those officers who follow the work; none for others."""
    return select(Engagement).where(_of_side(Engagement, actor))


def _of_side(model: type[Agreement] | type[Engagement], actor: Actor) -> ColumnElement[bool]:
    if actor.role in SME:
        return model.organisation_id == actor.organisation_id
    if actor.role in PROVIDER:
        return model.provider_id == actor.organisation_id
    return true() if actor.role in SEES_ALL else false()


def get_agreement(agreement_id: UUID, *, actor: Actor) -> Agreement:
    """The agreement, if it is this actor's to see; NotFound otherwise."""
    agreement = db.session.scalars(agreements_visible_to(actor).where(Agreement.id == agreement_id)).one_or_none()
    if agreement is None:
        raise NotFound()
    return agreement


def get_engagement(engagement_id: UUID, *, actor: Actor) -> Engagement:
    """The engagement, if it is this actor's to see; NotFound otherwise."""
    engagement = db.session.scalars(engagements_visible_to(actor).where(Engagement.id == engagement_id)).one_or_none()
    if engagement is None:
        raise NotFound()
    return engagement


def get_stage(stage_id: UUID, *, actor: Actor) -> tuple[Engagement, Stage]:
    """A stage with its engagement, if it is this actor's to see; NotFound otherwise."""
    stage = db.get(Stage, stage_id)
    return get_engagement(stage.engagement_id, actor=actor), stage


def get_deliverable(deliverable_id: UUID, *, actor: Actor) -> tuple[Engagement, Deliverable]:
    """A deliverable with its engagement, if it is this actor's to see; NotFound otherwise."""
    deliverable = db.get(Deliverable, deliverable_id)
    return get_engagement(deliverable.engagement_id, actor=actor), deliverable


def get_session(session_id: UUID, *, actor: Actor) -> tuple[Engagement, ConsultingSession]:
    """A session with its engagement, if it is this actor's to see; NotFound otherwise."""
    consulting_session = db.get(ConsultingSession, session_id)
    return get_engagement(consulting_session.engagement_id, actor=actor), consulting_session


def get_assignment(assignment_id: UUID, *, actor: Actor) -> tuple[Agreement, Assignment]:
    """A consultant's naming with its agreement, if it is this actor's to see; NotFound otherwise."""
    assignment = db.get(Assignment, assignment_id)
    return get_agreement(assignment.agreement_id, actor=actor), assignment


def numbers(engagement_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Numbers of engagements by id, in one query; for lists."""
    rows = db.session.execute(select(Engagement.id, Engagement.number).where(Engagement.id.in_(set(engagement_ids))))
    return {row.id: row.number for row in rows}


@dataclass(frozen=True)
class Sides:
    """An engagement's number and title, and whose it is."""

    id: UUID
    number: str
    title: str
    organisation_id: UUID
    provider_id: UUID


def sides(engagement_id: UUID, *, lock: bool = False) -> Sides:
    """Whose engagement it is, locked if asked; NotFound without one."""
    engagement = db.get(Engagement, engagement_id, lock=lock)
    return Sides(
        id=engagement.id,
        number=engagement.number,
        title=engagement.agreement.title,
        organisation_id=engagement.organisation_id,
        provider_id=engagement.provider_id,
    )


def number_of(engagement_id: InstrumentedAttribute[UUID]) -> ScalarSelect[str]:
    """The number of the engagement in this column, for a list of what belongs to it."""
    return select(Engagement.number).where(Engagement.id == engagement_id).scalar_subquery()


def find_live_agreement(award_id: UUID) -> Agreement | None:
    """The award's agreement that isn't cancelled, if there is one."""
    query = select(Agreement).where(Agreement.award_id == award_id, Agreement.status != AgreementStatus.CANCELLED)
    return db.session.scalars(query).one_or_none()


def awards_without_agreement(actor: Actor) -> Sequence[Award]:
    """Awards of the actor's side for which no agreement is drafted, newest first."""
    drafted = select(Agreement.award_id).where(Agreement.status != AgreementStatus.CANCELLED)
    query = select(Award).join(Job, Job.id == Award.job_id).join(Bid, Bid.id == Award.bid_id)
    if actor.role in SME:
        query = query.where(Job.organisation_id == actor.organisation_id)
    else:
        query = query.where(Bid.provider_id == actor.organisation_id)
    return db.session.scalars(query.where(Award.id.not_in(drafted)).order_by(Award.awarded_at.desc(), Award.id)).all()


def firms_at_work_for(call_id: UUID) -> Sequence[UUID]:
    """The firms that have an agreement, not cancelled, on a voucher of this call."""
    query = select(Agreement.provider_id).join(Voucher, Voucher.id == Agreement.voucher_id).distinct()
    live = Voucher.call_id == call_id, Agreement.status != AgreementStatus.CANCELLED
    return db.session.scalars(query.where(*live).order_by(Agreement.provider_id)).all()


def find_redemption(agreement_id: UUID) -> Redemption | None:
    """The agreement's redemption, if it was redeemed."""
    return db.session.scalars(select(Redemption).where(Redemption.agreement_id == agreement_id)).one_or_none()


def find_co_payment(agreement_id: UUID) -> CoPayment | None:
    """The agreement's co-payment; None where the SME pays nothing or nothing is redeemed yet."""
    return db.session.scalars(select(CoPayment).where(CoPayment.agreement_id == agreement_id)).one_or_none()


def find_engagement(agreement_id: UUID) -> Engagement | None:
    """The engagement under this agreement, once it is redeemed."""
    return db.session.scalars(select(Engagement).where(Engagement.agreement_id == agreement_id)).one_or_none()


def find_stage_under_way(engagement_id: UUID) -> Stage | None:
    """The one stage that is open or waits for acceptance."""
    query = select(Stage).where(
        Stage.engagement_id == engagement_id, Stage.status.in_((StageStatus.OPEN, StageStatus.DELIVERED))
    )
    return db.session.scalars(query).one_or_none()


def sessions_of(engagement_id: UUID) -> Sequence[ConsultingSession]:
    """All sessions of the engagement, in order of time."""
    query = select(ConsultingSession).where(ConsultingSession.engagement_id == engagement_id)
    return db.session.scalars(query.order_by(ConsultingSession.starts_at, ConsultingSession.id)).all()


def sessions_at(person_id: UUID, starts_at: datetime, ends_at: datetime) -> Sequence[ConsultingSession]:
    """This person's sessions, of whatever firm and client, that touch the time."""
    return db.session.scalars(
        select(ConsultingSession)
        .where(
            ConsultingSession.person_id == person_id,
            ConsultingSession.status != SessionStatus.WITHDRAWN,
            ConsultingSession.starts_at < ends_at,
            ConsultingSession.ends_at > starts_at,
        )
        .order_by(ConsultingSession.starts_at)
    ).all()


def deliverables_of(engagement_id: UUID) -> Sequence[Deliverable]:
    """All deliverables of the engagement, oldest first, replaced ones included."""
    query = select(Deliverable).where(Deliverable.engagement_id == engagement_id)
    query = query.options(selectinload(Deliverable.file))
    return db.session.scalars(query.order_by(Deliverable.created_at, Deliverable.id)).all()


@dataclass(frozen=True)
class Likeness:
    """A deliverable that resembles one of another engagement."""

    deliverable: Deliverable
    other: Deliverable
    other_engagement: Engagement
    similarity_percent: int
    same_file: bool


def likenesses_of(engagement_id: UUID) -> list[Likeness]:
    """Near-copies of other engagements' deliverables in this engagement, the closest first; for reviewers."""
    other = aliased(Deliverable)
    rows = db.session.execute(
        select(Deliverable, other, Engagement, SimilarDeliverable.similarity_percent, SimilarDeliverable.same_file)
        .join(SimilarDeliverable, SimilarDeliverable.deliverable_id == Deliverable.id)
        .join(other, other.id == SimilarDeliverable.other_id)
        .join(Engagement, Engagement.id == other.engagement_id)
        .where(Deliverable.engagement_id == engagement_id)
        .order_by(SimilarDeliverable.similarity_percent.desc(), Deliverable.id, other.id)
    )
    return [Likeness(*row) for row in rows]


def stages_of(engagement_id: UUID) -> Sequence[Stage]:
    """The engagement's stages as they are stored now, in their order."""
    query = select(Stage).where(Stage.engagement_id == engagement_id).order_by(Stage.position)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


@dataclass(frozen=True)
class Evidence:
    """Everything that was recorded of one engagement, and of others what may contradict it."""

    engagement: Engagement
    agreement: Agreement
    co_payment: CoPayment | None
    assignments: Sequence[Assignment]
    sessions: Sequence[ConsultingSession]
    other_sessions: Sequence[ConsultingSession]
    deliverables: Sequence[Deliverable]
    other_deliverables: Sequence[Deliverable]

    @property
    def held(self) -> Sequence[ConsultingSession]:
        """The sessions that were not taken back."""
        return [row for row in self.sessions if row.status != SessionStatus.WITHDRAWN]


def evidence(engagement_id: UUID) -> Evidence:
    """What is stored of one engagement, for those who check it; NotFound without one."""
    engagement = db.get(Engagement, engagement_id)
    sessions, deliverables = sessions_of(engagement_id), deliverables_of(engagement_id)
    return Evidence(
        engagement=engagement,
        agreement=engagement.agreement,
        co_payment=find_co_payment(engagement.agreement_id),
        assignments=engagement.agreement.assignments,
        sessions=sessions,
        other_sessions=_other_sessions(engagement_id, sessions),
        deliverables=deliverables,
        other_deliverables=_other_deliverables(engagement_id, deliverables),
    )


def _other_sessions(engagement_id: UUID, sessions: Sequence[ConsultingSession]) -> Sequence[ConsultingSession]:
    """The same people's sessions of other engagements, from this one's first to its last."""
    held = [row for row in sessions if row.status != SessionStatus.WITHDRAWN]
    if not held:
        return []
    query = select(ConsultingSession).where(
        ConsultingSession.person_id.in_({row.person_id for row in held}),
        ConsultingSession.engagement_id != engagement_id,
        ConsultingSession.status != SessionStatus.WITHDRAWN,
        ConsultingSession.starts_at < max(row.ends_at for row in held),
        ConsultingSession.ends_at > min(row.starts_at for row in held),
    )
    return db.session.scalars(query.order_by(ConsultingSession.starts_at, ConsultingSession.id)).all()


def _other_deliverables(engagement_id: UUID, deliverables: Sequence[Deliverable]) -> Sequence[Deliverable]:
    """The same files and texts in other engagements."""
    hashes = [row.sha256 for row in deliverables]
    texts = [row.text_sha256 for row in deliverables if row.text_sha256]
    query = select(Deliverable).where(
        Deliverable.engagement_id != engagement_id,
        Deliverable.sha256.in_(hashes) | Deliverable.text_sha256.in_(texts),
    )
    return db.session.scalars(query.order_by(Deliverable.created_at, Deliverable.id)).all()


def get_co_payment(co_payment_id: UUID) -> CoPayment:
    """The co-payment; NotFound without one."""
    return db.get(CoPayment, co_payment_id)


def share_accounts(organisation_id: UUID) -> frozenset[str]:
    """Every account from which a share of this company arrived."""
    query = select(CoPayment.payer_account).join(Agreement, Agreement.id == CoPayment.agreement_id)
    accounts = db.session.scalars(query.where(Agreement.organisation_id == organisation_id))
    return frozenset(account for account in accounts if account)


def share_payers(accounts: Iterable[str]) -> Sequence[tuple[str, UUID]]:
    """Whose shares came from each of these accounts, which are written as plain_account() writes them."""
    plain = func.plain_account(CoPayment.payer_account)
    query = select(plain, Agreement.organisation_id).join(Agreement, Agreement.id == CoPayment.agreement_id)
    return [(account, payer) for account, payer in db.session.execute(query.where(plain.in_(set(accounts))))]


def companies_of(numbers: Iterable[str]) -> dict[str, UUID]:
    """The company behind each of these numbers of a co-payment, an agreement or an engagement."""
    given = set(numbers)
    shares = select(CoPayment.reference, Agreement.organisation_id)
    query = union_all(
        shares.join(Agreement, Agreement.id == CoPayment.agreement_id).where(CoPayment.reference.in_(given)),
        select(Agreement.number, Agreement.organisation_id).where(Agreement.number.in_(given)),
        select(Engagement.number, Engagement.organisation_id).where(Engagement.number.in_(given)),
    )
    return dict(db.session.execute(query).all())


def engagements_between(pairs: Iterable[tuple[UUID, UUID]]) -> Sequence[UUID]:
    """The engagements of these pairs of company and firm."""
    sides = tuple_(Engagement.organisation_id, Engagement.provider_id)
    return db.session.scalars(select(Engagement.id).where(sides.in_(list(pairs))).order_by(Engagement.id)).all()


def search_agreements(actor: Actor, *, status: AgreementStatus | None = None, text: str = "") -> Select[Agreement]:
    """The actor's agreements, filtered by status and by number or title."""
    query = agreements_visible_to(actor)
    if status:
        query = query.where(Agreement.status == status)
    if text:
        query = query.where(
            Agreement.number.icontains(text, autoescape=True) | Agreement.title.icontains(text, autoescape=True)
        )
    return query


def search_engagements(actor: Actor, *, status: EngagementStatus | None = None, text: str = "") -> Select[Engagement]:
    """The actor's engagements with their agreements, filtered by status and by number or title."""
    query = engagements_visible_to(actor).options(selectinload(Engagement.agreement), selectinload(Engagement.stages))
    if status:
        query = query.where(Engagement.status == status)
    if text:
        query = query.join(Agreement, Agreement.id == Engagement.agreement_id).where(
            Engagement.number.icontains(text, autoescape=True) | Agreement.title.icontains(text, autoescape=True)
        )
    return query


def waiting_by_engagement(engagement_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Of each engagement the number of sessions that wait for the SME's confirmation."""
    rows = db.session.execute(
        select(ConsultingSession.engagement_id, func.count())
        .where(ConsultingSession.engagement_id.in_(engagement_ids), ConsultingSession.status == SessionStatus.RECORDED)
        .group_by(ConsultingSession.engagement_id)
    )
    return {row[0]: row[1] for row in rows}
