-- An edition stays as it was proposed, so that what counts is what a second person saw; once decided, only its end moves.
CREATE OR REPLACE FUNCTION refuse_changed_edition() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := CASE WHEN OLD.status = 'proposed' THEN '{valid_from,valid_until,status,decided_by,decided_at}'::text[]
                        ELSE '{valid_until}'::text[] END;
BEGIN
    IF (to_jsonb(NEW) - free) IS DISTINCT FROM (to_jsonb(OLD) - free) THEN
        RAISE EXCEPTION 'an edition is proposed anew, not changed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER agency_profiles_frozen BEFORE UPDATE ON agency_profiles
    FOR EACH ROW EXECUTE FUNCTION refuse_changed_edition();
CREATE OR REPLACE TRIGGER agency_accounts_frozen BEFORE UPDATE ON agency_accounts
    FOR EACH ROW EXECUTE FUNCTION refuse_changed_edition();
CREATE OR REPLACE TRIGGER funder_editions_frozen BEFORE UPDATE ON funder_editions
    FOR EACH ROW EXECUTE FUNCTION refuse_changed_edition();
