-- Where a move leads, or an error when it isn't declared.
CREATE OR REPLACE FUNCTION lifecycle_target(which text, what text, now text) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    reached text;
BEGIN
    SELECT target INTO reached FROM lifecycle_moves WHERE lifecycle = which AND event = what AND source = now;
    IF reached IS NULL THEN
        RAISE EXCEPTION '% can''t % from %', which, what, now
            USING ERRCODE = 'check_violation', CONSTRAINT = 'lifecycle_moves';
    END IF;
    RETURN reached;
END
$$;
