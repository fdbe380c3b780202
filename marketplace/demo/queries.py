"""Reads of the demo: who may sign in, what waits for the bank, mails and the links in them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, case, exists, func, select
from sqlalchemy.orm import aliased

from marketplace.accounts.models import Membership, Organisation, Person
from marketplace.accounts.states import MembershipStatus, OrganisationKind, PersonStatus
from marketplace.agency import queries as agency
from marketplace.claims.models import BankBooking, BankEntry, BankImport, PaymentBatch, Refund
from marketplace.claims.states import BatchStatus, Direction, RefundStatus, ReportKind
from marketplace.core import clock, db
from marketplace.core.actors import Role
from marketplace.demo.people import TOUR_COMPANY, TOUR_FIRM
from marketplace.engagements.models import Agreement, CoPayment, Engagement
from marketplace.engagements.states import CoPaymentStatus, EngagementStatus
from marketplace.evaluations.models import Assignment, Evaluation
from marketplace.evaluations.states import AssignmentStatus
from marketplace.jobs.models import Job
from marketplace.jobs.states import JobStatus
from marketplace.notifications.models import Message
from marketplace.providers.models import Consultant, Provider
from marketplace.providers.queries import active_bank_account
from marketplace.receivables.models import LIVE, Instalment, Receivable
from marketplace.receivables.queries import next_payment
from marketplace.receivables.states import ReceivableStatus
from marketplace.vouchers.models import Application, Voucher
from marketplace.vouchers.states import ApplicationStatus, VoucherStatus

MADE_UP = ".example"
"""Nobody owns an address under this domain: who has one may be signed in as by a click."""


class SignIn(NamedTuple):
    """Somebody who may sign in."""

    id: UUID
    email: str
    name: str
    role: Role
    organisation: str


@dataclass(frozen=True)
class Cast:
    """Companies and consulting firms that show something, as far as there are such."""

    tour_company: UUID | None
    """The company that a visitor plays: it has applied for nothing when the demo begins."""
    tour_firm: UUID | None
    """The consulting firm that a visitor plays."""
    voucher_holder: UUID | None
    """A company with a valid voucher and no job yet, for whose voucher others wait."""
    company: UUID | None
    """A company in the middle of its work."""
    firm: UUID | None
    """Its consulting firm."""
    offered_to: UUID | None
    """A company that a voucher from the waitlist is offered to now."""
    ended_early: UUID | None
    """A company whose work ended early and whose share is still on its way back."""
    in_arrears: UUID | None
    """A consulting firm that owes the agency money, part of which is overdue."""


def cast() -> Cast:
    """Who shows what now."""
    return Cast(*db.session.execute(_cast(), {"today": clock.today()}).one())


def sign_ins(organisation_ids: Collection[UUID]) -> dict[UUID | None, list[SignIn]]:
    """Who may sign in for each of these organisations, its signatory or manager first; the agency's are under None."""
    rows = db.session.execute(
        select(
            Person.id, Person.email, Person.name, Membership.role, Organisation.name, Organisation.id, Organisation.kind
        )
        .join(Membership, Membership.person_id == Person.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Person.status == PersonStatus.CONFIRMED, Membership.status == MembershipStatus.ACTIVE)
        .where((Organisation.kind == OrganisationKind.AGENCY) | Organisation.id.in_(organisation_ids))
        .where(Person.email.endswith(MADE_UP))
        .order_by(Person.email)
    )
    people: dict[UUID | None, list[SignIn]] = {}
    for person_id, email, name, role, organisation, organisation_id, kind in rows:
        key = None if kind == OrganisationKind.AGENCY else organisation_id
        people.setdefault(key, []).append(SignIn(person_id, email, name, role, organisation))
    order = {role: place for place, role in enumerate(Role)}
    for those in people.values():
        those.sort(key=lambda person: order[person.role])
    return people


@cache
def _cast() -> Select[*tuple[UUID | None, ...]]:
    tour_company, tour_firm = (
        select(Organisation.id).where(Organisation.email == f"office@{domain}") for domain in (TOUR_COMPANY, TOUR_FIRM)
    )

    busy = select(Job.organisation_id)
    waiting_calls = select(Application.call_id).where(Application.status == ApplicationStatus.WAITLISTED)
    given = select(Voucher.organisation_id).join(Application, Application.id == Voucher.application_id)
    holders = given.where(Voucher.status == VoucherStatus.ISSUED, Application.call_id.in_(waiting_calls))
    holder = _with_most_people(OrganisationKind.SME).where(Organisation.id.in_(holders), Organisation.id.not_in(busy))

    active = Engagement.status == EngagementStatus.ACTIVE
    company, firm = (
        select(side).where(active).order_by(Engagement.number)
        for side in (Engagement.organisation_id, Engagement.provider_id)
    )
    offered = select(Application.organisation_id).where(Application.status == ApplicationStatus.OFFERED)

    waiting = select(Refund.engagement_id).where(Refund.status == RefundStatus.AWAITING)
    ended = select(Engagement.organisation_id).where(
        Engagement.status == EngagementStatus.TERMINATED, Engagement.id.in_(waiting)
    )

    overdue = select(Instalment.receivable_id).where(
        Instalment.status.in_(LIVE), Instalment.due_on < bindparam("today")
    )
    in_arrears = select(Receivable.debtor_id).join(Provider, Provider.id == Receivable.debtor_id)
    in_arrears = in_arrears.where(Receivable.status == ReceivableStatus.OPEN, Receivable.id.in_(overdue))

    ended, in_arrears = ended.order_by(Engagement.number), in_arrears.order_by(Receivable.number)
    parts = (tour_company, tour_firm, holder, company, firm, offered, ended, in_arrears)
    return select(*(part.limit(1).scalar_subquery() for part in parts))


def _with_most_people(kind: OrganisationKind) -> Select[UUID]:
    return (
        select(Organisation.id)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Organisation.kind == kind)
        .group_by(Organisation.id)
        .order_by(func.count().desc(), Organisation.name)
    )


def usual_payer(agreement: Agreement) -> dict[str, str]:
    """The company as the payer of its own share, from an account of its own."""
    organisation = db.get(Organisation, agreement.organisation_id)
    return {"payer": organisation.name, "account": own_account(organisation.id)}


def own_account(organisation_id: UUID) -> str:
    """A made-up account number of a company, the same each time."""
    return f"888{organisation_id.int % 10**9:09d}"


def evaluators_at_work(provider_id: UUID | None) -> Sequence[UUID]:
    """Who was asked to evaluate the work of a firm and hasn't done so yet."""
    query = select(Assignment.evaluator_id).join(Evaluation, Evaluation.id == Assignment.evaluation_id)
    at_work = Assignment.status.in_((AssignmentStatus.ASSIGNED, AssignmentStatus.ACCEPTED))
    return db.session.scalars(query.where(Evaluation.provider_id == provider_id, at_work)).all()


def open_jobs() -> Sequence[tuple[Job, str]]:
    """Jobs that are out to bid now, with their company's name, the newest first."""
    query = select(Job, Organisation.name).join(Organisation, Organisation.id == Job.organisation_id)
    query = query.where(Job.status == JobStatus.PUBLISHED, Job.closes_at > clock.now())
    return [(job, name) for job, name in db.session.execute(query.order_by(Job.published_at.desc(), Job.id))]


def managers_of(provider_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Somebody who may bid for each of these firms, by firm."""
    query = select(Membership.organisation_id, Membership.person_id).where(
        Membership.organisation_id.in_(provider_ids),
        Membership.role == Role.MANAGER,
        Membership.status == MembershipStatus.ACTIVE,
    )
    return {row.organisation_id: row.person_id for row in db.session.execute(query)}


def consultants_at_work() -> Sequence[tuple[UUID, UUID]]:
    """Every consultant of a firm, with the person."""
    query = select(Consultant.id, Consultant.person_id).where(Consultant.provider_id.is_not(None))
    return [(consultant_id, person_id) for consultant_id, person_id in db.session.execute(query)]


def batches_to_answer() -> Sequence[PaymentBatch]:
    """Batches that were sent and wait for the bank, the oldest first."""
    return db.session.scalars(
        select(PaymentBatch).where(PaymentBatch.status == BatchStatus.SENT).order_by(PaymentBatch.number)
    ).all()


def shares_awaited() -> Sequence[tuple[Agreement, CoPayment, str]]:
    """Agreements whose company has not paid its share yet, with the company's name, the newest first."""
    query = (
        select(Agreement, CoPayment, Organisation.name)
        .join(CoPayment, CoPayment.agreement_id == Agreement.id)
        .join(Organisation, Organisation.id == Agreement.organisation_id)
        .where(CoPayment.status == CoPaymentStatus.AWAITED)
        .order_by(CoPayment.reference.desc())
    )
    return [(agreement, co_payment, name) for agreement, co_payment, name in db.session.execute(query)]


def open_debts() -> Sequence[tuple[Receivable, str]]:
    """What is owed to the agency now, with the debtor's name, what is due first on top."""
    first_due = func.min(Instalment.due_on)
    query = (
        select(Receivable, Organisation.name)
        .join(Organisation, Organisation.id == Receivable.debtor_id)
        .join(Instalment, Instalment.receivable_id == Receivable.id)
        .where(Receivable.status == ReceivableStatus.OPEN, Instalment.status.in_(LIVE))
        .group_by(Receivable.id, Organisation.name)
        .order_by(first_due, Receivable.number)
    )
    return [(debt, name) for debt, name in db.session.execute(query)]


def usual_debtor(debt: Receivable) -> dict[str, Any]:
    """The debtor as the payer of its next instalment: a firm from its registered account, a company from its own."""
    account = active_bank_account(debt.debtor_id)
    return {
        "payer": db.get(Organisation, debt.debtor_id).name,
        "account": account.identifier if account else own_account(debt.debtor_id),
        "amount": next_payment(debt, clock.today()),
    }


def find_awaited_share(reference: str) -> Agreement | None:
    """The agreement whose company owes the share with this reference."""
    query = select(Agreement).join(CoPayment, CoPayment.agreement_id == Agreement.id)
    return db.session.scalars(
        query.where(CoPayment.reference == reference, CoPayment.status == CoPaymentStatus.AWAITED)
    ).one_or_none()


def mails(address: str) -> Select[*tuple[Any, ...]]:
    """Mails whose address contains this text, as far as a list shows them; ordered by the page."""
    query = select(Message.id, Message.address, Message.queued_at, Message.template, Message.locale, Message.data)
    return query.where(db.contains(Message.address, address)) if address else query


def days_without_statement(*, before: date) -> Sequence[tuple[date, str]]:
    """The days, each with its currency, on which money moved that no statement tells yet, oldest first."""
    other = aliased(BankEntry)
    told = exists().where(other.known_from_id == BankEntry.id)
    query = (
        select(BankEntry.booked_on, BankEntry.currency)
        .join(BankBooking, BankBooking.id == BankEntry.booking_id)
        .where(*_moved(), BankEntry.booked_on < before, BankBooking.kind != ReportKind.STATEMENT, ~told)
    )
    return [(day, currency) for day, currency in db.session.execute(query.distinct().order_by(*query.selected_columns))]


def balance_before(day: date, currency: str) -> int:
    """What stood on the agency's account when the day began, in minor units."""
    signed = case((BankEntry.direction == Direction.CREDIT, BankEntry.amount), else_=-BankEntry.amount)
    query = select(func.coalesce(func.sum(signed), 0)).where(*_moved(), BankEntry.currency == currency)
    return int(db.session.scalar(query.where(BankEntry.booked_on < day)) or 0)


def moved_on(day: date, currency: str) -> Sequence[BankEntry]:
    """What moved on the agency's account that day, in the order in which it was told."""
    query = select(BankEntry).join(BankImport, BankImport.id == BankEntry.import_id)
    query = query.where(*_moved(), BankEntry.booked_on == day, BankEntry.currency == currency)
    return db.session.scalars(query.order_by(BankImport.created_at, BankImport.id, BankEntry.position)).all()


def _moved() -> tuple[ColumnElement[bool], ...]:
    own = func.plain_number(BankEntry.account).in_(agency.OWN_NUMBERS)
    return ~BankEntry.is_known, own
