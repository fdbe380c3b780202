-- Business time: now, moved by `clock_offset` in demo and test mode.
CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT now() + (SELECT shift FROM clock_offset)
$$;
