-- Bids come, change and go before the deadline; they are decided after it.
CREATE OR REPLACE FUNCTION refuse_bid_out_of_time() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decision text[] := ARRAY['status', 'decided_at', 'decision_reason'];
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.job_id, NEW.provider_id) IS DISTINCT FROM (OLD.job_id, OLD.provider_id) THEN
        RAISE EXCEPTION 'a bid belongs to its job and bidder'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bids_identity';
    END IF;
    IF NOT bidding_is_open(NEW.job_id) AND (TG_OP = 'INSERT' OR NEW.status = 'withdrawn'
                                            OR to_jsonb(NEW) - decision <> to_jsonb(OLD) - decision) THEN
        RAISE EXCEPTION 'the deadline of the job has passed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bids_deadline';
    END IF;
    IF NEW.status IN ('won', 'lost') AND NOT bids_are_open(NEW.job_id) THEN
        RAISE EXCEPTION 'bids are sealed until the deadline'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bids_sealed';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER bids_deadline BEFORE INSERT OR UPDATE ON bids
    FOR EACH ROW EXECUTE FUNCTION refuse_bid_out_of_time();
