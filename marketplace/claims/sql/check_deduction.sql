-- Something is always left to pay, so that the claim's payment can be made and reported.
CREATE OR REPLACE FUNCTION check_deduction() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whole bigint;
BEGIN
    SELECT approved_amount INTO whole FROM claims WHERE id = NEW.claim_id AND status = 'approved' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the claim waits for no payment'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_deductions_claim';
    END IF;
    IF NEW.amount + (SELECT coalesce(sum(amount), 0) FROM deductions
                      WHERE claim_id = NEW.claim_id AND status <> 'cancelled') >= whole THEN
        RAISE EXCEPTION 'more is kept back than the claim bears'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_deductions_whole';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER check_deduction BEFORE INSERT ON deductions
    FOR EACH ROW EXECUTE FUNCTION check_deduction();
