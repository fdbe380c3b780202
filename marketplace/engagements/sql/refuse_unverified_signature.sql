-- Each side signs once it is verified.
CREATE OR REPLACE FUNCTION refuse_unverified_signature() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.sme_signed_at IS NOT NULL AND OLD.sme_signed_at IS NULL THEN
        PERFORM refuse_unverified(NEW.organisation_id);
    END IF;
    IF NEW.provider_signed_at IS NOT NULL AND OLD.provider_signed_at IS NULL THEN
        PERFORM refuse_unverified(NEW.provider_id);
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER verified_side BEFORE UPDATE OF sme_signed_at, provider_signed_at ON agreements
    FOR EACH ROW EXECUTE FUNCTION refuse_unverified_signature();
