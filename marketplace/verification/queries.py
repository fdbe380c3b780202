"""Reads of verifications and disputes: a company's own, the officers' queue, and whether a company is verified."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, any_, bindparam, func, select
from sqlalchemy.orm import joinedload

from marketplace.accounts.models import Organisation
from marketplace.core import db
from marketplace.core.actors import AGENCY, Actor
from marketplace.core.errors import DomainError, NotFound, Words
from marketplace.verification import rules
from marketplace.verification.models import Dispute, Verification
from marketplace.verification.states import DisputeStatus, VerificationStatus

OPEN = (DisputeStatus.OPEN, DisputeStatus.PROPOSED)


def is_verified(organisation_id: UUID | None) -> bool:
    """Whether the agency knows that this company or firm is who it says."""
    return bool(db.session.scalar(select(func.is_verified(organisation_id))))


def verified(organisation_ids: Collection[UUID]) -> set[UUID]:
    """Those of these companies that are verified."""
    query = select(Verification.organisation_id).where(
        Verification.organisation_id == any_(db.array(list(organisation_ids))),
        Verification.status == VerificationStatus.CONFIRMED,
    )
    return set(db.session.scalars(query)) if organisation_ids else set()


def check_verified(organisation_id: UUID | None, *, words: Words = rules.NOT_VERIFIED) -> None:
    """DomainError, with these words, unless the company or firm is verified: what binds waits for that."""
    if not is_verified(organisation_id):
        raise DomainError(words)


def verifications_of(organisation_id: UUID) -> Sequence[Verification]:
    """Everything that was handed in for a company, the newest first."""
    query = select(Verification).where(Verification.organisation_id == organisation_id)
    query = query.options(joinedload(Verification.file))
    return db.session.scalars(query.order_by(Verification.handed_in_at.desc(), Verification.id)).all()


def find(organisation_id: UUID, status: VerificationStatus, *, lock: bool = False) -> Verification | None:
    """The company's one verification that waits, or the one that is confirmed."""
    query = select(Verification).where(Verification.organisation_id == organisation_id, Verification.status == status)
    return db.session.scalars(query.with_for_update(key_share=True) if lock else query).one_or_none()


def newest(organisation_id: UUID) -> Verification | None:
    """How a company stands: the one that waits, or what was said last; without what a later one replaced."""
    return next(
        (one for one in verifications_of(organisation_id) if one.status != VerificationStatus.WITHDRAWN),
        None,
    )


def get_verification(verification_id: UUID, *, actor: Actor, lock: bool = False) -> Verification:
    """The verification, if it is of the actor's company or they work for the agency; NotFound otherwise."""
    query = select(Verification).where(Verification.id == verification_id)
    query = query.options(joinedload(Verification.organisation, innerjoin=True), joinedload(Verification.file))
    if lock:
        query = query.with_for_update(of=Verification, key_share=True).execution_options(populate_existing=True)
    verification = db.one(query)
    if actor.role not in AGENCY and verification.organisation_id != actor.organisation_id:
        raise NotFound()
    return verification


def search(*, status: str = "", kind: str = "", text: str = "") -> Select[*tuple[Any, ...]]:
    """The columns of the officers' list, filtered by status, kind of organisation, and name or business number."""
    query = select(
        Verification.id,
        Verification.organisation_id,
        Verification.name,
        Verification.representative_name,
        Organisation.kind,
        Organisation.business_number,
        Verification.status,
        Verification.evidence,
        Verification.register_answer,
        Verification.look_by,
        Verification.handed_in_at,
        Verification.confirmed_at,
        Verification.refused_at,
        Verification.ended_at,
        _disputed().label("disputed"),
    ).join(Organisation, Organisation.id == Verification.organisation_id)
    if status:
        query = query.where(Verification.status == status)
    if kind:
        query = query.where(Organisation.kind == kind)
    if text:
        numbered = Organisation.business_number == func.plain_number(text)
        query = query.where(db.contains(Verification.name, text) | numbered)
    return query


def _disputed() -> Any:
    """Whether it is open whose company it is; a column."""
    return (
        select(Dispute.id)
        .where(Dispute.organisation_id == Verification.organisation_id, Dispute.status.in_(OPEN))
        .exists()
    )


def same_name(verification: Verification) -> Sequence[Organisation]:
    """Other organisations of the same name, the kinds of companies that a stranger would imitate."""
    plain = func.plain_firm_name(Organisation.name)
    query = select(Organisation).where(
        plain == func.plain_firm_name(verification.name), Organisation.id != verification.organisation_id
    )
    return db.session.scalars(query.order_by(Organisation.created_at, Organisation.id)).all()


def is_disputed(organisation_id: UUID) -> bool:
    """Whether somebody else says that this company is theirs, and nobody has decided yet."""
    return find_dispute(organisation_id) is not None


def find_dispute(organisation_id: UUID) -> Dispute | None:
    """The open dispute about a company."""
    return db.session.scalars(_open_dispute(), {"organisation_id": organisation_id}).one_or_none()


@cache
def _open_dispute() -> Select[Dispute]:
    return select(Dispute).where(Dispute.organisation_id == bindparam("organisation_id"), Dispute.status.in_(OPEN))


def get_dispute(dispute_id: UUID, *, actor: Actor, lock: bool = False) -> Dispute:
    """The dispute, if the actor is one of its sides or decides about it; NotFound otherwise."""
    query = select(Dispute).where(Dispute.id == dispute_id)
    query = query.options(
        joinedload(Dispute.organisation, innerjoin=True),
        joinedload(Dispute.file, innerjoin=True),
        joinedload(Dispute.reply_file),
    )
    if lock:
        query = query.with_for_update(of=Dispute, key_share=True).execution_options(populate_existing=True)
    dispute = db.one(query)
    rules.check_party(dispute, actor)
    return dispute


def disputes_by(person_id: UUID) -> Sequence[Dispute]:
    """What this person opened, the newest first."""
    query = select(Dispute).where(Dispute.opened_by == person_id).options(joinedload(Dispute.organisation))
    return db.session.scalars(query.order_by(Dispute.opened_at.desc(), Dispute.id)).all()


def count_open_by(person_id: UUID) -> int:
    """How many disputes of this person are open."""
    query = select(func.count()).select_from(Dispute)
    return db.session.scalar(query.where(Dispute.opened_by == person_id, Dispute.status.in_(OPEN))) or 0


def search_disputes(*, status: str = "", text: str = "") -> Select[*tuple[Any, ...]]:
    """The columns of the officers' list of disputes, filtered by status and name or business number."""
    query = select(
        Dispute.id,
        Organisation.name,
        Organisation.business_number,
        Dispute.status,
        Dispute.opened_at,
        Dispute.reply_by,
        Dispute.replied_at,
        Dispute.proposed_at,
        Dispute.transferred_at,
        Dispute.dismissed_at,
    ).join(Organisation, Organisation.id == Dispute.organisation_id)
    if status:
        query = query.where(Dispute.status == status)
    if text:
        numbered = Organisation.business_number == func.plain_number(text)
        query = query.where(db.contains(Organisation.name, text) | numbered)
    return query
