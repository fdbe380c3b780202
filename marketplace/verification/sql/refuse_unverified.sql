-- Refuse what only a verified company or firm may have; triggers of the areas above call it.
CREATE OR REPLACE FUNCTION refuse_unverified(organisation uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT is_verified(organisation) THEN
        RAISE EXCEPTION 'the company or firm is not verified'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'unverified';
    END IF;
END $$;
