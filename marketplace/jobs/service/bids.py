"""Bids: placed, replaced and withdrawn under seal until the deadline; only their hash leaves the seal."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import Forbidden, Invalid, NotFound
from marketplace.core.i18n import _
from marketplace.jobs import queries, rules
from marketplace.jobs.models import Bid, BidContent, Job, Offer
from marketplace.jobs.states import BID
from marketplace.providers import queries as providers
from marketplace.providers import training
from marketplace.providers.models import Consultant, Provider
from marketplace.providers.rules import check_may_bid


def place_bid(job_id: UUID, *, actor: Actor, offer: Offer) -> Bid:
    """Bid for a job under seal, or replace one's bid; until the deadline, with consultants who are ready today."""
    provider = _own_firm(actor)
    job = queries.get_job(job_id, actor=actor, lock=True)
    rules.check_open(job, clock.now())
    check_may_bid(provider, _named(offer), clock.today())
    rules.check_offer(job, prices=offer.prices, days=offer.days, attestations=offer.attestations)
    rules.check_price_parts(job, offer.prices, offer.price_parts)
    db.act_as(provider.id)
    bid = queries.find_live_bid(job_id, provider.id)
    if bid is None:
        bid = _new_bid(job, provider, actor)
        action = "bid.submit"
    else:
        action = "bid.replace"
    values = _content(offer, bid)
    bid.content_hash = _hash(values)
    bid.submitted_at, bid.submitted_by = clock.now(), actor.person_id or bid.submitted_by
    bid.device_hash, bid.address_hash = actor.device_hash, actor.address_hash
    db.session.add(bid)
    db.flush()
    _store(bid, values, offer)
    record(_unnamed(actor), action, bid, after={"content_hash": bid.content_hash})
    return bid


def withdraw_bid(bid_id: UUID, *, actor: Actor) -> Bid:
    """Take one's bid back until the deadline; what it offered is deleted unread."""
    provider = _own_firm(actor)
    bid = queries.get_bid(bid_id, actor=actor)
    job = queries.get_job(bid.job_id, actor=actor, lock=True)
    bid = queries.get_bid(bid_id, actor=actor, lock=True)
    rules.check_open(job, clock.now())
    db.act_as(provider.id)
    db.session.delete(queries.bid_content(bid_id, actor))
    transition(bid, BID, "withdraw", actor=_unnamed(actor), content_hash=bid.content_hash)
    db.flush()
    return bid


def _own_firm(actor: Actor) -> Provider:
    if actor.role is not Role.MANAGER or actor.person_id is None:
        raise Forbidden()
    provider = providers.find_provider(actor.organisation_id)
    if provider is None:
        raise NotFound()
    return provider


def _named(offer: Offer) -> Sequence[Consultant]:
    ids = set(offer.consultant_ids)
    consultants = providers.consultants_by_id(ids)
    if len(consultants) != len(ids):
        raise Invalid(_("Choose consultants from your firm."), field="consultants")
    return consultants


def _new_bid(job: Job, provider: Provider, actor: Actor) -> Bid:
    return Bid(
        id=uuid4(),
        number=db.next_number("BID"),
        job_id=job.id,
        provider_id=provider.id,
        submitted_by=actor.person_id,
        status=BID.initial,
    )


def _unnamed(actor: Actor) -> Actor:
    """Who bids is as secret as what: until the bids are opened the audit trail knows the role alone."""
    return Actor(None, actor.role)


def _content(offer: Offer, bid: Bid) -> dict[str, Any]:
    """What is sealed, with the row that it is sealed for."""
    return {
        "bid_id": str(bid.id),
        "job_id": str(bid.job_id),
        "provider_id": str(bid.provider_id),
        "prices": dict(offer.prices),
        "price_parts": offer.price_parts and {stage: dict(parts) for stage, parts in offer.price_parts.items()},
        "price_total": sum(offer.prices.values()),
        "days": dict(offer.days),
        "approach": offer.approach,
        "consultant_ids": sorted(str(key) for key in set(offer.consultant_ids)),
        "attestations": dict(offer.attestations),
        "salt": secrets.token_hex(16),
    }


def _hash(values: Mapping[str, Any]) -> str:
    """SHA-256 over the whole content with its salt, so that nobody finds the price by trying."""
    canonical = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _store(bid: Bid, values: dict[str, Any], offer: Offer) -> None:
    content = db.session.get(BidContent, bid.id)
    if content is None:
        content = BidContent(bid_id=bid.id, job_id=bid.job_id, provider_id=bid.provider_id)
        db.session.add(content)
    content.sealed, content.named = values, sorted(set(offer.consultant_ids))
    content.required_courses, content.checked_on = training.required(), clock.today()
    db.flush()
    db.session.expire(content)  # the database has checked who is named, and forgotten it
