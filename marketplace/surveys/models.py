"""The tables of surveys: the survey, its answers, its free texts, who was asked, and the links."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import Model, created_at, uuid_key
from marketplace.engagements.states import Side
from marketplace.surveys.states import SURVEY, LinkPurpose, SurveyStatus


class Survey(Model):
    """One survey of one side of one engagement, once ever; it names no person."""

    __tablename__ = "surveys"
    __table_args__ = (
        UniqueConstraint("engagement_id", "side", "wave"),
        CheckConstraint(SURVEY.check(), name="status"),
        CheckConstraint(SURVEY.stamped("answered_at", SurveyStatus.ANSWERED), name="answered_at"),
        CheckConstraint(SURVEY.stamped("closed_at", SurveyStatus.CLOSED), name="closed_at"),
        CheckConstraint("side IN ('sme', 'provider')", name="side"),
        Index("ix_surveys_provider_id", "provider_id"),
        Index("ix_surveys_invited_at", "invited_at"),
        Index("ix_surveys_closes_at", "closes_at"),
    )

    id: Mapped[UUID] = uuid_key()
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"))
    side: Mapped[Side]
    wave: Mapped[int] = mapped_column(default=0)
    instrument: Mapped[str]
    organisation_id: Mapped[UUID]
    provider_id: Mapped[UUID]
    programme_id: Mapped[UUID]
    status: Mapped[SurveyStatus] = mapped_column(default=SURVEY.initial)
    invited_at: Mapped[datetime] = created_at()
    closes_at: Mapped[datetime]
    reminders_stopped_at: Mapped[datetime | None]
    reminders_stopped_why: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class Answer(Model):
    """The ratings and fact answers of one survey, with its score and signs; never changed."""

    __tablename__ = "survey_answers"
    __table_args__ = (
        CheckConstraint("score BETWEEN 0 AND 100", name="score"),
        CheckConstraint("seconds >= 0", name="seconds"),
    )

    survey_id: Mapped[UUID] = mapped_column(ForeignKey("surveys.id"), primary_key=True)
    items: Mapped[dict[str, int]]
    facts: Mapped[dict[str, Any]]
    score: Mapped[int | None]
    programme_score: Mapped[int | None]
    seconds: Mapped[int]
    signs: Mapped[list[str]]
    device_hash: Mapped[str | None]
    address_hash: Mapped[str | None]


class Comment(Model):
    """A free text of an answered survey, apart from the figures."""

    __tablename__ = "survey_comments"

    survey_id: Mapped[UUID] = mapped_column(ForeignKey("surveys.id"), primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    words: Mapped[str]


class Respondent(Model):
    """Who was asked; read only by an administrator who gives a reason."""

    __tablename__ = "survey_respondents"

    survey_id: Mapped[UUID] = mapped_column(ForeignKey("surveys.id"), primary_key=True)
    person_id: Mapped[UUID]


class Link(Model):
    """One single-use link to one survey; its token is kept as a hash."""

    __tablename__ = "survey_links"
    __table_args__ = (
        CheckConstraint("purpose = 'answer'", name="purpose"),
        Index("ix_survey_links_survey_id", "survey_id"),
    )

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    survey_id: Mapped[UUID] = mapped_column(ForeignKey("surveys.id"))
    purpose: Mapped[LinkPurpose]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
