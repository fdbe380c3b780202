"""Tables of programmes with their cost shares, calls and budget lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.agency.models import Funder
from marketplace.core.db import Model, created_at, uuid_key
from marketplace.core.files import StoredFile
from marketplace.core.i18n import Text
from marketplace.programmes.states import (
    BUDGET_LINE,
    CALL,
    PROGRAMME,
    AllocationMethod,
    BudgetLineStatus,
    CallStatus,
    ProgrammeStatus,
    Stratum,
)

WHOLE = 10_000  # basis points: 100 %
USUAL_CATEGORY = "consulting"
ONE_CATEGORY = {USUAL_CATEGORY: 100}


class Programme(Model):
    """The rules and amounts under which vouchers are given; frozen once it is published."""

    __tablename__ = "programmes"
    __table_args__ = (
        CheckConstraint(PROGRAMME.check(), name="status"),
        CheckConstraint("voucher_amount > 0", name="voucher_amount"),
        CheckConstraint("voucher_validity_days BETWEEN 1 AND 3660", name="voucher_validity_days"),
        CheckConstraint("(aid_cap IS NULL AND sme_cap IS NULL) = (aid_cap_months IS NULL)", name="aid_cap_months"),
        CheckConstraint("aid_cap IS NULL OR aid_cap >= voucher_amount", name="aid_cap"),
        CheckConstraint("sme_cap IS NULL OR sme_cap >= voucher_amount", name="sme_cap"),
        CheckConstraint("sum_of_values(cost_categories) = 100", name="cost_categories"),
        CheckConstraint("extension_days BETWEEN 0 AND 3660", name="extension_days"),
        CheckConstraint("(status = 'draft') = (published_at IS NULL)", name="published_at"),
    )

    id: Mapped[UUID] = uuid_key()
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[Text]
    summary: Mapped[Text]
    currency: Mapped[str]
    voucher_amount: Mapped[int] = mapped_column(BigInteger)  # aid, minor units
    size_standard: Mapped[str]
    service_lines: Mapped[list[str]]
    stages: Mapped[list[str]]
    # Categories of cost with shares of their own, and the per cent of the cost that each is planned to be.
    cost_categories: Mapped[dict[str, int]] = mapped_column(default=lambda: dict(ONE_CATEGORY))
    one_active_voucher: Mapped[bool] = mapped_column(default=True)
    # Minor units in the rolling window: of one company, and of one undertaking (a company with its linked firms).
    sme_cap: Mapped[int | None] = mapped_column(BigInteger)
    aid_cap: Mapped[int | None] = mapped_column(BigInteger)
    aid_cap_months: Mapped[int | None]
    voucher_validity_days: Mapped[int]
    extension_days: Mapped[int] = mapped_column(default=0)  # what one extension adds; 0 grants none
    vat_recoverable: Mapped[bool] = mapped_column(default=True)
    status: Mapped[ProgrammeStatus] = mapped_column(default=PROGRAMME.initial)
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = created_at()
    published_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]

    cost_shares: Mapped[list[CostShare]] = relationship(
        back_populates="programme", cascade="all, delete-orphan", order_by="CostShare.position"
    )


class CostShare(Model):
    """The part of a category of cost one funder bears, in basis points; without a funder it is the SME's own part."""

    __tablename__ = "cost_shares"
    __table_args__ = (
        UniqueConstraint("programme_id", "category", "funder_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("basis_points BETWEEN 1 AND 10000", name="basis_points"),
    )

    id: Mapped[UUID] = uuid_key()
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id"))
    category: Mapped[str] = mapped_column(default=USUAL_CATEGORY)
    funder_id: Mapped[UUID | None] = mapped_column(ForeignKey("funders.id"))
    basis_points: Mapped[int]
    position: Mapped[int]

    programme: Mapped[Programme] = relationship(back_populates="cost_shares")
    funder: Mapped[Funder | None] = relationship()


class Call(Model):
    """A dated opening of a programme; frozen once it is published."""

    __tablename__ = "calls"
    __table_args__ = (
        CheckConstraint(CALL.check(), name="status"),
        CheckConstraint("opens_at < closes_at", name="closes_at"),
        CheckConstraint("allocation_method IN ('first_come', 'lottery', 'scored', 'hybrid')", name="allocation_method"),
        CheckConstraint(
            "CASE WHEN status = 'draft' OR allocation_method = 'first_come' THEN seed_hash IS NULL"
            " ELSE seed_hash IS NOT NULL AND seed_hash ~ '^[0-9a-f]{64}$' END",
            name="seed_hash",
        ),
        CheckConstraint(
            "(allocation_method = 'hybrid') = (quota_by IS NOT NULL) AND quota_by IN ('region', 'band', 'sector')",
            name="quota_by",
        ),
        CheckConstraint("allocation_method = 'hybrid' OR quotas = '{}'", name="quotas"),
        CheckConstraint("(allocation_method = 'scored' AND status <> 'draft') = (scoring IS NOT NULL)", name="scoring"),
        CheckConstraint("(status = 'draft') = (published_at IS NULL)", name="published_at"),
        CheckConstraint(CALL.stamped("closed_at", CallStatus.CLOSED), name="closed_at"),
        CheckConstraint("closed_at IS NULL OR status IN ('closed', 'winding_down', 'wound_up')", name="closed"),
        CheckConstraint(CALL.stamped("paused_at", CallStatus.PAUSED), name="paused_at"),
        CheckConstraint(
            "(status IN ('winding_down', 'wound_up')) = (winding_down_at IS NOT NULL)", name="winding_down_at"
        ),
        CheckConstraint("(winding_down_at IS NULL) = (winding_down_reason IS NULL)", name="winding_down_reason"),
        CheckConstraint("(status = 'wound_up') = (wound_up_at IS NOT NULL)", name="wound_up_at"),
        CheckConstraint("intake_ceiling_percent BETWEEN 1 AND 1000", name="intake_ceiling_percent"),
        Index(None, "programme_id"),
    )

    id: Mapped[UUID] = uuid_key()
    number: Mapped[str] = mapped_column(unique=True)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id"))
    title: Mapped[Text]
    description: Mapped[Text]  # what the call is about and, below, on which conditions; plain text with paragraphs
    conditions: Mapped[Text]
    status: Mapped[CallStatus] = mapped_column(default=CALL.initial)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    allocation_method: Mapped[AllocationMethod] = mapped_column(default=AllocationMethod.FIRST_COME)
    seed_hash: Mapped[str | None]  # of the lottery's seed, published before anybody applies
    quota_by: Mapped[Stratum | None]  # what a stratum is: region, band of size, or sector
    quotas: Mapped[dict[str, int]] = mapped_column(default=dict)  # vouchers by stratum
    scoring: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))  # criteria, as published
    intake_ceiling_percent: Mapped[int | None]  # of the budget; asked for by applications, intake then pauses
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = created_at()
    published_by: Mapped[UUID | None]
    published_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    ceiling_lifted_at: Mapped[datetime | None]  # an officer let intake go on; the ceiling counts no more
    closed_at: Mapped[datetime | None]
    winding_down_at: Mapped[datetime | None]
    winding_down_reason: Mapped[str | None]
    wound_up_at: Mapped[datetime | None]

    programme: Mapped[Programme] = relationship()
    budget_lines: Mapped[list[BudgetLine]] = relationship(back_populates="call", order_by="BudgetLine.created_at")

    def is_open(self, now: datetime) -> bool:
        """Whether applications may be submitted at that moment."""
        return self.status == CallStatus.PUBLISHED and self.opens_at <= now < self.closes_at

    @property
    def is_ending(self) -> bool:
        """Whether it is wound down, or was: nothing new begins, what is under way goes on."""
        return self.status in (CallStatus.WINDING_DOWN, CallStatus.WOUND_UP)


class Amendment(Model):
    """A correction of a published call's notice: texts that stand anew, files that are added; shown from its day on.

    One officer writes it and another publishes it; then it is frozen, and what stood before is shown beside it.
    """

    __tablename__ = "amendments"
    __table_args__ = (
        CheckConstraint("published_by <> created_by", name="published_by"),
        CheckConstraint("(published_at IS NULL) = (published_by IS NULL)", name="published_at"),
        Index("uq_amendments_proposed", "call_id", unique=True, postgresql_where=text("published_at IS NULL")),
        Index(None, "call_id"),
    )

    id: Mapped[UUID] = uuid_key()
    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id"))
    description: Mapped[Text]
    conditions: Mapped[Text]
    reason: Mapped[Text]
    created_by: Mapped[UUID]
    created_at: Mapped[datetime] = created_at()
    published_by: Mapped[UUID | None]
    published_at: Mapped[datetime | None]

    call: Mapped[Call] = relationship()


class CallFile(Model):
    """A file of a call's notice, titled in both languages; everybody downloads it once the notice is published."""

    __tablename__ = "call_files"

    id: Mapped[UUID] = uuid_key()
    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id"), index=True)
    amendment_id: Mapped[UUID | None] = mapped_column(ForeignKey("amendments.id"))  # that added it
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("call_files.id"), unique=True)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"))
    title: Mapped[Text]
    created_by: Mapped[UUID]
    created_at: Mapped[datetime] = created_at()

    call: Mapped[Call] = relationship()
    amendment: Mapped[Amendment | None] = relationship()
    file: Mapped[StoredFile] = relationship()


class WaitingRoom(Model):
    """Where companies wait for a call to open; its draw mixes a seed sealed at publication with the list itself."""

    __tablename__ = "waiting_rooms"
    __table_args__ = (CheckConstraint("(drawn_at IS NULL) = (list_hash IS NULL)", name="drawn_at"),)

    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    enter_from: Mapped[datetime]
    seed_hash: Mapped[str]
    list_hash: Mapped[str | None]
    drawn_at: Mapped[datetime | None]


class WaitingRoomSeed(Model):
    """The seed of a waiting room's draw, 32 bytes as hexadecimal; the database shows it from the opening on."""

    __tablename__ = "waiting_room_seeds"
    __table_args__ = (CheckConstraint("seed ~ '^[0-9a-f]{64}$'", name="seed"),)

    call_id: Mapped[UUID] = mapped_column(ForeignKey("waiting_rooms.call_id"), primary_key=True)
    seed: Mapped[str]


class CallSeed(Model):
    """The secret number of a call's lottery; row security shows it to nobody before the call closes."""

    __tablename__ = "call_seeds"
    __table_args__ = (CheckConstraint("seed ~ '^[0-9a-f]{64}$'", name="seed"),)

    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    seed: Mapped[str]


class BudgetLine(Model):
    """One funder's money for a call; a budget officer who didn't propose it appropriates it."""

    __tablename__ = "budget_lines"
    __table_args__ = (
        UniqueConstraint("call_id", "funder_id"),
        CheckConstraint(BUDGET_LINE.check(), name="status"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("appropriated_by <> created_by", name="appropriated_by"),
        CheckConstraint("(status = 'appropriated') = (appropriated_at IS NOT NULL)", name="appropriated_at"),
    )

    id: Mapped[UUID] = uuid_key()
    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id"))
    funder_id: Mapped[UUID] = mapped_column(ForeignKey("funders.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[BudgetLineStatus] = mapped_column(default=BUDGET_LINE.initial)
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = created_at()
    appropriated_by: Mapped[UUID | None]
    appropriated_at: Mapped[datetime | None]

    call: Mapped[Call] = relationship(back_populates="budget_lines")
    funder: Mapped[Funder] = relationship()
