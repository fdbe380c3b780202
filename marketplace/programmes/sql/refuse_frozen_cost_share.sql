-- The cost shares of a published programme stay as they are.
CREATE OR REPLACE FUNCTION refuse_frozen_cost_share() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    status_now text;
BEGIN
    -- FOR SHARE waits for a publication under way, so that none slips in behind it.
    SELECT status INTO status_now FROM programmes
     WHERE id = CASE TG_OP WHEN 'INSERT' THEN NEW.programme_id ELSE OLD.programme_id END FOR SHARE;
    IF status_now <> 'draft' THEN
        RAISE EXCEPTION 'a published programme is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE OR REPLACE TRIGGER cost_shares_frozen BEFORE INSERT OR DELETE OR UPDATE ON cost_shares
    FOR EACH ROW EXECUTE FUNCTION refuse_frozen_cost_share();
