-- The files of a published call and of a published amendment stay as they are.
CREATE OR REPLACE FUNCTION refuse_frozen_call_file() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched call_files := CASE TG_OP WHEN 'INSERT' THEN NEW ELSE OLD END;
    published boolean;
BEGIN
    -- FOR SHARE waits for a publication under way, so that none slips in behind it.
    IF touched.amendment_id IS NULL THEN
        SELECT status <> 'draft' INTO published FROM calls WHERE id = touched.call_id FOR SHARE;
    ELSE
        SELECT published_at IS NOT NULL INTO published FROM amendments WHERE id = touched.amendment_id FOR SHARE;
    END IF;
    IF published THEN
        RAISE EXCEPTION 'a file of a published notice is frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE OR REPLACE TRIGGER call_files_frozen BEFORE INSERT OR DELETE OR UPDATE ON call_files
    FOR EACH ROW EXECUTE FUNCTION refuse_frozen_call_file();
