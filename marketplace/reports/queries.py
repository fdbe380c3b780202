"""What waits for whom: for each role, how many things wait for this actor's hand, and where."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from marketplace.core.db import session
from marketplace.core.errors import Words
from marketplace.core.i18n import _
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
from marketplace.ethics.models import Case, Flag
from marketplace.evaluations.models import Assignment, Evaluation, GradeAppeal
from marketplace.jobs.models import Award, Bid, Job, Question
from marketplace.jobs.states import BidStatus, JobStatus
from marketplace.ledger.models import Account
from marketplace.programmes.models import BudgetLine, Call
from marketplace.providers.models import BankAccount, Consultant, Pledge, Provider
from marketplace.providers.states import ConsultantStatus, ProviderStatus
from marketplace.receivables import queries as receivables
from marketplace.receivables.models import Instalment, Receivable, WriteOff
from marketplace.receivables.states import InstalmentStatus, ReceivableKind, ReceivableStatus, WriteOffStatus
from marketplace.reports.models import Reconciliation
from marketplace.vouchers import queries as vouchers
from marketplace.vouchers.models import Application, Scoring, Voucher
from marketplace.vouchers.states import VoucherStatus

Count = Select[int]


@dataclass(frozen=True)
class Work:
    """A kind of work: what to do, the page where it is done, and how to count what waits."""

    text: Words
    endpoint: str
    count: Callable[[Actor], Count]


@dataclass(frozen=True)
class Waiting:
    """Work that waits for this actor now."""

    text: Words
    endpoint: str
    count: int


def waiting_for(actor: Actor) -> list[Waiting]:
    """What waits for this actor's hand, in the order of the story; nothing that is empty. Counted by one statement."""
    works = WORK.get(actor.role, ())
    if not works:
        return []
    counts = session.execute(select(*(work.count(actor).scalar_subquery() for work in works))).one()
    return [Waiting(work.text, work.endpoint, count) for work, count in zip(works, counts, strict=True) if count]


def reconciliations() -> Select[Reconciliation]:
    """Every proof of the books."""
    return select(Reconciliation)


def last_reconciliation() -> Reconciliation | None:
    """The newest proof of the books, if there was one."""
    newest = reconciliations().order_by(Reconciliation.run_at.desc(), Reconciliation.id.desc())
    return session.scalars(newest.limit(1)).one_or_none()


def _of(entity: Any, *conditions: Any) -> Count:
    return select(func.count()).select_from(entity).where(*conditions)


def _ours(entity: Any, *statuses: str) -> Callable[[Actor], Count]:
    """Rows of the actor's SME in one of these statuses."""
    return lambda actor: _of(entity, entity.organisation_id == actor.organisation_id, entity.status.in_(statuses))


def _firms(entity: Any, *statuses: str) -> Callable[[Actor], Count]:
    """Rows of the actor's consulting firm in one of these statuses."""
    return lambda actor: _of(entity, entity.provider_id == actor.organisation_id, entity.status.in_(statuses))


def _all(entity: Any, *statuses: str) -> Callable[[Actor], Count]:
    """Rows of anybody in one of these statuses."""
    return lambda actor: _of(entity, entity.status.in_(statuses))


def _lines_to_return(_actor: Actor) -> Count:
    ending = exists().where(Call.id == BudgetLine.call_id, Call.winding_down_at.is_not(None))
    left = exists().where(Account.budget_line_id == BudgetLine.id, Account.stage == "available", Account.balance > 0)
    return _of(BudgetLine, ending, left)


def _vouchers_without_job(actor: Actor) -> Count:
    under_way = exists().where(Job.voucher_id == Voucher.id, Job.status != JobStatus.WITHDRAWN)
    return _of(
        Voucher, Voucher.organisation_id == actor.organisation_id, Voucher.status == VoucherStatus.ISSUED, ~under_way
    )


def _questions(actor: Actor) -> Count:
    ours = Job.id == Question.job_id, Job.organisation_id == actor.organisation_id, Job.status == JobStatus.PUBLISHED
    return _of(Question, Question.answer.is_(None), exists().where(*ours))


def _bids_to_compare(actor: Actor) -> Count:
    bid = exists().where(Bid.job_id == Job.id, Bid.status == BidStatus.SUBMITTED)
    over = or_(Job.status == JobStatus.CLOSED, and_(Job.status == JobStatus.PUBLISHED, Job.closes_at <= clock.now()))
    return _of(Job, Job.organisation_id == actor.organisation_id, over, bid)


def _awards_without_agreement(actor: Actor) -> Count:
    agreement = exists().where(Agreement.award_id == Award.id, Agreement.status != AgreementStatus.CANCELLED)
    ours = exists().where(Job.id == Award.job_id, Job.organisation_id == actor.organisation_id)
    return _of(Award, ours, ~agreement)


def _agreements_to_sign(actor: Actor) -> Count:
    if actor.role is Role.MANAGER:
        mine = and_(Agreement.provider_id == actor.organisation_id, Agreement.provider_signed_at.is_(None))
    else:
        mine = and_(Agreement.organisation_id == actor.organisation_id, Agreement.sme_signed_at.is_(None))
    return _of(Agreement, Agreement.status == AgreementStatus.DRAFTED, mine)


def _co_payments(actor: Actor) -> Count:
    ours = exists().where(Agreement.id == CoPayment.agreement_id, Agreement.organisation_id == actor.organisation_id)
    return _of(CoPayment, CoPayment.status == CoPaymentStatus.AWAITED, ours)


def _refunds_without_account(actor: Actor) -> Count:
    return _of(Refund, Refund.organisation_id == actor.organisation_id, Refund.account_number == "")


def _engagement(entity: Any, side: Any, actor: Actor, *conditions: Any) -> Any:
    return exists().where(Engagement.id == entity.engagement_id, side == actor.organisation_id, *conditions)


def _sessions_to_confirm(actor: Actor) -> Count:
    ours = _engagement(
        ConsultingSession, Engagement.organisation_id, actor, Engagement.status == EngagementStatus.ACTIVE
    )
    return _of(ConsultingSession, ConsultingSession.status == SessionStatus.RECORDED, ours)


def _deliverables_to_accept(actor: Actor) -> Count:
    ours = _engagement(Deliverable, Engagement.organisation_id, actor, Engagement.status == EngagementStatus.ACTIVE)
    return _of(Deliverable, Deliverable.status == DeliverableStatus.SUBMITTED, ours)


def _changes_of_consultant(actor: Actor) -> Count:
    ours = exists().where(
        Agreement.id == ConsultantAssignment.agreement_id,
        Agreement.organisation_id == actor.organisation_id,
        Agreement.status == AgreementStatus.REDEEMED,
    )
    return _of(ConsultantAssignment, ConsultantAssignment.status == AssignmentStatus.PROPOSED, ours)


def _stages_under_way(actor: Actor) -> Count:
    return _of(Stage, Stage.status == StageStatus.OPEN, _engagement(Stage, Engagement.provider_id, actor))


def _corrections(actor: Actor) -> Count:
    ours = _engagement(Deliverable, Engagement.provider_id, actor, Engagement.status == EngagementStatus.ACTIVE)
    return _of(Deliverable, Deliverable.status == DeliverableStatus.CORRECTION_REQUESTED, ours)


def _stages_to_claim(actor: Actor) -> Count:
    claimed = exists().where(ClaimLine.stage_id == Stage.id, ClaimLine.withdrawn_at.is_(None))
    return _of(Stage, Stage.status == StageStatus.ACCEPTED, _engagement(Stage, Engagement.provider_id, actor), ~claimed)


def _open_jobs(actor: Actor) -> Count:
    ours = exists().where(
        Bid.job_id == Job.id, Bid.provider_id == actor.organisation_id, Bid.status != BidStatus.WITHDRAWN
    )
    approved = exists().where(Provider.id == actor.organisation_id, Provider.status == ProviderStatus.APPROVED)
    return _of(Job, Job.status == JobStatus.PUBLISHED, Job.closes_at > clock.now(), approved, ~ours)


def _consultants_without_pledge(actor: Actor) -> Count:
    signed = exists().where(Pledge.consultant_id == Consultant.id, Pledge.season == clock.today().year)
    return _of(
        Consultant,
        Consultant.provider_id == actor.organisation_id,
        Consultant.status == ConsultantStatus.ACTIVE,
        ~signed,
    )


def _own_pledge(actor: Actor) -> Count:
    signed = exists().where(Pledge.consultant_id == Consultant.id, Pledge.season == clock.today().year)
    return _of(
        Consultant, Consultant.person_id == actor.person_id, Consultant.status == ConsultantStatus.ACTIVE, ~signed
    )


def _own_stages(actor: Actor) -> Count:
    named = exists().where(
        Engagement.id == Stage.engagement_id,
        ConsultantAssignment.agreement_id == Engagement.agreement_id,
        ConsultantAssignment.status == AssignmentStatus.ACTIVE,
        Consultant.id == ConsultantAssignment.consultant_id,
        Consultant.person_id == actor.person_id,
    )
    return _of(Stage, Stage.status == StageStatus.OPEN, named)


def _claims_to_approve(actor: Actor) -> Count:
    theirs = Claim.checked_by.is_distinct_from(actor.person_id)
    first = and_(Claim.status == ClaimStatus.FIRST_APPROVED, Claim.first_approved_by.is_distinct_from(actor.person_id))
    return _of(Claim, or_(Claim.status == ClaimStatus.CHECKED, first), theirs)


def _claims_overdue(level: int) -> Callable[[Actor], Count]:
    """Claims told at this level as overdue for the step that they still wait for."""
    steps = STEP_OF.items()
    waiting = or_(*(and_(Claim.status == status, ClaimEscalation.step == step) for status, step in steps))
    told = exists().where(ClaimEscalation.claim_id == Claim.id, ClaimEscalation.level == level, waiting)
    return lambda actor: _of(Claim, told)


def _claims_to_batch(actor: Actor) -> Count:
    """Approved claims, but of those that two approved only the officer's own: a third must be left to send them."""
    mine = or_(Claim.approved_by == actor.person_id, Claim.first_approved_by == actor.person_id)
    return _of(Claim, Claim.status == ClaimStatus.APPROVED, or_(~Claim.needs_two, mine))


def _batches_to_send(actor: Actor) -> Count:
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
    return _of(PaymentBatch, PaymentBatch.status == BatchStatus.PREPARED, others, PaymentBatch.id.not_in(own))


def _unmatched_entries(actor: Actor) -> Count:
    return _of(BankEntry, *UNASSIGNED)


def _calls_short_of_scorers(actor: Actor) -> Count:
    return select(func.count()).select_from(vouchers.calls_short_of_scorers().with_only_columns(Call.id).subquery())


def _own_scorings(*statuses: str) -> Callable[[Actor], Count]:
    return lambda actor: _of(Scoring, Scoring.evaluator_id == actor.person_id, Scoring.status.in_(statuses))


def _instalments_to_pay(actor: Actor) -> Count:
    ours = exists().where(Receivable.id == Instalment.receivable_id, Receivable.debtor_id == actor.organisation_id)
    return _of(Instalment, Instalment.status == InstalmentStatus.INVOICED, ours)


def _undecided_successes(actor: Actor) -> Count:
    return select(func.count()).select_from(receivables.undecided_successes().subquery())


def _debts_to_confirm(actor: Actor) -> Count:
    theirs = [Receivable.status == ReceivableStatus.PROPOSED, Receivable.proposed_by != actor.person_id]
    if actor.role is Role.ETHICS_OFFICER:
        theirs.append(Receivable.kind == ReceivableKind.RECOVERY)
    return _of(Receivable, *theirs)


def _write_offs_to_sign(actor: Actor) -> Count:
    return _of(WriteOff, WriteOff.status == WriteOffStatus.PROPOSED, WriteOff.proposed_by != actor.person_id)


def _own_evaluations(*statuses: str) -> Callable[[Actor], Count]:
    return lambda actor: _of(Assignment, Assignment.evaluator_id == actor.person_id, Assignment.status.in_(statuses))


def _memberships(actor: Actor) -> Count:
    return _of(
        Membership,
        Membership.status == MembershipStatus.PROPOSED,
        Membership.organisation_kind == OrganisationKind.AGENCY,
    )


def _faults_in_the_books(actor: Actor) -> Count:
    newest = select(Reconciliation.faults).order_by(Reconciliation.run_at.desc(), Reconciliation.id.desc()).limit(1)
    return select(func.jsonb_array_length(newest.scalar_subquery()))


def _dead_tasks(actor: Actor) -> Count:
    return _of(BackgroundTask, BackgroundTask.status == TaskStatus.DEAD)


SME: Sequence[Work] = (
    Work(_("Applications to finish"), "vouchers.applications", _ours(Application, "draft")),
    Work(_("Offered vouchers to accept or decline"), "vouchers.applications", _ours(Application, "offered")),
    Work(_("Vouchers without a job yet"), "vouchers.vouchers", _vouchers_without_job),
    Work(_("Jobs to publish"), "jobs.jobs", _ours(Job, "draft")),
    Work(_("Questions of consultants to answer"), "jobs.jobs", _questions),
    Work(_("Jobs whose bids you can compare now"), "jobs.jobs", _bids_to_compare),
    Work(_("Awards without an agreement yet"), "engagements.agreements", _awards_without_agreement),
    Work(_("Agreements to sign"), "engagements.agreements", _agreements_to_sign),
    Work(_("Agreements to redeem your voucher for"), "engagements.agreements", _ours(Agreement, "signed")),
    Work(_("Own shares to pay"), "engagements.agreements", _co_payments),
    Work(_("Refunds that need an account of yours"), "claims.refunds", _refunds_without_account),
    Work(_("Instalments to pay"), "receivables.receivables", _instalments_to_pay),
    Work(_("Changes of consultants to approve"), "engagements.engagements", _changes_of_consultant),
    Work(_("Sessions to confirm"), "engagements.engagements", _sessions_to_confirm),
    Work(_("Deliverables to accept or send back"), "engagements.engagements", _deliverables_to_accept),
)

WORK: dict[Role, Sequence[Work]] = {
    Role.SIGNATORY: SME,
    Role.PREPARER: SME,
    Role.HELPER: SME[:1],
    Role.MANAGER: (
        Work(
            _("Consultants who have not signed this season's code of ethics"),
            "providers.registration",
            _consultants_without_pledge,
        ),
        Work(_("Open jobs you have not bid for"), "jobs.open_jobs", _open_jobs),
        Work(_("Agreements to sign"), "engagements.agreements", _agreements_to_sign),
        Work(_("Stages under way"), "engagements.engagements", _stages_under_way),
        Work(_("Deliverables to correct"), "engagements.engagements", _corrections),
        Work(_("Accepted stages to claim"), "claims.claims", _stages_to_claim),
        Work(_("Claims returned with questions"), "claims.claims", _firms(Claim, "returned")),
        Work(_("Cases waiting for your reply"), "ethics.my_cases", _firms(Case, "awaiting_reply")),
        Work(_("Refunds that need an account of yours"), "claims.refunds", _refunds_without_account),
        Work(_("Instalments to pay"), "receivables.receivables", _instalments_to_pay),
    ),
    Role.CONSULTANT: (
        Work(_("Code of ethics to sign for this season"), "providers.profile", _own_pledge),
        Work(_("Stages under way"), "engagements.engagements", _own_stages),
    ),
    Role.PROGRAMME_OFFICER: (
        Work(_("Calls to complete and publish"), "programmes.programme_list", _all(Call, "draft")),
        Work(_("Calls whose intake is paused at the ceiling"), "programmes.programme_list", _all(Call, "paused")),
        Work(_("Applications to decide"), "vouchers.received_applications", _all(Application, "in_review")),
        Work(_("Calls that wait for evaluators"), "vouchers.scorers_missing", _calls_short_of_scorers),
        Work(_("Registrations of providers to decide"), "providers.registrations", _all(Provider, "applied")),
        Work(_("Claims to check"), "claims.claims", _all(Claim, "submitted")),
        Work(_("Finished work whose success is to be judged"), "receivables.successes", _undecided_successes),
        Work(_("Claims overdue"), "claims.ageing", _claims_overdue(1)),
    ),
    Role.BUDGET_OFFICER: (
        Work(_("Budget lines to appropriate"), "programmes.budget_line_list", _all(BudgetLine, "proposed")),
        Work(_("Unspent money to return to its funder"), "programmes.budget_line_list", _lines_to_return),
        Work(_("Bank accounts to approve"), "providers.bank_accounts", _all(BankAccount, "proposed")),
        Work(_("Claims to approve"), "claims.claims", _claims_to_approve),
        Work(_("Claims overdue"), "claims.ageing", _claims_overdue(1)),
        Work(_("Approved claims waiting for a payment batch"), "claims.payment_batches", _claims_to_batch),
        Work(_("Refunds waiting for a payment batch"), "claims.payment_batches", _all(Refund, "awaiting")),
        Work(_("Payment batches to send"), "claims.payment_batches", _batches_to_send),
        Work(_("Bank entries that match nothing"), "claims.bank_imports", _unmatched_entries),
        Work(_("Repayments and recoveries to confirm"), "receivables.receivables", _debts_to_confirm),
        Work(_("Write-offs to sign"), "receivables.receivables", _write_offs_to_sign),
    ),
    Role.EVALUATOR: (
        Work(_("Conflict declarations to give"), "evaluations.evaluation_list", _own_evaluations("assigned")),
        Work(_("Evaluations to write"), "evaluations.evaluation_list", _own_evaluations("accepted")),
        Work(_("Applications to score"), "vouchers.scoring_list", _own_scorings("assigned", "accepted")),
    ),
    Role.ETHICS_OFFICER: (
        Work(_("Flags to look at"), "ethics.flag_list", _all(Flag, "raised")),
        Work(_("Cases to decide"), "ethics.case_list", _all(Case, "replied", "unanswered")),
        Work(_("Appeals to decide"), "ethics.case_list", _all(Case, "appealed")),
        Work(_("Recoveries to confirm"), "receivables.receivables", _debts_to_confirm),
    ),
    Role.ADMINISTRATOR: (
        Work(_("Figures in the books that nothing explains"), "reports.books", _faults_in_the_books),
        Work(_("Roles to approve"), "accounts.people", _memberships),
        Work(_("Evaluations to review"), "evaluations.evaluation_list", _all(Evaluation, "submitted")),
        Work(_("Appeals against grades to decide"), "evaluations.evaluation_list", _all(GradeAppeal, "open")),
        Work(_("Claims overdue for several days"), "claims.ageing", _claims_overdue(2)),
        Work(_("Background tasks that failed"), "accounts.background_tasks", _dead_tasks),
    ),
    Role.AUDITOR: (Work(_("Figures in the books that nothing explains"), "reports.books", _faults_in_the_books),),
}
