-- Work that was handed in is paid or ended by a person: an engagement lapses before any.
CREATE OR REPLACE FUNCTION check_nothing_handed_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM stages WHERE engagement_id = NEW.id AND status IN ('delivered', 'accepted')) THEN
        RAISE EXCEPTION 'work was handed in'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_engagements_nothing_handed_in';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER check_nothing_handed_in BEFORE UPDATE OF status ON engagements
    FOR EACH ROW WHEN (NEW.status = 'lapsed' AND OLD.status <> 'lapsed') EXECUTE FUNCTION check_nothing_handed_in();
