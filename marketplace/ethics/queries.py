"""Reads of checks, flags and cases; what a provider sees of them, and how precise each rule is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, or_, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.search import matches
from marketplace.claims import queries as claims
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import NotFound
from marketplace.engagements import queries as engagements
from marketplace.ethics.models import Case, EthicsCheck, Flag
from marketplace.ethics.states import CaseStatus, FlagStatus, Occasion, Sanction

FOUND = (CaseStatus.VIOLATION, CaseStatus.APPEALED, CaseStatus.UPHELD)


@dataclass(frozen=True)
class Precision:
    """How often a rule's flags were confirmed."""

    raised: int
    closed: int
    confirmed: int

    @property
    def percent(self) -> int | None:
        """Confirmed of closed in whole percent; None before any was closed."""
        return round(100 * self.confirmed / self.closed) if self.closed else None


def find_check(engagement_id: UUID, *, rule_set: str, occasion: Occasion) -> EthicsCheck | None:
    """The check of this engagement by this edition of the rules on this occasion."""
    query = select(EthicsCheck).where(EthicsCheck.engagement_id == engagement_id)
    query = query.where(EthicsCheck.rule_set == rule_set, EthicsCheck.occasion == occasion)
    return db.session.scalars(query).one_or_none()


def flags(*, status: str = "", rule_id: str = "", search: str = "") -> Select[*tuple[Any, ...]]:
    """What a list shows of flags, with engagement, provider and the state of their hold."""
    query = select(
        Flag.id,
        Flag.number,
        Flag.rule_id,
        Flag.rule_version,
        Flag.rule_set,
        Flag.finding,
        Flag.action,
        Flag.status,
        Flag.raised_at,
        Flag.closed_at,
        engagements.number_of(Flag.engagement_id).label("engagement"),
        accounts.name_of(Flag.provider_id).label("provider"),
        claims.status_of_hold(Flag.hold_id).label("hold"),
    )
    if status:
        query = query.where(Flag.status == status)
    if search:
        sides = Flag.organisation_id, Flag.provider_id
        query = query.where(
            matches(search, Flag.number, engagements.number_of(Flag.engagement_id), organisations=sides)
        )
    return query.where(Flag.rule_id == rule_id) if rule_id else query


EXPORTED_FLAG = (
    accounts.name_of(Flag.organisation_id).label("company"),
    accounts.business_number_of(Flag.organisation_id).label("company_number"),
    accounts.business_number_of(Flag.provider_id).label("provider_number"),
    accounts.person_name_of(Flag.closed_by).label("closed_by"),
    Flag.closing_reason,
    Flag.dismissal,
    select(Case.number).where(Case.id == Flag.case_id).scalar_subquery().label("case"),
)
"""What the file of flags says beside what the list shows."""


def flags_of(engagement_id: UUID) -> Sequence[Flag]:
    """Every flag of the engagement, oldest first."""
    query = select(Flag).where(Flag.engagement_id == engagement_id).order_by(Flag.raised_at, Flag.number)
    return db.session.scalars(query).all()


def flags_in_case(case_id: UUID, *, lock: bool = False) -> Sequence[Flag]:
    """The flags that a case decides."""
    query = select(Flag).where(Flag.case_id == case_id).order_by(Flag.raised_at, Flag.number)
    return db.session.scalars(query.with_for_update(key_share=True) if lock else query).all()


def flags_by_id(flag_ids: Iterable[UUID], *, engagement_id: UUID) -> Sequence[Flag]:
    """These flags of one engagement, locked; NotFound when one isn't there."""
    ids = set(flag_ids)
    flags = db.session.scalars(
        select(Flag)
        .where(Flag.id.in_(ids), Flag.engagement_id == engagement_id)
        .order_by(Flag.number)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    if len(flags) != len(ids):
        raise NotFound()
    return flags


def known_fingerprints(engagement_id: UUID) -> set[tuple[str, str]]:
    """Rule and fingerprint of every flag that this engagement has already."""
    query = select(Flag.rule_id, Flag.fingerprint).where(Flag.engagement_id == engagement_id)
    return set(db.session.execute(query))


_COMPANY = engagements.company_of(Case.engagement_id)


def cases(*, status: str = "", to_decide: bool = False, search: str = "") -> Select[*tuple[Any, ...]]:
    """What a list shows of cases, with engagement and provider."""
    query = select(
        Case.id,
        Case.number,
        Case.status,
        Case.sanction,
        Case.opened_at,
        Case.reply_due_at,
        Case.decided_at,
        engagements.number_of(Case.engagement_id).label("engagement"),
        accounts.name_of(Case.provider_id).label("provider"),
    )
    if to_decide:
        query = query.where(is_to_be_decided())
    if search:
        numbers = Case.number, engagements.number_of(Case.engagement_id)
        query = query.where(matches(search, *numbers, organisations=(Case.provider_id, _COMPANY)))
    return query.where(Case.status == status) if status else query


def is_to_be_decided() -> ColumnElement[bool]:
    """Whether the provider has replied to the case, or its time to reply is over."""
    return or_(Case.status == CaseStatus.REPLIED, Case.status == CaseStatus.UNANSWERED)


EXPORTED_CASE = (
    accounts.name_of(_COMPANY).label("company"),
    accounts.business_number_of(_COMPANY).label("company_number"),
    accounts.business_number_of(Case.provider_id).label("provider_number"),
    accounts.person_name_of(Case.opened_by).label("opened_by"),
    accounts.person_name_of(Case.decided_by).label("decided_by"),
    Case.replied_at,
    Case.finding_reason,
    Case.appealed_at,
    Case.appeal_decided_at,
    Case.appeal_reason,
)
"""What the file of cases says beside what the list shows."""


def cases_of(provider_id: UUID, *, status: str = "") -> Select[*tuple[Any, ...]]:
    """The same of the provider's own cases."""
    return cases(status=status).where(Case.provider_id == provider_id)


def get_case(case_id: UUID, *, actor: Actor) -> Case:
    """The case; for a provider only its own, NotFound otherwise."""
    case = db.get(Case, case_id)
    if actor.role is Role.MANAGER and case.provider_id != actor.organisation_id:
        raise NotFound()
    return case


def findings_against(provider_id: UUID) -> int:
    """How many findings of a violation stand against the provider."""
    query = select(func.count()).where(Case.provider_id == provider_id, Case.status.in_(FOUND))
    return db.session.scalar(query) or 0


def is_suspended_by_another(case_: Case) -> bool:
    """Whether another standing finding suspends the same provider."""
    query = select(func.count()).where(Case.provider_id == case_.provider_id, Case.id != case_.id)
    return bool(db.session.scalar(query.where(Case.status.in_(FOUND), Case.sanction == Sanction.SUSPENSION)))


def precision() -> dict[str, Precision]:
    """Raised, closed and confirmed flags by rule."""
    closed = Flag.status.in_((FlagStatus.DISMISSED, FlagStatus.CONFIRMED, FlagStatus.CLEARED))
    query = select(
        Flag.rule_id,
        func.count(),
        func.count(case((closed, 1))),
        func.count(case((Flag.status == FlagStatus.CONFIRMED, 1))),
    )
    rows = db.session.execute(query.group_by(Flag.rule_id).order_by(Flag.rule_id))
    return {rule_id: Precision(raised, done, confirmed) for rule_id, raised, done, confirmed in rows}
