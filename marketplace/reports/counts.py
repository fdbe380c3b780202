"""How many things wait for an actor: one select of a number for each kind of work.

A select knows its actor only as parameters, so that it can be built once for everybody.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import DateTime, Integer, Select, Uuid, and_, bindparam, exists, func, or_, select

from marketplace.accounts.models import Membership
from marketplace.accounts.states import MembershipStatus, OrganisationKind
from marketplace.claims.deadlines import STEP_OF
from marketplace.claims.models import BankEntry, Claim, ClaimEscalation, ClaimLine, PaymentBatch, PaymentLine, Refund
from marketplace.claims.queries import UNASSIGNED
from marketplace.claims.states import BatchStatus, ClaimStatus, LineStatus
from marketplace.core import clock
from marketplace.core.actors import Actor
from marketplace.core.task_queue import BackgroundTask, TaskStatus
from marketplace.engagements.models import Agreement, ConsultingSession, CoPayment, Deliverable, Engagement, Stage
from marketplace.engagements.models import Assignment as ConsultantAssignment
from marketplace.engagements.states import (
    AgreementStatus,
    AssignmentStatus,
    CoPaymentStatus,
    DeliverableStatus,
    EngagementStatus,
    SessionStatus,
    StageStatus,
)
from marketplace.evaluations.models import Assignment
from marketplace.jobs.models import Award, Bid, Job, Question
from marketplace.jobs.states import BidStatus, JobStatus
from marketplace.ledger import chart
from marketplace.ledger.models import Account
from marketplace.programmes.models import BudgetLine, Call
from marketplace.providers.models import Consultant, Pledge, Provider
from marketplace.providers.states import ConsultantStatus, ProviderStatus
from marketplace.receivables import queries as receivables
from marketplace.receivables.models import Instalment, Receivable, WriteOff
from marketplace.receivables.states import InstalmentStatus, ReceivableKind, ReceivableStatus, WriteOffStatus
from marketplace.reports.models import Reconciliation
from marketplace.vouchers import queries as vouchers
from marketplace.vouchers.models import Scoring, Voucher
from marketplace.vouchers.states import VoucherStatus

Count = Select[int]

PERSON = bindparam("person_id", type_=Uuid)
ORGANISATION = bindparam("organisation_id", type_=Uuid)
NOW = bindparam("now", type_=DateTime(timezone=True))
SEASON = bindparam("season", type_=Integer)


def parameters(actor: Actor) -> dict[str, Any]:
    """What the selects are about: this actor, now."""
    return {
        "person_id": actor.person_id,
        "organisation_id": actor.organisation_id,
        "now": clock.now(),
        "season": clock.today().year,
    }


def number_of(entity: Any, *conditions: Any) -> Count:
    return select(func.count()).select_from(entity).where(*conditions)


def among(entity: Any, statuses: Sequence[str]) -> Any:
    """In one of these statuses; without IN, whose list would be written into the statement anew each time."""
    return or_(*(entity.status == status for status in statuses))


def of_sme(entity: Any, *statuses: str) -> Callable[[], Count]:
    """Rows of the actor's SME in one of these statuses."""
    return lambda: number_of(entity, entity.organisation_id == ORGANISATION, among(entity, statuses))


def of_firm(entity: Any, *statuses: str) -> Callable[[], Count]:
    """Rows of the actor's consulting firm in one of these statuses."""
    return lambda: number_of(entity, entity.provider_id == ORGANISATION, among(entity, statuses))


def of_anybody(entity: Any, *statuses: str) -> Callable[[], Count]:
    """Rows of anybody in one of these statuses."""
    return lambda: number_of(entity, among(entity, statuses))


def lines_to_return() -> Count:
    ending = exists().where(Call.id == BudgetLine.call_id, Call.winding_down_at.is_not(None))
    own = exists().where(Account.budget_line_id == BudgetLine.id)
    left = own.where(Account.stage == chart.Stage.AVAILABLE, Account.balance > 0)
    return number_of(BudgetLine, ending, left)


def vouchers_without_job() -> Count:
    under_way = exists().where(Job.voucher_id == Voucher.id, Job.status != JobStatus.WITHDRAWN)
    return number_of(
        Voucher, Voucher.organisation_id == ORGANISATION, Voucher.status == VoucherStatus.ISSUED, ~under_way
    )


def questions() -> Count:
    ours = Job.id == Question.job_id, Job.organisation_id == ORGANISATION, Job.status == JobStatus.PUBLISHED
    return number_of(Question, Question.answer.is_(None), exists().where(*ours))


def bids_to_compare() -> Count:
    bid = exists().where(Bid.job_id == Job.id, Bid.status == BidStatus.SUBMITTED)
    over = or_(Job.status == JobStatus.CLOSED, and_(Job.status == JobStatus.PUBLISHED, Job.closes_at <= NOW))
    return number_of(Job, Job.organisation_id == ORGANISATION, over, bid)


def awards_without_agreement() -> Count:
    agreement = exists().where(Agreement.award_id == Award.id, Agreement.status != AgreementStatus.CANCELLED)
    ours = exists().where(Job.id == Award.job_id, Job.organisation_id == ORGANISATION)
    return number_of(Award, ours, ~agreement)


def agreements_to_sign(side: Any, signed_at: Any) -> Callable[[], Count]:
    """Drafted agreements that this side has not signed."""
    return lambda: number_of(
        Agreement, Agreement.status == AgreementStatus.DRAFTED, side == ORGANISATION, signed_at.is_(None)
    )


def co_payments() -> Count:
    ours = exists().where(Agreement.id == CoPayment.agreement_id, Agreement.organisation_id == ORGANISATION)
    return number_of(CoPayment, CoPayment.status == CoPaymentStatus.AWAITED, ours)


def refunds_without_account() -> Count:
    return number_of(Refund, Refund.organisation_id == ORGANISATION, Refund.account_number == "")


def engagement(entity: Any, side: Any, *conditions: Any) -> Any:
    return exists().where(Engagement.id == entity.engagement_id, side == ORGANISATION, *conditions)


def sessions_to_confirm() -> Count:
    ours = engagement(ConsultingSession, Engagement.organisation_id, Engagement.status == EngagementStatus.ACTIVE)
    return number_of(ConsultingSession, ConsultingSession.status == SessionStatus.RECORDED, ours)


def deliverables_to_accept() -> Count:
    ours = engagement(Deliverable, Engagement.organisation_id, Engagement.status == EngagementStatus.ACTIVE)
    return number_of(Deliverable, Deliverable.status == DeliverableStatus.SUBMITTED, ours)


def changes_of_consultant() -> Count:
    ours = exists().where(
        Agreement.id == ConsultantAssignment.agreement_id,
        Agreement.organisation_id == ORGANISATION,
        Agreement.status == AgreementStatus.REDEEMED,
    )
    return number_of(ConsultantAssignment, ConsultantAssignment.status == AssignmentStatus.PROPOSED, ours)


def stages_under_way() -> Count:
    return number_of(Stage, Stage.status == StageStatus.OPEN, engagement(Stage, Engagement.provider_id))


def corrections() -> Count:
    ours = engagement(Deliverable, Engagement.provider_id, Engagement.status == EngagementStatus.ACTIVE)
    return number_of(Deliverable, Deliverable.status == DeliverableStatus.CORRECTION_REQUESTED, ours)


def stages_to_claim() -> Count:
    claimed = exists().where(ClaimLine.stage_id == Stage.id, ClaimLine.withdrawn_at.is_(None))
    return number_of(Stage, Stage.status == StageStatus.ACCEPTED, engagement(Stage, Engagement.provider_id), ~claimed)


def open_jobs() -> Count:
    ours = exists().where(Bid.job_id == Job.id, Bid.provider_id == ORGANISATION, Bid.status != BidStatus.WITHDRAWN)
    approved = exists().where(Provider.id == ORGANISATION, Provider.status == ProviderStatus.APPROVED)
    return number_of(Job, Job.status == JobStatus.PUBLISHED, Job.closes_at > NOW, approved, ~ours)


def consultants_without_pledge() -> Count:
    signed = exists().where(Pledge.consultant_id == Consultant.id, Pledge.season == SEASON)
    return number_of(
        Consultant,
        Consultant.provider_id == ORGANISATION,
        Consultant.status == ConsultantStatus.ACTIVE,
        ~signed,
    )


def own_pledge() -> Count:
    signed = exists().where(Pledge.consultant_id == Consultant.id, Pledge.season == SEASON)
    return number_of(Consultant, Consultant.person_id == PERSON, Consultant.status == ConsultantStatus.ACTIVE, ~signed)


def consults(agreement_id: Any) -> Any:
    """The actor is a consultant who works under this agreement."""
    return exists().where(
        ConsultantAssignment.agreement_id == agreement_id,
        ConsultantAssignment.status == AssignmentStatus.ACTIVE,
        Consultant.id == ConsultantAssignment.consultant_id,
        Consultant.person_id == PERSON,
    )


def own_stages() -> Count:
    named = exists().where(Engagement.id == Stage.engagement_id, consults(Engagement.agreement_id))
    return number_of(Stage, Stage.status == StageStatus.OPEN, named)


def claims_to_approve() -> Count:
    theirs = Claim.checked_by.is_distinct_from(PERSON)
    first = and_(Claim.status == ClaimStatus.FIRST_APPROVED, Claim.first_approved_by.is_distinct_from(PERSON))
    return number_of(Claim, or_(Claim.status == ClaimStatus.CHECKED, first), theirs)


def claims_overdue(level: int) -> Callable[[], Count]:
    """Claims told at this level as overdue for the step that they still wait for."""
    steps = STEP_OF.items()
    waiting = or_(*(and_(Claim.status == status, ClaimEscalation.step == step) for status, step in steps))
    told = exists().where(ClaimEscalation.claim_id == Claim.id, ClaimEscalation.level == level, waiting)
    return lambda: number_of(Claim, told)


def claims_to_batch() -> Count:
    """Approved claims, but of those that two approved only the officer's own: a third must be left to send them."""
    mine = or_(Claim.approved_by == PERSON, Claim.first_approved_by == PERSON)
    return number_of(Claim, Claim.status == ClaimStatus.APPROVED, or_(~Claim.needs_two, mine))


def batches_to_send() -> Count:
    """Prepared by somebody else, with nothing in it that the officer approved or asked for."""
    decided = or_(
        Claim.approved_by == PERSON,
        Claim.first_approved_by == PERSON,
        Refund.requested_by == PERSON,
    )
    pending = select(PaymentLine.batch_id).outerjoin(Claim, Claim.id == PaymentLine.claim_id)
    pending = pending.outerjoin(Refund, Refund.id == PaymentLine.refund_id)
    own = pending.where(PaymentLine.status == LineStatus.PENDING, decided)
    others = PaymentBatch.prepared_by != PERSON
    return number_of(PaymentBatch, PaymentBatch.status == BatchStatus.PREPARED, others, PaymentBatch.id.not_in(own))


def unmatched_entries() -> Count:
    return number_of(BankEntry, *UNASSIGNED)


def calls_short_of_scorers() -> Count:
    return select(func.count()).select_from(vouchers.calls_short_of_scorers().with_only_columns(Call.id).subquery())


def own_scorings(*statuses: str) -> Callable[[], Count]:
    return lambda: number_of(Scoring, Scoring.evaluator_id == PERSON, among(Scoring, statuses))


def instalments_to_pay() -> Count:
    ours = exists().where(Receivable.id == Instalment.receivable_id, Receivable.debtor_id == ORGANISATION)
    return number_of(Instalment, Instalment.status == InstalmentStatus.NOTIFIED, ours)


def undecided_successes() -> Count:
    return select(func.count()).select_from(receivables.undecided_successes().subquery())


def debts_to_confirm(*kinds: ReceivableKind) -> Callable[[], Count]:
    """Debts of these kinds that somebody else proposed."""
    kind = or_(*(Receivable.kind == kind for kind in kinds))
    return lambda: number_of(
        Receivable, Receivable.status == ReceivableStatus.PROPOSED, Receivable.proposed_by != PERSON, kind
    )


def write_offs_to_sign() -> Count:
    return number_of(WriteOff, WriteOff.status == WriteOffStatus.PROPOSED, WriteOff.proposed_by != PERSON)


def own_evaluations(*statuses: str) -> Callable[[], Count]:
    return lambda: number_of(Assignment, Assignment.evaluator_id == PERSON, among(Assignment, statuses))


def memberships() -> Count:
    return number_of(
        Membership,
        Membership.status == MembershipStatus.PROPOSED,
        Membership.organisation_kind == OrganisationKind.AGENCY,
    )


def faults_in_the_books() -> Count:
    newest = select(Reconciliation.faults).order_by(Reconciliation.run_at.desc(), Reconciliation.id.desc()).limit(1)
    return select(func.jsonb_array_length(newest.scalar_subquery()))


def dead_tasks() -> Count:
    return number_of(BackgroundTask, BackgroundTask.status == TaskStatus.DEAD)
