"""Claims, holds, payment batches and the bank's reports."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NUMBERS = """
CREATE SEQUENCE number_clm;
CREATE SEQUENCE number_pay;
"""

TABLES = """
CREATE TABLE bank_imports (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    sha256 text NOT NULL,
    file_name text NOT NULL,
    imported_by uuid,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    CONSTRAINT pk_bank_imports PRIMARY KEY (id),
    CONSTRAINT uq_bank_imports_sha256 UNIQUE (sha256)
);

CREATE TABLE payment_batches (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    number text NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    prepared_by uuid NOT NULL,
    prepared_at timestamptz NOT NULL,
    sent_by uuid,
    sent_at timestamptz,
    file_sha256 text,
    settled_at timestamptz,
    dissolved_at timestamptz,
    CONSTRAINT pk_payment_batches PRIMARY KEY (id),
    CONSTRAINT ck_payment_batches_status CHECK (status IN ('prepared', 'sent', 'settled', 'dissolved')),
    CONSTRAINT ck_payment_batches_sent_at CHECK (status NOT IN ('sent', 'settled') OR sent_at IS NOT NULL),
    CONSTRAINT ck_payment_batches_sent_by CHECK (status NOT IN ('sent', 'settled') OR sent_by IS NOT NULL),
    CONSTRAINT ck_payment_batches_file_sha256 CHECK (status NOT IN ('sent', 'settled') OR file_sha256 IS NOT NULL),
    CONSTRAINT ck_payment_batches_settled_at CHECK (status NOT IN ('settled') OR settled_at IS NOT NULL),
    CONSTRAINT ck_payment_batches_dissolved_at CHECK (status NOT IN ('dissolved') OR dissolved_at IS NOT NULL),
    CONSTRAINT ck_payment_batches_four_eyes CHECK (sent_by <> prepared_by),
    CONSTRAINT uq_payment_batches_number UNIQUE (number)
);

CREATE TABLE bank_entries (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    import_id uuid NOT NULL,
    position integer NOT NULL,
    account text NOT NULL,
    bank_reference text NOT NULL,
    reference text NOT NULL,
    remittance text NOT NULL,
    amount bigint NOT NULL,
    currency text NOT NULL,
    direction text NOT NULL,
    debtor text NOT NULL,
    debtor_account text NOT NULL,
    booked_on date NOT NULL,
    return_reason text NOT NULL,
    outcome text NOT NULL,
    note text,
    CONSTRAINT pk_bank_entries PRIMARY KEY (id),
    CONSTRAINT ck_bank_entries_direction CHECK (direction IN ('credit', 'debit')),
    CONSTRAINT ck_bank_entries_amount CHECK (amount > 0),
    CONSTRAINT ck_bank_entries_outcome CHECK (outcome IN ('paid', 'returned', 'co_payment', 'unmatched')),
    CONSTRAINT uq_bank_entries_account_bank_reference_direction UNIQUE (account, bank_reference, direction),
    CONSTRAINT uq_bank_entries_import_id_position UNIQUE (import_id, position),
    CONSTRAINT fk_bank_entries_import_id_bank_imports FOREIGN KEY(import_id) REFERENCES bank_imports (id)
);

CREATE TABLE claims (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    number text NOT NULL,
    engagement_id uuid NOT NULL,
    provider_id uuid NOT NULL,
    currency text NOT NULL,
    net_amount bigint NOT NULL,
    aid bigint NOT NULL,
    co_payment bigint NOT NULL,
    invoice_number text NOT NULL,
    invoice_gross bigint NOT NULL,
    status text NOT NULL,
    submitted_by uuid NOT NULL,
    submitted_at timestamptz NOT NULL,
    device_hash text,
    resubmitted_at timestamptz,
    checks jsonb,
    checked_by uuid,
    checked_at timestamptz,
    returned_by uuid,
    returned_at timestamptz,
    return_reasons jsonb,
    approved_by uuid,
    approved_at timestamptz,
    batched_at timestamptz,
    paid_at timestamptz,
    bounced_at timestamptz,
    withdrawn_at timestamptz,
    CONSTRAINT pk_claims PRIMARY KEY (id),
    CONSTRAINT ck_claims_status
        CHECK (status IN ('submitted', 'checked', 'returned', 'withdrawn', 'approved', 'batched', 'paid')),
    CONSTRAINT ck_claims_shares CHECK (net_amount = aid + co_payment AND aid >= 0 AND co_payment >= 0),
    CONSTRAINT ck_claims_net_amount CHECK (net_amount > 0),
    CONSTRAINT ck_claims_invoice_gross CHECK (invoice_gross >= net_amount),
    CONSTRAINT ck_claims_checked_by
        CHECK (status NOT IN ('checked', 'approved', 'batched', 'paid') OR checked_by IS NOT NULL),
    CONSTRAINT ck_claims_checked_at
        CHECK (status NOT IN ('checked', 'approved', 'batched', 'paid') OR checked_at IS NOT NULL),
    CONSTRAINT ck_claims_approved_by CHECK (status NOT IN ('approved', 'batched', 'paid') OR approved_by IS NOT NULL),
    CONSTRAINT ck_claims_approved_at CHECK (status NOT IN ('approved', 'batched', 'paid') OR approved_at IS NOT NULL),
    CONSTRAINT ck_claims_four_eyes CHECK (approved_by <> checked_by AND approved_by <> submitted_by),
    CONSTRAINT ck_claims_return_reasons CHECK (status NOT IN ('returned') OR return_reasons IS NOT NULL),
    CONSTRAINT ck_claims_returned_at CHECK (status NOT IN ('returned') OR returned_at IS NOT NULL),
    CONSTRAINT ck_claims_withdrawn_at CHECK (status NOT IN ('withdrawn') OR withdrawn_at IS NOT NULL),
    CONSTRAINT ck_claims_paid_at CHECK (status NOT IN ('paid') OR paid_at IS NOT NULL),
    CONSTRAINT uq_claims_number UNIQUE (number),
    CONSTRAINT fk_claims_engagement_id_engagements FOREIGN KEY(engagement_id) REFERENCES engagements (id),
    CONSTRAINT fk_claims_provider_id_providers FOREIGN KEY(provider_id) REFERENCES providers (id)
);
CREATE INDEX ix_claims_engagement_id ON claims (engagement_id);
CREATE INDEX ix_claims_provider_id ON claims (provider_id);
CREATE INDEX ix_claims_status ON claims (status);

CREATE TABLE holds (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    engagement_id uuid NOT NULL,
    flag_id uuid,
    reason text NOT NULL,
    status text NOT NULL,
    placed_by uuid,
    placed_at timestamptz NOT NULL,
    until_at timestamptz NOT NULL,
    extended_by uuid,
    extended_at timestamptz,
    extension_reason text,
    ended_at timestamptz,
    lifted_by uuid,
    lifted_at timestamptz,
    lift_reason text,
    CONSTRAINT pk_holds PRIMARY KEY (id),
    CONSTRAINT ck_holds_status CHECK (status IN ('active', 'ended', 'lifted')),
    CONSTRAINT ck_holds_ended_at CHECK (status NOT IN ('ended') OR ended_at IS NOT NULL),
    CONSTRAINT ck_holds_lifted_at CHECK (status NOT IN ('lifted') OR lifted_at IS NOT NULL),
    CONSTRAINT ck_holds_lifted_by CHECK (status NOT IN ('lifted') OR lifted_by IS NOT NULL),
    CONSTRAINT ck_holds_until_at CHECK (until_at > placed_at),
    CONSTRAINT ck_holds_extension CHECK (extended_at IS NULL OR (extended_by IS NOT NULL AND extension_reason <> '')),
    CONSTRAINT fk_holds_engagement_id_engagements FOREIGN KEY(engagement_id) REFERENCES engagements (id)
);
CREATE INDEX ix_holds_until_at ON holds (until_at) WHERE status = 'active';
CREATE UNIQUE INDEX uq_holds_flag_id ON holds (engagement_id, flag_id) WHERE status = 'active';

CREATE TABLE claim_lines (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    claim_id uuid NOT NULL,
    stage_id uuid NOT NULL,
    aid bigint NOT NULL,
    co_payment bigint NOT NULL,
    withdrawn_at timestamptz,
    created_at timestamptz DEFAULT app_now() NOT NULL,
    CONSTRAINT pk_claim_lines PRIMARY KEY (id),
    CONSTRAINT ck_claim_lines_amounts CHECK (aid >= 0 AND co_payment >= 0),
    CONSTRAINT fk_claim_lines_claim_id_claims FOREIGN KEY(claim_id) REFERENCES claims (id),
    CONSTRAINT fk_claim_lines_stage_id_stages FOREIGN KEY(stage_id) REFERENCES stages (id)
);
CREATE INDEX ix_claim_lines_claim_id ON claim_lines (claim_id);
CREATE UNIQUE INDEX uq_claim_lines_stage_id ON claim_lines (stage_id) WHERE withdrawn_at IS NULL;

CREATE TABLE payment_lines (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    batch_id uuid NOT NULL,
    claim_id uuid NOT NULL,
    amount bigint NOT NULL,
    end_to_end_id text NOT NULL,
    bank_account_id uuid NOT NULL,
    holder_name text NOT NULL,
    account_number text NOT NULL,
    bank_name text NOT NULL,
    status text NOT NULL,
    paid_at timestamptz,
    returned_at timestamptz,
    return_reason text,
    removed_at timestamptz,
    CONSTRAINT pk_payment_lines PRIMARY KEY (id),
    CONSTRAINT ck_payment_lines_status CHECK (status IN ('pending', 'paid', 'returned', 'removed')),
    CONSTRAINT ck_payment_lines_paid_at CHECK (status NOT IN ('paid') OR paid_at IS NOT NULL),
    CONSTRAINT ck_payment_lines_returned_at CHECK (status NOT IN ('returned') OR returned_at IS NOT NULL),
    CONSTRAINT ck_payment_lines_removed_at CHECK (status NOT IN ('removed') OR removed_at IS NOT NULL),
    CONSTRAINT ck_payment_lines_amount CHECK (amount > 0),
    CONSTRAINT fk_payment_lines_batch_id_payment_batches FOREIGN KEY(batch_id) REFERENCES payment_batches (id),
    CONSTRAINT fk_payment_lines_claim_id_claims FOREIGN KEY(claim_id) REFERENCES claims (id),
    CONSTRAINT uq_payment_lines_end_to_end_id UNIQUE (end_to_end_id),
    CONSTRAINT fk_payment_lines_bank_account_id_bank_accounts FOREIGN KEY(bank_account_id)
        REFERENCES bank_accounts (id)
);
CREATE INDEX ix_payment_lines_batch_id ON payment_lines (batch_id);
CREATE UNIQUE INDEX uq_payment_lines_claim_id ON payment_lines (claim_id) WHERE status IN ('pending', 'paid');
"""

# A person stands below this area, so the foreign keys are written here alone.
PEOPLE = """
ALTER TABLE claims ADD CONSTRAINT fk_claims_submitted_by_people
    FOREIGN KEY (submitted_by) REFERENCES people (id);
ALTER TABLE claims ADD CONSTRAINT fk_claims_checked_by_people
    FOREIGN KEY (checked_by) REFERENCES people (id);
ALTER TABLE claims ADD CONSTRAINT fk_claims_returned_by_people
    FOREIGN KEY (returned_by) REFERENCES people (id);
ALTER TABLE claims ADD CONSTRAINT fk_claims_approved_by_people
    FOREIGN KEY (approved_by) REFERENCES people (id);
ALTER TABLE holds ADD CONSTRAINT fk_holds_placed_by_people
    FOREIGN KEY (placed_by) REFERENCES people (id);
ALTER TABLE holds ADD CONSTRAINT fk_holds_extended_by_people
    FOREIGN KEY (extended_by) REFERENCES people (id);
ALTER TABLE holds ADD CONSTRAINT fk_holds_lifted_by_people
    FOREIGN KEY (lifted_by) REFERENCES people (id);
ALTER TABLE payment_batches ADD CONSTRAINT fk_payment_batches_prepared_by_people
    FOREIGN KEY (prepared_by) REFERENCES people (id);
ALTER TABLE payment_batches ADD CONSTRAINT fk_payment_batches_sent_by_people
    FOREIGN KEY (sent_by) REFERENCES people (id);
ALTER TABLE bank_imports ADD CONSTRAINT fk_bank_imports_imported_by_people
    FOREIGN KEY (imported_by) REFERENCES people (id);
"""

REVOKES = """
REVOKE UPDATE, DELETE ON bank_imports, bank_entries FROM app;
REVOKE DELETE ON claims, claim_lines, holds, payment_batches, payment_lines FROM app;
"""

# An engagement's row is locked where a hold is placed and where a payment is prepared: neither misses the other.
GUARDS = """
CREATE FUNCTION check_payment_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    engagement uuid;
BEGIN
    PERFORM 1 FROM payment_batches WHERE id = NEW.batch_id AND status = 'prepared' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the batch has left'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_lines_batch';
    END IF;
    SELECT claims.engagement_id INTO engagement FROM claims WHERE id = NEW.claim_id;
    PERFORM 1 FROM engagements WHERE id = engagement FOR SHARE;
    IF EXISTS (
        SELECT 1 FROM holds WHERE engagement_id = engagement AND status = 'active' AND until_at > app_now()
    ) THEN
        RAISE EXCEPTION 'payments of this engagement are held'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_lines_held';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_payment_line BEFORE INSERT ON payment_lines
    FOR EACH ROW EXECUTE FUNCTION check_payment_line();

CREATE FUNCTION check_sent_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sent_by IS NULL OR NEW.sent_by IS NOT DISTINCT FROM OLD.sent_by THEN
        RETURN NEW;
    END IF;
    IF EXISTS (
        SELECT 1 FROM payment_lines JOIN claims ON claims.id = payment_lines.claim_id
        WHERE payment_lines.batch_id = NEW.id AND payment_lines.status = 'pending' AND claims.approved_by = NEW.sent_by
    ) THEN
        RAISE EXCEPTION 'whoever approved a claim does not send its payment'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_batches_payer';
    END IF;
    PERFORM 1 FROM engagements WHERE id IN (
        SELECT claims.engagement_id FROM payment_lines JOIN claims ON claims.id = payment_lines.claim_id
        WHERE payment_lines.batch_id = NEW.id AND payment_lines.status = 'pending'
    ) ORDER BY id FOR SHARE;
    IF EXISTS (
        SELECT 1 FROM payment_lines JOIN claims ON claims.id = payment_lines.claim_id
        JOIN holds ON holds.engagement_id = claims.engagement_id
        WHERE payment_lines.batch_id = NEW.id AND payment_lines.status = 'pending'
            AND holds.status = 'active' AND holds.until_at > app_now()
    ) THEN
        RAISE EXCEPTION 'payments of an engagement in this batch are held'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_lines_held';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_sent_batch BEFORE UPDATE ON payment_batches
    FOR EACH ROW EXECUTE FUNCTION check_sent_batch();

CREATE FUNCTION lock_held_engagement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM engagements WHERE id = NEW.engagement_id FOR UPDATE;
    RETURN NEW;
END $$;
CREATE TRIGGER lock_held_engagement BEFORE INSERT ON holds FOR EACH ROW EXECUTE FUNCTION lock_held_engagement();
"""


def upgrade() -> None:
    for part in (NUMBERS, TABLES, PEOPLE, REVOKES, GUARDS):
        op.execute(part)


def downgrade() -> None:
    op.execute("DROP TABLE bank_entries, bank_imports, payment_lines, payment_batches, holds, claim_lines, claims")
    op.execute("DROP FUNCTION check_payment_line, check_sent_batch, lock_held_engagement")
    op.execute("DROP SEQUENCE number_clm, number_pay")
