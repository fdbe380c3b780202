-- Appropriated money, and the money of a published call, stays as it is.
CREATE OR REPLACE FUNCTION refuse_frozen_budget_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    status_now text;
BEGIN
    SELECT status INTO status_now FROM calls
     WHERE id = CASE TG_OP WHEN 'INSERT' THEN NEW.call_id ELSE OLD.call_id END FOR SHARE;
    IF status_now <> 'draft' OR (TG_OP <> 'INSERT' AND OLD.status = 'appropriated') THEN
        RAISE EXCEPTION 'an appropriated or published budget line is frozen'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE OR REPLACE TRIGGER budget_lines_frozen BEFORE INSERT OR DELETE OR UPDATE ON budget_lines
    FOR EACH ROW EXECUTE FUNCTION refuse_frozen_budget_line();
