-- Only a verified company gets a voucher.
CREATE OR REPLACE FUNCTION refuse_unverified_holder() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse_unverified(NEW.organisation_id);
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER verified_holder BEFORE INSERT ON vouchers
    FOR EACH ROW EXECUTE FUNCTION refuse_unverified_holder();
