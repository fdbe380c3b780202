"""Reads of the demo: who may sign in, what waits for the bank, mails and the links in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from marketplace.accounts.models import Membership, Organisation, Person
from marketplace.accounts.states import MembershipStatus, OrganisationKind, PersonStatus
from marketplace.claims.models import PaymentBatch, Refund
from marketplace.claims.states import BatchStatus, RefundStatus
from marketplace.core import clock, db
from marketplace.core.actors import Role
from marketplace.engagements.models import Agreement, CoPayment, Engagement
from marketplace.engagements.states import CoPaymentStatus, EngagementStatus
from marketplace.jobs.models import Job
from marketplace.notifications.models import Message
from marketplace.providers.models import Provider
from marketplace.providers.queries import active_bank_account
from marketplace.providers.states import ProviderStatus
from marketplace.receivables.models import LIVE, Instalment, Receivable
from marketplace.receivables.queries import next_payment
from marketplace.receivables.states import ReceivableStatus
from marketplace.vouchers.models import Application, Voucher
from marketplace.vouchers.states import ApplicationStatus, VoucherStatus


@dataclass(frozen=True)
class SignIn:
    """Somebody who may sign in, and why one would want to."""

    email: str
    name: str
    role: Role
    organisation: str


def staff() -> Sequence[SignIn]:
    """Everybody of the agency, by role."""
    query = _people().where(Organisation.kind == OrganisationKind.AGENCY).order_by(Membership.created_at, Person.email)
    rows = [
        SignIn(email, name, Role(role), organisation) for email, name, role, organisation in db.session.execute(query)
    ]
    order = list(Role)
    return sorted(rows, key=lambda row: (order.index(Role(row.role)), row.email))


def people_of(organisation_id: UUID) -> Sequence[SignIn]:
    """Everybody of one organisation, its signatory or manager first."""
    query = _people().where(Organisation.id == organisation_id).order_by(Membership.created_at, Person.email)
    rows = [
        SignIn(email, name, Role(role), organisation) for email, name, role, organisation in db.session.execute(query)
    ]
    order = list(Role)
    return sorted(rows, key=lambda row: (order.index(Role(row.role)), row.email))


def _people() -> Select[str, str, str, str]:
    return (
        select(Person.email, Person.name, Membership.role, Organisation.name)
        .join(Membership, Membership.person_id == Person.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Person.status == PersonStatus.CONFIRMED, Membership.status == MembershipStatus.ACTIVE)
    )


def newcomer() -> UUID | None:
    """A company that has applied for nothing yet, with a preparer if there is one."""
    applied = select(Application.organisation_id)
    return _first(_with_most_people(OrganisationKind.SME).where(Organisation.id.not_in(applied)))


def voucher_holder() -> UUID | None:
    """A company with a valid voucher and no job yet."""
    busy = select(Job.organisation_id)
    holders = select(Voucher.organisation_id).where(Voucher.status == VoucherStatus.ISSUED)
    query = _with_most_people(OrganisationKind.SME).where(Organisation.id.in_(holders), Organisation.id.not_in(busy))
    return _first(query)


def at_work() -> tuple[UUID, UUID] | None:
    """A company and its consulting firm in the middle of their work."""
    query = select(Engagement.organisation_id, Engagement.provider_id).where(
        Engagement.status == EngagementStatus.ACTIVE
    )
    row = db.session.execute(query.order_by(Engagement.number).limit(1)).first()
    return (row[0], row[1]) if row else None


def offered_to() -> UUID | None:
    """A company that a voucher from the waitlist is offered to now."""
    return _first(select(Application.organisation_id).where(Application.status == ApplicationStatus.OFFERED))


def ended_early() -> UUID | None:
    """A company whose work ended early and whose share is still on its way back."""
    waiting = select(Refund.engagement_id).where(Refund.status == RefundStatus.AWAITING)
    query = select(Engagement.organisation_id).where(
        Engagement.status == EngagementStatus.TERMINATED, Engagement.id.in_(waiting)
    )
    return _first(query.order_by(Engagement.number))


def in_arrears() -> UUID | None:
    """A consulting firm that owes the agency money, part of which is overdue."""
    overdue = select(Instalment.receivable_id).where(Instalment.status.in_(LIVE), Instalment.due_on < clock.today())
    query = select(Receivable.debtor_id).join(Provider, Provider.id == Receivable.debtor_id)
    return _first(
        query.where(Receivable.status == ReceivableStatus.OPEN, Receivable.id.in_(overdue)).order_by(Receivable.number)
    )


def _first(query: Select[UUID]) -> UUID | None:
    return db.session.scalars(query.limit(1)).first()


def _with_most_people(kind: OrganisationKind) -> Select[UUID]:
    return (
        select(Organisation.id)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Organisation.kind == kind)
        .group_by(Organisation.id)
        .order_by(func.count().desc(), Organisation.name)
    )


def other_firm(but: UUID | None) -> UUID | None:
    """An approved consulting firm with several people that isn't the one named."""
    approved = select(Provider.id).where(Provider.status == ProviderStatus.APPROVED)
    query = _with_most_people(OrganisationKind.PROVIDER).where(Organisation.id.in_(approved))
    return _first(query.where(Organisation.id != but) if but else query)


def usual_payer(agreement: Agreement) -> dict[str, str]:
    """The company as the payer of its own share, from an account of its own."""
    organisation = db.get(Organisation, agreement.organisation_id)
    return {"payer": organisation.name, "account": own_account(organisation.id)}


def own_account(organisation_id: UUID) -> str:
    """A made-up account number of a company, the same each time."""
    return f"888{organisation_id.int % 10**9:09d}"


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


def mails(address: str) -> Select[Message]:
    """Mails whose address contains this text; ordered by the page."""
    query = select(Message)
    return query.where(Message.address.icontains(address, autoescape=True)) if address else query
