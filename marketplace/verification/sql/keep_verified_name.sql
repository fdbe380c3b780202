-- A verified company bears the name and the representative that were verified, and no others.
CREATE OR REPLACE FUNCTION keep_verified_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM verifications
                WHERE organisation_id = NEW.id AND status = 'confirmed'
                  AND (name, representative_name) IS DISTINCT FROM (NEW.name, NEW.representative_name)) THEN
        RAISE EXCEPTION 'a verified company keeps its name and representative'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'verified_name';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER verified_name BEFORE UPDATE OF name, representative_name ON organisations FOR EACH ROW
    WHEN ((NEW.name, NEW.representative_name) IS DISTINCT FROM (OLD.name, OLD.representative_name))
    EXECUTE FUNCTION keep_verified_name();
