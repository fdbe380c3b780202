"""Evaluations: evaluators, scores, published grades, appeals, violations told from above."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = """
CREATE SEQUENCE number_eva;

CREATE TABLE recorded_violations (
    reference uuid NOT NULL,
    provider_id uuid NOT NULL,
    recorded_at timestamptz DEFAULT app_now() NOT NULL,
    withdrawn_at timestamptz,
    CONSTRAINT pk_recorded_violations PRIMARY KEY (reference)
);
CREATE INDEX ix_recorded_violations_provider_id ON recorded_violations (provider_id);

CREATE TABLE evaluations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    number text NOT NULL,
    engagement_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    rubric text NOT NULL,
    status text NOT NULL,
    evaluator_ids uuid[] DEFAULT '{}' NOT NULL,
    evaluator_score integer,
    satisfaction integer,
    plan integer,
    outcome integer,
    proposed_grade integer,
    grade integer,
    override_reason text,
    return_reason text,
    reviewed_by uuid,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    submitted_at timestamptz,
    returned_at timestamptz,
    published_at timestamptz,
    appealed_at timestamptz,
    settled_at timestamptz,
    CONSTRAINT pk_evaluations PRIMARY KEY (id),
    CONSTRAINT ck_evaluations_status CHECK (status IN ('open', 'returned', 'submitted', 'published', 'appealed', 'settled')),
    CONSTRAINT ck_evaluations_submitted_at CHECK (status NOT IN ('submitted', 'published') OR submitted_at IS NOT NULL),
    CONSTRAINT ck_evaluations_published_at CHECK (status NOT IN ('published', 'appealed', 'settled') OR published_at IS NOT NULL),
    CONSTRAINT ck_evaluations_reviewed CHECK (published_at IS NULL OR reviewed_by IS NOT NULL AND grade IS NOT NULL),
    CONSTRAINT ck_evaluations_four_eyes CHECK (reviewed_by <> ALL (evaluator_ids)),
    CONSTRAINT ck_evaluations_grade CHECK (grade BETWEEN 0 AND 100 AND proposed_grade BETWEEN 0 AND 100),
    CONSTRAINT ck_evaluations_override CHECK (grade = proposed_grade OR override_reason IS NOT NULL),
    CONSTRAINT uq_evaluations_number UNIQUE (number),
    CONSTRAINT uq_evaluations_engagement_id UNIQUE (engagement_id),
    CONSTRAINT fk_evaluations_engagement_id_engagements FOREIGN KEY(engagement_id) REFERENCES engagements (id)
);
CREATE INDEX ix_evaluations_created_at ON evaluations (created_at);
CREATE INDEX ix_evaluations_provider_id ON evaluations (provider_id);

CREATE TABLE evaluation_assignments (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    evaluation_id uuid NOT NULL,
    evaluator_id uuid NOT NULL,
    status text NOT NULL,
    statement text,
    score integer,
    assigned_at timestamptz DEFAULT app_now() NOT NULL,
    declared_at timestamptz,
    submitted_at timestamptz,
    CONSTRAINT pk_evaluation_assignments PRIMARY KEY (id),
    CONSTRAINT uq_evaluation_assignments_evaluation_id_evaluator_id UNIQUE (evaluation_id, evaluator_id),
    CONSTRAINT ck_evaluation_assignments_status CHECK (status IN ('assigned', 'accepted', 'refused', 'submitted')),
    CONSTRAINT ck_evaluation_assignments_declared_at CHECK (status NOT IN ('accepted', 'refused', 'submitted') OR declared_at IS NOT NULL),
    CONSTRAINT ck_evaluation_assignments_statement CHECK (status <> 'refused' OR statement IS NOT NULL),
    CONSTRAINT ck_evaluation_assignments_score CHECK (score BETWEEN 0 AND 100),
    CONSTRAINT fk_evaluation_assignments_evaluation_id_evaluations FOREIGN KEY(evaluation_id) REFERENCES evaluations (id)
);
CREATE INDEX ix_evaluation_assignments_evaluator_id ON evaluation_assignments (evaluator_id);

CREATE TABLE grade_appeals (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    evaluation_id uuid NOT NULL,
    involved_ids uuid[] NOT NULL,
    status text NOT NULL,
    submitted_by uuid NOT NULL,
    grounds text NOT NULL,
    decided_by uuid,
    decision text,
    submitted_at timestamptz DEFAULT app_now() NOT NULL,
    decided_at timestamptz,
    CONSTRAINT pk_grade_appeals PRIMARY KEY (id),
    CONSTRAINT ck_grade_appeals_status CHECK (status IN ('open', 'kept', 'changed')),
    CONSTRAINT ck_grade_appeals_decided CHECK (status = 'open' OR decided_by IS NOT NULL AND decision IS NOT NULL),
    CONSTRAINT ck_grade_appeals_decided_at CHECK (status NOT IN ('kept', 'changed') OR decided_at IS NOT NULL),
    CONSTRAINT ck_grade_appeals_third_person CHECK (decided_by <> ALL (involved_ids)),
    CONSTRAINT uq_grade_appeals_evaluation_id UNIQUE (evaluation_id),
    CONSTRAINT fk_grade_appeals_evaluation_id_evaluations FOREIGN KEY(evaluation_id) REFERENCES evaluations (id)
);

CREATE TABLE evaluation_scores (
    assignment_id uuid NOT NULL,
    criterion text NOT NULL,
    level integer NOT NULL,
    reason text NOT NULL,
    CONSTRAINT pk_evaluation_scores PRIMARY KEY (assignment_id, criterion),
    CONSTRAINT ck_evaluation_scores_level CHECK (level BETWEEN 0 AND 4),
    CONSTRAINT fk_evaluation_scores_assignment_id_evaluation_assignments FOREIGN KEY(assignment_id) REFERENCES evaluation_assignments (id)
);

ALTER TABLE evaluations ADD CONSTRAINT fk_evaluations_reviewed_by_people FOREIGN KEY (reviewed_by) REFERENCES people (id);
ALTER TABLE evaluation_assignments ADD CONSTRAINT fk_evaluation_assignments_evaluator_id_people FOREIGN KEY (evaluator_id) REFERENCES people (id);
ALTER TABLE grade_appeals ADD CONSTRAINT fk_grade_appeals_submitted_by_people FOREIGN KEY (submitted_by) REFERENCES people (id);
ALTER TABLE grade_appeals ADD CONSTRAINT fk_grade_appeals_decided_by_people FOREIGN KEY (decided_by) REFERENCES people (id);
"""

DROP = """
DROP TABLE evaluation_scores, grade_appeals, evaluation_assignments, evaluations, recorded_violations;
DROP SEQUENCE number_eva;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute(DROP)
