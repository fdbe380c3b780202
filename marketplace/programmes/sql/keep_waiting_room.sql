-- A waiting room is drawn once.
CREATE OR REPLACE FUNCTION keep_waiting_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.drawn_at IS NOT NULL
       OR (to_jsonb(NEW) - '{drawn_at,list_hash}'::text[]) <> (to_jsonb(OLD) - '{drawn_at,list_hash}'::text[]) THEN
        RAISE EXCEPTION 'a waiting room is drawn once' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER waiting_rooms_kept BEFORE DELETE OR UPDATE ON waiting_rooms
    FOR EACH ROW EXECUTE FUNCTION keep_waiting_room();
