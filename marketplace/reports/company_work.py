"""What a kind of work is, and what waits for the people of a company."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from marketplace.claims.states import RefundWaiting
from marketplace.core.errors import Words
from marketplace.core.i18n import _
from marketplace.engagements.models import Agreement, Engagement
from marketplace.engagements.states import AgreementStatus, AgreementWaiting, WorkWaiting
from marketplace.jobs.models import Job
from marketplace.jobs.states import JobStatus, JobWaiting
from marketplace.receivables.states import ReceivableWaiting
from marketplace.reports import counts
from marketplace.reports.counts import Count
from marketplace.vouchers.models import Application
from marketplace.vouchers.states import ApplicationStatus


@dataclass(frozen=True)
class Work:
    """A kind of work: what to do, where it is listed, and how to count what waits: as many as the list has rows.

    The list is the page with this filter, or the part of the page that bears this anchor.
    """

    text: Words
    endpoint: str
    count: Callable[[], Count]
    filter: Mapping[str, str] = field(default_factory=dict)
    anchor: str | None = None


def waiting(value: str, **others: str) -> dict[str, str]:
    """The filter that every list has for what waits."""
    return {"waiting": value, **others}


TO_HAND_IN = Work(_("Business registration to hand in"), "verification.own", counts.unverified)
TO_REPLY = Work(
    _("Somebody says that your company is theirs: reply"), "verification.own", counts.own_disputes, anchor="dispute"
)

SME: Sequence[Work] = (
    Work(
        _("Applications to finish"),
        "vouchers.applications",
        counts.of_sme(Application, ApplicationStatus.DRAFT),
        {"status": ApplicationStatus.DRAFT},
    ),
    Work(
        _("Offered vouchers to accept or decline"),
        "vouchers.applications",
        counts.of_sme(Application, ApplicationStatus.OFFERED),
        {"status": ApplicationStatus.OFFERED},
    ),
    Work(
        _("Refused certificates to answer"),
        "certificates.certificates",
        counts.certificates_to_answer,
        anchor="to-answer",
    ),
    Work(_("Vouchers without a job yet"), "jobs.jobs", counts.vouchers_without_job, anchor="vouchers"),
    Work(_("Jobs to publish"), "jobs.jobs", counts.of_sme(Job, JobStatus.DRAFT), {"status": JobStatus.DRAFT}),
    Work(
        _("Jobs with questions of consultants to answer"),
        "jobs.jobs",
        counts.own_jobs(JobWaiting.QUESTION),
        waiting(JobWaiting.QUESTION),
    ),
    Work(
        _("Jobs whose bids you can compare now"),
        "jobs.jobs",
        counts.own_jobs(JobWaiting.COMPARISON),
        waiting(JobWaiting.COMPARISON),
    ),
    Work(
        _("Awards without an agreement yet"),
        "engagements.agreements",
        counts.awards_without_agreement,
        anchor="awards",
    ),
    Work(
        _("Agreements to sign"),
        "engagements.agreements",
        counts.agreements(Agreement.organisation_id, AgreementWaiting.COMPANY),
        waiting(AgreementWaiting.COMPANY),
    ),
    Work(
        _("Agreements to redeem your voucher for"),
        "engagements.agreements",
        counts.of_sme(Agreement, AgreementStatus.SIGNED),
        {"status": AgreementStatus.SIGNED},
    ),
    Work(
        _("Own shares to pay"),
        "engagements.agreements",
        counts.agreements(Agreement.organisation_id, AgreementWaiting.SHARE),
        waiting(AgreementWaiting.SHARE),
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
    Work(
        _("Agreements with a change of consultants to decide"),
        "engagements.agreements",
        counts.agreements(Agreement.organisation_id, AgreementWaiting.CONSULTANT),
        waiting(AgreementWaiting.CONSULTANT),
    ),
    Work(
        _("Engagements with sessions to confirm"),
        "engagements.engagements",
        counts.work(Engagement.organisation_id, WorkWaiting.SESSION),
        waiting(WorkWaiting.SESSION),
    ),
    Work(
        _("Engagements with documents to accept or send back"),
        "engagements.engagements",
        counts.work(Engagement.organisation_id, WorkWaiting.DELIVERABLE),
        waiting(WorkWaiting.DELIVERABLE),
    ),
)
