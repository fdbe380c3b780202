-- A session is held while its engagement is under way.
CREATE OR REPLACE FUNCTION check_session_within_engagement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM engagements
        WHERE id = NEW.engagement_id AND status = 'active' AND started_at <= NEW.starts_at
    ) THEN
        RAISE EXCEPTION 'no session before the engagement has started'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_consulting_sessions_started';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER check_session_within_engagement BEFORE INSERT ON consulting_sessions
    FOR EACH ROW EXECUTE FUNCTION check_session_within_engagement();
