-- Whoever asked for a refund, or named its account, does not send it.
CREATE OR REPLACE FUNCTION check_sent_refunds() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM payment_lines JOIN refunds ON refunds.id = payment_lines.refund_id
        WHERE payment_lines.batch_id = NEW.id AND payment_lines.status = 'pending'
            AND NEW.sent_by IN (refunds.requested_by, refunds.account_changed_by)
    ) THEN
        RAISE EXCEPTION 'whoever asked for a refund does not send it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_batches_payer';
    END IF;
    PERFORM 1 FROM engagements WHERE id IN (
        SELECT refunds.engagement_id FROM payment_lines JOIN refunds ON refunds.id = payment_lines.refund_id
        WHERE payment_lines.batch_id = NEW.id AND payment_lines.status = 'pending'
    ) ORDER BY id FOR SHARE;
    IF EXISTS (
        SELECT 1 FROM payment_lines JOIN refunds ON refunds.id = payment_lines.refund_id
        JOIN holds ON holds.engagement_id = refunds.engagement_id
        WHERE payment_lines.batch_id = NEW.id AND payment_lines.status = 'pending'
            AND holds.status = 'active' AND holds.until_at > app_now()
    ) THEN
        RAISE EXCEPTION 'payments of an engagement in this batch are held'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_lines_held';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER check_sent_refunds BEFORE UPDATE OF sent_by ON payment_batches
    FOR EACH ROW WHEN (NEW.sent_by IS NOT NULL) EXECUTE FUNCTION check_sent_refunds();
