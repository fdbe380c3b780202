-- The sum of the numbers in {"...": number, ...}.
CREATE OR REPLACE FUNCTION sum_of_values(parts jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(sum(value::bigint), 0)::bigint FROM jsonb_each_text(parts)
$$;
