"""The books, with less work for each transfer: what never changes is checked once, two accounts are two statements."""

from alembic import op

revision = "0025"
down_revision = "0024"

STAGES = """'source', 'available', 'reserved', 'committed', 'payable', 'paid', 'bank', 'suspense', 'co_payment',
    'co_payment_payable', 'co_payment_paid', 'refundable', 'refunded', 'obligation', 'receivable', 'income', 'returned'"""

# A CHECK is read and run again with every new balance; a domain's only when its own column is written.
DOMAINS = f"""
CREATE DOMAIN currency_code AS text CONSTRAINT currency_code CHECK (VALUE ~ '^[A-Z]{{3}}$');
CREATE DOMAIN ledger_stage AS text CONSTRAINT ledger_stage CHECK (VALUE IN ({STAGES}));
ALTER TABLE ledger_accounts
    DROP CONSTRAINT ck_ledger_accounts_stage,
    DROP CONSTRAINT ck_ledger_accounts_currency,
    ALTER COLUMN stage TYPE ledger_stage,
    ALTER COLUMN currency TYPE currency_code;
"""

BOOK = """
-- In the order of their ids, so that of two transfers over the same accounts the second waits for the first.
CREATE OR REPLACE FUNCTION ledger_book() RETURNS trigger LANGUAGE plpgsql AS
$$
DECLARE
    lower text; higher text;
BEGIN
    UPDATE ledger_accounts
       SET balance = balance + CASE id WHEN NEW.debit_account_id THEN -NEW.amount ELSE NEW.amount END
     WHERE id = least(NEW.debit_account_id, NEW.credit_account_id) RETURNING currency INTO lower;
    UPDATE ledger_accounts
       SET balance = balance + CASE id WHEN NEW.debit_account_id THEN -NEW.amount ELSE NEW.amount END
     WHERE id = greatest(NEW.debit_account_id, NEW.credit_account_id) RETURNING currency INTO higher;
    IF lower IS DISTINCT FROM higher THEN
        RAISE EXCEPTION 'a transfer needs one currency' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'ck_ledger_transfers_currency';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION ledger_transfer(debit text, credit text, sum bigint, sort text, who uuid, why text, once text)
RETURNS uuid LANGUAGE plpgsql AS
$$
DECLARE
    giver uuid; taker uuid; made uuid; before ledger_transfers;
BEGIN
    SELECT one.id, other.id INTO giver, taker
      FROM ledger_accounts AS one, ledger_accounts AS other WHERE one.code = debit AND other.code = credit;
    IF giver IS NULL THEN
        RAISE EXCEPTION 'no such account: % or %', debit, credit USING ERRCODE = 'foreign_key_violation';
    END IF;
    INSERT INTO ledger_transfers (debit_account_id, credit_account_id, amount, kind, actor_id, reference, key)
    VALUES (giver, taker, sum, sort, who, why, once)
    ON CONFLICT ON CONSTRAINT uq_ledger_transfers_key DO NOTHING RETURNING id INTO made;
    IF made IS NULL THEN
        SELECT * INTO before FROM ledger_transfers WHERE key = once;
        IF (before.debit_account_id, before.credit_account_id, before.amount, before.kind)
           IS DISTINCT FROM (giver, taker, sum, sort) THEN
            RAISE EXCEPTION 'key used for another transfer' USING ERRCODE = 'unique_violation',
                CONSTRAINT = 'uq_ledger_transfers_key';
        END IF;
        made := before.id;
    END IF;
    RETURN made;
END
$$;
"""

# Only ledger_book() writes from inside another trigger, and it writes balances alone.
GUARDS = """
DROP TRIGGER transfers_alone ON ledger_accounts;
DROP FUNCTION ledger_account_guard();
CREATE FUNCTION refuse_account_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'accounts change by transfers alone' USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER transfers_alone BEFORE UPDATE OF balance ON ledger_accounts
    FOR EACH ROW WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION refuse_account_change();
CREATE TRIGGER never_changed
    BEFORE UPDATE OF id, code, stage, budget_line_id, owner_kind, owner_id, currency, may_be_negative, created_at
    ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION refuse_account_change();
CREATE TRIGGER never_deleted BEFORE DELETE ON ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION refuse_account_change();
"""

DOWN = f"""
DROP TRIGGER transfers_alone ON ledger_accounts;
DROP TRIGGER never_changed ON ledger_accounts;
DROP TRIGGER never_deleted ON ledger_accounts;
DROP FUNCTION refuse_account_change();
CREATE FUNCTION ledger_account_guard() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1 THEN
        OLD.balance := NEW.balance;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'accounts change by transfers alone' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER transfers_alone BEFORE UPDATE OR DELETE ON ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_account_guard();
ALTER TABLE ledger_accounts ALTER COLUMN stage TYPE text, ALTER COLUMN currency TYPE text,
    ADD CONSTRAINT ck_ledger_accounts_stage CHECK (stage IN ({STAGES})),
    ADD CONSTRAINT ck_ledger_accounts_currency CHECK (currency ~ '^[A-Z]{{3}}$');
DROP DOMAIN ledger_stage;
DROP DOMAIN currency_code;
"""


def upgrade() -> None:
    for step in (DOMAINS, BOOK, GUARDS):
        op.execute(step)


def downgrade() -> None:
    op.execute(DOWN)
