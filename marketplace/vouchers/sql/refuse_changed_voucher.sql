-- A voucher is bound to its holder, its amount and its code; evidence of what was decided is only ever added to.
CREATE OR REPLACE FUNCTION refuse_changed_voucher() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.amount, NEW.currency, NEW.code, NEW.number, NEW.organisation_id, NEW.application_id, NEW.programme_id,
        NEW.call_id, NEW.issued_at, NEW.one_active)
       IS DISTINCT FROM
       (OLD.amount, OLD.currency, OLD.code, OLD.number, OLD.organisation_id, OLD.application_id, OLD.programme_id,
        OLD.call_id, OLD.issued_at, OLD.one_active) THEN
        RAISE EXCEPTION 'a voucher keeps its holder and amount'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;

    IF NEW.expires_at <> OLD.expires_at AND (OLD.extended_at IS NOT NULL OR NEW.extended_at IS NULL
                                             OR NEW.expires_at < OLD.expires_at OR OLD.expires_at <= app_now())
       OR OLD.extended_at IS NOT NULL AND (NEW.extended_at, NEW.extended_by, NEW.extension_reason)
                                          IS DISTINCT FROM (OLD.extended_at, OLD.extended_by, OLD.extension_reason) THEN
        RAISE EXCEPTION 'a voucher is extended once, before it expires'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'voucher_extended_once';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER vouchers_kept BEFORE UPDATE ON vouchers
    FOR EACH ROW EXECUTE FUNCTION refuse_changed_voucher();
