-- A text with one blank wherever it has several, of whatever kind: BLANKS of core/text.py.
CREATE OR REPLACE FUNCTION collapse_blanks(written text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN regexp_replace(written,
        '[\u0009-\u000D\u001C-\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+', ' ', 'g');
