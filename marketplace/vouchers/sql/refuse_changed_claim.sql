-- What an application claims is sealed with it, and settled once: the list that was scored can be replayed for ever.
CREATE OR REPLACE FUNCTION refuse_changed_claim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.settled_at IS NOT NULL
       OR (to_jsonb(NEW) - '{settled_at,refusal}'::text[]) IS DISTINCT FROM
          (to_jsonb(OLD) - '{settled_at,refusal}'::text[]) THEN
        RAISE EXCEPTION 'a claimed certificate is sealed with its application'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER claims_sealed BEFORE DELETE OR UPDATE ON claimed_certificates
    FOR EACH ROW EXECUTE FUNCTION refuse_changed_claim();
