"""Owns reads of checks, flags and cases; what a provider sees of them, and how precise each rule is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, case, func, select

from marketplace.accounts.models import Organisation
from marketplace.claims.models import Hold
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import NotFound
from marketplace.engagements.models import Engagement
from marketplace.ethics.models import Case, EthicsCheck, Flag
from marketplace.ethics.states import CaseStatus, FlagStatus

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


def find_check(engagement_id: UUID, *, rule_set: str, occasion: str) -> EthicsCheck | None:
    """The check of this engagement by this edition of the rules on this occasion."""
    wanted = select(EthicsCheck).where(EthicsCheck.engagement_id == engagement_id)
    wanted = wanted.where(EthicsCheck.rule_set == rule_set, EthicsCheck.occasion == occasion)
    return db.session.scalars(wanted).one_or_none()


def flags(*, status: str = "", rule_id: str = "") -> Select[Flag, str, str, str | None]:
    """Flags with engagement, provider and the state of their hold, for the officers' queue."""
    wanted = (
        select(Flag, Engagement.number, Organisation.name, Hold.status)
        .join(Engagement, Engagement.id == Flag.engagement_id)
        .join(Organisation, Organisation.id == Flag.provider_id)
        .outerjoin(Hold, Hold.id == Flag.hold_id)
    )
    if status:
        wanted = wanted.where(Flag.status == status)
    return wanted.where(Flag.rule_id == rule_id) if rule_id else wanted


def flags_of(engagement_id: UUID) -> Sequence[Flag]:
    """Every flag of the engagement, oldest first."""
    wanted = select(Flag).where(Flag.engagement_id == engagement_id).order_by(Flag.raised_at, Flag.number)
    return db.session.scalars(wanted).all()


def flags_in_case(case_id: UUID, *, lock: bool = False) -> Sequence[Flag]:
    """The flags that a case decides."""
    wanted = select(Flag).where(Flag.case_id == case_id).order_by(Flag.raised_at, Flag.number)
    return db.session.scalars(wanted.with_for_update(key_share=True) if lock else wanted).all()


def flags_by_id(flag_ids: Iterable[UUID], *, engagement_id: UUID) -> Sequence[Flag]:
    """These flags of one engagement, locked; NotFound when one isn't there."""
    wanted = set(flag_ids)
    found = db.session.scalars(
        select(Flag)
        .where(Flag.id.in_(wanted), Flag.engagement_id == engagement_id)
        .order_by(Flag.number)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    if len(found) != len(wanted):
        raise NotFound()
    return found


def known_fingerprints(engagement_id: UUID) -> set[tuple[str, str]]:
    """Rule and fingerprint of every flag that this engagement has already."""
    wanted = select(Flag.rule_id, Flag.fingerprint).where(Flag.engagement_id == engagement_id)
    return set(db.session.execute(wanted))


def find_hold(flag: Flag) -> Hold | None:
    """The hold that this flag placed last."""
    return db.session.get(Hold, flag.hold_id) if flag.hold_id else None


def cases(*, status: str = "") -> Select[Case, str, str]:
    """Cases with engagement and provider, for the officers' list."""
    wanted = (
        select(Case, Engagement.number, Organisation.name)
        .join(Engagement, Engagement.id == Case.engagement_id)
        .join(Organisation, Organisation.id == Case.provider_id)
    )
    return wanted.where(Case.status == status) if status else wanted


def cases_of(provider_id: UUID) -> Select[Case, str]:
    """The provider's own cases with the engagement's number."""
    wanted = select(Case, Engagement.number).join(Engagement, Engagement.id == Case.engagement_id)
    return wanted.where(Case.provider_id == provider_id)


def get_case(case_id: UUID, *, actor: Actor) -> Case:
    """The case; for a provider only its own, NotFound otherwise."""
    found = db.get(Case, case_id)
    if actor.role is Role.MANAGER and found.provider_id != actor.organisation_id:
        raise NotFound()
    return found


def findings_against(provider_id: UUID) -> int:
    """How many findings of a violation stand against the provider."""
    wanted = select(func.count()).where(Case.provider_id == provider_id, Case.status.in_(FOUND))
    return db.session.scalar(wanted) or 0


def is_suspended_by_another(case_: Case) -> bool:
    """Whether another standing finding suspends the same provider."""
    wanted = select(func.count()).where(Case.provider_id == case_.provider_id, Case.id != case_.id)
    return bool(db.session.scalar(wanted.where(Case.status.in_(FOUND), Case.sanction == "suspension")))


def precision() -> dict[str, Precision]:
    """Raised, closed and confirmed flags by rule."""
    closed = Flag.status.in_((FlagStatus.DISMISSED, FlagStatus.CONFIRMED, FlagStatus.CLEARED))
    wanted = select(
        Flag.rule_id,
        func.count(),
        func.count(case((closed, 1))),
        func.count(case((Flag.status == FlagStatus.CONFIRMED, 1))),
    )
    rows = db.session.execute(wanted.group_by(Flag.rule_id).order_by(Flag.rule_id))
    return {rule_id: Precision(raised, done, confirmed) for rule_id, raised, done, confirmed in rows}
