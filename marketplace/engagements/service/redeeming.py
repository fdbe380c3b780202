"""Redeeming: voucher money is bound to an agreement, and its engagement begins."""

from datetime import date, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert, literal, select

from config.payments import terms
from marketplace.accounts import service as accounts
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
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
    redemption, reference = _begin(agreement, engagement_id, due_on, actor=actor, key=key)
    providers.change_load(agreement.provider_id, 1, actor=actor)
    transition(agreement, AGREEMENT, "redeem", actor=actor, amount=agreement.aid)
    begun = Engagement.__tablename__, engagement_id
    record(actor, "engagement.begin", begun, after={"agreement_id": agreement.id})
    if reference:
        _ask_for_co_payment(agreement, engagement_id, reference, due_on)
    else:
        start(db.get(Engagement, engagement_id), actor=actor)
    return redemption


def _begin(
    agreement: Agreement, engagement_id: UUID, due_on: date, *, actor: Actor, key: str
) -> tuple[Redemption, str | None]:
    """Write the redemption, the engagement with its stages and the co-payment in one statement.

    The redemption, and the reference under which the co-payment is awaited; None if the aid is all.
    """
    engagement = db.insert_one(
        Engagement,
        id=engagement_id,
        number=db.number("ENG"),
        agreement_id=agreement.id,
        organisation_id=agreement.organisation_id,
        provider_id=agreement.provider_id,
        status=ENGAGEMENT.initial,
    )
    stage = literal(engagement_id), AgreementStage.id, AgreementStage.position, AgreementStage.code
    stages = insert(Stage).from_select(
        ["engagement_id", "agreement_stage_id", "position", "code", "status"],
        select(*stage, literal(STAGE.initial)).where(AgreementStage.agreement_id == agreement.id),
        include_defaults=False,
    )
    redemption = db.insert_one(
        Redemption,
        id=uuid4(),
        agreement_id=agreement.id,
        voucher_id=agreement.voucher_id,
        amount=agreement.aid,
        currency=agreement.currency,
        key=key,
        redeemed_by=actor.person_id,
        redeemed_at=clock.now(),
        device_hash=actor.device_hash,
    ).add_cte(engagement.cte("engagement"), stages.cte("stages"))
    if not agreement.co_payment:
        return db.session.scalars(redemption.returning(Redemption)).one(), None
    co_payment = db.insert_one(
        CoPayment,
        agreement_id=agreement.id,
        amount=agreement.co_payment,
        currency=agreement.currency,
        reference=db.number("COP"),
        due_on=due_on,
        status=CO_PAYMENT.initial,
    ).returning(CoPayment.reference)
    reference = select(co_payment.cte("co_payment").columns.reference).scalar_subquery()
    row = db.session.execute(redemption.returning(Redemption, reference)).one()
    return row[0], row[1]


def _ask_for_co_payment(agreement: Agreement, engagement_id: UUID, reference: str, due_on: date) -> None:
    """Tell the SME what to pay until when, and let the engagement lapse if it doesn't come."""
    account = terms(clock.today())
    lapses_at = clock.end_of_day(due_on + timedelta(days=account.co_payment_grace_days))
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
        holder=account.holder,
        bank=account.bank,
        account=account.number,
        path=f"/agreements/{agreement.id}/co-payment",
    )
