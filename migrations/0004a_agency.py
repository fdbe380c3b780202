"""The agency's profile, bank account and funders, as editions that two people change."""

from alembic import op

from marketplace.core.sql import drop_functions

revision = "0004a"
down_revision = "0004"

TABLES = """
-- So that neither editions nor, further on, validities and a person's sessions can overlap.
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE agency_profiles (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_agency_profiles PRIMARY KEY,
    name jsonb NOT NULL,
    address jsonb NOT NULL,
    help_email text NOT NULL,
    logo_id uuid CONSTRAINT fk_agency_profiles_logo_id_files REFERENCES files,
    valid_from date NOT NULL,
    valid_until date,
    status text NOT NULL,
    proposed_by uuid CONSTRAINT fk_agency_profiles_proposed_by_people REFERENCES people,
    proposed_at timestamptz NOT NULL DEFAULT app_now(),
    decided_by uuid CONSTRAINT fk_agency_profiles_decided_by_people REFERENCES people,
    decided_at timestamptz,
    CONSTRAINT ck_agency_profiles_name CHECK (plain_text(name ->> 'ko') <> '' AND plain_text(name ->> 'en') <> ''),
    CONSTRAINT ck_agency_profiles_address
        CHECK (plain_text(address ->> 'ko') <> '' AND plain_text(address ->> 'en') <> ''),
    CONSTRAINT ck_agency_profiles_status CHECK (status IN ('proposed', 'confirmed', 'refused')),
    CONSTRAINT ck_agency_profiles_two_people CHECK (decided_by <> proposed_by OR status = 'refused'),
    CONSTRAINT ck_agency_profiles_confirmed_by_somebody
        CHECK (status <> 'confirmed' OR proposed_by IS NULL OR decided_by IS NOT NULL),
    CONSTRAINT ck_agency_profiles_decided_at CHECK ((status = 'proposed') = (decided_at IS NULL)),
    CONSTRAINT ck_agency_profiles_valid_until CHECK (valid_until >= valid_from),
    CONSTRAINT ex_agency_profiles_overlap
        EXCLUDE USING gist (daterange(valid_from, valid_until) WITH &&) WHERE (status = 'confirmed')
);
CREATE UNIQUE INDEX uq_agency_profiles_proposed ON agency_profiles (status) WHERE status = 'proposed';

CREATE TABLE agency_accounts (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_agency_accounts PRIMARY KEY,
    holder text NOT NULL,
    number text NOT NULL,
    bank text NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    status text NOT NULL,
    proposed_by uuid CONSTRAINT fk_agency_accounts_proposed_by_people REFERENCES people,
    proposed_at timestamptz NOT NULL DEFAULT app_now(),
    decided_by uuid CONSTRAINT fk_agency_accounts_decided_by_people REFERENCES people,
    decided_at timestamptz,
    CONSTRAINT ck_agency_accounts_status CHECK (status IN ('proposed', 'confirmed', 'refused')),
    CONSTRAINT ck_agency_accounts_two_people CHECK (decided_by <> proposed_by OR status = 'refused'),
    CONSTRAINT ck_agency_accounts_confirmed_by_somebody
        CHECK (status <> 'confirmed' OR proposed_by IS NULL OR decided_by IS NOT NULL),
    CONSTRAINT ck_agency_accounts_decided_at CHECK ((status = 'proposed') = (decided_at IS NULL)),
    CONSTRAINT ck_agency_accounts_valid_until CHECK (valid_until >= valid_from),
    CONSTRAINT ex_agency_accounts_overlap
        EXCLUDE USING gist (daterange(valid_from, valid_until) WITH &&) WHERE (status = 'confirmed')
);
CREATE UNIQUE INDEX uq_agency_accounts_proposed ON agency_accounts (status) WHERE status = 'proposed';

CREATE TABLE funders (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_funders PRIMARY KEY,
    code text NOT NULL CONSTRAINT uq_funders_code UNIQUE,
    kind text NOT NULL,
    CONSTRAINT ck_funders_kind CHECK (kind IN ('central', 'local'))
);

CREATE TABLE funder_editions (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_funder_editions PRIMARY KEY,
    funder_id uuid NOT NULL CONSTRAINT fk_funder_editions_funder_id_funders REFERENCES funders,
    name jsonb NOT NULL,
    gives boolean NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    status text NOT NULL,
    proposed_by uuid CONSTRAINT fk_funder_editions_proposed_by_people REFERENCES people,
    proposed_at timestamptz NOT NULL DEFAULT app_now(),
    decided_by uuid CONSTRAINT fk_funder_editions_decided_by_people REFERENCES people,
    decided_at timestamptz,
    CONSTRAINT ck_funder_editions_name CHECK (plain_text(name ->> 'ko') <> '' AND plain_text(name ->> 'en') <> ''),
    CONSTRAINT ck_funder_editions_status CHECK (status IN ('proposed', 'confirmed', 'refused')),
    CONSTRAINT ck_funder_editions_two_people CHECK (decided_by <> proposed_by OR status = 'refused'),
    CONSTRAINT ck_funder_editions_confirmed_by_somebody
        CHECK (status <> 'confirmed' OR proposed_by IS NULL OR decided_by IS NOT NULL),
    CONSTRAINT ck_funder_editions_decided_at CHECK ((status = 'proposed') = (decided_at IS NULL)),
    CONSTRAINT ck_funder_editions_valid_until CHECK (valid_until >= valid_from),
    CONSTRAINT ex_funder_editions_overlap
        EXCLUDE USING gist (funder_id WITH =, daterange(valid_from, valid_until) WITH &&)
        WHERE (status = 'confirmed')
);
CREATE UNIQUE INDEX uq_funder_editions_proposed ON funder_editions (funder_id) WHERE status = 'proposed';

REVOKE DELETE ON agency_profiles, agency_accounts, funder_editions FROM app;
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them, with the area's functions."""
    op.execute("DROP TABLE funder_editions, funders, agency_accounts, agency_profiles")
    op.execute("DROP EXTENSION btree_gist")
    drop_functions("agency")
