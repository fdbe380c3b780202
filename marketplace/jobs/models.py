"""The tables of diagnoses, jobs, questions, bids with their sealed contents, scores and awards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import Model, created_at, uuid_key
from marketplace.core.sealing import Sealed
from marketplace.jobs.states import BID, JOB, BidStatus, JobStatus


class Diagnosis(Model):
    """A company's answers to the self-diagnosis, with the scores they gave."""

    __tablename__ = "diagnoses"

    id: Mapped[UUID] = uuid_key()
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    version: Mapped[str]
    answers: Mapped[dict[str, int]]
    scores: Mapped[dict[str, int]]
    answered_by: Mapped[UUID]
    created_at: Mapped[datetime] = created_at()


class Job(Model):
    """What an SME needs done. Once published only its status changes; the database refuses the rest."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint(JOB.check(), name="status"),
        CheckConstraint(
            "status = 'draft' OR withdrawn_at IS NOT NULL OR (published_at IS NOT NULL AND published_by IS NOT NULL)",
            name="published_at",
        ),
        CheckConstraint(
            "published_at IS NULL OR (voucher_id IS NOT NULL AND closes_at IS NOT NULL AND currency IS NOT NULL)",
            name="complete",
        ),
        CheckConstraint("closes_at >= published_at + interval '7 days'", name="bidding_window"),
        CheckConstraint("budget > 0", name="budget"),
        CheckConstraint("published_at IS NULL OR criteria_weight(criteria) = 100", name="criteria"),
        CheckConstraint(JOB.stamped("closed_at", JobStatus.CLOSED), name="closed_at"),
        CheckConstraint(JOB.stamped("awarded_at", JobStatus.AWARDED), name="awarded_at"),
        CheckConstraint(JOB.stamped("withdrawn_at", JobStatus.WITHDRAWN), name="withdrawn_at"),
        Index("ix_jobs_status_closes_at", "status", "closes_at"),
    )

    id: Mapped[UUID] = uuid_key()
    number: Mapped[str] = mapped_column(unique=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    voucher_id: Mapped[UUID | None] = mapped_column(ForeignKey("vouchers.id"), index=True)
    diagnosis_id: Mapped[UUID | None] = mapped_column(ForeignKey("diagnoses.id"))
    currency: Mapped[str | None]
    stages: Mapped[list[str]] = mapped_column(default=list)
    budget: Mapped[int | None] = mapped_column(BigInteger)  # net price that the company has in mind, minor units
    cost_categories: Mapped[list[str]] = mapped_column(default=lambda: ["consulting"])  # bids price each of several
    service_line: Mapped[str]
    title: Mapped[str]
    goal: Mapped[str]
    situation: Mapped[str]
    expected_results: Mapped[str]
    region: Mapped[str]
    sector: Mapped[str]
    language: Mapped[str]
    criteria: Mapped[list[dict[str, Any]]]
    status: Mapped[JobStatus] = mapped_column(default=JOB.initial)
    created_by: Mapped[UUID]
    created_at: Mapped[datetime] = created_at()
    published_by: Mapped[UUID | None]
    published_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    awarded_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawal_reason: Mapped[str | None]

    questions: Mapped[list["Question"]] = relationship(order_by="Question.asked_at")


class Question(Model):
    """A provider's public question about a job, and the SME's public answer."""

    __tablename__ = "questions"
    __table_args__ = (
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered_at"),
        CheckConstraint("(answer IS NULL) = (answered_by IS NULL)", name="answered_by"),
    )

    id: Mapped[UUID] = uuid_key()
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"), index=True)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id"))
    asked_by: Mapped[UUID]
    asked_at: Mapped[datetime] = created_at()
    text: Mapped[str]
    answer: Mapped[str | None]
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]


class Invitation(Model):
    """A provider that an SME asked to bid; once per job."""

    __tablename__ = "invitations"
    __table_args__ = (UniqueConstraint("job_id", "provider_id"),)

    id: Mapped[UUID] = uuid_key()
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"))
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id"), index=True)
    invited_by: Mapped[UUID]
    invited_at: Mapped[datetime] = created_at()


class Bid(Model):
    """That a provider bids, and the hash of what it offers; the offer itself lies sealed in BidContent."""

    __tablename__ = "bids"
    __table_args__ = (
        CheckConstraint(BID.check(), name="status"),
        CheckConstraint(BID.stamped("decided_at", BidStatus.WON, BidStatus.LOST), name="decided_at"),
        CheckConstraint(BID.stamped("withdrawn_at", BidStatus.WITHDRAWN), name="withdrawn_at"),
        CheckConstraint("status NOT IN ('won', 'lost') OR decision_reason IS NOT NULL", name="decision_reason"),
        UniqueConstraint("id", "job_id"),
        UniqueConstraint("id", "job_id", "provider_id"),
        Index("uq_bids_live", "job_id", "provider_id", unique=True, postgresql_where=text("status <> 'withdrawn'")),
        Index("uq_bids_won", "job_id", unique=True, postgresql_where=text("status = 'won'")),
    )

    id: Mapped[UUID] = uuid_key()
    number: Mapped[str] = mapped_column(unique=True)
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"))
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id"), index=True)
    status: Mapped[BidStatus] = mapped_column(default=BID.initial)
    content_hash: Mapped[str]
    submitted_by: Mapped[UUID]
    submitted_at: Mapped[datetime] = created_at()
    device_hash: Mapped[str | None]
    address_hash: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None]

    scores: Mapped[list["BidScore"]] = relationship(order_by="BidScore.criterion")


class BidContent(Model):
    """What a bid offers, sealed: the database can't read it, and row security shows the bidder's row alone before.

    Prices are net minor units by stage, days are working days by stage. `checked_on` and `required_courses`
    say by what the named consultants were found ready; the database checks `named` again, and keeps none of them.
    """

    __tablename__ = "bid_contents"
    __table_args__ = (
        ForeignKeyConstraint(["bid_id", "job_id", "provider_id"], ["bids.id", "bids.job_id", "bids.provider_id"]),
        CheckConstraint("named IS NULL", name="named"),
    )

    bid_id: Mapped[UUID] = mapped_column(primary_key=True)
    job_id: Mapped[UUID]
    provider_id: Mapped[UUID]
    sealed: Mapped[dict[str, Any]] = mapped_column(Sealed)
    named: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    required_courses: Mapped[list[str]]
    checked_on: Mapped[date]

    def _read(self, name: str) -> Any:
        """A part of what is sealed; LookupError for what was sealed for another row."""
        row = {"bid_id": str(self.bid_id), "job_id": str(self.job_id), "provider_id": str(self.provider_id)}
        if any(self.sealed[key] != value for key, value in row.items()):
            raise LookupError("this was sealed for another bid")
        return self.sealed[name]

    @property
    def prices(self) -> dict[str, int]:
        """Net price of each stage."""
        return dict(self._read("prices"))

    @property
    def price_parts(self) -> dict[str, dict[str, int]] | None:
        """Stage to category of cost to price, where the programme has several categories; its sums are `prices`."""
        parts: dict[str, dict[str, int]] | None = self._read("price_parts")
        return parts

    @property
    def price_total(self) -> int:
        """The sum of the prices."""
        return int(self._read("price_total"))

    @property
    def days(self) -> dict[str, int]:
        """Working days of each stage."""
        return dict(self._read("days"))

    @property
    def approach(self) -> str:
        """How the firm would do it."""
        return str(self._read("approach"))

    @property
    def consultant_ids(self) -> list[UUID]:
        """Who would do it."""
        return [UUID(key) for key in self._read("consultant_ids")]

    @property
    def attestations(self) -> dict[str, Any]:
        """What the firm confirmed."""
        return dict(self._read("attestations"))


class BidScore(Model):
    """The points of one bid for one criterion, with the reason; fixed once the job is awarded."""

    __tablename__ = "bid_scores"
    __table_args__ = (
        CheckConstraint("points BETWEEN 0 AND 100", name="points"),
        CheckConstraint("length(trim(reason)) > 0", name="reason"),
    )

    bid_id: Mapped[UUID] = mapped_column(ForeignKey("bids.id"), primary_key=True)
    criterion: Mapped[str] = mapped_column(primary_key=True)
    points: Mapped[int]
    reason: Mapped[str]
    scored_by: Mapped[UUID]
    scored_at: Mapped[datetime]


class ConflictDeclaration(Model):
    """What one person declared about themselves and the bidders of a job, before seeing the bids."""

    __tablename__ = "conflict_declarations"
    __table_args__ = (
        UniqueConstraint("job_id", "person_id"),
        CheckConstraint("NOT has_conflict OR length(trim(statement)) > 0", name="statement"),
    )

    id: Mapped[UUID] = uuid_key()
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"))
    person_id: Mapped[UUID]
    has_conflict: Mapped[bool]
    statement: Mapped[str]
    declared_at: Mapped[datetime] = created_at()


class Award(Model):
    """The one award of a job."""

    __tablename__ = "awards"
    __table_args__ = (
        ForeignKeyConstraint(["bid_id", "job_id"], ["bids.id", "bids.job_id"]),
        CheckConstraint("length(trim(reason)) > 0", name="reason"),
    )

    id: Mapped[UUID] = uuid_key()
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"), unique=True)
    bid_id: Mapped[UUID] = mapped_column(unique=True)
    awarded_by: Mapped[UUID]
    awarded_at: Mapped[datetime]
    reason: Mapped[str]
    device_hash: Mapped[str | None]

    bid: Mapped[Bid] = relationship()


@dataclass(frozen=True)
class JobText:
    """What a job says; `region`, `sector`, `service_line` and `language` are codes."""

    service_line: str
    title: str
    goal: str
    situation: str
    expected_results: str
    region: str
    sector: str
    language: str


@dataclass(frozen=True)
class Offer:
    """What a firm offers: net prices (minor units) and working days by stage, how, by whom, and what it attests.

    `price_parts` divides each stage's price by category of cost, where the job has several.
    """

    prices: Mapping[str, int]
    days: Mapping[str, int]
    approach: str
    consultant_ids: Sequence[UUID]
    attestations: Mapping[str, bool]
    price_parts: Mapping[str, Mapping[str, int]] | None = None
