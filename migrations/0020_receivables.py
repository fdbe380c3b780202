"""Receivables: repayable contributions and recoveries, and what is kept back from claims because of them."""

from alembic import op

revision = "0020"
down_revision = "0019"

TABLES = """
CREATE SEQUENCE number_rcv;
CREATE SEQUENCE number_rcp;

CREATE TABLE deductions (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    claim_id uuid NOT NULL,
    reference text NOT NULL,
    amount bigint NOT NULL,
    status text NOT NULL,
    agreed_by uuid NOT NULL,
    agreed_at timestamptz NOT NULL,
    taken_at timestamptz,
    cancelled_at timestamptz,
    CONSTRAINT pk_deductions PRIMARY KEY (id),
    CONSTRAINT ck_deductions_status CHECK (status IN ('agreed', 'taken', 'cancelled')),
    CONSTRAINT ck_deductions_taken_at CHECK (status NOT IN ('taken') OR taken_at IS NOT NULL),
    CONSTRAINT ck_deductions_cancelled_at CHECK (status NOT IN ('cancelled') OR cancelled_at IS NOT NULL),
    CONSTRAINT ck_deductions_amount CHECK (amount > 0),
    CONSTRAINT fk_deductions_claim_id_claims FOREIGN KEY (claim_id) REFERENCES claims (id),
    CONSTRAINT fk_deductions_agreed_by_people FOREIGN KEY (agreed_by) REFERENCES people (id)
);
CREATE INDEX ix_deductions_claim_id ON deductions (claim_id);
CREATE INDEX ix_deductions_reference ON deductions (reference);

CREATE TABLE expected_payments (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    reference text NOT NULL,
    currency text NOT NULL,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    CONSTRAINT pk_expected_payments PRIMARY KEY (id),
    CONSTRAINT uq_expected_payments_reference UNIQUE (reference)
);

CREATE TABLE receivables (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    number text NOT NULL,
    kind text NOT NULL,
    engagement_id uuid NOT NULL,
    debtor_id uuid NOT NULL,
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
    proposed_by uuid NOT NULL,
    proposed_at timestamptz DEFAULT app_now() NOT NULL,
    confirmed_by uuid,
    confirmed_at timestamptz,
    dropped_at timestamptz,
    drop_reason text,
    settled_at timestamptz,
    written_off_at timestamptz,
    listed_from date,
    listed_until date,
    CONSTRAINT pk_receivables PRIMARY KEY (id),
    CONSTRAINT uq_receivables_number UNIQUE (number),
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
    CONSTRAINT ck_receivables_listed CHECK ((listed_from IS NULL) = (listed_until IS NULL)),
    CONSTRAINT fk_receivables_engagement_id_engagements FOREIGN KEY (engagement_id) REFERENCES engagements (id),
    CONSTRAINT fk_receivables_debtor_id_organisations FOREIGN KEY (debtor_id) REFERENCES organisations (id),
    CONSTRAINT fk_receivables_proposed_by_people FOREIGN KEY (proposed_by) REFERENCES people (id),
    CONSTRAINT fk_receivables_confirmed_by_people FOREIGN KEY (confirmed_by) REFERENCES people (id)
);
CREATE UNIQUE INDEX uq_receivables_live ON receivables (engagement_id, kind) WHERE status <> 'dropped';
CREATE INDEX ix_receivables_debtor_id ON receivables (debtor_id);
CREATE INDEX ix_receivables_status ON receivables (status);

CREATE TABLE instalments (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    receivable_id uuid NOT NULL,
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
    invoiced_at timestamptz,
    paid_at timestamptz,
    replaced_at timestamptz,
    written_off_at timestamptz,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    CONSTRAINT pk_instalments PRIMARY KEY (id),
    CONSTRAINT uq_instalments_receivable_id_position UNIQUE (receivable_id, position),
    CONSTRAINT ck_instalments_status CHECK (status IN ('scheduled', 'invoiced', 'paid', 'replaced', 'written_off')),
    CONSTRAINT ck_instalments_amounts CHECK (principal >= 0 AND surcharge >= 0 AND interest >= 0),
    CONSTRAINT ck_instalments_paid_parts CHECK (paid_principal BETWEEN 0 AND principal
        AND paid_surcharge BETWEEN 0 AND surcharge AND paid_interest BETWEEN 0 AND interest),
    CONSTRAINT ck_instalments_paid_in_full CHECK (status <> 'paid'
        OR (paid_principal, paid_surcharge, paid_interest) = (principal, surcharge, interest)),
    CONSTRAINT ck_instalments_invoiced_at CHECK (status NOT IN ('invoiced') OR invoiced_at IS NOT NULL),
    CONSTRAINT ck_instalments_paid_at CHECK (status NOT IN ('paid') OR paid_at IS NOT NULL),
    CONSTRAINT ck_instalments_replaced_at CHECK (status NOT IN ('replaced') OR replaced_at IS NOT NULL),
    CONSTRAINT ck_instalments_written_off_at CHECK (status NOT IN ('written_off') OR written_off_at IS NOT NULL),
    CONSTRAINT fk_instalments_receivable_id_receivables FOREIGN KEY (receivable_id) REFERENCES receivables (id)
);
CREATE INDEX ix_instalments_due_on ON instalments (due_on) WHERE status IN ('scheduled', 'invoiced');

CREATE TABLE receipts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    number text NOT NULL,
    receivable_id uuid NOT NULL,
    bank_entry_id uuid,
    deduction_id uuid,
    amount bigint NOT NULL,
    principal bigint NOT NULL,
    surcharge bigint NOT NULL,
    interest bigint NOT NULL,
    excess bigint NOT NULL,
    booked_on date NOT NULL,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    CONSTRAINT pk_receipts PRIMARY KEY (id),
    CONSTRAINT uq_receipts_number UNIQUE (number),
    CONSTRAINT uq_receipts_bank_entry_id UNIQUE (bank_entry_id),
    CONSTRAINT uq_receipts_deduction_id UNIQUE (deduction_id),
    CONSTRAINT ck_receipts_amount CHECK (amount > 0 AND amount = principal + surcharge + interest + excess),
    CONSTRAINT ck_receipts_parts CHECK (principal >= 0 AND surcharge >= 0 AND interest >= 0 AND excess >= 0),
    CONSTRAINT ck_receipts_cause CHECK ((bank_entry_id IS NULL) <> (deduction_id IS NULL)),
    CONSTRAINT fk_receipts_receivable_id_receivables FOREIGN KEY (receivable_id) REFERENCES receivables (id),
    CONSTRAINT fk_receipts_bank_entry_id_bank_entries FOREIGN KEY (bank_entry_id) REFERENCES bank_entries (id),
    CONSTRAINT fk_receipts_deduction_id_deductions FOREIGN KEY (deduction_id) REFERENCES deductions (id)
);
CREATE INDEX ix_receipts_receivable_id ON receipts (receivable_id);

CREATE TABLE write_offs (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    receivable_id uuid NOT NULL,
    reason text NOT NULL,
    amount bigint,
    status text NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_at timestamptz DEFAULT app_now() NOT NULL,
    signed_by uuid,
    signed_at timestamptz,
    refused_by uuid,
    refused_at timestamptz,
    CONSTRAINT pk_write_offs PRIMARY KEY (id),
    CONSTRAINT ck_write_offs_status CHECK (status IN ('proposed', 'signed', 'refused')),
    CONSTRAINT ck_write_offs_two_signatures CHECK (signed_by <> proposed_by),
    CONSTRAINT ck_write_offs_signed_at
        CHECK (status <> 'signed' OR (signed_by IS NOT NULL AND signed_at IS NOT NULL)),
    CONSTRAINT ck_write_offs_refused_at CHECK (status NOT IN ('refused') OR refused_at IS NOT NULL),
    CONSTRAINT ck_write_offs_amount CHECK (status NOT IN ('signed') OR amount IS NOT NULL),
    CONSTRAINT ck_write_offs_facts CHECK (amount > 0 AND reason <> ''),
    CONSTRAINT fk_write_offs_receivable_id_receivables FOREIGN KEY (receivable_id) REFERENCES receivables (id),
    CONSTRAINT fk_write_offs_proposed_by_people FOREIGN KEY (proposed_by) REFERENCES people (id),
    CONSTRAINT fk_write_offs_signed_by_people FOREIGN KEY (signed_by) REFERENCES people (id),
    CONSTRAINT fk_write_offs_refused_by_people FOREIGN KEY (refused_by) REFERENCES people (id)
);
CREATE UNIQUE INDEX uq_write_offs_live ON write_offs (receivable_id) WHERE status IN ('proposed', 'signed');

REVOKE DELETE ON deductions, receivables, instalments, write_offs FROM app;
REVOKE UPDATE, DELETE ON receipts, expected_payments FROM app;
"""

# The engagement's row is held where something is asked back of it: together never more than was paid for it.
GUARDS = """
CREATE FUNCTION check_receivable() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    work engagements;
BEGIN
    SELECT * INTO work FROM engagements WHERE id = NEW.engagement_id FOR UPDATE;
    IF NEW.debtor_id NOT IN (work.organisation_id, work.provider_id) THEN
        RAISE EXCEPTION 'the debtor has no part in the engagement'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_receivables_debtor';
    END IF;
    IF NEW.principal + (SELECT coalesce(sum(principal), 0) FROM receivables
                         WHERE engagement_id = NEW.engagement_id AND status <> 'dropped') > NEW.aid_paid THEN
        RAISE EXCEPTION 'more is asked back than was paid'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_receivables_aid_paid';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_receivable BEFORE INSERT ON receivables FOR EACH ROW EXECUTE FUNCTION check_receivable();

-- What is owed and who says so never changes; it is given up by two signatures alone.
CREATE FUNCTION keep_receivable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.number, NEW.kind, NEW.engagement_id, NEW.debtor_id, NEW.currency, NEW.aid_paid, NEW.principal,
        NEW.surcharge, NEW.parts, NEW.proposed_by) IS DISTINCT FROM
       (OLD.number, OLD.kind, OLD.engagement_id, OLD.debtor_id, OLD.currency, OLD.aid_paid, OLD.principal,
        OLD.surcharge, OLD.parts, OLD.proposed_by) THEN
        RAISE EXCEPTION 'a receivable keeps its amounts' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status = 'written_off' AND NOT EXISTS (
        SELECT 1 FROM write_offs WHERE receivable_id = NEW.id AND status = 'signed'
    ) THEN
        RAISE EXCEPTION 'a write-off needs two signatures'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_receivables_write_off';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_receivable BEFORE UPDATE ON receivables FOR EACH ROW EXECUTE FUNCTION keep_receivable();

CREATE FUNCTION check_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM receivables WHERE id = NEW.receivable_id AND status = 'open' FOR UPDATE;
    IF NOT FOUND AND NEW.excess < NEW.amount THEN
        RAISE EXCEPTION 'nothing is owed' USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_receipts_open';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_receipt BEFORE INSERT ON receipts FOR EACH ROW EXECUTE FUNCTION check_receipt();

-- Something is always left to pay, so that the claim's payment can be made and reported.
CREATE FUNCTION check_deduction() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whole bigint;
BEGIN
    SELECT approved_amount INTO whole FROM claims WHERE id = NEW.claim_id AND status = 'approved' FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the claim waits for no payment'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_deductions_claim';
    END IF;
    IF NEW.amount + (SELECT coalesce(sum(amount), 0) FROM deductions
                      WHERE claim_id = NEW.claim_id AND status <> 'cancelled') >= whole THEN
        RAISE EXCEPTION 'more is kept back than the claim bears'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_deductions_whole';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_deduction BEFORE INSERT ON deductions FOR EACH ROW EXECUTE FUNCTION check_deduction();
"""


OUTCOME = """
DO $$ BEGIN
    IF (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'ck_bank_entries_outcome')
       NOT LIKE '%receivable%' THEN
        ALTER TABLE bank_entries DROP CONSTRAINT ck_bank_entries_outcome;
        ALTER TABLE bank_entries ADD CONSTRAINT ck_bank_entries_outcome
            CHECK (outcome IN ('paid', 'returned', 'co_payment', 'receivable', 'unmatched'));
    END IF;
END $$;
"""


def upgrade() -> None:
    """Make the tables and guards."""
    op.execute(OUTCOME)
    op.execute(TABLES)
    op.execute(GUARDS)


def downgrade() -> None:
    """Take them back."""
    op.execute("DROP TABLE write_offs, receipts, instalments, receivables, expected_payments, deductions")
    op.execute("DROP FUNCTION check_receivable, keep_receivable, check_receipt, check_deduction")
    op.execute("DROP SEQUENCE number_rcv, number_rcp")
