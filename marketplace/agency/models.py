"""The tables of the agency's profile, bank account and funders, and what they share: editions of two people."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, and_, or_, select, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from marketplace.agency.states import EDITION, EditionStatus, FunderKind
from marketplace.core import db
from marketplace.core.actors import Role
from marketplace.core.db import Model, created_at, uuid_key
from marketplace.core.i18n import Text

BOTH_LANGUAGES = "plain_text({0} ->> 'ko') <> '' AND plain_text({0} ->> 'en') <> ''"


class Edition(Model):
    """Counts from a day on until the next one does; proposed by one person and confirmed by another.

    Nobody proposed what was there before there was anybody: what `marketplace setup` writes.
    """

    __abstract__ = True
    decided_by_role: ClassVar[Role]
    subject: ClassVar[str | None] = None
    """The column of what it is an edition of; None where there is one such thing."""

    id: Mapped[UUID] = uuid_key()
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]  # the day from which another one counts
    status: Mapped[EditionStatus] = mapped_column(default=EDITION.initial)
    proposed_by: Mapped[UUID | None]
    proposed_at: Mapped[datetime] = created_at()
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]

    @classmethod
    def counts(cls) -> ColumnElement[bool]:
        """SQL: whether it is in force today."""
        today, until = db.today(), cls.valid_until
        begun: ColumnElement[bool] = and_(cls.status == EditionStatus.CONFIRMED, cls.valid_from <= today)
        return and_(begun, or_(until.is_(None), until > today))


def edition_rules(table: str, subject: str | None = None) -> tuple[Any, ...]:
    """What the database holds of every edition: two people, and no two of one thing in force on a day."""
    overlap: list[Any] = [(subject, "=")] if subject else []
    return (
        CheckConstraint(EDITION.check(), name="status"),
        CheckConstraint("decided_by <> proposed_by OR status = 'refused'", name="two_people"),
        CheckConstraint(
            "status <> 'confirmed' OR proposed_by IS NULL OR decided_by IS NOT NULL", name="confirmed_by_somebody"
        ),
        CheckConstraint("(status = 'proposed') = (decided_at IS NULL)", name="decided_at"),
        CheckConstraint("valid_until >= valid_from", name="valid_until"),
        ExcludeConstraint(
            *overlap,
            (text("daterange(valid_from, valid_until)"), "&&"),
            where=text("status = 'confirmed'"),
            name=f"ex_{table}_overlap",
        ),
        Index(f"uq_{table}_proposed", subject or "status", unique=True, postgresql_where=text("status = 'proposed'")),
    )


class AgencyProfile(Edition):
    """How the agency is called, where it is, where people ask for help, and its logo."""

    __tablename__ = "agency_profiles"
    __table_args__ = (
        *edition_rules("agency_profiles"),
        CheckConstraint(BOTH_LANGUAGES.format("name"), name="name"),
        CheckConstraint(BOTH_LANGUAGES.format("address"), name="address"),
    )
    decided_by_role = Role.ADMINISTRATOR

    name: Mapped[Text]
    address: Mapped[Text]
    help_email: Mapped[str]
    logo_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))


class AgencyAccount(Edition):
    """The bank account into which companies and debtors pay, and from which the agency pays."""

    __tablename__ = "agency_accounts"
    __table_args__ = (*edition_rules("agency_accounts"),)
    decided_by_role = Role.BUDGET_OFFICER

    holder: Mapped[str]
    number: Mapped[str]
    bank: Mapped[str]


class FunderEdition(Edition):
    """How a funder is called, and whether new programmes may name it, from a day on."""

    __tablename__ = "funder_editions"
    __table_args__ = (
        *edition_rules("funder_editions", "funder_id"),
        CheckConstraint(BOTH_LANGUAGES.format("name"), name="name"),
    )
    decided_by_role = Role.BUDGET_OFFICER
    subject = "funder_id"

    funder_id: Mapped[UUID] = mapped_column(ForeignKey("funders.id"))
    name: Mapped[Text]
    gives: Mapped[bool]

    funder: Mapped[Funder] = relationship()


class Funder(Model):
    """Who gives public money: the central government, a local one. Its name is that of its edition in force."""

    __tablename__ = "funders"
    __table_args__ = (CheckConstraint("kind IN ('central', 'local')", name="kind"),)

    id: Mapped[UUID] = uuid_key()
    code: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[FunderKind]
    name: Mapped[Text] = column_property(
        select(FunderEdition.name)
        .where(FunderEdition.funder_id == id, FunderEdition.counts())
        .correlate_except(FunderEdition)
        .scalar_subquery()
    )
