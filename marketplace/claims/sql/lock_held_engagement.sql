-- An engagement's row is locked where a hold is placed and where a payment is prepared: neither misses the other.
CREATE OR REPLACE FUNCTION lock_held_engagement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM engagements WHERE id = NEW.engagement_id FOR UPDATE;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER lock_held_engagement BEFORE INSERT ON holds
    FOR EACH ROW EXECUTE FUNCTION lock_held_engagement();
