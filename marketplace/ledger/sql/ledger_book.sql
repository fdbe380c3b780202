-- Books one statement's transfers: the only writer of ledger_accounts.balance.
CREATE OR REPLACE FUNCTION ledger_book() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one record; lower text; higher text;
BEGIN
    -- In the order of their ids, so that of two statements over the same accounts the second waits for the first.
    SELECT *, count(*) OVER () AS made INTO one FROM fresh LIMIT 1;
    IF one.made = 1 THEN  -- nearly always; grouping it would cost more than writing it
        UPDATE ledger_accounts
           SET balance = balance + CASE id WHEN one.debit_account_id THEN -one.amount ELSE one.amount END
         WHERE id = least(one.debit_account_id, one.credit_account_id) RETURNING currency INTO lower;
        UPDATE ledger_accounts
           SET balance = balance + CASE id WHEN one.debit_account_id THEN -one.amount ELSE one.amount END
         WHERE id = greatest(one.debit_account_id, one.credit_account_id) RETURNING currency INTO higher;
    ELSE
        FOR one IN
            SELECT side, sum(moved) AS moved
              FROM fresh,
                   LATERAL (VALUES (debit_account_id, -amount), (credit_account_id, amount)) AS touched (side, moved)
             GROUP BY side ORDER BY side
        LOOP
            UPDATE ledger_accounts SET balance = balance + one.moved WHERE id = one.side;
        END LOOP;
        -- By the key of each account: a join would read them all.
        SELECT giver, taker INTO lower, higher
          FROM (SELECT (SELECT currency FROM ledger_accounts WHERE id = debit_account_id) AS giver,
                       (SELECT currency FROM ledger_accounts WHERE id = credit_account_id) AS taker FROM fresh) AS pair
         WHERE giver <> taker LIMIT 1;
    END IF;
    IF lower IS DISTINCT FROM higher THEN
        RAISE EXCEPTION 'a transfer needs one currency' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'ck_ledger_transfers_currency';
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER book AFTER INSERT ON ledger_transfers REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_book();
