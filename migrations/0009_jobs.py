"""Diagnoses, jobs, questions, invitations, sealed bids, scores, conflict declarations and awards."""

from alembic import op

from marketplace.core.sql import drop_functions, read

revision = "0009"
down_revision = "0008"

TABLES = """
CREATE SEQUENCE number_job;
CREATE SEQUENCE number_bid;

CREATE TABLE diagnoses (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_diagnoses PRIMARY KEY,
    organisation_id uuid NOT NULL CONSTRAINT fk_diagnoses_organisation_id_organisations REFERENCES organisations,
    version text NOT NULL,
    answers jsonb NOT NULL,
    scores jsonb NOT NULL,
    answered_by uuid NOT NULL CONSTRAINT diagnoses_answered_by_fkey REFERENCES people,
    created_at timestamptz NOT NULL DEFAULT app_now()
);
CREATE INDEX ix_diagnoses_organisation_id ON diagnoses (organisation_id);

CREATE TABLE jobs (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_jobs PRIMARY KEY,
    number text NOT NULL CONSTRAINT uq_jobs_number UNIQUE,
    organisation_id uuid NOT NULL CONSTRAINT fk_jobs_organisation_id_organisations REFERENCES organisations,
    voucher_id uuid CONSTRAINT fk_jobs_voucher_id_vouchers REFERENCES vouchers,
    diagnosis_id uuid CONSTRAINT fk_jobs_diagnosis_id_diagnoses REFERENCES diagnoses,
    currency text,
    budget bigint,
    stages text[] NOT NULL,
    cost_categories text[] NOT NULL DEFAULT '{consulting}',
    service_line text NOT NULL,
    title text NOT NULL,
    goal text NOT NULL,
    situation text NOT NULL,
    expected_results text NOT NULL,
    region text NOT NULL,
    sector text NOT NULL,
    language text NOT NULL,
    criteria jsonb NOT NULL,
    status text NOT NULL,
    created_by uuid NOT NULL CONSTRAINT jobs_created_by_fkey REFERENCES people,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    published_by uuid CONSTRAINT jobs_published_by_fkey REFERENCES people,
    published_at timestamptz,
    closes_at timestamptz,
    closed_at timestamptz,
    awarded_at timestamptz,
    withdrawn_at timestamptz,
    withdrawal_reason text,
    CONSTRAINT ck_jobs_status CHECK (status IN ('draft', 'published', 'closed', 'awarded', 'withdrawn')),
    CONSTRAINT ck_jobs_published_at
        CHECK (status = 'draft' OR withdrawn_at IS NOT NULL OR (published_at IS NOT NULL AND published_by IS NOT
            NULL)),
    CONSTRAINT ck_jobs_complete
        CHECK (published_at IS NULL OR (voucher_id IS NOT NULL AND closes_at IS NOT NULL AND currency IS NOT NULL)),
    CONSTRAINT ck_jobs_bidding_window CHECK (closes_at >= published_at + interval '7 days'),
    CONSTRAINT ck_jobs_budget CHECK (budget > 0),
    CONSTRAINT ck_jobs_criteria CHECK (published_at IS NULL OR criteria_weight(criteria) = 100),
    CONSTRAINT ck_jobs_closed_at CHECK (status NOT IN ('closed') OR closed_at IS NOT NULL),
    CONSTRAINT ck_jobs_awarded_at CHECK (status NOT IN ('awarded') OR awarded_at IS NOT NULL),
    CONSTRAINT ck_jobs_withdrawn_at CHECK (status NOT IN ('withdrawn') OR withdrawn_at IS NOT NULL)
);
CREATE INDEX ix_jobs_organisation_id ON jobs (organisation_id);
CREATE INDEX ix_jobs_status_closes_at ON jobs (status, closes_at);
CREATE INDEX ix_jobs_voucher_id ON jobs (voucher_id);

CREATE TABLE questions (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_questions PRIMARY KEY,
    job_id uuid NOT NULL CONSTRAINT fk_questions_job_id_jobs REFERENCES jobs,
    provider_id uuid NOT NULL CONSTRAINT fk_questions_provider_id_providers REFERENCES providers,
    asked_by uuid NOT NULL CONSTRAINT questions_asked_by_fkey REFERENCES people,
    asked_at timestamptz NOT NULL DEFAULT app_now(),
    text text NOT NULL,
    answer text,
    answered_by uuid CONSTRAINT questions_answered_by_fkey REFERENCES people,
    answered_at timestamptz,
    CONSTRAINT ck_questions_answered_at CHECK ((answer IS NULL) = (answered_at IS NULL)),
    CONSTRAINT ck_questions_answered_by CHECK ((answer IS NULL) = (answered_by IS NULL))
);
CREATE INDEX ix_questions_job_id ON questions (job_id);

CREATE TABLE invitations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_invitations PRIMARY KEY,
    job_id uuid NOT NULL CONSTRAINT fk_invitations_job_id_jobs REFERENCES jobs,
    provider_id uuid NOT NULL CONSTRAINT fk_invitations_provider_id_providers REFERENCES providers,
    invited_by uuid NOT NULL CONSTRAINT invitations_invited_by_fkey REFERENCES people,
    invited_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT uq_invitations_job_id_provider_id UNIQUE (job_id, provider_id)
);
CREATE INDEX ix_invitations_provider_id ON invitations (provider_id);

CREATE TABLE bids (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_bids PRIMARY KEY,
    number text NOT NULL CONSTRAINT uq_bids_number UNIQUE,
    job_id uuid NOT NULL CONSTRAINT fk_bids_job_id_jobs REFERENCES jobs,
    provider_id uuid NOT NULL CONSTRAINT fk_bids_provider_id_providers REFERENCES providers,
    status text NOT NULL,
    content_hash text NOT NULL,
    submitted_by uuid NOT NULL CONSTRAINT bids_submitted_by_fkey REFERENCES people,
    submitted_at timestamptz NOT NULL DEFAULT app_now(),
    device_hash text,
    address_hash text,
    withdrawn_at timestamptz,
    decided_at timestamptz,
    decision_reason text,
    CONSTRAINT ck_bids_status CHECK (status IN ('submitted', 'withdrawn', 'won', 'lost')),
    CONSTRAINT ck_bids_decided_at CHECK (status NOT IN ('won', 'lost') OR decided_at IS NOT NULL),
    CONSTRAINT ck_bids_withdrawn_at CHECK (status NOT IN ('withdrawn') OR withdrawn_at IS NOT NULL),
    CONSTRAINT ck_bids_decision_reason CHECK (status NOT IN ('won', 'lost') OR decision_reason IS NOT NULL),
    CONSTRAINT uq_bids_id_job_id UNIQUE (id, job_id),
    CONSTRAINT uq_bids_id_job_id_provider_id UNIQUE (id, job_id, provider_id)
);
CREATE INDEX ix_bids_provider_id ON bids (provider_id);
CREATE UNIQUE INDEX uq_bids_live ON bids (job_id, provider_id) WHERE status <> 'withdrawn';
CREATE UNIQUE INDEX uq_bids_won ON bids (job_id) WHERE status = 'won';

CREATE TABLE bid_contents (
    bid_id uuid CONSTRAINT pk_bid_contents PRIMARY KEY,
    job_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    sealed bytea NOT NULL,
    named uuid[],
    required_courses text[] NOT NULL,
    checked_on date NOT NULL,
    CONSTRAINT ck_bid_contents_named CHECK (named IS NULL),
    CONSTRAINT fk_bid_contents_bid_id_job_id_provider_id_bids
        FOREIGN KEY (bid_id, job_id, provider_id) REFERENCES bids (id, job_id, provider_id)
);

CREATE TABLE bid_scores (
    bid_id uuid CONSTRAINT fk_bid_scores_bid_id_bids REFERENCES bids,
    criterion text,
    points integer NOT NULL,
    reason text NOT NULL,
    scored_by uuid NOT NULL CONSTRAINT bid_scores_scored_by_fkey REFERENCES people,
    scored_at timestamptz NOT NULL,
    CONSTRAINT pk_bid_scores PRIMARY KEY (bid_id, criterion),
    CONSTRAINT ck_bid_scores_points CHECK (points BETWEEN 0 AND 100),
    CONSTRAINT ck_bid_scores_reason CHECK (length(trim(reason)) > 0)
);

CREATE TABLE conflict_declarations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_conflict_declarations PRIMARY KEY,
    job_id uuid NOT NULL CONSTRAINT fk_conflict_declarations_job_id_jobs REFERENCES jobs,
    person_id uuid NOT NULL CONSTRAINT conflict_declarations_person_id_fkey REFERENCES people,
    has_conflict boolean NOT NULL,
    statement text NOT NULL,
    declared_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_conflict_declarations_statement CHECK (NOT has_conflict OR length(trim(statement)) > 0),
    CONSTRAINT uq_conflict_declarations_job_id_person_id UNIQUE (job_id, person_id)
);

CREATE TABLE awards (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_awards PRIMARY KEY,
    job_id uuid NOT NULL CONSTRAINT fk_awards_job_id_jobs REFERENCES jobs CONSTRAINT uq_awards_job_id UNIQUE,
    bid_id uuid NOT NULL CONSTRAINT uq_awards_bid_id UNIQUE,
    awarded_by uuid NOT NULL CONSTRAINT awards_awarded_by_fkey REFERENCES people,
    awarded_at timestamptz NOT NULL,
    reason text NOT NULL,
    device_hash text,
    CONSTRAINT ck_awards_reason CHECK (length(trim(reason)) > 0),
    CONSTRAINT fk_awards_bid_id_job_id_bids FOREIGN KEY (bid_id, job_id) REFERENCES bids (id, job_id)
);

REVOKE UPDATE, DELETE ON diagnoses, invitations, conflict_declarations, awards FROM app;
REVOKE DELETE ON jobs, questions, bids, bid_scores FROM app;
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(read("jobs", "criteria_weight"))
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them, with the area's functions."""
    op.execute(
        "DROP TABLE awards, conflict_declarations, bid_scores, bid_contents, bids, invitations, questions,"
        " jobs, diagnoses"
    )
    op.execute("DROP SEQUENCE number_job, number_bid")
    drop_functions("jobs")
