-- Balances move by ledger_book() alone; nothing else of an account ever changes.
CREATE OR REPLACE FUNCTION refuse_account_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'accounts change by transfers alone' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE OR REPLACE TRIGGER never_changed
    BEFORE UPDATE OF id, code, stage, budget_line_id, owner_kind, owner_id, currency, may_be_negative, created_at
    ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION refuse_account_change();
CREATE OR REPLACE TRIGGER never_deleted BEFORE DELETE ON ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION refuse_account_change();
CREATE OR REPLACE TRIGGER transfers_alone BEFORE UPDATE OF balance ON ledger_accounts
    FOR EACH ROW WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION refuse_account_change();
