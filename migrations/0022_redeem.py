"""Money in one round trip: several transfers at once, and accounts that many may write to without a deadlock."""

from alembic import op

revision = "0022"
down_revision = "0021"

UP = """
-- The foreign keys of a transfer hold both accounts already: of two transfers that wanted one account whole (FOR
-- UPDATE) each would wait for the other. NO KEY lets them take turns.
CREATE OR REPLACE FUNCTION ledger_book() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    IF (SELECT count(DISTINCT currency) FROM (
            SELECT currency FROM ledger_accounts WHERE id IN (NEW.debit_account_id, NEW.credit_account_id)
             ORDER BY id FOR NO KEY UPDATE) AS held) <> 1 THEN
        RAISE EXCEPTION 'a transfer needs one currency' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'ck_ledger_transfers_currency';
    END IF;
    UPDATE ledger_accounts
       SET balance = balance + CASE id WHEN NEW.debit_account_id THEN -NEW.amount ELSE NEW.amount END
     WHERE id IN (NEW.debit_account_id, NEW.credit_account_id);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION ledger_account_guard() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    -- Only ledger_book() writes from inside another trigger.
    IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1 THEN
        OLD.balance := NEW.balance;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'accounts change by transfers alone' USING ERRCODE = 'restrict_violation';
END
$$;
-- Room on each page for the next balance, so that no index is touched.
ALTER TABLE ledger_accounts SET (fillfactor = 70);

-- Several transfers of one movement in one round trip; accounts it may find missing are opened first.
CREATE FUNCTION ledger_post(openings jsonb, legs jsonb, sort text, who uuid, why text) RETURNS void
LANGUAGE plpgsql AS
$$
DECLARE
    leg record;
BEGIN
    INSERT INTO ledger_accounts (code, stage, owner_kind, owner_id, currency, budget_line_id, may_be_negative)
    SELECT code, stage, owner_kind, owner_id, currency, budget_line_id, may_be_negative
      FROM jsonb_to_recordset(openings) AS opening (code text, stage text, owner_kind text, owner_id uuid,
           currency text, budget_line_id uuid, may_be_negative boolean)
     ORDER BY code
    ON CONFLICT ON CONSTRAINT uq_ledger_accounts_code DO NOTHING;
    -- All accounts at once and in one order, so that two movements never wait for each other.
    PERFORM 1 FROM ledger_accounts WHERE code IN (
        SELECT jsonb_path_query(legs, '$[*].debit') #>> '{}' UNION SELECT jsonb_path_query(legs, '$[*].credit') #>> '{}')
      ORDER BY id FOR NO KEY UPDATE;
    FOR leg IN SELECT * FROM jsonb_to_recordset(legs) AS one (debit text, credit text, amount bigint, key text) LOOP
        PERFORM ledger_transfer(leg.debit, leg.credit, leg.amount, sort, who, why, leg.key);
    END LOOP;
END
$$;
"""

DOWN = """
DROP FUNCTION ledger_post(jsonb, jsonb, text, uuid, text);
ALTER TABLE ledger_accounts RESET (fillfactor);
CREATE OR REPLACE FUNCTION ledger_book() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    PERFORM 1 FROM ledger_accounts WHERE id IN (NEW.debit_account_id, NEW.credit_account_id) ORDER BY id FOR UPDATE;
    IF (SELECT count(DISTINCT currency) FROM ledger_accounts
         WHERE id IN (NEW.debit_account_id, NEW.credit_account_id)) <> 1 THEN
        RAISE EXCEPTION 'a transfer needs one currency' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'ck_ledger_transfers_currency';
    END IF;
    UPDATE ledger_accounts SET balance = balance - NEW.amount WHERE id = NEW.debit_account_id;
    UPDATE ledger_accounts SET balance = balance + NEW.amount WHERE id = NEW.credit_account_id;
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION ledger_account_guard() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    -- Only ledger_book() writes from inside another trigger.
    IF TG_OP = 'DELETE' OR pg_trigger_depth() < 2
       OR (to_jsonb(NEW) - 'balance') <> (to_jsonb(OLD) - 'balance') THEN
        RAISE EXCEPTION 'accounts change by transfers alone' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
