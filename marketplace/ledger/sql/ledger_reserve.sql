-- The same parts (amount by budget line) for each owner, from one account of each line (code by line); all or nothing.
-- What one owner is given is one movement.
CREATE OR REPLACE FUNCTION ledger_reserve(sources jsonb, owner_kind text, owners uuid[], names text[], parts jsonb,
                                          currency text, actor_id uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
BEGIN
    WITH opened AS (
        INSERT INTO ledger_accounts (code, stage, owner_kind, owner_id, currency, budget_line_id)
        SELECT format('reserved:%s:%s', owner, line), 'reserved', owner_kind, owner, currency, line::uuid
          FROM unnest(owners) AS owner, jsonb_object_keys(parts) AS line
        RETURNING id, owner_id, budget_line_id AS line
    )
    INSERT INTO ledger_transfers
           (id, movement_id, debit_account_id, credit_account_id, amount, kind, actor_id, reference, key)
    SELECT new.id, first_value(new.id) OVER (PARTITION BY new.owner ORDER BY new.line), new.debit, new.credit,
           (parts ->> new.line::text)::bigint, 'reserve', actor_id, new.name,
           format('reserve:%s:%s', new.owner, new.line)
      FROM (SELECT gen_random_uuid() AS id, owner, name, opened.line, giver.id AS debit, opened.id AS credit
              FROM unnest(owners, names) AS one (owner, name)
              JOIN opened ON opened.owner_id = owner
              JOIN ledger_accounts AS giver ON giver.code = sources ->> opened.line::text) AS new;
    GET DIAGNOSTICS made = ROW_COUNT;
    IF made <> cardinality(owners) * (SELECT count(*) FROM jsonb_object_keys(parts)) THEN
        RAISE EXCEPTION 'no such account' USING ERRCODE = 'foreign_key_violation';
    END IF;
END
$$;
