-- Several transfers of one movement in one round trip, and its id; accounts it may find missing are opened first.
CREATE OR REPLACE FUNCTION ledger_post(openings jsonb, legs jsonb, kind text, actor_id uuid, reference text)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    leg record; movement_id uuid;
BEGIN
    INSERT INTO ledger_accounts (code, stage, owner_kind, owner_id, currency, budget_line_id, may_be_negative)
    SELECT code, stage, owner_kind, owner_id, currency, budget_line_id, may_be_negative
      FROM jsonb_to_recordset(openings) AS opening (code text, stage text, owner_kind text, owner_id uuid,
           currency text, budget_line_id uuid, may_be_negative boolean)
     ORDER BY code
    ON CONFLICT ON CONSTRAINT uq_ledger_accounts_code DO NOTHING;
    -- All accounts at once and in one order, so that two movements never wait for each other.
    -- An array, so that the planner looks them up by their code however many accounts there are.
    PERFORM 1 FROM ledger_accounts WHERE code = ANY (ARRAY(
        SELECT one ->> 'debit' FROM jsonb_array_elements(legs) AS one
        UNION SELECT one ->> 'credit' FROM jsonb_array_elements(legs) AS one)) ORDER BY id FOR NO KEY UPDATE;
    FOR leg IN SELECT * FROM jsonb_to_recordset(legs) AS one (debit text, credit text, amount bigint, key text) LOOP
        movement_id := ledger_transfer(leg.debit, leg.credit, leg.amount, kind, actor_id, reference, leg.key,
                                       movement_id);
    END LOOP;
    RETURN movement_id;
END
$$;
