"""What each role has to do: the words, the list where it is done, and how to count it."""

from collections.abc import Sequence

from marketplace.agency.models import AgencyAccount, AgencyProfile, FunderEdition
from marketplace.certificates.models import Certificate
from marketplace.certificates.states import CertificateStatus
from marketplace.claims.models import Claim, Refund
from marketplace.claims.states import BatchWaiting, ClaimStatus, ClaimWaiting, Overdue, RefundStatus, RefundWaiting
from marketplace.core.actors import Role
from marketplace.core.i18n import _
from marketplace.core.task_queue import TaskStatus
from marketplace.engagements.models import Agreement, Engagement
from marketplace.engagements.states import AgreementWaiting, WorkWaiting
from marketplace.ethics.models import Case, Flag
from marketplace.ethics.states import CaseStatus, CaseWaiting, FlagStatus
from marketplace.evaluations.models import Evaluation
from marketplace.evaluations.states import EvaluationStatus, EvaluationWaiting
from marketplace.jobs.states import OpenJobWaiting
from marketplace.programmes.models import BudgetLine, Call
from marketplace.programmes.states import BudgetLineStatus, CallStatus
from marketplace.providers.models import Provider
from marketplace.providers.states import ProviderStatus
from marketplace.receivables.states import ReceivableKind, ReceivableWaiting
from marketplace.reports import counts
from marketplace.reports.company_work import SME, TO_HAND_IN, TO_REPLY, Work, waiting
from marketplace.verification.models import Dispute, Verification
from marketplace.verification.states import DisputeStatus, VerificationStatus
from marketplace.vouchers.models import Application
from marketplace.vouchers.states import ApplicationStatus

WORK: dict[Role, Sequence[Work]] = {
    Role.SIGNATORY: (TO_HAND_IN, TO_REPLY, *SME),
    Role.PREPARER: SME,
    Role.HELPER: SME[:1],
    Role.MANAGER: (
        TO_HAND_IN,
        TO_REPLY,
        Work(
            _("Consultants who have not signed this season's code of ethics"),
            "providers.registration",
            counts.consultants_without_pledge,
            anchor="without-pledge",
        ),
        Work(_("Code of ethics to sign for this season"), "providers.profile", counts.own_pledge),
        Work(_("Open jobs you have not bid for"), "jobs.open_jobs", counts.open_jobs, waiting(OpenJobWaiting.BID)),
        Work(
            _("Agreements to sign"),
            "engagements.agreements",
            counts.agreements(Agreement.provider_id, AgreementWaiting.PROVIDER),
            waiting(AgreementWaiting.PROVIDER),
        ),
        Work(
            _("Stages under way"),
            "engagements.engagements",
            counts.work(Engagement.provider_id, WorkWaiting.STAGE),
            waiting(WorkWaiting.STAGE),
        ),
        Work(
            _("Engagements with documents to correct"),
            "engagements.engagements",
            counts.work(Engagement.provider_id, WorkWaiting.CORRECTION),
            waiting(WorkWaiting.CORRECTION),
        ),
        Work(
            _("Engagements with accepted stages to claim"),
            "claims.claims",
            counts.engagements_to_claim,
            anchor="to-claim",
        ),
        Work(
            _("Claims returned with questions"),
            "claims.claims",
            counts.of_firm(Claim, ClaimStatus.RETURNED),
            {"status": ClaimStatus.RETURNED},
        ),
        Work(
            _("Cases waiting for your reply"),
            "ethics.my_cases",
            counts.of_firm(Case, CaseStatus.AWAITING_REPLY),
            {"status": CaseStatus.AWAITING_REPLY},
        ),
        Work(
            _("Refunds that need an account of yours"),
            "claims.refunds",
            counts.refunds_without_account,
            waiting(RefundWaiting.ACCOUNT),
        ),
        Work(
            _("Debts with an instalment to pay"),
            "receivables.receivables",
            counts.own_debts(ReceivableWaiting.PAYMENT),
            waiting(ReceivableWaiting.PAYMENT),
        ),
    ),
    Role.CONSULTANT: (
        Work(_("Code of ethics to sign for this season"), "providers.profile", counts.own_pledge),
        Work(
            _("Stages under way"),
            "engagements.engagements",
            counts.work(Engagement.provider_id, WorkWaiting.OWN_STAGE),
            waiting(WorkWaiting.OWN_STAGE),
        ),
    ),
    Role.PROGRAMME_OFFICER: (
        Work(
            _("Calls to complete and publish"),
            "programmes.programme_list",
            counts.of_anybody(Call, CallStatus.DRAFT),
            anchor="drafts",
        ),
        Work(
            _("Calls whose intake is paused at the ceiling"),
            "programmes.programme_list",
            counts.of_anybody(Call, CallStatus.PAUSED),
            anchor="paused",
        ),
        Work(
            _("Applications to decide"),
            "vouchers.received_applications",
            counts.of_anybody(Application, ApplicationStatus.IN_REVIEW),
            {"status": ApplicationStatus.IN_REVIEW},
        ),
        Work(
            _("Companies and firms to verify"),
            "verification.queue",
            counts.of_anybody(Verification, VerificationStatus.WAITING),
            {"status": VerificationStatus.WAITING},
        ),
        Work(
            _("Disputes about companies to decide"),
            "verification.disputes",
            counts.of_anybody(Dispute, DisputeStatus.OPEN),
            {"status": DisputeStatus.OPEN},
        ),
        Work(
            _("Certificates to verify"),
            "certificates.queue",
            counts.of_anybody(Certificate, CertificateStatus.CLAIMED),
            {"status": CertificateStatus.CLAIMED},
        ),
        Work(
            _("Calls that wait for evaluators"),
            "vouchers.scorers_missing",
            counts.calls_short_of_scorers,
            anchor="calls",
        ),
        Work(
            _("Registrations of firms to decide"),
            "providers.registrations",
            counts.of_anybody(Provider, ProviderStatus.APPLIED),
            {"status": ProviderStatus.APPLIED},
        ),
        Work(
            _("Claims to check"),
            "claims.claims",
            counts.of_anybody(Claim, ClaimStatus.SUBMITTED),
            {"status": ClaimStatus.SUBMITTED},
        ),
        Work(_("Finished work whose success is to be judged"), "receivables.successes", counts.undecided_successes),
        Work(
            _("Claims overdue"), "claims.ageing", counts.claims_overdue(Overdue.ONE_DAY), {"overdue": Overdue.ONE_DAY}
        ),
    ),
    Role.BUDGET_OFFICER: (
        Work(
            _("Budget lines to appropriate"),
            "programmes.budget_line_list",
            counts.of_anybody(BudgetLine, BudgetLineStatus.PROPOSED),
            anchor="proposed",
        ),
        Work(
            _("Unspent money to return to its funder"),
            "programmes.budget_line_list",
            counts.lines_to_return,
            anchor="unspent",
        ),
        Work(
            _("Bank accounts to approve"), "providers.bank_accounts", counts.bank_accounts_to_approve, anchor="accounts"
        ),
        Work(_("Agency account to confirm"), "agency.overview", counts.editions(AgencyAccount), anchor="account"),
        Work(_("Funders to confirm"), "agency.funder_list", counts.editions(FunderEdition), anchor="proposed"),
        Work(
            _("Claims to approve"),
            "claims.claims",
            counts.claims_waiting(ClaimWaiting.APPROVAL),
            waiting(ClaimWaiting.APPROVAL),
        ),
        Work(
            _("Claims overdue"), "claims.ageing", counts.claims_overdue(Overdue.ONE_DAY), {"overdue": Overdue.ONE_DAY}
        ),
        Work(
            _("Approved claims waiting for a payment batch"),
            "claims.claims",
            counts.claims_waiting(ClaimWaiting.BATCH),
            waiting(ClaimWaiting.BATCH),
        ),
        Work(
            _("Refunds waiting for a payment batch"),
            "claims.refunds",
            counts.of_anybody(Refund, RefundStatus.AWAITING),
            {"status": RefundStatus.AWAITING},
        ),
        Work(
            _("Payment batches to send"),
            "claims.payment_batches",
            counts.batches_to_send,
            waiting(BatchWaiting.SENDING),
        ),
        Work(_("Bank entries that match nothing"), "claims.bank_entries", counts.unmatched_entries, anchor="unmatched"),
        Work(
            _("Repayments and recoveries to confirm"),
            "receivables.receivables",
            counts.debts(ReceivableWaiting.CONFIRMATION, *ReceivableKind),
            waiting(ReceivableWaiting.CONFIRMATION),
        ),
        Work(
            _("Write-offs to sign"),
            "receivables.receivables",
            counts.debts(ReceivableWaiting.WRITE_OFF, *ReceivableKind),
            waiting(ReceivableWaiting.WRITE_OFF),
        ),
    ),
    Role.EVALUATOR: (
        Work(
            _("Conflict declarations to give"),
            "evaluations.evaluation_list",
            counts.own_evaluations(EvaluationWaiting.DECLARATION),
            waiting(EvaluationWaiting.DECLARATION),
        ),
        Work(
            _("Evaluations to write"),
            "evaluations.evaluation_list",
            counts.own_evaluations(EvaluationWaiting.SCORES),
            waiting(EvaluationWaiting.SCORES),
        ),
        Work(_("Applications to score"), "vouchers.scoring_list", counts.own_scorings, waiting("score")),
    ),
    Role.ETHICS_OFFICER: (
        Work(
            _("Flags to look at"),
            "ethics.flag_list",
            counts.of_anybody(Flag, FlagStatus.RAISED),
            {"status": FlagStatus.RAISED},
        ),
        Work(_("Cases to decide"), "ethics.case_list", counts.cases_to_decide, waiting(CaseWaiting.DECISION)),
        Work(
            _("Appeals to decide"),
            "ethics.case_list",
            counts.of_anybody(Case, CaseStatus.APPEALED),
            {"status": CaseStatus.APPEALED},
        ),
        Work(
            _("Recoveries to confirm"),
            "receivables.receivables",
            counts.debts(ReceivableWaiting.CONFIRMATION, ReceivableKind.RECOVERY),
            waiting(ReceivableWaiting.CONFIRMATION, kind=ReceivableKind.RECOVERY),
        ),
    ),
    Role.ADMINISTRATOR: (
        Work(
            _("Figures in the books that nothing explains"),
            "reports.books",
            counts.faults_in_the_books,
            anchor="faults",
        ),
        Work(_("Roles to approve"), "accounts.people", counts.memberships, anchor="proposed"),
        Work(
            _("Transfers of companies to confirm"),
            "verification.disputes",
            counts.of_anybody(Dispute, DisputeStatus.PROPOSED),
            {"status": DisputeStatus.PROPOSED},
        ),
        Work(_("Agency details to confirm"), "agency.overview", counts.editions(AgencyProfile), anchor="profile"),
        Work(
            _("Evaluations to review"),
            "evaluations.evaluation_list",
            counts.of_anybody(Evaluation, EvaluationStatus.SUBMITTED),
            {"status": EvaluationStatus.SUBMITTED},
        ),
        Work(
            _("Appeals against grades to decide"),
            "evaluations.evaluation_list",
            counts.of_anybody(Evaluation, EvaluationStatus.APPEALED),
            {"status": EvaluationStatus.APPEALED},
        ),
        Work(
            _("Claims overdue for several days"),
            "claims.ageing",
            counts.claims_overdue(Overdue.SEVERAL_DAYS),
            {"overdue": Overdue.SEVERAL_DAYS},
        ),
        Work(
            _("Background tasks that failed"),
            "accounts.background_tasks",
            counts.dead_tasks,
            {"status": TaskStatus.DEAD},
        ),
    ),
    Role.AUDITOR: (
        Work(
            _("Figures in the books that nothing explains"),
            "reports.books",
            counts.faults_in_the_books,
            anchor="faults",
        ),
    ),
}
