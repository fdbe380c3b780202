-- What was handed in stays as it was: only what the agency decides about it changes.
CREATE OR REPLACE FUNCTION refuse_changed_application() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.status <> 'draft' AND
       (NEW.call_id, NEW.organisation_id, NEW.ticket, NEW.facts, NEW.need, NEW.service_line, NEW.declarations,
        NEW.submitted_by, NEW.submitted_at)
       IS DISTINCT FROM
       (OLD.call_id, OLD.organisation_id, OLD.ticket, OLD.facts, OLD.need, OLD.service_line, OLD.declarations,
        OLD.submitted_by, OLD.submitted_at) THEN
        RAISE EXCEPTION 'a submitted application is sealed' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER applications_sealed BEFORE UPDATE ON applications
    FOR EACH ROW EXECUTE FUNCTION refuse_changed_application();
