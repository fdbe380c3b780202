-- A name as it is kept: tidy_name() of core/text.py.
CREATE OR REPLACE FUNCTION tidy_name(written text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN btrim(collapse_blanks(normalize(drop_unseen(normalize(written, NFC)), NFC)));
