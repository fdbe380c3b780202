"""The tables of ethics: checks, the flags they raise, and the cases that officers decide."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import Model, created_at, uuid_key
from marketplace.ethics.states import (
    CASE,
    FLAG,
    Action,
    CaseStatus,
    Dismissal,
    Family,
    FlagStatus,
    Occasion,
    Sanction,
    Strength,
)


class EthicsCheck(Model):
    """One edition\'s rules, run once over one engagement on each occasion; with bank files as often as they ask."""

    __tablename__ = "ethics_checks"
    __table_args__ = (
        CheckConstraint("occasion IN ('finish', 'survey', 'co_payment', 'bank')", name="occasion"),
        Index(
            "uq_ethics_checks_engagement_id_rule_set_occasion",
            "engagement_id",
            "rule_set",
            "occasion",
            unique=True,
            postgresql_where=text("occasion <> 'bank'"),
        ),
    )

    id: Mapped[UUID] = uuid_key()
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"))
    rule_set: Mapped[str]
    occasion: Mapped[Occasion]
    rules: Mapped[int]
    hits: Mapped[int]
    checked_at: Mapped[datetime] = created_at()


class Case(Model):
    """Flags put to a provider: reply, finding by another officer, sanction, appeal to a third person."""

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint(CASE.check(), name="status"),
        CheckConstraint("decided_by <> opened_by", name="four_eyes"),
        CheckConstraint("appeal_decided_by <> opened_by AND appeal_decided_by <> decided_by", name="third_person"),
        CheckConstraint(CASE.stamped("replied_at", CaseStatus.REPLIED), name="replied_at"),
        CheckConstraint("decided_at IS NULL OR decided_by IS NOT NULL AND finding_reason IS NOT NULL", name="decided"),
        CheckConstraint(
            CASE.stamped(
                "decided_at",
                CaseStatus.VIOLATION,
                CaseStatus.NO_VIOLATION,
                CaseStatus.APPEALED,
                CaseStatus.UPHELD,
                CaseStatus.OVERTURNED,
            ),
            name="decided_at",
        ),
        CheckConstraint("appeal_decided_at IS NULL OR appeal_decided_by IS NOT NULL", name="appeal_decided"),
        CheckConstraint("sanction IN ('reminder', 'warning', 'suspension')", name="sanction"),
        Index("ix_cases_provider_id", "provider_id"),
        Index("ix_cases_opened_at", "opened_at"),
    )

    id: Mapped[UUID] = uuid_key()
    number: Mapped[str] = mapped_column(unique=True)
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"))
    provider_id: Mapped[UUID]
    status: Mapped[CaseStatus] = mapped_column(default=CASE.initial)
    question: Mapped[str]
    opened_by: Mapped[UUID]
    opened_at: Mapped[datetime] = created_at()
    reply_due_at: Mapped[datetime]
    reply: Mapped[str | None]
    replied_by: Mapped[UUID | None]
    replied_at: Mapped[datetime | None]
    finding_reason: Mapped[str | None]
    sanction: Mapped[Sanction | None]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    appeal_due_at: Mapped[datetime | None]
    appeal_grounds: Mapped[str | None]
    appealed_by: Mapped[UUID | None]
    appealed_at: Mapped[datetime | None]
    appeal_reason: Mapped[str | None]
    appeal_decided_by: Mapped[UUID | None]
    appeal_decided_at: Mapped[datetime | None]


class Flag(Model):
    """One question that a rule raised about one engagement; a person closes it."""

    __tablename__ = "flags"
    __table_args__ = (
        UniqueConstraint("engagement_id", "rule_id", "fingerprint"),
        CheckConstraint(FLAG.check(), name="status"),
        CheckConstraint(
            FLAG.stamped("closed_at", FlagStatus.DISMISSED, FlagStatus.CONFIRMED, FlagStatus.CLEARED), name="closed_at"
        ),
        CheckConstraint(
            "status <> 'dismissed' OR closed_by IS NOT NULL AND closing_reason IS NOT NULL", name="dismissed"
        ),
        CheckConstraint("status IN ('raised', 'dismissed') OR case_id IS NOT NULL", name="case"),
        CheckConstraint("action IN ('H', 'R', 'N')", name="action"),
        CheckConstraint("strength IN ('strong', 'weak')", name="strength"),
        CheckConstraint("dismissal IN ('no_issue', 'explained')", name="dismissal"),
        Index("ix_flags_raised_at", "raised_at"),
        Index("ix_flags_case_id", "case_id"),
        Index("ix_flags_provider_id", "provider_id"),
    )

    id: Mapped[UUID] = uuid_key()
    number: Mapped[str] = mapped_column(unique=True)
    check_id: Mapped[UUID] = mapped_column(ForeignKey("ethics_checks.id"))
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"))
    organisation_id: Mapped[UUID]
    provider_id: Mapped[UUID]
    rule_id: Mapped[str]
    rule_version: Mapped[int]
    rule_set: Mapped[str]
    family: Mapped[Family]
    action: Mapped[Action]
    strength: Mapped[Strength]
    finding: Mapped[str]
    inputs: Mapped[dict[str, Any]]
    threshold: Mapped[str]
    links: Mapped[list[str]]
    fingerprint: Mapped[str]
    status: Mapped[FlagStatus] = mapped_column(default=FLAG.initial)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"))
    hold_id: Mapped[UUID | None] = mapped_column(ForeignKey("holds.id"))
    dismissal: Mapped[Dismissal | None]
    closed_by: Mapped[UUID | None]
    closing_reason: Mapped[str | None]
    raised_at: Mapped[datetime] = created_at()
    closed_at: Mapped[datetime | None]

    case: Mapped[Case | None] = relationship(lazy="raise")
