"""The verbs of an application, from the first draft to an officer's decision."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import IO, Any
from uuid import UUID

from sqlalchemy import Select, Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from config import lists
from marketplace.accounts import queries as accounts
from marketplace.accounts.service import notify_organisation, notify_organisations, notify_role
from marketplace.core import clock, db, files
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.audit import plain, record, transition
from marketplace.core.errors import DomainError
from marketplace.core.i18n import _
from marketplace.core.reasons import check_reason
from marketplace.core.tasks import announce
from marketplace.programmes import queries as programmes
from marketplace.programmes import rules as programme_rules
from marketplace.programmes import scoring
from marketplace.programmes.eligibility import STATED_SALES
from marketplace.programmes.models import Call
from marketplace.programmes.states import Eligibility
from marketplace.verification import service as verification
from marketplace.vouchers import events, queries, rules
from marketplace.vouchers.models import Application, Assessment, ClaimedCertificate, Evidence
from marketplace.vouchers.service.ceiling import ask_for_check, check_ceiling
from marketplace.vouchers.service.waiting_room import take_ticket
from marketplace.vouchers.states import APPLICATION, ApplicationStatus, AssessmentOccasion, EvidenceKind

READERS = (Role.SIGNATORY, Role.PREPARER)


def start_application(call_id: UUID, *, actor: Actor) -> Application:
    """Begin a draft in an open call, one per company; what is known of the company is filled in."""
    rules.check_sme(actor)
    call = programmes.get_call(call_id, actor=actor)
    rules.check_call_open(call, clock.now())
    assert actor.organisation_id is not None
    if queries.find_live_application(call.id, actor.organisation_id) is not None:
        raise DomainError(_("Your company already has an application in this call."))
    application = Application(
        number=db.next_number("APP"),
        call=call,
        organisation_id=actor.organisation_id,
        facts=_known_facts(accounts.get_organisation(actor.organisation_id).sector),
        prepared_by=actor.person_id,
        helped_by=actor.person_id if actor.role is Role.HELPER else None,
    )
    db.session.add(application)
    db.flush()
    record(actor, "application.start", application, after={"call": str(call.id)})
    return application


def _known_facts(sector: str | None) -> dict[str, str]:
    """What the register says: the company's sector, and its industry where the sector lies in one alone."""
    known = {"sector": sector, "industry": lists.sole_industries().get(sector or "")}
    return {fact: code for fact, code in known.items() if code}


def save_facts(application_id: UUID, facts: Mapping[str, Any], *, actor: Actor) -> None:
    """Keep the company facts of a draft; money in whole major units."""
    application = _draft(application_id, actor)
    asked = programme_rules.asked_facts(programme_rules.standard_of(application.call))
    programme_rules.check_facts(facts)
    known = {"sector": application.facts["sector"]} if application.facts.get("sector") else {}
    application.facts = known | {fact: facts[fact] for fact in asked if facts.get(fact) is not None}
    db.flush()
    record(actor, "application.save_facts", application, after={"facts": sorted(application.facts)})


def save_need(application_id: UUID, *, actor: Actor, service_line: str, need: str) -> None:
    """Keep what the company wants the consulting for."""
    application = _draft(application_id, actor)
    if service_line not in application.call.programme.service_lines:
        raise DomainError(_("The programme does not offer this service line."), field="service_line")
    application.service_line, application.need = service_line, need
    db.flush()
    record(actor, "application.save_need", application, after={"service_line": service_line})


def attach_evidence(
    application_id: UUID, *, actor: Actor, stream: IO[bytes], filename: str, kind: EvidenceKind
) -> Evidence:
    """Keep a file that documents facts of a draft; Invalid(field='file') for what is not a document."""
    application = _draft(application_id, actor)
    file = files.store(stream, filename, actor=actor)
    evidence = Evidence(application_id=application.id, file=file, kind=kind)
    db.session.add(evidence)
    db.flush()
    record(actor, "application.attach_evidence", application, after={"file": str(file.id), "sha256": file.sha256})
    return evidence


def remove_evidence(evidence_id: UUID, *, actor: Actor) -> Application:
    """Take a file out of a draft again."""
    evidence = queries.get_evidence(evidence_id, actor=actor)
    application = _draft(evidence.application_id, actor)
    record(actor, "application.remove_evidence", application, before={"file": str(evidence.file_id)})
    db.session.delete(evidence)
    db.flush()
    return application


def submit(application_id: UUID, *, actor: Actor, declarations: Collection[str]) -> Application:
    """Hand an application in, by the signatory: it takes its place's ticket or the next one, and is sealed.

    The call's row is held in share mode, so that closing waits for every submission under way.
    """
    application = queries.get_application(application_id, actor=actor, lock=True, evidence=True)
    rules.check_signatory(actor)
    rules.check_draft(application)
    call = programmes.hold_call(application.call_id)
    rules.check_call_open(call, clock.now())
    near = check_ceiling(call)
    rules.check_complete(application, declarations)
    assessment = Assessment(**assessed(application, AssessmentOccasion.SUBMISSION, actor))
    rules.check_not_refused(assessment)
    application.ticket = take_ticket(application)
    db.session.add(assessment)
    claimed = _claim_certificates(application)
    application.declarations = dict.fromkeys(sorted(declarations), True)
    application.submitted_by = actor.person_id
    application.device_hash, application.address_hash = actor.device_hash, actor.address_hash
    transition(application, APPLICATION, "submit", actor=actor, ticket=application.ticket, certificates=claimed)
    registration = next(one for one in application.evidence if one.kind == EvidenceKind.BUSINESS_REGISTRATION)
    verification.hand_in_along(application.organisation_id, registration.file, actor=actor)
    db.flush()  # each move by itself: the database knows no way from a draft to accepted
    transition(
        application, APPLICATION, "accept" if assessment.result == Eligibility.ELIGIBLE else "review", actor=SYSTEM
    )
    db.flush()
    if near:
        ask_for_check(application)
    _tell_received(application)
    return application


def _claim_certificates(application: Application) -> list[str]:
    """Store with an application what its company holds that the call gives points for; the kinds."""
    call, valid_on = application.call, queries.closing_day(application.call)
    # A call published before there was a clock froze none.
    terms = {**scoring.on(clock.today()), **(call.scoring or {})}
    claimable = queries.claimable(call, application.organisation_id)
    db.session.add_all(
        ClaimedCertificate(
            application_id=application.id,
            kind=certificate.kind,
            certificate_id=certificate.id,
            number=certificate.number,
            valid_from=certificate.valid_from,
            valid_until=certificate.valid_until,
            valid_on=valid_on,
            verify_by=valid_on + timedelta(days=terms["certificate_days"]),
        )
        for certificate in claimable
    )
    return [certificate.kind for certificate in claimable]


def decide_eligibility(application_id: UUID, *, actor: Actor, eligible: bool, reason: str) -> Application:
    """Decide what the standard left open; the reason is told to the company."""
    rules.check_officer(actor)
    application = queries.get_application(application_id, actor=actor, lock=True)
    rules.check_in_review(application)
    check_reason(reason)
    application.decided_by, application.decided_at, application.reason = actor.person_id, clock.now(), reason
    transition(application, APPLICATION, "accept" if eligible else "refuse", actor=actor, reason=reason)
    db.flush()
    tell(application, "decision", eligible=eligible, reason=reason)
    announce(events.APPLICATION_DECIDED, call_id=application.call_id, application_id=application.id)
    return application


def withdraw(application_id: UUID, *, actor: Actor) -> Application:
    """Take an application back; once it was submitted, by the signatory."""
    rules.check_sme(actor)
    application = queries.get_application(application_id, actor=actor, lock=True)
    if application.status != ApplicationStatus.DRAFT:
        rules.check_signatory(actor)
        announce(events.APPLICATION_WITHDRAWN, call_id=application.call_id, application_id=application.id)
    transition(application, APPLICATION, "withdraw", actor=actor)
    db.flush()
    return application


def reassess(application_id: UUID, *, occasion: AssessmentOccasion, actor: Actor) -> Assessment:
    """Take eligibility again by the call's rule set and keep it; refused when the company does not count any more."""
    return _reassess(db.get(Application, application_id), occasion, actor)


def reassess_holder(voucher_id: UUID, *, occasion: AssessmentOccasion, actor: Actor) -> None:
    """reassess() of whoever holds this voucher."""
    _reassess(queries.application_of_voucher(voucher_id), occasion, actor)


def _reassess(application: Application, occasion: AssessmentOccasion, actor: Actor) -> Assessment:
    assessment = keep_assessment(application, occasion, actor)
    rules.check_eligible(application, assessment.result)
    return assessment


def keep_assessment(application: Application, occasion: AssessmentOccasion, actor: Actor) -> Assessment:
    """Ask the programme's size standard and keep the answer with everything it rests on."""
    assessment = Assessment(**assessed(application, occasion, actor))
    db.session.add(assessment)
    db.flush()
    return assessment


def assessed(application: Application, occasion: AssessmentOccasion, actor: Actor) -> dict[str, Any]:
    """What the call's size standard says, with everything it rests on, as an Assessment keeps it."""
    standard = programme_rules.standard_of(application.call)
    assessment = programme_rules.assess(standard, application.facts)
    return {
        "application_id": application.id,
        "occasion": occasion,
        "standard": assessment.standard,
        "standard_date": standard.date,
        "result": assessment.result,
        "inputs": dict(application.facts),
        "rules": [vars(rule) | {"date": rule.date.isoformat()} for rule in assessment.rules],
        "evidence": _evidence_levels(application),
        "assessed_by": actor.person_id,
        "assessed_at": clock.now(),
    }


def _evidence_levels(application: Application) -> dict[str, dict[str, Any]]:
    """How well each fact is known: verified by an officer, documented by a file, or only declared."""
    if application.decided_by is not None:
        verified = {"level": "verified", "by": str(application.decided_by), "at": f"{application.decided_at:%Y-%m-%d}"}
        return dict.fromkeys(_stated(application), verified)
    declared = {"level": "declared", "by": str(application.submitted_by or application.prepared_by), "at": None}
    documented = {
        item.kind: {"level": "documented", "by": str(item.file_id), "at": f"{item.created_at:%Y-%m-%d}"}
        for item in application.evidence
    }
    return {
        fact: documented.get(rules.DOCUMENTED_BY.get(fact, EvidenceKind.FINANCIAL), declared)
        for fact in _stated(application)
    }


def _stated(application: Application) -> list[str]:
    """The facts that were stated, and the average of the sales among them."""
    averaged = any(fact.replace("_", "-") in STATED_SALES for fact in application.facts)
    return [*application.facts, *(["average_sales"] if averaged else [])]


def _draft(application_id: UUID, actor: Actor) -> Application:
    """The locked draft that this actor may change; an outside helper's hand in it is disclosed."""
    rules.check_sme(actor)
    application = queries.get_application(application_id, actor=actor, lock=True)
    rules.check_draft(application)
    if actor.role is Role.HELPER:
        application.helped_by = actor.person_id
    return application


def _tell_received(application: Application) -> None:
    tell(
        application,
        "receipt",
        closes_at=application.call.closes_at,
        in_review=application.status == ApplicationStatus.IN_REVIEW,
    )
    if application.status == ApplicationStatus.IN_REVIEW:
        notify_role(
            Role.PROGRAMME_OFFICER,
            "vouchers/undetermined",
            key=str(application.id),
            number=application.number,
            path=f"/applications/{application.id}/review",
        )


def tell_all(template: str, call: Call, told: Select[UUID, Any], **data: Any) -> None:
    """tell() for each row of a select of (application, its own data); `data` is for all of them."""
    news = told.subquery()
    application_id, own = news.columns
    facts = func.jsonb_build_object("number", Application.number, "path", func.concat("/applications/", Application.id))
    mails = select(
        Application.organisation_id,
        cast(Application.id, Text),
        literal(plain({"call": call.title, **data}), JSONB).concat(facts).concat(own),
    ).join(news, application_id == Application.id)
    notify_organisations(READERS, f"vouchers/{template}", mails)


def tell(application: Application, template: str, **data: Any) -> None:
    """Mail the company's own people about their application, once per template."""
    notify_organisation(
        application.organisation_id,
        READERS,
        f"vouchers/{template}",
        key=str(application.id),
        number=application.number,
        call=application.call.title,
        path=f"/applications/{application.id}",
        **data,
    )
