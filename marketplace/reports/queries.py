"""What waits for whom, for each role and where, and the daily proofs of the books."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from sqlalchemy import Select, select

from marketplace.claims.models import Claim, Refund
from marketplace.claims.states import BatchStatus, ClaimStatus, RefundStatus
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import Words
from marketplace.core.i18n import _
from marketplace.engagements.models import Agreement
from marketplace.engagements.states import AgreementStatus, EngagementStatus
from marketplace.ethics.models import Case, Flag
from marketplace.ethics.states import CaseStatus, FlagStatus
from marketplace.evaluations.models import Evaluation, GradeAppeal
from marketplace.evaluations.states import AppealStatus, AssignmentStatus, EvaluationStatus
from marketplace.jobs.models import Job
from marketplace.jobs.states import JobStatus
from marketplace.programmes.models import BudgetLine, Call
from marketplace.programmes.states import BudgetLineStatus, CallStatus
from marketplace.providers.models import BankAccount, Provider
from marketplace.providers.states import BankAccountStatus, ProviderStatus
from marketplace.receivables.states import ReceivableKind, ReceivableStatus
from marketplace.reports import counts
from marketplace.reports.counts import Count
from marketplace.reports.models import Reconciliation
from marketplace.vouchers.models import Application
from marketplace.vouchers.states import ApplicationStatus, ScoringStatus


@dataclass(frozen=True)
class Work:
    """A kind of work: what to do, the page where it is done and its filter, and how to count what waits."""

    text: Words
    endpoint: str
    count: Callable[[], Count]
    filter: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Waiting:
    """Work that waits for this actor now."""

    text: Words
    endpoint: str
    count: int
    filter: Mapping[str, str]


def waiting_for(actor: Actor) -> list[Waiting]:
    """What waits for this actor's hand, in the order of the story; nothing that is empty. Counted by one statement."""
    if actor.role not in WORK:
        return []
    numbers = db.session.execute(_numbers(actor.role), counts.parameters(actor)).one()
    return [
        Waiting(work.text, work.endpoint, number, work.filter)
        for work, number in zip(WORK[actor.role], numbers, strict=True)
        if number
    ]


@cache
def _numbers(role: Role) -> Select[*tuple[int, ...]]:
    """One statement for all counts of a role; built once, since putting it together costs more than running it."""
    return select(*(work.count().scalar_subquery() for work in WORK[role]))


def reconciliations() -> Select[Reconciliation]:
    """Every proof of the books."""
    return select(Reconciliation)


def last_reconciliation() -> Reconciliation | None:
    """The newest proof of the books, if there was one."""
    newest = reconciliations().order_by(Reconciliation.run_at.desc(), Reconciliation.id.desc())
    return db.session.scalars(newest.limit(1)).one_or_none()


SME: Sequence[Work] = (
    Work(_("Applications to finish"), "vouchers.applications", counts.of_sme(Application, ApplicationStatus.DRAFT)),
    Work(
        _("Offered vouchers to accept or decline"),
        "vouchers.applications",
        counts.of_sme(Application, ApplicationStatus.OFFERED),
    ),
    Work(_("Vouchers without a job yet"), "vouchers.vouchers", counts.vouchers_without_job),
    Work(_("Jobs to publish"), "jobs.jobs", counts.of_sme(Job, JobStatus.DRAFT), filter={"status": JobStatus.DRAFT}),
    Work(
        _("Questions of consultants to answer"), "jobs.jobs", counts.questions, filter={"status": JobStatus.PUBLISHED}
    ),
    Work(_("Jobs whose bids you can compare now"), "jobs.jobs", counts.bids_to_compare),
    Work(_("Awards without an agreement yet"), "engagements.agreements", counts.awards_without_agreement),
    Work(
        _("Agreements to sign"),
        "engagements.agreements",
        counts.agreements_to_sign(Agreement.organisation_id, Agreement.sme_signed_at),
        filter={"status": AgreementStatus.DRAFTED},
    ),
    Work(
        _("Agreements to redeem your voucher for"),
        "engagements.agreements",
        counts.of_sme(Agreement, AgreementStatus.SIGNED),
        filter={"status": AgreementStatus.SIGNED},
    ),
    Work(
        _("Own shares to pay"),
        "engagements.agreements",
        counts.co_payments,
        filter={"status": AgreementStatus.REDEEMED},
    ),
    Work(_("Refunds that need an account of yours"), "claims.refunds", counts.refunds_without_account),
    Work(_("Instalments to pay"), "receivables.receivables", counts.instalments_to_pay),
    Work(
        _("Changes of consultants to approve"),
        "engagements.engagements",
        counts.changes_of_consultant,
        filter={"status": EngagementStatus.ACTIVE},
    ),
    Work(
        _("Sessions to confirm"),
        "engagements.engagements",
        counts.sessions_to_confirm,
        filter={"status": EngagementStatus.ACTIVE},
    ),
    Work(
        _("Deliverables to accept or send back"),
        "engagements.engagements",
        counts.deliverables_to_accept,
        filter={"status": EngagementStatus.ACTIVE},
    ),
)

WORK: dict[Role, Sequence[Work]] = {
    Role.SIGNATORY: SME,
    Role.PREPARER: SME,
    Role.HELPER: SME[:1],
    Role.MANAGER: (
        Work(
            _("Consultants who have not signed this season's code of ethics"),
            "providers.registration",
            counts.consultants_without_pledge,
        ),
        Work(_("Code of ethics to sign for this season"), "providers.profile", counts.own_pledge),
        Work(_("Open jobs you have not bid for"), "jobs.open_jobs", counts.open_jobs),
        Work(
            _("Agreements to sign"),
            "engagements.agreements",
            counts.agreements_to_sign(Agreement.provider_id, Agreement.provider_signed_at),
            filter={"status": AgreementStatus.DRAFTED},
        ),
        Work(
            _("Stages under way"),
            "engagements.engagements",
            counts.stages_under_way,
            filter={"status": EngagementStatus.ACTIVE},
        ),
        Work(
            _("Deliverables to correct"),
            "engagements.engagements",
            counts.corrections,
            filter={"status": EngagementStatus.ACTIVE},
        ),
        Work(_("Accepted stages to claim"), "claims.claims", counts.stages_to_claim),
        Work(
            _("Claims returned with questions"),
            "claims.claims",
            counts.of_firm(Claim, ClaimStatus.RETURNED),
            filter={"status": ClaimStatus.RETURNED},
        ),
        Work(_("Cases waiting for your reply"), "ethics.my_cases", counts.of_firm(Case, CaseStatus.AWAITING_REPLY)),
        Work(_("Refunds that need an account of yours"), "claims.refunds", counts.refunds_without_account),
        Work(_("Instalments to pay"), "receivables.receivables", counts.instalments_to_pay),
    ),
    Role.CONSULTANT: (
        Work(_("Code of ethics to sign for this season"), "providers.profile", counts.own_pledge),
        Work(_("Stages under way"), "engagements.engagements", counts.own_stages),
    ),
    Role.PROGRAMME_OFFICER: (
        Work(
            _("Calls to complete and publish"), "programmes.programme_list", counts.of_anybody(Call, CallStatus.DRAFT)
        ),
        Work(
            _("Calls whose intake is paused at the ceiling"),
            "programmes.programme_list",
            counts.of_anybody(Call, CallStatus.PAUSED),
        ),
        Work(
            _("Applications to decide"),
            "vouchers.received_applications",
            counts.of_anybody(Application, ApplicationStatus.IN_REVIEW),
            filter={"status": ApplicationStatus.IN_REVIEW},
        ),
        Work(_("Calls that wait for evaluators"), "vouchers.scorers_missing", counts.calls_short_of_scorers),
        Work(
            _("Registrations of providers to decide"),
            "providers.registrations",
            counts.of_anybody(Provider, ProviderStatus.APPLIED),
            filter={"status": ProviderStatus.APPLIED},
        ),
        Work(
            _("Claims to check"),
            "claims.claims",
            counts.of_anybody(Claim, ClaimStatus.SUBMITTED),
            filter={"status": ClaimStatus.SUBMITTED},
        ),
        Work(_("Finished work whose success is to be judged"), "receivables.successes", counts.undecided_successes),
        Work(_("Claims overdue"), "claims.ageing", counts.claims_overdue(1)),
    ),
    Role.BUDGET_OFFICER: (
        Work(
            _("Budget lines to appropriate"),
            "programmes.budget_line_list",
            counts.of_anybody(BudgetLine, BudgetLineStatus.PROPOSED),
        ),
        Work(_("Unspent money to return to its funder"), "programmes.budget_line_list", counts.lines_to_return),
        Work(
            _("Bank accounts to approve"),
            "providers.bank_accounts",
            counts.of_anybody(BankAccount, BankAccountStatus.PROPOSED),
        ),
        Work(_("Claims to approve"), "claims.claims", counts.claims_to_approve),
        Work(_("Claims overdue"), "claims.ageing", counts.claims_overdue(1)),
        Work(_("Approved claims waiting for a payment batch"), "claims.payment_batches", counts.claims_to_batch),
        Work(
            _("Refunds waiting for a payment batch"),
            "claims.payment_batches",
            counts.of_anybody(Refund, RefundStatus.AWAITING),
        ),
        Work(
            _("Payment batches to send"),
            "claims.payment_batches",
            counts.batches_to_send,
            filter={"status": BatchStatus.PREPARED},
        ),
        Work(_("Bank entries that match nothing"), "claims.bank_imports", counts.unmatched_entries),
        Work(
            _("Repayments and recoveries to confirm"),
            "receivables.receivables",
            counts.debts_to_confirm(*ReceivableKind),
            filter={"status": ReceivableStatus.PROPOSED},
        ),
        Work(_("Write-offs to sign"), "receivables.receivables", counts.write_offs_to_sign),
    ),
    Role.EVALUATOR: (
        Work(
            _("Conflict declarations to give"),
            "evaluations.evaluation_list",
            counts.own_evaluations(AssignmentStatus.ASSIGNED),
        ),
        Work(
            _("Evaluations to write"), "evaluations.evaluation_list", counts.own_evaluations(AssignmentStatus.ACCEPTED)
        ),
        Work(
            _("Applications to score"),
            "vouchers.scoring_list",
            counts.own_scorings(ScoringStatus.ASSIGNED, ScoringStatus.ACCEPTED),
        ),
    ),
    Role.ETHICS_OFFICER: (
        Work(
            _("Flags to look at"),
            "ethics.flag_list",
            counts.of_anybody(Flag, FlagStatus.RAISED),
            filter={"status": FlagStatus.RAISED},
        ),
        Work(
            _("Cases to decide"), "ethics.case_list", counts.of_anybody(Case, CaseStatus.REPLIED, CaseStatus.UNANSWERED)
        ),
        Work(
            _("Appeals to decide"),
            "ethics.case_list",
            counts.of_anybody(Case, CaseStatus.APPEALED),
            filter={"status": CaseStatus.APPEALED},
        ),
        Work(
            _("Recoveries to confirm"),
            "receivables.receivables",
            counts.debts_to_confirm(ReceivableKind.RECOVERY),
            filter={"status": ReceivableStatus.PROPOSED, "kind": ReceivableKind.RECOVERY},
        ),
    ),
    Role.ADMINISTRATOR: (
        Work(_("Figures in the books that nothing explains"), "reports.books", counts.faults_in_the_books),
        Work(_("Roles to approve"), "accounts.people", counts.memberships),
        Work(
            _("Evaluations to review"),
            "evaluations.evaluation_list",
            counts.of_anybody(Evaluation, EvaluationStatus.SUBMITTED),
            filter={"status": EvaluationStatus.SUBMITTED},
        ),
        Work(
            _("Appeals against grades to decide"),
            "evaluations.evaluation_list",
            counts.of_anybody(GradeAppeal, AppealStatus.OPEN),
        ),
        Work(_("Claims overdue for several days"), "claims.ageing", counts.claims_overdue(2)),
        Work(_("Background tasks that failed"), "accounts.background_tasks", counts.dead_tasks),
    ),
    Role.AUDITOR: (Work(_("Figures in the books that nothing explains"), "reports.books", counts.faults_in_the_books),),
}
