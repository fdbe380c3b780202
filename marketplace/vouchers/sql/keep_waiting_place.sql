-- A place in a waiting room keeps what it drew: its ticket and position are not taken back either.
CREATE OR REPLACE FUNCTION keep_waiting_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF app_now() >= (SELECT opens_at FROM calls WHERE id = NEW.call_id) OR NEW.ticket IS NOT NULL THEN
            RAISE EXCEPTION 'the waiting room is closed'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'waiting_room_closed';
        END IF;
    ELSIF OLD.application_id IS NOT NULL OR (OLD.ticket IS NOT NULL
           AND (NEW.ticket, NEW.position) IS DISTINCT FROM (OLD.ticket, OLD.position))
       OR (to_jsonb(NEW) - '{ticket,position,application_id}'::text[])
          <> (to_jsonb(OLD) - '{ticket,position,application_id}'::text[]) THEN
        RAISE EXCEPTION 'a place is drawn once and used once' USING ERRCODE = 'check_violation', CONSTRAINT = 'frozen';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER waiting_places_kept BEFORE INSERT OR UPDATE ON waiting_places
    FOR EACH ROW EXECUTE FUNCTION keep_waiting_place();
