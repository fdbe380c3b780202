-- The engagement's row is locked here and where a hold is placed: neither misses the other.
CREATE OR REPLACE FUNCTION check_claim_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status NOT IN ('first_approved', 'approved') OR OLD.status NOT IN ('submitted', 'checked', 'first_approved')
    THEN
        RETURN NEW;
    END IF;
    PERFORM 1 FROM engagements WHERE id = NEW.engagement_id FOR SHARE;
    IF EXISTS (
        SELECT 1 FROM holds
         WHERE engagement_id = NEW.engagement_id AND status = 'active' AND until_at > app_now()
    ) THEN
        RAISE EXCEPTION 'payments of this engagement are held'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_payment_lines_held';
    END IF;
    IF EXISTS (
        SELECT 1 FROM claim_lines WHERE claim_id = NEW.id
        HAVING sum(approved_aid) IS DISTINCT FROM NEW.approved_aid
            OR sum(approved_co_payment) IS DISTINCT FROM NEW.approved_co_payment
    ) THEN
        RAISE EXCEPTION 'the approved amount is the sum of its lines'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_claims_approved_lines';
    END IF;
    IF NEW.route = 'straight_through' AND NOT EXISTS (
        SELECT 1 FROM claim_assessments
         WHERE claim_id = NEW.id AND occasion = 'approval' AND route = 'straight_through'
    ) THEN
        RAISE EXCEPTION 'nothing was decided that lets this claim through without a person'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_claims_assessed';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER check_claim_approval BEFORE UPDATE ON claims
    FOR EACH ROW EXECUTE FUNCTION check_claim_approval();
