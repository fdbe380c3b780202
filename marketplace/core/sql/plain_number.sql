-- The number of an account or a business as it is compared: plain_number() of core/text.py.
CREATE OR REPLACE FUNCTION plain_number(written text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN regexp_replace(upper(normalize(written, NFKC) COLLATE pg_unicode_fast), '[^0-9A-Z]', '', 'g');
