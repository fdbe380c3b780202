-- A published call keeps its terms; what its life adds may be written, and the reason of its end but once.
CREATE OR REPLACE FUNCTION refuse_frozen_call() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    life text[] := array_remove(
        '{status,closed_at,paused_at,ceiling_lifted_at,winding_down_at,winding_down_reason,wound_up_at}',
        CASE WHEN OLD.winding_down_at IS NOT NULL THEN 'winding_down_reason' END);
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status <> 'draft' THEN
            RAISE EXCEPTION 'a published call is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status <> 'draft' AND (to_jsonb(NEW) - life) IS DISTINCT FROM (to_jsonb(OLD) - life) THEN
        RAISE EXCEPTION 'a published call is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER calls_frozen BEFORE DELETE OR UPDATE ON calls
    FOR EACH ROW EXECUTE FUNCTION refuse_frozen_call();
