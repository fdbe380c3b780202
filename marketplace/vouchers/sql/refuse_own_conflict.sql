-- Nobody scores an application of their own company.
CREATE OR REPLACE FUNCTION refuse_own_conflict() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM applications JOIN memberships USING (organisation_id)
                WHERE applications.id = NEW.application_id AND memberships.person_id = NEW.evaluator_id) THEN
        RAISE EXCEPTION 'nobody scores a company they belong to or belonged to'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'scorings_own_company';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER own_company BEFORE INSERT ON scorings
    FOR EACH ROW EXECUTE FUNCTION refuse_own_conflict();
