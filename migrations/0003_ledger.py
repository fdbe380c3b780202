"""Ledger: accounts and transfers; the database keeps the books balanced and unchanged."""

from alembic import op

revision = "0003"
down_revision = "0002"

UP = """
CREATE TABLE ledger_accounts (
    id uuid CONSTRAINT pk_ledger_accounts PRIMARY KEY DEFAULT gen_random_uuid(),
    code text NOT NULL CONSTRAINT uq_ledger_accounts_code UNIQUE,
    stage text NOT NULL CONSTRAINT ck_ledger_accounts_stage CHECK (stage IN (
        'source', 'available', 'reserved', 'committed', 'payable', 'paid',
        'bank', 'co_payment', 'co_payment_payable', 'co_payment_paid')),
    budget_line_id uuid,
    owner_kind text NOT NULL,
    owner_id uuid,
    currency text NOT NULL CONSTRAINT ck_ledger_accounts_currency CHECK (currency ~ '^[A-Z]{3}$'),
    balance bigint NOT NULL DEFAULT 0,
    may_be_negative boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_ledger_accounts_balance CHECK (may_be_negative OR balance >= 0)
);
CREATE INDEX ix_ledger_accounts_budget_line_id_stage ON ledger_accounts (budget_line_id, stage);
CREATE INDEX ix_ledger_accounts_owner_id ON ledger_accounts (owner_id);

CREATE TABLE ledger_transfers (
    id uuid CONSTRAINT pk_ledger_transfers PRIMARY KEY DEFAULT gen_random_uuid(),
    debit_account_id uuid NOT NULL
        CONSTRAINT fk_ledger_transfers_debit_account_id_ledger_accounts REFERENCES ledger_accounts,
    credit_account_id uuid NOT NULL
        CONSTRAINT fk_ledger_transfers_credit_account_id_ledger_accounts REFERENCES ledger_accounts,
    amount bigint NOT NULL CONSTRAINT ck_ledger_transfers_amount CHECK (amount > 0),
    kind text NOT NULL,
    actor_id uuid,
    reference text NOT NULL,
    key text NOT NULL CONSTRAINT uq_ledger_transfers_key UNIQUE,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_ledger_transfers_two_accounts CHECK (debit_account_id <> credit_account_id)
);
CREATE INDEX ix_ledger_transfers_debit_account_id ON ledger_transfers (debit_account_id);
CREATE INDEX ix_ledger_transfers_credit_account_id ON ledger_transfers (credit_account_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_transfers
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON ledger_transfers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Balances move only with a transfer: this trigger is the one writer of ledger_accounts.balance.
CREATE FUNCTION ledger_book() RETURNS trigger LANGUAGE plpgsql AS
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
CREATE TRIGGER book AFTER INSERT ON ledger_transfers FOR EACH ROW EXECUTE FUNCTION ledger_book();

CREATE FUNCTION ledger_account_guard() RETURNS trigger LANGUAGE plpgsql AS
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
CREATE TRIGGER transfers_alone BEFORE UPDATE OR DELETE ON ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_account_guard();
CREATE FUNCTION ledger_account_opens_empty() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN NEW.balance := 0; RETURN NEW; END $$;
CREATE TRIGGER opens_empty BEFORE INSERT ON ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_account_opens_empty();

-- One round trip a movement. The same key again is replayed; with other content it is refused.
CREATE FUNCTION ledger_transfer(debit text, credit text, sum bigint, sort text, who uuid, why text, once text)
RETURNS uuid LANGUAGE plpgsql AS
$$
DECLARE
    giver uuid; taker uuid; made uuid; before ledger_transfers;
BEGIN
    SELECT id INTO giver FROM ledger_accounts WHERE code = debit;
    SELECT id INTO taker FROM ledger_accounts WHERE code = credit;
    IF giver IS NULL OR taker IS NULL THEN
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

DOWN = """
DROP FUNCTION ledger_transfer(text, text, bigint, text, uuid, text, text);
DROP TABLE ledger_transfers, ledger_accounts;
DROP FUNCTION ledger_book();
DROP FUNCTION ledger_account_guard();
DROP FUNCTION ledger_account_opens_empty();
"""


def upgrade() -> None:
    """Make the books."""
    op.execute(UP)


def downgrade() -> None:
    """Drop them."""
    op.execute(DOWN)
