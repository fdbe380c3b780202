-- Nobody of the agency decides about a company that they belong or belonged to, or about their own dispute.
CREATE OR REPLACE FUNCTION refuse_own_decision() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    decided jsonb := to_jsonb(NEW);
    deciders uuid[] := ARRAY[decided ->> 'decided_by', decided ->> 'proposed_by'];
BEGIN
    IF EXISTS (SELECT FROM memberships WHERE organisation_id = NEW.organisation_id AND person_id = ANY (deciders))
       OR (decided ->> 'opened_by')::uuid = ANY (deciders) THEN
        RAISE EXCEPTION 'nobody decides about a company they belong to or belonged to'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'verification_own_company';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER own_company BEFORE INSERT OR UPDATE OF decided_by ON verifications
    FOR EACH ROW WHEN (NEW.decided_by IS NOT NULL) EXECUTE FUNCTION refuse_own_decision();
CREATE OR REPLACE TRIGGER own_company BEFORE INSERT OR UPDATE OF decided_by, proposed_by ON disputes
    FOR EACH ROW EXECUTE FUNCTION refuse_own_decision();
