-- Whose certificate it is and of which kind never changes; a number stays as it was verified. An issuer's list may
-- correct days and grade, in the audit trail.
CREATE OR REPLACE FUNCTION refuse_changed_certificate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.organisation_id, NEW.kind, NEW.recorded_by, NEW.recorded_at)
       IS DISTINCT FROM (OLD.organisation_id, OLD.kind, OLD.recorded_by, OLD.recorded_at)
       OR (OLD.status IN ('verified', 'revoked', 'removed')
           AND (NEW.number, NEW.file_id) IS DISTINCT FROM (OLD.number, OLD.file_id)) THEN
        RAISE EXCEPTION 'a certificate keeps its company and its number'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER kept BEFORE UPDATE ON certificates
    FOR EACH ROW EXECUTE FUNCTION refuse_changed_certificate();
