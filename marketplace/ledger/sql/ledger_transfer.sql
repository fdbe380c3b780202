-- One round trip a movement. The same key again is replayed; with other content it is refused.
CREATE OR REPLACE FUNCTION ledger_transfer(debit text, credit text, sum bigint, sort text, who uuid, why text,
                                           once text) RETURNS uuid LANGUAGE plpgsql AS $$
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
