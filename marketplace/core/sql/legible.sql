-- What a reader sees of a text, in plain signs: legible() of core/text.py.
CREATE OR REPLACE FUNCTION legible(written text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN btrim(normalize(collapse_blanks(regexp_replace(
        drop_unseen(normalize(written, NFKC)), '[\u2010-\u2015\u2043\u2212]', '-', 'g')), NFKC));
