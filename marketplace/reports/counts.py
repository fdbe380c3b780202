"""How many things wait for an actor: one select of a number for each kind of work.

A select knows its actor only as parameters, so that it can be built once for everybody.
"""

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import DateTime, Integer, Select, Uuid, bindparam, exists, func, or_, select

from marketplace.accounts.models import Membership, Organisation
from marketplace.accounts.states import MembershipStatus, OrganisationKind
from marketplace.agency.models import Edition
from marketplace.agency.states import EditionStatus
from marketplace.certificates.models import Certificate
from marketplace.certificates.states import CertificateStatus
from marketplace.claims import queries as claims
from marketplace.claims.models import BankEntry, Claim, ClaimLine, PaymentBatch, Refund
from marketplace.claims.queries import UNASSIGNED
from marketplace.claims.states import ClaimWaiting, Overdue
from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.task_queue import BackgroundTask, TaskStatus
from marketplace.engagements import queries as engagements
from marketplace.engagements.models import Agreement, Engagement, Stage
from marketplace.engagements.states import AgreementStatus, AgreementWaiting, StageStatus, WorkWaiting
from marketplace.ethics import queries as ethics
from marketplace.ethics.models import Case
from marketplace.evaluations import queries as evaluations
from marketplace.evaluations.models import Evaluation
from marketplace.evaluations.states import EvaluationWaiting
from marketplace.jobs import queries as jobs
from marketplace.jobs.models import Award, Job
from marketplace.jobs.states import JobWaiting
from marketplace.ledger import chart
from marketplace.ledger.models import Account
from marketplace.programmes.models import BudgetLine, Call
from marketplace.providers.models import BankAccount, Consultant, Pledge, Provider
from marketplace.providers.states import BankAccountStatus, ConsultantStatus, ProviderStatus
from marketplace.receivables import queries as receivables
from marketplace.receivables.models import Receivable
from marketplace.receivables.states import ReceivableKind, ReceivableWaiting
from marketplace.reports.models import Reconciliation
from marketplace.verification.models import Dispute, Verification
from marketplace.verification.states import DisputeStatus, VerificationStatus
from marketplace.vouchers import queries as vouchers
from marketplace.vouchers.models import Scoring, Voucher

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


def unverified() -> Count:
    """1 while the actor's company is not verified and has handed in nothing that waits."""
    known = exists().where(
        Verification.organisation_id == Organisation.id,
        among(Verification, (VerificationStatus.WAITING, VerificationStatus.CONFIRMED)),
    )
    return number_of(Organisation, Organisation.id == ORGANISATION, ~known)


def own_disputes() -> Count:
    """Disputes about the actor's company that wait for a reply."""
    unheard = Dispute.status == DisputeStatus.OPEN, Dispute.reply.is_(None), Dispute.reply_by >= db.today()
    return number_of(Dispute, Dispute.organisation_id == ORGANISATION, *unheard)


def certificates_to_answer() -> Count:
    refused = Certificate.status == CertificateStatus.REFUSED, Certificate.answer_by >= db.today()
    return number_of(Certificate, Certificate.organisation_id == ORGANISATION, *refused)


def vouchers_without_job() -> Count:
    return number_of(Voucher, Voucher.organisation_id == ORGANISATION, jobs.without_job())


def own_jobs(waiting: JobWaiting) -> Callable[[], Count]:
    """Jobs of the actor's company in which this waits."""
    return lambda: number_of(Job, Job.organisation_id == ORGANISATION, jobs.waits_for(waiting))


def awards_without_agreement() -> Count:
    agreement = exists().where(Agreement.award_id == Award.id, Agreement.status != AgreementStatus.CANCELLED)
    ours = exists().where(Job.id == Award.job_id, Job.organisation_id == ORGANISATION)
    return number_of(Award, ours, ~agreement)


def agreements(side: Any, waiting: AgreementWaiting) -> Callable[[], Count]:
    """Agreements of the actor's side in which this waits."""
    return lambda: number_of(Agreement, side == ORGANISATION, engagements.agreement_waits_for(waiting))


def refunds_without_account() -> Count:
    return number_of(Refund, Refund.organisation_id == ORGANISATION, claims.needs_account())


def work(side: Any, waiting: WorkWaiting) -> Callable[[], Count]:
    """Engagements of the actor's side in which this waits."""
    return lambda: number_of(Engagement, side == ORGANISATION, engagements.work_waits_for(waiting, PERSON))


def engagements_to_claim() -> Count:
    """Engagements of the actor's firm with an accepted stage that no live claim holds."""
    claimed = exists().where(ClaimLine.stage_id == Stage.id, ClaimLine.withdrawn_at.is_(None))
    accepted = Stage.engagement_id == Engagement.id, Stage.status == StageStatus.ACCEPTED, ~claimed
    return number_of(Engagement, Engagement.provider_id == ORGANISATION, exists().where(*accepted))


def open_jobs() -> Count:
    return number_of(Job, jobs.may_be_bid_for(ORGANISATION))


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
    return engagements.names_person(agreement_id, PERSON)


def claims_waiting(waiting: ClaimWaiting) -> Callable[[], Count]:
    """Claims of anybody that this officer has to see to."""
    return lambda: number_of(Claim, claims.waits_for(waiting, PERSON))


def claims_overdue(level: Overdue) -> Callable[[], Count]:
    """Claims told at this level as overdue for the step that they still wait for."""
    return lambda: number_of(Claim, claims.told_overdue(level))


def batches_to_send() -> Count:
    return number_of(PaymentBatch, claims.may_be_sent_by(PERSON))


def unmatched_entries() -> Count:
    return number_of(BankEntry, *UNASSIGNED)


def calls_short_of_scorers() -> Count:
    return select(func.count()).select_from(vouchers.calls_short_of_scorers().with_only_columns(Call.id).subquery())


def own_scorings() -> Count:
    return number_of(Scoring, Scoring.evaluator_id == PERSON, vouchers.is_unscored())


def own_debts(waiting: ReceivableWaiting) -> Callable[[], Count]:
    """Debts of the actor's organisation in which this waits."""
    waits = receivables.waits_for(waiting, PERSON)
    return lambda: number_of(Receivable, Receivable.debtor_id == ORGANISATION, waits)


def undecided_successes() -> Count:
    return select(func.count()).select_from(receivables.undecided_successes().subquery())


def debts(waiting: ReceivableWaiting, *kinds: ReceivableKind) -> Callable[[], Count]:
    """Debts of these kinds that this officer has to see to."""
    kind = or_(*(Receivable.kind == kind for kind in kinds))
    return lambda: number_of(Receivable, receivables.waits_for(waiting, PERSON), kind)


def own_evaluations(waiting: EvaluationWaiting) -> Callable[[], Count]:
    """Evaluations in which this waits for the actor."""
    return lambda: number_of(Evaluation, evaluations.waits_for(waiting, PERSON))


def cases_to_decide() -> Count:
    return number_of(Case, ethics.is_to_be_decided())


def bank_accounts_to_approve() -> Count:
    registered = exists().where(Provider.id == BankAccount.organisation_id, Provider.status != ProviderStatus.APPLIED)
    return number_of(BankAccount, BankAccount.status == BankAccountStatus.PROPOSED, registered)


def editions(*models: type[Edition]) -> Callable[[], Count]:
    """What somebody else of one's role proposed for the agency."""
    waits = [
        number_of(model, model.status == EditionStatus.PROPOSED, model.proposed_by.is_distinct_from(PERSON))
        for model in models
    ]
    return lambda: select(functools.reduce(operator.add, (count.scalar_subquery() for count in waits)))


def memberships() -> Count:
    """Roles of the agency that somebody else proposed for a third person."""
    return number_of(
        Membership,
        Membership.status == MembershipStatus.PROPOSED,
        Membership.organisation_kind == OrganisationKind.AGENCY,
        Membership.granted_by.is_distinct_from(PERSON),
        Membership.person_id.is_distinct_from(PERSON),
    )


def faults_in_the_books() -> Count:
    newest = select(Reconciliation.faults).order_by(Reconciliation.run_at.desc(), Reconciliation.id.desc()).limit(1)
    return select(func.jsonb_array_length(newest.scalar_subquery()))


def dead_tasks() -> Count:
    return number_of(BackgroundTask, BackgroundTask.status == TaskStatus.DEAD)
