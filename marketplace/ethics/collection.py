"""Gathers the plain facts of one engagement that the rules look at, from the stored rows of every area below."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Membership, Organisation, Person
from marketplace.claims.models import Claim, PaymentBatch, PaymentLine
from marketplace.claims.states import ClaimStatus
from marketplace.core import clock, db
from marketplace.core.actors import PROVIDER, SME, Role
from marketplace.core.audit import AuditEntry
from marketplace.engagements import queries as engagements
from marketplace.engagements.models import ConsultingSession, Deliverable
from marketplace.engagements.queries import Record
from marketplace.engagements.states import SessionStatus
from marketplace.ethics import flows
from marketplace.ethics.papers import named_people, requirements, validities
from marketplace.ethics.rules import facts
from marketplace.ethics.rules.facts import Facts, Party
from marketplace.jobs.models import Award
from marketplace.programmes.models import Programme
from marketplace.providers.models import BankAccount, Consultant, Provider
from marketplace.surveys import queries as surveys
from marketplace.vouchers.models import Application, Voucher
from marketplace.vouchers.states import VoucherStatus


def collect(engagement_id: UUID) -> Facts:
    """Return everything the rules need to know of this engagement, as it is stored now."""
    record = engagements.facts(engagement_id)
    voucher = db.get(Voucher, record.agreement.voucher_id)
    programme = db.get(Programme, voucher.programme_id)
    claims = _claims(engagement_id)
    people = _consultants(record)
    award = db.get(Award, record.agreement.award_id)
    return Facts(
        engagement=str(engagement_id),
        now=clock.now(),
        zone=clock.zone(),
        sme=_firm(record.engagement.organisation_id),
        provider=_firm(record.engagement.provider_id),
        consultants=tuple(_person(each.person_id) for each in people),
        helpers=tuple(_person(person.id) for person in _helpers(record.engagement.organisation_id)),
        acts=tuple(_acts(record, voucher, claims)),
        aid=_aid(programme, record.engagement.organisation_id),
        aid_ceiling=programme.aid_cap,
        aid_window_months=programme.aid_cap_months,
        one_active_voucher=programme.one_active_voucher,
        active_vouchers=_active_vouchers(voucher),
        named=named_people(record, people),
        sessions=tuple(_session(each) for each in _held(record)),
        other_sessions=_other_sessions(record),
        files=tuple(_file(each) for each in record.deliverables),
        other_files=_other_files(record),
        share_due=record.co_payment.amount if record.co_payment else 0,
        share_due_at=clock.end_of_day(record.co_payment.due_on) if record.co_payment else None,
        co_payments=_co_payments(record),
        share_accounts=flows.share_accounts(record.engagement.organisation_id),
        flows=flows.flows_of(record.engagement),
        paid_on=flows.paid_on(engagement_id),
        account_changed_at=_account_changes(record.engagement.provider_id),
        claims_open=tuple((each.submitted_at, each.paid_at) for each in claims),
        required=requirements(record, people, award),
        validities=validities(record, people),
        traces=tuple(_traces(record, voucher, award, claims)),
        survey=_survey(engagement_id),
    )


def _firm(organisation_id: UUID) -> Party:
    firm = db.get(Organisation, organisation_id)
    members = db.session.scalars(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.organisation_id == organisation_id, Membership.role != Role.HELPER.value)
    ).all()
    return Party(
        reference=str(organisation_id),
        name=firm.name,
        business_number=firm.business_number or "",
        representative=firm.representative_name,
        people=frozenset(str(person.id) for person in members),
        bank_accounts=flows.registered_accounts(organisation_id),
        phones=_known(firm.phone, *(person.phone for person in members)),
        emails=_known(firm.email, *(person.email for person in members)),
        addresses=_known(firm.address),
    )


def _person(person_id: UUID) -> Party:
    person = accounts.get_person(person_id)
    return Party(
        reference=str(person.id),
        name=person.name,
        representative=person.name,
        people=frozenset({str(person.id)}),
        phones=_known(person.phone),
        emails=_known(person.email),
    )


def _known(*values: str | None) -> frozenset[str]:
    return frozenset(value for value in values if value)


def _consultants(record: Record) -> list[Consultant]:
    """Who was named, and who recorded sessions whether named or not."""
    wanted = {each.consultant_id for each in record.assignments} | {each.consultant_id for each in record.sessions}
    return list(db.session.scalars(select(Consultant).where(Consultant.id.in_(wanted)).order_by(Consultant.id)))


def _helpers(organisation_id: UUID) -> Iterable[Person]:
    return db.session.scalars(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.organisation_id == organisation_id, Membership.role == Role.HELPER.value)
        .order_by(Person.id)
    )


def _claims(engagement_id: UUID) -> list[Claim]:
    dropped = Claim.status.in_((ClaimStatus.WITHDRAWN, ClaimStatus.REFUSED))
    wanted = select(Claim).where(Claim.engagement_id == engagement_id, ~dropped)
    return list(db.session.scalars(wanted.order_by(Claim.submitted_at, Claim.id)))


def _acts(record: Record, voucher: Voucher, claims: list[Claim]) -> Iterable[facts.Act]:
    """Every pair of making and checking that this engagement's money rests on."""
    asked = db.get(Application, voucher.application_id)
    firm = db.get(Provider, record.engagement.provider_id)
    pairs = [
        ("application", asked.submitted_by, asked.submitted_at, asked.decided_by, asked.decided_at),
        ("registration", firm.submitted_by, firm.submitted_at, firm.approved_by, firm.approved_at),
        *(("session", s.recorded_by, s.created_at, s.countersigned_by, s.countersigned_at) for s in record.sessions),
        *(("claim", c.submitted_by, c.submitted_at, c.approved_by, c.approved_at) for c in claims),
        *(("payment", c.checked_by, c.checked_at, c.approved_by, c.approved_at) for c in claims),
        *(("payment", c.checked_by, c.checked_at, c.first_approved_by, c.first_approved_at) for c in claims),
        *(("account", b.proposed_by, b.proposed_at, b.approved_by, b.active_at) for b in _accounts(firm.id)),
        *(("batch", b.prepared_by, b.prepared_at, b.sent_by, b.sent_at) for b in _batches(claims)),
    ]  # fmt: skip
    devices = _devices([each.id for each in claims])
    for name, maker, made_at, checker, checked_at in pairs:
        if maker and checker and made_at and checked_at:
            yield facts.Act(
                name, str(maker), str(checker), made_at, checked_at, devices.get(maker, ""), devices.get(checker, "")
            )


def _accounts(provider_id: UUID) -> list[BankAccount]:
    wanted = select(BankAccount).where(BankAccount.organisation_id == provider_id, BankAccount.active_at.is_not(None))
    return list(db.session.scalars(wanted.order_by(BankAccount.active_at, BankAccount.id)))


def _batches(claims: list[Claim]) -> Iterable[PaymentBatch]:
    lines = select(PaymentLine.batch_id).where(PaymentLine.claim_id.in_([each.id for each in claims]))
    return db.session.scalars(select(PaymentBatch).where(PaymentBatch.id.in_(lines)).order_by(PaymentBatch.id))


def _devices(claim_ids: list[UUID]) -> dict[UUID, str]:
    """The device from which each person acted on these claims last."""
    wanted = select(AuditEntry.person_id, AuditEntry.device_hash).where(
        AuditEntry.subject_type == "claims", AuditEntry.subject_id.in_(claim_ids), AuditEntry.device_hash.is_not(None)
    )
    rows = db.session.execute(wanted.order_by(AuditEntry.id))
    return {person: device for person, device in rows if person is not None and device is not None}


def _aid(programme: Programme, organisation_id: UUID) -> tuple[facts.Aid, ...]:
    linked = accounts.undertaking_of(organisation_id)
    wanted = select(Voucher).where(Voucher.programme_id == programme.id, Voucher.organisation_id.in_(linked))
    return tuple(
        facts.Aid(each.number, each.amount - each.released, each.issued_at.astimezone(clock.zone()).date())
        for each in db.session.scalars(wanted.order_by(Voucher.issued_at, Voucher.id))
    )


def _active_vouchers(voucher: Voucher) -> tuple[str, ...]:
    wanted = select(Voucher.number).where(
        Voucher.programme_id == voucher.programme_id,
        Voucher.organisation_id == voucher.organisation_id,
        Voucher.status.in_((VoucherStatus.ISSUED, VoucherStatus.SUSPENDED)),
    )
    return tuple(db.session.scalars(wanted.order_by(Voucher.number)))


def _held(record: Record) -> list[ConsultingSession]:
    return [each for each in record.sessions if each.status != SessionStatus.WITHDRAWN]


def _session(row: ConsultingSession) -> facts.Session:
    return facts.Session(str(row.id), str(row.person_id), row.starts_at, row.ends_at, row.countersigned_at)


def _other_sessions(record: Record) -> tuple[facts.Session, ...]:
    held = _held(record)
    if not held:
        return ()
    wanted = select(ConsultingSession).where(
        ConsultingSession.person_id.in_({each.person_id for each in held}),
        ConsultingSession.engagement_id != record.engagement.id,
        ConsultingSession.status != SessionStatus.WITHDRAWN,
        ConsultingSession.starts_at < max(each.ends_at for each in held),
        ConsultingSession.ends_at > min(each.starts_at for each in held),
    )
    ordered = wanted.order_by(ConsultingSession.starts_at, ConsultingSession.id)
    return tuple(_session(each) for each in db.session.scalars(ordered))


def _file(row: Deliverable) -> facts.File:
    return facts.File(str(row.id), row.sha256, row.text_sha256 or "", row.text_characters or 0)


def _other_files(record: Record) -> tuple[facts.File, ...]:
    hashes = [each.sha256 for each in record.deliverables]
    texts = [each.text_sha256 for each in record.deliverables if each.text_sha256]
    wanted = select(Deliverable).where(
        Deliverable.engagement_id != record.engagement.id,
        Deliverable.sha256.in_(hashes) | Deliverable.text_sha256.in_(texts),
    )
    return tuple(_file(each) for each in db.session.scalars(wanted.order_by(Deliverable.created_at, Deliverable.id)))


def _co_payments(record: Record) -> tuple[facts.CoPayment, ...]:
    paid = record.co_payment
    if paid is None or paid.paid_at is None:
        return ()
    booked_at = clock.end_of_day(paid.booked_on) if paid.booked_on else paid.paid_at
    received_at = min(paid.paid_at, booked_at)
    return (
        facts.CoPayment(
            paid.reference, paid.payer_name or "", paid.payer_account or "", received_at, paid.holder_name or ""
        ),
    )


def _account_changes(provider_id: UUID) -> tuple[datetime, ...]:
    """When another account replaced the one before; the first account is no change."""
    return tuple(each.active_at for each in _accounts(provider_id)[1:] if each.active_at)


def _traces(record: Record, voucher: Voucher, award: Award, claims: list[Claim]) -> Iterable[facts.Trace]:
    """Every recorded act on this engagement's things, by side, device and address."""
    agreement = record.agreement
    things = [voucher.application_id, voucher.id, agreement.job_id, agreement.id]
    things += [record.engagement.id, award.id, award.bid_id]
    things += [stage.id for stage in record.engagement.stages]
    things += [each.id for each in record.sessions] + [each.id for each in record.deliverables]
    things += [claim.id for claim in claims]
    wanted = select(AuditEntry).where(AuditEntry.subject_id.in_(things), AuditEntry.device_hash.is_not(None))
    for entry in db.session.scalars(wanted.order_by(AuditEntry.id)):
        if side := _side(entry.role):
            yield facts.Trace(side, entry.action, entry.device_hash or "", entry.address_hash or "", entry.at)
    answered = surveys.find_trace(record.engagement.id)
    if answered is not None:
        yield facts.Trace("sme", "survey.answer", *answered)


def _side(role: str) -> str | None:
    if role == Role.HELPER:
        return "helper"
    if role in SME:
        return "sme"
    return "provider" if role in PROVIDER else None


def _survey(engagement_id: UUID) -> facts.Survey | None:
    evidence = surveys.find_evidence(engagement_id)
    return facts.Survey(dict(evidence.facts), tuple(evidence.signs)) if evidence else None
