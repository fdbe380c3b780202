"""Receivables with instalments, receipts and write-offs."""

from alembic import op

from marketplace.core.sql import drop_functions

revision = "0012"
down_revision = "0011"

TABLES = """
CREATE SEQUENCE number_rcv;
CREATE SEQUENCE number_rcp;

CREATE TABLE receivables (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_receivables PRIMARY KEY,
    number text NOT NULL CONSTRAINT uq_receivables_number UNIQUE,
    kind text NOT NULL,
    engagement_id uuid NOT NULL CONSTRAINT fk_receivables_engagement_id_engagements REFERENCES engagements,
    debtor_id uuid NOT NULL CONSTRAINT fk_receivables_debtor_id_organisations REFERENCES organisations,
    currency text NOT NULL,
    aid_paid bigint NOT NULL,
    principal bigint NOT NULL,
    surcharge bigint NOT NULL,
    parts jsonb NOT NULL,
    ground text,
    reason text NOT NULL,
    days_to_pay integer NOT NULL,
    interest_basis_points integer NOT NULL,
    reminder_days integer[] NOT NULL,
    status text NOT NULL,
    proposed_by uuid NOT NULL CONSTRAINT fk_receivables_proposed_by_people REFERENCES people,
    proposed_at timestamptz NOT NULL DEFAULT app_now(),
    confirmed_by uuid CONSTRAINT fk_receivables_confirmed_by_people REFERENCES people,
    confirmed_at timestamptz,
    dropped_at timestamptz,
    drop_reason text,
    settled_at timestamptz,
    written_off_at timestamptz,
    listed_from date,
    listed_until date,
    CONSTRAINT ck_receivables_status CHECK (status IN ('proposed', 'open', 'dropped', 'settled', 'written_off')),
    CONSTRAINT ck_receivables_kind CHECK (kind IN ('repayment', 'recovery')),
    CONSTRAINT ck_receivables_ground CHECK ((kind = 'recovery') = (ground IS NOT NULL)),
    CONSTRAINT ck_receivables_repayment CHECK (kind = 'recovery' OR surcharge = 0),
    CONSTRAINT ck_receivables_amounts CHECK (principal BETWEEN 1 AND aid_paid AND surcharge >= 0),
    CONSTRAINT ck_receivables_terms CHECK (interest_basis_points >= 0 AND days_to_pay >= 0),
    CONSTRAINT ck_receivables_reason CHECK (reason <> ''),
    CONSTRAINT ck_receivables_four_eyes CHECK (confirmed_by <> proposed_by),
    CONSTRAINT ck_receivables_confirmed_by
        CHECK (status NOT IN ('open', 'settled', 'written_off') OR confirmed_by IS NOT NULL),
    CONSTRAINT ck_receivables_confirmed_at
        CHECK (status NOT IN ('open', 'settled', 'written_off') OR confirmed_at IS NOT NULL),
    CONSTRAINT ck_receivables_dropped_at CHECK (status NOT IN ('dropped') OR dropped_at IS NOT NULL),
    CONSTRAINT ck_receivables_settled_at CHECK (status NOT IN ('settled') OR settled_at IS NOT NULL),
    CONSTRAINT ck_receivables_written_off_at CHECK (status NOT IN ('written_off') OR written_off_at IS NOT NULL),
    CONSTRAINT ck_receivables_listed CHECK ((listed_from IS NULL) = (listed_until IS NULL))
);
CREATE INDEX ix_receivables_proposed_at ON receivables (proposed_at);
CREATE INDEX ix_receivables_principal ON receivables (principal);
CREATE INDEX ix_receivables_listed_from ON receivables (listed_from);
CREATE INDEX ix_receivables_debtor_id ON receivables (debtor_id);
CREATE INDEX ix_receivables_status ON receivables (status);
CREATE UNIQUE INDEX uq_receivables_live ON receivables (engagement_id) WHERE (kind = 'repayment') AND (status <>
    'dropped');

CREATE TABLE instalments (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_instalments PRIMARY KEY,
    receivable_id uuid NOT NULL CONSTRAINT fk_instalments_receivable_id_receivables REFERENCES receivables,
    position integer NOT NULL,
    due_on date NOT NULL,
    principal bigint NOT NULL,
    surcharge bigint NOT NULL,
    interest bigint NOT NULL,
    interest_until date,
    paid_principal bigint NOT NULL,
    paid_surcharge bigint NOT NULL,
    paid_interest bigint NOT NULL,
    status text NOT NULL,
    notified_at timestamptz,
    paid_at timestamptz,
    replaced_at timestamptz,
    written_off_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_instalments_status
        CHECK (status IN ('scheduled', 'notified', 'paid', 'replaced', 'written_off')),
    CONSTRAINT ck_instalments_amounts CHECK (principal >= 0 AND surcharge >= 0 AND interest >= 0),
    CONSTRAINT ck_instalments_paid_parts
        CHECK (paid_principal BETWEEN 0 AND principal AND paid_surcharge BETWEEN 0 AND surcharge AND paid_interest
            BETWEEN 0 AND interest),
    CONSTRAINT ck_instalments_paid_in_full
        CHECK (status <> 'paid' OR (paid_principal, paid_surcharge, paid_interest) = (principal, surcharge,
            interest)),
    CONSTRAINT ck_instalments_notified_at CHECK (status NOT IN ('notified') OR notified_at IS NOT NULL),
    CONSTRAINT ck_instalments_paid_at CHECK (status NOT IN ('paid') OR paid_at IS NOT NULL),
    CONSTRAINT ck_instalments_replaced_at CHECK (status NOT IN ('replaced') OR replaced_at IS NOT NULL),
    CONSTRAINT ck_instalments_written_off_at CHECK (status NOT IN ('written_off') OR written_off_at IS NOT NULL),
    CONSTRAINT uq_instalments_receivable_id_position UNIQUE (receivable_id, position)
);
CREATE INDEX ix_instalments_due_on ON instalments (due_on) WHERE status IN ('scheduled', 'notified');

CREATE TABLE receipts (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_receipts PRIMARY KEY,
    number text NOT NULL CONSTRAINT uq_receipts_number UNIQUE,
    receivable_id uuid NOT NULL CONSTRAINT fk_receipts_receivable_id_receivables REFERENCES receivables,
    bank_entry_id uuid CONSTRAINT fk_receipts_bank_entry_id_bank_entries REFERENCES bank_entries
        CONSTRAINT uq_receipts_bank_entry_id UNIQUE,
    deduction_id uuid CONSTRAINT fk_receipts_deduction_id_deductions REFERENCES deductions
        CONSTRAINT uq_receipts_deduction_id UNIQUE,
    amount bigint NOT NULL,
    principal bigint NOT NULL,
    surcharge bigint NOT NULL,
    interest bigint NOT NULL,
    excess bigint NOT NULL,
    booked_on date NOT NULL,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_receipts_amount CHECK (amount > 0 AND amount = principal + surcharge + interest + excess),
    CONSTRAINT ck_receipts_parts CHECK (principal >= 0 AND surcharge >= 0 AND interest >= 0 AND excess >= 0),
    CONSTRAINT ck_receipts_cause CHECK ((bank_entry_id IS NULL) <> (deduction_id IS NULL))
);
CREATE INDEX ix_receipts_receivable_id ON receipts (receivable_id);

CREATE TABLE receipt_reversals (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_receipt_reversals PRIMARY KEY,
    receipt_id uuid NOT NULL CONSTRAINT fk_receipt_reversals_receipt_id_receipts REFERENCES receipts
        CONSTRAINT uq_receipt_reversals_receipt_id UNIQUE,
    bank_entry_id uuid NOT NULL CONSTRAINT fk_receipt_reversals_bank_entry_id_bank_entries REFERENCES bank_entries
        CONSTRAINT uq_receipt_reversals_bank_entry_id UNIQUE,
    created_at timestamptz NOT NULL DEFAULT app_now()
);

CREATE TABLE write_offs (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_write_offs PRIMARY KEY,
    receivable_id uuid NOT NULL CONSTRAINT fk_write_offs_receivable_id_receivables REFERENCES receivables,
    reason text NOT NULL,
    amount bigint,
    status text NOT NULL,
    proposed_by uuid NOT NULL CONSTRAINT fk_write_offs_proposed_by_people REFERENCES people,
    proposed_at timestamptz NOT NULL DEFAULT app_now(),
    signed_by uuid CONSTRAINT fk_write_offs_signed_by_people REFERENCES people,
    signed_at timestamptz,
    refused_by uuid CONSTRAINT fk_write_offs_refused_by_people REFERENCES people,
    refused_at timestamptz,
    CONSTRAINT ck_write_offs_status CHECK (status IN ('proposed', 'signed', 'refused')),
    CONSTRAINT ck_write_offs_two_signatures CHECK (signed_by <> proposed_by),
    CONSTRAINT ck_write_offs_signed_at
        CHECK (status <> 'signed' OR (signed_by IS NOT NULL AND signed_at IS NOT NULL)),
    CONSTRAINT ck_write_offs_refused_at CHECK (status NOT IN ('refused') OR refused_at IS NOT NULL),
    CONSTRAINT ck_write_offs_amount CHECK (status NOT IN ('signed') OR amount IS NOT NULL),
    CONSTRAINT ck_write_offs_facts CHECK (amount > 0 AND reason <> '')
);
CREATE UNIQUE INDEX uq_write_offs_live ON write_offs (receivable_id) WHERE status IN ('proposed', 'signed');

REVOKE DELETE ON receivables, instalments, write_offs FROM app;
REVOKE UPDATE, DELETE ON receipts, receipt_reversals FROM app;
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them, with the area's functions."""
    op.execute("DROP TABLE write_offs, receipt_reversals, receipts, instalments, receivables")
    op.execute("DROP SEQUENCE number_rcv, number_rcp")
    drop_functions("receivables")
