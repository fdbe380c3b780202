-- A published job is frozen: only where it stands in its life may change.
CREATE OR REPLACE FUNCTION refuse_job_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_change text[] := ARRAY['status', 'closed_at', 'awarded_at', 'withdrawn_at', 'withdrawal_reason'];
BEGIN
    IF OLD.published_at IS NOT NULL AND to_jsonb(NEW) - may_change <> to_jsonb(OLD) - may_change THEN
        RAISE EXCEPTION 'a published job can not be changed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'jobs_frozen';
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER jobs_frozen BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION refuse_job_change();
