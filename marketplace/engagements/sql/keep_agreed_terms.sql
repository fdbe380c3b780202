-- What both sides signed stays as it was.
CREATE OR REPLACE FUNCTION keep_agreed_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.sme_signed_at IS NOT NULL OR OLD.provider_signed_at IS NOT NULL)
        AND (OLD.award_id, OLD.voucher_id, OLD.organisation_id, OLD.provider_id, OLD.price_net, OLD.aid, OLD.co_payment,
             OLD.currency, OLD.starts_on, OLD.ends_on, OLD.title)
            IS DISTINCT FROM
            (NEW.award_id, NEW.voucher_id, NEW.organisation_id, NEW.provider_id, NEW.price_net, NEW.aid, NEW.co_payment,
             NEW.currency, NEW.starts_on, NEW.ends_on, NEW.title) THEN
        RAISE EXCEPTION 'a signed agreement keeps its terms'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_agreements_terms';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER keep_agreed_terms BEFORE UPDATE ON agreements
    FOR EACH ROW EXECUTE FUNCTION keep_agreed_terms();
