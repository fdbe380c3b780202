"""Firms, bank accounts, consultants, affiliations, pledges, training and recorded conflicts."""

from alembic import op

from marketplace.core.sql import drop_functions

revision = "0006"
down_revision = "0005"

TABLES = """
CREATE TABLE providers (
    id uuid CONSTRAINT pk_providers PRIMARY KEY
        CONSTRAINT fk_providers_id_organisations REFERENCES organisations,
    name text NOT NULL,
    status text NOT NULL,
    service_lines text[] NOT NULL,
    sectors text[] NOT NULL,
    regions text[] NOT NULL,
    languages text[] NOT NULL,
    capacity integer NOT NULL,
    load integer NOT NULL,
    introduction jsonb NOT NULL,
    grade_value integer,
    grade_count integer NOT NULL,
    grade_provisional boolean NOT NULL,
    grade_published_at timestamptz,
    last_worked_at timestamptz,
    document_id uuid CONSTRAINT fk_providers_document_id_files REFERENCES files,
    submitted_by uuid NOT NULL CONSTRAINT providers_submitted_by_fkey REFERENCES people,
    submitted_at timestamptz NOT NULL DEFAULT app_now(),
    approved_by uuid CONSTRAINT providers_approved_by_fkey REFERENCES people,
    approved_at timestamptz,
    refused_at timestamptz,
    suspended_at timestamptz,
    restored_at timestamptz,
    removed_at timestamptz,
    CONSTRAINT ck_providers_status CHECK (status IN ('applied', 'approved', 'refused', 'suspended', 'removed')),
    CONSTRAINT ck_providers_approved_at
        CHECK (status NOT IN ('approved', 'suspended', 'removed') OR approved_at IS NOT NULL),
    CONSTRAINT ck_providers_approved CHECK (approved_at IS NULL OR approved_by IS NOT NULL),
    CONSTRAINT ck_providers_refused_at CHECK (status NOT IN ('refused') OR refused_at IS NOT NULL),
    CONSTRAINT ck_providers_suspended_at CHECK (status NOT IN ('suspended') OR suspended_at IS NOT NULL),
    CONSTRAINT ck_providers_removed_at CHECK (status NOT IN ('removed') OR removed_at IS NOT NULL),
    CONSTRAINT ck_providers_four_eyes CHECK (approved_by <> submitted_by),
    CONSTRAINT ck_providers_capacity CHECK (capacity BETWEEN 1 AND 1000),
    CONSTRAINT ck_providers_load CHECK (load >= 0),
    CONSTRAINT ck_providers_grade_value CHECK (grade_value BETWEEN 0 AND 100),
    CONSTRAINT ck_providers_grade_published_at CHECK ((grade_value IS NULL) = (grade_published_at IS NULL))
);
CREATE INDEX ix_providers_name ON providers (name);
CREATE INDEX ix_providers_submitted_at ON providers (submitted_at);

CREATE TABLE bank_accounts (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_bank_accounts PRIMARY KEY,
    organisation_id uuid NOT NULL
        CONSTRAINT fk_bank_accounts_organisation_id_organisations REFERENCES organisations,
    scheme text NOT NULL,
    identifier text NOT NULL,
    bank_name text NOT NULL,
    holder_name text NOT NULL,
    status text NOT NULL,
    proposed_by uuid NOT NULL CONSTRAINT bank_accounts_proposed_by_fkey REFERENCES people,
    proposed_at timestamptz NOT NULL DEFAULT app_now(),
    approved_by uuid CONSTRAINT bank_accounts_approved_by_fkey REFERENCES people,
    active_at timestamptz,
    retired_at timestamptz,
    CONSTRAINT ck_bank_accounts_status CHECK (status IN ('proposed', 'active', 'retired')),
    CONSTRAINT ck_bank_accounts_active_at CHECK (status NOT IN ('active') OR active_at IS NOT NULL),
    CONSTRAINT ck_bank_accounts_retired_at CHECK (status NOT IN ('retired') OR retired_at IS NOT NULL),
    CONSTRAINT ck_bank_accounts_scheme CHECK (scheme IN ('iban', 'other')),
    CONSTRAINT ck_bank_accounts_approved CHECK (status <> 'active' OR approved_by IS NOT NULL),
    CONSTRAINT ck_bank_accounts_four_eyes CHECK (approved_by <> proposed_by)
);
CREATE INDEX ix_bank_accounts_plain_number ON bank_accounts (plain_number(identifier));
CREATE UNIQUE INDEX uq_bank_accounts_active ON bank_accounts (organisation_id) WHERE status = 'active';
CREATE UNIQUE INDEX uq_bank_accounts_proposed ON bank_accounts (organisation_id) WHERE status = 'proposed';

CREATE TABLE consultants (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_consultants PRIMARY KEY,
    person_id uuid NOT NULL CONSTRAINT consultants_person_id_fkey REFERENCES people
        CONSTRAINT uq_consultants_person_id UNIQUE,
    name text NOT NULL,
    provider_id uuid CONSTRAINT fk_consultants_provider_id_providers REFERENCES providers,
    service_lines text[] NOT NULL,
    languages text[] NOT NULL,
    experience_years integer NOT NULL,
    status text NOT NULL,
    joined_at timestamptz NOT NULL DEFAULT app_now(),
    left_at timestamptz,
    CONSTRAINT ck_consultants_status CHECK (status IN ('active', 'left')),
    CONSTRAINT ck_consultants_provider_id CHECK ((status = 'active') = (provider_id IS NOT NULL)),
    CONSTRAINT ck_consultants_left_at CHECK (status NOT IN ('left') OR left_at IS NOT NULL),
    CONSTRAINT ck_consultants_experience_years CHECK (experience_years BETWEEN 0 AND 70)
);
CREATE INDEX ix_consultants_name ON consultants (name);
CREATE INDEX ix_consultants_provider_id ON consultants (provider_id);

CREATE TABLE affiliations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_affiliations PRIMARY KEY,
    consultant_id uuid NOT NULL CONSTRAINT fk_affiliations_consultant_id_consultants REFERENCES consultants,
    provider_id uuid NOT NULL CONSTRAINT fk_affiliations_provider_id_providers REFERENCES providers,
    from_on date NOT NULL,
    until_on date,
    CONSTRAINT ck_affiliations_until_on CHECK (until_on >= from_on)
);
CREATE INDEX ix_affiliations_provider_id ON affiliations (provider_id);
CREATE UNIQUE INDEX uq_affiliations_open ON affiliations (consultant_id) WHERE until_on IS NULL;

CREATE TABLE pledges (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_pledges PRIMARY KEY,
    consultant_id uuid NOT NULL CONSTRAINT fk_pledges_consultant_id_consultants REFERENCES consultants,
    version text NOT NULL,
    season integer NOT NULL,
    signed_at timestamptz NOT NULL,
    CONSTRAINT uq_pledges_consultant_id_season UNIQUE (consultant_id, season)
);

CREATE TABLE training_records (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_training_records PRIMARY KEY,
    consultant_id uuid NOT NULL CONSTRAINT fk_training_records_consultant_id_consultants REFERENCES consultants,
    course text NOT NULL,
    passed_on date NOT NULL,
    expires_on date NOT NULL,
    recorded_by uuid NOT NULL CONSTRAINT training_records_recorded_by_fkey REFERENCES people,
    recorded_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_training_records_expires_on CHECK (expires_on > passed_on),
    CONSTRAINT uq_training_records_consultant_id_course_passed_on UNIQUE (consultant_id, course, passed_on)
);

CREATE TABLE recorded_conflicts (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_recorded_conflicts PRIMARY KEY,
    provider_id uuid NOT NULL CONSTRAINT fk_recorded_conflicts_provider_id_providers REFERENCES providers,
    organisation_id uuid NOT NULL
        CONSTRAINT fk_recorded_conflicts_organisation_id_organisations REFERENCES organisations,
    reason text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT uq_recorded_conflicts_provider_id_organisation_id UNIQUE (provider_id, organisation_id)
);
CREATE INDEX ix_recorded_conflicts_organisation_id ON recorded_conflicts (organisation_id);

REVOKE UPDATE, DELETE ON pledges, training_records, recorded_conflicts FROM app;
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them, with the area's functions."""
    op.execute(
        "DROP TABLE recorded_conflicts, training_records, pledges, affiliations, consultants, bank_accounts, providers"
    )
    drop_functions("providers")
