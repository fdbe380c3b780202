"""Reads of the demo: who may sign in, what waits for the bank, mails and the links in them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select

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


class SignIn(NamedTuple):
    """Somebody who may sign in, and why one would want to."""

    email: str
    name: str
    role: Role
    organisation: str


@dataclass(frozen=True)
class Cast:
    """Companies and consulting firms that show something, as far as there are such."""

    newcomer: UUID | None
    """A company that has applied for nothing yet, with a preparer if there is one."""
    voucher_holder: UUID | None
    """A company with a valid voucher and no job yet."""
    company: UUID | None
    """A company in the middle of its work."""
    firm: UUID | None
    """Its consulting firm."""
    other_firm: UUID | None
    """Another approved consulting firm, with several people."""
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
        select(Person.email, Person.name, Membership.role, Organisation.name, Organisation.id, Organisation.kind)
        .join(Membership, Membership.person_id == Person.id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Person.status == PersonStatus.CONFIRMED, Membership.status == MembershipStatus.ACTIVE)
        .where((Organisation.kind == OrganisationKind.AGENCY) | Organisation.id.in_(organisation_ids))
        .order_by(Person.email)
    )
    people: dict[UUID | None, list[SignIn]] = {}
    for email, name, role, organisation, organisation_id, kind in rows:
        key = None if kind == OrganisationKind.AGENCY else organisation_id
        people.setdefault(key, []).append(SignIn(email, name, role, organisation))
    order = {role: place for place, role in enumerate(Role)}
    for those in people.values():
        those.sort(key=lambda person: order[person.role])
    return people


@cache
def _cast() -> Select[*tuple[UUID | None, ...]]:
    applied = select(Application.organisation_id)
    newcomer = _with_most_people(OrganisationKind.SME).where(Organisation.id.not_in(applied))

    busy = select(Job.organisation_id)
    holders = select(Voucher.organisation_id).where(Voucher.status == VoucherStatus.ISSUED)
    holder = _with_most_people(OrganisationKind.SME).where(Organisation.id.in_(holders), Organisation.id.not_in(busy))

    active = Engagement.status == EngagementStatus.ACTIVE
    company, firm = (
        select(side).where(active).order_by(Engagement.number)
        for side in (Engagement.organisation_id, Engagement.provider_id)
    )
    approved = select(Provider.id).where(Provider.status == ProviderStatus.APPROVED)
    other_firm = _with_most_people(OrganisationKind.PROVIDER).where(
        Organisation.id.in_(approved), Organisation.id.is_distinct_from(firm.limit(1).scalar_subquery())
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
    parts = (newcomer, holder, company, firm, other_firm, offered, ended, in_arrears)
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
