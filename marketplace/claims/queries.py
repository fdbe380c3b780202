"""Owns reads of claims, holds, payment batches and bank reports; always ordered, and by side."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, case, false, func, or_, select
from sqlalchemy.orm import selectinload

from config.payments import terms
from marketplace.claims import deadlines, pain001
from marketplace.claims.models import (
    BankEntry,
    BankImport,
    Claim,
    ClaimAssessment,
    ClaimEscalation,
    ClaimLine,
    Hold,
    PaymentBatch,
    PaymentLine,
    Refund,
)
from marketplace.core import clock, db
from marketplace.core.actors import SME, Actor, Role
from marketplace.core.db import session
from marketplace.core.errors import NotFound
from marketplace.core.money import exponent
from marketplace.engagements.models import Engagement, Stage

SEES_ALL = frozenset(
    {
        Role.PROGRAMME_OFFICER,
        Role.BUDGET_OFFICER,
        Role.ETHICS_OFFICER,
        Role.ADMINISTRATOR,
        Role.AUDITOR,
        Role.SYSTEM,
    }
)


class Ageing(NamedTuple):
    """How much waits in one status and currency, by the place of its range of age; the amount in minor units."""

    status: str
    currency: str
    place: int
    number: int
    amount: int


def visible_to(actor: Actor) -> Select[Claim]:
    """A provider's manager sees the firm's claims, officers of the agency all."""
    if actor.role is Role.MANAGER:
        return select(Claim).where(Claim.provider_id == actor.organisation_id)
    return select(Claim) if actor.role in SEES_ALL else select(Claim).where(false())


def get_claim(claim_id: UUID, *, actor: Actor) -> Claim:
    """The claim, if it is this actor's to see; NotFound otherwise."""
    found = session.scalars(visible_to(actor).where(Claim.id == claim_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def lock_claim(claim_id: UUID) -> Claim:
    """The claim, locked after its engagement, as a hold locks it: neither misses the other."""
    db.get(Engagement, db.get(Claim, claim_id).engagement_id, lock=True)
    return db.get(Claim, claim_id, lock=True)


def search_claims(actor: Actor, *, status: str | None = None, text: str | None = None) -> Select[Claim]:
    """The actor's claims, filtered by status and by the number of claim, engagement or invoice."""
    found = visible_to(actor).join(Engagement, Engagement.id == Claim.engagement_id)
    if status:
        found = found.where(Claim.status == status)
    if text:
        found = found.where(
            Claim.number.icontains(text, autoescape=True)
            | Engagement.number.icontains(text, autoescape=True)
            | Claim.invoice_number.icontains(text, autoescape=True)
        )
    return found


def claims_of(engagement_id: UUID) -> Sequence[Claim]:
    """The engagement's claims, oldest first."""
    wanted = select(Claim).where(Claim.engagement_id == engagement_id)
    return session.scalars(wanted.order_by(Claim.submitted_at, Claim.id)).all()


def ageing(*, status: str = "", first: int = 0, last: int | None = None) -> Select[Claim]:
    """Claims that wait for the agency, with at least `first` and at most `last` working days on their clock."""
    found = select(Claim).where(Claim.status.in_(deadlines.STEP_OF))
    if status:
        found = found.where(Claim.status == status)
    if first:
        found = found.where(Claim.clock_starts_at < _so_long_ago(first))
    return found if last is None else found.where(Claim.clock_starts_at >= _so_long_ago(last + 1))


def ageing_totals(ages: Sequence[int]) -> list[Ageing]:
    """How many claims wait in each status and currency and range of age, and the sum of their amounts."""
    age = case(
        *[
            (Claim.clock_starts_at >= _so_long_ago(last + 1), place)
            for place, (_first, last) in enumerate(deadlines.ranges(ages))
            if last is not None
        ],
        else_=len(ages),
    )
    amount = func.sum(func.coalesce(Claim.approved_amount, Claim.net_amount))
    rows = session.execute(
        select(Claim.status, Claim.currency, age, func.count(), amount)
        .where(Claim.status.in_(deadlines.STEP_OF))
        .group_by(Claim.status, Claim.currency, age)
        .order_by(Claim.status, Claim.currency, age)
    )
    return [Ageing(*row) for row in rows]


def _so_long_ago(days: int) -> datetime:
    """Clocks that started before this moment have run for so many working days or more."""
    return clock.end_of_day(clock.subtract_working_days(clock.now(), days).astimezone(clock.zone()).date())


def assessments_of(claim_id: UUID) -> Sequence[ClaimAssessment]:
    """How the claim's way was decided, oldest first."""
    wanted = select(ClaimAssessment).where(ClaimAssessment.claim_id == claim_id)
    return session.scalars(wanted.order_by(ClaimAssessment.created_at, ClaimAssessment.occasion.desc())).all()


def find_escalation(claim_id: UUID, *, step: str, level: int) -> ClaimEscalation | None:
    """What was told at this level about this step being overdue."""
    wanted = select(ClaimEscalation).where(ClaimEscalation.claim_id == claim_id)
    return session.scalars(wanted.where(ClaimEscalation.step == step, ClaimEscalation.level == level)).one_or_none()


def paid_claims(provider_id: UUID) -> int:
    """How many claims of the provider were paid."""
    wanted = select(func.count()).where(Claim.provider_id == provider_id, Claim.status == "paid")
    return session.scalar(wanted) or 0


def troubled_claims(provider_id: UUID, *, since: datetime) -> int:
    """How many claims of the provider were returned, cut, refused or sent back by the bank since then."""
    troubled = or_(
        Claim.returned_at >= since,
        Claim.bounced_at >= since,
        Claim.refused_at >= since,
        and_(Claim.approved_at >= since, Claim.approved_amount < Claim.net_amount),
    )
    return session.scalar(select(func.count()).where(Claim.provider_id == provider_id, troubled)) or 0


def approved_claims() -> Sequence[Claim]:
    """Claims that wait for a payment batch, the longest waiting first."""
    return session.scalars(select(Claim).where(Claim.status == "approved").order_by(Claim.approved_at, Claim.id)).all()


def claims_by_id(claim_ids: Sequence[UUID], *, lock: bool = False) -> Sequence[Claim]:
    """These claims in order of id, locked if asked."""
    wanted = select(Claim).where(Claim.id.in_(claim_ids)).order_by(Claim.id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return session.scalars(wanted).all()


def waiting_refunds() -> Sequence[Refund]:
    """Refunds that wait for a payment batch, the longest waiting first."""
    wanted = select(Refund).where(Refund.status == "awaiting")
    return session.scalars(wanted.order_by(Refund.requested_at, Refund.id)).all()


def refunds_by_id(refund_ids: Sequence[UUID], *, lock: bool = False) -> Sequence[Refund]:
    """These refunds in order of id, locked if asked."""
    wanted = select(Refund).where(Refund.id.in_(refund_ids)).order_by(Refund.id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return session.scalars(wanted).all()


def refunds_visible_to(actor: Actor) -> Select[Refund]:
    """A company's people see its refunds, officers of the agency all."""
    if actor.role in SME:
        return select(Refund).where(Refund.organisation_id == actor.organisation_id)
    return select(Refund) if actor.role in SEES_ALL else select(Refund).where(false())


def get_refund(refund_id: UUID, *, actor: Actor) -> Refund:
    """The refund, if it is this actor's to see; NotFound otherwise."""
    found = session.scalars(refunds_visible_to(actor).where(Refund.id == refund_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def search_refunds(actor: Actor, *, status: str | None = None) -> Select[Refund]:
    """The actor's refunds, filtered by status."""
    found = refunds_visible_to(actor)
    return found.where(Refund.status == status) if status else found


def lines_of_refund(refund_id: UUID) -> Sequence[PaymentLine]:
    """Every attempt to pay the refund, in the order of their batches."""
    wanted = select(PaymentLine).where(PaymentLine.refund_id == refund_id)
    return session.scalars(wanted.order_by(PaymentLine.end_to_end_id)).all()


def stages_by_id(stage_ids: Sequence[UUID]) -> Sequence[Stage]:
    """These stages in order of position."""
    return session.scalars(select(Stage).where(Stage.id.in_(stage_ids)).order_by(Stage.position, Stage.id)).all()


def claimable_stages(engagement_id: UUID) -> Sequence[Stage]:
    """The engagement's accepted stages that no live claim holds."""
    claimed = select(ClaimLine.stage_id).where(ClaimLine.withdrawn_at.is_(None))
    return session.scalars(
        select(Stage)
        .where(Stage.engagement_id == engagement_id, Stage.status == "accepted", Stage.id.not_in(claimed))
        .order_by(Stage.position)
    ).all()


def engagements_to_claim(provider_id: UUID | None) -> Sequence[Engagement]:
    """The provider's engagements with an accepted stage that isn't claimed yet."""
    claimed = select(ClaimLine.stage_id).where(ClaimLine.withdrawn_at.is_(None))
    open_stages = select(Stage.engagement_id).where(Stage.status == "accepted", Stage.id.not_in(claimed))
    return session.scalars(
        select(Engagement)
        .where(Engagement.provider_id == provider_id, Engagement.id.in_(open_stages))
        .order_by(Engagement.number)
    ).all()


def holds_of(engagement_id: UUID) -> Sequence[Hold]:
    """Every hold ever placed on the engagement's payments, newest first."""
    wanted = select(Hold).where(Hold.engagement_id == engagement_id)
    return session.scalars(wanted.order_by(Hold.placed_at.desc(), Hold.id)).all()


def find_hold_in_force(engagement_id: UUID) -> Hold | None:
    """The hold in force that lasts longest, if any."""
    wanted = select(Hold).where(
        Hold.engagement_id == engagement_id, Hold.status == "active", Hold.until_at > func.app_now()
    )
    return session.scalars(wanted.order_by(Hold.until_at.desc()).limit(1)).one_or_none()


def held_engagements(engagement_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the engagements whose payments are held now."""
    wanted = select(Hold.engagement_id).where(
        Hold.engagement_id.in_(engagement_ids), Hold.status == "active", Hold.until_at > func.app_now()
    )
    return set(session.scalars(wanted))


def search_holds(*, status: str | None = None) -> Select[Hold]:
    """All holds, filtered by status."""
    return select(Hold).where(Hold.status == status) if status else select(Hold)


def find_active_hold(engagement_id: UUID, flag_id: UUID) -> Hold | None:
    """The active hold that this flag has caused, if any."""
    wanted = select(Hold).where(Hold.engagement_id == engagement_id, Hold.flag_id == flag_id, Hold.status == "active")
    return session.scalars(wanted).one_or_none()


def ended_hold_ids(*, limit: int) -> Sequence[UUID]:
    """Active holds whose time is over, the longest over first."""
    wanted = select(Hold.id).where(Hold.status == "active", Hold.until_at <= func.app_now())
    return session.scalars(wanted.order_by(Hold.until_at).limit(limit)).all()


def search_batches(*, status: str | None = None) -> Select[PaymentBatch]:
    """All payment batches, filtered by status."""
    return select(PaymentBatch).where(PaymentBatch.status == status) if status else select(PaymentBatch)


def batch_totals(batch_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """Of each batch the number of its payments and their sum in minor units, without those taken out."""
    rows = session.execute(
        select(PaymentLine.batch_id, func.count(), func.sum(PaymentLine.amount))
        .where(PaymentLine.batch_id.in_(batch_ids), PaymentLine.status != "removed")
        .group_by(PaymentLine.batch_id)
    )
    return {batch_id: (count, int(total)) for batch_id, count, total in rows}


def get_batch(batch_id: UUID) -> PaymentBatch:
    """The payment batch; NotFound without one."""
    return db.get(PaymentBatch, batch_id)


def find_batch(number: str) -> PaymentBatch | None:
    """The payment batch with this number."""
    return session.scalars(select(PaymentBatch).where(PaymentBatch.number == number)).one_or_none()


def lines_of(batch_id: UUID) -> Sequence[PaymentLine]:
    """The batch's payments with their claims and refunds, in the order of the bank file."""
    with_subjects = selectinload(PaymentLine.claim), selectinload(PaymentLine.refund)
    wanted = select(PaymentLine).where(PaymentLine.batch_id == batch_id).options(*with_subjects)
    return session.scalars(wanted.order_by(PaymentLine.end_to_end_id)).all()


def find_line(end_to_end_id: str, *, lock: bool = False) -> PaymentLine | None:
    """The payment with this reference, locked if asked."""
    wanted = select(PaymentLine).where(PaymentLine.end_to_end_id == end_to_end_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return session.scalars(wanted).one_or_none()


def line_of_claim(claim_id: UUID) -> PaymentLine | None:
    """The claim's live payment: waiting in a batch, or paid."""
    wanted = select(PaymentLine).where(PaymentLine.claim_id == claim_id, PaymentLine.status.in_(("pending", "paid")))
    return session.scalars(wanted).one_or_none()


def payment_file(batch: PaymentBatch) -> bytes:
    """The batch as the bank gets it; the same rows always give the same bytes."""
    moment = batch.sent_at or batch.prepared_at
    agency = terms(moment.astimezone(clock.zone()).date())
    transfers = tuple(
        pain001.Transfer(
            reference=line.end_to_end_id,
            amount=line.amount,
            creditor=pain001.Account(line.holder_name, line.account_number, line.bank_name),
            remittance=line.subject.number,
        )
        for line in lines_of(batch.id)
        if line.status != "removed"
    )
    return pain001.write(
        pain001.PaymentFile(
            reference=batch.number,
            created_at=moment,
            execute_on=moment.astimezone(clock.zone()).date(),
            currency=batch.currency,
            digits=exponent(batch.currency),
            debtor=pain001.Account(agency.holder, agency.number, agency.bank),
            transfers=transfers,
        )
    )


def imports() -> Select[BankImport]:
    """All files taken from the bank."""
    return select(BankImport)


def get_import(import_id: UUID) -> BankImport:
    """One file of the bank; NotFound without one."""
    return db.get(BankImport, import_id)


def find_import(sha256: str) -> BankImport | None:
    """The import of a file with exactly this content."""
    return session.scalars(select(BankImport).where(BankImport.sha256 == sha256)).one_or_none()


def is_known_entry(account: str, bank_reference: str, direction: str) -> bool:
    """Whether this movement was reported before, in whichever file."""
    wanted = select(BankEntry.id).where(
        BankEntry.account == account,
        BankEntry.bank_reference == bank_reference,
        BankEntry.direction == direction,
    )
    return session.scalar(wanted) is not None


def entries(*, limit: int) -> Sequence[BankEntry]:
    """Movements that the bank reported, newest first."""
    wanted = select(BankEntry).order_by(BankEntry.booked_on.desc(), BankEntry.id)
    return session.scalars(wanted.limit(limit)).all()


def unmatched_entries(*, limit: int) -> Sequence[BankEntry]:
    """Movements that did nothing here, for an officer to look at, newest first."""
    wanted = select(BankEntry).where(BankEntry.outcome == "unmatched")
    return session.scalars(wanted.order_by(BankEntry.booked_on.desc(), BankEntry.id).limit(limit)).all()


def outcomes_of(import_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Of each bank file how many movements had which outcome."""
    rows = session.execute(
        select(BankEntry.import_id, BankEntry.outcome, func.count())
        .where(BankEntry.import_id.in_(import_ids))
        .group_by(BankEntry.import_id, BankEntry.outcome)
    )
    found: dict[UUID, dict[str, int]] = {}
    for import_id, outcome, number in rows:
        found.setdefault(import_id, {})[outcome] = number
    return found
