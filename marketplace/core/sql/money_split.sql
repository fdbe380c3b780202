-- The same as core.money.split: by weight, largest remainder first, the earlier wins a tie.
CREATE OR REPLACE FUNCTION money_split(amount bigint, weights bigint[]) RETURNS bigint[]
LANGUAGE sql IMMUTABLE AS $$
    SELECT array_agg(whole + CASE WHEN rank <= amount - rounded THEN 1 ELSE 0 END ORDER BY place)
      FROM (SELECT place, whole, sum(whole) OVER () AS rounded,
                   row_number() OVER (ORDER BY remainder DESC, place) AS rank
              FROM (SELECT place, div(amount::numeric * weight, total)::bigint AS whole,
                           mod(amount::numeric * weight, total) AS remainder
                      FROM (SELECT place, weight, sum(weight) OVER () AS total
                              FROM unnest(weights) WITH ORDINALITY AS share (weight, place)
                           ) AS weighed) AS shared) AS ranked
$$;
