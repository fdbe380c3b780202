-- One round trip a transfer. The same key again is replayed; with other content it is refused. Answers with the
-- movement: the given one, or for the first transfer of one (or a lone transfer) its own id.
CREATE OR REPLACE FUNCTION ledger_transfer(debit text, credit text, amount bigint, kind text, actor_id uuid,
    reference text, key text, movement_id uuid DEFAULT NULL) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    giver uuid; taker uuid; made uuid := gen_random_uuid(); earlier ledger_transfers;
BEGIN
    SELECT one.id, other.id INTO giver, taker
      FROM ledger_accounts AS one, ledger_accounts AS other WHERE one.code = debit AND other.code = credit;
    IF giver IS NULL THEN
        RAISE EXCEPTION 'no such account: % or %', debit, credit USING ERRCODE = 'foreign_key_violation';
    END IF;
    INSERT INTO ledger_transfers
           (id, movement_id, debit_account_id, credit_account_id, amount, kind, actor_id, reference, key)
    VALUES (made, coalesce(movement_id, made), giver, taker, amount, kind, actor_id, reference, key)
    ON CONFLICT ON CONSTRAINT uq_ledger_transfers_key DO NOTHING;
    IF FOUND THEN
        RETURN coalesce(movement_id, made);
    END IF;
    SELECT * INTO earlier FROM ledger_transfers AS transfer WHERE transfer.key = ledger_transfer.key;
    IF (earlier.debit_account_id, earlier.credit_account_id, earlier.amount, earlier.kind, earlier.movement_id)
       IS DISTINCT FROM (giver, taker, amount, kind, coalesce(movement_id, earlier.id)) THEN
        RAISE EXCEPTION 'key used for another transfer' USING ERRCODE = 'unique_violation',
            CONSTRAINT = 'uq_ledger_transfers_key';
    END IF;
    RETURN earlier.movement_id;
END
$$;
