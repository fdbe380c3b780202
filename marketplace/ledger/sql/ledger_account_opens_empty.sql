-- An account opens with nothing in it; money comes by transfers alone.
CREATE OR REPLACE FUNCTION ledger_account_opens_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.balance := 0;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER opens_empty BEFORE INSERT ON ledger_accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_account_opens_empty();
