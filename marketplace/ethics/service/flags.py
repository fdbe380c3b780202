"""Verbs of checks and flags: check an engagement, dismiss, hold, extend, lift."""

import hashlib
import json
from uuid import UUID

from marketplace.accounts import service as accounts
from marketplace.claims import events as claim_events
from marketplace.claims import queries as claim_queries
from marketplace.claims import service as claims
from marketplace.claims.states import HoldStatus
from marketplace.core import audit, clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import DomainError
from marketplace.core.i18n import _
from marketplace.core.reasons import TELLING, check_reason
from marketplace.core.tasks import Queue, Subscription, task
from marketplace.engagements import events as engagement_events
from marketplace.engagements import queries as engagements
from marketplace.ethics import flows, queries
from marketplace.ethics.collection import collect
from marketplace.ethics.models import EthicsCheck, Flag
from marketplace.ethics.rules import Book, Found, access, action_of, book
from marketplace.ethics.states import FLAG, REPEATED, RULES_OF_OCCASION, Dismissal, Occasion
from marketplace.surveys import events as survey_events


@task(
    "ethics_check",
    _("Check an engagement by the rules of ethics"),
    Queue.ETHICS,
    on=[
        Subscription(engagement_events.CO_PAYMENT_PAID, occasion=Occasion.CO_PAYMENT),
        Subscription(engagement_events.FINISHED, occasion=Occasion.FINISH),
        Subscription(engagement_events.TERMINATED, occasion=Occasion.FINISH),
        Subscription(survey_events.COMPANY_ANSWERED, occasion=Occasion.SURVEY),
    ],
)
def check_engagement(engagement_id: UUID, *, occasion: Occasion, actor: Actor) -> EthicsCheck:
    """Run the occasion's rules over one engagement, once per edition unless it repeats; write flags, hold money."""
    engagement = engagements.sides(engagement_id, lock=True)
    edition = book.current(clock.today())
    if occasion not in REPEATED:
        existing = queries.find_check(engagement_id, rule_set=edition.version, occasion=occasion)
        if existing is not None:
            return existing
    asked = RULES_OF_OCCASION.get(occasion, tuple(edition.rules))
    hits = [hit for hit in book.run(collect(engagement_id), edition) if hit.entry.id in asked]
    check = EthicsCheck(
        engagement_id=engagement_id,
        rule_set=edition.version,
        occasion=occasion,
        rules=len(asked),
        hits=len(hits),
        checked_at=clock.now(),
    )
    db.session.add(check)
    db.flush()
    audit.record(actor, "ethics.check", check, after={"engagement": str(engagement_id), "hits": len(hits)})
    _raise_flags(engagement, check, hits, edition, actor=actor)
    return check


@task(
    "trace_bank_import",
    _("Look for money that one side moved for the other"),
    Queue.ETHICS,
    on=[Subscription(claim_events.BANK_FILE_IMPORTED), Subscription(claim_events.ENTRY_ASSIGNED)],
)
def trace_bank_import(import_id: UUID, *, actor: Actor) -> list[EthicsCheck]:
    """Check every engagement whose two sides meet in this bank file; nothing new is found twice."""
    return [
        check_engagement(engagement_id, occasion=Occasion.BANK, actor=actor)
        for engagement_id in flows.engagements_in(import_id)
    ]


def _raise_flags(
    engagement: engagements.Sides, check: EthicsCheck, hits: list[Found], edition: Book, *, actor: Actor
) -> None:
    """Write the flags that are new; hold money for those that may hold it; tell the officers once."""
    known = queries.known_fingerprints(engagement.id)
    holding = book.holds(hits)
    raised = 0
    for hit in hits:
        mark = (hit.entry.id, _fingerprint(hit))
        if mark in known:
            continue
        known.add(mark)
        raised += 1
        flag = _flag(engagement, check, hit, edition)
        db.session.add(flag)
        db.flush()
        audit.record(actor, "flag.raise", flag, after={"rule": flag.rule_id, "finding": flag.finding})
        if hit in holding:
            _hold(flag, actor=actor, reason=f"{flag.number} {flag.rule_id}")
    if raised:
        accounts.notify_role(
            Role.ETHICS_OFFICER,
            "ethics/flags_raised",
            key=str(check.id),
            number=engagement.number,
            count=raised,
            path="/flags?status=raised",
        )


def _flag(engagement: engagements.Sides, check: EthicsCheck, raised: Found, edition: Book) -> Flag:
    return Flag(
        number=db.next_number("FLAG"),
        check_id=check.id,
        engagement_id=engagement.id,
        organisation_id=engagement.organisation_id,
        provider_id=engagement.provider_id,
        rule_id=raised.entry.id,
        rule_version=raised.rule_version,
        rule_set=edition.version,
        family=raised.entry.family,
        action=action_of(raised.entry, raised.hit),
        strength=raised.hit.strength,
        finding=raised.hit.reason,
        inputs=dict(raised.hit.inputs),
        threshold=raised.hit.threshold,
        links=list(raised.hit.links),
        fingerprint=_fingerprint(raised),
        raised_at=clock.now(),
    )


def _fingerprint(raised: Found) -> str:
    """What makes two hits of one rule the same hit."""
    hit = raised.hit
    parts = [hit.reason, hit.strength, dict(hit.inputs), list(hit.links)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def dismiss(flag_id: UUID, *, actor: Actor, kind: Dismissal, reason: str) -> Flag:
    """Close a flag as no issue or explained, with the reason; its hold ends with it."""
    access.check_officer(actor)
    check_reason(reason, shortest=TELLING)
    flag = db.get(Flag, flag_id, lock=True)
    flag.dismissal, flag.closing_reason, flag.closed_by = kind, reason, actor.person_id
    audit.transition(flag, FLAG, "dismiss", actor=actor, reason=reason, kind=kind)
    release(flag, actor=actor, reason=reason)
    return flag


def hold(flag_id: UUID, *, actor: Actor, reason: str) -> Flag:
    """Hold the engagement's payments for a bounded time because of this flag."""
    access.check_officer(actor)
    check_reason(reason, shortest=TELLING)
    flag = db.get(Flag, flag_id, lock=True)
    access.check_can_be_held(flag)
    _hold(flag, actor=actor, reason=reason)
    return flag


def extend_hold(flag_id: UUID, *, actor: Actor, reason: str) -> Flag:
    """Let a hold go on for as long again, with a reason."""
    access.check_officer(actor)
    check_reason(reason, shortest=TELLING)
    flag = db.get(Flag, flag_id, lock=True)
    access.check_can_be_held(flag)
    claims.extend_hold(_active_hold(flag), actor=actor, reason=reason)
    return flag


def lift_hold(flag_id: UUID, *, actor: Actor, reason: str) -> Flag:
    """End the hold before its time, with a reason; the flag stays open."""
    access.check_officer(actor)
    check_reason(reason, shortest=TELLING)
    flag = db.get(Flag, flag_id, lock=True)
    claims.lift_hold(_active_hold(flag), actor=actor, reason=reason)
    return flag


def _active_hold(flag: Flag) -> UUID:
    placed = claim_queries.find_hold(flag.hold_id)
    if placed is None or placed.status != HoldStatus.ACTIVE:
        raise DomainError(_("No payment is held because of this flag now."))
    return placed.id


def _hold(flag: Flag, *, actor: Actor, reason: str) -> None:
    flag.hold_id = claims.place_hold(flag.engagement_id, actor=actor, reason=reason, flag_id=flag.id).id


def release(flag: Flag, *, actor: Actor, reason: str) -> None:
    """Lift the flag's hold if it still holds money."""
    placed = claim_queries.find_hold(flag.hold_id)
    if placed is not None and placed.status == HoldStatus.ACTIVE:
        claims.lift_hold(placed.id, actor=actor, reason=reason)
