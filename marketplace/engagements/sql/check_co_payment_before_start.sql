-- An engagement starts when the SME's own share has arrived.
CREATE OR REPLACE FUNCTION check_co_payment_before_start() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'active' AND OLD.status <> 'active' AND EXISTS (
        SELECT 1 FROM co_payments WHERE agreement_id = NEW.agreement_id AND status <> 'paid'
    ) THEN
        RAISE EXCEPTION 'no start before the co-payment is paid'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_engagements_co_payment';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER check_co_payment_before_start BEFORE UPDATE ON engagements
    FOR EACH ROW EXECUTE FUNCTION check_co_payment_before_start();
