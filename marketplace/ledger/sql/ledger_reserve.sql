-- The same parts (amount by budget line) for each owner, from one account of each line; all or nothing.
CREATE OR REPLACE FUNCTION ledger_reserve(source text, sort text, owners uuid[], names text[],
                                          parts jsonb, unit text, who uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
BEGIN
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
