-- A published amendment stays as it is.
CREATE OR REPLACE FUNCTION refuse_frozen_amendment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'a published amendment is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE OR REPLACE TRIGGER amendments_frozen BEFORE DELETE OR UPDATE ON amendments
    FOR EACH ROW EXECUTE FUNCTION refuse_frozen_amendment();
