-- An application claims certificates of its own company, of the kind that they are.
CREATE OR REPLACE FUNCTION refuse_foreign_certificate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM applications JOIN certificates USING (organisation_id)
                    WHERE applications.id = NEW.application_id
                      AND certificates.id = NEW.certificate_id AND certificates.kind = NEW.kind) THEN
        RAISE EXCEPTION 'an application claims certificates of its own company'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'claimed_certificates_own_company';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER own_certificate BEFORE INSERT ON claimed_certificates
    FOR EACH ROW EXECUTE FUNCTION refuse_foreign_certificate();
