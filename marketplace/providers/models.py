"""The tables of firms, their bank accounts, consultants, pledges, training and recorded conflicts."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.account_numbers import AccountScheme
from marketplace.core.db import Model, created_at, uuid_key
from marketplace.core.files import StoredFile
from marketplace.core.i18n import Text
from marketplace.providers.states import (
    BANK_ACCOUNT,
    CONSULTANT,
    PROVIDER,
    BankAccountStatus,
    ConsultantStatus,
    ProviderStatus,
)


class Provider(Model):
    """A consulting firm's registration; its id is the organisation's. Grade and load are told from above."""

    __tablename__ = "providers"
    __table_args__ = (
        CheckConstraint(PROVIDER.check(), name="status"),
        CheckConstraint(
            PROVIDER.stamped("approved_at", ProviderStatus.APPROVED, ProviderStatus.SUSPENDED, ProviderStatus.REMOVED),
            name="approved_at",
        ),
        CheckConstraint("approved_at IS NULL OR approved_by IS NOT NULL", name="approved"),
        CheckConstraint(PROVIDER.stamped("refused_at", ProviderStatus.REFUSED), name="refused_at"),
        CheckConstraint(PROVIDER.stamped("suspended_at", ProviderStatus.SUSPENDED), name="suspended_at"),
        CheckConstraint(PROVIDER.stamped("removed_at", ProviderStatus.REMOVED), name="removed_at"),
        CheckConstraint("approved_by <> submitted_by", name="four_eyes"),
        CheckConstraint("capacity BETWEEN 1 AND 1000", name="capacity"),
        CheckConstraint("load >= 0", name="load"),
        CheckConstraint("grade_value BETWEEN 0 AND 100", name="grade_value"),
        CheckConstraint("(grade_value IS NULL) = (grade_published_at IS NULL)", name="grade_published_at"),
        Index("ix_providers_name", "name"),
        Index("ix_providers_submitted_at", "submitted_at"),
    )

    id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    name: Mapped[str]
    status: Mapped[ProviderStatus] = mapped_column(default=PROVIDER.initial)
    service_lines: Mapped[list[str]]
    sectors: Mapped[list[str]]
    regions: Mapped[list[str]]
    languages: Mapped[list[str]]
    capacity: Mapped[int]
    load: Mapped[int] = mapped_column(default=0)
    introduction: Mapped[Text]
    grade_value: Mapped[int | None]
    grade_count: Mapped[int] = mapped_column(default=0)
    grade_provisional: Mapped[bool] = mapped_column(default=True)
    grade_published_at: Mapped[datetime | None]
    last_worked_at: Mapped[datetime | None]
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))  # its business registration
    submitted_by: Mapped[UUID]
    submitted_at: Mapped[datetime] = created_at()
    approved_by: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    restored_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]

    document: Mapped[StoredFile | None] = relationship()


class BankAccount(Model):
    """Where an organisation is paid; of one organisation at most one is in use and one waits for approval."""

    __tablename__ = "bank_accounts"
    __table_args__ = (
        CheckConstraint(BANK_ACCOUNT.check(), name="status"),
        CheckConstraint(BANK_ACCOUNT.stamped("active_at", BankAccountStatus.ACTIVE), name="active_at"),
        CheckConstraint(BANK_ACCOUNT.stamped("retired_at", BankAccountStatus.RETIRED), name="retired_at"),
        CheckConstraint("scheme IN ('iban', 'other')", name="scheme"),
        CheckConstraint("status <> 'active' OR approved_by IS NOT NULL", name="approved"),
        CheckConstraint("approved_by <> proposed_by", name="four_eyes"),
        Index("uq_bank_accounts_active", "organisation_id", unique=True, postgresql_where=text("status = 'active'")),
        Index(
            "uq_bank_accounts_proposed", "organisation_id", unique=True, postgresql_where=text("status = 'proposed'")
        ),
    )

    id: Mapped[UUID] = uuid_key()
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    scheme: Mapped[AccountScheme]
    identifier: Mapped[str]
    bank_name: Mapped[str]
    holder_name: Mapped[str]
    status: Mapped[BankAccountStatus] = mapped_column(default=BANK_ACCOUNT.initial)
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime] = created_at()
    approved_by: Mapped[UUID | None]
    active_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]


class Consultant(Model):
    """A person in the register of consultants; `provider_id` is the firm of the open affiliation."""

    __tablename__ = "consultants"
    __table_args__ = (
        CheckConstraint(CONSULTANT.check(), name="status"),
        CheckConstraint("(status = 'active') = (provider_id IS NOT NULL)", name="provider_id"),
        CheckConstraint(CONSULTANT.stamped("left_at", ConsultantStatus.LEFT), name="left_at"),
        CheckConstraint("experience_years BETWEEN 0 AND 70", name="experience_years"),
        Index("ix_consultants_name", "name"),
    )

    id: Mapped[UUID] = uuid_key()
    person_id: Mapped[UUID] = mapped_column(unique=True)
    name: Mapped[str]
    provider_id: Mapped[UUID | None] = mapped_column(ForeignKey("providers.id"), index=True)
    service_lines: Mapped[list[str]]
    languages: Mapped[list[str]]
    experience_years: Mapped[int]
    status: Mapped[ConsultantStatus] = mapped_column(default=CONSULTANT.initial)
    joined_at: Mapped[datetime] = created_at()
    left_at: Mapped[datetime | None]

    pledges: Mapped[list["Pledge"]] = relationship(order_by="Pledge.season.desc()")
    training: Mapped[list["TrainingRecord"]] = relationship(order_by="TrainingRecord.expires_on.desc()")


class Affiliation(Model):
    """A consultant's time with a firm: one firm at a time."""

    __tablename__ = "affiliations"
    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="until_on"),
        Index("uq_affiliations_open", "consultant_id", unique=True, postgresql_where=text("until_on IS NULL")),
    )

    id: Mapped[UUID] = uuid_key()
    consultant_id: Mapped[UUID] = mapped_column(ForeignKey("consultants.id"))
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id"), index=True)
    from_on: Mapped[date]
    until_on: Mapped[date | None]


class Pledge(Model):
    """A consultant's signature under the code of ethics, once per season (a calendar year)."""

    __tablename__ = "pledges"
    __table_args__ = (UniqueConstraint("consultant_id", "season"),)

    id: Mapped[UUID] = uuid_key()
    consultant_id: Mapped[UUID] = mapped_column(ForeignKey("consultants.id"))
    version: Mapped[str]
    season: Mapped[int]
    signed_at: Mapped[datetime]


class TrainingRecord(Model):
    """A course a consultant passed, recorded by the agency; valid through `expires_on`."""

    __tablename__ = "training_records"
    __table_args__ = (
        UniqueConstraint("consultant_id", "course", "passed_on"),
        CheckConstraint("expires_on > passed_on", name="expires_on"),
    )

    id: Mapped[UUID] = uuid_key()
    consultant_id: Mapped[UUID] = mapped_column(ForeignKey("consultants.id"))
    course: Mapped[str]
    passed_on: Mapped[date]
    expires_on: Mapped[date]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime] = created_at()


class RecordedConflict(Model):
    """A conflict between a firm and an organisation, told by those who examine it; it prevents an award."""

    __tablename__ = "recorded_conflicts"
    __table_args__ = (UniqueConstraint("provider_id", "organisation_id"),)

    id: Mapped[UUID] = uuid_key()
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    reason: Mapped[str]
    recorded_at: Mapped[datetime] = created_at()


@dataclass(frozen=True)
class Profile:
    """What a firm says of itself; codes from the agency's lists. `capacity` is engagements at one time."""

    service_lines: list[str]
    sectors: list[str]
    regions: list[str]
    languages: list[str]
    capacity: int
    introduction: dict[str, str]


@dataclass(frozen=True)
class AccountDetails:
    """What identifies a bank account."""

    scheme: AccountScheme
    identifier: str
    bank_name: str
    holder_name: str
