-- Whether the call's closing time is past.
CREATE OR REPLACE FUNCTION call_is_over(call uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT app_now() >= closes_at FROM calls WHERE id = call
$$;
