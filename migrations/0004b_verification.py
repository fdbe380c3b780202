"""Verifications of companies and firms, and disputes about who may sign for them."""

from alembic import op

from marketplace.core.sql import drop_functions

revision = "0004b"
down_revision = "0004a"

TABLES = """
CREATE TABLE verifications (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_verifications PRIMARY KEY,
    organisation_id uuid NOT NULL CONSTRAINT fk_verifications_organisation_id_organisations REFERENCES organisations,
    name text NOT NULL,
    representative_name text NOT NULL,
    file_id uuid CONSTRAINT fk_verifications_file_id_files REFERENCES files,
    status text NOT NULL,
    evidence text,
    register_answer text,
    handed_in_by uuid CONSTRAINT fk_verifications_handed_in_by_people REFERENCES people,
    handed_in_at timestamptz NOT NULL DEFAULT app_now(),
    look_by date NOT NULL,
    decided_by uuid CONSTRAINT fk_verifications_decided_by_people REFERENCES people,
    reason text,
    confirmed_at timestamptz,
    refused_at timestamptz,
    withdrawn_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT ck_verifications_status CHECK (status IN ('waiting', 'confirmed', 'refused', 'withdrawn', 'ended')),
    CONSTRAINT ck_verifications_evidence CHECK (evidence IN ('document', 'register')),
    CONSTRAINT ck_verifications_register_answer
        CHECK (register_answer IN ('agrees', 'unknown', 'closed', 'name', 'representative')),
    CONSTRAINT ck_verifications_confirmed_by_evidence
        CHECK ((status IN ('confirmed', 'ended')) = (evidence IS NOT NULL)),
    CONSTRAINT ck_verifications_document
        CHECK (evidence <> 'document' OR decided_by IS NOT NULL AND file_id IS NOT NULL),
    CONSTRAINT ck_verifications_register CHECK (evidence <> 'register' OR register_answer = 'agrees'),
    CONSTRAINT ck_verifications_reason CHECK (status NOT IN ('refused', 'ended') OR reason IS NOT NULL),
    CONSTRAINT ck_verifications_confirmed_at CHECK (status NOT IN ('confirmed') OR confirmed_at IS NOT NULL),
    CONSTRAINT ck_verifications_refused_at CHECK (status NOT IN ('refused') OR refused_at IS NOT NULL),
    CONSTRAINT ck_verifications_withdrawn_at CHECK (status NOT IN ('withdrawn') OR withdrawn_at IS NOT NULL),
    CONSTRAINT ck_verifications_ended_at CHECK (status NOT IN ('ended') OR ended_at IS NOT NULL)
);
CREATE UNIQUE INDEX uq_verifications_confirmed ON verifications (organisation_id) WHERE status = 'confirmed';
CREATE UNIQUE INDEX uq_verifications_waiting ON verifications (organisation_id) WHERE status = 'waiting';
CREATE INDEX ix_verifications_organisation_id_handed_in_at ON verifications (organisation_id, handed_in_at);
CREATE INDEX ix_verifications_look_by ON verifications (look_by);
CREATE INDEX ix_verifications_handed_in_at ON verifications (handed_in_at);

CREATE TABLE disputes (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_disputes PRIMARY KEY,
    organisation_id uuid NOT NULL CONSTRAINT fk_disputes_organisation_id_organisations REFERENCES organisations,
    name text NOT NULL,
    representative_name text NOT NULL,
    statement text NOT NULL,
    file_id uuid NOT NULL CONSTRAINT fk_disputes_file_id_files REFERENCES files,
    status text NOT NULL,
    opened_by uuid NOT NULL CONSTRAINT fk_disputes_opened_by_people REFERENCES people,
    opened_at timestamptz NOT NULL DEFAULT app_now(),
    reply_by date NOT NULL,
    reply text,
    reply_file_id uuid CONSTRAINT fk_disputes_reply_file_id_files REFERENCES files,
    replied_by uuid CONSTRAINT fk_disputes_replied_by_people REFERENCES people,
    replied_at timestamptz,
    proposed_by uuid CONSTRAINT fk_disputes_proposed_by_people REFERENCES people,
    proposed_at timestamptz,
    decided_by uuid CONSTRAINT fk_disputes_decided_by_people REFERENCES people,
    reason text,
    transferred_at timestamptz,
    dismissed_at timestamptz,
    CONSTRAINT ck_disputes_status CHECK (status IN ('open', 'proposed', 'transferred', 'dismissed')),
    CONSTRAINT ck_disputes_replied_at CHECK ((reply IS NULL) = (replied_at IS NULL)),
    CONSTRAINT ck_disputes_proposed_by CHECK ((proposed_by IS NULL) = (proposed_at IS NULL)),
    CONSTRAINT ck_disputes_two_people CHECK (status <> 'transferred' OR decided_by <> proposed_by),
    CONSTRAINT ck_disputes_decided_by
        CHECK (status NOT IN ('transferred', 'dismissed') OR decided_by IS NOT NULL),
    CONSTRAINT ck_disputes_reason
        CHECK (status NOT IN ('proposed', 'transferred', 'dismissed') OR reason IS NOT NULL),
    CONSTRAINT ck_disputes_proposed_at CHECK (status NOT IN ('proposed') OR proposed_at IS NOT NULL),
    CONSTRAINT ck_disputes_transferred_at CHECK (status NOT IN ('transferred') OR transferred_at IS NOT NULL),
    CONSTRAINT ck_disputes_dismissed_at CHECK (status NOT IN ('dismissed') OR dismissed_at IS NOT NULL)
);
CREATE UNIQUE INDEX uq_disputes_open ON disputes (organisation_id) WHERE status IN ('open', 'proposed');
CREATE INDEX ix_disputes_opened_by ON disputes (opened_by);
CREATE INDEX ix_disputes_opened_at ON disputes (opened_at);
CREATE INDEX ix_disputes_reply_by ON disputes (reply_by);

REVOKE DELETE ON verifications, disputes FROM app;
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them, with the area's functions."""
    op.execute("DROP TABLE disputes, verifications CASCADE")
    drop_functions("verification")
