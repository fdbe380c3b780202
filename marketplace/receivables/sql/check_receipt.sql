-- Locks that leave foreign keys alone.
CREATE OR REPLACE FUNCTION check_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM receivables WHERE id = NEW.receivable_id AND status = 'open' FOR NO KEY UPDATE;
    IF NOT FOUND AND NEW.excess < NEW.amount THEN
        RAISE EXCEPTION 'nothing is owed' USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_receipts_open';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER check_receipt BEFORE INSERT ON receipts
    FOR EACH ROW EXECUTE FUNCTION check_receipt();
