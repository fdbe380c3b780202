"""Money set aside for many at once."""

from alembic import op

revision = "0027"
down_revision = "0026"

UP = """
ALTER TABLE allocations ADD COLUMN asked_to bigint NOT NULL DEFAULT 0,
    ADD COLUMN answered_to integer NOT NULL DEFAULT 0;
DROP FUNCTION ledger_transfer_many(jsonb, text, uuid);
-- The same parts (amount by budget line) for each owner, from one account of each line; all or nothing.
CREATE FUNCTION ledger_reserve(source text, sort text, owners uuid[], names text[], parts jsonb, unit text, who uuid)
RETURNS void LANGUAGE plpgsql AS
$$
DECLARE
    made bigint;
BEGIN
    -- In one order, as every movement over several accounts does; the accounts opened below are nobody else's yet.
    PERFORM 1 FROM ledger_accounts
      WHERE code = ANY (ARRAY(SELECT format('%s:%s', source, line) FROM jsonb_object_keys(parts) AS line))
      ORDER BY id FOR NO KEY UPDATE;
    WITH opened AS (
        INSERT INTO ledger_accounts (code, stage, owner_kind, owner_id, currency, budget_line_id)
        SELECT format('reserved:%s:%s', owner, line), 'reserved', sort, owner, unit, line::uuid
          FROM unnest(owners) AS owner, jsonb_object_keys(parts) AS line
        RETURNING id, owner_id, budget_line_id AS line
    )
    INSERT INTO ledger_transfers (debit_account_id, credit_account_id, amount, kind, actor_id, reference, key)
    SELECT giver.id, opened.id, (parts ->> opened.line::text)::bigint, 'reserve', who, name,
           format('reserve:%s:%s', owner, opened.line)
      FROM unnest(owners, names) AS one (owner, name)
      JOIN opened ON opened.owner_id = owner
      JOIN ledger_accounts AS giver ON giver.code = format('%s:%s', source, opened.line);
    GET DIAGNOSTICS made = ROW_COUNT;
    IF made <> cardinality(owners) * (SELECT count(*) FROM jsonb_object_keys(parts)) THEN
        RAISE EXCEPTION 'no such account' USING ERRCODE = 'foreign_key_violation';
    END IF;
END
$$;
"""

DOWN = """
ALTER TABLE allocations DROP COLUMN asked_to, DROP COLUMN answered_to;
DROP FUNCTION ledger_reserve(text, text, uuid[], text[], jsonb, text, uuid);
CREATE FUNCTION ledger_transfer_many(transfers jsonb, sort text, who uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO ledger_transfers (debit_account_id, credit_account_id, amount, kind, actor_id, reference, key)
    SELECT giver.id, taker.id, one.amount, sort, who, one.reference, one.key
      FROM jsonb_to_recordset(transfers) AS one (debit text, credit text, amount bigint, reference text, key text)
      JOIN ledger_accounts AS giver ON giver.code = one.debit
      JOIN ledger_accounts AS taker ON taker.code = one.credit
     ORDER BY one.key;
    GET DIAGNOSTICS made = ROW_COUNT;
    IF made <> jsonb_array_length(transfers) THEN
        RAISE EXCEPTION 'no such account' USING ERRCODE = 'foreign_key_violation';
    END IF;
END $$;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
