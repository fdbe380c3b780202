-- Only a verified firm is taken into the register.
CREATE OR REPLACE FUNCTION refuse_unverified_firm() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse_unverified(NEW.id);
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER verified_firm BEFORE INSERT OR UPDATE OF approved_at ON providers
    FOR EACH ROW WHEN (NEW.approved_at IS NOT NULL) EXECUTE FUNCTION refuse_unverified_firm();
