"""Redeeming: voucher money is bound to an agreement, and its engagement begins."""

from datetime import date, timedelta
from functools import cache
from uuid import UUID, uuid4

from sqlalchemy import Insert, Uuid, bindparam, literal, select
from sqlalchemy.sql.dml import ReturningInsert

from config.payments import terms
from marketplace.accounts import service as accounts
from marketplace.agency import queries as agency
from marketplace.agency.rules import NO_ACCOUNT
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError
from marketplace.core.money import Money
from marketplace.core.tasks import schedule
from marketplace.engagements import rules
from marketplace.engagements.models import Agreement, AgreementStage, CoPayment, Engagement, Redemption, Stage
from marketplace.engagements.service.lapse import lapse_engagement
from marketplace.engagements.service.start import start
from marketplace.engagements.states import AGREEMENT, CO_PAYMENT, ENGAGEMENT, STAGE
from marketplace.ledger.service import money_verb
from marketplace.providers import service as providers
from marketplace.vouchers import service as vouchers
from marketplace.vouchers.states import AssessmentOccasion


@money_verb(Redemption)
def redeem(agreement_id: UUID, *, actor: Actor, amount: Money, key: str) -> Redemption:
    """Bind voucher money to an agreement, once, and begin its engagement.

    Of two at once the second waits, then is refused. The co-payment is asked for; without one the work starts at once.
    """
    agreement = db.get(Agreement, agreement_id, lock=True)
    rules.check_acts_for(agreement.organisation_id, actor, Role.SIGNATORY)
    rules.check_redemption(agreement, amount)
    vouchers.reassess_holder(agreement.voucher_id, occasion=AssessmentOccasion.REDEMPTION, actor=actor)
    vouchers.draw(
        agreement.voucher_id,
        actor=actor,
        amount=agreement.aid,
        agreement_id=agreement.id,
        reference=agreement.number,
        key=key,
        parts=agreement.aid_parts,
    )
    engagement_id, due_on = uuid4(), clock.today() + timedelta(days=terms(clock.today()).co_payment_days)
    redemption, reference, pay_into = _begin(agreement, engagement_id, due_on, actor=actor, key=key)
    if reference:
        _ask_for_co_payment(agreement, engagement_id, reference, due_on, pay_into=pay_into)
    # All redemptions with this firm wait for its row until the commit, so what follows is sent in one flush.
    providers.change_load(agreement.provider_id, 1, actor=actor)
    transition(agreement, AGREEMENT, "redeem", actor=actor, amount=agreement.aid)
    begun = Engagement.__tablename__, engagement_id
    record(actor, "engagement.begin", begun, after={"agreement_id": agreement.id})
    if not reference:
        start(db.get(Engagement, engagement_id), actor=actor)
    return redemption


def _begin(
    agreement: Agreement, engagement_id: UUID, due_on: date, *, actor: Actor, key: str
) -> tuple[Redemption, str | None, dict[str, str] | None]:
    """Write the redemption, the engagement with its stages and the co-payment in one statement.

    The redemption, and the reference under which the co-payment is awaited on which account; None if the aid is all.
    """
    values = {
        "agreement_id": agreement.id,
        "engagement_id": engagement_id,
        "due_on": due_on,
        "key": key,
        "redeemed_by": actor.person_id,
        "redeemed_at": clock.now(),
        "device_hash": actor.device_hash,
    }
    if agreement.co_payment:
        row = db.session.execute(_redemption_with_co_payment(), values).one()
        return row[0], row[1], row[2]
    return db.session.scalars(_redemption().returning(Redemption), values).one(), None, None


@cache
def _redemption() -> Insert:
    """The statement that binds an agreement's aid and begins its engagement with its stages."""
    agreement_id, engagement_id = bindparam("agreement_id", type_=Uuid), bindparam("engagement_id", type_=Uuid)
    engagement = db.insert_from(
        Engagement,
        Agreement.id == agreement_id,
        id=engagement_id,
        number=db.number("ENG"),
        agreement_id=Agreement.id,
        organisation_id=Agreement.organisation_id,
        provider_id=Agreement.provider_id,
        status=literal(ENGAGEMENT.initial),
    )
    stages = db.insert_from(
        Stage,
        AgreementStage.agreement_id == agreement_id,
        engagement_id=engagement_id,
        agreement_stage_id=AgreementStage.id,
        position=AgreementStage.position,
        code=AgreementStage.code,
        status=literal(STAGE.initial),
    )
    redemption = db.insert_from(
        Redemption,
        Agreement.id == agreement_id,
        agreement_id=Agreement.id,
        voucher_id=Agreement.voucher_id,
        amount=Agreement.aid,
        currency=Agreement.currency,
        **db.parameters(Redemption, "key", "redeemed_by", "redeemed_at", "device_hash"),
    )
    return redemption.add_cte(engagement.cte("engagement"), stages.cte("stages"))


@cache
def _redemption_with_co_payment() -> ReturningInsert[Redemption, str, dict[str, str] | None]:
    """The same, and the SME's own share is asked for under a reference."""
    co_payment = db.insert_from(
        CoPayment,
        Agreement.id == bindparam("agreement_id", type_=Uuid),
        agreement_id=Agreement.id,
        amount=Agreement.co_payment,
        currency=Agreement.currency,
        reference=db.number("COP"),
        status=literal(CO_PAYMENT.initial),
        **db.parameters(CoPayment, "due_on"),
    ).returning(CoPayment.reference)
    reference = select(co_payment.cte("co_payment").columns.reference).scalar_subquery()
    return _redemption().returning(Redemption, reference, agency.pay_into())


def _ask_for_co_payment(
    agreement: Agreement, engagement_id: UUID, reference: str, due_on: date, *, pay_into: dict[str, str] | None
) -> None:
    """Tell the SME what to pay until when, and let the engagement lapse if it doesn't come."""
    if pay_into is None:
        raise DomainError(NO_ACCOUNT)
    lapses_at = clock.end_of_day(due_on + timedelta(days=terms(clock.today()).co_payment_grace_days))
    schedule(lapse_engagement, engagement_id=engagement_id, run_after=lapses_at)
    accounts.notify_organisation(
        agreement.organisation_id,
        [Role.SIGNATORY],
        "engagements/co_payment_awaited",
        key=reference,
        number=agreement.number,
        reference=reference,
        amount=agreement.co_payment,
        currency=agreement.currency,
        due_on=due_on.isoformat(),
        **pay_into,
        path=f"/agreements/{agreement.id}/co-payment",
    )
