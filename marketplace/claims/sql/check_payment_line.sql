-- An engagement's row is locked where a hold is placed and where a payment is prepared: neither misses the other.
CREATE OR REPLACE FUNCTION check_payment_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    engagement uuid;
BEGIN
    PERFORM 1 FROM payment_batches WHERE id = NEW.batch_id AND status = 'prepared' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the batch has left'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_lines_batch';
    END IF;
    SELECT claims.engagement_id INTO engagement FROM claims WHERE id = NEW.claim_id;
    PERFORM 1 FROM engagements WHERE id = engagement FOR SHARE;
    IF EXISTS (
        SELECT 1 FROM holds WHERE engagement_id = engagement AND status = 'active' AND until_at > app_now()
    ) THEN
        RAISE EXCEPTION 'payments of this engagement are held'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_lines_held';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER check_payment_line BEFORE INSERT ON payment_lines
    FOR EACH ROW EXECUTE FUNCTION check_payment_line();
