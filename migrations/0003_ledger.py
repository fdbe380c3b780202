"""Ledger: accounts and transfers, and the answers to money verbs."""

from alembic import op

from marketplace.core.sql import drop_functions

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE DOMAIN currency_code AS text CONSTRAINT currency_code CHECK (VALUE ~ '^[A-Z]{3}$');
CREATE DOMAIN ledger_stage AS text CONSTRAINT ledger_stage CHECK (VALUE IN (
    'source', 'available', 'reserved', 'committed', 'payable', 'paid', 'bank', 'suspense', 'co_payment',
    'co_payment_payable', 'co_payment_paid', 'refundable', 'refunded', 'obligation', 'receivable', 'income',
    'charges', 'funded', 'returned'));

CREATE TABLE ledger_accounts (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_ledger_accounts PRIMARY KEY,
    code text NOT NULL CONSTRAINT uq_ledger_accounts_code UNIQUE,
    stage ledger_stage NOT NULL,
    budget_line_id uuid,
    owner_kind text NOT NULL,
    owner_id uuid,
    currency currency_code NOT NULL,
    balance bigint NOT NULL DEFAULT 0,
    may_be_negative boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_ledger_accounts_balance CHECK (may_be_negative OR balance >= 0)
) WITH (fillfactor = 70);
CREATE INDEX ix_ledger_accounts_owner_id ON ledger_accounts (owner_id);
CREATE INDEX ix_ledger_accounts_budget_line_id_stage ON ledger_accounts (budget_line_id, stage);

CREATE TABLE ledger_transfers (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_ledger_transfers PRIMARY KEY,
    movement_id uuid NOT NULL,
    debit_account_id uuid NOT NULL
        CONSTRAINT fk_ledger_transfers_debit_account_id_ledger_accounts REFERENCES ledger_accounts,
    credit_account_id uuid NOT NULL
        CONSTRAINT fk_ledger_transfers_credit_account_id_ledger_accounts REFERENCES ledger_accounts,
    amount bigint NOT NULL,
    kind text NOT NULL,
    actor_id uuid,
    reference text NOT NULL,
    key text NOT NULL CONSTRAINT uq_ledger_transfers_key UNIQUE,
    created_at timestamptz NOT NULL DEFAULT app_now(),
    CONSTRAINT ck_ledger_transfers_amount CHECK (amount > 0),
    CONSTRAINT ck_ledger_transfers_two_accounts CHECK (debit_account_id <> credit_account_id)
);
CREATE INDEX ix_ledger_transfers_movement_id ON ledger_transfers (movement_id);
CREATE INDEX ix_ledger_transfers_debit_account_id ON ledger_transfers (debit_account_id);
CREATE INDEX ix_ledger_transfers_credit_account_id ON ledger_transfers (credit_account_id);
CREATE INDEX ix_ledger_transfers_created_at ON ledger_transfers (created_at, id);

CREATE TABLE money_requests (
    key text CONSTRAINT pk_money_requests PRIMARY KEY,
    verb text NOT NULL,
    request jsonb NOT NULL,
    person_id uuid,
    answer_id uuid,
    created_at timestamptz NOT NULL DEFAULT app_now()
);
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them, with the area's functions."""
    op.execute("DROP TABLE money_requests, ledger_transfers, ledger_accounts")
    op.execute("DROP DOMAIN ledger_stage, currency_code")
    drop_functions("ledger")
