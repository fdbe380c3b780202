"""People, organisations, memberships, sessions, tokens, the access log and downloads."""

from alembic import op

from marketplace.core.sql import drop_functions

revision = "0004"
down_revision = "0003"

TABLES = """
CREATE TABLE people (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_people PRIMARY KEY,
    email text NOT NULL CONSTRAINT uq_people_email UNIQUE,
    name text NOT NULL,
    password_hash text NOT NULL,
    password_changed_at timestamptz NOT NULL DEFAULT app_now(),
    former_password_hash text,
    locale text NOT NULL,
    phone text,
    status text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    confirmed_at timestamptz,
    disabled_at timestamptz,
    CONSTRAINT ck_people_status CHECK (status IN ('registered', 'confirmed', 'disabled')),
    CONSTRAINT ck_people_email CHECK (email = lower(email) AND email ~ '^[!-~]+$'),
    CONSTRAINT ck_people_name CHECK (plain_text(name) <> '' AND name = tidy_name(name)),
    CONSTRAINT ck_people_locale CHECK (locale IN ('ko', 'en')),
    CONSTRAINT ck_people_confirmed_at CHECK (status NOT IN ('confirmed') OR confirmed_at IS NOT NULL),
    CONSTRAINT ck_people_disabled_at CHECK (status NOT IN ('disabled') OR disabled_at IS NOT NULL)
);
CREATE INDEX ix_people_created_at ON people (created_at);
CREATE INDEX ix_people_name ON people (name);

CREATE TABLE organisations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_organisations PRIMARY KEY,
    kind text NOT NULL,
    name text NOT NULL,
    business_number text CONSTRAINT uq_organisations_business_number UNIQUE,
    representative_name text NOT NULL,
    sector text,
    region text,
    address text,
    phone text,
    email text,
    established_on date,
    undertaking_id uuid,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_organisations_kind CHECK (kind IN ('sme', 'provider', 'agency')),
    CONSTRAINT ck_organisations_name CHECK (plain_text(name) <> '' AND name = tidy_name(name)),
    CONSTRAINT ck_organisations_business_number CHECK (business_number ~ '^[0-9]{10}$'),
    CONSTRAINT ck_organisations_numbered CHECK (kind = 'agency' OR business_number IS NOT NULL),
    CONSTRAINT uq_organisations_id_kind UNIQUE (id, kind)
);
CREATE INDEX ix_organisations_plain_name ON organisations (plain_firm_name(name));
CREATE INDEX ix_organisations_undertaking_id ON organisations (undertaking_id);
CREATE UNIQUE INDEX uq_organisations_agency ON organisations (kind) WHERE kind = 'agency';

CREATE TABLE memberships (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_memberships PRIMARY KEY,
    person_id uuid NOT NULL CONSTRAINT fk_memberships_person_id_people REFERENCES people,
    organisation_id uuid NOT NULL,
    organisation_kind text NOT NULL,
    role text NOT NULL,
    status text NOT NULL,
    mandate text,
    valid_from date NOT NULL,
    valid_until date,
    granted_by uuid CONSTRAINT fk_memberships_granted_by_people REFERENCES people,
    approved_by uuid CONSTRAINT fk_memberships_approved_by_people REFERENCES people,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    activated_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT ck_memberships_status CHECK (status IN ('proposed', 'active', 'ended')),
    CONSTRAINT ck_memberships_ended_at CHECK (status NOT IN ('ended') OR ended_at IS NOT NULL),
    CONSTRAINT ck_memberships_activated_at CHECK (status NOT IN ('active') OR activated_at IS NOT NULL),
    CONSTRAINT ck_memberships_role
        CHECK (organisation_kind = 'sme' AND role IN ('signatory', 'preparer', 'helper') OR organisation_kind =
            'provider' AND role IN ('manager', 'consultant') OR organisation_kind = 'agency' AND role IN
            ('programme_officer', 'budget_officer', 'evaluator', 'ethics_officer', 'enquiry_specialist',
            'administrator', 'auditor')),
    CONSTRAINT ck_memberships_four_eyes CHECK (approved_by <> granted_by),
    CONSTRAINT ck_memberships_own_grant
        CHECK (organisation_kind <> 'agency' OR granted_by IS DISTINCT FROM person_id AND approved_by IS DISTINCT
            FROM person_id),
    CONSTRAINT ck_memberships_approved
        CHECK (organisation_kind <> 'agency' OR status <> 'active' OR granted_by IS NULL OR approved_by IS NOT NULL),
    CONSTRAINT ck_memberships_validity CHECK (valid_until >= valid_from),
    CONSTRAINT ck_memberships_mandate CHECK (role <> 'helper' OR valid_until IS NOT NULL AND mandate IS NOT NULL),
    CONSTRAINT fk_memberships_organisation_id_organisation_kind_organisations
        FOREIGN KEY (organisation_id, organisation_kind) REFERENCES organisations (id, kind)
);
CREATE INDEX ix_memberships_organisation_id ON memberships (organisation_id);
CREATE UNIQUE INDEX uq_memberships_live ON memberships (person_id, organisation_id, role) WHERE status <> 'ended';

CREATE TABLE sessions (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_sessions PRIMARY KEY,
    token_hash text NOT NULL CONSTRAINT uq_sessions_token_hash UNIQUE,
    person_id uuid NOT NULL CONSTRAINT fk_sessions_person_id_people REFERENCES people,
    membership_id uuid CONSTRAINT fk_sessions_membership_id_memberships REFERENCES memberships,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    proved_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    device_hash text,
    browser text NOT NULL
);
CREATE INDEX ix_sessions_person_id ON sessions (person_id);

CREATE TABLE tokens (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_tokens PRIMARY KEY,
    purpose text NOT NULL,
    hash text NOT NULL CONSTRAINT uq_tokens_hash UNIQUE,
    person_id uuid CONSTRAINT fk_tokens_person_id_people REFERENCES people,
    data jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    withdrawn_at timestamptz,
    CONSTRAINT ck_tokens_purpose
        CHECK (purpose IN ('confirm_email', 'reset_password', 'invitation', 'change_email', 'take_back')),
    CONSTRAINT ck_tokens_withdrawn_at CHECK (withdrawn_at IS NULL OR used_at IS NOT NULL)
);
CREATE INDEX ix_tokens_person_id ON tokens (person_id);
CREATE INDEX ix_tokens_invitations ON tokens ((data ->> 'organisation_id'))
    WHERE purpose = 'invitation' AND used_at IS NULL;
CREATE INDEX ix_tokens_take_back ON tokens ((data ->> 'email')) WHERE purpose = 'take_back' AND used_at IS NULL;

CREATE TABLE access_log (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_access_log PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    person_id uuid,
    role text NOT NULL,
    address text NOT NULL,
    page text NOT NULL,
    subject_id uuid
);
CREATE INDEX ix_access_log_at ON access_log (at);
CREATE INDEX ix_access_log_subject_id_at ON access_log (subject_id, at);

CREATE TABLE downloads (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_downloads PRIMARY KEY,
    person_id uuid NOT NULL CONSTRAINT fk_downloads_person_id_people REFERENCES people,
    membership_id uuid NOT NULL CONSTRAINT fk_downloads_membership_id_memberships REFERENCES memberships,
    address text NOT NULL,
    locale text NOT NULL,
    name text NOT NULL,
    rows integer NOT NULL DEFAULT 0,
    total integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    expires_at timestamptz NOT NULL,
    made_at timestamptz,
    failed_at timestamptz,
    CONSTRAINT ck_downloads_one_end CHECK (made_at IS NULL OR failed_at IS NULL)
);
CREATE INDEX ix_downloads_person_id_created_at ON downloads (person_id, created_at);
-- Who asks twice while the file is being made gets one.
CREATE UNIQUE INDEX uq_downloads_unmade ON downloads (membership_id, address, locale)
    WHERE made_at IS NULL AND failed_at IS NULL;

ALTER TABLE money_requests ADD CONSTRAINT fk_money_requests_person_id_people
    FOREIGN KEY (person_id) REFERENCES people;
INSERT INTO organisations (id, kind, name, representative_name)
    VALUES ('00000000-0000-0000-0000-00000000a6e1', 'agency', 'Agency', '');

REVOKE UPDATE, DELETE ON access_log FROM app;
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them, with the area's functions."""
    op.execute("ALTER TABLE money_requests DROP CONSTRAINT fk_money_requests_person_id_people")
    op.execute("DROP TABLE downloads, access_log, tokens, sessions, memberships, organisations, people")
    drop_functions("accounts")
