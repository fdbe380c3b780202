-- Whoever approved a claim, as the first or the second, doesn't send its payment.
CREATE OR REPLACE FUNCTION check_sent_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sent_by IS NULL OR NEW.sent_by IS NOT DISTINCT FROM OLD.sent_by THEN
        RETURN NEW;
    END IF;
    IF EXISTS (
        SELECT 1 FROM payment_lines JOIN claims ON claims.id = payment_lines.claim_id
        WHERE payment_lines.batch_id = NEW.id AND payment_lines.status = 'pending'
            AND NEW.sent_by IN (claims.approved_by, claims.first_approved_by)
    ) THEN
        RAISE EXCEPTION 'whoever approved a claim does not send its payment'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_batches_payer';
    END IF;
    PERFORM 1 FROM engagements WHERE id IN (
        SELECT claims.engagement_id FROM payment_lines JOIN claims ON claims.id = payment_lines.claim_id
        WHERE payment_lines.batch_id = NEW.id AND payment_lines.status = 'pending'
    ) ORDER BY id FOR SHARE;
    IF EXISTS (
        SELECT 1 FROM payment_lines JOIN claims ON claims.id = payment_lines.claim_id
        JOIN holds ON holds.engagement_id = claims.engagement_id
        WHERE payment_lines.batch_id = NEW.id AND payment_lines.status = 'pending'
            AND holds.status = 'active' AND holds.until_at > app_now()
    ) THEN
        RAISE EXCEPTION 'payments of an engagement in this batch are held'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_lines_held';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER check_sent_batch BEFORE UPDATE ON payment_batches
    FOR EACH ROW EXECUTE FUNCTION check_sent_batch();
