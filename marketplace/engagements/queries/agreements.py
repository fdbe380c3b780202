"""Reads of agreements, their redemption and the shares that companies pay."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, ScalarSelect, Select, bindparam, func, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.accounts.exported import exported_parties
from marketplace.accounts.queries import name_of, person_name_of
from marketplace.accounts.search import matches
from marketplace.core import db
from marketplace.core.actors import SME, Actor
from marketplace.engagements.models import (
    Agreement,
    AgreementStage,
    Assignment,
    CoPayment,
    Engagement,
    Redemption,
)
from marketplace.engagements.queries.visible import agreements_visible_to, names_consultant, of_side
from marketplace.engagements.queries.waiting import agreement_waits_for
from marketplace.engagements.states import AgreementStatus, AgreementWaiting, AssignmentStatus, CoPaymentStatus
from marketplace.jobs.models import Award, Bid, Job
from marketplace.providers.models import Consultant
from marketplace.vouchers.models import Voucher


def find_live_agreement(award_id: UUID) -> Agreement | None:
    """The award's agreement that isn't cancelled, if there is one."""
    query = select(Agreement).where(Agreement.award_id == award_id, Agreement.status != AgreementStatus.CANCELLED)
    return db.session.scalars(query).one_or_none()


def awards_without_agreement(actor: Actor) -> Sequence[Row[UUID, str, str]]:
    """Awards of the actor's side for which no agreement is drafted, with their jobs' number and title, newest first."""
    drafted = select(Agreement.award_id).where(Agreement.status != AgreementStatus.CANCELLED)
    query = select(Award.id, Job.number, Job.title).join(Job, Job.id == Award.job_id).join(Bid, Bid.id == Award.bid_id)
    if actor.role in SME:
        query = query.where(Job.organisation_id == actor.organisation_id)
    else:
        query = query.where(Bid.provider_id == actor.organisation_id)
    return db.session.execute(query.where(Award.id.not_in(drafted)).order_by(Award.awarded_at.desc(), Award.id)).all()


def firms_at_work_for(call_id: UUID) -> Sequence[UUID]:
    """The firms that have an agreement, not cancelled, on a voucher of this call."""
    query = select(Agreement.provider_id).join(Voucher, Voucher.id == Agreement.voucher_id).distinct()
    live = Voucher.call_id == call_id, Agreement.status != AgreementStatus.CANCELLED
    return db.session.scalars(query.where(*live).order_by(Agreement.provider_id)).all()


def find_redemption(agreement_id: UUID) -> Redemption | None:
    """The agreement's redemption, if it was redeemed."""
    return db.session.scalars(select(Redemption).where(Redemption.agreement_id == agreement_id)).one_or_none()


def find_co_payment(agreement_id: UUID) -> CoPayment | None:
    """The agreement's co-payment; None where the SME pays nothing or nothing is redeemed yet."""
    return db.session.scalars(select(CoPayment).where(CoPayment.agreement_id == agreement_id)).one_or_none()


def engagement_paid_under(reference: str) -> UUID | None:
    """The engagement whose share has arrived under this reference."""
    query = select(Engagement.id).join(CoPayment, CoPayment.agreement_id == Engagement.agreement_id)
    return db.session.scalar(query.where(CoPayment.reference == reference, CoPayment.status == CoPaymentStatus.PAID))


def get_co_payment(co_payment_id: UUID) -> CoPayment:
    """The co-payment; NotFound without one."""
    return db.get(CoPayment, co_payment_id)


def share_accounts(organisation_id: UUID) -> frozenset[str]:
    """Every account from which a share of this company arrived."""
    query = select(CoPayment.payer_account).join(Agreement, Agreement.id == CoPayment.agreement_id)
    accounts = db.session.scalars(query.where(Agreement.organisation_id == organisation_id))
    return frozenset(account for account in accounts if account)


def share_payers(accounts: Iterable[str]) -> Sequence[tuple[str, UUID]]:
    """Whose shares came from each of these accounts, which are written as plain_number() writes them."""
    plain = func.plain_number(CoPayment.payer_account)
    query = select(plain, Agreement.organisation_id).join(Agreement, Agreement.id == CoPayment.agreement_id)
    return [(account, payer) for account, payer in db.session.execute(query.where(plain.in_(set(accounts))))]


def companies_of(numbers: Iterable[str]) -> dict[str, UUID]:
    """The company behind each of these numbers of a co-payment, an agreement or an engagement."""
    given = set(numbers)
    shares = select(CoPayment.reference, Agreement.organisation_id)
    query = union_all(
        shares.join(Agreement, Agreement.id == CoPayment.agreement_id).where(CoPayment.reference.in_(given)),
        select(Agreement.number, Agreement.organisation_id).where(Agreement.number.in_(given)),
        select(Engagement.number, Engagement.organisation_id).where(Engagement.number.in_(given)),
    )
    return dict(db.session.execute(query).all())


def number_of_engagement(agreement_id: InstrumentedAttribute[UUID]) -> ScalarSelect[str]:
    """The number of the engagement under the agreement in this column."""
    return select(Engagement.number).where(Engagement.agreement_id == agreement_id).scalar_subquery()


LISTED_AGREEMENT = (
    Agreement.id,
    Agreement.number,
    Agreement.title,
    Agreement.price_net,
    Agreement.currency,
    Agreement.status,
    Agreement.ends_on,
    name_of(Agreement.organisation_id).label("company"),
    name_of(Agreement.provider_id).label("provider"),
)
"""What a list shows of an agreement."""


EXPORTED_AGREEMENT = (
    Agreement,
    number_of_engagement(Agreement.id).label("engagement"),
    select(Job.number).where(Job.id == Agreement.job_id).scalar_subquery().label("job"),
    select(Voucher.number).where(Voucher.id == Agreement.voucher_id).scalar_subquery().label("voucher"),
    *exported_parties(Agreement.organisation_id, Agreement.provider_id),
    person_name_of(Agreement.sme_signed_by).label("sme_signed_by"),
    person_name_of(Agreement.provider_signed_by).label("provider_signed_by"),
    CoPayment.reference.label("share_reference"),
    CoPayment.due_on.label("share_due_on"),
    CoPayment.paid_at.label("share_paid_at"),
)
"""What the file of agreements says of one that is joined with its co-payment."""


def search_agreements(
    actor: Actor, *, status: AgreementStatus | None = None, waiting: AgreementWaiting | None = None, text: str = ""
) -> Select[Agreement]:
    """The actor's agreements, by status and by what has to be done.

    The text is of number or title, or who is one of the sides or a consultant.
    """
    query = agreements_visible_to(actor)
    if status:
        query = query.where(Agreement.status == status)
    if waiting:
        query = query.where(agreement_waits_for(waiting))
    if text:
        sides = Agreement.organisation_id, Agreement.provider_id
        matching = matches(text, Agreement.number, Agreement.title, organisations=sides)
        query = query.where(or_(matching, names_consultant(Agreement.id, text)))
    return query


def agreement_shown(agreement_id: UUID, *, actor: Actor) -> Row[Any]:
    """What one's page says of the agreement, the company's share and the work; NotFound for another side."""
    query = _agreement_shown().where(of_side(Agreement, actor))
    return db.one_row(query, agreement_id=agreement_id)


@cache
def _agreement_shown() -> Select[*tuple[Any, ...]]:
    return (
        select(
            *LISTED_AGREEMENT,
            Agreement.organisation_id,
            Agreement.provider_id,
            Agreement.aid,
            Agreement.co_payment,
            Agreement.starts_on,
            Agreement.ends_on,
            Agreement.sme_signed_at,
            Agreement.provider_signed_at,
            Agreement.redeemed_at,
            person_name_of(Agreement.sme_signed_by).label("sme_signed_by"),
            person_name_of(Agreement.provider_signed_by).label("provider_signed_by"),
            CoPayment.status.label(name="share_status"),
            CoPayment.due_on.label("share_due_on"),
            CoPayment.paid_at.label("share_paid_at"),
            Engagement.id.label("engagement_id"),
            Engagement.status.label(name="engagement_status"),
            Engagement.started_at,
        )
        .outerjoin(CoPayment, CoPayment.agreement_id == Agreement.id)
        .outerjoin(Engagement, Engagement.agreement_id == Agreement.id)
        .where(Agreement.id == bindparam("agreement_id"))
    )


def agreed_stages(agreement_id: UUID) -> Sequence[Row[Any]]:
    """What the agreement's page says of its stages, in their order."""
    return db.session.execute(_agreed_stages(), {"agreement_id": agreement_id}).all()


@cache
def _agreed_stages() -> Select[*tuple[Any, ...]]:
    return (
        select(
            AgreementStage.code,
            AgreementStage.days,
            AgreementStage.price_net,
            AgreementStage.aid,
            AgreementStage.co_payment,
            AgreementStage.cost_parts,
        )
        .where(AgreementStage.agreement_id == bindparam("agreement_id"))
        .order_by(AgreementStage.position)
    )


def named_consultants(agreement_id: UUID) -> Sequence[Row[Any]]:
    """What the agreement's page says of the consultants that it names, in the order of their naming."""
    return db.session.execute(_named_consultants(), {"agreement_id": agreement_id}).all()


def consultants_at_work(agreement_id: UUID) -> Sequence[Row[Any]]:
    """The same of those who may work now, by name."""
    query = _named_consultants().where(Assignment.status == AssignmentStatus.ACTIVE)
    by_name = query.order_by(None).order_by(Consultant.name, Consultant.id)
    return db.session.execute(by_name, {"agreement_id": agreement_id}).all()


@cache
def _named_consultants() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Assignment.id,
            Assignment.consultant_id,
            Consultant.person_id,
            Consultant.name,
            Assignment.from_on,
            Assignment.until_on,
            Assignment.status,
            Assignment.replaces_id,
        )
        .join(Consultant, Consultant.id == Assignment.consultant_id)
        .where(Assignment.agreement_id == bindparam("agreement_id"))
        .order_by(Assignment.created_at, Assignment.id)
    )
