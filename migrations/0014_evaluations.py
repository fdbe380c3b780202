"""Evaluations with assignments and scores, appeals against grades, recorded violations."""

from alembic import op

from marketplace.core.sql import drop_functions

revision = "0014"
down_revision = "0013"

TABLES = """
CREATE SEQUENCE number_eva;

CREATE TABLE recorded_violations (
    reference uuid CONSTRAINT pk_recorded_violations PRIMARY KEY,
    provider_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT app_now(),
    withdrawn_at timestamptz
);
CREATE INDEX ix_recorded_violations_provider_id ON recorded_violations (provider_id);

CREATE TABLE evaluations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_evaluations PRIMARY KEY,
    number text NOT NULL CONSTRAINT uq_evaluations_number UNIQUE,
    engagement_id uuid NOT NULL CONSTRAINT fk_evaluations_engagement_id_engagements REFERENCES engagements
        CONSTRAINT uq_evaluations_engagement_id UNIQUE,
    organisation_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    rubric text NOT NULL,
    status text NOT NULL,
    evaluator_ids uuid[] NOT NULL DEFAULT '{}'::uuid[],
    evaluator_score integer,
    satisfaction integer,
    plan integer,
    outcome integer,
    proposed_grade integer,
    grade integer,
    override_reason text,
    return_reason text,
    reviewed_by uuid CONSTRAINT fk_evaluations_reviewed_by_people REFERENCES people,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    submitted_at timestamptz,
    returned_at timestamptz,
    published_at timestamptz,
    appealed_at timestamptz,
    settled_at timestamptz,
    CONSTRAINT ck_evaluations_status
        CHECK (status IN ('open', 'returned', 'submitted', 'published', 'appealed', 'settled')),
    CONSTRAINT ck_evaluations_submitted_at
        CHECK (status NOT IN ('submitted', 'published') OR submitted_at IS NOT NULL),
    CONSTRAINT ck_evaluations_published_at
        CHECK (status NOT IN ('published', 'appealed', 'settled') OR published_at IS NOT NULL),
    CONSTRAINT ck_evaluations_reviewed
        CHECK (published_at IS NULL OR reviewed_by IS NOT NULL AND grade IS NOT NULL),
    CONSTRAINT ck_evaluations_four_eyes CHECK (reviewed_by <> ALL (evaluator_ids)),
    CONSTRAINT ck_evaluations_grade CHECK (grade BETWEEN 0 AND 100 AND proposed_grade BETWEEN 0 AND 100),
    CONSTRAINT ck_evaluations_override CHECK (grade = proposed_grade OR override_reason IS NOT NULL)
);
CREATE INDEX ix_evaluations_created_at ON evaluations (created_at);
CREATE INDEX ix_evaluations_provider_id ON evaluations (provider_id);

CREATE TABLE evaluation_assignments (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_evaluation_assignments PRIMARY KEY,
    evaluation_id uuid NOT NULL
        CONSTRAINT fk_evaluation_assignments_evaluation_id_evaluations REFERENCES evaluations,
    evaluator_id uuid NOT NULL CONSTRAINT fk_evaluation_assignments_evaluator_id_people REFERENCES people,
    status text NOT NULL,
    statement text,
    score integer,
    assigned_at timestamptz NOT NULL DEFAULT app_now(),
    declared_at timestamptz,
    submitted_at timestamptz,
    CONSTRAINT ck_evaluation_assignments_status CHECK (status IN ('assigned', 'accepted', 'refused', 'submitted')),
    CONSTRAINT ck_evaluation_assignments_declared_at
        CHECK (status NOT IN ('accepted', 'refused', 'submitted') OR declared_at IS NOT NULL),
    CONSTRAINT ck_evaluation_assignments_statement CHECK (status <> 'refused' OR statement IS NOT NULL),
    CONSTRAINT ck_evaluation_assignments_score CHECK (score BETWEEN 0 AND 100),
    CONSTRAINT uq_evaluation_assignments_evaluation_id_evaluator_id UNIQUE (evaluation_id, evaluator_id)
);
CREATE INDEX ix_evaluation_assignments_evaluator_id ON evaluation_assignments (evaluator_id);

CREATE TABLE grade_appeals (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_grade_appeals PRIMARY KEY,
    evaluation_id uuid NOT NULL CONSTRAINT fk_grade_appeals_evaluation_id_evaluations REFERENCES evaluations
        CONSTRAINT uq_grade_appeals_evaluation_id UNIQUE,
    involved_ids uuid[] NOT NULL,
    status text NOT NULL,
    submitted_by uuid NOT NULL CONSTRAINT fk_grade_appeals_submitted_by_people REFERENCES people,
    grounds text NOT NULL,
    decided_by uuid CONSTRAINT fk_grade_appeals_decided_by_people REFERENCES people,
    decision text,
    submitted_at timestamptz NOT NULL DEFAULT app_now(),
    decided_at timestamptz,
    CONSTRAINT ck_grade_appeals_status CHECK (status IN ('open', 'kept', 'changed')),
    CONSTRAINT ck_grade_appeals_decided CHECK (status = 'open' OR decided_by IS NOT NULL AND decision IS NOT NULL),
    CONSTRAINT ck_grade_appeals_decided_at CHECK (status NOT IN ('kept', 'changed') OR decided_at IS NOT NULL),
    CONSTRAINT ck_grade_appeals_third_person CHECK (decided_by <> ALL (involved_ids))
);

CREATE TABLE evaluation_scores (
    assignment_id uuid
        CONSTRAINT fk_evaluation_scores_assignment_id_evaluation_assignments REFERENCES evaluation_assignments,
    criterion text,
    level integer NOT NULL,
    reason text NOT NULL,
    CONSTRAINT pk_evaluation_scores PRIMARY KEY (assignment_id, criterion),
    CONSTRAINT ck_evaluation_scores_level CHECK (level BETWEEN 0 AND 4)
);
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them, with the area's functions."""
    op.execute("DROP TABLE evaluation_scores, grade_appeals, evaluation_assignments, evaluations, recorded_violations")
    op.execute("DROP SEQUENCE number_eva")
    drop_functions("evaluations")
