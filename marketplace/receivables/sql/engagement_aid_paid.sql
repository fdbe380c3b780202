-- What the ledger says was paid in aid for an engagement, less what the bank sent back.
CREATE OR REPLACE FUNCTION engagement_aid_paid(engagement uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(CASE payable.id WHEN transfer.debit_account_id THEN amount ELSE -amount END), 0)::bigint
      FROM claims
      JOIN ledger_accounts AS payable ON payable.owner_id = claims.id AND payable.stage = 'payable'
      JOIN ledger_transfers AS transfer ON payable.id IN (transfer.debit_account_id, transfer.credit_account_id)
      JOIN ledger_accounts AS other ON other.stage = 'paid' AND other.id <> payable.id
       AND other.id IN (transfer.debit_account_id, transfer.credit_account_id)
     WHERE claims.engagement_id = engagement
$$;
