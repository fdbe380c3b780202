-- A firm's name without its legal form and spaces, as the ethics rules compare it.
CREATE OR REPLACE FUNCTION plain_firm_name(written text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lower(regexp_replace(regexp_replace(regexp_replace(written,
        '\(주\)|㈜|주식회사|\(유\)|유한회사', '', 'g'), ',?\s*(co\.,?\s*)?(ltd|inc)\.?$', '', 'i'), '\s+', '', 'g'))
$$;
