-- What is owed and who says so never changes; it is given up by two signatures alone.
CREATE OR REPLACE FUNCTION keep_receivable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.number, NEW.kind, NEW.engagement_id, NEW.debtor_id, NEW.currency, NEW.aid_paid, NEW.principal,
        NEW.surcharge, NEW.parts, NEW.proposed_by) IS DISTINCT FROM
       (OLD.number, OLD.kind, OLD.engagement_id, OLD.debtor_id, OLD.currency, OLD.aid_paid, OLD.principal,
        OLD.surcharge, OLD.parts, OLD.proposed_by) THEN
        RAISE EXCEPTION 'a receivable keeps its amounts' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status = 'written_off' AND NOT EXISTS (
        SELECT 1 FROM write_offs WHERE receivable_id = NEW.id AND status = 'signed'
    ) THEN
        RAISE EXCEPTION 'a write-off needs two signatures'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_receivables_write_off';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_receivable BEFORE UPDATE ON receivables
    FOR EACH ROW EXECUTE FUNCTION keep_receivable();
