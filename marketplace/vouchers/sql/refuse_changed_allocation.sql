-- The sealed list is frozen before anything is given, and its decision with it.
CREATE OR REPLACE FUNCTION refuse_changed_allocation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.call_id, NEW.opening, NEW.list_hash, NEW.started_at)
                           IS DISTINCT FROM (OLD.call_id, OLD.opening, OLD.list_hash, OLD.started_at)
       OR (OLD.decided_at IS NOT NULL
           AND (NEW.decided_at, NEW.file_hash) IS DISTINCT FROM (OLD.decided_at, OLD.file_hash))
       OR (OLD.finished_at IS NOT NULL AND NEW.finished_at IS DISTINCT FROM OLD.finished_at) THEN
        RAISE EXCEPTION 'an allocation keeps its sealed list'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER kept BEFORE DELETE OR UPDATE ON allocations
    FOR EACH ROW EXECUTE FUNCTION refuse_changed_allocation();
