-- A firm's name as it is compared: plain_firm_name() of core/text.py.
CREATE OR REPLACE FUNCTION plain_firm_name(written text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN plain_text(regexp_replace(casefold(legible(written) COLLATE pg_unicode_fast),
        '\(주\)|주식회사|\(유\)|유한회사|([ ,]+co\.?[ ,]+|co\.[ ,]*|[ ,]+)(ltd|inc)\.?$', '', 'g'));
