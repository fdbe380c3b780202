"""How many things wait for an actor: one select of a number for each kind of work."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select

from marketplace.accounts.models import Membership
from marketplace.accounts.states import MembershipStatus, OrganisationKind
from marketplace.claims.deadlines import STEP_OF
from marketplace.claims.models import BankEntry, Claim, ClaimEscalation, ClaimLine, PaymentBatch, PaymentLine, Refund
from marketplace.claims.queries import UNASSIGNED
from marketplace.claims.states import BatchStatus, ClaimStatus, LineStatus
from marketplace.core import clock
from marketplace.core.actors import Actor, Role
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


def number_of(entity: Any, *conditions: Any) -> Count:
    return select(func.count()).select_from(entity).where(*conditions)


def of_sme(entity: Any, *statuses: str) -> Callable[[Actor], Count]:
    """Rows of the actor's SME in one of these statuses."""
    return lambda actor: number_of(entity, entity.organisation_id == actor.organisation_id, entity.status.in_(statuses))


def of_firm(entity: Any, *statuses: str) -> Callable[[Actor], Count]:
    """Rows of the actor's consulting firm in one of these statuses."""
    return lambda actor: number_of(entity, entity.provider_id == actor.organisation_id, entity.status.in_(statuses))


def of_anybody(entity: Any, *statuses: str) -> Callable[[Actor], Count]:
    """Rows of anybody in one of these statuses."""
    return lambda actor: number_of(entity, entity.status.in_(statuses))


def lines_to_return(_actor: Actor) -> Count:
    ending = exists().where(Call.id == BudgetLine.call_id, Call.winding_down_at.is_not(None))
    own = exists().where(Account.budget_line_id == BudgetLine.id)
    left = own.where(Account.stage == chart.Stage.AVAILABLE, Account.balance > 0)
    return number_of(BudgetLine, ending, left)


def vouchers_without_job(actor: Actor) -> Count:
    under_way = exists().where(Job.voucher_id == Voucher.id, Job.status != JobStatus.WITHDRAWN)
    return number_of(
        Voucher, Voucher.organisation_id == actor.organisation_id, Voucher.status == VoucherStatus.ISSUED, ~under_way
    )


def questions(actor: Actor) -> Count:
    ours = Job.id == Question.job_id, Job.organisation_id == actor.organisation_id, Job.status == JobStatus.PUBLISHED
    return number_of(Question, Question.answer.is_(None), exists().where(*ours))


def bids_to_compare(actor: Actor) -> Count:
    bid = exists().where(Bid.job_id == Job.id, Bid.status == BidStatus.SUBMITTED)
    over = or_(Job.status == JobStatus.CLOSED, and_(Job.status == JobStatus.PUBLISHED, Job.closes_at <= clock.now()))
    return number_of(Job, Job.organisation_id == actor.organisation_id, over, bid)


def awards_without_agreement(actor: Actor) -> Count:
    agreement = exists().where(Agreement.award_id == Award.id, Agreement.status != AgreementStatus.CANCELLED)
    ours = exists().where(Job.id == Award.job_id, Job.organisation_id == actor.organisation_id)
    return number_of(Award, ours, ~agreement)


def agreements_to_sign(actor: Actor) -> Count:
    if actor.role is Role.MANAGER:
        mine = and_(Agreement.provider_id == actor.organisation_id, Agreement.provider_signed_at.is_(None))
    else:
        mine = and_(Agreement.organisation_id == actor.organisation_id, Agreement.sme_signed_at.is_(None))
    return number_of(Agreement, Agreement.status == AgreementStatus.DRAFTED, mine)


def co_payments(actor: Actor) -> Count:
    ours = exists().where(Agreement.id == CoPayment.agreement_id, Agreement.organisation_id == actor.organisation_id)
    return number_of(CoPayment, CoPayment.status == CoPaymentStatus.AWAITED, ours)


def refunds_without_account(actor: Actor) -> Count:
    return number_of(Refund, Refund.organisation_id == actor.organisation_id, Refund.account_number == "")


def engagement(entity: Any, side: Any, actor: Actor, *conditions: Any) -> Any:
    return exists().where(Engagement.id == entity.engagement_id, side == actor.organisation_id, *conditions)


def sessions_to_confirm(actor: Actor) -> Count:
    ours = engagement(
        ConsultingSession, Engagement.organisation_id, actor, Engagement.status == EngagementStatus.ACTIVE
    )
    return number_of(ConsultingSession, ConsultingSession.status == SessionStatus.RECORDED, ours)


def deliverables_to_accept(actor: Actor) -> Count:
    ours = engagement(Deliverable, Engagement.organisation_id, actor, Engagement.status == EngagementStatus.ACTIVE)
    return number_of(Deliverable, Deliverable.status == DeliverableStatus.SUBMITTED, ours)


def changes_of_consultant(actor: Actor) -> Count:
    ours = exists().where(
        Agreement.id == ConsultantAssignment.agreement_id,
        Agreement.organisation_id == actor.organisation_id,
        Agreement.status == AgreementStatus.REDEEMED,
    )
    return number_of(ConsultantAssignment, ConsultantAssignment.status == AssignmentStatus.PROPOSED, ours)


def stages_under_way(actor: Actor) -> Count:
    return number_of(Stage, Stage.status == StageStatus.OPEN, engagement(Stage, Engagement.provider_id, actor))


def corrections(actor: Actor) -> Count:
    ours = engagement(Deliverable, Engagement.provider_id, actor, Engagement.status == EngagementStatus.ACTIVE)
    return number_of(Deliverable, Deliverable.status == DeliverableStatus.CORRECTION_REQUESTED, ours)


def stages_to_claim(actor: Actor) -> Count:
    claimed = exists().where(ClaimLine.stage_id == Stage.id, ClaimLine.withdrawn_at.is_(None))
    return number_of(
        Stage, Stage.status == StageStatus.ACCEPTED, engagement(Stage, Engagement.provider_id, actor), ~claimed
    )


def open_jobs(actor: Actor) -> Count:
    ours = exists().where(
        Bid.job_id == Job.id, Bid.provider_id == actor.organisation_id, Bid.status != BidStatus.WITHDRAWN
    )
    approved = exists().where(Provider.id == actor.organisation_id, Provider.status == ProviderStatus.APPROVED)
    return number_of(Job, Job.status == JobStatus.PUBLISHED, Job.closes_at > clock.now(), approved, ~ours)


def consultants_without_pledge(actor: Actor) -> Count:
    signed = exists().where(Pledge.consultant_id == Consultant.id, Pledge.season == clock.today().year)
    return number_of(
        Consultant,
        Consultant.provider_id == actor.organisation_id,
        Consultant.status == ConsultantStatus.ACTIVE,
        ~signed,
    )


def own_pledge(actor: Actor) -> Count:
    signed = exists().where(Pledge.consultant_id == Consultant.id, Pledge.season == clock.today().year)
    return number_of(
        Consultant, Consultant.person_id == actor.person_id, Consultant.status == ConsultantStatus.ACTIVE, ~signed
    )


def own_stages(actor: Actor) -> Count:
    named = exists().where(
        Engagement.id == Stage.engagement_id,
        ConsultantAssignment.agreement_id == Engagement.agreement_id,
        ConsultantAssignment.status == AssignmentStatus.ACTIVE,
        Consultant.id == ConsultantAssignment.consultant_id,
        Consultant.person_id == actor.person_id,
    )
    return number_of(Stage, Stage.status == StageStatus.OPEN, named)


def claims_to_approve(actor: Actor) -> Count:
    theirs = Claim.checked_by.is_distinct_from(actor.person_id)
    first = and_(Claim.status == ClaimStatus.FIRST_APPROVED, Claim.first_approved_by.is_distinct_from(actor.person_id))
    return number_of(Claim, or_(Claim.status == ClaimStatus.CHECKED, first), theirs)


def claims_overdue(level: int) -> Callable[[Actor], Count]:
    """Claims told at this level as overdue for the step that they still wait for."""
    steps = STEP_OF.items()
    waiting = or_(*(and_(Claim.status == status, ClaimEscalation.step == step) for status, step in steps))
    told = exists().where(ClaimEscalation.claim_id == Claim.id, ClaimEscalation.level == level, waiting)
    return lambda actor: number_of(Claim, told)


def claims_to_batch(actor: Actor) -> Count:
    """Approved claims, but of those that two approved only the officer's own: a third must be left to send them."""
    mine = or_(Claim.approved_by == actor.person_id, Claim.first_approved_by == actor.person_id)
    return number_of(Claim, Claim.status == ClaimStatus.APPROVED, or_(~Claim.needs_two, mine))


def batches_to_send(actor: Actor) -> Count:
    """Prepared by somebody else, with nothing in it that the officer approved or asked for."""
    decided = or_(
        Claim.approved_by == actor.person_id,
        Claim.first_approved_by == actor.person_id,
        Refund.requested_by == actor.person_id,
    )
    pending = select(PaymentLine.batch_id).outerjoin(Claim, Claim.id == PaymentLine.claim_id)
    pending = pending.outerjoin(Refund, Refund.id == PaymentLine.refund_id)
    own = pending.where(PaymentLine.status == LineStatus.PENDING, decided)
    others = PaymentBatch.prepared_by != actor.person_id
    return number_of(PaymentBatch, PaymentBatch.status == BatchStatus.PREPARED, others, PaymentBatch.id.not_in(own))


def unmatched_entries(actor: Actor) -> Count:
    return number_of(BankEntry, *UNASSIGNED)


def calls_short_of_scorers(actor: Actor) -> Count:
    return select(func.count()).select_from(vouchers.calls_short_of_scorers().with_only_columns(Call.id).subquery())


def own_scorings(*statuses: str) -> Callable[[Actor], Count]:
    return lambda actor: number_of(Scoring, Scoring.evaluator_id == actor.person_id, Scoring.status.in_(statuses))


def instalments_to_pay(actor: Actor) -> Count:
    ours = exists().where(Receivable.id == Instalment.receivable_id, Receivable.debtor_id == actor.organisation_id)
    return number_of(Instalment, Instalment.status == InstalmentStatus.INVOICED, ours)


def undecided_successes(actor: Actor) -> Count:
    return select(func.count()).select_from(receivables.undecided_successes().subquery())


def debts_to_confirm(actor: Actor) -> Count:
    theirs = [Receivable.status == ReceivableStatus.PROPOSED, Receivable.proposed_by != actor.person_id]
    if actor.role is Role.ETHICS_OFFICER:
        theirs.append(Receivable.kind == ReceivableKind.RECOVERY)
    return number_of(Receivable, *theirs)


def write_offs_to_sign(actor: Actor) -> Count:
    return number_of(WriteOff, WriteOff.status == WriteOffStatus.PROPOSED, WriteOff.proposed_by != actor.person_id)


def own_evaluations(*statuses: str) -> Callable[[Actor], Count]:
    return lambda actor: number_of(
        Assignment, Assignment.evaluator_id == actor.person_id, Assignment.status.in_(statuses)
    )


def memberships(actor: Actor) -> Count:
    return number_of(
        Membership,
        Membership.status == MembershipStatus.PROPOSED,
        Membership.organisation_kind == OrganisationKind.AGENCY,
    )


def faults_in_the_books(actor: Actor) -> Count:
    newest = select(Reconciliation.faults).order_by(Reconciliation.run_at.desc(), Reconciliation.id.desc()).limit(1)
    return select(func.jsonb_array_length(newest.scalar_subquery()))


def dead_tasks(actor: Actor) -> Count:
    return number_of(BackgroundTask, BackgroundTask.status == TaskStatus.DEAD)
