-- What ended early stays ended: no stage of it is worked on or accepted afterwards.
CREATE OR REPLACE FUNCTION check_stage_under_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM engagements WHERE id = NEW.engagement_id AND status = 'terminated' FOR SHARE;
    IF FOUND THEN
        RAISE EXCEPTION 'the engagement has ended early'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_stages_under_way';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER check_stage_under_way BEFORE UPDATE OF status ON stages
    FOR EACH ROW WHEN (NEW.status IS DISTINCT FROM OLD.status) EXECUTE FUNCTION check_stage_under_way();
