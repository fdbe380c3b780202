"""The tables of claims: what is asked for, how its way is decided, what was approved, and holds."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.claims.states import CLAIM, HOLD, ClaimStatus, HoldStatus, RiskOccasion, Route, Step
from marketplace.core.db import Model, created_at, uuid_key
from marketplace.core.files import StoredFile
from marketplace.engagements.models import Engagement, Stage

CHECKED = (ClaimStatus.CHECKED, ClaimStatus.FIRST_APPROVED, ClaimStatus.APPROVED, ClaimStatus.BATCHED, ClaimStatus.PAID)
APPROVED = (ClaimStatus.APPROVED, ClaimStatus.BATCHED, ClaimStatus.PAID)


class Claim(Model):
    """A provider's request to be paid for accepted stages, on the net amount whatever its invoice says."""

    __tablename__ = "claims"
    __table_args__ = (
        CheckConstraint(CLAIM.check(), name="status"),
        CheckConstraint("net_amount = aid + co_payment AND aid >= 0 AND co_payment >= 0", name="shares"),
        CheckConstraint("net_amount > 0", name="net_amount"),
        CheckConstraint("invoice_gross >= net_amount", name="invoice_gross"),
        CheckConstraint("route IN ('straight_through', 'people')", name="route"),
        CheckConstraint(
            "route <> 'straight_through' OR (checked_by IS NULL AND first_approved_by IS NULL"
            " AND approved_by IS NULL AND NOT needs_two)",
            name="straight_through",
        ),
        CheckConstraint("requests BETWEEN 0 AND 1", name="requests"),
        CheckConstraint(f"route = 'straight_through' OR ({CLAIM.stamped('checked_by', *CHECKED)})", name="checked_by"),
        CheckConstraint(f"route = 'straight_through' OR ({CLAIM.stamped('checked_at', *CHECKED)})", name="checked_at"),
        CheckConstraint(
            f"route = 'straight_through' OR ({CLAIM.stamped('approved_by', *APPROVED)})", name="approved_by"
        ),
        CheckConstraint(CLAIM.stamped("approved_at", *APPROVED), name="approved_at"),
        CheckConstraint(CLAIM.stamped("first_approved_by", ClaimStatus.FIRST_APPROVED), name="first_approved_by"),
        CheckConstraint(CLAIM.stamped("first_approved_at", ClaimStatus.FIRST_APPROVED), name="first_approved_at"),
        CheckConstraint(f"NOT needs_two OR ({CLAIM.stamped('first_approved_by', *APPROVED)})", name="two_approvals"),
        CheckConstraint(
            "approved_by <> checked_by AND approved_by <> submitted_by AND approved_by <> first_approved_by"
            " AND first_approved_by <> checked_by AND first_approved_by <> submitted_by",
            name="four_eyes",
        ),
        CheckConstraint("refused_by <> checked_by AND refused_by <> submitted_by", name="refused_by"),
        CheckConstraint(
            "status <> 'refused' OR (refused_by IS NOT NULL AND refused_at IS NOT NULL"
            " AND coalesce(refusal_reason, '') <> '' AND approved_amount IS NOT DISTINCT FROM 0)",
            name="refused",
        ),
        CheckConstraint(
            "approved_aid BETWEEN 0 AND aid AND approved_co_payment BETWEEN 0 AND co_payment", name="approved"
        ),
        CheckConstraint(
            "approved_amount = approved_aid + approved_co_payment"
            " AND num_nulls(approved_amount, approved_aid, approved_co_payment) IN (0, 3)",
            name="approved_shares",
        ),
        CheckConstraint(
            "status NOT IN ('first_approved', 'approved', 'batched', 'paid') OR coalesce(approved_amount, 0) > 0",
            name="something_approved",
        ),
        CheckConstraint(CLAIM.stamped("return_reasons", ClaimStatus.RETURNED), name="return_reasons"),
        CheckConstraint(CLAIM.stamped("returned_at", ClaimStatus.RETURNED), name="returned_at"),
        CheckConstraint(CLAIM.stamped("withdrawn_at", ClaimStatus.WITHDRAWN), name="withdrawn_at"),
        CheckConstraint(CLAIM.stamped("paid_at", ClaimStatus.PAID), name="paid_at"),
        Index("ix_claims_engagement_id", "engagement_id"),
        Index("ix_claims_provider_id", "provider_id"),
        Index("ix_claims_status", "status"),
        Index("ix_claims_submitted_at", "submitted_at"),
        Index("ix_claims_clock_starts_at", "clock_starts_at"),
        Index("ix_claims_net_amount", "net_amount"),
    )

    id: Mapped[UUID] = uuid_key()
    number: Mapped[str] = mapped_column(unique=True)
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"))
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id"))
    currency: Mapped[str]
    net_amount: Mapped[int] = mapped_column(BigInteger)
    aid: Mapped[int] = mapped_column(BigInteger)
    co_payment: Mapped[int] = mapped_column(BigInteger)
    invoice_number: Mapped[str]
    invoice_file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    invoice_gross: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[ClaimStatus] = mapped_column(default=CLAIM.initial)
    route: Mapped[Route] = mapped_column(server_default=Route.PEOPLE)
    needs_two: Mapped[bool] = mapped_column(server_default="false")
    submitted_by: Mapped[UUID]
    submitted_at: Mapped[datetime]
    clock_starts_at: Mapped[datetime]
    device_hash: Mapped[str | None]
    resubmitted_at: Mapped[datetime | None]
    checks: Mapped[list[dict[str, Any]] | None]
    checked_by: Mapped[UUID | None]
    checked_at: Mapped[datetime | None]
    returned_by: Mapped[UUID | None]
    returned_at: Mapped[datetime | None]
    return_reasons: Mapped[list[str] | None]
    requests: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    answer: Mapped[str | None]
    first_approved_by: Mapped[UUID | None]
    first_approved_at: Mapped[datetime | None]
    approved_by: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    approved_amount: Mapped[int | None] = mapped_column(BigInteger)
    approved_aid: Mapped[int | None] = mapped_column(BigInteger)
    approved_co_payment: Mapped[int | None] = mapped_column(BigInteger)
    refused_by: Mapped[UUID | None]
    refused_at: Mapped[datetime | None]
    refusal_reason: Mapped[str | None]
    batched_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    engagement: Mapped[Engagement] = relationship()
    invoice_file: Mapped[StoredFile | None] = relationship()
    lines: Mapped[list["ClaimLine"]] = relationship(order_by="ClaimLine.created_at, ClaimLine.id")

    @property
    def since(self) -> datetime:
        """When the claim came to its status."""
        stamps = {
            ClaimStatus.SUBMITTED: self.resubmitted_at,
            ClaimStatus.CHECKED: self.checked_at,
            ClaimStatus.FIRST_APPROVED: self.first_approved_at,
            ClaimStatus.RETURNED: self.returned_at,
            ClaimStatus.WITHDRAWN: self.withdrawn_at,
            ClaimStatus.APPROVED: self.bounced_at or self.approved_at,
            ClaimStatus.BATCHED: self.batched_at,
            ClaimStatus.PAID: self.paid_at,
            ClaimStatus.REFUSED: self.refused_at,
        }
        return stamps[self.status] or self.submitted_at


class ClaimLine(Model):
    """One accepted stage in a claim; a stage is in one live claim at most."""

    __tablename__ = "claim_lines"
    __table_args__ = (
        CheckConstraint("aid >= 0 AND co_payment >= 0", name="amounts"),
        CheckConstraint(
            "approved_aid BETWEEN 0 AND aid AND approved_co_payment BETWEEN 0 AND co_payment", name="approved"
        ),
        CheckConstraint("(approved_aid IS NULL) = (approved_co_payment IS NULL)", name="decided"),
        CheckConstraint(
            "approved_aid + approved_co_payment = aid + co_payment OR coalesce(cut_reason, '') <> ''", name="cut_reason"
        ),
        Index("uq_claim_lines_stage_id", "stage_id", unique=True, postgresql_where=text("withdrawn_at IS NULL")),
        Index("ix_claim_lines_claim_id", "claim_id"),
    )

    id: Mapped[UUID] = uuid_key()
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claims.id"))
    stage_id: Mapped[UUID] = mapped_column(ForeignKey("stages.id"))
    aid: Mapped[int] = mapped_column(BigInteger)
    co_payment: Mapped[int] = mapped_column(BigInteger)
    approved_aid: Mapped[int | None] = mapped_column(BigInteger)
    approved_co_payment: Mapped[int | None] = mapped_column(BigInteger)
    cut_reason: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = created_at()

    stage: Mapped[Stage] = relationship()

    @property
    def cut(self) -> int:
        """What the approval took off this line, in minor units; 0 before the approval."""
        if self.approved_aid is None or self.approved_co_payment is None:
            return 0
        return self.aid + self.co_payment - self.approved_aid - self.approved_co_payment


class ClaimAssessment(Model):
    """Which way a claim goes and why: the facts, their points and the draw, stored so that anybody can decide again."""

    __tablename__ = "claim_assessments"
    __table_args__ = (
        UniqueConstraint("claim_id", "occasion"),
        CheckConstraint("occasion IN ('submission', 'approval')", name="occasion"),
        CheckConstraint("route IN ('straight_through', 'people')", name="route"),
        CheckConstraint("draw BETWEEN 0 AND 9999", name="draw"),
        CheckConstraint("sampled = (draw < sample_share)", name="sampled"),
        CheckConstraint("route = 'people' OR (NOT sampled AND score <= low_points)", name="low_risk"),
    )

    id: Mapped[UUID] = uuid_key()
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claims.id"))
    occasion: Mapped[RiskOccasion]
    facts: Mapped[dict[str, Any]]
    signals: Mapped[list[str]]
    score: Mapped[int]
    low_points: Mapped[int]
    sample_share: Mapped[int]
    seed: Mapped[str]
    draw: Mapped[int]
    sampled: Mapped[bool]
    route: Mapped[Route]
    created_at: Mapped[datetime] = created_at()


class ClaimEscalation(Model):
    """A step of a claim was told as overdue, once a level: to the officers, then to the administrators."""

    __tablename__ = "claim_escalations"
    __table_args__ = (
        UniqueConstraint("claim_id", "step", "level"),
        CheckConstraint("step IN ('check', 'approve', 'pay')", name="step"),
        CheckConstraint("level IN (1, 2)", name="level"),
    )

    id: Mapped[UUID] = uuid_key()
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claims.id"))
    step: Mapped[Step]
    level: Mapped[int] = mapped_column(SmallInteger)
    told_at: Mapped[datetime] = created_at()


class Hold(Model):
    """Payments of one engagement wait, for a bounded time, because of a flag; it ends by itself."""

    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint(HOLD.check(), name="status"),
        CheckConstraint(HOLD.stamped("ended_at", HoldStatus.ENDED), name="ended_at"),
        CheckConstraint(HOLD.stamped("lifted_at", HoldStatus.LIFTED), name="lifted_at"),
        CheckConstraint(HOLD.stamped("lifted_by", HoldStatus.LIFTED), name="lifted_by"),
        CheckConstraint("until_at > placed_at", name="until_at"),
        CheckConstraint(
            "extended_at IS NULL OR (extended_by IS NOT NULL AND extension_reason <> '')", name="extension"
        ),
        Index(
            "uq_holds_flag_id",
            "engagement_id",
            "flag_id",
            unique=True,
            postgresql_where=text("status = 'active'"),
        ),
        Index("ix_holds_until_at", "until_at", postgresql_where=text("status = 'active'")),
        Index("ix_holds_placed_at", "placed_at"),
    )

    id: Mapped[UUID] = uuid_key()
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"))
    flag_id: Mapped[UUID | None]
    reason: Mapped[str]
    status: Mapped[HoldStatus] = mapped_column(default=HOLD.initial)
    placed_by: Mapped[UUID | None]
    placed_at: Mapped[datetime]
    until_at: Mapped[datetime]
    extended_by: Mapped[UUID | None]
    extended_at: Mapped[datetime | None]
    extension_reason: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    lifted_by: Mapped[UUID | None]
    lifted_at: Mapped[datetime | None]
    lift_reason: Mapped[str | None]
