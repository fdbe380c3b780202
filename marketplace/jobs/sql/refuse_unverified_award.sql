-- Only a verified company awards a job, and only to a verified firm.
CREATE OR REPLACE FUNCTION refuse_unverified_award() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse_unverified(organisation_id) FROM jobs WHERE id = NEW.job_id;
    PERFORM refuse_unverified(provider_id) FROM bids WHERE id = NEW.bid_id;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER verified_sides BEFORE INSERT ON awards
    FOR EACH ROW EXECUTE FUNCTION refuse_unverified_award();
