-- Every named consultant stands with the firm, has pledged for the season and holds the required training. Who is named
-- is checked here and not kept in the clear: it belongs to what is sealed.
CREATE OR REPLACE FUNCTION refuse_unready_consultants() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    consultant uuid;
    obstacle text;
BEGIN
    IF abs(NEW.checked_on - app_now()::date) > 1 THEN
        RAISE EXCEPTION 'consultants are checked on the day of the bid'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bid_checked_on';
    END IF;
    IF coalesce(cardinality(NEW.named), 0) = 0 THEN
        RAISE EXCEPTION 'a bid names its consultants'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'bid_named';
    END IF;
    FOREACH consultant IN ARRAY NEW.named LOOP
        obstacle := consultant_obstacle(consultant, NEW.provider_id, NEW.checked_on, NEW.required_courses);
        IF obstacle IS NOT NULL THEN
            RAISE EXCEPTION 'a named consultant is not ready: %', obstacle
                USING ERRCODE = 'check_violation', CONSTRAINT = 'bid_' || obstacle;
        END IF;
    END LOOP;
    NEW.named := NULL;
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER bid_contents_consultants BEFORE INSERT OR UPDATE ON bid_contents
    FOR EACH ROW EXECUTE FUNCTION refuse_unready_consultants();
