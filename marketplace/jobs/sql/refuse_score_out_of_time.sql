-- Bids are scored between the deadline and the award.
CREATE OR REPLACE FUNCTION refuse_score_out_of_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM bids JOIN jobs ON jobs.id = bids.job_id
                    WHERE bids.id = NEW.bid_id AND jobs.status IN ('published', 'closed')
                      AND app_now() >= jobs.closes_at) THEN
        RAISE EXCEPTION 'bids are scored between the deadline and the award'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bid_scores_time';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER bid_scores_time BEFORE INSERT OR UPDATE ON bid_scores
    FOR EACH ROW EXECUTE FUNCTION refuse_score_out_of_time();
