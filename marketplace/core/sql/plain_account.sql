-- An account number as the ethics rules compare it.
CREATE OR REPLACE FUNCTION plain_account(written text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT upper(regexp_replace(written, '[^0-9A-Za-z]', '', 'g'))
$$;
