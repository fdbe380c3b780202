"""Certificates of innovative companies, and the issuers' lists that were taken in."""

from alembic import op

from marketplace.core.sql import drop_functions

revision = "0007"
down_revision = "0006"

TABLES = """
CREATE TABLE certificate_imports (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_certificate_imports PRIMARY KEY,
    kind text NOT NULL,
    file_id uuid NOT NULL CONSTRAINT fk_certificate_imports_file_id_files REFERENCES files,
    taken_by uuid NOT NULL CONSTRAINT fk_certificate_imports_taken_by_people REFERENCES people,
    taken_at timestamptz NOT NULL DEFAULT app_now(),
    added integer NOT NULL,
    confirmed integer NOT NULL,
    corrected integer NOT NULL,
    revoked integer NOT NULL,
    unchanged integer NOT NULL,
    elsewhere integer NOT NULL,
    odd jsonb NOT NULL
);
CREATE INDEX ix_certificate_imports_taken_at ON certificate_imports (taken_at);

CREATE TABLE certificates (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_certificates PRIMARY KEY,
    organisation_id uuid NOT NULL
        CONSTRAINT fk_certificates_organisation_id_organisations REFERENCES organisations,
    kind text NOT NULL,
    number text NOT NULL,
    grade text,
    valid_from date NOT NULL,
    valid_until date NOT NULL,
    status text NOT NULL,
    evidence_level text NOT NULL,
    file_id uuid CONSTRAINT fk_certificates_file_id_files REFERENCES files,
    import_id uuid CONSTRAINT fk_certificates_import_id_certificate_imports REFERENCES certificate_imports,
    recorded_by uuid CONSTRAINT fk_certificates_recorded_by_people REFERENCES people,
    recorded_at timestamptz NOT NULL DEFAULT app_now(),
    look_by date NOT NULL,
    answer_by date,
    reply text,
    reason text,
    decided_by uuid CONSTRAINT fk_certificates_decided_by_people REFERENCES people,
    verified_at timestamptz,
    refused_at timestamptz,
    replied_at timestamptz,
    removed_at timestamptz,
    revoked_at timestamptz,
    revoked_on date,
    CONSTRAINT ck_certificates_status CHECK (status IN ('claimed', 'verified', 'refused', 'revoked', 'removed')),
    CONSTRAINT ck_certificates_evidence_level CHECK (evidence_level IN ('claimed', 'document', 'issuer', 'imported')),
    CONSTRAINT ck_certificates_verified CHECK ((status IN ('verified', 'revoked')) = (evidence_level <> 'claimed')),
    CONSTRAINT ck_certificates_decided_by
        CHECK (evidence_level NOT IN ('document', 'issuer') OR decided_by IS NOT NULL),
    CONSTRAINT ck_certificates_import_id CHECK (evidence_level <> 'imported' OR import_id IS NOT NULL),
    CONSTRAINT ck_certificates_valid_until CHECK (valid_until >= valid_from),
    CONSTRAINT ck_certificates_file_id CHECK (file_id IS NOT NULL OR import_id IS NOT NULL),
    CONSTRAINT ck_certificates_verified_at CHECK (status NOT IN ('verified') OR verified_at IS NOT NULL),
    CONSTRAINT ck_certificates_refused_at CHECK (status NOT IN ('refused') OR refused_at IS NOT NULL),
    CONSTRAINT ck_certificates_removed_at CHECK (status NOT IN ('removed') OR removed_at IS NOT NULL),
    CONSTRAINT ck_certificates_revoked_at CHECK (status NOT IN ('revoked') OR revoked_at IS NOT NULL),
    CONSTRAINT ck_certificates_revoked_on CHECK ((status = 'revoked') = (revoked_on IS NOT NULL)),
    CONSTRAINT ex_certificates_validity
        EXCLUDE USING gist (organisation_id WITH =, kind WITH =, daterange(valid_from, valid_until, '[]') WITH &&)
        WHERE ((status IN ('claimed', 'verified'))),
    CONSTRAINT ex_certificates_number
        EXCLUDE USING gist (kind WITH =, plain_number(number) WITH =, organisation_id WITH <>)
        WHERE ((status IN ('verified', 'revoked')))
);
CREATE INDEX ix_certificates_organisation_id ON certificates (organisation_id);
CREATE INDEX ix_certificates_look_by ON certificates (look_by);
CREATE INDEX ix_certificates_valid_until ON certificates (valid_until);
CREATE INDEX ix_certificates_recorded_at ON certificates (recorded_at);

REVOKE UPDATE, DELETE ON certificate_imports FROM app;
REVOKE DELETE ON certificates FROM app;
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them, with the area's functions."""
    op.execute("DROP TABLE certificates, certificate_imports")
    drop_functions("certificates")
