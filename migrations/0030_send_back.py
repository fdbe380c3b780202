"""Money that matches nothing goes back by a payment batch; account numbers are compared by an index."""

from alembic import op

revision = "0030"
down_revision = "0029"

REFUNDS = """
ALTER TABLE refunds ALTER COLUMN engagement_id DROP NOT NULL, ALTER COLUMN organisation_id DROP NOT NULL,
    ADD COLUMN bank_entry_id uuid CONSTRAINT fk_refunds_bank_entry_id_bank_entries REFERENCES bank_entries (id),
    ADD CONSTRAINT uq_refunds_bank_entry_id UNIQUE (bank_entry_id),
    ADD CONSTRAINT ck_refunds_subject CHECK ((bank_entry_id IS NULL) = (engagement_id IS NOT NULL)
        AND (engagement_id IS NULL) = (organisation_id IS NULL));
"""

REFUNDS_BEFORE = """
DELETE FROM payment_lines WHERE refund_id IN (SELECT id FROM refunds WHERE bank_entry_id IS NOT NULL);
DELETE FROM refunds WHERE bank_entry_id IS NOT NULL;
ALTER TABLE refunds DROP COLUMN bank_entry_id, DROP CONSTRAINT IF EXISTS ck_refunds_subject,
    ALTER COLUMN engagement_id SET NOT NULL, ALTER COLUMN organisation_id SET NOT NULL;
"""

# Whoever asked for a refund, or named its account, does not send it.
SENT = """
CREATE OR REPLACE FUNCTION check_sent_refunds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM payment_lines JOIN refunds ON refunds.id = payment_lines.refund_id
        WHERE payment_lines.batch_id = NEW.id AND payment_lines.status = 'pending' AND {decided}
    ) THEN
        RAISE EXCEPTION 'whoever asked for a refund does not send it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_batches_payer';
    END IF;
    PERFORM 1 FROM engagements WHERE id IN (
        SELECT refunds.engagement_id FROM payment_lines JOIN refunds ON refunds.id = payment_lines.refund_id
        WHERE payment_lines.batch_id = NEW.id AND payment_lines.status = 'pending'
    ) ORDER BY id FOR SHARE;
    IF EXISTS (
        SELECT 1 FROM payment_lines JOIN refunds ON refunds.id = payment_lines.refund_id
        JOIN holds ON holds.engagement_id = refunds.engagement_id
        WHERE payment_lines.batch_id = NEW.id AND payment_lines.status = 'pending'
            AND holds.status = 'active' AND holds.until_at > app_now()
    ) THEN
        RAISE EXCEPTION 'payments of an engagement in this batch are held'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_lines_held';
    END IF;
    RETURN NEW;
END $$;
"""
BOTH, ASKED = "NEW.sent_by IN (refunds.requested_by, refunds.account_changed_by)", "refunds.requested_by = NEW.sent_by"

# An account number, and a firm's name, as the ethics rules compare them.
PLAIN = r"""
CREATE FUNCTION plain_account(written text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT upper(regexp_replace(written, '[^0-9A-Za-z]', '', 'g'))
$$;
CREATE FUNCTION plain_firm_name(written text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lower(regexp_replace(regexp_replace(regexp_replace(written,
        '\(주\)|㈜|주식회사|\(유\)|유한회사', '', 'g'), ',?\s*(co\.,?\s*)?(ltd|inc)\.?$', '', 'i'), '\s+', '', 'g'))
$$;
CREATE INDEX ix_bank_entries_plain_account ON bank_entries (plain_account(debtor_account));
CREATE INDEX ix_bank_entries_plain_name ON bank_entries (plain_firm_name(debtor));
CREATE INDEX ix_bank_accounts_plain_account ON bank_accounts (plain_account(identifier));
CREATE INDEX ix_co_payments_plain_account ON co_payments (plain_account(payer_account));
CREATE INDEX ix_organisations_plain_name ON organisations (plain_firm_name(name));
"""

PLAIN_UNDONE = """
DROP INDEX ix_bank_entries_plain_account, ix_bank_entries_plain_name, ix_bank_accounts_plain_account,
    ix_co_payments_plain_account, ix_organisations_plain_name;
DROP FUNCTION plain_account(text);
DROP FUNCTION plain_firm_name(text);
"""


def upgrade() -> None:
    """Let refunds be of bank entries, and index what is compared."""
    for part in (REFUNDS, SENT.format(decided=BOTH), PLAIN):
        op.execute(part)


def downgrade() -> None:
    """Take them back; refunds of bank entries go."""
    for part in (PLAIN_UNDONE, SENT.format(decided=ASKED), REFUNDS_BEFORE):
        op.execute(part)
