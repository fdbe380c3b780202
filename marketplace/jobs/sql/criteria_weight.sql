-- Sum of the weights in [{"code": ..., "weight": ...}, ...].
CREATE OR REPLACE FUNCTION criteria_weight(criteria jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(sum((criterion ->> 'weight')::bigint), 0) FROM jsonb_array_elements(criteria) AS criterion
$$;
