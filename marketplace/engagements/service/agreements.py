"""The verbs of agreements: draft, sign, cancel."""

from datetime import date
from uuid import UUID

from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError
from marketplace.core.i18n import _
from marketplace.engagements import queries, rules
from marketplace.engagements.models import Agreement, Assignment
from marketplace.engagements.service.letters import tell_both_sides
from marketplace.engagements.service.pricing import aid_parts, price_stages, share_offer
from marketplace.engagements.states import AGREEMENT, ASSIGNMENT, Side
from marketplace.jobs import queries as jobs
from marketplace.jobs.models import Award, BidContent, Job
from marketplace.verification.queries import check_verified
from marketplace.vouchers.models import Voucher


def draft_agreement(award_id: UUID, *, actor: Actor, starts_on: date | None = None) -> Agreement:
    """Write the agreement of an award: price net by stage, aid and co-payment, plan and consultants; one per award."""
    award = db.get(Award, award_id)
    job = db.get(Job, award.job_id, lock=True)
    _check_party(job.organisation_id, award.bid.provider_id, actor)
    existing = queries.find_live_agreement(award_id)
    if existing is not None:
        return existing
    starts_on = starts_on or clock.today()
    rules.check_start(starts_on)
    content = jobs.bid_content(award.bid_id, actor)
    agreement = _write_agreement(award, job, content, starts_on)
    db.session.add(agreement)
    _write_consultants(agreement, content, award)
    db.flush()
    record(actor, "agreement.draft", agreement, after={"price_net": agreement.price_net, "aid": agreement.aid})
    tell_both_sides(agreement, "engagements/agreement_drafted")
    return agreement


def sign(agreement_id: UUID, *, actor: Actor) -> Agreement:
    """Sign for the actor's side, with date and device; when both have signed, the agreement holds."""
    agreement = db.get(Agreement, agreement_id, lock=True)
    rules.check_may_sign(agreement, actor)
    check_verified(actor.organisation_id)
    side = Side.SME if actor.organisation_id == agreement.organisation_id else Side.PROVIDER
    setattr(agreement, f"{side}_signed_by", actor.person_id)
    setattr(agreement, f"{side}_signed_at", clock.now())
    setattr(agreement, f"{side}_device_hash", actor.device_hash)
    record(actor, "agreement.sign_side", agreement, after={"side": side})
    if agreement.sme_signed_at and agreement.provider_signed_at:
        transition(agreement, AGREEMENT, "sign", actor=actor)
        for assignment in agreement.assignments:
            assignment.approved_by = agreement.sme_signed_by
            assignment.from_on = clock.today()
            transition(assignment, ASSIGNMENT, "approve", actor=actor)
        tell_both_sides(agreement, "engagements/agreement_signed")
    db.flush()
    return agreement


def cancel_agreement(agreement_id: UUID, *, actor: Actor, reason: str) -> Agreement:
    """Give up an agreement that isn't redeemed; the award can get another one."""
    agreement = db.get(Agreement, agreement_id, lock=True)
    _check_party(agreement.organisation_id, agreement.provider_id, actor, binding=True)
    transition(agreement, AGREEMENT, "cancel", actor=actor, reason=reason)
    tell_both_sides(agreement, "engagements/agreement_cancelled", reason=reason)
    db.flush()
    return agreement


def _check_party(organisation_id: UUID, provider_id: UUID, actor: Actor, *, binding: bool = False) -> None:
    if actor.organisation_id == provider_id:
        rules.check_acts_for(provider_id, actor, Role.MANAGER)
    elif binding:
        rules.check_acts_for(organisation_id, actor, Role.SIGNATORY)
    else:
        rules.check_acts_for(organisation_id, actor, Role.SIGNATORY, Role.PREPARER)


def _write_agreement(award: Award, job: Job, content: BidContent, starts_on: date) -> Agreement:
    if job.voucher_id is None or job.currency is None:
        raise DomainError(_("This job has no voucher."))
    voucher = db.get(Voucher, job.voucher_id)
    shared = share_offer(voucher, content)
    start = clock.end_of_day(starts_on)
    return Agreement(
        number=db.next_number("AGR"),
        award_id=award.id,
        job_id=job.id,
        voucher_id=voucher.id,
        organisation_id=job.organisation_id,
        provider_id=award.bid.provider_id,
        title=job.title,
        price_net=content.price_total,
        aid=shared.aid,
        co_payment=shared.co_payment,
        aid_parts=aid_parts(shared),
        currency=job.currency,
        starts_on=starts_on,
        ends_on=clock.add_working_days(start, sum(content.days.values())).astimezone(clock.zone()).date(),
        stages=price_stages(shared, job.stages, content),
    )


def _write_consultants(agreement: Agreement, content: BidContent, award: Award) -> None:
    for consultant_id in content.consultant_ids:
        agreement.assignments.append(Assignment(consultant_id=consultant_id, proposed_by=award.bid.submitted_by))
