-- A job is awarded after its bids were opened.
CREATE OR REPLACE FUNCTION refuse_sealed_award() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT bids_are_open(NEW.job_id) THEN
        RAISE EXCEPTION 'bids are sealed until the deadline'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bids_sealed';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER awards_after_deadline BEFORE INSERT ON awards
    FOR EACH ROW EXECUTE FUNCTION refuse_sealed_award();
