"""Gathers the plain facts of one engagement that the rules look at, from what every area below has stored."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.accounts import queries as accounts
from marketplace.claims import queries as claims
from marketplace.core import clock, db
from marketplace.core.actors import PROVIDER, SME, Role
from marketplace.core.audit import AuditEntry
from marketplace.engagements import queries as engagements
from marketplace.ethics import flows
from marketplace.ethics.papers import named_people, requirements, validities
from marketplace.ethics.rules import facts
from marketplace.ethics.rules.facts import Facts, Party
from marketplace.jobs import queries as jobs
from marketplace.providers import queries as providers
from marketplace.surveys import queries as surveys
from marketplace.vouchers import queries as vouchers


def collect(engagement_id: UUID) -> Facts:
    """Return everything the rules need to know of this engagement, as it is stored now."""
    work, paid = engagements.evidence(engagement_id), claims.evidence(engagement_id)
    aid = vouchers.evidence(work.agreement.voucher_id)
    award = jobs.get_award(work.agreement.award_id)
    company, firm = work.engagement.organisation_id, work.engagement.provider_id
    register = providers.evidence(firm, _workers(work))
    sessions, other_sessions = _sessions(work)
    files, other_files = _files(work)
    return Facts(
        engagement=str(engagement_id),
        now=clock.now(),
        zone=clock.zone(),
        sme=_firm(company),
        provider=_firm(firm),
        consultants=tuple(_person(consultant.person_id) for consultant in register.consultants),
        helpers=tuple(_person(person.id) for person in accounts.people_ever(company, helpers=True)),
        acts=tuple(_acts(work, register, aid, paid)),
        aid=_aid(aid),
        aid_ceiling=aid.programme.aid_cap,
        aid_window_months=aid.programme.aid_cap_months,
        one_active_voucher=aid.programme.one_active_voucher,
        active_vouchers=tuple(aid.active_numbers),
        named=named_people(work, register),
        sessions=sessions,
        other_sessions=other_sessions,
        files=files,
        other_files=other_files,
        share_due=work.co_payment.amount if work.co_payment else 0,
        share_due_at=clock.end_of_day(work.co_payment.due_on) if work.co_payment else None,
        co_payments=_co_payments(work),
        share_accounts=engagements.share_accounts(company),
        flows=flows.flows_of(company, firm),
        paid_on=tuple(paid.paid_on),
        account_changed_at=_account_changes(register),
        claims_open=tuple((claim.submitted_at, claim.paid_at) for claim in paid.claims),
        required=requirements(work, register, award.awarded_at),
        validities=validities(register),
        traces=tuple(_traces(work, aid, paid, [award.id, award.bid_id])),
        survey=_survey(engagement_id),
    )


def _workers(work: engagements.Evidence) -> set[UUID]:
    """Who was named, and who recorded sessions whether named or not."""
    return {row.consultant_id for row in work.assignments} | {row.consultant_id for row in work.sessions}


def _firm(organisation_id: UUID) -> Party:
    firm = accounts.get_organisation(organisation_id)
    members = accounts.people_ever(organisation_id, helpers=False)
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


def _acts(
    work: engagements.Evidence, register: providers.Evidence, aid: vouchers.Evidence, paid: claims.Evidence
) -> Iterable[facts.Act]:
    """Every pair of making and checking that this engagement's money rests on."""
    asked, firm = aid.application, register.provider
    pairs = [
        ("application", asked.submitted_by, asked.submitted_at, asked.decided_by, asked.decided_at),
        ("registration", firm.submitted_by, firm.submitted_at, firm.approved_by, firm.approved_at),
        *(("session", s.recorded_by, s.created_at, s.countersigned_by, s.countersigned_at) for s in work.sessions),
        *(("claim", c.submitted_by, c.submitted_at, c.approved_by, c.approved_at) for c in paid.claims),
        *(("payment", c.checked_by, c.checked_at, c.approved_by, c.approved_at) for c in paid.claims),
        *(("payment", c.checked_by, c.checked_at, c.first_approved_by, c.first_approved_at) for c in paid.claims),
        *(("account", b.proposed_by, b.proposed_at, b.approved_by, b.active_at) for b in register.bank_accounts),
        *(("batch", b.prepared_by, b.prepared_at, b.sent_by, b.sent_at) for b in paid.batches),
    ]
    devices = _devices([claim.id for claim in paid.claims])
    for name, maker, made_at, checker, checked_at in pairs:
        if maker and checker and made_at and checked_at:
            yield facts.Act(
                name, str(maker), str(checker), made_at, checked_at, devices.get(maker, ""), devices.get(checker, "")
            )


def _devices(claim_ids: list[UUID]) -> dict[UUID, str]:
    """The device from which each person acted on these claims last."""
    query = select(AuditEntry.person_id, AuditEntry.device_hash).where(
        AuditEntry.subject_type == "claims", AuditEntry.subject_id.in_(claim_ids), AuditEntry.device_hash.is_not(None)
    )
    rows = db.session.execute(query.order_by(AuditEntry.id))
    return {person: device for person, device in rows if person is not None and device is not None}


def _aid(aid: vouchers.Evidence) -> tuple[facts.Aid, ...]:
    return tuple(
        facts.Aid(voucher.number, voucher.amount - voucher.released, voucher.issued_at.astimezone(clock.zone()).date())
        for voucher in aid.of_undertaking
    )


def _sessions(work: engagements.Evidence) -> tuple[tuple[facts.Session, ...], tuple[facts.Session, ...]]:
    """The engagement's sessions, and the same people's others."""
    own, others = (
        tuple(
            facts.Session(str(row.id), str(row.person_id), row.starts_at, row.ends_at, row.countersigned_at)
            for row in rows
        )
        for rows in (work.held, work.other_sessions)
    )
    return own, others


def _files(work: engagements.Evidence) -> tuple[tuple[facts.File, ...], tuple[facts.File, ...]]:
    """The engagement's deliverables, and those of others with the same content."""
    own, others = (
        tuple(facts.File(str(row.id), row.sha256, row.text_sha256 or "", row.text_characters or 0) for row in rows)
        for rows in (work.deliverables, work.other_deliverables)
    )
    return own, others


def _co_payments(work: engagements.Evidence) -> tuple[facts.CoPayment, ...]:
    paid = work.co_payment
    if paid is None or paid.paid_at is None:
        return ()
    booked_at = clock.end_of_day(paid.booked_on) if paid.booked_on else paid.paid_at
    received_at = min(paid.paid_at, booked_at)
    return (
        facts.CoPayment(
            paid.reference, paid.payer_name or "", paid.payer_account or "", received_at, paid.holder_name or ""
        ),
    )


def _account_changes(register: providers.Evidence) -> tuple[datetime, ...]:
    """When another account replaced the one before; the first account is no change."""
    return tuple(account.active_at for account in register.bank_accounts[1:] if account.active_at)


def _traces(
    work: engagements.Evidence, aid: vouchers.Evidence, paid: claims.Evidence, awarded: list[UUID]
) -> Iterable[facts.Trace]:
    """Every recorded act on this engagement's things, by side, device and address."""
    things = [aid.application.id, aid.voucher.id, work.agreement.job_id, work.agreement.id, work.engagement.id]
    things += [*awarded, *(stage.id for stage in work.engagement.stages)]
    things += [*(row.id for row in work.sessions), *(row.id for row in work.deliverables)]
    things += [claim.id for claim in paid.claims]
    query = select(AuditEntry).where(AuditEntry.subject_id.in_(things), AuditEntry.device_hash.is_not(None))
    for entry in db.session.scalars(query.order_by(AuditEntry.id)):
        if side := _side(entry.role):
            yield facts.Trace(side, entry.action, entry.device_hash or "", entry.address_hash or "", entry.at)
    answered = surveys.find_trace(work.engagement.id)
    if answered is not None:
        yield facts.Trace(facts.Side.SME, "survey.answer", *answered)


def _side(role: str) -> facts.Side | None:
    if role == Role.HELPER:
        return facts.Side.HELPER
    if role in SME:
        return facts.Side.SME
    return facts.Side.PROVIDER if role in PROVIDER else None


def _survey(engagement_id: UUID) -> facts.Survey | None:
    evidence = surveys.find_evidence(engagement_id)
    return facts.Survey(dict(evidence.facts), tuple(evidence.signs)) if evidence else None
