-- A published programme stays as it is, except where it stands in its life.
CREATE OR REPLACE FUNCTION refuse_frozen_programme() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status <> 'draft' THEN
            RAISE EXCEPTION 'a published programme is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status <> 'draft' AND (to_jsonb(NEW) - '{status,retired_at}'::text[])
       IS DISTINCT FROM (to_jsonb(OLD) - '{status,retired_at}'::text[]) THEN
        RAISE EXCEPTION 'a published programme is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER programmes_frozen BEFORE DELETE OR UPDATE ON programmes
    FOR EACH ROW EXECUTE FUNCTION refuse_frozen_programme();
