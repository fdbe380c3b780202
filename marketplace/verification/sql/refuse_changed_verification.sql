-- What was handed in stays as it was handed in.
CREATE OR REPLACE FUNCTION refuse_changed_verification() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a verification keeps what was handed in'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
END $$;

CREATE OR REPLACE TRIGGER kept BEFORE UPDATE ON verifications FOR EACH ROW
    WHEN ((NEW.organisation_id, NEW.name, NEW.representative_name, NEW.file_id, NEW.handed_in_by, NEW.handed_in_at)
          IS DISTINCT FROM
          (OLD.organisation_id, OLD.name, OLD.representative_name, OLD.file_id, OLD.handed_in_by, OLD.handed_in_at))
    EXECUTE FUNCTION refuse_changed_verification();
CREATE OR REPLACE TRIGGER kept BEFORE UPDATE ON disputes FOR EACH ROW
    WHEN ((NEW.organisation_id, NEW.name, NEW.representative_name, NEW.file_id, NEW.opened_by, NEW.opened_at)
          IS DISTINCT FROM
          (OLD.organisation_id, OLD.name, OLD.representative_name, OLD.file_id, OLD.opened_by, OLD.opened_at))
    EXECUTE FUNCTION refuse_changed_verification();
