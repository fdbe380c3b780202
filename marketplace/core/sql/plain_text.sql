-- A name, an address or any text as it is compared: plain_text() of core/text.py. What is written in the usual signs
-- alone is in that form but for case and blanks; searches look through many thousands of those.
CREATE OR REPLACE FUNCTION plain_text(written text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN written ~ '^[ -~가-힣]*$' THEN replace(lower(written COLLATE pg_unicode_fast), ' ', '')
        ELSE normalize(replace(casefold(legible(written) COLLATE pg_unicode_fast), ' ', ''), NFKC) END;
