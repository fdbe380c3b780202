"""The tables of evaluations: evaluators, their scores, grades, appeals, violations told from above."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import Model, created_at, uuid_key
from marketplace.evaluations.states import (
    APPEAL,
    ASSIGNMENT,
    EVALUATION,
    AppealStatus,
    AssignmentStatus,
    EvaluationStatus,
)


class Evaluation(Model):
    """The agency's view of one finished engagement; its reviewer is none of its evaluators."""

    __tablename__ = "evaluations"
    __table_args__ = (
        CheckConstraint(EVALUATION.check(), name="status"),
        CheckConstraint(
            EVALUATION.stamped("submitted_at", EvaluationStatus.SUBMITTED, EvaluationStatus.PUBLISHED),
            name="submitted_at",
        ),
        CheckConstraint(
            EVALUATION.stamped(
                "published_at", EvaluationStatus.PUBLISHED, EvaluationStatus.APPEALED, EvaluationStatus.SETTLED
            ),
            name="published_at",
        ),
        CheckConstraint("published_at IS NULL OR reviewed_by IS NOT NULL AND grade IS NOT NULL", name="reviewed"),
        CheckConstraint("reviewed_by <> ALL (evaluator_ids)", name="four_eyes"),
        CheckConstraint("grade BETWEEN 0 AND 100 AND proposed_grade BETWEEN 0 AND 100", name="grade"),
        CheckConstraint("grade = proposed_grade OR override_reason IS NOT NULL", name="override"),
        Index("ix_evaluations_provider_id", "provider_id"),
        Index("ix_evaluations_created_at", "created_at"),
    )

    id: Mapped[UUID] = uuid_key()
    number: Mapped[str] = mapped_column(unique=True)
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"), unique=True)
    organisation_id: Mapped[UUID]
    provider_id: Mapped[UUID]
    programme_id: Mapped[UUID]
    rubric: Mapped[str]
    status: Mapped[EvaluationStatus] = mapped_column(default=EVALUATION.initial)
    evaluator_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"), default=list)
    evaluator_score: Mapped[int | None]
    satisfaction: Mapped[int | None]
    plan: Mapped[int | None]
    outcome: Mapped[int | None]
    proposed_grade: Mapped[int | None]
    grade: Mapped[int | None]
    override_reason: Mapped[str | None]
    return_reason: Mapped[str | None]
    reviewed_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = created_at()
    submitted_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    appealed_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class Assignment(Model):
    """One evaluator of one evaluation, with the conflict declaration that must come first."""

    __tablename__ = "evaluation_assignments"
    __table_args__ = (
        UniqueConstraint("evaluation_id", "evaluator_id"),
        CheckConstraint(ASSIGNMENT.check(), name="status"),
        CheckConstraint(
            ASSIGNMENT.stamped(
                "declared_at", AssignmentStatus.ACCEPTED, AssignmentStatus.REFUSED, AssignmentStatus.SUBMITTED
            ),
            name="declared_at",
        ),
        CheckConstraint("status <> 'refused' OR statement IS NOT NULL", name="statement"),
        CheckConstraint("score BETWEEN 0 AND 100", name="score"),
        Index("ix_evaluation_assignments_evaluator_id", "evaluator_id"),
    )

    id: Mapped[UUID] = uuid_key()
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluations.id"))
    evaluator_id: Mapped[UUID]
    status: Mapped[AssignmentStatus] = mapped_column(default=ASSIGNMENT.initial)
    statement: Mapped[str | None]
    score: Mapped[int | None]
    assigned_at: Mapped[datetime] = created_at()
    declared_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]


class Score(Model):
    """One criterion's level and the reason for it."""

    __tablename__ = "evaluation_scores"
    __table_args__ = (CheckConstraint("level BETWEEN 0 AND 4", name="level"),)

    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation_assignments.id"), primary_key=True)
    criterion: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int]
    reason: Mapped[str]


class GradeAppeal(Model):
    """The provider's appeal against a published grade, once; decided by somebody who had no part in the grade."""

    __tablename__ = "grade_appeals"
    __table_args__ = (
        CheckConstraint(APPEAL.check(), name="status"),
        CheckConstraint("status = 'open' OR decided_by IS NOT NULL AND decision IS NOT NULL", name="decided"),
        CheckConstraint(APPEAL.stamped("decided_at", AppealStatus.KEPT, AppealStatus.CHANGED), name="decided_at"),
        CheckConstraint("decided_by <> ALL (involved_ids)", name="third_person"),
    )

    id: Mapped[UUID] = uuid_key()
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluations.id"), unique=True)
    involved_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    status: Mapped[AppealStatus] = mapped_column(default=APPEAL.initial)
    submitted_by: Mapped[UUID]
    grounds: Mapped[str]
    decided_by: Mapped[UUID | None]
    decision: Mapped[str | None]
    submitted_at: Mapped[datetime] = created_at()
    decided_at: Mapped[datetime | None]


class RecordedViolation(Model):
    """A confirmed violation as told from above; each costs its points once."""

    __tablename__ = "recorded_violations"
    __table_args__ = (Index("ix_recorded_violations_provider_id", "provider_id"),)

    reference: Mapped[UUID] = mapped_column(primary_key=True)
    provider_id: Mapped[UUID]
    recorded_at: Mapped[datetime] = created_at()
    withdrawn_at: Mapped[datetime | None]
