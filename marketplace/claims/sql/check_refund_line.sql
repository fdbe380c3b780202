-- A refund waits while payments of its engagement are held, and leaves by another hand than the one that asked for it.
CREATE OR REPLACE FUNCTION check_refund_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held uuid;
BEGIN
    SELECT engagement_id INTO held FROM refunds WHERE id = NEW.refund_id;
    PERFORM 1 FROM engagements WHERE id = held FOR SHARE;
    IF EXISTS (SELECT 1 FROM holds WHERE engagement_id = held AND status = 'active' AND until_at > app_now()) THEN
        RAISE EXCEPTION 'payments of this engagement are held'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_lines_held';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER check_refund_line BEFORE INSERT ON payment_lines
    FOR EACH ROW WHEN (NEW.refund_id IS NOT NULL) EXECUTE FUNCTION check_refund_line();
