"""Receivables: several recoveries of one engagement within what the ledger says was paid; value dates; locks."""

from alembic import op

revision = "0024"
down_revision = "0023"

# What the ledger says was paid in aid for an engagement, less what the bank sent back.
AID_PAID = """
CREATE FUNCTION engagement_aid_paid(engagement uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(CASE payable.id WHEN transfer.debit_account_id THEN amount ELSE -amount END), 0)::bigint
      FROM claims
      JOIN ledger_accounts AS payable ON payable.owner_id = claims.id AND payable.stage = 'payable'
      JOIN ledger_transfers AS transfer ON payable.id IN (transfer.debit_account_id, transfer.credit_account_id)
      JOIN ledger_accounts AS other ON other.stage = 'paid' AND other.id <> payable.id
       AND other.id IN (transfer.debit_account_id, transfer.credit_account_id)
     WHERE claims.engagement_id = engagement
$$;
"""

# The engagement's row is held where something is asked back of it: together never more than was paid for it.
RECEIVABLE = """
CREATE OR REPLACE FUNCTION check_receivable() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    work engagements;
BEGIN
    SELECT * INTO work FROM engagements WHERE id = NEW.engagement_id FOR NO KEY UPDATE;
    IF NEW.debtor_id NOT IN (work.organisation_id, work.provider_id) THEN
        RAISE EXCEPTION 'the debtor has no part in the engagement'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_receivables_debtor';
    END IF;
    IF NEW.principal + (SELECT coalesce(sum(principal), 0) FROM receivables
                         WHERE engagement_id = NEW.engagement_id AND status <> 'dropped' AND id <> NEW.id)
       > engagement_aid_paid(NEW.engagement_id) THEN
        RAISE EXCEPTION 'more is asked back than was paid'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_receivables_aid_paid';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER check_confirmed BEFORE UPDATE OF status ON receivables FOR EACH ROW
    WHEN (OLD.status = 'proposed' AND NEW.status = 'open') EXECUTE FUNCTION check_receivable();
DROP INDEX uq_receivables_live;
CREATE UNIQUE INDEX uq_receivables_live ON receivables (engagement_id)
    WHERE kind = 'repayment' AND status <> 'dropped';
"""

RECEIVABLE_BEFORE = """
DROP TRIGGER check_confirmed ON receivables;
CREATE OR REPLACE FUNCTION check_receivable() RETURNS trigger LANGUAGE plpgsql AS $$
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
DROP INDEX uq_receivables_live;
CREATE UNIQUE INDEX uq_receivables_live ON receivables (engagement_id, kind) WHERE status <> 'dropped';
"""

# Locks that leave foreign keys alone.
GUARDS = """
CREATE OR REPLACE FUNCTION check_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM receivables WHERE id = NEW.receivable_id AND status = 'open' FOR {lock};
    IF NOT FOUND AND NEW.excess < NEW.amount THEN
        RAISE EXCEPTION 'nothing is owed' USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_receipts_open';
    END IF;
    RETURN NEW;
END $$;

-- Something is always left to pay, so that the claim's payment can be made and reported.
CREATE OR REPLACE FUNCTION check_deduction() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whole bigint;
BEGIN
    SELECT approved_amount INTO whole FROM claims WHERE id = NEW.claim_id AND status = 'approved' FOR {lock};
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
"""

VALUED_ON = """
ALTER TABLE bank_entries ADD COLUMN valued_on date;
UPDATE bank_entries SET valued_on = booked_on;
ALTER TABLE bank_entries ALTER COLUMN valued_on SET NOT NULL;
"""


def upgrade() -> None:
    """Allow them, and hold them within what was paid."""
    for part in (AID_PAID, RECEIVABLE, GUARDS.format(lock="NO KEY UPDATE"), VALUED_ON):
        op.execute(part)


def downgrade() -> None:
    """Take it back; refused while an engagement has two recoveries."""
    op.execute("ALTER TABLE bank_entries DROP COLUMN valued_on")
    op.execute(GUARDS.format(lock="UPDATE"))
    op.execute(RECEIVABLE_BEFORE)
    op.execute("DROP FUNCTION engagement_aid_paid(uuid)")
