-- What was decided about a claim when it was handed in stays: how many approvals it needs.
CREATE OR REPLACE FUNCTION keep_needs_two() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.needs_two AND NOT NEW.needs_two OR NEW.requests < OLD.requests THEN
        RAISE EXCEPTION 'a second approval stays needed and a request stays made' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_needs_two BEFORE UPDATE ON claims
    FOR EACH ROW EXECUTE FUNCTION keep_needs_two();
