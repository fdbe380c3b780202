-- Nobody decides about a certificate of their own company.
CREATE OR REPLACE FUNCTION refuse_own_certificate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM memberships
                WHERE organisation_id = NEW.organisation_id AND person_id = NEW.decided_by) THEN
        RAISE EXCEPTION 'nobody decides about a certificate of a company they belong to or belonged to'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'certificates_own_company';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER own_company BEFORE INSERT OR UPDATE OF decided_by ON certificates
    FOR EACH ROW WHEN (NEW.decided_by IS NOT NULL) EXECUTE FUNCTION refuse_own_certificate();
