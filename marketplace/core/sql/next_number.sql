-- The numbers that people see, such as APP-2026-000123.
CREATE OR REPLACE FUNCTION next_number(prefix text, year integer) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s-%s-%s', prefix, year, lpad(nextval('number_' || lower(prefix))::text, 6, '0'))
$$;
