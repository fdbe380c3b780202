"""The tables of people, organisations, memberships, sessions, tokens, the access log and downloads."""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    and_,
    func,
    or_,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.states import (
    MEMBERSHIP,
    PERSON,
    MembershipStatus,
    OrganisationKind,
    PersonStatus,
    TokenPurpose,
)
from marketplace.core.actors import Actor, Role
from marketplace.core.db import Model, uuid_key

AGENCY_ID = UUID("00000000-0000-0000-0000-00000000a6e1")
"""The one organisation of kind agency; the first migration inserts it."""


class Person(Model):
    """One human being who signs in as themselves."""

    __tablename__ = "people"
    __table_args__ = (
        CheckConstraint(PERSON.check(), name="status"),
        CheckConstraint("email = lower(email) AND email ~ '^[!-~]+$'", name="email"),
        CheckConstraint("plain_text(name) <> '' AND name = tidy_name(name)", name="name"),
        CheckConstraint("locale IN ('ko', 'en')", name="locale"),
        CheckConstraint(PERSON.stamped("confirmed_at", PersonStatus.CONFIRMED), name="confirmed_at"),
        CheckConstraint(PERSON.stamped("disabled_at", PersonStatus.DISABLED), name="disabled_at"),
        Index("ix_people_created_at", "created_at"),
        Index("ix_people_name", "name"),
    )

    id: Mapped[UUID] = uuid_key()
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    password_changed_at: Mapped[datetime] = mapped_column(server_default=func.app_now())
    former_password_hash: Mapped[str | None]  # in force before the changes that can still be taken back
    locale: Mapped[str]
    phone: Mapped[str | None]
    status: Mapped[PersonStatus] = mapped_column(default=PERSON.initial)
    created_at: Mapped[datetime] = mapped_column(server_default=func.app_now())
    confirmed_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]

    @hybrid_property
    def may_sign_in(self) -> bool:
        """Only a person with a confirmed address may sign in."""
        return self.status == PersonStatus.CONFIRMED


class Organisation(Model):
    """An SME, a consulting provider, or the agency itself; linked firms share one undertaking."""

    __tablename__ = "organisations"
    __table_args__ = (
        CheckConstraint("kind IN ('sme', 'provider', 'agency')", name="kind"),
        CheckConstraint("plain_text(name) <> '' AND name = tidy_name(name)", name="name"),
        CheckConstraint("business_number ~ '^[0-9]{10}$'", name="business_number"),
        CheckConstraint("kind = 'agency' OR business_number IS NOT NULL", name="numbered"),
        UniqueConstraint("id", "kind"),
        Index("uq_organisations_agency", "kind", unique=True, postgresql_where=text("kind = 'agency'")),
    )

    id: Mapped[UUID] = uuid_key()
    kind: Mapped[OrganisationKind]
    name: Mapped[str]
    business_number: Mapped[str | None] = mapped_column(unique=True)
    representative_name: Mapped[str]
    sector: Mapped[str | None]
    region: Mapped[str | None]
    address: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    established_on: Mapped[date | None]
    undertaking_id: Mapped[UUID | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.app_now())


class Membership(Model):
    """One person in one role of one organisation, for a time; the only source of anybody's rights."""

    __tablename__ = "memberships"
    __table_args__ = (
        ForeignKeyConstraint(["organisation_id", "organisation_kind"], ["organisations.id", "organisations.kind"]),
        CheckConstraint(MEMBERSHIP.check(), name="status"),
        CheckConstraint(MEMBERSHIP.stamped("ended_at", MembershipStatus.ENDED), name="ended_at"),
        CheckConstraint(MEMBERSHIP.stamped("activated_at", MembershipStatus.ACTIVE), name="activated_at"),
        CheckConstraint(
            "organisation_kind = 'sme' AND role IN ('signatory', 'preparer', 'helper')"
            " OR organisation_kind = 'provider' AND role IN ('manager', 'consultant')"
            " OR organisation_kind = 'agency' AND role IN ('programme_officer', 'budget_officer', 'evaluator',"
            " 'ethics_officer', 'enquiry_specialist', 'administrator', 'auditor')",
            name="role",
        ),
        CheckConstraint("approved_by <> granted_by", name="four_eyes"),
        CheckConstraint(
            "organisation_kind <> 'agency' OR granted_by IS DISTINCT FROM person_id"
            " AND approved_by IS DISTINCT FROM person_id",
            name="own_grant",
        ),
        CheckConstraint(
            "organisation_kind <> 'agency' OR status <> 'active' OR granted_by IS NULL OR approved_by IS NOT NULL",
            name="approved",
        ),
        CheckConstraint("valid_until >= valid_from", name="validity"),
        CheckConstraint("role <> 'helper' OR valid_until IS NOT NULL AND mandate IS NOT NULL", name="mandate"),
        Index(
            "uq_memberships_live",
            "person_id",
            "organisation_id",
            "role",
            unique=True,
            postgresql_where=text("status <> 'ended'"),
        ),
        Index("ix_memberships_organisation_id", "organisation_id"),
    )

    id: Mapped[UUID] = uuid_key()
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    organisation_id: Mapped[UUID]
    organisation_kind: Mapped[OrganisationKind]
    role: Mapped[Role]
    status: Mapped[MembershipStatus] = mapped_column(default=MEMBERSHIP.initial)
    mandate: Mapped[str | None]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    approved_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.app_now())
    activated_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="joined", foreign_keys=person_id)
    organisation: Mapped[Organisation] = relationship(lazy="joined")

    def is_live(self, on: date) -> bool:
        """Say whether it gives rights on this day."""
        return (
            self.status == MembershipStatus.ACTIVE
            and self.valid_from <= on
            and (self.valid_until is None or on <= self.valid_until)
        )

    @classmethod
    def live_on(cls, on: date | BindParameter[date]) -> ColumnElement[bool]:
        """SQL: is_live()."""
        return and_(
            cls.status == MembershipStatus.ACTIVE,
            cls.valid_from <= on,
            or_(cls.valid_until.is_(None), cls.valid_until >= on),
        )


class LiveSession(NamedTuple):
    """A session as a request finds it."""

    id: UUID
    actor: Actor
    is_unseen: bool  # for more than a minute
    has_proof: bool  # of who acts in it, by now


class SignInSession(Model):
    """One signed-in browser; its cookie is kept as a hash. Times are the database's real clock, not business time."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_person_id", "person_id"),)

    id: Mapped[UUID] = uuid_key()
    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    membership_id: Mapped[UUID | None] = mapped_column(ForeignKey("memberships.id"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    proved_at: Mapped[datetime] = mapped_column(server_default=func.now())  # who it is, the last time
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    device_hash: Mapped[str | None]
    browser: Mapped[str]

    membership: Mapped[Membership | None] = relationship(lazy="joined")


class Token(Model):
    """A single-use secret sent by mail, kept as a hash, for one purpose and a limited time."""

    __tablename__ = "tokens"
    __table_args__ = (
        CheckConstraint(
            "purpose IN ('confirm_email', 'reset_password', 'invitation', 'change_email', 'take_back')",
            name="purpose",
        ),
        CheckConstraint("withdrawn_at IS NULL OR used_at IS NOT NULL", name="withdrawn_at"),
        Index("ix_tokens_person_id", "person_id"),
        Index(
            "ix_tokens_invitations",
            text("(data ->> 'organisation_id')"),
            postgresql_where=text("purpose = 'invitation' AND used_at IS NULL"),
        ),
        Index(
            "ix_tokens_take_back",
            text("(data ->> 'email')"),
            postgresql_where=text("purpose = 'take_back' AND used_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = uuid_key()
    purpose: Mapped[TokenPurpose]
    hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.app_now())
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]  # of an invitation; its link is used up then, and says so


class AccessEntry(Model):
    """One look at somebody's personal data: who, as what, from where, whose, which page."""

    __tablename__ = "access_log"
    __table_args__ = (Index("ix_access_log_subject_id_at", "subject_id", "at"), Index("ix_access_log_at", "at"))

    id: Mapped[UUID] = uuid_key()
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    person_id: Mapped[UUID | None]
    role: Mapped[Role]
    address: Mapped[str]
    page: Mapped[str]
    subject_id: Mapped[UUID | None]


class Download(Model):
    """A long list that a person asked for in one role, made into a file in the background; the file bears its id."""

    __tablename__ = "downloads"
    __table_args__ = (
        CheckConstraint("made_at IS NULL OR failed_at IS NULL", name="one_end"),
        Index("ix_downloads_person_id_created_at", "person_id", "created_at"),
        # Who asks twice while the file is being made gets one.
        Index(
            "uq_downloads_unmade",
            "membership_id",
            "address",
            "locale",
            unique=True,
            postgresql_where=text("made_at IS NULL AND failed_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = uuid_key()
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    membership_id: Mapped[UUID] = mapped_column(ForeignKey("memberships.id"))
    address: Mapped[str]
    locale: Mapped[str]
    name: Mapped[str]
    rows: Mapped[int] = mapped_column(server_default="0")
    total: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=func.app_now())
    expires_at: Mapped[datetime]
    made_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]

    @property
    def is_open(self) -> bool:
        """True while its file is still to be made."""
        return self.made_at is None and self.failed_at is None
