"""People, organisations, memberships, sessions, tokens and the access log."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE people (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    password_hash text NOT NULL,
    password_changed_at timestamptz DEFAULT app_now() NOT NULL,
    locale text NOT NULL,
    phone text,
    status text NOT NULL,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    confirmed_at timestamptz,
    disabled_at timestamptz,
    CONSTRAINT pk_people PRIMARY KEY (id),
    CONSTRAINT ck_people_status CHECK (status IN ('registered', 'confirmed', 'disabled')),
    CONSTRAINT ck_people_email CHECK (email = lower(email) AND email ~ '^[!-~]+$'),
    CONSTRAINT ck_people_locale CHECK (locale IN ('ko', 'en')),
    CONSTRAINT ck_people_confirmed_at CHECK (status NOT IN ('confirmed') OR confirmed_at IS NOT NULL),
    CONSTRAINT ck_people_disabled_at CHECK (status NOT IN ('disabled') OR disabled_at IS NOT NULL),
    CONSTRAINT uq_people_email UNIQUE (email)
);

CREATE TABLE organisations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    business_number text,
    representative_name text NOT NULL,
    sector text,
    region text,
    address text,
    phone text,
    email text,
    established_on date,
    undertaking_id uuid,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    CONSTRAINT pk_organisations PRIMARY KEY (id),
    CONSTRAINT ck_organisations_kind CHECK (kind IN ('sme', 'provider', 'agency')),
    CONSTRAINT ck_organisations_business_number CHECK (business_number ~ '^[0-9]{10}$'),
    CONSTRAINT ck_organisations_numbered CHECK (kind = 'agency' OR business_number IS NOT NULL),
    CONSTRAINT uq_organisations_id_kind UNIQUE (id, kind),
    CONSTRAINT uq_organisations_business_number UNIQUE (business_number)
);
CREATE INDEX ix_organisations_undertaking_id ON organisations (undertaking_id);
CREATE UNIQUE INDEX uq_organisations_agency ON organisations (kind) WHERE kind = 'agency';

CREATE TABLE memberships (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    person_id uuid NOT NULL,
    organisation_id uuid NOT NULL,
    organisation_kind text NOT NULL,
    role text NOT NULL,
    status text NOT NULL,
    mandate text,
    valid_from date NOT NULL,
    valid_until date,
    granted_by uuid,
    approved_by uuid,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    activated_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT pk_memberships PRIMARY KEY (id),
    CONSTRAINT fk_memberships_organisation_id_organisation_kind_organisations FOREIGN KEY(organisation_id, organisation_kind) REFERENCES organisations (id, kind),
    CONSTRAINT ck_memberships_status CHECK (status IN ('proposed', 'active', 'ended')),
    CONSTRAINT ck_memberships_ended_at CHECK (status NOT IN ('ended') OR ended_at IS NOT NULL),
    CONSTRAINT ck_memberships_activated_at CHECK (status NOT IN ('active') OR activated_at IS NOT NULL),
    CONSTRAINT ck_memberships_role CHECK (organisation_kind = 'sme' AND role IN ('signatory', 'preparer', 'helper') OR organisation_kind = 'provider' AND role IN ('manager', 'consultant') OR organisation_kind = 'agency' AND role IN ('programme_officer', 'budget_officer', 'evaluator', 'ethics_officer', 'enquiry_specialist', 'administrator', 'auditor')),
    CONSTRAINT ck_memberships_four_eyes CHECK (approved_by <> granted_by),
    CONSTRAINT ck_memberships_own_grant CHECK (organisation_kind <> 'agency' OR granted_by IS DISTINCT FROM person_id AND approved_by IS DISTINCT FROM person_id),
    CONSTRAINT ck_memberships_approved CHECK (organisation_kind <> 'agency' OR status <> 'active' OR granted_by IS NULL OR approved_by IS NOT NULL),
    CONSTRAINT ck_memberships_validity CHECK (valid_until >= valid_from),
    CONSTRAINT ck_memberships_mandate CHECK (role <> 'helper' OR valid_until IS NOT NULL AND mandate IS NOT NULL),
    CONSTRAINT fk_memberships_person_id_people FOREIGN KEY(person_id) REFERENCES people (id),
    CONSTRAINT fk_memberships_granted_by_people FOREIGN KEY(granted_by) REFERENCES people (id),
    CONSTRAINT fk_memberships_approved_by_people FOREIGN KEY(approved_by) REFERENCES people (id)
);
CREATE INDEX ix_memberships_organisation_id ON memberships (organisation_id);
CREATE UNIQUE INDEX uq_memberships_live ON memberships (person_id, organisation_id, role) WHERE status <> 'ended';

CREATE TABLE sessions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    token_hash text NOT NULL,
    person_id uuid NOT NULL,
    membership_id uuid,
    created_at timestamptz DEFAULT now() NOT NULL,
    last_seen_at timestamptz DEFAULT now() NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    device_hash text,
    browser text NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (id),
    CONSTRAINT uq_sessions_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_sessions_person_id_people FOREIGN KEY(person_id) REFERENCES people (id),
    CONSTRAINT fk_sessions_membership_id_memberships FOREIGN KEY(membership_id) REFERENCES memberships (id)
);
CREATE INDEX ix_sessions_person_id ON sessions (person_id);

CREATE TABLE tokens (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    purpose text NOT NULL,
    hash text NOT NULL,
    person_id uuid,
    data jsonb NOT NULL,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT pk_tokens PRIMARY KEY (id),
    CONSTRAINT ck_tokens_purpose CHECK (purpose IN ('confirm_email', 'reset_password', 'invitation', 'change_email')),
    CONSTRAINT uq_tokens_hash UNIQUE (hash),
    CONSTRAINT fk_tokens_person_id_people FOREIGN KEY(person_id) REFERENCES people (id)
);
CREATE INDEX ix_tokens_person_id ON tokens (person_id);

CREATE TABLE access_log (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    at timestamptz DEFAULT now() NOT NULL,
    person_id uuid,
    role text NOT NULL,
    address text NOT NULL,
    page text NOT NULL,
    subject_id uuid,
    CONSTRAINT pk_access_log PRIMARY KEY (id)
);
CREATE INDEX ix_access_log_at ON access_log (at);
CREATE INDEX ix_access_log_subject_id ON access_log (subject_id);

"""

# The access log is evidence: the program adds to it and reads it, nothing more.
ACCESS_LOG = "REVOKE UPDATE, DELETE ON access_log FROM app"

AGENCY = """
INSERT INTO organisations (id, kind, name, representative_name)
VALUES ('00000000-0000-0000-0000-00000000a6e1', 'agency', '중소기업 지원기관', '')
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(ACCESS_LOG)
    op.execute(AGENCY)


def downgrade() -> None:
    op.execute("DROP TABLE access_log, tokens, sessions, memberships, organisations, people")
