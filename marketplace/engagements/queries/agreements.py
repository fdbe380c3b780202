"""Reads of agreements, their redemption and the shares that companies pay."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import Select, func, select, union_all

from marketplace.core import db
from marketplace.core.actors import SME, Actor
from marketplace.engagements.models import (
    Agreement,
    CoPayment,
    Engagement,
    Redemption,
)
from marketplace.engagements.queries.visible import agreements_visible_to
from marketplace.engagements.states import AgreementStatus
from marketplace.jobs.models import Award, Bid, Job
from marketplace.vouchers.models import Voucher


def find_live_agreement(award_id: UUID) -> Agreement | None:
    """The award's agreement that isn't cancelled, if there is one."""
    query = select(Agreement).where(Agreement.award_id == award_id, Agreement.status != AgreementStatus.CANCELLED)
    return db.session.scalars(query).one_or_none()


def awards_without_agreement(actor: Actor) -> Sequence[Award]:
    """Awards of the actor's side for which no agreement is drafted, newest first."""
    drafted = select(Agreement.award_id).where(Agreement.status != AgreementStatus.CANCELLED)
    query = select(Award).join(Job, Job.id == Award.job_id).join(Bid, Bid.id == Award.bid_id)
    if actor.role in SME:
        query = query.where(Job.organisation_id == actor.organisation_id)
    else:
        query = query.where(Bid.provider_id == actor.organisation_id)
    return db.session.scalars(query.where(Award.id.not_in(drafted)).order_by(Award.awarded_at.desc(), Award.id)).all()


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


def get_co_payment(co_payment_id: UUID) -> CoPayment:
    """The co-payment; NotFound without one."""
    return db.get(CoPayment, co_payment_id)


def share_accounts(organisation_id: UUID) -> frozenset[str]:
    """Every account from which a share of this company arrived."""
    query = select(CoPayment.payer_account).join(Agreement, Agreement.id == CoPayment.agreement_id)
    accounts = db.session.scalars(query.where(Agreement.organisation_id == organisation_id))
    return frozenset(account for account in accounts if account)


def share_payers(accounts: Iterable[str]) -> Sequence[tuple[str, UUID]]:
    """Whose shares came from each of these accounts, which are written as plain_account() writes them."""
    plain = func.plain_account(CoPayment.payer_account)
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


def search_agreements(actor: Actor, *, status: AgreementStatus | None = None, text: str = "") -> Select[Agreement]:
    """The actor's agreements, filtered by status and by number or title."""
    query = agreements_visible_to(actor)
    if status:
        query = query.where(Agreement.status == status)
    if text:
        query = query.where(
            Agreement.number.icontains(text, autoescape=True) | Agreement.title.icontains(text, autoescape=True)
        )
    return query
